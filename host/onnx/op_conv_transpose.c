/* op_conv_transpose.c - ConvTranspose of float32: zeros put between the elements of the input, then a
 * convolution with the weights turned round. Both are fused with what is around them: the zeros
 * become zero points, and the weights are turned as they are stored. */
#include "onnx/onnx.h"

/* The elements of one dimension, "stride" - 1 zeros between two of them. What the convolution cannot pad
 * because it is below 0 is cut off here. */
static octet_status spread(oct_onnx *onnx, size_t size, size_t axis, size_t wanted,
                           octet_conv2d_desc *conv, octet_gather_desc *desc)
{
    octet_status status = OCTET_OK;
    const size_t i = axis - 2, stride = conv->stride[i];
    const int64_t reach = (int64_t)(conv->dilation[i] * (conv->kernel[i] - 1));
    const int64_t length = (int64_t)((size - 1) * stride) + 1;
    const int64_t before = reach - (int64_t)conv->padding[i];
    const int64_t after = (int64_t)wanted + reach - before - length;
    const int64_t first = before < 0 ? -before : 0;
    const int64_t end = after < 0 ? length + after : length;
    int32_t *table = NULL;
    OCT_REQUIRE(&onnx->log, first < end, OCTET_UNSUPPORTED,
                "%s: its pads cut off all that comes from dimension %zu of its input", onnx->label,
                axis);
    OCT_TRY(oct_onnx_add_table(onnx, axis, (size_t)(end - first), desc, &table));
    for (int64_t at = first; at < end; at++)
        *table++ = at % (int64_t)stride == 0 ? (int32_t)(at / (int64_t)stride) : -1;
    conv->padding[i] = (size_t)(before > 0 ? before : 0);
    conv->padding[i + 2] = (size_t)(after > 0 ? after : 0);
    conv->stride[i] = 1;
cleanup:
    return status;
}

/* (C, O/groups, KH, KW) to (O, C/groups, KH, KW), each filter turned by half a circle. */
static octet_status turn_weights(oct_onnx *onnx, const octet_conv2d_desc *conv, size_t *w)
{
    static const size_t order[] = {0, 2, 1, 3, 4};
    octet_status status = OCTET_OK;
    oct_graph *const graph = onnx->graph;
    const char *const name = onnx->node_name;
    const size_t groups = conv->groups, kh = conv->kernel[0], kw = conv->kernel[1];
    const octet_shape grouped = {
        5, {groups, conv->input_channels / groups, conv->output_channels / groups, kh, kw}};
    const octet_shape turned = {4, {conv->output_channels, conv->input_channels / groups, kh, kw}};
    octet_gather_desc desc;
    OCT_TRY(oct_onnx_start_tables(onnx, *w, &desc));
    for (size_t axis = 2; axis < 4; axis++) {
        int32_t *table = NULL;
        OCT_TRY(oct_onnx_add_table(onnx, axis, conv->kernel[axis - 2], &desc, &table));
        for (size_t i = 0; i < conv->kernel[axis - 2]; i++)
            table[i] = (int32_t)(conv->kernel[axis - 2] - 1 - i);
    }
    OCT_TRY(oct_graph_gather(graph, name, &desc, *w, w));
    OCT_TRY(oct_graph_view(graph, name, &grouped, *w, w));
    OCT_TRY(oct_graph_permute(graph, name, order, *w, w));
    OCT_TRY(oct_graph_view(graph, name, &turned, *w, w));
cleanup:
    return status;
}

/* The convolution, but that its padding and stride are still those of the transposed one; and the
 * sizes of the output. */
