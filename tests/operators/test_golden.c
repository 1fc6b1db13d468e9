/* test_golden.c - the golden convolution through octet_conv2d: the variants of every device whose turn
 * it is (turns.h), both layouts, every output type and rounding rule. */
#include <stdio.h>
#include <stdlib.h>

#include "support/golden.h"
#include "support/stage.h"
#include "support/turns.h"

enum { TAPS = 25 };

typedef struct golden {
    cJSON *root;
    uint8_t input[TAPS];
    int8_t weights[TAPS];
    float scales[3]; /* input, weight, output */
    int32_t input_zero;
} golden;

static golden the_golden;

static int open_all(void **state)
{
    golden *const g = &the_golden;
    int32_t input[TAPS], weights[TAPS];
    g->root = oct_golden_load("seed1.json");
    oct_golden_ints(g->root, "input.data", TAPS, input);
    oct_golden_ints(g->root, "weight.data", TAPS, weights);
    for (size_t i = 0; i < TAPS; i++) {
        g->input[i] = (uint8_t)input[i];
        g->weights[i] = (int8_t)weights[i];
    }
    g->scales[0] = oct_golden_float(g->root, "input.scale");
    g->scales[1] = oct_golden_float(g->root, "weight.scale");
    g->scales[2] = oct_golden_float(g->root, "output.scale");
    g->input_zero = oct_golden_int(g->root, "input.zero_point");
    return oct_rig_open(state);
}

static int close_all(void **state)
{
    cJSON_Delete(the_golden.root);
    return oct_rig_close(state);
}

/* ---- One way to compute it ---- */

typedef struct way {
    octet_context *context;
    const oct_turns *turns;
    size_t variant; /* of turns */
    octet_layout layout;
    bool at_run_time; /* the weights */
} way;

/* One channel in and out: both layouts are the same bytes. */
static octet_shape image(octet_layout layout, size_t side)
{
    return layout == OCTET_NHWC ? (octet_shape){4, {1, side, side, 1}}
                                : (octet_shape){4, {1, 1, side, side}};
}

/* False where it is not the variant's turn. */
static bool convolve(const way *w, const octet_layer *layer, void *output)
{
    const octet_shape shape = image(w->layout, 5);
    const oct_array inputs[] = {{OCTET_U8, shape, the_golden.input},
                                {OCTET_S8, shape, the_golden.weights}};
    const octet_conv2d_desc desc = {.struct_size = sizeof desc,
                                    .layer = *layer,
                                    .layout = w->layout,
                                    .input_channels = 1,
                                    .output_channels = 1,
                                    .kernel = {5, 5},
                                    .variant = w->turns->names[w->variant]};
    octet_operator *op = NULL;
    oct_stage stage = {0};
    if (!oct_has_turn(w->turns, w->variant, layer))
        return false;
    OCT_ASSERT_OK(octet_conv2d_create(w->context, &desc, &op));
    oct_stage_open(&stage, w->context, op, inputs, w->at_run_time ? 2 : 1, &layer->output_type, 1);
    oct_stage_run(&stage);
    assert_int_equal(stage.counts[0], 1);
    OCT_ASSERT_OK(octet_tensor_read(stage.execution.outputs[0], output, NULL));
    oct_stage_close(&stage);
    return true;
}

/* ---- What the file says of a case ---- */

static octet_layer describe(const way *w, const int32_t *weight_zero, octet_type output)
{
    return (octet_layer){.input_type = OCTET_U8,
                         .weight_type = OCTET_S8,
                         .output_type = output,
                         .input = {&the_golden.scales[0], 1, &the_golden.input_zero, 1},
                         .weights = {&the_golden.scales[1], 1, weight_zero, 1},
                         .output = {&the_golden.scales[2], 1, NULL, 0},
                         .weight_data = w->at_run_time ? NULL : the_golden.weights};
}

static void check_byte(const way *w, octet_layer *layer, int32_t expected)
{
    uint8_t actual = 0;
    if (convolve(w, layer, &actual))
        assert_int_equal(layer->output_type == OCTET_S8 ? (int8_t)actual : actual, expected);
}

