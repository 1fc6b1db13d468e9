/* ops.h - the table of what a node can be, and the functions that add nodes to a graph. A new op is
 * one file op_<name>.c that ends in its row, a line in OCT_OPS, and a function here. */
#ifndef OCT_NETWORK_OPS_H
#define OCT_NETWORK_OPS_H

#include "network/graph.h"
#include "octet/network.h"

#define OCT_MOST_OUTPUTS 3

/* One kind of node. "desc" is the node's description: the public struct of the operator that runs
 * it, or the op's own. */
struct oct_op {
    const char *name;
    size_t desc_size;
    size_t more_outputs; /* values that it makes after the first; below OCT_MOST_OUTPUTS */
    bool has_variants;   /* its operator has more rows than the device's and the reference */
    /* Arithmetic of float32 values that no operator does: the node is there for fuse.c to make it
     * an integer one. Such an op has no functions but infer. */
    bool abstract;
    /* Copies the arrays that the description points to (oct_graph_keep). NULL: there are none. */
    void (*keep)(oct_graph *graph, void *desc);
    /* Checks the description against the inputs; sets type, shape and batched of the outputs. */
    octet_status (*infer)(const oct_graph *graph, const oct_node *node, oct_value *outputs);
    /* Decides how inputs and output are stored (layout.h) and rewrites the description to match. */
    octet_status (*lay_out)(oct_graph *graph, oct_node *node);
    /* Makes the operator that runs the node; "variant" NULL leaves the choice to it. NULL: the
     * output is the input's memory seen with another shape. */
    octet_status (*create)(octet_context *context, const oct_node *node, const char *variant,
                           octet_operator **out);
    /* Fills quantization, weights and macs of "info", whose other fields are set. NULL: nothing. */
    void (*describe)(const oct_node *node, octet_layer_info *info);
};

/* One list of all ops. */
/* clang-format off */
#define OCT_OPS(X)                                                                                 \
    X(quantize) X(quantize_found) X(dequantize) X(conv2d) X(gemm) X(max_pool) X(average_pool)      \
    X(lookup) X(binary) X(unary) X(softmax) X(reduce) X(interpolate) X(concat) X(permute)          \
    X(gather) X(view) X(float_conv2d) X(float_gemm) X(float_max_pool) X(float_average_pool)        \
    X(float_concat) X(float_function)
/* clang-format on */

#define OCT_OP_DECLARE(name) extern const oct_op oct_op_##name;
OCT_OPS(OCT_OP_DECLARE)
#undef OCT_OP_DECLARE

/* The functions below add one node. "name" NULL or "": made up. Descriptions are copied. */

/* oct_graph_quantize, _dequantize - "axis" of the description counts in the model's order. */
octet_status oct_graph_quantize(oct_graph *graph, const char *name, const octet_quantize_desc *desc,
                                size_t x, size_t *y);

/* What is quantized with parameters that are found from the data: values of the graph. */
typedef struct oct_found {
    size_t value;      /* U8 */
    size_t scale;      /* F32 (1) */
    size_t zero_point; /* S32 (1) */
} oct_found;

/* oct_graph_quantize_found - by the rule of ONNX's DynamicQuantizeLinear, over all images of a batch
 * together. */
octet_status oct_graph_quantize_found(oct_graph *graph, const char *name, size_t x,
                                      oct_found *found);

/* zero_point.c - oct_graph_narrow: a zero point as the model knows it, U8 (1). oct_graph_widen: one
 * number of 8 bits as S32 (1): what oct_graph_narrow made it from, or a conversion on the device. */
octet_status oct_graph_narrow(oct_graph *graph, const char *name, size_t zero_point,
                              size_t *narrow);
octet_status oct_graph_widen(oct_graph *graph, const char *name, size_t narrow, size_t *zero_point);

/* oct_graph_behind_views - the value that "value" is another shape of, or itself. */
size_t oct_graph_behind_views(const oct_graph *graph, size_t value);

octet_status oct_graph_dequantize(oct_graph *graph, const char *name,
                                  const octet_dequantize_desc *desc, size_t x, size_t *y);

/* oct_graph_conv2d, oct_graph_max_pool, oct_graph_average_pool - the description's layout must be OCTET_NCHW; weights are
 * (O,C/groups,KH,KW) and constant. "other": what the layer's sum adds, or OCT_NONE.
 * oct_graph_conv2d_found - with a dynamic input. */
