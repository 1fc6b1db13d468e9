/* test_softmax.c - Softmax and QLinearSoftmax against the formula in float64, through images with
 * channels last and open first dimensions. */
#include <math.h>

#include "small.h"

enum { IMAGES = 3, CHANNELS = 5, HEIGHT = 3, WIDTH = 4, PIXELS = HEIGHT * WIDTH };
enum { COUNT = IMAGES * CHANNELS * PIXELS, NO_AXIS = 9 };

static const int64_t image[] = {-1, CHANNELS, HEIGHT, WIDTH};

static const struct softmax_case {
    int64_t opset, axis;
    size_t first, last; /* of the dimensions that are summed */
} cases[] = {{13, NO_AXIS, 3, 3}, {13, 1, 1, 1}, {13, -2, 2, 2},
             {12, NO_AXIS, 1, 3}, {11, 2, 2, 3}, {11, 3, 3, 3}};

/* x through a pool of single pixels, which stores channels last; then "inputs", where p is the
 * pool's output and f that as float32, through "op" to y. */
static oct_model *make_model(const char *op, const char *inputs, int type)
{
    static const int64_t one[] = {1, 1};
    oct_model *const m = oct_model_create();
    oct_model_input(m, "x", OCT_TYPE(UINT8), 4, image);
    oct_model_scale(m, "sx", 0.125f);
    oct_model_scale(m, "sy", 0.00390625f);
    oct_model_zero(m, "z", OCT_TYPE(UINT8), 3);
    oct_model_integers(m, oct_model_node(m, "MaxPool", "pool", "x", "p"), "kernel_shape", 2, one);
    oct_model_node(m, "DequantizeLinear", "real", "p sx", "f");
    oct_model_node(m, op, "softmax", inputs, "y");
    m->outputs[m->graph.n_output++] = oct_model_port(m, "y", type, 4, image);
    return m;
}

static oct_model *make_float(const struct softmax_case *c)
{
    oct_model *const m = make_model("Softmax", "f", OCT_TYPE(FLOAT));
    m->opset.version = c->opset;
    if (c->axis != NO_AXIS)
        oct_model_integer(m, oct_small_node(m, "softmax"), "axis", c->axis);
    return m;
}

static oct_model *make_stored(const struct softmax_case *c)
{
    oct_model *const m = make_model("QLinearSoftmax", "p sx z sy z", OCT_TYPE(UINT8));
    Onnx__NodeProto *const node = oct_small_node(m, "softmax");
    node->domain = oct_model_text(m, "com.microsoft");
    oct_model_integer(m, node, "opset", c->opset);
    if (c->axis != NO_AXIS)
        oct_model_integer(m, node, "axis", c->axis);
    return m;
}

static void softmax(const struct softmax_case *c, const uint8_t *x, double *y)
{
    static const size_t sizes[] = {IMAGES, CHANNELS, HEIGHT, WIDTH};
    size_t outer = 1, n = 1, inner = 1;
    for (size_t i = 0; i < 4; i++)
        *(i < c->first ? &outer : i > c->last ? &inner : &n) *= sizes[i];
    for (size_t line = 0; line < outer * inner; line++) {
        const size_t start = line / inner * n * inner + line % inner;
        double sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += exp(0.125 * x[start + i * inner]);
        for (size_t i = 0; i < n; i++)
            y[start + i * inner] = exp(0.125 * x[start + i * inner]) / sum;
    }
}

static void fill(uint8_t x[COUNT])
{
    uint64_t seed = 75;
    for (size_t i = 0; i < COUNT; i++)
        x[i] = (uint8_t)oct_random_int(&seed, 0, 60);
}

static void test_floats(void **state)
{
    oct_fixture *const fixture = *state;
    uint8_t x[COUNT];
    double expected[COUNT];
    float actual[COUNT];
    fill(x);
    for (size_t k = 0; k < OCT_COUNT(cases); k++) {
        oct_model *const m = make_float(&cases[k]);
        softmax(&cases[k], x, expected);
        for (size_t j = 0; j < fixture->count; j++) {
            oct_model_run(fixture, fixture->contexts[j], m, 2, IMAGES, x, actual);
            for (size_t i = 0; i < COUNT; i++)
                assert_true(fabs((double)actual[i] - expected[i]) <= 0x1p-21 * expected[i]);
        }
        oct_model_free(m);
    }
}

/* A step off at most, and only next to a half. */
static void test_stored(void **state)
{
    oct_fixture *const fixture = *state;
    uint8_t x[COUNT], actual[COUNT];
    double expected[COUNT];
    fill(x);
    for (size_t k = 0; k < OCT_COUNT(cases); k++) {
        oct_model *const m = make_stored(&cases[k]);
        softmax(&cases[k], x, expected);
        for (size_t j = 0; j < fixture->count; j++) {
            oct_model_run(fixture, fixture->contexts[j], m, 2, IMAGES, x, actual);
            for (size_t i = 0; i < COUNT; i++)
                assert_true(fabs(actual[i] - 3 - fmin(expected[i] * 256, 252)) <= 0.5001);
        }
        oct_model_free(m);
    }
}

static void refuse(oct_fixture *fixture, oct_model *m, octet_status status, const char *said)
{
    octet_network *network = NULL;
    size_t size;
    const uint8_t *const bytes = oct_model_pack(m, &size);
    oct_quiet(fixture);
    assert_int_equal(
        octet_network_load_onnx_memory(fixture->contexts[0], bytes, size, NULL, &network), status);
    oct_assert_said(fixture, said);
    oct_model_free(m);
}

static void test_refused(void **state)
{
    oct_fixture *const fixture = *state;
    refuse(fixture, make_float(&(struct softmax_case){13, 0, 0, 0}), OCTET_UNSUPPORTED,
           "a softmax over the open first dimension");
    refuse(fixture, make_float(&(struct softmax_case){13, 4, 0, 0}), OCTET_INVALID_ARGUMENT,
           "axis 4; its input has rank 4");
    refuse(fixture, make_float(&(struct softmax_case){11, 0, 0, 0}), OCTET_UNSUPPORTED,
           "axis 0, which is the open first dimension");
    refuse(fixture, make_model("Softmax", "p", OCT_TYPE(UINT8)), OCTET_UNSUPPORTED,
           "its input is u8; it must be float");
    refuse(fixture, make_stored(&(struct softmax_case){0, 1, 0, 0}), OCTET_UNSUPPORTED,
           "its attribute 'opset' is 0");
    oct_model *m = make_stored(&cases[0]);
    oct_small_node(m, "softmax")->n_attribute = 0;
    refuse(fixture, m, OCTET_INVALID_ARGUMENT, "its attribute 'opset' is missing");
    m = make_stored(&cases[0]);
    oct_model_zero(m, "zs", OCT_TYPE(INT8), 3);
    oct_small_node(m, "softmax")->input[4] = oct_model_text(m, "zs");
    refuse(fixture, m, OCTET_INVALID_ARGUMENT,
           "its zero points u8 and s8; all must be s8 or all u8");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_floats),
        cmocka_unit_test(test_stored),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, oct_open_all, oct_close_all);
}
