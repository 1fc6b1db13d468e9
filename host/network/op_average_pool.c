/* op_average_pool.c - the average pooling node: channels last inside. */
#include "core/quantization.h"
#include "network/layout.h"
#include "network/ops.h"

static void average_pool_keep(oct_graph *graph, void *desc)
{
    oct_node_keep_quantization(graph, &((octet_average_pool_desc *)desc)->input);
    oct_node_keep_quantization(graph, &((octet_average_pool_desc *)desc)->output);
}

static octet_status infer_shape(const oct_graph *graph, const oct_node *node, oct_value *output)
{
    const octet_average_pool_desc *const desc = node->desc;
    return oct_node_infer_pool(
        graph, node, &(oct_node_pool){desc->kernel, desc->stride, desc->dilation, desc->padding},
        desc->ceil != 0, output);
}

static octet_status average_pool_infer(const oct_graph *graph, const oct_node *node,
                                       oct_value *output)
{
    octet_status status = OCTET_OK;
    const octet_average_pool_desc *const desc = node->desc;
    const oct_value *const x = oct_graph_input_of(graph, node, 0);
    OCT_REQUIRE(&graph->log,
                oct_type_is_byte(x->type) && x->type == desc->input_type &&
                    oct_type_is_byte(desc->output_type),
                OCTET_UNSUPPORTED, "node '%s': its input is %s; only s8 and u8 can be pooled",
                node->name, oct_type(x->type)->name);
    OCT_TRY(oct_node_check_quantization(graph, node, "input", &desc->input, x->type, 1));
    OCT_TRY(
        oct_node_check_quantization(graph, node, "output", &desc->output, desc->output_type, 1));
    const double input = (double)oct_scale_at(&desc->input, 0);
    const double scale = (double)oct_scale_at(&desc->output, 0);
    OCT_REQUIRE(&graph->log, oct_multiplier_is_legal(input / scale), OCTET_UNSUPPORTED,
                "node '%s': its input scale %g by its output scale %g; it must be in [2^-32, 256)",
                node->name, input, scale);
    OCT_TRY(infer_shape(graph, node, output));
    output->type = desc->output_type;
cleanup:
    return status;
}

static octet_status average_pool_lay_out(oct_graph *graph, oct_node *node)
{
    ((octet_average_pool_desc *)node->desc)->layout = OCTET_NHWC;
    return oct_lay_out_as(graph, node, OCT_STORED_CHANNELS_LAST);
}

static octet_status average_pool_create(octet_context *context, const oct_node *node,
                                        const char *variant, octet_operator **out)
{
    octet_average_pool_desc desc = *(const octet_average_pool_desc *)node->desc;
    desc.variant = variant;
    return octet_average_pool_create(context, &desc, out);
}

static void average_pool_describe(const oct_node *node, octet_layer_info *info)
{
    info->input = ((const octet_average_pool_desc *)node->desc)->input;
    info->output = ((const octet_average_pool_desc *)node->desc)->output;
}

const oct_op oct_op_average_pool = {
    .name = "average_pool",
    .desc_size = sizeof(octet_average_pool_desc),
    .keep = average_pool_keep,
    .infer = average_pool_infer,
    .lay_out = average_pool_lay_out,
    .create = average_pool_create,
    .describe = average_pool_describe,
};

octet_status oct_graph_average_pool(oct_graph *graph, const char *name,
                                    const octet_average_pool_desc *desc, size_t x, size_t *y)
{
    octet_status status = OCTET_OK;
    OCT_REQUIRE(&graph->log, desc->layout == OCTET_NCHW, OCTET_UNSUPPORTED,
                "node '%s': in a network, values are in (N,C,H,W) order", name);
    OCT_TRY(oct_graph_add(graph, &oct_op_average_pool, name, desc, &x, 1, y));
cleanup:
    return status;
}

octet_average_rule oct_average_rule_of(const oct_value *x, const octet_average_pool_desc *desc)
{
    const size_t *const padding = desc->padding;
    const bool whole = x->shape.rank == 4 && desc->kernel[0] == x->shape.size[2] &&
                       desc->kernel[1] == x->shape.size[3] &&
                       padding[0] + padding[1] + padding[2] + padding[3] == 0;
    return whole ? OCTET_AVERAGE_SUM : OCTET_AVERAGE_REAL;
}

/* ---- Of float32: an op of its own, for fuse.c ---- */

static octet_status float_average_pool_infer(const oct_graph *graph, const oct_node *node,
                                             oct_value *output)
{
    octet_status status = OCTET_OK;
    OCT_TRY(oct_node_check_floats(graph, node));
    OCT_TRY(infer_shape(graph, node, output));
cleanup:
    return status;
}

const oct_op oct_op_float_average_pool = {
    .name = "average_pool",
    .desc_size = sizeof(octet_average_pool_desc),
    .infer = float_average_pool_infer,
    .lay_out = average_pool_lay_out,
    .create = average_pool_create,
};

octet_status oct_graph_float_average_pool(oct_graph *graph, const char *name,
                                          const octet_average_pool_desc *desc, size_t x, size_t *y)
{
    octet_average_pool_desc floats = *desc;
    floats.input_type = floats.output_type = OCTET_F32;
    return oct_graph_add(graph, &oct_op_float_average_pool, name, &floats, &x, 1, y);
}
