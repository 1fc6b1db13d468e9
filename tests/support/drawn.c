/* drawn.c - see drawn.h. */
#include "support/drawn.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/shape.h"
#include "runtime/cache.h"
#include "support/stage.h"

enum { ROUNDS = 4, MOST_ROWS = 32 };

/* ---- Drawing ---- */

/* All there is room for, so that checks may choose other shapes. Half of the weights have no zero
 * points: devices have kernels of their own for them. */
static void fill(oct_operand *o, octet_type type, size_t parameters, bool centred, uint64_t *seed)
{
    o->type = type;
    o->parameters = parameters;
    for (size_t i = 0; i < OCT_DRAWN_BYTES; i++)
        o->bytes[i] = (uint8_t)oct_random_bits(seed);
    for (size_t i = 0; i < OCT_DRAWN_CHANNELS; i++) {
        o->scales[i] = 0x1p-7f + (float)oct_random_int(seed, 0, 1 << 20) * 0x1.3p-25f;
        o->zeros[i] = oct_random_int(seed, oct_type(type)->low, oct_type(type)->high);
        if (centred && type == OCTET_S8)
            o->zeros[i] = 0;
    }
}

/* Padding on all sides: convolutions without have programs of their own. */
static void draw_windows(oct_drawn *l, size_t depth, size_t columns, uint64_t *seed)
{
    l->x.shape = (octet_shape){4, {0, 0, 0, depth}};
    l->w.shape = (octet_shape){4, {columns, 0, 0, depth}};
    l->x.shape.size[0] = oct_random_size(seed, 2, 3);
    for (size_t i = 0; i < 2; i++) {
        l->x.shape.size[1 + i] = oct_random_size(seed, 5, 9);
        l->w.shape.size[1 + i] = oct_random_size(seed, 1, 3);
        l->stride[i] = oct_random_size(seed, 1, 2);
        l->dilation[i] = oct_random_size(seed, 1, 2);
        l->padding[i] = oct_random_size(seed, 1, 2);
        l->padding[2 + i] = oct_random_size(seed, 1, 2);
    }
}

static void draw_matrices(oct_drawn *l, size_t depth, size_t columns, uint64_t *seed)
{
    const size_t batch = oct_random_size(seed, 1, 3), rows = oct_random_size(seed, 2, MOST_ROWS);
    l->x.shape = (octet_shape){3, {batch, rows, depth}};
    if (batch == 1)
        l->x.shape = (octet_shape){2, {rows, depth}};
    l->w.shape = (octet_shape){2, {columns, depth}};
}

/* What follows the sums. A clamp's bounds may lie on one side of the zero point; a relu's lower
 * bound is the zero point, which must not pass the upper one. */
static void draw_output(oct_drawn *l, octet_type type, size_t depth, uint64_t *seed)
{
    const bool bytes = oct_type_is_byte(type);
    l->y_type = type;
    l->y_scale = 0.02f * (float)depth; /* outputs fill their range */
    l->relu = type != OCTET_S32 && oct_random_size(seed, 0, 2) == 0;
    for (size_t i = 0; i < OCT_DRAWN_CHANNELS; i++) {
        const int32_t reach = oct_random_size(seed, 0, 7) == 0 ? (1 << 30) - 1 : 100000;
        l->bias[i] = oct_random_int(seed, -reach, reach);
        l->float_bias[i] = (float)l->bias[i] * 0.0037f;
    }
    if (!bytes)
        return;
    l->rounding = (octet_rounding)oct_random_int(seed, 0, OCTET_ROUND_FIXED_SINGLE);
    l->y_zero = oct_random_int(seed, oct_type(type)->low, oct_type(type)->high);
    l->clamp = oct_random_size(seed, 0, 1) == 0;
    l->high = oct_random_int(seed, l->relu ? l->y_zero : oct_type(type)->low, oct_type(type)->high);
    l->low = oct_random_int(seed, oct_type(type)->low, l->high);
}

static void draw(oct_drawn *l, octet_type x, octet_type w, octet_type y, uint64_t *seed)
{
    const size_t depth = oct_random_size(seed, 2, 21);
    const size_t columns = oct_random_size(seed, 2, OCT_DRAWN_CHANNELS);
    const bool centred = oct_random_size(seed, 0, 1) == 0;
    fill(&l->x, x, 1, false, seed);
    fill(&l->w, w, columns, centred, seed);
    l->groups = 1;
    draw_output(l, y, depth, seed);
    if (l->convolution)
        draw_windows(l, depth, columns, seed);
    else
        draw_matrices(l, depth, columns, seed);
}

/* ---- Computing ---- */

