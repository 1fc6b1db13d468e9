/* fuse_sum.c - the sum of two dequantized values. */
#include "core/quantization.h"
#include "network/fuse.h"

/* octet_add's bounds for its rule. */
static bool has_legal_ratio(const oct_quantized *input, const oct_target *target)
{
    return oct_multiplier_is_legal((double)oct_scale_at(&input->parameters, 0) /
                                   (double)oct_scale_at(&target->output, 0));
}

octet_status oct_fuse_sum(oct_graph *graph, const oct_node *node, const oct_target *target,
                          oct_fused *fused)
{
    octet_status status = OCTET_OK;
    oct_quantized a, b;
    bool found = false;
    OCT_TRY(oct_fuse_find_whole(graph, node->inputs[0], "first input", &a, &found, fused));
    if (found)
        OCT_TRY(oct_fuse_find_whole(graph, node->inputs[1], "second input", &b, &found, fused));
    if (!found || !has_legal_ratio(&a, target) || !has_legal_ratio(&b, target))
        return OCTET_OK;
    const oct_value *const left = &graph->values[a.value], *const right = &graph->values[b.value];
    if (!oct_shape_equal(&left->shape, &right->shape) || left->batched != right->batched)
        return OCTET_OK;
    const octet_add_desc desc = {.struct_size = sizeof desc,
                                 .a_type = a.type,
                                 .b_type = b.type,
                                 .output_type = target->type,
                                 .a = a.parameters,
                                 .b = b.parameters,
                                 .output = target->output,
                                 .rule = OCTET_ADD_FLOAT32,
                                 .clamp = 1,
                                 .clamp_min = target->low,
                                 .clamp_max = target->high};
    OCT_TRY(oct_graph_sum(graph, node->name, &desc, a.value, b.value, &fused->value));
cleanup:
    return status;
}
