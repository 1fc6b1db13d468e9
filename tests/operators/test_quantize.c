/* test_quantize.c - float32 to 8 bits: given parameters, found parameters, refusals. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/shape.h"
#include "support/stage.h"

static octet_status make(octet_context *context, const void *desc, const char *variant,
                         octet_operator **out)
{
    octet_quantize_desc own = *(const octet_quantize_desc *)desc;
    own.struct_size = sizeof own;
    own.variant = variant;
    return octet_quantize_create(context, &own, out);
}

/* ---- Hand-worked values ---- */

/* One element, one scale and zero point, each rule: divide, reciprocal, half away. */
static void values_are_those_of_each_rule(void **state)
{
    static const struct {
        float x, scale;
        octet_type type;
        int32_t zero, expected[3];
    } cases[] = {
        {0.273939937f, 0.00214854861f, OCTET_U8, 0, {127, 128, 127}}, /* 127.499992 or 127.5 */
        {0.5f, 1.0f, OCTET_S8, 0, {0, 0, 1}},
        {1.5f, 1.0f, OCTET_S8, 0, {2, 2, 2}},
        {2.5f, 1.0f, OCTET_S8, 0, {2, 2, 3}},
        {-0.5f, 1.0f, OCTET_S8, 0, {0, 0, -1}},
        {-2.5f, 1.0f, OCTET_S8, 0, {-2, -2, -3}},
        {0.5f, 1.0f, OCTET_S8, 1, {1, 1, 2}}, /* the zero point comes after rounding */
        {1.5f, 1.0f, OCTET_U8, 3, {5, 5, 5}},
        {127.5f, 1.0f, OCTET_S8, 0, {127, 127, 127}},
        {-200.0f, 1.0f, OCTET_S8, -128, {-128, -128, -128}},
        {1e38f, 0.5f, OCTET_U8, 200, {255, 255, 255}},
        {INFINITY, 0.5f, OCTET_U8, 200, {255, 255, 255}},
        {-INFINITY, 0.5f, OCTET_U8, 200, {0, 0, 0}},
        {INFINITY, 1.0f, OCTET_S8, -128, {127, 127, 127}},
        {-INFINITY, 1.0f, OCTET_S8, 127, {-128, -128, -128}},
        {NAN, 1.0f, OCTET_U8, 7, {0, 0, 0}},
        {NAN, 1.0f, OCTET_S8, 7, {-128, -128, -128}},
        {FLT_MIN, FLT_MIN, OCTET_U8, 1, {2, 2, 2}},
        {FLT_MAX, FLT_MAX / 200, OCTET_U8, 1, {201, 201, 201}},
    };
    (void)state;
    for (size_t i = 0; i < 3 * OCT_COUNT(cases); i++) {
        const size_t at = i / 3;
        const octet_quantize_desc desc = {.output_type = cases[at].type,
                                          .output = {&cases[at].scale, 1, &cases[at].zero, 1},
                                          .rule = (octet_quantize_rule)(i % 3)};
        const oct_array x = {OCTET_F32, {0}, &cases[at].x};
        const uint8_t expected = (uint8_t)cases[at].expected[i % 3];
        char what[64];
        snprintf(what, sizeof what, "case %zu, rule %zu", at, i % 3);
        oct_compare_everywhere(&(oct_simple){what, make, &desc, &x, 1, &cases[at].type, 1},
                               &expected);
    }
}

/* ---- Given parameters ---- */

typedef struct given_case {
    const char *name;
    octet_shape shape;
    bool per_axis;
    size_t axis;
    int low, high; /* exponents of the scales */
} given_case;

static const given_case given_cases[] = {
    {"a scalar", {0, {0}}, false, 0, -8, 8},
    {"nothing", {2, {0, 5}}, false, 0, -8, 8},
    {"nothing per axis", {2, {3, 0}}, true, 0, -8, 8},
    {"one work-item", {1, {17}}, false, 0, -8, 8},
    {"several work-items", {2, {61, 1009}}, false, 0, -8, 8},
    {"the smallest scales", {1, {20000}}, false, 0, -126, -120},
    {"the largest scales", {1, {20000}}, false, 0, 118, 120},
    {"the outermost axis", {3, {7, 61, 129}}, true, 0, -20, 20},
    {"a middle axis", {4, {3, 5, 7, 211}}, true, 1, -20, 20},
    {"the innermost axis", {2, {300, 67}}, true, 1, -20, 20},
    {"an axis of one", {3, {100, 1, 30}}, true, 1, -20, 20},
    {"all scales per axis", {2, {240, 100}}, true, 0, -126, 118},
};

enum { MOST_CHANNELS = 320 };

/* How many elements apart neighbours along the axis are, and how many indices it has. */
static void split(const given_case *c, size_t *inner, size_t *channels)
{
    *inner = 1;
    *channels = c->per_axis ? c->shape.size[c->axis] : 1;
    for (size_t i = c->per_axis ? c->axis + 1 : 0; i < c->shape.rank; i++)
        *inner *= c->shape.size[i];
}

