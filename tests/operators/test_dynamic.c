/* test_dynamic.c - gemm with scales and zero points that arrive as tensors, and dynamic
 * quantization from end to end. */
#include <stdio.h>
#include <stdlib.h>

#include "core/shape.h"
#include "support/golden.h"
#include "support/stage.h"

enum { MOST_VARIANTS = 64, MOST_INPUTS = 6 };

/* ---- Products of dynamic operands ---- */

/* Parameters of A: one, one per row of every batch alike, or of each batch on its own. */
typedef enum row_parameters { WHOLE, ROWS, ALL_ROWS } row_parameters;

typedef struct product {
    const char *name;
    size_t a_batch, b_batch, m, n, k;
    octet_type a, b, c;
    row_parameters rows;
    bool dynamic_a, dynamic_b; /* else known to the description            */
    bool known_b;              /* weight_data, else B is given at run time */
    bool transposed, bias, relu;
} product;

static const product products[] = {
    /* clang-format off */
    /* name                     batches m   n   k   A         B         C          rows      dynamic       known  */
    {"tensor x known",          1, 1,  17, 33, 65, OCTET_S8, OCTET_S8, OCTET_F32, WHOLE,    true,  false, true,  false, false, false},
    {"tensor x static",         1, 1,   7, 65, 12, OCTET_S8, OCTET_S8, OCTET_F32, WHOLE,    true,  false, false, false, true,  false},
    {"tensor x tensor",         1, 1,  17, 33, 65, OCTET_S8, OCTET_S8, OCTET_F32, WHOLE,    true,  true,  false, false, true,  true},
    {"tensor x tensor, u8",     1, 1,  13, 64, 16, OCTET_S8, OCTET_U8, OCTET_F32, WHOLE,    true,  true,  false, true,  false, false},
    {"tensor x tensor, s32",    1, 1,  13, 31, 16, OCTET_U8, OCTET_U8, OCTET_S32, WHOLE,    true,  true,  false, false, true,  false},
    {"static x tensor",         1, 1,  25, 17,  9, OCTET_S8, OCTET_S8, OCTET_F32, WHOLE,    false, true,  false, false, true,  false},
    {"one of each",             1, 1,   1,  1,  1, OCTET_S8, OCTET_S8, OCTET_F32, WHOLE,    true,  true,  false, false, false, false},
    {"batches",                 3, 3,   5, 20,  8, OCTET_S8, OCTET_S8, OCTET_F32, WHOLE,    true,  true,  false, false, true,  false},
    {"rows x known",            1, 1,  17, 33, 65, OCTET_S8, OCTET_U8, OCTET_F32, ROWS,     true,  false, true,  false, true,  false},
    {"rows x static",           1, 1,  12, 64, 16, OCTET_S8, OCTET_U8, OCTET_F32, ROWS,     true,  false, false, true,  true,  true},
    {"rows x tensor",           1, 1,  17, 33, 65, OCTET_S8, OCTET_S8, OCTET_F32, ROWS,     true,  true,  false, false, true,  false},
    {"rows x tensor, turned",   1, 1,  29,  9, 40, OCTET_S8, OCTET_S8, OCTET_F32, ROWS,     true,  true,  false, true,  false, false},
    {"static rows x tensor",    1, 1,  13, 20, 24, OCTET_S8, OCTET_S8, OCTET_F32, ROWS,     false, true,  false, false, true,  false},
    {"rows of batches x one",   3, 1,   7, 33, 21, OCTET_S8, OCTET_S8, OCTET_F32, ALL_ROWS, true,  true,  false, false, true,  false},
    {"rows of batches",         3, 3,   7, 33, 21, OCTET_S8, OCTET_S8, OCTET_F32, ALL_ROWS, true,  true,  false, true,  true,  true},
    {"rows of one x batches",   1, 3,   7, 33, 21, OCTET_S8, OCTET_S8, OCTET_F32, ROWS,     true,  true,  false, false, true,  false},
    {"no rows",                 1, 1,   0, 33, 21, OCTET_S8, OCTET_S8, OCTET_F32, WHOLE,    true,  true,  false, false, true,  false},
    /* clang-format on */
};

enum { MOST_SIDE = 80, MOST_ELEMENTS = 3 * MOST_SIDE * MOST_SIDE };

typedef struct operands {
    uint8_t a[MOST_ELEMENTS], b[MOST_ELEMENTS];
    float a_scales[3 * MOST_SIDE], b_scale, bias[MOST_SIDE];
    int32_t a_zeros[3 * MOST_SIDE], b_zero, whole_bias[MOST_SIDE];
    size_t parameters; /* of A */
} operands;

static int32_t any(uint64_t *seed, octet_type type)
{
    return oct_random_int(seed, oct_type(type)->low, oct_type(type)->high);
}

static float any_scale(uint64_t *seed)
{
    return 0x1p-7f + (float)oct_random_int(seed, 0, 1 << 20) * 0x1.3p-25f;
}

