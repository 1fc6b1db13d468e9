/* op_resize.c - Resize: each dimension by a factor of its own. Coordinates are computed in float32, step
 * by step as ONNX Runtime does, since where they fall between two elements one bit decides. */
#include <math.h>
#include <string.h>

#include "onnx/onnx.h"

/* float32 holds all indices up to here. */
#define MOST_SIZE ((size_t)1 << 24)

/* ---- Attributes ---- */

/* One dimension: element x of "to" lies between those of "from". */
typedef struct stretch {
    float scale; /* to / from, or what the model says */
    float from, to;
} stretch;

typedef float (*coordinate_fn)(float x, const stretch *s);
typedef float (*nearest_fn)(float x, bool shrinks);

static float asymmetric(float x, const stretch *s)
{
    return x / s->scale;
}

static float half_pixel(float x, const stretch *s)
{
    return (x + 0.5f) / s->scale - 0.5f;
}

static float pytorch_half_pixel(float x, const stretch *s)
{
    return s->to > 1.0f ? half_pixel(x, s) : 0.0f;
}

static float tf_half_pixel(float x, const stretch *s)
{
    return (x + 0.5f) / s->scale;
}

static float align_corners(float x, const stretch *s)
{
    return s->to == 1.0f ? 0.0f : x * (s->from - 1.0f) / (s->to - 1.0f);
}

static float half_pixel_symmetric(float x, const stretch *s)
{
    const float whole = s->scale * s->from, adjustment = s->to / whole;
    const float offset = s->from / 2.0f * (1.0f - adjustment);
    return (float)((double)offset + ((double)x + 0.5) / (double)s->scale - 0.5);
}

/* ONNX Runtime takes for halfway what is as near to it as rounding errors are. */
static bool is_tie(float x)
{
    return fabsf((x - floorf(x)) - 0.5f) <= 1e-6f;
}

static float round_prefer_floor(float x, bool shrinks)
{
    (void)shrinks;
    return is_tie(x) ? floorf(x) : roundf(x);
}

static float round_prefer_ceil(float x, bool shrinks)
{
    (void)shrinks;
    return is_tie(x) ? ceilf(x) : roundf(x);
}

static float round_down(float x, bool shrinks)
{
    (void)shrinks;
    return floorf(x);
}

static float round_up(float x, bool shrinks)
{
    (void)shrinks;
    return ceilf(x);
}

/* Before version 11 of the operator set. */
static float round_simple(float x, bool shrinks)
{
    return shrinks ? ceilf(x) : truncf(x);
}

static const struct {
    const char *name;
    coordinate_fn function;
} coordinates[] = {
    {"half_pixel", half_pixel},
    {"pytorch_half_pixel", pytorch_half_pixel},
    {"asymmetric", asymmetric},
    {"align_corners", align_corners},
    {"half_pixel_symmetric", half_pixel_symmetric},
    {"tf_half_pixel_for_nn", tf_half_pixel},
};

static const struct {
    const char *name;
    nearest_fn function;
} roundings[] = {
    {"round_prefer_floor", round_prefer_floor},
    {"round_prefer_ceil", round_prefer_ceil},
    {"floor", round_down},
    {"ceil", round_up},
};

/* Which of the names in a table with rows of "stride" bytes an attribute has, by default the first. */
static octet_status read_choice(oct_onnx *onnx, const char *attribute, const void *table,
                                size_t stride, size_t count, size_t *choice)
{
    octet_status status = OCTET_OK;
    const char *name = NULL;
    char text[32];
    memcpy(&name, table, sizeof name);
    OCT_TRY(oct_onnx_attribute_text(onnx, attribute, name, text, sizeof text));
    for (*choice = 0; *choice < count; ++*choice) {
        memcpy(&name, (const char *)table + *choice * stride, sizeof name);
        if (strcmp(text, name) == 0)
            return OCTET_OK;
    }
    OCT_REQUIRE(&onnx->log, false, OCTET_UNSUPPORTED, "%s: its attribute '%s' is '%s'", onnx->label,
                attribute, oct_onnx_printable(onnx, text));
cleanup:
    return status;
}

/* ---- Sizes ---- */

typedef struct resizing {
    stretch axes[OCTET_MAX_RANK];
    size_t sizes[OCTET_MAX_RANK]; /* of the output */
} resizing;

/* The dimensions that scales or sizes are of: all, or since version 18 those listed. */
static octet_status read_axes(oct_onnx *onnx, size_t rank, size_t given, size_t *axes)
{
    octet_status status = OCTET_OK;
    const int64_t *list = NULL;
    bool seen[OCTET_MAX_RANK] = {false};
    size_t count = 0;
    OCT_TRY(oct_onnx_attribute_integers(onnx, "axes", &list, &count));
    OCT_REQUIRE(&onnx->log, given == (list != NULL ? count : rank) && given <= rank,
                OCTET_INVALID_ARGUMENT, "%s: %zu scales or sizes for %zu of %zu dimensions",
                onnx->label, given, list != NULL ? count : rank, rank);
    for (size_t i = 0; i < given; i++) {
        axes[i] = i;
        if (list != NULL)
            OCT_TRY(oct_onnx_axis(onnx, list[i], rank, &axes[i]));
        OCT_REQUIRE(&onnx->log, !seen[axes[i]], OCTET_INVALID_ARGUMENT,
                    "%s: axis %zu is there twice", onnx->label, axes[i]);
        seen[axes[i]] = true;
    }
cleanup:
    return status;
}

