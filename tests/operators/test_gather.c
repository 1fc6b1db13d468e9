/* test_gather.c - elements picked along each axis by a table. */
#include <math.h>
#include <stdlib.h>

#include "core/shape.h"
#include "support/stage.h"

static octet_status make(octet_context *context, const void *desc, const char *variant,
                         octet_operator **out)
{
    octet_gather_desc own = *(const octet_gather_desc *)desc;
    own.struct_size = sizeof own;
    own.variant = variant;
    return octet_gather_create(context, &own, out);
}

/* Output index i of an axis is input index (first + i * step) / divisor, or where that leaves the
 * axis, or leaves a remainder, outside. "size" 0: no table. */
typedef struct axis {
    size_t size;
    int first, step, divisor;
} axis;

typedef struct gather_case {
    const char *name;
    octet_shape shape;
    axis axes[OCTET_MAX_RANK];
} gather_case;

static const gather_case gather_cases[] = {
    {"a scalar", {0, {0}}, {{0, 0, 0, 0}}},
    {"as it was", {2, {5, 7}}, {{0, 0, 0, 0}}},
    {"a line backwards", {1, {77}}, {{77, 76, -1, 1}}},
    {"every second", {2, {9, 30}}, {{0, 0, 0, 0}, {15, 1, 2, 1}}},
    {"padded images", {4, {2, 7, 5, 3}}, {{0, 0, 0, 0}, {10, -2, 1, 1}, {9, -1, 1, 1}}},
    {"cropped and padded", {4, {2, 3, 7, 5}}, {{0, 0, 0, 0}, {1, 2, 1, 1}, {6, 3, 1, 1}}},
    {"zeros between", {4, {1, 4, 5, 3}}, {{0, 0, 0, 0}, {7, 0, 1, 2}, {13, -1, 1, 3}}},
    {"long rows", {3, {2, 3, 10007}}, {{0, 0, 0, 0}, {5, -1, 1, 1}}},
    {"a part of each row", {3, {2, 3, 50}}, {{0, 0, 0, 0}, {2, 2, -1, 1}, {20, 7, 1, 1}}},
    {"a part of a line", {1, {77}}, {{30, 5, 1, 1}}},
    {"some rows of images", {4, {3, 7, 5, 3}}, {{0, 0, 0, 0}, {4, 2, 1, 1}}},
    {"one of eight",
     {8, {2, 2, 2, 2, 2, 2, 2, 3}},
     {{2, 1, -1, 1},
      {2, 1, -1, 1},
      {2, 1, -1, 1},
      {2, 1, -1, 1},
      {2, 1, -1, 1},
      {2, 1, -1, 1},
      {2, 1, -1, 1},
      {2, 1, 1, 1}}},
    {"a table that changes nothing", {3, {3, 4, 50}}, {{5, -1, 1, 1}, {0, 0, 0, 0}, {50, 0, 1, 1}}},
    {"several work-items", {3, {37, 41, 43}}, {{20, 36, -2, 1}, {41, 40, -1, 1}, {60, -8, 1, 1}}},
    {"eight dimensions",
     {8, {3, 2, 2, 3, 2, 2, 3, 2}},
     {{4, -1, 1, 1},
      {2, 1, -1, 1},
      {0, 0, 0, 0},
      {1, 2, 1, 1},
      {3, 0, 1, 2},
      {0, 0, 0, 0},
      {3, 2, -1, 1},
      {3, -1, 1, 1}}},
    {"nothing of something", {2, {4, 3}}, {{0, 0, 0, 0}, {2, 9, 1, 1}}},
    {"an empty batch", {2, {0, 3}}, {{0, 0, 0, 0}, {2, 1, 1, 1}}},
};

/* The input index of an output index; -1: outside. */
static int32_t source(const axis *a, size_t size, size_t i)
{
    const int at = a->first + (int)i * a->step;
    return at < 0 || at % a->divisor != 0 || at / a->divisor >= (int)size ? -1 : at / a->divisor;
}

/* Output element "i" of y's shape, by the definition; SIZE_MAX: outside. */
static size_t source_of(const gather_case *c, const octet_shape *y, size_t i)
{
    size_t stride = 1, from = 0;
    bool outside = false;
    for (size_t d = c->shape.rank; d-- > 0; stride *= c->shape.size[d]) {
        const size_t at = i % y->size[d];
        const int32_t index =
            c->axes[d].size == 0 ? (int32_t)at : source(&c->axes[d], c->shape.size[d], at);
        outside = outside || index < 0;
        from += (size_t)index * stride;
        i /= y->size[d];
    }
    return outside ? SIZE_MAX : from;
}

/* Tables in "indices", which has room for 100 of each axis; the shape of the output. */
static octet_shape describe(const gather_case *c, int32_t indices[][100], octet_gather_desc *desc)
{
    octet_shape y = c->shape;
    desc->rank = c->shape.rank;
    for (size_t d = 0; d < c->shape.rank; d++) {
        if (c->axes[d].size == 0)
            continue;
        for (size_t i = 0; i < c->axes[d].size; i++)
            indices[d][i] = source(&c->axes[d], c->shape.size[d], i);
        desc->indices[d] = indices[d];
        desc->sizes[d] = y.size[d] = c->axes[d].size;
    }
    return y;
}

