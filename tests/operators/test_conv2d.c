/* test_conv2d.c - convolutions on the variants of every device. */
#include "support/engine.h"

/* ---- What problem lines cannot say ---- */

enum { MOST_CHANNELS = 256 };

static void scatter_zeros(oct_case *c)
{
    uint64_t seed = 5;
    for (size_t i = 0; i < c->layer.weights.zero_point_count; i++)
        c->weight_zeros[i] = oct_random_int(&seed, -128, 127);
}

static void give_multipliers(oct_case *c)
{
    static float multipliers[MOST_CHANNELS];
    for (size_t i = 0; i < MOST_CHANNELS; i++)
        multipliers[i] = 0x1.89abcep-8f * (float)(1 + i % 17);
    c->layer.multipliers = multipliers;
    c->layer.multiplier_count = oct_problem_columns(&c->problem);
}

/* Sums reach the output's bounds as they are, beyond 16 bits. */
static void keep_sums(oct_case *c)
{
    static const float one = 1.0f;
    c->layer.multipliers = &one;
    c->layer.multiplier_count = 1;
}

static void give_fixed(oct_case *c)
{
    static int32_t fixed[MOST_CHANNELS], shifts[MOST_CHANNELS];
    uint64_t seed = 6;
    for (size_t i = 0; i < MOST_CHANNELS; i++) {
        fixed[i] = oct_random_int(&seed, 1 << 30, INT32_MAX);
        shifts[i] = oct_random_int(&seed, -20, 8);
    }
    c->layer.fixed_multipliers = fixed;
    c->layer.shifts = shifts;
    c->layer.multiplier_count = oct_problem_columns(&c->problem);
}

static void drop_parameters(oct_case *c)
{
    c->layer.input = c->layer.weights = c->layer.output = (octet_quantization){0};
}

/* ---- Shapes ---- */

/* One pixel, one channel, tile edges, primes; strides, dilations, windows larger than the image;
 * padding that differs on all four sides, up to more than the window; no image at all. Kernels are
 * built with padding or without. */
#define PADDED                                                                                     \
    "mb1ic3ih17oc8kh3ph1 mb1ic17ih12oc20kh3sh2ph1 mb1ic5ih23oc7kh5dh1ph4 "                         \
    "mb2ic3ih7iw41oc19kh2kw3sh1sw2ph1pw2dh1dw0 mb1ic8ih7iw30oc12kh3kw1ph1pw0 "                     \
    "mb1ic3ih19oc16kh7sh2ph3 mb3ic20ih7oc65kh3ph1 "                                                \
    "mb1ic6iw50oc11kw3pw1 mb1ic7ih5oc3kh5ph4 mb0ic3ih5oc4kh3ph1 mb1ic1ih1oc1kh3ph1 "
#define SIDES                                                                                      \
    "mb1ic5ih7iw9oc6_oh7ow12kh3kw4sh1sw1dh0dw0ph2pw1 mb2ic4ih9iw8oc5_oh6ow4kh4kw3sh2sw3ph3pw0 "    \
    "mb1ic9ih5iw6oc17_oh8ow9kh2kw3ph0pw4dh1dw1 mb1ic2ih3iw3oc3_oh9ow1kh3kw3ph3pw0 "                \
    "mb1ic12ih2iw11oc4_oh4ow3kh3kw5sh2sw4ph5pw2 mb1ic1ih5oc1kh5ph2 "
#define GROUPS                                                                                     \
    "g4mb2ic20ih10oc12kh3ph1 g8mb1ic8ih9oc16kh5ph2 g2mb1ic6ih8oc130kh3sh2ph1 "                     \
    "g5mb1ic10iw13oc15kw3pw2 g3mb1ic3ih5oc3kh3ph1 "
#define POINTS "mb1ic1ih1oc1kh1 mb2ic16ih9oc33kh1 mb1ic7ih5oc130kh1 mb0ic3ih5oc4kh1 "
#define BARE                                                                                       \
    "mb1ic1ih2oc1kh2 mb1ic19ih11oc34kh3sh2 mb1ic4ih6oc9kh2 mb1ic16ih9oc33kh1sh2 "                  \
    "mb1ic5ih9iw14oc65kh3kw4dh1dw2 g4mb1ic20ih6oc12kh3 g3mb1ic51ih6oc9kh1 mb0ic3ih5oc4kh3 "
#define NCHW "--layout nchw "

/* One filter per channel; rows of the table need as many channels as they have columns. Kernels are
 * built for their window's size, and its stride and dilation along the width. */
#define DEPTHWISE                                                                                  \
    "g16mb2ic16ih9oc16kh3ph1 g17mb1ic17ih7oc17kh3ph1 g130mb1ic130ih4oc130kh3ph1 "                  \
    "g70mb1ic70ih6iw5oc70_oh7ow5kh3kw3sh1sw1ph2pw1 g8mb1ic8ih5iw30oc8kh3kw3sh2sw1ph1pw0 "          \
    "g16mb0ic16ih5oc16kh3ph1 "
#define BARE_DEPTHWISE                                                                             \
    "g17mb1ic17ih7oc17kh3 g70mb1ic70ih6iw5oc70kh3kw3 g8mb1ic8ih5iw30oc8kh3kw3sh2sw1 "
