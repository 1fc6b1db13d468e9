/* test_quantization.c - scales, zero points, multipliers and chosen parameters. */
#include "core/quantization.h"

#include <math.h>

#include "support/golden.h"
#include "support/unit.h"

static void missing_arrays_mean_scale_1_and_zero_point_0(void **state)
{
    const octet_quantization none = {0};
    (void)state;
    assert_true(oct_scale_at(&none, 5) == 1.0f);
    assert_int_equal(oct_zero_point_at(&none, 5), 0);
}

static void one_value_serves_every_channel(void **state)
{
    const float scales[] = {0.5f, 0.25f};
    const int32_t zero_points[] = {-3, 4};
    const octet_quantization one = {scales, 1, zero_points, 1}, two = {scales, 2, zero_points, 2};
    (void)state;
    assert_true(oct_scale_at(&one, 1) == 0.5f);
    assert_true(oct_scale_at(&two, 1) == 0.25f);
    assert_int_equal(oct_zero_point_at(&one, 1), -3);
    assert_int_equal(oct_zero_point_at(&two, 1), 4);
}

static void keep_message(void *user, const char *text)
{
    strcpy(user, text);
}

/* What a check says about two scales and two zero points, of which the counts are used. */
typedef struct check_case {
    octet_type type;
    size_t scale_count, zero_point_count, channels;
    float scale;
    int32_t zero_point;
    const char *message; /* NULL: accepted */
} check_case;

static void checks_name_the_value_at_fault(void **state)
{
    static const check_case cases[] = {
        {OCTET_S8, 0, 0, 2, 1.0f, 0, NULL},
        {OCTET_S8, 1, 1, 2, 1.0f, -128, NULL},
        {OCTET_S8, 2, 2, 2, 0x1p-126f, 127, NULL},
        {OCTET_U8, 2, 1, 2, 1.0f, 255, NULL},
        {OCTET_S32, 1, 1, 2, 1.0f, INT32_MIN, NULL},
        {OCTET_S8, 2, 0, 3, 1.0f, 0, "x: there are 2 scales; there must be 0, 1 or 3"},
        {OCTET_S8, 0, 2, 3, 1.0f, 0, "x: there are 2 zero points; there must be 0, 1 or 3"},
        {OCTET_S8, 2, 0, 2, 0.0f, 0, "x: scale 1 is 0; it must be finite, normal and positive"},
        {OCTET_S8, 2, 0, 2, -2.0f, 0, "x: scale 1 is -2; it must be finite, normal and positive"},
        {OCTET_S8, 2, 0, 2, INFINITY, 0,
         "x: scale 1 is inf; it must be finite, normal and positive"},
        {OCTET_S8, 2, 0, 2, 0x1p-127f, 0,
         "x: scale 1 is 5.87747e-39; it must be finite, normal and positive"},
        {OCTET_S8, 0, 2, 2, 1.0f, 128, "x: zero point 1 is 128; for s8 it must be -128 to 127"},
        {OCTET_U8, 0, 2, 2, 1.0f, -1, "x: zero point 1 is -1; for u8 it must be 0 to 255"},
    };
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        const check_case *const c = &cases[i];
        const float scales[] = {c->scale_count == 1 ? c->scale : 1.0f, c->scale};
        const int32_t zero_points[] = {c->zero_point_count == 1 ? c->zero_point : 0, c->zero_point};
        const octet_quantization quantization = {scales, c->scale_count, zero_points,
                                                 c->zero_point_count};
        char text[2048] = "";
        const oct_log log = {keep_message, text};
        const octet_status status =
            oct_check_quantization(&log, "x", &quantization, c->type, c->channels);
        assert_int_equal(status, c->message == NULL ? OCTET_OK : OCTET_INVALID_ARGUMENT);
        assert_string_equal(text, c->message == NULL ? "" : c->message);
    }
}

static void checks_refuse_missing_arrays_and_nan(void **state)
{
    const float nan_scale = NAN;
    const octet_quantization no_scales = {.scale_count = 1},
                             no_zero_points = {.zero_point_count = 1};
    const octet_quantization not_a_number = {.scales = &nan_scale, .scale_count = 1};
    (void)state;
    assert_int_equal(oct_check_quantization(NULL, "x", &no_scales, OCTET_S8, 1),
                     OCTET_INVALID_ARGUMENT);
    assert_int_equal(oct_check_quantization(NULL, "x", &no_zero_points, OCTET_S8, 1),
                     OCTET_INVALID_ARGUMENT);
    assert_int_equal(oct_check_quantization(NULL, "x", &not_a_number, OCTET_S8, 1),
                     OCTET_INVALID_ARGUMENT);
}

