/* test_quantize.c - float32 to 8 bits with given parameters, and what is refused. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/shape.h"
#include "reference/reference.h"
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

/* (N,C,H,W) to (N,H,W,C): around the 4 channels of a word, the lanes of a vector, and nothing. */
static void channels_go_last(void **state)
{
    static const octet_shape shapes[] = {{4, {2, 3, 5, 7}},   {4, {1, 1, 1, 1}}, {4, {2, 2, 4, 4}},
                                         {4, {1, 4, 3, 11}},  {4, {3, 5, 1, 9}}, {4, {1, 70, 2, 3}},
                                         {4, {2, 3, 97, 61}}, {4, {0, 3, 2, 2}}, {4, {1, 3, 0, 2}}};
    static const float scale = 0.03f;
    static const int32_t zero = 11;
    enum { MOST = 2 * 3 * 97 * 61 };
    float *const x = malloc(MOST * sizeof *x);
    uint8_t *const expected = malloc(MOST);
    uint64_t seed = 5;
    (void)state;
    assert_true(x != NULL && expected != NULL);
    for (size_t i = 0; i < MOST; i++)
        x[i] = (float)oct_random_int(&seed, -900, 900) * 0.005f;
    for (size_t i = 0; i < 6 * OCT_COUNT(shapes); i++) {
        const octet_shape *const shape = &shapes[i / 6];
        const octet_type type = i % 2 == 0 ? OCTET_S8 : OCTET_U8;
        const octet_quantize_desc desc = {.output_type = type,
                                          .output = {&scale, 1, &zero, 1},
                                          .rule = (octet_quantize_rule)(i / 2 % 3),
                                          .channels_last = 1};
        const oct_array input = {OCTET_F32, *shape, x};
        const size_t channels = shape->size[1], pixels = shape->size[2] * shape->size[3];
        for (size_t j = 0; j < shape->size[0] * channels * pixels; j++) {
            const size_t n = j / pixels / channels, c = j / pixels % channels, p = j % pixels;
            expected[(n * pixels + p) * channels + c] = (uint8_t)oct_reference_quantize_one(
                desc.rule, x[j], scale, zero, oct_type(type)->low, oct_type(type)->high);
        }
        oct_compare_everywhere(&(oct_simple){"channels last", make, &desc, &input, 1, &type, 1},
                               expected);
    }
    free(x);
    free(expected);
}

/* ---- Refusals ---- */

static const float bad_scales[] = {1.0f, 0.0f}, good_scales[] = {1.0f, 2.0f};
static const int32_t bad_zeros[] = {0, 256}, good_zeros[] = {1, 2, 3};

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
        {{.output_type = OCTET_U8, .output = {good_scales, 2, NULL, 0}},
         "2 scales; there must be 0 or 1"},
        {{.output_type = OCTET_U8, .output = {good_scales, 2, good_zeros, 2}},
         "2 scales; there must be 0 or 1"},
        {{.output_type = OCTET_U8, .output = {good_scales, 2, good_zeros, 3}, .per_axis = 1},
         "2 scales; there must be 0, 1 or 3"},
        {{.output_type = OCTET_U8,
          .output = {good_scales, 1, NULL, 0},
          .parameters = OCTET_PARAMETERS_PYTORCH},
         "must not give them"},
        {{.output_type = OCTET_U8,
          .output = {NULL, 0, good_zeros, 1},
          .parameters = OCTET_PARAMETERS_ONNX},
         "must not give them"},
        {{.output_type = OCTET_U8, .parameters = OCTET_PARAMETERS_ONNX, .channels_last = 1},
         "channels_last needs"},
        {{.output_type = OCTET_U8, .per_axis = 1, .channels_last = 1}, "channels_last needs"},
    };
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++)
        oct_refuse_desc(make, &cases[i].desc, OCTET_INVALID_ARGUMENT, cases[i].text);
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
    OCT_ASSERT_OK(make(oct_the_rig.reference,
                       &(octet_quantize_desc){.output_type = OCTET_U8, .channels_last = 1}, NULL,
                       &op));
    OCT_ASSERT_REFUSED(octet_operator_prepare(op, &three, 1, NULL, 0), OCTET_INVALID_ARGUMENT,
                       "for channels_last it must have 4 dimensions");
    octet_operator_destroy(op);
}

int main(void)
{
    enum { OTHERS = 5 };
    struct CMUnitTest tests[OTHERS + OCT_COUNT(given_cases)] = {
        cmocka_unit_test(values_are_those_of_each_rule),
        cmocka_unit_test(scale_and_zero_point_may_differ_in_number),
        cmocka_unit_test(channels_go_last),
        cmocka_unit_test(wrong_descriptions_are_refused),
        cmocka_unit_test(wrong_shapes_are_refused),
    };
    OCT_ROW_TESTS(&tests[OTHERS], given_parameters, given_cases);
    return cmocka_run_group_tests(tests, oct_rig_open, oct_rig_close);
}