static octet_status read_geometry(oct_onnx *onnx, const octet_shape *weights,
                                  const oct_onnx_image *image, octet_conv2d_desc *conv,
                                  size_t *sizes)
{
    octet_status status = OCTET_OK;
    const octet_shape x = onnx->graph->values[image->value].shape;
    oct_onnx_window window = {.kernel = {0, 0}};
    int64_t groups;
    size_t elements = 0;
    char text[OCT_SHAPE_TEXT];
    OCT_REQUIRE(&onnx->log,
                oct_shape_count(weights, &elements) && elements > 0 &&
                    oct_shape_count(&x, &elements) && elements > 0,
                OCTET_INVALID_ARGUMENT, "%s: its input or its weight, %s, is empty", onnx->label,
                oct_shape_text(weights, text));
    OCT_TRY(oct_onnx_attribute_integer(onnx, "group", 1, INT32_MAX, 1, &groups));
    OCT_TRY(oct_onnx_read_transposed_window(onnx, image, &weights->size[2], &window, sizes));
    conv->layout = OCTET_NCHW;
    conv->groups = (size_t)groups;
    conv->input_channels = x.size[1];
    conv->output_channels = weights->size[1] * conv->groups;
    OCT_REQUIRE(&onnx->log,
                weights->size[0] == conv->input_channels &&
                    conv->input_channels % conv->groups == 0,
                OCTET_INVALID_ARGUMENT, "%s: %zu input channels in %zu groups, and weights for %zu",
                onnx->label, conv->input_channels, conv->groups, weights->size[0]);
    for (size_t i = 0; i < 4; i++)
        conv->padding[i] = window.padding[i];
    for (size_t i = 0; i < 2; i++) {
        conv->kernel[i] = window.kernel[i];
        conv->stride[i] = window.stride[i];
        conv->dilation[i] = window.dilation[i];
    }
cleanup:
    return status;
}

/* Weights as those of images; (C, O/groups, K) if of a line. */
static octet_status read_weights(oct_onnx *onnx, bool line, size_t *w)
{
    octet_status status = OCTET_OK;
    const octet_shape given = onnx->graph->values[*w].shape;
    const size_t rank = line ? 3 : 4;
    OCT_REQUIRE(&onnx->log, given.rank == rank, OCTET_UNSUPPORTED,
                "%s: its weight has %zu dimensions, its input %zu", onnx->label, given.rank, rank);
    const octet_shape seen = line ? oct_onnx_line_shape(&given) : given;
    if (line)
        OCT_TRY(oct_graph_view(onnx->graph, onnx->node_name, &seen, *w, w));
cleanup:
    return status;
}

/* An output channel is an index of dimension 1 only where that is not split between groups. */
static octet_status check_scales(oct_onnx *onnx, size_t w, size_t groups)
{
    octet_status status = OCTET_OK;
    const oct_node *const maker = onnx->graph->values[w].maker;
    if (maker == NULL || maker->op != &oct_op_dequantize)
        return OCTET_OK;
    const octet_dequantize_desc *const desc = maker->desc;
    OCT_REQUIRE(&onnx->log, groups == 1 || !desc->per_axis || desc->axis != 1, OCTET_UNSUPPORTED,
                "%s: its weight has %zu scales along axis 1, and it has %zu groups; scales per "
                "output channel are supported with one group only",
                onnx->label, desc->input.scale_count, groups);
cleanup:
    return status;
}

octet_status oct_onnx_conv_transpose(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    octet_conv2d_desc conv = {.struct_size = sizeof conv};
    octet_gather_desc desc;
    oct_onnx_image image;
    size_t x = OCT_NONE, w = OCT_NONE, bias = OCT_NONE, y = OCT_NONE, sizes[2] = {0, 0};
    OCT_TRY(oct_onnx_input(onnx, 0, &x));
    OCT_TRY(oct_onnx_input(onnx, 1, &w));
    const size_t given = w;
    if (oct_onnx_has_input(onnx, 2))
        OCT_TRY(oct_onnx_input(onnx, 2, &bias));
    OCT_TRY(oct_onnx_read_image(onnx, x, &image));
    OCT_TRY(read_weights(onnx, image.line, &w));
    const octet_shape input = onnx->graph->values[image.value].shape;
    const octet_shape weights = onnx->graph->values[w].shape;
    OCT_TRY(oct_onnx_start_tables(onnx, image.value, &desc));
    OCT_TRY(read_geometry(onnx, &weights, &image, &conv, sizes));
    OCT_TRY(check_scales(onnx, given, conv.groups));
    for (size_t axis = 2; axis < 4; axis++)
        OCT_TRY(spread(onnx, input.size[axis], axis, sizes[axis - 2], &conv, &desc));
    OCT_TRY(oct_graph_gather(onnx->graph, onnx->node_name, &desc, image.value, &x));
    OCT_TRY(turn_weights(onnx, &conv, &w));
    OCT_TRY(oct_graph_float_conv2d(onnx->graph, onnx->node_name, &conv, x, w, bias, &y));
    OCT_TRY(oct_onnx_set_image(onnx, y, image.line));
cleanup:
    return status;
}
