/* op_conv.c - QLinearConv, ConvInteger and Conv. */
#include "onnx/onnx.h"

/* The shape of weights (O, C/group, KH, KW); (O, C/group, K) for a line. */
static octet_status read_weight_shape(oct_onnx *onnx, bool line, const octet_shape *given,
                                      octet_shape *weights)
{
    octet_status status = OCTET_OK;
    const size_t rank = line ? 3 : 4;
    OCT_REQUIRE(&onnx->log, given->rank == rank, OCTET_UNSUPPORTED,
                "%s: its weight has %zu dimensions, its input %zu", onnx->label, given->rank, rank);
    *weights = line ? oct_onnx_line_shape(given) : *given;
cleanup:
    return status;
}

/* All that the attributes and the shape of the weights say. */
static octet_status read_geometry(oct_onnx *onnx, const oct_onnx_image *x,
                                  const octet_shape *weights, octet_conv2d_desc *desc)
{
    octet_status status = OCTET_OK;
    oct_onnx_window window = {.kernel = {0, 0}};
    int64_t groups;
    OCT_TRY(oct_onnx_attribute_integer(onnx, "group", 1, INT32_MAX, 1, &groups));
    OCT_TRY(oct_onnx_read_window(onnx, x, &weights->size[2], false, &window));
    desc->layout = OCTET_NCHW;
    desc->groups = (size_t)groups;
    desc->output_channels = weights->size[0];
    desc->input_channels = onnx->graph->values[x->value].shape.size[1];
    OCT_REQUIRE(&onnx->log,
                desc->input_channels % desc->groups == 0 &&
                    desc->input_channels / desc->groups == weights->size[1] &&
                    desc->output_channels > 0 && desc->output_channels % desc->groups == 0,
                OCTET_INVALID_ARGUMENT,
                "%s: %zu input channels in %zu groups, and weights for %zu input and %zu output "
                "channels",
                onnx->label, desc->input_channels, desc->groups, weights->size[1],
                desc->output_channels);
    for (size_t i = 0; i < 4; i++)
        desc->padding[i] = window.padding[i];
    for (size_t i = 0; i < 2; i++) {
        desc->kernel[i] = window.kernel[i];
        desc->stride[i] = window.stride[i];
        desc->dilation[i] = window.dilation[i];
    }
cleanup:
    return status;
}

/* The same with constant 8-bit weights, input "weights" of the node. */
static octet_status read_weights(oct_onnx *onnx, const oct_onnx_image *x, size_t weights,
                                 octet_conv2d_desc *desc)
{
    octet_status status = OCTET_OK;
    oct_value w = {.type = OCTET_S8};
    octet_shape shape;
    OCT_TRY(oct_onnx_constant(onnx, weights, "weight", &w));
    OCT_REQUIRE(&onnx->log, oct_type_is_byte(w.type), OCTET_UNSUPPORTED,
                "%s: its weight is %s; it must be int8 or uint8", onnx->label,
                oct_type(w.type)->name);
    OCT_TRY(read_weight_shape(onnx, x->line, &w.shape, &shape));
    OCT_TRY(read_geometry(onnx, x, &shape, desc));
    desc->layer.input_type = onnx->graph->values[x->value].type;
    desc->layer.weight_type = w.type;
    desc->layer.weight_data = w.data;
cleanup:
    return status;
}

/* Parameters of an operand, whose type must be the one its zero point has. */
static octet_status read_operand(oct_onnx *onnx, size_t scale, const char *role, octet_type type,
                                 octet_quantization *quantization)
{
    octet_status status = OCTET_OK;
    octet_type given = type;
    OCT_TRY(oct_onnx_given_quantization(onnx, scale, scale + 1, role, quantization, &given));
    OCT_REQUIRE(&onnx->log, given == type, OCTET_INVALID_ARGUMENT,
                "%s: its %s is %s, its zero point %s", onnx->label, role, oct_type(type)->name,
                oct_type(given)->name);
cleanup:
    return status;
}

static octet_status read_bias(oct_onnx *onnx, octet_conv2d_desc *desc)
{
    octet_status status = OCTET_OK;
    oct_value bias = {.type = OCTET_S8};
    if (!oct_onnx_has_input(onnx, 8))
        return OCTET_OK;
    OCT_TRY(oct_onnx_constant(onnx, 8, "bias", &bias));
    OCT_REQUIRE(&onnx->log,
                bias.type == OCTET_S32 && bias.shape.rank == 1 &&
                    bias.shape.size[0] == desc->output_channels,
                OCTET_INVALID_ARGUMENT, "%s: its bias must be %zu values of int32", onnx->label,
                desc->output_channels);
    desc->layer.bias = bias.data;
    desc->layer.bias_type = OCTET_S32;
cleanup:
    return status;
}

