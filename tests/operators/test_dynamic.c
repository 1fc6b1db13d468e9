/* test_dynamic.c - gemm with scales and zero points that arrive as tensors, and dynamic
 * quantization from end to end. */
#include <stdio.h>
#include <stdlib.h>

#include "core/shape.h"
#include "support/stage.h"
#include "support/turns.h"

enum { MOST_INPUTS = 6 };

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
    {"rows, every batch alike", 3, 3,   7, 33, 21, OCTET_S8, OCTET_S8, OCTET_F32, ROWS,     true,  true,  false, false, true,  false},
    {"rows alike x known",      3, 1,   5, 20, 16, OCTET_S8, OCTET_U8, OCTET_F32, ROWS,     true,  false, true,  false, true,  false},
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
        const oct_turns turns = oct_turns_of(oct_the_rig.contexts[i], OCT_PROBLEM_GEMM);
        const octet_layer layer = describe(p, &o, NULL).layer;
        for (size_t j = 0; j < turns.count; j++)
            if (oct_has_turn(&turns, j, &layer))
                multiply(p, &o, oct_the_rig.contexts[i], turns.names[j], expected);
    }
}

static void parameters_of_wrong_number_are_refused(void **state)
{
    static const struct {
        size_t a_scales, a_zeros, b_scales, b_zeros;
        const char *text;
    } cases[] = {
        {2, 2, 1, 1, "2 scales and 2 zero points for A; give 1 of each, 3 (one per row"},
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

int main(void)
{
    enum { OTHERS = 1 };
    struct CMUnitTest tests[OTHERS + OCT_COUNT(products)] = {
        cmocka_unit_test(parameters_of_wrong_number_are_refused),
    };
    OCT_ROW_TESTS(&tests[OTHERS], products_of_tensors, products);
    return cmocka_run_group_tests(tests, oct_rig_open, oct_rig_close);
}
