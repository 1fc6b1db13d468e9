/* test_float_pool.c - the largest and the mean of windows of float32. */
#include <float.h>
#include <math.h>

#include "reference/reference.h"

#include "support/unit.h"

enum { MOST_VALUES = 16 };

/* 2^24 + 1 is 2^24, and 2^24 + 2 is not. */
#define LARGE 0x1p24f

static const struct pool_case {
    const char *name;
    oct_pool_function function;
    oct_conv2d_geometry geometry; /* layout; n, h, w, c; oh, ow, oc, groups; window */
    bool count_padding;
    float input[MOST_VALUES], expected[MOST_VALUES];
} cases[] = {
    {.name = "largest, and padding never wins",
     .function = OCT_POOL_MAXIMUM,
     .geometry = {OCTET_NHWC, 1, 1, 3, 1, 1, 3, 1, 1, {{1, 2}, {1, 2}, {1, 1}, {0, 1, 0, 2}}},
     .input = {-3.0f, -1.5f, -2.0f},
     .expected = {-3.0f, -1.5f, -FLT_MAX}},
    {.name = "NaN never wins, infinity does",
     .function = OCT_POOL_MAXIMUM,
     .geometry = {OCTET_NHWC, 1, 1, 4, 1, 1, 2, 1, 1, {{1, 2}, {1, 2}, {1, 1}, {0}}},
     .input = {NAN, -7.0f, INFINITY, 1.0f},
     .expected = {-7.0f, INFINITY}},
    {.name = "largest of two channels, channels first",
     .function = OCT_POOL_MAXIMUM,
     .geometry = {OCTET_NCHW, 1, 2, 2, 2, 1, 1, 2, 1, {{2, 2}, {1, 1}, {1, 1}, {0}}},
     .input = {1.0f, 4.0f, 2.0f, 3.0f, -1.0f, -4.0f, -2.0f, -3.0f},
     .expected = {4.0f, -1.0f}},
    {.name = "mean by rows",
     .function = OCT_POOL_ROWS,
     .geometry = {OCTET_NHWC, 1, 2, 2, 1, 1, 1, 1, 1, {{2, 2}, {1, 1}, {1, 1}, {0}}},
     .input = {1.0f, LARGE, 1.0f, 1.0f},
     .expected = {LARGE / 4}},
    {.name = "mean by columns",
     .function = OCT_POOL_COLUMNS,
     .geometry = {OCTET_NHWC, 1, 2, 2, 1, 1, 1, 1, 1, {{2, 2}, {1, 1}, {1, 1}, {0}}},
     .input = {1.0f, LARGE, 1.0f, 1.0f},
     .expected = {(LARGE + 2) / 4}},
    {.name = "mean by fourths: 0 and 2, 1 and 3, then the rest",
     .function = OCT_POOL_FOURTHS,
     .geometry = {OCTET_NHWC, 1, 1, 7, 1, 1, 1, 1, 1, {{1, 7}, {1, 1}, {1, 1}, {0}}},
     .input = {LARGE, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f},
     .expected = {(LARGE + 4) / 7}},
    {.name = "padding is not counted",
     .function = OCT_POOL_COLUMNS,
     .geometry = {OCTET_NHWC, 1, 1, 2, 1, 1, 3, 1, 1, {{1, 2}, {1, 1}, {1, 1}, {0, 1, 0, 1}}},
     .input = {3.0f, 5.0f},
     .expected = {3.0f, 4.0f, 5.0f}},
    {.name = "padding is counted",
     .function = OCT_POOL_COLUMNS,
     .geometry = {OCTET_NHWC, 1, 1, 2, 1, 1, 3, 1, 1, {{1, 2}, {1, 1}, {1, 1}, {0, 1, 0, 1}}},
     .count_padding = true,
     .input = {3.0f, 5.0f},
     .expected = {1.5f, 4.0f, 2.5f}},
    {.name = "a third is rounded once",
     .function = OCT_POOL_ROWS,
     .geometry = {OCTET_NHWC, 1, 1, 3, 1, 1, 1, 1, 1, {{1, 3}, {1, 3}, {1, 1}, {0}}},
     .input = {1.0f, 0.0f, 0.0f},
     .expected = {0x1.555556p-2f}},
};

static void hand_worked(void **state)
{
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        const struct pool_case *const c = &cases[i];
        const oct_conv2d_geometry *const g = &c->geometry;
        const oct_reference_float_pool pool = {c->function, *g, c->count_padding};
        const size_t count = g->images * g->out_height * g->out_width * g->channels;
        float actual[MOST_VALUES];
        oct_reference_float_pool_run(&pool, c->input, actual);
        for (size_t j = 0; j < count; j++)
            if (memcmp(&actual[j], &c->expected[j], sizeof actual[j]) != 0)
                fail_msg("%s: element %zu is %a instead of %a", c->name, j, (double)actual[j],
                         (double)c->expected[j]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(hand_worked)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
