/* test_qdq.c - convolutions between DequantizeLinear and QuantizeLinear become integer layers: as
 * many as they should, with the numbers of the formulas written out. */
#include "qdq.h"

/* A 3x3 convolution with padding 1: the sum with its bias. */
static int32_t convolve(const uint8_t *x, size_t image, size_t o, size_t pixel)
{
    int32_t acc = biases[o];
    for (size_t c = 0; c < CHANNELS; c++)
        for (size_t tap = 0; tap < 9; tap++) {
            const size_t h = pixel / SIDE + tap / 3, w = pixel % SIDE + tap % 3;
            if (h < 1 || h > SIDE || w < 1 || w > SIDE)
                continue;
            const size_t at = (image * CHANNELS + c) * PIXELS + (h - 1) * SIDE + (w - 1);
            acc += (x[at] - X_ZERO) * oct_qdq_weight_at((o * CHANNELS + c) * 9 + tap);
        }
    return acc;
}

/* One layer per case; the bounds are stored values. */
typedef struct conv_case {
    const char *name;
    bool float_bias;
    const char *activation; /* NULL: none */
    float low, high;        /* of Clip */
    int lowest, highest;
} conv_case;

static const conv_case conv_cases[] = {
    {"stored bias", false, NULL, 0, 0, 0, 255},
    {"float bias", true, NULL, 0, 0, 0, 255},
    {"relu", false, "Relu", 0, 0, Y_ZERO, 255},
    {"clip", true, "Clip", -3.1f, 6.0f, Y_ZERO - 10, Y_ZERO + 20},
    {"clip of all", false, "Clip", -1000, 1000, 0, 255},
};

static oct_model *make_conv(const conv_case *c)
{
    static const int64_t filter[] = {OUTPUTS, CHANNELS, 3, 3}, pads[] = {1, 1, 1, 1};
    float numbers[OUTPUTS];
    oct_model *const m = oct_qdq_start(4, oct_qdq_image);
    oct_qdq_add_weights(m, 4, filter, 0);
    oct_qdq_add_bias(m, 1);
    for (size_t i = 0; i < OUTPUTS; i++) /* not quite the same, but it rounds to the steps */
        numbers[i] = ((float)biases[i] + 0.3f) * (x_scale * w_scales[i]);
    oct_qdq_add_scales(m, "numbers", OUTPUTS, numbers);
    Onnx__NodeProto *const conv =
        oct_model_node(m, "Conv", "conv", c->float_bias ? "x_f w_f numbers" : "x_f w_f b_f", "c");
    oct_model_integers(m, conv, "pads", 4, pads);
    if (c->activation != NULL) {
        oct_model_scale(m, "low", c->low);
        oct_model_scale(m, "high", c->high);
        oct_model_node(m, c->activation, "activation", c->high > 0 ? "c low high" : "c", "a");
    }
    oct_qdq_quantize(m, c->activation != NULL ? "a" : "c");
    return m;
}

static void test_conv(void **state)
{
    oct_fixture *const fixture = *state;
    uint8_t x[X_COUNT], expected[IMAGES * OUTPUTS * PIXELS], actual[sizeof expected];
    oct_qdq_fill(x, X_COUNT);
    for (size_t i = 0; i < OCT_COUNT(conv_cases); i++) {
        const conv_case *const c = &conv_cases[i];
        oct_model *const m = make_conv(c);
        for (size_t j = 0; j < sizeof expected; j++) {
            const size_t o = j / PIXELS % OUTPUTS;
            const int q =
                oct_qdq_requantize(convolve(x, j / PIXELS / OUTPUTS, o, j % PIXELS), x_scale, o);
            expected[j] = (uint8_t)(q < c->lowest ? c->lowest : q > c->highest ? c->highest : q);
        }
        for (size_t j = 0; j < fixture->count; j++) {
            oct_model_run(fixture, fixture->contexts[j], m, 1, IMAGES, x, actual);
            if (memcmp(actual, expected, sizeof expected) != 0)
                fail_msg("%s: computed differently", c->name);
        }
        assert_int_equal(oct_model_layers(fixture, m), 3); /* and to channels last and back */
        oct_model_free(m);
    }
}

/* Without QuantizeLinear the output is float32: f32(acc) * f32(s_x * s_w), then relu. */
static void test_conv_float(void **state)
{
    oct_fixture *const fixture = *state;
    uint8_t x[X_COUNT];
    float expected[IMAGES * OUTPUTS * PIXELS], actual[OCT_COUNT(expected)];
    oct_qdq_fill(x, X_COUNT);
    for (size_t relu = 0; relu < 2; relu++) {
        oct_model *const m = make_conv(&conv_cases[2]);
        m->graph.n_output = 0;
        oct_model_output(m, relu == 1 ? "a" : "c");
        for (size_t j = 0; j < OCT_COUNT(expected); j++) {
            const size_t o = j / PIXELS % OUTPUTS;
            volatile float step = x_scale * w_scales[o];
            volatile float y = (float)convolve(x, j / PIXELS / OUTPUTS, o, j % PIXELS) * step;
            expected[j] = relu == 1 && y < 0 ? 0 : y;
        }
        oct_model_run(fixture, fixture->contexts[0], m, IMAGES, IMAGES, x, actual);
        assert_memory_equal(actual, expected, sizeof expected);
        assert_int_equal(oct_model_layers(fixture, m), 3);
        oct_model_free(m);
    }
}

/* A value with two users, one of which wants floats, is computed for both. */
static void test_shared(void **state)
{
    oct_fixture *const fixture = *state;
    octet_layer_info info;
    oct_model *const m = make_conv(&conv_cases[0]);
    oct_model_output(m, "c");
    octet_network *const network = oct_model_load(fixture, fixture->contexts[0], m);
    size_t floats = 0, bytes = 0;
    for (size_t i = 0; i < octet_network_layers(network); i++) {
        oct_assert_ok(fixture, octet_network_layer(network, i, &info));
        floats += strcmp(info.op, "conv2d") == 0 && info.output_type == OCTET_F32;
        bytes += strcmp(info.op, "conv2d") == 0 && info.output_type == OCTET_U8;
    }
    assert_int_equal(floats, 1);
    assert_int_equal(bytes, 1);
    octet_network_destroy(network);
    oct_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conv),
        cmocka_unit_test(test_conv_float),
        cmocka_unit_test(test_shared),
    };
    return cmocka_run_group_tests(tests, oct_open_all, oct_close_all);
}
