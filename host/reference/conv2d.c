/* conv2d.c - two-dimensional convolution: acc = sum over the taps of (x - z_x) * (w - z_w). */
#include "reference/reference.h"

#include "core/parallel.h"
#include "reference/access.h"

/* Taps and output channels in the pieces that one pixel's sums are made of. */
enum { MOST_TAPS = 512, MOST_CHANNELS = 64 };

typedef struct convolution {
    const oct_reference_conv2d *conv;
    const void *input, *weights;
    void *output;
    size_t taps; /* products per sum: kernel height * kernel width * channels of a group */
} convolution;

/* An output pixel and the channels of the input that its group reads. */
typedef struct pixel {
    size_t image, y, x, first_channel;
} pixel;

typedef struct tap {
    size_t y, x, channel; /* channel within its group */
} tap;

/* The next tap in the order in which the weights lie in memory. */
static void advance(const oct_conv2d_geometry *geometry, tap *position)
{
    if (geometry->layout == OCTET_NHWC) {
        if (++position->channel < geometry->channels / geometry->groups)
            return;
        position->channel = 0;
    }
    if (++position->x < geometry->window.kernel[1])
        return;
    position->x = 0;
    if (++position->y < geometry->window.kernel[0])
        return;
    position->y = 0;
    position->channel++;
}

/* x - z_x under a tap; a padded tap holds z_x. */
static int16_t input_difference(const convolution *self, const pixel *place, const tap *position)
{
    const oct_conv2d_geometry *const geometry = &self->conv->geometry;
    const oct_images images = {geometry->layout, geometry->height, geometry->width,
                               geometry->channels};
    size_t y, x;
    if (!oct_tap_position(&geometry->window, 0, place->y, position->y, geometry->height, &y) ||
        !oct_tap_position(&geometry->window, 1, place->x, position->x, geometry->width, &x))
        return 0;
    const size_t index =
        oct_image_index(&images, place->image, y, x, place->first_channel + position->channel);
    return (int16_t)(oct_byte_at(self->conv->input_type, self->input, index) -
                     self->conv->input_zero_point);
}

/* sum of x[k] * (w[k] - z_w); the x are differences already. */
static int32_t dot(size_t count, const int16_t *x, octet_type type, const void *weights,
                   size_t first, int32_t zero_point)
{
    int32_t sum = 0;
    for (size_t k = 0; k < count; k++)
        sum += x[k] * (int16_t)(oct_byte_at(type, weights, first + k) - zero_point);
    return sum;
}

/* Sums of one pixel for "count" output channels of one group, from "first" on. */
static void sum_channels(const convolution *self, const pixel *place, size_t first, size_t count,
                         int32_t *acc)
{
    const oct_reference_conv2d *const conv = self->conv;
    tap position = {0};
    for (size_t j = 0; j < count; j++)
        acc[j] = 0;
    for (size_t k = 0; k < self->taps; k += MOST_TAPS) {
        const size_t taps = self->taps - k < MOST_TAPS ? self->taps - k : MOST_TAPS;
        int16_t x[MOST_TAPS];
        for (size_t i = 0; i < taps; i++) {
            x[i] = input_difference(self, place, &position);
            advance(&conv->geometry, &position);
        }
        for (size_t j = 0; j < count; j++)
            acc[j] += dot(taps, x, conv->weight_type, self->weights, (first + j) * self->taps + k,
                          conv->weight_zero_points[first + j]);
    }
}

/* One pixel of every output channel of one group. */
static void convolve_group(const convolution *self, const pixel *place, size_t group)
{
    const oct_conv2d_geometry *const geometry = &self->conv->geometry;
    const oct_epilogue *const epilogue = &self->conv->epilogue;
    const oct_images images = {geometry->layout, geometry->out_height, geometry->out_width,
                               geometry->out_channels};
    const size_t stride =
        images.layout == OCTET_NHWC ? 1 : geometry->out_height * geometry->out_width;
    const size_t channels = geometry->out_channels / geometry->groups;
    const size_t end = (group + 1) * channels;
    for (size_t first = group * channels; first < end; first += MOST_CHANNELS) {
        const size_t count = end - first < MOST_CHANNELS ? end - first : MOST_CHANNELS;
        const size_t index = oct_image_index(&images, place->image, place->y, place->x, first);
        char *const output = (char *)self->output + index * oct_type(epilogue->output_type)->size;
        int32_t acc[MOST_CHANNELS];
        sum_channels(self, place, first, count, acc);
        oct_reference_store(epilogue, 0, first, count, acc, output, stride);
    }
}

static void convolve_pixels(void *state, size_t begin, size_t end)
{
    const convolution *const self = state;
    const oct_conv2d_geometry *const geometry = &self->conv->geometry;
    for (size_t i = begin; i < end; i++) {
        pixel place = {.image = i / geometry->out_width / geometry->out_height,
                       .y = i / geometry->out_width % geometry->out_height,
                       .x = i % geometry->out_width};
        for (size_t group = 0; group < geometry->groups; group++) {
            place.first_channel = group * (geometry->channels / geometry->groups);
            convolve_group(self, &place, group);
        }
    }
}

void oct_reference_conv2d_run(const oct_reference_conv2d *conv, const void *input,
                              const void *weights, void *output)
{
    const oct_conv2d_geometry *const geometry = &conv->geometry;
    const size_t *const kernel = geometry->window.kernel;
    convolution self = {conv, input, weights, output,
                        kernel[0] * kernel[1] * (geometry->channels / geometry->groups)};
    const size_t pixels = geometry->images * geometry->out_height * geometry->out_width;
    const size_t worthwhile = 1 << 20; /* multiplications that repay starting a thread */
    const size_t grain = 1 + worthwhile / (self.taps * geometry->out_channels + 1);
    oct_parallel(pixels, grain, convolve_pixels, &self);
}
