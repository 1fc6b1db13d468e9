/* test_max_pool.c - the largest stored value of each window. */
#include <stdio.h>
#include <stdlib.h>

#include "core/shape.h"
#include "support/stage.h"

static octet_status make(octet_context *context, const void *desc, const char *variant,
                         octet_operator **out)
{
    octet_max_pool_desc own = *(const octet_max_pool_desc *)desc;
    own.struct_size = sizeof own;
    own.variant = variant;
    return octet_max_pool_create(context, &own, out);
}

/* Pairs are height, width; padding is top, left, bottom, right. */
static const struct pool_case {
    size_t images, size[2], channels, kernel[2], stride[2], dilation[2], padding[4];
    int ceil;
} pool_cases[] = {
    /* n  h   w   c    kernel  stride  dilation  padding     ceil */
    {1, {1, 1}, 1, {1, 1}, {0, 0}, {0, 0}, {0, 0, 0, 0}, 0},
    {2, {9, 11}, 5, {2, 2}, {2, 2}, {0, 0}, {0, 0, 0, 0}, 0},
    {1, {9, 11}, 16, {2, 2}, {2, 2}, {0, 0}, {0, 0, 0, 0}, 1},
    {1, {14, 40}, 17, {3, 3}, {2, 2}, {0, 0}, {1, 1, 1, 1}, 0},
    {1, {14, 41}, 33, {3, 3}, {2, 2}, {0, 0}, {1, 1, 1, 1}, 1},
    {3, {5, 70}, 2, {3, 3}, {1, 1}, {0, 0}, {1, 1, 1, 1}, 0},
    {1, {7, 50}, 3, {2, 3}, {3, 1}, {2, 3}, {1, 0, 0, 2}, 0},
    {1, {6, 64}, 4, {1, 5}, {1, 3}, {1, 2}, {0, 4, 0, 3}, 1},
    {1, {4, 4}, 7, {4, 4}, {1, 1}, {0, 0}, {3, 3, 3, 3}, 0},
    {1, {3, 3}, 2, {1, 1}, {1, 1}, {0, 0}, {2, 1, 0, 2}, 0}, /* windows of nothing but padding */
    {1, {20, 100}, 3, {1, 1}, {1, 1}, {0, 0}, {0, 0, 0, 0}, 0},
    {1, {2, 5000}, 3, {2, 2}, {1, 2}, {0, 0}, {0, 0, 0, 0}, 0}, /* several work-items in a line */
    {1, {2, 3}, 9000, {2, 2}, {1, 1}, {0, 0}, {0, 0, 0, 0}, 0},
    {0, {5, 5}, 3, {2, 2}, {1, 1}, {0, 0}, {0, 0, 0, 0}, 0},
    {1, {5, 5}, 0, {2, 2}, {1, 1}, {0, 0}, {0, 0, 0, 0}, 0},
};

static void compare(const struct pool_case *c, octet_type type, octet_layout layout)
{
    octet_max_pool_desc desc = {.type = type, .layout = layout, .ceil = c->ceil};
    const octet_shape nhwc = {4, {c->images, c->size[0], c->size[1], c->channels}};
    const octet_shape nchw = {4, {c->images, c->channels, c->size[0], c->size[1]}};
    size_t count = 0;
    uint64_t seed = 41;
    char what[64];
    memcpy(desc.kernel, c->kernel, sizeof desc.kernel);
    memcpy(desc.stride, c->stride, sizeof desc.stride);
    memcpy(desc.dilation, c->dilation, sizeof desc.dilation);
    memcpy(desc.padding, c->padding, sizeof desc.padding);
    assert_true(oct_shape_count(&nhwc, &count));
    uint8_t *const x = malloc(count + 1);
    assert_non_null(x);
    for (size_t i = 0; i < count; i++)
        x[i] = (uint8_t)oct_random_bits(&seed);
    const oct_array input = {type, layout == OCTET_NHWC ? nhwc : nchw, x};
    snprintf(what, sizeof what, "%s %s", oct_type(type)->name,
             layout == OCTET_NHWC ? "nhwc" : "nchw");
    oct_compare_everywhere(&(oct_simple){what, make, &desc, &input, 1, &type, 1}, NULL);
    free(x);
}

static void windows(void **state)
{
    const struct pool_case *const c = *state;
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
    oct_compare_everywhere(&(oct_simple){"padding", make, &desc, &input, 1, &type, 1}, expected);
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
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        octet_operator *op = NULL;
        OCT_ASSERT_REFUSED(make(oct_the_rig.reference, &cases[i].desc, NULL, &op),
                           OCTET_INVALID_ARGUMENT, cases[i].text);
        assert_null(op);
    }
}

static void wrong_shapes_are_refused(void **state)
{
    const octet_max_pool_desc desc = {.type = OCTET_U8, .kernel = {3, 3}};
    const octet_shape flat = {2, {5, 5}}, small = {4, {1, 2, 5, 1}};
    octet_operator *op = NULL;
    (void)state;
    OCT_ASSERT_OK(make(oct_the_rig.reference, &desc, NULL, &op));
    OCT_ASSERT_REFUSED(octet_operator_prepare(op, &flat, 1, NULL, 0), OCTET_INVALID_ARGUMENT,
                       "5x5; it must have 4 dimensions");
    OCT_ASSERT_REFUSED(octet_operator_prepare(op, &small, 1, NULL, 0), OCTET_INVALID_ARGUMENT,
                       "3x3 does not fit");
    octet_operator_destroy(op);
}

int main(void)
{
    enum { OTHERS = 3 };
    static char names[OCT_COUNT(pool_cases)][32];
    struct CMUnitTest tests[OTHERS + OCT_COUNT(pool_cases)] = {
        cmocka_unit_test(padding_never_wins),
        cmocka_unit_test(wrong_descriptions_are_refused),
        cmocka_unit_test(wrong_shapes_are_refused),
    };
    for (size_t i = 0; i < OCT_COUNT(pool_cases); i++) {
        snprintf(names[i], sizeof names[i], "windows, row %zu", i);
        tests[OTHERS + i] = (struct CMUnitTest){names[i], windows, NULL, NULL,
                                                (void *)&pool_cases[i]}; /* read only */
    }
    return cmocka_run_group_tests(tests, oct_rig_open, oct_rig_close);
}
