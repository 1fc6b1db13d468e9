/* test_fold.c - means, smallest and largest elements along a dimension. */
#include "reference/reference.h"

#include <math.h>

#include "support/unit.h"

static void columns_of_floats(void **state)
{
    static const float x[] = {1, -2, 4, 0.5f, 1, 1};
    static const float expected[][2] = {{2.0f, -0.166666672f}, {1, -2}, {4, 1}};
    (void)state;
    for (int i = 0; i < 3; i++) {
        float y[2];
        oct_reference_fold((octet_reduce_function)i, 1, 3, 2, x, y);
        assert_true(y[0] == expected[i][0] && y[1] == expected[i][1]);
    }
}

/* Element 16 meets element 0 first: 2^24 + 1 is 2^24, but 1 + 1 and then 2^24 is more. */
static void sums_have_parts(void **state)
{
    float x[17] = {0};
    float y;
    (void)state;
    x[0] = 0x1p24f;
    x[8] = 1;
    x[16] = 1;
    oct_reference_fold(OCTET_REDUCE_MEAN, 1, 17, 1, x, &y);
    assert_true(y == 0x1p24f / 17.0f);
    x[0] = 1;
    x[8] = 0x1p24f;
    oct_reference_fold(OCTET_REDUCE_MEAN, 1, 17, 1, x, &y);
    assert_true(y == (0x1p24f + 2.0f) / 17.0f);
}

static void not_a_number_stays(void **state)
{
    const float x[] = {1, NAN, 3}, zeros[] = {-0.0f, 0.0f};
    float y;
    (void)state;
    for (int i = 0; i < 3; i++) {
        oct_reference_fold((octet_reduce_function)i, 1, 3, 1, x, &y);
        assert_true(isnan(y));
    }
    oct_reference_fold(OCTET_REDUCE_MAXIMUM, 1, 2, 1, zeros, &y);
    assert_true(y == 0.0f && signbit(y)); /* the first of equals */
}

/* Sums 3 and -3 of steps; times 1/6 they are ties, which go to the even 0. */
static void stored_values(void **state)
{
    static const uint8_t x[] = {10, 9, 14, 7, 9, 11};
    static const int8_t expected[][2] = {{-5 + 0, -5 + 0}, {9, 7}, {14, 11}};
    (void)state;
    for (int i = 0; i < 3; i++) {
        const oct_reference_stored_fold fold = {.function = (octet_reduce_function)i,
                                                .input_type = OCTET_U8,
                                                .output_type = i == 0 ? OCTET_S8 : OCTET_U8,
                                                .outer = 1,
                                                .n = 3,
                                                .inner = 2,
                                                .multiplier = 0.5f / 3.0f,
                                                .input_zero_point = 10,
                                                .output_zero_point = -5};
        int8_t y[2];
        oct_reference_fold_stored(&fold, x, y);
        assert_memory_equal(y, expected[i], sizeof y);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_of_floats),
        cmocka_unit_test(sums_have_parts),
        cmocka_unit_test(not_a_number_stays),
        cmocka_unit_test(stored_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
