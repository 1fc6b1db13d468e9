/* oracle.c - see oracle.h. */
#include "support/oracle.h"

#include <math.h>
#include <stdlib.h>

#include "core/quantization.h"
#include "support/unit.h"

/* ---- Reading ---- */

static int32_t byte_at(octet_type type, const void *data, size_t i)
{
    return type == OCTET_S8 ? ((const int8_t *)data)[i] : ((const uint8_t *)data)[i];
}

static float scale_of(const octet_quantization *q, size_t i)
{
    return q->scale_count == 0 ? 1.0f : q->scales[q->scale_count == 1 ? 0 : i];
}

static int32_t zero_of(const octet_quantization *q, size_t i)
{
    return q->zero_point_count == 0 ? 0 : q->zero_points[q->zero_point_count == 1 ? 0 : i];
}

static int64_t product(const oct_case *c, size_t row, size_t column, size_t x, size_t w)
{
    const octet_layer *const layer = &c->layer;
    const int32_t a = byte_at(layer->input_type, c->input, x) - zero_of(&layer->input, row);
    const int32_t b = byte_at(layer->weight_type, c->weights, w) - zero_of(&layer->weights, column);
    return (int64_t)a * b;
}

/* ---- From the sum to the output ---- */

static int32_t round_fixed_double(int32_t acc, oct_fixed m)
{
    const int left = m.shift > 0 ? m.shift : 0, right = m.shift < 0 ? -m.shift : 0;
    const int64_t shifted = (int32_t)((uint32_t)acc << left);
    const int64_t high = (shifted * m.multiplier + (INT64_C(1) << 30)) >> 31;
    const int64_t half = right > 0 ? INT64_C(1) << (right - 1) : 0;
    return (int32_t)(high < 0 ? -((-high + half) >> right) : (high + half) >> right);
}

static int32_t round_fixed_single(int32_t acc, oct_fixed m)
{
    const int64_t half = INT64_C(1) << (30 - m.shift);
    return (int32_t)(uint32_t)(uint64_t)(((int64_t)acc * m.multiplier + half) >> (31 - m.shift));
}

static oct_fixed fixed_of(const octet_layer *layer, size_t row, size_t column)
{
    const size_t given = layer->multiplier_count == 1 ? 0 : column;
    if (layer->multiplier_count > 0)
        return (oct_fixed){layer->fixed_multipliers[given], layer->shifts[given]};
    return oct_fixed_from_double((double)scale_of(&layer->input, row) *
                                     (double)scale_of(&layer->weights, column) /
                                     (double)scale_of(&layer->output, 0),
                                 layer->rounding == OCTET_ROUND_FIXED_SINGLE);
}

static float multiplier_of(const octet_layer *layer, size_t row, size_t column)
{
    const float x = scale_of(&layer->input, row), w = scale_of(&layer->weights, column);
    const float y = scale_of(&layer->output, 0);
    const float both = x * w, reciprocal = 1.0f / y;
    if (layer->multiplier_count > 0)
        return layer->multipliers[layer->multiplier_count == 1 ? 0 : column];
    return layer->rounding == OCTET_ROUND_FLOAT32 ? both / y : both * reciprocal;
}

static uint8_t requantize(const octet_layer *layer, int32_t acc, size_t row, size_t column)
{
    const bool is_signed = layer->output_type == OCTET_S8;
    const int32_t zero = zero_of(&layer->output, 0);
    int32_t low = is_signed ? -128 : 0, high = is_signed ? 127 : 255, q = 0;
    if (layer->clamp) {
        low = layer->clamp_min;
        high = layer->clamp_max;
    }
    if (layer->relu && low < zero)
        low = zero;
    if (layer->rounding == OCTET_ROUND_FIXED_DOUBLE)
        q = round_fixed_double(acc, fixed_of(layer, row, column));
    else if (layer->rounding == OCTET_ROUND_FIXED_SINGLE)
        q = round_fixed_single(acc, fixed_of(layer, row, column));
    else
        q = (int32_t)fminf(fmaxf(rintf((float)acc * multiplier_of(layer, row, column)), -1e6f),
                           1e6f);
    if (q > high - zero)
        return (uint8_t)high;
    return (uint8_t)(q < low - zero ? low : q + zero);
}

