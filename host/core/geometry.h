/* geometry.h - the shape of a two-dimensional window operation (convolution, pooling). */
#ifndef OCT_CORE_GEOMETRY_H
#define OCT_CORE_GEOMETRY_H

#include <stdbool.h>

#include "core/log.h"

/* Pairs are height, width; padding is top, left, bottom, right. */
typedef struct oct_window {
    size_t kernel[2], stride[2], dilation[2], padding[4];
} oct_window;

/* A convolution after its input shape is known. All counts of elements. */
typedef struct oct_conv2d_geometry {
    octet_layout layout;
    size_t images, height, width, channels;     /* input                                        */
    size_t out_height, out_width, out_channels; /* output                                       */
    size_t groups;
    oct_window window;
} oct_conv2d_geometry;

/* oct_window_output - output size along one axis (0: height, 1: width):
 * floor((in + pads - dilation * (kernel - 1) - 1) / stride) + 1, or the ceiling of the quotient
 * with "ceil", where a window must still start inside the input or its leading padding. False when
 * the window does not fit, or a product overflows. */
bool oct_window_output(const oct_window *window, int axis, size_t in, bool ceil, size_t *out);

#endif
