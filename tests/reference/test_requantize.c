/* test_requantize.c - from accumulators to stored values, by each rounding rule. */
#include "reference/reference.h"

#include <math.h>

#include "core/quantization.h"
#include "support/unit.h"

static int32_t round_s8(int32_t acc, float multiplier, int32_t zero_point)
{
    return oct_reference_round_float(acc, multiplier, -128, 127, zero_point);
}

/* The products are acc * 0.5, exactly at the half; the same products also come from 2 * acc * 0.25
 * and 4 * acc * 0.125. */
static void ties_go_where_each_rule_says(void **state)
{
    static const struct {
        int32_t acc, zero_point;
        int32_t float32, fixed_double_shift_0, fixed_double_negative_shift, fixed_single;
    } cases[] = {
        {1, 0, 0, 1, 1, 1},      {3, 0, 2, 2, 2, 2},      {5, 0, 2, 3, 3, 3}, {-1, 0, 0, 0, -1, 0},
        {-3, 0, -2, -1, -2, -1}, {-5, 0, -2, -2, -3, -2}, {1, 1, 1, 2, 2, 2}, {3, 1, 3, 3, 3, 3},
        {5, 1, 3, 4, 4, 4},      {-1, 1, 1, 1, 0, 1},     {7, 1, 5, 5, 5, 5},
    };
    const oct_fixed half = {1 << 30, 0}, quarter = {1 << 30, -1}, eighth = {1 << 30, -2};
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        const int32_t acc = cases[i].acc, z = cases[i].zero_point;
        assert_int_equal(round_s8(acc, 0.5f, z), cases[i].float32);
        assert_int_equal(round_s8(2 * acc, 0.25f, z), cases[i].float32);
        assert_int_equal(round_s8(4 * acc, 0.125f, z), cases[i].float32);
        assert_int_equal(oct_reference_fixed_double(acc, half) + z, cases[i].fixed_double_shift_0);
        assert_int_equal(oct_reference_fixed_double(2 * acc, quarter) + z,
                         cases[i].fixed_double_negative_shift);
        assert_int_equal(oct_reference_fixed_double(4 * acc, eighth) + z,
                         cases[i].fixed_double_negative_shift);
        assert_int_equal(oct_reference_fixed_single(acc, half) + z, cases[i].fixed_single);
        assert_int_equal(oct_reference_fixed_single(2 * acc, quarter) + z, cases[i].fixed_single);
        assert_int_equal(oct_reference_fixed_single(4 * acc, eighth) + z, cases[i].fixed_single);
    }
}

static void multipliers_one_unit_apart_can_differ(void **state)
{
    (void)state;
    assert_int_equal(round_s8(510138, oct_float_of(0x39215ad4), 0), 78);
    assert_int_equal(round_s8(510138, oct_float_of(0x39215ad5), 0), 79);
}

/* The exact product is just above 36.5; rounded to float32 it is 36.5, which goes to even. */
static void the_float32_product_may_become_a_tie(void **state)
{
    (void)state;
    assert_int_equal(round_s8(159819, oct_float_of(0x396f7a31), 0), 36);
}

/* The product is 109.49999975. In float32 44597375 becomes 44597376 and the product 109.5; with two
 * roundings the first reaches 109.5 * 2^18. */
static void large_accumulators_round_to_float32_first(void **state)
{
    const float multiplier = oct_float_of(0x3624c5c2);
    const oct_fixed fixed = oct_fixed_from_double((double)multiplier, false);
    (void)state;
    assert_int_equal(round_s8(44597375, multiplier, 0), 110);
    assert_int_equal(oct_reference_fixed_double(44597375, fixed), 110);
    assert_int_equal(oct_reference_fixed_single(44597375, fixed), 109);
}

