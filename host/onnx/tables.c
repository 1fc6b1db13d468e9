/* tables.c - tables of indices, for operators that pick elements. */
#include "onnx/onnx.h"

/* In all tables of a model together: more than any has; bounds the memory that a small hostile file can
 * ask for. */
#define MOST_INDICES ((size_t)1 << 26)

octet_status oct_onnx_axis(oct_onnx *onnx, int64_t given, size_t rank, size_t *axis)
{
    octet_status status = OCTET_OK;
    OCT_REQUIRE(&onnx->log, given >= -(int64_t)rank && given < (int64_t)rank,
                OCTET_INVALID_ARGUMENT, "%s: axis %lld of %zu dimensions", onnx->label,
                (long long)given, rank);
    *axis = (size_t)(given < 0 ? given + (int64_t)rank : given);
cleanup:
    return status;
}

octet_status oct_onnx_read_axes(oct_onnx *onnx, size_t index, size_t rank, oct_onnx_axes *axes)
{
    octet_status status = OCTET_OK;
    oct_onnx_integers list = {.count = 0};
    *axes = (oct_onnx_axes){.count = 0};
    if (oct_onnx_has_input(onnx, index))
        OCT_TRY(oct_onnx_get_integers(onnx, index, "axes", &list));
    else
        OCT_TRY(oct_onnx_attribute_integers(onnx, "axes", &list.values, &list.count));
    axes->given = list.values != NULL;
    for (size_t i = 0; i < list.count; i++) {
        size_t axis = 0;
        OCT_TRY(oct_onnx_axis(onnx, list.values[i], rank, &axis));
        OCT_REQUIRE(&onnx->log, !axes->has[axis], OCTET_INVALID_ARGUMENT,
                    "%s: axis %zu is there twice", onnx->label, axis);
        axes->has[axis] = true;
        axes->list[axes->count++] = axis; /* at most rank: none is there twice */
    }
cleanup:
    return status;
}

octet_status oct_onnx_start_tables(oct_onnx *onnx, size_t x, octet_gather_desc *desc)
{
    octet_status status = OCTET_OK;
    const oct_value *const value = &onnx->graph->values[x];
    *desc = (octet_gather_desc){
        .struct_size = sizeof *desc, .type = value->type, .rank = value->shape.rank};
    for (size_t i = 0; i < value->shape.rank; i++)
        OCT_REQUIRE(&onnx->log, value->shape.size[i] <= INT32_MAX, OCTET_UNSUPPORTED,
                    "%s: dimension %zu of its input is %zu", onnx->label, i, value->shape.size[i]);
cleanup:
    return status;
}

octet_status oct_onnx_add_table(oct_onnx *onnx, size_t axis, size_t count, octet_gather_desc *desc,
                                int32_t **table)
{
    octet_status status = OCTET_OK;
    OCT_REQUIRE(&onnx->log, count > 0 && count <= MOST_INDICES - onnx->indices, OCTET_UNSUPPORTED,
                "%s: it makes dimension %zu %zu long; after the nodes before it must be 1 to %zu",
                onnx->label, axis, count, MOST_INDICES - onnx->indices);
    onnx->indices += count;
    *table = oct_graph_keep(onnx->graph, NULL, count, sizeof **table);
    OCT_REQUIRE(&onnx->log, *table != NULL, OCTET_OUT_OF_MEMORY, "out of host memory: %zu indices",
                count);
    desc->sizes[axis] = count;
    desc->indices[axis] = *table;
cleanup:
    return status;
}
