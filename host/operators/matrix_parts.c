/* matrix_parts.c - products whose k is split: every part's sums, and the kernel that adds and finishes
 * them. */
#include "operators/matrix.h"

#include <stdlib.h>

/* Of one of so many parts, which are whole slices. */
static size_t part_words(const oct_matrix *matrix, size_t parts)
{
    const size_t words = parts > 1
                             ? oct_round_up(oct_divide_up(matrix->k_words, parts), matrix->tile->gk)
                             : matrix->k_words;
    return words < matrix->k_words ? words : matrix->k_words;
}

oct_tile_problem oct_matrix_part(const oct_matrix *matrix, const oct_tile_problem *problem)
{
    oct_tile_problem part = *problem;
    if (matrix->parts == 1)
        return part;
    part.outer *= matrix->parts;
    part.n = matrix->padded;
    part.k = oct_divide_up(problem->k, matrix->parts);
    return part;
}

static octet_status create_finish(oct_matrix *matrix)
{
    char options[512] = "-D OCT_BUILD_OTHER=1 -D OCT_BUILD_FINISH_PARTS=1 -D OCT_NV=1";
    oct_matrix_store_options(matrix, options, sizeof options);
    return oct_kernel_create(matrix->context, "finish_parts", options, &matrix->finish_parts);
}

octet_status oct_matrix_prepare_parts(oct_matrix *matrix, const oct_tile_problem *problem)
{
    octet_status status = OCTET_OK;
    const oct_traits *const traits = &matrix->context->traits;
    const size_t columns = matrix->shape.outer * matrix->padded;
    size_t sums = 0;
    int32_t *zeros = NULL;
    matrix->part_words = part_words(matrix, oct_tile_parts(matrix->tile, traits, problem));
    matrix->parts = oct_divide_up(matrix->k_words, matrix->part_words);
    if (matrix->parts == 1)
        goto cleanup;
    OCT_REQUIRE(matrix->layer->log,
                oct_multiply(problem->m, problem->outer, &sums) &&
                    oct_multiply(sums, matrix->parts, &sums) &&
                    oct_multiply(sums, matrix->padded, &sums) && sums <= INT32_MAX / 4,
                OCTET_UNSUPPORTED, "%s: the sums of %zu parts are too large", matrix->layer->name,
                matrix->parts);
    OCT_TRY(oct_buffer_create(matrix->context, sums * sizeof(int32_t), &matrix->part_sums));
    OCT_ALLOC(matrix->layer->log, zeros, columns);
    OCT_TRY(
        oct_buffer_from_host(matrix->context, columns * sizeof *zeros, zeros, &matrix->no_offset));
    OCT_TRY(create_finish(matrix));
cleanup:
    free(zeros);
    return status;
}

octet_status oct_matrix_finish_parts(const oct_matrix *matrix, const oct_tile_problem *problem,
                                     const oct_matrix_result *result)
{
    octet_status status = OCTET_OK;
    const oct_layer *const layer = matrix->layer;
    const oct_buffer *const none = matrix->nothing;
    const bool on_cpu = matrix->context->traits.type == OCTET_DEVICE_CPU;
    const oct_arg args[] = {
        OCT_BUFFER(matrix->part_sums),
        OCT_BUFFER(result->output),
        OCT_BUFFER(matrix->offset),
        OCT_BUFFER(matrix->multipliers),
        OCT_BUFFER(matrix->float_bias),
        OCT_BUFFER(matrix->row_zero != NULL ? matrix->row_zero : none),
        OCT_BUFFER(matrix->row_scale != NULL ? matrix->row_scale : none),
        OCT_BUFFER(matrix->column_sum),
        OCT_BUFFER(result->other != NULL ? result->other : none),
        OCT_BUFFER(matrix->table != NULL ? matrix->table : none),
        OCT_INT(matrix->parts),
        OCT_INT(problem->n),
        OCT_INT(matrix->padded),
        OCT_INT(result->pixels),
        OCT_INT(result->outer),
        OCT_INT(result->image),
        OCT_INT(result->row),
        OCT_INT(result->column),
        OCT_INT(matrix->shape.outer > 1 ? matrix->padded : 0),
        OCT_INT(layer->multiplier_rows > 1 ? matrix->shape.outer * matrix->padded : 0),
        OCT_LAYER_BOUNDS(layer),
        OCT_LAYER_SUM(layer)};
    /* one work-item for a row of a CPU, else for four columns */
    const size_t global[3] = {on_cpu ? 1 : oct_divide_up(problem->n, 4), problem->m,
                              problem->outer};
    OCT_TRY(oct_enqueue_barrier(matrix->context));
    OCT_TRY(OCT_LAUNCH(matrix->finish_parts, global, args));
cleanup:
    return status;
}
