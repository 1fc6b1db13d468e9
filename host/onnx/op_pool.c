/* op_pool.c - MaxPool, AveragePool, both global too, and ONNX Runtime's two of averages in
 * 8 bits. */
#include <string.h>

#include "onnx/onnx.h"

/* A window no part of which may be in the padding alone, where there is nothing to pool. */
static octet_status read_window(oct_onnx *onnx, const oct_onnx_image *x, bool ceil,
                                oct_onnx_window *window)
{
    octet_status status = OCTET_OK;
    OCT_TRY(oct_onnx_read_window(onnx, x, NULL, ceil, window));
    for (size_t i = 0; i < 4; i++)
        OCT_REQUIRE(&onnx->log, window->padding[i] < window->kernel[i % 2], OCTET_INVALID_ARGUMENT,
                    "%s: a padding of %zu for a window of %zu", onnx->label, window->padding[i],
                    window->kernel[i % 2]);
cleanup:
    return status;
}

/* The window of the attributes or, if "global", all of the input. */
static octet_status convert_max(oct_onnx *onnx, bool global)
{
    octet_status status = OCTET_OK;
    octet_max_pool_desc desc = {.struct_size = sizeof desc, .layout = OCTET_NCHW};
    oct_onnx_window window = {.kernel = {0, 0}, .stride = {1, 1}, .dilation = {1, 1}};
    int64_t ceil, order;
    size_t input = OCT_NONE, y = OCT_NONE;
    oct_onnx_image x;
    OCT_TRY(oct_onnx_input(onnx, 0, &input));
    OCT_TRY(oct_onnx_read_image(onnx, input, &x));
    desc.type = onnx->graph->values[x.value].type;
    OCT_TRY(oct_onnx_attribute_integer(onnx, "ceil_mode", 0, 1, 0, &ceil));
    OCT_TRY(oct_onnx_attribute_integer(onnx, "storage_order", 0, 1, 0, &order)); /* of indices */
    if (global)
        memcpy(window.kernel, &onnx->graph->values[x.value].shape.size[2], sizeof window.kernel);
    else
        OCT_TRY(read_window(onnx, &x, ceil != 0, &window));
    desc.ceil = ceil != 0;
    memcpy(desc.kernel, window.kernel, sizeof desc.kernel);
    memcpy(desc.stride, window.stride, sizeof desc.stride);
    memcpy(desc.dilation, window.dilation, sizeof desc.dilation);
    memcpy(desc.padding, window.padding, sizeof desc.padding);
    if (desc.type == OCTET_F32)
        OCT_TRY(oct_graph_float_max_pool(onnx->graph, onnx->node_name, &desc, x.value, &y));
    else
        OCT_TRY(oct_graph_max_pool(onnx->graph, onnx->node_name, &desc, x.value, &y));
    OCT_TRY(oct_onnx_set_image(onnx, y, x.line));
cleanup:
    return status;
}

octet_status oct_onnx_max_pool(oct_onnx *onnx)
{
    return convert_max(onnx, false);
}

octet_status oct_onnx_global_max_pool(oct_onnx *onnx)
{
    return convert_max(onnx, true);
}

/* ---- Averages ---- */

/* The window of the attributes or, if "global", all of x. */
static octet_status read_average(oct_onnx *onnx, bool global, const oct_onnx_image *x,
                                 octet_average_pool_desc *desc)
{
    octet_status status = OCTET_OK;
    const octet_shape shape = onnx->graph->values[x->value].shape;
    oct_onnx_window window = {.kernel = {0, 0}, .stride = {1, 1}, .dilation = {1, 1}};
    int64_t ceil, count_padding;
    OCT_TRY(oct_onnx_attribute_integer(onnx, "ceil_mode", 0, 1, 0, &ceil));
    OCT_TRY(oct_onnx_attribute_integer(onnx, "count_include_pad", 0, 1, 0, &count_padding));
    if (global)
        memcpy(window.kernel, &shape.size[2], sizeof window.kernel);
    else
        OCT_TRY(read_window(onnx, x, ceil != 0, &window));
    desc->ceil = ceil != 0;
    desc->count_padding = count_padding != 0;
    memcpy(desc->kernel, window.kernel, sizeof desc->kernel);
    memcpy(desc->stride, window.stride, sizeof desc->stride);
    memcpy(desc->dilation, window.dilation, sizeof desc->dilation);
    memcpy(desc->padding, window.padding, sizeof desc->padding);
    OCT_REQUIRE(&onnx->log,
                desc->kernel[0] > 0 && desc->kernel[1] > 0 &&
                    desc->kernel[0] <= INT32_MAX / 255 / desc->kernel[1],
                OCTET_UNSUPPORTED, "%s: a window of %zux%zu; it must have 1 to %d elements",
                onnx->label, desc->kernel[0], desc->kernel[1], INT32_MAX / 255);
cleanup:
    return status;
}

