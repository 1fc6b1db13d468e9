/* fuse.h - what the rules of fuse.c are written with. A rule looks at one node and, where it can,
 * adds nodes to the graph that compute the same value from 8-bit ones. */
#ifndef OCT_NETWORK_FUSE_H
#define OCT_NETWORK_FUSE_H

#include "network/ops.h"

/* What a rule says about a node. */
typedef struct oct_fused {
    size_t value;     /* stands for the node's output from now on, or OCT_NONE */
    char reason[192]; /* why not: "its input ..." */
} oct_fused;

/* A float32 value that is s * (q - z). */
typedef struct oct_quantized {
    size_t value;    /* q */
    octet_type type; /* of q */
    octet_quantization parameters;
    bool per_axis;
    size_t axis;
} oct_quantized;

/* What a float32 value is stored as in the end. */
typedef struct oct_target {
    octet_type type;           /* F32: it is not stored otherwise */
    octet_quantization output; /* 8 bits: per tensor */
    int32_t low, high;         /* 8 bits: the stored bounds */
    bool relu;                 /* F32 */
    /* 8 bits: of each channel of a layer, whose value is multiplied by the one before the other is
     * added; NULL: neither. Only oct_fuse_layer is asked for them. */
    const float *factors, *terms;
} oct_target;

/* oct_target_is_clamped - whether its bounds leave out stored values of its type. */
bool oct_target_is_clamped(const oct_target *target);

typedef octet_status (*oct_fuse_fn)(oct_graph *graph, const oct_node *node, oct_fused *fused);

/* fuse_quantized.c - whether "value" is dequantized. Views and permutations of constants are moved
 * to the stored constant. */
octet_status oct_fuse_find(oct_graph *graph, size_t value, oct_quantized *quantized, bool *found);

/* The same with one scale and zero point for all of it; if not, "fused" gets the reason. */
octet_status oct_fuse_find_whole(oct_graph *graph, size_t value, const char *role,
                                 oct_quantized *quantized, bool *found, oct_fused *fused);

/* The same of the first input of a node whose kernel has no bounds: found only if "target" takes all of
 * its type. */
octet_status oct_fuse_find_unclamped(oct_graph *graph, const oct_node *node,
                                     const oct_target *target, oct_quantized *quantized,
                                     bool *found, oct_fused *fused);

/* oct_fuse_fill_table - the stored values of "target" for those of "quantized". */
void oct_fuse_fill_table(const oct_quantized *quantized, const oct_target *target,
                         uint8_t entries[256]);

/* What such a node as oct_fuse_move takes, "move", does to the stored value, whose place it takes; "moved" is
 * false where that is not the same. */
octet_status oct_fuse_move_stored(oct_graph *graph, const oct_node *move, oct_quantized *quantized,
                                  bool *moved);

/* A node that only moves elements, or picks some, of a dequantized value: works on the stored one,
 * which is dequantized afterwards. */
octet_status oct_fuse_move(oct_graph *graph, const oct_node *node, oct_fused *fused);

/* fuse_view.c - a node that works element by element on views: the view of what it makes of what they
 * look at. A view of a view: one, or none where it undoes the other. */
octet_status oct_fuse_after_view(oct_graph *graph, const oct_node *node, oct_fused *fused);
octet_status oct_fuse_view_of_view(oct_graph *graph, const oct_node *node, oct_fused *fused);

/* fuse_target.c - a quantize node, with the clamps before it: the whole is made of what computes
 * the float32 value. */
octet_status oct_fuse_quantize(oct_graph *graph, const oct_node *node, oct_fused *fused);

/* fuse_layer.c - a float conv2d or gemm node as a layer of integers whose output is "target". */
octet_status oct_fuse_layer(oct_graph *graph, const oct_node *node, const oct_target *target,
                            oct_fused *fused);
octet_status oct_fuse_float_layer(oct_graph *graph, const oct_node *node, oct_fused *fused);
octet_status oct_fuse_float_relu(oct_graph *graph, const oct_node *node, oct_fused *fused);

/* fuse_bias.c - gives "layer", complete but for it, the bias "beta" * "value", a constant, or leaves
 * it NULL: before 8 bits where it is too large for 32, else with a reason. */
