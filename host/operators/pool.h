/* pool.h - what the operators share that look through a window at each channel by itself. */
#ifndef OCT_OPERATORS_POOL_H
#define OCT_OPERATORS_POOL_H

#include "core/geometry.h"
#include "operators/operator.h"

/* What their descriptions say alike. */
typedef struct oct_pool_window {
    octet_layout layout;
    const size_t *kernel, *stride, *dilation; /* 2 each; stride, dilation 0: 1 */
    const size_t *padding;                    /* 4 */
} oct_pool_window;

/* oct_pool_begin - checks layout and kernel, and sets what of "geometry" does not depend on the
 * input. */
octet_status oct_pool_begin(const octet_operator *op, const oct_pool_window *window,
                            oct_conv2d_geometry *geometry);

/* oct_pool_bind - checks the input's shape; sets the rest of "geometry", and the output's shape. */
octet_status oct_pool_bind(octet_operator *op, bool ceil, oct_conv2d_geometry *geometry);

/* OCT_POOL_ARGS - the first arguments of a pool's kernel: operands, sizes, window. "g" a geometry. */
#define OCT_POOL_ARGS(input, output, g)                                                            \
    OCT_BUFFER(input), OCT_BUFFER(output), OCT_INT((g)->height), OCT_INT((g)->width),              \
        OCT_INT((g)->out_height), OCT_INT((g)->out_width), OCT_INT((g)->channels),                 \
        OCT_INT((g)->window.kernel[0]), OCT_INT((g)->window.kernel[1]),                            \
        OCT_INT((g)->window.stride[0]), OCT_INT((g)->window.stride[1]),                            \
        OCT_INT((g)->window.dilation[0]), OCT_INT((g)->window.dilation[1]),                        \
        OCT_INT((g)->window.padding[0]), OCT_INT((g)->window.padding[1]),                          \
        OCT_INT((g)->layout == OCTET_NCHW)

#endif
