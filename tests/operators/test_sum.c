/* test_sum.c - a sum in the kernel of the layer before it: the bits of the layer, then of binary. */
#include <stdio.h>
#include <stdlib.h>

#include "core/shape.h"
#include "support/stage.h"
#include "support/turns.h"

enum { IN = 20 };

static const struct sum_case {
    const char *name;
    size_t height, width, channels, kernel, padding;
    octet_layout layout;
    octet_type q, other, y;
    int result_is_b, layer_relu, sum_relu;
} cases[] = {
    /* those of one layout and kernel size share their programs */
    {"pointwise", 5, 7, 64, 1, 0, OCTET_NHWC, OCTET_U8, OCTET_U8, OCTET_U8, 0, 0, 0},
    {"pointwise, odd", 3, 3, 37, 1, 0, OCTET_NHWC, OCTET_S8, OCTET_U8, OCTET_S8, 0, 0, 1},
    {"windows", 6, 7, 128, 3, 1, OCTET_NHWC, OCTET_U8, OCTET_S8, OCTET_U8, 1, 1, 0},
    {"windows, odd", 6, 5, 70, 3, 1, OCTET_NHWC, OCTET_S8, OCTET_S8, OCTET_S8, 1, 0, 0},
    {"channels first", 6, 5, 19, 3, 1, OCTET_NCHW, OCTET_U8, OCTET_S8, OCTET_S8, 1, 0, 1},
};

static const float x_scale = 0.02f, w_scale = 0.002f, q_scale = 0.031f;
static const float other_scale = 0.047f, y_scale = 0.053f;
static const int32_t x_zero = 9, q_zero = 5, other_zero = -7, other_zero_u8 = 131, y_zero = 11;

/* A case with its data: x to q by the layer, and q with other to y by the sum. */
typedef struct scene {
    octet_conv2d_desc layer;
    octet_binary_desc sum;
    octet_shape input, output;
    uint8_t *x, *weights, *other;
} scene;

static uint8_t *random_bytes(size_t count, uint64_t seed)
{
    uint8_t *const bytes = malloc(count);
    assert_non_null(bytes);
    for (size_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)oct_random_bits(&seed);
    return bytes;
}

static octet_shape images(const struct sum_case *c, size_t height, size_t width, size_t channels)
{
    return c->layout == OCTET_NHWC ? oct_shape(4, (size_t[]){2, height, width, channels})
                                   : oct_shape(4, (size_t[]){2, channels, height, width});
}

static octet_conv2d_desc layer_of(const struct sum_case *c, const uint8_t *weights)
{
    return (octet_conv2d_desc){.struct_size = sizeof(octet_conv2d_desc),
                               .layout = c->layout,
                               .input_channels = IN,
                               .output_channels = c->channels,
                               .kernel = {c->kernel, c->kernel},
                               .padding = {c->padding, c->padding, c->padding, c->padding},
                               .layer = {.input_type = OCTET_U8,
                                         .weight_type = OCTET_S8,
                                         .output_type = c->q,
                                         .input = {&x_scale, 1, &x_zero, 1},
                                         .weights = {&w_scale, 1, NULL, 0},
                                         .output = {&q_scale, 1, &q_zero, 1},
                                         .weight_data = weights,
                                         .relu = c->layer_relu}};
}

static octet_binary_desc sum_of(const struct sum_case *c)
{
    const octet_quantization q = {&q_scale, 1, &q_zero, 1};
    const octet_quantization other = {&other_scale, 1,
                                      c->other == OCTET_S8 ? &other_zero : &other_zero_u8, 1};
    return (octet_binary_desc){.struct_size = sizeof(octet_binary_desc),
                               .function = OCTET_ADD,
                               .rule = OCTET_BINARY_FLOAT32,
                               .a_type = c->result_is_b ? c->other : c->q,
                               .b_type = c->result_is_b ? c->q : c->other,
                               .output_type = c->y,
                               .a = c->result_is_b ? other : q,
                               .b = c->result_is_b ? q : other,
                               .output = {&y_scale, 1, &y_zero, 1},
                               .relu = c->sum_relu};
}