/* Half steps and their neighbours: there rules part, and an inexact quotient shows. */
static float near_tie(uint64_t *seed, float scale)
{
    const float steps = (float)oct_random_int(seed, -300, 300) + 0.5f;
    const float x = steps * scale;
    switch (oct_random_int(seed, 0, 4)) {
    case 0:
        return x;
    case 1:
        return nextafterf(x, INFINITY);
    case 2:
        return nextafterf(x, -INFINITY);
    case 3:
        return scale * (float)oct_random_int(seed, -30000, 30000) / 97.0f;
    default:
        return oct_float_of(oct_random_bits(seed)); /* anything, NaN and infinity too */
    }
}

static void fill(const given_case *c, uint64_t *seed, octet_type type, float *scales,
                 int32_t *zeros, float *x)
{
    const int32_t low = oct_type(type)->low, high = oct_type(type)->high;
    size_t inner, channels, count;
    split(c, &inner, &channels);
    assert_true(oct_shape_count(&c->shape, &count));
    assert_in_range(channels, 0, MOST_CHANNELS);
    for (size_t i = 0; i < channels; i++) {
        scales[i] = ldexpf(1.0f + (float)oct_random_int(seed, 0, (1 << 23) - 1) * 0x1p-23f,
                           oct_random_int(seed, c->low, c->high));
        zeros[i] = i % 5 == 0 ? low : i % 5 == 1 ? high : oct_random_int(seed, low, high);
    }
    for (size_t i = 0; i < count; i++)
        x[i] = near_tie(seed, scales[i / inner % channels]);
}

static void given_parameters(void **state)
{
    const given_case *const c = *state;
    size_t count = 0, inner = 0, channels = 0;
    assert_true(oct_shape_count(&c->shape, &count));
    split(c, &inner, &channels);
    float *const x = calloc(count + 1, sizeof *x);
    assert_non_null(x);
    for (int i = 0; i < 6; i++) {
        const octet_type type = i % 2 == 0 ? OCTET_U8 : OCTET_S8;
        float scales[MOST_CHANNELS];
        int32_t zeros[MOST_CHANNELS];
        uint64_t seed = 11 + (uint64_t)i;
        fill(c, &seed, type, scales, zeros, x);
        const octet_quantize_desc desc = {.output_type = type,
                                          .output = {scales, channels, zeros, channels},
                                          .rule = (octet_quantize_rule)(i / 2),
                                          .per_axis = c->per_axis,
                                          .axis = c->axis};
        const oct_array input = {OCTET_F32, c->shape, x};
        oct_compare_everywhere(&(oct_simple){c->name, make, &desc, &input, 1, &type, 1}, NULL);
    }
    free(x);
}

/* One scale for all and a zero point per index, and the other way round. */
static void scale_and_zero_point_may_differ_in_number(void **state)
{
    static const float x[12] = {-3.0f, -2.5f, -2.0f, -1.5f, -1.0f, -0.5f,
                                0.0f,  0.5f,  1.0f,  1.5f,  2.0f,  2.5f};
    static const float scales[] = {0.5f, 1.0f, 2.0f, 4.0f};
    static const int32_t zeros[] = {0, 10, 20, -30};
    static const int8_t per_zero[12] = {-6, 5, 16, -33, -2, 9, 20, -29, 2, 13, 24, -25};
    static const int8_t per_scale[12] = {-6, -2, -1, 0, -2, 0, 0, 0, 2, 2, 1, 1};
    const oct_array input = {OCTET_F32, {2, {3, 4}}, x};
    const octet_type type = OCTET_S8;
    octet_quantize_desc desc = {
        .output_type = type, .output = {scales, 1, zeros, 4}, .per_axis = 1, .axis = 1};
    (void)state;
    oct_compare_everywhere(&(oct_simple){"zero points", make, &desc, &input, 1, &type, 1},
                           per_zero);
    desc.output = (octet_quantization){scales, 4, NULL, 0};
    oct_compare_everywhere(&(oct_simple){"scales", make, &desc, &input, 1, &type, 1}, per_scale);
}

/* ---- Found parameters ---- */

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
    int finite;
} found;

static found find(octet_context *context, const found_rule *rule, const given_case *c,
                  const float *x)
{
    const octet_quantize_desc desc = {.output_type = rule->type,
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
    OCT_ASSERT_OK(make(context, &desc, NULL, &op));
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
    OCT_ASSERT_OK(octet_quantize_found(op, out.exact, out.channels, &out.finite));
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
    assert_int_equal(expected->finite, actual->finite);
    assert_int_equal(expected->channels, actual->channels);
    if (!expected->finite)
        return; /* the result means nothing */
    oct_assert_same(name, OCTET_F32, expected->channels, expected->scales, actual->scales);
    oct_assert_same(name, OCTET_S32, expected->channels, expected->zeros, actual->zeros);
    oct_assert_same(name, rule->type, expected->count, expected->q, actual->q);
    assert_memory_equal(expected->exact, actual->exact,
                        expected->channels * sizeof *expected->exact);
}

static void find_everywhere(const given_case *c, const float *x)
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
    const given_case *const c = *state;
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
    static const given_case whole = {"whole", {1, {9001}}, false, 0, 0, 0};
    static const given_case axis = {"per axis", {2, {40, 33}}, true, 1, 0, 0};
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
            assert_true(!a.finite && !b.finite);
            release(&a);
            release(&b);
        }
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
    static const given_case pair = {"a pair", {1, {2}}, false, 0, 0, 0};
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases) * oct_the_rig.count; i++) {
        const size_t at = i / oct_the_rig.count;
        found f = find(oct_the_rig.contexts[i % oct_the_rig.count], &found_rules[cases[at].rule],
                       &pair, cases[at].x);
        assert_true(f.finite);
        assert_true(f.exact[0] == cases[at].scale);
        assert_true(f.scales[0] == (float)cases[at].scale);
        assert_int_equal(f.zeros[0], cases[at].zero);
        release(&f);
    }
}

