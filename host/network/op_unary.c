/* op_unary.c - the nodes of float32 alone: functions of one value, and softmax. */
#include "network/layout.h"
#include "network/ops.h"

static octet_status check_float(const oct_graph *graph, const oct_node *node)
{
    octet_status status = OCTET_OK;
    const oct_value *const x = oct_graph_input_of(graph, node, 0);
    OCT_REQUIRE(&graph->log, x->type == OCTET_F32, OCTET_UNSUPPORTED,
                "node '%s': its input is %s; it must be f32", node->name, oct_type(x->type)->name);
cleanup:
    return status;
}

/* ---- unary ---- */

static octet_status unary_infer(const oct_graph *graph, const oct_node *node, oct_value *output)
{
    octet_status status = OCTET_OK;
    const oct_value *const x = oct_graph_input_of(graph, node, 0);
    OCT_TRY(check_float(graph, node));
    output->type = OCTET_F32;
    output->shape = x->shape;
    output->batched = x->batched;
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

static octet_status softmax_infer(const oct_graph *graph, const oct_node *node, oct_value *output)
{
    octet_status status = OCTET_OK;
    const oct_value *const x = oct_graph_input_of(graph, node, 0);
    const size_t axis = ((const octet_softmax_desc *)node->desc)->axis;
    OCT_TRY(check_float(graph, node));
    OCT_REQUIRE(&graph->log, axis < x->shape.rank, OCTET_INVALID_ARGUMENT,
                "node '%s': axis %zu; its input has rank %zu", node->name, axis, x->shape.rank);
    OCT_REQUIRE(&graph->log, axis > 0 || !x->batched, OCTET_UNSUPPORTED,
                "node '%s': a softmax over the open first dimension", node->name);
    output->type = OCTET_F32;
    output->shape = x->shape;
    output->batched = x->batched;
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

const oct_op oct_op_softmax = {
    .name = "softmax",
    .desc_size = sizeof(octet_softmax_desc),
    .keep = NULL,
    .infer = softmax_infer,
    .lay_out = softmax_lay_out,
    .create = softmax_create,
    .describe = NULL,
};

octet_status oct_graph_softmax(oct_graph *graph, const char *name, size_t axis, size_t x, size_t *y)
{
    const octet_softmax_desc desc = {.struct_size = sizeof desc, .axis = axis};
    return oct_graph_add(graph, &oct_op_softmax, name, &desc, &x, 1, y);
}