/* ONNX Runtime adds a window up row after row since version 19, and else in orders of its own. */
static octet_status convert_float(oct_onnx *onnx, bool global)
{
    octet_status status = OCTET_OK;
    octet_average_pool_desc desc = {.struct_size = sizeof desc, .layout = OCTET_NCHW};
    size_t input = OCT_NONE, y = OCT_NONE;
    oct_onnx_image x;
    OCT_TRY(oct_onnx_input(onnx, 0, &input));
    OCT_TRY(oct_onnx_read_image(onnx, input, &x));
    OCT_TRY(read_average(onnx, global, &x, &desc));
    desc.rule = global || onnx->opset < 19 ? OCTET_AVERAGE_SUM : OCTET_AVERAGE_REAL;
    OCT_TRY(oct_graph_float_average_pool(onnx->graph, onnx->node_name, &desc, x.value, &y));
    OCT_TRY(oct_onnx_set_image(onnx, y, x.line));
cleanup:
    return status;
}

octet_status oct_onnx_average_pool(oct_onnx *onnx)
{
    return convert_float(onnx, false);
}

octet_status oct_onnx_global_average_pool(oct_onnx *onnx)
{
    return convert_float(onnx, true);
}

/* Types and parameters of the five inputs. */
static octet_status read_stored(oct_onnx *onnx, size_t *x, octet_average_pool_desc *desc)
{
    octet_status status = OCTET_OK;
    OCT_TRY(oct_onnx_input(onnx, 0, x));
    const octet_type type = onnx->graph->values[*x].type;
    desc->input_type = desc->output_type = type;
    OCT_TRY(oct_onnx_quantization(onnx, 1, 2, "input", &desc->input, &desc->input_type));
    OCT_TRY(oct_onnx_quantization(onnx, 3, 4, "output", &desc->output, &desc->output_type));
    OCT_REQUIRE(
        &onnx->log, oct_type_is_byte(type) && desc->input_type == type && desc->output_type == type,
        OCTET_INVALID_ARGUMENT,
        "%s: its input is %s, its zero points %s and %s; all must be s8 or all u8", onnx->label,
        oct_type(type)->name, oct_type(desc->input_type)->name, oct_type(desc->output_type)->name);
    OCT_TRY(oct_onnx_per_tensor(onnx, "input", &desc->input));
    OCT_TRY(oct_onnx_per_tensor(onnx, "output", &desc->output));
cleanup:
    return status;
}

/* With channels_last the dimensions are (N,H,W,C); those of a line, (N,L,C), are not read. */
static octet_status convert_stored(oct_onnx *onnx, bool global)
{
    static const size_t to_inside[] = {0, 3, 1, 2}, to_outside[] = {0, 2, 3, 1};
    octet_status status = OCTET_OK;
    oct_graph *const graph = onnx->graph;
    octet_average_pool_desc desc = {.struct_size = sizeof desc, .layout = OCTET_NCHW};
    oct_onnx_image image;
    int64_t last;
    size_t x = OCT_NONE;
    OCT_TRY(read_stored(onnx, &x, &desc));
    OCT_TRY(oct_onnx_attribute_integer(onnx, "channels_last", 0, 1, 0, &last));
    OCT_REQUIRE(&onnx->log, last == 0 || graph->values[x].shape.rank == 4, OCTET_UNSUPPORTED,
                "%s: channels_last with an input of %zu dimensions; it must have 4", onnx->label,
                graph->values[x].shape.rank);
    if (last != 0)
        OCT_TRY(oct_graph_permute(graph, onnx->node_name, to_inside, x, &x));
    OCT_TRY(oct_onnx_read_image(onnx, x, &image));
    OCT_TRY(read_average(onnx, global, &image, &desc));
    desc.rule = oct_average_rule_of(&graph->values[image.value], &desc);
    OCT_TRY(oct_graph_average_pool(graph, onnx->node_name, &desc, image.value, &x));
    if (last != 0)
        OCT_TRY(oct_graph_permute(graph, onnx->node_name, to_outside, x, &x));
    OCT_TRY(oct_onnx_set_image(onnx, x, image.line));
cleanup:
    return status;
}

octet_status oct_onnx_qlinear_average_pool(oct_onnx *onnx)
{
    return convert_stored(onnx, false);
}

octet_status oct_onnx_qlinear_global_average_pool(oct_onnx *onnx)
{
    return convert_stored(onnx, true);
}