#define MORE_WINDOWS                                                                               \
    "g33mb1ic33ih8iw11oc33kh5kw2sh2sw2ph2pw0 g64mb1ic64ih5iw9oc64_oh6ow8kh2kw3ph1pw2dh0dw1 "

/* ---- Tables ---- */

static const oct_row rows[] = {
    /* float rule, no zero point of the weights; the input's at its ends and inside */
    {.problems = "--type u8:s8:s8 --zero-points 128:0:5 " POINTS PADDED SIDES GROUPS DEPTHWISE
         MORE_WINDOWS},
    {.problems = "--type u8:s8:s8 --zero-points 255:0:-128 " NCHW PADDED SIDES GROUPS DEPTHWISE
         MORE_WINDOWS},
    {.problems = "--type u8:s8:u8 --zero-points 0:0:255 --bias --clamp 3:200 " PADDED GROUPS,
     .at_run_time = true},
    {.problems = "--type u8:s8:s8 --zero-points 9:0:-3 --per-channel --bias --relu "
                 "--rounding float32-reciprocal " POINTS PADDED DEPTHWISE NCHW SIDES,
     .at_run_time = true},
    {.problems = "--type u8:s8:s8 --zero-points 0:0:-7 --clamp 0:127 " PADDED GROUPS DEPTHWISE,
     .adjust = keep_sums,
     .adjusted = "a multiplier of 1"},
    {.problems = "--type u8:s8:s8 " PADDED GROUPS DEPTHWISE,
     .adjust = give_multipliers,
     .adjusted = "the caller's multipliers"},
    {.problems = "--type u8:s8:s8 " PADDED,
     .adjust = drop_parameters,
     .adjusted = "no parameters at all"},

    /* through a table */
    {.problems = "--type u8:s8:u8 --zero-points 9:0:128 --table " PADDED GROUPS DEPTHWISE},

    /* float rule, s8 input, zero points of the weights */
    {.problems =
         "--type s8:s8:s8 --zero-points -128:127:-128 --relu " PADDED SIDES GROUPS DEPTHWISE},
    {.problems =
         "--type s8:u8:u8 --zero-points 127:0:0 --per-channel " NCHW PADDED SIDES GROUPS DEPTHWISE,
     .at_run_time = true},
    {.problems = "--type s8:s8:s8 --zero-points -3:9:4 --per-channel " PADDED GROUPS DEPTHWISE,
     .adjust = scatter_zeros,
     .adjusted = "scattered zero points"},

    /* the same for u8, without padding */
    {.problems = "--type u8:s8:u8 --zero-points 128:-11:7 --per-channel " BARE},
    {.problems = "--type u8:u8:s8 --zero-points 255:255:127 --bias " BARE NCHW BARE,
     .at_run_time = true},

    /* s32 */
    {.problems = "--type u8:u8:s32 --zero-points 128:128:0 --per-channel --bias " POINTS BARE,
     .at_run_time = true},
    {.problems = "--type u8:s8:s32 --zero-points 255:-128:0 " NCHW BARE BARE_DEPTHWISE},

    /* f32 */
    {.problems = "--type u8:s8:f32 --zero-points 33:-11:0 --per-channel --bias --relu " BARE},
    {.problems = "--type u8:s8:f32 --zero-points 1:1:0 --bias " NCHW BARE},

    /* fixed point */
    {.problems = "--type u8:s8:s8 --zero-points 33:-11:-9 --rounding fixed-double --per-channel "
                 "--bias " BARE NCHW BARE},
    {.problems = "--type u8:s8:u8 --zero-points 33:-11:128 --rounding fixed-single --per-channel "
                 "--bias " BARE NCHW BARE},
    {.problems = "--type u8:s8:s8 --zero-points 33:-11:-9 --rounding fixed-double --bias " BARE,
     .adjust = give_fixed,
     .adjusted = "the caller's (M, shift)"},

    /* every way to store, of a filter for each channel */
    {.problems = "--type u8:s8:s32 --zero-points 255:0:0 --bias " BARE_DEPTHWISE,
     .depthwise = true},
    {.problems =
         "--type s8:s8:f32 --zero-points -9:0:0 --per-channel --bias --relu " BARE_DEPTHWISE,
     .depthwise = true},
    {.problems = "--type u8:s8:s8 --zero-points 33:0:-9 --rounding fixed-double --per-channel "
                 "--bias " BARE_DEPTHWISE,
     .depthwise = true},
    {.problems = "--type s8:s8:u8 --zero-points 7:0:128 --rounding fixed-single --per-channel "
                 "--bias " BARE_DEPTHWISE,
     .depthwise = true},
};

int main(void)
{
    static oct_problem_kind kind = OCT_PROBLEM_CONV2D;
    struct CMUnitTest tests[OCT_COUNT(rows) + 1] = {
        [OCT_COUNT(rows)] = cmocka_unit_test_prestate(oct_engine_every_variant_computed, &kind)};
    oct_engine_tests(rows, OCT_COUNT(rows), tests);
    return cmocka_run_group_tests(tests, oct_rig_open, oct_rig_close);
}
