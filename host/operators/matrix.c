/* matrix.c - see matrix.h. */
#include "operators/matrix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- What the tile's path asks of the operands ---- */

bool oct_matrix_packs(const oct_tile *tile, const oct_matrix_shape *shape)
{
    return oct_paths[tile->path].pairs || shape->channels % 4 != 0 || shape->input_channel != 1;
}

/* Pairs hold differences. Of bytes, those of the input stay as they are; u8 weights become s8, by
 * -128, and so do their zero points. */
static void derive(oct_matrix *matrix)
{
    const oct_layer *const layer = matrix->layer;
    const oct_matrix_shape *const shape = &matrix->shape;
    const oct_path *const path = matrix->path;
    const size_t values = path->pairs ? 2 : 4;
    const bool dynamic_rows = layer->dynamic_input && shape->dynamic_rows > 1;
    matrix->row_zero_period = dynamic_rows                  ? shape->dynamic_rows
                              : layer->input_zero_count > 1 ? layer->input_zero_count
                                                            : 0;
    /* known scales of rows are in the table of multipliers, unless the columns' come at run time */
    if (dynamic_rows)
        matrix->row_scale_period = shape->dynamic_rows;
    else if (layer->dynamic_weights && layer->input_scale_count > 1)
        matrix->row_scale_period = layer->input_scale_count;
    matrix->panels = oct_divide_up(shape->n, oct_tile_panel(matrix->tile));
    matrix->padded = matrix->panels * oct_tile_panel(matrix->tile);
    matrix->cw = oct_divide_up(shape->channels, values);
    matrix->k_words = shape->taps * matrix->cw;
    matrix->weight_shift = !path->pairs && layer->weight_type == OCTET_U8 ? -128 : 0;
    matrix->pack_input = oct_matrix_packs(matrix->tile, shape);
    matrix->row_bytes = matrix->pack_input ? matrix->cw * 4 * shape->groups : shape->input_pixel;
}

static void append_sum(const oct_sum *sum, char *text, size_t capacity)
{
    const size_t length = strlen(text);
    snprintf(text + length, capacity - length, " -D OCT_SUM=%d -D OCT_SUM_SIGNED=%d",
             sum->result_is_b ? 2 : 1, oct_sum_other_type(sum) == OCTET_S8);
}

/* Zero points that the kernel corrects for: 1 of weights, 2 of rows. */
static int weight_terms(const oct_matrix *matrix)
{
    const oct_layer *const layer = matrix->layer;
    return !matrix->path->pairs && (layer->has_weight_zeros || layer->dynamic_weights ||
                                    layer->weight_type == OCTET_U8)
               ? 1
               : 0;
}

static int row_terms(const oct_matrix *matrix)
{
    return !matrix->path->pairs && matrix->row_zero_period > 0 ? 2 : 0;
}

static void append_store(const oct_matrix *matrix, int terms, bool is_signed, char *text,
                         size_t capacity)
{
    const oct_layer *const layer = matrix->layer;
    const size_t length = strlen(text);
    snprintf(text + length, capacity - length,
             " -D OCT_STORE=%d -D OCT_CORRECT=%d -D OCT_A_SIGNED=%d -D OCT_ROW_SCALE=%d",
             (int)layer->store, terms, is_signed, matrix->row_scale_period > 0);
    if (layer->sum.wanted)
        append_sum(&layer->sum, text, capacity);
    oct_layer_options(layer, &matrix->context->traits, text, capacity);
}

void oct_matrix_store_options(const oct_matrix *matrix, char *text, size_t capacity)
{
    append_store(matrix, row_terms(matrix), false, text, capacity);
}

void oct_matrix_options(const oct_matrix *matrix, char *text, size_t capacity)
{
    const bool is_signed = !matrix->path->pairs && matrix->layer->input_type == OCTET_S8;
    const size_t length = strlen(text);
    if (matrix->parts > 1)
        snprintf(text + length, capacity - length,
                 " -D OCT_STORE=0 -D OCT_CORRECT=%d -D OCT_A_SIGNED=%d -D OCT_ROW_SCALE=0",
                 weight_terms(matrix), is_signed);
    else
        append_store(matrix, weight_terms(matrix) + row_terms(matrix), is_signed, text, capacity);
    oct_tile_options(matrix->tile, text, capacity);
}

int32_t oct_matrix_input_zero(const oct_matrix *matrix)
{
    return matrix->path->pairs ? 0 : matrix->layer->input_zeros[0];
}

