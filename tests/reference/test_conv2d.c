/* test_conv2d.c - convolutions: by hand, and against sums in int64. */
#include "reference/reference.h"

#include <stdlib.h>

#include "support/unit.h"

enum { MOST_CHANNELS = 160, MOST_VALUES = 40 };

static const int32_t zeros[MOST_CHANNELS];

static size_t output_count(const oct_conv2d_geometry *geometry)
{
    return geometry->images * geometry->out_height * geometry->out_width * geometry->out_channels;
}

static size_t input_count(const oct_conv2d_geometry *geometry)
{
    return geometry->images * geometry->height * geometry->width * geometry->channels;
}

static size_t tap_count(const oct_conv2d_geometry *geometry)
{
    return geometry->window.kernel[0] * geometry->window.kernel[1] *
           (geometry->channels / geometry->groups);
}

static bool set_output_size(oct_conv2d_geometry *geometry)
{
    return oct_window_output(&geometry->window, 0, geometry->height, false,
                             &geometry->out_height) &&
           oct_window_output(&geometry->window, 1, geometry->width, false, &geometry->out_width);
}

static oct_epilogue s32_epilogue(size_t columns, const int32_t *bias)
{
    return (oct_epilogue){.store = OCT_STORE_S32,
                          .output_type = OCTET_S32,
                          .columns = columns,
                          .rows = 1,
                          .bias = bias};
}

/* ---- By hand: U8 images, S8 weights, S32 sums ---- */

typedef struct hand_case {
    const char *name;
    oct_conv2d_geometry geometry; /* output sizes are those that are expected */
    int32_t input_zero_point, weight_zero_points[4];
    int16_t input[MOST_VALUES], weights[MOST_VALUES];
    int32_t expected[MOST_VALUES];
} hand_case;