static void float_bounds_hold_for_any_product(void **state)
{
    (void)state;
    assert_int_equal(oct_reference_round_float(INT32_MAX, 255.0f, 0, 255, 7), 255);
    assert_int_equal(oct_reference_round_float(INT32_MIN, 255.0f, 0, 255, 7), 0);
    assert_int_equal(oct_reference_round_float(INT32_MAX, 1.0f, -128, 127, -128), 127);
    assert_int_equal(oct_reference_round_float(100, 1.0f, -5, 6, 0), 6);
    assert_int_equal(oct_reference_round_float(-100, 1.0f, -5, 6, 0), -5);
    assert_int_equal(oct_reference_round_float(-100, 1.0f, 3, 127, 3), 3); /* relu */
}

/* d = 0.26953125: -595 * d = -160.371 and 428 * d = 115.359. */
static void two_roundings_may_miss_the_nearest(void **state)
{
    const oct_fixed fixed = {1157627904, -1};
    (void)state;
    assert_int_equal(oct_reference_fixed_double(-595, fixed), -161);
    assert_int_equal(oct_reference_fixed_single(-595, fixed), -160);
    assert_int_equal(oct_reference_fixed_double(428, fixed), 116);
    assert_int_equal(oct_reference_fixed_single(428, fixed), 115);
}

static void extremes_of_the_fixed_product(void **state)
{
    (void)state;
    assert_int_equal(oct_reference_fixed_double(INT32_MIN, (oct_fixed){INT32_MIN, 0}), INT32_MAX);
    assert_int_equal(oct_reference_fixed_double(INT32_MIN, (oct_fixed){INT32_MAX, 0}), -INT32_MAX);
    assert_int_equal(oct_reference_fixed_double(INT32_MAX, (oct_fixed){INT32_MAX, 0}),
                     INT32_MAX - 1);
    assert_int_equal(oct_reference_fixed_double(INT32_MIN, (oct_fixed){1 << 30, -31}), -1);
    assert_int_equal(oct_reference_fixed_double(INT32_MAX, (oct_fixed){1 << 30, -31}), 1);
    assert_int_equal(oct_reference_fixed_double((1 << 30) - 2, (oct_fixed){1 << 30, -31}), 0);
    assert_int_equal(oct_reference_fixed_single(INT32_MIN, (oct_fixed){1 << 30, -31}), 0);
    assert_int_equal(oct_reference_fixed_single(INT32_MIN, (oct_fixed){INT32_MAX, -31}), -1);
    assert_int_equal(oct_reference_fixed_single(INT32_MAX, (oct_fixed){INT32_MAX, -31}), 1);
    assert_int_equal(oct_reference_fixed_single(INT32_MAX, (oct_fixed){INT32_MAX, 0}),
                     INT32_MAX - 1);
    assert_int_equal(oct_reference_fixed_double(12345, (oct_fixed){0, 0}), 0);
    assert_int_equal(oct_reference_fixed_single(12345, (oct_fixed){0, 0}), 0);
}

static void multipliers_above_one_shift_left(void **state)
{
    const oct_fixed three = {3 << 29, 2}, largest = {INT32_MAX, 8};
    (void)state;
    assert_int_equal(oct_reference_fixed_double(7, three), 21);
    assert_int_equal(oct_reference_fixed_single(7, three), 21);
    assert_int_equal(oct_reference_fixed_double(-7, three), -21);
    assert_int_equal(oct_reference_fixed_single(-7, three), -21);
    assert_int_equal(oct_reference_fixed_double(1, largest), 256);
    assert_int_equal(oct_reference_fixed_double(0x01000001, largest), 256); /* wraps */
    assert_int_equal(oct_reference_fixed_single(0x01000001, (oct_fixed){1 << 30, 9}), 256);
}

/* ---- Oracles in integers ---- */

/* magnitude / 2^bits, nearest, ties to even. */
static uint64_t shift_right_even(uint64_t magnitude, int bits)
{
    if (bits == 0)
        return magnitude;
    if (bits > 63)
        return 0;
    const uint64_t kept = magnitude >> bits, half = UINT64_C(1) << (bits - 1);
    const uint64_t rest = magnitude & (2 * half - 1);
    return kept + (rest > half || (rest == half && kept % 2 == 1));
}