static scene open_scene(const struct sum_case *c)
{
    const size_t edge = 2 * c->padding + 1 - c->kernel; /* wraps; what it is added to wraps back */
    scene s = {.sum = sum_of(c),
               .input = images(c, c->height, c->width, IN),
               .output = images(c, c->height + edge, c->width + edge, c->channels)};
    size_t count = 0, outputs = 0;
    assert_true(oct_shape_count(&s.input, &count) && oct_shape_count(&s.output, &outputs));
    s.x = random_bytes(count, 1);
    s.weights = random_bytes(c->channels * c->kernel * c->kernel * IN, 2);
    s.other = random_bytes(outputs, 3);
    s.layer = layer_of(c, s.weights);
    return s;
}

static void close_scene(scene *s)
{
    free(s->x);
    free(s->weights);
    free(s->other);
}

/* Runs an operator, which it takes over, and returns its output, to be freed. */
static uint8_t *run(octet_context *context, octet_operator *op, const oct_array *inputs,
                    size_t count, octet_type type)
{
    oct_stage stage = {0};
    oct_stage_open(&stage, context, op, inputs, count, &type, 1);
    oct_stage_run(&stage);
    uint8_t *const output = oct_stage_output(&stage, 0);
    oct_stage_close(&stage);
    return output;
}

/* The layer alone, then binary. */
static uint8_t *in_two_steps(const struct sum_case *c, const scene *s)
{
    octet_context *const context = oct_the_rig.reference;
    octet_operator *layer = NULL, *sum = NULL;
    const oct_array x = {OCTET_U8, s->input, s->x};
    OCT_ASSERT_OK(octet_conv2d_create(context, &s->layer, &layer));
    uint8_t *const q = run(context, layer, &x, 1, c->q);
    const oct_array result = {c->q, s->output, q}, other = {c->other, s->output, s->other};
    const oct_array operands[] = {c->result_is_b ? other : result, c->result_is_b ? result : other};
    OCT_ASSERT_OK(octet_binary_create(context, &s->sum, &sum));
    uint8_t *const y = run(context, sum, operands, 2, c->y);
    free(q);
    return y;
}

static octet_conv2d_desc with_sum(const struct sum_case *c, const scene *s)
{
    octet_conv2d_desc desc = s->layer;
    desc.layer.sum = &s->sum;
    desc.layer.sum_result_is_b = c->result_is_b;
    return desc;
}

static uint8_t *in_one(octet_context *context, const struct sum_case *c, const scene *s,
                       const char *variant)
{
    const oct_array inputs[] = {{OCTET_U8, s->input, s->x}, {c->other, s->output, s->other}};
    octet_conv2d_desc desc = with_sum(c, s);
    octet_operator *op = NULL;
    desc.variant = variant;
    OCT_ASSERT_OK(octet_conv2d_create(context, &desc, &op));
    return run(context, op, inputs, 2, c->y);
}

static void same_bits(void **state)
{
    const struct sum_case *const c = *state;
    scene s = open_scene(c);
    const octet_layer layer = with_sum(c, &s).layer;
    /* the kernel of pointwise layers is gemm, and has the other half of the variants */
    const oct_problem_kind kind = c->kernel == 1 ? OCT_PROBLEM_GEMM : OCT_PROBLEM_CONV2D;
    uint8_t *const expected = in_two_steps(c, &s);
    size_t count = 0;
    assert_true(oct_shape_count(&s.output, &count));
    for (size_t i = 0; i < oct_the_rig.count; i++) {
        octet_context *const context = oct_the_rig.contexts[i];
        const oct_turns turns = oct_turns_of(context, kind);
        for (size_t j = 0; j < turns.count; j++) {
            char what[128];
            if (!oct_has_turn(&turns, j, &layer) || oct_is_depthwise(turns.names[j]))
                continue;
            uint8_t *const y = in_one(context, c, &s, turns.names[j]);
            snprintf(what, sizeof what, "%s, device %zu, %s", c->name, i, turns.names[j]);
            oct_assert_same(what, c->y, count, expected, y);
            free(y);
        }
    }
    free(expected);
    close_scene(&s);
}

