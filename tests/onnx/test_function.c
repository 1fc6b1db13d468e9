/* test_function.c - functions of one value that are computed between 8-bit values only: all stored
 * values against formulas written another way; of constants; what is refused. */
#include "qdq.h"

#define SCALE 0.03f
enum { ZERO = 128, ALL = 256 };

static double elu(double x)
{
    return x < 0 ? 0.7f * (exp(x) - 1) : x;
}
static double selu(double x)
{
    return x > 0 ? 2.5 * x : 2.5 * (1.5 * (exp(x) - 1));
}
static double celu(double x)
{
    return x < 0 ? 0.5 * (exp(x / 0.5) - 1) : x;
}
static double softplus(double x)
{
    return log(1 + exp(x));
}
static double softsign(double x)
{
    return x < 0 ? x / (1 - x) : x / (1 + x);
}
static double mish(double x)
{
    const double square = (1 + exp(x)) * (1 + exp(x));
    return x * (square - 1) / (square + 1);
}
static double swish(double x)
{
    return x * exp(1.5 * x) / (1 + exp(1.5 * x));
}
static double quick_gelu(double x)
{
    return x / (1 + exp(-1.5 * x));
}
static double error_function(double x)
{
    return 1 - erfc(x);
}
static double gelu(double x)
{
    return x * erfc(-x / sqrt(2)) / 2;
}
static double gelu_tanh(double x)
{
    const double inner = sqrt(2 / acos(-1)) * (x + 0.044715 * pow(x, 3));
    return x / (1 + exp(-2 * inner));
}
static double logarithm(double x)
{
    return x > 0 ? log(x) : -INFINITY; /* NaN is stored as the lowest too */
}
static double reciprocal(double x)
{
    return 1 / x;
}
static double sine(double x)
{
    return sin(x);
}
static double cosine(double x)
{
    return cos(x);
}
static double threshold(double x)
{
    return x > 1.5 ? x : 0;
}
static double sign(double x)
{
    return (x > 0) - (x < 0);
}

typedef struct function_case {
    const char *op;
    const char *domain;
    float alpha, gamma; /* 0: no such attribute */
    double (*function)(double x);
} function_case;

static const function_case cases[] = {
    {"Elu", "", 0.7f, 0, elu},
    {"Selu", "", 1.5f, 2.5f, selu},
    {"Celu", "", 0.5f, 0, celu},
    {"Softplus", "", 0, 0, softplus},
    {"Softsign", "", 0, 0, softsign},
    {"Mish", "", 0, 0, mish},
    {"Swish", "", 1.5f, 0, swish},
    {"QuickGelu", "com.microsoft", 1.5f, 0, quick_gelu},
    {"Erf", "", 0, 0, error_function},
    {"Gelu", "", 0, 0, gelu},
    {"Gelu", "tanh", 0, 0, gelu_tanh}, /* an attribute, not a domain */
    {"Gelu", "com.microsoft", 0, 0, gelu},
    {"Log", "", 0, 0, logarithm},
    {"Reciprocal", "", 0, 0, reciprocal},
    {"Sin", "", 0, 0, sine},
    {"Cos", "", 0, 0, cosine},
    {"ThresholdedRelu", "", 1.5f, 0, threshold},
    {"Sign", "", 0, 0, sign},
    {"Floor", "", 0, 0, floor},
    {"Ceil", "", 0, 0, ceil},
};

/* x, dequantized, or a constant; the function of it, "v". */
static oct_model *make_function(const function_case *c, bool dequantized)
{
    oct_model *const m = oct_model_create();
    oct_model_input(m, "x", dequantized ? OCT_TYPE(UINT8) : OCT_TYPE(FLOAT), 2,
                    (const int64_t[]){-1, ALL});
    oct_model_scale(m, "x_s", SCALE);
    oct_model_zero(m, "x_z", OCT_TYPE(UINT8), ZERO);
    if (dequantized)
        oct_qdq_dequantize(m, "x", 1);
    Onnx__NodeProto *const node =
        oct_model_node(m, c->op, "function", dequantized ? "x_f" : "x", "v");
    if (strcmp(c->domain, "tanh") == 0)
        oct_model_string(m, node, "approximate", "tanh");
    else
        node->domain = oct_model_text(m, c->domain);
    if (c->alpha != 0)
        oct_model_float(m, node, "alpha", c->alpha);
    if (c->gamma != 0)
        oct_model_float(m, node, "gamma", c->gamma);
    return m;
}

static int stored(float real)
{
    const float steps = nearbyintf(real / 0.02f) + 100;
    return (int)fminf(fmaxf(steps, 0), 255);
}

/* Between 8-bit values, with a LeakyRelu behind it in every second case: a table, and no other layer.
 */
