/* test_dynamic_conv2d.c - convolutions whose input's scale and zero point arrive as tensors: the bits
 * of the convolution that has them in its description, on every variant. */
#include <stdio.h>
#include <stdlib.h>

#include "core/shape.h"
#include "support/stage.h"
#include "support/turns.h"

enum { RUNS = 2, MOST_INPUT = 4096, MOST_WEIGHTS = 4096, MOST_OUTPUTS = 64 };

/* Pairs are height, width; padding is top, left, bottom, right. */
typedef struct convolution {
    const char *name;
    octet_type x, w, y;
    octet_layout layout;
    size_t images, size[2], channels, outputs, groups, kernel[2], stride[2], dilation[2],
        padding[4];
    bool known_w; /* weight_data, else weights are given at run time */
} convolution;

/* clang-format off */
static const convolution convolutions[] = {
    /* name                       x         w         y          layout      n   h   w    c   o   g  kernel  stride  dilation  padding */
    {"words of 4, padded",        OCTET_U8, OCTET_S8, OCTET_F32, OCTET_NHWC, 2, {7, 9},   8, 17,  1, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, true},
    {"3 channels, padded",        OCTET_U8, OCTET_U8, OCTET_F32, OCTET_NHWC, 1, {11, 9},  3, 20,  1, {3, 3}, {2, 2}, {1, 1}, {1, 1, 1, 1}, true},
    {"more padding than image",   OCTET_U8, OCTET_S8, OCTET_S32, OCTET_NHWC, 1, {3, 2},   5,  4,  1, {3, 5}, {1, 1}, {1, 1}, {2, 4, 1, 3}, true},
    {"signed, padded",            OCTET_S8, OCTET_S8, OCTET_F32, OCTET_NHWC, 1, {6, 7},  12, 33,  1, {2, 3}, {1, 1}, {2, 2}, {2, 0, 0, 2}, true},
    {"signed by unsigned",        OCTET_S8, OCTET_U8, OCTET_S32, OCTET_NHWC, 1, {5, 5},   6,  9,  1, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, true},
    {"groups",                    OCTET_U8, OCTET_U8, OCTET_F32, OCTET_NHWC, 2, {5, 6},  20, 12,  4, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, true},
    {"groups of words",           OCTET_U8, OCTET_S8, OCTET_F32, OCTET_NHWC, 1, {5, 6},  16, 12,  4, {3, 3}, {1, 1}, {1, 1}, {0, 1, 1, 0}, true},
    {"a filter for each channel", OCTET_U8, OCTET_S8, OCTET_F32, OCTET_NHWC, 1, {8, 7},  17, 17, 17, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, true},
    {"pixel by pixel",            OCTET_U8, OCTET_U8, OCTET_F32, OCTET_NHWC, 2, {5, 5},  16, 20,  1, {1, 1}, {1, 1}, {1, 1}, {0, 0, 0, 0}, true},
    {"not padded",                OCTET_U8, OCTET_S8, OCTET_F32, OCTET_NHWC, 1, {9, 9},   4,  5,  1, {3, 3}, {2, 2}, {1, 1}, {0, 0, 0, 0}, true},
    {"channels first",            OCTET_U8, OCTET_S8, OCTET_F32, OCTET_NCHW, 2, {7, 9},   5, 17,  1, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, true},
    {"weights at run time",       OCTET_U8, OCTET_S8, OCTET_F32, OCTET_NHWC, 1, {7, 5},   8, 10,  1, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, false},
    {"no image",                  OCTET_U8, OCTET_S8, OCTET_F32, OCTET_NHWC, 0, {7, 5},   8, 10,  1, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, true},
};
/* clang-format on */

/* What differs from run to run is the input's scale and zero point. */
typedef struct operands {
    uint8_t x[MOST_INPUT], w[MOST_WEIGHTS];
    float scales[MOST_OUTPUTS], bias[MOST_OUTPUTS], x_scale[RUNS];
    int32_t w_zero, x_zero[RUNS];
} operands;

