/* op_max_pool.c - the max pooling node: channels last inside. */
#include "core/geometry.h"
#include "network/layout.h"
#include "network/ops.h"

static size_t or_one(size_t value)
{
    return value > 0 ? value : 1;
}

static oct_window window_of(const octet_max_pool_desc *desc)
{
    const size_t *const p = desc->padding;
    return (oct_window){.kernel = {desc->kernel[0], desc->kernel[1]},
                        .stride = {or_one(desc->stride[0]), or_one(desc->stride[1])},
                        .dilation = {or_one(desc->dilation[0]), or_one(desc->dilation[1])},
                        .padding = {p[0], p[1], p[2], p[3]}};
}

static octet_status infer_shape(const oct_graph *graph, const oct_node *node, oct_value *output)
{
    octet_status status = OCTET_OK;
    const octet_max_pool_desc *const desc = node->desc;
    const oct_value *const x = oct_graph_input_of(graph, node, 0);
    const oct_window window = window_of(desc);
    char text[OCT_SHAPE_TEXT];
    OCT_REQUIRE(&graph->log, x->shape.rank == 4, OCTET_UNSUPPORTED,
                "node '%s': its input is %s; only 4 dimensions can be pooled", node->name,
                oct_shape_text(&x->shape, text));
    output->type = x->type;
    output->shape = x->shape;
    output->batched = x->batched;
    OCT_REQUIRE(
        &graph->log,
        oct_window_output(&window, 0, x->shape.size[2], desc->ceil != 0, &output->shape.size[2]) &&
            oct_window_output(&window, 1, x->shape.size[3], desc->ceil != 0,
                              &output->shape.size[3]),
        OCTET_INVALID_ARGUMENT,
        "node '%s': a window of %zux%zu does not fit into its input of %s with its "
        "padding, stride and dilation",
        node->name, desc->kernel[0], desc->kernel[1], oct_shape_text(&x->shape, text));
cleanup:
    return status;
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

/* ---- Of float32, for fuse.c ---- */

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
    .name = "float max_pool",
    .desc_size = sizeof(octet_max_pool_desc),
    .abstract = true,
    .infer = float_max_pool_infer,
};

octet_status oct_graph_float_max_pool(oct_graph *graph, const char *name,
                                      const octet_max_pool_desc *desc, size_t x, size_t *y)
{
    return oct_graph_add(graph, &oct_op_float_max_pool, name, desc, &x, 1, y);
}
