/* test_quantize.c - float32 to 8 bits by each rule, and back. */
#include "reference/reference.h"

#include <math.h>

#include "support/golden.h"
#include "support/unit.h"

enum { MOST_ELEMENTS = 100 };

static void values_follow_the_rule(void **state)
{
    static const struct {
        float x, scale;
        octet_type type;
        int32_t zero_point, reciprocal, divide, half_away;
    } cases[] = {
        {0.0f, 1.0f, OCTET_S8, 5, 5, 5, 5},
        {0.5f, 1.0f, OCTET_S8, 0, 0, 0, 1},
        {1.5f, 1.0f, OCTET_S8, 0, 2, 2, 2},
        {2.5f, 1.0f, OCTET_S8, 0, 2, 2, 3},
        {-0.5f, 1.0f, OCTET_S8, 0, 0, 0, -1},
        {-2.5f, 1.0f, OCTET_S8, 0, -2, -2, -3},
        {0.5f, 1.0f, OCTET_S8, 1, 1, 1, 2}, /* the zero point is added after rounding */
        {-0.5f, 1.0f, OCTET_U8, 3, 3, 3, 2},
        {0.49999997f, 1.0f, OCTET_S8, 0, 0, 0, 0}, /* adding a half first would give 1 */
        {0.273939937f, 0.00214854861f, OCTET_U8, 0, 128, 127, 127}, /* 127.5 and 127.499992 */
        {127.4f, 1.0f, OCTET_S8, 0, 127, 127, 127},
        {127.5f, 1.0f, OCTET_S8, 0, 127, 127, 127},
        {-129.0f, 1.0f, OCTET_S8, 0, -128, -128, -128},
        {-1.0f, 1.0f, OCTET_U8, 0, 0, 0, 0},
        {256.0f, 1.0f, OCTET_U8, 0, 255, 255, 255},
        {-200.0f, 1.0f, OCTET_U8, 255, 55, 55, 55},
        {3e9f, 1.0f, OCTET_U8, 128, 255, 255, 255},
        {-3e9f, 1.0f, OCTET_S8, -128, -128, -128, -128},
        {1e38f, 1e-6f, OCTET_S8, 127, 127, 127, 127},
        {INFINITY, 1.0f, OCTET_U8, 128, 255, 255, 255},
        {-INFINITY, 1.0f, OCTET_U8, 200, 0, 0, 0},
        {INFINITY, 1.0f, OCTET_S8, -128, 127, 127, 127},
        {NAN, 1.0f, OCTET_U8, 128, 0, 0, 0},
        {NAN, 1.0f, OCTET_S8, -128, -128, -128, -128},
        {NAN, 1.0f, OCTET_S8, 127, -128, -128, -128},
    };
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        const float x = cases[i].x, scale = cases[i].scale;
        const int32_t z = cases[i].zero_point;
        const int32_t low = oct_type(cases[i].type)->low, high = oct_type(cases[i].type)->high;
        assert_int_equal(
            oct_reference_quantize_one(OCTET_QUANTIZE_RECIPROCAL, x, scale, z, low, high),
            cases[i].reciprocal);
        assert_int_equal(oct_reference_quantize_one(OCTET_QUANTIZE_DIVIDE, x, scale, z, low, high),
                         cases[i].divide);
        assert_int_equal(
            oct_reference_quantize_one(OCTET_QUANTIZE_HALF_AWAY, x, scale, z, low, high),
            cases[i].half_away);
    }
}

/* Two channels of three neighbours, twice. */
static void channels_have_their_own_parameters(void **state)
{
    const float scales[] = {1.0f, 0.5f};
    const int32_t zero_points[] = {0, 10};
    const oct_reference_quantize quantize = {.type = OCTET_S8,
                                             .rule = OCTET_QUANTIZE_DIVIDE,
                                             .outer = 2,
                                             .channels = 2,
                                             .inner = 3,
                                             .scales = scales,
                                             .zero_points = zero_points};
    const float input[] = {1, 2, 3, 1, 2, 3, -1, -2, -3, -1, -2, -300};
    const int8_t expected[] = {1, 2, 3, 12, 14, 16, -1, -2, -3, 8, 6, -128};
    const float restored[] = {1, 2, 3, 1, 2, 3, -1, -2, -3, -1, -2, -69};
    int8_t output[12];
    float back[12];
    (void)state;
    oct_reference_quantize_run(&quantize, input, output);
    assert_memory_equal(output, expected, sizeof expected);
    oct_reference_dequantize_run(&quantize, output, back);
    assert_memory_equal(back, restored, sizeof restored);
}

static void empty_tensors_are_left_alone(void **state)
{
    const oct_reference_quantize no_batch = {.type = OCTET_U8, .channels = 2, .inner = 3};
    const oct_reference_quantize no_channels = {.type = OCTET_U8, .outer = 2, .inner = 3};
    (void)state;
    oct_reference_quantize_run(&no_batch, NULL, NULL);
    oct_reference_quantize_run(&no_channels, NULL, NULL);
    oct_reference_dequantize_run(&no_batch, NULL, NULL);
    oct_reference_dequantize_run(&no_channels, NULL, NULL);
}

