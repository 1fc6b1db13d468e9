/* test_unary.c - models of float32: functions of one value, Cast and Dropout, through images
 * with channels last and open first dimensions. */
#include <math.h>

#include "run.h"

enum { IMAGES = 3, CHANNELS = 5, HEIGHT = 3, WIDTH = 4, PIXELS = HEIGHT * WIDTH };
enum { COUNT = IMAGES * CHANNELS * PIXELS };

static const int64_t image[] = {-1, CHANNELS, HEIGHT, WIDTH};

/* x (u8) through a pool of single pixels, which stores channels last, and a cast to float32, which
 * is "f"; then what the caller adds; the output is "y". */
static oct_model *make_model(void)
{
    static const int64_t one[] = {1, 1};
    oct_model *const m = oct_model_create();
    oct_model_input(m, "x", OCT_TYPE(UINT8), 4, image);
    oct_model_integers(m, oct_model_node(m, "MaxPool", "pool", "x", "p"), "kernel_shape", 2, one);
    oct_model_integer(m, oct_model_node(m, "Cast", "cast", "p", "f"), "to", OCT_TYPE(FLOAT));
    m->outputs[m->graph.n_output++] = oct_model_port(m, "y", OCT_TYPE(FLOAT), 4, image);
    return m;
}

static void run(oct_fixture *fixture, oct_model *m, const uint8_t *x, const float *expected,
                double tolerance)
{
    float actual[COUNT];
    for (size_t j = 0; j < fixture->count; j++) {
        oct_model_run(fixture, fixture->contexts[j], m, 2, IMAGES, x, actual);
        for (size_t i = 0; i < COUNT; i++)
            if (!(fabs((double)actual[i] - (double)expected[i]) <=
                  tolerance * fabs((double)expected[i])))
                fail_msg("element %zu is %.9g instead of %.9g", i, (double)actual[i],
                         (double)expected[i]);
    }
    oct_model_free(m);
}

static void fill(uint8_t x[COUNT])
{
    uint64_t seed = 75;
    for (size_t i = 0; i < COUNT; i++)
        x[i] = (uint8_t)oct_random_int(&seed, 0, 60);
}

/* Each with its defaults, or with alpha 0.25 and beta -3 where it has them. */
static void test_functions(void **state)
{
    static const char *const ops[] = {"Relu",    "LeakyRelu", "HardSigmoid", "HardSwish",
                                      "Sigmoid", "Tanh",      "Round",       "Abs",
                                      "Neg",     "Exp",       "Sqrt"};
    oct_fixture *const fixture = *state;
    uint8_t x[COUNT];
    float expected[COUNT];
    fill(x);
    for (size_t k = 0; k < OCT_COUNT(ops); k++) {
        oct_model *const m = make_model();
        oct_model_scale(m, "c", -20.5f);
        oct_model_node(m, "Add", "shift", "f c", "v");
        oct_model_node(m, "Dropout", "dropout", "v", "w");
        Onnx__NodeProto *const node = oct_model_node(m, ops[k], "function", "w", "y");
        if (k == 1 || k == 2)
            oct_model_float(m, node, "alpha", 0.25f);
        if (k == 2)
            oct_model_float(m, node, "beta", -3.0f);
        for (size_t i = 0; i < COUNT; i++) {
            const double v = x[i] - 20.5;
            const double values[] = {v > 0 ? v : 0,
                                     v > 0 ? v : 0.25 * v,
                                     fmin(fmax(0.25 * v - 3, 0), 1),
                                     v * fmin(fmax(v / 6 + 0.5, 0), 1),
                                     1 / (1 + exp(-v)),
                                     tanh(v),
                                     nearbyint(v),
                                     fabs(v),
                                     -v,
                                     exp(v),
                                     sqrt(fabs(v))};
            expected[i] = (float)values[k];
        }
        if (k == OCT_COUNT(ops) - 1) { /* the square root of the absolute value */
            node->input[0] = oct_model_text(m, "a");
            oct_model_node(m, "Abs", "absolute", "w", "a");
        }
        run(fixture, m, x, expected, 0x1p-20);
    }
}

