/* test_conv.c - QLinearConv and ConvInteger against the formula written out. What counts here is
 * how the model is read; tests/operators runs the kernels on every device. */
#include <math.h>

#include "model.h"
#include "network/fixture.h"

enum { IMAGES = 3, MOST = 4096, MOST_CHANNELS = 16 };
/* wide: a scale per channel; line: no height, which is 1 here */
enum { U8_X = 1, U8_W = 2, WIDE = 4, BIAS = 8, INTEGER = 16, LINE = 32 };

/* Pairs are height, width; pads top, left, bottom, right, or what auto_pad says. */
typedef struct conv_case {
    const char *name;
    int64_t channels, outputs, group, size[2], kernel[2], stride[2], dilation[2], pads[4];
    const char *auto_pad; /* NULL: pads */
    unsigned how;
} conv_case;

/* clang-format off */
static const conv_case cases[] = {
    {"1x1", 3, 5, 1, {4, 4}, {1, 1}, {1, 1}, {1, 1}, {0}, NULL, U8_X},
    {"3x3 same", 2, 3, 1, {5, 6}, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, NULL, U8_X | WIDE | BIAS},
    {"uneven pads", 2, 3, 1, {5, 6}, {3, 2}, {2, 1}, {1, 2}, {0, 2, 1, 1}, NULL, WIDE | BIAS},
    {"valid", 2, 3, 1, {6, 6}, {3, 3}, {2, 2}, {1, 1}, {0}, "VALID", U8_X | U8_W | BIAS},
    {"same upper", 2, 3, 1, {5, 6}, {4, 2}, {2, 3}, {1, 1}, {0}, "SAME_UPPER", U8_X | BIAS},
    {"same lower", 2, 3, 1, {5, 6}, {4, 2}, {2, 3}, {1, 1}, {0}, "SAME_LOWER", U8_X | BIAS},
    {"same 1x1", 1, 2, 1, {7, 7}, {1, 1}, {3, 3}, {1, 1}, {0}, "SAME_UPPER", U8_X | BIAS},
    {"grouped", 4, 6, 2, {5, 5}, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, NULL, U8_X | WIDE | BIAS},
    {"depthwise", 6, 6, 6, {6, 5}, {3, 3}, {2, 2}, {1, 1}, {1, 1, 1, 1}, NULL, U8_X | WIDE | BIAS},
    {"depthwise times two", 3, 6, 3, {6, 5}, {3, 3}, {1, 1}, {2, 2}, {2, 2, 2, 2}, NULL, U8_W | WIDE},
    {"integer", 3, 4, 1, {5, 5}, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, NULL, U8_X | INTEGER},
    {"line", 3, 4, 1, {1, 11}, {1, 3}, {1, 2}, {1, 2}, {0, 3, 0, 1}, NULL, U8_X | WIDE | BIAS | LINE},
    {"line, same lower", 2, 3, 1, {1, 9}, {1, 4}, {1, 2}, {1, 1}, {0}, "SAME_LOWER", U8_W | LINE},
    {"line, depthwise", 6, 6, 6, {1, 9}, {1, 3}, {1, 1}, {1, 1}, {0, 1, 0, 1}, NULL, WIDE | BIAS | LINE},
    {"line, integer", 3, 4, 1, {1, 7}, {1, 7}, {1, 1}, {1, 1}, {0}, NULL, U8_X | INTEGER | LINE},
    {"integer, s8 by u8", 3, 4, 1, {5, 5}, {2, 3}, {1, 2}, {1, 1}, {0, 1, 1, 0}, NULL, U8_W | INTEGER},
};
/* clang-format on */

typedef struct conv_data {
    uint8_t input[MOST], weights[MOST]; /* bit patterns of the types */
    int32_t bias[MOST_CHANNELS];
    float weight_scales[MOST_CHANNELS];
    int32_t weight_zeros[MOST_CHANNELS];
    int32_t input_zero, output_zero;
    int64_t out[2], begin[2]; /* output size and leading padding */
} conv_data;

static const float input_scale = 0.05f, output_scale = 0.3f;

static int32_t byte_value(uint8_t bits, unsigned is_u8)
{
    return is_u8 ? bits : (int8_t)bits;
}

