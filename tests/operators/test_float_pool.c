/* test_float_pool.c - max_pool and average_pool of float32 on every device. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/shape.h"
#include "support/stage.h"

static octet_status make_largest(octet_context *context, const void *desc, const char *variant,
                                 octet_operator **out)
{
    octet_max_pool_desc own = *(const octet_max_pool_desc *)desc;
    own.struct_size = sizeof own;
    own.variant = variant;
    return octet_max_pool_create(context, &own, out);
}

static octet_status make_mean(octet_context *context, const void *desc, const char *variant,
                              octet_operator **out)
{
    octet_average_pool_desc own = *(const octet_average_pool_desc *)desc;
    own.struct_size = sizeof own;
    own.variant = variant;
    return octet_average_pool_create(context, &own, out);
}

/* Pairs are height, width; padding is top, left, bottom, right. */
static const struct pool_case {
    size_t images, size[2], channels, kernel[2], stride[2], dilation[2], padding[4];
    int ceil, count_padding;
} pool_cases[] = {
    /* n  h   w   c    kernel  stride  dilation  padding     ceil, count_padding */
    {1, {1, 1}, 1, {1, 1}, {0, 0}, {0, 0}, {0, 0, 0, 0}, 0, 0},
    {2, {7, 7}, 20, {7, 7}, {0, 0}, {0, 0}, {0, 0, 0, 0}, 0, 0}, /* all of the image ... */
    {1, {3, 5}, 17, {3, 5}, {2, 2}, {1, 1}, {0, 0, 0, 0}, 0, 0},
    {1, {1, 3}, 4, {1, 3}, {0, 0}, {0, 0}, {0, 0, 0, 0}, 0, 0}, /* ... with fewer taps than 4 */
    {2, {9, 11}, 5, {2, 2}, {2, 2}, {0, 0}, {0, 0, 0, 0}, 0, 1},
    {1, {9, 11}, 16, {2, 2}, {2, 2}, {0, 0}, {0, 0, 0, 0}, 1, 0},
    {1, {14, 20}, 17, {3, 3}, {2, 2}, {0, 0}, {1, 1, 1, 1}, 0, 1},
    {1, {14, 21}, 33, {3, 3}, {3, 3}, {0, 0}, {1, 1, 1, 1}, 1, 0},
    {1, {7, 30}, 3, {2, 3}, {3, 1}, {2, 3}, {1, 0, 0, 2}, 0, 0},
    {1, {6, 40}, 4, {1, 5}, {1, 3}, {1, 2}, {0, 4, 0, 3}, 1, 1},
    {1, {3, 3}, 2, {1, 1}, {1, 1}, {0, 0}, {2, 1, 0, 2}, 0, 0}, /* nothing but padding */
    {1, {2, 3}, 900, {2, 2}, {1, 1}, {0, 0}, {0, 0, 0, 0}, 0, 0},
    {0, {5, 5}, 3, {2, 2}, {1, 1}, {0, 0}, {0, 0, 0, 0}, 0, 0},
    {1, {5, 5}, 0, {2, 2}, {1, 1}, {0, 0}, {0, 0, 0, 0}, 0, 0},
};

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

static void compare(const struct pool_case *c, octet_layout layout)
{
    const octet_type type = OCTET_F32;
    octet_max_pool_desc largest = {.type = type, .layout = layout, .ceil = c->ceil};
    octet_average_pool_desc mean = {.input_type = type,
                                    .output_type = type,
                                    .layout = layout,
                                    .ceil = c->ceil,
                                    .count_padding = c->count_padding};
    const octet_shape nhwc = {4, {c->images, c->size[0], c->size[1], c->channels}};
    const octet_shape nchw = {4, {c->images, c->channels, c->size[0], c->size[1]}};
    size_t count = 0;
    memcpy(largest.kernel, c->kernel, sizeof largest.kernel);
    memcpy(largest.stride, c->stride, sizeof largest.stride);
    memcpy(largest.dilation, c->dilation, sizeof largest.dilation);
    memcpy(largest.padding, c->padding, sizeof largest.padding);
    memcpy(mean.kernel, c->kernel, sizeof mean.kernel);
    memcpy(mean.stride, c->stride, sizeof mean.stride);
    memcpy(mean.dilation, c->dilation, sizeof mean.dilation);
    memcpy(mean.padding, c->padding, sizeof mean.padding);
    assert_true(oct_shape_count(&nhwc, &count));
    float *const x = malloc((count + 1) * sizeof *x);
    assert_non_null(x);
    fill(x, count);
    const oct_array input = {type, layout == OCTET_NHWC ? nhwc : nchw, x};
    oct_compare_everywhere(&(oct_simple){"largest", make_largest, &largest, &input, 1, &type, 1},
                           NULL);
    oct_compare_everywhere(&(oct_simple){"mean", make_mean, &mean, &input, 1, &type, 1}, NULL);
    mean.rule = OCTET_AVERAGE_REAL;
    oct_compare_everywhere(&(oct_simple){"by rows", make_mean, &mean, &input, 1, &type, 1}, NULL);
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
    oct_compare_everywhere(&(oct_simple){"columns", make_mean, &desc, &input, 1, &type, 1},
                           by_columns);
    desc.stride[1] = 3;
    oct_compare_everywhere(&(oct_simple){"rows", make_mean, &desc, &input, 1, &type, 1}, by_rows);
    desc.kernel[1] = 3;
    oct_compare_everywhere(&(oct_simple){"fourths", make_mean, &desc, &input, 1, &type, 1},
                           by_fourths);
    desc.rule = OCTET_AVERAGE_REAL;
    oct_compare_everywhere(&(oct_simple){"rows again", make_mean, &desc, &input, 1, &type, 1},
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
    OCT_ASSERT_REFUSED(make_mean(oct_the_rig.reference, &desc, NULL, &op), OCTET_INVALID_ARGUMENT,
                       "f32 has no scale and no zero point");
}

int main(void)
{
    enum { OTHERS = 2 };
    static char names[OCT_COUNT(pool_cases)][32];
    struct CMUnitTest tests[OTHERS + OCT_COUNT(pool_cases)] = {
        cmocka_unit_test(sums_have_an_order),
        cmocka_unit_test(a_scale_is_refused),
    };
    for (size_t i = 0; i < OCT_COUNT(pool_cases); i++) {
        snprintf(names[i], sizeof names[i], "windows, row %zu", i);
        tests[OTHERS + i] = (struct CMUnitTest){names[i], windows, NULL, NULL,
                                                (void *)&pool_cases[i]}; /* read only */
    }
    return cmocka_run_group_tests(tests, oct_rig_open, oct_rig_close);
}
