/* test_interpolate.c - weighted sums of four neighbours. */
#include "reference/reference.h"

#include "support/unit.h"

static const int32_t first[] = {0, 0}, second[] = {1, 1};
static const float near[] = {0.75f, 0.25f}, far[] = {0.25f, 0.75f};

/* Two by two pixels of two channels, quarters of the way between them. */
static void floats(void **state)
{
    static const float x[] = {0, 100, 16, 100, 32, 200, 48, 200};
    static const float expected[] = {12, 125, 20, 125, 28, 175, 36, 175};
    const oct_reference_interpolate p = {.input_type = OCTET_F32,
                                         .output_type = OCTET_F32,
                                         .outer = 1,
                                         .height = 2,
                                         .width = 2,
                                         .inner = 2,
                                         .rows = {2, first, second, near, far},
                                         .columns = {2, first, second, near, far}};
    float y[8];
    (void)state;
    oct_reference_interpolate_run(&p, x, y);
    for (size_t i = 0; i < OCT_COUNT(y); i++)
        assert_true(y[i] == expected[i]);
}

/* A column of u8, 2 and 4 steps above the zero point, at a quarter and a half of the way, to s8: 2.5
 * steps go to 2. */
static void stored_values(void **state)
{
    static const int32_t rows[] = {0, 0, 1}, next[] = {1, 1, 1}, column[] = {0};
    static const float upper[] = {0.75f, 0.5f, 3.0f}, lower[] = {0.25f, 0.5f, 3.0f};
    static const float one[] = {1}, none[] = {0};
    static const uint8_t x[] = {12, 14};
    static const int8_t expected[] = {2 - 20, 3 - 20, 24 - 20};
    const oct_reference_interpolate p = {.input_type = OCTET_U8,
                                         .output_type = OCTET_S8,
                                         .outer = 1,
                                         .height = 2,
                                         .width = 1,
                                         .inner = 1,
                                         .rows = {3, rows, next, upper, lower},
                                         .columns = {1, column, column, one, none},
                                         .input_scale = 0.5f,
                                         .output_scale = 0.5f,
                                         .input_zero_point = 10,
                                         .output_zero_point = -20};
    int8_t y[3];
    (void)state;
    oct_reference_interpolate_run(&p, x, y);
    assert_memory_equal(y, expected, sizeof expected);
}

/* From the left: the large terms cancel only after the small one is lost. */
static void the_order_counts(void **state)
{
    static const int32_t rows[] = {0}, next[] = {1}, columns[] = {0}, right[] = {1};
    static const float one[] = {1};
    static const float x[] = {1, 0x1p25f, -0x1p25f, 1};
    const oct_reference_interpolate p = {.input_type = OCTET_F32,
                                         .output_type = OCTET_F32,
                                         .outer = 1,
                                         .height = 2,
                                         .width = 2,
                                         .inner = 1,
                                         .rows = {1, rows, next, one, one},
                                         .columns = {1, columns, right, one, one}};
    float y;
    (void)state;
    oct_reference_interpolate_run(&p, x, &y);
    assert_true(y == 1.0f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(floats),
        cmocka_unit_test(stored_values),
        cmocka_unit_test(the_order_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