static const hand_case hand_cases[] = {
    {.name = "one tap",
     .geometry = {OCTET_NHWC, 1, 1, 3, 1, 1, 3, 1, 1, {{1, 1}, {1, 1}, {1, 1}, {0}}},
     .input_zero_point = 10,
     .weight_zero_points = {-2},
     .input = {10, 11, 0},
     .weights = {5},
     .expected = {0, 7, -70}},
    {.name = "padding holds the input's zero point",
     .geometry = {OCTET_NHWC, 1, 1, 1, 1, 1, 1, 1, 1, {{3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}}},
     .input_zero_point = 3,
     .weight_zero_points = {-1},
     .input = {10},
     .weights = {1, 1, 1, 1, 4, 1, 1, 1, 1},
     .expected = {35}},
    {.name = "padding alone is zero",
     .geometry = {OCTET_NHWC, 1, 1, 1, 1, 1, 3, 1, 1, {{1, 1}, {1, 1}, {1, 1}, {0, 1, 0, 1}}},
     .input_zero_point = 200,
     .weight_zero_points = {7},
     .input = {201},
     .weights = {100},
     .expected = {0, 93, 0}},
    {.name = "padding differs on every side",
     .geometry = {OCTET_NHWC, 1, 1, 2, 1, 2, 4, 1, 1, {{2, 2}, {1, 1}, {1, 1}, {2, 1, 0, 2}}},
     .input = {1, 2},
     .weights = {1, 10, 100, -100},
     .expected = {0, 0, 0, 0, -100, -100, 200, 0}},
    {.name = "dilation 3 along the width",
     .geometry = {OCTET_NHWC, 1, 1, 5, 1, 1, 2, 1, 1, {{1, 2}, {1, 1}, {1, 3}, {0}}},
     .input = {1, 2, 3, 4, 5},
     .weights = {1, 10},
     .expected = {41, 52}},
    {.name = "dilation 2 along the height",
     .geometry = {OCTET_NHWC, 1, 4, 1, 1, 2, 1, 1, 1, {{2, 1}, {1, 1}, {2, 1}, {0}}},
     .input = {1, 2, 3, 4},
     .weights = {1, 10},
     .expected = {31, 42}},
    {.name = "stride 2 along the width, 3 along the height",
     .geometry = {OCTET_NHWC, 1, 4, 4, 1, 2, 2, 1, 1, {{1, 1}, {3, 2}, {1, 1}, {0}}},
     .input = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
     .weights = {2},
     .expected = {0, 4, 24, 28}},
    {.name = "two channels in, three out, NHWC",
     .geometry = {OCTET_NHWC, 1, 1, 2, 2, 1, 2, 3, 1, {{1, 1}, {1, 1}, {1, 1}, {0}}},
     .weight_zero_points = {0, 1, 0},
     .input = {1, 2, 3, 4},
     .weights = {1, 10, 1, 1, -1, 2},
     .expected = {21, 0, 3, 43, 0, 5}},
    {.name = "two channels in, three out, NCHW",
     .geometry = {OCTET_NCHW, 1, 1, 2, 2, 1, 2, 3, 1, {{1, 1}, {1, 1}, {1, 1}, {0}}},
     .weight_zero_points = {0, 1, 0},
     .input = {1, 3, 2, 4},
     .weights = {1, 10, 1, 1, -1, 2},
     .expected = {21, 43, 0, 0, 3, 5}},
    {.name = "two groups of two outputs, NHWC",
     .geometry = {OCTET_NHWC, 1, 1, 1, 4, 1, 1, 4, 2, {{1, 1}, {1, 1}, {1, 1}, {0}}},
     .input = {1, 2, 3, 4},
     .weights = {1, 10, 2, 20, 3, 30, 4, 40},
     .expected = {21, 42, 129, 172}},
    {.name = "depthwise with multiplier 2, NHWC",
     .geometry = {OCTET_NHWC, 1, 1, 2, 2, 1, 1, 4, 2, {{1, 2}, {1, 1}, {1, 1}, {0}}},
     .weight_zero_points = {0, 0, 0, 1},
     .input = {1, 100, 2, 200},
     .weights = {1, 10, -1, 3, 1, 1, 5, 2},
     .expected = {21, 5, 300, 600}},
    {.name = "depthwise, NCHW",
     .geometry = {OCTET_NCHW, 1, 1, 3, 2, 1, 2, 2, 2, {{1, 2}, {1, 1}, {1, 1}, {0}}},
     .input = {1, 2, 3, 100, 50, 25},
     .weights = {1, -1, 2, 4},
     .expected = {-1, -1, 400, 200}},
    {.name = "order of taps, NHWC",
     .geometry = {OCTET_NHWC, 1, 2, 2, 2, 1, 1, 1, 1, {{2, 2}, {1, 1}, {1, 1}, {0}}},
     .input = {1, 0, 0, 0, 0, 5, 0, 0},
     .weights = {1, 2, 3, 4, 5, 6, 7, 8},
     .expected = {31}},
    {.name = "order of taps, NCHW",
     .geometry = {OCTET_NCHW, 1, 2, 2, 2, 1, 1, 1, 1, {{2, 2}, {1, 1}, {1, 1}, {0}}},
     .input = {1, 0, 0, 0, 0, 0, 5, 0},
     .weights = {1, 2, 3, 4, 5, 6, 7, 8},
     .expected = {36}},
    {.name = "two images",
     .geometry = {OCTET_NHWC, 2, 1, 2, 1, 1, 1, 1, 1, {{1, 2}, {1, 1}, {1, 1}, {0}}},
     .input = {1, 2, 30, 40},
     .weights = {1, 1},
     .expected = {3, 70}},
    {.name = "no images",
     .geometry = {OCTET_NHWC, 0, 1, 2, 1, 1, 1, 1, 1, {{1, 2}, {1, 1}, {1, 1}, {0}}}},
};

