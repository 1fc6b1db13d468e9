/* test_quantize_found.c - scales and zero points that are found from the data. */
#include <math.h>
#include <stdlib.h>

#include "core/shape.h"
#include "support/stage.h"

/* ---- What is quantized ---- */

typedef struct shape_case {
    const char *name;
    octet_shape shape;
    bool per_axis;
    size_t axis;
} shape_case;

static const shape_case shape_cases[] = {
    {"a scalar", {0, {0}}, false, 0},
    {"nothing", {2, {0, 5}}, false, 0},
    {"nothing per axis", {2, {3, 0}}, true, 0},
    {"no axis", {2, {0, 5}}, true, 0},
    {"one work-item", {1, {17}}, false, 0},
    {"several work-items", {2, {61, 1009}}, false, 0},
    {"the outermost axis", {3, {7, 61, 129}}, true, 0},
    {"a middle axis", {4, {3, 5, 7, 211}}, true, 1},
    {"the innermost axis", {2, {300, 67}}, true, 1},
    {"an axis of one", {3, {100, 1, 30}}, true, 1},
    {"many channels", {2, {240, 100}}, true, 0},
};

typedef struct found_rule {
    octet_type type;
    octet_parameters parameters;
    octet_quantize_rule rule;
    int reduce_range;
} found_rule;

static const found_rule found_rules[] = {
    {OCTET_U8, OCTET_PARAMETERS_ONNX, OCTET_QUANTIZE_DIVIDE, 0},
    {OCTET_U8, OCTET_PARAMETERS_PYTORCH, OCTET_QUANTIZE_RECIPROCAL, 0},
    {OCTET_S8, OCTET_PARAMETERS_PYTORCH, OCTET_QUANTIZE_RECIPROCAL, 0},
    {OCTET_U8, OCTET_PARAMETERS_PYTORCH, OCTET_QUANTIZE_RECIPROCAL, 1},
    {OCTET_S8, OCTET_PARAMETERS_PYTORCH, OCTET_QUANTIZE_DIVIDE, 1},
};

/* Everything that a run finds. */
typedef struct found {
    size_t count, channels;
    uint8_t *q;
    float *scales;
    int32_t *zeros;
    double *exact; /* scales as the rule keeps them */
    int legal;
} found;

static found find(octet_context *context, const found_rule *rule, const shape_case *c,
                  const float *x)
{
    const octet_quantize_desc desc = {.struct_size = sizeof desc,
                                      .output_type = rule->type,
                                      .rule = rule->rule,
                                      .parameters = rule->parameters,
                                      .reduce_range = rule->reduce_range,
                                      .per_axis = c->per_axis,
                                      .axis = c->axis};
    const octet_type types[] = {rule->type, OCTET_F32, OCTET_S32};
    const oct_array input = {OCTET_F32, c->shape, x};
    octet_operator *op = NULL;
    oct_stage stage = {0};
    found out = {0};
    OCT_ASSERT_OK(octet_quantize_create(context, &desc, &op));
    oct_stage_open(&stage, context, op, &input, 1, types, 3);
    oct_stage_run(&stage);
    out.count = stage.counts[0];
    out.channels = stage.counts[1];
    assert_int_equal(stage.counts[2], out.channels);
    out.q = oct_stage_output(&stage, 0);
    out.scales = oct_stage_output(&stage, 1);
    out.zeros = oct_stage_output(&stage, 2);
    out.exact = calloc(out.channels + 1, sizeof *out.exact);
    assert_non_null(out.exact);
    OCT_ASSERT_OK(octet_quantize_found(op, out.exact, out.channels, &out.legal));
    oct_stage_close(&stage);
    return out;
}

static void release(found *f)
{
    free(f->q);
    free(f->scales);
    free(f->zeros);
    free(f->exact);
}

