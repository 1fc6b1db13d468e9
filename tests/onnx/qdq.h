/* qdq.h - what tests of models in QDQ form are built with: an input x, constants w and b with a scale
 * per channel, an output y. */
#ifndef OCT_TESTS_ONNX_QDQ_H
#define OCT_TESTS_ONNX_QDQ_H

#include <math.h>

#include "small.h"

enum { IMAGES = 2, CHANNELS = 3, SIDE = 4, OUTPUTS = 4, FEATURES = 6 };
enum { X_ZERO = 7, Y_ZERO = 100 };
#define PIXELS ((size_t)SIDE * SIDE)
#define X_COUNT ((size_t)IMAGES * CHANNELS * PIXELS)

static const float x_scale = 0.05f, y_scale = 0.3f;
static const float w_scales[OUTPUTS] = {0.02f, 0.03f, 0.05f, 0.04f};
static const int32_t biases[OUTPUTS] = {900, -2000, 55, 0};

static const int64_t oct_qdq_image[] = {-1, CHANNELS, SIDE, SIDE};

/* ---- Building ---- */

/* "NAME" dequantized as "NAME_f", by the parameters "NAME_s" and "NAME_z". */
static inline void oct_qdq_dequantize(oct_model *m, const char *name, int64_t axis)
{
    char inputs[64], output[32];
    snprintf(inputs, sizeof inputs, "%s %s_s %s_z", name, name, name);
    snprintf(output, sizeof output, "%s_f", name);
    oct_model_integer(m, oct_model_node(m, "DequantizeLinear", output, inputs, output), "axis",
                      axis);
}

static inline void oct_qdq_quantize(oct_model *m, const char *value)
{
    char inputs[64];
    snprintf(inputs, sizeof inputs, "%s y_s y_z", value);
    oct_model_node(m, "QuantizeLinear", "quantize", inputs, "y");
    oct_model_output(m, "y");
}

static inline void oct_qdq_add_scales(oct_model *m, const char *name, size_t count,
                                      const float *scales)
{
    const int64_t size = (int64_t)count;
    oct_model_tensor(m, name, OCT_TYPE(FLOAT), 1, &size, scales, count * sizeof *scales);
}

/* Input x, dequantized; parameters of y; a zero and scales for constants. */
static inline oct_model *oct_qdq_start(size_t rank, const int64_t *sizes)
{
    oct_model *const m = oct_model_create();
    oct_model_input(m, "x", OCT_TYPE(UINT8), rank, sizes);
    oct_model_scale(m, "x_s", x_scale);
    oct_model_zero(m, "x_z", OCT_TYPE(UINT8), X_ZERO);
    oct_model_scale(m, "y_s", y_scale);
    oct_model_zero(m, "y_z", OCT_TYPE(UINT8), Y_ZERO);
    oct_qdq_dequantize(m, "x", 1);
    return m;
}

static inline int8_t oct_qdq_weight_at(size_t i)
{
    return (int8_t)((int)(i * 37 % 251) - 125);
}

/* Constant "w" of the given sizes, dequantized per index of "axis", which has 4. */
static inline void oct_qdq_add_weights(oct_model *m, size_t rank, const int64_t *sizes,
                                       int64_t axis)
{
    static const int8_t zeros[OUTPUTS] = {0};
    static const int64_t four = OUTPUTS;
    int8_t weights[OUTPUTS * CHANNELS * 9];
    size_t count = 1;
    for (size_t i = 0; i < rank; i++)
        count *= (size_t)sizes[i];
    for (size_t i = 0; i < count; i++)
        weights[i] = oct_qdq_weight_at(i);
    oct_model_tensor(m, "w", OCT_TYPE(INT8), rank, sizes, weights, count);
    oct_qdq_add_scales(m, "w_s", OUTPUTS, w_scales);
    oct_model_tensor(m, "w_z", OCT_TYPE(INT8), 1, &four, zeros, sizeof zeros);
    oct_qdq_dequantize(m, "w", axis);
}

/* Constant "b" of s32, dequantized by "factor" * x_scale * w_scale. */
static inline void oct_qdq_add_bias(oct_model *m, float factor)
{
    static const int32_t zeros[OUTPUTS] = {0};
    static const int64_t four = OUTPUTS;
    float scales[OUTPUTS];
    for (size_t i = 0; i < OUTPUTS; i++)
        scales[i] = factor * (x_scale * w_scales[i]);
    oct_model_tensor(m, "b", OCT_TYPE(INT32), 1, &four, biases, sizeof biases);
    oct_qdq_add_scales(m, "b_s", OUTPUTS, scales);
    oct_model_tensor(m, "b_z", OCT_TYPE(INT32), 1, &four, zeros, sizeof zeros);
    oct_qdq_dequantize(m, "b", 0);
}

static inline void oct_qdq_fill(uint8_t *x, size_t count)
{
    uint64_t seed = 21;
    for (size_t i = 0; i < count; i++)
        x[i] = (uint8_t)oct_random_bits(&seed);
}

/* ---- Formulas ---- */

static inline uint8_t oct_qdq_requantize(int32_t acc, float input_scale, size_t channel)
{
    volatile float product = input_scale * w_scales[channel];
    volatile float multiplier = product / y_scale, scaled = (float)acc * multiplier;
    const float q = nearbyintf(scaled) + Y_ZERO;
    return (uint8_t)(q < 0 ? 0 : q > 255 ? 255 : q);
}

#endif
