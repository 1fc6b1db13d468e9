/* test_layer_lookup.c - a table in the kernel of the layer before it: what it means, also after a sum,
 * and what is refused. On every shape and variant: the rows with --table of test_gemm.c, test_conv2d.c.
 */
#include <stdlib.h>

#include "support/stage.h"

static const int32_t x_zero = 9;
static const float one = 1.0f;
static uint8_t table[256]; /* 255 - byte */
static const octet_lookup_desc lookup = {
    .struct_size = sizeof lookup, .input_type = OCTET_S8, .output_type = OCTET_U8, .table = table};

/* (x - 9) * w: {-2, 8, -2, 17} of the x below, as s8. */
static octet_gemm_desc product(void)
{
    static const int8_t w[] = {1, 0, 0, 1, -1, 2};
    return (octet_gemm_desc){.struct_size = sizeof(octet_gemm_desc),
                             .n = 2,
                             .k = 3,
                             .layer = {.input_type = OCTET_U8,
                                       .weight_type = OCTET_S8,
                                       .output_type = OCTET_S8,
                                       .input = {NULL, 0, &x_zero, 1},
                                       .weight_data = w,
                                       .lookup = &lookup}};
}

/* Runs the product on every context, with what a sum adds as the last input. */
static void check(const octet_gemm_desc *desc, size_t input_count, const uint8_t expected[4])
{
    static const uint8_t x[] = {10, 11, 12, 13, 14, 15}, other[] = {1, 2, 3, 200};
    const oct_array inputs[] = {{OCTET_U8, {2, {2, 3}}, x}, {OCTET_U8, {2, {2, 2}}, other}};
    const octet_type u8 = OCTET_U8;
    for (size_t i = 0; i < oct_the_rig.count; i++) {
        octet_operator *op = NULL;
        oct_stage stage = {0};
        OCT_ASSERT_OK(octet_gemm_create(oct_the_rig.contexts[i], desc, &op));
        oct_stage_open(&stage, oct_the_rig.contexts[i], op, inputs, input_count, &u8, 1);
        oct_stage_run(&stage);
        uint8_t *const y = oct_stage_output(&stage, 0);
        oct_assert_same("gemm", u8, 4, expected, y);
        free(y);
        oct_stage_close(&stage);
    }
}

/* The entry of the s8 value -2 is at its byte, 254. */
static void entries_of_bytes(void **state)
{
    static const uint8_t expected[] = {1, 247, 1, 238};
    const octet_gemm_desc desc = product();
    (void)state;
    check(&desc, 1, expected);
}

/* {-2, 8, -2, 17} + {1, 2, 3, 200} as u8 is {0, 10, 1, 217}. */
static void after_a_sum(void **state)
{
    static const uint8_t expected[] = {255, 245, 254, 38};
    const octet_binary_desc sum = {.struct_size = sizeof sum,
                                   .rule = OCTET_BINARY_FLOAT32,
                                   .a_type = OCTET_S8,
                                   .b_type = OCTET_U8,
                                   .output_type = OCTET_U8,
                                   .a = {&one, 1, NULL, 0}};
    octet_lookup_desc of_sum = lookup;
    octet_gemm_desc desc = product();
    (void)state;
    of_sum.input_type = OCTET_U8;
    desc.layer.sum = &sum;
    desc.layer.lookup = &of_sum;
    check(&desc, 2, expected);
}

static void refusals(void **state)
{
    octet_lookup_desc wrong = lookup;
    octet_gemm_desc desc = product();
    octet_operator *op = NULL;
    octet_context *const context = oct_the_rig.reference;
    (void)state;
    desc.layer.lookup = &wrong;
    wrong.input_type = OCTET_U8;
    OCT_ASSERT_REFUSED(octet_gemm_create(context, &desc, &op), OCTET_INVALID_ARGUMENT,
                       "the lookup takes u8; what it follows is s8");
    desc.layer.output_type = OCTET_S32;
    OCT_ASSERT_REFUSED(octet_gemm_create(context, &desc, &op), OCTET_INVALID_ARGUMENT,
                       "the lookup takes u8; what it follows is s32");
    wrong.table = NULL;
    OCT_ASSERT_REFUSED(octet_gemm_create(context, &desc, &op), OCTET_INVALID_ARGUMENT,
                       "the table is NULL");
    wrong = lookup;
    wrong.struct_size = 1;
    OCT_ASSERT_REFUSED(octet_gemm_create(context, &desc, &op), OCTET_INVALID_ARGUMENT,
                       "struct_size is 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_of_bytes),
        cmocka_unit_test(after_a_sum),
        cmocka_unit_test(refusals),
    };
    for (size_t i = 0; i < sizeof table; i++)
        table[i] = (uint8_t)(255 - i);
    return _cmocka_run_group_tests("layer_lookup", tests, OCT_COUNT(tests), oct_rig_open,
                                   oct_rig_close);
}
