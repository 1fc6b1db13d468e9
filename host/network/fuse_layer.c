/* fuse_layer.c - products of dequantized values: integer layers. */
#include <math.h>
#include <stdio.h>

#include "core/floats.h"
#include "core/quantization.h"
#include "network/fuse.h"

/* ---- What convolutions and matrix products share ---- */

/* Everything of the layer but weight_data and bias. */
static octet_layer describe(const oct_quantized *x, const oct_quantized *w,
                            const oct_target *target)
{
    const bool bytes = oct_type_is_byte(target->type);
    return (octet_layer){.input_type = x->type,
                         .weight_type = w->type,
                         .output_type = target->type,
                         .input = x->parameters,
                         .weights = w->parameters,
                         .output = target->output,
                         .relu = target->relu,
                         .clamp = bytes,
                         .clamp_min = bytes ? target->low : 0,
                         .clamp_max = bytes ? target->high : 0};
}

/* A multiplier that octet has no rule for leaves the layer float32, and quantize a node of its own.
 */
static bool has_legal_multipliers(const octet_layer *layer, size_t channels)
{
    const float input = oct_scale_at(&layer->input, 0), output = oct_scale_at(&layer->output, 0);
    for (size_t i = 0; oct_type_is_byte(layer->output_type) && i < channels; i++) {
        const float weight = oct_scale_at(&layer->weights, i);
        if (!oct_multiplier_is_legal((double)oct_multiplier_divide(input, weight, output)))
            return false;
    }
    return true;
}

/* The factors and terms of the target; whether the layer, but for them complete, can be computed. */
static octet_status finish(oct_graph *graph, const oct_target *target, size_t channels,
                           octet_layer *layer, bool *possible)
{
    octet_status status = OCTET_OK;
    *possible = true;
    if (target->factors != NULL)
        OCT_TRY(oct_fuse_normalize_layer(graph, target, channels, layer, possible));
    *possible = *possible && has_legal_multipliers(layer, channels);
cleanup:
    return status;
}

/* Weights: 8 bits, with parameters per tensor or along "axis". */
static octet_status find_weights(oct_graph *graph, size_t value, size_t axis,
                                 oct_quantized *weights, bool *found, oct_fused *fused)
{
    octet_status status = OCTET_OK;
    OCT_TRY(oct_fuse_find(graph, value, weights, found));
    if (!*found) {
        snprintf(fused->reason, sizeof fused->reason,
                 "its weight is not what a DequantizeLinear gives");
    } else if (!oct_type_is_byte(weights->type) || (weights->per_axis && weights->axis != axis)) {
        *found = false;
        snprintf(fused->reason, sizeof fused->reason,
                 "its weight is dequantized from %s along axis %zu; it must be s8 or u8, and "
                 "parameters along axis %zu",
                 oct_type(weights->type)->name, weights->axis, axis);
    }
cleanup:
    return status;
}

/* ---- Convolutions ---- */

static octet_status fuse_conv2d(oct_graph *graph, const oct_node *node, const oct_target *target,
                                oct_fused *fused)
{
    octet_status status = OCTET_OK;
    octet_conv2d_desc desc = *(const octet_conv2d_desc *)node->desc;
    oct_quantized x, w;
    bool found = false;
    OCT_TRY(oct_fuse_find_whole(graph, node->inputs[0], "input", &x, &found, fused));
    if (found)
        OCT_TRY(find_weights(graph, node->inputs[1], 0, &w, &found, fused));
    if (!found)
        return OCTET_OK;
    if (!graph->values[w.value].constant) {
        snprintf(fused->reason, sizeof fused->reason, "its weight is not constant");
        return OCTET_OK;
    }
    desc.layer = describe(&x, &w, target);
    OCT_TRY(oct_graph_compute(graph, w.value));
    desc.layer.weight_data = graph->values[w.value].data;
    if (node->input_count > 2)
        OCT_TRY(oct_fuse_bias(graph, node->inputs[2], 1, desc.output_channels, &desc.layer, fused));
    if (node->input_count > 2 && desc.layer.bias == NULL)
        return OCTET_OK;
    OCT_TRY(finish(graph, target, desc.output_channels, &desc.layer, &found));
    if (!found)
        return OCTET_OK;
    OCT_TRY(oct_graph_conv2d(graph, node->name, &desc, x.value, OCT_NONE, &fused->value));
cleanup:
    return status;
}

