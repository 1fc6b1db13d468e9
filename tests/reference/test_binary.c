/* test_binary.c - functions of two values. */
#include "reference/reference.h"

#include <math.h>

#include "support/unit.h"

/* By RECIPROCAL, of a, b and the output, and with no bounds but the output type's. */
static oct_reference_binary sum_of(const octet_type types[3], const float scales[3],
                                   const int32_t zeros[3])
{
    const oct_type_info *const output = oct_type(types[2]);
    return (oct_reference_binary){.rule = OCTET_BINARY_RECIPROCAL,
                                  .a_type = types[0],
                                  .b_type = types[1],
                                  .output_type = types[2],
                                  .a_scale = scales[0],
                                  .b_scale = scales[1],
                                  .output_scale = scales[2],
                                  .a_zero_point = zeros[0],
                                  .b_zero_point = zeros[1],
                                  .output_zero_point = zeros[2],
                                  .low = output->low,
                                  .high = output->high};
}

/* "count" elements of both, in one dimension. */
static void run(const oct_reference_binary *binary, size_t count, const void *a, const void *b,
                void *output)
{
    const octet_shape line = {1, {count}};
    oct_broadcast walk;
    oct_broadcast_walk(&line, &line, &walk);
    oct_reference_binary_run(binary, &walk, a, b, output);
}

static int32_t add_one(const oct_reference_binary *add, int32_t a, int32_t b)
{
    const uint8_t a_byte = (uint8_t)a, b_byte = (uint8_t)b;
    uint8_t output;
    run(add, 1, &a_byte, &b_byte, &output);
    return add->output_type == OCTET_S8 ? (int8_t)output : output;
}

/* 0.05 * 2 + 0.05 * 103 = 5.25 = 52.5 * 0.1, a tie, which goes to even before the zero point. */
static void a_tie_goes_to_even(void **state)
{
    const oct_reference_binary add =
        sum_of((octet_type[]){OCTET_U8, OCTET_U8, OCTET_U8}, (float[]){0.05f, 0.05f, 0.1f},
               (int32_t[]){250, 121, 27});
    (void)state;
    assert_int_equal(add_one(&add, 252, 224), 79);
}

static void types_scales_and_zero_points_may_differ(void **state)
{
    const oct_reference_binary add = sum_of((octet_type[]){OCTET_S8, OCTET_U8, OCTET_S8},
                                            (float[]){0.5f, 2.0f, 1.0f}, (int32_t[]){-3, 100, 4});
    (void)state;
    assert_int_equal(add_one(&add, -3, 100), 4);
    assert_int_equal(add_one(&add, 7, 100), 9);      /* 5 */
    assert_int_equal(add_one(&add, -13, 90), -21);   /* -5 - 20 */
    assert_int_equal(add_one(&add, -128, 255), 127); /* -62.5 + 310 */
    assert_int_equal(add_one(&add, 127, 0), -128);   /* 65 - 200 + 4 = -131 */
    assert_int_equal(add_one(&add, -2, 100), 4);     /* 0.5 */
    assert_int_equal(add_one(&add, 0, 100), 6);      /* 1.5 */
}

/* Multiplies by the reciprocal: here x * (1 / s) is 127.5 and x / s is 127.499992. */
static void quantizes_by_the_reciprocal(void **state)
{
    const oct_reference_binary add =
        sum_of((octet_type[]){OCTET_U8, OCTET_U8, OCTET_U8},
               (float[]){0.273939937f, 1.0f, 0.00214854861f}, (int32_t[]){0, 0, 0});
    (void)state;
    assert_int_equal(add_one(&add, 1, 0), 128);
}

/* Every pair of bytes against float64: the two products are exact there, so each float32 step is
 * one conversion. */
static void each_step_rounds_to_float32(void **state)
{
    const oct_reference_binary add =
        sum_of((octet_type[]){OCTET_S8, OCTET_U8, OCTET_U8}, (float[]){0.0123f, 0.0456f, 0.0789f},
               (int32_t[]){-7, 130, 99});
    const float reciprocal = (float)(1.0 / (double)0.0789f);
    uint8_t a[256], b[256], output[256];
    (void)state;
    for (int j = 0; j < 256; j++)
        b[j] = (uint8_t)j;
    for (int i = -128; i < 128; i++) {
        const double a_real = (double)(float)((double)0.0123f * (i + 7));
        memset(a, i, sizeof a);
        run(&add, 256, a, b, output);
        for (int j = 0; j < 256; j++) {
            const double b_real = (double)(float)((double)0.0456f * (j - 130));
            const double sum = (double)(float)(a_real + b_real);
            const double steps = (double)(float)(sum * (double)reciprocal);
            int expected = (int)(steps + 1000.5) - 1000; /* ties up; there are none here */
            expected += 99;
            expected = expected < 0 ? 0 : expected > 255 ? 255 : expected;
            assert_int_equal(output[j], expected);
        }
    }
}

