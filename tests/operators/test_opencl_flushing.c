/* test_opencl_flushing.c - what operators refuse on a device that flushes subnormal numbers. Those
 * at hand keep them, so contexts are told that theirs does not. */
#include <stdio.h>

#include "runtime/runtime.h"
#include "support/stage.h"

static octet_context *open_flushing(size_t device)
{
    char number[24];
    octet_context *context = NULL;
    snprintf(number, sizeof number, "%zu", device);
    const octet_context_desc desc = {.struct_size = sizeof desc,
                                     .backend = OCTET_BACKEND_OPENCL,
                                     .device = number,
                                     .message = oct_rig_listen,
                                     .message_user = &oct_the_rig};
    OCT_ASSERT_OK(octet_context_create(&desc, &context));
    context->traits.subnormals = false;
    return context;
}

/* What is refused of a device is taken by its reference row. */
static void prepare(octet_operator *op, const octet_shape *shapes, size_t count, bool refused)
{
    if (refused)
        OCT_ASSERT_REFUSED(octet_operator_prepare(op, shapes, count, NULL, 0), OCTET_UNSUPPORTED,
                           "this device flushes subnormal numbers");
    else
        OCT_ASSERT_OK(octet_operator_prepare(op, shapes, count, NULL, 0));
    octet_operator_destroy(op);
}

static const octet_shape pair = {1, {2}};
static const float one = 1.0f, safe[] = {0x1p-100f, 0x1p100f};
static const float unsafe[] = {0x1.fffffep-101f, 0x1.000002p100f};
static const char *const variants[] = {NULL, "reference"};

static void scales_of_quantize(octet_context *context)
{
    octet_quantize_desc desc = {.struct_size = sizeof desc, .output_type = OCTET_U8};
    for (size_t i = 0; i < 4; i++) {
        octet_operator *op = NULL;
        desc.output = (octet_quantization){i < 2 ? &safe[i] : &unsafe[i - 2], 1, NULL, 0};
        for (size_t v = 0; v < 2; v++) {
            desc.variant = variants[v];
            OCT_ASSERT_OK(octet_quantize_create(context, &desc, &op));
            prepare(op, &pair, 1, i >= 2 && v == 0);
        }
    }
}

static void scales_of_binary(octet_context *context)
{
    const octet_shape shapes[] = {pair, pair};
    for (size_t i = 0; i < 6; i++) {
        const octet_quantization exotic = {&unsafe[i % 2], 1, NULL, 0}, usual = {&one, 1, NULL, 0};
        octet_binary_desc desc = {.struct_size = sizeof desc,
                                  .a_type = OCTET_U8,
                                  .b_type = OCTET_U8,
                                  .output_type = OCTET_U8,
                                  .a = i / 2 == 0 ? exotic : usual,
                                  .b = i / 2 == 1 ? exotic : usual,
                                  .output = i / 2 == 2 ? exotic : usual};
        octet_operator *op = NULL;
        for (size_t v = 0; v < 2; v++) {
            desc.variant = variants[v];
            OCT_ASSERT_OK(octet_binary_create(context, &desc, &op));
            prepare(op, shapes, 2, v == 0);
        }
        desc.a = desc.b = desc.output = exotic;
        desc.variant = NULL;
        desc.rule = OCTET_BINARY_FIXED_DOUBLE;
        OCT_ASSERT_OK(octet_binary_create(context, &desc, &op));
        prepare(op, shapes, 2, false);
    }
}

static void numbers_of_layers(octet_context *context)
{
    static const struct {
        float scale, bias;
        octet_type output;
        bool refused;
    } cases[] = {
        {0x1p-100f, 0x1p-100f, OCTET_F32, false}, {0x1p100f, -0x1p100f, OCTET_F32, false},
        {1.0f, 0.0f, OCTET_F32, false},           {0x1p-101f, 0.0f, OCTET_F32, true},
        {0x1p101f, 0.0f, OCTET_F32, true},        {1.0f, -0x1p-101f, OCTET_F32, true},
        {1.0f, 0x1p-140f, OCTET_F32, true},       {0x1p-101f, 0.0f, OCTET_S32, false},
    };
    static const int8_t weight = 3;
    const octet_shape rows = {2, {2, 1}}, image = {4, {1, 1, 1, 1}};
    for (size_t i = 0; i < OCT_COUNT(cases) * 2; i++) {
        const size_t at = i / 2;
        const octet_layer layer = {.output_type = cases[at].output,
                                   .input = {&cases[at].scale, 1, NULL, 0},
                                   .weight_data = &weight,
                                   .bias = cases[at].output == OCTET_F32 ? &cases[at].bias : NULL,
                                   .bias_type = OCTET_F32};
        const octet_gemm_desc gemm = {
            .struct_size = sizeof gemm, .n = 1, .k = 1, .variant = variants[i % 2], .layer = layer};
        const octet_conv2d_desc conv2d = {.struct_size = sizeof conv2d,
                                          .input_channels = 1,
                                          .output_channels = 1,
                                          .kernel = {1, 1},
                                          .variant = variants[i % 2],
                                          .layer = layer};
        octet_operator *op = NULL;
        OCT_ASSERT_OK(octet_gemm_create(context, &gemm, &op));
        prepare(op, &rows, 1, cases[at].refused && i % 2 == 0);
        OCT_ASSERT_OK(octet_conv2d_create(context, &conv2d, &op));
        prepare(op, &image, 1, cases[at].refused && i % 2 == 0);
    }
}

static void found_scales(octet_context *context)
{
    static const struct {
        float x[2];
        int legal;
    } cases[] = {{{0.0f, 0x1p-91f}, 1},
                 {{0.0f, 0x1p-93f}, 0},
                 {{0.0f, 0x1p107f}, 1},
                 {{-0x1p109f, 0.0f}, 0}};
    static const octet_type types[] = {OCTET_U8, OCTET_F32, OCTET_S32};
    const octet_quantize_desc desc = {
        .struct_size = sizeof desc, .output_type = OCTET_U8, .parameters = OCTET_PARAMETERS_ONNX};
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        const oct_array input = {OCTET_F32, pair, cases[i].x};
        octet_operator *op = NULL;
        oct_stage stage = {0};
        double scale = 0.0;
        int legal = 7;
        OCT_ASSERT_OK(octet_quantize_create(context, &desc, &op));
        oct_stage_open(&stage, context, op, &input, 1, types, 3);
        oct_stage_run(&stage);
        OCT_ASSERT_OK(octet_quantize_found(op, &scale, 1, &legal));
        assert_int_equal(legal, cases[i].legal);
        oct_stage_close(&stage);
    }
}

static void on_every_device(void **state)
{
    void (*const check)(octet_context * context) = *(void (*const *)(octet_context *)) * state;
    for (size_t i = 0; i < oct_the_rig.devices; i++) {
        octet_context *const context = open_flushing(i);
        check(context);
        octet_context_destroy(context);
    }
}

int main(void)
{
    static void (*const checks[])(octet_context *) = {scales_of_quantize, scales_of_binary,
                                                      numbers_of_layers, found_scales};
    static const char *const names[] = {"quantize", "add", "gemm and conv2d", "found parameters"};
    struct CMUnitTest tests[OCT_COUNT(checks)];
    for (size_t i = 0; i < OCT_COUNT(checks); i++)
        tests[i] = (struct CMUnitTest){names[i], on_every_device, NULL, NULL, (void *)&checks[i]};
    return cmocka_run_group_tests(tests, oct_rig_open, oct_rig_close);
}
