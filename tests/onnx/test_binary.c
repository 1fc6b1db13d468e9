/* test_binary.c - QLinearAdd, QLinearMul and the functions of two float32 tensors in a model: open
 * first dimensions, images with channels last, constants of fewer dimensions. */
#include <math.h>

#include "run.h"

enum { IMAGES = 3, CHANNELS = 5, HEIGHT = 3, WIDTH = 4, PIXELS = HEIGHT * WIDTH };
enum { COUNT = IMAGES * CHANNELS * PIXELS };

static const int64_t image[] = {-1, CHANNELS, HEIGHT, WIDTH}, channels[] = {CHANNELS, 1, 1};

/* x through a pool of single pixels, which stores channels last, and then op(pool, c) or op(c, pool)
 * with one c per channel. */
static oct_model *make_stored(const char *op, const char *inputs, const uint8_t c[CHANNELS])
{
    static const int64_t one[] = {1, 1};
    oct_model *const m = oct_model_create();
    oct_model_input(m, "x", OCT_TYPE(UINT8), 4, image);
    oct_model_tensor(m, "c", OCT_TYPE(UINT8), 3, channels, c, CHANNELS);
    oct_model_scale(m, "s", 0.5f);
    oct_model_zero(m, "z", OCT_TYPE(UINT8), 100);
    oct_model_scale(m, "sy", 2.0f);
    oct_model_zero(m, "zy", OCT_TYPE(UINT8), 120);
    oct_model_integers(m, oct_model_node(m, "MaxPool", "pool", "x", "p"), "kernel_shape", 2, one);
    oct_model_node(m, op, "f", inputs, "y")->domain = oct_model_text(m, "com.microsoft");
    m->outputs[m->graph.n_output++] = oct_model_port(m, "y", OCT_TYPE(UINT8), 4, image);
    return m;
}

static uint8_t stored(double real)
{
    return (uint8_t)fmin(fmax(nearbyint(real / 2 + 120), 0), 255);
}

static void test_stored(void **state)
{
    static const struct {
        const char *op, *inputs;
        bool product;
    } cases[] = {{"QLinearAdd", "p s z c s z sy zy", false},
                 {"QLinearAdd", "c s z p s z sy zy", false},
                 {"QLinearMul", "p s z c s z sy zy", true},
                 {"QLinearMul", "c s z p s z sy zy", true}};
    static const uint8_t c[CHANNELS] = {0, 93, 100, 131, 255};
    oct_fixture *const fixture = *state;
    uint8_t x[COUNT], expected[COUNT], actual[COUNT];
    uint64_t seed = 71;
    for (size_t i = 0; i < COUNT; i++)
        x[i] = (uint8_t)oct_random_bits(&seed);
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        oct_model *const m = make_stored(cases[i].op, cases[i].inputs, c);
        for (size_t j = 0; j < COUNT; j++) {
            const double a = 0.5 * (x[j] - 100), b = 0.5 * (c[j / PIXELS % CHANNELS] - 100);
            expected[j] = stored(cases[i].product ? a * b : a + b);
        }
        for (size_t j = 0; j < fixture->count; j++) {
            oct_model_run(fixture, fixture->contexts[j], m, 2, IMAGES, x, actual);
            assert_memory_equal(actual, expected, sizeof expected);
        }
        oct_model_free(m);
    }
}

/* y = max(x / c, x - 1.5), c one per channel; nothing else is in the way. */
static void test_floats(void **state)
{
    static const float c[CHANNELS] = {1.0f, -3.0f, 0.1f, 7.0f, 1e-3f};
    oct_fixture *const fixture = *state;
    float x[COUNT], expected[COUNT], actual[COUNT];
    oct_model *const m = oct_model_create();
    uint64_t seed = 72;
    oct_model_input(m, "x", OCT_TYPE(FLOAT), 4, image);
    oct_model_tensor(m, "c", OCT_TYPE(FLOAT), 3, channels, c, sizeof c);
    oct_model_scale(m, "k", 1.5f);
    oct_model_node(m, "Div", "divide", "x c", "d");
    oct_model_node(m, "Sub", "subtract", "x k", "e");
    oct_model_node(m, "Max", "largest", "d e", "y");
    m->outputs[m->graph.n_output++] = oct_model_port(m, "y", OCT_TYPE(FLOAT), 4, image);
    for (size_t i = 0; i < COUNT; i++) {
        x[i] = (float)oct_random_int(&seed, -1000, 1000) / 64.0f;
        expected[i] = fmaxf(x[i] / c[i / PIXELS % CHANNELS], x[i] - 1.5f);
    }
    for (size_t j = 0; j < fixture->count; j++) {
        oct_model_run(fixture, fixture->contexts[j], m, 2, IMAGES, x, actual);
        assert_memory_equal(actual, expected, sizeof expected);
    }
    assert_int_equal(oct_model_layers(fixture, m), 3);
    oct_model_free(m);
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

/* Two inputs of float32 with these sizes, and their sum. */
static oct_model *make_sum(size_t a_rank, const int64_t *a, size_t b_rank, const int64_t *b)
{
    oct_model *const m = oct_model_create();
    oct_model_input(m, "a", OCT_TYPE(FLOAT), a_rank, a);
    oct_model_input(m, "b", OCT_TYPE(FLOAT), b_rank, b);
    oct_model_node(m, "Add", "sum", "a b", "y");
    oct_model_output(m, "y");
    return m;
}

static void test_refused(void **state)
{
    static const int64_t open[] = {-1, 3}, three[] = {3, 3}, line[] = {-1}, four[] = {1, 4};
    static const uint8_t c[CHANNELS];
    oct_fixture *const fixture = *state;
    refuse(fixture, make_sum(2, open, 2, four), OCTET_INVALID_ARGUMENT,
           "its inputs are 1x3 and 1x4; from the last on, sizes must be equal or 1");
    refuse(fixture, make_sum(2, open, 2, three), OCTET_UNSUPPORTED,
           "a first dimension that is open must meet another or a 1");
    refuse(fixture, make_sum(2, three, 1, line), OCTET_UNSUPPORTED,
           "a first dimension that is open must meet another or a 1");
    oct_model *m = make_stored("QLinearAdd", "p s z c s z sy zs", c);
    oct_model_zero(m, "zs", OCT_TYPE(INT8), 1);
    refuse(fixture, m, OCTET_INVALID_ARGUMENT, "A is u8, B u8 and C s8; they must be the same");
    m = make_stored("QLinearMul", "p s z f s z sy zy", c);
    oct_model_tensor(m, "f", OCT_TYPE(FLOAT), 0, NULL, "four", 4);
    refuse(fixture, m, OCTET_UNSUPPORTED, "its B is f32; it must be int8 or uint8");
    m = make_stored("QLinearMul", "p s z c s z st zy", c);
    oct_model_scale(m, "st", 1e-30f);
    refuse(fixture, m, OCTET_INVALID_ARGUMENT, "by this rule it must be in [2.32831e-10, 256)");
    m = make_stored("Add", "p c", c);
    m->nodes[1]->domain = oct_model_text(m, "");
    refuse(fixture, m, OCTET_UNSUPPORTED, "its inputs are u8 and u8; they must be float");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stored),
        cmocka_unit_test(test_floats),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, oct_open_all, oct_close_all);
}
