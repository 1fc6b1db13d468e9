/* problem_random.c - see problem_random.h. */
#include "harness/problem_random.h"

#include <stdio.h>
#include <string.h>

#include "core/quantization.h"
#include "core/shape.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* More multiply-adds than this keep the reference busy for too long. */
static const double most_operations = 4e6;

/* ---- Settings ---- */

static bool one_in(oct_random *random, size_t count)
{
    return oct_random_below(random, count) == 0;
}

/* 0, an extreme, or anything. */
static int32_t draw_zero(oct_random *random, octet_type type)
{
    const oct_type_info *const info = oct_type(type);
    if (!oct_type_is_byte(type))
        return 0;
    switch (oct_random_below(random, 4)) {
    case 0:
        return 0;
    case 1:
        return one_in(random, 2) ? info->low : info->high;
    default:
        return (int32_t)oct_random_between(random, info->low, info->high);
    }
}

static void draw_clamp(oct_random *random, oct_problem_settings *s)
{
    const oct_type_info *const info = oct_type(s->output_type);
    s->clamp = oct_type_is_byte(s->output_type) && one_in(random, 6);
    if (!s->clamp)
        return;
    /* A relu's lower bound is the zero point, which must not pass the upper bound. */
    s->clamp_max =
        (int32_t)oct_random_between(random, s->relu ? s->output_zero : info->low, info->high);
    s->clamp_min = (int32_t)oct_random_between(random, info->low, s->clamp_max);
}

static oct_problem_settings draw_settings(oct_random *random)
{
    static const octet_type outputs[] = {OCTET_S8, OCTET_U8,  OCTET_S8,
                                         OCTET_U8, OCTET_S32, OCTET_F32};
    oct_problem_settings s = oct_problem_defaults;
    s.input_type = one_in(random, 2) ? OCTET_S8 : OCTET_U8;
    s.weight_type = one_in(random, 3) ? OCTET_U8 : OCTET_S8;
    s.output_type = outputs[oct_random_below(random, COUNT(outputs))];
    s.input_zero = draw_zero(random, s.input_type);
    s.weight_zero = draw_zero(random, s.weight_type);
    s.output_zero = draw_zero(random, s.output_type);
    s.rounding = (octet_rounding)oct_random_below(random, 4);
    s.per_channel = one_in(random, 2);
    s.bias = one_in(random, 2);
    s.relu = one_in(random, 4) && s.output_type != OCTET_S32;
    draw_clamp(random, &s);
    s.table = oct_type_is_byte(s.output_type) && one_in(random, 6);
    return s;
}

/* ---- Sizes ---- */

/* Around the edges of tiles, primes, and anything; small ones more often. */
static size_t draw_size(oct_random *random, size_t most)
{
    static const size_t edges[] = {1, 4, 8, 16, 32, 64, 128, 256};
    static const size_t primes[] = {2, 3, 5, 7, 11, 13, 17, 31, 61, 67, 127, 131, 251};
    size_t size = 1;
    switch (oct_random_below(random, 4)) {
    case 0:
        size = 1 + oct_random_below(random, 8);
        break;
    case 1:
        size = edges[oct_random_below(random, COUNT(edges))] + oct_random_below(random, 3);
        size -= size > 1;
        break;
    case 2:
        size = primes[oct_random_below(random, COUNT(primes))];
        break;
    default:
        size = 1 + oct_random_below(random, most);
    }
    return size < most ? size : most;
}

static void draw_gemm(oct_random *random, oct_problem *problem)
{
    oct_gemm_shape *const shape = &problem->gemm;
    const size_t batch = one_in(random, 4) ? 1 + oct_random_below(random, 4) : 1;
    shape->m = draw_size(random, 300);
    shape->n = draw_size(random, 300);
    shape->k = draw_size(random, one_in(random, 8) ? 3000 : 300);
    shape->a_batch = one_in(random, 4) ? 1 : batch;
    shape->b_batch = one_in(random, 4) ? 1 : batch;
    problem->settings.transpose_a = one_in(random, 4);
    problem->settings.transpose_b = one_in(random, 3);
    problem->settings.per_row = one_in(random, 6);
}

