/* test_reduce.c - means, smallest and largest elements, of floats and of stored values. */
#include <math.h>
#include <stdlib.h>

#include "core/quantization.h"
#include "core/shape.h"
#include "support/stage.h"

static octet_status make(octet_context *context, const void *desc, const char *variant,
                         octet_operator **out)
{
    octet_reduce_desc own = *(const octet_reduce_desc *)desc;
    own.struct_size = sizeof own;
    own.variant = variant;
    return octet_reduce_create(context, &own, out);
}

static const struct reduce_case {
    const char *name;
    octet_shape shape;
    size_t axis, axes;
} reduce_cases[] = {
    {"a line", {1, {77}}, 0, 1},           {"one element", {1, {1}}, 0, 1},
    {"rows", {2, {5, 33}}, 0, 1},          {"columns", {2, {33, 5}}, 1, 1},
    {"images", {4, {3, 7, 5, 19}}, 1, 2},  {"channels", {4, {2, 3, 5, 40}}, 3, 1},
    {"all", {4, {2, 3, 5, 7}}, 0, 4},      {"in the middle", {5, {2, 3, 17, 2, 9}}, 1, 3},
    {"a long one", {2, {10007, 2}}, 0, 1}, {"no lines", {3, {2, 4, 0}}, 1, 1},
};

/* Values in all of float32's range would make sums infinite. */
static float real(uint64_t *seed)
{
    return ldexpf((float)oct_random_int(seed, -1000000, 1000000),
                  (int)oct_random_int(seed, -40, 8));
}

/* What "expected" of an output must be: exact, but for the mean of floats. */
static void check_floats(const struct reduce_case *c, octet_reduce_function function,
                         const float *x, const float *y)
{
    size_t outer = 1, n = 1, inner = 1;
    for (size_t i = 0; i < c->shape.rank; i++)
        *(i < c->axis ? &outer : i < c->axis + c->axes ? &n : &inner) *= c->shape.size[i];
    for (size_t i = 0; i < outer * inner; i++) {
        double sum = 0, size = 0, least = INFINITY, most = -INFINITY;
        for (size_t j = 0; j < n; j++) {
            const double v = (double)x[(i / inner * n + j) * inner + i % inner];
            sum += v;
            size += fabs(v);
            least = fmin(least, v);
            most = fmax(most, v);
        }
        const double wanted = function == OCTET_REDUCE_MEAN      ? sum / (double)n
                              : function == OCTET_REDUCE_MINIMUM ? least
                                                                 : most;
        const double bound = function == OCTET_REDUCE_MEAN ? size / (double)n * 0x1p-18 : 0;
        if (fabs((double)y[i] - wanted) > bound)
            fail_msg("%s: element %zu is %g instead of %g", c->name, i, (double)y[i], wanted);
    }
}

static void floats(void **state)
{
    const struct reduce_case *const c = *state;
    static const octet_type type = OCTET_F32;
    size_t count = 0;
    uint64_t seed = 71;
    assert_true(oct_shape_count(&c->shape, &count));
    float *const x = calloc(count + 1, sizeof *x);
    assert_non_null(x);
    for (size_t i = 0; i < count; i++)
        x[i] = real(&seed);
    for (int function = 0; function < 3; function++) {
        const octet_reduce_desc desc = {.function = (octet_reduce_function)function,
                                        .input_type = type,
                                        .output_type = type,
                                        .axis = c->axis,
                                        .axes = c->axes};
        const oct_array input = {type, c->shape, x};
        octet_operator *op = NULL;
        oct_stage stage = {0};
        oct_compare_everywhere(&(oct_simple){c->name, make, &desc, &input, 1, &type, 1}, NULL);
        OCT_ASSERT_OK(make(oct_the_rig.reference, &desc, NULL, &op));
        oct_stage_open(&stage, oct_the_rig.reference, op, &input, 1, &type, 1);
        oct_stage_run(&stage);
        float *const y = oct_stage_output(&stage, 0);
        check_floats(c, desc.function, x, y);
        free(y);
        oct_stage_close(&stage);
    }
    free(x);
}

/* One element more than bytes may be, whose sum is kept in 32 bits. Every sum on the way is exact. */
static void a_longer_line_of_floats(void **state)
{
    enum { LENGTH = INT32_MAX / 255 + 1 };
    static const octet_type type = OCTET_F32;
    const oct_array input = {type, {1, {LENGTH}}, malloc(LENGTH * sizeof(float))};
    float *const x = (float *)input.data; /* its own memory */
    float expected[] = {[OCTET_REDUCE_MINIMUM] = -9.0f, [OCTET_REDUCE_MAXIMUM] = 9.0f};
    int64_t sum = 0;
    uint64_t seed = 73;
    (void)state;
    assert_non_null(x);
    for (size_t i = 0; i < LENGTH; i++) {
        const int64_t v = i + 2 < LENGTH ? oct_random_int(&seed, -8, 8) : i + 1 < LENGTH ? 9 : -9;
        x[i] = (float)v;
        sum += v;
    }
    assert_in_range(sum + (1 << 20), 0, 1 << 21);
    expected[OCTET_REDUCE_MEAN] = (float)sum / (float)LENGTH;
    for (int function = 0; function < 3; function++) {
        const octet_reduce_desc desc = {.function = (octet_reduce_function)function,
                                        .input_type = type,
                                        .output_type = type,
                                        .axes = 1};
        oct_compare_everywhere(&(oct_simple){"longer", make, &desc, &input, 1, &type, 1},
                               &expected[function]);
    }
    free(x);
}

