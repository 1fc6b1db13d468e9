/* test_layer_shapes.c - what is refused when the shapes are known: multipliers out of range, sums
 * that could overflow, shapes that do not fit. */
#include <float.h>
#include <stdio.h>

#include "support/rig.h"

enum { N = 3, K = 4 };

static const int8_t weights[N * K];

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

/* ---- Multipliers that follow from scales ---- */

static const float ones[N] = {1.0f, 1.0f, 1.0f};
static const float in_range[N] = {0x1p-32f, 0x1.fffffep7f, 1.0f};
static const float half_of_least[N] = {1.0f, 0x1p-33f, 1.0f}, twice_most[N] = {256.0f, 1.0f, 1.0f};
static const float smallest[N] = {FLT_MIN, FLT_MIN, FLT_MIN}, largest[N] = {1.0f, 1.0f, FLT_MAX};
static const int32_t few_zeros[2] = {0, 8};

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
    desc.layer.input = (octet_quantization){NULL, 0, few_zeros, 2};
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
    const struct CMUnitTest tests[] = {
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
    return cmocka_run_group_tests(tests, oct_rig_open_reference, oct_rig_close);
}
