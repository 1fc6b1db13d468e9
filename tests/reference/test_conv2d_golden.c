/* test_conv2d_golden.c - the golden convolution: one 5x5 image, one 5x5 filter. */
#include "reference/reference.h"

#include <math.h>
#include <stdlib.h>

#include "core/quantization.h"
#include "support/golden.h"
#include "support/unit.h"

enum { TAPS = 25 };

static const int32_t no_bias[1];

typedef struct golden_case {
    cJSON *root;
    uint8_t input[TAPS];
    int8_t weights[TAPS];
    oct_conv2d_geometry geometry;
    float multiplier;
    oct_fixed fixed;
} golden_case;

static void read_sizes(const cJSON *root, const char *path, size_t count, size_t *sizes)
{
    int32_t values[4];
    oct_golden_ints(root, path, count, values);
    for (size_t i = 0; i < count; i++)
        sizes[i] = (size_t)values[i];
}

static oct_conv2d_geometry read_geometry(const cJSON *root)
{
    oct_conv2d_geometry g = {.layout = OCTET_NCHW,
                             .groups = (size_t)oct_golden_int(root, "groups")};
    size_t input[4], weight[4], output[4];
    assert_string_equal(oct_golden_text(root, "layout.input"), "NCHW");
    assert_string_equal(oct_golden_text(root, "layout.weight"), "OIHW");
    assert_string_equal(oct_golden_text(root, "layout.output"), "NCHW");
    read_sizes(root, "input.shape", 4, input);
    read_sizes(root, "weight.shape", 4, weight);
    read_sizes(root, "output.shape", 4, output);
    read_sizes(root, "stride", 2, g.window.stride);
    read_sizes(root, "padding", 4, g.window.padding);
    read_sizes(root, "dilation", 2, g.window.dilation);
    g.images = input[0];
    g.channels = input[1];
    g.height = input[2];
    g.width = input[3];
    g.out_channels = weight[0];
    assert_int_equal(weight[1], g.channels / g.groups);
    g.window.kernel[0] = weight[2];
    g.window.kernel[1] = weight[3];
    assert_true(oct_window_output(&g.window, 0, g.height, false, &g.out_height));
    assert_true(oct_window_output(&g.window, 1, g.width, false, &g.out_width));
    assert_int_equal(output[0], g.images);
    assert_int_equal(output[1], g.out_channels);
    assert_int_equal(output[2], g.out_height);
    assert_int_equal(output[3], g.out_width);
    return g;
}

static float scale_of(const cJSON *root, const char *tensor)
{
    const cJSON *const node = oct_golden_at(root, tensor);
    const float scale = oct_golden_float(node, "scale");
    assert_true(strtof(oct_golden_text(node, "scale_decimal"), NULL) == scale);
    return scale;
}

static int load_golden(void **state)
{
    static golden_case golden;
    int32_t input[TAPS], weights[TAPS];
    cJSON *const root = golden.root = oct_golden_load("seed1.json");
    assert_string_equal(oct_golden_text(root, "input.dtype"), "uint8");
    assert_string_equal(oct_golden_text(root, "weight.dtype"), "int8");
    assert_true(cJSON_IsNull(oct_golden_at(root, "bias")));
    oct_golden_ints(root, "input.data", TAPS, input);
    oct_golden_ints(root, "weight.data", TAPS, weights);
    for (size_t i = 0; i < TAPS; i++) {
        golden.input[i] = (uint8_t)input[i];
        golden.weights[i] = (int8_t)weights[i];
    }
    golden.geometry = read_geometry(root);
    const float x = scale_of(root, "input"), w = scale_of(root, "weight");
    const float y = scale_of(root, "output");
    golden.multiplier = oct_multiplier_divide(x, w, y);
    golden.fixed = oct_fixed_from_double(oct_multiplier_double(x, w, y), false);
    *state = &golden;
    return 0;
}

static int free_golden(void **state)
{
    cJSON_Delete(((golden_case *)*state)->root);
    return 0;
}

static void convolve_golden(const golden_case *golden, int32_t weight_zero_point,
                            const oct_epilogue *epilogue, void *output)
{
    const oct_reference_conv2d conv = {
        OCTET_U8,           OCTET_S8,
        golden->geometry,   oct_golden_int(golden->root, "input.zero_point"),
        &weight_zero_point, *epilogue};
    oct_reference_conv2d_run(&conv, golden->input, golden->weights, output);
}

static int32_t golden_byte(const golden_case *golden, const cJSON *c, oct_store store)
{
    const octet_type type =
        strcmp(oct_golden_text(c, "output_dtype"), "int8") == 0 ? OCTET_S8 : OCTET_U8;
    const oct_epilogue epilogue = {.store = store,
                                   .output_type = type,
                                   .columns = 1,
                                   .rows = 1,
                                   .bias = no_bias,
                                   .multipliers = &golden->multiplier,
                                   .fixed = &golden->fixed,
                                   .zero_point = oct_golden_int(c, "output_zero_point"),
                                   .low = oct_type(type)->low,
                                   .high = oct_type(type)->high};
    uint8_t output;
    convolve_golden(golden, oct_golden_int(c, "weight_zero_point"), &epilogue, &output);
    return type == OCTET_S8 ? (int8_t)output : output;
}

