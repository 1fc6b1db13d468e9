/* test_gemm.c - matrix products on the variants of every device. */
#include <stdlib.h>

#include "support/engine.h"

/* ---- What problem lines cannot say ---- */

enum { MOST_COLUMNS = 256 };

static float own_multipliers[MOST_COLUMNS];
static int32_t own_fixed[MOST_COLUMNS], own_shifts[MOST_COLUMNS];

static void give_multipliers(oct_case *c)
{
    for (size_t i = 0; i < MOST_COLUMNS; i++)
        own_multipliers[i] = 0x1.234568p-9f * (float)(1 + i % 23);
    c->layer.multipliers = own_multipliers;
    c->layer.multiplier_count = oct_problem_columns(&c->problem);
}

static void give_one_multiplier(oct_case *c)
{
    give_multipliers(c);
    c->layer.multiplier_count = 1;
}

/* Sums reach the output's bounds as they are, beyond 16 bits. */
static void keep_sums(oct_case *c)
{
    static const float one = 1.0f;
    c->layer.multipliers = &one;
    c->layer.multiplier_count = 1;
}

/* Every shift there is: sums are shifted left with M * 2^8, and vanish with 2^-31. */
static void give_fixed(oct_case *c)
{
    uint64_t seed = 3;
    for (size_t i = 0; i < MOST_COLUMNS; i++) {
        own_fixed[i] = i == 0   ? 1 << 30
                       : i == 1 ? INT32_MAX
                                : oct_random_int(&seed, 1 << 30, INT32_MAX);
        own_shifts[i] = (int32_t)(i % 40) - 31;
    }
    c->layer.fixed_multipliers = own_fixed;
    c->layer.shifts = own_shifts;
    c->layer.multiplier_count = oct_problem_columns(&c->problem);
}

/* Scale 1 and zero point 0 are what an empty description means. */
static void drop_parameters(oct_case *c)
{
    c->layer.input = c->layer.weights = c->layer.output = (octet_quantization){0};
}

/* Zero points of columns that have nothing to do with each other. */
static void scatter_zeros(oct_case *c)
{
    uint64_t seed = 4;
    for (size_t i = 0; i < c->layer.weights.zero_point_count; i++)
        c->weight_zeros[i] = oct_random_int(&seed, 0, 255);
}

static void widen_bias(oct_case *c)
{
    for (size_t i = 0; i < oct_problem_columns(&c->problem); i++)
        ((int32_t *)c->bias)[i] = i % 2 == 0 ? INT32_MAX : INT32_MIN;
}

static void add_whole_bias(oct_case *c)
{
    static int32_t bias[MOST_COLUMNS];
    for (size_t i = 0; i < MOST_COLUMNS; i++)
        bias[i] = 16777217 - 5000 * (int32_t)i; /* float32 has no odd numbers above 2^24 */
    c->layer.bias = bias;
    c->layer.bias_type = OCTET_S32;
}

static void fill(oct_case *c, int a, int b)
{
    const oct_gemm_shape *const g = &c->problem.gemm;
    memset(c->input, a, g->m * g->k);
    memset(c->weights, b, g->k * g->n);
}

static void all_lowest(oct_case *c)
{
    fill(c, 0x80, 0x80); /* -128 * -128 */
}

static void all_apart(oct_case *c)
{
    fill(c, 0, 255); /* (0 - 255) * (255 - 0) */
}

static void all_unlike(oct_case *c)
{
    fill(c, 127, 0x80); /* (127 - -128) * -128 */
}

/* ---- Tables ---- */

/* Around the edges of tiles (4, 6 and 12 rows; 16, 32 and 64 columns; words of 2 and 4), primes, 1,
 * and nothing. */
#define EDGES                                                                                      \
    "1x1:1x1 1x4:4x1 3x1:1x2 1x5:5x15 4x2:2x16 5x3:3x17 6x4:4x31 7x6:6x32 11x7:7x33 12x8:8x63 "    \
    "13x9:9x64 17x16:16x65 23x15:15x127 24x17:17x128 25x64:64x129 31x65:65x3 2x257:257x61 "        \
    "0x8:8x5 "
#define BATCHES                                                                                    \
    "3x7x9:3x9x18 3x13x16:1x16x33 1x5x12:4x12x17 2x25x21:2x21x64 0x5x8:1x8x7 3x0x4:3x4x2 "
#define FEW "1x1:1x1 6x8:8x64 17x65:65x33 25x12:12x129 2x13x31:2x31x67 "

/* Rows of one group differ in data and in arguments of kernels only: each new pair of a store and
 * corrections is a program more for every variant. */
