/* float_pool.c - the largest float32 of each window, and the mean, added up in ONNX Runtime's order. */
#include <float.h>

#include "reference/reference.h"

#include "reference/access.h"

/* One window: where its taps are. */
typedef struct taps {
    const oct_reference_float_pool *pool;
    const float *input;
    size_t image, out_y, out_x, channel;
} taps;

/* The tap in row y and column x of the window; false where that lies in the padding. */
static bool read_tap(const taps *at, size_t y, size_t x, float *value)
{
    const oct_conv2d_geometry *const g = &at->pool->geometry;
    const oct_images images = {g->layout, g->height, g->width, g->channels};
    size_t in_y, in_x;
    if (!oct_tap_position(&g->window, 0, at->out_y, y, g->height, &in_y) ||
        !oct_tap_position(&g->window, 1, at->out_x, x, g->width, &in_x))
        return false;
    *value = at->input[oct_image_index(&images, at->image, in_y, in_x, at->channel)];
    return true;
}

/* Padding never wins, nor does NaN; of equals the first. */
static float largest(const taps *at)
{
    const size_t *const kernel = at->pool->geometry.window.kernel;
    float result = -FLT_MAX, value;
    for (size_t y = 0; y < kernel[0]; y++)
        for (size_t x = 0; x < kernel[1]; x++)
            if (read_tap(at, y, x, &value) && value > result)
                result = value;
    return result;
}

/* Row after row; or by columns, each of which is added up for itself. */
static float sum(const taps *at, bool by_columns, size_t *count)
{
    const size_t *const kernel = at->pool->geometry.window.kernel;
    const size_t outer = kernel[by_columns ? 1 : 0], inner = kernel[by_columns ? 0 : 1];
    float result = 0.0f, value;
    for (size_t i = 0; i < outer; i++) {
        float part = by_columns ? 0.0f : result;
        for (size_t j = 0; j < inner; j++)
            if (read_tap(at, by_columns ? j : i, by_columns ? i : j, &value)) {
                part += value;
                ++*count;
            }
        result = by_columns ? result + part : part;
    }
    return result;
}

/* Every fourth tap is added up for itself, and what is left of them to the sum of those. */
static float sum_fourths(const taps *at, size_t *count)
{
    const size_t *const kernel = at->pool->geometry.window.kernel;
    const size_t all = kernel[0] * kernel[1], whole = all - all % 4;
    float parts[4] = {0.0f}, value = 0.0f;
    for (size_t i = 0; i < whole; i++)
        if (read_tap(at, i / kernel[1], i % kernel[1], &value))
            parts[i % 4] += value;
    float even = parts[0] + parts[2];
    const float odd = parts[1] + parts[3];
    even += odd;
    for (size_t i = whole; i < all; i++)
        if (read_tap(at, i / kernel[1], i % kernel[1], &value))
            even += value;
    *count = all;
    return even;
}

static float mean(const taps *at)
{
    const oct_reference_float_pool *const pool = at->pool;
    const size_t *const kernel = pool->geometry.window.kernel;
    size_t count = 0;
    const float total = pool->function == OCT_POOL_FOURTHS
                            ? sum_fourths(at, &count)
                            : sum(at, pool->function == OCT_POOL_COLUMNS, &count);
    if (pool->count_padding)
        count = kernel[0] * kernel[1];
    return oct_one_nan(total / (count > 0 ? (float)count : 1.0f));
}

void oct_reference_float_pool_run(const oct_reference_float_pool *pool, const float *input,
                                  float *output)
{
    const oct_conv2d_geometry *const g = &pool->geometry;
    const oct_images images = {g->layout, g->out_height, g->out_width, g->channels};
    const size_t pixels = g->images * images.height * images.width;
    for (size_t i = 0; i < pixels; i++)
        for (size_t c = 0; c < images.channels; c++) {
            const taps at = {pool,
                             input,
                             i / images.width / images.height,
                             i / images.width % images.height,
                             i % images.width,
                             c};
            output[oct_image_index(&images, at.image, at.out_y, at.out_x, c)] =
                pool->function == OCT_POOL_MAXIMUM ? largest(&at) : mean(&at);
        }
}
