/* test_unary.c - functions of float32 against the C library's in float64. */
#include "reference/reference.h"

#include <float.h>
#include <math.h>

#include "support/unit.h"

/* The distance of two float32 below "wanted", which is in float64. */
static double unit_of(double wanted)
{
    int exponent;
    (void)frexp(fmax(fabs(wanted), 0x1p-126), &exponent);
    return ldexp(1.0, exponent - 24);
}

static double sigmoid(double x)
{
    return x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x));
}

/* All of float32, one number in 1499, and all of -110..110 more closely. */
static void curves_are_within_two_units(void **state)
{
    static const struct {
        octet_unary_function function;
        double (*exact)(double x);
        double most;
    } curves[] = {
        {OCTET_EXPONENTIAL, exp, 1.1}, {OCTET_SIGMOID, sigmoid, 1.1}, {OCTET_TANH, tanh, 1.5}};
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(curves); i++) {
        for (uint64_t j = 0; j < 4000000; j++) {
            const float x = j % 2 ? oct_float_of((uint32_t)(j / 2 * 2147))
                                  : (float)((double)j * (220.0 / 4000000) - 110);
            const double wanted = curves[i].exact((double)x);
            const float got = oct_reference_unary_one(curves[i].function, 0, 0, x);
            if (isnan(x))
                assert_int_equal(oct_bits_of(got), 0x7fc00000);
            else if (fabs(wanted) > (double)FLT_MAX * (1 + 0x1p-25))
                assert_true(got == INFINITY);
            else if (fabs((double)got - wanted) > curves[i].most * unit_of(wanted))
                fail_msg("function %d of %.9g is %.9g, not %.17g", (int)curves[i].function,
                         (double)x, (double)got, wanted);
        }
    }
}

static void special_values(void **state)
{
    const float inf = INFINITY;
    const struct {
        octet_unary_function function;
        float alpha, beta, x, y;
    } cases[] = {
        {OCTET_CLIP, -1, 6, -2, -1},
        {OCTET_CLIP, -1, 6, 7, 6},
        {OCTET_CLIP, -1, 6, 2.5f, 2.5f},
        {OCTET_CLIP, 0, inf, inf, inf},
        {OCTET_CLIP, 0, inf, -inf, 0},
        {OCTET_CLIP, 0, inf, -0.0f, -0.0f},
        {OCTET_LEAKY_RELU, 0.01f, 0, -2, -0.02f},
        {OCTET_LEAKY_RELU, 0.01f, 0, 3, 3},
        {OCTET_LEAKY_RELU, 0.01f, 0, -0.0f, -0.0f},
        {OCTET_LEAKY_RELU, 0.01f, 0, -inf, -inf},
        {OCTET_ABSOLUTE, 0, 0, -0.0f, 0},
        {OCTET_ABSOLUTE, 0, 0, -FLT_MAX, FLT_MAX},
        {OCTET_NEGATE, 0, 0, 0, -0.0f},
        {OCTET_NEGATE, 0, 0, inf, -inf},
        {OCTET_ROUND, 0, 0, 0.5f, 0},
        {OCTET_ROUND, 0, 0, 1.5f, 2},
        {OCTET_ROUND, 0, 0, -2.5f, -2},
        {OCTET_ROUND, 0, 0, -0.3f, -0.0f},
        {OCTET_ROUND, 0, 0, 8388609.0f, 8388609.0f},
        {OCTET_SQUARE_ROOT, 0, 0, 2, 0x1.6a09e6p0f},
        {OCTET_SQUARE_ROOT, 0, 0, -0.0f, -0.0f},
        {OCTET_SQUARE_ROOT, 0, 0, 0x1p-149f, 0x1.6a09e6p-75f},
        {OCTET_SQUARE_ROOT, 0, 0, inf, inf},
        {OCTET_EXPONENTIAL, 0, 0, -0.0f, 1},
        {OCTET_EXPONENTIAL, 0, 0, -inf, 0},
        {OCTET_EXPONENTIAL, 0, 0, inf, inf},
        {OCTET_SIGMOID, 0, 0, 0, 0.5f},
        {OCTET_SIGMOID, 0, 0, inf, 1},
        {OCTET_SIGMOID, 0, 0, -inf, 0},
        {OCTET_TANH, 0, 0, -0.0f, -0.0f},
        {OCTET_TANH, 0, 0, 0x1p-149f, 0x1p-149f},
        {OCTET_TANH, 0, 0, -inf, -1},
        {OCTET_HARD_SIGMOID, 0.2f, 0.5f, 0, 0.5f},
        {OCTET_HARD_SIGMOID, 0.2f, 0.5f, 3, 1},
        {OCTET_HARD_SIGMOID, 0.2f, 0.5f, -inf, 0},
        {OCTET_HARD_SWISH, 0.125f, 0.5f, 2, 1.5f},
        {OCTET_HARD_SWISH, 0.125f, 0.5f, -4, -0.0f},
    };
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        const float y =
            oct_reference_unary_one(cases[i].function, cases[i].alpha, cases[i].beta, cases[i].x);
        if (oct_bits_of(y) != oct_bits_of(cases[i].y))
            fail_msg("case %zu: %.9g instead of %.9g", i, (double)y, (double)cases[i].y);
    }
}

/* One form of NaN, also where there was none. */
static void nan_has_one_form(void **state)
{
    (void)state;
    for (int function = 0; function <= OCTET_HARD_SWISH; function++) {
        const octet_unary_function f = (octet_unary_function)function;
        const uint32_t bits[] = {0x7fc00001, 0xffc00000, 0x7f800001};
        for (size_t i = 0; i < OCT_COUNT(bits); i++) {
            const float y = oct_reference_unary_one(f, 0.5f, 0.75f, oct_float_of(bits[i]));
            assert_int_equal(oct_bits_of(y), 0x7fc00000);
        }
    }
    const float root = oct_reference_unary_one(OCTET_SQUARE_ROOT, 0, 0, -1);
    const float product = oct_reference_unary_one(OCTET_HARD_SWISH, 1, 0, -INFINITY);
    assert_int_equal(oct_bits_of(root), 0x7fc00000);
    assert_int_equal(oct_bits_of(product), 0x7fc00000); /* infinity times 0 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(curves_are_within_two_units),
        cmocka_unit_test(special_values),
        cmocka_unit_test(nan_has_one_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