bool oct_matrix_swaps(const oct_matrix *matrix)
{
    return oct_path_swaps(matrix->path, matrix->layer->input_type == OCTET_S8);
}

uint8_t *oct_matrix_fill(const oct_matrix *matrix, size_t pixels)
{
    const size_t stride = matrix->cw * 4, bytes = pixels * matrix->row_bytes;
    uint8_t *const filled = oct_allocate(bytes, 1);
    for (size_t at = 0; filled != NULL && at < bytes; at += stride)
        memset(filled + at, oct_matrix_input_zero(matrix) & 0xff, matrix->shape.channels);
    return filled;
}

const oct_buffer *oct_matrix_input(const oct_matrix *matrix, const oct_buffer *input)
{
    return matrix->pack_input ? matrix->words : input;
}

/* ---- Kernels ---- */

/* Packing depends on the words' form and the panel's width only, so tiles share its programs. */
static octet_status create_kernel(oct_matrix *matrix, const char *name, const char *build,
                                  bool with_tile, oct_kernel **out)
{
    char options[256];
    snprintf(options, sizeof options, "-D OCT_BUILD_OTHER=1 -D %s=1 -D OCT_PATH=%s", build,
             oct_paths[matrix->path->pairs ? OCT_PATH_EMULATED_PAIRS : OCT_PATH_EMULATED].define);
    if (with_tile)
        snprintf(options + strlen(options), sizeof options - strlen(options),
                 " -D OCT_NV=%u -D OCT_LANES=%u -D OCT_GN=%u", matrix->tile->nv,
                 matrix->tile->lanes, matrix->tile->gn);
    return oct_kernel_create(matrix->context, name, options, out);
}

static octet_status create_kernels(oct_matrix *matrix)
{
    octet_status status = OCTET_OK;
    OCT_TRY(create_kernel(matrix, "pack_weights", "OCT_BUILD_PACK_WEIGHTS", true,
                          &matrix->pack_weights));
    OCT_TRY(create_kernel(matrix, "column_terms", "OCT_BUILD_COLUMN_TERMS", false,
                          &matrix->column_terms));
    if (matrix->pack_input)
        OCT_TRY(
            create_kernel(matrix, "pack_rows", "OCT_BUILD_PACK_ROWS", false, &matrix->pack_rows));
    if (matrix->row_zero_period > 0 || matrix->row_scale_period > 0)
        OCT_TRY(
            create_kernel(matrix, "row_terms", "OCT_BUILD_ROW_TERMS", false, &matrix->row_terms));
cleanup:
    return status;
}

/* ---- Buffers ---- */

/* A buffer of a * b * c elements of "size" bytes. */
static octet_status create_buffer(oct_matrix *matrix, size_t a, size_t b, size_t c, size_t size,
                                  oct_buffer **out)
{
    octet_status status = OCTET_OK;
    size_t bytes = 0;
    OCT_REQUIRE(matrix->layer->log,
                oct_multiply(a, b, &bytes) && oct_multiply(bytes, c, &bytes) &&
                    oct_multiply(bytes, size, &bytes),
                OCTET_INVALID_ARGUMENT, "%s: the packed operands are too large",
                matrix->layer->name);
    OCT_TRY(oct_buffer_create(matrix->context, bytes, out));
cleanup:
    return status;
}

/* rows tables of columns, "size" bytes each, spread to [rows][outer][padded]. */
static octet_status upload_columns(oct_matrix *matrix, const void *source, size_t rows, size_t size,
                                   oct_buffer **out)
{
    octet_status status = OCTET_OK;
    const oct_matrix_shape *const shape = &matrix->shape;
    const size_t columns = matrix->layer->columns;
    unsigned char *spread = NULL;
    size_t count = 0;
    OCT_REQUIRE(
        matrix->layer->log,
        oct_multiply(rows, shape->outer, &count) && oct_multiply(count, matrix->padded, &count),
        OCTET_INVALID_ARGUMENT, "%s: the table of multipliers is too large", matrix->layer->name);
    spread = oct_allocate(count, size);
    OCT_REQUIRE(matrix->layer->log, spread != NULL, OCTET_OUT_OF_MEMORY,
                "%s: out of host memory: %zu multipliers", matrix->layer->name, count);
    for (size_t row = 0; row < rows; row++)
        for (size_t outer = 0; outer < shape->outer; outer++) {
            const size_t first = row * columns + (shape->outer_is_group ? outer * shape->n : 0);
            memcpy(spread + (row * shape->outer + outer) * matrix->padded * size,
                   (const unsigned char *)source + first * size, shape->n * size);
        }
    OCT_TRY(oct_buffer_from_host(matrix->context, count * size, spread, out));
cleanup:
    free(spread);
    return status;
}

