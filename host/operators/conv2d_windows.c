/* conv2d_windows.c - enqueues convolutions whose rows are windows of an image: kernel conv2d. */
#include "operators/conv2d_internal.h"

/* Products of so few values take less time than finding where the rows of a tile lie: where tiles can be
 * neighbours of a line, whose padding is in the image, the kernel is built for their distance. Its last
 * tiles store some results twice, so nothing may be added in place. */
size_t oct_conv2d_step(const oct_conv2d *op)
{
    const oct_conv2d_geometry *const g = &op->seen;
    const oct_matrix *const matrix = &op->matrix;
    const bool lines = matrix->cw <= 2 && g->groups == 1 && g->window.dilation[1] == 1 &&
                       g->out_width >= matrix->tile->mr && !oct_has_padding(g) &&
                       !op->layer.sum.wanted;
    return lines && matrix->pack_input && !oct_tile_has_blocks(matrix->tile) &&
                   !oct_path_is_amx(matrix->tile->path) &&
                   op->base.context->traits.type == OCTET_DEVICE_CPU
               ? g->window.stride[1] * matrix->row_bytes
               : 0;
}

/* A divisor as rows_divide of kernels.cl takes it. */
static oct_arg divisor(size_t d)
{
    unsigned shift = 0;
    while (((size_t)1 << shift) < d)
        shift++;
    const uint64_t multiplier = (((uint64_t)1 << (31 + shift)) + d - 1) / d;
    return (oct_arg){.size = 2 * sizeof(int32_t), .value.i8 = {(int32_t)multiplier, (int)shift}};
}

octet_status oct_conv2d_enqueue_windows(const oct_conv2d *op, const oct_tile_problem *problem,
                                        const oct_buffer *input, const oct_buffer *other,
                                        const oct_buffer *output)
{
    octet_status status = OCTET_OK;
    const oct_layer *const layer = &op->layer;
    const oct_conv2d_geometry *const g = &op->seen;
    const oct_window *const w = &g->window;
    const oct_matrix *const matrix = &op->matrix;
    const oct_tile_problem part = oct_matrix_part(matrix, problem);
    oct_tile_share share = oct_tile_split(matrix->tile, &op->base.context->traits, &part);
    const oct_output_strides strides = oct_conv2d_output(g);
    const bool split = matrix->parts > 1;
    const size_t pixels = g->out_height * g->out_width, sums = part.outer * matrix->padded;
    if (op->step > 0) /* whole lines */
        share.rows = oct_round_up(share.rows, g->out_width);
    const oct_matrix_result result = {.output = output,
                                      .other = other,
                                      .pixels = pixels,
                                      .outer = problem->n * strides.column,
                                      .image = strides.image,
                                      .row = strides.row,
                                      .column = strides.column};
    const oct_arg args[] = {OCT_BUFFER(input),
                            OCT_BUFFER(matrix->panels_words),
                            OCT_BUFFER(split ? matrix->part_sums : output),
                            OCT_BUFFER(split ? matrix->no_offset : matrix->offset),
                            OCT_BUFFER(matrix->multipliers),
                            OCT_BUFFER(matrix->float_bias),
                            OCT_BUFFER(matrix->zero),
                            OCT_BUFFER(op->padding.line),
                            OCT_BUFFER(other != NULL ? other : matrix->nothing),
                            OCT_BUFFER(matrix->table != NULL ? matrix->table : matrix->nothing),
                            OCT_INT(g->images),
                            OCT_INT(g->height),
                            OCT_INT(g->width),
                            OCT_INT(g->out_height),
                            OCT_INT(g->out_width),
                            divisor(g->out_height * g->out_width),
                            divisor(g->out_width),
                            OCT_INT(w->kernel[0]),
                            OCT_INT(w->kernel[1]),
                            OCT_INT(w->stride[0]),
                            OCT_INT(w->stride[1]),
                            OCT_INT(w->dilation[0]),
                            OCT_INT(w->dilation[1]),
                            OCT_INT(w->padding[0]),
                            OCT_INT(w->padding[1]),
                            OCT_INT(matrix->cw),
                            OCT_INT(matrix->part_words),
                            OCT_INT(matrix->row_bytes),
                            OCT_INT(g->width * matrix->row_bytes),
                            OCT_INT(g->height * g->width * matrix->row_bytes),
                            OCT_INT(part.n),
                            OCT_INT(split ? pixels * sums : strides.image),
                            OCT_INT(split ? sums : strides.row),
                            OCT_INT(split ? 1 : strides.column),
                            OCT_INT(matrix->padded),
                            OCT_LAYER_BOUNDS(layer),
                            OCT_LAYER_SUM(layer),
                            OCT_INT(share.rows),
                            OCT_INT(share.panels)};
    size_t global[3];
    oct_tile_items(matrix->tile, &part, share, global);
    OCT_TRY(OCT_LAUNCH(op->kernel, global, args));
    if (split)
        OCT_TRY(oct_matrix_finish_parts(matrix, problem, &result));
cleanup:
    return status;
}
