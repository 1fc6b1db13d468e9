/* host.c - the reference's backend: buffers are host memory and nothing is ever pending. */
#include "runtime/backend.h"

#include <stdlib.h>
#include <string.h>

static void host_close(octet_context *context)
{
    (void)context;
}

static octet_status host_nothing_pending(octet_context *context)
{
    (void)context;
    return OCTET_OK;
}

static octet_status host_allocate(octet_context *context, size_t bytes, bool for_host,
                                  void **handle)
{
    octet_status status = OCTET_OK;
    unsigned char *memory = NULL;
    (void)for_host;
    OCT_ALLOC(&context->log, memory, bytes);
    *handle = memory;
cleanup:
    return status;
}

static octet_status host_write(oct_buffer *buffer, size_t bytes, const void *data, void **event)
{
    (void)event;
    memcpy(buffer->handle, data, bytes);
    return OCTET_OK;
}

static octet_status host_read(const oct_buffer *buffer, size_t bytes, void *data, void **event)
{
    (void)event;
    memcpy(data, buffer->handle, bytes);
    return OCTET_OK;
}

static octet_status host_map(oct_buffer *buffer, unsigned access, void **memory)
{
    (void)access;
    *memory = buffer->handle;
    return OCTET_OK;
}

static octet_status host_unmap(oct_buffer *buffer, void *memory)
{
    (void)buffer, (void)memory;
    return OCTET_OK;
}

static octet_status host_begin(octet_context *context, octet_event *const *wait, size_t wait_count,
                               void **start)
{
    (void)context, (void)wait, (void)wait_count, (void)start;
    return OCTET_OK;
}

static octet_status host_marker(octet_context *context, void **event)
{
    (void)context, (void)event;
    return OCTET_OK;
}

static octet_status host_event_wait(const octet_event *event)
{
    (void)event;
    return OCTET_OK;
}

static octet_status host_event_seconds(const octet_event *event, double *start, double *end)
{
    (void)start, (void)end;
    return oct_report(&event->context->log, OCTET_UNSUPPORTED,
                      "event: the reference has no device times");
}

const oct_backend oct_host_backend = {
    .close = host_close,
    .finish = host_nothing_pending,
    .allocate = host_allocate,
    .release = free,
    .write = host_write,
    .read = host_read,
    .map = host_map,
    .unmap = host_unmap,
    .begin = host_begin,
    .marker = host_marker,
    .barrier = host_nothing_pending,
    .flush = host_nothing_pending,
    .event_wait = host_event_wait,
    .event_seconds = host_event_seconds,
    .event_release = free,
};
