/* test_concat.c - tensors one after the other. */
#include <stdlib.h>

#include "core/shape.h"
#include "support/stage.h"

enum { MOST_INPUTS = 4 };

static octet_status make(octet_context *context, const void *desc, const char *variant,
                         octet_operator **out)
{
    octet_concat_desc own = *(const octet_concat_desc *)desc;
    own.struct_size = sizeof own;
    own.variant = variant;
    return octet_concat_create(context, &own, out);
}

static uint8_t entry(int i)
{
    return (uint8_t)(i * 77 + 13);
}

static void fill(uint8_t table[256])
{
    for (int i = 0; i < 256; i++)
        table[i] = entry(i);
}

/* Sizes before the axis together, of the inputs along it, and after it. */
static const struct concat_case {
    size_t outer, sizes[MOST_INPUTS], inner, count;
} concat_cases[] = {
    {1, {5}, 1, 1},       {2, {3, 4}, 5, 2},     {7, {1, 0, 16, 33}, 1, 4},
    {49, {64, 64}, 1, 2}, {3, {2, 1, 3}, 70, 3}, {1, {4001, 9000}, 1, 2},
    {1200, {1, 2}, 1, 2}, {0, {3, 4}, 2, 2},     {5, {0, 0}, 3, 2},
};

/* What is expected is made by copying, row after row. */
static void check(const struct concat_case *c, octet_type type)
{
    uint8_t table[256];
    octet_concat_desc desc = {.type = type, .input_count = c->count, .axis = 1};
    oct_array inputs[MOST_INPUTS];
    size_t whole = 0, first = 0;
    fill(table);
    desc.tables[1] = table;
    for (size_t i = 0; i < c->count; i++)
        whole += c->sizes[i] * c->inner;
    uint8_t *const data = malloc(2 * c->outer * whole + 1);
    uint8_t *const expected = data + c->outer * whole;
    assert_non_null(data);
    for (size_t i = 0; i < c->count; i++) {
        const size_t part = c->sizes[i] * c->inner;
        uint8_t *const x = data + c->outer * first;
        for (size_t j = 0; j < c->outer * part; j++) {
            x[j] = (uint8_t)(j * 31 + j / 256 + i);
            expected[j / part * whole + first + j % part] = i == 1 ? entry(x[j]) : x[j];
        }
        inputs[i] = (oct_array){type, {3, {c->outer, c->sizes[i], c->inner}}, x};
        first += part;
    }
    oct_compare_everywhere(&(oct_simple){"concat", make, &desc, inputs, c->count, &type, 1},
                           expected);
    free(data);
}

static void rows_stand_side_by_side(void **state)
{
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(concat_cases); i++) {
        check(&concat_cases[i], OCTET_U8);
        check(&concat_cases[i], OCTET_S8);
    }
}

/* Numbers of four bytes. */
static void numbers_are_moved_whole(void **state)
{
    static const float a[] = {1.5f, -0.0f, 3.0f, 4.0f}, b[] = {-5.0f, 6.25f};
    static const float expected[] = {1.5f, -0.0f, -5.0f, 3.0f, 4.0f, 6.25f};
    const octet_type type = OCTET_F32;
    const octet_concat_desc desc = {.type = OCTET_F32, .input_count = 2, .axis = 1};
    const oct_array inputs[] = {{OCTET_F32, {2, {2, 2}}, a}, {OCTET_F32, {2, {2, 1}}, b}};
    (void)state;
    oct_compare_everywhere(&(oct_simple){"numbers", make, &desc, inputs, 2, &type, 1}, expected);
}

static void wrong_descriptions_are_refused(void **state)
{
    static const struct {
        octet_concat_desc desc;
        const char *text;
    } cases[] = {
        {{.type = OCTET_S32, .input_count = 2}, "type must be s8, u8 or f32"},
        {{.type = OCTET_F32, .input_count = 2, .tables = {NULL, "table"}}, "a table for input 1"},
        {{.input_count = 0}, "0 inputs; it must be 1 to 8"},
        {{.input_count = 9}, "9 inputs; it must be 1 to 8"},
    };
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++)
        oct_refuse_desc(make, &cases[i].desc, OCTET_INVALID_ARGUMENT, cases[i].text);
}

static void wrong_shapes_are_refused(void **state)
{
    static const struct {
        size_t axis;
        octet_shape shapes[2];
        const char *text;
    } cases[] = {
        {2, {{2, {3, 4}}, {2, {3, 4}}}, "axis 2; the first input has 2 dimensions"},
        {1,
         {{2, {3, 4}}, {2, {2, 4}}},
         "input 1 is 2x4, the first 3x4; they may differ along axis 1"},
        {1, {{2, {3, 4}}, {1, {3}}}, "input 1 is 3, the first 3x4"},
    };
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        const octet_concat_desc desc = {.input_count = 2, .axis = cases[i].axis};
        octet_operator *op = NULL;
        OCT_ASSERT_OK(make(oct_the_rig.reference, &desc, NULL, &op));
        OCT_ASSERT_REFUSED(octet_operator_prepare(op, cases[i].shapes, 2, NULL, 0),
                           OCTET_INVALID_ARGUMENT, cases[i].text);
        octet_operator_destroy(op);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_stand_side_by_side),
        cmocka_unit_test(numbers_are_moved_whole),
        cmocka_unit_test(wrong_descriptions_are_refused),
        cmocka_unit_test(wrong_shapes_are_refused),
    };
    return cmocka_run_group_tests(tests, oct_rig_open, oct_rig_close);
}
