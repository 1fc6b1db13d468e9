/* op_resize.c - Resize: each dimension by a factor of its own, to the nearest element or linear between
 * two. */
#include <math.h>
#include <string.h>

#include "onnx/onnx.h"

/* float32 holds all indices up to here. */
#define MOST_SIZE ((size_t)1 << 24)

/* ---- Sizes ---- */

typedef struct resizing {
    oct_onnx_stretch axes[OCTET_MAX_RANK];
    size_t sizes[OCTET_MAX_RANK]; /* of the output */
} resizing;

/* The dimensions that scales or sizes are of: all, or since version 18 those listed. */
static octet_status read_axes(oct_onnx *onnx, size_t rank, size_t given, oct_onnx_axes *axes)
{
    octet_status status = OCTET_OK;
    OCT_TRY(oct_onnx_read_axes(onnx, OCT_NONE, rank, axes)); /* never an input */
    for (size_t i = 0; !axes->given && i < rank; i++)
        axes->list[axes->count++] = i;
    OCT_REQUIRE(&onnx->log, given == axes->count, OCTET_INVALID_ARGUMENT,
                "%s: %zu scales or sizes for %zu of %zu dimensions", onnx->label, given,
                axes->count, rank);
cleanup:
    return status;
}

static octet_status read_scales(oct_onnx *onnx, const oct_value *x, const oct_value *scales,
                                resizing *r)
{
    octet_status status = OCTET_OK;
    oct_onnx_axes axes;
    OCT_REQUIRE(&onnx->log, scales->type == OCTET_F32 && scales->shape.rank == 1,
                OCTET_INVALID_ARGUMENT, "%s: its scales are %s with %zu dimensions", onnx->label,
                oct_type(scales->type)->name, scales->shape.rank);
    OCT_TRY(read_axes(onnx, x->shape.rank, scales->shape.size[0], &axes));
    for (size_t i = 0; i < scales->shape.size[0]; i++) {
        const size_t axis = axes.list[i];
        const float scale = ((const float *)scales->data)[i];
        const float size = scale * (float)x->shape.size[axis];
        OCT_REQUIRE(&onnx->log, scale > 0.0f && size >= 1.0f && size < 0x1p31f,
                    OCTET_INVALID_ARGUMENT, "%s: a scale of %g for dimension %zu of %zu",
                    onnx->label, (double)scale, axis, x->shape.size[axis]);
        r->sizes[axis] = (size_t)size;
        r->axes[axis] =
            (oct_onnx_stretch){scale, (float)x->shape.size[axis], (float)r->sizes[axis]};
    }
cleanup:
    return status;
}

/* The size of an open first dimension may be asked for again. */
static octet_status read_sizes(oct_onnx *onnx, const oct_value *x, resizing *r)
{
    octet_status status = OCTET_OK;
    oct_onnx_sizes sizes = {.count = 0};
    oct_onnx_axes axes;
    OCT_TRY(oct_onnx_get_sizes(onnx, 3, "sizes", &sizes));
    OCT_TRY(read_axes(onnx, x->shape.rank, sizes.count, &axes));
    for (size_t i = 0; i < sizes.count; i++) {
        const size_t axis = axes.list[i];
        const int64_t size = sizes.values[i];
        OCT_REQUIRE(&onnx->log, size > 0 && size <= INT32_MAX, OCTET_INVALID_ARGUMENT,
                    "%s: a size of %lld for dimension %zu", onnx->label, (long long)size, axis);
        OCT_REQUIRE(&onnx->log, sizes.open[i] == (axis == 0 && x->batched), OCTET_UNSUPPORTED,
                    "%s: its size of dimension %zu %s the number of images", onnx->label, axis,
                    sizes.open[i] ? "depends on" : "does not depend on");
        const float from = (float)x->shape.size[axis], to = (float)size;
        r->sizes[axis] = (size_t)size;
        r->axes[axis] = (oct_onnx_stretch){to / from, from, to};
    }
cleanup:
    return status;
}

/* Scales are the second input until version 10 of the operator set, the third since; sizes, in their
 * place, the fourth. What is empty is not there. */
