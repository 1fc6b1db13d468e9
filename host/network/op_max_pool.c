/* op_max_pool.c - the max pooling node: channels last inside. */
#include "network/layout.h"
#include "network/ops.h"

static octet_status infer_shape(const oct_graph *graph, const oct_node *node, oct_value *output)
{
    const octet_max_pool_desc *const desc = node->desc;
    return oct_node_infer_pool(
        graph, node, &(oct_node_pool){desc->kernel, desc->stride, desc->dilation, desc->padding},
        desc->ceil != 0, output);
}

static octet_status max_pool_infer(const oct_graph *graph, const oct_node *node, oct_value *output)
{
    octet_status status = OCTET_OK;
    const octet_max_pool_desc *const desc = node->desc;
    const oct_value *const x = oct_graph_input_of(graph, node, 0);
    OCT_REQUIRE(&graph->log, oct_type_is_byte(x->type) && x->type == desc->type, OCTET_UNSUPPORTED,
                "node '%s': its input is %s; only s8 and u8 can be pooled", node->name,
                oct_type(x->type)->name);
    OCT_TRY(infer_shape(graph, node, output));
cleanup:
    return status;
}

static octet_status max_pool_lay_out(oct_graph *graph, oct_node *node)
{
    ((octet_max_pool_desc *)node->desc)->layout = OCTET_NHWC;
    return oct_lay_out_as(graph, node, OCT_STORED_CHANNELS_LAST);
}

static octet_status max_pool_create(octet_context *context, const oct_node *node,
                                    const char *variant, octet_operator **out)
{
    octet_max_pool_desc desc = *(const octet_max_pool_desc *)node->desc;
    desc.variant = variant;
    return octet_max_pool_create(context, &desc, out);
}

const oct_op oct_op_max_pool = {
    .name = "max_pool",
    .desc_size = sizeof(octet_max_pool_desc),
    .keep = NULL,
    .infer = max_pool_infer,
    .lay_out = max_pool_lay_out,
    .create = max_pool_create,
    .describe = NULL,
};

octet_status oct_graph_max_pool(oct_graph *graph, const char *name, const octet_max_pool_desc *desc,
                                size_t x, size_t *y)
{
    octet_status status = OCTET_OK;
    OCT_REQUIRE(&graph->log, desc->layout == OCTET_NCHW, OCTET_UNSUPPORTED,
                "node '%s': in a network, values are in (N,C,H,W) order", name);
    OCT_TRY(oct_graph_add(graph, &oct_op_max_pool, name, desc, &x, 1, y));
cleanup:
    return status;
}

/* ---- Of float32: an op of its own, since fuse.c may move it to the stored values ---- */

static octet_status float_max_pool_infer(const oct_graph *graph, const oct_node *node,
                                         oct_value *output)
{
    octet_status status = OCTET_OK;
    OCT_TRY(oct_node_check_floats(graph, node));
    OCT_TRY(infer_shape(graph, node, output));
cleanup:
    return status;
}

const oct_op oct_op_float_max_pool = {
    .name = "max_pool",
    .desc_size = sizeof(octet_max_pool_desc),
    .infer = float_max_pool_infer,
    .lay_out = max_pool_lay_out,
    .create = max_pool_create,
};

octet_status oct_graph_float_max_pool(oct_graph *graph, const char *name,
                                      const octet_max_pool_desc *desc, size_t x, size_t *y)
{
    octet_max_pool_desc floats = *desc;
    floats.type = OCTET_F32;
    return oct_graph_add(graph, &oct_op_float_max_pool, name, &floats, &x, 1, y);
}
