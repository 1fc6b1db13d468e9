/* access.h - how the reference finds an element: its byte, its place in an image, the input
 * position under a window's tap; and the bounds of what it stores. */
#ifndef OCT_REFERENCE_ACCESS_H
#define OCT_REFERENCE_ACCESS_H

#include <math.h>

#include "core/geometry.h"
#include "core/shape.h"

static inline int32_t oct_byte_at(octet_type type, const void *data, size_t index)
{
    return type == OCTET_S8 ? ((const int8_t *)data)[index] : ((const uint8_t *)data)[index];
}

/* An S8 and a U8 are stored alike: the low eight bits of the value. */
static inline void oct_put_byte(void *data, size_t index, int32_t value)
{
    ((uint8_t *)data)[index] = (uint8_t)value;
}

static inline int32_t oct_clamp(int32_t value, int32_t low, int32_t high)
{
    if (value < low)
        return low;
    return value > high ? high : value;
}

/* NaN comes in many bits; results have but these. */
static inline float oct_one_nan(float value)
{
    const union {
        uint32_t bits;
        float value;
    } nan = {.bits = 0x7fc00000};
    return isnan(value) ? nan.value : value;
}

/* A dense batch of images. */
typedef struct oct_images {
    octet_layout layout;
    size_t height, width, channels;
} oct_images;

static inline size_t oct_image_index(const oct_images *images, size_t image, size_t y, size_t x,
                                     size_t channel)
{
    if (images->layout == OCTET_NHWC)
        return ((image * images->height + y) * images->width + x) * images->channels + channel;
    return ((image * images->channels + channel) * images->height + y) * images->width + x;
}

/* oct_tap_position - the input position along one axis under tap "tap" of the window of output
 * "out": out * stride + tap * dilation - padding. False where that lies in the padding of an input
 * of size "in". */
static inline bool oct_tap_position(const oct_window *window, int axis, size_t out, size_t tap,
                                    size_t in, size_t *position)
{
    const size_t padded = out * window->stride[axis] + tap * window->dilation[axis];
    *position = padded - window->padding[axis];
    return padded >= window->padding[axis] && *position < in;
}

#endif
