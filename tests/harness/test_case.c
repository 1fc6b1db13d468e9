/* Cases: the same data for the same seed, and the reference's verdict on itself and on a fault. */
#include "support/unit.h"

#include "harness/case.h"
#include "harness/problem_list.h"

static octet_context *open_reference(void)
{
    octet_context *context = NULL;
    const octet_context_desc desc = {.struct_size = sizeof desc,
                                     .backend = OCTET_BACKEND_REFERENCE};
    assert_int_equal(octet_context_create(&desc, &context), OCTET_OK);
    return context;
}

static oct_problem problem_of(const char *line)
{
    oct_problem_list list;
    oct_problem_list_init(&list, NULL);
    assert_int_equal(oct_problem_list_line(&list, line), OCTET_OK);
    const oct_problem problem = list.items[0];
    oct_problem_list_release(&list);
    return problem;
}

static void data_depends_on_seed_and_problem(void **state)
{
    (void)state;
    const oct_problem problem = problem_of("--bias --per-channel 9x65:65x17");
    oct_case a = {0}, b = {0}, c = {0};
    assert_int_equal(oct_case_create(NULL, &problem, 1, &a), OCTET_OK);
    assert_int_equal(oct_case_create(NULL, &problem, 1, &b), OCTET_OK);
    assert_int_equal(oct_case_create(NULL, &problem, 2, &c), OCTET_OK);
    assert_memory_equal(a.input, b.input, 9 * 65);
    assert_memory_equal(a.weights, b.weights, 65 * 17);
    assert_memory_equal(a.weight_scales, b.weight_scales, 17 * sizeof(float));
    assert_memory_equal(a.bias, b.bias, 17 * sizeof(int32_t));
    assert_memory_not_equal(a.input, c.input, 9 * 65);
    oct_case_release(&a);
    oct_case_release(&b);
    oct_case_release(&c);
}

/* Outputs fill their range: neither all clamped nor all alike. */
static void outputs_have_many_values(void **state)
{
    static const char *const lines[] = {
        "64x64:64x64", "--type u8:s8:u8 --zero-points 255:127:128 64x64:64x64",
        "--type s8:s8:s8 --zero-points -128:-128:5 64x500:500x64", "mb1ic16oc16ih16kh3ph1"};
    (void)state;
    octet_context *const context = open_reference();
    for (size_t i = 0; i < OCT_COUNT(lines); i++) {
        const oct_problem problem = problem_of(lines[i]);
        oct_case c = {0};
        size_t counts[256] = {0}, different = 0;
        assert_int_equal(oct_case_create(NULL, &problem, 3, &c), OCTET_OK);
        assert_int_equal(oct_case_expect(&c, context), OCTET_OK);
        for (size_t j = 0; j < c.output_count; j++)
            counts[((const uint8_t *)c.expected)[j]]++;
        for (size_t j = 0; j < 256; j++)
            different += counts[j] > 0;
        assert_true(different >= 16);
        oct_case_release(&c);
    }
    octet_context_destroy(context);
}

static void judges(void **state)
{
    (void)state;
    octet_context *const context = open_reference();
    const oct_problem problem = problem_of("--type u8:s8:f32 --bias 4x9x65:1x65x17");
    oct_case c = {0};
    oct_case_run run = {0};
    octet_comparison found;
    assert_int_equal(oct_case_create(NULL, &problem, 1, &c), OCTET_OK);
    assert_int_equal(oct_case_expect(&c, context), OCTET_OK);
    assert_int_equal(oct_case_prepare(&c, context, NULL, &run), OCTET_OK);
    assert_int_equal(oct_case_judge(&c, &run, &found), OCTET_OK);
    assert_int_equal(found.count, 4 * 9 * 17);
    assert_int_equal(found.mismatches, 0);
    ((uint32_t *)c.expected)[100] ^= 1;
    assert_int_equal(oct_case_judge(&c, &run, &found), OCTET_OK);
    assert_int_equal(found.mismatches, 1);
    assert_int_equal(found.first, 100);
    oct_case_run_release(&run);
    oct_case_release(&c);
    octet_context_destroy(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_depends_on_seed_and_problem),
        cmocka_unit_test(outputs_have_many_values),
        cmocka_unit_test(judges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