static octet_status read_resizing(oct_onnx *onnx, const oct_value *x, resizing *r)
{
    octet_status status = OCTET_OK;
    const size_t index = onnx->opset < 11 ? 1 : 2;
    oct_value scales = {.type = OCTET_F32, .shape = {.rank = 1}};
    for (size_t i = 0; i < x->shape.rank; i++) {
        OCT_REQUIRE(&onnx->log, x->shape.size[i] > 0 && x->shape.size[i] <= MOST_SIZE,
                    OCTET_UNSUPPORTED, "%s: dimension %zu of its input is %zu; it must be 1 to %zu",
                    onnx->label, i, x->shape.size[i], MOST_SIZE);
        r->sizes[i] = x->shape.size[i];
        r->axes[i] = (oct_onnx_stretch){1.0f, (float)x->shape.size[i], (float)x->shape.size[i]};
    }
    if (oct_onnx_has_input(onnx, index))
        OCT_TRY(oct_onnx_constant(onnx, index, "scales", &scales));
    const bool has_scales = scales.shape.size[0] > 0;
    OCT_REQUIRE(&onnx->log, has_scales != oct_onnx_has_input(onnx, 3), OCTET_INVALID_ARGUMENT,
                "%s: it must have scales or sizes, and not both", onnx->label);
    OCT_TRY(has_scales ? read_scales(onnx, x, &scales, r) : read_sizes(onnx, x, r));
    OCT_REQUIRE(&onnx->log, !x->batched || r->axes[0].scale == 1.0f, OCTET_UNSUPPORTED,
                "%s: it resizes the open first dimension", onnx->label);
cleanup:
    return status;
}

/* Where no size changes ONNX Runtime copies, whatever the scales. */
static bool changes_sizes(const resizing *r, size_t rank)
{
    bool changes = false;
    for (size_t i = 0; i < rank; i++)
        changes = changes || (float)r->sizes[i] != r->axes[i].from;
    return changes;
}

/* ---- Nearest ---- */

static octet_status add_nearest(oct_onnx *onnx, const oct_onnx_stretch *s, size_t axis, size_t size,
                                oct_onnx_coordinate coordinate, oct_onnx_nearest nearest,
                                octet_gather_desc *desc)
{
    octet_status status = OCTET_OK;
    int32_t *table = NULL;
    OCT_TRY(oct_onnx_add_table(onnx, axis, size, desc, &table));
    for (size_t i = 0; i < size; i++) {
        const float at = nearest(coordinate((float)i, s), s->scale < 1.0f);
        const float last = s->from - 1.0f;
        table[i] = (int32_t)(at < 0.0f ? 0.0f : at > last ? last : at);
    }
cleanup:
    return status;
}

static octet_status resize_nearest(oct_onnx *onnx, const resizing *r, size_t x, size_t *y)
{
    octet_status status = OCTET_OK;
    octet_gather_desc desc;
    oct_onnx_coordinate coordinate = NULL;
    oct_onnx_nearest nearest = NULL;
    OCT_TRY(oct_onnx_read_coordinate(onnx, &coordinate));
    OCT_TRY(oct_onnx_read_nearest(onnx, &nearest));
    OCT_TRY(oct_onnx_start_tables(onnx, x, &desc));
    for (size_t i = 0; i < desc.rank; i++)
        if (changes_sizes(r, desc.rank) && r->axes[i].scale != 1.0f)
            OCT_TRY(add_nearest(onnx, &r->axes[i], i, r->sizes[i], coordinate, nearest, &desc));
    OCT_TRY(oct_graph_gather(onnx->graph, onnx->node_name, &desc, x, y));
cleanup:
    return status;
}

/* ---- Linear ---- */

/* The two elements that a coordinate lies between, and what each counts; beyond the ends both are the
 * last and count half. */
static octet_status add_line(oct_onnx *onnx, const resizing *r, size_t axis,
                             oct_onnx_coordinate coordinate, octet_interpolation *line)
{
    octet_status status = OCTET_OK;
    const oct_onnx_stretch *const s = &r->axes[axis];
    const size_t size = r->sizes[axis];
    const float last = s->from - 1.0f;
    octet_gather_desc tables; /* not used otherwise */
    int32_t *first = NULL, *second = NULL;
    OCT_TRY(oct_onnx_add_table(onnx, axis, size, &tables, &first));
    OCT_TRY(oct_onnx_add_table(onnx, axis, size, &tables, &second));
    float *const weights = oct_graph_keep(onnx->graph, NULL, 2 * size, sizeof *weights);
    OCT_REQUIRE(&onnx->log, weights != NULL, OCTET_OUT_OF_MEMORY, "out of host memory: weights");
    for (size_t i = 0; i < size; i++) {
        const float given = s->scale == 1.0f ? (float)i : coordinate((float)i, s);
        const float at = given < 0.0f ? 0.0f : given > last ? last : given;
        first[i] = (int32_t)at;
        second[i] = (float)first[i] < last ? first[i] + 1 : first[i];
        const bool between = first[i] != second[i];
        weights[i] = between ? fabsf(at - (float)second[i]) : 0.5f;
        weights[size + i] = between ? fabsf(at - (float)first[i]) : 0.5f;
    }
    *line = (octet_interpolation){size, first, second, weights, weights + size};
cleanup:
    return status;
}