/* A product, whose kernel is gemm, with a sum: (x - 9) * w + other. */
static void gemm_adds(void **state)
{
    static const uint8_t x[] = {10, 11, 12, 13, 14, 15}, other[] = {1, 2, 3, 200};
    static const int8_t w[] = {1, 0, 0, 1, -1, 2};
    static const float one = 1.0f;
    static const uint8_t expected[] = {0, 10, 1, 217}; /* {-2, 8, -2, 17} + other */
    const octet_type u8 = OCTET_U8;
    const octet_binary_desc sum = {.struct_size = sizeof sum,
                                   .rule = OCTET_BINARY_FLOAT32,
                                   .a_type = OCTET_S8,
                                   .b_type = OCTET_U8,
                                   .output_type = OCTET_U8,
                                   .a = {&one, 1, NULL, 0}};
    const octet_gemm_desc desc = {.struct_size = sizeof desc,
                                  .n = 2,
                                  .k = 3,
                                  .layer = {.input_type = OCTET_U8,
                                            .weight_type = OCTET_S8,
                                            .output_type = OCTET_S8,
                                            .input = {NULL, 0, &x_zero, 1},
                                            .weight_data = w,
                                            .sum = &sum}};
    const oct_array inputs[] = {{OCTET_U8, {2, {2, 3}}, x}, {OCTET_U8, {2, {2, 2}}, other}};
    (void)state;
    for (size_t i = 0; i < oct_the_rig.count; i++) {
        octet_operator *op = NULL;
        OCT_ASSERT_OK(octet_gemm_create(oct_the_rig.contexts[i], &desc, &op));
        uint8_t *const y = run(oct_the_rig.contexts[i], op, inputs, 2, u8);
        oct_assert_same("gemm", u8, sizeof expected, expected, y);
        free(y);
    }
}

static void refusals(void **state)
{
    scene s = open_scene(&cases[0]);
    octet_operator *op = NULL;
    octet_conv2d_desc desc = s.layer;
    octet_binary_desc sum = s.sum;
    (void)state;
    desc.layer.sum = &sum;
    sum.a.scales = &y_scale;
    OCT_ASSERT_REFUSED(octet_conv2d_create(oct_the_rig.reference, &desc, &op),
                       OCTET_INVALID_ARGUMENT, "must be the layer's result");
    sum = s.sum;
    sum.function = OCTET_MULTIPLY;
    OCT_ASSERT_REFUSED(octet_conv2d_create(oct_the_rig.reference, &desc, &op), OCTET_UNSUPPORTED,
                       "only OCTET_ADD");
    sum = s.sum;
    desc.layer.rounding = OCTET_ROUND_FIXED_DOUBLE;
    OCT_ASSERT_REFUSED(octet_conv2d_create(oct_the_rig.reference, &desc, &op), OCTET_UNSUPPORTED,
                       "float32 rules only");
    desc.layer.rounding = OCTET_ROUND_FLOAT32;
    OCT_ASSERT_OK(octet_conv2d_create(oct_the_rig.reference, &desc, &op));
    octet_shape shapes[] = {s.input, s.input};
    OCT_ASSERT_REFUSED(octet_operator_prepare(op, shapes, 2, NULL, 0), OCTET_INVALID_ARGUMENT,
                       "what is added is");
    octet_operator_destroy(op);
    close_scene(&s);
}

int main(void)
{
    struct CMUnitTest tests[OCT_COUNT(cases) + 2];
    for (size_t i = 0; i < OCT_COUNT(cases); i++)
        tests[i] = (struct CMUnitTest){cases[i].name, same_bits, NULL, NULL, (void *)&cases[i]};
    tests[OCT_COUNT(cases)] = (struct CMUnitTest)cmocka_unit_test(gemm_adds);
    tests[OCT_COUNT(cases) + 1] = (struct CMUnitTest)cmocka_unit_test(refusals);
    return _cmocka_run_group_tests("sum", tests, OCT_COUNT(tests), oct_rig_open, oct_rig_close);
}
