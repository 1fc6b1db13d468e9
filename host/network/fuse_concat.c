/* fuse_concat.c - dequantized values one after the other. */
#include "core/quantization.h"
#include "network/fuse.h"

octet_status oct_fuse_concat(oct_graph *graph, const oct_node *node, const oct_target *target,
                             oct_fused *fused)
{
    octet_status status = OCTET_OK;
    octet_concat_desc desc = *(const octet_concat_desc *)node->desc;
    uint8_t entries[OCTET_MAX_CONCAT][256];
    size_t values[OCTET_MAX_CONCAT];
    desc.type = target->type;
    if (oct_target_is_clamped(target))
        return OCTET_OK;
    for (size_t i = 0; i < node->input_count; i++) {
        oct_quantized input;
        bool found = false;
        OCT_TRY(oct_fuse_find_whole(graph, node->inputs[i], "input", &input, &found, fused));
        if (!found || input.type != target->type)
            return OCTET_OK;
        values[i] = input.value;
        if (oct_quantization_is_same(&input.parameters, &target->output))
            continue;
        oct_fuse_fill_table(&input, target, entries[i]);
        desc.tables[i] = entries[i];
    }
    OCT_TRY(oct_graph_concat(graph, node->name, &desc, values, &fused->value));
cleanup:
    return status;
}
