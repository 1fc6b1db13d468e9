/* opencl_transfer.c - copies on queues beside the one that computes, for devices with memory of their
 * own: one queue for what goes there, one for what comes back. */
#include "runtime/opencl.h"

/* The queue for a direction; made when it is first needed. */
static octet_status transfer_queue(octet_context *context, unsigned access, cl_command_queue *out)
{
    octet_status status = OCTET_OK;
    oct_cl *const cl = oct_cl_of(context);
    cl_command_queue *const queue = &cl->transfers[access == OCT_WRITE ? 0 : 1];
    cl_int error = CL_SUCCESS;
    pthread_mutex_lock(&cl->lock);
    if (*queue == NULL)
        *queue = clCreateCommandQueue(cl->context, cl->device,
                                      cl->profiling ? CL_QUEUE_PROFILING_ENABLE : 0, &error);
    pthread_mutex_unlock(&cl->lock);
    OCT_CL_TRY(&context->log, error, "clCreateCommandQueue");
    *out = *queue;
cleanup:
    return status;
}

octet_status oct_cl_transfer(oct_buffer *buffer, size_t bytes, unsigned access, void *memory,
                             const octet_event *after, void **event)
{
    octet_status status = OCTET_OK;
    octet_context *const context = buffer->context;
    const bool waits = after != NULL && after->handle != NULL;
    const cl_event before = waits ? after->handle : NULL;
    const cl_event *const list = waits ? &before : NULL;
    cl_command_queue queue = NULL;
    cl_event done = NULL;
    OCT_TRY(transfer_queue(context, access, &queue));
    if (waits) /* waiting for another queue does not start it */
        OCT_CL_TRY(&context->log, clFlush(oct_cl_of(context)->queue), "clFlush");
    if (access == OCT_WRITE)
        OCT_CL_TRY(&context->log,
                   clEnqueueWriteBuffer(queue, buffer->handle, CL_FALSE, 0, bytes, memory, waits,
                                        list, &done),
                   "clEnqueueWriteBuffer");
    else
        OCT_CL_TRY(&context->log,
                   clEnqueueReadBuffer(queue, buffer->handle, CL_FALSE, 0, bytes, memory, waits,
                                       list, &done),
                   "clEnqueueReadBuffer");
    *event = done;
    OCT_CL_TRY(&context->log, clFlush(queue), "clFlush");
cleanup:
    return status;
}

octet_status oct_cl_finish_transfers(octet_context *context)
{
    octet_status status = OCTET_OK;
    const oct_cl *const cl = oct_cl_of(context);
    for (size_t i = 0; i < OCT_TRANSFERS; i++)
        if (cl->transfers[i] != NULL)
            OCT_CL_TRY(&context->log, clFinish(cl->transfers[i]), "clFinish");
cleanup:
    return status;
}

void oct_cl_release_transfers(oct_cl *cl)
{
    for (size_t i = 0; i < OCT_TRANSFERS; i++) {
        if (cl->transfers[i] == NULL)
            continue;
        (void)clFinish(cl->transfers[i]); /* a failed call may leave commands behind */
        (void)clReleaseCommandQueue(cl->transfers[i]);
    }
}
