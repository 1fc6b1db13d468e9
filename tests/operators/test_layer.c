/* test_layer.c - what descriptions of gemm and conv2d are refused, and what the refusal says. */
#include <float.h>
#include <math.h>
#include <stdio.h>

#include "support/rig.h"

/* ---- A description that is legal, and one change at a time ---- */

enum { N = 3, K = 4 };

static const float ones[N] = {1.0f, 1.0f, 1.0f};
static const float with_zero[N] = {1.0f, 1.0f, 0.0f}, with_minus[N] = {1.0f, -0.5f, 1.0f};
static const float with_nan[N] = {1.0f, 1.0f, NAN}, with_infinity[N] = {INFINITY, 1.0f, 1.0f};
static const float with_denormal[N] = {1.0f, 1e-40f, 1.0f};
static const float smallest[N] = {FLT_MIN, FLT_MIN, FLT_MIN}, largest[N] = {1.0f, 1.0f, FLT_MAX};
static const float below_range[N] = {1.0f, 1.0f, 0x1.fffffep-33f},
                   above_range[N] = {1.0f, 256.0f, 1.0f};
static const float in_range[N] = {0x1p-32f, 0x1.fffffep7f, 1.0f};
static const float half_of_least[N] = {1.0f, 0x1p-33f, 1.0f}, twice_most[N] = {256.0f, 1.0f, 1.0f};
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

/* ---- Multipliers that follow from scales: known once the rows are ---- */

static octet_status prepare_gemm(const octet_gemm_desc *desc, size_t m)
{
    const octet_shape shapes[] = {{2, {m, desc->k}}, {2, {desc->k, desc->n}}};
    octet_operator *op = NULL;
    OCT_ASSERT_OK(octet_gemm_create(oct_the_rig.reference, desc, &op));
    const octet_status status =
        octet_operator_prepare(op, shapes, desc->layer.weight_data == NULL ? 2 : 1, NULL, 0);
    octet_operator_destroy(op);
    return status;
}

static void multipliers_of_scales_must_be_in_range(void **state)
{
    octet_gemm_desc desc = legal();
    (void)state;
    for (int rounding = OCTET_ROUND_FLOAT32; rounding <= OCTET_ROUND_FIXED_SINGLE; rounding++) {
        desc.layer.rounding = (octet_rounding)rounding;
        desc.layer.weights = (octet_quantization){in_range, N, NULL, 0};
        OCT_ASSERT_OK(prepare_gemm(&desc, 1));
        desc.layer.weights.scales = half_of_least;
        OCT_ASSERT_REFUSED(prepare_gemm(&desc, 1), OCTET_INVALID_ARGUMENT, "of channel 1 is");
        desc.layer.weights.scales = twice_most;
        OCT_ASSERT_REFUSED(prepare_gemm(&desc, 1), OCTET_INVALID_ARGUMENT, "of channel 0 is 256;");
    }
    desc.layer.output_type = OCTET_S32; /* has no multiplier */
    OCT_ASSERT_OK(prepare_gemm(&desc, 1));
}

static void f32_scales_must_multiply_to_a_normal_number(void **state)
{
    octet_gemm_desc desc = legal();
    (void)state;
    desc.layer.output_type = OCTET_F32;
    desc.layer.weights = (octet_quantization){smallest, N, NULL, 0};
    OCT_ASSERT_OK(prepare_gemm(&desc, 1));
    desc.layer.input = (octet_quantization){&half_of_least[1], 1, NULL, 0};
    OCT_ASSERT_REFUSED(prepare_gemm(&desc, 1), OCTET_INVALID_ARGUMENT, "not a normal float32");
    desc.layer.weights.scales = largest;
    desc.layer.input.scales = twice_most;
    OCT_ASSERT_REFUSED(prepare_gemm(&desc, 1), OCTET_INVALID_ARGUMENT, "of channel 2 is inf");
}