octet_status oct_graph_conv2d(oct_graph *graph, const char *name, const octet_conv2d_desc *desc,
                              size_t x, size_t other, size_t *y);
octet_status oct_graph_conv2d_found(oct_graph *graph, const char *name,
                                    const octet_conv2d_desc *desc, const oct_found *x, size_t *y);
octet_status oct_graph_max_pool(oct_graph *graph, const char *name, const octet_max_pool_desc *desc,
                                size_t x, size_t *y);
octet_status oct_graph_average_pool(oct_graph *graph, const char *name,
                                    const octet_average_pool_desc *desc, size_t x, size_t *y);

/* oct_average_rule_of - what ONNX Runtime computes: SUM if the window is all of the image. */
octet_average_rule oct_average_rule_of(const oct_value *x, const octet_average_pool_desc *desc);

/* oct_graph_gemm - b OCT_NONE: the weights are in the description. "a" may have any rank from 2 on:
 * (..., k) to (..., n); above 3, b is a matrix, or has a's sizes but for the last two. */
octet_status oct_graph_gemm(oct_graph *graph, const char *name, const octet_gemm_desc *desc,
                            size_t a, size_t b, size_t *c);

/* oct_graph_gemm_found - the same with a dynamic input and, where their scale is not OCT_NONE, dynamic
 * weights; b's value OCT_NONE: the weights are in the description. */
octet_status oct_graph_gemm_found(oct_graph *graph, const char *name, const octet_gemm_desc *desc,
                                  const oct_found *a, const oct_found *b, size_t *c);

/* oct_graph_binary - a function of two values; the sizes of one are repeated as octet_binary_create
 * does. The types of the description are those of the values. */
octet_status oct_graph_binary(oct_graph *graph, const char *name, const octet_binary_desc *desc,
                              size_t a, size_t b, size_t *y);

/* oct_binary_batches_fit - whether an open first dimension of either meets one that is open too, or a 1;
 * false where the ranks differ. */
bool oct_binary_batches_fit(const oct_value *a, const oct_value *b);

/* oct_binary_is_turned - whether ONNX Runtime's QLinearAdd takes b for its first operand: if a is
 * repeated along the innermost dimension, of those that both have, which is not 1; and if there is
 * none such. */
bool oct_binary_is_turned(const oct_value *a, const oct_value *b);

/* oct_graph_unary, oct_graph_softmax - "axis" of the description counts in the model's order. */
octet_status oct_graph_unary(oct_graph *graph, const char *name, const octet_unary_desc *desc,
                             size_t x, size_t *y);
octet_status oct_graph_softmax(oct_graph *graph, const char *name, const octet_softmax_desc *desc,
                               size_t x, size_t *y);

/* oct_graph_reduce - "axis" of the description counts in the model's order. */
octet_status oct_graph_reduce(oct_graph *graph, const char *name, const octet_reduce_desc *desc,
                              size_t x, size_t *y);

/* oct_graph_interpolate - the same of it. */
octet_status oct_graph_interpolate(oct_graph *graph, const char *name,
                                   const octet_interpolate_desc *desc, size_t x, size_t *y);

/* oct_graph_lookup - a function of one 8-bit value. */
octet_status oct_graph_lookup(oct_graph *graph, const char *name, const octet_lookup_desc *desc,
                              size_t x, size_t *y);

/* oct_graph_concat - values one after the other; "axis" counts in the model's order. */
octet_status oct_graph_concat(oct_graph *graph, const char *name, const octet_concat_desc *desc,
                              const size_t *inputs, size_t *y);

/* A function of real numbers between two 8-bit types, quantized per tensor. */
typedef struct oct_table {
    octet_type input_type, output_type;
    octet_quantization input, output;
    float (*function)(float x, float parameter); /* NULL: x itself */
    float parameter;
} oct_table;

/* oct_table_fill (op_lookup.c) - the table of an octet_lookup_desc: dequantized, computed,
 * quantized by division. */
void oct_table_fill(const oct_table *table, uint8_t entries[256]);

/* oct_graph_permute - output dimension i is input dimension order[i]. */
octet_status oct_graph_permute(oct_graph *graph, const char *name, const size_t *order, size_t x,
                               size_t *y);

/* oct_graph_gather - elements picked along each axis, of any type; tables count in the model's order.
 * Where they change nothing it is a view. */
octet_status oct_graph_gather(oct_graph *graph, const char *name, const octet_gather_desc *desc,
                              size_t x, size_t *y);

/* oct_gather_has_outside - whether some index is -1. */
bool oct_gather_has_outside(const octet_gather_desc *desc);

