/* op_quantize.c - the nodes between float32 and 8 bits: quantize, with parameters that are given or
 * found from the data, and dequantize (also from S32). */
#include "network/layout.h"
#include "network/ops.h"

/* ---- What both share ---- */

/* The parameters must fit the input's sizes; a batch has no parameters of its own. */
static octet_status check_parameters(const oct_graph *graph, const oct_node *node,
                                     const octet_quantization *quantization, octet_type type,
                                     int per_axis, size_t axis)
{
    octet_status status = OCTET_OK;
    const oct_value *const x = oct_graph_input_of(graph, node, 0);
    OCT_REQUIRE(&graph->log, !per_axis || axis < x->shape.rank, OCTET_INVALID_ARGUMENT,
                "node '%s': axis %zu; its input has rank %zu", node->name, axis, x->shape.rank);
    OCT_REQUIRE(&graph->log, !per_axis || !x->batched || axis > 0, OCTET_UNSUPPORTED,
                "node '%s': parameters along the batch dimension are not supported", node->name);
    OCT_TRY(oct_node_check_quantization(graph, node, "parameters", quantization, type,
                                        per_axis ? x->shape.size[axis] : 1));
cleanup:
    return status;
}

/* ---- quantize ---- */

static void quantize_keep(oct_graph *graph, void *desc)
{
    oct_node_keep_quantization(graph, &((octet_quantize_desc *)desc)->output);
}

static octet_status quantize_infer(const oct_graph *graph, const oct_node *node, oct_value *output)
{
    octet_status status = OCTET_OK;
    const octet_quantize_desc *const desc = node->desc;
    const oct_value *const x = oct_graph_input_of(graph, node, 0);
    OCT_REQUIRE(&graph->log, x->type == OCTET_F32, OCTET_UNSUPPORTED,
                "node '%s': its input is %s; only f32 can be quantized", node->name,
                oct_type(x->type)->name);
    OCT_TRY(check_parameters(graph, node, &desc->output, desc->output_type, desc->per_axis,
                             desc->axis));
    output->type = desc->output_type;
    output->shape = x->shape;
    output->batched = x->batched;
cleanup:
    return status;
}

static octet_status quantize_lay_out(oct_graph *graph, oct_node *node)
{
    octet_quantize_desc *const desc = node->desc;
    if (desc->per_axis)
        desc->axis = oct_stored_axis(oct_graph_input_of(graph, node, 0)->stored, desc->axis);
    return oct_lay_out_any(graph, node);
}

static octet_status quantize_create(octet_context *context, const oct_node *node,
                                    const char *variant, octet_operator **out)
{
    octet_quantize_desc desc = *(const octet_quantize_desc *)node->desc;
    desc.variant = variant;
    return octet_quantize_create(context, &desc, out);
}

static void quantize_describe(const oct_node *node, octet_layer_info *info)
{
    info->output = ((const octet_quantize_desc *)node->desc)->output;
}

const oct_op oct_op_quantize = {
    .name = "quantize",
    .desc_size = sizeof(octet_quantize_desc),
    .keep = quantize_keep,
    .infer = quantize_infer,
    .lay_out = quantize_lay_out,
    .create = quantize_create,
    .describe = quantize_describe,
};

octet_status oct_graph_quantize(oct_graph *graph, const char *name, const octet_quantize_desc *desc,
                                size_t x, size_t *y)
{
    return oct_graph_add(graph, &oct_op_quantize, name, desc, &x, 1, y);
}

/* ---- quantize, with parameters found from all images of a batch together ---- */

static octet_status quantize_found_infer(const oct_graph *graph, const oct_node *node,
                                         oct_value *outputs)
{
    octet_status status = OCTET_OK;
    const oct_value *const x = oct_graph_input_of(graph, node, 0);
    const octet_shape one = {.rank = 1, .size = {1}};
    OCT_REQUIRE(&graph->log, x->type == OCTET_F32, OCTET_UNSUPPORTED,
                "node '%s': its input is %s; only f32 can be quantized", node->name,
                oct_type(x->type)->name);
    outputs[0] = (oct_value){.type = ((const octet_quantize_desc *)node->desc)->output_type,
                             .shape = x->shape,
                             .batched = x->batched};
    outputs[1] = (oct_value){.type = OCTET_F32, .shape = one};
    outputs[2] = (oct_value){.type = OCTET_S32, .shape = one};
cleanup:
    return status;
}

const oct_op oct_op_quantize_found = {
    .name = "quantize",
    .desc_size = sizeof(octet_quantize_desc),
    .more_outputs = 2,
    .infer = quantize_found_infer,
    .lay_out = oct_lay_out_any,
    .create = quantize_create,
};

octet_status oct_graph_quantize_found(oct_graph *graph, const char *name, size_t x,
                                      oct_found *found)
{
    octet_status status = OCTET_OK;
    const octet_quantize_desc desc = {
        .struct_size = sizeof desc, .output_type = OCTET_U8, .parameters = OCTET_PARAMETERS_ONNX};
    size_t y = OCT_NONE;
    OCT_TRY(oct_graph_add(graph, &oct_op_quantize_found, name, &desc, &x, 1, &y));
    *found = (oct_found){y, y + 1, y + 2};
cleanup:
    return status;
}

/* ---- dequantize ---- */

static void dequantize_keep(oct_graph *graph, void *desc)
{
    oct_node_keep_quantization(graph, &((octet_dequantize_desc *)desc)->input);
}

static octet_status dequantize_infer(const oct_graph *graph, const oct_node *node,
                                     oct_value *output)
{
    octet_status status = OCTET_OK;
    const octet_dequantize_desc *const desc = node->desc;
    const oct_value *const x = oct_graph_input_of(graph, node, 0);
    OCT_REQUIRE(&graph->log, x->type == desc->input_type && x->type != OCTET_F32,
                OCTET_INVALID_ARGUMENT, "node '%s': its input is %s and its zero point %s",
                node->name, oct_type(x->type)->name, oct_type(desc->input_type)->name);
    OCT_TRY(
        check_parameters(graph, node, &desc->input, desc->input_type, desc->per_axis, desc->axis));
    output->type = OCTET_F32;
    output->shape = x->shape;
    output->batched = x->batched;
cleanup:
    return status;
}

static octet_status dequantize_lay_out(oct_graph *graph, oct_node *node)
{
    octet_dequantize_desc *const desc = node->desc;
    if (desc->per_axis)
        desc->axis = oct_stored_axis(oct_graph_input_of(graph, node, 0)->stored, desc->axis);
    return oct_lay_out_any(graph, node);
}

static octet_status dequantize_create(octet_context *context, const oct_node *node,
                                      const char *variant, octet_operator **out)
{
    octet_dequantize_desc desc = *(const octet_dequantize_desc *)node->desc;
    desc.variant = variant;
    return octet_dequantize_create(context, &desc, out);
}

static void dequantize_describe(const oct_node *node, octet_layer_info *info)
{
    info->input = ((const octet_dequantize_desc *)node->desc)->input;
}

const oct_op oct_op_dequantize = {
    .name = "dequantize",
    .desc_size = sizeof(octet_dequantize_desc),
    .keep = dequantize_keep,
    .infer = dequantize_infer,
    .lay_out = dequantize_lay_out,
    .create = dequantize_create,
    .describe = dequantize_describe,
};

octet_status oct_graph_dequantize(oct_graph *graph, const char *name,
                                  const octet_dequantize_desc *desc, size_t x, size_t *y)
{
    return oct_graph_add(graph, &oct_op_dequantize, name, desc, &x, 1, y);
}
