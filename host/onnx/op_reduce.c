/* op_reduce.c - ReduceMean, ReduceMin, ReduceMax: some dimensions folded into one element; ArgMin, ArgMax:
 * which one of a dimension it is. */
#include <string.h>

#include "onnx/onnx.h"

static const struct function {
    const char *type;
    octet_reduce_function function;
} functions[] = {
    {"ReduceMean", OCTET_REDUCE_MEAN},
    {"ReduceMin", OCTET_REDUCE_MINIMUM},
    {"ReduceMax", OCTET_REDUCE_MAXIMUM},
};

/* All where none is named. */
static octet_status read_axes(oct_onnx *onnx, size_t rank, oct_onnx_axes *axes)
{
    octet_status status = OCTET_OK;
    int64_t noop;
    OCT_TRY(oct_onnx_read_axes(onnx, 1, rank, axes));
    OCT_TRY(oct_onnx_attribute_integer(onnx, "noop_with_empty_axes", 0, 1, 0, &noop));
    if (axes->count > 0 || noop != 0)
        return OCTET_OK;
    for (axes->count = 0; axes->count < rank; axes->count++)
        axes->has[axes->count] = true;
cleanup:
    return status;
}

/* The folded dimensions after the others, if some of those are between them. "first" is where they
 * begin. */
static octet_status gather_axes(oct_onnx *onnx, const bool *flags, size_t count, size_t *x,
                                size_t *first)
{
    octet_status status = OCTET_OK;
    const size_t rank = onnx->graph->values[*x].shape.rank;
    size_t order[OCTET_MAX_RANK] = {0}, kept = 0, folded = rank - count;
    bool neighbours = true;
    for (*first = 0; !flags[*first];)
        ++*first;
    for (size_t i = 0; i < rank; i++) {
        neighbours = neighbours && flags[i] == (i >= *first && i < *first + count);
        order[flags[i] ? folded++ : kept++] = i;
    }
    if (neighbours)
        return OCTET_OK;
    *first = rank - count;
    OCT_TRY(oct_graph_permute(onnx->graph, onnx->node_name, order, *x, x));
cleanup:
    return status;
}

octet_status oct_onnx_reduce(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    octet_reduce_desc desc = {.struct_size = sizeof desc};
    octet_shape shape = {0};
    oct_onnx_axes axes;
    int64_t keep;
    size_t x = OCT_NONE, row;
    OCT_TRY(oct_onnx_find_row(onnx, functions, sizeof functions / sizeof functions[0],
                              sizeof functions[0], &row));
    desc.function = functions[row].function;
    OCT_TRY(oct_onnx_input(onnx, 0, &x));
    const oct_value value = onnx->graph->values[x];
    OCT_TRY(oct_onnx_attribute_integer(onnx, "keepdims", 0, 1, 1, &keep));
    OCT_TRY(read_axes(onnx, value.shape.rank, &axes));
    desc.axes = axes.count;
    OCT_REQUIRE(&onnx->log, !axes.has[0] || !value.batched, OCTET_UNSUPPORTED,
                "%s: it folds the open first dimension", onnx->label);
    desc.input_type = desc.output_type = value.type;
    OCT_REQUIRE(&onnx->log, value.type == OCTET_F32 || desc.function != OCTET_REDUCE_MEAN,
                OCTET_UNSUPPORTED, "%s: its input is %s; it must be float", onnx->label,
                oct_type(value.type)->name);
    for (size_t i = 0; i < value.shape.rank; i++)
        if (!axes.has[i] || keep != 0)
            shape.size[shape.rank++] = axes.has[i] ? 1 : value.shape.size[i];
    if (desc.axes > 0) {
        OCT_TRY(gather_axes(onnx, axes.has, desc.axes, &x, &desc.axis));
        OCT_TRY(oct_graph_reduce(onnx->graph, onnx->node_name, &desc, x, &x));
    }
    if (desc.axes == 0 || !oct_shape_equal(&shape, &onnx->graph->values[x].shape))
        OCT_TRY(oct_graph_view(onnx->graph, onnx->node_name, &shape, x, &x));
    oct_onnx_set_output(onnx, x);
cleanup:
    return status;
}

/* Of equal numbers the first. ONNX's indices are int64, octet's s32. */
octet_status oct_onnx_arg(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    octet_reduce_desc desc = {.struct_size = sizeof desc, .output_type = OCTET_S32, .axes = 1};
    int64_t axis, keep, last;
    size_t x = OCT_NONE;
    OCT_TRY(oct_onnx_input(onnx, 0, &x));
    const oct_value value = onnx->graph->values[x];
    OCT_TRY(oct_onnx_attribute_integer(onnx, "axis", INT64_MIN, INT64_MAX, 0, &axis));
    OCT_TRY(oct_onnx_axis(onnx, axis, value.shape.rank, &desc.axis));
    OCT_TRY(oct_onnx_attribute_integer(onnx, "keepdims", 0, 1, 1, &keep));
    OCT_TRY(oct_onnx_attribute_integer(onnx, "select_last_index", 0, 0, 0, &last));
    desc.function = strcmp(onnx->node->op_type, "ArgMin") == 0 ? OCTET_REDUCE_MINIMUM_INDEX
                                                               : OCTET_REDUCE_MAXIMUM_INDEX;
    desc.input_type = value.type;
    OCT_TRY(oct_graph_reduce(onnx->graph, onnx->node_name, &desc, x, &x));
    octet_shape shape = {0};
    for (size_t i = 0; i < value.shape.rank; i++)
        if (i != desc.axis)
            shape.size[shape.rank++] = value.shape.size[i];
    if (keep == 0)
        OCT_TRY(oct_graph_view(onnx->graph, onnx->node_name, &shape, x, &x));
    oct_onnx_set_output(onnx, x);
cleanup:
    return status;
}
