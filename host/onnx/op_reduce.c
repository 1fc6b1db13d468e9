/* op_reduce.c - ReduceMean, ReduceMin, ReduceMax: some dimensions folded into one element. */
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

/* Which dimensions, as flags: an attribute until version 17 of the operator set, an input since; all
 * where none is named. "count" of them. */
static octet_status read_axes(oct_onnx *onnx, size_t rank, bool *flags, size_t *count)
{
    octet_status status = OCTET_OK;
    oct_onnx_integers axes = {.count = 0};
    int64_t noop;
    if (oct_onnx_has_input(onnx, 1))
        OCT_TRY(oct_onnx_get_integers(onnx, 1, "axes", &axes));
    else
        OCT_TRY(oct_onnx_attribute_integers(onnx, "axes", &axes.values, &axes.count));
    OCT_TRY(oct_onnx_attribute_integer(onnx, "noop_with_empty_axes", 0, 1, 0, &noop));
    for (size_t i = 0; i < axes.count; i++) {
        size_t axis = 0;
        OCT_TRY(oct_onnx_axis(onnx, axes.values[i], rank, &axis));
        OCT_REQUIRE(&onnx->log, !flags[axis], OCTET_INVALID_ARGUMENT, "%s: axis %zu is there twice",
                    onnx->label, axis);
        flags[axis] = true;
    }
    *count = axes.count;
    for (size_t i = 0; axes.count == 0 && noop == 0 && i < rank; i++, ++*count)
        flags[i] = true;
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
    const struct function *row = functions;
    octet_reduce_desc desc = {.struct_size = sizeof desc};
    octet_shape shape = {0};
    bool flags[OCTET_MAX_RANK] = {false};
    int64_t keep;
    size_t x = OCT_NONE;
    while (strcmp(row->type, onnx->node->op_type) != 0)
        row++;
    OCT_TRY(oct_onnx_input(onnx, 0, &x));
    const oct_value value = onnx->graph->values[x];
    OCT_TRY(oct_onnx_attribute_integer(onnx, "keepdims", 0, 1, 1, &keep));
    OCT_TRY(read_axes(onnx, value.shape.rank, flags, &desc.axes));
    OCT_REQUIRE(&onnx->log, !flags[0] || !value.batched, OCTET_UNSUPPORTED,
                "%s: it folds the open first dimension", onnx->label);
    desc.function = row->function;
    desc.input_type = desc.output_type = value.type;
    OCT_REQUIRE(&onnx->log, value.type == OCTET_F32 || row->function != OCTET_REDUCE_MEAN,
                OCTET_UNSUPPORTED, "%s: its input is %s; it must be float", onnx->label,
                oct_type(value.type)->name);
    for (size_t i = 0; i < value.shape.rank; i++)
        if (!flags[i] || keep != 0)
            shape.size[shape.rank++] = flags[i] ? 1 : value.shape.size[i];
    if (desc.axes > 0) {
        OCT_TRY(gather_axes(onnx, flags, desc.axes, &x, &desc.axis));
        OCT_TRY(oct_graph_reduce(onnx->graph, onnx->node_name, &desc, x, &x));
    }
    if (desc.axes == 0 || !oct_shape_equal(&shape, &onnx->graph->values[x].shape))
        OCT_TRY(oct_graph_view(onnx->graph, onnx->node_name, &shape, x, &x));
    oct_onnx_set_output(onnx, x);
cleanup:
    return status;
}