static void check_roundings(const way *w, octet_layer *layer, const cJSON *c)
{
    static const struct {
        octet_rounding rounding;
        const char *field;
    } roundings[] = {
        {OCTET_ROUND_FLOAT32, "expected_output"},
        {OCTET_ROUND_FLOAT32_RECIPROCAL, "expected_output"},
        {OCTET_ROUND_FIXED_DOUBLE, "expected_output_tflite_fixed_point_double_rounding"},
        {OCTET_ROUND_FIXED_SINGLE, "expected_output_tflite_fixed_point_single_rounding"},
    };
    for (size_t i = 0; i < OCT_COUNT(roundings); i++) {
        layer->rounding = roundings[i].rounding;
        check_byte(w, layer, oct_golden_int(c, roundings[i].field));
    }
}

/* The multipliers of the file instead of the scales. */
static void check_multipliers(const way *w, octet_layer *layer, const cJSON *c)
{
    const float multipliers[] = {
        oct_golden_float(the_golden.root, "multiplier.input_times_weight_then_divided_by_output"),
        oct_golden_float(the_golden.root,
                         "multiplier.weight_times_input_then_times_reciprocal_of_output")};
    const int32_t fixed =
        oct_golden_int(the_golden.root, "multiplier.tflite_fixed_point.quantized_multiplier");
    const int32_t shift = oct_golden_int(the_golden.root, "multiplier.tflite_fixed_point.shift");
    octet_layer given = *layer;
    given.input.scale_count = given.weights.scale_count = given.output.scale_count = 0;
    given.multiplier_count = 1;
    given.fixed_multipliers = &fixed;
    given.shifts = &shift;
    for (size_t i = 0; i < 2; i++) {
        given.rounding = OCTET_ROUND_FLOAT32;
        given.multipliers = &multipliers[i];
        check_byte(w, &given, oct_golden_int(c, "expected_output"));
    }
    given.rounding = OCTET_ROUND_FIXED_DOUBLE;
    check_byte(w, &given, oct_golden_int(c, "expected_output_tflite_fixed_point_double_rounding"));
}

static void check_case(const way *w, const cJSON *c)
{
    const int32_t weight_zero = oct_golden_int(c, "weight_zero_point");
    const int32_t output_zero = oct_golden_int(c, "output_zero_point");
    const int32_t acc = oct_golden_int(c, "acc");
    const bool is_signed = strcmp(oct_golden_text(c, "output_dtype"), "int8") == 0;
    octet_layer layer = describe(w, &weight_zero, OCTET_S32);
    int32_t sum = 0;
    float real = 0.0f;
    const float scale = the_golden.scales[0] * the_golden.scales[1];
    if (convolve(w, &layer, &sum))
        assert_int_equal(sum, acc);
    layer.output_type = OCTET_F32;
    if (convolve(w, &layer, &real))
        assert_int_equal(oct_bits_of(real), oct_bits_of((float)acc * scale));
    layer.output_type = is_signed ? OCTET_S8 : OCTET_U8;
    layer.output.zero_points = &output_zero;
    layer.output.zero_point_count = 1;
    check_roundings(w, &layer, c);
    check_multipliers(w, &layer, c);
}

static void golden_cases(void **state)
{
    const cJSON *c;
    (void)state;
    for (size_t i = 0; i < oct_the_rig.count; i++) {
        const oct_turns turns = oct_turns_of(oct_the_rig.contexts[i], OCT_PROBLEM_CONV2D);
        for (size_t j = 0; j < 4 * turns.count; j++) {
            const way w = {oct_the_rig.contexts[i], &turns, j / 4, (octet_layout)(j % 2),
                           j / 2 % 2};
            if (oct_is_depthwise(turns.names[w.variant]))
                continue; /* have no word for differences of weights */
            cJSON_ArrayForEach(c, oct_golden_at(the_golden.root, "cases"))
            {
                check_case(&w, c);
            }
        }
    }
}

static void the_file_has_the_six_cases(void **state)
{
    (void)state;
    assert_int_equal(cJSON_GetArraySize(oct_golden_at(the_golden.root, "cases")), 6);
    assert_true(cJSON_IsNull(oct_golden_at(the_golden.root, "bias")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_file_has_the_six_cases),
        cmocka_unit_test(golden_cases),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