static void parameters_of_rows_must_match_the_rows(void **state)
{
    octet_gemm_desc desc = legal();
    (void)state;
    desc.layer.input = (octet_quantization){ones, 3, NULL, 0};
    OCT_ASSERT_OK(prepare_gemm(&desc, 3));
    OCT_ASSERT_REFUSED(prepare_gemm(&desc, 4), OCTET_INVALID_ARGUMENT, "3 input scales for 4 rows");
    desc.layer.input = (octet_quantization){NULL, 0, fixed_good, 0};
    OCT_ASSERT_OK(prepare_gemm(&desc, 4));
    desc.layer.input = (octet_quantization){NULL, 0, shifts_good + 1, 2};
    OCT_ASSERT_REFUSED(prepare_gemm(&desc, 3), OCTET_INVALID_ARGUMENT,
                       "2 input zero points for 3 rows");
}

/* ---- The largest k ---- */

static void k_is_bounded(void **state)
{
    static const struct {
        octet_type input, weight;
        int32_t input_zero, weight_zero;
        size_t largest;
    } cases[] = {
        {OCTET_S8, OCTET_S8, 0, 0, 131071},     {OCTET_U8, OCTET_S8, 0, 0, 65793},
        {OCTET_S8, OCTET_S8, -128, 0, 65793},   {OCTET_S8, OCTET_S8, 127, 0, 65793},
        {OCTET_U8, OCTET_S8, 255, 0, 65793},    {OCTET_U8, OCTET_S8, 128, 0, 131071},
        {OCTET_U8, OCTET_U8, 0, 0, 33025},      {OCTET_U8, OCTET_U8, 255, 255, 33025},
        {OCTET_S8, OCTET_S8, -128, 127, 33025}, {OCTET_U8, OCTET_S8, 128, 127, 65793},
    };
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        char bound[32];
        octet_gemm_desc desc = legal();
        desc.layer.weight_data = NULL;
        desc.layer.input_type = cases[i].input;
        desc.layer.weight_type = cases[i].weight;
        desc.layer.input = (octet_quantization){NULL, 0, &cases[i].input_zero, 1};
        desc.layer.weights = (octet_quantization){NULL, 0, &cases[i].weight_zero, 1};
        desc.k = cases[i].largest;
        OCT_ASSERT_OK(prepare_gemm(&desc, 1));
        desc.k++;
        snprintf(bound, sizeof bound, "more than %zu products", cases[i].largest);
        OCT_ASSERT_REFUSED(prepare_gemm(&desc, 1), OCTET_INVALID_ARGUMENT, bound);
    }
}

/* What is not known before the run may be anything that its type allows. */
static void k_is_bounded_for_dynamic_parameters(void **state)
{
    const octet_shape shapes[] = {{2, {1, 33026}}, {2, {33026, 3}}, {1, {1}},
                                  {1, {1}},        {1, {1}},        {1, {1}}};
    octet_gemm_desc desc = legal();
    octet_operator *op = NULL;
    (void)state;
    desc.k = 33026;
    desc.layer.output_type = OCTET_F32;
    desc.layer.weight_data = NULL;
    desc.layer.dynamic_input = desc.layer.dynamic_weights = 1;
    OCT_ASSERT_OK(octet_gemm_create(oct_the_rig.reference, &desc, &op));
    OCT_ASSERT_REFUSED(octet_operator_prepare(op, shapes, 6, NULL, 0), OCTET_INVALID_ARGUMENT,
                       "more than 33025 products");
    octet_operator_destroy(op);
}

/* ---- Shapes of gemm ---- */

