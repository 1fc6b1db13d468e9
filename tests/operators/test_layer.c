/* test_layer.c - which descriptions of a layer are refused, and what the refusal says. */
#include <math.h>

#include "support/rig.h"

/* ---- A description that is legal, and one change at a time ---- */

enum { N = 3, K = 4 };

static const float ones[N] = {1.0f, 1.0f, 1.0f};
static const float with_zero[N] = {1.0f, 1.0f, 0.0f}, with_minus[N] = {1.0f, -0.5f, 1.0f};
static const float with_nan[N] = {1.0f, 1.0f, NAN}, with_infinity[N] = {INFINITY, 1.0f, 1.0f};
static const float with_denormal[N] = {1.0f, 1e-40f, 1.0f};
static const float below_range[N] = {1.0f, 1.0f, 0x1.fffffep-33f},
                   above_range[N] = {1.0f, 256.0f, 1.0f};
static const float in_range[N] = {0x1p-32f, 0x1.fffffep7f, 1.0f};
static const int32_t zeros[N] = {0, 127, -128}, beyond_s8[N] = {0, 0, 128},
                     below_s8[N] = {-129, 0, 0};
static const int32_t beyond_u8[N] = {256, 0, 0}, below_u8[N] = {0, -1, 0};
static const int32_t fixed_low[N] = {1 << 30, (1 << 30) - 1, 1 << 30};
static const int32_t fixed_good[N] = {1 << 30, INT32_MAX, 1 << 30};
static const int32_t shifts_good[N] = {-31, 8, 0}, shifts_high[N] = {0, 9, 0},
                     shifts_low[N] = {0, 0, -32};
static const int32_t four = 4;
static const int8_t weights[N * K];
static const int32_t bias[N];

static octet_gemm_desc legal(void)
{
    return (octet_gemm_desc){.struct_size = sizeof(octet_gemm_desc),
                             .n = N,
                             .k = K,
                             .layer = {.input_type = OCTET_U8,
                                       .weight_type = OCTET_S8,
                                       .output_type = OCTET_S8,
                                       .weight_data = weights}};
}

/* What each row of the table does to a legal description. */
typedef void (*change_fn)(octet_gemm_desc *desc);

#define CHANGE(name, ...)                                                                          \
    static void name(octet_gemm_desc *desc)                                                        \
    {                                                                                              \
        octet_layer *const layer = &desc->layer;                                                   \
        (void)layer;                                                                               \
        __VA_ARGS__;                                                                               \
    }

CHANGE(input_f32, layer->input_type = OCTET_F32)
CHANGE(weights_s32, layer->weight_type = OCTET_S32)
CHANGE(output_unknown, layer->output_type = (octet_type)9)
CHANGE(rounding_unknown, layer->rounding = (octet_rounding)4)
CHANGE(k_zero, desc->k = 0)
CHANGE(sizes_overflow, (desc->n = SIZE_MAX / 2, desc->k = 3))
CHANGE(batches_overflow, (desc->n = 1u << 31, desc->weight_batch = SIZE_MAX / 8))

CHANGE(input_scale_zero, layer->input = (octet_quantization){&with_zero[2], 1, NULL, 0})
CHANGE(input_scale_of_row, layer->input = (octet_quantization){with_minus, N, NULL, 0})
CHANGE(weight_scale_zero, layer->weights = (octet_quantization){with_zero, N, NULL, 0})
CHANGE(weight_scale_minus, layer->weights = (octet_quantization){with_minus, N, NULL, 0})
CHANGE(weight_scale_nan, layer->weights = (octet_quantization){with_nan, N, NULL, 0})
CHANGE(weight_scale_infinite, layer->weights = (octet_quantization){with_infinity, N, NULL, 0})
CHANGE(weight_scale_denormal, layer->weights = (octet_quantization){with_denormal, N, NULL, 0})
CHANGE(output_scale_nan, layer->output = (octet_quantization){&with_nan[2], 1, NULL, 0})
CHANGE(two_output_scales, layer->output = (octet_quantization){ones, 2, NULL, 0})
CHANGE(two_weight_scales, layer->weights = (octet_quantization){ones, 2, NULL, 0})
CHANGE(four_weight_zeros, layer->weights = (octet_quantization){NULL, 0, zeros, 4})
CHANGE(no_scale_array, layer->weights = (octet_quantization){NULL, N, NULL, 0})
CHANGE(no_zero_array, layer->input = (octet_quantization){NULL, 0, NULL, 1})

