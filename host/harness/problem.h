/* problem.h - one problem to verify or to time, and the text it is written as.
 *
 * Shapes are written as oneDNN's benchdnn writes them.
 *
 * A matrix product is "MxK:KxN" with batch dimensions in front, "12x384x64:12x64x384"; a batch of 1
 * is shared.
 *
 * A convolution is a row of letters and numbers, "g2mb8_ic64ih56_oc64oh56_kh3sh1ph1dh0", with "_"
 * for the eye. Left out: mb is 2, g and s are 1, d is 0 (it counts from 0); widths are as heights;
 * oh follows from ih, or ph from ih and oh. The padding behind (bottom, right) is what the output
 * needs. Widths alone mean one dimension: height 1.
 *
 * Both may end in a name, n"resnet:conv1*3", whose "*3" counts repetitions in a network. */
#ifndef OCT_HARNESS_PROBLEM_H
#define OCT_HARNESS_PROBLEM_H

#include <stdbool.h>

#include "core/log.h"

/* What is not shape. Zeroed memory is not the default: see oct_problem_defaults. */
typedef struct oct_problem_settings {
    octet_type input_type, weight_type, output_type;
    int32_t input_zero, weight_zero, output_zero;
    bool per_channel;              /* weight scales, and zero points unless 0, per output channel */
    bool per_row;                  /* gemm: input scales and zero points per row of A */
    bool bias, relu, clamp, table; /* table: stored bytes go through one */
    int32_t clamp_min, clamp_max;
    octet_rounding rounding;
    octet_layout layout;           /* conv2d */
    bool transpose_a, transpose_b; /* gemm */
    size_t images;                 /* conv2d: instead of mb; 0: as written */
} oct_problem_settings;

extern const oct_problem_settings oct_problem_defaults;

typedef enum oct_problem_kind { OCT_PROBLEM_GEMM = 0, OCT_PROBLEM_CONV2D } oct_problem_kind;

typedef struct oct_gemm_shape {
    size_t a_batch, b_batch; /* equal, or one of them 1 */
    size_t m, n, k;
} oct_gemm_shape;

/* Pairs are height, width; padding is top, left, bottom, right; dilation counts from 1. */
typedef struct oct_conv2d_shape {
    size_t images, groups, channels, out_channels;
    size_t in[2], out[2], kernel[2], stride[2], dilation[2], padding[4];
} oct_conv2d_shape;

#define OCT_PROBLEM_TEXT 320
typedef struct oct_problem {
    oct_problem_kind kind;
    oct_problem_settings settings;
    oct_gemm_shape gemm; /* by kind */
    oct_conv2d_shape conv2d;
    size_t repeat;               /* times in its network, at least 1 */
    char text[OCT_PROBLEM_TEXT]; /* the shape as it was written, cut if longer */
} oct_problem;

/* oct_problem_parse - reads a shape; the settings are copied. Refusals say what is wrong with which
 * part. */
octet_status oct_problem_parse(const oct_log *log, const char *text,
                               const oct_problem_settings *settings, oct_problem *out);

/* oct_problem_check - refuses settings that contradict each other or the types, and sizes that do
 * not fit. */
octet_status oct_problem_check(const oct_log *log, const oct_problem *problem);

/* oct_problem_line - the shape in full, after the options that are not the default: what `octet
 * verify` takes. Returns line. */
const char *oct_problem_line(const oct_problem *problem, char line[OCT_PROBLEM_TEXT]);

/* oct_rounding_name - as --rounding has it; NULL from the number of rules on. */
const char *oct_rounding_name(size_t rounding);

/* oct_problem_kind_name - "gemm" or "conv2d". */
const char *oct_problem_kind_name(oct_problem_kind kind);

/* oct_problem_k - products in one sum. */
size_t oct_problem_k(const oct_problem *problem);

/* oct_problem_columns - output channels. */
size_t oct_problem_columns(const oct_problem *problem);

/* oct_problem_operations - two per multiply-add. */
double oct_problem_operations(const oct_problem *problem);

/* ---- Parts, for problem.c and tests ---- */

/* Each reads up to the name, which begins at *rest. */
octet_status oct_problem_parse_gemm(const oct_log *log, const char *text, oct_gemm_shape *shape,
                                    const char **rest);
octet_status oct_problem_parse_conv2d(const oct_log *log, const char *text, oct_conv2d_shape *shape,
                                      const char **rest);

/* oct_problem_settle_conv2d - the output that follows from the other sizes, and the padding behind
 * that it needs and the text implies. False when no window fits. */
bool oct_problem_settle_conv2d(oct_conv2d_shape *shape);

/* Appends the shape in full to line, from "length" on. */
void oct_problem_write_gemm(const oct_gemm_shape *shape, char line[OCT_PROBLEM_TEXT],
                            size_t length);
void oct_problem_write_conv2d(const oct_conv2d_shape *shape, char line[OCT_PROBLEM_TEXT],
                              size_t length);

#endif
