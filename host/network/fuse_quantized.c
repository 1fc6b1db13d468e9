/* fuse_quantized.c - finds the stored values behind float32 ones, and moves what only moves elements
 * to them. */
#include <stdio.h>
#include <string.h>

#include "core/quantization.h"
#include "network/fuse.h"
#include "reference/reference.h"

/* Moves of constants in a row that are followed; exporters write one. */
#define MOST_MOVES 8

/* How many elements the dimensions after "axis" have together. */
static size_t count_after(const octet_shape *shape, size_t axis)
{
    size_t count = 1;
    for (size_t i = axis + 1; i < shape->rank; i++)
        count *= shape->size[i];
    return count;
}

/* The dimension of a view that is dimension "axis" of what it looks at. */
static bool view_axis(const octet_shape *from, const octet_shape *to, size_t *axis)
{
    for (size_t i = 0; i < to->rank; i++)
        if (to->size[i] == from->size[*axis] && count_after(to, i) == count_after(from, *axis)) {
            *axis = i;
            return true;
        }
    return false;
}

/* The axis of the moved value along which the parameters vary. False where there is none. */
static bool move_axis(const oct_graph *graph, const oct_node *move, oct_quantized *quantized)
{
    if (!quantized->per_axis)
        return true;
    if (move->op == &oct_op_view)
        return view_axis(&graph->values[quantized->value].shape, move->desc, &quantized->axis);
    if (move->op == &oct_op_gather)
        return ((const octet_gather_desc *)move->desc)->indices[quantized->axis] == NULL;
    if (move->op == &oct_op_reduce) {
        const octet_reduce_desc *const desc = move->desc;
        return quantized->axis < desc->axis || quantized->axis >= desc->axis + desc->axes;
    }
    if (move->op != &oct_op_permute)
        return false;
    const octet_permute_desc *const desc = move->desc;
    for (size_t i = 0; i < desc->rank; i++)
        if (desc->order[i] == quantized->axis) {
            quantized->axis = i;
            return true;
        }
    return false;
}

/* Gives "desc" the stored value of its fill; false: there is none that means the same to the bit. */
static bool store_fill(const oct_quantized *quantized, octet_gather_desc *desc)
{
    const oct_type_info *const type = oct_type(quantized->type);
    const float scale = oct_scale_at(&quantized->parameters, 0), fill = (float)desc->fill;
    const int32_t zero_point = oct_zero_point_at(&quantized->parameters, 0);
    if (!oct_gather_has_outside(desc)) {
        desc->fill = 0;
        return true;
    }
    if (quantized->per_axis)
        return false;
    const int32_t stored = oct_reference_quantize_one(OCTET_QUANTIZE_DIVIDE, fill, scale,
                                                      zero_point, type->low, type->high);
    const float meant = scale * (float)(stored - zero_point);
    desc->fill = stored;
    return memcmp(&meant, &fill, sizeof fill) == 0;
}

/* Adds the move of the stored value, which has no parameters along an axis that the move changes;
 * "moved" is false where it cannot be. */
static octet_status add_move(oct_graph *graph, const oct_node *move, oct_quantized *quantized,
                             bool *moved)
{
    octet_status status = OCTET_OK;
    size_t *const value = &quantized->value;
    if (move->op == &oct_op_view) {
        OCT_TRY(oct_graph_view(graph, move->name, move->desc, *value, value));
    } else if (move->op == &oct_op_permute) {
        const size_t *const order = ((const octet_permute_desc *)move->desc)->order;
        OCT_TRY(oct_graph_permute(graph, move->name, order, *value, value));
    } else if (move->op == &oct_op_gather) {
        octet_gather_desc desc = *(const octet_gather_desc *)move->desc;
        desc.type = quantized->type;
        *moved = store_fill(quantized, &desc);
        if (*moved)
            OCT_TRY(oct_graph_gather(graph, move->name, &desc, *value, value));
    } else if (move->op == &oct_op_reduce) {
        octet_reduce_desc desc = *(const octet_reduce_desc *)move->desc;
        desc.input_type = desc.output_type = quantized->type;
        *moved = desc.function == OCTET_REDUCE_MINIMUM || desc.function == OCTET_REDUCE_MAXIMUM;
        if (*moved)
            OCT_TRY(oct_graph_reduce(graph, move->name, &desc, *value, value));
    } else {
        octet_max_pool_desc desc = *(const octet_max_pool_desc *)move->desc;
        desc.type = quantized->type;
        OCT_TRY(oct_graph_max_pool(graph, move->name, &desc, *value, value));
    }
cleanup:
    return status;
}