static void convolve_by_hand(void **state)
{
    const hand_case *const c = *state;
    oct_conv2d_geometry geometry = c->geometry;
    const oct_reference_conv2d conv = {OCTET_U8,
                                       OCTET_S8,
                                       geometry,
                                       c->input_zero_point,
                                       c->weight_zero_points,
                                       s32_epilogue(geometry.out_channels, zeros)};
    uint8_t input[MOST_VALUES], weights[MOST_VALUES];
    int32_t output[MOST_VALUES];
    for (size_t i = 0; i < MOST_VALUES; i++) {
        input[i] = (uint8_t)c->input[i];
        weights[i] = (uint8_t)c->weights[i];
        output[i] = 12345;
    }
    assert_true(set_output_size(&geometry));
    assert_int_equal(geometry.out_height, c->geometry.out_height);
    assert_int_equal(geometry.out_width, c->geometry.out_width);
    oct_reference_conv2d_run(&conv, input, weights, output);
    for (size_t i = 0; i < MOST_VALUES; i++)
        assert_int_equal(output[i], i < output_count(&geometry) ? c->expected[i] : 12345);
}

/* ---- Against sums in int64 over seeded shapes ---- */

typedef struct seeded {
    oct_reference_conv2d conv;
    uint8_t *input, *weights;
    int32_t *sums;
    int32_t weight_zeros[MOST_CHANNELS], bias[MOST_CHANNELS];
    float multipliers[MOST_CHANNELS];
} seeded;

static int64_t value_of(octet_type type, const uint8_t *bytes, size_t index)
{
    const int64_t value = bytes[index];
    return type == OCTET_S8 && value > 127 ? value - 256 : value;
}

/* The element (n, c, y, x) of an image; an element of the padding is the zero point. */
static int64_t input_value(const seeded *s, size_t n, size_t c, int64_t y, int64_t x)
{
    const oct_conv2d_geometry *const g = &s->conv.geometry;
    if (y < 0 || x < 0 || y >= (int64_t)g->height || x >= (int64_t)g->width)
        return s->conv.input_zero_point;
    const size_t row = (size_t)y, column = (size_t)x;
    const size_t index = g->layout == OCTET_NCHW
                             ? n * g->channels * g->height * g->width + c * g->height * g->width +
                                   row * g->width + column
                             : n * g->height * g->width * g->channels +
                                   row * g->width * g->channels + column * g->channels + c;
    return value_of(s->conv.input_type, s->input, index);
}

static int64_t weight_value(const seeded *s, size_t o, size_t c, size_t ky, size_t kx)
{
    const oct_conv2d_geometry *const g = &s->conv.geometry;
    const size_t height = g->window.kernel[0], width = g->window.kernel[1];
    const size_t channels = g->channels / g->groups;
    const size_t index = g->layout == OCTET_NCHW ? ((o * channels + c) * height + ky) * width + kx
                                                 : ((o * height + ky) * width + kx) * channels + c;
    return value_of(s->conv.weight_type, s->weights, index);
}

static int64_t sum_of(const seeded *s, size_t n, size_t o, size_t y, size_t x)
{
    const oct_conv2d_geometry *const g = &s->conv.geometry;
    const oct_window *const w = &g->window;
    const size_t channels = g->channels / g->groups, group = o / (g->out_channels / g->groups);
    int64_t sum = 0;
    for (size_t c = 0; c < channels; c++)
        for (size_t ky = 0; ky < w->kernel[0]; ky++)
            for (size_t kx = 0; kx < w->kernel[1]; kx++) {
                const int64_t row =
                    (int64_t)(y * w->stride[0] + ky * w->dilation[0]) - (int64_t)w->padding[0];
                const int64_t column =
                    (int64_t)(x * w->stride[1] + kx * w->dilation[1]) - (int64_t)w->padding[1];
                sum += (input_value(s, n, group * channels + c, row, column) -
                        s->conv.input_zero_point) *
                       (weight_value(s, o, c, ky, kx) - s->conv.weight_zero_points[o]);
            }
    return sum;
}

static void choose_geometry(oct_conv2d_geometry *g, uint64_t *seed)
{
    oct_window *const w = &g->window;
    do {
        g->layout = oct_random_bits(seed) % 2 ? OCTET_NCHW : OCTET_NHWC;
        g->images = oct_random_size(seed, 1, 2);
        g->height = oct_random_size(seed, 1, 9);
        g->width = oct_random_size(seed, 1, 9);
        g->groups = oct_random_size(seed, 1, 3);
        g->channels = g->groups * oct_random_size(seed, 1, 5);
        g->out_channels = g->groups * oct_random_size(seed, 1, 5);
        for (size_t axis = 0; axis < 2; axis++) {
            w->kernel[axis] = oct_random_size(seed, 1, 4);
            w->stride[axis] = oct_random_size(seed, 1, 3);
            w->dilation[axis] = oct_random_size(seed, 1, 3);
            w->padding[axis] = oct_random_size(seed, 0, 3);
            w->padding[axis + 2] = oct_random_size(seed, 0, 3);
        }
    } while (!set_output_size(g));
}

