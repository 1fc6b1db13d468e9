/* opencl_buffer.c - buffers, events and the order of commands on OpenCL. */
#include "runtime/opencl.h"

#include <stdlib.h>

octet_status oct_cl_allocate(octet_context *context, size_t bytes, void **handle)
{
    octet_status status = OCTET_OK;
    cl_int error = CL_SUCCESS;
    cl_mem memory =
        clCreateBuffer(oct_cl_of(context)->context, CL_MEM_READ_WRITE, bytes, NULL, &error);
    OCT_CL_TRY(&context->log, error, "clCreateBuffer");
    *handle = memory;
cleanup:
    return status;
}

void oct_cl_release(void *handle)
{
    if (handle != NULL)
        (void)clReleaseMemObject(handle);
}

octet_status oct_cl_write(oct_buffer *buffer, size_t bytes, const void *data, void **event)
{
    octet_status status = OCTET_OK;
    octet_context *const context = buffer->context;
    cl_event done = NULL;
    OCT_TRY(oct_cl_barrier(context));
    OCT_CL_TRY(&context->log,
               clEnqueueWriteBuffer(oct_cl_of(context)->queue, buffer->handle,
                                    event == NULL ? CL_TRUE : CL_FALSE, 0, bytes, data, 0, NULL,
                                    event != NULL ? &done : NULL),
               "clEnqueueWriteBuffer");
    if (event != NULL)
        *event = done;
cleanup:
    return status;
}

octet_status oct_cl_read(const oct_buffer *buffer, size_t bytes, void *data, void **event)
{
    octet_status status = OCTET_OK;
    octet_context *const context = buffer->context;
    cl_event done = NULL;
    OCT_TRY(oct_cl_barrier(context));
    OCT_CL_TRY(&context->log,
               clEnqueueReadBuffer(oct_cl_of(context)->queue, buffer->handle,
                                   event == NULL ? CL_TRUE : CL_FALSE, 0, bytes, data, 0, NULL,
                                   event != NULL ? &done : NULL),
               "clEnqueueReadBuffer");
    if (event != NULL)
        *event = done;
cleanup:
    return status;
}

octet_status oct_cl_map(oct_buffer *buffer, void **memory)
{
    octet_status status = OCTET_OK;
    octet_context *const context = buffer->context;
    cl_int error = CL_SUCCESS;
    void *mapped = NULL;
    OCT_TRY(oct_cl_barrier(context));
    mapped = clEnqueueMapBuffer(oct_cl_of(context)->queue, buffer->handle, CL_TRUE,
                                CL_MAP_READ | CL_MAP_WRITE, 0,
                                buffer->bytes > 0 ? buffer->bytes : 1, 0, NULL, NULL, &error);
    OCT_CL_TRY(&context->log, error, "clEnqueueMapBuffer");
    *memory = mapped;
cleanup:
    return status;
}

octet_status oct_cl_unmap(oct_buffer *buffer, void *memory)
{
    octet_status status = OCTET_OK;
    octet_context *const context = buffer->context;
    OCT_CL_TRY(
        &context->log,
        clEnqueueUnmapMemObject(oct_cl_of(context)->queue, buffer->handle, memory, 0, NULL, NULL),
        "clEnqueueUnmapMemObject");
    OCT_TRY(oct_cl_barrier(context));
cleanup:
    return status;
}

octet_status oct_cl_marker(octet_context *context, const oct_order *order, void **event)
{
    octet_status status = OCTET_OK;
    cl_event *wait = NULL, done = NULL;
    cl_uint count = 0;
    if (order->wait_count > 0) {
        OCT_ALLOC(&context->log, wait, order->wait_count);
        for (size_t i = 0; i < order->wait_count; i++)
            if (order->wait[i]->handle != NULL)
                wait[count++] = order->wait[i]->handle;
        /* A marker orders only its own event; a barrier orders what follows. */
        if (count > 0)
            OCT_CL_TRY(&context->log,
                       clEnqueueBarrierWithWaitList(oct_cl_of(context)->queue, count, wait, NULL),
                       "clEnqueueBarrierWithWaitList");
    }
    if (event != NULL) {
        OCT_CL_TRY(&context->log,
                   clEnqueueMarkerWithWaitList(oct_cl_of(context)->queue, 0, NULL, &done),
                   "clEnqueueMarkerWithWaitList");
        *event = done;
    }
cleanup:
    free(wait);
    return status;
}

octet_status oct_cl_barrier(octet_context *context)
{
    octet_status status = OCTET_OK;
    oct_cl *const cl = oct_cl_of(context);
    if (!cl->in_order)
        OCT_CL_TRY(&context->log, clEnqueueBarrierWithWaitList(cl->queue, 0, NULL, NULL),
                   "clEnqueueBarrierWithWaitList");
cleanup:
    return status;
}

octet_status oct_cl_event_wait(const octet_event *event)
{
    octet_status status = OCTET_OK;
    const oct_log *const log = &event->context->log;
    cl_event handle = event->handle;
    cl_int state = CL_COMPLETE;
    OCT_CL_TRY(log, clWaitForEvents(1, &handle), "clWaitForEvents");
    OCT_CL_TRY(
        log, clGetEventInfo(handle, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof state, &state, NULL),
        "clGetEventInfo");
    OCT_CL_TRY(log, state < 0 ? state : CL_SUCCESS, "a command on the device");
cleanup:
    return status;
}

octet_status oct_cl_event_seconds(const octet_event *event, double *start, double *end)
{
    octet_status status = OCTET_OK;
    const oct_log *const log = &event->context->log;
    cl_ulong first = 0, last = 0;
    const cl_int error = clGetEventProfilingInfo(event->handle, CL_PROFILING_COMMAND_START,
                                                 sizeof first, &first, NULL);
    OCT_REQUIRE(log, error != CL_PROFILING_INFO_NOT_AVAILABLE, OCTET_UNSUPPORTED,
                "event: no device time; create the context with profiling, and wait for the event");
    OCT_CL_TRY(log, error, "clGetEventProfilingInfo");
    OCT_CL_TRY(
        log,
        clGetEventProfilingInfo(event->handle, CL_PROFILING_COMMAND_END, sizeof last, &last, NULL),
        "clGetEventProfilingInfo");
    *start = (double)first * 1e-9;
    *end = (double)last * 1e-9;
cleanup:
    return status;
}

void oct_cl_event_release(void *event)
{
    (void)clReleaseEvent(event);
}
