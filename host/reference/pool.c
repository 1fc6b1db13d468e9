/* pool.c - max pooling: the largest stored value of each window. */
#include "reference/reference.h"

#include "reference/access.h"

/* Padding never wins: a window with nothing but padding holds the type's lowest value. */
static int32_t largest(octet_type type, const oct_conv2d_geometry *geometry, const void *input,
                       size_t image, size_t out_y, size_t out_x, size_t channel)
{
    const oct_window *const window = &geometry->window;
    const oct_images images = {geometry->layout, geometry->height, geometry->width,
                               geometry->channels};
    int32_t result = oct_type(type)->low;
    for (size_t tap_y = 0; tap_y < window->kernel[0]; tap_y++) {
        for (size_t tap_x = 0; tap_x < window->kernel[1]; tap_x++) {
            size_t y, x;
            if (!oct_tap_position(window, 0, out_y, tap_y, geometry->height, &y) ||
                !oct_tap_position(window, 1, out_x, tap_x, geometry->width, &x))
                continue;
            const size_t index = oct_image_index(&images, image, y, x, channel);
            const int32_t value = oct_byte_at(type, input, index);
            if (value > result)
                result = value;
        }
    }
    return result;
}

void oct_reference_max_pool(octet_type type, const oct_conv2d_geometry *geometry, const void *input,
                            void *output)
{
    const oct_images images = {geometry->layout, geometry->out_height, geometry->out_width,
                               geometry->out_channels};
    const size_t pixels = geometry->images * images.height * images.width;
    for (size_t i = 0; i < pixels; i++) {
        const size_t image = i / images.width / images.height;
        const size_t y = i / images.width % images.height, x = i % images.width;
        for (size_t c = 0; c < images.channels; c++)
            oct_put_byte(output, oct_image_index(&images, image, y, x, c),
                         largest(type, geometry, input, image, y, x, c));
    }
}