CHANGE(weight_zero_high, layer->weights = (octet_quantization){NULL, 0, beyond_s8, N})
CHANGE(weight_zero_low, layer->weights = (octet_quantization){NULL, 0, below_s8, N})
CHANGE(input_zero_high, layer->input = (octet_quantization){NULL, 0, beyond_u8, 1})
CHANGE(input_zero_of_row, layer->input = (octet_quantization){NULL, 0, below_u8, N})
CHANGE(output_zero_high, layer->output = (octet_quantization){NULL, 0, &beyond_s8[2], 1})
CHANGE(output_zero_f32,
       (layer->output_type = OCTET_F32, layer->output = (octet_quantization){NULL, 0, &four, 1}))
CHANGE(output_zero_s32,
       (layer->output_type = OCTET_S32, layer->output = (octet_quantization){NULL, 0, &four, 1}))
CHANGE(no_output_scale_s32,
       (layer->output_type = OCTET_S32, layer->output = (octet_quantization){NULL, 1, NULL, 0}))
CHANGE(no_output_zero_f32,
       (layer->output_type = OCTET_F32, layer->output = (octet_quantization){NULL, 0, NULL, 1}))

CHANGE(bias_u8, (layer->bias = bias, layer->bias_type = OCTET_U8))
CHANGE(bias_f32, (layer->bias = bias, layer->bias_type = OCTET_F32))
CHANGE(bias_f32_s32, (bias_f32(desc), layer->output_type = OCTET_S32))
CHANGE(relu_s32, (layer->relu = 1, layer->output_type = OCTET_S32))
CHANGE(clamp_f32, (layer->clamp = 1, layer->output_type = OCTET_F32))
CHANGE(clamp_s32, (layer->clamp = 1, layer->output_type = OCTET_S32))
CHANGE(clamp_falls, (layer->clamp = 1, layer->clamp_min = 3, layer->clamp_max = 2))
CHANGE(clamp_low, (layer->clamp = 1, layer->clamp_min = -129))
CHANGE(clamp_high, (layer->clamp = 1, layer->clamp_max = 128))
CHANGE(relu_above_clamp, (layer->clamp = layer->relu = 1, layer->clamp_max = 3,
                          layer->output = (octet_quantization){NULL, 0, &four, 1}))

CHANGE(two_multipliers, (layer->multipliers = ones, layer->multiplier_count = 2))
CHANGE(null_multipliers, layer->multiplier_count = N)
CHANGE(float_for_fixed, (two_multipliers(desc), layer->multiplier_count = N,
                         layer->rounding = OCTET_ROUND_FIXED_DOUBLE))
CHANGE(multipliers_s32,
       (layer->multipliers = ones, layer->multiplier_count = N, layer->output_type = OCTET_S32))
CHANGE(multiplier_small, (layer->multipliers = below_range, layer->multiplier_count = N))
CHANGE(multiplier_large, (layer->multipliers = above_range, layer->multiplier_count = N))
CHANGE(multiplier_nan, (layer->multipliers = with_nan, layer->multiplier_count = N))
CHANGE(multiplier_minus, (layer->multipliers = with_minus, layer->multiplier_count = N))
CHANGE(fixed, (layer->fixed_multipliers = fixed_good, layer->shifts = shifts_good,
               layer->multiplier_count = N, layer->rounding = OCTET_ROUND_FIXED_SINGLE))
CHANGE(fixed_small, (fixed(desc), layer->fixed_multipliers = fixed_low))
CHANGE(fixed_shift_high, (fixed(desc), layer->shifts = shifts_high))
CHANGE(fixed_shift_low, (fixed(desc), layer->shifts = shifts_low))
CHANGE(fixed_no_shifts, (fixed(desc), layer->shifts = NULL))

