/* test_add.c - sums of quantized tensors. */
#include "reference/reference.h"

#include "support/unit.h"

/* By DEQUANTIZE, of a, b and the output, and with no bounds but the output type's. */
static oct_reference_add sum_of(const octet_type types[3], const float scales[3],
                                const int32_t zeros[3])
{
    const oct_type_info *const output = oct_type(types[2]);
    return (oct_reference_add){.a_type = types[0],
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

static int32_t add_one(const oct_reference_add *add, int32_t a, int32_t b)
{
    const uint8_t a_byte = (uint8_t)a, b_byte = (uint8_t)b;
    uint8_t output;
    oct_reference_add_run(add, 1, &a_byte, &b_byte, &output);
    return add->output_type == OCTET_S8 ? (int8_t)output : output;
}

/* 0.05 * 2 + 0.05 * 103 = 5.25 = 52.5 * 0.1, a tie, which goes to even before the zero point. */
static void a_tie_goes_to_even(void **state)
{
    const oct_reference_add add = sum_of((octet_type[]){OCTET_U8, OCTET_U8, OCTET_U8},
                                         (float[]){0.05f, 0.05f, 0.1f}, (int32_t[]){250, 121, 27});
    (void)state;
    assert_int_equal(add_one(&add, 252, 224), 79);
}

static void types_scales_and_zero_points_may_differ(void **state)
{
    const oct_reference_add add = sum_of((octet_type[]){OCTET_S8, OCTET_U8, OCTET_S8},
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
    const oct_reference_add add =
        sum_of((octet_type[]){OCTET_U8, OCTET_U8, OCTET_U8},
               (float[]){0.273939937f, 1.0f, 0.00214854861f}, (int32_t[]){0, 0, 0});
    (void)state;
    assert_int_equal(add_one(&add, 1, 0), 128);
}

/* Every pair of bytes against float64: the two products are exact there, so each float32 step is
 * one conversion. */
static void each_step_rounds_to_float32(void **state)
{
    const oct_reference_add add =
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
        oct_reference_add_run(&add, 256, a, b, output);
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
    oct_reference_add add = sum_of((octet_type[]){OCTET_S8, OCTET_U8, OCTET_S8},
                                   (float[]){0.5f, 0.5f, 1.0f}, (int32_t[]){-3, 7, 0});
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        for (int rule = 0; rule < 4; rule++) {
            add.rule = (octet_add_rule)rule;
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
            oct_reference_add add = sum_of(cases[i].types, cases[i].scales, cases[i].zeros);
            add.rule = (octet_add_rule)rule;
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
        oct_reference_add add = sum_of(types, large, zeros);
        add.rule = (octet_add_rule)rule;
        assert_int_equal(add_one(&add, 255, 255), 127);
        assert_int_equal(add_one(&add, 0, 0), -128);
        add = sum_of(types, ones, zeros);
        add.rule = (octet_add_rule)rule;
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
    oct_reference_add add = {.rule = OCTET_ADD_FLOAT32,
                             .a_scale = 0.5f,
                             .b_scale = 2.0f,
                             .output_scale = 4.0f,
                             .a_zero_point = 16,
                             .b_zero_point = -6,
                             .output_zero_point = 7};
    oct_add_factors factors = oct_reference_add_factors(&add);
    (void)state;
    assert_true(factors.a == 0.125f && factors.b == 0.5f);
    assert_true(factors.output == 8.0f); /* 7 - (2 - 3) */
    assert_int_equal(factors.a_zero | factors.b_zero | factors.output_zero, 0);
    add.rule = OCTET_ADD_FIXED_DOUBLE;
    factors = oct_reference_add_factors(&add); /* in units of 4 */
    assert_int_equal(factors.fixed_a.multiplier, 1 << 30);
    assert_int_equal(factors.fixed_a.shift, -2);
    assert_int_equal(factors.fixed_b.multiplier, 1 << 30);
    assert_int_equal(factors.fixed_b.shift, 0);
    assert_int_equal(factors.fixed_output.multiplier, 1 << 30);
    assert_int_equal(factors.fixed_output.shift, -19);
    add.a_scale = 1e-11f; /* less than 2^-32 of the unit: 0, as TFLite */
    assert_int_equal(oct_reference_add_factors(&add).fixed_a.multiplier, 0);
}

static void nothing_to_add(void **state)
{
    const oct_reference_add add = {.output_scale = 1.0f};
    (void)state;
    oct_reference_add_run(&add, 0, NULL, NULL, NULL);
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
        cmocka_unit_test(nothing_to_add),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
