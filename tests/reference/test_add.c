/* test_add.c - sums of quantized tensors. */
#include "reference/reference.h"

#include "support/unit.h"

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
    const oct_reference_add add = {OCTET_U8, OCTET_U8, OCTET_U8, 0.05f, 0.05f, 0.1f,
                                   250,      121,      27,       0,     255};
    (void)state;
    assert_int_equal(add_one(&add, 252, 224), 79);
}

static void types_scales_and_zero_points_may_differ(void **state)
{
    const oct_reference_add add = {OCTET_S8, OCTET_U8, OCTET_S8, 0.5f, 2.0f, 1.0f,
                                   -3,       100,      4,        -128, 127};
    (void)state;
    assert_int_equal(add_one(&add, -3, 100), 4);
    assert_int_equal(add_one(&add, 7, 100), 9);      /* 5 */
    assert_int_equal(add_one(&add, -13, 90), -21);   /* -5 - 20 */
    assert_int_equal(add_one(&add, -128, 255), 127); /* -62.5 + 310 */
    assert_int_equal(add_one(&add, 127, 0), -128);   /* 65 - 200 + 4 = -131 */
    assert_int_equal(add_one(&add, -2, 100), 4);     /* 0.5 */
    assert_int_equal(add_one(&add, 0, 100), 6);      /* 1.5 */
}

static void bounds_hold(void **state)
{
    const oct_reference_add add = {OCTET_S8, OCTET_S8, OCTET_S8, 1.0f, 1.0f, 1.0f, 0, 0, 0, -2, 3};
    (void)state;
    assert_int_equal(add_one(&add, 100, 100), 3);
    assert_int_equal(add_one(&add, -100, 0), -2);
    assert_int_equal(add_one(&add, 1, 1), 2);
}

/* Multiplies by the reciprocal: here x * (1 / s) is 127.5 and x / s is 127.499992. */
static void quantizes_by_the_reciprocal(void **state)
{
    const oct_reference_add add = {
        OCTET_U8, OCTET_U8, OCTET_U8, 0.273939937f, 1.0f, 0.00214854861f, 0, 0, 0, 0, 255};
    (void)state;
    assert_int_equal(add_one(&add, 1, 0), 128);
}

/* Every pair of bytes against float64: the two products are exact there, so each float32 step is
 * one conversion. */
static void each_step_rounds_to_float32(void **state)
{
    const oct_reference_add add = {OCTET_S8, OCTET_U8, OCTET_U8, 0.0123f, 0.0456f, 0.0789f,
                                   -7,       130,      99,       0,       255};
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
        cmocka_unit_test(bounds_hold),
        cmocka_unit_test(quantizes_by_the_reciprocal),
        cmocka_unit_test(each_step_rounds_to_float32),
        cmocka_unit_test(nothing_to_add),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