static int32_t any_value(octet_type type, uint64_t *seed)
{
    return oct_random_int(seed, oct_type(type)->low, oct_type(type)->high);
}

static uint8_t *random_bytes(size_t count, uint64_t *seed)
{
    uint8_t *const bytes = malloc(count);
    assert_non_null(bytes);
    for (size_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)oct_random_bits(seed);
    return bytes;
}

/* Random data for the geometry that "s" has already. */
static void fill(seeded *s, uint64_t *seed)
{
    oct_conv2d_geometry *const g = &s->conv.geometry;
    s->conv.input_type = oct_random_bits(seed) % 2 ? OCTET_U8 : OCTET_S8;
    s->conv.weight_type = oct_random_bits(seed) % 2 ? OCTET_U8 : OCTET_S8;
    s->conv.input_zero_point = any_value(s->conv.input_type, seed);
    for (size_t o = 0; o < g->out_channels; o++) {
        s->weight_zeros[o] = any_value(s->conv.weight_type, seed);
        s->bias[o] = oct_random_int(seed, -100000, 100000);
        s->multipliers[o] = (float)oct_random_int(seed, 1, 1000) * 1e-6f;
    }
    s->conv.weight_zero_points = s->weight_zeros;
    s->conv.epilogue = s32_epilogue(g->out_channels, s->bias);
    s->input = random_bytes(input_count(g), seed);
    s->weights = random_bytes(g->out_channels * tap_count(g), seed);
    s->sums = malloc(output_count(g) * sizeof s->sums[0]);
    assert_non_null(s->sums);
}

static void release(seeded *s)
{
    free(s->input);
    free(s->weights);
    free(s->sums);
}

static size_t output_index(const oct_conv2d_geometry *g, size_t n, size_t o, size_t y, size_t x)
{
    return g->layout == OCTET_NCHW
               ? ((n * g->out_channels + o) * g->out_height + y) * g->out_width + x
               : ((n * g->out_height + y) * g->out_width + x) * g->out_channels + o;
}

static void assert_sums(const seeded *s)
{
    const oct_conv2d_geometry *const g = &s->conv.geometry;
    oct_reference_conv2d_run(&s->conv, s->input, s->weights, s->sums);
    for (size_t n = 0; n < g->images; n++)
        for (size_t o = 0; o < g->out_channels; o++)
            for (size_t y = 0; y < g->out_height; y++)
                for (size_t x = 0; x < g->out_width; x++)
                    assert_int_equal(s->sums[output_index(g, n, o, y, x)],
                                     sum_of(s, n, o, y, x) + s->bias[o]);
}

static void sums_equal_int64(void **state)
{
    static seeded s;
    uint64_t seed = 4;
    (void)state;
    for (int i = 0; i < 500; i++) {
        choose_geometry(&s.conv.geometry, &seed);
        fill(&s, &seed);
        assert_sums(&s);
        release(&s);
    }
}

/* More taps and more channels than are summed in one piece, and enough work for several threads. */
static void long_sums_equal_int64(void **state)
{
    static const oct_conv2d_geometry geometries[] = {
        {OCTET_NHWC, 1, 3, 3, 513, 3, 3, 65, 1, {{1, 1}, {1, 1}, {1, 1}, {0}}},
        {OCTET_NHWC, 1, 2, 2, 300, 2, 2, 130, 2, {{3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}}},
        {OCTET_NCHW, 1, 2, 2, 300, 2, 2, 130, 2, {{3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}}},
        {OCTET_NCHW, 2, 20, 20, 16, 20, 20, 64, 1, {{3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}}},
    };
    static seeded s;
    uint64_t seed = 5;
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(geometries); i++) {
        s.conv.geometry = geometries[i];
        assert_true(set_output_size(&s.conv.geometry));
        fill(&s, &seed);
        assert_sums(&s);
        release(&s);
    }
}