/* oct_graph_view - the same elements in the same order with another shape. "shape" is for one image
 * if x is batched, and its first size is then multiplied too. */
octet_status oct_graph_view(oct_graph *graph, const char *name, const octet_shape *shape, size_t x,
                            size_t *y);

/* oct_graph_float_max_pool, oct_graph_float_average_pool, oct_graph_float_concat - of float32; only
 * what the description says of the window, and of number and axis, counts. fuse.c makes nodes of
 * stored values of those it can. */
octet_status oct_graph_float_max_pool(oct_graph *graph, const char *name,
                                      const octet_max_pool_desc *desc, size_t x, size_t *y);
octet_status oct_graph_float_average_pool(oct_graph *graph, const char *name,
                                          const octet_average_pool_desc *desc, size_t x, size_t *y);

octet_status oct_graph_float_concat(oct_graph *graph, const char *name,
                                    const octet_concat_desc *desc, const size_t *inputs, size_t *y);

/* ---- Abstract nodes: float32 in, float32 out ---- */

/* oct_graph_float_conv2d - only what the description says of the window, channels and groups counts.
 * Weights are (O,C/groups,KH,KW); bias (O), or OCT_NONE. */
octet_status oct_graph_float_conv2d(oct_graph *graph, const char *name,
                                    const octet_conv2d_desc *desc, size_t x, size_t weights,
                                    size_t bias, size_t *y);
/* alpha * op(A) * op(B) + beta * C. Only matrices can be transposed; else A and B have the same
 * sizes but for their last two, or B is a matrix. */
typedef struct oct_float_gemm {
    bool transpose_a, transpose_b;
    float alpha, beta;
} oct_float_gemm;

/* oct_graph_float_gemm - "c" is spread over the rows of the product, or OCT_NONE. */
octet_status oct_graph_float_gemm(oct_graph *graph, const char *name, const oct_float_gemm *desc,
                                  size_t a, size_t b, size_t c, size_t *y);

/* A function of one number and two parameters, computed in float64 and rounded once. */
typedef struct oct_float_function {
    const char *name; /* of its operator, static */
    double (*compute)(double x, double alpha, double beta);
    float alpha, beta;
} oct_float_function;

/* oct_graph_float_function - y has the sizes of x. oct_float_function_at: of one number. */
octet_status oct_graph_float_function(oct_graph *graph, const char *name,
                                      const oct_float_function *desc, size_t x, size_t *y);
float oct_float_function_at(const oct_float_function *function, float x);

/* layer.c - what ops share. oct_node_keep_quantization and oct_node_keep_layer copy arrays into the
 * graph; "weight_count" elements of one byte, "channels" of everything per output channel. */
void oct_node_keep_quantization(oct_graph *graph, octet_quantization *quantization);
void oct_node_keep_binary(oct_graph *graph, octet_binary_desc *binary);
void oct_node_keep_layer(oct_graph *graph, octet_layer *layer, size_t weight_count,
                         size_t channels);

/* oct_node_check_quantization - scales, zero points and their numbers; "role" is what they are of.
 */
octet_status oct_node_check_quantization(const oct_graph *graph, const oct_node *node,
                                         const char *role, const octet_quantization *quantization,
                                         octet_type type, size_t channels);

/* oct_node_check_layer - types and parameters of a product whose sums have k terms, against input
 * 0. */
octet_status oct_node_check_layer(const oct_graph *graph, const oct_node *node,
                                  const octet_layer *layer, size_t k, size_t channels);

/* The window of a pool; stride, dilation 0: 1. */
typedef struct oct_node_pool {
    const size_t *kernel, *stride, *dilation, *padding;
} oct_node_pool;

/* oct_node_infer_pool - an output of the input's type, and its shape. */
octet_status oct_node_infer_pool(const oct_graph *graph, const oct_node *node,
                                 const oct_node_pool *pool, bool ceil, oct_value *output);

/* oct_node_check_floats - every input is F32. */
octet_status oct_node_check_floats(const oct_graph *graph, const oct_node *node);

/* oct_node_stored_type - what the layer's sum and lookup leave. */
octet_type oct_node_stored_type(const octet_layer *layer);

/* oct_node_describe_layer - quantization, weights of "weight_shape", and macs for sums of k terms.
 */
void oct_node_describe_layer(const octet_layer *layer, const octet_shape *weight_shape,
                             size_t channels, size_t k, octet_layer_info *info);

#endif
