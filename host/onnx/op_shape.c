/* op_shape.c - operators that change only the shape, or nothing: Flatten, Reshape, Squeeze,
 * Unsqueeze, Transpose, Identity. */
#include "onnx/onnx.h"

static octet_status add_view(oct_onnx *onnx, const octet_shape *shape, size_t x)
{
    octet_status status = OCTET_OK;
    size_t y = OCT_NONE;
    OCT_TRY(oct_graph_view(onnx->graph, onnx->node_name, shape, x, &y));
    oct_onnx_set_output(onnx, y);
cleanup:
    return status;
}

/* The dimensions before the axis become the first, the others the second. */
octet_status oct_onnx_flatten(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    size_t x = OCT_NONE, axis = 0;
    OCT_TRY(oct_onnx_input(onnx, 0, &x));
    const oct_value value = onnx->graph->values[x];
    OCT_TRY(oct_onnx_attribute_axis(onnx, value.shape.rank, 1, &axis));
    OCT_REQUIRE(&onnx->log, axis > 0 || !value.batched, OCTET_UNSUPPORTED,
                "%s: axis 0 would make the open first dimension the second", onnx->label);
    octet_shape shape = {.rank = 2, .size = {1, 1}};
    for (size_t i = 0; i < value.shape.rank; i++)
        shape.size[i < axis ? 0 : 1] *= value.shape.size[i]; /* at most the number of elements */
    OCT_TRY(add_view(onnx, &shape, x));
cleanup:
    return status;
}

/* The one size that was left open, -1, from the elements that remain. "shape" has 1 in its place.
 */
static octet_status infer_size(oct_onnx *onnx, const octet_shape *input, size_t open,
                               octet_shape *shape)
{
    octet_status status = OCTET_OK;
    size_t count = 0, known = 0;
    oct_shape_count(input, &count);
    OCT_REQUIRE(&onnx->log, oct_shape_count(shape, &known) && known > 0 && count % known == 0,
                OCTET_INVALID_ARGUMENT, "%s: %zu elements cannot be divided into parts of %zu",
                onnx->label, count, known);
    shape->size[open] = count / known;
cleanup:
    return status;
}

/* One size of the new shape, given as a number of elements, 0 or -1. */
static octet_status read_size(oct_onnx *onnx, const oct_value *value, const oct_onnx_sizes *sizes,
                              size_t i, bool allow_zero, octet_shape *shape, size_t *open)
{
    octet_status status = OCTET_OK;
    const int64_t size = sizes->values[i];
    const bool copied = size == 0 && !allow_zero && !sizes->open[i];
    OCT_REQUIRE(&onnx->log, size >= -1 && (!copied || i < value->shape.rank),
                OCTET_INVALID_ARGUMENT, "%s: size %zu of its shape is %lld", onnx->label, i,
                (long long)size);
    OCT_REQUIRE(&onnx->log, size != -1 || *open == OCT_NONE, OCTET_INVALID_ARGUMENT,
                "%s: its shape has more than one -1", onnx->label);
    if (size == -1)
        *open = i;
    shape->size[i] = size == -1 ? 1 : copied ? value->shape.size[i] : (size_t)size;
    /* Only "as before", "what remains" and a multiple of it can mean an open first dimension. */
    OCT_REQUIRE(&onnx->log, !value->batched || i > 0 || copied || size == -1 || sizes->open[i],
                OCTET_UNSUPPORTED,
                "%s: its shape fixes the first dimension at %lld; the model's is open", onnx->label,
                (long long)size);
    OCT_REQUIRE(&onnx->log, !sizes->open[i] || (i == 0 && value->batched && size > 0),
                OCTET_UNSUPPORTED,
                "%s: size %zu of its shape depends on the number of images; only the first of an "
                "input that does may",
                onnx->label, i);
cleanup:
    return status;
}

static octet_status read_sizes(oct_onnx *onnx, const oct_value *value, bool allow_zero,
                               octet_shape *shape, size_t *open)
{
    octet_status status = OCTET_OK;
    oct_onnx_sizes sizes = {.count = 0};
    OCT_TRY(oct_onnx_get_sizes(onnx, 1, "shape", &sizes));
    OCT_REQUIRE(&onnx->log, sizes.count <= OCTET_MAX_RANK, OCTET_UNSUPPORTED,
                "%s: a shape of %zu dimensions", onnx->label, sizes.count);
    *shape = (octet_shape){.rank = sizes.count};
    for (size_t i = 0; i < sizes.count; i++)
        OCT_TRY(read_size(onnx, value, &sizes, i, allow_zero, shape, open));
cleanup:
    return status;
}

