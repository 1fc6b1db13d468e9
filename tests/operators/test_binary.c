/* test_binary.c - functions of two tensors. */
#include <stdio.h>
#include <stdlib.h>

#include "core/shape.h"
#include "support/stage.h"

static octet_status make(octet_context *context, const void *desc, const char *variant,
                         octet_operator **out)
{
    octet_binary_desc own = *(const octet_binary_desc *)desc;
    own.struct_size = sizeof own;
    own.variant = variant;
    return octet_binary_create(context, &own, out);
}

/* 0.05 * (252 - 250) + 0.05 * (224 - 121) = 5.25, 52.5 steps of 0.1: 79 is what float32 arithmetic
 * without a fused step gives (numbers: "add"). */
static void no_step_is_fused(void **state)
{
    static const float small = 0.05f, large = 0.1f;
    static const int32_t a_zero = 250, b_zero = 121, y_zero = 27;
    const octet_type type = OCTET_U8;
    const octet_binary_desc desc = {.rule = OCTET_BINARY_RECIPROCAL,
                                    .a_type = type,
                                    .b_type = type,
                                    .output_type = type,
                                    .a = {&small, 1, &a_zero, 1},
                                    .b = {&small, 1, &b_zero, 1},
                                    .output = {&large, 1, &y_zero, 1}};
    uint8_t a[65], b[65], expected[65];
    (void)state;
    memset(a, 252, sizeof a);
    memset(b, 224, sizeof b);
    memset(expected, 79, sizeof expected);
    const oct_array inputs[] = {{type, {1, {65}}, a}, {type, {1, {65}}, b}};
    oct_compare_everywhere(&(oct_simple){"the tie", make, &desc, inputs, 2, &type, 1}, expected);
}

enum { RULES = 5, FUNCTIONS = 6 };

static const struct sum_case {
    const char *name;
    octet_type a, b, y;
    float scales[3];
    int32_t zeros[3];
    int relu, clamp;
    int32_t clamp_min, clamp_max;
} sum_cases[] = {
    {"u8 + u8", OCTET_U8, OCTET_U8, OCTET_U8, {0.05f, 0.05f, 0.1f}, {250, 121, 27}, 0, 0, 0, 0},
    {"s8 + s8", OCTET_S8, OCTET_S8, OCTET_S8, {0.013f, 0.7f, 0.39f}, {-128, 127, -128}, 0, 0, 0, 0},
    {"s8s to u8", OCTET_S8, OCTET_S8, OCTET_U8, {0.02f, 0.03f, 0.04f}, {5, -9, 99}, 0, 0, 0, 0},
    {"u8s to s8", OCTET_U8, OCTET_U8, OCTET_S8, {0.37f, 0.24f, 0.19f}, {25, 169, -9}, 0, 0, 0, 0},
    {"mix to s8", OCTET_S8, OCTET_U8, OCTET_S8, {0.3f, 0.07f, 0.17f}, {-2, 246, -4}, 0, 0, 0, 0},
    {"mix to u8", OCTET_U8, OCTET_S8, OCTET_U8, {0.07f, 0.2f, 0.1f}, {0, 17, 128}, 0, 0, 0, 0},
    {"s8 + u8", OCTET_S8, OCTET_U8, OCTET_U8, {1.0f, 1.0f, 2.0f}, {0, 128, 128}, 0, 0, 0, 0},
    {"u8 + s8", OCTET_U8, OCTET_S8, OCTET_S8, {0.3f, 1e-5f, 0.5f}, {7, 0, 3}, 0, 0, 0, 0},
    {"relu", OCTET_S8, OCTET_S8, OCTET_S8, {0.1f, 0.2f, 0.15f}, {0, 0, -20}, 1, 0, 0, 0},
    {"clamp", OCTET_U8, OCTET_U8, OCTET_S8, {0.1f, 0.2f, 0.15f}, {9, 99, 3}, 0, 1, -60, 70},
    {"relu and clamp",
     OCTET_U8,
     OCTET_U8,
     OCTET_S8,
     {0.1f, 0.2f, 0.15f},
     {9, 99, 3},
     1,
     1,
     -60,
     70},
    {"a clamp of one value", OCTET_U8, OCTET_U8, OCTET_U8, {1, 1, 1}, {0, 0, 0}, 0, 1, 5, 5},
    {"huge scales", OCTET_U8, OCTET_S8, OCTET_U8, {1e36f, 1e36f, 1e36f}, {128, 0, 128}, 0, 0, 0, 0},
    {"tiny scales",
     OCTET_U8,
     OCTET_S8,
     OCTET_U8,
     {1e-37f, 2e-37f, 1e-37f},
     {128, 0, 128},
     0,
     0,
     0,
     0},
};