/* Scales for which dividing by s_y and multiplying by 1 / s_y differ. */
static void float_multipliers_differ_in_the_last_place(void **state)
{
    const float input = oct_float_of(0x3b242074), weight = oct_float_of(0x3bb6d895);
    const float output = oct_float_of(0x3db9fcb9);
    (void)state;
    assert_int_equal(oct_bits_of(oct_multiplier_divide(input, weight, output)), 0x39215ad4);
    assert_int_equal(oct_bits_of(oct_multiplier_reciprocal(input, weight, output)), 0x39215ad5);
}

static void legal_multipliers_have_bounds(void **state)
{
    (void)state;
    assert_true(oct_multiplier_is_legal(0x1p-32));
    assert_true(oct_multiplier_is_legal(255.999));
    assert_false(oct_multiplier_is_legal(0x1.fffffep-33));
    assert_false(oct_multiplier_is_legal(256.0));
    assert_false(oct_multiplier_is_legal(0.0));
    assert_false(oct_multiplier_is_legal(-1.0));
    assert_false(oct_multiplier_is_legal((double)NAN));
    assert_false(oct_multiplier_is_legal((double)INFINITY));
}

static void fixed_multipliers_have_31_bits(void **state)
{
    static const struct {
        double value;
        bool single_rounding;
        oct_fixed fixed;
    } cases[] = {
        {0.0, false, {0, 0}},
        {1.0, false, {1 << 30, 1}},
        {0.5, false, {1 << 30, 0}},
        {0.75, false, {3 << 29, 0}},
        {0.26953125, false, {1157627904, -1}},
        {1.0 - 0x1p-31, false, {INT32_MAX, 0}},
        {1.0 - 0x1p-32, false, {1 << 30, 1}}, /* the tie rounds up, to 2^31 */
        {0x1p-32, false, {1 << 30, -31}},
        {0x1.fffffp-33, false, {0, 0}},
        {0x1p29, true, {1 << 30, 30}},
        {0x1p30, true, {INT32_MAX, 30}},
        {0x1p30, false, {1 << 30, 31}},
    };
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        const oct_fixed fixed = oct_fixed_from_double(cases[i].value, cases[i].single_rounding);
        assert_int_equal(fixed.multiplier, cases[i].fixed.multiplier);
        assert_int_equal(fixed.shift, cases[i].fixed.shift);
    }
}

/* The product of the scales taken in float64 (a convolution) and in float32 (a per-tensor fully
 * connected layer). */
static void fixed_multipliers_depend_on_how_scales_multiply(void **state)
{
    const float input = oct_float_of(0x3cc2f083), weight = oct_float_of(0x3d41ec49);
    const float output = oct_float_of(0x3e26e08f), product = input * weight;
    const oct_fixed wide =
        oct_fixed_from_double(oct_multiplier_double(input, weight, output), false);
    const oct_fixed narrow = oct_fixed_from_double((double)product / (double)output, false);
    (void)state;
    assert_int_equal(wide.multiplier, 1900299633);
    assert_int_equal(wide.shift, -7);
    assert_int_equal(narrow.multiplier, 1900299619);
    assert_int_equal(narrow.shift, -7);
}

static void golden_multipliers(void **state)
{
    cJSON *const golden = oct_golden_load("seed1.json");
    const cJSON *const expected = oct_golden_at(golden, "multiplier");
    const float input = oct_golden_float(golden, "input.scale");
    const float weight = oct_golden_float(golden, "weight.scale");
    const float output = oct_golden_float(golden, "output.scale");
    const float divide = oct_golden_float(expected, "input_times_weight_then_divided_by_output");
    const float reciprocal =
        oct_golden_float(expected, "weight_times_input_then_times_reciprocal_of_output");
    const oct_fixed fixed =
        oct_fixed_from_double(oct_multiplier_double(input, weight, output), false);
    (void)state;
    assert_int_equal(oct_bits_of(oct_multiplier_divide(input, weight, output)),
                     oct_bits_of(divide));
    assert_int_equal(oct_bits_of(oct_multiplier_reciprocal(input, weight, output)),
                     oct_bits_of(reciprocal));
    assert_int_equal(fixed.multiplier,
                     oct_golden_int(expected, "tflite_fixed_point.quantized_multiplier"));
    assert_int_equal(fixed.shift, oct_golden_int(expected, "tflite_fixed_point.shift"));
    cJSON_Delete(golden);
}