/* Output size and padding along one axis, from the definition of auto_pad. */
static void size_axis(const conv_case *c, size_t axis, conv_data *d)
{
    const int64_t in = c->size[axis], extent = c->dilation[axis] * (c->kernel[axis] - 1) + 1;
    int64_t total = c->pads[axis] + c->pads[axis + 2];
    d->begin[axis] = c->pads[axis];
    if (c->auto_pad != NULL && c->auto_pad[0] == 'S') {
        const int64_t out = (in + c->stride[axis] - 1) / c->stride[axis];
        total = (out - 1) * c->stride[axis] + extent - in;
        total = total > 0 ? total : 0;
        d->begin[axis] = strcmp(c->auto_pad, "SAME_UPPER") == 0 ? total / 2 : total - total / 2;
    }
    d->out[axis] = (in + total - extent) / c->stride[axis] + 1;
}

static void fill(const conv_case *c, uint64_t seed, conv_data *d)
{
    for (size_t i = 0; i < MOST; i++) {
        d->input[i] = (uint8_t)oct_random_bits(&seed);
        d->weights[i] = (uint8_t)oct_random_bits(&seed);
    }
    for (size_t i = 0; i < MOST_CHANNELS; i++) {
        d->bias[i] = oct_random_int(&seed, -3000, 3000);
        d->weight_scales[i] = 0.01f * (float)oct_random_int(&seed, 1, 9);
        d->weight_zeros[i] = (c->how & U8_W) ? 120 : (c->how & INTEGER) ? -7 : 0;
    }
    d->input_zero = (c->how & U8_X) ? 100 : -20;
    d->output_zero = 64;
    size_axis(c, 0, d);
    size_axis(c, 1, d);
}

/* ---- The formula ---- */

static int32_t accumulate(const conv_case *c, const conv_data *d, int64_t n, int64_t o, int64_t y,
                          int64_t x)
{
    const int64_t depth = c->channels / c->group, first = o / (c->outputs / c->group) * depth;
    int32_t sum = 0;
    for (int64_t i = 0; i < depth; i++)
        for (int64_t ky = 0; ky < c->kernel[0]; ky++)
            for (int64_t kx = 0; kx < c->kernel[1]; kx++) {
                const int64_t iy = y * c->stride[0] + ky * c->dilation[0] - d->begin[0];
                const int64_t ix = x * c->stride[1] + kx * c->dilation[1] - d->begin[1];
                if (iy < 0 || ix < 0 || iy >= c->size[0] || ix >= c->size[1])
                    continue; /* padding is real zero */
                const int64_t at =
                    ((n * c->channels + first + i) * c->size[0] + iy) * c->size[1] + ix;
                const int64_t tap = ((o * depth + i) * c->kernel[0] + ky) * c->kernel[1] + kx;
                sum += (byte_value(d->input[at], c->how & U8_X) - d->input_zero) *
                       (byte_value(d->weights[tap], c->how & U8_W) - d->weight_zeros[o]);
            }
    return sum;
}

/* The output is u8 with its zero point added after rounding to even. */
static uint8_t requantize(const conv_case *c, const conv_data *d, int64_t o, int32_t sum)
{
    const float weight_scale = d->weight_scales[(c->how & WIDE) ? o : 0];
    volatile float product = input_scale * weight_scale; /* each step rounds to float32 */
    volatile float multiplier = product / output_scale;
    volatile float scaled = (float)(sum + ((c->how & BIAS) ? d->bias[o] : 0)) * multiplier;
    const float q = nearbyintf(scaled) + (float)d->output_zero;
    return (uint8_t)(q < 0 ? 0 : q > 255 ? 255 : q);
}

static void compute(const conv_case *c, const conv_data *d, void *output)
{
    size_t at = 0;
    for (int64_t n = 0; n < IMAGES; n++)
        for (int64_t o = 0; o < c->outputs; o++)
            for (int64_t y = 0; y < d->out[0]; y++)
                for (int64_t x = 0; x < d->out[1]; x++, at++) {
                    const int32_t sum = accumulate(c, d, n, o, y, x);
                    if (c->how & INTEGER)
                        ((int32_t *)output)[at] = sum;
                    else
                        ((uint8_t *)output)[at] = requantize(c, d, o, sum);
                }
}

/* ---- The model ---- */

/* An attribute of "count" values, of a line those of the width. */
static void set_sizes(oct_model *m, Onnx__NodeProto *node, const char *name, const conv_case *c,
                      size_t count, const int64_t *values)
{
    const int64_t of_width[] = {values[1], values[count - 1]};
    if (c->how & LINE)
        oct_model_integers(m, node, name, count / 2, of_width);
    else
        oct_model_integers(m, node, name, count, values);
}

