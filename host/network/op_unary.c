/* op_unary.c - the nodes of one input that has the output's type: functions of float32, and
 * softmax, also of 8 bits. */
#include "network/layout.h"
#include "network/ops.h"

/* ---- unary ---- */

static octet_status unary_infer(const oct_graph *graph, const oct_node *node, oct_value *output)
{
    octet_status status = OCTET_OK;
    const oct_value *const x = oct_graph_input_of(graph, node, 0);
    OCT_REQUIRE(&graph->log, x->type == OCTET_F32, OCTET_UNSUPPORTED,
                "node '%s': its input is %s; it must be f32", node->name, oct_type(x->type)->name);
    *output = (oct_value){.type = OCTET_F32, .shape = x->shape, .batched = x->batched};
cleanup:
    return status;
}

static octet_status unary_create(octet_context *context, const oct_node *node, const char *variant,
                                 octet_operator **out)
{
    octet_unary_desc desc = *(const octet_unary_desc *)node->desc;
    desc.variant = variant;
    return octet_unary_create(context, &desc, out);
}

static void unary_describe(const oct_node *node, octet_layer_info *info)
{
    static const char *const names[] = {[OCTET_CLIP] = "clip",
                                        [OCTET_LEAKY_RELU] = "leaky_relu",
                                        [OCTET_ABSOLUTE] = "absolute",
                                        [OCTET_NEGATE] = "negate",
                                        [OCTET_ROUND] = "round",
                                        [OCTET_SQUARE_ROOT] = "square_root",
                                        [OCTET_EXPONENTIAL] = "exponential",
                                        [OCTET_SIGMOID] = "sigmoid",
                                        [OCTET_TANH] = "tanh",
                                        [OCTET_HARD_SIGMOID] = "hard_sigmoid",
                                        [OCTET_HARD_SWISH] = "hard_swish"};
    info->op = names[((const octet_unary_desc *)node->desc)->function];
}

const oct_op oct_op_unary = {
    .name = "unary",
    .desc_size = sizeof(octet_unary_desc),
    .keep = NULL,
    .infer = unary_infer,
    .lay_out = oct_lay_out_any,
    .create = unary_create,
    .describe = unary_describe,
};

octet_status oct_graph_unary(oct_graph *graph, const char *name, const octet_unary_desc *desc,
                             size_t x, size_t *y)
{
    return oct_graph_add(graph, &oct_op_unary, name, desc, &x, 1, y);
}

/* ---- softmax ---- */

static void softmax_keep(oct_graph *graph, void *desc)
{
    oct_node_keep_quantization(graph, &((octet_softmax_desc *)desc)->input);
    oct_node_keep_quantization(graph, &((octet_softmax_desc *)desc)->output);
}

static octet_status softmax_infer(const oct_graph *graph, const oct_node *node, oct_value *output)
{
    octet_status status = OCTET_OK;
    const oct_value *const x = oct_graph_input_of(graph, node, 0);
    const octet_softmax_desc *const desc = node->desc;
    const size_t axis = desc->axis;
    OCT_REQUIRE(&graph->log, x->type == desc->type && x->type != OCTET_S32, OCTET_UNSUPPORTED,
                "node '%s': its input is %s; its description says %s", node->name,
                oct_type(x->type)->name, oct_type(desc->type)->name);
    OCT_TRY(oct_node_check_quantization(graph, node, "input", &desc->input, desc->type, 1));
    OCT_TRY(oct_node_check_quantization(graph, node, "output", &desc->output, desc->type, 1));
    OCT_REQUIRE(&graph->log, axis < x->shape.rank, OCTET_INVALID_ARGUMENT,
                "node '%s': axis %zu; its input has rank %zu", node->name, axis, x->shape.rank);
    OCT_REQUIRE(&graph->log, axis > 0 || !x->batched, OCTET_UNSUPPORTED,
                "node '%s': a softmax over the open first dimension", node->name);
    *output = (oct_value){.type = x->type, .shape = x->shape, .batched = x->batched};
cleanup:
    return status;
}

static octet_status softmax_lay_out(oct_graph *graph, oct_node *node)
{
    octet_softmax_desc *const desc = node->desc;
    desc->axis = oct_stored_axis(oct_graph_input_of(graph, node, 0)->stored, desc->axis);
    return oct_lay_out_any(graph, node);
}

static octet_status softmax_create(octet_context *context, const oct_node *node,
                                   const char *variant, octet_operator **out)
{
    octet_softmax_desc desc = *(const octet_softmax_desc *)node->desc;
    desc.variant = variant;
    return octet_softmax_create(context, &desc, out);
}

static void softmax_describe(const oct_node *node, octet_layer_info *info)
{
    info->input = ((const octet_softmax_desc *)node->desc)->input;
    info->output = ((const octet_softmax_desc *)node->desc)->output;
}

const oct_op oct_op_softmax = {
    .name = "softmax",
    .desc_size = sizeof(octet_softmax_desc),
    .keep = softmax_keep,
    .infer = softmax_infer,
    .lay_out = softmax_lay_out,
    .create = softmax_create,
    .describe = softmax_describe,
};

octet_status oct_graph_softmax(oct_graph *graph, const char *name, const octet_softmax_desc *desc,
                               size_t x, size_t *y)
{
    return oct_graph_add(graph, &oct_op_softmax, name, desc, &x, 1, y);
}