/* 8-bit outputs are the requantized sums, by the multiplier of their channel. */
static void outputs_are_requantized_by_channel(void **state)
{
    static seeded s;
    uint64_t seed = 6;
    (void)state;
    for (int i = 0; i < 50; i++) {
        choose_geometry(&s.conv.geometry, &seed);
        fill(&s, &seed);
        assert_sums(&s);
        const oct_conv2d_geometry *const g = &s.conv.geometry;
        const size_t count = output_count(g), pixels = g->out_height * g->out_width;
        uint8_t *const bytes = malloc(count);
        assert_non_null(bytes);
        s.conv.epilogue.store = OCT_STORE_ROUND_FLOAT;
        s.conv.epilogue.output_type = OCTET_U8;
        s.conv.epilogue.multipliers = s.multipliers;
        s.conv.epilogue.zero_point = 101;
        s.conv.epilogue.low = 20;
        s.conv.epilogue.high = 230;
        oct_reference_conv2d_run(&s.conv, s.input, s.weights, bytes);
        for (size_t j = 0; j < count; j++) {
            const size_t o =
                g->layout == OCTET_NCHW ? j / pixels % g->out_channels : j % g->out_channels;
            assert_int_equal(bytes[j],
                             oct_reference_round_float(s.sums[j], s.multipliers[o], 20, 230, 101));
        }
        free(bytes);
        release(&s);
    }
}

/* A convolution in NCHW, its operands reordered, and the same in NHWC. */
static void layouts_agree(void **state)
{
    static seeded s;
    static const size_t order[] = {0, 2, 3, 1};
    uint64_t seed = 7;
    (void)state;
    for (int i = 0; i < 50; i++) {
        choose_geometry(&s.conv.geometry, &seed);
        s.conv.geometry.layout = OCTET_NCHW;
        fill(&s, &seed);
        const oct_conv2d_geometry *const g = &s.conv.geometry;
        const octet_shape input = {4, {g->images, g->channels, g->height, g->width}};
        const octet_shape weights = {
            4,
            {g->out_channels, g->channels / g->groups, g->window.kernel[0], g->window.kernel[1]}};
        const octet_shape output = {4, {g->images, g->out_channels, g->out_height, g->out_width}};
        uint8_t *const input_last = malloc(input_count(g));
        uint8_t *const weights_last = malloc(g->out_channels * tap_count(g));
        int32_t *const expected = malloc(output_count(g) * sizeof expected[0]);
        assert_true(input_last != NULL && weights_last != NULL && expected != NULL);
        oct_reference_permute(1, &input, order, s.input, input_last);
        oct_reference_permute(1, &weights, order, s.weights, weights_last);
        oct_reference_conv2d_run(&s.conv, s.input, s.weights, s.sums);
        oct_reference_permute(4, &output, order, s.sums, expected);
        s.conv.geometry.layout = OCTET_NHWC;
        oct_reference_conv2d_run(&s.conv, input_last, weights_last, s.sums);
        assert_memory_equal(s.sums, expected, output_count(g) * sizeof expected[0]);
        free(input_last);
        free(weights_last);
        free(expected);
        release(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_equal_int64),
        cmocka_unit_test(long_sums_equal_int64),
        cmocka_unit_test(outputs_are_requantized_by_channel),
        cmocka_unit_test(layouts_agree),
    };
    struct CMUnitTest hand_tests[OCT_COUNT(hand_cases)];
    for (size_t i = 0; i < OCT_COUNT(hand_cases); i++)
        hand_tests[i] = (struct CMUnitTest){.name = hand_cases[i].name,
                                            .test_func = convolve_by_hand,
                                            .initial_state = (void *)&hand_cases[i]};
    return cmocka_run_group_tests(hand_tests, NULL, NULL) +
           cmocka_run_group_tests(tests, NULL, NULL);
}
