/* test_conv2d.c - convolutions on every variant of every device. */
#include "support/engine.h"

/* ---- What problem lines cannot say ---- */

enum { MOST_CHANNELS = 128 };

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
 * padding that differs on all four sides, up to more than the window; no image at all. */
#define WINDOWS                                                                                    \
    "mb1ic1ih1oc1oh1kh1ph0 mb1ic3ih17oc8kh3ph1 mb2ic16ih9oc33kh1 mb1ic17ih12oc20kh3sh2ph1 "        \
    "mb1ic5ih23oc7kh5dh1ph4 mb1ic8ih7iw30oc12kh3kw1ph1pw0 mb1ic4ih6oc9oh6kh2 "                     \
    "mb1ic3ih19oc16kh7sh2ph3 mb3ic20ih7oc65kh3ph1 mb1ic6iw50oc11kw3pw1 mb1ic7ih5oc3kh5ph4 "        \
    "mb0ic3ih5oc4kh3ph1 "
#define SIDES                                                                                      \
    "mb1ic5ih7iw9oc6_oh7ow12kh3kw4sh1sw1dh0dw0ph2pw1 mb2ic4ih9iw8oc5_oh6ow4kh4kw3sh2sw3ph3pw0 "    \
    "mb1ic9ih5iw6oc17_oh8ow9kh2kw3ph0pw4dh1dw1 mb1ic2ih3iw3oc3_oh9ow1kh3kw3ph3pw0 "                \
    "mb1ic12ih2iw11oc4_oh4ow3kh3kw5sh2sw4ph5pw2 "
#define GROUPS                                                                                     \
    "g4mb2ic20ih10oc12kh3ph1 g8mb1ic8ih9oc16kh5ph2 g3mb1ic51ih6oc9kh1 g2mb1ic6ih8oc130kh3sh2ph1 "  \
    "g5mb1ic10iw13oc15kw3pw2 "
#define DEPTHWISE                                                                                  \
    "g1mb1ic1ih6oc1kh3ph1 g3mb1ic3ih5oc3kh3ph1 g16mb2ic16ih9oc16kh3ph1 g17mb1ic17ih7oc17kh5ph2 "   \
    "g12mb1ic12ih9oc12kh3sh2ph1 g70mb1ic70ih6oc70kh3dh1ph2 g4mb1ic4iw21oc4kw3pw1 "                 \
    "g33mb1ic33ih4iw7oc33_oh6ow5kh3kw4ph3pw0 g16mb0ic16ih5oc16kh3ph1 "
#define FEW                                                                                        \
    "mb1ic19ih11oc34kh3sh2ph1 mb1ic4ih6oc64kh1 mb1ic5ih7iw9oc6_oh7ow12kh3kw4ph2pw1 "               \
    "g4mb1ic20ih6oc12kh3ph1 g20mb1ic20ih8oc20kh3ph1 "
#define NCHW "--layout nchw "

/* ---- Tables ---- */

static const oct_row rows[] = {
    /* float rule, no zero point of the weights; the input's at its ends and inside */
    {.problems = "--type u8:s8:s8 --zero-points 128:0:5 " WINDOWS SIDES GROUPS DEPTHWISE},
    {.problems = "--type u8:s8:s8 --zero-points 255:0:-128 " NCHW WINDOWS SIDES GROUPS DEPTHWISE},
    {.problems = "--type u8:s8:u8 --zero-points 0:0:255 --bias --clamp 3:200 " FEW,
     .at_run_time = true},
    {.problems = "--type u8:s8:s8 --zero-points 9:0:-3 --per-channel --bias --relu "
                 "--rounding float32-reciprocal " FEW NCHW FEW,
     .at_run_time = true},
    {.problems = "--type u8:s8:s8 " FEW,
     .adjust = give_multipliers,
     .adjusted = "the caller's multipliers"},
    {.problems = "--type u8:s8:s8 " FEW,
     .adjust = drop_parameters,
     .adjusted = "no parameters at all"},

    /* float rule, zero points of the weights, all pairs of signs */
    {.problems =
         "--type u8:s8:u8 --zero-points 128:-11:7 --per-channel " WINDOWS SIDES GROUPS DEPTHWISE},
    {.problems = "--type u8:u8:s8 --zero-points 255:255:127 --bias " FEW NCHW FEW,
     .at_run_time = true},
    {.problems =
         "--type s8:s8:s8 --zero-points -128:127:-128 --relu " WINDOWS SIDES GROUPS DEPTHWISE},
    {.problems =
         "--type s8:u8:u8 --zero-points 127:0:0 --per-channel " NCHW WINDOWS SIDES GROUPS DEPTHWISE,
     .at_run_time = true},
    {.problems = "--type s8:s8:s8 --zero-points -3:9:4 --per-channel " FEW,
     .adjust = scatter_zeros,
     .adjusted = "scattered zero points"},

    /* s32 */
    {.problems = "--type u8:u8:s32 --zero-points 128:128:0 --per-channel --bias " WINDOWS DEPTHWISE,
     .at_run_time = true},
    {.problems = "--type u8:s8:s32 --zero-points 255:-128:0 " NCHW SIDES GROUPS DEPTHWISE},

    /* f32 */
    {.problems =
         "--type u8:s8:f32 --zero-points 33:-11:0 --per-channel --bias --relu " WINDOWS DEPTHWISE},
    {.problems = "--type u8:s8:f32 --zero-points 1:1:0 --bias " NCHW SIDES GROUPS DEPTHWISE},

    /* fixed point */
    {.problems =
         "--type u8:s8:s8 --zero-points 33:-11:-9 --rounding fixed-double --per-channel --bias " FEW
             NCHW FEW},
    {.problems = "--type u8:s8:u8 --zero-points 33:-11:128 --rounding fixed-single --per-channel "
                 "--bias " FEW NCHW FEW},
    {.problems = "--type u8:s8:s8 --zero-points 33:-11:-9 --rounding fixed-double --bias " FEW,
     .adjust = give_fixed,
     .adjusted = "the caller's (M, shift)"},
};

int main(void)
{
    struct CMUnitTest tests[OCT_COUNT(rows)];
    oct_engine_tests(rows, OCT_COUNT(rows), tests);
    return cmocka_run_group_tests(tests, oct_rig_open, oct_rig_close);
}