octet_status oct_fuse_bias(oct_graph *graph, size_t value, float beta, size_t channels,
                           octet_layer *layer, oct_fused *fused);

/* A sum of a product and a constant: the product with a bias. */
octet_status oct_fuse_add_bias(oct_graph *graph, const oct_node *node, oct_fused *fused);

/* fuse_normalize.c - a sum of constants and of the product of others and a convolution or product, all
 * constants one for each channel: a layer whose target has factors and terms. */
octet_status oct_fuse_normalized(oct_graph *graph, const oct_node *node, const oct_target *target,
                                 oct_fused *fused);

/* Gives "layer", complete but for them, the target's factors and terms; not "taken": one is not above 0,
 * or what they round to could be more than one stored value off. */
octet_status oct_fuse_normalize_layer(oct_graph *graph, const oct_target *target, size_t channels,
                                      octet_layer *layer, bool *taken);

/* fuse_elements.c - a binary node of float32 as one of 8-bit values. */
octet_status oct_fuse_binary(oct_graph *graph, const oct_node *node, const oct_target *target,
                             oct_fused *fused);

/* A softmax of float32 as one of 8-bit values, as ONNX Runtime makes it of one type. */
octet_status oct_fuse_softmax(oct_graph *graph, const oct_node *node, const oct_target *target,
                              oct_fused *fused);

/* fuse_function.c - a quantize node after functions of one dequantized value, and after moves of their
 * result: a table, and the moves of what it gives. */
octet_status oct_fuse_lookup(oct_graph *graph, const oct_node *node, oct_fused *fused);

/* fuse_pool.c - a float average pool as one of 8-bit values. */
octet_status oct_fuse_average_pool(oct_graph *graph, const oct_node *node, const oct_target *target,
                                   oct_fused *fused);

/* The same of means along dimensions. */
octet_status oct_fuse_reduce(oct_graph *graph, const oct_node *node, const oct_target *target,
                             oct_fused *fused);

/* Means aside: the smallest and largest of dequantized values as oct_fuse_move has them, and the index of
 * either as that of the stored value. */
octet_status oct_fuse_fold(oct_graph *graph, const oct_node *node, oct_fused *fused);

/* The same of interpolation. */
octet_status oct_fuse_interpolate(oct_graph *graph, const oct_node *node, const oct_target *target,
                                  oct_fused *fused);

/* fuse_concat.c - a float concat as one of 8-bit values. */
octet_status oct_fuse_concat(oct_graph *graph, const oct_node *node, const oct_target *target,
                             oct_fused *fused);

/* fuse_gather.c - elements picked of a dequantized value, where oct_fuse_move has no stored value to
 * fill with. */
octet_status oct_fuse_gather(oct_graph *graph, const oct_node *node, const oct_target *target,
                             oct_fused *fused);

/* fuse_sum.c - a sum of 8-bit values one of which a convolution made for it alone: part of that
 * convolution. */
octet_status oct_fuse_sum(oct_graph *graph, const oct_node *node, oct_fused *fused);

/* fuse_table.c - a lookup of what a convolution or a product made for it alone: part of that layer. */
octet_status oct_fuse_table(oct_graph *graph, const oct_node *node, oct_fused *fused);

/* fuse_dynamic.c - the sums of a product with a dynamic input, times both scales, are a layer with
 * float32 output: by the node that clamps it at 0, or that adds a bias, or that multiplies. */
octet_status oct_fuse_found_relu(oct_graph *graph, const oct_node *node, oct_fused *fused);
octet_status oct_fuse_found_bias(oct_graph *graph, const oct_node *node, oct_fused *fused);
octet_status oct_fuse_found_scales(oct_graph *graph, const oct_node *node, oct_fused *fused);

/* oct_fuse_maker - the node that a value comes from if its op is "op", else NULL. */
const oct_node *oct_fuse_maker(const oct_graph *graph, size_t value, const oct_op *op);

/* Clamps, or moves, in a row that are looked through; bounds the work of hostile models. */
#define OCT_FUSE_MOST 8

#endif
