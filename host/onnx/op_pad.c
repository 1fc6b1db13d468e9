/* op_pad.c - Pad: more elements, or fewer, at both ends of each dimension. */
#include <string.h>

#include "onnx/onnx.h"

typedef enum pad_mode { PAD_CONSTANT, PAD_REFLECT, PAD_EDGE, PAD_WRAP } pad_mode;
static const char *const mode_names[] = {"constant", "reflect", "edge", "wrap"};

static octet_status read_mode(oct_onnx *onnx, pad_mode *mode)
{
    octet_status status = OCTET_OK;
    char text[16];
    size_t i = 0;
    OCT_TRY(oct_onnx_attribute_text(onnx, "mode", mode_names[PAD_CONSTANT], text, sizeof text));
    while (i < 4 && strcmp(text, mode_names[i]) != 0)
        i++;
    OCT_REQUIRE(&onnx->log, i < 4, OCTET_INVALID_ARGUMENT,
                "%s: its attribute 'mode' is '%s'; it must be %s, %s, %s or %s", onnx->label,
                oct_onnx_printable(onnx, text), mode_names[0], mode_names[1], mode_names[2],
                mode_names[3]);
    *mode = (pad_mode)i;
cleanup:
    return status;
}

/* One number of the input's type; 0 without it. An attribute until version 10 of the operator set, an
 * input since. */
static octet_status read_fill(oct_onnx *onnx, octet_type type, double *fill)
{
    octet_status status = OCTET_OK;
    oct_value constant = {.type = OCTET_S8};
    size_t count = 0;
    float value;
    OCT_TRY(oct_onnx_attribute_float(onnx, "value", 0.0f, &value));
    *fill = (double)value;
    if (!oct_onnx_has_input(onnx, 2))
        return OCTET_OK;
    OCT_TRY(oct_onnx_constant(onnx, 2, "constant_value", &constant));
    OCT_REQUIRE(
        &onnx->log, oct_shape_count(&constant.shape, &count) && count == 1 && constant.type == type,
        OCTET_INVALID_ARGUMENT, "%s: its constant_value is %s with %zu elements; it must be one %s",
        onnx->label, oct_type(constant.type)->name, count, oct_type(type)->name);
    *fill = type == OCTET_F32   ? (double)*(const float *)constant.data
            : type == OCTET_S32 ? *(const int32_t *)constant.data
            : type == OCTET_U8  ? *(const uint8_t *)constant.data
                                : *(const int8_t *)constant.data;
cleanup:
    return status;
}

/* ---- How much ---- */

/* Elements at the ends of each dimension; below 0: how many to cut off. */
typedef struct amounts {
    int64_t before[OCTET_MAX_RANK], after[OCTET_MAX_RANK];
} amounts;

/* An attribute until version 10 of the operator set, an input since; with axes since version 18. */
static octet_status read_amounts(oct_onnx *onnx, size_t rank, amounts *pads)
{
    octet_status status = OCTET_OK;
    oct_onnx_integers list = {.count = 0}, axes = {.count = rank};
    bool seen[OCTET_MAX_RANK] = {false};
    if (oct_onnx_has_input(onnx, 1))
        OCT_TRY(oct_onnx_get_integers(onnx, 1, "pads", &list));
    else
        OCT_TRY(oct_onnx_attribute_integers(onnx, "pads", &list.values, &list.count));
    if (oct_onnx_has_input(onnx, 3))
        OCT_TRY(oct_onnx_get_integers(onnx, 3, "axes", &axes));
    OCT_REQUIRE(&onnx->log, axes.count <= rank && list.count == 2 * axes.count,
                OCTET_INVALID_ARGUMENT, "%s: %zu pads for %zu of %zu dimensions", onnx->label,
                list.count, axes.count, rank);
    for (size_t i = 0; i < axes.count; i++) {
        size_t axis = i;
        if (axes.values != NULL)
            OCT_TRY(oct_onnx_axis(onnx, axes.values[i], rank, &axis));
        OCT_REQUIRE(&onnx->log, !seen[axis], OCTET_INVALID_ARGUMENT, "%s: axis %zu is there twice",
                    onnx->label, axis);
        seen[axis] = true;
        pads->before[axis] = list.values[i];
        pads->after[axis] = list.values[axes.count + i];
    }
cleanup:
    return status;
}

/* ---- Tables ---- */

/* The index that stands at "at", which may be outside of "size" elements. */
static int64_t source(pad_mode mode, int64_t at, int64_t size)
{
    const int64_t period = mode == PAD_REFLECT ? 2 * (size - 1) : size;
    if (at >= 0 && at < size)
        return at;
    if (mode == PAD_CONSTANT)
        return -1;
    if (mode == PAD_EDGE || period == 0)
        return at < 0 ? 0 : size - 1;
    at = (at % period + period) % period;
    return at < size ? at : period - at;
}

/* What is cut off is gone before the rest is padded. */
static octet_status pad_axis(oct_onnx *onnx, const oct_value *value, size_t axis, pad_mode mode,
                             const amounts *pads, octet_gather_desc *desc)
{
    octet_status status = OCTET_OK;
    const int64_t before = pads->before[axis], after = pads->after[axis];
    const int64_t size = (int64_t)value->shape.size[axis];
    int32_t *table = NULL;
    if (before == 0 && after == 0)
        return OCTET_OK;
    OCT_REQUIRE(&onnx->log, axis > 0 || !value->batched, OCTET_UNSUPPORTED,
                "%s: it pads the open first dimension", onnx->label);
    const bool fits =
        before >= -INT32_MAX && before <= INT32_MAX && after >= -INT32_MAX && after <= INT32_MAX;
    const int64_t cut = fits && before < 0 ? -before : 0;
    const int64_t left = size - cut - (fits && after < 0 ? -after : 0);
    OCT_REQUIRE(&onnx->log, fits && left > 0, OCTET_INVALID_ARGUMENT,
                "%s: pads of %lld and %lld for dimension %zu of %lld", onnx->label,
                (long long)before, (long long)after, axis, (long long)size);
    OCT_TRY(oct_onnx_add_table(onnx, axis, (size_t)(size + before + after), desc, &table));
    for (int64_t i = 0; i < size + before + after; i++) {
        const int64_t at = source(mode, i - (before > 0 ? before : 0), left);
        table[i] = (int32_t)(at < 0 ? -1 : cut + at);
    }
cleanup:
    return status;
}

octet_status oct_onnx_pad(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    octet_gather_desc desc;
    amounts pads = {{0}, {0}};
    pad_mode mode = PAD_CONSTANT;
    size_t x = OCT_NONE, y = OCT_NONE;
    OCT_TRY(oct_onnx_input(onnx, 0, &x));
    const oct_value value = onnx->graph->values[x];
    OCT_TRY(oct_onnx_start_tables(onnx, x, &desc));
    OCT_TRY(read_mode(onnx, &mode));
    OCT_TRY(read_amounts(onnx, value.shape.rank, &pads));
    OCT_TRY(read_fill(onnx, value.type, &desc.fill));
    for (size_t i = 0; i < value.shape.rank; i++)
        OCT_TRY(pad_axis(onnx, &value, i, mode, &pads, &desc));
    OCT_TRY(oct_graph_gather(onnx->graph, onnx->node_name, &desc, x, &y));
    oct_onnx_set_output(onnx, y);
cleanup:
    return status;
}