/* Whether the rule takes the function, and the scales of a product. */
static bool is_offered(const octet_binary_desc *desc, const float *scales)
{
    const double ratio = (double)scales[0] * (double)scales[1] / (double)scales[2];
    const bool product = desc->function == OCTET_MULTIPLY;
    if (desc->rule == OCTET_BINARY_FLOAT32 && product)
        return ratio >= 0x1p-32 && ratio < 0x1p8;
    return desc->rule < OCTET_BINARY_FLOAT32 || desc->function == OCTET_ADD;
}

/* Every function by every rule. */
static void all_pairs(void **state)
{
    const struct sum_case *const c = *state;
    octet_binary_desc desc = {.a_type = c->a,
                              .b_type = c->b,
                              .output_type = c->y,
                              .a = {&c->scales[0], 1, &c->zeros[0], 1},
                              .b = {&c->scales[1], 1, &c->zeros[1], 1},
                              .output = {&c->scales[2], 1, &c->zeros[2], 1},
                              .relu = c->relu,
                              .clamp = c->clamp,
                              .clamp_min = c->clamp_min,
                              .clamp_max = c->clamp_max};
    uint8_t a[65536], b[65536];
    for (size_t i = 0; i < OCT_COUNT(a); i++) {
        a[i] = (uint8_t)(i >> 8);
        b[i] = (uint8_t)i;
    }
    const octet_shape shape = {2, {256, 256}};
    const oct_array inputs[] = {{c->a, shape, a}, {c->b, shape, b}};
    for (int i = 0; i < RULES * FUNCTIONS; i++) {
        char what[80];
        desc.rule = (octet_binary_rule)(i / FUNCTIONS);
        desc.function = (octet_binary_function)(i % FUNCTIONS);
        snprintf(what, sizeof what, "%s, rule %d, function %d", c->name, i / FUNCTIONS,
                 i % FUNCTIONS);
        if (is_offered(&desc, c->scales))
            oct_compare_everywhere(&(oct_simple){what, make, &desc, inputs, 2, &c->y, 1}, NULL);
    }
}

static void sizes(void **state)
{
    static const octet_shape shapes[] = {{0, {0}},       {1, {1}},    {1, {15}},
                                         {3, {3, 5, 7}}, {2, {0, 4}}, {1, {9001}}};
    const octet_type type = OCTET_S8;
    octet_binary_desc desc = {.a_type = type, .b_type = type, .output_type = type};
    int8_t a[9001], b[9001], expected[9001];
    (void)state;
    for (int i = 0; i < 9001; i++) {
        a[i] = (int8_t)(i % 251 - 125);
        b[i] = (int8_t)(i % 101 - 50);
        const int sum = a[i] + b[i];
        expected[i] = (int8_t)(sum < -128 ? -128 : sum > 127 ? 127 : sum);
    }
    for (size_t i = 0; i < RULES * OCT_COUNT(shapes); i++) {
        const octet_shape *const shape = &shapes[i / RULES];
        const oct_array inputs[] = {{type, *shape, a}, {type, *shape, b}};
        desc.rule = (octet_binary_rule)(i % RULES);
        oct_compare_everywhere(&(oct_simple){"plain sums", make, &desc, inputs, 2, &type, 1},
                               expected);
    }
}

/* Bits at random, near quotients, and all that is special. */
static void fill_floats(float *a, float *b, size_t count)
{
    static const uint32_t special[] = {0,          0x80000000, 1,          0x80000001, 0x007fffff,
                                       0x00800000, 0x3f800000, 0xbf800000, 0x7f7fffff, 0xff7fffff,
                                       0x7f800000, 0xff800000, 0x7fc00000, 0xffc00001, 0x7f800001};
    const size_t specials = OCT_COUNT(special);
    uint64_t seed = 12;
    for (size_t i = 0; i < count; i++) {
        a[i] = oct_float_of(oct_random_bits(&seed));
        b[i] = oct_float_of(oct_random_bits(&seed));
        if (i % 2 == 0) { /* of like size, as numbers in networks are */
            a[i] = oct_float_of((oct_bits_of(a[i]) & 0x87ffffff) + 0x38000000);
            b[i] = oct_float_of((oct_bits_of(b[i]) & 0x87ffffff) + 0x38000000);
        }
        if (i < specials * specials) {
            a[i] = oct_float_of(special[i / specials]);
            b[i] = oct_float_of(special[i % specials]);
        }
    }
}

