/* matrix_pack.c - enqueues the kernels that pack operands, make the epilogue's arrays, and
 * multiply. */
#include "operators/elements.h"
#include "operators/matrix.h"

octet_status oct_matrix_pack_weights(oct_matrix *matrix, const oct_buffer *weights,
                                     const oct_buffer *zeros)
{
    octet_status status = OCTET_OK;
    const oct_matrix_shape *const shape = &matrix->shape;
    const int32_t flip = matrix->weight_shift != 0 ? 0x80 : 0;
    const oct_arg args[] = {OCT_BUFFER(weights),
                            OCT_BUFFER(matrix->panels_words),
                            OCT_BUFFER(matrix->sums),
                            OCT_BUFFER(zeros),
                            OCT_INT(shape->n),
                            OCT_INT(shape->taps),
                            OCT_INT(shape->channels),
                            OCT_INT(shape->weight_outer),
                            OCT_INT(shape->weight_column),
                            OCT_INT(shape->weight_tap),
                            OCT_INT(shape->weight_channel),
                            OCT_INT(shape->outer_is_group ? shape->n : 0),
                            OCT_INT(matrix->layer->dynamic_weights ? 0 : 1),
                            OCT_INT(flip),
                            OCT_INT(oct_sign_of(matrix->layer->weight_type) ^ flip),
                            OCT_INT(oct_matrix_swaps(matrix) ? 0x80 : 0)};
    const size_t global[3] = {matrix->panels * matrix->tile->gn, shape->outer, 1};
    OCT_TRY(oct_enqueue_barrier(matrix->context));
    OCT_TRY(OCT_LAUNCH(matrix->pack_weights, global, args));
cleanup:
    return status;
}

octet_status oct_matrix_columns(oct_matrix *matrix, const oct_matrix_operands *operands)
{
    octet_status status = OCTET_OK;
    const oct_layer *const layer = matrix->layer;
    const oct_matrix_shape *const shape = &matrix->shape;
    const bool dynamic = layer->dynamic_input || layer->dynamic_weights;
    const oct_buffer *const weight_zero =
        layer->dynamic_weights ? operands->weight_zero : matrix->weight_zeros;
    /* pairs have no terms; with zero points per row the term is added row by row */
    const bool no_zero = matrix->path->pairs || matrix->row_zero_period > 0;
    const oct_buffer *const input_zero = no_zero                ? matrix->nothing
                                         : layer->dynamic_input ? operands->input_zero
                                                                : matrix->input_zero;
    const oct_arg args[] = {
        OCT_BUFFER(matrix->sums),
        OCT_BUFFER(weight_zero),
        OCT_BUFFER(input_zero),
        OCT_BUFFER(matrix->bias),
        OCT_BUFFER(matrix->row_scale_period > 0 ? matrix->one
                   : layer->dynamic_input       ? operands->input_scale
                                                : matrix->input_scale),
        OCT_BUFFER(layer->dynamic_weights ? operands->weight_scale : matrix->weight_scales),
        OCT_BUFFER(matrix->offset),
        OCT_BUFFER(matrix->column_sum),
        OCT_BUFFER(matrix->zero),
        OCT_BUFFER(dynamic ? matrix->multipliers : matrix->sums), /* the sums are spent */
        OCT_INT(shape->n),
        OCT_INT(shape->taps * shape->channels),
        OCT_INT(shape->outer_is_group ? shape->n : 0),
        OCT_INT(layer->dynamic_weights ? 0 : 1),
        OCT_INT(matrix->weight_shift),
        OCT_INT(oct_path_flips(matrix->path, layer->input_type == OCTET_S8) ? 128 : 0)};
    const size_t global[3] = {matrix->padded, shape->outer, 1};
    OCT_TRY(oct_enqueue_barrier(matrix->context));
    OCT_TRY(OCT_LAUNCH(matrix->column_terms, global, args));
cleanup:
    return status;
}

/* Parameters of rows, repeated to every row there is. */
static octet_status compute_rows(oct_matrix *matrix, const oct_buffer *source, size_t period,
                                 const oct_buffer *target)
{
    const oct_arg args[] = {OCT_BUFFER(source), OCT_BUFFER(target), OCT_INT(period)};
    const size_t global[3] = {matrix->shape.images * matrix->shape.image_rows, 1, 1};
    return OCT_LAUNCH(matrix->row_terms, global, args);
}

/* Rows of one work-item of pack_rows: a few kilobytes. */
static size_t rows_per_pack(const oct_matrix *matrix)
{
    const size_t rows = 8192 / (matrix->row_bytes + 1);
    return rows > 16 ? rows : 16;
}

