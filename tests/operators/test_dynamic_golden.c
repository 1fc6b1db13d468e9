/* test_dynamic_golden.c - dynamic quantization from end to end: the golden matrices x1 (1x10) and
 * x2 (10x10) are quantized and multiplied where they are. */
#include <stdio.h>
#include <stdlib.h>

#include "support/golden.h"
#include "support/stage.h"
#include "support/turns.h"

enum { SIDE = 10, MOST_INPUTS = 6 };

typedef struct golden {
    cJSON *root;
    float x1[SIDE], x2[SIDE * SIDE];
} golden;

static golden the_golden;

static int open_all(void **state)
{
    double numbers[SIDE * SIDE];
    the_golden.root = oct_golden_load("seed2.json");
    oct_golden_numbers(the_golden.root, "inputs.x1.data", SIDE, numbers);
    for (size_t i = 0; i < SIDE; i++)
        the_golden.x1[i] = (float)numbers[i];
    oct_golden_numbers(the_golden.root, "inputs.x2.data", SIDE * SIDE, numbers);
    for (size_t i = 0; i < SIDE * SIDE; i++)
        the_golden.x2[i] = (float)numbers[i];
    return oct_rig_open(state);
}

static int close_all(void **state)
{
    cJSON_Delete(the_golden.root);
    return oct_rig_close(state);
}

static int32_t byte_at(octet_type type, const uint8_t *data, size_t i)
{
    return type == OCTET_S8 ? (int8_t)data[i] : data[i];
}

/* ---- Each matrix, quantized ---- */

static octet_operator *make_quantize(octet_context *context, octet_type type,
                                     octet_parameters parameters, int reduce_range)
{
    const octet_quantize_desc desc = {.struct_size = sizeof desc,
                                      .output_type = type,
                                      .rule = parameters == OCTET_PARAMETERS_ONNX
                                                  ? OCTET_QUANTIZE_DIVIDE
                                                  : OCTET_QUANTIZE_RECIPROCAL,
                                      .parameters = parameters,
                                      .reduce_range = reduce_range};
    octet_operator *op = NULL;
    OCT_ASSERT_OK(octet_quantize_create(context, &desc, &op));
    return op;
}

static void open_quantize(oct_stage *stage, octet_context *context, octet_operator *op, size_t rows,
                          const float *x, octet_type type)
{
    const oct_array input = {OCTET_F32, {2, {rows, SIDE}}, x};
    const octet_type types[] = {type, OCTET_F32, OCTET_S32};
    oct_stage_open(stage, context, op, &input, 1, types, 3);
    oct_stage_run(stage);
}

static void check_quantized(const oct_stage *stage, octet_type type, const cJSON *node,
                            double scale)
{
    const size_t count = stage->counts[0];
    int32_t expected[SIDE * SIDE];
    double found = 0.0;
    int finite = 0;
    uint8_t *const q = oct_stage_output(stage, 0);
    float *const scales = oct_stage_output(stage, 1);
    int32_t *const zeros = oct_stage_output(stage, 2);
    oct_golden_ints(node, "quantized", count, expected);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(byte_at(type, q, i), expected[i]);
    assert_true(scales[0] == (float)scale);
    assert_int_equal(zeros[0], oct_golden_int(node, "zero_point"));
    OCT_ASSERT_OK(octet_quantize_found(stage->execution.op, &found, 1, &finite));
    assert_true(found == scale && finite);
    free(q);
    free(scales);
    free(zeros);
}

static void check_rule(octet_context *context, const char *path, octet_type type,
                       octet_parameters parameters, int reduce_range)
{
    char whole[96];
    oct_stage stage = {0};
    for (int i = 1; i <= 2; i++) {
        snprintf(whole, sizeof whole, "quantization.x%d.%s", i, path);
        const cJSON *const node = oct_golden_at(the_golden.root, whole);
        const double scale = parameters == OCTET_PARAMETERS_ONNX
                                 ? (double)oct_golden_float(node, "scale")
                                 : oct_golden_number(node, "scale");
        open_quantize(&stage, context, make_quantize(context, type, parameters, reduce_range),
                      i == 1 ? 1 : SIDE, i == 1 ? the_golden.x1 : the_golden.x2, type);
        check_quantized(&stage, type, node, scale);
        oct_stage_close(&stage);
    }
}

static void golden_matrices_are_quantized(void **state)
{
    (void)state;
    for (size_t i = 0; i < oct_the_rig.count; i++) {
        octet_context *const context = oct_the_rig.contexts[i];
        check_rule(context, "uint8", OCTET_U8, OCTET_PARAMETERS_PYTORCH, 0);
        check_rule(context, "int8_reduce_range", OCTET_S8, OCTET_PARAMETERS_PYTORCH, 1);
        check_rule(context, "onnx_dynamic_uint8", OCTET_U8, OCTET_PARAMETERS_ONNX, 0);
    }
}

/* ---- Their product ---- */