/* Every function; the specials come among others and, by the last line, alone. */
/* Zeros of both signs over numbers of both signs, many alike side by side as vectors take them. */
static void quotients_of_zeros(void **state)
{
    enum { RUN = 64 };
    static const float pairs[][2] = {{0, 3}, {0, -3}, {-0.0f, 3}, {-0.0f, -3}, {6, -3}, {-6, 3}};
    const octet_type type = OCTET_F32;
    float a[OCT_COUNT(pairs) * RUN], b[OCT_COUNT(a)], expected[OCT_COUNT(a)];
    const oct_array inputs[] = {{type, {1, {OCT_COUNT(a)}}, a}, {type, {1, {OCT_COUNT(a)}}, b}};
    const octet_binary_desc desc = {
        .function = OCTET_DIVIDE, .a_type = type, .b_type = type, .output_type = type};
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(a); i++) {
        a[i] = pairs[i / RUN][0];
        b[i] = pairs[i / RUN][1];
        expected[i] = a[i] / b[i];
    }
    oct_compare_everywhere(&(oct_simple){"zeros", make, &desc, inputs, 2, &type, 1}, expected);
}

static void floats(void **state)
{
    enum { COUNT = 300001 };
    const octet_type type = OCTET_F32;
    float *const a = malloc(2 * COUNT * sizeof *a), *const b = a + COUNT;
    (void)state;
    assert_non_null(a);
    fill_floats(a, b, COUNT);
    const octet_shape shape = {1, {COUNT}};
    const oct_array inputs[] = {{type, shape, a}, {type, shape, b}};
    for (int i = 0; i < FUNCTIONS; i++) {
        const octet_binary_desc desc = {.function = (octet_binary_function)i,
                                        .a_type = type,
                                        .b_type = type,
                                        .output_type = type};
        oct_compare_everywhere(&(oct_simple){"floats", make, &desc, inputs, 2, &type, 1}, NULL);
    }
    free(a);
}

/* Flat index of the operand's element that the result's element "i" has. */
static size_t operand_index(const octet_shape *shape, const octet_shape *output, size_t i)
{
    size_t at = 0, step = 1;
    for (size_t back = 0; back < output->rank; back++) {
        const size_t size = output->size[output->rank - 1 - back];
        const size_t own = back < shape->rank ? shape->size[shape->rank - 1 - back] : 1;
        at += own == 1 ? 0 : i % size * step;
        step *= own;
        i /= size;
    }
    return at;
}