static void test_tables(void **state)
{
    oct_fixture *const fixture = *state;
    uint8_t x[ALL], y[ALL];
    for (int i = 0; i < ALL; i++)
        x[i] = (uint8_t)i;
    for (size_t k = 0; k < 2 * OCT_COUNT(cases); k++) {
        const function_case *const c = &cases[k / 2];
        const bool leaky = k % 2 == 1;
        oct_model *const m = make_function(c, true);
        if (leaky)
            oct_model_float(m, oct_model_node(m, "LeakyRelu", "leaky", "v", "w"), "alpha", 0.25f);
        oct_model_scale(m, "y_s", 0.02f);
        oct_model_zero(m, "y_z", OCT_TYPE(UINT8), 100);
        oct_qdq_quantize(m, leaky ? "w" : "v");
        assert_int_equal(oct_model_layers(fixture, m), 1);
        for (size_t j = 0; j < fixture->count; j++) {
            oct_model_run(fixture, fixture->contexts[j], m, 1, 1, x, y);
            for (int i = 0; i < ALL; i++) {
                const float real = SCALE * (float)(i - ZERO);
                const float v = (float)c->function((double)real);
                const int wanted = stored(leaky && v < 0 ? 0.25f * v : v);
                if (y[i] != wanted)
                    fail_msg("%s %s of %g is %d, not %d", c->domain, c->op, (double)real, y[i],
                             wanted);
            }
        }
        oct_model_free(m);
    }
}

/* Of a constant, which is added to x. */
static void test_constants(void **state)
{
    static const float numbers[] = {0.5f, 1, 2.25f, 3};
    oct_fixture *const fixture = *state;
    const float x[4] = {0};
    float y[4];
    for (size_t k = 0; k < OCT_COUNT(cases); k++) {
        oct_model *const m = make_function(&cases[k], false);
        m->nodes[0]->input[0] = oct_model_text(m, "c");
        oct_model_tensor(m, "c", OCT_TYPE(FLOAT), 1, &(int64_t){4}, numbers, sizeof numbers);
        m->graph.n_input = 0;
        oct_model_input(m, "z", OCT_TYPE(FLOAT), 2, (const int64_t[]){-1, 4});
        oct_model_node(m, "Add", "sum", "z v", "y");
        oct_model_output(m, "y");
        oct_model_run(fixture, fixture->contexts[0], m, 1, 1, x, y);
        for (size_t i = 0; i < 4; i++) {
            const double wanted = cases[k].function((double)numbers[i]);
            assert_true(fabs((double)y[i] - wanted) <= 0x1p-23 * fabs(wanted));
        }
        oct_model_free(m);
    }
}

/* ---- Of several nodes ---- */

/* x, of u8 (1,16,16), dequantized, and x * 0.5 * (1 + erf(x / r)) of it, "v". */
static oct_model *make_gelu(void)
{
    oct_model *const m = oct_model_create();
    oct_model_input(m, "x", OCT_TYPE(UINT8), 4, (const int64_t[]){-1, 1, 16, 16});
    oct_model_scale(m, "x_s", SCALE);
    oct_model_zero(m, "x_z", OCT_TYPE(UINT8), ZERO);
    oct_model_scale(m, "r", 1.41421354f);
    oct_model_scale(m, "one", 1.0f);
    oct_model_scale(m, "half", 0.5f);
    oct_qdq_dequantize(m, "x", 1);
    oct_model_node(m, "Div", "divide", "x_f r", "a");
    oct_model_node(m, "Erf", "erf", "a", "b");
    oct_model_node(m, "Add", "add", "one b", "c");
    oct_model_node(m, "Mul", "halve", "x_f half", "d");
    oct_model_node(m, "Mul", "multiply", "d c", "v");
    return m;
}

static uint8_t gelu_of(uint8_t x)
{
    volatile float real = SCALE * (float)(x - ZERO), a = real / 1.41421354f;
    volatile float c = 1.0f + (float)error_function((double)a), d = real * 0.5f;
    volatile float v = d * c;
    return (uint8_t)stored(v);
}