static void largest_k_is_the_overflow_bound(void **state)
{
    static const struct {
        octet_type input;
        int32_t input_low, input_high;
        octet_type weight;
        int32_t weight_low, weight_high;
        size_t k;
    } cases[] = {
        {OCTET_S8, 0, 0, OCTET_S8, 0, 0, 131071},
        {OCTET_U8, 0, 0, OCTET_S8, 0, 0, 65793},
        {OCTET_S8, 0, 0, OCTET_U8, 0, 0, 65793},
        {OCTET_U8, 0, 255, OCTET_S8, 0, 0, 65793},
        {OCTET_S8, -128, 127, OCTET_S8, 0, 0, 65793},
        {OCTET_U8, 0, 0, OCTET_U8, 0, 0, 33025},
        {OCTET_U8, 255, 255, OCTET_U8, 255, 255, 33025},
        {OCTET_S8, -128, 127, OCTET_U8, 0, 255, 33025},
        {OCTET_U8, 128, 128, OCTET_S8, 0, 0, 131071}, /* |x - z| <= 128 */
        {OCTET_U8, 128, 128, OCTET_U8, 127, 128, 131071},
        {OCTET_U8, 33, 33, OCTET_S8, -11, -11, 70096}, /* 222 * 138 */
    };
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++)
        assert_int_equal(oct_largest_k(cases[i].input, cases[i].input_low, cases[i].input_high,
                                       cases[i].weight, cases[i].weight_low, cases[i].weight_high),
                         cases[i].k);
}

/* The most extreme zero points count; of unknown ones, those of the type. */
static void largest_k_of_parameters(void **state)
{
    static const int32_t zero_points[] = {33, 40, 255, 12};
    const octet_quantization none = {0}, one = {NULL, 0, zero_points, 1};
    const octet_quantization all = {NULL, 0, zero_points, 4};
    (void)state;
    assert_int_equal(oct_largest_k_of(OCTET_U8, &none, OCTET_S8, &none), 65793);
    assert_int_equal(oct_largest_k_of(OCTET_U8, &one, OCTET_S8, &none), INT32_MAX / (222 * 128));
    assert_int_equal(oct_largest_k_of(OCTET_U8, &all, OCTET_U8, &one), INT32_MAX / (255 * 222));
    assert_int_equal(oct_largest_k_of(OCTET_S8, NULL, OCTET_U8, NULL), 33025);
    assert_int_equal(oct_largest_k_of(OCTET_S8, &none, OCTET_U8, NULL), 65793);
}

static void pytorch_parameters(void **state)
{
    const double smallest = 6.0999998822808266e-05;
    const struct {
        float min, max;
        octet_type type;
        bool reduce_range;
        double scale;
        int32_t zero_point;
    } cases[] = {
        {0.0f, 0.0f, OCTET_U8, false, 0.1, 0},
        {0.0f, 0.0f, OCTET_S8, false, 0.1, 127},   /* |-128| is not less than |127| */
        {1e-45f, 1e-45f, OCTET_U8, false, 0.1, 0}, /* a scale that is 0 in float32 */
        {-1e-6f, 1e-6f, OCTET_U8, false, smallest, 128},
        {0.0f, 1e-6f, OCTET_U8, false, smallest, 0},
        {-1e-6f, 0.0f, OCTET_U8, false, smallest, 255},
        {-1e-6f, 0.0f, OCTET_S8, true, smallest, 63},
        {5.0f, 5.0f, OCTET_U8, false, 5.0 / 255.0, 0},
        {-2.0f, -1.0f, OCTET_U8, false, 2.0 / 255.0, 255},
        {-1.0f, 1.0f, OCTET_U8, false, 2.0 / 255.0, 128}, /* 127.5 */
        {-1.0f, 1.0f, OCTET_S8, false, 2.0 / 255.0, 0},   /* -0.5 */
        {-10.0f, 245.0f, OCTET_U8, false, 1.0, 10},
        {-10.0f, 245.0f, OCTET_S8, false, 1.0, -118},
        {-10.0f, 117.0f, OCTET_U8, true, 1.0, 10},
        {-10.0f, 117.0f, OCTET_S8, true, 1.0, -54},
    };
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        const oct_found_parameters chosen =
            oct_choose_pytorch(cases[i].min, cases[i].max, cases[i].type, cases[i].reduce_range);
        assert_true(chosen.scale == cases[i].scale);
        assert_int_equal(chosen.zero_point, cases[i].zero_point);
    }
}

