/* test_reduce.c - smallest and largest element of each channel. */
#include "reference/reference.h"

#include <math.h>

#include "support/unit.h"

static void channels_are_told_apart(void **state)
{
    /* two repetitions of three channels of two neighbours */
    const float input[] = {1, 2, 30, -40, 5, 5, -1, 7, 31, 0, 5, 6};
    float min[3], max[3];
    bool finite = false;
    (void)state;
    oct_reference_min_max(2, 3, 2, input, min, max, &finite);
    assert_true(min[0] == -1.0f && max[0] == 7.0f);
    assert_true(min[1] == -40.0f && max[1] == 31.0f);
    assert_true(min[2] == 5.0f && max[2] == 6.0f);
    assert_true(finite);
}

static void the_range_need_not_hold_zero(void **state)
{
    const float input[] = {-3.0f, -2.0f};
    float min, max;
    bool finite;
    (void)state;
    oct_reference_min_max(1, 1, 2, input, &min, &max, &finite);
    assert_true(min == -3.0f && max == -2.0f);
}

static void nan_is_skipped_and_told(void **state)
{
    const float input[] = {NAN, 2.0f, NAN, 1.0f, 1.0f, 1.0f};
    float min[2], max[2];
    bool finite = true;
    (void)state;
    oct_reference_min_max(1, 2, 3, input, min, max, &finite);
    assert_true(min[0] == 2.0f && max[0] == 2.0f);
    assert_true(min[1] == 1.0f && max[1] == 1.0f);
    assert_false(finite);
}

static void nothing_but_nan_is_like_nothing(void **state)
{
    const float input[] = {NAN, NAN};
    float min = 9.0f, max = 9.0f;
    bool finite = true;
    (void)state;
    oct_reference_min_max(1, 1, 2, input, &min, &max, &finite);
    assert_true(min == 0.0f && max == 0.0f);
    assert_false(finite);
}

static void infinities_are_told(void **state)
{
    const float high[] = {1.0f, INFINITY}, low[] = {-INFINITY, 1.0f};
    float min, max;
    bool finite = true;
    (void)state;
    oct_reference_min_max(1, 1, 2, high, &min, &max, &finite);
    assert_true(min == 1.0f && isinf(max));
    assert_false(finite);
    finite = true;
    oct_reference_min_max(1, 1, 2, low, &min, &max, &finite);
    assert_true(isinf(min) && max == 1.0f);
    assert_false(finite);
}

static void empty_channels_are_zero(void **state)
{
    float min[2] = {9.0f, 9.0f}, max[2] = {9.0f, 9.0f};
    bool finite = false;
    (void)state;
    oct_reference_min_max(0, 2, 3, NULL, min, max, &finite);
    assert_true(min[0] == 0.0f && max[0] == 0.0f && min[1] == 0.0f && max[1] == 0.0f);
    assert_true(finite);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(channels_are_told_apart),
        cmocka_unit_test(the_range_need_not_hold_zero),
        cmocka_unit_test(nan_is_skipped_and_told),
        cmocka_unit_test(nothing_but_nan_is_like_nothing),
        cmocka_unit_test(infinities_are_told),
        cmocka_unit_test(empty_channels_are_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