static void draw_axis(oct_random *random, oct_conv2d_shape *shape, size_t axis)
{
    static const size_t kernels[] = {1, 1, 3, 3, 3, 2, 5, 7};
    shape->in[axis] = draw_size(random, 40);
    shape->kernel[axis] = kernels[oct_random_below(random, COUNT(kernels))];
    shape->stride[axis] = one_in(random, 3) ? 1 + oct_random_below(random, 4) : 1;
    shape->dilation[axis] = one_in(random, 5) ? 1 + oct_random_below(random, 3) : 1;
    const size_t window = (shape->kernel[axis] - 1) * shape->dilation[axis] + 1;
    shape->padding[axis] = one_in(random, 2) ? oct_random_below(random, window + 1) : 0;
    shape->padding[axis + 2] = one_in(random, 2) ? shape->padding[axis] : 0;
}

/* False when no window fits. */
static bool draw_conv2d(oct_random *random, oct_problem *problem)
{
    oct_conv2d_shape *const shape = &problem->conv2d;
    shape->images = one_in(random, 3) ? 1 + oct_random_below(random, 3) : 1;
    shape->groups = one_in(random, 3) ? draw_size(random, 40) : 1;
    size_t channels = draw_size(random, 64), filters = draw_size(random, 64);
    if (shape->groups > 1) { /* often depthwise */
        channels = one_in(random, 2) ? 1 : 1 + oct_random_below(random, 9);
        filters = one_in(random, 2) ? 1 : 1 + oct_random_below(random, 9);
    }
    shape->channels = channels * shape->groups;
    shape->out_channels = filters * shape->groups;
    problem->settings.layout = one_in(random, 3) ? OCTET_NCHW : OCTET_NHWC;
    draw_axis(random, shape, 0);
    draw_axis(random, shape, 1);
    return oct_problem_settle_conv2d(shape);
}

/* ---- Problems ---- */

static size_t largest_k(const oct_problem_settings *s)
{
    /* Zero points per channel lie up to 2 from the one asked for. */
    return oct_largest_k(s->input_type, s->input_zero - 2, s->input_zero + 2, s->weight_type,
                         s->weight_zero - 2, s->weight_zero + 2);
}

void oct_problem_draw(oct_random *random, oct_problem *out)
{
    for (;;) {
        oct_problem problem = {.settings = draw_settings(random), .repeat = 1};
        bool legal = true;
        problem.kind = one_in(random, 2) ? OCT_PROBLEM_GEMM : OCT_PROBLEM_CONV2D;
        if (problem.kind == OCT_PROBLEM_GEMM)
            draw_gemm(random, &problem);
        else
            legal = draw_conv2d(random, &problem);
        if (!legal || oct_problem_operations(&problem) > most_operations ||
            oct_problem_k(&problem) > largest_k(&problem.settings))
            continue;
        char line[OCT_PROBLEM_TEXT];
        oct_problem_line(&problem, line);
        memcpy(problem.text, line, sizeof line);
        *out = problem;
        return;
    }
}

/* ---- The standard list ---- */

/* Shapes where tiles end, where only one thing is left, and where padding and strides meet borders.
 */