static void compare_found(const char *name, const found_rule *rule, const found *expected,
                          const found *actual)
{
    assert_int_equal(expected->legal, actual->legal);
    assert_int_equal(expected->channels, actual->channels);
    if (!expected->legal)
        return; /* the result means nothing */
    oct_assert_same(name, OCTET_F32, expected->channels, expected->scales, actual->scales);
    oct_assert_same(name, OCTET_S32, expected->channels, expected->zeros, actual->zeros);
    oct_assert_same(name, rule->type, expected->count, expected->q, actual->q);
    assert_memory_equal(expected->exact, actual->exact,
                        expected->channels * sizeof *expected->exact);
}

static void find_everywhere(const shape_case *c, const float *x)
{
    for (size_t i = 0; i < OCT_COUNT(found_rules); i++) {
        found expected = find(oct_the_rig.reference, &found_rules[i], c, x);
        for (size_t j = 0; j < oct_the_rig.devices; j++) {
            found actual = find(oct_the_rig.contexts[j], &found_rules[i], c, x);
            compare_found(c->name, &found_rules[i], &expected, &actual);
            release(&actual);
        }
        release(&expected);
    }
}

/* How many elements apart neighbours along the axis are, and how many indices it has. */
static void split(const shape_case *c, size_t *inner, size_t *channels)
{
    *inner = 1;
    *channels = c->per_axis ? c->shape.size[c->axis] : 1;
    for (size_t i = c->per_axis ? c->axis + 1 : 0; i < c->shape.rank; i++)
        *inner *= c->shape.size[i];
}

/* Each channel has its own range: on both sides of zero, on one, tiny, huge, nothing but zeros. */
static float draw_in_range(uint64_t *seed, size_t channel)
{
    static const float lows[] = {-1.0f, 0.1f, -3.0f, -1e-6f, -1e-30f, -3e38f, 0.0f, -1e-40f, 5.0f};
    static const float highs[] = {2.0f, 4.0f, -0.5f, 1e-6f, 0.0f, 3e38f, 0.0f, 1e-40f, 5.0f};
    const size_t i = channel % OCT_COUNT(lows);
    const float at = (float)oct_random_int(seed, 0, 1 << 20) * 0x1p-20f;
    return lows[i] * (1.0f - at) + highs[i] * at;
}

static void found_parameters(void **state)
{
    const shape_case *const c = *state;
    size_t count = 0, inner = 0, channels = 0;
    uint64_t seed = 21;
    assert_true(oct_shape_count(&c->shape, &count));
    split(c, &inner, &channels);
    float *const x = calloc(count + 1, sizeof *x);
    assert_non_null(x);
    for (size_t kind = 0; kind < (c->per_axis ? 1u : 9u); kind++) {
        for (size_t i = 0; i < count; i++)
            x[i] = draw_in_range(&seed, c->per_axis ? i / inner % channels : kind);
        find_everywhere(c, x);
    }
    free(x);
}

/* Wherever it stands, one element that is not finite is noticed. */
static void what_is_not_finite_is_reported(void **state)
{
    static const shape_case whole = {"whole", {1, {9001}}, false, 0};
    static const shape_case axis = {"per axis", {2, {40, 33}}, true, 1};
    static const float values[] = {NAN, INFINITY, -INFINITY};
    static const size_t places[] = {0, 15, 1319};
    float x[9001];
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(values) * OCT_COUNT(places); i++) {
        for (size_t j = 0; j < OCT_COUNT(x); j++)
            x[j] = (float)(j % 100);
        x[places[i / OCT_COUNT(values)]] = values[i % OCT_COUNT(values)];
        for (size_t j = 0; j < oct_the_rig.count; j++) {
            found a = find(oct_the_rig.contexts[j], &found_rules[j % 3], &whole, x);
            found b = find(oct_the_rig.contexts[j], &found_rules[j % 3], &axis, x);
            assert_true(!a.legal && !b.legal);
            release(&a);
            release(&b);
        }
    }
}

/* A scale that is infinite, 0 or subnormal multiplies to no bits that every device shares. */
static void scales_that_are_not_normal_are_reported(void **state)
{
    static const float ranges[][2] = {{3e38f, -3e38f}, {1e-38f, 0.0f}, {-1e-45f, 0.0f}};
    static const shape_case pair = {"a pair", {1, {2}}, false, 0};
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(ranges) * oct_the_rig.count; i++) {
        found f = find(oct_the_rig.contexts[i % oct_the_rig.count], &found_rules[0], &pair,
                       ranges[i / oct_the_rig.count]);
        assert_false(f.legal);
        release(&f);
    }
}