/* A function spelled out is a table, alone and with what moves or picks elements behind it. */
static void test_spelled_out(void **state)
{
    static const int64_t two[] = {2, 2}, turned[] = {0, 1, 3, 2};
    static const char *const last[] = {"v", "p", "t"};
    oct_fixture *const fixture = *state;
    uint8_t x[ALL], y[ALL];
    for (int i = 0; i < ALL; i++)
        x[i] = (uint8_t)(i * 37);
    for (size_t k = 0; k < OCT_COUNT(last); k++) {
        oct_model *const m = make_gelu();
        if (k == 1)
            oct_model_integers(m, oct_model_node(m, "MaxPool", "pool", "v", "p"), "kernel_shape", 2,
                               two);
        else if (k == 2)
            oct_model_integers(m, oct_model_node(m, "Transpose", "turn", "v", "t"), "perm", 4,
                               turned);
        oct_model_scale(m, "y_s", 0.02f);
        oct_model_zero(m, "y_z", OCT_TYPE(UINT8), 100);
        oct_qdq_quantize(m, last[k]);
        assert_int_equal(oct_model_layers(fixture, m), k == 0 ? 1 : 2);
        oct_model_run(fixture, fixture->contexts[0], m, 1, 1, x, y);
        for (int i = 0; i < (k == 1 ? 15 * 15 : ALL); i++) {
            const int width = k == 1 ? 15 : 16, row = i / width, column = i % width;
            uint8_t wanted = gelu_of(x[k == 2 ? column * 16 + row : row * 16 + column]);
            for (int j = 1; k == 1 && j < 4; j++) {
                const uint8_t other = gelu_of(x[(row + j / 2) * 16 + column + j % 2]);
                wanted = other > wanted ? other : wanted;
            }
            assert_int_equal(y[i], wanted);
        }
        oct_model_free(m);
    }
}

/* Powers by a constant, some of which are other functions. */
static void test_powers(void **state)
{
    static const float exponents[] = {2, 0.5f, 1, -1, 3, 1.5f};
    oct_fixture *const fixture = *state;
    uint8_t x[ALL], y[ALL];
    for (int i = 0; i < ALL; i++)
        x[i] = (uint8_t)i;
    for (size_t k = 0; k < OCT_COUNT(exponents); k++) {
        oct_model *const m = make_function(&cases[0], true);
        m->graph.n_node--;
        oct_model_scale(m, "e", exponents[k]);
        oct_model_node(m, "Pow", "power", "x_f e", "v");
        oct_model_scale(m, "y_s", 0.02f);
        oct_model_zero(m, "y_z", OCT_TYPE(UINT8), 100);
        oct_qdq_quantize(m, "v");
        assert_int_equal(oct_model_layers(fixture, m), 1);
        oct_model_run(fixture, fixture->contexts[0], m, 1, 1, x, y);
        for (int i = 0; i < ALL; i++) {
            const float real = SCALE * (float)(i - ZERO);
            assert_int_equal(y[i], stored((float)pow((double)real, (double)exponents[k])));
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
    const octet_status got =
        octet_network_load_onnx_memory(fixture->contexts[0], bytes, size, NULL, &network);
    oct_assert_said(fixture, said);
    assert_int_equal(got, status);
    oct_model_free(m);
}

static void test_refused(void **state)
{
    oct_fixture *const fixture = *state;
    oct_model *m = make_function(&cases[9], false);
    oct_model_output(m, "v");
    refuse(fixture, m, OCTET_UNSUPPORTED,
           "node 'function': octet has no float Gelu, and cannot make an integer one of it: it is "
           "not between 8-bit values; its input is one of the model");
    m = make_gelu();
    oct_model_node(m, "GlobalAveragePool", "average", "b", "y");
    oct_model_output(m, "y");
    refuse(fixture, m, OCTET_UNSUPPORTED,
           "node 'erf': octet has no float Erf, and cannot make an integer one of it: it is not "
           "between 8-bit values; its output goes to 'average' (");
    m = make_function(&cases[3], true);
    oct_model_output(m, "v");
    refuse(fixture, m, OCTET_UNSUPPORTED, "octet has no float Softplus");
    m = make_function(&cases[2], true);
    m->nodes[1]->attribute[0]->f = 0;
    oct_model_output(m, "v");
    refuse(fixture, m, OCTET_INVALID_ARGUMENT, "its attribute 'alpha' is 0");
    m = make_function(&cases[9], true);
    oct_model_string(m, m->nodes[1], "approximate", "sigmoid");
    oct_model_output(m, "v");
    refuse(fixture, m, OCTET_INVALID_ARGUMENT,
           "its attribute 'approximate' is 'sigmoid'; it must be none or tanh");
    m = make_function(&cases[3], true);
    oct_model_float(m, m->nodes[1], "alpha", 1);
    oct_model_output(m, "v");
    refuse(fixture, m, OCTET_UNSUPPORTED, "its attribute 'alpha' is not supported");
    m = make_function(&cases[3], true);
    m->nodes[1]->input[0] = oct_model_text(m, "x");
    oct_model_output(m, "v");
    refuse(fixture, m, OCTET_UNSUPPORTED, "its input is u8; it must be f32");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables),      cmocka_unit_test(test_constants),
        cmocka_unit_test(test_spelled_out), cmocka_unit_test(test_powers),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, oct_open_all, oct_close_all);
}