/* Integers beyond 2^24 are rounded to float32, after the exact subtraction. */
static void dequantization_of_32_bits(void **state)
{
    static const struct {
        int32_t q, zero_point;
        float expected;
    } cases[] = {
        {16777217, 0, 16777216.0f}, {16777219, 0, 16777220.0f},       {33554435, 0, 33554436.0f},
        {16777217, 1, 16777216.0f}, {16777218, -1, 16777220.0f},      {-5, 2, -7.0f},
        {INT32_MAX, -1, 0x1p31f},   {INT32_MIN, INT32_MAX, -0x1p32f},
    };
    const float scale = 1.0f;
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        const oct_reference_quantize quantize = {.type = OCTET_S32,
                                                 .outer = 1,
                                                 .channels = 1,
                                                 .inner = 1,
                                                 .scales = &scale,
                                                 .zero_points = &cases[i].zero_point};
        float output;
        oct_reference_dequantize_run(&quantize, &cases[i].q, &output);
        assert_true(output == cases[i].expected);
    }
}

/* All bytes of both types: s * (q - z) with one rounding, checked through float64, where the
 * product of a 24-bit and a 9-bit number is exact. */
static void dequantization_of_bytes_rounds_once(void **state)
{
    static const octet_type types[] = {OCTET_S8, OCTET_U8};
    const float scale = 0.012728f;
    const int32_t zero_point = 33;
    uint8_t bytes[256];
    float output[256];
    (void)state;
    for (size_t i = 0; i < 256; i++)
        bytes[i] = (uint8_t)i;
    for (size_t t = 0; t < OCT_COUNT(types); t++) {
        const oct_reference_quantize quantize = {.type = types[t],
                                                 .outer = 1,
                                                 .channels = 1,
                                                 .inner = 256,
                                                 .scales = &scale,
                                                 .zero_points = &zero_point};
        oct_reference_dequantize_run(&quantize, bytes, output);
        for (int i = 0; i < 256; i++) {
            const int q = types[t] == OCTET_S8 && i > 127 ? i - 256 : i;
            const float expected = (float)((double)scale * (q - zero_point));
            assert_int_equal(oct_bits_of(output[i]), oct_bits_of(expected));
        }
    }
}

static void assert_quantized(const cJSON *matrix, const char *field, octet_type type,
                             octet_quantize_rule rule, float scale, int32_t zero_point,
                             const float *input, size_t count)
{
    const oct_reference_quantize quantize = {.type = type,
                                             .rule = rule,
                                             .outer = 1,
                                             .channels = 1,
                                             .inner = count,
                                             .scales = &scale,
                                             .zero_points = &zero_point};
    uint8_t bytes[MOST_ELEMENTS];
    int32_t expected[MOST_ELEMENTS];
    oct_golden_ints(matrix, field, count, expected);
    oct_reference_quantize_run(&quantize, input, bytes);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(type == OCTET_S8 ? (int8_t)bytes[i] : bytes[i], expected[i]);
}

static void assert_golden_matrix(const cJSON *golden, const char *name, size_t count)
{
    const cJSON *const matrix = oct_golden_at(oct_golden_at(golden, "quantization"), name);
    const cJSON *const input = oct_golden_at(oct_golden_at(golden, "inputs"), name);
    const cJSON *const plain = oct_golden_at(matrix, "from_four_decimal_inputs");
    double decimals[MOST_ELEMENTS];
    float x[MOST_ELEMENTS], min, max;
    bool finite;

    oct_golden_numbers(input, "data", count, decimals);
    for (size_t i = 0; i < count; i++)
        x[i] = (float)decimals[i];
    oct_reference_min_max(1, 1, count, x, &min, &max, &finite);
    assert_int_equal(oct_bits_of(min), oct_bits_of(oct_golden_float(plain, "min")));
    assert_int_equal(oct_bits_of(max), oct_bits_of(oct_golden_float(plain, "max")));
    assert_true(finite);

    assert_quantized(matrix, "quantized", OCTET_S8, OCTET_QUANTIZE_RECIPROCAL,
                     (float)oct_golden_number(matrix, "printed.scale"),
                     oct_golden_int(matrix, "printed.zero_point"), x, count);
    assert_quantized(matrix, "quantized", OCTET_S8, OCTET_QUANTIZE_RECIPROCAL,
                     oct_golden_float(plain, "scale_float32"), oct_golden_int(plain, "zero_point"),
                     x, count);
    assert_quantized(matrix, "uint8.quantized", OCTET_U8, OCTET_QUANTIZE_RECIPROCAL,
                     (float)oct_golden_number(matrix, "uint8.scale"),
                     oct_golden_int(matrix, "uint8.zero_point"), x, count);
    assert_quantized(matrix, "int8_reduce_range.quantized", OCTET_S8, OCTET_QUANTIZE_RECIPROCAL,
                     (float)oct_golden_number(matrix, "int8_reduce_range.scale"),
                     oct_golden_int(matrix, "int8_reduce_range.zero_point"), x, count);
    assert_quantized(matrix, "onnx_dynamic_uint8.quantized", OCTET_U8, OCTET_QUANTIZE_DIVIDE,
                     oct_golden_float(matrix, "onnx_dynamic_uint8.scale"),
                     oct_golden_int(matrix, "onnx_dynamic_uint8.zero_point"), x, count);
}

static void golden_matrices(void **state)
{
    cJSON *const golden = oct_golden_load("seed2.json");
    (void)state;
    assert_golden_matrix(golden, "x1", 10);
    assert_golden_matrix(golden, "x2", 100);
    cJSON_Delete(golden);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_follow_the_rule),
        cmocka_unit_test(channels_have_their_own_parameters),
        cmocka_unit_test(empty_tensors_are_left_alone),
        cmocka_unit_test(dequantization_of_32_bits),
        cmocka_unit_test(dequantization_of_bytes_rounds_once),
        cmocka_unit_test(golden_matrices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