/* The first of two neighbouring dimensions besides which none is resized; by default the last two. */
static octet_status find_rows(oct_onnx *onnx, const resizing *r, size_t rank, size_t *axis)
{
    octet_status status = OCTET_OK;
    size_t first = rank, last = 0;
    for (size_t i = rank; i-- > 0;) {
        first = r->axes[i].scale != 1.0f ? i : first;
        last = r->axes[i].scale != 1.0f && last < i ? i : last;
    }
    OCT_REQUIRE(&onnx->log, rank >= 2 && (first >= rank - 2 || last <= first + 1),
                OCTET_UNSUPPORTED, "%s: linear in other than two neighbouring dimensions",
                onnx->label);
    *axis = first + 2 > rank ? rank - 2 : first;
cleanup:
    return status;
}

static octet_status resize_linear(oct_onnx *onnx, const resizing *r, size_t x, size_t *y)
{
    octet_status status = OCTET_OK;
    const oct_value value = onnx->graph->values[x];
    octet_interpolate_desc desc = {
        .struct_size = sizeof desc, .input_type = value.type, .output_type = value.type};
    oct_onnx_coordinate coordinate = NULL;
    OCT_TRY(oct_onnx_read_coordinate(onnx, &coordinate));
    OCT_REQUIRE(&onnx->log, value.type == OCTET_F32, OCTET_UNSUPPORTED,
                "%s: linear, of %s; it must be float", onnx->label, oct_type(value.type)->name);
    if (!changes_sizes(r, value.shape.rank))
        return oct_graph_view(onnx->graph, onnx->node_name, &value.shape, x, y);
    OCT_TRY(find_rows(onnx, r, value.shape.rank, &desc.axis));
    OCT_TRY(add_line(onnx, r, desc.axis, coordinate, &desc.rows));
    OCT_TRY(add_line(onnx, r, desc.axis + 1, coordinate, &desc.columns));
    OCT_TRY(oct_graph_interpolate(onnx->graph, onnx->node_name, &desc, x, y));
cleanup:
    return status;
}

/* ---- Resize ---- */

/* What only other modes read, and what is refused unless it has its default. */
static octet_status check_defaults(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    char policy[32];
    int64_t value;
    OCT_TRY(oct_onnx_attribute_integer(onnx, "antialias", 0, 0, 0, &value));
    OCT_TRY(oct_onnx_attribute_integer(onnx, "exclude_outside", 0, 0, 0, &value));
    OCT_TRY(oct_onnx_attribute_text(onnx, "keep_aspect_ratio_policy", "stretch", policy,
                                    sizeof policy));
    OCT_REQUIRE(&onnx->log, strcmp(policy, "stretch") == 0, OCTET_UNSUPPORTED,
                "%s: its attribute 'keep_aspect_ratio_policy' is '%s'", onnx->label,
                oct_onnx_printable(onnx, policy));
cleanup:
    return status;
}

octet_status oct_onnx_resize(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    resizing r = {.sizes = {0}};
    char mode[16];
    size_t x = OCT_NONE, y = OCT_NONE;
    OCT_TRY(oct_onnx_input(onnx, 0, &x));
    const oct_value value = onnx->graph->values[x];
    OCT_TRY(check_defaults(onnx));
    OCT_TRY(oct_onnx_attribute_text(onnx, "mode", "nearest", mode, sizeof mode));
    const bool linear = strcmp(mode, "linear") == 0;
    OCT_REQUIRE(&onnx->log, linear || strcmp(mode, "nearest") == 0, OCTET_UNSUPPORTED,
                "%s: its attribute 'mode' is '%s'", onnx->label, oct_onnx_printable(onnx, mode));
    OCT_TRY(read_resizing(onnx, &value, &r));
    OCT_TRY(linear ? resize_linear(onnx, &r, x, &y) : resize_nearest(onnx, &r, x, &y));
    oct_onnx_set_output(onnx, y);
cleanup:
    return status;
}
