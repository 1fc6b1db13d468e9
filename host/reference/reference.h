/* reference.h - the specification: every operation in plain C, loops as in the formula. Pointers are
 * to host memory, dense unless strides are given; nothing is checked (operators do that) and nothing
 * fails. Arrays of parameters are read as documented in docs/numbers.md. */
#ifndef OCT_REFERENCE_H
#define OCT_REFERENCE_H

#include "core/broadcast.h"
#include "core/epilogue.h"
#include "core/geometry.h"
#include "core/shape.h"

/* requantize.c - one accumulator to one stored value (FLOAT and FIXED stores). The kernels' §3 has the
 * same functions in the same order. */
int32_t oct_reference_round_float(int32_t acc, float multiplier, int32_t low, int32_t high,
                                  int32_t zero_point);
int32_t oct_reference_fixed_double(int32_t acc, oct_fixed fixed); /* before zero point and clamp */
int32_t oct_reference_fixed_single(int32_t acc, oct_fixed fixed);

/* oct_reference_store - finishes one row of accumulators (bias not yet added): "columns" outputs from
 * column "first" on, to "output" (the row's first of them) with an element stride. */
void oct_reference_store(const oct_epilogue *epilogue, size_t row, size_t first, size_t columns,
                         const int32_t *acc, void *output, size_t stride);

/* gemm.c - one matrix product of a batch. Strides count elements. */
typedef struct oct_reference_gemm {
    octet_type a_type, b_type;
    size_t m, n, k;
    /* strides of op(A) and op(B) */
    size_t a_row, a_column, b_row, b_column;
    /* [m] when per row, else one; [n] */
    const int32_t *a_zero_points, *b_zero_points;
    bool a_zero_per_row;
    /* output (m, n) row-major */
    oct_epilogue epilogue;
} oct_reference_gemm;
void oct_reference_gemm_run(const oct_reference_gemm *gemm, const void *a, const void *b, void *c);

/* conv2d.c - weights (O,KH,KW,C/groups) for NHWC, (O,C/groups,KH,KW) for NCHW. */
typedef struct oct_reference_conv2d {
    octet_type input_type, weight_type;
    oct_conv2d_geometry geometry;
    int32_t input_zero_point;
    const int32_t *weight_zero_points; /* [out_channels] */
    oct_epilogue epilogue;
} oct_reference_conv2d;
void oct_reference_conv2d_run(const oct_reference_conv2d *conv, const void *input,
                              const void *weights, void *output);

/* quantize.c - "channels" parameters, each for "inner" neighbouring elements, repeated "outer" times:
 * element (o, c, i) is at (o * channels + c) * inner + i. */
typedef struct oct_reference_quantize {
    /* of the 8-bit (or, for dequantize, also S32) side */
    octet_type type;
    /* quantize only */
    octet_quantize_rule rule;
    size_t outer, channels, inner;
    /* [channels] */
    const float *scales;
    const int32_t *zero_points;
} oct_reference_quantize;
int32_t oct_reference_quantize_one(octet_quantize_rule rule, float x, float scale,
                                   int32_t zero_point, int32_t low, int32_t high);
void oct_reference_quantize_run(const oct_reference_quantize *quantize, const float *input,
                                void *output);
void oct_reference_dequantize_run(const oct_reference_quantize *quantize, const void *input,
                                  float *output);

/* reduce.c - smallest and largest of each channel's elements, same indexing; both of an empty channel
 * are 0; NaN is skipped; "finite" becomes false when any element is NaN or infinite. */
void oct_reference_min_max(size_t outer, size_t channels, size_t inner, const float *input,
                           float *min, float *max, bool *finite);

/* pool.c - largest stored value of each window; padding never wins. channels == out_channels. */
void oct_reference_max_pool(octet_type type, const oct_conv2d_geometry *geometry, const void *input,
                            void *output);

/* The mean of each window, as octet_average_pool_create says. */
typedef struct oct_reference_average_pool {
    octet_type input_type, output_type;
    octet_average_rule rule;
    oct_conv2d_geometry geometry;
    bool count_padding;
    float input_scale, output_scale;
    int32_t input_zero_point, output_zero_point;
} oct_reference_average_pool;
void oct_reference_average_pool_run(const oct_reference_average_pool *pool, const void *input,
                                    void *output);

/* float_pool.c - the largest float32 of each window; or the mean, its sum by rows, by columns that
 * are added up for themselves, or by fourths: every fourth tap for itself. Numbered as in
 * kernels.cl. */
typedef enum oct_pool_function {
    OCT_POOL_MAXIMUM = 0,
    OCT_POOL_ROWS,
    OCT_POOL_COLUMNS,
    OCT_POOL_FOURTHS /* the window is all of the image */
} oct_pool_function;

typedef struct oct_reference_float_pool {
    oct_pool_function function;
    oct_conv2d_geometry geometry;
    bool count_padding;
} oct_reference_float_pool;
void oct_reference_float_pool_run(const oct_reference_float_pool *pool, const float *input,
                                  float *output);

/* binary.c - a function of two values, of stored ones by each rule. */
typedef struct oct_reference_binary {
    octet_binary_function function;
    octet_binary_rule rule;
    octet_type a_type, b_type, output_type; /* all F32: what follows does not count */
    float a_scale, b_scale, output_scale;
    int32_t a_zero_point, b_zero_point, output_zero_point;
    int32_t low, high; /* stored bounds */
} oct_reference_binary;