static void tables(void **state)
{
    const gather_case *const c = *state;
    static const octet_type types[] = {OCTET_S8, OCTET_U8, OCTET_S32, OCTET_F32};
    static const double fills[] = {-77, 200, -123456789, 0.375};
    static const float real = 0.375f;
    static const int32_t whole = -123456789;
    static const uint8_t bytes[] = {(uint8_t)-77, 200};
    const void *const filled[] = {&bytes[0], &bytes[1], &whole, &real};
    int32_t indices[OCTET_MAX_RANK][100];
    octet_gather_desc desc = {.rank = 0};
    const octet_shape shape = describe(c, indices, &desc);
    size_t count = 0, outputs = 0;
    uint64_t seed = 61;
    assert_true(oct_shape_count(&c->shape, &count) && oct_shape_count(&shape, &outputs));
    uint32_t *const x = calloc(count + 1, sizeof *x), *const y = calloc(outputs + 1, sizeof *y);
    assert_true(x != NULL && y != NULL);
    for (size_t i = 0; i < count; i++)
        x[i] = oct_random_bits(&seed) & 0x7f7fffff; /* finite, so that bits are comparable */
    for (size_t t = 0; t < OCT_COUNT(types); t++) {
        const size_t size = oct_type(types[t])->size;
        desc.type = types[t];
        desc.fill = fills[t];
        for (size_t i = 0; i < outputs; i++) {
            const size_t from = source_of(c, &shape, i);
            memcpy((char *)y + i * size,
                   from == SIZE_MAX ? filled[t] : (const char *)x + from * size, size);
        }
        const oct_array input = {types[t], c->shape, x};
        oct_compare_everywhere(&(oct_simple){c->name, make, &desc, &input, 1, &types[t], 1}, y);
    }
    free(x);
    free(y);
}

/* An input without elements still gives an output, all of it outside. */
static void empty_inputs_are_filled(void **state)
{
    static const int32_t outside[] = {-1, -1, -1};
    static const uint8_t x = 0, expected[] = {9, 9, 9, 9, 9, 9};
    static const octet_type type = OCTET_U8;
    const octet_gather_desc desc = {
        .type = type, .rank = 2, .sizes = {0, 3}, .indices = {NULL, outside}, .fill = 9};
    const oct_array input = {type, {2, {2, 0}}, &x};
    (void)state;
    oct_compare_everywhere(&(oct_simple){"empty", make, &desc, &input, 1, &type, 1}, expected);
}

static void wrong_descriptions_are_refused(void **state)
{
    static const struct {
        octet_gather_desc desc;
        const char *text;
    } cases[] = {
        {{.type = (octet_type)4, .rank = 1}, "type 4"},
        {{.rank = 9}, "9 dimensions; at most 8"},
        {{.type = OCTET_U8, .fill = 256}, "fill is 256; it must be a value of u8"},
        {{.type = OCTET_S8, .fill = -129}, "fill is -129; it must be a value of s8"},
        {{.type = OCTET_S8, .fill = 0.5}, "fill is 0.5"},
        {{.type = OCTET_S32, .fill = 0x1p31}, "it must be a value of s32"},
        {{.type = OCTET_S8, .fill = NAN}, "it must be a value of s8"},
        {{.type = OCTET_F32, .fill = 0.1}, "it must be a value of f32"},
    };
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++)
        oct_refuse_desc(make, &cases[i].desc, OCTET_INVALID_ARGUMENT, cases[i].text);
}

static void wrong_shapes_are_refused(void **state)
{
    static const int32_t low[] = {0, -2}, high[] = {4, 5};
    static const struct {
        const int32_t *indices;
        octet_shape shape;
        const char *text;
    } cases[] = {
        {low, {1, {5}}, "index 1 of axis 0 is -2; the input's size is 5"},
        {high, {1, {5}}, "index 1 of axis 0 is 5; the input's size is 5"},
        {high, {2, {5, 5}}, "the input has 2 dimensions, the description 1"},
    };
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        const octet_gather_desc desc = {.rank = 1, .sizes = {2}, .indices = {cases[i].indices}};
        oct_refuse_shape(make, &desc, &cases[i].shape, OCTET_INVALID_ARGUMENT, cases[i].text);
    }
}

int main(void)
{
    enum { OTHERS = 3 };
    struct CMUnitTest tests[OTHERS + OCT_COUNT(gather_cases)] = {
        cmocka_unit_test(empty_inputs_are_filled),
        cmocka_unit_test(wrong_descriptions_are_refused),
        cmocka_unit_test(wrong_shapes_are_refused),
    };
    OCT_ROW_TESTS(&tests[OTHERS], tables, gather_cases);
    return cmocka_run_group_tests(tests, oct_rig_open, oct_rig_close);
}