/* ---- Refusals ---- */

static const float bad_scales[] = {1.0f, 0.0f}, good_scales[] = {1.0f, 2.0f};
static const int32_t bad_zeros[] = {0, 256};

static void wrong_descriptions_are_refused(void **state)
{
    static const struct {
        octet_quantize_desc desc;
        const char *text;
    } cases[] = {
        {{.output_type = OCTET_F32}, "output type must be s8 or u8"},
        {{.output_type = OCTET_S32}, "output type must be s8 or u8"},
        {{.output_type = OCTET_U8, .rule = (octet_quantize_rule)3}, "rule 3"},
        {{.output_type = OCTET_U8, .parameters = (octet_parameters)3}, "parameters 3"},
        {{.output_type = OCTET_S8, .parameters = OCTET_PARAMETERS_ONNX}, "u8 only"},
        {{.output_type = OCTET_U8, .reduce_range = 1}, "reduce_range"},
        {{.output_type = OCTET_U8, .parameters = OCTET_PARAMETERS_ONNX, .reduce_range = 1},
         "reduce_range"},
        {{.output_type = OCTET_U8, .output = {bad_scales, 2, NULL, 0}, .per_axis = 1},
         "scale 1 is 0"},
        {{.output_type = OCTET_U8, .output = {NULL, 0, bad_zeros, 2}, .per_axis = 1},
         "zero point 1 is 256"},
        {{.output_type = OCTET_U8, .output = {good_scales, 2, NULL, 0}}, "2 scales"},
    };
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        octet_operator *op = NULL;
        OCT_ASSERT_REFUSED(make(oct_the_rig.reference, &cases[i].desc, NULL, &op),
                           OCTET_INVALID_ARGUMENT, cases[i].text);
        assert_null(op);
    }
}

static void wrong_shapes_are_refused(void **state)
{
    const octet_quantize_desc desc = {
        .output_type = OCTET_U8, .output = {good_scales, 2, NULL, 0}, .per_axis = 1, .axis = 1};
    const octet_shape line = {1, {2}}, three = {2, {2, 3}}, good = {2, {3, 2}};
    octet_operator *op = NULL;
    double scale = 7.0;
    int finite = 7;
    (void)state;
    OCT_ASSERT_OK(make(oct_the_rig.reference, &desc, NULL, &op));
    OCT_ASSERT_REFUSED(octet_operator_prepare(op, &line, 1, NULL, 0), OCTET_INVALID_ARGUMENT,
                       "axis 1 of a tensor with 1 dimension");
    OCT_ASSERT_REFUSED(octet_operator_prepare(op, &three, 1, NULL, 0), OCTET_INVALID_ARGUMENT,
                       "2 scales for 3 channels");
    OCT_ASSERT_OK(octet_operator_prepare(op, &good, 1, NULL, 0));
    OCT_ASSERT_REFUSED(octet_quantize_found(op, &scale, 1, &finite), OCTET_INVALID_ARGUMENT,
                       "found no parameters");
    assert_true(scale == 7.0 && finite == 7);
    octet_operator_destroy(op);
}

int main(void)
{
    enum { GIVEN = OCT_COUNT(given_cases), OTHERS = 6 };
    struct CMUnitTest tests[OTHERS + 2 * GIVEN] = {
        cmocka_unit_test(values_are_those_of_each_rule),
        cmocka_unit_test(scale_and_zero_point_may_differ_in_number),
        cmocka_unit_test(what_is_not_finite_is_reported),
        cmocka_unit_test(found_values_are_those_of_the_frameworks),
        cmocka_unit_test(wrong_descriptions_are_refused),
        cmocka_unit_test(wrong_shapes_are_refused),
    };
    for (size_t i = 0; i < GIVEN; i++) {
        void *const row = (void *)&given_cases[i]; /* read only */
        tests[OTHERS + i] =
            (struct CMUnitTest){given_cases[i].name, given_parameters, NULL, NULL, row};
        tests[OTHERS + GIVEN + i] =
            (struct CMUnitTest){given_cases[i].name, found_parameters, NULL, NULL, row};
    }
    return cmocka_run_group_tests(tests, oct_rig_open, oct_rig_close);
}