/* What float32 keeps of magnitude * 2^exponent. */
static uint64_t keep_24_bits(uint64_t magnitude, int *exponent)
{
    int extra = 0;
    while (magnitude >> extra >= UINT64_C(1) << 24)
        extra++;
    *exponent += extra;
    return shift_right_even(magnitude, extra);
}

static uint64_t magnitude_of(int32_t value)
{
    return (uint64_t)(value < 0 ? -(int64_t)value : value);
}

static int64_t round_float_in_integers(int32_t acc, float multiplier, int64_t low, int64_t high)
{
    int exponent, rounding = 0;
    const float fraction = frexpf(multiplier, &exponent);
    const uint64_t significand = (uint64_t)ldexpf(fraction, 24);
    uint64_t magnitude = keep_24_bits(magnitude_of(acc), &rounding);
    magnitude = keep_24_bits(magnitude * significand, &rounding);
    exponent += rounding - 24;
    magnitude = exponent >= 0 ? magnitude << (exponent < 30 ? exponent : 30)
                              : shift_right_even(magnitude, -exponent);
    const int64_t value = acc < 0 ? -(int64_t)magnitude : (int64_t)magnitude;
    return value < low ? low : value > high ? high : value;
}

/* Within 8 bits, and within bounds so wide that every bit of the float32 product counts. */
static void float_rule_equals_integer_emulation(void **state)
{
    const int32_t wide = 1 << 24;
    uint64_t seed = 1;
    (void)state;
    for (int i = 0; i < 200000; i++) {
        const int32_t acc = (int32_t)oct_random_bits(&seed) >> oct_random_int(&seed, 0, 31);
        const uint32_t exponent = (uint32_t)oct_random_int(&seed, 127 - 32, 127 + 7);
        const float multiplier = oct_float_of(exponent << 23 | (oct_random_bits(&seed) >> 9));
        const int32_t z = oct_random_int(&seed, -128, 127);
        assert_int_equal(round_s8(acc, multiplier, z),
                         round_float_in_integers(acc, multiplier, -128 - z, 127 - z) + z);
        assert_int_equal(oct_reference_round_float(acc, multiplier, -wide, wide, 0),
                         round_float_in_integers(acc, multiplier, -wide, wide));
    }
}

/* The high word of 2ab + 2^31 from 32-bit words, as devices without wide products form it. */
static int32_t high_product_in_words(int32_t a, int32_t b)
{
    const uint64_t product = (uint64_t)((int64_t)a * b);
    const uint32_t low = (uint32_t)product, sum = low + 0x40000000u;
    const uint32_t high = (uint32_t)(product >> 32) + (sum < low);
    return (int32_t)((high << 1) + (sum >> 31));
}

static int32_t divide_half_away(int32_t value, int32_t bits)
{
    const int64_t half = bits > 0 ? INT64_C(1) << (bits - 1) : 0;
    const int64_t magnitude = ((int64_t)magnitude_of(value) + half) >> bits;
    return (int32_t)(value < 0 ? -magnitude : magnitude);
}

static int32_t divide_half_up(int64_t value, int32_t bits)
{
    const int64_t divisor = INT64_C(1) << bits;
    const int64_t remainder = (value % divisor + divisor) % divisor;
    return (int32_t)((value - remainder) / divisor + (remainder >= divisor / 2));
}

