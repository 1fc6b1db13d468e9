/* fuse_gather.c - elements picked of a dequantized value, with a fill value in between that it has no
 * stored value for: the output has. */
#include "core/quantization.h"
#include "network/fuse.h"
#include "reference/reference.h"

/* The stored value in the output's type and parameters. */
static octet_status requantize(oct_graph *graph, const char *name, const oct_quantized *input,
                               const oct_target *target, size_t *value)
{
    octet_status status = OCTET_OK;
    uint8_t entries[256];
    *value = input->value;
    if (input->type == target->type &&
        oct_quantization_is_same(&input->parameters, &target->output))
        return OCTET_OK;
    oct_fuse_fill_table(input, target, entries);
    OCT_TRY(oct_graph_lookup(graph, name,
                             &(octet_lookup_desc){.struct_size = sizeof(octet_lookup_desc),
                                                  .input_type = input->type,
                                                  .output_type = target->type,
                                                  .table = entries},
                             input->value, value));
cleanup:
    return status;
}

octet_status oct_fuse_gather(oct_graph *graph, const oct_node *node, const oct_target *target,
                             oct_fused *fused)
{
    octet_status status = OCTET_OK;
    const oct_type_info *const type = oct_type(target->type);
    octet_gather_desc desc = *(const octet_gather_desc *)node->desc;
    oct_quantized input;
    size_t value = OCT_NONE;
    bool found = false;
    OCT_TRY(oct_fuse_find_unclamped(graph, node, target, &input, &found, fused));
    if (!found)
        return OCTET_OK;
    OCT_TRY(requantize(graph, node->name, &input, target, &value));
    desc.type = target->type;
    desc.fill = oct_reference_quantize_one(
        OCTET_QUANTIZE_DIVIDE, (float)desc.fill, oct_scale_at(&target->output, 0),
        oct_zero_point_at(&target->output, 0), type->low, type->high);
    OCT_TRY(oct_graph_gather(graph, node->name, &desc, value, &fused->value));
cleanup:
    return status;
}
