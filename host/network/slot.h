/* slot.h - one batch on its way through a network, with tensors of its own, so that several can be
 * under way on a device at once. The life of a batch: begin, fill slot->inputs, compute, wait, use
 * slot->outputs. */
#ifndef OCT_NETWORK_SLOT_H
#define OCT_NETWORK_SLOT_H

#include "network/batches.h"
#include "network/network.h"
#include "runtime/runtime.h"

/* Host arrays that hold all images, in the model's order (octet_network_run). */
typedef struct oct_arrays {
    const void *const *inputs;
    void *const *outputs;
} oct_arrays;

/* An input or output on the device, and the host memory that it is copied from or to. */
typedef struct oct_slot_port {
    octet_tensor *tensor;
    size_t value;        /* of the graph */
    unsigned access;     /* OCT_WRITE: an input, OCT_READ: an output */
    oct_staging staging; /* host memory for a whole batch; none until it is needed */
    oct_span copy;       /* the last one */
} oct_slot_port;

struct oct_slot {
    oct_slot_port *ports; /* [input_count + output_count] */
    size_t input_count, output_count, layer_count;
    octet_tensor **tensors; /* of the ports, in their order */
    oct_binding binding;    /* with those; no views: for another number of images */
    octet_event **waits;    /* room for an event of each input */
    void **inputs;          /* host memory of the batch, for each input */
    void **outputs;         /* the same for each output; NULL where it is skipped */
    oct_span *layers;       /* [stage_count] of the network, for octet_trace_fn */
    octet_event *computed;  /* after all layers; NULL where something later tells of it */
    oct_batch batch;
    octet_network_check check; /* of this batch */
};

/* oct_slot_create - a slot for batches of the size that the network is prepared for. */
octet_status oct_slot_create(octet_network *network, oct_slot **out);
void oct_slot_destroy(oct_slot *slot); /* NULL is accepted */

/* oct_slot_begin - makes the slot ready for "batch", whose number of images is at most the one that the
 * operators are prepared for: what they compute behind it is not read. The host memory is that of
 * "arrays"; where NULL, the slot's own. "skip" as in octet_stream. */
octet_status oct_slot_begin(octet_network *network, oct_slot *slot, const oct_batch *batch,
                            const oct_arrays *arrays, const unsigned char *skip);

/* oct_slot_compute - enqueues the copies of the inputs, the layers, which run one by one with
 * "options" that ask for it, and the copies of the outputs. */
octet_status oct_slot_compute(octet_network *network, oct_slot *slot,
                              const octet_run_options *options);

/* oct_runs_stepwise - whether "options" ask for layers one by one. */
bool oct_runs_stepwise(const octet_run_options *options);

/* oct_slot_check_whole (check_whole.c) - after all layers ran one by one: computes the outputs again by the
 * binding's chain, where it has one, and adds what the comparison found to slot->check. */
octet_status oct_slot_check_whole(octet_network *network, oct_slot *slot);

/* oct_slot_wait - returns when the batch is done. */
octet_status oct_slot_wait(oct_slot *slot);

/* oct_trace_clock (trace.c) - what is to be added to the times of the context's events to get those
 * of oct_now.
 * - OCTET_UNSUPPORTED: the context keeps no times. */
octet_status oct_trace_clock(octet_network *network, double *offset);

/* oct_slot_trace (trace.c) - tells what was done for a batch that is done. "event" holds what is the
 * same for all: the network's number, and in "start" what is to be added to the events' times. */
octet_status oct_slot_trace(const octet_network *network, const oct_slot *slot,
                            const octet_trace_event *event, const octet_run_options *options);

/* oct_stream_check (stream_check.c) - refuses what a run cannot be made of; "options" are complete. */
octet_status oct_stream_check(octet_network *const *networks, size_t count,
                              const octet_stream *stream, const oct_arrays *arrays,
                              const octet_run_options *options);

/* oct_network_stream (stream.c) - octet_network_stream, or the same with "arrays" in place of the
 * stream's functions, which nobody calls then. */
octet_status oct_network_stream(octet_network *const *networks, size_t count,
                                const octet_stream *stream, const oct_arrays *arrays,
                                const octet_run_options *options);

#endif