static octet_status pack_input(oct_matrix *matrix, const oct_buffer *input, const oct_buffer *zeros)
{
    const oct_layer *const layer = matrix->layer;
    const oct_matrix_shape *const shape = &matrix->shape;
    const size_t items = rows_per_pack(matrix);
    const oct_arg args[] = {OCT_BUFFER(input),
                            OCT_BUFFER(matrix->words),
                            OCT_BUFFER(zeros),
                            OCT_INT(shape->pixels),
                            OCT_INT(shape->lines),
                            OCT_INT(shape->channels),
                            OCT_INT(matrix->cw),
                            OCT_INT(shape->input_image),
                            OCT_INT(shape->input_line),
                            OCT_INT(shape->input_pixel),
                            OCT_INT(shape->input_channel),
                            OCT_INT(shape->image_rows),
                            OCT_INT(shape->line_rows),
                            OCT_INT(shape->first_row),
                            OCT_INT(matrix->row_bytes / 4),
                            OCT_INT(oct_sign_of(layer->input_type)),
                            OCT_INT(matrix->row_zero_period > 0 ? 1 : 0),
                            OCT_INT(items)};
    const size_t global[3] = {oct_divide_up(shape->pixels, items), shape->groups,
                              shape->images * shape->lines};
    return OCT_LAUNCH(matrix->pack_rows, global, args);
}

octet_status oct_matrix_pack(oct_matrix *matrix, const oct_matrix_operands *operands)
{
    octet_status status = OCTET_OK;
    const oct_layer *const layer = matrix->layer;
    const oct_buffer *const input_zeros =
        layer->dynamic_input ? operands->input_zero : matrix->input_zero;
    if (layer->weights == NULL)
        OCT_TRY(oct_matrix_pack_weights(matrix, operands->weights,
                                        layer->dynamic_weights ? operands->weight_zero
                                                               : matrix->weight_zeros));
    if (layer->weights == NULL || layer->dynamic_input)
        OCT_TRY(oct_matrix_columns(matrix, operands));
    if (matrix->row_zero_period > 0)
        OCT_TRY(compute_rows(matrix, input_zeros, matrix->row_zero_period, matrix->row_zero));
    if (matrix->row_scale_period > 0)
        OCT_TRY(compute_rows(matrix,
                             layer->dynamic_input ? operands->input_scale : matrix->input_scale,
                             matrix->row_scale_period, matrix->row_scale));
    if (matrix->row_zero_period > 0)
        OCT_TRY(oct_enqueue_barrier(matrix->context));
    if (matrix->pack_input)
        OCT_TRY(pack_input(matrix, operands->input,
                           matrix->row_zero_period > 0 ? matrix->row_zero : input_zeros));
    OCT_TRY(oct_enqueue_barrier(matrix->context));
cleanup:
    return status;
}

octet_status oct_matrix_multiply(const oct_matrix *matrix, oct_kernel *kernel,
                                 const oct_matrix_product *product, const oct_tile_problem *problem,
                                 const oct_buffer *input, const oct_buffer *output)
{
    octet_status status = OCTET_OK;
    const oct_layer *const layer = matrix->layer;
    const oct_buffer *const none = matrix->nothing;
    const bool same_input = product->shared_input && !matrix->pack_input, split = matrix->parts > 1;
    const oct_tile_problem part = oct_matrix_part(matrix, problem);
    const oct_tile_share share = oct_tile_split(matrix->tile, &matrix->context->traits, &part);
    const size_t matrix_elements = product->batch == 1 ? 0 : product->m * problem->n;
    const oct_matrix_result result = {.output = output,
                                      .other = product->other,
                                      .pixels = product->m,
                                      .outer = matrix_elements,
                                      .row = problem->n,
                                      .column = 1};
    const oct_arg args[] = {
        OCT_BUFFER(input),
        OCT_BUFFER(matrix->panels_words),
        OCT_BUFFER(split ? matrix->part_sums : output),
        OCT_BUFFER(split ? matrix->no_offset : matrix->offset),
        OCT_BUFFER(matrix->multipliers),
        OCT_BUFFER(matrix->float_bias),
        OCT_BUFFER(matrix->row_zero != NULL ? matrix->row_zero : none),
        OCT_BUFFER(matrix->row_scale != NULL ? matrix->row_scale : none),
        OCT_BUFFER(matrix->zero),
        OCT_BUFFER(matrix->column_sum),
        OCT_BUFFER(product->other != NULL ? product->other : none),
        OCT_BUFFER(matrix->table != NULL ? matrix->table : none),
        OCT_INT(product->m),
        OCT_INT(part.n),
        OCT_INT(matrix->k_words),
        OCT_INT(matrix->part_words),
        OCT_INT(matrix->row_bytes),
        OCT_INT(same_input || product->batch == 1 ? 0 : product->m * matrix->row_bytes),
        OCT_INT(product->many_weights ? matrix->padded * matrix->k_words : 0),
        OCT_INT(split ? matrix->padded : matrix_elements),
        OCT_INT(split ? part.outer * matrix->padded : problem->n),
        OCT_INT(product->many_weights ? matrix->padded : 0),
        OCT_INT(layer->multiplier_rows > 1 ? matrix->shape.outer * matrix->padded : 0),
        OCT_LAYER_BOUNDS(layer),
        OCT_LAYER_SUM(layer),
        OCT_INT(share.rows),
        OCT_INT(share.panels)};
    size_t global[3];
    oct_tile_items(matrix->tile, &part, share, global);
    OCT_TRY(OCT_LAUNCH(kernel, global, args));
    if (split)
        OCT_TRY(oct_matrix_finish_parts(matrix, problem, &result));
cleanup:
    return status;
}