static void fill(const product *p, operands *o)
{
    uint64_t seed = 61;
    o->parameters = p->rows == WHOLE ? 1 : p->m * (p->rows == ROWS ? 1 : p->a_batch);
    for (size_t i = 0; i < MOST_ELEMENTS; i++) {
        o->a[i] = (uint8_t)oct_random_bits(&seed);
        o->b[i] = (uint8_t)oct_random_bits(&seed);
    }
    for (size_t i = 0; i < o->parameters; i++) {
        o->a_scales[i] = any_scale(&seed);
        o->a_zeros[i] = any(&seed, p->a);
    }
    o->b_scale = any_scale(&seed);
    o->b_zero = p->dynamic_b || p->b == OCTET_U8 ? any(&seed, p->b) : 0;
    for (size_t i = 0; i < MOST_SIDE; i++) {
        o->bias[i] = (float)oct_random_int(&seed, -1000, 1000) * 0.37f;
        o->whole_bias[i] = oct_random_int(&seed, -100000, 100000);
    }
}

static int32_t byte_at(octet_type type, const uint8_t *data, size_t i)
{
    return type == OCTET_S8 ? (int8_t)data[i] : data[i];
}

static void put(const product *p, const operands *o, size_t i, void *c)
{
    const size_t column = i % p->n, row = i / p->n % p->m, batch = i / p->n / p->m;
    const size_t a = (p->a_batch > 1 ? batch : 0) * p->m * p->k;
    const size_t b = (p->b_batch > 1 ? batch : 0) * p->k * p->n;
    const size_t at = p->rows == WHOLE ? 0 : row + (p->rows == ALL_ROWS ? batch * p->m : 0);
    int32_t acc = 0;
    for (size_t k = 0; k < p->k; k++)
        acc += (byte_at(p->a, o->a, a + (p->transposed ? k * p->m + row : row * p->k + k)) -
                o->a_zeros[at]) *
               (byte_at(p->b, o->b, b + (p->transposed ? column * p->k + k : k * p->n + column)) -
                o->b_zero);
    if (p->c == OCTET_S32) {
        ((int32_t *)c)[i] = acc + (p->bias ? o->whole_bias[column] : 0);
        return;
    }
    const float scale = o->a_scales[at] * o->b_scale;
    const float scaled = (float)acc * scale;
    const float value = p->bias ? scaled + o->bias[column] : scaled;
    ((float *)c)[i] = p->relu && value < 0.0f ? 0.0f : value;
}

static octet_gemm_desc describe(const product *p, const operands *o, const char *variant)
{
    octet_gemm_desc desc = {.struct_size = sizeof desc,
                            .n = p->n,
                            .k = p->k,
                            .weight_batch = p->b_batch,
                            .transpose_a = p->transposed,
                            .transpose_b = p->transposed,
                            .variant = variant};
    desc.layer = (octet_layer){.input_type = p->a,
                               .weight_type = p->b,
                               .output_type = p->c,
                               .weight_data = p->known_b ? o->b : NULL,
                               .bias_type = p->c,
                               .relu = p->relu,
                               .dynamic_input = p->dynamic_a,
                               .dynamic_weights = p->dynamic_b};
    if (p->bias)
        desc.layer.bias = p->c == OCTET_S32 ? (const void *)o->whole_bias : o->bias;
    if (!p->dynamic_a)
        desc.layer.input =
            (octet_quantization){o->a_scales, o->parameters, o->a_zeros, o->parameters};
    if (!p->dynamic_b)
        desc.layer.weights = (octet_quantization){&o->b_scale, 1, &o->b_zero, 1};
    return desc;
}

static octet_shape matrix(size_t batch, size_t rows, size_t columns)
{
    return batch > 1 ? (octet_shape){3, {batch, rows, columns}} : (octet_shape){2, {rows, columns}};
}

/* The inputs in the order that octet_gemm_create documents. */
static size_t list_inputs(const product *p, const operands *o, oct_array inputs[MOST_INPUTS])
{
    size_t count = 0;
    inputs[count++] = (oct_array){
        p->a, p->transposed ? matrix(p->a_batch, p->k, p->m) : matrix(p->a_batch, p->m, p->k),
        o->a};
    if (!p->known_b)
        inputs[count++] = (oct_array){
            p->b, p->transposed ? matrix(p->b_batch, p->n, p->k) : matrix(p->b_batch, p->k, p->n),
            o->b};
    if (p->dynamic_a) {
        inputs[count++] = (oct_array){OCTET_F32, {1, {o->parameters}}, o->a_scales};
        inputs[count++] = (oct_array){OCTET_S32, {1, {o->parameters}}, o->a_zeros};
    }
    if (p->dynamic_b) {
        inputs[count++] = (oct_array){OCTET_F32, {1, {1}}, &o->b_scale};
        inputs[count++] = (oct_array){OCTET_S32, {1, {1}}, &o->b_zero};
    }
    return count;
}

