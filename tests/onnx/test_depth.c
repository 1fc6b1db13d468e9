/* test_depth.c - DepthToSpace and SpaceToDepth by their definition, of stored values and between
 * DequantizeLinear and QuantizeLinear, and what they refuse; BatchNormalization. */
#include <math.h>

#include "small.h"

enum { IMAGES = 3, C = 12, H = 4, W = 6, B = 2, COUNT = IMAGES * C * H * W };

typedef struct blocks {
    const char *type, *mode; /* "": the default */
} blocks;

static const blocks cases[] = {
    {"DepthToSpace", ""}, {"DepthToSpace", "DCR"}, {"DepthToSpace", "CRD"}, {"SpaceToDepth", ""}};

/* Where element (c, y, x) of the deep image is in the wide one of C / 4 channels. */
static size_t wide_index(const blocks *b, size_t c, size_t y, size_t x)
{
    const bool column = strcmp(b->mode, "CRD") == 0;
    const size_t left = C / (B * B), block = column ? c % (B * B) : c / left;
    const size_t channel = column ? c / (B * B) : c % left;
    return (channel * H * B + y * B + block / B) * W * B + x * B + block % B;
}

static void compute(const blocks *b, const uint8_t *x, uint8_t *y)
{
    for (size_t i = 0; i < COUNT; i++) {
        const size_t image = i / (C * H * W) * (C * H * W);
        const size_t wide = image + wide_index(b, i / (H * W) % C, i / W % H, i % W);
        if (strcmp(b->type, "DepthToSpace") == 0)
            y[wide] = x[i];
        else
            y[i] = x[wide];
    }
}

static void add_node(oct_model *m, const blocks *b, const char *x, const char *y)
{
    Onnx__NodeProto *const node = oct_model_node(m, b->type, "blocks", x, y);
    oct_model_integer(m, node, "blocksize", B);
    if (b->mode[0] != '\0')
        oct_model_string(m, node, "mode", b->mode);
}

static oct_model *make_model(const blocks *b, bool between)
{
    const int64_t deep[] = {-1, C, H, W}, wide[] = {-1, C / (B * B), H * B, W * B};
    const bool to_space = strcmp(b->type, "DepthToSpace") == 0;
    oct_model *const m = oct_model_create();
    oct_model_input(m, "x", OCT_TYPE(UINT8), 4, to_space ? deep : wide);
    oct_model_scale(m, "s", 0.25f);
    oct_model_zero(m, "z", OCT_TYPE(UINT8), 7);
    if (between)
        oct_model_node(m, "DequantizeLinear", "from", "x s z", "f");
    add_node(m, b, between ? "f" : "x", between ? "g" : "y");
    if (between)
        oct_model_node(m, "QuantizeLinear", "to", "g s z", "y");
    m->outputs[m->graph.n_output++] =
        oct_model_port(m, "y", OCT_TYPE(UINT8), 4, to_space ? wide : deep);
    return m;
}

