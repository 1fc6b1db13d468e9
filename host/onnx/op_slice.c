/* op_slice.c - Slice, Split and Gather: parts of a tensor, picked by constant indices. */
#include "onnx/onnx.h"

/* "count" indices along an axis: first, first + step, ... */
static octet_status add_range(oct_onnx *onnx, size_t axis, int64_t first, int64_t step,
                              size_t count, octet_gather_desc *desc)
{
    octet_status status = OCTET_OK;
    int32_t *table = NULL;
    OCT_TRY(oct_onnx_add_table(onnx, axis, count, desc, &table));
    for (size_t i = 0; i < count; i++)
        table[i] = (int32_t)(first + (int64_t)i * step);
cleanup:
    return status;
}

/* ---- Slice ---- */

/* An end of a slice, from the end if negative, moved into low..high. */
static int64_t bounded(int64_t index, int64_t size, int64_t low, int64_t high)
{
    const int64_t at = index < 0 ? index + size : index;
    return at < low ? low : at > high ? high : at;
}

/* One axis: "first" to before "last", each "step"th. */
static octet_status slice_axis(oct_onnx *onnx, const oct_value *value, size_t axis, int64_t first,
                               int64_t last, int64_t step, octet_gather_desc *desc)
{
    octet_status status = OCTET_OK;
    const int64_t size = (int64_t)value->shape.size[axis];
    OCT_REQUIRE(&onnx->log, step != 0, OCTET_INVALID_ARGUMENT, "%s: a step of 0", onnx->label);
    if (axis == 0 && value->batched && first == 0 && last >= INT32_MAX && step == 1)
        return OCTET_OK;
    OCT_REQUIRE(&onnx->log, axis > 0 || !value->batched, OCTET_UNSUPPORTED,
                "%s: a part of the open first dimension", onnx->label);
    first = step > 0 ? bounded(first, size, 0, size) : bounded(first, size, 0, size - 1);
    last = step > 0 ? bounded(last, size, 0, size) : bounded(last, size, -1, size - 1);
    step = step > size ? size : step < -size ? -size : step; /* the same for one element */
    const int64_t length = step > 0 ? last - first : first - last;
    const int64_t stride = step > 0 ? step : -step;
    OCT_REQUIRE(&onnx->log, length > 0, OCTET_UNSUPPORTED, "%s: nothing is left of dimension %zu",
                onnx->label, axis);
    OCT_TRY(add_range(onnx, axis, first, step, (size_t)((length + stride - 1) / stride), desc));
cleanup:
    return status;
}

/* An optional list as long as the one of starts. */
static octet_status read_list(oct_onnx *onnx, size_t index, const char *role, size_t count,
                              oct_onnx_integers *list)
{
    octet_status status = OCTET_OK;
    if (!oct_onnx_has_input(onnx, index))
        return OCTET_OK;
    OCT_TRY(oct_onnx_get_integers(onnx, index, role, list));
    OCT_REQUIRE(&onnx->log, list->count == count, OCTET_INVALID_ARGUMENT,
                "%s: its %s are %zu numbers; it must be %zu", onnx->label, role, list->count,
                count);
cleanup:
    return status;
}

