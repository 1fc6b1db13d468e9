/* test_unary.c - functions of float32. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/stage.h"

static const octet_type f32 = OCTET_F32;

static octet_status make(octet_context *context, const void *desc, const char *variant,
                         octet_operator **out)
{
    octet_unary_desc own = *(const octet_unary_desc *)desc;
    own.struct_size = sizeof own;
    own.variant = variant;
    return octet_unary_create(context, &own, out);
}

static const struct unary_case {
    const char *name;
    octet_unary_desc desc;
} unary_cases[] = {
    {"relu", {.function = OCTET_CLIP, .beta = INFINITY}},
    {"clip", {.function = OCTET_CLIP, .alpha = -0.25f, .beta = 6}},
    {"clip to one value", {.function = OCTET_CLIP, .alpha = -0.0f, .beta = 0}},
    {"leaky relu", {.function = OCTET_LEAKY_RELU, .alpha = 0.01f}},
    {"absolute", {.function = OCTET_ABSOLUTE}},
    {"negate", {.function = OCTET_NEGATE}},
    {"round", {.function = OCTET_ROUND}},
    {"square root", {.function = OCTET_SQUARE_ROOT}},
    {"exponential", {.function = OCTET_EXPONENTIAL}},
    {"sigmoid", {.function = OCTET_SIGMOID}},
    {"tanh", {.function = OCTET_TANH}},
    {"hard sigmoid", {.function = OCTET_HARD_SIGMOID, .alpha = 0.2f, .beta = 0.5f}},
    {"hard swish", {.function = OCTET_HARD_SWISH, .alpha = 1.0f / 6.0f, .beta = 0.5f}},
};

/* Random bits, numbers around those where functions bend, subnormal numbers, and what is special.
 */
static void fill(float *x, size_t count)
{
    static const uint32_t special[] = {0,          0x80000000, 1,          0x80000001, 0x007fffff,
                                       0x00800000, 0x7f7fffff, 0xff7fffff, 0x7f800000, 0xff800000,
                                       0x7fc00000, 0xffc00001, 0x7f800001, 0x3f7fffff, 0x407fffff};
    uint64_t seed = 81;
    for (size_t i = 0; i < count; i++) {
        const uint32_t bits = oct_random_bits(&seed);
        const float small = (float)(int32_t)bits * 0x1p-31f;
        x[i] = i % 4 == 0   ? oct_float_of(bits)
               : i % 4 == 1 ? small * 110.0f
               : i % 4 == 2 ? small * 4.0f
                            : oct_float_of(bits & 0x87ffffff); /* up to 2^-111 */
        if (i < OCT_COUNT(special))
            x[i] = oct_float_of(special[i]);
    }
}

static void functions(void **state)
{
    enum { COUNT = 400003 };
    const struct unary_case *const c = *state;
    float *const x = malloc(COUNT * sizeof *x);
    assert_non_null(x);
    fill(x, COUNT);
    const oct_array input = {f32, {1, {COUNT}}, x};
    oct_compare_everywhere(&(oct_simple){c->name, make, &c->desc, &input, 1, &f32, 1}, NULL);
    free(x);
}

static void sizes(void **state)
{
    static const octet_shape shapes[] = {{0, {0}},       {2, {0, 7}}, {1, {15}},
                                         {3, {3, 5, 7}}, {1, {9001}}, {2, {16, 16}}};
    const octet_unary_desc desc = {.function = OCTET_NEGATE};
    float x[9001], y[9001];
    (void)state;
    for (int i = 0; i < 9001; i++) {
        x[i] = (float)(i - 4500);
        y[i] = -x[i];
    }
    for (size_t i = 0; i < OCT_COUNT(shapes); i++) {
        const oct_array input = {f32, shapes[i], x};
        oct_compare_everywhere(&(oct_simple){"sizes", make, &desc, &input, 1, &f32, 1}, y);
    }
}

static void wrong_descriptions_are_refused(void **state)
{
    static const struct {
        octet_unary_desc desc;
        const char *text;
    } cases[] = {
        {{.function = (octet_unary_function)11}, "function 11 is not an octet_unary_function"},
        {{.function = (octet_unary_function)-1}, "function -1 is not an octet_unary_function"},
        {{.alpha = NAN}, "alpha is nan and beta is 0; they must be numbers"},
        {{.function = OCTET_TANH, .beta = NAN}, "beta is nan; they must be numbers"},
        {{.alpha = 1}, "a clip from alpha 1 to beta 0; they must rise"},
    };
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++)
        oct_refuse_desc(make, &cases[i].desc, OCTET_INVALID_ARGUMENT, cases[i].text);
}

int main(void)
{
    enum { OTHERS = 2 };
    struct CMUnitTest tests[OTHERS + OCT_COUNT(unary_cases)] = {
        cmocka_unit_test(sizes),
        cmocka_unit_test(wrong_descriptions_are_refused),
    };
    OCT_ROW_TESTS(&tests[OTHERS], functions, unary_cases);
    return cmocka_run_group_tests(tests, oct_rig_open, oct_rig_close);
}
