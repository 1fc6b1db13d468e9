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
    const octet_softmax_desc desc = {.type = OCTET_F32, .axis = c->axis};
    size_t count = 0;
    assert_true(oct_shape_count(&c->shape, &count));
    float *const x = calloc(count + 1, sizeof *x);
    assert_non_null(x);
    fill(x, count);
    const oct_array input = {f32, c->shape, x};
    oct_compare_everywhere(&(oct_simple){c->name, make, &desc, &input, 1, &f32, 1}, NULL);
    free(x);
}

/* 8 bits, of both types and at several scales. */
static void stored_bits(void **state)
{
    const struct softmax_case *const c = *state;
    static const float scales[] = {0.1f, 1.0f, 0.003f}, thin = 0.00390625f, thick = 0.03f;
    static const int32_t zeros[] = {-128, 0};
    size_t count = 0;
    uint64_t seed = 93;
    assert_true(oct_shape_count(&c->shape, &count));
    uint8_t *const x = malloc(count + 1);
    assert_non_null(x);
    for (size_t i = 0; i < count; i++)
        x[i] = (uint8_t)oct_random_bits(&seed);
    for (size_t i = 0; i < 4 * OCT_COUNT(scales); i++) {
        const octet_type type = i % 2 ? OCTET_U8 : OCTET_S8;
        const octet_softmax_desc desc = {
            .type = type,
            .axis = c->axis,
            .input = {&scales[i / 4], 1, NULL, 0},
            .output = {i / 2 % 2 ? &thin : &thick, 1, &zeros[i % 2], 1}};
        const oct_array input = {type, c->shape, x};
        oct_compare_everywhere(&(oct_simple){c->name, make, &desc, &input, 1, &type, 1}, NULL);
    }
    free(x);
}

/* 8 bits against float64, at 1/256: a step at most, where a value is next to a half. */
static void stored_values(void **state)
{
    enum { N = 40, LINES = 50 };
    static const float scale = 0.05f, step = 0.00390625f;
    static const octet_type type = OCTET_U8;
    const octet_softmax_desc desc = {
        .type = type, .axis = 1, .input = {&scale, 1, NULL, 0}, .output = {&step, 1, NULL, 0}};
    uint8_t x[LINES * N], y[LINES * N];
    uint64_t seed = 94;
    (void)state;
    for (size_t i = 0; i < LINES * N; i++)
        x[i] = (uint8_t)oct_random_bits(&seed);
    for (size_t line = 0; line < LINES; line++) {
        double sum = 0;
        for (size_t i = line * N; i < (line + 1) * N; i++)
            sum += exp((double)scale * x[i]);
        for (size_t i = line * N; i < (line + 1) * N; i++) {
            const double steps = exp((double)scale * x[i]) / sum * 256;
            assert_true(fabs(steps - floor(steps) - 0.5) > 1e-4); /* nothing is near a half */
            y[i] = (uint8_t)fmin(nearbyint(steps), 255);
        }
    }
    const oct_array input = {type, {2, {LINES, N}}, x};
    oct_compare_everywhere(&(oct_simple){"values", make, &desc, &input, 1, &type, 1}, y);
}

static void wrong_descriptions_are_refused(void **state)
{
    static const float one = 1.0f, bad = -1.0f;
    static const int32_t far = 128;
    static const struct {
        octet_softmax_desc desc;
        const char *text;
    } cases[] = {
        {{.type = OCTET_S32}, "type must be f32, s8 or u8"},
        {{.type = OCTET_F32, .output = {&one, 1, NULL, 0}}, "f32 has no quantization"},
        {{.type = OCTET_S8, .input = {&bad, 1, NULL, 0}}, "input: scale 0 is -1"},
        {{.type = OCTET_S8, .output = {NULL, 0, &far, 1}}, "output: zero point 0 is 128"},
    };
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++)
        oct_refuse_desc(make, &cases[i].desc, OCTET_INVALID_ARGUMENT, cases[i].text);
}

/* Lines so short that steps times the largest exponential would overflow. */
static void short_stored_lines(void **state)
{
    static const float scale = 0.1f, step = 0.001f;
    static const octet_type type = OCTET_U8;
    static const uint8_t x[] = {9, 9, 9, 9, 9, 0}, y[] = {185, 185, 185, 185, 185, 75};
    const octet_softmax_desc one = {.type = type, .input = {&scale, 1, NULL, 0}};
    const octet_softmax_desc six = {
        .type = type, .input = {&scale, 1, NULL, 0}, .output = {&step, 1, NULL, 0}};
    const oct_array inputs[] = {{type, {1, {1}}, x}, {type, {1, {6}}, x}};
    const uint8_t whole = 1;
    (void)state;
    oct_compare_everywhere(&(oct_simple){"one", make, &one, &inputs[0], 1, &type, 1}, &whole);
    oct_compare_everywhere(&(oct_simple){"six", make, &six, &inputs[1], 1, &type, 1}, y);
}

/* The reference against float64. */
static void values(void **state)
{
    enum { OUTER = 3, N = 100, INNER = 5, COUNT = OUTER * N * INNER };
    const octet_softmax_desc desc = {.type = OCTET_F32, .axis = 1};
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
    const octet_softmax_desc desc = {.type = OCTET_F32, .axis = 2};
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
    enum { OTHERS = 5, CASES = OCT_COUNT(softmax_cases) };
    struct CMUnitTest tests[OTHERS + 2 * CASES] = {
        cmocka_unit_test(values),
        cmocka_unit_test(stored_values),
        cmocka_unit_test(short_stored_lines),
        cmocka_unit_test(wrong_descriptions_are_refused),
        cmocka_unit_test(wrong_axes_are_refused),
    };
    OCT_ROW_TESTS(&tests[OTHERS], bits, softmax_cases);
    OCT_ROW_TESTS(&tests[OTHERS + CASES], stored_bits, softmax_cases);
    return cmocka_run_group_tests(tests, oct_rig_open, oct_rig_close);
}
