/* graph.h - a network before it runs: values, and the nodes that make them from others. Built node
 * by node by the functions in ops.h, so a value always exists before it is used and a graph has no
 * cycles. Passes then rewrite it: prune.c, layout.c.
 */
#ifndef OCT_NETWORK_GRAPH_H
#define OCT_NETWORK_GRAPH_H

#include <stdbool.h>
#include <stdint.h>

#include "core/check.h"
#include "core/shape.h"

#define OCT_NONE SIZE_MAX /* no value, no node */

/* How a value lies in memory. Sizes and axes in the graph are always in the model's order (channels
 * first); only layout.c and what runs afterwards look at the stored order. */
typedef enum oct_stored {
    OCT_STORED_PLAIN = 0,    /* row-major in the model's order */
    OCT_STORED_CHANNELS_LAST /* rank 4 only: (N,H,W,C) */
} oct_stored;

typedef struct oct_value {
    octet_type type;
    octet_shape shape; /* for one image if batched */
    bool batched;      /* shape.size[0] is multiplied by the number of images */
    bool constant;
    bool index; /* S32: of ArgMin or ArgMax, moved or not; int64 in ONNX, or int32 by a Cast */
    const void *data; /* of a constant, kept by the graph until it settles; NULL until it is
                         computed (fold.c) */
    const struct oct_node *maker; /* the node it comes from, kept by the graph, until the values are
                                     laid out; NULL: an input, or given data */
    size_t users; /* nodes and outputs that read it, counted before each pass of fuse.c */
    size_t depth; /* constants in a row that must be computed to have this one */
    oct_stored stored;
    size_t twin; /* the same value stored the other way, or OCT_NONE (layout.c) */
} oct_value;

typedef struct oct_op oct_op; /* ops.h */

typedef struct oct_node {
    const oct_op *op;
    const char *name; /* of the model's node; or made up, from the op and a number */
    bool made_up;
    void *desc;           /* the op's description; kept by the graph */
    const size_t *inputs; /* values; kept by the graph */
    size_t input_count;
    size_t output; /* the first value it makes; others are the next ones: oct_node_outputs */
    const char *const *sources; /* [source_count], at most OCT_MOST_SOURCES: names of the model's
                                 * nodes that it computes, after oct_graph_fuse; kept by the graph */
    size_t source_count;
} oct_node;

enum { OCT_MOST_SOURCES = 64 };

/* An input or output of the whole graph. */
typedef struct oct_port {
    const char *name;
    size_t value;
} oct_port;

typedef struct oct_ports {
    oct_port *items;
    size_t count, capacity;
} oct_ports;

typedef struct oct_graph {
    octet_context *context; /* constants are folded on it */
    oct_log log;
    struct oct_kept *kept; /* what lives as long as the graph */
    bool out_of_memory;    /* a keep failed; oct_graph_add and the passes report it */
    oct_value *values;
    size_t value_count, value_capacity;
    oct_node *nodes; /* in an order in which they can run */
    size_t node_count, node_capacity;
    oct_ports inputs, outputs;
    const char **unsupported; /* sentences about what is missing here; kept by the graph */
    size_t unsupported_count, unsupported_capacity;
} oct_graph;

octet_status oct_graph_create(octet_context *context, oct_log log, oct_graph **out);
void oct_graph_destroy(oct_graph *graph);

/* oct_graph_keep - a copy of count elements that lives as long as the graph; zeroed memory where
 * "data" is NULL. NULL, and graph->out_of_memory set, when memory is out. */
void *oct_graph_keep(oct_graph *graph, const void *data, size_t count, size_t size);
const char *oct_graph_keep_text(oct_graph *graph, const char *text);

/* oct_graph_add_unsupported - a reason why the network cannot run, naming the node; copied. */
octet_status oct_graph_add_unsupported(oct_graph *graph, const char *sentence);

/* oct_graph_input - an input of the graph. Its number of bytes must be a size_t. */
octet_status oct_graph_input(oct_graph *graph, const char *name, octet_type type,
                             const octet_shape *shape, bool batched, size_t *value);

/* oct_graph_constant - a value known now; "data" is copied. */
octet_status oct_graph_constant(oct_graph *graph, octet_type type, const octet_shape *shape,
                                const void *data, size_t *value);

/* oct_graph_output - makes "value" an output of the graph. */
octet_status oct_graph_output(oct_graph *graph, const char *name, size_t value);

/* oct_graph_add - a node: "desc" is copied with all it points to, the op checks it against its
 * inputs and says what the outputs are, of which "output" is the first. A node of constants with one
 * output makes a constant, which is computed when it is first asked for (fold.c). */
octet_status oct_graph_add(oct_graph *graph, const oct_op *op, const char *name, const void *desc,
                           const size_t *inputs, size_t input_count, size_t *output);

/* oct_graph_append_value, oct_graph_append_node - without checks, for the passes. */
octet_status oct_graph_append_value(oct_graph *graph, const oct_value *value, size_t *index);
octet_status oct_graph_append_node(oct_graph *graph, const oct_node *node);

/* oct_graph_set_maker - the node's output comes from a copy of the node as it is now. */
octet_status oct_graph_set_maker(oct_graph *graph, const oct_node *node);

/* oct_graph_input_of - the value that is input "index" of a node. */
const oct_value *oct_graph_input_of(const oct_graph *graph, const oct_node *node, size_t index);

/* oct_node_outputs - how many values a node makes. */
size_t oct_node_outputs(const oct_node *node);

/* oct_graph_compute (fold.c) - gives a constant its data, if it has none yet. */
octet_status oct_graph_compute(oct_graph *graph, size_t value);

/* oct_graph_compute_used (fold.c) - all constants that nodes read when they run. */
octet_status oct_graph_compute_used(oct_graph *graph);

/* oct_graph_fuse (fuse.c) - makes integer nodes of float32 arithmetic between dequantize and
 * quantize nodes. Abstract nodes that remain become sentences of graph->unsupported. */
octet_status oct_graph_fuse(oct_graph *graph);

/* oct_graph_prune (prune.c) - removes the nodes that nothing needs, of those whose output is a
 * candidate: NULL, or a flag for each value. */
octet_status oct_graph_prune(oct_graph *graph, const bool *candidates);

/* oct_graph_lay_out (layout.c) - decides how every value is stored and inserts what converts
 * between the two orders, and copies where an output would share memory with an input. */
octet_status oct_graph_lay_out(oct_graph *graph);

/* oct_graph_settle - keeps what the nodes that are left say, and gives back all that was kept to build
 * them: constants lose their data, values their makers. */
octet_status oct_graph_settle(oct_graph *graph);

/* oct_value_stored_shape - the sizes as stored, for "images" images (1 unless batched); false when
 * the number of bytes overflows. */
bool oct_value_stored_shape(const oct_value *value, size_t images, octet_shape *shape);

/* oct_value_shape - the same in the model's order. */
bool oct_value_shape(const oct_value *value, size_t images, octet_shape *shape);

#endif
