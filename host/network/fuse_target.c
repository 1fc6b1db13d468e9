/* fuse_target.c - quantize nodes: what is before them computes 8 bits at once. */
#include <math.h>

#include "core/quantization.h"
#include "network/fuse.h"
#include "reference/reference.h"

static int32_t quantize(const oct_target *target, float x)
{
    const oct_type_info *const type = oct_type(target->type);
    return oct_reference_quantize_one(OCTET_QUANTIZE_DIVIDE, x, oct_scale_at(&target->output, 0),
                                      oct_zero_point_at(&target->output, 0), type->low, type->high);
}

static int32_t bounded(const oct_target *target, int32_t value)
{
    return value < target->low ? target->low : value > target->high ? target->high : value;
}

/* What the node stores. The clamps before it become stored bounds, since rounding keeps the order;
 * "value" is what the first of them clamps. */
static oct_target read_target(const oct_graph *graph, const oct_node *node, size_t *value)
{
    const octet_quantize_desc *const desc = node->desc;
    const oct_type_info *const type = oct_type(desc->output_type);
    oct_target target = {
        .type = desc->output_type, .output = desc->output, .low = type->low, .high = type->high};
    *value = node->inputs[0];
    for (size_t i = 0; i < OCT_FUSE_MOST; i++) {
        const oct_node *const maker = oct_fuse_maker(graph, *value, &oct_op_unary);
        const octet_unary_desc *const clip = maker != NULL ? maker->desc : NULL;
        if (clip == NULL || clip->function != OCTET_CLIP)
            break;
        const int32_t low = bounded(&target, quantize(&target, clip->alpha));
        target.high = bounded(&target, quantize(&target, clip->beta));
        target.low = low;
        *value = maker->inputs[0];
    }
    return target;
}

bool oct_target_is_clamped(const oct_target *target)
{
    const oct_type_info *const type = oct_type(target->type);
    return target->low != type->low || target->high != type->high;
}

/* Whether quantizing what "maker" dequantizes gives back what is stored: n steps of s divided by s
 * round to n, unless the steps reach infinity. */
static bool is_inverse(const oct_node *maker, const oct_target *target)
{
    const octet_dequantize_desc *const desc = maker->desc;
    return !desc->per_axis && desc->input_type == target->type &&
           oct_quantization_is_same(&desc->input, &target->output) &&
           !oct_target_is_clamped(target) && isfinite(oct_scale_at(&target->output, 0) * 256.0f);
}

/* The last of a layer with factors and terms, or a function of two 8-bit values. */
static octet_status fuse_binary(oct_graph *graph, const oct_node *node, const oct_target *target,
                                oct_fused *fused)
{
    octet_status status = OCTET_OK;
    OCT_TRY(oct_fuse_normalized(graph, node, target, fused));
    if (fused->value == OCT_NONE)
        OCT_TRY(oct_fuse_binary(graph, node, target, fused));
cleanup:
    return status;
}

octet_status oct_fuse_quantize(oct_graph *graph, const oct_node *node, oct_fused *fused)
{
    octet_status status = OCTET_OK;
    const octet_quantize_desc *const desc = node->desc;
    size_t value;
    if (desc->per_axis || desc->rule != OCTET_QUANTIZE_DIVIDE ||
        desc->parameters != OCTET_PARAMETERS_GIVEN)
        return OCTET_OK;
    const oct_target target = read_target(graph, node, &value);
    const oct_node *const maker = graph->values[value].maker;
    if (maker == NULL)
        return OCTET_OK;
    if (maker->op == &oct_op_dequantize && is_inverse(maker, &target))
        fused->value = maker->inputs[0];
    else if (maker->op == &oct_op_float_conv2d || maker->op == &oct_op_float_gemm)
        OCT_TRY(oct_fuse_layer(graph, maker, &target, fused));
    else if (maker->op == &oct_op_binary)
        OCT_TRY(fuse_binary(graph, maker, &target, fused));
    else if (maker->op == &oct_op_softmax)
        OCT_TRY(oct_fuse_softmax(graph, maker, &target, fused));
    else if (maker->op == &oct_op_float_average_pool)
        OCT_TRY(oct_fuse_average_pool(graph, maker, &target, fused));
    else if (maker->op == &oct_op_float_concat)
        OCT_TRY(oct_fuse_concat(graph, maker, &target, fused));
    else if (maker->op == &oct_op_reduce)
        OCT_TRY(oct_fuse_reduce(graph, maker, &target, fused));
    else if (maker->op == &oct_op_interpolate)
        OCT_TRY(oct_fuse_interpolate(graph, maker, &target, fused));
    else if (maker->op == &oct_op_gather)
        OCT_TRY(oct_fuse_gather(graph, maker, &target, fused));
    if (fused->value == OCT_NONE)
        OCT_TRY(oct_fuse_lookup(graph, node, fused));
cleanup:
    return status;
}
