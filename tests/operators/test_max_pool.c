/* test_max_pool.c - the largest stored value of each window. */
#include <stdio.h>
#include <stdlib.h>

#include "core/shape.h"
#include "support/pool.h"

static void compare(const oct_pool_case *c, octet_type type, octet_layout layout)
{
    octet_max_pool_desc desc = oct_max_pool_of(c, layout);
    const octet_shape shape = oct_pool_input(c, layout);
    size_t count = 0;
    uint64_t seed = 41;
    char what[64];
    desc.type = type;
    assert_true(oct_shape_count(&shape, &count));
    uint8_t *const x = malloc(count + 1);
    assert_non_null(x);
    for (size_t i = 0; i < count; i++)
        x[i] = (uint8_t)oct_random_bits(&seed);
    const oct_array input = {type, shape, x};
    snprintf(what, sizeof what, "%s %s", oct_type(type)->name,
             layout == OCTET_NHWC ? "nhwc" : "nchw");
    oct_compare_everywhere(&(oct_simple){what, oct_make_max_pool, &desc, &input, 1, &type, 1},
                           NULL);
    free(x);
}

static void windows(void **state)
{
    const oct_pool_case *const c = *state;
    compare(c, OCTET_U8, OCTET_NHWC);
    compare(c, OCTET_S8, OCTET_NHWC);
    compare(c, OCTET_U8, OCTET_NCHW);
    compare(c, OCTET_S8, OCTET_NCHW);
}

/* A negative value wins over padding, and a window of nothing else has the lowest. */
static void padding_never_wins(void **state)
{
    static const int8_t x[] = {-100, -90, -120, -128};
    static const int8_t expected[] = {-100, -90, -90, -100, -90, -90, -120, -120, -128};
    const octet_type type = OCTET_S8;
    const octet_max_pool_desc desc = {.type = OCTET_S8, .kernel = {2, 2}, .padding = {1, 1, 1, 1}};
    const oct_array input = {OCTET_S8, {4, {1, 2, 2, 1}}, x};
    (void)state;
    oct_compare_everywhere(&(oct_simple){"padding", oct_make_max_pool, &desc, &input, 1, &type, 1},
                           expected);
}

static void wrong_descriptions_are_refused(void **state)
{
    static const struct {
        octet_max_pool_desc desc;
        const char *text;
    } cases[] = {
        {{.type = OCTET_S32, .kernel = {2, 2}}, "type must be s8, u8 or f32"},
        {{.type = OCTET_U8, .kernel = {0, 2}}, "kernel 0x2"},
        {{.type = OCTET_U8, .kernel = {2, 2}, .layout = (octet_layout)2}, "layout 2"},
    };
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++)
        oct_refuse_desc(oct_make_max_pool, &cases[i].desc, OCTET_INVALID_ARGUMENT, cases[i].text);
}

static void wrong_shapes_are_refused(void **state)
{
    const octet_max_pool_desc desc = {.type = OCTET_U8, .kernel = {3, 3}};
    const octet_shape flat = {2, {5, 5}}, small = {4, {1, 2, 5, 1}};
    (void)state;
    oct_refuse_shape(oct_make_max_pool, &desc, &flat, OCTET_INVALID_ARGUMENT,
                     "5x5; it must have 4 dimensions");
    oct_refuse_shape(oct_make_max_pool, &desc, &small, OCTET_INVALID_ARGUMENT, "3x3 does not fit");
}

int main(void)
{
    enum { OTHERS = 3 };
    struct CMUnitTest tests[OTHERS + OCT_POOL_CASES] = {
        cmocka_unit_test(padding_never_wins),
        cmocka_unit_test(wrong_descriptions_are_refused),
        cmocka_unit_test(wrong_shapes_are_refused),
    };
    oct_pool_tests(&tests[OTHERS], windows);
    return cmocka_run_group_tests(tests, oct_rig_open, oct_rig_close);
}