static void multiply(const product *p, const operands *o, octet_context *context,
                     const char *variant, const void *expected)
{
    const octet_gemm_desc desc = describe(p, o, variant);
    oct_array inputs[MOST_INPUTS];
    const size_t count = list_inputs(p, o, inputs);
    octet_operator *op = NULL;
    oct_stage stage = {0};
    char what[128];
    OCT_ASSERT_OK(octet_gemm_create(context, &desc, &op));
    oct_stage_open(&stage, context, op, inputs, count, &p->c, 1);
    for (int run = 0; run < 2; run++) {
        oct_stage_run(&stage);
        void *const actual = oct_stage_output(&stage, 0);
        snprintf(what, sizeof what, "%s, variant %s", p->name, variant);
        oct_assert_same(what, p->c, stage.counts[0], expected, actual);
        free(actual);
    }
    oct_stage_close(&stage);
}

static void products_of_tensors(void **state)
{
    const product *const p = *state;
    static operands o;
    static uint32_t expected[MOST_ELEMENTS];
    const size_t batches = p->a_batch > 1 ? p->a_batch : p->b_batch;
    fill(p, &o);
    for (size_t i = 0; i < batches * p->m * p->n; i++)
        put(p, &o, i, expected);
    for (size_t i = oct_the_rig.count; i-- > 0;) {
        const char *names[MOST_VARIANTS];
        size_t count = 0;
        OCT_ASSERT_OK(
            octet_list_variants(oct_the_rig.contexts[i], "gemm", names, MOST_VARIANTS, &count));
        for (size_t j = 0; j < count; j++)
            multiply(p, &o, oct_the_rig.contexts[i], names[j], expected);
    }
}

static void parameters_of_wrong_number_are_refused(void **state)
{
    static const struct {
        size_t a_scales, a_zeros, b_scales, b_zeros;
        const char *text;
    } cases[] = {
        {2, 2, 1, 1, "2 scales and 2 zero points for A; give 1 of each, or 3"},
        {3, 1, 1, 1, "3 scales and 1 zero points for A"},
        {1, 3, 1, 1, "1 scales and 3 zero points for A"},
        {1, 1, 4, 4, "4 scales and 4 zero points for B; give 1 of each"},
        {1, 1, 1, 0, "1 scales and 0 zero points for B"},
    };
    octet_gemm_desc desc = {.struct_size = sizeof desc, .n = 4, .k = 5};
    octet_operator *op = NULL;
    (void)state;
    desc.layer.output_type = OCTET_F32;
    desc.layer.dynamic_input = desc.layer.dynamic_weights = 1;
    OCT_ASSERT_OK(octet_gemm_create(oct_the_rig.reference, &desc, &op));
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        const octet_shape shapes[] = {{2, {3, 5}},
                                      {2, {5, 4}},
                                      {1, {cases[i].a_scales}},
                                      {1, {cases[i].a_zeros}},
                                      {1, {cases[i].b_scales}},
                                      {1, {cases[i].b_zeros}}};
        OCT_ASSERT_REFUSED(octet_operator_prepare(op, shapes, 6, NULL, 0), OCTET_INVALID_ARGUMENT,
                           cases[i].text);
    }
    octet_operator_destroy(op);
}

/* ---- The golden case: x1 (1x10) times x2 (10x10), quantized on the way ---- */

enum { SIDE = 10 };

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

static void check_product(octet_context *context, const char *variant, octet_tensor *const *inputs)
{
    int32_t acc[SIDE];
    uint32_t c[SIDE], bits[SIDE];
    oct_golden_ints(the_golden.root, "product.acc", SIDE, acc);
    multiply_stages(context, variant, OCTET_S32, inputs, c);
    assert_memory_equal(c, acc, sizeof c);
    oct_golden_bits(the_golden.root,
                    "product.dequantized_scales_from_four_decimal_inputs."
                    "float32_bits_one_combined_scale",
                    SIDE, bits);
    multiply_stages(context, variant, OCTET_F32, inputs, c);
    assert_memory_equal(c, bits, sizeof c);
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
    const char *names[MOST_VARIANTS];
    size_t count = 0;
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
    OCT_ASSERT_OK(octet_list_variants(context, "gemm", names, MOST_VARIANTS, &count));
    for (size_t i = 0; i < count; i++)
        check_product(context, names[i], inputs);
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
    enum { OTHERS = 3 };
    struct CMUnitTest tests[OTHERS + OCT_COUNT(products)] = {
        cmocka_unit_test(golden_matrices_are_quantized),
        cmocka_unit_test(the_golden_product_end_to_end),
        cmocka_unit_test(parameters_of_wrong_number_are_refused),
    };
    for (size_t i = 0; i < OCT_COUNT(products); i++)
        tests[OTHERS + i] = (struct CMUnitTest){products[i].name, products_of_tensors, NULL, NULL,
                                                (void *)&products[i]}; /* read only */
    return cmocka_run_group_tests(tests, open_all, close_all);
}
