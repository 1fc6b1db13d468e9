/* fuse_pool.c - averages of dequantized values, and weighted sums of neighbours. */
#include <math.h>

#include "core/quantization.h"
#include "network/fuse.h"
#include "reference/reference.h"

octet_status oct_fuse_average_pool(oct_graph *graph, const oct_node *node, const oct_target *target,
                                   oct_fused *fused)
{
    octet_status status = OCTET_OK;
    octet_average_pool_desc desc = *(const octet_average_pool_desc *)node->desc;
    oct_quantized input;
    bool found = false;
    OCT_TRY(oct_fuse_find_unclamped(graph, node, target, &input, &found, fused));
    if (!found)
        return OCTET_OK;
    desc.input_type = input.type;
    desc.output_type = target->type;
    desc.input = input.parameters;
    desc.output = target->output;
    desc.rule = oct_average_rule_of(oct_graph_input_of(graph, node, 0), &desc);
    OCT_TRY(oct_graph_average_pool(graph, node->name, &desc, input.value, &fused->value));
cleanup:
    return status;
}

octet_status oct_fuse_reduce(oct_graph *graph, const oct_node *node, const oct_target *target,
                             oct_fused *fused)
{
    octet_status status = OCTET_OK;
    octet_reduce_desc desc = *(const octet_reduce_desc *)node->desc;
    oct_quantized input;
    bool found = false;
    OCT_TRY(oct_fuse_find_unclamped(graph, node, target, &input, &found, fused));
    if (!found || desc.function != OCTET_REDUCE_MEAN)
        return OCTET_OK;
    desc.input_type = input.type;
    desc.output_type = target->type;
    desc.input = input.parameters;
    desc.output = target->output;
    const double scale = (double)oct_scale_at(&desc.input, 0);
    if (!oct_multiplier_is_legal(scale / (double)oct_scale_at(&desc.output, 0)))
        return OCTET_OK; /* in float32, then */
    OCT_TRY(oct_graph_reduce(graph, node->name, &desc, input.value, &fused->value));
cleanup:
    return status;
}

/* Steps of s are in the order of what they count, and different unless they reach infinity. */
octet_status oct_fuse_fold(oct_graph *graph, const oct_node *node, oct_fused *fused)
{
    octet_status status = OCTET_OK;
    octet_reduce_desc desc = *(const octet_reduce_desc *)node->desc;
    oct_quantized input;
    bool found = false;
    if (!oct_reduce_is_index(desc.function))
        return oct_fuse_move(graph, node, fused);
    OCT_TRY(oct_fuse_find_whole(graph, node->inputs[0], "input", &input, &found, fused));
    if (!found || !isfinite(oct_scale_at(&input.parameters, 0) * 256.0f))
        return OCTET_OK;
    desc.input_type = input.type;
    OCT_TRY(oct_graph_reduce(graph, node->name, &desc, input.value, &fused->value));
cleanup:
    return status;
}

octet_status oct_fuse_interpolate(oct_graph *graph, const oct_node *node, const oct_target *target,
                                  oct_fused *fused)
{
    octet_status status = OCTET_OK;
    octet_interpolate_desc desc = *(const octet_interpolate_desc *)node->desc;
    oct_quantized input;
    bool found = false;
    OCT_TRY(oct_fuse_find_unclamped(graph, node, target, &input, &found, fused));
    if (!found)
        return OCTET_OK;
    desc.input_type = input.type;
    desc.output_type = target->type;
    desc.input = input.parameters;
    desc.output = target->output;
    OCT_TRY(oct_graph_interpolate(graph, node->name, &desc, input.value, &fused->value));
cleanup:
    return status;
}