/* Differences of plain numbers, which tell the operands apart. */
static void broadcasting(void **state)
{
    static const octet_shape cases[][3] = {
        {{2, {61, 67}}, {1, {67}}, {2, {61, 67}}},
        {{1, {67}}, {2, {61, 67}}, {2, {61, 67}}},
        {{2, {61, 67}}, {2, {61, 1}}, {2, {61, 67}}},
        {{0, {0}}, {2, {61, 167}}, {2, {61, 167}}},
        {{4, {2, 33, 7, 9}}, {3, {33, 1, 1}}, {4, {2, 33, 7, 9}}},
        {{4, {2, 1, 7, 9}}, {4, {1, 33, 1, 9}}, {4, {2, 33, 7, 9}}},
        {{4, {300, 1, 1, 20}}, {3, {1, 30, 1}}, {4, {300, 1, 30, 20}}},
        {{8, {2, 1, 2, 1, 3, 1, 2, 1}},
         {8, {1, 2, 1, 3, 1, 2, 1, 5}},
         {8, {2, 2, 2, 3, 3, 2, 2, 5}}},
        {{3, {5000, 1, 3}}, {1, {3}}, {3, {5000, 1, 3}}},
        {{2, {0, 4}}, {2, {1, 4}}, {2, {0, 4}}},
        {{1, {1}}, {3, {1, 1, 1}}, {3, {1, 1, 1}}},
    };
    enum { MOST = 200000 };
    static int8_t a[MOST], b[MOST], bytes[MOST];
    static float u[MOST], v[MOST], reals[MOST];
    const octet_type byte = OCTET_S8, real = OCTET_F32;
    (void)state;
    for (int i = 0; i < MOST; i++) {
        u[i] = a[i] = (int8_t)(i % 61 - 30);
        v[i] = b[i] = (int8_t)(i % 101 - 50);
    }
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        const octet_shape *const c = cases[i];
        size_t count = 0;
        assert_true(oct_shape_count(&c[2], &count) && count <= MOST);
        for (size_t j = 0; j < count; j++)
            reals[j] = bytes[j] =
                (int8_t)(a[operand_index(&c[0], &c[2], j)] - b[operand_index(&c[1], &c[2], j)]);
        octet_binary_desc desc = {.function = OCTET_SUBTRACT};
        const oct_array stored[] = {{byte, c[0], a}, {byte, c[1], b}};
        oct_compare_everywhere(&(oct_simple){"bytes", make, &desc, stored, 2, &byte, 1}, bytes);
        desc.a_type = desc.b_type = desc.output_type = real;
        const oct_array floating[] = {{real, c[0], u}, {real, c[1], v}};
        oct_compare_everywhere(&(oct_simple){"floats", make, &desc, floating, 2, &real, 1}, reals);
    }
}

static const float zero_scale = 0.0f, ratio_scale = 256.0f, large_scale = 0x1p19f;
static const float huge_scale = 1e36f;
static const float two_scales[] = {1.0f, 1.0f};
static const int32_t large_zero = 128, seven = 7;

static void wrong_descriptions_are_refused(void **state)
{
    static const struct {
        octet_binary_desc desc;
        const char *text;
    } cases[] = {
        {{.a_type = OCTET_S32}, "every type must be s8 or u8, or all f32"},
        {{.b_type = OCTET_F32}, "every type must be s8 or u8, or all f32"},
        {{.output_type = OCTET_F32}, "every type must be s8 or u8, or all f32"},
        {{.rule = (octet_binary_rule)RULES}, "rule 5 is not an octet_binary_rule"},
        {{.rule = (octet_binary_rule)-1}, "rule -1 is not an octet_binary_rule"},
        {{.a = {&zero_scale, 1, NULL, 0}}, "a: scale 0 is 0"},
        {{.b = {NULL, 0, &large_zero, 1}}, "b: zero point 0 is 128"},
        {{.output = {two_scales, 2, NULL, 0}}, "output: there are 2 scales"},
        {{.clamp = 1, .clamp_min = 5, .clamp_max = 4}, "clamp 5..4"},
        {{.clamp = 1, .clamp_min = -129, .clamp_max = 4}, "clamp -129..4"},
        {{.clamp = 1, .clamp_min = 0, .clamp_max = 6, .relu = 1, .output = {NULL, 0, &seven, 1}},
         "zero point 7, above the clamp's maximum 6"},
        {{.function = (octet_binary_function)6}, "function 6 is not an octet_binary_function"},
        {{.a_type = OCTET_F32, .b_type = OCTET_F32}, "every type must be s8 or u8, or all f32"},
        {{.a_type = OCTET_F32, .b_type = OCTET_F32, .output_type = OCTET_F32, .relu = 1},
         "f32 has no quantization, rule, relu or clamp"},
        {{.a_type = OCTET_F32,
          .b_type = OCTET_F32,
          .output_type = OCTET_F32,
          .b = {two_scales, 1, NULL, 0}},
         "f32 has no quantization, rule, relu or clamp"},
        {{.rule = OCTET_BINARY_FLOAT32,
          .function = OCTET_MULTIPLY,
          .a = {&ratio_scale, 1, NULL, 0}},
         "a scale * b scale / output scale is 256; by this rule it must be in [2.32831e-10, 256)"},
        {{.rule = OCTET_BINARY_FLOAT32, .a = {&ratio_scale, 1, NULL, 0}},
         "a scale / output scale is 256; by this rule it must be in [2.32831e-10, 256)"},
        {{.rule = OCTET_BINARY_FLOAT32, .b = {&huge_scale, 1, NULL, 0}},
         "b scale / output scale is 1e+36; by this rule it must be in [2.32831e-10, 256)"},
        {{.rule = OCTET_BINARY_FLOAT32, .output = {&huge_scale, 1, NULL, 0}},
         "a scale / output scale is 1e-36; by this rule it must be in [2.32831e-10, 256)"},
        {{.rule = OCTET_BINARY_FIXED_DOUBLE, .a = {&large_scale, 1, NULL, 0}},
         "a scale / output scale is 524288; by this rule it must be in [0, 524288)"},
        {{.rule = OCTET_BINARY_FIXED_SINGLE, .b = {&huge_scale, 1, NULL, 0}},
         "b scale / output scale is 1e+36; by this rule it must be in [0, 524288)"},
    };
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++)
        oct_refuse_desc(make, &cases[i].desc, OCTET_INVALID_ARGUMENT, cases[i].text);
}

