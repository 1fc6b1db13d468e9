/* test_memory.c - allocation and products of sizes. */
#include "core/memory.h"

#include <stdlib.h>

#include "support/unit.h"

static void products_refuse_overflow(void **state)
{
    size_t product = 99;
    (void)state;
    assert_false(oct_multiply(SIZE_MAX / 2, 3, &product));
    assert_int_equal(product, 99);
    assert_true(oct_multiply(SIZE_MAX / 2, 2, &product));
    assert_int_equal(product, SIZE_MAX - 1);
    assert_true(oct_multiply(SIZE_MAX, 0, &product));
    assert_int_equal(product, 0);
    assert_true(oct_multiply(0, SIZE_MAX, &product));
    assert_int_equal(product, 0);
}

static void memory_is_zeroed_and_never_null_for_nothing(void **state)
{
    unsigned char *const bytes = oct_allocate(3, 5);
    void *const nothing = oct_allocate(0, 5);
    (void)state;
    for (size_t i = 0; i < 15; i++)
        assert_int_equal(bytes[i], 0);
    assert_non_null(nothing);
    free(bytes);
    free(nothing);
}

static void copies_are_new(void **state)
{
    const int32_t values[] = {1, 2, 3};
    int32_t *const copy = oct_copy_array(values, 3, sizeof values[0]);
    void *const nothing = oct_copy_array(NULL, 0, 4);
    (void)state;
    assert_memory_equal(copy, values, sizeof values);
    assert_ptr_not_equal(copy, values);
    assert_non_null(nothing);
    free(copy);
    free(nothing);
}

static void quotients_round_up(void **state)
{
    (void)state;
    assert_int_equal(oct_divide_up(0, 4), 0);
    assert_int_equal(oct_divide_up(1, 4), 1);
    assert_int_equal(oct_divide_up(4, 4), 1);
    assert_int_equal(oct_divide_up(5, 4), 2);
    assert_int_equal(oct_divide_up(SIZE_MAX, 2), SIZE_MAX / 2 + 1);
    assert_int_equal(oct_round_up(5, 4), 8);
    assert_int_equal(oct_round_up(8, 4), 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_refuse_overflow),
        cmocka_unit_test(memory_is_zeroed_and_never_null_for_nothing),
        cmocka_unit_test(copies_are_new),
        cmocka_unit_test(quotients_round_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
