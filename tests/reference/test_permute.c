/* test_permute.c - reordering dimensions. */
#include "reference/reference.h"

#include "support/unit.h"

static void a_matrix_is_transposed(void **state)
{
    const octet_shape shape = {2, {2, 3}};
    const size_t order[] = {1, 0};
    const uint8_t input[] = {1, 2, 3, 4, 5, 6}, expected[] = {1, 4, 2, 5, 3, 6};
    uint8_t output[6];
    (void)state;
    oct_reference_permute(1, &shape, order, input, output);
    assert_memory_equal(output, expected, sizeof expected);
}

/* (2, 3, 1, 2) with channels second to channels last. */
static void nchw_becomes_nhwc(void **state)
{
    const octet_shape shape = {4, {2, 3, 1, 2}};
    const size_t order[] = {0, 2, 3, 1};
    const int32_t input[] = {1, 2, 10, 20, 100, 200, 3, 4, 30, 40, 300, -400};
    const int32_t expected[] = {1, 10, 100, 2, 20, 200, 3, 30, 300, 4, 40, -400};
    int32_t output[12];
    (void)state;
    oct_reference_permute(4, &shape, order, input, output);
    assert_memory_equal(output, expected, sizeof expected);
}

/* Output dimension i is input dimension order[i]: a cycle tells that from its inverse. */
static void a_cycle_is_not_its_inverse(void **state)
{
    const octet_shape shape = {3, {2, 1, 3}};
    const size_t order[] = {2, 0, 1};
    const uint8_t input[] = {1, 2, 3, 4, 5, 6}, expected[] = {1, 4, 2, 5, 3, 6};
    uint8_t output[6];
    (void)state;
    oct_reference_permute(1, &shape, order, input, output);
    assert_memory_equal(output, expected, sizeof expected);
}

static void scalars_are_copied(void **state)
{
    const octet_shape shape = {0};
    const float input = 1.5f;
    float output = 0.0f;
    (void)state;
    oct_reference_permute(4, &shape, NULL, &input, &output);
    assert_true(output == 1.5f);
}

static void empty_tensors_are_left_alone(void **state)
{
    const octet_shape shape = {2, {0, 3}};
    const size_t order[] = {1, 0};
    (void)state;
    oct_reference_permute(1, &shape, order, NULL, NULL);
}

/* Eight dimensions reversed and reversed again. */
static void reversing_twice_restores(void **state)
{
    const octet_shape shape = {8, {2, 1, 3, 2, 1, 2, 3, 2}}, turned = {8, {2, 3, 2, 1, 2, 3, 1, 2}};
    const size_t order[] = {7, 6, 5, 4, 3, 2, 1, 0};
    uint8_t input[144], reversed[144], output[144];
    (void)state;
    for (size_t i = 0; i < sizeof input; i++)
        input[i] = (uint8_t)i;
    oct_reference_permute(1, &shape, order, input, reversed);
    assert_int_equal(reversed[1], 72); /* the input's first dimension is now innermost */
    assert_int_equal(reversed[72], 1);
    oct_reference_permute(1, &turned, order, reversed, output);
    assert_memory_equal(output, input, sizeof input);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_matrix_is_transposed),       cmocka_unit_test(nchw_becomes_nhwc),
        cmocka_unit_test(a_cycle_is_not_its_inverse),   cmocka_unit_test(scalars_are_copied),
        cmocka_unit_test(empty_tensors_are_left_alone), cmocka_unit_test(reversing_twice_restores),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