/* A shape of 4 dimensions, of which a line has no third. */
static size_t set_shape(const conv_case *c, int64_t *sizes)
{
    if (!(c->how & LINE))
        return 4;
    sizes[2] = sizes[3];
    return 3;
}

static oct_model *make_model(const conv_case *c, const conv_data *d)
{
    const int x_type = (c->how & U8_X) ? OCT_TYPE(UINT8) : OCT_TYPE(INT8);
    const int w_type = (c->how & U8_W) ? OCT_TYPE(UINT8) : OCT_TYPE(INT8);
    int64_t image[] = {-1, c->channels, c->size[0], c->size[1]};
    int64_t filter[] = {c->outputs, c->channels / c->group, c->kernel[0], c->kernel[1]};
    const size_t weights = (size_t)(filter[0] * filter[1] * filter[2] * filter[3]);
    const size_t rank = set_shape(c, image);
    const int64_t scales = (c->how & WIDE) ? c->outputs : 1;
    oct_model *const m = oct_model_create();
    set_shape(c, filter);
    oct_model_input(m, "x", x_type, rank, image);
    oct_model_tensor(m, "w", w_type, rank, filter, d->weights, weights);
    oct_model_scale(m, "sx", input_scale);
    oct_model_zero(m, "zx", x_type, d->input_zero);
    oct_model_tensor(m, "sw", OCT_TYPE(FLOAT), 1, &scales, d->weight_scales,
                     (size_t)scales * sizeof(float));
    oct_model_zero(m, "zw", w_type, d->weight_zeros[0]);
    oct_model_scale(m, "sy", output_scale);
    oct_model_zero(m, "zy", OCT_TYPE(UINT8), d->output_zero);
    oct_model_tensor(m, "b", OCT_TYPE(INT32), 1, &c->outputs, d->bias,
                     (size_t)c->outputs * sizeof(int32_t));
    Onnx__NodeProto *const node =
        (c->how & INTEGER)
            ? oct_model_node(m, "ConvInteger", "conv", "x w zx zw", "y")
            : oct_model_node(m, "QLinearConv", "conv",
                             (c->how & BIAS) ? "x sx zx w sw zw sy zy b" : "x sx zx w sw zw sy zy",
                             "y");
    set_sizes(m, node, "strides", c, 2, c->stride);
    set_sizes(m, node, "dilations", c, 2, c->dilation);
    oct_model_integer(m, node, "group", c->group);
    if (c->auto_pad != NULL)
        oct_model_string(m, node, "auto_pad", c->auto_pad);
    else
        set_sizes(m, node, "pads", c, 4, c->pads);
    oct_model_output(m, "y");
    return m;
}

static void run_case(oct_fixture *fixture, octet_context *context, const conv_case *c,
                     const conv_data *d)
{
    static int32_t expected[MOST], actual[MOST];
    const size_t count = (size_t)(IMAGES * c->outputs * d->out[0] * d->out[1]);
    octet_network *network = NULL;
    octet_comparison found;
    size_t size;
    const void *const inputs[] = {d->input};
    void *const outputs[] = {actual};
    oct_model *const m = make_model(c, d);
    const uint8_t *const bytes = oct_model_pack(m, &size);
    oct_quiet(fixture);
    assert_true(count <= MOST);
    oct_assert_ok(fixture, octet_network_load_onnx_memory(context, bytes, size, NULL, &network));
    oct_assert_ok(fixture, octet_network_prepare(network, 2)); /* 3 images: 2, then 1 */
    oct_assert_ok(fixture, octet_network_run(network, IMAGES, inputs, outputs, NULL));
    compute(c, d, expected);
    octet_compare((c->how & INTEGER) ? OCTET_S32 : OCTET_U8, count, expected, actual, &found);
    if (found.mismatches > 0)
        fail_msg("%s: %zu of %zu differ, first at %zu: %g instead of %g", c->name, found.mismatches,
                 count, found.first, found.actual, found.expected);
    octet_network_destroy(network);
    oct_model_free(m);
}

static void test_cases(void **state)
{
    oct_fixture *const fixture = *state;
    static conv_data d;
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        fill(&cases[i], i, &d);
        for (size_t j = 0; j < fixture->count; j++)
            run_case(fixture, fixture->contexts[j], &cases[i], &d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases)};
    return cmocka_run_group_tests(tests, oct_open_reference, oct_close_all);
}