static const char *const standard[] = {
    "1x1:1x1",
    "1x4:4x1",
    "1x300:300x1",
    "17x1:1x19",
    "1x64:64x129",
    "131x67:67x1",
    "7x3:3x5",
    "16x16:16x16",
    "15x63:63x31",
    "17x65:65x33",
    "64x64:64x64",
    "63x128:128x65",
    "129x257:257x127",
    "3x33x66:3x66x35",
    "4x17x31:1x31x16",
    "1x17x31:4x31x16",
    "2x1030:1030x3",
    "--transpose-a 17x65:65x33",
    "--transpose-b 17x65:65x33 129x70:70x131",
    "--reset",
    "--transpose-a --transpose-b 33x19:19x65",
    "--reset",
    "--per-row --per-channel 37x41:41x43",
    "--reset",
    "mb1ic1ih1oc1oh1kh1ph0",
    "mb1ic3ih17oc8kh3ph1",
    "mb2ic16ih9oc33kh1",
    "mb1ic17ih12oc20kh3sh2ph1",
    "mb1ic5ih23oc7kh5dh1ph4",
    "mb1ic8ih7iw30oc12kh3kw1ph1pw0",
    "mb1ic4ih6oc9oh6kh2",
    "mb1ic3ih32oc16kh7sh2ph3",
    "mb3ic64ih7oc64kh3ph1",
    "g16mb1ic16ih14oc16kh3ph1",
    "g32mb1ic32ih15oc32kh3sh2ph1",
    "g8mb1ic8ih9oc16kh5ph2",
    "g4mb2ic20ih10oc12kh3ph1",
    "mb1ic7ih5oc3kh5ph4",
    "mb1ic6iw50oc11kw3pw1",
    "--layout nchw mb1ic3ih17oc8kh3ph1 mb2ic17ih12oc20kh3sh2ph1 g16mb1ic16ih14oc16kh3ph1",
    "--reset",
};

/* Every pair of types with every output, then every rounding, each on one kind of shape. */
static const char *const crossed[] = {
    "--type u8:s8:s8 --zero-points 3:-2:5 --bias --relu 33x67:67x65",
    "--type u8:s8:u8 --zero-points 255:127:255 --per-channel mb1ic19ih11oc34kh3sh2ph1",
    "--type u8:s8:s32 --zero-points 128:0:0 --bias g12mb1ic12ih9oc12kh3ph1",
    "--type u8:s8:f32 --zero-points 0:-128:0 --bias --relu 33x67:67x65",
    "--type s8:s8:s8 --per-channel --bias mb1ic19ih11oc34kh3sh2ph1",
    "--type s8:s8:u8 --zero-points -128:-128:0 --clamp 3:200 g12mb1ic12ih9oc12kh3ph1",
    "--type s8:s8:s32 --zero-points 127:0:0 33x67:67x65",
    "--type s8:s8:f32 --per-channel mb1ic19ih11oc34kh3sh2ph1",
    "--type u8:u8:u8 --zero-points 0:255:128 --bias 33x67:67x65",
    "--type u8:u8:s32 --zero-points 255:255:0 --per-channel mb1ic19ih11oc34kh3sh2ph1",
    "--type s8:u8:s8 --zero-points -1:128:-128 --relu 33x67:67x65",
    "--type s8:u8:f32 --zero-points 5:7:0 --bias --per-channel g12mb1ic12ih9oc12kh3ph1",
    "--type u8:s8:s8 --rounding float32-reciprocal --zero-points 9:0:-3 33x67:67x65",
    "--type s8:s8:u8 --rounding fixed-double --zero-points 0:0:128 --bias 33x67:67x65",
    "--type u8:s8:s8 --rounding fixed-single --zero-points 17:0:1 --bias mb1ic19ih11oc34kh3sh2ph1",
    "--table --type u8:s8:u8 --zero-points 3:0:128 --bias 33x67:67x65 g72mb1ic72ih9oc72kh3ph1",
    "--table --type s8:s8:s8 --rounding fixed-double --zero-points 0:0:5 mb1ic19ih11oc34kh3sh2ph1",
};

octet_status oct_problem_list_standard(oct_problem_list *list)
{
    octet_status status = OCTET_OK;
    for (size_t i = 0; status == OCTET_OK && i < COUNT(crossed); i++) {
        status = oct_problem_list_line(list, crossed[i]);
        if (status == OCTET_OK)
            status = oct_problem_list_line(list, "--reset");
    }
    for (size_t i = 0; status == OCTET_OK && i < COUNT(standard); i++)
        status = oct_problem_list_line(list, standard[i]);
    return status;
}