/* 0.5 * a: the float rules go to even, FLOAT32 with the zero point already in; fixed point goes
 * away from zero by two roundings, up by one. */
static void ties_go_where_each_rule_says(void **state)
{
    static const struct {
        int32_t a, zero_point, expected[4];
    } cases[] = {
        {1, 0, {0, 0, 1, 1}},       {3, 0, {2, 2, 2, 2}},      {5, 0, {2, 2, 3, 3}},
        {-1, 0, {0, 0, -1, 0}},     {-3, 0, {-2, -2, -2, -1}}, {-5, 0, {-2, -2, -3, -2}},
        {1, 1, {1, 2, 2, 2}},       {3, 1, {3, 2, 3, 3}},      {5, 1, {3, 4, 4, 4}},
        {-1, 1, {1, 0, 0, 1}},      {-3, 1, {-1, 0, -1, 0}},   {1, -1, {-1, 0, 0, 0}},
        {-1, -1, {-1, -2, -2, -1}},
    };
    oct_reference_binary add = sum_of((octet_type[]){OCTET_S8, OCTET_U8, OCTET_S8},
                                      (float[]){0.5f, 0.5f, 1.0f}, (int32_t[]){-3, 7, 0});
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        for (int rule = 0; rule < 4; rule++) {
            add.rule = (octet_binary_rule)(OCTET_BINARY_RECIPROCAL + rule);
            add.output_zero_point = cases[i].zero_point;
            assert_int_equal(add_one(&add, cases[i].a - 3, 7), cases[i].expected[rule]);
            assert_int_equal(add_one(&add, -23, cases[i].a + 27), cases[i].expected[rule]);
        }
    }
}

/* Sums next to ties, where the rules and what is near them part. The expected values were worked
 * out apart from octet: fixed point in Python's integers, float32 and its fused steps in fractions.
 * Rows 1 to 4 are wrong for FLOAT32 if, in turn, the zero point goes in last, no step is fused, a
 * comes before b, or the zero points are summed without a fused step. */
static void rules_part_near_ties(void **state)
{
    const octet_type U = OCTET_U8, S = OCTET_S8;
    const struct {
        octet_type types[3];
        float scales[3];
        int32_t zeros[3], a, b, expected[4];
    } cases[] = {
        {{S, S, U}, {0.174f, 0.093f, 0.174f}, {104, 15, 145}, 8, 102, {96, 96, 96, 96}},
        {{U, U, S}, {0.366f, 0.243f, 0.194f}, {205, 169, -29}, 187, 250, {39, 39, 39, 38}},
        {{S, U, S}, {0.296f, 0.071f, 0.166f}, {-122, 246, -46}, -128, 181, {-85, -84, -85, -85}},
        {{U, S, U}, {0.454f, 0.238f, 0.064f}, {135, 33, 109}, 138, 50, {193, 194, 194, 193}},
        {{U, U, U}, {0.397f, 0.118f, 0.396f}, {145, 184, 10}, 131, 216, {5, 6, 5, 6}},
        {{U, U, U}, {0.084f, 0.058f, 0.208f}, {172, 101, 168}, 199, 35, {161, 160, 160, 161}},
        {{S, S, S}, {0.112f, 0.203f, 0.462f}, {-43, 32, -80}, 65, 35, {-52, -52, -52, -53}},
        {{S, S, S}, {0.119f, 0.313f, 0.296f}, {1, 70, 15}, -22, 83, {19, 20, 20, 19}},
        {{U, U, U}, {0.198f, 0.451f, 0.264f}, {233, 142, 232}, 124, 196, {242, 242, 243, 242}},
        {{S, S, S}, {0.079f, 0.493f, 0.016f}, {-80, -13, 95}, -51, -20, {23, 23, 22, 22}},
    };
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        for (int rule = 0; rule < 4; rule++) {
            oct_reference_binary add = sum_of(cases[i].types, cases[i].scales, cases[i].zeros);
            add.rule = (octet_binary_rule)(OCTET_BINARY_RECIPROCAL + rule);
            assert_int_equal(add_one(&add, cases[i].a, cases[i].b), cases[i].expected[rule]);
        }
    }
}

