/* matrix.h - the device side that gemm and conv2d share: operands packed into words, the arrays of
 * columns and rows that the epilogue reads (kernels.cl §4, §7), and the kernels that make them. */
#ifndef OCT_OPERATORS_MATRIX_H
#define OCT_OPERATORS_MATRIX_H

#include "operators/layer.h"
#include "variants/paths.h"
#include "variants/tiles.h"

/* Where the operands lie. Strides count elements (bytes). k = taps * channels. */
typedef struct oct_matrix_shape {
    size_t outer;             /* matrices of weights: batch (gemm) or groups (conv2d)            */
    bool outer_is_group;      /* columns are numbered through all groups; else shared by batches */
    size_t n, taps, channels; /* of one outer                                                    */
    size_t weight_outer, weight_column, weight_tap, weight_channel; /* strides                    */
    size_t images, lines, pixels, groups; /* of the input; a line has so many pixels */
    size_t input_image, input_line, input_pixel, input_channel; /* strides */
    size_t image_rows, line_rows, first_row; /* rows of packed input: of an image, from line to
                                                line, of its first pixel */
    size_t dynamic_rows; /* dynamic input parameters: 1, or so many, for row after row */
} oct_matrix_shape;

typedef struct oct_matrix {
    octet_context *context;
    const oct_layer *layer;
    const oct_tile *tile;
    const oct_path *path; /* the tile's                                                      */
    oct_matrix_shape shape;
    size_t panels, padded; /* tiles of columns, and columns with padding, of one outer        */
    size_t cw, k_words;    /* words of a pixel's group, of a column                           */
    size_t row_bytes;      /* of a row of words as the kernel reads them                      */
    bool pack_input;       /* else the caller's bytes are words already                       */
    size_t row_zero_period, row_scale_period; /* rows after which per-row parameters repeat; 0:
                                       there is one for all                                            */
    int32_t weight_shift;     /* of the weights' zero points: -128 where u8 become s8            */
    size_t parts, part_words; /* of k, that are summed apart */
    oct_kernel *pack_rows, *pack_weights, *column_terms, *row_terms, *finish_parts;
    oct_buffer *words; /* packed input                                                    */
    oct_buffer *row_zero, *row_scale;
    oct_buffer *panels_words; /* packed weights                                                  */
    oct_buffer *sums, *offset, *column_sum, *zero, *multipliers, *float_bias; /* [outer][padded]  */
    oct_buffer *bias, *weight_zeros, *input_zero, *nothing, *one, *input_scale, *weight_scales;
    oct_buffer *table;                 /* of the layer's lookup, or NULL */
    oct_buffer *part_sums, *no_offset; /* [row][outer][part][padded]; zeros; NULL: one part */
} oct_matrix;

/* Tensors of one run. NULL where the description gave the value. */
typedef struct oct_matrix_operands {
    oct_buffer *input, *weights, *input_scale, *input_zero, *weight_scale, *weight_zero;
} oct_matrix_operands;

/* oct_matrix_prepare - builds the packing kernels, allocates, and packs weights that are known. */
octet_status oct_matrix_prepare(oct_matrix *matrix, octet_context *context, const oct_layer *layer,
                                const oct_tile *tile, const oct_matrix_shape *shape,
                                const oct_tile_problem *problem);
void oct_matrix_destroy(oct_matrix *matrix);

/* oct_matrix_scratch - bytes of what a run writes: packed rows and their parameters, sums of parts. */
size_t oct_matrix_scratch(const oct_matrix *matrix);

/* matrix_pack.c - oct_matrix_pack enqueues what must precede the main kernel of a run; of its
 * parts, packing the weights and the arrays of columns happen once where all they need is known. */
octet_status oct_matrix_pack(oct_matrix *matrix, const oct_matrix_operands *operands);
octet_status oct_matrix_pack_weights(oct_matrix *matrix, const oct_buffer *weights,
                                     const oct_buffer *zeros);
octet_status oct_matrix_columns(oct_matrix *matrix, const oct_matrix_operands *operands);

/* What oct_matrix_multiply multiplies: "batch" products of m rows. */
typedef struct oct_matrix_product {
    size_t m, batch;
    bool shared_input; /* one matrix of (unpacked) input for every product                        */
    const oct_buffer *other; /* what the layer's sum adds, or NULL */
    bool many_weights; /* the matrices of weights are one for each product, not shared            */
} oct_matrix_product;

/* oct_matrix_multiply - enqueues the gemm kernel ("kernel") on packed operands. */
octet_status oct_matrix_multiply(const oct_matrix *matrix, oct_kernel *kernel,
                                 const oct_matrix_product *product, const oct_tile_problem *problem,
                                 const oct_buffer *input, const oct_buffer *output);

/* Where results go, in elements of the output: rows are images of "pixels" rows. */
typedef struct oct_matrix_result {
    const oct_buffer *output, *other;         /* other: what the layer's sum adds, or NULL */
    size_t pixels, outer, image, row, column; /* strides */
} oct_matrix_result;

/* matrix_parts.c - oct_matrix_prepare_parts chooses the parts of k and allocates their sums;
 * oct_matrix_finish_parts enqueues what makes results of them. oct_matrix_part - the problem as the main
 * kernel sees it, which stores sums of whole panels where there is more than one part. */
oct_tile_problem oct_matrix_part(const oct_matrix *matrix, const oct_tile_problem *problem);
octet_status oct_matrix_prepare_parts(oct_matrix *matrix, const oct_tile_problem *problem);
octet_status oct_matrix_finish_parts(const oct_matrix *matrix, const oct_tile_problem *problem,
                                     const oct_matrix_result *result);

/* oct_matrix_packs - whether the input has to be copied for this tile. */
bool oct_matrix_packs(const oct_tile *tile, const oct_matrix_shape *shape);

/* oct_matrix_fill - an array of pixels that hold the input's zero point in each group's channels,
 * and 0 in what is left of their last words: padding. Freed by the caller; NULL when memory is
 * short. */
uint8_t *oct_matrix_fill(const oct_matrix *matrix, size_t pixels);

/* The words of the input as the main kernel reads them. */
const oct_buffer *oct_matrix_input(const oct_matrix *matrix, const oct_buffer *input);

/* oct_matrix_options - the -D options of the main kernel besides OCT_BUILD_*. oct_matrix_store_options -
 * those of what follows the sums of k's parts. */
void oct_matrix_options(const oct_matrix *matrix, char *text, size_t capacity);
void oct_matrix_store_options(const oct_matrix *matrix, char *text, size_t capacity);

/* The input's zero point as stored in the packed words (0 for pairs); per tensor only. */
int32_t oct_matrix_input_zero(const oct_matrix *matrix);

/* Whether the weights are packed + 128: see oct_path. */
bool oct_matrix_swaps(const oct_matrix *matrix);

#endif
