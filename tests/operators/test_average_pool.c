/* test_average_pool.c - the mean of each window. */
#include <stdio.h>
#include <stdlib.h>

#include "core/shape.h"
#include "support/stage.h"

static octet_status make(octet_context *context, const void *desc, const char *variant,
                         octet_operator **out)
{
    octet_average_pool_desc own = *(const octet_average_pool_desc *)desc;
    own.struct_size = sizeof own;
    own.variant = variant;
    return octet_average_pool_create(context, &own, out);
}

/* Pairs are height, width; padding is top, left, bottom, right. */
static const struct pool_case {
    size_t images, size[2], channels, kernel[2], stride[2], dilation[2], padding[4];
    int ceil, count_padding;
} pool_cases[] = {
    /* n  h   w   c    kernel  stride  dilation  padding     ceil, count_padding */
    {1, {1, 1}, 1, {1, 1}, {0, 0}, {0, 0}, {0, 0, 0, 0}, 0, 0},
    {2, {7, 7}, 20, {7, 7}, {0, 0}, {0, 0}, {0, 0, 0, 0}, 0, 0},
    {2, {9, 11}, 5, {2, 2}, {2, 2}, {0, 0}, {0, 0, 0, 0}, 0, 1},
    {1, {9, 11}, 16, {2, 2}, {2, 2}, {0, 0}, {0, 0, 0, 0}, 1, 0},
    {1, {14, 20}, 17, {3, 3}, {2, 2}, {0, 0}, {1, 1, 1, 1}, 0, 1},
    {1, {14, 21}, 33, {3, 3}, {2, 2}, {0, 0}, {1, 1, 1, 1}, 1, 0},
    {1, {7, 30}, 3, {2, 3}, {3, 1}, {2, 3}, {1, 0, 0, 2}, 0, 0},
    {1, {6, 40}, 4, {1, 5}, {1, 3}, {1, 2}, {0, 4, 0, 3}, 1, 1},
    {1, {3, 3}, 2, {1, 1}, {1, 1}, {0, 0}, {2, 1, 0, 2}, 0, 0}, /* nothing but padding */
    {1, {2, 3}, 900, {2, 2}, {1, 1}, {0, 0}, {0, 0, 0, 0}, 0, 0},
    {0, {5, 5}, 3, {2, 2}, {1, 1}, {0, 0}, {0, 0, 0, 0}, 0, 0},
    {1, {5, 5}, 0, {2, 2}, {1, 1}, {0, 0}, {0, 0, 0, 0}, 0, 0},
};

/* Some whose quotients round at every step, and the smallest and largest there are. */
static const float scales[][2] = {
    {0.0173f, 0.0213f}, {0.5f, 0.5f}, {0x1p-126f, 0x1.8p-125f}, {0x1.fp126f, 0x1.2p127f}};

static octet_quantization quantization(const float *scale, const int32_t *zero_point)
{
    return (octet_quantization){scale, 1, zero_point, 1};
}

static void compare(const struct pool_case *c, octet_type input, octet_type output,
                    octet_layout layout, size_t number)
{
    const int32_t zeros[] = {input == OCTET_S8 ? -3 : 117, output == OCTET_S8 ? 7 : 128};
    const float *const scale = scales[number % OCT_COUNT(scales)];
    octet_average_pool_desc desc = {.input_type = input,
                                    .output_type = output,
                                    .input = quantization(&scale[0], &zeros[0]),
                                    .output = quantization(&scale[1], &zeros[1]),
                                    .rule = (octet_average_rule)(number % 2),
                                    .layout = layout,
                                    .ceil = c->ceil,
                                    .count_padding = c->count_padding};
    const octet_shape nhwc = {4, {c->images, c->size[0], c->size[1], c->channels}};
    const octet_shape nchw = {4, {c->images, c->channels, c->size[0], c->size[1]}};
    size_t count = 0;
    uint64_t seed = 47 + number;
    char what[64];
    memcpy(desc.kernel, c->kernel, sizeof desc.kernel);
    memcpy(desc.stride, c->stride, sizeof desc.stride);
    memcpy(desc.dilation, c->dilation, sizeof desc.dilation);
    memcpy(desc.padding, c->padding, sizeof desc.padding);
    assert_true(oct_shape_count(&nhwc, &count));
    uint8_t *const x = malloc(count + 1);
    assert_non_null(x);
    for (size_t i = 0; i < count; i++)
        x[i] = (uint8_t)oct_random_bits(&seed);
    const oct_array array = {input, layout == OCTET_NHWC ? nhwc : nchw, x};
    snprintf(what, sizeof what, "number %zu", number);
    oct_compare_everywhere(&(oct_simple){what, make, &desc, &array, 1, &output, 1}, NULL);
    free(x);
}