/* What a and b, less their zero points, and their sum are multiplied with: float32 or fixed, by the
 * rule, and made from the scales on the host. By DIVIDE the output is divided by its factor. By
 * FLOAT32 "a" is that of a product, and "output" a term of the sum or product, which holds the zero
 * points: those that are in it are 0 here. */
typedef struct oct_binary_factors {
    float a, b, output;
    oct_fixed fixed_a, fixed_b, fixed_output;
    int32_t a_zero, b_zero, output_zero;
} oct_binary_factors;
oct_binary_factors oct_reference_binary_factors(const oct_reference_binary *binary);
float oct_reference_binary_real(octet_binary_function function, float a, float b);
void oct_reference_binary_run(const oct_reference_binary *binary, const oct_broadcast *walk,
                              const void *a, const void *b, void *output);

/* unary.c - functions of one float32; alpha and beta as in octet_unary_desc. */
float oct_reference_exp(float x);
float oct_reference_unary_one(octet_unary_function function, float alpha, float beta, float x);
void oct_reference_unary_run(octet_unary_function function, float alpha, float beta, size_t count,
                             const float *input, float *output);

/* softmax.c - along the middle one of three dimensions: e^(x - most) / sum, where element i of a
 * line is added to partial sum i % 16, and those in halves: 8 to 8, 4 to 4. */
void oct_reference_softmax(size_t outer, size_t n, size_t inner, const float *input, float *output);

/* The same of stored values, by ONNX Runtime's rule. oct_reference_softmax_table makes table[d],
 * the exponential for d steps below the largest of a line of n, times as much as n of them can
 * have. */
typedef struct oct_reference_stored_softmax {
    octet_type type;
    size_t outer, n, inner;
    const float *table;
    float steps; /* of the output, in 1 */
    int32_t zero_point;
} oct_reference_stored_softmax;
void oct_reference_softmax_table(size_t n, float scale, float steps, float table[256]);
void oct_reference_softmax_stored(const oct_reference_stored_softmax *softmax, const void *input,
                                  void *output);

/* fold.c - all elements of the middle one of three dimensions as one. Of floats element i goes to part
 * i % 16, and those are combined in halves: 8 to 8, 4 to 4. */
void oct_reference_fold(octet_reduce_function function, size_t outer, size_t n, size_t inner,
                        const float *input, float *output);

/* The same of stored values: the mean is their exact sum times "multiplier". */
typedef struct oct_reference_stored_fold {
    octet_reduce_function function;
    octet_type input_type, output_type; /* but for the mean the same */
    size_t outer, n, inner;
    float multiplier;
    int32_t input_zero_point, output_zero_point;
} oct_reference_stored_fold;
void oct_reference_fold_stored(const oct_reference_stored_fold *fold, const void *input,
                               void *output);

/* oct_reduce_is_index - whether a function gives S32 indices. */
bool oct_reduce_is_index(octet_reduce_function function);

/* Where the smallest or largest is, "function" one of the two indices. */
void oct_reference_fold_index(octet_reduce_function function, octet_type type, size_t outer,
                              size_t n, size_t inner, const void *input, int32_t *output);

/* interpolate.c - four elements weighted, of each of "outer" images of (rows.., columns.., inner), as
 * octet_interpolate_create says. */
typedef struct oct_reference_interpolate {
    octet_type input_type, output_type; /* both F32: the quantization does not count */
    size_t outer, height, width, inner; /* of the input */
    octet_interpolation rows, columns;
    float input_scale, output_scale;
    int32_t input_zero_point, output_zero_point;
} oct_reference_interpolate;
void oct_reference_interpolate_run(const oct_reference_interpolate *interpolate, const void *input,
                                   void *output);

/* lookup.c - the entry of each byte; output may be input. */
void oct_reference_lookup(const uint8_t table[256], size_t count, const uint8_t *input,
                          uint8_t *output);

/* concat.c - "outer" rows of "part" bytes, each to "first" of a row of "whole" bytes; "table" NULL:
 * as they are. */
void oct_reference_concat(const uint8_t *table, size_t outer, size_t part, size_t whole,
                          size_t first, const uint8_t *input, uint8_t *output);

/* saturate.c - a model of a defect, for octet explain alone: the sums of a matrix product on hardware
 * that multiplies u8 by s8 and adds neighbouring products in saturating 16 bits. An S8 of A counts as
 * u8 (+128, its zero point too), a U8 of B as s8 (-128). */
typedef struct oct_reference_saturating {
    octet_type a_type, b_type;
    /* A is (m, k), B (n, k), both row-major: k as the hardware walks */
    size_t m, n, k;
    /* [m] when per row, else one; [n] */
    const int32_t *a_zero_points, *b_zero_points;
    bool a_zero_per_row;
} oct_reference_saturating;
int32_t oct_reference_saturate(int32_t value); /* to -32768..32767 */
void oct_reference_saturating_run(const oct_reference_saturating *product, const void *a,
                                  const void *b, int32_t *acc); /* (m, n) */

/* permute.c - output dimension i is input dimension order[i]; elements of 1 or 4 bytes. */
void oct_reference_permute(size_t element_size, const octet_shape *input_shape, const size_t *order,
                           const void *input, void *output);

/* gather.c - output element (i0, i1, ..) is input element (t0[i0], t1[i1], ..), or "fill" where one of
 * these is -1; a table that is NULL has 0, 1, ... Elements have 1 or 4 bytes. */
void oct_reference_gather(size_t element_size, const octet_shape *input_shape,
                          const octet_shape *output_shape, const int32_t *const *indices,
                          const void *fill, const void *input, void *output);

#endif