/* q1 * q2 with parameters where quantize left them; c holds ten words. */
static void multiply_stages(octet_context *context, const char *variant, octet_type type,
                            octet_tensor *const inputs[MOST_INPUTS], uint32_t *c)
{
    octet_gemm_desc desc = {.struct_size = sizeof desc, .n = SIDE, .k = SIDE, .variant = variant};
    oct_execution execution = {0};
    octet_operator *op = NULL;
    desc.layer.output_type = type;
    desc.layer.dynamic_input = desc.layer.dynamic_weights = 1;
    OCT_ASSERT_OK(octet_gemm_create(context, &desc, &op));
    OCT_ASSERT_OK(oct_execution_prepare(&execution, &oct_the_rig.log, context, op, inputs,
                                        MOST_INPUTS, &type, 1));
    oct_poison(execution.outputs[0]);
    OCT_ASSERT_OK(oct_execution_enqueue(&execution));
    OCT_ASSERT_OK(octet_tensor_read(execution.outputs[0], c, NULL));
    oct_execution_release(&execution);
}

/* Each variant stores in the way whose turn it is. */
static void check_products(octet_context *context, octet_tensor *const *inputs)
{
    const oct_turns turns = oct_turns_of(context, OCT_PROBLEM_GEMM);
    uint32_t c[SIDE], expected[2][SIDE];
    oct_golden_ints(the_golden.root, "product.acc", SIDE, (int32_t *)expected[0]);
    oct_golden_bits(the_golden.root,
                    "product.dequantized_scales_from_four_decimal_inputs."
                    "float32_bits_one_combined_scale",
                    SIDE, expected[1]);
    for (size_t i = 0; i < 2 * turns.count; i++) {
        const octet_layer layer = {.output_type = i % 2 == 0 ? OCTET_S32 : OCTET_F32};
        if (!oct_has_turn(&turns, i / 2, &layer))
            continue;
        multiply_stages(context, turns.names[i / 2], layer.output_type, inputs, c);
        assert_memory_equal(c, expected[i % 2], sizeof c);
    }
}

static octet_tensor *upload_printed_scale(octet_context *context, const char *path)
{
    const float scale = (float)oct_golden_number(the_golden.root, path);
    const octet_shape one = {1, {1}};
    octet_tensor *tensor = NULL;
    OCT_ASSERT_OK(oct_upload(context, OCTET_F32, &one, &scale, &tensor));
    return tensor;
}

/* The same integers with the scales as published. */
static void check_printed_scales(octet_context *context, octet_tensor *const *inputs)
{
    octet_tensor *changed[MOST_INPUTS];
    uint32_t c[SIDE], bits[SIDE];
    memcpy(changed, inputs, sizeof changed);
    changed[2] = upload_printed_scale(context, "quantization.x1.printed.scale");
    changed[4] = upload_printed_scale(context, "quantization.x2.printed.scale");
    oct_golden_bits(the_golden.root,
                    "product.dequantized_printed_scales.float32_bits_one_combined_scale", SIDE,
                    bits);
    multiply_stages(context, NULL, OCTET_F32, changed, c);
    assert_memory_equal(c, bits, sizeof c);
    octet_tensor_destroy(changed[2]);
    octet_tensor_destroy(changed[4]);
}

static void check_end_to_end(octet_context *context)
{
    oct_stage stages[2] = {{.counts = {0}}, {.counts = {0}}};
    for (int i = 0; i < 2; i++) {
        char path[64];
        snprintf(path, sizeof path, "quantization.x%d.from_four_decimal_inputs.scale", i + 1);
        const double scale = oct_golden_number(the_golden.root, path);
        snprintf(path, sizeof path, "quantization.x%d", i + 1);
        cJSON *const node = cJSON_Duplicate(oct_golden_at(the_golden.root, path), 1);
        cJSON_AddItemToObject(node, "zero_point", cJSON_CreateNumber(i == 0 ? -8 : 24));
        open_quantize(&stages[i], context,
                      make_quantize(context, OCTET_S8, OCTET_PARAMETERS_PYTORCH, 0),
                      i == 0 ? 1 : SIDE, i == 0 ? the_golden.x1 : the_golden.x2, OCTET_S8);
        check_quantized(&stages[i], OCTET_S8, node, scale);
        cJSON_Delete(node);
    }
    octet_tensor *const *const x1 = stages[0].execution.outputs, *const *const x2 =
                                                                     stages[1].execution.outputs;
    octet_tensor *const inputs[MOST_INPUTS] = {x1[0], x2[0], x1[1], x1[2], x2[1], x2[2]};
    check_products(context, inputs);
    check_printed_scales(context, inputs);
    oct_stage_close(&stages[0]);
    oct_stage_close(&stages[1]);
}

static void the_golden_product_end_to_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < oct_the_rig.count; i++)
        check_end_to_end(oct_the_rig.contexts[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_matrices_are_quantized),
        cmocka_unit_test(the_golden_product_end_to_end),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
