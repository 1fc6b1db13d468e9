/* test_geometry.c - output sizes of windows. */
#include "core/geometry.h"

#include "support/unit.h"

typedef struct window_case {
    size_t in, kernel, stride, dilation, before, after;
    size_t floor, ceil; /* output sizes; 0: refused */
} window_case;

static void assert_output(const window_case *c, int axis, bool ceil, size_t expected)
{
    oct_window window = {{1, 1}, {1, 1}, {1, 1}, {0, 0, 0, 0}};
    size_t out = 12345;
    window.kernel[axis] = c->kernel;
    window.stride[axis] = c->stride;
    window.dilation[axis] = c->dilation;
    window.padding[axis] = c->before;
    window.padding[axis + 2] = c->after;
    assert_int_equal(oct_window_output(&window, axis, c->in, ceil, &out), expected > 0);
    assert_int_equal(out, expected > 0 ? expected : 12345);
}

static void sizes_follow_the_formula(void **state)
{
    static const window_case cases[] = {
        /* in, kernel, stride, dilation, before, after, floor, ceil */
        {5, 5, 1, 1, 0, 0, 1, 1},
        {5, 1, 1, 1, 0, 0, 5, 5},
        {224, 7, 2, 1, 3, 3, 112, 113},
        {224, 7, 2, 1, 2, 3, 112, 112},
        {112, 3, 2, 1, 1, 1, 56, 57},
        {10, 3, 1, 2, 0, 0, 6, 6},
        {10, 3, 2, 3, 1, 0, 3, 3},
        {4, 5, 1, 1, 0, 0, 0, 0},
        {4, 5, 1, 1, 0, 1, 1, 1},
        {5, 2, 2, 1, 0, 0, 2, 3},
        {5, 2, 3, 1, 0, 0, 2, 2},
        {4, 1, 3, 1, 0, 0, 2, 2},
        {3, 1, 2, 1, 0, 2, 3, 2}, /* a third window would start in the trailing padding */
        {2, 1, 2, 1, 2, 0, 2, 2},
        {0, 1, 1, 1, 0, 0, 0, 0},
        {0, 1, 1, 1, 1, 0, 1, 1},
        {5, 0, 1, 1, 0, 0, 0, 0},
        {5, 1, 0, 1, 0, 0, 0, 0},
        {5, 1, 1, 0, 0, 0, 0, 0},
        {5, SIZE_MAX, 1, 2, 0, 0, 0, 0},
        {5, 2, 1, SIZE_MAX, 0, 0, 0, 0},
        {5, 1, 1, 1, SIZE_MAX, 0, 0, 0},
        {5, 1, 1, 1, 0, SIZE_MAX, 0, 0},
        {SIZE_MAX, 1, 1, 1, 0, 0, SIZE_MAX, SIZE_MAX},
    };
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        for (int axis = 0; axis < 2; axis++) {
            assert_output(&cases[i], axis, false, cases[i].floor);
            assert_output(&cases[i], axis, true, cases[i].ceil);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_follow_the_formula),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
