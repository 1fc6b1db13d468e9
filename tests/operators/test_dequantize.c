/* test_dequantize.c - stored values back to float32. */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "core/shape.h"
#include "support/stage.h"

static const octet_type f32 = OCTET_F32;

static octet_status make(octet_context *context, const void *desc, const char *variant,
                         octet_operator **out)
{
    octet_dequantize_desc own = *(const octet_dequantize_desc *)desc;
    own.struct_size = sizeof own;
    own.variant = variant;
    return octet_dequantize_create(context, &own, out);
}

/* f32(s * f32(q - z)); q - z of an s32 has 33 bits and is rounded once. */
static void values_follow_the_formula(void **state)
{
    static const struct {
        octet_type type;
        int32_t q, zero;
        float scale, expected;
    } cases[] = {
        {OCTET_U8, 255, 0, 0.1f, 25.5f},
        {OCTET_U8, 0, 255, 0.5f, -127.5f},
        {OCTET_S8, -128, 127, 2.0f, -510.0f},
        {OCTET_S8, 127, -128, FLT_MIN, 255 * FLT_MIN},
        {OCTET_U8, 9, 9, 3.0f, 0.0f},
        {OCTET_S32, 16777217, 0, 1.0f, 16777216.0f},
        {OCTET_S32, 16777219, 0, 1.0f, 16777220.0f},
        {OCTET_S32, INT32_MAX, INT32_MIN, 1.0f, 4294967296.0f},
        {OCTET_S32, INT32_MIN, INT32_MAX, 0.5f, -2147483648.0f},
        {OCTET_S32, 16777216, -3, 1.0f, 16777220.0f}, /* 16777219, not f32(16777216) + 3 */
        {OCTET_S32, 5, 0, FLT_MAX, INFINITY},
    };
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        const octet_dequantize_desc desc = {.input_type = cases[i].type,
                                            .input = {&cases[i].scale, 1, &cases[i].zero, 1}};
        const uint8_t byte = (uint8_t)cases[i].q;
        const oct_array q = {
            cases[i].type, {0}, cases[i].type == OCTET_S32 ? (const void *)&cases[i].q : &byte};
        oct_compare_everywhere(&(oct_simple){"a value", make, &desc, &q, 1, &f32, 1},
                               &cases[i].expected);
    }
}

static const struct shape_case {
    const char *name;
    octet_shape shape;
    bool per_axis;
    size_t axis;
} shape_cases[] = {
    {"a scalar", {0, {0}}, false, 0},
    {"nothing", {2, {0, 5}}, false, 0},
    {"nothing per axis", {2, {0, 5}}, true, 0},
    {"one work-item", {1, {19}}, false, 0},
    {"several work-items", {2, {61, 1009}}, false, 0},
    {"the outermost axis", {3, {7, 61, 129}}, true, 0},
    {"a middle axis", {4, {3, 5, 7, 211}}, true, 1},
    {"the innermost axis", {2, {300, 67}}, true, 1},
    {"an axis of one", {3, {100, 1, 30}}, true, 1},
};

enum { MOST_CHANNELS = 128 };

static void shapes(void **state)
{
    const struct shape_case *const c = *state;
    static const octet_type types[] = {OCTET_S8, OCTET_U8, OCTET_S32};
    float scales[MOST_CHANNELS];
    int32_t zeros[MOST_CHANNELS];
    size_t count = 0;
    uint64_t seed = 31;
    assert_true(oct_shape_count(&c->shape, &count));
    int32_t *const q = calloc(count + 1, sizeof *q);
    assert_non_null(q);
    for (size_t i = 0; i < count; i++)
        q[i] = (int32_t)oct_random_bits(&seed);
    for (size_t t = 0; t < OCT_COUNT(types); t++) {
        const oct_type_info *const type = oct_type(types[t]);
        const size_t channels = c->per_axis ? c->shape.size[c->axis] : 1;
        for (size_t i = 0; i < channels; i++) {
            scales[i] = ldexpf(1.0f + (float)oct_random_int(&seed, 0, 1 << 20) * 0x1p-20f,
                               oct_random_int(&seed, -120, 90));
            zeros[i] = type->size == 1 ? oct_random_int(&seed, type->low, type->high)
                                       : (int32_t)oct_random_bits(&seed);
        }
        const octet_dequantize_desc desc = {.input_type = types[t],
                                            .input = {scales, channels, zeros, channels},
                                            .per_axis = c->per_axis,
                                            .axis = c->axis};
        const oct_array input = {types[t], c->shape, q};
        oct_compare_everywhere(&(oct_simple){c->name, make, &desc, &input, 1, &f32, 1}, NULL);
    }
    free(q);
}

static const float bad_scales[] = {1.0f, -1.0f}, good_scales[] = {1.0f, 2.0f};
static const int32_t bad_zeros[] = {0, -129}, good_zeros[] = {1, 2, 3};

static void wrong_descriptions_are_refused(void **state)
{
    static const struct {
        octet_dequantize_desc desc;
        const char *text;
    } cases[] = {
        {{.input_type = OCTET_F32}, "input type must be s8, u8 or s32"},
        {{.input_type = (octet_type)9}, "input type must be s8, u8 or s32"},
        {{.input_type = OCTET_S8, .input = {bad_scales, 2, NULL, 0}, .per_axis = 1},
         "scale 1 is -1"},
        {{.input_type = OCTET_S8, .input = {NULL, 0, bad_zeros, 2}, .per_axis = 1},
         "zero point 1 is -129"},
        {{.input_type = OCTET_S8, .input = {NULL, 2, NULL, 0}, .per_axis = 1}, "NULL"},
        {{.input_type = OCTET_S8, .input = {good_scales, 2, good_zeros, 2}},
         "2 scales; there must be 0 or 1"},
        {{.input_type = OCTET_S8, .input = {good_scales, 2, good_zeros, 3}, .per_axis = 1},
         "2 scales; there must be 0, 1 or 3"},
    };
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++)
        oct_refuse_desc(make, &cases[i].desc, OCTET_INVALID_ARGUMENT, cases[i].text);
}

static void wrong_shapes_are_refused(void **state)
{
    const octet_dequantize_desc desc = {
        .input_type = OCTET_S8, .input = {good_scales, 2, NULL, 0}, .per_axis = 1, .axis = 1};
    const octet_shape line = {1, {2}}, three = {2, {2, 3}};
    (void)state;
    oct_refuse_shape(make, &desc, &line, OCTET_INVALID_ARGUMENT,
                     "axis 1 of a tensor with 1 dimension");
    oct_refuse_shape(make, &desc, &three, OCTET_INVALID_ARGUMENT, "2 scales for 3 channels");
}

int main(void)
{
    enum { OTHERS = 3 };
    struct CMUnitTest tests[OTHERS + OCT_COUNT(shape_cases)] = {
        cmocka_unit_test(values_follow_the_formula),
        cmocka_unit_test(wrong_descriptions_are_refused),
        cmocka_unit_test(wrong_shapes_are_refused),
    };
    OCT_ROW_TESTS(&tests[OTHERS], shapes, shape_cases);
    return cmocka_run_group_tests(tests, oct_rig_open, oct_rig_close);
}
