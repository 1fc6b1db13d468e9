/* network.h - a network that can run: a finished graph, its operators, and their memory. */
#ifndef OCT_NETWORK_NETWORK_H
#define OCT_NETWORK_NETWORK_H

#include "network/graph.h"
#include "network/ops.h"
#include "network/plan.h"
#include "runtime/runtime.h"

/* A node with an operator of its own. */
typedef struct oct_stage {
    const oct_node *node;
    octet_operator *op;
    octet_operator *twin; /* the same with variant "reference"; made by the first check */
    size_t twin_images;   /* what it is prepared for; 0: nothing */
    size_t arguments;     /* where its tensors begin in oct_binding.arguments */
    double seconds;
} oct_stage;

/* Where the memory of a value is. */
typedef enum oct_place {
    OCT_PLACE_NONE = 0, /* no node uses it */
    OCT_PLACE_BLOCK,    /* in block items[index].block */
    OCT_PLACE_INPUT,    /* input "index" of the network */
    OCT_PLACE_OUTPUT,   /* output "index" */
    OCT_PLACE_CONSTANT  /* constants[index] */
} oct_place;

typedef struct oct_storage {
    oct_place place;
    size_t index;
} oct_storage;

/* The tensors of one batch: every value as its layer sees it, over memory that others own. */
typedef struct oct_binding {
    octet_tensor **views;     /* [value_count]; NULL where the value has no memory */
    octet_tensor **arguments; /* of each layer in turn: its inputs, its outputs */
    size_t count;             /* of views */
    oct_chain *chain;         /* all layers on these tensors; oct_network_run_whole */
    bool ran;                 /* as a whole; recording pays for what runs again */
    bool recorded;            /* as a chain, if that could be */
} oct_binding;

/* What batches under way at the same time have each (slot.h): one is computed while the next is
 * filled and the one before is read. */
typedef struct oct_slot oct_slot;
enum { OCT_SLOTS = 3 };

struct octet_network {
    octet_context *context;
    oct_log log;
    oct_graph *graph;
    const char *const *unsupported; /* the graph's; with any, the network cannot run */
    size_t unsupported_count;
    oct_stage *stages; /* what octet/network.h calls layers */
    size_t stage_count, argument_count;
    bool batched;          /* some input is */
    bool joins_images;     /* some layer finds for a whole batch what is then none of its images' */
    oct_storage *storages; /* [value_count]; a view has that of what it looks at */
    octet_tensor **constants; /* [constant_count]: those that layers read when they run */
    size_t constant_count;
    oct_plan_item *items; /* [item_count]: the pieces of memory between layers */
    size_t item_count;

    size_t batch;       /* the largest number of images there is memory for; 0: not prepared */
    bool implicit;      /* a run has chosen the batch, not the caller */
    bool told_of_chain; /* a message said which layer cannot be part of one */
    size_t images;      /* what the operators are prepared for; 0: nothing */
    octet_tensor **blocks;
    size_t block_count;
    size_t activation_bytes;
    oct_slot *slots[OCT_SLOTS]; /* NULL before their first use */
};

/* oct_network_create (network.c) - finishes "graph", which becomes the network's even on failure,
 * and makes its operators. Abstract nodes must be gone (oct_graph_fuse). "variant" as in
 * octet_network_options. */
octet_status oct_network_create(oct_graph *graph, const char *variant, octet_network **out);

/* oct_network_place (place.c) - fills storages, items and constants; part of oct_network_create. */
octet_status oct_network_place(octet_network *network);

/* oct_network_set_images (prepare.c) - prepares the operators for "images", at most the batch; no
 * batch may be under way. */
octet_status oct_network_set_images(octet_network *network, size_t images);

/* oct_network_release_memory (prepare.c) - undoes octet_network_prepare. */
void oct_network_release_memory(octet_network *network);

/* oct_binding_create (bind.c) - tensors of the prepared number of images, with the caller's for the
 * inputs and outputs. */
octet_status oct_binding_create(octet_network *network, octet_tensor *const *inputs,
                                octet_tensor *const *outputs, oct_binding *binding);
void oct_binding_release(oct_binding *binding);

/* When something was done, for octet_trace_fn: on a device the event knows, on the reference the host's
 * clock was read. */
typedef struct oct_span {
    octet_event *event; /* owned; NULL: nothing was done */
    double start, end;
} oct_span;

/* oct_stage_run (run.c) - enqueues one stage on a binding's tensors; oct_network_run_stages all of
 * them. Spans, one or [stage_count], may be NULL; their events are NULL before. */
octet_status oct_stage_run(const octet_network *network, const oct_stage *stage,
                           const oct_binding *binding, oct_span *span);
octet_status oct_network_run_stages(const octet_network *network, const oct_binding *binding,
                                    oct_span *spans);

/* oct_network_record (run.c) - makes the binding's chain, where there can be one and it is not made yet. */
octet_status oct_network_record(octet_network *network, oct_binding *binding);

/* oct_network_run_whole (run.c) - oct_network_run_stages, from the second time on as a single command, where
 * the device has such and every layer can be part of it. The tensors must live as long as the binding. */
octet_status oct_network_run_whole(octet_network *network, oct_binding *binding);

/* oct_network_check_runnable (run.c) - refuses a network with parts that octet lacks, and a number
 * of images that it cannot take. */
octet_status oct_network_check_runnable(const octet_network *network, size_t images);

/* oct_network_step (step.c) - runs the batch of a slot layer by layer, with what "options" asks
 * for; comparisons go to slot->check. */
octet_status oct_network_step(octet_network *network, oct_slot *slot,
                              const octet_run_options *options);

/* oct_stage_check (check.c) - computes a layer that has just run on "binding" by its reference, from
 * the inputs it had, and adds what the comparison found to "check". */
octet_status oct_stage_check(octet_network *network, const oct_binding *binding, size_t index,
                             size_t first_image, octet_network_check *check);

/* oct_check_add (check.c) - adds what was found in one batch to "check", and reports it if it is the
 * first difference. */
void oct_check_add(const octet_network *network, const octet_network_check *found,
                   octet_network_check *check);

#endif