static void what_has_not_run_has_found_nothing(void **state)
{
    const octet_quantize_desc desc = {
        .struct_size = sizeof desc, .output_type = OCTET_U8, .parameters = OCTET_PARAMETERS_ONNX};
    const octet_shape shape = {1, {2}};
    static const float x[] = {-1.0f, 2.0f};
    static const octet_type types[] = {OCTET_U8, OCTET_F32, OCTET_S32};
    const oct_array input = {OCTET_F32, shape, x};
    (void)state;
    for (size_t i = 0; i < oct_the_rig.count; i++) {
        double scale = 7.0;
        int legal = 7;
        octet_operator *op = NULL;
        oct_stage stage = {0};
        OCT_ASSERT_OK(octet_quantize_create(oct_the_rig.contexts[i], &desc, &op));
        OCT_ASSERT_REFUSED(octet_quantize_found(op, &scale, 1, &legal), OCTET_INVALID_ARGUMENT,
                           "found no parameters");
        oct_stage_open(&stage, oct_the_rig.contexts[i], op, &input, 1, types, 3);
        OCT_ASSERT_REFUSED(octet_quantize_found(op, &scale, 1, &legal), OCTET_INVALID_ARGUMENT,
                           "found no parameters");
        oct_stage_run(&stage);
        OCT_ASSERT_REFUSED(octet_quantize_found(op, &scale, 2, &legal), OCTET_INVALID_ARGUMENT,
                           "room for 2 parameters; there are 1");
        assert_true(scale == 7.0 && legal == 7);
        OCT_ASSERT_OK(octet_operator_prepare(op, &shape, 1, NULL, 0));
        OCT_ASSERT_REFUSED(octet_quantize_found(op, &scale, 1, &legal), OCTET_INVALID_ARGUMENT,
                           "found no parameters");
        oct_stage_close(&stage);
    }
}

static void found_values_are_those_of_the_frameworks(void **state)
{
    static const struct {
        float x[2];
        size_t rule; /* in found_rules */
        double scale;
        int32_t zero;
    } cases[] = {
        {{0.0f, 0.0f}, 0, 1.0, 0},
        {{0.0f, 0.0f}, 1, 0.1, 0},
        {{1e-6f, -1e-6f}, 1, 6.0999998822808266e-05, 128},
        {{5.0f, 5.0f}, 1, 5.0 / 255, 0},
        {{-2.0f, -1.0f}, 1, 2.0 / 255, 255},
        {{-2.0f, -1.0f}, 2, 2.0 / 255, 127},
        {{-1.0f, 3.0f}, 3, 4.0 / 127, 32},
        {{-1.0f, 3.0f}, 4, 4.0 / 127, -32},
    };
    static const shape_case pair = {"a pair", {1, {2}}, false, 0};
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases) * oct_the_rig.count; i++) {
        const size_t at = i / oct_the_rig.count;
        found f = find(oct_the_rig.contexts[i % oct_the_rig.count], &found_rules[cases[at].rule],
                       &pair, cases[at].x);
        assert_true(f.legal);
        assert_true(f.exact[0] == cases[at].scale);
        assert_true(f.scales[0] == (float)cases[at].scale);
        assert_int_equal(f.zeros[0], cases[at].zero);
        release(&f);
    }
}

int main(void)
{
    enum { OTHERS = 4 };
    struct CMUnitTest tests[OTHERS + OCT_COUNT(shape_cases)] = {
        cmocka_unit_test(what_is_not_finite_is_reported),
        cmocka_unit_test(scales_that_are_not_normal_are_reported),
        cmocka_unit_test(what_has_not_run_has_found_nothing),
        cmocka_unit_test(found_values_are_those_of_the_frameworks),
    };
    OCT_ROW_TESTS(&tests[OTHERS], found_parameters, shape_cases);
    return cmocka_run_group_tests(tests, oct_rig_open, oct_rig_close);
}