static octet_status add_found(oct_onnx *onnx, octet_conv2d_desc *desc, const oct_found *found,
                              bool line)
{
    octet_status status = OCTET_OK;
    size_t y = OCT_NONE;
    desc->layer.dynamic_input = 1;
    OCT_TRY(oct_graph_conv2d_found(onnx->graph, onnx->node_name, desc, found, &y));
    OCT_TRY(oct_onnx_set_image(onnx, y, line));
cleanup:
    return status;
}

static octet_status add(oct_onnx *onnx, const octet_conv2d_desc *desc, const oct_onnx_image *x)
{
    octet_status status = OCTET_OK;
    size_t y = OCT_NONE;
    OCT_TRY(oct_graph_conv2d(onnx->graph, onnx->node_name, desc, x->value, OCT_NONE, &y));
    OCT_TRY(oct_onnx_set_image(onnx, y, x->line));
cleanup:
    return status;
}

octet_status oct_onnx_qlinear_conv(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    octet_conv2d_desc desc = {.struct_size = sizeof desc};
    octet_layer *const layer = &desc.layer;
    size_t input = OCT_NONE;
    oct_onnx_image x;
    OCT_TRY(oct_onnx_input(onnx, 0, &input));
    OCT_TRY(oct_onnx_read_image(onnx, input, &x));
    OCT_TRY(read_weights(onnx, &x, 3, &desc));
    OCT_TRY(read_operand(onnx, 1, "input", layer->input_type, &layer->input));
    OCT_TRY(read_operand(onnx, 4, "weight", layer->weight_type, &layer->weights));
    OCT_TRY(oct_onnx_given_quantization(onnx, 6, 7, "output", &layer->output, &layer->output_type));
    OCT_REQUIRE(&onnx->log, oct_type_is_byte(layer->output_type), OCTET_UNSUPPORTED,
                "%s: its output is %s", onnx->label, oct_type(layer->output_type)->name);
    OCT_TRY(oct_onnx_per_tensor(onnx, "input", &layer->input));
    OCT_TRY(oct_onnx_per_tensor(onnx, "output", &layer->output));
    OCT_TRY(read_bias(onnx, &desc));
    OCT_TRY(add(onnx, &desc, &x));
cleanup:
    return status;
}

octet_status oct_onnx_conv_integer(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    octet_conv2d_desc desc = {.struct_size = sizeof desc};
    octet_layer *const layer = &desc.layer;
    size_t input = OCT_NONE;
    oct_onnx_image x;
    oct_found found;
    OCT_TRY(oct_onnx_input(onnx, 0, &input));
    OCT_TRY(oct_onnx_read_image(onnx, input, &x));
    OCT_TRY(read_weights(onnx, &x, 1, &desc));
    layer->output_type = OCTET_S32;
    OCT_TRY(oct_onnx_found_zero_point(onnx, 2, "input zero point", &layer->input, layer->input_type,
                                      &found));
    OCT_TRY(
        oct_onnx_zero_points(onnx, 3, "weight zero point", &layer->weights, layer->weight_type));
    OCT_TRY(oct_onnx_per_tensor(onnx, "input", &layer->input));
    found.value = x.value;
    OCT_TRY(found.scale != OCT_NONE ? add_found(onnx, &desc, &found, x.line)
                                    : add(onnx, &desc, &x));
cleanup:
    return status;
}

/* Of float32: to be fused with what is around it. */
octet_status oct_onnx_conv(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    octet_conv2d_desc desc = {.struct_size = sizeof desc};
    size_t input = OCT_NONE, w = OCT_NONE, bias = OCT_NONE, y = OCT_NONE;
    oct_onnx_image x;
    octet_shape weights;
    OCT_TRY(oct_onnx_input(onnx, 0, &input));
    OCT_TRY(oct_onnx_input(onnx, 1, &w));
    if (oct_onnx_has_input(onnx, 2))
        OCT_TRY(oct_onnx_input(onnx, 2, &bias));
    const octet_shape given = onnx->graph->values[w].shape;
    OCT_TRY(oct_onnx_read_image(onnx, input, &x));
    OCT_TRY(read_weight_shape(onnx, x.line, &given, &weights));
    if (x.line)
        OCT_TRY(oct_graph_view(onnx->graph, onnx->node_name, &weights, w, &w));
    OCT_TRY(read_geometry(onnx, &x, &weights, &desc));
    OCT_TRY(oct_graph_float_conv2d(onnx->graph, onnx->node_name, &desc, x.value, w, bias, &y));
    OCT_TRY(oct_onnx_set_image(onnx, y, x.line));
cleanup:
    return status;
}
