/* test_lookup.c - QLinearLeakyRelu and QLinearSigmoid against the formula in float64, and what their
 * descriptions must be. */
#include <math.h>

#include "run.h"

enum { IMAGES = 2, VALUES = 256 };

static oct_model *make_model(const char *op, int type, const char *inputs, float alpha)
{
    static const int64_t sizes[] = {-1, VALUES / 4, 2, 2};
    oct_model *const m = oct_model_create();
    oct_model_input(m, "x", type, 4, sizes);
    oct_model_scale(m, "sx", 0.0625f);
    oct_model_zero(m, "zx", type, 100);
    oct_model_scale(m, "sy", strcmp(op, "QLinearSigmoid") == 0 ? 0.00390625f : 0.027f);
    oct_model_zero(m, "zy", type, 7);
    Onnx__NodeProto *const node = oct_model_node(m, op, "f", inputs, "y");
    node->domain = oct_model_text(m, "com.microsoft");
    if (alpha != 0.0f)
        oct_model_float(m, node, "alpha", alpha);
    m->outputs[m->graph.n_output++] = oct_model_port(m, "y", type, 4, sizes);
    return m;
}

static double leaky_relu(double x)
{
    return x >= 0 ? x : 0.25 * x;
}

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static int stored(double real, double scale, int low)
{
    const double steps = nearbyint(real / scale) + 7;
    return (int)fmin(fmax(steps, low), low + 255);
}

/* float32 and its polynomials move a value over a half at most here and there. */
static void test_functions(void **state)
{
    static const struct {
        const char *op;
        float alpha;
        double (*function)(double x);
        double scale;
    } functions[] = {{"QLinearLeakyRelu", 0.25f, leaky_relu, 0.027f},
                     {"QLinearSigmoid", 0, sigmoid, 0.00390625}};
    oct_fixture *const fixture = *state;
    uint8_t x[IMAGES * VALUES], y[IMAGES * VALUES];
    for (int i = 0; i < IMAGES * VALUES; i++)
        x[i] = (uint8_t)(i * 3);
    for (size_t i = 0; i < 2 * OCT_COUNT(functions); i++) {
        const bool is_signed = i % 2 == 1;
        const int low = is_signed ? -128 : 0;
        oct_model *const m =
            make_model(functions[i / 2].op, is_signed ? OCT_TYPE(INT8) : OCT_TYPE(UINT8),
                       "x sx zx sy zy", functions[i / 2].alpha);
        for (size_t j = 0; j < fixture->count; j++) {
            int wrong = 0;
            oct_model_run(fixture, fixture->contexts[j], m, IMAGES, IMAGES, x, y);
            for (int k = 0; k < IMAGES * VALUES; k++) {
                const int q = is_signed ? (int8_t)x[k] : x[k],
                          got = is_signed ? (int8_t)y[k] : y[k];
                const int wanted = stored(functions[i / 2].function(0.0625 * (q - 100)),
                                          functions[i / 2].scale, low);
                wrong += got != wanted;
                assert_in_range(got - wanted + 1, 0, 2);
            }
            assert_in_range(wrong, 0, 2 * IMAGES);
        }
        oct_model_free(m);
    }
}

/* Zero points may be absent; the default slope is 0.01. */
static void test_defaults(void **state)
{
    oct_fixture *const fixture = *state;
    uint8_t x[VALUES], y[VALUES];
    for (int i = 0; i < VALUES; i++)
        x[i] = (uint8_t)i;
    oct_model *const m = make_model("QLinearLeakyRelu", OCT_TYPE(INT8), "x sx - sy", 0);
    oct_model_run(fixture, fixture->contexts[0], m, 1, 1, x, y);
    for (int i = 0; i < VALUES; i++) {
        const double real = 0.0625 * (int8_t)i;
        const double steps = nearbyint((real >= 0 ? real : 0.01 * real) / (double)0.027f);
        assert_int_equal((int8_t)y[i], (int)fmin(steps, 127));
    }
    oct_model_free(m);
}

static void refuse(oct_fixture *fixture, oct_model *m, const char *said)
{
    octet_network *network = NULL;
    size_t size;
    const uint8_t *const bytes = oct_model_pack(m, &size);
    oct_quiet(fixture);
    assert_int_not_equal(
        octet_network_load_onnx_memory(fixture->contexts[0], bytes, size, NULL, &network),
        OCTET_OK);
    oct_assert_said(fixture, said);
    oct_model_free(m);
}

static void test_refused(void **state)
{
    oct_fixture *const fixture = *state;
    oct_model *m = make_model("QLinearSigmoid", OCT_TYPE(UINT8), "x sx zx sy zy", 1.0f);
    refuse(fixture, m, "its attribute 'alpha' is not supported");
    m = make_model("QLinearLeakyRelu", OCT_TYPE(UINT8), "x sx zx sy zy", NAN);
    refuse(fixture, m, "its attribute 'alpha' is nan; it must be finite");
    m = make_model("QLinearLeakyRelu", OCT_TYPE(UINT8), "x sx zx sy zs", 1.0f);
    oct_model_zero(m, "zs", OCT_TYPE(INT8), 3);
    refuse(fixture, m, "its input is u8, its zero points u8 and s8; all must be s8 or all u8");
    m = make_model("QLinearLeakyRelu", OCT_TYPE(FLOAT), "x sx - sy", 1.0f);
    refuse(fixture, m, "its input is f32");
    m = make_model("QLinearLeakyRelu", OCT_TYPE(UINT8), "x sx zx sy zy", 1.0f);
    m->nodes[0]->domain = oct_model_text(m, "com.example");
    refuse(fixture, m, "octet has no such operator");
    m = make_model("QLinearLeakyRelu", OCT_TYPE(UINT8), "x sx zx sy zy", 1.0f);
    m->nodes[0]->domain = oct_model_text(m, "");
    refuse(fixture, m, "octet has no such operator");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_functions),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, oct_open_all, oct_close_all);
}