static octet_layer describe(const oct_drawn *l)
{
    const bool is_float = l->y_type == OCTET_F32;
    return (octet_layer){.input_type = l->x.type,
                         .weight_type = l->w.type,
                         .output_type = l->y_type,
                         .input = {l->x.scales, l->x.parameters, l->x.zeros, l->x.parameters},
                         .weights = {l->w.scales, l->w.parameters, l->w.zeros, l->w.parameters},
                         .output = {&l->y_scale, 1, &l->y_zero, oct_type_is_byte(l->y_type)},
                         .rounding = l->rounding,
                         .relu = l->relu,
                         .clamp = l->clamp,
                         .clamp_min = l->low,
                         .clamp_max = l->high,
                         .weight_data = l->w.bytes,
                         .bias = is_float ? (const void *)l->float_bias : l->bias,
                         .bias_type = is_float ? OCTET_F32 : OCTET_S32};
}

static octet_operator *make_gemm(const oct_place *p, const oct_drawn *l)
{
    const octet_gemm_desc desc = {.struct_size = sizeof desc,
                                  .layer = describe(l),
                                  .n = l->w.shape.size[l->turned],
                                  .k = l->w.shape.size[!l->turned],
                                  .transpose_a = l->turned,
                                  .transpose_b = !l->turned};
    octet_operator *op = NULL;
    OCT_ASSERT_OK(octet_gemm_create(p->context, &desc, &op));
    return op;
}

static octet_operator *make_conv2d(const oct_place *p, const oct_drawn *l)
{
    octet_conv2d_desc desc = {.struct_size = sizeof desc,
                              .layer = describe(l),
                              .layout = l->layout,
                              .input_channels = l->x.shape.size[l->layout == OCTET_NHWC ? 3 : 1],
                              .output_channels = l->w.shape.size[0],
                              .groups = l->groups};
    octet_operator *op = NULL;
    memcpy(desc.kernel, &l->w.shape.size[l->layout == OCTET_NHWC ? 1 : 2], sizeof desc.kernel);
    memcpy(desc.stride, l->stride, sizeof desc.stride);
    memcpy(desc.dilation, l->dilation, sizeof desc.dilation);
    memcpy(desc.padding, l->padding, sizeof desc.padding);
    OCT_ASSERT_OK(octet_conv2d_create(p->context, &desc, &op));
    return op;
}

void *oct_drawn_compute(const oct_place *p, const oct_drawn *l, octet_shape *shape)
{
    const oct_array x = {l->x.type, l->x.shape, l->x.bytes};
    octet_operator *const op = l->convolution ? make_conv2d(p, l) : make_gemm(p, l);
    oct_stage stage = {0};
    oct_stage_open(&stage, p->context, op, &x, 1, &l->y_type, 1);
    oct_stage_run(&stage);
    *shape = stage.execution.output_shapes[0];
    void *const y = oct_stage_output(&stage, 0);
    oct_stage_close(&stage);
    return y;
}

size_t oct_elements(const octet_shape *shape)
{
    size_t size = 0;
    assert_true(oct_shape_count(shape, &size));
    return size;
}

void oct_drawn_expect(const oct_place *p, const oct_drawn *l, const void *expected)
{
    octet_shape shape;
    void *const y = oct_drawn_compute(p, l, &shape);
    oct_assert_same(p->what, l->y_type, oct_elements(&shape), expected, y);
    free(y);
}

/* ---- Checking ---- */

static void check_everywhere(void **state)
{
    const oct_property *const property = *state;
    static oct_drawn drawn, own;
    uint64_t seed = oct_hash(property->name, strlen(property->name));
    for (int round = 0; round < ROUNDS; round++) {
        drawn = (oct_drawn){.convolution = property->convolution};
        draw(&drawn, property->x, property->w, property->y, &seed);
        for (size_t i = 0; i < oct_the_rig.count; i++) {
            char what[256], x[OCT_SHAPE_TEXT], w[OCT_SHAPE_TEXT];
            uint64_t numbers = seed;
            snprintf(what, sizeof what, "%s, device %zu, drawn with x %.60s and w %.60s",
                     property->name, i, oct_shape_text(&drawn.x.shape, x),
                     oct_shape_text(&drawn.w.shape, w));
            own = drawn;
            property->check(&(oct_place){oct_the_rig.contexts[i], what, &numbers}, &own);
        }
    }
}

void oct_property_tests(const oct_property *properties, size_t count, struct CMUnitTest *tests)
{
    for (size_t i = 0; i < count; i++)
        tests[i] = (struct CMUnitTest){.name = properties[i].name,
                                       .test_func = check_everywhere,
                                       .initial_state = (void *)&properties[i]}; /* read only */
}