CHANGE(dynamic_known, (layer->dynamic_weights = 1, layer->output_type = OCTET_F32))
CHANGE(dynamic_multipliers, (layer->dynamic_input = 1, layer->output_type = OCTET_F32,
                             layer->multipliers = ones, layer->multiplier_count = N))
CHANGE(dynamic_input_zeros, (layer->dynamic_input = 1, layer->output_type = OCTET_F32,
                             layer->input = (octet_quantization){NULL, 0, zeros, N}))
CHANGE(dynamic_input_scale, (layer->dynamic_input = 1, layer->output_type = OCTET_F32,
                             layer->input = (octet_quantization){ones, 1, NULL, 0}))
CHANGE(dynamic_weights_zeros,
       (layer->dynamic_weights = 1, layer->output_type = OCTET_F32, layer->weight_data = NULL,
        layer->weights = (octet_quantization){NULL, 0, zeros, N}))
CHANGE(dynamic_weights_scale,
       (layer->dynamic_weights = 1, layer->output_type = OCTET_F32, layer->weight_data = NULL,
        layer->weights = (octet_quantization){ones, N, NULL, 0}))

static const struct refusal {
    const char *name;
    change_fn change;
    const char *text;
} refusals[] = {
    {"input f32", input_f32, "input type must be s8 or u8"},
    {"weights s32", weights_s32, "weight type must be s8 or u8"},
    {"output unknown", output_unknown, "output type must be"},
    {"rounding unknown", rounding_unknown, "rounding 4"},
    {"k zero", k_zero, "k is 0; it must be at least 1"},
    {"sizes overflow", sizes_overflow, "too large"},
    {"batches overflow", batches_overflow, "too large"},

    {"input scale zero", input_scale_zero, "input: scale 0 is 0;"},
    {"scale of a row", input_scale_of_row, "input: scale 1 is -0.5;"},
    {"weight scale zero", weight_scale_zero, "weights: scale 2 is 0;"},
    {"weight scale < 0", weight_scale_minus, "weights: scale 1 is -0.5;"},
    {"weight scale NaN", weight_scale_nan, "weights: scale 2 is nan;"},
    {"weight scale inf", weight_scale_infinite, "weights: scale 0 is inf;"},
    {"weight scale denormal", weight_scale_denormal, "weights: scale 1 is "},
    {"output scale NaN", output_scale_nan, "output: scale 0 is nan;"},
    {"two output scales", two_output_scales, "output: there are 2 scales"},
    {"two weight scales", two_weight_scales, "weights: there are 2 scales"},
    {"four zero points", four_weight_zeros, "weights: there are 4 zero points"},
    {"no scales", no_scale_array, "weights: the array of 3 scales is NULL"},
    {"no zero point", no_zero_array, "input: the array of 1 zero points is NULL"},

    {"weight zero high", weight_zero_high, "weights: zero point 2 is 128;"},
    {"weight zero low", weight_zero_low, "weights: zero point 0 is -129;"},
    {"input zero high", input_zero_high, "input: zero point 0 is 256;"},
    {"zero of a row", input_zero_of_row, "input: zero point 1 is -1;"},
    {"output zero high", output_zero_high, "output: zero point 0 is 128;"},
    {"output zero of f32", output_zero_f32, "zero point 4 has no meaning with output type f32"},
    {"output zero of s32", output_zero_s32, "zero point 4 has no meaning with output type s32"},
    {"no output scale", no_output_scale_s32, "output: the array of 1 scales is NULL"},
    {"no output zero", no_output_zero_f32, "output: the array of 1 zero points is NULL"},

    {"bias u8", bias_u8, "bias type must be s32"},
    {"bias f32 for s8", bias_f32, "output type s8 takes an s32 bias"},
    {"bias f32 for s32", bias_f32_s32, "output type s32 takes an s32 bias"},
    {"relu of s32", relu_s32, "relu needs output type"},
    {"clamp of f32", clamp_f32, "not f32"},
    {"clamp of s32", clamp_s32, "not s32"},
    {"clamp falls", clamp_falls, "clamp 3..2"},
    {"clamp low", clamp_low, "clamp -129..0"},
    {"clamp high", clamp_high, "clamp 0..128"},
    {"relu above clamp", relu_above_clamp, "zero point 4, above the clamp's maximum 3"},

    {"two multipliers", two_multipliers, "2 multipliers for 3 output channels"},
    {"no multipliers", null_multipliers, "the float32 rules multipliers"},
    {"float for fixed", float_for_fixed, "the fixed rules take"},
    {"multipliers of s32", multipliers_s32, "multipliers need output type s8 or u8"},
    {"multiplier small", multiplier_small, "of channel 2"},
    {"multiplier large", multiplier_large, "multiplier 256 of channel 1"},
    {"multiplier NaN", multiplier_nan, "multiplier nan of channel 2"},
    {"multiplier < 0", multiplier_minus, "multiplier -0.5 of channel 1"},
    {"M small", fixed_small, "multiplier 1073741823, shift 8 of channel 1"},
    {"shift high", fixed_shift_high, "shift 9 of channel 1"},
    {"shift low", fixed_shift_low, "shift -32 of channel 2"},
    {"no shifts", fixed_no_shifts, "the fixed rules take"},
    {"dynamic and known", dynamic_known, "weight_data must be NULL"},
    {"dynamic multipliers", dynamic_multipliers, "multipliers need output type"},
    {"dynamic, zeros of rows", dynamic_input_zeros, "a dynamic input has its scale and zero point"},
    {"dynamic, a scale", dynamic_input_scale, "a dynamic input has its scale and zero point"},
    {"dynamic, weight zeros", dynamic_weights_zeros, "dynamic weights have their scale and zero"},
    {"dynamic, weight scales", dynamic_weights_scale, "dynamic weights have their scale and zero"},
};