/* The definition in 64 bits: RNE(f32(sum) * m), m = f32(s_x / f32(s_y * n)). */
static int expect(const struct reduce_case *c, const octet_reduce_desc *desc, const uint8_t *x,
                  size_t i)
{
    size_t n = 1, inner = 1;
    int64_t sum = 0, least = 1000, most = -1000;
    for (size_t d = c->axis; d < c->shape.rank; d++)
        *(d < c->axis + c->axes ? &n : &inner) *= c->shape.size[d];
    for (size_t j = 0; j < n; j++) {
        const size_t at = (i / inner * n + j) * inner + i % inner;
        const int v = desc->input_type == OCTET_S8 ? (int8_t)x[at] : x[at];
        sum += v - oct_zero_point_at(&desc->input, 0);
        least = v < least ? v : least;
        most = v > most ? v : most;
    }
    if (desc->function != OCTET_REDUCE_MEAN)
        return (int)(desc->function == OCTET_REDUCE_MINIMUM ? least : most);
    volatile float below = oct_scale_at(&desc->output, 0) * (float)n;
    volatile float multiplier = oct_scale_at(&desc->input, 0) / below;
    volatile float steps = (float)sum * multiplier;
    const double q = nearbyint((double)steps) + oct_zero_point_at(&desc->output, 0);
    const oct_type_info *const type = oct_type(desc->output_type);
    return (int)fmin(fmax(q, type->low), type->high);
}

static void stored(void **state)
{
    const struct reduce_case *const c = *state;
    static const float scales[] = {0.25f, 0.3f};
    static const int32_t zeros[] = {3, 100, -7};
    size_t count = 0, outputs = 1;
    uint64_t seed = 72;
    assert_true(oct_shape_count(&c->shape, &count));
    for (size_t i = 0; i < c->shape.rank; i++)
        outputs *= i >= c->axis && i < c->axis + c->axes ? 1 : c->shape.size[i];
    uint8_t *const x = calloc(count + outputs + 1, 1), *const y = x + count;
    assert_non_null(x);
    for (size_t i = 0; i < count; i++)
        x[i] = (uint8_t)oct_random_bits(&seed);
    for (size_t i = 0; i < 12; i++) {
        const octet_type from = i % 2 == 0 ? OCTET_U8 : OCTET_S8;
        const octet_type to = i / 3 % 2 == 0 || i % 3 != 0 ? from
                              : from == OCTET_U8           ? OCTET_S8
                                                           : OCTET_U8;
        const octet_reduce_desc desc = {
            .function = (octet_reduce_function)(i % 3),
            .input_type = from,
            .output_type = to,
            .input = {&scales[0], 1, &zeros[0], 1},
            .output = {&scales[i / 6], 1, &zeros[to == OCTET_U8 ? 1 : 2], 1},
            .axis = c->axis,
            .axes = c->axes};
        const oct_array input = {from, c->shape, x};
        for (size_t j = 0; j < outputs; j++)
            y[j] = (uint8_t)expect(c, &desc, x, j);
        oct_compare_everywhere(&(oct_simple){c->name, make, &desc, &input, 1, &to, 1}, y);
    }
    free(x);
}