static void windows(void **state)
{
    static const octet_type types[] = {OCTET_U8, OCTET_S8};
    for (size_t i = 0; i < 2 * OCT_COUNT(scales); i++)
        compare(*state, types[i / 2 % 2], types[i / 4 % 2], (octet_layout)(i % 3 % 2), i);
}

/* Ties: to even before the zero point is added by the one rule, afterwards by the other. */
static void ties(void **state)
{
    static const uint8_t x[] = {0, 1, 1, 2, 2, 3, 3, 4}, sum[] = {1, 3, 3, 5},
                         real[] = {2, 2, 4, 4};
    static const float one = 1.0f;
    static const int32_t zero_points[] = {0, 1};
    const octet_type type = OCTET_U8;
    const oct_array input = {OCTET_U8, {4, {1, 4, 2, 1}}, x};
    octet_average_pool_desc desc = {.input_type = OCTET_U8,
                                    .output_type = OCTET_U8,
                                    .input = quantization(&one, &zero_points[0]),
                                    .output = quantization(&one, &zero_points[1]),
                                    .kernel = {1, 2}};
    (void)state;
    oct_compare_everywhere(&(oct_simple){"sum", make, &desc, &input, 1, &type, 1}, sum);
    desc.rule = OCTET_AVERAGE_REAL;
    oct_compare_everywhere(&(oct_simple){"real", make, &desc, &input, 1, &type, 1}, real);
}

static void wrong_descriptions_are_refused(void **state)
{
    static const float large = 1e9f;
    static const struct {
        octet_average_pool_desc desc;
        octet_status status;
        const char *text;
    } cases[] = {
        {{.input_type = OCTET_F32, .kernel = {2, 2}},
         OCTET_INVALID_ARGUMENT,
         "both types must be s8 or u8"},
        {{.kernel = {0, 2}}, OCTET_INVALID_ARGUMENT, "average_pool: kernel 0x2"},
        {{.kernel = {2, 2}, .layout = (octet_layout)2}, OCTET_INVALID_ARGUMENT, "layout 2"},
        {{.kernel = {2, 2}, .rule = (octet_average_rule)2}, OCTET_INVALID_ARGUMENT, "rule 2"},
        {{.kernel = {2, 2}, .input = {.scales = &large, .scale_count = 1}},
         OCTET_INVALID_ARGUMENT,
         "input scale 1e+09 by output scale 1"},
        {{.kernel = {8421505, 1}}, OCTET_UNSUPPORTED, "at most 8421504 taps"},
        {{.kernel = {SIZE_MAX, SIZE_MAX}}, OCTET_UNSUPPORTED, "at most 8421504 taps"},
    };
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        octet_operator *op = NULL;
        OCT_ASSERT_REFUSED(make(oct_the_rig.reference, &cases[i].desc, NULL, &op), cases[i].status,
                           cases[i].text);
        assert_null(op);
    }
}

static void wrong_shapes_are_refused(void **state)
{
    const octet_average_pool_desc desc = {.kernel = {3, 3}};
    const octet_shape flat = {2, {5, 5}}, small = {4, {1, 2, 5, 1}};
    octet_operator *op = NULL;
    (void)state;
    OCT_ASSERT_OK(make(oct_the_rig.reference, &desc, NULL, &op));
    OCT_ASSERT_REFUSED(octet_operator_prepare(op, &flat, 1, NULL, 0), OCTET_INVALID_ARGUMENT,
                       "average_pool: the input is 5x5; it must have 4 dimensions");
    OCT_ASSERT_REFUSED(octet_operator_prepare(op, &small, 1, NULL, 0), OCTET_INVALID_ARGUMENT,
                       "3x3 does not fit");
    octet_operator_destroy(op);
}

int main(void)
{
    enum { OTHERS = 3 };
    static char names[OCT_COUNT(pool_cases)][32];
    struct CMUnitTest tests[OTHERS + OCT_COUNT(pool_cases)] = {
        cmocka_unit_test(ties),
        cmocka_unit_test(wrong_descriptions_are_refused),
        cmocka_unit_test(wrong_shapes_are_refused),
    };
    for (size_t i = 0; i < OCT_COUNT(pool_cases); i++) {
        snprintf(names[i], sizeof names[i], "windows, row %zu", i);
        tests[OTHERS + i] = (struct CMUnitTest){names[i], windows, NULL, NULL,
                                                (void *)&pool_cases[i]}; /* read only */
    }
    return cmocka_run_group_tests(tests, oct_rig_open, oct_rig_close);
}