static octet_status create_column_buffers(oct_matrix *matrix)
{
    octet_status status = OCTET_OK;
    const oct_layer *const layer = matrix->layer;
    const size_t outer = matrix->shape.outer, padded = matrix->padded;
    OCT_TRY(create_buffer(matrix, outer, matrix->panels * matrix->k_words,
                          oct_tile_panel(matrix->tile), 4, &matrix->panels_words));
    OCT_TRY(create_buffer(matrix, outer, padded, 1, 4, &matrix->sums));
    OCT_TRY(create_buffer(matrix, outer, padded, 1, 4, &matrix->offset));
    OCT_TRY(create_buffer(matrix, outer, padded, 1, 4, &matrix->column_sum));
    OCT_TRY(create_buffer(matrix, outer, padded, 1, 4, &matrix->zero));
    OCT_TRY(upload_columns(matrix, layer->float_bias, 1, sizeof(float), &matrix->float_bias));
    if (layer->fixed != NULL)
        OCT_TRY(upload_columns(matrix, layer->fixed, layer->multiplier_rows, sizeof(oct_fixed),
                               &matrix->multipliers));
    else if (layer->multipliers != NULL)
        OCT_TRY(upload_columns(matrix, layer->multipliers, layer->multiplier_rows, sizeof(float),
                               &matrix->multipliers));
    else
        OCT_TRY(create_buffer(matrix, outer, padded, 1, 4, &matrix->multipliers));
cleanup:
    return status;
}

/* The layer's parameters as the packing kernels read them. */
static octet_status create_parameter_buffers(oct_matrix *matrix)
{
    octet_status status = OCTET_OK;
    octet_context *const context = matrix->context;
    const oct_layer *const layer = matrix->layer;
    const size_t columns = layer->columns;
    const int32_t nothing = 0;
    const float one = 1.0f;
    OCT_TRY(oct_buffer_from_host(context, columns * sizeof(int32_t), layer->bias, &matrix->bias));
    OCT_TRY(oct_buffer_from_host(context, columns * sizeof(int32_t), layer->weight_zeros,
                                 &matrix->weight_zeros));
    OCT_TRY(oct_buffer_from_host(context, columns * sizeof(float), layer->weight_scales,
                                 &matrix->weight_scales));
    OCT_TRY(oct_buffer_from_host(context, layer->input_zero_count * sizeof(int32_t),
                                 layer->input_zeros, &matrix->input_zero));
    OCT_TRY(oct_buffer_from_host(context, layer->input_scale_count * sizeof(float),
                                 layer->input_scales, &matrix->input_scale));
    OCT_TRY(oct_buffer_from_host(context, sizeof one, &one, &matrix->one));
    OCT_TRY(oct_buffer_from_host(context, sizeof nothing, &nothing, &matrix->nothing));
cleanup:
    return status;
}

/* Rows that no pixel is packed to. */
static octet_status fill_padding(oct_matrix *matrix)
{
    octet_status status = OCTET_OK;
    const size_t pixels = matrix->shape.images * matrix->shape.image_rows;
    uint8_t *const filled = oct_matrix_fill(matrix, pixels);
    OCT_REQUIRE(matrix->layer->log, filled != NULL, OCTET_OUT_OF_MEMORY,
                "%s: out of host memory: %zu padded pixels", matrix->layer->name, pixels);
    OCT_TRY(oct_buffer_write(matrix->words, pixels * matrix->row_bytes, filled, NULL));
cleanup:
    free(filled);
    return status;
}

static octet_status create_row_buffers(oct_matrix *matrix)
{
    octet_status status = OCTET_OK;
    const oct_matrix_shape *const shape = &matrix->shape;
    const size_t images = shape->images, rows = shape->image_rows;
    if (matrix->pack_input)
        OCT_TRY(create_buffer(matrix, images, rows, matrix->row_bytes, 1, &matrix->words));
    if (matrix->row_zero_period > 0)
        OCT_TRY(create_buffer(matrix, images, rows, 1, 4, &matrix->row_zero));
    if (matrix->row_scale_period > 0)
        OCT_TRY(create_buffer(matrix, images, rows, 1, 4, &matrix->row_scale));
    if (matrix->pack_input && rows > shape->lines * shape->pixels)
        OCT_TRY(fill_padding(matrix));
cleanup:
    return status;
}