octet_status oct_onnx_slice(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    oct_onnx_integers starts = {.count = 0}, ends = {.count = 0}, axes = {.count = 0};
    oct_onnx_integers steps = {.count = 0};
    octet_gather_desc desc;
    unsigned seen = 0;
    size_t x = OCT_NONE, y = OCT_NONE;
    OCT_TRY(oct_onnx_input(onnx, 0, &x));
    const oct_value value = onnx->graph->values[x];
    OCT_TRY(oct_onnx_get_integers(onnx, 1, "starts", &starts));
    OCT_TRY(oct_onnx_get_integers(onnx, 2, "ends", &ends));
    OCT_REQUIRE(&onnx->log, ends.count == starts.count && starts.count <= value.shape.rank,
                OCTET_INVALID_ARGUMENT, "%s: %zu starts and %zu ends for %zu dimensions",
                onnx->label, starts.count, ends.count, value.shape.rank);
    OCT_TRY(read_list(onnx, 3, "axes", starts.count, &axes));
    OCT_TRY(read_list(onnx, 4, "steps", starts.count, &steps));
    OCT_TRY(oct_onnx_start_tables(onnx, x, &desc));
    for (size_t i = 0; i < starts.count; i++) {
        size_t axis = i;
        if (axes.values != NULL)
            OCT_TRY(oct_onnx_axis(onnx, axes.values[i], value.shape.rank, &axis));
        OCT_REQUIRE(&onnx->log, !((seen >> axis) & 1u), OCTET_INVALID_ARGUMENT,
                    "%s: axis %zu is there twice", onnx->label, axis);
        seen |= 1u << axis;
        OCT_TRY(slice_axis(onnx, &value, axis, starts.values[i], ends.values[i],
                           steps.values != NULL ? steps.values[i] : 1, &desc));
    }
    OCT_TRY(oct_graph_gather(onnx->graph, onnx->node_name, &desc, x, &y));
    oct_onnx_set_output(onnx, y);
cleanup:
    return status;
}

/* ---- Split ---- */

/* The lengths of the parts: an attribute until version 12 of the operator set, an input since; without
 * them all are alike, but for a shorter last one if their number is an attribute (version 18). */
static octet_status read_lengths(oct_onnx *onnx, size_t size, oct_onnx_integers *lengths)
{
    octet_status status = OCTET_OK;
    const size_t parts = onnx->node->n_output;
    int64_t count;
    if (oct_onnx_has_input(onnx, 1))
        return oct_onnx_get_integers(onnx, 1, "split", lengths);
    OCT_TRY(oct_onnx_attribute_integers(onnx, "split", &lengths->values, &lengths->count));
    if (lengths->values != NULL)
        return OCTET_OK;
    OCT_TRY(oct_onnx_attribute_integer(onnx, "num_outputs", 1, INT32_MAX, 0, &count));
    OCT_REQUIRE(&onnx->log, count == 0 ? size % parts == 0 : (size_t)count == parts,
                OCTET_INVALID_ARGUMENT, "%s: it has %zu outputs for a size of %zu", onnx->label,
                parts, size);
    int64_t *const values = oct_graph_keep(onnx->graph, NULL, parts, sizeof *values);
    OCT_REQUIRE(&onnx->log, values != NULL, OCTET_OUT_OF_MEMORY, "out of host memory: lengths");
    const size_t length = oct_divide_up(size, parts);
    for (size_t i = 0; i < parts; i++)
        values[i] =
            (int64_t)(i + 1 < parts ? length : size) - (int64_t)(i + 1 < parts ? 0 : i * length);
    *lengths = (oct_onnx_integers){.values = values, .count = parts};
cleanup:
    return status;
}

static octet_status add_part(oct_onnx *onnx, size_t x, size_t axis, size_t first, size_t length,
                             size_t index)
{
    octet_status status = OCTET_OK;
    octet_gather_desc desc;
    size_t y = OCT_NONE;
    OCT_TRY(oct_onnx_start_tables(onnx, x, &desc));
    OCT_TRY(add_range(onnx, axis, (int64_t)first, 1, length, &desc));
    OCT_TRY(oct_graph_gather(onnx->graph, onnx->node_name, &desc, x, &y));
    oct_onnx_set_output_at(onnx, index, y);
cleanup:
    return status;
}

