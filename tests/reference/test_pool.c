/* test_pool.c - the largest and the mean of windows. */
#include "reference/reference.h"

#include "support/unit.h"

enum { MOST_VALUES = 32 };

typedef struct pool_case {
    const char *name;
    octet_type type;
    oct_conv2d_geometry geometry;
    int16_t input[MOST_VALUES], expected[MOST_VALUES];
} pool_case;

static const pool_case cases[] = {
    {.name = "2x2, stride 2, signed",
     .type = OCTET_S8,
     .geometry = {OCTET_NHWC, 1, 2, 4, 1, 1, 2, 1, 1, {{2, 2}, {2, 2}, {1, 1}, {0}}},
     .input = {-5, -2, 1, 0, -7, -9, 100, -128},
     .expected = {-2, 100}},
    {.name = "2x2, stride 2, unsigned",
     .type = OCTET_U8,
     .geometry = {OCTET_NHWC, 1, 2, 4, 1, 1, 2, 1, 1, {{2, 2}, {2, 2}, {1, 1}, {0}}},
     .input = {251, 254, 1, 0, 249, 247, 100, 128},
     .expected = {254, 128}},
    {.name = "padding never wins",
     .type = OCTET_S8,
     .geometry = {OCTET_NHWC, 1, 1, 2, 1, 3, 4, 1, 1, {{3, 3}, {1, 1}, {1, 1}, {2, 2, 2, 2}}},
     .input = {-100, -50},
     .expected = {-100, -50, -50, -50, -100, -50, -50, -50, -100, -50, -50, -50}},
    {.name = "nothing but padding is lowest",
     .type = OCTET_S8,
     .geometry = {OCTET_NHWC, 1, 1, 1, 1, 1, 3, 1, 1, {{1, 1}, {1, 1}, {1, 1}, {0, 1, 0, 1}}},
     .input = {3},
     .expected = {-128, 3, -128}},
    {.name = "dilation 2 along the width",
     .type = OCTET_U8,
     .geometry = {OCTET_NHWC, 1, 1, 5, 1, 1, 3, 1, 1, {{1, 2}, {1, 1}, {1, 2}, {0}}},
     .input = {1, 9, 3, 4, 2},
     .expected = {3, 9, 3}},
    {.name = "a cut-off last window",
     .type = OCTET_U8,
     .geometry = {OCTET_NHWC, 1, 1, 5, 1, 1, 3, 1, 1, {{1, 2}, {1, 2}, {1, 1}, {0}}},
     .input = {1, 2, 3, 4, 5},
     .expected = {2, 4, 5}},
    {.name = "two images of two channels, NHWC",
     .type = OCTET_U8,
     .geometry = {OCTET_NHWC, 2, 2, 2, 2, 1, 1, 2, 1, {{2, 2}, {1, 1}, {1, 1}, {0}}},
     .input = {1, 20, 2, 10, 3, 30, 4, 0, 50, 6, 0, 7, 0, 8, 1, 5},
     .expected = {4, 30, 50, 8}},
    {.name = "two images of two channels, NCHW",
     .type = OCTET_U8,
     .geometry = {OCTET_NCHW, 2, 2, 2, 2, 1, 1, 2, 1, {{2, 2}, {1, 1}, {1, 1}, {0}}},
     .input = {1, 2, 3, 4, 20, 10, 30, 0, 50, 0, 0, 1, 6, 7, 8, 5},
     .expected = {4, 30, 50, 8}},
    {.name = "height and width are not mixed up",
     .type = OCTET_U8,
     .geometry = {OCTET_NCHW, 1, 3, 2, 1, 2, 2, 1, 1, {{1, 1}, {2, 1}, {1, 1}, {0}}},
     .input = {1, 2, 3, 4, 5, 6},
     .expected = {1, 2, 5, 6}},
    {.name = "no images",
     .geometry = {OCTET_NHWC, 0, 2, 2, 1, 1, 1, 1, 1, {{2, 2}, {1, 1}, {1, 1}, {0}}}},
};

static void pool_by_hand(void **state)
{
    const pool_case *const c = *state;
    const oct_conv2d_geometry *const g = &c->geometry;
    const size_t count = g->images * g->out_height * g->out_width * g->out_channels;
    uint8_t input[MOST_VALUES], output[MOST_VALUES];
    for (size_t i = 0; i < MOST_VALUES; i++) {
        input[i] = (uint8_t)c->input[i];
        output[i] = 77;
    }
    oct_reference_max_pool(c->type, g, input, output);
    for (size_t i = 0; i < MOST_VALUES; i++)
        assert_int_equal(output[i], i < count ? (uint8_t)c->expected[i] : 77);
}

/* A row of five, windows of two or three; the values are exact, but where they are rounded. */
static const struct average_case {
    const char *name;
    oct_reference_average_pool pool;
    uint8_t input[5], expected[3];
} averages[] = {
    {"sums: half to even, then the zero point",
     {OCTET_U8,
      OCTET_U8,
      OCTET_AVERAGE_SUM,
      {OCTET_NHWC, 1, 1, 5, 1, 1, 2, 1, 1, {{1, 2}, {1, 2}, {1, 1}, {0}}},
      false,
      0.5f,
      0.5f,
      0,
      1},
     {0, 1, 1, 2, 9},
     {1, 3}},
    {"values: the zero point, then half to even",
     {OCTET_U8,
      OCTET_U8,
      OCTET_AVERAGE_REAL,
      {OCTET_NHWC, 1, 1, 5, 1, 1, 2, 1, 1, {{1, 2}, {1, 2}, {1, 1}, {0}}},
      false,
      0.5f,
      0.5f,
      0,
      1},
     {0, 1, 1, 2, 9},
     {2, 2}},
    {"padding does not count, clamped below",
     {OCTET_U8,
      OCTET_S8,
      OCTET_AVERAGE_SUM,
      {OCTET_NHWC, 1, 1, 5, 1, 1, 3, 1, 1, {{1, 3}, {1, 2}, {1, 1}, {0, 1, 0, 1}}},
      false,
      0.5f,
      0.25f,
      100,
      0},
     {0, 0, 106, 112, 148},
     {(uint8_t)-128, (uint8_t)-55, 60}},
    {"padding counts",
     {OCTET_U8,
      OCTET_U8,
      OCTET_AVERAGE_REAL,
      {OCTET_NHWC, 1, 1, 5, 1, 1, 3, 1, 1, {{1, 3}, {1, 2}, {1, 1}, {0, 1, 0, 1}}},
      true,
      0.5f,
      0.25f,
      100,
      9},
     {109, 106, 106, 112, 148},
     {19, 25, 49}},
};

static void mean_by_hand(void **state)
{
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(averages); i++) {
        uint8_t output[3] = {0};
        oct_reference_average_pool_run(&averages[i].pool, averages[i].input, output);
        for (size_t j = 0; j < averages[i].pool.geometry.out_width; j++)
            if (output[j] != averages[i].expected[j])
                fail_msg("%s: %d at %zu", averages[i].name, output[j], j);
    }
}

int main(void)
{
    struct CMUnitTest tests[OCT_COUNT(cases) + 1];
    for (size_t i = 0; i < OCT_COUNT(cases); i++)
        tests[i] = (struct CMUnitTest){
            .name = cases[i].name, .test_func = pool_by_hand, .initial_state = (void *)&cases[i]};
    tests[OCT_COUNT(cases)] = (struct CMUnitTest)cmocka_unit_test(mean_by_hand);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
