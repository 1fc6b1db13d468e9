/* test_concat.c - Concat in QDQ form and QLinearConcat: one layer, along every dimension, of images
 * that are stored with channels last. */
#include "qdq.h"

static const float p_scale = 0.1f;
enum { P_ZERO = 20 };

/* x, and x through a pool of single pixels, as if of other parameters: y has those of x. */
static oct_model *make_model(bool stored, int64_t axis)
{
    static const int64_t one[] = {1, 1};
    oct_model *const m = oct_qdq_start(4, oct_qdq_image);
    oct_model_scale(m, "p_s", p_scale);
    oct_model_zero(m, "p_z", OCT_TYPE(UINT8), P_ZERO);
    oct_model_integers(m, oct_model_node(m, "MaxPool", "pool", "x", "p"), "kernel_shape", 2, one);
    oct_qdq_dequantize(m, "p", 1);
    Onnx__NodeProto *const node =
        stored ? oct_model_node(m, "QLinearConcat", "all", "x_s x_z x x_s x_z p p_s p_z", "y")
               : oct_model_node(m, "Concat", "all", "x_f p_f", "f");
    oct_model_integer(m, node, "axis", axis);
    if (stored)
        node->domain = oct_model_text(m, "com.microsoft");
    else
        oct_model_node(m, "QuantizeLinear", "quantize", "f x_s x_z", "y");
    oct_model_output(m, "y");
    return m;
}

static uint8_t expect(const uint8_t *x, size_t axis, size_t image, size_t at)
{
    static const size_t sizes[] = {CHANNELS, SIDE, SIDE};
    size_t inner = 1;
    for (size_t i = axis; i < 3; i++)
        inner *= sizes[i];
    const size_t part = inner, row = at / (2 * part), column = at % (2 * part);
    const uint8_t byte = x[image * CHANNELS * PIXELS + row * part + column % part];
    if (column < part)
        return byte;
    const double steps = (double)p_scale * (byte - P_ZERO) / (double)x_scale;
    return (uint8_t)fmin(fmax(nearbyint(steps) + X_ZERO, 0), 255);
}

static void test_concat(void **state)
{
    oct_fixture *const fixture = *state;
    uint8_t x[X_COUNT], actual[2 * X_COUNT];
    oct_qdq_fill(x, X_COUNT);
    for (size_t i = 0; i < 6; i++) {
        const size_t axis = 1 + i / 2;
        oct_model *const m = make_model(i % 2 == 1, axis == 3 ? -1 : (int64_t)axis);
        for (size_t j = 0; j < fixture->count; j++) {
            memset(actual, 0xaa, sizeof actual);
            oct_model_run(fixture, fixture->contexts[j], m, 1, IMAGES, x, actual);
            for (size_t k = 0; k < 2 * X_COUNT; k++)
                assert_int_equal(actual[k], expect(x, axis - 1, k / (2 * X_COUNT / IMAGES),
                                                   k % (2 * X_COUNT / IMAGES)));
        }
        oct_model_free(m);
    }
}

/* ---- Refusals ---- */

static void no_axis(oct_model *m)
{
    oct_small_node(m, "all")->n_attribute = 0;
}
static void other_sizes(oct_model *m)
{
    oct_model_integers(m, oct_small_node(m, "pool"), "strides", 2, (const int64_t[]){2, 2});
}
static void other_type(oct_model *m)
{
    oct_model_zero(m, "z", OCT_TYPE(INT8), 3);
    oct_small_node(m, "all")->input[7] = oct_model_text(m, "z");
}
static void half_a_tensor(oct_model *m)
{
    oct_small_node(m, "all")->n_input = 7;
}

static const struct {
    bool stored;
    int64_t axis;
    oct_refusal refusal;
} refusals[] = {
    {true, 1, {"axis", no_axis, OCTET_INVALID_ARGUMENT, "its attribute 'axis' is missing"}},
    {true, 1, {"sizes", other_sizes, OCTET_UNSUPPORTED, "they may differ along axis 1 alone"}},
    {true, 1, {"types", other_type, OCTET_INVALID_ARGUMENT, "its zero points s8 and u8"}},
    {true, 1, {"count", half_a_tensor, OCTET_INVALID_ARGUMENT, "7 inputs; it must be a scale"}},
    {true, 0, {"images", other_sizes, OCTET_UNSUPPORTED, "along the open first dimension"}},
};

static void test_refused(void **state)
{
    for (size_t i = 0; i < OCT_COUNT(refusals); i++)
        oct_refuse_from(*state, make_model(refusals[i].stored, refusals[i].axis),
                        &refusals[i].refusal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_concat),
                                       cmocka_unit_test(test_refused)};
    return cmocka_run_group_tests(tests, oct_open_all, oct_close_all);
}
