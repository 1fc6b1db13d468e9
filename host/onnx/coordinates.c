/* coordinates.c - where the elements of a resized dimension come from. Computed in float32, step by step
 * as ONNX Runtime does, since where they fall between two elements one bit decides. */
#include <math.h>
#include <string.h>

#include "onnx/onnx.h"

static float asymmetric(float x, const oct_onnx_stretch *s)
{
    return x / s->scale;
}

static float half_pixel(float x, const oct_onnx_stretch *s)
{
    return (x + 0.5f) / s->scale - 0.5f;
}

static float pytorch_half_pixel(float x, const oct_onnx_stretch *s)
{
    return s->to > 1.0f ? half_pixel(x, s) : 0.0f;
}

static float tf_half_pixel(float x, const oct_onnx_stretch *s)
{
    return (x + 0.5f) / s->scale;
}

static float align_corners(float x, const oct_onnx_stretch *s)
{
    return s->to == 1.0f ? 0.0f : x * (s->from - 1.0f) / (s->to - 1.0f);
}

static float half_pixel_symmetric(float x, const oct_onnx_stretch *s)
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
    oct_onnx_coordinate function;
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
    oct_onnx_nearest function;
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

octet_status oct_onnx_read_coordinate(oct_onnx *onnx, oct_onnx_coordinate *coordinate)
{
    octet_status status = OCTET_OK;
    size_t choice = 0;
    OCT_TRY(read_choice(onnx, "coordinate_transformation_mode", coordinates, sizeof coordinates[0],
                        sizeof coordinates / sizeof coordinates[0], &choice));
    *coordinate = onnx->opset < 11 ? asymmetric : coordinates[choice].function;
cleanup:
    return status;
}

octet_status oct_onnx_read_nearest(oct_onnx *onnx, oct_onnx_nearest *nearest)
{
    octet_status status = OCTET_OK;
    size_t choice = 0;
    OCT_TRY(read_choice(onnx, "nearest_mode", roundings, sizeof roundings[0],
                        sizeof roundings / sizeof roundings[0], &choice));
    *nearest = onnx->opset < 11 ? round_simple : roundings[choice].function;
cleanup:
    return status;
}
