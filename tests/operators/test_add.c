/* test_add.c - elementwise sums of quantized tensors. */
#include <stdio.h>
#include <stdlib.h>

#include "core/shape.h"
#include "support/stage.h"

static octet_status make(octet_context *context, const void *desc, const char *variant,
                         octet_operator **out)
{
    octet_add_desc own = *(const octet_add_desc *)desc;
    own.struct_size = sizeof own;
    own.variant = variant;
    return octet_add_create(context, &own, out);
}

/* 0.05 * (252 - 250) + 0.05 * (224 - 121) = 5.25, 52.5 steps of 0.1: 79 is what float32 arithmetic
 * without a fused step gives (numbers: "add"). */
static void no_step_is_fused(void **state)
{
    static const float small = 0.05f, large = 0.1f;
    static const int32_t a_zero = 250, b_zero = 121, y_zero = 27;
    const octet_type type = OCTET_U8;
    const octet_add_desc desc = {.a_type = type,
                                 .b_type = type,
                                 .output_type = type,
                                 .a = {&small, 1, &a_zero, 1},
                                 .b = {&small, 1, &b_zero, 1},
                                 .output = {&large, 1, &y_zero, 1}};
    uint8_t a[65], b[65], expected[65];
    (void)state;
    memset(a, 252, sizeof a);
    memset(b, 224, sizeof b);
    memset(expected, 79, sizeof expected);
    const oct_array inputs[] = {{type, {1, {65}}, a}, {type, {1, {65}}, b}};
    oct_compare_everywhere(&(oct_simple){"the tie", make, &desc, inputs, 2, &type, 1}, expected);
}

enum { RULES = 4 };

static const struct add_case {
    const char *name;
    octet_type a, b, y;
    float scales[3];
    int32_t zeros[3];
    int relu, clamp;
    int32_t clamp_min, clamp_max;
} add_cases[] = {
    {"u8 + u8", OCTET_U8, OCTET_U8, OCTET_U8, {0.05f, 0.05f, 0.1f}, {250, 121, 27}, 0, 0, 0, 0},
    {"s8 + s8", OCTET_S8, OCTET_S8, OCTET_S8, {0.013f, 0.7f, 0.39f}, {-128, 127, -128}, 0, 0, 0, 0},
    {"s8s to u8", OCTET_S8, OCTET_S8, OCTET_U8, {0.02f, 0.03f, 0.04f}, {5, -9, 99}, 0, 0, 0, 0},
    {"u8s to s8", OCTET_U8, OCTET_U8, OCTET_S8, {0.37f, 0.24f, 0.19f}, {25, 169, -9}, 0, 0, 0, 0},
    {"mix to s8", OCTET_S8, OCTET_U8, OCTET_S8, {0.3f, 0.07f, 0.17f}, {-2, 246, -4}, 0, 0, 0, 0},
    {"mix to u8", OCTET_U8, OCTET_S8, OCTET_U8, {0.07f, 0.2f, 0.1f}, {0, 17, 128}, 0, 0, 0, 0},
    {"s8 + u8", OCTET_S8, OCTET_U8, OCTET_U8, {1.0f, 1.0f, 2.0f}, {0, 128, 128}, 0, 0, 0, 0},
    {"u8 + s8", OCTET_U8, OCTET_S8, OCTET_S8, {0.3f, 1e-5f, 0.5f}, {7, 0, 3}, 0, 0, 0, 0},
    {"relu", OCTET_S8, OCTET_S8, OCTET_S8, {0.1f, 0.2f, 0.15f}, {0, 0, -20}, 1, 0, 0, 0},
    {"clamp", OCTET_U8, OCTET_U8, OCTET_S8, {0.1f, 0.2f, 0.15f}, {9, 99, 3}, 0, 1, -60, 70},
    {"relu and clamp",
     OCTET_U8,
     OCTET_U8,
     OCTET_S8,
     {0.1f, 0.2f, 0.15f},
     {9, 99, 3},
     1,
     1,
     -60,
     70},
    {"a clamp of one value", OCTET_U8, OCTET_U8, OCTET_U8, {1, 1, 1}, {0, 0, 0}, 0, 1, 5, 5},
    {"huge scales", OCTET_U8, OCTET_S8, OCTET_U8, {1e36f, 1e36f, 1e36f}, {128, 0, 128}, 0, 0, 0, 0},
    {"tiny scales",
     OCTET_U8,
     OCTET_S8,
     OCTET_U8,
     {1e-37f, 2e-37f, 1e-37f},
     {128, 0, 128},
     0,
     0,
     0,
     0},
};

