/* conv2d_padding.c - what lies around the image of a convolution. */
#include <stdlib.h>
#include <string.h>

#include "operators/conv2d_internal.h"
#include "operators/elements.h"
#include "variants/paths.h"

bool oct_padding_is_found(const oct_layer *layer, const oct_tile *tile)
{
    return layer->dynamic_input && !oct_paths[tile->path].pairs;
}

void oct_padding_copy(const oct_conv2d_geometry *g, oct_conv2d_geometry *seen,
                      oct_matrix_shape *shape)
{
    const size_t *const padding = g->window.padding;
    const size_t height = g->height + padding[0] + padding[2];
    const size_t width = g->width + padding[1] + padding[3];
    if (!oct_has_padding(g) || height * width > 2 * g->height * g->width)
        return;
    seen->height = height;
    seen->width = width;
    memset(seen->window.padding, 0, sizeof seen->window.padding);
    shape->lines = g->height;
    shape->pixels = g->width;
    shape->input_line = g->layout == OCTET_NHWC ? g->width * g->channels : g->width;
    shape->image_rows = height * width;
    shape->line_rows = width;
    shape->first_row = padding[0] * width + padding[1];
}

octet_status oct_padding_create(oct_padding *padding, const oct_matrix *matrix,
                                const oct_conv2d_geometry *seen)
{
    octet_status status = OCTET_OK;
    octet_context *const context = matrix->context;
    const size_t width = seen->window.kernel[1];
    uint8_t *const pixels = oct_matrix_fill(matrix, width);
    OCT_REQUIRE(&context->log, pixels != NULL, OCTET_OUT_OF_MEMORY,
                "conv2d: out of host memory: %zu pixels of padding", width);
    OCT_TRY(oct_buffer_from_host(context, width * matrix->row_bytes, pixels, &padding->line));
    padding->pixels = width;
    if (oct_padding_is_found(matrix->layer, matrix->tile) && oct_has_padding(seen))
        OCT_TRY(
            oct_create_simple_kernel(context, "fill_pad", "OCT_BUILD_FILL_PAD", &padding->fill));
cleanup:
    free(pixels);
    return status;
}

octet_status oct_padding_enqueue(const oct_padding *padding, const oct_matrix *matrix,
                                 const oct_buffer *zero)
{
    octet_status status = OCTET_OK;
    const oct_arg args[] = {OCT_BUFFER(padding->line), OCT_BUFFER(zero),
                            OCT_INT(matrix->shape.channels), OCT_INT(matrix->cw)};
    const size_t global[3] = {padding->pixels * matrix->row_bytes / 4, 1, 1};
    OCT_TRY(oct_enqueue_barrier(matrix->context));
    OCT_TRY(OCT_LAUNCH(padding->fill, global, args));
cleanup:
    return status;
}

void oct_padding_destroy(oct_padding *padding)
{
    oct_kernel_destroy(padding->fill);
    oct_buffer_destroy(padding->line);
    *padding = (oct_padding){0};
}