static void onnx_parameters(void **state)
{
    static const struct {
        float min, max, scale;
        int32_t zero_point;
    } cases[] = {
        {0.0f, 0.0f, 1.0f, 0},      {-3.0f, 2.0f, 0.0196078438f, 153}, /* the operator's own example
                                                                        */
        {-10.0f, 245.0f, 1.0f, 10}, {-10.5f, 244.5f, 1.0f, 10},        /* ties to even */
        {-11.5f, 243.5f, 1.0f, 12}, {510.0f, 510.0f, 2.0f, 0},         {-510.0f, -1.0f, 2.0f, 255},
    };
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        const oct_found_parameters chosen = oct_choose_onnx(cases[i].min, cases[i].max);
        assert_true(chosen.scale == (double)cases[i].scale);
        assert_int_equal(chosen.zero_point, cases[i].zero_point);
    }
}

static void assert_chosen(oct_found_parameters chosen, const cJSON *expected)
{
    assert_true(chosen.scale == oct_golden_number(expected, "scale"));
    assert_int_equal(chosen.zero_point, oct_golden_int(expected, "zero_point"));
}

static void golden_parameters(void **state)
{
    static const char *const names[] = {"quantization.x1", "quantization.x2"};
    cJSON *const golden = oct_golden_load("seed2.json");
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(names); i++) {
        const cJSON *const matrix = oct_golden_at(golden, names[i]);
        const cJSON *const plain = oct_golden_at(matrix, "from_four_decimal_inputs");
        const cJSON *const onnx = oct_golden_at(matrix, "onnx_dynamic_uint8");
        const float min = oct_golden_float(plain, "min"), max = oct_golden_float(plain, "max");
        const oct_found_parameters chosen = oct_choose_pytorch(min, max, OCTET_S8, false);
        assert_chosen(chosen, plain);
        assert_int_equal(oct_bits_of((float)chosen.scale),
                         oct_bits_of(oct_golden_float(plain, "scale_float32")));
        assert_chosen(oct_choose_pytorch(min, max, OCTET_U8, false),
                      oct_golden_at(matrix, "uint8"));

        const cJSON *const reduced = oct_golden_at(matrix, "int8_reduce_range");
        const int32_t steps = oct_golden_int(reduced, "qmax") - oct_golden_int(reduced, "qmin");
        assert_chosen(oct_choose_pytorch(min, max, OCTET_S8, true), reduced);
        assert_int_equal(steps, 127);
        assert_true(oct_golden_number(reduced, "scale") == ((double)max - (double)min) / steps);

        const oct_found_parameters dynamic = oct_choose_onnx(min, max);
        assert_true(dynamic.scale == (double)oct_golden_float(onnx, "scale"));
        assert_int_equal(dynamic.zero_point, oct_golden_int(onnx, "zero_point"));
    }
    cJSON_Delete(golden);
}

static void parameters_are_the_same_by_meaning(void **state)
{
    static const float one = 1.0f, half = 0.5f;
    static const int32_t zero = 0, three = 3;
    const octet_quantization nothing = {0}, given = {&one, 1, &zero, 1};
    const octet_quantization scaled = {&half, 1, NULL, 0}, moved = {NULL, 0, &three, 1};
    (void)state;
    assert_true(oct_quantization_is_same(&nothing, &given));
    assert_false(oct_quantization_is_same(&given, &scaled));
    assert_false(oct_quantization_is_same(&moved, &given));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_are_the_same_by_meaning),
        cmocka_unit_test(missing_arrays_mean_scale_1_and_zero_point_0),
        cmocka_unit_test(one_value_serves_every_channel),
        cmocka_unit_test(checks_name_the_value_at_fault),
        cmocka_unit_test(checks_refuse_missing_arrays_and_nan),
        cmocka_unit_test(float_multipliers_differ_in_the_last_place),
        cmocka_unit_test(legal_multipliers_have_bounds),
        cmocka_unit_test(fixed_multipliers_have_31_bits),
        cmocka_unit_test(fixed_multipliers_depend_on_how_scales_multiply),
        cmocka_unit_test(golden_multipliers),
        cmocka_unit_test(largest_k_is_the_overflow_bound),
        cmocka_unit_test(largest_k_of_parameters),
        cmocka_unit_test(pytorch_parameters),
        cmocka_unit_test(onnx_parameters),
        cmocka_unit_test(golden_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
