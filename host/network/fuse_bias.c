/* fuse_bias.c - the bias of a layer: what tools store as s32, or float32 numbers. */
#include <math.h>
#include <stdio.h>

#include "core/floats.h"
#include "core/quantization.h"
#include "network/fuse.h"

/* Whether the constant is one number, or one per channel, along the last dimension longer than 1. */
static bool fits(const octet_shape *shape, size_t channels)
{
    size_t count = 0;
    if (!oct_shape_count(shape, &count))
        return false;
    return count == 1 ||
           (count == channels && shape->rank > 0 && shape->size[shape->rank - 1] == channels);
}

/* What one step of the accumulator is worth in channel i. */
static float step_of(const octet_layer *layer, size_t i)
{
    const float product = oct_scale_at(&layer->input, 0) * oct_scale_at(&layer->weights, i);
    return product;
}

/* Whether the stored numbers count steps of the accumulator. Tools compute that scale in float32 or
 * double, so the last bits may differ; they mean the same number. */
static bool counts_steps(const oct_quantized *stored, float beta, size_t channels,
                         const octet_layer *layer)
{
    if (stored->type != OCTET_S32)
        return false;
    for (size_t i = 0; i < channels; i++) {
        const double step = (double)step_of(layer, i);
        const double scale = (double)beta * (double)oct_scale_at(&stored->parameters, i);
        if (oct_zero_point_at(&stored->parameters, i) != 0 || fabs(scale - step) > 1e-6 * step)
            return false;
    }
    return true;
}

/* The number of steps nearest to each number, as ONNX Runtime counts them. None where one has more
 * than 32 bits. */
static octet_status count_steps(oct_graph *graph, const float *numbers, size_t count, float beta,
                                size_t channels, octet_layer *layer)
{
    octet_status status = OCTET_OK;
    int32_t *const steps = oct_graph_keep(graph, NULL, channels, sizeof *steps);
    OCT_REQUIRE(&graph->log, steps != NULL, OCTET_OUT_OF_MEMORY, "out of host memory: a bias");
    for (size_t i = 0; i < channels; i++) {
        const float number = beta * numbers[count > 1 ? i : 0];
        const float rounded = nearbyintf(number / step_of(layer, i));
        if (!(rounded >= -0x1p31f && rounded < 0x1p31f))
            return OCTET_OK;
        steps[i] = (int32_t)rounded;
    }
    layer->bias = steps;
    layer->bias_type = OCTET_S32;
cleanup:
    return status;
}

/* The numbers as they are, for a float32 output. */
static octet_status copy_numbers(oct_graph *graph, const float *numbers, size_t count, float beta,
                                 size_t channels, octet_layer *layer)
{
    octet_status status = OCTET_OK;
    float *const bias = oct_graph_keep(graph, NULL, channels, sizeof *bias);
    OCT_REQUIRE(&graph->log, bias != NULL, OCTET_OUT_OF_MEMORY, "out of host memory: a bias");
    for (size_t i = 0; i < channels; i++)
        bias[i] = beta * numbers[count > 1 ? i : 0];
    layer->bias = bias;
    layer->bias_type = OCTET_F32;
cleanup:
    return status;
}

octet_status oct_fuse_bias(oct_graph *graph, size_t value, float beta, size_t channels,
                           octet_layer *layer, oct_fused *fused)
{
    octet_status status = OCTET_OK;
    oct_quantized stored;
    bool found = false;
    size_t count = 0;
    if (!graph->values[value].constant || !fits(&graph->values[value].shape, channels)) {
        snprintf(fused->reason, sizeof fused->reason,
                 "its bias is not constant, or not one number for each of %zu channels", channels);
        return OCTET_OK;
    }
    oct_shape_count(&graph->values[value].shape, &count);
    OCT_TRY(oct_fuse_find(graph, value, &stored, &found));
    if (found && count == channels && counts_steps(&stored, beta, channels, layer)) {
        OCT_TRY(oct_graph_compute(graph, stored.value));
        layer->bias = graph->values[stored.value].data;
        layer->bias_type = OCTET_S32;
        return OCTET_OK;
    }
    OCT_TRY(oct_graph_compute(graph, value));
    const float *const numbers = graph->values[value].data;
    if (layer->output_type == OCTET_F32)
        OCT_TRY(copy_numbers(graph, numbers, count, beta, channels, layer));
    else
        OCT_TRY(count_steps(graph, numbers, count, beta, channels, layer));
cleanup:
    return status;
}

octet_status oct_fuse_add_bias(oct_graph *graph, const oct_node *node, oct_fused *fused)
{
    octet_status status = OCTET_OK;
    if (((const octet_binary_desc *)node->desc)->function != OCTET_ADD)
        return OCTET_OK;
    for (size_t i = 0; i < 2; i++) {
        const size_t bias = node->inputs[1 - i];
        const oct_node *const product = oct_fuse_maker(graph, node->inputs[i], &oct_op_float_gemm);
        if (product == NULL || product->input_count > 2 || !graph->values[bias].constant)
            continue;
        const octet_shape *const shape = &graph->values[node->output].shape;
        if (!fits(&graph->values[bias].shape, shape->size[shape->rank - 1]))
            continue;
        oct_float_gemm desc = *(const oct_float_gemm *)product->desc;
        desc.beta = 1;
        OCT_TRY(oct_graph_float_gemm(graph, product->name, &desc, product->inputs[0],
                                     product->inputs[1], bias, &fused->value));
        break;
    }
cleanup:
    return status;
}