static void gemm_shapes_must_fit(void **state)
{
    static const struct {
        octet_shape a, b;
        const char *text; /* NULL: legal */
    } cases[] = {
        {{2, {5, 4}}, {2, {4, 3}}, NULL},
        {{3, {2, 5, 4}}, {2, {4, 3}}, NULL},
        {{2, {5, 4}}, {3, {7, 4, 3}}, NULL},
        {{3, {1, 5, 4}}, {3, {7, 4, 3}}, NULL},
        {{3, {7, 5, 4}}, {3, {1, 4, 3}}, NULL},
        {{3, {2, 5, 4}}, {3, {3, 4, 3}}, "A has 2 batches and B has 3"},
        {{3, {0, 5, 4}}, {3, {3, 4, 3}}, "A has 0 batches and B has 3"},
        {{1, {4}}, {2, {4, 3}}, "A is 4; it must have 2 or 3 dimensions"},
        {{4, {1, 1, 5, 4}}, {2, {4, 3}}, "A is 1x1x5x4; it must have 2 or 3 dimensions"},
        {{2, {4, 5}}, {2, {4, 3}}, "A is 4x5; its k must be 4"},
        {{2, {5, 4}}, {2, {3, 4}}, "B is 3x4; with n 3 and k 4 it must end in 4x3"},
        {{2, {5, 4}}, {1, {12}}, "B is 12; it must have 2 or 3 dimensions"},
    };
    octet_gemm_desc desc = legal();
    octet_operator *op = NULL;
    (void)state;
    desc.layer.weight_data = NULL;
    OCT_ASSERT_OK(octet_gemm_create(oct_the_rig.reference, &desc, &op));
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        const octet_shape shapes[] = {cases[i].a, cases[i].b};
        if (cases[i].text == NULL)
            OCT_ASSERT_OK(octet_operator_prepare(op, shapes, 2, NULL, 0));
        else
            OCT_ASSERT_REFUSED(octet_operator_prepare(op, shapes, 2, NULL, 0),
                               OCTET_INVALID_ARGUMENT, cases[i].text);
    }
    octet_operator_destroy(op);
}

/* ---- Convolutions ---- */

static octet_conv2d_desc legal_conv2d(void)
{
    return (octet_conv2d_desc){
        .struct_size = sizeof(octet_conv2d_desc),
        .input_channels = 4,
        .output_channels = 6,
        .groups = 2,
        .kernel = {3, 3},
        .layer = {.input_type = OCTET_U8, .weight_type = OCTET_S8, .output_type = OCTET_S8}};
}

static void wrong_convolutions_are_refused(void **state)
{
    octet_conv2d_desc descs[8];
    static const char *const texts[] = {
        "layout 2",
        "kernel 3x0",
        "0 input and 6 output channels",
        "4 input and 0 output channels",
        "3 groups must divide 4 input and 6 output channels",
        "4 groups must divide 4 input and 6 output channels",
        "found at run time",
        "weights: there are 2 scales; there must be 0, 1 or 6",
    };
    octet_operator *op = NULL;
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(descs); i++)
        descs[i] = legal_conv2d();
    descs[0].layout = (octet_layout)2;
    descs[1].kernel[1] = 0;
    descs[2].input_channels = 0;
    descs[3].output_channels = 0;
    descs[4].groups = 3;
    descs[5].groups = 4;
    descs[6].layer.dynamic_input = 1;
    descs[7].layer.weights = (octet_quantization){ones, 2, NULL, 0};
    for (size_t i = 0; i < OCT_COUNT(descs); i++) {
        OCT_ASSERT_REFUSED(octet_conv2d_create(oct_the_rig.reference, &descs[i], &op),
                           i == 6 ? OCTET_UNSUPPORTED : OCTET_INVALID_ARGUMENT, texts[i]);
        assert_null(op);
    }
}

