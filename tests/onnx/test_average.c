/* test_average.c - averages in QOperator and QDQ form, of windows and whole images, channels first
 * and last: one layer each, with the numbers of the definition. */
#include "qdq.h"

typedef struct average {
    const char *op;
    bool global, last; /* last: (N,H,W,C) */
    int64_t kernel, stride, padding, count_padding, out;
} average;

static const average averages[] = {
    {"QLinearGlobalAveragePool", true, false, SIDE, 1, 0, 0, 1},
    {"QLinearGlobalAveragePool", true, true, SIDE, 1, 0, 0, 1},
    {"QLinearAveragePool", false, false, 3, 2, 1, 0, 2},
    {"QLinearAveragePool", false, true, 2, 1, 1, 1, 5},
    {"GlobalAveragePool", true, false, SIDE, 1, 0, 0, 1},
    {"AveragePool", false, false, 3, 1, 1, 1, 4},
};

static oct_model *make_model(const average *c)
{
    static const int64_t last[] = {-1, SIDE, SIDE, CHANNELS};
    const int64_t kernel[] = {c->kernel, c->kernel}, stride[] = {c->stride, c->stride};
    const int64_t pads[] = {c->padding, c->padding, c->padding, c->padding};
    const bool stored = c->op[0] == 'Q';
    oct_model *const m = oct_qdq_start(4, c->last ? last : oct_qdq_image);
    Onnx__NodeProto *const node = oct_model_node(
        m, c->op, "mean", stored ? "x x_s x_z y_s y_z" : "x_f", stored ? "y" : "mean");
    if (stored) {
        node->domain = oct_model_text(m, "com.microsoft");
        oct_model_integer(m, node, "channels_last", c->last);
        oct_model_output(m, "y");
    } else {
        oct_qdq_quantize(m, "mean");
    }
    if (c->global)
        return m;
    oct_model_integers(m, node, "kernel_shape", 2, kernel);
    oct_model_integers(m, node, "strides", 2, stride);
    oct_model_integers(m, node, "pads", 4, pads);
    oct_model_integer(m, node, "count_include_pad", c->count_padding);
    return m;
}

static size_t index_of(const average *c, size_t side, size_t image, size_t channel, size_t y,
                       size_t x)
{
    if (c->last)
        return ((image * side + y) * side + x) * CHANNELS + channel;
    return ((image * CHANNELS + channel) * side + y) * side + x;
}

/* What a stored output is before it is rounded. */
static double mean(const average *c, const uint8_t *x, size_t image, size_t channel, int64_t out_y,
                   int64_t out_x)
{
    int64_t sum = 0, count = 0;
    for (int64_t i = 0; i < c->kernel * c->kernel; i++) {
        const int64_t at_y = out_y * c->stride - c->padding + i / c->kernel;
        const int64_t at_x = out_x * c->stride - c->padding + i % c->kernel;
        const bool inside = at_y >= 0 && at_y < SIDE && at_x >= 0 && at_x < SIDE;
        count += inside || c->count_padding;
        if (inside)
            sum += x[index_of(c, SIDE, image, channel, (size_t)at_y, (size_t)at_x)] - X_ZERO;
    }
    return (double)sum * (double)x_scale / (double)count / (double)y_scale + Y_ZERO;
}

static void check(const average *c, const uint8_t *x, const uint8_t *actual)
{
    const size_t side = (size_t)c->out;
    for (size_t i = 0; i < IMAGES * CHANNELS * side * side; i++) {
        const size_t image = i / side / side / CHANNELS, channel = i / side / side % CHANNELS;
        const size_t out_y = i / side % side, out_x = i % side;
        const double expected = mean(c, x, image, channel, (int64_t)out_y, (int64_t)out_x);
        const double found = actual[index_of(c, side, image, channel, out_y, out_x)];
        if (fabs(found - expected) > 0.5001)
            fail_msg("%s: %g instead of %g", c->op, found, expected);
    }
}

static void test_averages(void **state)
{
    oct_fixture *const fixture = *state;
    uint8_t x[X_COUNT], actual[IMAGES * CHANNELS * 25];
    oct_qdq_fill(x, X_COUNT);
    for (size_t i = 0; i < OCT_COUNT(averages); i++) {
        oct_model *const m = make_model(&averages[i]);
        for (size_t j = 0; j < fixture->count; j++) {
            memset(actual, 0xaa, sizeof actual);
            oct_model_run(fixture, fixture->contexts[j], m, 1, IMAGES, x, actual);
            check(&averages[i], x, actual);
        }
        oct_model_free(m);
    }
}

/* ---- Refusals ---- */

static void much_padding(oct_model *m)
{
    oct_small_node(m, "mean")->attribute[3]->ints[3] = 3;
}
static void other_type(oct_model *m)
{
    oct_model_zero(m, "z", OCT_TYPE(INT8), 3);
    oct_small_node(m, "mean")->input[4] = oct_model_text(m, "z");
}
static void far_scales(oct_model *m)
{
    oct_model_scale(m, "s", 1e9f);
    oct_small_node(m, "mean")->input[1] = oct_model_text(m, "s");
}
static void far_float_scales(oct_model *m)
{
    oct_model_scale(m, "s", 1e9f);
    oct_small_node(m, "x_f")->input[1] = oct_model_text(m, "s");
}

static const struct {
    size_t average;
    oct_refusal refusal;
} refusals[] = {
    {2, {"padding", much_padding, OCTET_INVALID_ARGUMENT, "a padding of 3 for a window of 3"}},
    {2, {"types", other_type, OCTET_INVALID_ARGUMENT, "its zero points u8 and s8"}},
    {0, {"scales", far_scales, OCTET_UNSUPPORTED, "must be in [2^-32, 256)"}},
    {4, {"float scales", far_float_scales, OCTET_UNSUPPORTED, "must be in [2^-32, 256)"}},
};

static void test_refused(void **state)
{
    for (size_t i = 0; i < OCT_COUNT(refusals); i++)
        oct_refuse_from(*state, make_model(&averages[refusals[i].average]), &refusals[i].refusal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_averages),
                                       cmocka_unit_test(test_refused)};
    return cmocka_run_group_tests(tests, oct_open_all, oct_close_all);
}