/* By every rule. */
static void all_pairs(void **state)
{
    const struct add_case *const c = *state;
    octet_add_desc desc = {.a_type = c->a,
                           .b_type = c->b,
                           .output_type = c->y,
                           .a = {&c->scales[0], 1, &c->zeros[0], 1},
                           .b = {&c->scales[1], 1, &c->zeros[1], 1},
                           .output = {&c->scales[2], 1, &c->zeros[2], 1},
                           .relu = c->relu,
                           .clamp = c->clamp,
                           .clamp_min = c->clamp_min,
                           .clamp_max = c->clamp_max};
    uint8_t a[65536], b[65536];
    for (size_t i = 0; i < OCT_COUNT(a); i++) {
        a[i] = (uint8_t)(i >> 8);
        b[i] = (uint8_t)i;
    }
    const octet_shape shape = {2, {256, 256}};
    const oct_array inputs[] = {{c->a, shape, a}, {c->b, shape, b}};
    for (int rule = 0; rule < RULES; rule++) {
        desc.rule = (octet_add_rule)rule;
        oct_compare_everywhere(&(oct_simple){c->name, make, &desc, inputs, 2, &c->y, 1}, NULL);
    }
}

static void sizes(void **state)
{
    static const octet_shape shapes[] = {{0, {0}},       {1, {1}},    {1, {15}},
                                         {3, {3, 5, 7}}, {2, {0, 4}}, {1, {9001}}};
    const octet_type type = OCTET_S8;
    octet_add_desc desc = {.a_type = type, .b_type = type, .output_type = type};
    int8_t a[9001], b[9001], expected[9001];
    (void)state;
    for (int i = 0; i < 9001; i++) {
        a[i] = (int8_t)(i % 251 - 125);
        b[i] = (int8_t)(i % 101 - 50);
        const int sum = a[i] + b[i];
        expected[i] = (int8_t)(sum < -128 ? -128 : sum > 127 ? 127 : sum);
    }
    for (size_t i = 0; i < RULES * OCT_COUNT(shapes); i++) {
        const octet_shape *const shape = &shapes[i / RULES];
        const oct_array inputs[] = {{type, *shape, a}, {type, *shape, b}};
        desc.rule = (octet_add_rule)(i % RULES);
        oct_compare_everywhere(&(oct_simple){"plain sums", make, &desc, inputs, 2, &type, 1},
                               expected);
    }
}

static const float zero_scale = 0.0f, ratio_scale = 256.0f, large_scale = 0x1p19f;
static const float huge_scale = 1e36f;
static const float two_scales[] = {1.0f, 1.0f};
static const int32_t large_zero = 128, seven = 7;

