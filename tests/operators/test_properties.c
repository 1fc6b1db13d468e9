/* test_properties.c - what arithmetic says of every layer, whoever computes it: shifted, split,
 * transposed and rearranged ones agree in every bit, on each device and on the reference. */
#include <stdio.h>
#include <stdlib.h>

#include "core/shape.h"
#include "support/stage.h"

/* So few rows and columns, and so few pairs of types, that devices need few programs. */
enum { ROUNDS = 4, MOST_BYTES = 1 << 14, MOST_ROWS = 32, MOST_CHANNELS = 32 };

/* x or w. Parameters: one, or one per index of the outermost dimension. */
typedef struct operand {
    octet_type type;
    octet_shape shape;
    size_t parameters;
    float scales[MOST_CHANNELS];
    int32_t zeros[MOST_CHANNELS];
    uint8_t bytes[MOST_BYTES];
} operand;

/* A convolution in either layout, or a gemm of x (m, k) or (batch, m, k) and w (n, k), B
 * transposed; "turned": of x (k, m), A transposed, and w (k, n). */
typedef struct layer {
    bool convolution, turned;
    octet_layout layout;
    operand x, w;
    size_t groups, stride[2], dilation[2], padding[4];
    octet_type y_type;
    octet_rounding rounding;
    float y_scale, float_bias[MOST_CHANNELS];
    int32_t y_zero, bias[MOST_CHANNELS];
    bool relu, clamp;
    int32_t low, high; /* of the clamp */
} layer;

/* ---- Drawing ---- */

/* All there is room for, so that checks may choose other shapes. Half of the weights have no zero
 * points: devices have kernels of their own for them. */
static void fill(operand *o, octet_type type, size_t parameters, bool centred, uint64_t *seed)
{
    o->type = type;
    o->parameters = parameters;
    for (size_t i = 0; i < MOST_BYTES; i++)
        o->bytes[i] = (uint8_t)oct_random_bits(seed);
    for (size_t i = 0; i < MOST_CHANNELS; i++) {
        o->scales[i] = 0x1p-7f + (float)oct_random_int(seed, 0, 1 << 20) * 0x1.3p-25f;
        o->zeros[i] = oct_random_int(seed, oct_type(type)->low, oct_type(type)->high);
        if (centred && type == OCTET_S8)
            o->zeros[i] = 0;
    }
}

/* Padding on all sides: convolutions without have programs of their own. */
static void draw_windows(layer *l, size_t depth, size_t columns, uint64_t *seed)
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

static void draw_matrices(layer *l, size_t depth, size_t columns, uint64_t *seed)
{
    const size_t batch = oct_random_size(seed, 1, 3), rows = oct_random_size(seed, 2, MOST_ROWS);
    l->x.shape = (octet_shape){3, {batch, rows, depth}};
    if (batch == 1)
        l->x.shape = (octet_shape){2, {rows, depth}};
    l->w.shape = (octet_shape){2, {columns, depth}};
}

/* What follows the sums. A clamp's bounds may lie on one side of the zero point; a relu's lower
 * bound is the zero point, which must not pass the upper one. */
