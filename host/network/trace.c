/* trace.c - tells when a device did what, by its own clock. */
#include "core/clock.h"
#include "network/slot.h"
#include "runtime/runtime.h"

enum { CLOCK_TRIES = 5 };

static bool is_reference(const octet_network *network)
{
    return network->context->info.type == OCTET_DEVICE_REFERENCE;
}

/* The device's clock and the host's, read one after the other. */
static octet_status read_clocks(octet_context *context, double *difference)
{
    octet_status status = OCTET_OK;
    octet_event *start = NULL, *event = NULL;
    double begun = 0, done = 0;
    OCT_TRY(oct_enqueue_begin(context, NULL, 0, &start));
    OCT_TRY(oct_enqueue_end(context, &start, &event));
    OCT_TRY(octet_event_wait(event));
    *difference = oct_now();
    OCT_TRY(octet_event_seconds(event, &begun, &done));
    *difference -= done;
cleanup:
    octet_event_destroy(event);
    octet_event_destroy(start);
    return status;
}

/* The smallest of several differences has the least waiting in it. */
octet_status oct_trace_clock(octet_network *network, double *offset)
{
    octet_status status = OCTET_OK;
    double least = 0;
    for (int i = 0; i < CLOCK_TRIES && !is_reference(network); i++) {
        double difference = 0;
        OCT_TRY(read_clocks(network->context, &difference));
        least = i == 0 || difference < least ? difference : least;
    }
    *offset = least;
cleanup:
    return status;
}

/* One span; "offset" as in oct_trace_clock, less when the run began. */
static octet_status tell(const octet_network *network, const oct_span *span, double offset,
                         octet_trace_event *event, const octet_run_options *options)
{
    octet_status status = OCTET_OK;
    double start = span->start, end = span->end;
    if (span->event == NULL)
        return OCTET_OK;
    if (!is_reference(network)) {
        OCT_TRY(octet_event_wait(span->event)); /* over, but the driver may not have noted it yet */
        OCT_TRY(octet_event_seconds(span->event, &start, &end));
    }
    event->start = start + offset;
    event->end = end + offset;
    options->trace(options->trace_user, event);
cleanup:
    return status;
}

octet_status oct_slot_trace(const octet_network *network, const oct_slot *slot,
                            const octet_trace_event *common, const octet_run_options *options)
{
    octet_status status = OCTET_OK;
    const bool beside = network->context->transfers_beside;
    octet_trace_event event = *common;
    event.first_image = slot->batch.first;
    event.images = slot->batch.images;
    event.kind = OCTET_TRACE_INPUT;
    event.queue = beside ? 1 : 0;
    for (event.index = 0; event.index < slot->input_count; event.index++)
        OCT_TRY(tell(network, &slot->ports[event.index].copy, common->start, &event, options));
    event.kind = OCTET_TRACE_LAYER;
    event.queue = 0;
    for (event.index = 0; event.index < slot->layer_count; event.index++)
        OCT_TRY(tell(network, &slot->layers[event.index], common->start, &event, options));
    event.kind = OCTET_TRACE_OUTPUT;
    event.queue = beside ? 2 : 0;
    for (event.index = 0; event.index < slot->output_count; event.index++)
        if (slot->outputs[event.index] != NULL)
            OCT_TRY(tell(network, &slot->ports[slot->input_count + event.index].copy, common->start,
                         &event, options));
cleanup:
    return status;
}