/* Bounds are stored values; the largest sums of fixed point reach them without overflow. */
static void bounds_hold_by_every_rule(void **state)
{
    static const float large[] = {1.0f, 1.0f, 0x1p-18f}, ones[] = {1.0f, 1.0f, 1.0f};
    static const octet_type types[] = {OCTET_U8, OCTET_U8, OCTET_S8};
    static const int32_t zeros[] = {0, 255, -9};
    (void)state;
    for (int rule = 0; rule < 4; rule++) {
        oct_reference_binary add = sum_of(types, large, zeros);
        add.rule = (octet_binary_rule)(OCTET_BINARY_RECIPROCAL + rule);
        assert_int_equal(add_one(&add, 255, 255), 127);
        assert_int_equal(add_one(&add, 0, 0), -128);
        add = sum_of(types, ones, zeros);
        add.rule = (octet_binary_rule)(OCTET_BINARY_RECIPROCAL + rule);
        add.low = -13;
        add.high = -4;
        assert_int_equal(add_one(&add, 255, 255), -4);
        assert_int_equal(add_one(&add, 0, 0), -13);
        assert_int_equal(add_one(&add, 100, 155), -9);
        assert_int_equal(add_one(&add, 1, 251), -12);
    }
}

static void the_factors_are_made_as_the_rules_say(void **state)
{
    oct_reference_binary add = {.rule = OCTET_BINARY_FLOAT32,
                                .a_scale = 0.5f,
                                .b_scale = 2.0f,
                                .output_scale = 4.0f,
                                .a_zero_point = 16,
                                .b_zero_point = -6,
                                .output_zero_point = 7};
    oct_binary_factors factors = oct_reference_binary_factors(&add);
    (void)state;
    assert_true(factors.a == 0.125f && factors.b == 0.5f);
    assert_true(factors.output == 8.0f); /* 7 - (2 - 3) */
    assert_int_equal(factors.a_zero | factors.b_zero | factors.output_zero, 0);
    add.rule = OCTET_BINARY_FIXED_DOUBLE;
    factors = oct_reference_binary_factors(&add); /* in units of 4 */
    assert_int_equal(factors.fixed_a.multiplier, 1 << 30);
    assert_int_equal(factors.fixed_a.shift, -2);
    assert_int_equal(factors.fixed_b.multiplier, 1 << 30);
    assert_int_equal(factors.fixed_b.shift, 0);
    assert_int_equal(factors.fixed_output.multiplier, 1 << 30);
    assert_int_equal(factors.fixed_output.shift, -19);
    add.a_scale = 1e-11f; /* less than 2^-32 of the unit: 0, as TFLite */
    assert_int_equal(oct_reference_binary_factors(&add).fixed_a.multiplier, 0);
}

/* Dequantized by 0.5 and 2, quantized by 0.25; the reciprocal is exact, so both rules agree. */
static void functions_of_stored_values(void **state)
{
    static const struct {
        octet_binary_function function;
        int32_t a, b, expected;
    } cases[] = {
        {OCTET_ADD, 7, 101, 32},        /* 5 + 2 = 7, 28 steps */
        {OCTET_SUBTRACT, 7, 101, 16},   /* 5 - 2 */
        {OCTET_MULTIPLY, 7, 101, 44},   /* 5 * 2 */
        {OCTET_MULTIPLY, 7, 98, -76},   /* 5 * -4 */
        {OCTET_DIVIDE, 7, 101, 14},     /* 5 / 2 */
        {OCTET_DIVIDE, -2, 101, 5},     /* 0.5 / 2 = 0.25 */
        {OCTET_DIVIDE, -2, 102, 4},     /* 0.125, a tie to even */
        {OCTET_DIVIDE, 7, 100, 127},    /* infinity */
        {OCTET_DIVIDE, -13, 100, -128}, /* minus infinity */
        {OCTET_DIVIDE, -3, 100, -128},  /* 0 / 0 */
        {OCTET_MINIMUM, 7, 101, 12},    /* 2 */
        {OCTET_MAXIMUM, 7, 101, 24},    /* 5 */
        {OCTET_MINIMUM, -13, 99, -16},  /* -5 */
        {OCTET_MAXIMUM, -13, 99, -4},   /* -2 */
    };
    oct_reference_binary binary = sum_of((octet_type[]){OCTET_S8, OCTET_U8, OCTET_S8},
                                         (float[]){0.5f, 2.0f, 0.25f}, (int32_t[]){-3, 100, 4});
    (void)state;
    for (size_t i = 0; i < 2 * OCT_COUNT(cases); i++) {
        binary.rule = i % 2 ? OCTET_BINARY_DIVIDE : OCTET_BINARY_RECIPROCAL;
        binary.function = cases[i / 2].function;
        assert_int_equal(add_one(&binary, cases[i / 2].a, cases[i / 2].b), cases[i / 2].expected);
    }
}