static void fill(const convolution *c, operands *o)
{
    uint64_t seed = 67;
    for (size_t i = 0; i < MOST_INPUT; i++)
        o->x[i] = (uint8_t)oct_random_bits(&seed);
    for (size_t i = 0; i < MOST_WEIGHTS; i++)
        o->w[i] = (uint8_t)oct_random_bits(&seed);
    for (size_t i = 0; i < OCT_COUNT(o->scales); i++) {
        o->scales[i] = 0x1p-9f + (float)oct_random_int(&seed, 0, 1 << 20) * 0x1.3p-27f;
        o->bias[i] = (float)oct_random_int(&seed, -1000, 1000) * 0.37f;
    }
    o->w_zero = c->w == OCTET_U8 ? 131 : 0;
    for (size_t i = 0; i < RUNS; i++) {
        o->x_scale[i] = 0.013f / (float)(i + 1);
        o->x_zero[i] = oct_random_int(&seed, oct_type(c->x)->low, oct_type(c->x)->high);
    }
}

/* "run" RUNS: with a dynamic input. */
static octet_conv2d_desc describe(const convolution *c, const operands *o, size_t run,
                                  const char *variant)
{
    octet_conv2d_desc desc = {.struct_size = sizeof desc,
                              .layout = c->layout,
                              .input_channels = c->channels,
                              .output_channels = c->outputs,
                              .groups = c->groups,
                              .variant = variant};
    memcpy(desc.kernel, c->kernel, sizeof desc.kernel);
    memcpy(desc.stride, c->stride, sizeof desc.stride);
    memcpy(desc.dilation, c->dilation, sizeof desc.dilation);
    memcpy(desc.padding, c->padding, sizeof desc.padding);
    desc.layer =
        (octet_layer){.input_type = c->x,
                      .weight_type = c->w,
                      .output_type = c->y,
                      .weights = (octet_quantization){o->scales, c->outputs, &o->w_zero, 1},
                      .weight_data = c->known_w ? o->w : NULL,
                      .bias = c->y == OCTET_F32 ? o->bias : NULL,
                      .bias_type = OCTET_F32,
                      .relu = c->y == OCTET_F32,
                      .dynamic_input = run == RUNS};
    if (run < RUNS)
        desc.layer.input = (octet_quantization){&o->x_scale[run], 1, &o->x_zero[run], 1};
    return desc;
}

static size_t list_inputs(const convolution *c, const operands *o, size_t run, oct_array inputs[4])
{
    const size_t n = c->channels / c->groups, *const k = c->kernel, *const s = c->size;
    const bool nhwc = c->layout == OCTET_NHWC;
    const octet_shape last = {4, {c->images, s[0], s[1], c->channels}};
    const octet_shape first = {4, {c->images, c->channels, s[0], s[1]}};
    size_t count = 0;
    inputs[count++] = (oct_array){c->x, nhwc ? last : first, o->x};
    if (!c->known_w)
        inputs[count++] = (oct_array){c->w, {4, {c->outputs, k[0], k[1], n}}, o->w};
    inputs[count++] = (oct_array){OCTET_F32, {1, {1}}, &o->x_scale[run]};
    inputs[count++] = (oct_array){OCTET_S32, {1, {1}}, &o->x_zero[run]};
    return count;
}

/* The same with the parameters of one run in the description, by the reference. */
static void *expect(const convolution *c, const operands *o, size_t run)
{
    const octet_conv2d_desc desc = describe(c, o, run, "reference");
    oct_array inputs[4];
    octet_operator *op = NULL;
    oct_stage stage = {0};
    OCT_ASSERT_OK(octet_conv2d_create(oct_the_rig.reference, &desc, &op));
    oct_stage_open(&stage, oct_the_rig.reference, op, inputs, list_inputs(c, o, run, inputs) - 2,
                   &c->y, 1);
    oct_stage_run(&stage);
    void *const expected = oct_stage_output(&stage, 0);
    oct_stage_close(&stage);
    return expected;
}