octet_status oct_fuse_move_stored(oct_graph *graph, const oct_node *move, oct_quantized *quantized,
                                  bool *moved)
{
    *moved = oct_type_is_byte(quantized->type) && move_axis(graph, move, quantized);
    return *moved ? add_move(graph, move, quantized, moved) : OCTET_OK;
}

static oct_quantized read_dequantize(const oct_node *node)
{
    const octet_dequantize_desc *const desc = node->desc;
    return (oct_quantized){.value = node->inputs[0],
                           .type = desc->input_type,
                           .parameters = desc->input,
                           .per_axis = desc->per_axis != 0,
                           .axis = desc->axis};
}

octet_status oct_fuse_find(oct_graph *graph, size_t value, oct_quantized *quantized, bool *found)
{
    octet_status status = OCTET_OK;
    const oct_node *moves[MOST_MOVES];
    size_t count = 0;
    const oct_node *maker = graph->values[value].maker;
    *found = false;
    while (graph->values[value].constant && maker != NULL && count < MOST_MOVES &&
           (maker->op == &oct_op_view || maker->op == &oct_op_permute ||
            maker->op == &oct_op_gather)) {
        moves[count++] = maker;
        value = maker->inputs[0];
        maker = graph->values[value].maker;
    }
    if (maker == NULL || maker->op != &oct_op_dequantize)
        return OCTET_OK;
    *quantized = read_dequantize(maker);
    *found = true;
    while (*found && count > 0)
        OCT_TRY(oct_fuse_move_stored(graph, moves[--count], quantized, found));
cleanup:
    return status;
}

octet_status oct_fuse_find_whole(oct_graph *graph, size_t value, const char *role,
                                 oct_quantized *quantized, bool *found, oct_fused *fused)
{
    octet_status status = OCTET_OK;
    OCT_TRY(oct_fuse_find(graph, value, quantized, found));
    if (!*found)
        snprintf(fused->reason, sizeof fused->reason, "its %s is not what a DequantizeLinear gives",
                 role);
    else if (!oct_type_is_byte(quantized->type) || quantized->per_axis) {
        *found = false;
        snprintf(fused->reason, sizeof fused->reason, "its %s is dequantized from %s%s", role,
                 oct_type(quantized->type)->name,
                 quantized->per_axis ? " with parameters along an axis" : "");
    }
cleanup:
    return status;
}

octet_status oct_fuse_find_unclamped(oct_graph *graph, const oct_node *node,
                                     const oct_target *target, oct_quantized *quantized,
                                     bool *found, oct_fused *fused)
{
    octet_status status = OCTET_OK;
    OCT_TRY(oct_fuse_find_whole(graph, node->inputs[0], "input", quantized, found, fused));
    *found = *found && !oct_target_is_clamped(target);
cleanup:
    return status;
}

void oct_fuse_fill_table(const oct_quantized *quantized, const oct_target *target,
                         uint8_t entries[256])
{
    oct_table_fill(&(oct_table){.input_type = quantized->type,
                                .output_type = target->type,
                                .input = quantized->parameters,
                                .output = target->output},
                   entries);
}

/* The largest, the smallest or a copied one of s * (q - z) is s * (the same of q - z): s is above 0, and neither
 * product nor comparison changes the order. */
octet_status oct_fuse_move(oct_graph *graph, const oct_node *node, oct_fused *fused)
{
    octet_status status = OCTET_OK;
    const oct_node *const maker = oct_fuse_maker(graph, node->inputs[0], &oct_op_dequantize);
    bool moved = false;
    if (maker == NULL)
        return OCTET_OK;
    oct_quantized quantized = read_dequantize(maker);
    octet_dequantize_desc desc = *(const octet_dequantize_desc *)maker->desc;
    OCT_TRY(oct_fuse_move_stored(graph, node, &quantized, &moved));
    if (!moved)
        return OCTET_OK;
    desc.axis = quantized.axis;
    OCT_TRY(oct_graph_dequantize(graph, maker->name, &desc, quantized.value, &fused->value));
cleanup:
    return status;
}
