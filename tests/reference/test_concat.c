/* test_concat.c - rows of one tensor among those of others. */
#include "reference/reference.h"

#include "support/unit.h"

static void rows_by_hand(void **state)
{
    static const uint8_t a[] = {1, 2, 3, 4}, b[] = {5, 255}, expected[] = {1, 2, 105, 3, 4, 99};
    uint8_t table[256] = {0}, output[6] = {0};
    (void)state;
    table[5] = 105;
    table[255] = 99;
    oct_reference_concat(NULL, 2, 2, 3, 0, a, output);
    oct_reference_concat(table, 2, 1, 3, 2, b, output);
    assert_memory_equal(output, expected, sizeof expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows_by_hand)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