static void fixed_rules_equal_their_definitions(void **state)
{
    uint64_t seed = 2;
    (void)state;
    for (int i = 0; i < 200000; i++) {
        const int32_t acc = (int32_t)oct_random_bits(&seed) >> oct_random_int(&seed, 0, 31);
        const int32_t multiplier = oct_random_int(&seed, 1 << 30, INT32_MAX);
        const int32_t shift = oct_random_int(&seed, -31, 0);
        const oct_fixed fixed = {multiplier, shift};
        assert_int_equal(oct_reference_fixed_double(acc, fixed),
                         divide_half_away(high_product_in_words(acc, multiplier), -shift));
        assert_int_equal(oct_reference_fixed_single(acc, fixed),
                         divide_half_up((int64_t)acc * multiplier, 31 - shift));
    }
}

/* ---- Whole rows ---- */

static void s32_rows_add_the_bias(void **state)
{
    const int32_t bias[] = {100, 0, -100}, acc[] = {-7, 5};
    const oct_epilogue epilogue = {
        .store = OCT_STORE_S32, .output_type = OCTET_S32, .columns = 3, .rows = 1, .bias = bias};
    int32_t output[] = {1, 2, 3, 4};
    (void)state;
    oct_reference_store(&epilogue, 9, 1, 2, acc, output, 2);
    assert_int_equal(output[0], -7);
    assert_int_equal(output[1], 2);
    assert_int_equal(output[2], -95);
    assert_int_equal(output[3], 4);
}

static void sums_with_the_bias_wrap(void **state)
{
    const int32_t bias[] = {1}, acc[] = {INT32_MAX};
    const oct_epilogue epilogue = {
        .store = OCT_STORE_S32, .output_type = OCTET_S32, .columns = 1, .rows = 1, .bias = bias};
    int32_t output;
    (void)state;
    oct_reference_store(&epilogue, 0, 0, 1, acc, &output, 1);
    assert_int_equal(output, INT32_MIN);
}

/* f32(16777217) is 16777216; times 3 is exact, plus 1 is not: a fused multiply-add would differ. */
static void f32_rows_round_each_step(void **state)
{
    const int32_t bias[] = {1, 0, 0, 0}, acc[] = {16777216, -3, 0, -1};
    const float float_bias[] = {1.0f, 0.5f, -0.0f, -0.0f}, scales[] = {3.0f, 0.5f, 1.0f, 0.0f};
    oct_epilogue epilogue = {.store = OCT_STORE_F32,
                             .output_type = OCTET_F32,
                             .columns = 4,
                             .rows = 1,
                             .bias = bias,
                             .float_bias = float_bias,
                             .multipliers = scales};
    float output[4];
    (void)state;
    oct_reference_store(&epilogue, 0, 0, 4, acc, output, 1);
    assert_true(output[0] == 50331648.0f);
    assert_true(output[1] == -1.0f);
    assert_int_equal(oct_bits_of(output[2]), 0);
    assert_int_equal(oct_bits_of(output[3]), 0x80000000); /* -0 */
    epilogue.relu = true;
    oct_reference_store(&epilogue, 0, 0, 4, acc, output, 1);
    assert_true(output[0] == 50331648.0f);
    assert_int_equal(oct_bits_of(output[1]), 0);
    assert_int_equal(oct_bits_of(output[2]), 0);
    assert_int_equal(oct_bits_of(output[3]), 0);
}

/* 5 * 0.2f is 1 in float32 but 1.0000000149 exactly; a fused sum with -1 would keep the rest. */
static void f32_products_are_not_fused(void **state)
{
    const int32_t bias[] = {0}, acc[] = {5};
    const float float_bias[] = {-1.0f}, scales[] = {0.2f};
    const oct_epilogue epilogue = {.store = OCT_STORE_F32,
                                   .output_type = OCTET_F32,
                                   .columns = 1,
                                   .rows = 1,
                                   .bias = bias,
                                   .float_bias = float_bias,
                                   .multipliers = scales};
    float output = 99.0f;
    (void)state;
    oct_reference_store(&epilogue, 0, 0, 1, acc, &output, 1);
    assert_int_equal(oct_bits_of(output), 0);
    assert_true(fmaf(5.0f, 0.2f, -1.0f) != 0.0f);
}