static void creating_is_refused(void **state)
{
    const struct refusal *const r = *state;
    octet_gemm_desc desc = legal();
    octet_operator *op = NULL;
    r->change(&desc);
    OCT_ASSERT_REFUSED(octet_gemm_create(oct_the_rig.reference, &desc, &op), OCTET_INVALID_ARGUMENT,
                       r->text);
    assert_null(op);
    assert_memory_equal(oct_the_rig.said, "gemm: ", 6);
}

/* Nobody knows the multiplier before the run. */
static void bytes_of_dynamic_operands_are_not_offered(void **state)
{
    octet_gemm_desc desc = legal();
    octet_operator *op = NULL;
    (void)state;
    desc.layer.dynamic_input = 1;
    OCT_ASSERT_REFUSED(octet_gemm_create(oct_the_rig.reference, &desc, &op), OCTET_UNSUPPORTED,
                       "gemm: output type s8 needs a multiplier");
    assert_null(op);
}

static void the_unchanged_description_is_legal(void **state)
{
    octet_gemm_desc desc = legal();
    octet_operator *op = NULL;
    (void)state;
    OCT_ASSERT_OK(octet_gemm_create(oct_the_rig.reference, &desc, &op));
    octet_operator_destroy(op);
    fixed(&desc);
    OCT_ASSERT_OK(octet_gemm_create(oct_the_rig.reference, &desc, &op));
    octet_operator_destroy(op);
    desc = legal();
    desc.layer.multipliers = in_range;
    desc.layer.multiplier_count = N;
    OCT_ASSERT_OK(octet_gemm_create(oct_the_rig.reference, &desc, &op));
    octet_operator_destroy(op);
}

int main(void)
{
    enum { OTHERS = 2 };
    struct CMUnitTest tests[OTHERS + OCT_COUNT(refusals)] = {
        cmocka_unit_test(the_unchanged_description_is_legal),
        cmocka_unit_test(bytes_of_dynamic_operands_are_not_offered),
    };
    OCT_ROW_TESTS(&tests[OTHERS], creating_is_refused, refusals);
    return cmocka_run_group_tests(tests, oct_rig_open_reference, oct_rig_close);
}
