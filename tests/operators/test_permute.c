/* test_permute.c - dimensions in another order. */
#include <stdlib.h>

#include "core/shape.h"
#include "support/stage.h"

static octet_status make(octet_context *context, const void *desc, const char *variant,
                         octet_operator **out)
{
    octet_permute_desc own = *(const octet_permute_desc *)desc;
    own.struct_size = sizeof own;
    own.variant = variant;
    return octet_permute_create(context, &own, out);
}

static const struct permute_case {
    const char *name;
    octet_shape shape;
    size_t order[OCTET_MAX_RANK];
} permute_cases[] = {
    {"a scalar", {0, {0}}, {0}},
    {"a line", {1, {77}}, {0}},
    {"as it was", {3, {5, 7, 11}}, {0, 1, 2}},
    {"transposed", {2, {61, 97}}, {1, 0}},
    {"one row", {2, {1, 300}}, {1, 0}},
    {"nhwc to nchw", {4, {2, 9, 13, 5}}, {0, 3, 1, 2}},
    {"nchw to nhwc", {4, {2, 5, 9, 13}}, {0, 2, 3, 1}},
    {"backwards", {8, {2, 3, 2, 1, 3, 2, 5, 3}}, {7, 6, 5, 4, 3, 2, 1, 0}},
    {"eight in a circle", {8, {3, 2, 2, 3, 2, 2, 3, 2}}, {3, 4, 5, 6, 7, 0, 1, 2}},
    {"several work-items", {3, {37, 41, 43}}, {2, 0, 1}},
    {"long lines", {3, {3, 2, 10007}}, {1, 0, 2}},
    {"nothing", {3, {4, 0, 3}}, {2, 1, 0}},
};

/* The element of y at flat index i, by the definition. */
static size_t source_of(const struct permute_case *c, size_t i)
{
    size_t stride[OCTET_MAX_RANK], product = 1, source = 0;
    for (size_t d = c->shape.rank; d-- > 0;) {
        stride[d] = product;
        product *= c->shape.size[d];
    }
    for (size_t d = c->shape.rank; d-- > 0;) {
        const size_t size = c->shape.size[c->order[d]];
        source += i % size * stride[c->order[d]];
        i /= size;
    }
    return source;
}

static void orders(void **state)
{
    const struct permute_case *const c = *state;
    static const octet_type types[] = {OCTET_S8, OCTET_U8, OCTET_S32, OCTET_F32};
    size_t count = 0;
    uint64_t seed = 51;
    assert_true(oct_shape_count(&c->shape, &count));
    uint32_t *const words = calloc(2 * (count + 1), sizeof *words), *const y = words + count + 1;
    assert_non_null(words);
    for (size_t i = 0; i < count; i++)
        words[i] = oct_random_bits(&seed) & 0x7f7fffff; /* finite, so that bits are comparable */
    for (size_t t = 0; t < OCT_COUNT(types); t++) {
        octet_permute_desc desc = {.type = types[t], .rank = c->shape.rank};
        const size_t size = oct_type(types[t])->size;
        memcpy(desc.order, c->order, sizeof desc.order);
        for (size_t i = 0; i < count; i++)
            memcpy((char *)y + i * size, (const char *)words + source_of(c, i) * size, size);
        const oct_array input = {types[t], c->shape, words};
        oct_compare_everywhere(&(oct_simple){c->name, make, &desc, &input, 1, &types[t], 1}, y);
    }
    free(words);
}

static void the_output_shape_is_reordered(void **state)
{
    const octet_permute_desc desc = {.type = OCTET_S8, .rank = 4, .order = {0, 3, 1, 2}};
    const octet_shape x = {4, {2, 9, 13, 5}}, expected = {4, {2, 5, 9, 13}};
    octet_shape y = {0};
    octet_operator *op = NULL;
    (void)state;
    OCT_ASSERT_OK(make(oct_the_rig.reference, &desc, NULL, &op));
    OCT_ASSERT_OK(octet_operator_prepare(op, &x, 1, &y, 1));
    assert_true(oct_shape_equal(&y, &expected));
    octet_operator_destroy(op);
}

static void wrong_descriptions_are_refused(void **state)
{
    static const struct {
        octet_permute_desc desc;
        const char *text;
    } cases[] = {
        {{.type = (octet_type)4, .rank = 1}, "type 4"},
        {{.rank = 9}, "9 dimensions; at most 8"},
        {{.rank = 2, .order = {0, 0}}, "order[1] is 0"},
        {{.rank = 2, .order = {0, 2}}, "order[1] is 2"},
        {{.rank = 3, .order = {2, 1, 99}}, "order[2] is 99"},
    };
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++)
        oct_refuse_desc(make, &cases[i].desc, OCTET_INVALID_ARGUMENT, cases[i].text);
}

static void wrong_shapes_are_refused(void **state)
{
    const octet_permute_desc desc = {.rank = 2, .order = {1, 0}};
    const octet_shape line = {1, {5}};
    (void)state;
    oct_refuse_shape(make, &desc, &line, OCTET_INVALID_ARGUMENT,
                     "input has 1 dimensions, the order 2");
}

int main(void)
{
    enum { OTHERS = 3 };
    struct CMUnitTest tests[OTHERS + OCT_COUNT(permute_cases)] = {
        cmocka_unit_test(the_output_shape_is_reordered),
        cmocka_unit_test(wrong_descriptions_are_refused),
        cmocka_unit_test(wrong_shapes_are_refused),
    };
    OCT_ROW_TESTS(&tests[OTHERS], orders, permute_cases);
    return cmocka_run_group_tests(tests, oct_rig_open, oct_rig_close);
}