static const oct_row rows[] = {
    /* float rule, no zero point of the weights; more rows than work-items, long sums */
    {.problems = "--type u8:s8:s8 --zero-points 3:0:5 700x9:9x40 49x1000:1000x5 " EDGES BATCHES,
     .at_run_time = true},
    {.problems = "--type u8:s8:s8 --zero-points 3:0:5 --table " EDGES BATCHES},
    {.problems = "--type u8:s8:s8 --transpose-a " EDGES BATCHES, .at_run_time = true},
    {.problems = "--type u8:s8:s8 --transpose-b " EDGES BATCHES, .at_run_time = true},
    {.problems =
         "--type u8:s8:u8 --zero-points 255:0:128 --transpose-a --transpose-b " FEW BATCHES},
    {.problems = "--type u8:s8:s8 --zero-points 128:0:-128 --bias --relu --per-channel " FEW},
    {.problems = "--type u8:s8:u8 --zero-points 0:0:255 --bias --clamp 3:200 " FEW},
    {.problems = "--type u8:s8:u8 --zero-points 9:0:7 --clamp 77:77 6x8:8x20"},
    {.problems = "--type u8:s8:s8 --zero-points 0:0:-7 --clamp 0:127 " FEW,
     .adjust = keep_sums,
     .adjusted = "a multiplier of 1"},
    {.problems =
         "--type u8:s8:s8 --zero-points 9:0:-3 --rounding float32-reciprocal --per-channel " FEW},
    {.problems = "--type u8:s8:s8 --zero-points 3:0:5 " FEW,
     .adjust = give_multipliers,
     .adjusted = "the caller's multipliers"},
    {.problems = "--type u8:s8:s8 --zero-points 3:0:5 " FEW,
     .adjust = give_one_multiplier,
     .adjusted = "the caller's multiplier"},
    {.problems = "--type u8:s8:s8 --zero-points 3:0:5 " FEW,
     .adjust = drop_parameters,
     .adjusted = "no parameters at all"},

    /* float rule, parameters per row of A, zero points of the weights */
    {.problems = "--type s8:u8:u8 --per-row --zero-points -128:255:0 " EDGES BATCHES,
     .at_run_time = true},
    {.problems =
         "--type s8:u8:s8 --per-row --per-channel --zero-points 127:128:127 --bias --relu " FEW,
     .at_run_time = true},
    {.problems =
         "--type s8:s8:s8 --per-row --per-channel --zero-points -1:-128:-128 --transpose-a " FEW
             BATCHES},
    {.problems = "--type s8:u8:s8 --per-row --zero-points 3:200:5 " FEW,
     .adjust = give_one_multiplier,
     .adjusted = "the caller's multiplier"},

    /* fixed point, two roundings, parameters per row of A */
    {.problems = "--type u8:s8:s8 --rounding fixed-double --per-row --per-channel --bias "
                 "--zero-points 17:0:-9 " EDGES BATCHES,
     .at_run_time = true},
    {.problems = "--type u8:s8:s8 --rounding fixed-double --per-row " FEW,
     .adjust = give_fixed,
     .adjusted = "the caller's (M, shift)"},

    /* fixed point, one rounding */
    {.problems = "--type u8:s8:u8 --rounding fixed-single --per-channel --bias "
                 "--zero-points 17:0:128 " EDGES},
    {.problems = "--type u8:s8:u8 --rounding fixed-single --zero-points 17:0:128 --table " FEW},
    {.problems = "--type u8:s8:u8 --rounding fixed-single --bias " FEW,
     .adjust = give_fixed,
     .adjusted = "the caller's (M, shift)"},

    /* s32 */
    {.problems = "--type u8:u8:s32 --zero-points 255:255:0 --per-channel --bias " EDGES BATCHES,
     .at_run_time = true},
    {.problems = "--type u8:s8:s32 --zero-points 128:127:0 " FEW},
    {.problems = "--type u8:u8:s32 --zero-points 7:9:0 --per-channel " FEW,
     .at_run_time = true,
     .adjust = scatter_zeros,
     .adjusted = "scattered zero points"},
    {.problems = "--type u8:u8:s32 --zero-points 7:9:0 --bias " FEW,
     .adjust = widen_bias,
     .adjusted = "a bias that wraps"},

    /* f32 */
    {.problems = "--type s8:s8:f32 --per-channel --bias --relu " EDGES BATCHES,
     .at_run_time = true},
    {.problems = "--type s8:s8:f32 --zero-points 7:0:0 --transpose-a " FEW},
    {.problems = "--type s8:s8:f32 " FEW, .adjust = add_whole_bias, .adjusted = "an s32 bias"},

    /* the largest sums; float32 holds these */
    {.problems = "--type s8:s8:f32 2x131071:131071x3",
     .adjust = all_lowest,
     .adjusted = "-128 times -128"},
    {.problems = "--type s8:s8:f32 --zero-points -128:0:0 2x65793:65793x3",
     .adjust = all_unlike,
     .adjusted = "255 times -128"},
    {.problems = "--type u8:u8:s32 --zero-points 255:0:0 2x33025:33025x3",
     .adjust = all_apart,
     .adjusted = "-255 times 255"},
};

int main(void)
{
    static oct_problem_kind kind = OCT_PROBLEM_GEMM;
    struct CMUnitTest tests[OCT_COUNT(rows) + 2] = {
        [OCT_COUNT(rows)] = cmocka_unit_test(oct_engine_has_emulated_rows),
        cmocka_unit_test_prestate(oct_engine_every_variant_computed, &kind)};
    oct_engine_tests(rows, OCT_COUNT(rows), tests);
    return cmocka_run_group_tests(tests, oct_rig_open, oct_rig_close);
}