/* The first of equal numbers, in a range so small that there are many; the first NaN. */
static void indices(void **state)
{
    const struct reduce_case *const c = *state;
    static const octet_type types[] = {OCTET_F32, OCTET_U8, OCTET_S8}, to = OCTET_S32;
    size_t count = 0, n = 1, inner = 1, outputs = 1;
    uint64_t seed = 74;
    assert_true(oct_shape_count(&c->shape, &count));
    for (size_t i = 0; i < c->shape.rank; i++) {
        *(i < c->axis ? &outputs : i < c->axis + c->axes ? &n : &inner) *= c->shape.size[i];
    }
    outputs *= inner;
    float *const floats = calloc(count + 1, sizeof *floats);
    int8_t *const bytes = calloc(count + 1, 1);
    int32_t *const y = calloc(outputs + 1, sizeof *y);
    assert_true(floats != NULL && bytes != NULL && y != NULL);
    for (size_t i = 0; i < count; i++) {
        bytes[i] = (int8_t)oct_random_int(&seed, -3, 3);
        floats[i] = oct_random_int(&seed, 0, 40) == 0 ? NAN : (float)bytes[i] * 0x1p-149f;
    }
    for (size_t k = 0; k < 6; k++) {
        const octet_type type = types[k / 2];
        const double sign = k % 2 == 0 ? -1 : 1;
        const octet_reduce_desc desc = {.function = k % 2 == 0 ? OCTET_REDUCE_MINIMUM_INDEX
                                                               : OCTET_REDUCE_MAXIMUM_INDEX,
                                        .input_type = type,
                                        .output_type = to,
                                        .axis = c->axis,
                                        .axes = c->axes};
        const oct_array input = {type, c->shape,
                                 type == OCTET_F32 ? (void *)floats : (void *)bytes};
        for (size_t i = 0; i < outputs; i++) {
            double best = 0;
            for (size_t j = n; j-- > 0;) { /* from the last: equal ones replace it */
                const size_t at = (i / inner * n + j) * inner + i % inner;
                const double v = sign * (type == OCTET_F32  ? (double)floats[at]
                                         : type == OCTET_U8 ? (double)(uint8_t)bytes[at]
                                                            : (double)bytes[at]);
                const double rank = isnan(v) ? INFINITY : v;
                if (j == n - 1 || rank >= best) {
                    best = rank;
                    y[i] = (int32_t)j;
                }
            }
        }
        oct_compare_everywhere(&(oct_simple){c->name, make, &desc, &input, 1, &to, 1}, y);
    }
    free(y);
    free(bytes);
    free(floats);
}

static void wrong_descriptions_are_refused(void **state)
{
    static const float far[] = {1e9f, 1.0f};
    static const struct {
        octet_reduce_desc desc;
        const char *text;
    } cases[] = {
        {{.function = (octet_reduce_function)5}, "function 5"},
        {{.function = OCTET_REDUCE_MAXIMUM_INDEX, .output_type = OCTET_U8},
         "an index of s8 to u8; it must be of f32, s8 or u8, and to s32"},
        {{.function = OCTET_REDUCE_MINIMUM_INDEX,
          .input_type = OCTET_F32,
          .output_type = OCTET_S32,
          .output = {far, 1, NULL, 0}},
         "reduce: f32 has no quantization"},
        {{.input_type = OCTET_S32, .output_type = OCTET_S32}, "types must be f32, or s8 or u8"},
        {{.input_type = OCTET_F32, .output_type = OCTET_U8}, "types must be f32, or s8 or u8"},
        {{.function = OCTET_REDUCE_MAXIMUM, .input_type = OCTET_U8, .output_type = OCTET_S8},
         "the smallest and largest of u8 are not s8"},
        {{.input = {&far[0], 1, NULL, 0}, .output = {&far[1], 1, NULL, 0}},
         "input scale 1e+09 by output scale 1"},
        {{.input = {far, 2, NULL, 0}}, "reduce: input: there are 2 scales"},
        {{.input_type = OCTET_F32, .output_type = OCTET_F32, .input = {far, 1, NULL, 0}},
         "reduce: f32 has no quantization"},
    };
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++)
        oct_refuse_desc(make, &cases[i].desc, OCTET_INVALID_ARGUMENT, cases[i].text);
}

static void wrong_shapes_are_refused(void **state)
{
    static const struct {
        octet_reduce_desc desc;
        octet_shape shape;
        octet_status status;
        const char *text;
    } cases[] = {
        {{.axes = 0}, {2, {5, 5}}, OCTET_INVALID_ARGUMENT, "0 dimensions from 0 on"},
        {{.axis = 1, .axes = 2}, {2, {5, 5}}, OCTET_INVALID_ARGUMENT, "the input has 2"},
        {{.axis = SIZE_MAX, .axes = 1}, {2, {5, 5}}, OCTET_INVALID_ARGUMENT, "the input has 2"},
        {{.axes = 1}, {2, {0, 5}}, OCTET_INVALID_ARGUMENT, "of no elements"},
        {{.axes = 1}, {1, {8421505}}, OCTET_UNSUPPORTED, "of 8421505 elements; at most 8421504"},
    };
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++)
        oct_refuse_shape(make, &cases[i].desc, &cases[i].shape, cases[i].status, cases[i].text);
}

int main(void)
{
    enum { OTHERS = 3, CASES = OCT_COUNT(reduce_cases) };
    struct CMUnitTest tests[OTHERS + 3 * CASES] = {
        cmocka_unit_test(wrong_descriptions_are_refused),
        cmocka_unit_test(wrong_shapes_are_refused),
        cmocka_unit_test(a_longer_line_of_floats),
    };
    OCT_ROW_TESTS(&tests[OTHERS], floats, reduce_cases);
    OCT_ROW_TESTS(&tests[OTHERS + CASES], stored, reduce_cases);
    OCT_ROW_TESTS(&tests[OTHERS + 2 * CASES], indices, reduce_cases);
    return cmocka_run_group_tests(tests, oct_rig_open, oct_rig_close);
}