static void conv2d_shapes_must_fit(void **state)
{
    static const struct {
        octet_layout layout;
        octet_shape x, w;
        const char *text;
    } cases[] = {
        {OCTET_NHWC, {4, {1, 5, 5, 4}}, {4, {6, 3, 3, 2}}, NULL},
        {OCTET_NCHW, {4, {1, 4, 5, 5}}, {4, {6, 2, 3, 3}}, NULL},
        {OCTET_NHWC, {3, {5, 5, 4}}, {4, {6, 3, 3, 2}}, "5x5x4; it must have 4 dimensions"},
        {OCTET_NHWC,
         {4, {1, 4, 5, 5}},
         {4, {6, 3, 3, 2}},
         "1x4x5x5 (nhwc); it must have 4 channels"},
        {OCTET_NCHW,
         {4, {1, 5, 5, 4}},
         {4, {6, 2, 3, 3}},
         "1x5x5x4 (nchw); it must have 4 channels"},
        {OCTET_NHWC,
         {4, {1, 5, 5, 4}},
         {4, {6, 2, 3, 3}},
         "weights are 6x2x3x3; they must be 6x3x3x2"},
        {OCTET_NCHW,
         {4, {1, 4, 5, 5}},
         {4, {6, 3, 3, 2}},
         "weights are 6x3x3x2; they must be 6x2x3x3"},
        {OCTET_NHWC, {4, {1, 2, 5, 4}}, {4, {6, 3, 3, 2}}, "3x3 with dilation 1,1 does not fit"},
    };
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        const octet_shape shapes[] = {cases[i].x, cases[i].w};
        octet_conv2d_desc desc = legal_conv2d();
        octet_operator *op = NULL;
        desc.layout = cases[i].layout;
        OCT_ASSERT_OK(octet_conv2d_create(oct_the_rig.reference, &desc, &op));
        if (cases[i].text == NULL)
            OCT_ASSERT_OK(octet_operator_prepare(op, shapes, 2, NULL, 0));
        else
            OCT_ASSERT_REFUSED(octet_operator_prepare(op, shapes, 2, NULL, 0),
                               OCTET_INVALID_ARGUMENT, cases[i].text);
        octet_operator_destroy(op);
    }
}

/* kh * kw * channels of a group: 16 * 16 * 129 = 33024 and * 130 = 33280. */
static void k_of_a_convolution_is_bounded(void **state)
{
    (void)state;
    for (size_t channels = 129; channels <= 130; channels++) {
        const octet_shape shapes[] = {{4, {1, 16, 16, 2 * channels}}, {4, {2, 16, 16, channels}}};
        octet_conv2d_desc desc = legal_conv2d();
        octet_operator *op = NULL;
        desc.kernel[0] = desc.kernel[1] = 16;
        desc.input_channels = 2 * channels;
        desc.output_channels = 2;
        desc.layer.weight_type = OCTET_U8;
        OCT_ASSERT_OK(octet_conv2d_create(oct_the_rig.reference, &desc, &op));
        if (channels == 129)
            OCT_ASSERT_OK(octet_operator_prepare(op, shapes, 2, NULL, 0));
        else
            OCT_ASSERT_REFUSED(octet_operator_prepare(op, shapes, 2, NULL, 0),
                               OCTET_INVALID_ARGUMENT, "k is 33280; with these types");
        octet_operator_destroy(op);
    }
}

int main(void)
{
    enum { OTHERS = 11 };
    struct CMUnitTest tests[OTHERS + OCT_COUNT(refusals)] = {
        cmocka_unit_test(the_unchanged_description_is_legal),
        cmocka_unit_test(bytes_of_dynamic_operands_are_not_offered),
        cmocka_unit_test(multipliers_of_scales_must_be_in_range),
        cmocka_unit_test(f32_scales_must_multiply_to_a_normal_number),
        cmocka_unit_test(parameters_of_rows_must_match_the_rows),
        cmocka_unit_test(k_is_bounded),
        cmocka_unit_test(k_is_bounded_for_dynamic_parameters),
        cmocka_unit_test(gemm_shapes_must_fit),
        cmocka_unit_test(wrong_convolutions_are_refused),
        cmocka_unit_test(conv2d_shapes_must_fit),
        cmocka_unit_test(k_of_a_convolution_is_bounded),
    };
    for (size_t i = 0; i < OCT_COUNT(refusals); i++)
        tests[OTHERS + i] = (struct CMUnitTest){refusals[i].name, creating_is_refused, NULL, NULL,
                                                (void *)&refusals[i]}; /* read only */
    return cmocka_run_group_tests(tests, oct_rig_open_reference, oct_rig_close);
}
