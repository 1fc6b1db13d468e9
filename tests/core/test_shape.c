/* test_shape.c - element types and shapes. */
#include "core/shape.h"

#include "support/unit.h"

static void types_know_their_size_and_range(void **state)
{
    (void)state;
    assert_string_equal(oct_type(OCTET_S8)->name, "s8");
    assert_int_equal(oct_type(OCTET_S8)->size, 1);
    assert_int_equal(oct_type(OCTET_S8)->low, -128);
    assert_int_equal(oct_type(OCTET_S8)->high, 127);
    assert_string_equal(oct_type(OCTET_U8)->name, "u8");
    assert_int_equal(oct_type(OCTET_U8)->low, 0);
    assert_int_equal(oct_type(OCTET_U8)->high, 255);
    assert_string_equal(oct_type(OCTET_S32)->name, "s32");
    assert_int_equal(oct_type(OCTET_S32)->size, 4);
    assert_string_equal(oct_type(OCTET_F32)->name, "f32");
    assert_int_equal(oct_type(OCTET_F32)->size, 4);
}

static void only_four_types_are_valid(void **state)
{
    (void)state;
    assert_true(oct_type_is_valid(OCTET_S8) && oct_type_is_valid(OCTET_F32));
    assert_false(oct_type_is_valid((octet_type)4));
    assert_false(oct_type_is_valid((octet_type)-1));
    assert_true(oct_type_is_byte(OCTET_S8) && oct_type_is_byte(OCTET_U8));
    assert_false(oct_type_is_byte(OCTET_S32) || oct_type_is_byte(OCTET_F32));
}

static void counts_multiply_and_refuse_overflow(void **state)
{
    static const struct {
        octet_shape shape;
        bool fits;
        size_t count, bytes; /* bytes of S32 */
    } cases[] = {
        {{0, {0}}, true, 1, 4},
        {{1, {7}}, true, 7, 28},
        {{3, {2, 3, 4}}, true, 24, 96},
        {{2, {0, 5}}, true, 0, 0},
        {{2, {SIZE_MAX, 2}}, false, 0, 0},
        {{3, {0, SIZE_MAX, 2}}, false, 0, 0}, /* an empty batch of something impossible */
        {{OCTET_MAX_RANK + 1, {1}}, false, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        size_t count = 0, bytes = 0;
        assert_int_equal(oct_shape_count(&cases[i].shape, &count), cases[i].fits);
        assert_int_equal(oct_shape_bytes(OCTET_S32, &cases[i].shape, &bytes), cases[i].fits);
        assert_int_equal(count, cases[i].count);
        assert_int_equal(bytes, cases[i].bytes);
    }
}

static void bytes_may_overflow_where_the_count_does_not(void **state)
{
    const octet_shape shape = {1, {SIZE_MAX / 2}};
    size_t bytes;
    (void)state;
    assert_true(oct_shape_bytes(OCTET_U8, &shape, &bytes));
    assert_false(oct_shape_bytes(OCTET_F32, &shape, &bytes));
}

static void equality_ignores_what_lies_beyond_the_rank(void **state)
{
    const size_t sizes[] = {2, 3, 4};
    const octet_shape a = oct_shape(2, sizes), b = {2, {2, 3, 9}}, c = {2, {3, 2}}, d = {1, {2}};
    (void)state;
    assert_true(oct_shape_equal(&a, &b));
    assert_false(oct_shape_equal(&a, &c));
    assert_false(oct_shape_equal(&a, &d));
}

static void texts_read_like_sizes(void **state)
{
    const octet_shape scalar = {0}, matrix = {2, {3, 0}};
    octet_shape largest = {.rank = OCTET_MAX_RANK};
    char text[OCT_SHAPE_TEXT];
    (void)state;
    for (size_t i = 0; i < OCTET_MAX_RANK; i++)
        largest.size[i] = SIZE_MAX;
    assert_string_equal(oct_shape_text(&scalar, text), "scalar");
    assert_string_equal(oct_shape_text(&matrix, text), "3x0");
    assert_int_equal(strlen(oct_shape_text(&largest, text)), OCTET_MAX_RANK * 20 + 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_know_their_size_and_range),
        cmocka_unit_test(only_four_types_are_valid),
        cmocka_unit_test(counts_multiply_and_refuse_overflow),
        cmocka_unit_test(bytes_may_overflow_where_the_count_does_not),
        cmocka_unit_test(equality_ignores_what_lies_beyond_the_rank),
        cmocka_unit_test(texts_read_like_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