/* The largest scales that are taken, and the sums of largest magnitude. */
static void the_limits_are_taken(void **state)
{
    static const float below[RULES] = {0x1p19f, 0x1p19f, 0x1.fffffep7f, 0x1.fffffep18f,
                                       0x1.fffffep18f};
    static const int32_t low = -128;
    const octet_type type = OCTET_S8;
    const int8_t a[] = {127, 127, -128, -127}, expected[] = {127, 127, -128, 127};
    const oct_array inputs[] = {{type, {1, {4}}, a}, {type, {1, {4}}, a}};
    (void)state;
    for (int rule = 0; rule < RULES; rule++) {
        const octet_binary_desc desc = {.rule = (octet_binary_rule)rule,
                                        .a_type = type,
                                        .b_type = type,
                                        .output_type = type,
                                        .a = {&below[rule], 1, &low, 1},
                                        .b = {&below[rule], 1, &low, 1},
                                        .output = {NULL, 0, &low, 1}};
        oct_compare_everywhere(&(oct_simple){"the limits", make, &desc, inputs, 2, &type, 1},
                               expected);
    }
}

/* A rule that lacks the function. */
static void rules_without_a_function_are_refused(void **state)
{
    static const octet_binary_desc cases[] = {
        {.rule = OCTET_BINARY_FLOAT32, .function = OCTET_SUBTRACT},
        {.rule = OCTET_BINARY_FLOAT32, .function = OCTET_DIVIDE},
        {.rule = OCTET_BINARY_FIXED_DOUBLE, .function = OCTET_MULTIPLY},
        {.rule = OCTET_BINARY_FIXED_SINGLE, .function = OCTET_MINIMUM},
    };
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        octet_operator *op = NULL;
        OCT_ASSERT_REFUSED(make(oct_the_rig.reference, &cases[i], NULL, &op), OCTET_UNSUPPORTED,
                           "is not for function");
        assert_null(op);
    }
}

static void shapes_that_do_not_fit_are_refused(void **state)
{
    const octet_binary_desc desc = {.relu = 0};
    const octet_shape shapes[] = {{2, {2, 3}}, {2, {3, 3}}};
    octet_operator *op = NULL;
    (void)state;
    OCT_ASSERT_OK(make(oct_the_rig.reference, &desc, NULL, &op));
    OCT_ASSERT_REFUSED(octet_operator_prepare(op, shapes, 2, NULL, 0), OCTET_INVALID_ARGUMENT,
                       "a is 2x3 and b is 3x3; from the last on, sizes must be equal or 1");
    octet_operator_destroy(op);
}

int main(void)
{
    enum { OTHERS = 8 };
    struct CMUnitTest tests[OTHERS + OCT_COUNT(sum_cases)] = {
        cmocka_unit_test(no_step_is_fused),
        cmocka_unit_test(sizes),
        cmocka_unit_test(floats),
        cmocka_unit_test(quotients_of_zeros),
        cmocka_unit_test(broadcasting),
        cmocka_unit_test(rules_without_a_function_are_refused),
        cmocka_unit_test(wrong_descriptions_are_refused),
        cmocka_unit_test(the_limits_are_taken),
        cmocka_unit_test(shapes_that_do_not_fit_are_refused),
    };
    OCT_ROW_TESTS(&tests[OTHERS], all_pairs, sum_cases);
    return cmocka_run_group_tests(tests, oct_rig_open, oct_rig_close);
}
