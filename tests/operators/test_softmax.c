/* test_softmax.c - exponentials divided by their sum. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/shape.h"
#include "support/stage.h"

static const octet_type f32 = OCTET_F32;

static octet_status make(octet_context *context, const void *desc, const char *variant,
                         octet_operator **out)
{
    octet_softmax_desc own = *(const octet_softmax_desc *)desc;
    own.struct_size = sizeof own;
    own.variant = variant;
    return octet_softmax_create(context, &own, out);
}

static const struct softmax_case {
    const char *name;
    octet_shape shape;
    size_t axis;
} softmax_cases[] = {
    {"one number", {1, {1}}, 0},
    {"a line", {1, {1000}}, 0},
    {"lines of every length", {2, {3, 17}}, 1},
    {"sixteen", {2, {5, 16}}, 1},
    {"fifteen", {2, {5, 15}}, 1},
    {"thirty-three", {2, {5, 33}}, 1},
    {"columns", {2, {21, 19}}, 0},
    {"a middle axis", {3, {3, 37, 50}}, 1},
    {"channels of images", {4, {2, 5, 7, 3}}, 1},
    {"the first axis", {3, {7, 3, 1}}, 0},
    {"nothing", {2, {0, 5}}, 1},
    {"lines of nothing", {2, {5, 0}}, 1},
};

/* Where a line has NaN or a largest number that is infinite, it has but NaN. */
static void fill(float *x, size_t count)
{
    uint64_t seed = 91;
    for (size_t i = 0; i < count; i++)
        x[i] = (float)(int32_t)oct_random_bits(&seed) * (i % 7 ? 0x1p-28f : 0x1p-24f);
    for (size_t i = 3; i < count; i += 97)
        x[i] = i % 2 ? -INFINITY : i % 3 ? x[i] : i % 4 ? NAN : INFINITY;
}

static void bits(void **state)
{
    const struct softmax_case *const c = *state;
    const octet_softmax_desc desc = {.axis = c->axis};
    size_t count = 0;
    assert_true(oct_shape_count(&c->shape, &count));
    float *const x = calloc(count + 1, sizeof *x);
    assert_non_null(x);
    fill(x, count);
    const oct_array input = {f32, c->shape, x};
    oct_compare_everywhere(&(oct_simple){c->name, make, &desc, &input, 1, &f32, 1}, NULL);
    free(x);
}

/* The reference against float64. */
static void values(void **state)
{
    enum { OUTER = 3, N = 100, INNER = 5, COUNT = OUTER * N * INNER };
    const octet_softmax_desc desc = {.axis = 1};
    float x[COUNT];
    octet_operator *op = NULL;
    oct_stage stage = {0};
    uint64_t seed = 92;
    (void)state;
    for (size_t i = 0; i < COUNT; i++)
        x[i] = (float)oct_random_int(&seed, -3000, 1000) / 64.0f;
    const oct_array input = {f32, {3, {OUTER, N, INNER}}, x};
    OCT_ASSERT_OK(make(oct_the_rig.reference, &desc, NULL, &op));
    oct_stage_open(&stage, oct_the_rig.reference, op, &input, 1, &f32, 1);
    oct_stage_run(&stage);
    float *const y = oct_stage_output(&stage, 0);
    for (size_t line = 0; line < OUTER * INNER; line++) {
        const size_t first = line / INNER * N * INNER + line % INNER;
        double sum = 0;
        for (size_t i = 0; i < N; i++)
            sum += exp((double)x[first + i * INNER]);
        for (size_t i = 0; i < N; i++) {
            const double wanted = exp((double)x[first + i * INNER]) / sum;
            assert_true(fabs((double)y[first + i * INNER] - wanted) <= 4 * 0x1p-24 * wanted);
        }
    }
    free(y);
    oct_stage_close(&stage);
}

static void wrong_axes_are_refused(void **state)
{
    const octet_softmax_desc desc = {.axis = 2};
    const octet_shape shape = {2, {3, 4}};
    octet_operator *op = NULL;
    (void)state;
    OCT_ASSERT_OK(make(oct_the_rig.reference, &desc, NULL, &op));
    OCT_ASSERT_REFUSED(octet_operator_prepare(op, &shape, 1, NULL, 0), OCTET_INVALID_ARGUMENT,
                       "softmax: axis 2 of a tensor with 2 dimensions");
    octet_operator_destroy(op);
}

int main(void)
{
    enum { OTHERS = 2 };
    struct CMUnitTest tests[OTHERS + OCT_COUNT(softmax_cases)] = {
        cmocka_unit_test(values),
        cmocka_unit_test(wrong_axes_are_refused),
    };
    for (size_t i = 0; i < OCT_COUNT(softmax_cases); i++)
        tests[OTHERS + i] = (struct CMUnitTest){softmax_cases[i].name, bits, NULL, NULL,
                                                (void *)&softmax_cases[i]}; /* read only */
    return cmocka_run_group_tests(tests, oct_rig_open, oct_rig_close);
}