static void put(const oct_case *c, size_t row, size_t column, int64_t sum, size_t at, void *output)
{
    const octet_layer *const layer = &c->layer;
    const bool float_bias = layer->bias != NULL && layer->bias_type == OCTET_F32;
    const bool int_bias = layer->bias != NULL && !float_bias;
    const int32_t bias = int_bias ? ((const int32_t *)layer->bias)[column] : 0;
    const int32_t acc = (int32_t)((uint32_t)(int32_t)sum + (uint32_t)bias);
    assert_true(sum > INT32_MIN && sum <= INT32_MAX);
    if (layer->output_type == OCTET_S32) {
        ((int32_t *)output)[at] = acc;
    } else if (layer->output_type == OCTET_F32) {
        const float scale = scale_of(&layer->input, row) * scale_of(&layer->weights, column);
        const float scaled = (float)acc * scale;
        const float value = float_bias ? scaled + ((const float *)layer->bias)[column] : scaled;
        ((float *)output)[at] = layer->relu && value < 0.0f ? 0.0f : value;
    } else {
        const uint8_t q = requantize(layer, acc, row, column);
        ((uint8_t *)output)[at] =
            layer->lookup != NULL ? ((const uint8_t *)layer->lookup->table)[q] : q;
    }
}

/* ---- Sums ---- */

static void multiply(const oct_case *c, void *output)
{
    const oct_gemm_shape *const g = &c->problem.gemm;
    const oct_problem_settings *const s = &c->problem.settings;
    const size_t batches = g->a_batch != 1 ? g->a_batch : g->b_batch;
    for (size_t i = 0; i < batches * g->m * g->n; i++) {
        const size_t column = i % g->n, row = i / g->n % g->m, batch = i / g->n / g->m;
        const size_t a = (g->a_batch != 1 ? batch : 0) * g->m * g->k;
        const size_t b = (g->b_batch != 1 ? batch : 0) * g->k * g->n;
        int64_t sum = 0;
        for (size_t k = 0; k < g->k; k++)
            sum += product(c, row, column, a + (s->transpose_a ? k * g->m + row : row * g->k + k),
                           b + (s->transpose_b ? column * g->k + k : k * g->n + column));
        put(c, row, column, sum, i, output);
    }
}

/* Element (n, y, x, c) of an image (or weight) tensor. */
static size_t index_of(const oct_case *c, const octet_shape *shape, size_t n, size_t y, size_t x,
                       size_t channel)
{
    const size_t *const size = shape->size;
    return c->problem.settings.layout == OCTET_NHWC
               ? ((n * size[1] + y) * size[2] + x) * size[3] + channel
               : ((n * size[1] + channel) * size[2] + y) * size[3] + x;
}

/* Where a tap of window "out" reads; at least "in" for a tap in the padding. */
static size_t tap_at(const oct_conv2d_shape *v, size_t axis, size_t out, size_t tap)
{
    return out * v->stride[axis] + tap * v->dilation[axis] - v->padding[axis];
}

static int64_t window_sum(const oct_case *c, size_t n, size_t out_y, size_t out_x, size_t o)
{
    const oct_conv2d_shape *const v = &c->problem.conv2d;
    const size_t depth = v->channels / v->groups, group = o / (v->out_channels / v->groups);
    int64_t sum = 0;
    for (size_t i = 0; i < v->kernel[0] * v->kernel[1]; i++) {
        const size_t tap_y = i / v->kernel[1], tap_x = i % v->kernel[1];
        const size_t y = tap_at(v, 0, out_y, tap_y), x = tap_at(v, 1, out_x, tap_x);
        if (y >= v->in[0] || x >= v->in[1])
            continue; /* real zero */
        for (size_t k = 0; k < depth; k++)
            sum += product(c, 0, o, index_of(c, &c->input_shape, n, y, x, group * depth + k),
                           index_of(c, &c->weight_shape, o, tap_y, tap_x, k));
    }
    return sum;
}

static void convolve(const oct_case *c, void *output)
{
    const oct_conv2d_shape *const v = &c->problem.conv2d;
    const octet_shape shape = oct_case_output(c);
    const size_t pixels = v->images * v->out[0] * v->out[1];
    for (size_t i = 0; i < pixels; i++) {
        const size_t x = i % v->out[1], y = i / v->out[1] % v->out[0],
                     n = i / v->out[1] / v->out[0];
        for (size_t o = 0; o < v->out_channels; o++)
            put(c, 0, o, window_sum(c, n, y, x, o), index_of(c, &shape, n, y, x, o), output);
    }
}

void *oct_oracle(const oct_case *c)
{
    void *const output = calloc(c->output_count + 1, sizeof(int32_t));
    assert_non_null(output);
    if (c->problem.kind == OCT_PROBLEM_GEMM)
        multiply(c, output);
    else
        convolve(c, output);
    return output;
}
