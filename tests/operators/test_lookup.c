/* test_lookup.c - functions of one byte. */
#include <stdlib.h>

#include "core/shape.h"
#include "support/stage.h"

static octet_status make(octet_context *context, const void *desc, const char *variant,
                         octet_operator **out)
{
    octet_lookup_desc own = *(const octet_lookup_desc *)desc;
    own.struct_size = sizeof own;
    own.variant = variant;
    return octet_lookup_create(context, &own, out);
}

/* A permutation of the bytes that is none of its own inverse. */
static void fill(uint8_t table[256])
{
    for (int i = 0; i < 256; i++)
        table[i] = (uint8_t)(i * 77 + 13);
}

static void every_byte_has_its_entry(void **state)
{
    static const octet_shape shapes[] = {{0, {0}},           {2, {0, 7}}, {1, {15}},
                                         {3, {3, 5, 17}},    {1, {9001}}, {2, {61, 1009}},
                                         {4, {2, 3, 1, 256}}};
    static const octet_type types[] = {OCTET_S8, OCTET_U8};
    uint8_t table[256];
    (void)state;
    fill(table);
    for (size_t i = 0; i < 4 * OCT_COUNT(shapes); i++) {
        const octet_shape *const shape = &shapes[i / 4];
        const octet_lookup_desc desc = {
            .input_type = types[i % 2], .output_type = types[i / 2 % 2], .table = table};
        size_t count = 0;
        assert_true(oct_shape_count(shape, &count));
        uint8_t *const x = malloc(2 * count + 1), *const y = x + count;
        assert_non_null(x);
        for (size_t j = 0; j < count; j++) {
            x[j] = (uint8_t)(j * 31 + j / 256);
            y[j] = (uint8_t)(x[j] * 77 + 13);
        }
        const oct_array input = {desc.input_type, *shape, x};
        oct_compare_everywhere(
            &(oct_simple){"a table", make, &desc, &input, 1, &desc.output_type, 1}, y);
        free(x);
    }
}

/* The table is the operator's own, and stays when it is prepared again. */
static void the_table_is_copied(void **state)
{
    uint8_t table[256], x[300], y[300];
    const octet_lookup_desc desc = {
        .input_type = OCTET_U8, .output_type = OCTET_U8, .table = table};
    (void)state;
    for (int i = 0; i < 300; i++) {
        x[i] = (uint8_t)i;
        y[i] = (uint8_t)(i * 77 + 13);
    }
    for (size_t i = 0; i < oct_the_rig.count; i++) {
        octet_context *const context = oct_the_rig.contexts[i];
        octet_operator *op = NULL;
        oct_stage stage = {0};
        const oct_array input = {OCTET_U8, {1, {300}}, x};
        const octet_shape other = {1, {5}};
        fill(table);
        OCT_ASSERT_OK(make(context, &desc, NULL, &op));
        memset(table, 0, sizeof table);
        OCT_ASSERT_OK(octet_operator_prepare(op, &other, 1, NULL, 0));
        oct_stage_open(&stage, context, op, &input, 1, &desc.output_type, 1);
        oct_stage_run(&stage);
        void *const actual = oct_stage_output(&stage, 0);
        oct_assert_same("a table of its own", OCTET_U8, 300, y, actual);
        free(actual);
        oct_stage_close(&stage);
    }
}

static void wrong_descriptions_are_refused(void **state)
{
    static const uint8_t table[256];
    static const struct {
        octet_lookup_desc desc;
        const char *text;
    } cases[] = {
        {{.input_type = OCTET_S32, .table = table}, "both types must be s8 or u8"},
        {{.output_type = OCTET_F32, .table = table}, "both types must be s8 or u8"},
        {{.input_type = OCTET_U8}, "the table is NULL; it must have 256 values"},
    };
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++)
        oct_refuse_desc(make, &cases[i].desc, OCTET_INVALID_ARGUMENT, cases[i].text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_has_its_entry),
        cmocka_unit_test(the_table_is_copied),
        cmocka_unit_test(wrong_descriptions_are_refused),
    };
    return cmocka_run_group_tests(tests, oct_rig_open, oct_rig_close);
}