static void test_blocks(void **state)
{
    oct_fixture *const fixture = *state;
    uint8_t x[COUNT], y[COUNT], expected[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        x[i] = (uint8_t)(i * 5 + i / 256);
    for (size_t i = 0; i < 2 * OCT_COUNT(cases); i++) {
        oct_model *const m = make_model(&cases[i / 2], i % 2 == 1);
        compute(&cases[i / 2], x, expected);
        assert_int_equal(oct_model_layers(fixture, m), 1);
        for (size_t j = 0; j < fixture->count; j++) {
            oct_model_run(fixture, fixture->contexts[j], m, 2, IMAGES, x, y);
            assert_memory_equal(y, expected, COUNT);
        }
        oct_model_free(m);
    }
}

/* By float64, within the last bits; the variance is near 0 for one channel. */
static void test_normalization(void **state)
{
    static const float scale[] = {1, -2, 0.5f}, bias[] = {0, 3, -1};
    static const float mean[] = {4, -1, 0.1f}, variance[] = {0, 9, 0.3f};
    static const char *const names[] = {"s", "b", "m", "v"};
    const float *const numbers[] = {scale, bias, mean, variance};
    oct_fixture *const fixture = *state;
    float x[2 * 3 * 5], y[2 * 3 * 5];
    oct_model *const m = oct_model_create();
    oct_model_input(m, "x", OCT_TYPE(FLOAT), 3, (const int64_t[]){-1, 3, 5});
    for (size_t i = 0; i < 4; i++)
        oct_model_tensor(m, names[i], OCT_TYPE(FLOAT), 1, &(int64_t){3}, numbers[i], 12);
    oct_model_float(m, oct_model_node(m, "BatchNormalization", "n", "x s b m v", "y"), "epsilon",
                    0.01f);
    oct_model_output(m, "y");
    for (size_t i = 0; i < OCT_COUNT(x); i++)
        x[i] = (float)i * 0.37f - 3;
    for (size_t j = 0; j < fixture->count; j++) {
        oct_model_run(fixture, fixture->contexts[j], m, 1, 2, x, y);
        for (size_t i = 0; i < OCT_COUNT(x); i++) {
            const size_t c = i / 5 % 3;
            const double wanted = ((double)x[i] - (double)mean[c]) /
                                      sqrt((double)variance[c] + 0.01) * (double)scale[c] +
                                  (double)bias[c];
            assert_true(fabs((double)y[i] - wanted) < 1e-4);
        }
    }
    oct_model_free(m);
}

/* ---- Refusals: the small network's 4 channels of 4x4 pixels, "c" ---- */

static Onnx__NodeProto *add_to_small(oct_model *m, const char *type, int64_t side)
{
    Onnx__NodeProto *const node = oct_model_node(m, type, "blocks", "c", "o");
    oct_model_integer(m, node, "blocksize", side);
    oct_model_output(m, "o");
    return node;
}
static void no_side(oct_model *m)
{
    add_to_small(m, "DepthToSpace", 1)->n_attribute = 0;
}
static void wrong_side(oct_model *m)
{
    add_to_small(m, "DepthToSpace", 3);
}
static void huge_side(oct_model *m)
{
    add_to_small(m, "SpaceToDepth", INT64_MAX);
}
static void wrong_pixels(oct_model *m)
{
    add_to_small(m, "SpaceToDepth", 3);
}
static void wrong_mode(oct_model *m)
{
    oct_model_string(m, add_to_small(m, "DepthToSpace", 2), "mode", "RCD");
}
static void wrong_channels(oct_model *m)
{
    oct_model_node(m, "BatchNormalization", "n", "x sw sw sw sw", "o");
    oct_model_output(m, "o");
}
static void learning(oct_model *m)
{
    oct_model_integer(m, oct_model_node(m, "BatchNormalization", "n", "x sw sw sw sw", "o"),
                      "training_mode", 1);
    oct_model_output(m, "o");
}

static const oct_refusal refusals[] = {
    {"no side", no_side, OCTET_INVALID_ARGUMENT, "its attribute 'blocksize' is missing"},
    {"wrong side", wrong_side, OCTET_INVALID_ARGUMENT, "4 channels cannot be blocks of 3x3"},
    {"huge side", huge_side, OCTET_UNSUPPORTED, "'blocksize' is 9223372036854775807"},
    {"wrong pixels", wrong_pixels, OCTET_INVALID_ARGUMENT, "4x4 pixels cannot be cut"},
    {"wrong mode", wrong_mode, OCTET_INVALID_ARGUMENT, "its attribute 'mode' is 'RCD'"},
    {"wrong channels", wrong_channels, OCTET_INVALID_ARGUMENT, "its scale must be 2 floats"},
    {"learning", learning, OCTET_UNSUPPORTED, "its attribute 'training_mode' is 1"},
};

static void test_refusals(void **state)
{
    for (size_t i = 0; i < OCT_COUNT(refusals); i++)
        oct_refuse(*state, &refusals[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_normalization),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, oct_open_all, oct_close_all);
}