static void byte_rows_use_their_column_and_row(void **state)
{
    const int32_t bias[] = {0, 10, 20}, acc[] = {100, 100};
    const float multipliers[] = {1.0f, 0.5f, 0.25f, 2.0f, 0.125f, 4.0f};
    oct_epilogue epilogue = {.store = OCT_STORE_ROUND_FLOAT,
                             .output_type = OCTET_U8,
                             .columns = 3,
                             .rows = 2,
                             .bias = bias,
                             .multipliers = multipliers,
                             .zero_point = 3,
                             .low = 0,
                             .high = 200};
    uint8_t output[4] = {9, 9, 9, 9};
    (void)state;
    oct_reference_store(&epilogue, 0, 1, 2, acc, output, 1);
    assert_int_equal(output[0], 58); /* 110 / 2 + 3 */
    assert_int_equal(output[1], 33); /* 120 / 4 + 3 */
    oct_reference_store(&epilogue, 1, 1, 2, acc, output, 3);
    assert_int_equal(output[0], 17);  /* 110 / 8 = 13.75 */
    assert_int_equal(output[3], 200); /* 480 */
    assert_int_equal(output[2], 9);
    epilogue.rows = 1; /* one row of multipliers serves all rows */
    oct_reference_store(&epilogue, 1, 1, 2, acc, output, 1);
    assert_int_equal(output[0], 58);
}

static void fixed_rows_clamp_and_add_the_zero_point(void **state)
{
    const int32_t bias[] = {0, 0, 0, 0}, acc[] = {-1, INT32_MAX, INT32_MIN, 1};
    const oct_fixed fixed[] = {{1 << 30, -1}, {1 << 30, 1}, {1 << 30, 1}, {1 << 30, 0}};
    oct_epilogue epilogue = {.store = OCT_STORE_FIXED_DOUBLE,
                             .output_type = OCTET_S8,
                             .columns = 4,
                             .rows = 1,
                             .bias = bias,
                             .fixed = fixed,
                             .zero_point = 100,
                             .low = -128,
                             .high = 127};
    int8_t output[4];
    (void)state;
    /* -1/4 through -0.5 -> 0; INT32_MAX * 2 wraps to -2, times 1/2 is -1; INT32_MIN * 2 to 0 */
    oct_reference_store(&epilogue, 0, 0, 4, acc, output, 1);
    assert_int_equal(output[0], 100);
    assert_int_equal(output[1], 99);
    assert_int_equal(output[2], 100);
    assert_int_equal(output[3], 101);
    epilogue.store = OCT_STORE_FIXED_SINGLE;
    oct_reference_store(&epilogue, 0, 0, 4, acc, output, 1);
    assert_int_equal(output[0], 100);
    assert_int_equal(output[1], 127); /* adding 100 must not overflow */
    assert_int_equal(output[2], -128);
    assert_int_equal(output[3], 101);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ties_go_where_each_rule_says),
        cmocka_unit_test(multipliers_one_unit_apart_can_differ),
        cmocka_unit_test(the_float32_product_may_become_a_tie),
        cmocka_unit_test(large_accumulators_round_to_float32_first),
        cmocka_unit_test(float_bounds_hold_for_any_product),
        cmocka_unit_test(two_roundings_may_miss_the_nearest),
        cmocka_unit_test(extremes_of_the_fixed_product),
        cmocka_unit_test(multipliers_above_one_shift_left),
        cmocka_unit_test(float_rule_equals_integer_emulation),
        cmocka_unit_test(fixed_rules_equal_their_definitions),
        cmocka_unit_test(s32_rows_add_the_bias),
        cmocka_unit_test(sums_with_the_bias_wrap),
        cmocka_unit_test(f32_rows_round_each_step),
        cmocka_unit_test(f32_products_are_not_fused),
        cmocka_unit_test(byte_rows_use_their_column_and_row),
        cmocka_unit_test(fixed_rows_clamp_and_add_the_zero_point),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
