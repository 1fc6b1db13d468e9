/* opencl_buffer.c - buffers, events and the order of commands on OpenCL. */
#include "runtime/opencl.h"

#include <stdlib.h>

octet_status oct_cl_allocate(octet_context *context, size_t bytes, bool for_host, void **handle)
{
    octet_status status = OCTET_OK;
    const cl_mem_flags flags = CL_MEM_READ_WRITE | (for_host ? CL_MEM_ALLOC_HOST_PTR : 0);
    cl_int error = CL_SUCCESS;
    cl_mem memory = clCreateBuffer(oct_cl_of(context)->context, flags, bytes, NULL, &error);
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

octet_status oct_cl_map(oct_buffer *buffer, unsigned access, void **memory)
{
    octet_status status = OCTET_OK;
    octet_context *const context = buffer->context;
    const cl_map_flags flags = (access & OCT_READ ? CL_MAP_READ : (cl_map_flags)0) |
                               (access & OCT_WRITE ? CL_MAP_WRITE : (cl_map_flags)0);
    cl_int error = CL_SUCCESS;
    void *mapped = NULL;
    OCT_TRY(oct_cl_barrier(context));
    mapped = clEnqueueMapBuffer(oct_cl_of(context)->queue, buffer->handle, CL_TRUE, flags, 0,
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

octet_status oct_cl_begin(octet_context *context, octet_event *const *wait, size_t wait_count,
                          void **start)
{
    octet_status status = OCTET_OK;
    oct_cl *const cl = oct_cl_of(context);
    const bool timed = start != NULL && cl->profiling;
    cl_event *list = NULL, begun = NULL;
    cl_uint count = 0;
    OCT_TRY(oct_cl_barrier(context));
    if (wait_count > 0)
        OCT_ALLOC(&context->log, list, wait_count);
    for (size_t i = 0; i < wait_count; i++)
        if (wait[i]->handle != NULL)
            list[count++] = wait[i]->handle;
    if (count > 0 || timed)
        OCT_CL_TRY(&context->log,
                   clEnqueueBarrierWithWaitList(cl->queue, count, count > 0 ? list : NULL,
                                                timed ? &begun : NULL),
                   "clEnqueueBarrierWithWaitList");
    if (timed)
        *start = begun;
cleanup:
    free(list);
    return status;
}

octet_status oct_cl_marker(octet_context *context, void **event)
{
    octet_status status = OCTET_OK;
    cl_event done = NULL;
    OCT_CL_TRY(&context->log,
               clEnqueueMarkerWithWaitList(oct_cl_of(context)->queue, 0, NULL, &done),
               "clEnqueueMarkerWithWaitList");
    *event = done;
cleanup:
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

/* A caller flushes his own queue. */
octet_status oct_cl_flush(octet_context *context)
{
    octet_status status = OCTET_OK;
    oct_cl *const cl = oct_cl_of(context);
    if (cl->owned)
        OCT_CL_TRY(&context->log, clFlush(cl->queue), "clFlush");
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

static octet_status time_of(const octet_event *event, cl_profiling_info what, double *seconds)
{
    octet_status status = OCTET_OK;
    const oct_log *const log = &event->context->log;
    cl_ulong nanoseconds = 0;
    const cl_int error =
        clGetEventProfilingInfo(event->handle, what, sizeof nanoseconds, &nanoseconds, NULL);
    OCT_REQUIRE(log, error != CL_PROFILING_INFO_NOT_AVAILABLE, OCTET_UNSUPPORTED,
                "event: no device time; create the context with profiling, and wait for the event");
    OCT_CL_TRY(log, error, "clGetEventProfilingInfo");
    *seconds = (double)nanoseconds * 1e-9;
cleanup:
    return status;
}

octet_status oct_cl_event_seconds(const octet_event *event, double *start, double *end)
{
    octet_status status = OCTET_OK;
    double begun = 0.0, done = 0.0;
    if (event->start != NULL)
        OCT_TRY(time_of(event->start, CL_PROFILING_COMMAND_END, &begun));
    else
        OCT_TRY(time_of(event, CL_PROFILING_COMMAND_START, &begun));
    OCT_TRY(time_of(event, CL_PROFILING_COMMAND_END, &done));
    *start = begun;
    *end = done;
cleanup:
    return status;
}

void oct_cl_event_release(void *event)
{
    (void)clReleaseEvent(event);
}