/* ---- Matrix products ---- */

/* The matrix with its two dimensions exchanged; a transposed one has its own kernels, but in a
 * network a constant is transposed once and an activation seldom is. */
static octet_status transpose(oct_graph *graph, const char *name, size_t *value)
{
    static const size_t order[2] = {1, 0};
    return oct_graph_permute(graph, name, order, *value, value);
}

/* alpha belongs to the input's scale, from which the multiplier is made: (alpha * s_x) * s_w / s_y,
 * as ONNX Runtime has it. */
static bool scale_input(float alpha, octet_layer *layer, float *scale)
{
    *scale = alpha * oct_scale_at(&layer->input, 0);
    layer->input.scales = scale;
    layer->input.scale_count = 1;
    return isnormal(*scale) && *scale > 0;
}

static octet_status fuse_gemm(oct_graph *graph, const oct_node *node, const oct_target *target,
                              oct_fused *fused)
{
    octet_status status = OCTET_OK;
    const oct_float_gemm *const product = node->desc;
    const size_t b_rank = graph->values[node->inputs[1]].shape.rank;
    octet_gemm_desc desc = {.struct_size = sizeof desc};
    oct_quantized a, b;
    bool found = false;
    float scale;
    OCT_TRY(oct_fuse_find_whole(graph, node->inputs[0], "input", &a, &found, fused));
    if (found)
        OCT_TRY(find_weights(graph, node->inputs[1], product->transpose_b ? 0 : b_rank - 1, &b,
                             &found, fused));
    if (!found)
        return OCTET_OK;
    desc.layer = describe(&a, &b, target);
    if (!scale_input(product->alpha, &desc.layer, &scale)) {
        snprintf(fused->reason, sizeof fused->reason,
                 "alpha times its input's scale is %g, not a normal number above 0", (double)scale);
        return OCTET_OK;
    }
    if (product->transpose_a)
        OCT_TRY(transpose(graph, node->name, &a.value));
    if (product->transpose_b)
        OCT_TRY(transpose(graph, node->name, &b.value));
    const oct_value right = graph->values[b.value];
    desc.k = right.shape.size[b_rank - 2];
    desc.n = right.shape.size[b_rank - 1];
    if (right.constant && b_rank == 2) {
        OCT_TRY(oct_graph_compute(graph, b.value));
        desc.layer.weight_data = graph->values[b.value].data;
    }
    if (node->input_count > 2)
        OCT_TRY(oct_fuse_bias(graph, node->inputs[2], product->beta, desc.n, &desc.layer, fused));
    if (node->input_count > 2 && desc.layer.bias == NULL)
        return OCTET_OK;
    OCT_TRY(finish(graph, target, desc.n, &desc.layer, &found));
    if (!found)
        return OCTET_OK;
    if (desc.layer.weight_data != NULL)
        b.value = OCT_NONE;
    OCT_TRY(oct_graph_gemm(graph, node->name, &desc, a.value, b.value, &fused->value));
cleanup:
    return status;
}

/* ---- Rules ---- */

octet_status oct_fuse_layer(oct_graph *graph, const oct_node *node, const oct_target *target,
                            oct_fused *fused)
{
    return node->op == &oct_op_float_conv2d ? fuse_conv2d(graph, node, target, fused)
                                            : fuse_gemm(graph, node, target, fused);
}

octet_status oct_fuse_float_layer(oct_graph *graph, const oct_node *node, oct_fused *fused)
{
    const oct_target target = {.type = OCTET_F32};
    return oct_fuse_layer(graph, node, &target, fused);
}

octet_status oct_fuse_float_relu(oct_graph *graph, const oct_node *node, oct_fused *fused)
{
    const oct_target target = {.type = OCTET_F32, .relu = true};
    const octet_unary_desc *const clip = node->desc;
    const oct_node *const maker = graph->values[node->inputs[0]].maker;
    if (maker == NULL || clip->function != OCTET_CLIP || clip->alpha != 0.0f ||
        clip->beta != INFINITY ||
        (maker->op != &oct_op_float_conv2d && maker->op != &oct_op_float_gemm))
        return OCTET_OK;
    return oct_fuse_layer(graph, maker, &target, fused);
}