/* Kernels count in 32 bits, and add up to a group of work beyond the end. */
static octet_status check_sizes(const oct_matrix *matrix)
{
    octet_status status = OCTET_OK;
    const oct_matrix_shape *const shape = &matrix->shape;
    const size_t sizes[] = {shape->outer,        shape->n,
                            shape->taps,         shape->channels,
                            shape->weight_outer, shape->weight_column,
                            shape->weight_tap,   shape->weight_channel,
                            shape->images,       shape->pixels,
                            shape->groups,       shape->input_image,
                            shape->input_pixel,  shape->input_channel,
                            matrix->k_words,     shape->image_rows * matrix->row_bytes,
                            matrix->padded};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        OCT_REQUIRE(matrix->layer->log, sizes[i] < (size_t)INT32_MAX - 4096, OCTET_UNSUPPORTED,
                    "%s: a size of %zu is beyond what the kernels count", matrix->layer->name,
                    sizes[i]);
cleanup:
    return status;
}

/* Packs the description's own weights once, from a buffer that lives only for that. */
static octet_status pack_known_weights(oct_matrix *matrix)
{
    octet_status status = OCTET_OK;
    const oct_layer *const layer = matrix->layer;
    const oct_matrix_shape *const shape = &matrix->shape;
    const size_t bytes = shape->outer * shape->n * shape->taps * shape->channels;
    oct_buffer *raw = NULL;
    OCT_TRY(oct_buffer_from_host(matrix->context, bytes, layer->weights, &raw));
    OCT_TRY(oct_matrix_pack_weights(matrix, raw, matrix->weight_zeros));
    if (!layer->dynamic_input)
        OCT_TRY(oct_matrix_columns(matrix, &(oct_matrix_operands){0}));
    OCT_TRY(octet_context_finish(matrix->context));
cleanup:
    oct_buffer_destroy(raw);
    return status;
}

/* ---- Life cycle ---- */

octet_status oct_matrix_prepare(oct_matrix *matrix, octet_context *context, const oct_layer *layer,
                                const oct_tile *tile, const oct_matrix_shape *shape,
                                const oct_tile_problem *problem)
{
    octet_status status = OCTET_OK;
    oct_matrix_destroy(matrix);
    *matrix = (oct_matrix){.context = context,
                           .layer = layer,
                           .tile = tile,
                           .path = &oct_paths[tile->path],
                           .shape = *shape};
    derive(matrix);
    OCT_TRY(check_sizes(matrix));
    OCT_TRY(create_kernels(matrix));
    OCT_TRY(create_column_buffers(matrix));
    OCT_TRY(create_parameter_buffers(matrix));
    OCT_TRY(create_row_buffers(matrix));
    OCT_TRY(oct_layer_upload_table(layer, context, &matrix->table));
    OCT_TRY(oct_matrix_prepare_parts(matrix, problem));
    if (layer->weights != NULL)
        OCT_TRY(pack_known_weights(matrix));
cleanup:
    return status;
}

void oct_matrix_destroy(oct_matrix *matrix)
{
    oct_kernel *const kernels[] = {matrix->pack_rows, matrix->pack_weights, matrix->column_terms,
                                   matrix->row_terms, matrix->finish_parts};
    oct_buffer *const buffers[] = {
        matrix->words,         matrix->row_zero,   matrix->row_scale,  matrix->panels_words,
        matrix->sums,          matrix->offset,     matrix->column_sum, matrix->zero,
        matrix->multipliers,   matrix->float_bias, matrix->bias,       matrix->weight_zeros,
        matrix->input_zero,    matrix->nothing,    matrix->one,        matrix->input_scale,
        matrix->weight_scales, matrix->part_sums,  matrix->no_offset,  matrix->table};
    for (size_t i = 0; i < sizeof kernels / sizeof kernels[0]; i++)
        oct_kernel_destroy(kernels[i]);
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++)
        oct_buffer_destroy(buffers[i]);
    *matrix = (oct_matrix){0};
}

size_t oct_matrix_scratch(const oct_matrix *matrix)
{
    const oct_buffer *const buffers[] = {matrix->words, matrix->row_zero, matrix->row_scale,
                                         matrix->part_sums};
    size_t bytes = 0;
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++)
        bytes += buffers[i] != NULL ? buffers[i]->bytes : 0;
    return bytes;
}
