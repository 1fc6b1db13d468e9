/* test_float_pool.c - max_pool and average_pool of float32 on every device. */
#include <math.h>
#include <stdlib.h>

#include "core/shape.h"
#include "support/pool.h"

/* Numbers of every size whose sums round, and what is no number. */
static void fill(float *x, size_t count)
{
    static const float special[] = {INFINITY, -INFINITY, NAN, -0.0f, 0x1.fffffep127f, 0.0f};
    uint64_t seed = 71;
    for (size_t i = 0; i < count; i++) {
        x[i] = ldexpf((float)oct_random_int(&seed, -(1 << 24), 1 << 24),
                      oct_random_int(&seed, -30, 8));
        if (oct_random_int(&seed, 0, 99) == 0)
            x[i] = special[oct_random_int(&seed, 0, OCT_COUNT(special) - 1)];
    }
}

static void compare(const oct_pool_case *c, octet_layout layout)
{
    const octet_type type = OCTET_F32;
    octet_max_pool_desc largest = oct_max_pool_of(c, layout);
    octet_average_pool_desc mean = oct_average_pool_of(c, layout);
    const octet_shape shape = oct_pool_input(c, layout);
    size_t count = 0;
    largest.type = mean.input_type = mean.output_type = type;
    assert_true(oct_shape_count(&shape, &count));
    float *const x = malloc((count + 1) * sizeof *x);
    assert_non_null(x);
    fill(x, count);
    const oct_array input = {type, shape, x};
    oct_compare_everywhere(
        &(oct_simple){"largest", oct_make_max_pool, &largest, &input, 1, &type, 1}, NULL);
    oct_compare_everywhere(&(oct_simple){"mean", oct_make_average_pool, &mean, &input, 1, &type, 1},
                           NULL);
    mean.rule = OCTET_AVERAGE_REAL;
    oct_compare_everywhere(
        &(oct_simple){"by rows", oct_make_average_pool, &mean, &input, 1, &type, 1}, NULL);
    free(x);
}

static void windows(void **state)
{
    compare(*state, OCTET_NHWC);
    compare(*state, OCTET_NCHW);
}

/* 2^24 + 1 is 2^24 in float32, so the order of a sum shows: by columns if windows lie at most 2 apart,
 * by rows if further, by fourths if there is one window; and by rows if that is the rule. */
static void sums_have_an_order(void **state)
{
    static const float large = 0x1p24f;
    const float x[] = {large, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f};
    const float by_columns[] = {0x1.000002p22f, 1.0f}, by_rows[] = {0x1p22f};
    const float by_fourths[] = {(0x1p24f + 4.0f) / 6.0f};
    const float all_by_rows[] = {0x1p24f / 6.0f};
    const octet_type type = OCTET_F32;
    const oct_array input = {type, {4, {1, 2, 3, 1}}, x};
    octet_average_pool_desc desc = {
        .input_type = type, .output_type = type, .kernel = {2, 2}, .stride = {1, 1}};
    (void)state;
    oct_compare_everywhere(
        &(oct_simple){"columns", oct_make_average_pool, &desc, &input, 1, &type, 1}, by_columns);
    desc.stride[1] = 3;
    oct_compare_everywhere(&(oct_simple){"rows", oct_make_average_pool, &desc, &input, 1, &type, 1},
                           by_rows);
    desc.kernel[1] = 3;
    oct_compare_everywhere(
        &(oct_simple){"fourths", oct_make_average_pool, &desc, &input, 1, &type, 1}, by_fourths);
    desc.rule = OCTET_AVERAGE_REAL;
    oct_compare_everywhere(
        &(oct_simple){"rows again", oct_make_average_pool, &desc, &input, 1, &type, 1},
        all_by_rows);
}

static void a_scale_is_refused(void **state)
{
    static const float one = 1.0f;
    const octet_average_pool_desc desc = {.input_type = OCTET_F32,
                                          .output_type = OCTET_F32,
                                          .input = {.scales = &one, .scale_count = 1},
                                          .kernel = {2, 2}};
    octet_operator *op = NULL;
    (void)state;
    OCT_ASSERT_REFUSED(oct_make_average_pool(oct_the_rig.reference, &desc, NULL, &op),
                       OCTET_INVALID_ARGUMENT, "f32 has no scale and no zero point");
}

int main(void)
{
    enum { OTHERS = 2 };
    struct CMUnitTest tests[OTHERS + OCT_POOL_CASES] = {
        cmocka_unit_test(sums_have_an_order),
        cmocka_unit_test(a_scale_is_refused),
    };
    oct_pool_tests(&tests[OTHERS], windows);
    return cmocka_run_group_tests(tests, oct_rig_open, oct_rig_close);
}