octet_status oct_onnx_split(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    oct_onnx_integers lengths = {.count = 0};
    int64_t given;
    size_t x = OCT_NONE, axis = 0, first = 0;
    OCT_TRY(oct_onnx_input(onnx, 0, &x));
    const oct_value value = onnx->graph->values[x];
    OCT_TRY(oct_onnx_attribute_integer(onnx, "axis", INT64_MIN, INT64_MAX, 0, &given));
    OCT_TRY(oct_onnx_axis(onnx, given, value.shape.rank, &axis));
    OCT_REQUIRE(&onnx->log, axis > 0 || !value.batched, OCTET_UNSUPPORTED,
                "%s: a part of the open first dimension", onnx->label);
    const size_t size = value.shape.size[axis];
    OCT_TRY(read_lengths(onnx, size, &lengths));
    OCT_REQUIRE(&onnx->log, lengths.count == onnx->node->n_output, OCTET_INVALID_ARGUMENT,
                "%s: %zu lengths for %zu outputs", onnx->label, lengths.count,
                onnx->node->n_output);
    for (size_t i = 0; i < lengths.count; first += (size_t)lengths.values[i++]) {
        const int64_t length = lengths.values[i];
        OCT_REQUIRE(&onnx->log, length > 0 && (uint64_t)length <= size - first,
                    OCTET_INVALID_ARGUMENT,
                    "%s: its part %zu is %lld long; %zu of dimension %zu are left", onnx->label, i,
                    (long long)length, size - first, axis);
        if (onnx->node->output[i][0] != '\0')
            OCT_TRY(add_part(onnx, x, axis, first, (size_t)length, i));
    }
    OCT_REQUIRE(&onnx->log, first == size, OCTET_INVALID_ARGUMENT,
                "%s: its parts are %zu long together; dimension %zu is %zu", onnx->label, first,
                axis, size);
cleanup:
    return status;
}

/* ---- Gather ---- */

/* The shape of the result: the indices' dimensions in place of the axis. */
static octet_status gathered_shape(oct_onnx *onnx, const octet_shape *x, size_t axis,
                                   const octet_shape *indices, octet_shape *shape)
{
    octet_status status = OCTET_OK;
    size_t rank = 0;
    OCT_REQUIRE(&onnx->log, x->rank + indices->rank <= OCTET_MAX_RANK + 1, OCTET_UNSUPPORTED,
                "%s: its output has %zu dimensions; at most %d are supported", onnx->label,
                x->rank + indices->rank - 1, OCTET_MAX_RANK);
    for (size_t i = 0; i < x->rank; i++) {
        if (i != axis)
            shape->size[rank++] = x->size[i];
        for (size_t j = 0; i == axis && j < indices->rank; j++)
            shape->size[rank++] = indices->size[j];
    }
    shape->rank = rank;
cleanup:
    return status;
}

octet_status oct_onnx_gather(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    oct_onnx_integers indices = {.count = 0};
    octet_gather_desc desc;
    octet_shape shape = {0};
    int64_t given;
    int32_t *table = NULL;
    size_t x = OCT_NONE, axis = 0;
    OCT_TRY(oct_onnx_input(onnx, 0, &x));
    const oct_value value = onnx->graph->values[x];
    OCT_TRY(oct_onnx_attribute_integer(onnx, "axis", INT64_MIN, INT64_MAX, 0, &given));
    OCT_TRY(oct_onnx_axis(onnx, given, value.shape.rank, &axis));
    OCT_REQUIRE(&onnx->log, axis > 0 || !value.batched, OCTET_UNSUPPORTED,
                "%s: a part of the open first dimension", onnx->label);
    OCT_TRY(oct_onnx_get_integers(onnx, 1, "indices", &indices));
    OCT_TRY(gathered_shape(onnx, &value.shape, axis, &indices.shape, &shape));
    OCT_TRY(oct_onnx_start_tables(onnx, x, &desc));
    OCT_TRY(oct_onnx_add_table(onnx, axis, indices.count, &desc, &table));
    for (size_t i = 0; i < indices.count; i++) {
        const int64_t size = (int64_t)value.shape.size[axis], index = indices.values[i];
        OCT_REQUIRE(&onnx->log, index >= -size && index < size, OCTET_INVALID_ARGUMENT,
                    "%s: its index %zu is %lld; dimension %zu is %lld", onnx->label, i,
                    (long long)index, axis, (long long)size);
        table[i] = (int32_t)(index < 0 ? index + size : index);
    }
    OCT_TRY(oct_graph_gather(onnx->graph, onnx->node_name, &desc, x, &x));
    if (indices.shape.rank != 1)
        OCT_TRY(oct_graph_view(onnx->graph, onnx->node_name, &shape, x, &x));
    oct_onnx_set_output(onnx, x);
cleanup:
    return status;
}
