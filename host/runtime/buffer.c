/* buffer.c - buffers, events and the order of commands over any backend. */
#include "runtime/backend.h"

#include <stdlib.h>
#include <string.h>

/* ---- Events ---- */

/* An event that owns "handle", which is released on failure. */
static octet_status wrap(octet_context *context, void *handle, octet_event **out)
{
    octet_status status = OCTET_OK;
    octet_event *event = NULL;
    OCT_ALLOC(&context->log, event, 1);
    event->context = context;
    event->handle = handle;
    handle = NULL;
    *out = event;
cleanup:
    if (handle != NULL)
        context->backend->event_release(handle);
    return status;
}

/* The same for the caller, who may wait by other means than ours: the work must start by itself. */
static octet_status hand_out(octet_context *context, void *handle, octet_event **out)
{
    octet_status status = OCTET_OK;
    octet_event *event = NULL;
    OCT_TRY(wrap(context, handle, &event));
    OCT_TRY(context->backend->flush(context));
    *out = event;
    event = NULL;
cleanup:
    octet_event_destroy(event);
    return status;
}

octet_status octet_event_wait(octet_event *event)
{
    return event->handle != NULL ? event->context->backend->event_wait(event) : OCTET_OK;
}

octet_status octet_event_seconds(octet_event *event, double *start, double *end)
{
    if (event->handle == NULL)
        return oct_report(&event->context->log, OCTET_UNSUPPORTED,
                          "event: nothing was enqueued, so there is no device time");
    return event->context->backend->event_seconds(event, start, end);
}

void octet_event_destroy(octet_event *event)
{
    if (event == NULL)
        return;
    octet_event_destroy(event->start);
    if (event->handle != NULL)
        event->context->backend->event_release(event->handle);
    free(event);
}

octet_status oct_enqueue_begin(octet_context *context, octet_event *const *wait, size_t wait_count,
                               octet_event **start)
{
    octet_status status = OCTET_OK;
    void *handle = NULL;
    for (size_t i = 0; i < wait_count; i++) {
        OCT_REQUIRE(&context->log, wait[i] != NULL, OCTET_INVALID_ARGUMENT,
                    "wait event %zu is NULL", i);
        OCT_REQUIRE(&context->log, wait[i]->context == context, OCTET_INVALID_ARGUMENT,
                    "wait event %zu belongs to another context", i);
    }
    OCT_TRY(context->backend->begin(context, wait, wait_count, start != NULL ? &handle : NULL));
    if (handle != NULL)
        OCT_TRY(wrap(context, handle, start));
cleanup:
    return status;
}

octet_status oct_enqueue_end(octet_context *context, octet_event **start, octet_event **event)
{
    octet_status status = OCTET_OK;
    void *handle = NULL;
    OCT_TRY(context->backend->marker(context, &handle));
    OCT_TRY(hand_out(context, handle, event));
    (*event)->start = *start;
    *start = NULL;
cleanup:
    return status;
}

octet_status oct_enqueue_barrier(octet_context *context)
{
    return context->backend->barrier(context);
}

octet_status octet_context_finish(octet_context *context)
{
    return context->backend->finish(context);
}

/* ---- Buffers ---- */

static octet_status create(octet_context *context, size_t bytes, bool for_host, oct_buffer **out)
{
    octet_status status = OCTET_OK;
    oct_buffer *buffer = NULL;
    OCT_ALLOC(&context->log, buffer, 1);
    buffer->context = context;
    buffer->bytes = bytes;
    OCT_TRY(context->backend->allocate(context, bytes > 0 ? bytes : 1, for_host, &buffer->handle));
    *out = buffer;
    buffer = NULL;
cleanup:
    free(buffer);
    return status;
}

octet_status oct_buffer_create(octet_context *context, size_t bytes, oct_buffer **out)
{
    return create(context, bytes, false, out);
}

oct_buffer *oct_buffer_hold(oct_buffer *buffer)
{
    atomic_fetch_add(&buffer->holders, 1);
    return buffer;
}

void oct_buffer_destroy(oct_buffer *buffer)
{
    if (buffer == NULL || atomic_fetch_sub(&buffer->holders, 1) > 0)
        return;
    buffer->context->backend->release(buffer->handle);
    free(buffer);
}

octet_status oct_buffer_from_host(octet_context *context, size_t bytes, const void *data,
                                  oct_buffer **out)
{
    octet_status status = OCTET_OK;
    oct_buffer *buffer = NULL;
    OCT_TRY(oct_buffer_create(context, bytes, &buffer));
    OCT_TRY(oct_buffer_write(buffer, bytes, data, NULL));
    *out = buffer;
    buffer = NULL;
cleanup:
    oct_buffer_destroy(buffer);
    return status;
}

octet_status oct_buffer_write(oct_buffer *buffer, size_t bytes, const void *data,
                              octet_event **event)
{
    octet_status status = OCTET_OK;
    octet_context *const context = buffer->context;
    void *handle = NULL;
    if (bytes > 0)
        OCT_TRY(context->backend->write(buffer, bytes, data, event != NULL ? &handle : NULL));
    if (event != NULL)
        OCT_TRY(hand_out(context, handle, event));
cleanup:
    return status;
}

octet_status oct_buffer_read(const oct_buffer *buffer, size_t bytes, void *data,
                             octet_event **event)
{
    octet_status status = OCTET_OK;
    octet_context *const context = buffer->context;
    void *handle = NULL;
    if (bytes > 0)
        OCT_TRY(context->backend->read(buffer, bytes, data, event != NULL ? &handle : NULL));
    if (event != NULL)
        OCT_TRY(hand_out(context, handle, event));
cleanup:
    return status;
}

octet_status oct_buffer_map(oct_buffer *buffer, unsigned access, void **memory)
{
    return buffer->context->backend->map(buffer, access, memory);
}

octet_status oct_buffer_unmap(oct_buffer *buffer, void *memory)
{
    return buffer->context->backend->unmap(buffer, memory);
}

octet_status oct_staging_create(octet_context *context, size_t bytes, oct_staging *out)
{
    octet_status status = OCTET_OK;
    OCT_TRY(create(context, bytes, true, &out->buffer));
    OCT_TRY(oct_buffer_map(out->buffer, OCT_READ | OCT_WRITE, &out->memory));
    memset(out->memory, 0, bytes);
cleanup:
    if (status != OCTET_OK)
        oct_staging_destroy(out);
    return status;
}

void oct_staging_destroy(oct_staging *staging)
{
    if (staging->memory != NULL)
        (void)oct_buffer_unmap(staging->buffer, staging->memory);
    oct_buffer_destroy(staging->buffer);
    *staging = (oct_staging){0};
}

octet_status oct_buffer_transfer(oct_buffer *buffer, size_t bytes, unsigned access, void *memory,
                                 const octet_event *after, octet_event **event)
{
    octet_status status = OCTET_OK;
    octet_context *const context = buffer->context;
    void *handle = NULL;
    if (!context->transfers_beside)
        return access == OCT_WRITE ? oct_buffer_write(buffer, bytes, memory, event)
                                   : oct_buffer_read(buffer, bytes, memory, event);
    if (bytes > 0)
        status = context->backend->transfer(buffer, bytes, access, memory, after, &handle);
    const octet_status wrapped = wrap(context, handle, event);
    return status == OCTET_OK ? wrapped : status;
}
