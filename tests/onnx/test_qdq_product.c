/* test_qdq_product.c - the same for matrix products, sums, and what moves elements, on the reference:
 * what counts is which layers there are; tests/operators runs them on every device. */
#include "qdq.h"

/* ---- Products ---- */

/* alpha * (x * W) + beta * b, W (6,4), or its transpose in the model. */
static oct_model *make_gemm(bool transpose, float alpha, float beta)
{
    static const int64_t rows[] = {-1, FEATURES};
    static const int64_t plain[] = {FEATURES, OUTPUTS}, transposed[] = {OUTPUTS, FEATURES};
    oct_model *const m = oct_qdq_start(2, rows);
    oct_qdq_add_weights(m, 2, transpose ? transposed : plain, transpose ? 0 : 1);
    oct_qdq_add_bias(m, alpha / beta);
    Onnx__NodeProto *const gemm = oct_model_node(m, "Gemm", "gemm", "x_f w_f b_f", "g");
    oct_model_integer(m, gemm, "transB", transpose);
    const float factors[2] = {alpha, beta};
    for (size_t i = 0; i < 2; i++) {
        Onnx__AttributeProto *const attribute = oct_model_attribute(
            m, gemm, i == 0 ? "alpha" : "beta", ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT);
        attribute->has_f = 1;
        attribute->f = factors[i];
    }
    oct_qdq_quantize(m, "g");
    return m;
}

static void expect_gemm(const uint8_t *x, bool transpose, float alpha, uint8_t *expected)
{
    for (size_t j = 0; j < (size_t)IMAGES * OUTPUTS; j++) {
        const size_t o = j % OUTPUTS;
        int32_t acc = biases[o];
        for (size_t k = 0; k < FEATURES; k++)
            acc += (x[j / OUTPUTS * FEATURES + k] - X_ZERO) *
                   oct_qdq_weight_at(transpose ? o * FEATURES + k : k * OUTPUTS + o);
        expected[j] = oct_qdq_requantize(acc, alpha * x_scale, o);
    }
}

static void test_gemm(void **state)
{
    oct_fixture *const fixture = *state;
    static const struct {
        bool transpose;
        float alpha, beta;
    } cases[] = {{false, 1, 1}, {true, 1, 1}, {true, 0.3f, 1}, {false, 2, 0.25f}};
    uint8_t x[IMAGES * FEATURES], expected[IMAGES * OUTPUTS], actual[sizeof expected];
    oct_qdq_fill(x, sizeof x);
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        oct_model *const m = make_gemm(cases[i].transpose, cases[i].alpha, cases[i].beta);
        expect_gemm(x, cases[i].transpose, cases[i].alpha, expected);
        oct_model_run(fixture, fixture->contexts[0], m, 1, IMAGES, x, actual);
        assert_memory_equal(actual, expected, sizeof expected);
        assert_int_equal(oct_model_layers(fixture, m), 1);
        oct_model_free(m);
    }
}

/* A linear layer of more dimensions, and a bias by Add: on either side of it. */
static void test_matmul_add(void **state)
{
    oct_fixture *const fixture = *state;
    static const int64_t rows[] = {-1, 1, FEATURES}, plain[] = {FEATURES, OUTPUTS};
    uint8_t x[IMAGES * FEATURES], expected[IMAGES * OUTPUTS], actual[sizeof expected];
    oct_qdq_fill(x, sizeof x);
    expect_gemm(x, false, 1, expected);
    for (size_t i = 0; i < 2; i++) {
        oct_model *const m = oct_qdq_start(3, rows);
        oct_qdq_add_weights(m, 2, plain, 1);
        oct_qdq_add_bias(m, 1);
        oct_model_node(m, "MatMul", "product", "x_f w_f", "p");
        oct_model_node(m, "Add", "add", i == 0 ? "p b_f" : "b_f p", "s");
        oct_qdq_quantize(m, "s");
        oct_model_run(fixture, fixture->contexts[0], m, 1, IMAGES, x, actual);
        assert_memory_equal(actual, expected, sizeof expected);
        assert_int_equal(oct_model_layers(fixture, m), 1);
        oct_model_free(m);
    }
}

