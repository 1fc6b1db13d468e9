/* test_gather.c - elements picked by tables. */
#include "reference/reference.h"

#include "support/unit.h"

/* Rows exchanged and one repeated, a column in front that is outside. */
static void a_matrix_is_picked(void **state)
{
    static const int32_t rows[] = {1, 0, 1}, columns[] = {-1, 0, 2};
    const octet_shape x = {2, {2, 3}}, y = {2, {3, 3}};
    const int32_t *const indices[] = {rows, columns};
    const uint8_t input[] = {1, 2, 3, 4, 5, 6}, fill = 9;
    const uint8_t expected[] = {9, 4, 6, 9, 1, 3, 9, 4, 6};
    uint8_t output[9];
    (void)state;
    oct_reference_gather(1, &x, &y, indices, &fill, input, output);
    assert_memory_equal(output, expected, sizeof expected);
}

/* Without a table an axis stays as it is. */
static void words_are_moved(void **state)
{
    static const int32_t middle[] = {1};
    const octet_shape x = {3, {2, 3, 2}}, y = {3, {2, 1, 2}};
    const int32_t *const indices[] = {NULL, middle, NULL};
    const int32_t input[] = {1, 2, 3, 4, 5, 6, -1, -2, -3, -4, -5, -6};
    const int32_t expected[] = {3, 4, -3, -4}, fill = 0;
    int32_t output[4];
    (void)state;
    oct_reference_gather(4, &x, &y, indices, &fill, input, output);
    assert_memory_equal(output, expected, sizeof expected);
}

static void scalars_are_copied(void **state)
{
    const octet_shape shape = {0};
    const float input = 1.5f, fill = 2.5f;
    float output = 0.0f;
    (void)state;
    oct_reference_gather(4, &shape, &shape, NULL, &fill, &input, &output);
    assert_true(output == 1.5f);
}

static void empty_tensors_are_left_alone(void **state)
{
    const octet_shape shape = {2, {0, 3}};
    const int32_t *const indices[] = {NULL, NULL};
    const uint8_t fill = 1;
    (void)state;
    oct_reference_gather(1, &shape, &shape, indices, &fill, NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_matrix_is_picked),
        cmocka_unit_test(words_are_moved),
        cmocka_unit_test(scalars_are_copied),
        cmocka_unit_test(empty_tensors_are_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
