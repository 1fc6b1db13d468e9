/* test_interpolate.c - weighted sums of four neighbours, of floats and of stored values. */
#include <math.h>
#include <stdlib.h>

#include "core/shape.h"
#include "support/stage.h"

enum { MOST = 64 };

static octet_status make(octet_context *context, const void *desc, const char *variant,
                         octet_operator **out)
{
    octet_interpolate_desc own = *(const octet_interpolate_desc *)desc;
    own.struct_size = sizeof own;
    own.variant = variant;
    return octet_interpolate_create(context, &own, out);
}

static const struct interpolate_case {
    const char *name;
    octet_shape shape;
    size_t axis, rows, columns;
} interpolate_cases[] = {
    {"a matrix", {2, {5, 7}}, 0, 9, 20},        {"one pixel", {4, {1, 1, 1, 1}}, 2, 3, 5},
    {"planes", {4, {2, 3, 6, 9}}, 2, 13, 17},   {"channels last", {4, {2, 6, 9, 19}}, 1, 11, 4},
    {"smaller", {4, {1, 20, 33, 5}}, 1, 7, 10}, {"five dimensions", {5, {2, 2, 4, 5, 3}}, 2, 6, 7},
    {"no images", {4, {0, 3, 4, 5}}, 1, 6, 8},  {"no rows", {3, {3, 4, 5}}, 0, 0, 3},
};

/* Arrays of one dimension. */
typedef struct line {
    int32_t first[MOST], second[MOST];
    float first_weight[MOST], second_weight[MOST];
} line;

static octet_interpolation fill(line *l, size_t size, size_t from, uint64_t *seed)
{
    for (size_t i = 0; i < size; i++) {
        const float part = (float)oct_random_int(seed, 0, 1000) / 1000.0f;
        l->first[i] = oct_random_int(seed, 0, (int)from - 1);
        l->second[i] = oct_random_int(seed, 0, (int)from - 1);
        l->first_weight[i] = part;
        l->second_weight[i] = 1.0f - part;
    }
    return (octet_interpolation){size, l->first, l->second, l->first_weight, l->second_weight};
}

static void floats(void **state)
{
    const struct interpolate_case *const c = *state;
    static const octet_type type = OCTET_F32;
    line rows, columns;
    size_t count = 0;
    uint64_t seed = 81;
    assert_true(oct_shape_count(&c->shape, &count));
    float *const x = calloc(count + 1, sizeof *x);
    assert_non_null(x);
    for (size_t i = 0; i < count; i++)
        x[i] =
            i % 97 == 13 ? NAN : ldexpf((float)oct_random_int(&seed, -99, 99), (int)(i % 60) - 30);
    const octet_interpolate_desc desc = {
        .input_type = type,
        .output_type = type,
        .axis = c->axis,
        .rows = fill(&rows, c->rows, c->shape.size[c->axis], &seed),
        .columns = fill(&columns, c->columns, c->shape.size[c->axis + 1], &seed)};
    const oct_array input = {type, c->shape, x};
    oct_compare_everywhere(&(oct_simple){c->name, make, &desc, &input, 1, &type, 1}, NULL);
    free(x);
}

static void stored(void **state)
{
    const struct interpolate_case *const c = *state;
    static const float scales[] = {0.11f, 0.125f, 1e-30f};
    static const int32_t zeros[] = {3, 100, -7};
    line rows, columns;
    size_t count = 0;
    uint64_t seed = 82;
    assert_true(oct_shape_count(&c->shape, &count));
    uint8_t *const x = calloc(count + 1, 1);
    assert_non_null(x);
    for (size_t i = 0; i < count; i++)
        x[i] = (uint8_t)oct_random_bits(&seed);
    for (size_t i = 0; i < 12; i++) {
        const octet_type from = i % 2 == 0 ? OCTET_U8 : OCTET_S8;
        const octet_type to = i / 2 % 2 == 0 ? OCTET_U8 : OCTET_S8;
        const octet_interpolate_desc desc = {
            .input_type = from,
            .output_type = to,
            .input = {&scales[i / 4], 1, &zeros[0], 1},
            .output = {&scales[i / 4 == 0 ? 1 : i / 4], 1, &zeros[to == OCTET_U8 ? 1 : 2], 1},
            .axis = c->axis,
            .rows = fill(&rows, c->rows, c->shape.size[c->axis], &seed),
            .columns = fill(&columns, c->columns, c->shape.size[c->axis + 1], &seed)};
        const oct_array input = {from, c->shape, x};
        oct_compare_everywhere(&(oct_simple){c->name, make, &desc, &input, 1, &to, 1}, NULL);
    }
    free(x);
}

static const int32_t zero[] = {0}, five[] = {5};
static const float one[] = {1}, endless[] = {INFINITY};

static void wrong_descriptions_are_refused(void **state)
{
    static const float scale[] = {0};
    static const struct {
        octet_interpolate_desc desc;
        const char *text;
    } cases[] = {
        {{.input_type = OCTET_S32, .output_type = OCTET_S32}, "types must be f32, or s8 or u8"},
        {{.input_type = OCTET_F32, .output_type = OCTET_U8}, "types must be f32, or s8 or u8"},
        {{.rows = {1, zero, zero, endless, one}}, "weights 0 of the rows are inf and 1"},
        {{.columns = {1, zero, zero, one, endless}}, "weights 0 of the columns are 1 and inf"},
        {{.columns = {1, zero, NULL, one, one}}, "an array of the columns is NULL"},
        {{.output = {scale, 1, NULL, 0}}, "interpolate: output: scale 0 is 0"},
        {{.input_type = OCTET_F32, .output_type = OCTET_F32, .output = {one, 1, NULL, 0}},
         "interpolate: f32 has no quantization"},
    };
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++)
        oct_refuse_desc(make, &cases[i].desc, OCTET_INVALID_ARGUMENT, cases[i].text);
}

static void wrong_shapes_are_refused(void **state)
{
    static const struct {
        octet_interpolate_desc desc;
        octet_shape shape;
        const char *text;
    } cases[] = {
        {{.axis = 1}, {2, {5, 5}}, "axis 1 and the next; the input has 2"},
        {{.axis = 0}, {1, {5}}, "axis 0 and the next; the input has 1"},
        {{.rows = {1, zero, five, one, one}},
         {2, {5, 5}},
         "indices 0 of the rows are 0 and 5; the input's size is 5"},
        {{.columns = {1, five, zero, one, one}},
         {2, {5, 5}},
         "indices 0 of the columns are 5 and 0; the input's size is 5"},
    };
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++)
        oct_refuse_shape(make, &cases[i].desc, &cases[i].shape, OCTET_INVALID_ARGUMENT,
                         cases[i].text);
}

int main(void)
{
    enum { OTHERS = 2, CASES = OCT_COUNT(interpolate_cases) };
    struct CMUnitTest tests[OTHERS + 2 * CASES] = {
        cmocka_unit_test(wrong_descriptions_are_refused),
        cmocka_unit_test(wrong_shapes_are_refused),
    };
    OCT_ROW_TESTS(&tests[OTHERS], floats, interpolate_cases);
    OCT_ROW_TESTS(&tests[OTHERS + CASES], stored, interpolate_cases);
    return cmocka_run_group_tests(tests, oct_rig_open, oct_rig_close);
}