octet_status oct_onnx_reshape(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    octet_shape shape = {0};
    int64_t allow_zero;
    size_t x = OCT_NONE, open = OCT_NONE;
    OCT_TRY(oct_onnx_input(onnx, 0, &x));
    const oct_value value = onnx->graph->values[x];
    OCT_TRY(oct_onnx_attribute_integer(onnx, "allowzero", 0, 1, 0, &allow_zero));
    OCT_TRY(read_sizes(onnx, &value, allow_zero != 0, &shape, &open));
    if (open != OCT_NONE)
        OCT_TRY(infer_size(onnx, &value.shape, open, &shape));
    OCT_TRY(add_view(onnx, &shape, x));
cleanup:
    return status;
}

octet_status oct_onnx_transpose(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    const int64_t *given = NULL;
    size_t order[OCTET_MAX_RANK] = {0}, count = 0, x = OCT_NONE, y = OCT_NONE;
    OCT_TRY(oct_onnx_input(onnx, 0, &x));
    OCT_TRY(oct_onnx_attribute_integers(onnx, "perm", &given, &count));
    const size_t rank = onnx->graph->values[x].shape.rank;
    OCT_REQUIRE(&onnx->log, given == NULL || count == rank, OCTET_INVALID_ARGUMENT,
                "%s: its attribute 'perm' has %zu values; its input has %zu dimensions",
                onnx->label, count, rank);
    for (size_t i = 0; i < rank; i++) {
        OCT_REQUIRE(&onnx->log, given == NULL || (given[i] >= 0 && given[i] < (int64_t)rank),
                    OCTET_INVALID_ARGUMENT, "%s: value %zu of its attribute 'perm' is %lld",
                    onnx->label, i, (long long)given[i]);
        order[i] = given != NULL ? (size_t)given[i] : rank - 1 - i;
    }
    OCT_TRY(oct_graph_permute(onnx->graph, onnx->node_name, order, x, &y));
    oct_onnx_set_output(onnx, y);
cleanup:
    return status;
}

octet_status oct_onnx_identity(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    size_t x = OCT_NONE;
    OCT_TRY(oct_onnx_input(onnx, 0, &x));
    const octet_shape shape = onnx->graph->values[x].shape;
    OCT_TRY(add_view(onnx, &shape, x));
cleanup:
    return status;
}

octet_status oct_onnx_squeeze(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    oct_onnx_axes axes;
    octet_shape shape = {0};
    size_t x = OCT_NONE;
    OCT_TRY(oct_onnx_input(onnx, 0, &x));
    const oct_value value = onnx->graph->values[x];
    OCT_TRY(oct_onnx_read_axes(onnx, 1, value.shape.rank, &axes));
    for (size_t i = 0; i < value.shape.rank; i++) {
        const bool open = value.batched && i == 0, one = value.shape.size[i] == 1 && !open;
        OCT_REQUIRE(&onnx->log, !axes.has[i] || one, OCTET_INVALID_ARGUMENT,
                    "%s: dimension %zu is %s, not 1", onnx->label, i, open ? "open" : "longer");
        if (!(axes.count > 0 ? axes.has[i] : one))
            shape.size[shape.rank++] = value.shape.size[i];
    }
    OCT_TRY(add_view(onnx, &shape, x));
cleanup:
    return status;
}

octet_status oct_onnx_unsqueeze(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    oct_onnx_axes axes;
    oct_onnx_integers list = {.count = 0};
    octet_shape shape = {0};
    size_t x = OCT_NONE, from = 0;
    OCT_TRY(oct_onnx_input(onnx, 0, &x));
    const oct_value value = onnx->graph->values[x];
    if (oct_onnx_has_input(onnx, 1))
        OCT_TRY(oct_onnx_get_integers(onnx, 1, "axes", &list));
    else
        OCT_TRY(oct_onnx_attribute_integers(onnx, "axes", &list.values, &list.count));
    OCT_REQUIRE(&onnx->log, list.count <= OCTET_MAX_RANK - value.shape.rank, OCTET_UNSUPPORTED,
                "%s: it makes %zu dimensions of %zu; at most %d are supported", onnx->label,
                list.count + value.shape.rank, value.shape.rank, OCTET_MAX_RANK);
    shape.rank = value.shape.rank + list.count;
    OCT_TRY(oct_onnx_read_axes(onnx, 1, shape.rank, &axes));
    OCT_REQUIRE(&onnx->log, !axes.has[0] || !value.batched, OCTET_UNSUPPORTED,
                "%s: axis 0 would make the open first dimension the second", onnx->label);
    for (size_t i = 0; i < shape.rank; i++)
        shape.size[i] = axes.has[i] ? 1 : value.shape.size[from++];
    OCT_TRY(add_view(onnx, &shape, x));
cleanup:
    return status;
}