static void wrong_descriptions_are_refused(void **state)
{
    static const struct {
        octet_add_desc desc;
        const char *text;
    } cases[] = {
        {{.a_type = OCTET_S32}, "every type must be s8 or u8"},
        {{.b_type = OCTET_F32}, "every type must be s8 or u8"},
        {{.output_type = OCTET_F32}, "every type must be s8 or u8"},
        {{.rule = (octet_add_rule)RULES}, "rule 4 is not an octet_add_rule"},
        {{.rule = (octet_add_rule)-1}, "rule -1 is not an octet_add_rule"},
        {{.a = {&zero_scale, 1, NULL, 0}}, "a: scale 0 is 0"},
        {{.b = {NULL, 0, &large_zero, 1}}, "b: zero point 0 is 128"},
        {{.output = {two_scales, 2, NULL, 0}}, "output: there are 2 scales"},
        {{.clamp = 1, .clamp_min = 5, .clamp_max = 4}, "clamp 5..4"},
        {{.clamp = 1, .clamp_min = -129, .clamp_max = 4}, "clamp -129..4"},
        {{.clamp = 1, .clamp_min = 0, .clamp_max = 6, .relu = 1, .output = {NULL, 0, &seven, 1}},
         "zero point 7, above the clamp's maximum 6"},
        {{.rule = OCTET_ADD_FLOAT32, .a = {&ratio_scale, 1, NULL, 0}},
         "a scale / output scale is 256; by this rule it must be in [2.32831e-10, 256)"},
        {{.rule = OCTET_ADD_FLOAT32, .b = {&huge_scale, 1, NULL, 0}},
         "b scale / output scale is 1e+36; by this rule it must be in [2.32831e-10, 256)"},
        {{.rule = OCTET_ADD_FLOAT32, .output = {&huge_scale, 1, NULL, 0}},
         "a scale / output scale is 1e-36; by this rule it must be in [2.32831e-10, 256)"},
        {{.rule = OCTET_ADD_FIXED_DOUBLE, .a = {&large_scale, 1, NULL, 0}},
         "a scale / output scale is 524288; by this rule it must be in [0, 524288)"},
        {{.rule = OCTET_ADD_FIXED_SINGLE, .b = {&huge_scale, 1, NULL, 0}},
         "b scale / output scale is 1e+36; by this rule it must be in [0, 524288)"},
    };
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        octet_operator *op = NULL;
        OCT_ASSERT_REFUSED(make(oct_the_rig.reference, &cases[i].desc, NULL, &op),
                           OCTET_INVALID_ARGUMENT, cases[i].text);
        assert_null(op);
    }
}

/* The largest scales that are taken, and the sums of largest magnitude. */
static void the_limits_are_taken(void **state)
{
    static const float below[RULES] = {0x1p19f, 0x1.fffffep7f, 0x1.fffffep18f, 0x1.fffffep18f};
    static const int32_t low = -128;
    const octet_type type = OCTET_S8;
    const int8_t a[] = {127, 127, -128, -127}, expected[] = {127, 127, -128, 127};
    const oct_array inputs[] = {{type, {1, {4}}, a}, {type, {1, {4}}, a}};
    (void)state;
    for (int rule = 0; rule < RULES; rule++) {
        const octet_add_desc desc = {.rule = (octet_add_rule)rule,
                                     .a_type = type,
                                     .b_type = type,
                                     .output_type = type,
                                     .a = {&below[rule], 1, &low, 1},
                                     .b = {&below[rule], 1, &low, 1},
                                     .output = {NULL, 0, &low, 1}};
        oct_compare_everywhere(&(oct_simple){"the limits", make, &desc, inputs, 2, &type, 1},
                               expected);
    }
}

static void unequal_shapes_are_refused(void **state)
{
    const octet_add_desc desc = {.relu = 0};
    const octet_shape shapes[] = {{2, {2, 3}}, {2, {3, 2}}};
    octet_operator *op = NULL;
    (void)state;
    OCT_ASSERT_OK(make(oct_the_rig.reference, &desc, NULL, &op));
    OCT_ASSERT_REFUSED(octet_operator_prepare(op, shapes, 2, NULL, 0), OCTET_INVALID_ARGUMENT,
                       "a is 2x3 and b is 3x2");
    octet_operator_destroy(op);
}

int main(void)
{
    enum { OTHERS = 5 };
    struct CMUnitTest tests[OTHERS + OCT_COUNT(add_cases)] = {
        cmocka_unit_test(no_step_is_fused),
        cmocka_unit_test(sizes),
        cmocka_unit_test(wrong_descriptions_are_refused),
        cmocka_unit_test(the_limits_are_taken),
        cmocka_unit_test(unequal_shapes_are_refused),
    };
    for (size_t i = 0; i < OCT_COUNT(add_cases); i++)
        tests[OTHERS + i] = (struct CMUnitTest){add_cases[i].name, all_pairs, NULL, NULL,
                                                (void *)&add_cases[i]}; /* read only */
    return cmocka_run_group_tests(tests, oct_rig_open, oct_rig_close);
}
