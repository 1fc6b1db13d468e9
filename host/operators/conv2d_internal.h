/* conv2d_internal.h - a convolution whose shapes are known, and its depthwise form. */
#ifndef OCT_OPERATORS_CONV2D_INTERNAL_H
#define OCT_OPERATORS_CONV2D_INTERNAL_H

#include "core/geometry.h"
#include "operators/matrix.h"

/* Strides of the output in elements: row = output pixel. */
typedef struct oct_output_strides {
    size_t image, row, column;
} oct_output_strides;
oct_output_strides oct_conv2d_output(const oct_conv2d_geometry *geometry);

/* The ints every convolution kernel takes, in their order: images h w oh ow kh kw stride dilation
 * padding (top, left). */
#define OCT_WINDOW_ARGS(g)                                                                         \
    OCT_INT((g)->images), OCT_INT((g)->height), OCT_INT((g)->width), OCT_INT((g)->out_height),     \
        OCT_INT((g)->out_width), OCT_INT((g)->window.kernel[0]), OCT_INT((g)->window.kernel[1]),   \
        OCT_INT((g)->window.stride[0]), OCT_INT((g)->window.stride[1]),                            \
        OCT_INT((g)->window.dilation[0]), OCT_INT((g)->window.dilation[1]),                        \
        OCT_INT((g)->window.padding[0]), OCT_INT((g)->window.padding[1])

/* groups == input channels == output channels, weights known: one filter per channel. */
typedef struct oct_depthwise {
    octet_context *context;
    const oct_layer *layer;
    const oct_conv2d_geometry *geometry;
    const oct_tile *tile;
    oct_kernel *kernel, *pack_rows; /* pack_rows: NCHW input only */
    oct_buffer *weights, *offset, *multipliers, *bias, *packed, *nothing;
} oct_depthwise;

octet_status oct_depthwise_prepare(oct_depthwise *depthwise, octet_context *context,
                                   const oct_layer *layer, const oct_conv2d_geometry *geometry,
                                   const oct_tile *tile);
octet_status oct_depthwise_enqueue(const oct_depthwise *depthwise, const oct_buffer *input,
                                   const oct_buffer *output);
void oct_depthwise_destroy(oct_depthwise *depthwise);

#endif
