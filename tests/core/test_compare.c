/* test_compare.c - counting elements whose bits differ. */
#include <math.h>

#include "octet/octet.h"
#include "support/unit.h"

static void equal_arrays_have_no_mismatch(void **state)
{
    const int8_t values[] = {-128, 0, 127};
    octet_comparison result = {.first = 99};
    (void)state;
    octet_compare(OCTET_S8, 3, values, values, &result);
    assert_int_equal(result.count, 3);
    assert_int_equal(result.mismatches, 0);
    assert_true(result.max_difference == 0.0);
}

static void empty_arrays_are_equal(void **state)
{
    octet_comparison result;
    (void)state;
    octet_compare(OCTET_F32, 0, NULL, NULL, &result);
    assert_int_equal(result.count, 0);
    assert_int_equal(result.mismatches, 0);
}

static void first_and_largest_differences_are_told(void **state)
{
    const uint8_t expected[] = {1, 200, 3, 0}, actual[] = {1, 199, 3, 255};
    octet_comparison result;
    (void)state;
    octet_compare(OCTET_U8, 4, expected, actual, &result);
    assert_int_equal(result.mismatches, 2);
    assert_int_equal(result.first, 1);
    assert_true(result.expected == 200.0 && result.actual == 199.0);
    assert_true(result.max_difference == 255.0);
}

/* -128 and 128 share their bits but not their type's meaning; S8 reads both as negative. */
static void signedness_follows_the_type(void **state)
{
    const uint8_t expected[] = {0x80}, actual[] = {0x7f};
    octet_comparison result;
    (void)state;
    octet_compare(OCTET_S8, 1, expected, actual, &result);
    assert_true(result.expected == -128.0 && result.actual == 127.0);
    assert_true(result.max_difference == 255.0);
}

static void wide_integers_do_not_overflow(void **state)
{
    const int32_t expected[] = {INT32_MIN}, actual[] = {INT32_MAX};
    octet_comparison result;
    (void)state;
    octet_compare(OCTET_S32, 1, expected, actual, &result);
    assert_true(result.max_difference == 4294967295.0);
}

static void floats_are_compared_by_their_bits(void **state)
{
    const float expected[] = {0.0f, NAN, 1.0f}, actual[] = {-0.0f, NAN, 1.0f};
    octet_comparison result;
    (void)state;
    octet_compare(OCTET_F32, 3, expected, actual, &result);
    assert_int_equal(result.mismatches, 1);
    assert_int_equal(result.first, 0);
    assert_true(result.max_difference == 0.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_arrays_have_no_mismatch),
        cmocka_unit_test(empty_arrays_are_equal),
        cmocka_unit_test(first_and_largest_differences_are_told),
        cmocka_unit_test(signedness_follows_the_type),
        cmocka_unit_test(wide_integers_do_not_overflow),
        cmocka_unit_test(floats_are_compared_by_their_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