/* One operator runs with other parameters each time. */
static void convolve(const convolution *c, const operands *o, octet_context *context,
                     const char *variant, void *const *expected)
{
    const octet_conv2d_desc desc = describe(c, o, RUNS, variant);
    oct_array inputs[4];
    octet_operator *op = NULL;
    oct_stage stage = {0};
    char what[128];
    OCT_ASSERT_OK(octet_conv2d_create(context, &desc, &op));
    const size_t count = list_inputs(c, o, 0, inputs);
    oct_stage_open(&stage, context, op, inputs, count, &c->y, 1);
    for (size_t run = 0; run < RUNS; run++) {
        OCT_ASSERT_OK(octet_tensor_write(stage.inputs[count - 2], &o->x_scale[run], NULL));
        OCT_ASSERT_OK(octet_tensor_write(stage.inputs[count - 1], &o->x_zero[run], NULL));
        oct_stage_run(&stage);
        void *const actual = oct_stage_output(&stage, 0);
        snprintf(what, sizeof what, "%s, variant %s, run %zu", c->name, variant, run);
        oct_assert_same(what, c->y, stage.counts[0], expected[run], actual);
        free(actual);
    }
    oct_stage_close(&stage);
}

static void parameters_arrive(void **state)
{
    const convolution *const c = *state;
    static operands o;
    void *expected[RUNS];
    fill(c, &o);
    for (size_t run = 0; run < RUNS; run++)
        expected[run] = expect(c, &o, run);
    for (size_t i = oct_the_rig.count; i-- > 0;) {
        const oct_turns turns = oct_turns_of(oct_the_rig.contexts[i], OCT_PROBLEM_CONV2D);
        const octet_layer layer = describe(c, &o, RUNS, NULL).layer;
        for (size_t j = 0; j < turns.count; j++)
            if (oct_has_turn(&turns, j, &layer) &&
                !oct_is_depthwise(turns.names[j])) /* those take known parameters only */
                convolve(c, &o, oct_the_rig.contexts[i], turns.names[j], expected);
    }
    for (size_t run = 0; run < RUNS; run++)
        free(expected[run]);
}

static void wrong_parameters_are_refused(void **state)
{
    octet_conv2d_desc desc = {
        .struct_size = sizeof desc, .input_channels = 2, .output_channels = 3, .kernel = {1, 1}};
    const octet_shape shapes[] = {{4, {1, 4, 4, 2}}, {4, {3, 1, 1, 2}}, {1, {2}}, {1, {1}}};
    octet_operator *op = NULL;
    (void)state;
    desc.layer.output_type = OCTET_F32;
    desc.layer.dynamic_weights = 1;
    OCT_ASSERT_REFUSED(octet_conv2d_create(oct_the_rig.reference, &desc, &op), OCTET_UNSUPPORTED,
                       "parameters of weights found at run time are offered by gemm only");
    desc.layer.dynamic_weights = 0;
    desc.layer.dynamic_input = 1;
    OCT_ASSERT_OK(octet_conv2d_create(oct_the_rig.reference, &desc, &op));
    OCT_ASSERT_REFUSED(octet_operator_prepare(op, shapes, 4, NULL, 0), OCTET_INVALID_ARGUMENT,
                       "2 scales and 1 zero points for the input; give 1 of each");
    octet_operator_destroy(op);
}

int main(void)
{
    enum { OTHERS = 1 };
    struct CMUnitTest tests[OTHERS + OCT_COUNT(convolutions)] = {
        cmocka_unit_test(wrong_parameters_are_refused),
    };
    OCT_ROW_TESTS(&tests[OTHERS], parameters_arrive, convolutions);
    return cmocka_run_group_tests(tests, oct_rig_open, oct_rig_close);
}