/* As quantizes_by_the_reciprocal: the quotient is 127.499992. */
static void quantizes_by_division(void **state)
{
    oct_reference_binary binary =
        sum_of((octet_type[]){OCTET_U8, OCTET_U8, OCTET_U8},
               (float[]){0.273939937f, 1.0f, 0.00214854861f}, (int32_t[]){0, 0, 0});
    (void)state;
    binary.rule = OCTET_BINARY_DIVIDE;
    assert_int_equal(add_one(&binary, 1, 0), 127);
}

/* By FLOAT32 the zero point of a product goes in before it is rounded: 0.5 + 1 is 2. */
static void products_by_ratios(void **state)
{
    static const struct {
        int32_t a, b, zero, expected;
    } cases[] = {{1, 1, 0, 0},     {1, 1, 1, 2},       {3, 1, 0, 2},
                 {3, 1, 1, 2},     {-1, 1, 1, 0},      {-3, 1, 1, 0},
                 {17, -9, 5, -72}, {127, 127, 0, 127}, {-100, 3, 7, -128}};
    oct_reference_binary binary = sum_of((octet_type[]){OCTET_S8, OCTET_S8, OCTET_S8},
                                         (float[]){0.5f, 3.0f, 3.0f}, (int32_t[]){0, 0, 0});
    (void)state;
    binary.rule = OCTET_BINARY_FLOAT32;
    binary.function = OCTET_MULTIPLY;
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        binary.output_zero_point = cases[i].zero;
        assert_int_equal(add_one(&binary, cases[i].a, cases[i].b), cases[i].expected);
    }
}

static float by_float64(octet_binary_function function, float a, float b)
{
    const double x = (double)a, y = (double)b;
    switch (function) {
    case OCTET_ADD:
        return (float)(x + y);
    case OCTET_SUBTRACT:
        return (float)(x - y);
    case OCTET_MULTIPLY:
        return (float)(x * y);
    case OCTET_DIVIDE:
        return (float)(x / y);
    case OCTET_MINIMUM:
        return isnan(a) || isnan(b) ? NAN : a > b ? b : a;
    case OCTET_MAXIMUM:
        return isnan(a) || isnan(b) ? NAN : a < b ? b : a;
    }
    return 0.0f;
}

/* Through float64 and back the four operations are still correctly rounded. Bits at random reach
 * subnormal and infinite numbers and NaN, which has but one form. */
static void real_numbers_are_rounded_once(void **state)
{
    uint64_t seed = 6;
    (void)state;
    for (int i = 0; i < 600000; i++) {
        const octet_binary_function function = (octet_binary_function)(i % 6);
        const float a = oct_float_of(oct_random_bits(&seed));
        const uint32_t bits = oct_random_bits(&seed);
        const float b = i % 4 ? oct_float_of(bits) : a * (float)(bits % 9); /* near, and zeros */
        const float wanted = by_float64(function, a, b);
        const uint32_t got = oct_bits_of(oct_reference_binary_real(function, a, b));
        assert_int_equal(got, isnan(wanted) ? 0x7fc00000 : oct_bits_of(wanted));
    }
}

static void nothing_to_add(void **state)
{
    const oct_reference_binary add = {.output_scale = 1.0f};
    (void)state;
    run(&add, 0, NULL, NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tie_goes_to_even),
        cmocka_unit_test(types_scales_and_zero_points_may_differ),
        cmocka_unit_test(quantizes_by_the_reciprocal),
        cmocka_unit_test(each_step_rounds_to_float32),
        cmocka_unit_test(ties_go_where_each_rule_says),
        cmocka_unit_test(rules_part_near_ties),
        cmocka_unit_test(bounds_hold_by_every_rule),
        cmocka_unit_test(the_factors_are_made_as_the_rules_say),
        cmocka_unit_test(functions_of_stored_values),
        cmocka_unit_test(quantizes_by_division),
        cmocka_unit_test(products_by_ratios),
        cmocka_unit_test(real_numbers_are_rounded_once),
        cmocka_unit_test(nothing_to_add),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
