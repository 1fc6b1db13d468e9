/* test_average_pool.c - the mean of each window. */
#include <stdio.h>
#include <stdlib.h>

#include "core/shape.h"
#include "support/pool.h"

/* Some whose quotients round at every step, and the smallest and largest there are. */
static const float scales[][2] = {
    {0.0173f, 0.0213f}, {0.5f, 0.5f}, {0x1p-126f, 0x1.8p-125f}, {0x1.fp126f, 0x1.2p127f}};

static octet_quantization quantization(const float *scale, const int32_t *zero_point)
{
    return (octet_quantization){scale, 1, zero_point, 1};
}

static void compare(const oct_pool_case *c, octet_type input, octet_type output,
                    octet_layout layout, size_t number)
{
    const int32_t zeros[] = {input == OCTET_S8 ? -3 : 117, output == OCTET_S8 ? 7 : 128};
    const float *const scale = scales[number % OCT_COUNT(scales)];
    octet_average_pool_desc desc = oct_average_pool_of(c, layout);
    const octet_shape shape = oct_pool_input(c, layout);
    size_t count = 0;
    uint64_t seed = 47 + number;
    char what[64];
    desc.input_type = input;
    desc.output_type = output;
    desc.input = quantization(&scale[0], &zeros[0]);
    desc.output = quantization(&scale[1], &zeros[1]);
    desc.rule = (octet_average_rule)(number % 2);
    assert_true(oct_shape_count(&shape, &count));
    uint8_t *const x = malloc(count + 1);
    assert_non_null(x);
    for (size_t i = 0; i < count; i++)
        x[i] = (uint8_t)oct_random_bits(&seed);
    const oct_array array = {input, shape, x};
    snprintf(what, sizeof what, "number %zu", number);
    oct_compare_everywhere(&(oct_simple){what, oct_make_average_pool, &desc, &array, 1, &output, 1},
                           NULL);
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
    oct_compare_everywhere(&(oct_simple){"sum", oct_make_average_pool, &desc, &input, 1, &type, 1},
                           sum);
    desc.rule = OCTET_AVERAGE_REAL;
    oct_compare_everywhere(&(oct_simple){"real", oct_make_average_pool, &desc, &input, 1, &type, 1},
                           real);
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
    for (size_t i = 0; i < OCT_COUNT(cases); i++)
        oct_refuse_desc(oct_make_average_pool, &cases[i].desc, cases[i].status, cases[i].text);
}

static void wrong_shapes_are_refused(void **state)
{
    const octet_average_pool_desc desc = {.kernel = {3, 3}};
    const octet_shape flat = {2, {5, 5}}, small = {4, {1, 2, 5, 1}};
    (void)state;
    oct_refuse_shape(oct_make_average_pool, &desc, &flat, OCTET_INVALID_ARGUMENT,
                     "average_pool: the input is 5x5; it must have 4 dimensions");
    oct_refuse_shape(oct_make_average_pool, &desc, &small, OCTET_INVALID_ARGUMENT,
                     "3x3 does not fit");
}

int main(void)
{
    enum { OTHERS = 3 };
    struct CMUnitTest tests[OTHERS + OCT_POOL_CASES] = {
        cmocka_unit_test(ties),
        cmocka_unit_test(wrong_descriptions_are_refused),
        cmocka_unit_test(wrong_shapes_are_refused),
    };
    oct_pool_tests(&tests[OTHERS], windows);
    return cmocka_run_group_tests(tests, oct_rig_open, oct_rig_close);
}