/* Both factors are known when the network runs, in four dimensions: x times its own transpose. */
static void test_matmul_values(void **state)
{
    oct_fixture *const fixture = *state;
    static const int64_t order[] = {0, 1, 3, 2};
    uint8_t x[X_COUNT], actual[X_COUNT];
    oct_model *const m = oct_qdq_start(4, oct_qdq_image);
    oct_qdq_fill(x, X_COUNT);
    oct_model_integers(m, oct_model_node(m, "Transpose", "t", "x_f", "t_f"), "perm", 4, order);
    oct_model_node(m, "MatMul", "product", "x_f t_f", "p");
    oct_qdq_quantize(m, "p");
    oct_model_run(fixture, fixture->contexts[0], m, 1, IMAGES, x, actual);
    for (size_t j = 0; j < X_COUNT; j++) {
        const uint8_t *const plane = x + j / PIXELS * PIXELS;
        int32_t acc = 0;
        for (size_t k = 0; k < SIDE; k++)
            acc += (plane[j % PIXELS / SIDE * SIDE + k] - X_ZERO) *
                   (plane[j % SIDE * SIDE + k] - X_ZERO);
        volatile float product = x_scale * x_scale;
        volatile float multiplier = product / y_scale, scaled = (float)acc * multiplier;
        const float q = nearbyintf(scaled) + Y_ZERO;
        assert_int_equal(actual[j], q < 0 ? 0 : q > 255 ? 255 : (int)q);
    }
    assert_int_equal(oct_model_layers(fixture, m), 2);
    oct_model_free(m);
}

/* ---- Sums, moves ---- */

/* x + 2 * x by scales, with relu. All scales are powers of two, so there is no rounding but the
 * last, of (3 * (x - z)) / 4. */
static void test_sum(void **state)
{
    oct_fixture *const fixture = *state;
    uint8_t x[X_COUNT], actual[X_COUNT];
    oct_model *const m = oct_qdq_start(4, oct_qdq_image);
    oct_qdq_fill(x, X_COUNT);
    oct_small_tensor(m, "x_s")->raw_data.data = oct_model_copy(m, &(float){0.5f}, sizeof(float));
    oct_small_tensor(m, "y_s")->raw_data.data = oct_model_copy(m, &(float){2.0f}, sizeof(float));
    oct_model_scale(m, "one", 1.0f);
    oct_model_node(m, "DequantizeLinear", "twice", "x one x_z", "x_2");
    oct_model_node(m, "Add", "add", "x_f x_2", "s");
    oct_model_node(m, "Relu", "relu", "s", "r");
    oct_qdq_quantize(m, "r");
    oct_model_run(fixture, fixture->contexts[0], m, 2, IMAGES, x, actual);
    for (size_t j = 0; j < X_COUNT; j++) {
        const float q = nearbyintf(0.75f * (float)(x[j] - X_ZERO) + Y_ZERO);
        assert_int_equal(actual[j], q < Y_ZERO ? Y_ZERO : q > 255 ? 255 : (int)q);
    }
    assert_int_equal(oct_model_layers(fixture, m), 1);
    oct_model_free(m);
}

/* The largest of 2x2, transposed and flattened; nothing but bytes is moved. */
static void test_moves(void **state)
{
    oct_fixture *const fixture = *state;
    static const int64_t two[] = {2, 2}, order[] = {0, 2, 3, 1};
    uint8_t x[X_COUNT], actual[X_COUNT / 4];
    oct_model *const m = oct_qdq_start(4, oct_qdq_image);
    oct_qdq_fill(x, X_COUNT);
    Onnx__NodeProto *const pool = oct_model_node(m, "MaxPool", "pool", "x_f", "p");
    oct_model_integers(m, pool, "kernel_shape", 2, two);
    oct_model_integers(m, pool, "strides", 2, two);
    oct_model_integers(m, oct_model_node(m, "Transpose", "last", "p", "t"), "perm", 4, order);
    oct_model_node(m, "Flatten", "flatten", "t", "f");
    oct_model_node(m, "QuantizeLinear", "quantize", "f x_s x_z", "y");
    oct_model_output(m, "y");
    oct_model_run(fixture, fixture->contexts[0], m, 1, IMAGES, x, actual);
    for (size_t j = 0; j < OCT_COUNT(actual); j++) {
        const size_t c = j % CHANNELS, w = j / CHANNELS % 2, h = j / CHANNELS / 2 % 2;
        const uint8_t *const from = x + (j / 12 * CHANNELS + c) * PIXELS + 2 * h * SIDE + 2 * w;
        const uint8_t top = from[0] > from[1] ? from[0] : from[1];
        const uint8_t bottom = from[SIDE] > from[SIDE + 1] ? from[SIDE] : from[SIDE + 1];
        assert_int_equal(actual[j], top > bottom ? top : bottom);
    }
    assert_int_equal(oct_model_layers(fixture, m), 2); /* to channels last, and the pool */
    oct_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gemm),          cmocka_unit_test(test_matmul_add),
        cmocka_unit_test(test_matmul_values), cmocka_unit_test(test_sum),
        cmocka_unit_test(test_moves),
    };
    return cmocka_run_group_tests(tests, oct_open_reference, oct_close_all);
}
