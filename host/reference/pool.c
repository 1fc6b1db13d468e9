/* pool.c - the largest stored value of each window, and the mean. */
#include <math.h>

#include "reference/reference.h"

#include "reference/access.h"

/* ---- Largest ---- */

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

/* ---- Mean ---- */

/* The taps of one window that are inside the input: their number, and their sums. */
typedef struct gathered {
    int32_t count, sum;
    float real;
} gathered;

static gathered gather(const oct_reference_average_pool *pool, const void *input, size_t image,
                       size_t out_y, size_t out_x, size_t channel)
{
    const oct_conv2d_geometry *const geometry = &pool->geometry;
    const oct_window *const window = &geometry->window;
    const oct_images images = {geometry->layout, geometry->height, geometry->width,
                               geometry->channels};
    gathered result = {0, 0, 0.0f};
    for (size_t tap_y = 0; tap_y < window->kernel[0]; tap_y++) {
        for (size_t tap_x = 0; tap_x < window->kernel[1]; tap_x++) {
            size_t y, x;
            if (!oct_tap_position(window, 0, out_y, tap_y, geometry->height, &y) ||
                !oct_tap_position(window, 1, out_x, tap_x, geometry->width, &x))
                continue;
            const size_t index = oct_image_index(&images, image, y, x, channel);
            const int32_t steps =
                oct_byte_at(pool->input_type, input, index) - pool->input_zero_point;
            const float real = pool->input_scale * (float)steps;
            result.count++;
            result.sum += steps;
            result.real += real;
        }
    }
    return result;
}

/* Where no tap is inside, all sums are 0, whatever they are divided by. */
static int32_t mean(const oct_reference_average_pool *pool, const gathered *taps)
{
    const oct_type_info *const type = oct_type(pool->output_type);
    const size_t *const kernel = pool->geometry.window.kernel;
    const int32_t zero_point = pool->output_zero_point;
    const float all = (float)(kernel[0] * kernel[1]);
    const float n = pool->count_padding ? all : taps->count > 0 ? (float)taps->count : 1.0f;
    if (pool->rule == OCTET_AVERAGE_SUM) {
        const float below = pool->output_scale * n;
        return oct_reference_round_float(taps->sum, pool->input_scale / below, type->low,
                                         type->high, zero_point);
    }
    const float real = taps->real / n, steps = real / pool->output_scale;
    const float sum = steps + (float)zero_point;
    return (int32_t)nearbyintf(fminf(fmaxf(sum, (float)type->low), (float)type->high));
}

void oct_reference_average_pool_run(const oct_reference_average_pool *pool, const void *input,
                                    void *output)
{
    const oct_conv2d_geometry *const geometry = &pool->geometry;
    const oct_images images = {geometry->layout, geometry->out_height, geometry->out_width,
                               geometry->out_channels};
    const size_t pixels = geometry->images * images.height * images.width;
    for (size_t i = 0; i < pixels; i++) {
        const size_t image = i / images.width / images.height;
        const size_t y = i / images.width % images.height, x = i % images.width;
        for (size_t c = 0; c < images.channels; c++) {
            const gathered taps = gather(pool, input, image, y, x, c);
            oct_put_byte(output, oct_image_index(&images, image, y, x, c), mean(pool, &taps));
        }
    }
}