static void test_clip(void **state)
{
    static const struct {
        const char *inputs;
        double low, high;
    } cases[] = {
        {"f a b", 10, 30}, {"f - b", 0, 30}, {"f a", 10, 60}, {"f", 0, 60}, {"f b a", 10, 10}};
    oct_fixture *const fixture = *state;
    uint8_t x[COUNT];
    float expected[COUNT];
    fill(x);
    for (size_t k = 0; k <= OCT_COUNT(cases); k++) {
        const size_t like = k % OCT_COUNT(cases); /* the last as the first, by attributes */
        oct_model *const m = make_model();
        oct_model_scale(m, "a", 10);
        oct_model_scale(m, "b", 30);
        Onnx__NodeProto *const node =
            oct_model_node(m, "Clip", "clip", k == like ? cases[k].inputs : "f", "y");
        if (k != like) {
            oct_model_float(m, node, "min", 10);
            oct_model_float(m, node, "max", 30);
        }
        for (size_t i = 0; i < COUNT; i++)
            expected[i] = (float)fmin(fmax(x[i], cases[like].low), cases[like].high);
        run(fixture, m, x, expected, 0);
    }
}

static void test_prelu(void **state)
{
    oct_fixture *const fixture = *state;
    uint8_t x[COUNT];
    float expected[COUNT];
    oct_model *const m = make_model();
    oct_model_scale(m, "c", -20.5f);
    oct_model_tensor(m, "slope", OCT_TYPE(FLOAT), 3, (const int64_t[]){1, 1, 1}, &(float){-0.5f},
                     4);
    oct_model_node(m, "Add", "shift", "f c", "v");
    oct_model_node(m, "PRelu", "prelu", "v slope", "y");
    fill(x);
    for (size_t i = 0; i < COUNT; i++) {
        const float v = x[i] - 20.5f;
        expected[i] = v > 0 ? v : -0.5f * v;
    }
    run(fixture, m, x, expected, 0);
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
    oct_model *m = make_model();
    oct_model_node(m, "Relu", "relu", "x", "y");
    refuse(fixture, m, OCTET_UNSUPPORTED, "its input is u8; it must be f32");
    m = make_model();
    oct_model_float(m, oct_model_node(m, "LeakyRelu", "leaky", "f", "y"), "alpha", INFINITY);
    refuse(fixture, m, OCTET_INVALID_ARGUMENT, "its attribute 'alpha' is inf; it must be finite");
    m = make_model();
    oct_model_scale(m, "n", NAN);
    oct_model_node(m, "Clip", "clip", "f n", "y");
    refuse(fixture, m, OCTET_UNSUPPORTED, "its min is NaN");
    m = make_model();
    oct_model_node(m, "Clip", "clip", "f f", "y");
    refuse(fixture, m, OCTET_UNSUPPORTED, "its min must be constant");
    m = make_model();
    oct_model_tensor(m, "c", OCT_TYPE(FLOAT), 1, &(int64_t){2}, (const float[]){1, 2}, 8);
    oct_model_node(m, "PRelu", "prelu", "f c", "y");
    refuse(fixture, m, OCTET_UNSUPPORTED, "its slope is f32 with 2 elements; it must be one float");
    m = make_model();
    oct_model_integer(m, oct_model_node(m, "Cast", "back", "f", "y"), "to", OCT_TYPE(UINT8));
    refuse(fixture, m, OCTET_UNSUPPORTED, "a cast of f32 to uint8; it must be to float");
    m = make_model();
    oct_model_scale(m, "r", 0.5f);
    oct_model_zero(m, "t", OCT_TYPE(UINT8), 1);
    oct_model_node(m, "Dropout", "dropout", "f r t", "y");
    refuse(fixture, m, OCTET_UNSUPPORTED,
           "its training_mode is given; it must be a constant, false");
    m = make_model();
    oct_model_node(m, "Dropout", "dropout", "f", "d mask");
    oct_model_node(m, "Add", "sum", "d mask", "y");
    refuse(fixture, m, OCTET_UNSUPPORTED, "its output 1 is not supported");
}

/* As exporters write it: with a mask that nobody reads, and a training_mode that is false. */
static void test_dropout(void **state)
{
    oct_fixture *const fixture = *state;
    const uint8_t truth[] = {0, 1};
    uint8_t x[COUNT];
    float expected[COUNT];
    fill(x);
    for (size_t i = 0; i < COUNT; i++)
        expected[i] = x[i];
    for (size_t learns = 0; learns < 2; learns++) {
        oct_model *const m = make_model();
        oct_model_scale(m, "r", 0.5f);
        oct_model_tensor(m, "t", OCT_TYPE(BOOL), 0, NULL, &truth[learns], 1);
        oct_model_node(m, "Dropout", "dropout", "f r t", "y mask");
        if (learns)
            refuse(fixture, m, OCTET_UNSUPPORTED, "its training_mode is given");
        else
            run(fixture, m, x, expected, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_functions), cmocka_unit_test(test_clip),
        cmocka_unit_test(test_refused),   cmocka_unit_test(test_dropout),
        cmocka_unit_test(test_prelu),
    };
    return cmocka_run_group_tests(tests, oct_open_all, oct_close_all);
}
