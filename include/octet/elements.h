/* elements.h - operators without weights, part of octet.h, which includes it: pools, functions of one
 * and of two values, softmax, tables, and what moves, picks, reduces and interpolates elements. The
 * rules at the head of octet.h hold here. */
#ifndef OCTET_ELEMENTS_H
#define OCTET_ELEMENTS_H

#include "octet/octet.h"

#ifdef __cplusplus
extern "C" {
#endif

/* octet_max_pool_create - largest stored value in each window of a 4-d S8, U8 or F32 tensor; padding
 * never wins, nor does NaN. Output size: floor((in + pads - dilation * (kernel - 1) - 1) / stride) + 1; with
 * "ceil" the quotient is rounded up, but no window starts in the trailing padding. */
typedef struct octet_max_pool_desc {
    size_t struct_size;
    octet_type type;
    octet_layout layout;
    size_t kernel[2], stride[2], dilation[2]; /* stride, dilation 0: 1 */
    size_t padding[4];                        /* top, left, bottom, right */
    int ceil;
    const char *variant;
} octet_max_pool_desc;
OCTET_API octet_status octet_max_pool_create(octet_context *context,
                                             const octet_max_pool_desc *desc, octet_operator **out);

/* How averages of stored values are rounded. */
typedef enum octet_average_rule {
    OCTET_AVERAGE_SUM = 0, /* RNE(f32(f32(sum of q - z_x) * f32(s_x / f32(s_y * n)))) + z_y */
    OCTET_AVERAGE_REAL     /* RNE(f32(f32(y / s_y) + z_y)), y = f32(sum / n), the sum of
                              f32(s_x * (q - z_x)) in float32, row after row */
} octet_average_rule;

/* octet_average_pool_create - mean of each window of a 4-d S8 or U8 tensor. Output size as that of
 * octet_max_pool_create. n is how many taps are inside the input or, with "count_padding", how many
 * the window has; a window without a tap inside gives the zero point. s_x / s_y is in [2^-32, 256).
 * SUM is ONNX Runtime's QLinearGlobalAveragePool, REAL its QLinearAveragePool.
 * Or both types are F32, without quantization: f32(sum / n), the sum in float32. It is added up row
 * after row by REAL, ONNX Runtime's AveragePool since version 19 of the operator set; and by SUM in the
 * order of its GlobalAveragePool, and AveragePool before that (docs/numbers.md). */
typedef struct octet_average_pool_desc {
    size_t struct_size;
    octet_type input_type, output_type;
    octet_quantization input, output; /* per tensor */
    octet_average_rule rule;
    octet_layout layout;
    size_t kernel[2], stride[2], dilation[2]; /* stride, dilation 0: 1 */
    size_t padding[4];                        /* top, left, bottom, right */
    int ceil, count_padding;
    const char *variant;
} octet_average_pool_desc;
OCTET_API octet_status octet_average_pool_create(octet_context *context,
                                                 const octet_average_pool_desc *desc,
                                                 octet_operator **out);

/* octet_binary_create - a function of two tensors, element by element. Their shapes may differ as
 * NumPy's rule allows: sizes are compared from the last on, and 1s or missing ones are repeated.
 * Inputs: a, b. Either all three types are S8 or U8:
 * - the scales must allow the rule: FLOAT32 wants the scale of a and of b, divided by the output's,
 *   in [2^-32, 256), or of a product s_a * s_b / s_y; the fixed rules want them below 2^19;
 * - a quotient by zero is the largest value, or the lowest, or of 0 / 0 the lowest.
 * Or all are F32, without quantization, rule and bounds; each function is then rounded once, and a
 * NaN has the bits 0x7fc00000. */
typedef struct octet_binary_desc {
    size_t struct_size;
    octet_binary_function function;
    octet_type a_type, b_type, output_type;
    octet_quantization a, b, output; /* per tensor */
    octet_binary_rule rule;
    int relu, clamp; /* as in octet_layer */
    int32_t clamp_min, clamp_max;
    const char *variant;
} octet_binary_desc;
OCTET_API octet_status octet_binary_create(octet_context *context, const octet_binary_desc *desc,
                                           octet_operator **out);

/* What is computed of one float32. */
typedef enum octet_unary_function {
    OCTET_CLIP = 0,     /* max(x, alpha), and of it min(., beta) */
    OCTET_LEAKY_RELU,   /* alpha * x where x < 0, else x */
    OCTET_ABSOLUTE,     /* |x| */
    OCTET_NEGATE,       /* -x */
    OCTET_ROUND,        /* the nearest integer, ties to even */
    OCTET_SQUARE_ROOT,  /* correctly rounded; of negative numbers NaN */
    OCTET_EXPONENTIAL,  /* e^x */
    OCTET_SIGMOID,      /* 1 / (1 + e^-x) */
    OCTET_TANH,         /* (e^x - e^-x) / (e^x + e^-x) */
    OCTET_HARD_SIGMOID, /* h = alpha * x + beta, rounded twice, clipped to 0..1 */
    OCTET_HARD_SWISH    /* x * h */
} octet_unary_function;

/* octet_unary_create - a function of float32, any shape. Exponential, sigmoid and tanh are at most
 * 2 units in the last place off; the others are as written, each operation rounded once. NaN stays
 * NaN, with the bits 0x7fc00000. "alpha" and "beta" are for the functions that name them and must
 * not be NaN; alpha of a clip is at most beta. Output: F32. */
typedef struct octet_unary_desc {
    size_t struct_size;
    octet_unary_function function;
    float alpha, beta;
    const char *variant;
} octet_unary_desc;
OCTET_API octet_status octet_unary_create(octet_context *context, const octet_unary_desc *desc,
                                          octet_operator **out);

/* octet_softmax_create - along one axis: e^(x - most) / sum, with "most" the largest x of the line.
 * - F32: what the subtraction loses is made up for. A line with NaN, or whose largest is infinite,
 *   gives NaN.
 * - S8, U8: as ONNX Runtime's QLinearSoftmax, by a table of 256 exponentials (docs/numbers.md).
 * The output has the input's type. */
typedef struct octet_softmax_desc {
    size_t struct_size;
    octet_type type;
    size_t axis;
    octet_quantization input, output; /* of S8 and U8: per tensor */
    const char *variant;
} octet_softmax_desc;
OCTET_API octet_status octet_softmax_create(octet_context *context, const octet_softmax_desc *desc,
                                            octet_operator **out);

/* octet_lookup_create - any function of one 8-bit value, any shape: y = table[byte of x]. "table"
 * has 256 values of the output type, copied by create; that of the S8 value -128 is at 128, the
 * byte's number, and that of -1 at 255. */
typedef struct octet_lookup_desc {
    size_t struct_size;
    octet_type input_type, output_type; /* S8 or U8 each */
    const void *table;
    const char *variant;
} octet_lookup_desc;
OCTET_API octet_status octet_lookup_create(octet_context *context, const octet_lookup_desc *desc,
                                           octet_operator **out);

/* octet_concat_create - 1 to 8 S8, U8 or F32 tensors one after the other along one axis; all other
 * sizes are equal. Where tables[i] is not NULL, each byte of input i becomes its entry, as in
 * octet_lookup_create: what makes one scale of several; of F32 there are none. Tables are copied
 * by create. */
#define OCTET_MAX_CONCAT 8
typedef struct octet_concat_desc {
    size_t struct_size;
    octet_type type;
    size_t input_count;
    size_t axis;
    const void *tables[OCTET_MAX_CONCAT];
    const char *variant;
} octet_concat_desc;
OCTET_API octet_status octet_concat_create(octet_context *context, const octet_concat_desc *desc,
                                           octet_operator **out);

/* octet_permute_create - reorders dimensions: output dimension i is input dimension order[i]. */
typedef struct octet_permute_desc {
    size_t struct_size;
    octet_type type;
    size_t rank;
    size_t order[OCTET_MAX_RANK];
    const char *variant;
} octet_permute_desc;
OCTET_API octet_status octet_permute_create(octet_context *context, const octet_permute_desc *desc,
                                            octet_operator **out);

/* octet_gather_create - picks elements, along each axis by a table of its own: y[i0][i1].. is
 * x[t0[i0]][t1[i1]].., and "fill" where one of the indices is -1. A slice, padding, a nearest
 * neighbour are such tables.
 *
 * "sizes" are those of the output, and of the tables; an axis without a table, NULL, stays as it is,
 * whatever its size. "fill" is a stored value of the integer types, for F32 the number itself; it
 * must be exactly one of the type's. Tables are copied by create; prepare refuses an index beyond
 * the input. */
typedef struct octet_gather_desc {
    size_t struct_size;
    octet_type type;
    size_t rank;
    size_t sizes[OCTET_MAX_RANK];
    const int32_t *indices[OCTET_MAX_RANK];
    double fill;
    const char *variant;
} octet_gather_desc;
OCTET_API octet_status octet_gather_create(octet_context *context, const octet_gather_desc *desc,
                                           octet_operator **out);

typedef enum octet_reduce_function {
    OCTET_REDUCE_MEAN = 0,
    OCTET_REDUCE_MINIMUM,
    OCTET_REDUCE_MAXIMUM,
    OCTET_REDUCE_MINIMUM_INDEX, /* which one that is, from 0: the first of equal numbers */
    OCTET_REDUCE_MAXIMUM_INDEX
} octet_reduce_function;

/* octet_reduce_create - the mean, smallest or largest of all elements along "axes" neighbouring
 * dimensions from "axis" on, which become 1 long. Types, of input and output:
 * - F32, F32: element i of those goes to part i % 16; the parts are combined 8 to 8, 4 to 4 and so
 *   on, each step rounded, and a sum is divided by their number. NaN gives NaN, with the bits
 *   0x7fc00000; of equal numbers it is the first. "input" and "output" must be empty.
 * - S8 or U8, the same: the smallest or largest stored value; "input" and "output" are not read.
 * - S8 or U8, S8 or U8: the mean, as octet_average_pool_create has it by OCTET_AVERAGE_SUM;
 *   input scale / output scale in [2^-32, 256).
 * - S8, U8 or F32, S32: an index; the first NaN's where there is one. "input" and "output" must be
 *   empty for F32, else they are not read. */
typedef struct octet_reduce_desc {
    size_t struct_size;
    octet_reduce_function function;
    octet_type input_type, output_type;
    octet_quantization input, output; /* per tensor */
    size_t axis, axes;
    const char *variant;
} octet_reduce_desc;
OCTET_API octet_status octet_reduce_create(octet_context *context, const octet_reduce_desc *desc,
                                           octet_operator **out);

/* One of two dimensions to interpolate in: output index i takes "first_weight[i]" of input index
 * first[i] and "second_weight[i]" of second[i]. */
typedef struct octet_interpolation {
    size_t size; /* of the output and of the arrays */
    const int32_t *first, *second;
    const float *first_weight, *second_weight; /* finite */
} octet_interpolation;

/* octet_interpolate_create - a weighted sum of four elements, from two rows and two columns: those
 * are the neighbouring dimensions "axis" and the next. With u and v the weights of row and column,
 *     t = ((v1 * u1 * x[r1][c1] + v2 * u1 * x[r1][c2]) + v1 * u2 * x[r2][c1]) + v2 * u2 * x[r2][c2]
 * in float32, from the left, each operation rounded. Types, of input and output:
 * - F32, F32: t, but NaN always with the bits 0x7fc00000. "input" and "output" must be empty.
 * - S8 or U8, S8 or U8: x is input scale * (stored - zero point), and t is quantized by division.
 * Arrays are copied by create; prepare refuses an index beyond the input. */
typedef struct octet_interpolate_desc {
    size_t struct_size;
    octet_type input_type, output_type;
    octet_quantization input, output; /* of S8 and U8: per tensor */
    size_t axis;
    octet_interpolation rows, columns;
    const char *variant;
} octet_interpolate_desc;
OCTET_API octet_status octet_interpolate_create(octet_context *context,
                                                const octet_interpolate_desc *desc,
                                                octet_operator **out);

#ifdef __cplusplus
}
#endif
#endif