static void draw_output(layer *l, octet_type type, size_t depth, uint64_t *seed)
{
    const bool bytes = oct_type_is_byte(type);
    l->y_type = type;
    l->y_scale = 0.02f * (float)depth; /* outputs fill their range */
    l->relu = type != OCTET_S32 && oct_random_size(seed, 0, 2) == 0;
    for (size_t i = 0; i < MOST_CHANNELS; i++) {
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

static void draw(layer *l, octet_type x, octet_type w, octet_type y, uint64_t *seed)
{
    const size_t depth = oct_random_size(seed, 2, 21);
    const size_t columns = oct_random_size(seed, 2, MOST_CHANNELS);
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

/* Where a check runs, and the numbers it may draw: the same everywhere. */
typedef struct place {
    octet_context *context;
    const char *what; /* begins failure messages */
    uint64_t *seed;
} place;

static octet_layer describe(const layer *l)
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

static octet_operator *make_gemm(const place *p, const layer *l)
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

static octet_operator *make_conv2d(const place *p, const layer *l)
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

/* y, freed by the caller; its shape goes to "shape". */
static void *compute(const place *p, const layer *l, octet_shape *shape)
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

static size_t size_of(const octet_shape *shape)
{
    size_t size = 0;
    assert_true(oct_shape_count(shape, &size));
    return size;
}

/* Computes a layer whose answer is known. */
static void expect(const place *p, const layer *l, const void *expected)
{
    octet_shape shape;
    void *const y = compute(p, l, &shape);
    oct_assert_same(p->what, l->y_type, size_of(&shape), expected, y);
    free(y);
}

/* ---- Shifted: values and their zero point by the same number ---- */

static int32_t between(int32_t value, int32_t low, int32_t high)
{
    return value < low ? low : value > high ? high : value;
}

static int32_t confined(int32_t value, octet_type to, int32_t by)
{
    return between(value, oct_type(to)->low - by, oct_type(to)->high - by);
}

/* Brings all values to where they can be shifted. */
static void confine(operand *o, octet_type to, int32_t by)
{
    for (size_t i = 0; i < MOST_BYTES; i++) {
        const int32_t value = o->type == OCTET_S8 ? (int8_t)o->bytes[i] : o->bytes[i];
        o->bytes[i] = (uint8_t)confined(value, to, by);
    }
    for (size_t i = 0; i < MOST_CHANNELS; i++)
        o->zeros[i] = confined(o->zeros[i], to, by);
}

static void shift(operand *o, octet_type to, int32_t by)
{
    o->type = to;
    for (size_t i = 0; i < MOST_BYTES; i++)
        o->bytes[i] = (uint8_t)(o->bytes[i] + by);
    for (size_t i = 0; i < MOST_CHANNELS; i++)
        o->zeros[i] += by;
}

static octet_type other(octet_type type)
{
    return type == OCTET_S8 ? OCTET_U8 : OCTET_S8;
}

/* "o" is an operand of "l". */
static void shift_both_ways(const place *p, layer *l, operand *o)
{
    const struct {
        octet_type to;
        int32_t by;
    } shifts[] = {{o->type, oct_random_int(p->seed, 1, 60)},
                  {o->type, oct_random_int(p->seed, -60, -1)},
                  {other(o->type), o->type == OCTET_S8 ? 128 : -128}};
    for (size_t i = 0; i < OCT_COUNT(shifts); i++) {
        octet_shape shape;
        confine(o, shifts[i].to, shifts[i].by);
        void *const expected = compute(p, l, &shape);
        shift(o, shifts[i].to, shifts[i].by);
        expect(p, l, expected);
        free(expected);
    }
}

static void shift_input(const place *p, layer *l)
{
    shift_both_ways(p, l, &l->x);
}

static void shift_weights(const place *p, layer *l)
{
    shift_both_ways(p, l, &l->w);
}

static void shift_output(const place *p, layer *l)
{
    const int32_t by = l->y_type == OCTET_S8 ? 128 : -128;
    octet_shape shape;
    uint8_t *const y = compute(p, l, &shape);
    for (size_t i = 0; i < size_of(&shape); i++)
        y[i] = (uint8_t)(y[i] + by);
    l->y_type = other(l->y_type);
    l->y_zero += by;
    l->low += by;
    l->high += by;
    expect(p, l, y);
    free(y);
}

/* ---- Split: the parts make up the whole ---- */

/* Keeps indices first.. of the innermost dimension. */
static void take_inner(operand *o, size_t first, size_t count)
{
    const size_t size = o->shape.size[o->shape.rank - 1], rows = size_of(&o->shape) / size;
    for (size_t i = 0; i < rows; i++)
        memmove(o->bytes + i * count, o->bytes + i * size + first, count);
    o->shape.size[o->shape.rank - 1] = count;
}

/* Keeps indices first.. of the outermost dimension. */
static void take_outer(operand *o, size_t first, size_t count)
{
    const size_t size = size_of(&o->shape) / o->shape.size[0];
    memmove(o->bytes, o->bytes + first * size, count * size);
    o->shape.size[0] = count;
    if (o->parameters == 1)
        return;
    memmove(o->scales, o->scales + first, count * sizeof *o->scales);
    memmove(o->zeros, o->zeros + first, count * sizeof *o->zeros);
    o->parameters = count;
}

static void split_depth(const place *p, layer *l)
{
    static layer part;
    const size_t depth = l->w.shape.size[l->w.shape.rank - 1];
    const size_t cut = oct_random_size(p->seed, 1, depth - 1);
    octet_shape shape;
    uint32_t *const whole = compute(p, l, &shape);
    for (int second = 0; second < 2; second++) {
        part = *l;
        take_inner(&part.x, second ? cut : 0, second ? depth - cut : cut);
        take_inner(&part.w, second ? cut : 0, second ? depth - cut : cut);
        if (!second)
            memset(part.bias, 0, sizeof part.bias);
        uint32_t *const sums = compute(p, &part, &shape);
        for (size_t i = 0; i < size_of(&shape); i++)
            whole[i] -= sums[i];
        free(sums);
    }
    void *const nothing = calloc(size_of(&shape), sizeof *whole);
    assert_non_null(nothing);
    oct_assert_same(p->what, OCTET_S32, size_of(&shape), nothing, whole);
    free(nothing);
    free(whole);
}

static void split_batch(const place *p, layer *l)
{
    static layer part;
    const size_t batch = l->x.shape.size[0], cut = oct_random_size(p->seed, 1, batch - 1);
    octet_shape shape;
    uint8_t *const whole = compute(p, l, &shape);
    const size_t bytes = size_of(&shape) / batch * oct_type(l->y_type)->size;
    for (int second = 0; second < 2; second++) {
        part = *l;
        take_outer(&part.x, second ? cut : 0, second ? batch - cut : cut);
        expect(p, &part, whole + (second ? cut : 0) * bytes);
    }
    free(whole);
}

static void split_columns(const place *p, layer *l)
{
    static layer part;
    const size_t columns = l->w.shape.size[0], cut = oct_random_size(p->seed, 1, columns - 1);
    const size_t size = oct_type(l->y_type)->size;
    octet_shape shape;
    uint8_t *const whole = compute(p, l, &shape), *const expected = malloc(size_of(&shape) * size);
    assert_non_null(expected);
    for (int second = 0; second < 2; second++) {
        const size_t first = second ? cut : 0, count = second ? columns - cut : cut;
        part = *l;
        take_outer(&part.w, first, count);
        memmove(part.bias, part.bias + first, count * sizeof *part.bias);
        memmove(part.float_bias, part.float_bias + first, count * sizeof *part.float_bias);
        for (size_t i = 0; i < size_of(&shape) / columns; i++)
            memcpy(expected + i * count * size, whole + (i * columns + first) * size, count * size);
        expect(p, &part, expected);
    }
    free(expected);
    free(whole);
}

/* ---- Transposed and rearranged ---- */

/* (rows, columns) to (columns, rows) in each of "count" matrices; the copy is freed by the caller.
 */
static void *transposed(const void *data, size_t count, size_t rows, size_t columns, size_t size)
{
    uint8_t *const copy = malloc(count * rows * columns * size);
    assert_non_null(copy);
    for (size_t i = 0; i < count * rows * columns; i++) {
        const size_t column = i % columns, row = i / columns % rows, matrix = i / columns / rows;
        memcpy(copy + ((matrix * columns + column) * rows + row) * size,
               (const uint8_t *)data + i * size, size);
    }
    return copy;
}

static void transpose(operand *o, size_t count, size_t rows, size_t columns)
{
    uint8_t *const copy = transposed(o->bytes, count, rows, columns, 1);
    memcpy(o->bytes, copy, count * rows * columns);
    free(copy);
}

/* (A B)^T = B^T A^T, whose rows have the zero points of the columns of B; and both operands stored
 * the other way around. */
static void swap_operands(const place *p, layer *l)
{
    static layer swapped;
    const size_t m = l->x.shape.size[l->x.shape.rank - 2], n = l->w.shape.size[0];
    const size_t k = l->w.shape.size[1];
    octet_shape shape;
    l->x.shape = (octet_shape){2, {m, k}};
    memset(l->bias, 0, sizeof l->bias);
    void *const y = compute(p, l, &shape), *const expected =
                                               transposed(y, 1, m, n, sizeof(int32_t));
    swapped = *l;
    swapped.x = l->w;
    swapped.w = l->x;
    expect(p, &swapped, expected);
    swapped.turned = true;
    transpose(&swapped.x, 1, n, k);
    transpose(&swapped.w, 1, m, k);
    swapped.x.shape = (octet_shape){2, {k, n}};
    swapped.w.shape = (octet_shape){2, {k, m}};
    expect(p, &swapped, expected);
    free(expected);
    free(y);
}

/* A window of one tap is a product: of the pixels it stops at, one per row. */
static void flatten(const place *p, layer *l)
{
    static layer product;
    const size_t *const in = l->x.shape.size;
    octet_shape shape;
    size_t rows = 0;
    l->w.shape.size[1] = l->w.shape.size[2] = 1;
    memset(l->padding, 0, sizeof l->padding);
    product = *l;
    product.convolution = false;
    for (size_t i = 0; i < in[0] * in[1] * in[2]; i++)
        if (i % in[2] % l->stride[1] == 0 && i / in[2] % in[1] % l->stride[0] == 0)
            memcpy(product.x.bytes + rows++ * in[3], l->x.bytes + i * in[3], in[3]);
    product.x.shape = (octet_shape){2, {rows, in[3]}};
    product.w.shape = (octet_shape){2, {l->w.shape.size[0], in[3]}};
    void *const y = compute(p, l, &shape);
    expect(p, &product, y);
    free(y);
}

static void bring_channels_forward(operand *o)
{
    size_t *const size = o->shape.size, height = size[1], width = size[2], channels = size[3];
    transpose(o, size[0], height * width, channels);
    size[1] = channels;
    size[2] = height;
    size[3] = width;
}

static void change_layout(const place *p, layer *l)
{
    octet_shape shape;
    void *const y = compute(p, l, &shape);
    void *const expected = transposed(y, shape.size[0], shape.size[1] * shape.size[2],
                                      shape.size[3], oct_type(l->y_type)->size);
    bring_channels_forward(&l->x);
    bring_channels_forward(&l->w);
    l->layout = OCTET_NCHW;
    expect(p, l, expected);
    free(expected);
    free(y);
}

/* A depthwise convolution is one whose weights are real zeros for all channels but its own. Of one
 * size of window, for which devices build kernels. */
static void fill_diagonal(const place *p, layer *l)
{
    static layer dense;
    const size_t channels = oct_random_size(p->seed, 16, MOST_CHANNELS), taps = 3 * 3;
    octet_shape shape;
    l->groups = l->w.parameters = l->x.shape.size[3] = channels;
    l->w.shape = (octet_shape){4, {channels, 3, 3, 1}};
    l->dilation[0] = l->dilation[1] = l->stride[1] = 1;
    dense = *l;
    dense.groups = 1;
    dense.w.shape.size[3] = channels;
    for (size_t i = 0; i < channels * taps * channels; i++) {
        const size_t channel = i / channels / taps;
        dense.w.bytes[i] =
            i % channels == channel ? l->w.bytes[i / channels] : (uint8_t)l->w.zeros[channel];
    }
    void *const y = compute(p, l, &shape);
    expect(p, &dense, y);
    free(y);
}

/* ---- Table ---- */

static const struct property {
    const char *name;
    bool convolution;
    octet_type x, w, y;
    void (*check)(const place *p, layer *l); /* may change the layer */
} properties[] = {
    /* clang-format off */
    /* name                                          conv   x         w         y          check */
    {"a gemm with its input shifted",                false, OCTET_U8, OCTET_S8, OCTET_S8,  shift_input},
    {"a convolution with its input shifted",         true,  OCTET_S8, OCTET_S8, OCTET_U8,  shift_input},
    {"a gemm with its weights shifted",              false, OCTET_S8, OCTET_S8, OCTET_U8,  shift_weights},
    {"a convolution with its weights shifted",       true,  OCTET_U8, OCTET_S8, OCTET_S8,  shift_weights},
    {"a gemm with its output shifted",               false, OCTET_U8, OCTET_S8, OCTET_S8,  shift_output},
    {"a convolution with its output shifted",        true,  OCTET_U8, OCTET_S8, OCTET_U8,  shift_output},
    {"a gemm less the two halves of its depth",      false, OCTET_U8, OCTET_U8, OCTET_S32, split_depth},
    {"a convolution less the two halves of it",      true,  OCTET_U8, OCTET_U8, OCTET_S32, split_depth},
    {"part of the batch of a gemm",                  false, OCTET_U8, OCTET_S8, OCTET_S8,  split_batch},
    {"part of the batch of a convolution, f32",      true,  OCTET_U8, OCTET_U8, OCTET_F32, split_batch},
    {"part of the columns of a gemm, f32",           false, OCTET_U8, OCTET_U8, OCTET_F32, split_columns},
    {"part of the channels of a convolution",        true,  OCTET_U8, OCTET_S8, OCTET_S8,  split_columns},
    {"a gemm of swapped operands",                   false, OCTET_U8, OCTET_U8, OCTET_S32, swap_operands},
    {"a gemm for a 1x1 convolution",                 true,  OCTET_U8, OCTET_U8, OCTET_S8,  flatten},
    {"a convolution with channels second",           true,  OCTET_U8, OCTET_S8, OCTET_S8,  change_layout},
    {"a dense convolution for a depthwise one",      true,  OCTET_U8, OCTET_S8, OCTET_S8,  fill_diagonal},
    /* clang-format on */
};

static void check_everywhere(void **state)
{
    const struct property *const property = *state;
    static layer drawn, own;
    uint64_t seed = (uint64_t)(property - properties);
    for (int round = 0; round < ROUNDS; round++) {
        drawn = (layer){.convolution = property->convolution};
        draw(&drawn, property->x, property->w, property->y, &seed);
        for (size_t i = 0; i < oct_the_rig.count; i++) {
            char what[256], x[OCT_SHAPE_TEXT], w[OCT_SHAPE_TEXT];
            uint64_t numbers = seed;
            snprintf(what, sizeof what, "%s, device %zu, drawn with x %.60s and w %.60s",
                     property->name, i, oct_shape_text(&drawn.x.shape, x),
                     oct_shape_text(&drawn.w.shape, w));
            own = drawn;
            property->check(&(place){oct_the_rig.contexts[i], what, &numbers}, &own);
        }
    }
}

int main(void)
{
    struct CMUnitTest tests[OCT_COUNT(properties)];
    for (size_t i = 0; i < OCT_COUNT(properties); i++)
        tests[i] = (struct CMUnitTest){properties[i].name, check_everywhere, NULL, NULL,
                                       (void *)&properties[i]}; /* read only */
    return cmocka_run_group_tests(tests, oct_rig_open, oct_rig_close);
}