static octet_status read_scales(oct_onnx *onnx, const oct_value *x, const oct_value *scales,
                                resizing *r)
{
    octet_status status = OCTET_OK;
    size_t axes[OCTET_MAX_RANK];
    OCT_REQUIRE(&onnx->log, scales->type == OCTET_F32 && scales->shape.rank == 1,
                OCTET_INVALID_ARGUMENT, "%s: its scales are %s with %zu dimensions", onnx->label,
                oct_type(scales->type)->name, scales->shape.rank);
    OCT_TRY(read_axes(onnx, x->shape.rank, scales->shape.size[0], axes));
    for (size_t i = 0; i < scales->shape.size[0]; i++) {
        const size_t axis = axes[i];
        const float scale = ((const float *)scales->data)[i];
        const float size = scale * (float)x->shape.size[axis];
        OCT_REQUIRE(&onnx->log, scale > 0.0f && size >= 1.0f && size < 0x1p31f,
                    OCTET_INVALID_ARGUMENT, "%s: a scale of %g for dimension %zu of %zu",
                    onnx->label, (double)scale, axis, x->shape.size[axis]);
        r->sizes[axis] = (size_t)size;
        r->axes[axis] = (stretch){scale, (float)x->shape.size[axis], (float)r->sizes[axis]};
    }
cleanup:
    return status;
}

/* The size of an open first dimension may be asked for again. */
static octet_status read_sizes(oct_onnx *onnx, const oct_value *x, resizing *r)
{
    octet_status status = OCTET_OK;
    oct_onnx_sizes sizes = {.count = 0};
    size_t axes[OCTET_MAX_RANK];
    OCT_TRY(oct_onnx_get_sizes(onnx, 3, "sizes", &sizes));
    OCT_TRY(read_axes(onnx, x->shape.rank, sizes.count, axes));
    for (size_t i = 0; i < sizes.count; i++) {
        const size_t axis = axes[i];
        const int64_t size = sizes.values[i];
        OCT_REQUIRE(&onnx->log, size > 0 && size <= INT32_MAX, OCTET_INVALID_ARGUMENT,
                    "%s: a size of %lld for dimension %zu", onnx->label, (long long)size, axis);
        OCT_REQUIRE(&onnx->log, sizes.open[i] == (axis == 0 && x->batched), OCTET_UNSUPPORTED,
                    "%s: its size of dimension %zu %s the number of images", onnx->label, axis,
                    sizes.open[i] ? "depends on" : "does not depend on");
        const float from = (float)x->shape.size[axis], to = (float)size;
        r->sizes[axis] = (size_t)size;
        r->axes[axis] = (stretch){to / from, from, to};
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
        r->axes[i] = (stretch){1.0f, (float)x->shape.size[i], (float)x->shape.size[i]};
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

/* ---- Nearest ---- */

static octet_status add_nearest(oct_onnx *onnx, const stretch *s, size_t axis, size_t size,
                                coordinate_fn coordinate, nearest_fn nearest,
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

/* Where no size changes ONNX Runtime copies, whatever the scales. */
static bool changes_sizes(const resizing *r, size_t rank)
{
    bool changes = false;
    for (size_t i = 0; i < rank; i++)
        changes = changes || (float)r->sizes[i] != r->axes[i].from;
    return changes;
}

static octet_status resize_nearest(oct_onnx *onnx, const resizing *r, coordinate_fn coordinate,
                                   size_t x)
{
    octet_status status = OCTET_OK;
    octet_gather_desc desc;
    size_t rounding = 0, y = OCT_NONE;
    OCT_TRY(read_choice(onnx, "nearest_mode", roundings, sizeof roundings[0],
                        sizeof roundings / sizeof roundings[0], &rounding));
    OCT_TRY(oct_onnx_start_tables(onnx, x, &desc));
    for (size_t i = 0; i < desc.rank; i++)
        if (changes_sizes(r, desc.rank) && r->axes[i].scale != 1.0f)
            OCT_TRY(add_nearest(
                onnx, &r->axes[i], i, r->sizes[i], onnx->opset < 11 ? asymmetric : coordinate,
                onnx->opset < 11 ? round_simple : roundings[rounding].function, &desc));
    OCT_TRY(oct_graph_gather(onnx->graph, onnx->node_name, &desc, x, &y));
    oct_onnx_set_output(onnx, y);
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
    size_t x = OCT_NONE, coordinate = 0;
    OCT_TRY(oct_onnx_input(onnx, 0, &x));
    const oct_value value = onnx->graph->values[x];
    OCT_TRY(check_defaults(onnx));
    OCT_TRY(oct_onnx_attribute_text(onnx, "mode", "nearest", mode, sizeof mode));
    OCT_TRY(read_choice(onnx, "coordinate_transformation_mode", coordinates, sizeof coordinates[0],
                        sizeof coordinates / sizeof coordinates[0], &coordinate));
    OCT_REQUIRE(&onnx->log, strcmp(mode, "nearest") == 0, OCTET_UNSUPPORTED,
                "%s: its attribute 'mode' is '%s'", onnx->label, oct_onnx_printable(onnx, mode));
    OCT_TRY(read_resizing(onnx, &value, &r));
    OCT_TRY(resize_nearest(onnx, &r, coordinates[coordinate].function, x));
cleanup:
    return status;
}
