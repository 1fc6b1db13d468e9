/* test_qdq_normalize.c - BatchNormalization between a convolution or product and QuantizeLinear: one
 * integer layer, which is at most a stored value from the formula in float64, or float32 nodes. */
#include "qdq.h"

#define EPSILON 0.001f

typedef struct normal_case {
    const char *name;
    bool gemm, bias, relu;
    float gamma[OUTPUTS];
    float y_scale;
    size_t layers; /* with those to channels last and back */
} normal_case;

static const normal_case cases[] = {
    {"conv2d", false, true, false, {0.5f, 1, 1.5f, 0.1f}, 0.3f, 3},
    {"conv2d without a bias", false, false, true, {1, 2, 0.7f, 1e-3f}, 0.4f, 3},
    {"gemm", true, true, false, {1, 0.3f, 1.1f, 2}, 0.2f, 1},
    /* conv2d to float32, multiply, add, clip, quantize */
    {"a factor below 0", false, true, true, {1, -1, 1, 1}, 0.3f, 7},
    {"a factor of 0", false, true, false, {1, 0, 1, 1}, 0.3f, 6},
    {"large multipliers", true, true, false, {9, 9, 9, 999}, 0.01f, 4},
};

static const float beta[OUTPUTS] = {1, -2.5f, 0, 3}, mean[OUTPUTS] = {0.4f, -1, 0, 2};
static const float variance[OUTPUTS] = {1.3f, 0.2f, 4, 1};

static oct_model *make_model(const normal_case *c)
{
    static const int64_t filter[] = {OUTPUTS, CHANNELS, 3, 3}, pads[] = {1, 1, 1, 1};
    static const int64_t matrix[] = {FEATURES, OUTPUTS}, rows[] = {-1, FEATURES};
    oct_model *const m = c->gemm ? oct_qdq_start(2, rows) : oct_qdq_start(4, oct_qdq_image);
    oct_qdq_add_weights(m, c->gemm ? 2 : 4, c->gemm ? matrix : filter, c->gemm ? 1 : 0);
    oct_qdq_add_bias(m, 1);
    Onnx__NodeProto *const layer = oct_model_node(m, c->gemm ? "Gemm" : "Conv", "layer",
                                                  c->bias ? "x_f w_f b_f" : "x_f w_f", "l");
    if (!c->gemm)
        oct_model_integers(m, layer, "pads", 4, pads);
    oct_qdq_add_scales(m, "gamma", OUTPUTS, c->gamma);
    oct_qdq_add_scales(m, "beta", OUTPUTS, beta);
    oct_qdq_add_scales(m, "mean", OUTPUTS, mean);
    oct_qdq_add_scales(m, "variance", OUTPUTS, variance);
    oct_model_float(
        m, oct_model_node(m, "BatchNormalization", "normal", "l gamma beta mean variance", "n"),
        "epsilon", EPSILON);
    if (c->relu)
        oct_model_node(m, "Relu", "relu", "n", "r");
    oct_model_scale(m, "out_s", c->y_scale);
    oct_model_node(m, "QuantizeLinear", "quantize", c->relu ? "r out_s y_z" : "n out_s y_z", "y");
    oct_model_output(m, "y");
    return m;
}

/* The sum of one output element, without a bias. */
static int32_t accumulate(const normal_case *c, const uint8_t *x, size_t element)
{
    int32_t acc = 0;
    if (c->gemm) {
        for (size_t k = 0; k < FEATURES; k++)
            acc += (x[element / OUTPUTS * FEATURES + k] - X_ZERO) *
                   oct_qdq_weight_at(k * OUTPUTS + element % OUTPUTS);
        return acc;
    }
    const size_t image = element / PIXELS / OUTPUTS, o = element / PIXELS % OUTPUTS;
    const size_t row = element % PIXELS / SIDE, column = element % SIDE;
    for (size_t k = 0; k < (size_t)CHANNELS * 9; k++) {
        const size_t h = row + k % 9 / 3, w = column + k % 3; /* one more than they are */
        if (h >= 1 && h <= SIDE && w >= 1 && w <= SIDE)
            acc += (x[(image * CHANNELS + k / 9) * PIXELS + (h - 1) * SIDE + w - 1] - X_ZERO) *
                   oct_qdq_weight_at(o * CHANNELS * 9 + k);
    }
    return acc;
}

/* What the nodes say, but for its last rounding. */
static double normalize(const normal_case *c, int32_t acc, size_t o)
{
    const double step = (double)x_scale * (double)w_scales[o];
    const double y = step * (acc + (c->bias ? biases[o] : 0));
    const double normal =
        (y - (double)mean[o]) / sqrt((double)variance[o] + (double)EPSILON) * (double)c->gamma[o] +
        (double)beta[o];
    const double stored = fmax(normal, c->relu ? 0 : normal) / (double)c->y_scale + Y_ZERO;
    return fmin(fmax(stored, 0), 255);
}

/* The rule of the layer: rounded terms in its bias, its multiplier in float32. */
static int fold(const normal_case *c, int32_t acc, size_t o)
{
    volatile float inverse = 1.0f / sqrtf(variance[o] + EPSILON);
    volatile float factor = inverse * c->gamma[o], shift = mean[o] * factor;
    volatile float scale = w_scales[o] * factor, term = beta[o] - shift;
    volatile float step = x_scale * scale, multiplier = step / c->y_scale;
    const int32_t bias = (int32_t)nearbyintf(term / step) + (c->bias ? biases[o] : 0);
    volatile float scaled = (float)(acc + bias) * multiplier;
    const float stored = nearbyintf(scaled) + Y_ZERO;
    return (int)fminf(fmaxf(stored, c->relu ? Y_ZERO : 0), 255);
}

static void check(oct_fixture *fixture, octet_context *context, const normal_case *c)
{
    const size_t count = c->gemm ? (size_t)IMAGES * OUTPUTS : IMAGES * OUTPUTS * PIXELS;
    uint8_t x[X_COUNT], y[IMAGES * OUTPUTS * PIXELS];
    size_t inside = 0;
    oct_model *const m = make_model(c);
    oct_qdq_fill(x, X_COUNT);
    oct_model_run(fixture, context, m, 1, IMAGES, x, y);
    for (size_t i = 0; i < count; i++) {
        const size_t o = c->gemm ? i % OUTPUTS : i / PIXELS % OUTPUTS;
        const int32_t acc = accumulate(c, x, i);
        inside += y[i] > 0 && y[i] < 255;
        if (fabs(y[i] - normalize(c, acc, o)) > 1)
            fail_msg("%s: element %zu is %d instead of %g", c->name, i, y[i], normalize(c, acc, o));
        if (c->layers <= 3)
            assert_int_equal(y[i], fold(c, acc, o));
    }
    assert_true(inside > count / 8 || c->layers > 3); /* large multipliers clip nearly all */
    assert_int_equal(oct_model_layers(fixture, m), c->layers);
    oct_model_free(m);
}

static void test_cases(void **state)
{
    oct_fixture *const fixture = *state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++)
        for (size_t j = 0; j < fixture->count; j++)
            check(fixture, fixture->contexts[j], &cases[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases)};
    return cmocka_run_group_tests(tests, oct_open_all, oct_close_all);
}