static int32_t golden_sum(const golden_case *golden, int32_t weight_zero_point)
{
    const oct_epilogue epilogue = {
        .store = OCT_STORE_S32, .output_type = OCTET_S32, .columns = 1, .rows = 1, .bias = no_bias};
    int32_t sum;
    convolve_golden(golden, weight_zero_point, &epilogue, &sum);
    return sum;
}

static void golden_outputs(void **state)
{
    const golden_case *const golden = *state;
    const cJSON *const cases = oct_golden_at(golden->root, "cases"), *c;
    assert_int_equal(cJSON_GetArraySize(cases), 6);
    cJSON_ArrayForEach(c, cases)
    {
        const float no_float_bias = 0.0f;
        const oct_epilogue epilogue = {.store = OCT_STORE_F32,
                                       .output_type = OCTET_F32,
                                       .columns = 1,
                                       .rows = 1,
                                       .bias = no_bias,
                                       .float_bias = &no_float_bias,
                                       .multipliers = &golden->multiplier};
        const int32_t weight_zero_point = oct_golden_int(c, "weight_zero_point");
        float scaled;
        assert_int_equal(golden_sum(golden, weight_zero_point), oct_golden_int(c, "acc"));
        convolve_golden(golden, weight_zero_point, &epilogue, &scaled);
        assert_int_equal(oct_bits_of(scaled), oct_bits_of(oct_golden_float(c, "scaled")));
        assert_int_equal(
            oct_reference_round_float(oct_golden_int(c, "acc"), golden->multiplier, -1000, 1000, 0),
            oct_golden_int(c, "rounded_before_zero_point"));
        assert_int_equal(golden_byte(golden, c, OCT_STORE_ROUND_FLOAT),
                         oct_golden_int(c, "expected_output"));
        assert_int_equal(golden_byte(golden, c, OCT_STORE_FIXED_DOUBLE),
                         oct_golden_int(c, "expected_output_tflite_fixed_point_double_rounding"));
        assert_int_equal(golden_byte(golden, c, OCT_STORE_FIXED_SINGLE),
                         oct_golden_int(c, "expected_output_tflite_fixed_point_single_rounding"));
    }
}

static int32_t saturate_16(int32_t value)
{
    return value < INT16_MIN ? INT16_MIN : value > INT16_MAX ? INT16_MAX : value;
}

static void golden_integer_terms(void **state)
{
    const golden_case *const golden = *state;
    const cJSON *const terms = oct_golden_at(golden->root, "integer_terms");
    int32_t input = 0, weight = 0, product = 0, saturated = 0;
    for (size_t i = 0; i < TAPS; i++) {
        const int32_t here = golden->input[i] * golden->weights[i];
        const int32_t next = i + 1 < TAPS ? golden->input[i + 1] * golden->weights[i + 1] : 0;
        input += golden->input[i];
        weight += golden->weights[i];
        product += here;
        if (i % 2 == 0)
            saturated += saturate_16(here + next);
    }
    assert_int_equal(oct_golden_int(terms, "K"), TAPS);
    assert_int_equal(oct_golden_int(terms, "sum_input"), input);
    assert_int_equal(oct_golden_int(terms, "sum_weight"), weight);
    assert_int_equal(oct_golden_int(terms, "sum_input_times_weight"), product);
    assert_int_equal(oct_golden_int(terms, "pairwise_int16_saturated_sum_input_times_weight"),
                     saturated);

    const int32_t x_zero = oct_golden_int(golden->root, "input.zero_point");
    const cJSON *c;
    cJSON_ArrayForEach(c, oct_golden_at(golden->root, "cases"))
    {
        const int32_t w_zero = oct_golden_int(c, "weight_zero_point");
        const int32_t correction = TAPS * x_zero * w_zero - w_zero * input - x_zero * weight;
        const int32_t wrong = saturated + correction;
        const int32_t z = oct_golden_int(c, "output_zero_point");
        const bool is_signed = strcmp(oct_golden_text(c, "output_dtype"), "int8") == 0;
        assert_int_equal(golden_sum(golden, w_zero), product + correction);
        assert_int_equal(oct_golden_int(c, "wrong_if_pairwise_int16_saturation.acc"), wrong);
        assert_int_equal(oct_golden_int(c, "wrong_if_pairwise_int16_saturation.output"),
                         oct_reference_round_float(wrong, golden->multiplier, is_signed ? -128 : 0,
                                                   is_signed ? 127 : 255, z));
    }
}

static void golden_float_reference(void **state)
{
    const golden_case *const golden = *state;
    const cJSON *const reference = oct_golden_at(golden->root, "float_reference");
    const double x_scale = (double)scale_of(golden->root, "input");
    const double w_scale = (double)scale_of(golden->root, "weight");
    const double real = golden_sum(golden, -11) * x_scale * w_scale;
    const double steps = real / (double)scale_of(golden->root, "output");
    assert_true(fabs(real - oct_golden_number(reference, "exact_acc_times_scales")) < 1e-7);
    assert_true(fabs(real - oct_golden_number(reference, "torch_float32_output")) < 1e-6);
    assert_int_equal(oct_golden_int(reference, "quantized_uint8_zero_point_0"),
                     steps < 0.0 ? 0 : 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_outputs),
        cmocka_unit_test(golden_integer_terms),
        cmocka_unit_test(golden_float_reference),
    };
    return cmocka_run_group_tests(tests, load_golden, free_golden);
}
