/* test_conv_transpose.c - ConvTranspose between DequantizeLinear and QuantizeLinear: zeros between the
 * elements and a convolution, with the sums of the definition, which scatters. */
#include "qdq.h"

enum { MOST_SIDE = 16 };

/* Of both dimensions; "pads" are those of the first and of the second end. */
typedef struct transposed {
    const char *name;
    int64_t stride, dilation, extra, pads[2];
    const char *auto_pad;
    int64_t shape; /* output_shape; 0: none */
    int64_t cut;   /* what is expected to be cut off at the first end */
    size_t side;   /* expected of the output */
    size_t layers; /* gather if there is something to move, conv2d, order of channels twice */
} transposed;

static const transposed cases[] = {
    {"one step", 1, 1, 0, {0, 0}, NULL, 0, 0, 6, 3},
    {"two steps", 2, 1, 0, {0, 0}, NULL, 0, 0, 9, 4},
    {"pads", 2, 1, 1, {1, 1}, NULL, 0, 1, 8, 4},
    {"more pads than the window reaches", 2, 1, 0, {3, 4}, NULL, 0, 3, 2, 4},
    {"pads of one step", 1, 1, 0, {3, 0}, NULL, 0, 3, 3, 4},
    {"dilated", 3, 2, 2, {1, 2}, NULL, 0, 1, 13, 4},
    {"same, odd end last", 2, 1, 0, {0, 0}, "SAME_UPPER", 0, 0, 8, 4},
    {"same, odd end first", 2, 1, 0, {0, 0}, "SAME_LOWER", 0, 1, 8, 4},
    {"valid", 2, 1, 0, {0, 0}, "VALID", 0, 0, 9, 4},
    {"a shape", 2, 1, 0, {0, 0}, NULL, 6, 2, 6, 4},
    {"a larger shape", 2, 1, 0, {0, 0}, NULL, 10, 0, 10, 4},
};

static oct_model *make_model(const transposed *c)
{
    static const int64_t filter[] = {CHANNELS, OUTPUTS, 3, 3};
    const int64_t twice[3][2] = {
        {c->stride, c->stride}, {c->dilation, c->dilation}, {c->extra, c->extra}};
    oct_model *const m = oct_qdq_start(4, oct_qdq_image);
    oct_qdq_add_weights(m, 4, filter, 1);
    oct_qdq_add_bias(m, 1);
    Onnx__NodeProto *const node = oct_model_node(m, "ConvTranspose", "sum", "x_f w_f b_f", "sum");
    oct_model_integers(m, node, "strides", 2, twice[0]);
    oct_model_integers(m, node, "dilations", 2, twice[1]);
    oct_model_integers(m, node, "output_padding", 2, twice[2]);
    if (c->auto_pad != NULL)
        oct_model_string(m, node, "auto_pad", c->auto_pad);
    else
        oct_model_integers(m, node, "pads", 4,
                           (const int64_t[]){c->pads[0], c->pads[0], c->pads[1], c->pads[1]});
    if (c->shape > 0)
        oct_model_integers(m, node, "output_shape", 2, (const int64_t[]){c->shape, c->shape});
    oct_qdq_quantize(m, "sum");
    return m;
}

/* Adds each element times each weight to where it belongs. */
static void scatter(const transposed *c, const uint8_t *x, int32_t *acc)
{
    for (size_t i = 0; i < X_COUNT * OUTPUTS * 9; i++) {
        const size_t tap = i % 9, o = i / 9 % OUTPUTS, at = i / 9 / OUTPUTS;
        const size_t channel = at / PIXELS % CHANNELS, image = at / PIXELS / CHANNELS;
        const int64_t h =
            (int64_t)(at / SIDE % SIDE) * c->stride + (int64_t)(tap / 3) * c->dilation - c->cut;
        const int64_t w =
            (int64_t)(at % SIDE) * c->stride + (int64_t)(tap % 3) * c->dilation - c->cut;
        const int64_t side = (int64_t)c->side;
        if (h >= 0 && h < side && w >= 0 && w < side)
            acc[((int64_t)(image * OUTPUTS + o) * side + h) * side + w] +=
                (x[at] - X_ZERO) * oct_qdq_weight_at((channel * OUTPUTS + o) * 9 + tap);
    }
}

static void test_sums(void **state)
{
    oct_fixture *const fixture = *state;
    static int32_t acc[IMAGES * OUTPUTS * MOST_SIDE * MOST_SIDE];
    static uint8_t actual[OCT_COUNT(acc)];
    uint8_t x[X_COUNT];
    oct_qdq_fill(x, X_COUNT);
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        const transposed *const c = &cases[i];
        const size_t pixels = c->side * c->side, count = IMAGES * OUTPUTS * pixels;
        oct_model *const m = make_model(c);
        for (size_t j = 0; j < count; j++)
            acc[j] = biases[j / pixels % OUTPUTS];
        scatter(c, x, acc);
        for (size_t j = 0; j < fixture->count; j++) {
            oct_model_run(fixture, fixture->contexts[j], m, 1, IMAGES, x, actual);
            for (size_t k = 0; k < count; k++)
                if (actual[k] != oct_qdq_requantize(acc[k], x_scale, k / pixels % OUTPUTS))
                    fail_msg("%s: element %zu is %d", c->name, k, actual[k]);
        }
        if (oct_model_layers(fixture, m) != c->layers)
            fail_msg("%s: %zu layers", c->name, oct_model_layers(fixture, m));
        oct_model_free(m);
    }
}

/* ---- Refusals ---- */

static Onnx__AttributeProto *attribute(oct_model *m, size_t index)
{
    return oct_small_node(m, "sum")->attribute[index];
}
static void all_cut(oct_model *m)
{
    attribute(m, 3)->ints[0] = 9;
}
static void input_cut(oct_model *m)
{
    attribute(m, 3)->ints[0] = 9;
    attribute(m, 2)->ints[0] = 9;
}
static void far_apart(oct_model *m)
{
    attribute(m, 0)->ints[1] = INT32_MAX;
}
static void no_size(oct_model *m)
{
    oct_model_integers(m, oct_small_node(m, "sum"), "output_shape", 2, (const int64_t[]){0, 4});
}
static void three_sizes(oct_model *m)
{
    oct_model_integers(m, oct_small_node(m, "sum"), "output_shape", 3, (const int64_t[]){4, 4, 4});
}
static void groups(oct_model *m)
{
    oct_model_integer(m, oct_small_node(m, "sum"), "group", 2);
}
static void scales_of_groups(oct_model *m)
{
    oct_model_integer(m, oct_small_node(m, "sum"), "group", 3);
    oct_small_node(m, "sum")->n_input = 2;
}
static void both_pads(oct_model *m)
{
    oct_model_string(m, oct_small_node(m, "sum"), "auto_pad", "SAME_UPPER");
}
static void float_input(oct_model *m)
{
    oct_model_input(m, "f", OCT_TYPE(FLOAT), 4, oct_qdq_image);
    oct_small_node(m, "sum")->input[0] = oct_model_text(m, "f");
}

static void test_refusals(void **state)
{
    static const oct_refusal refusals[] = {
        {"all cut", all_cut, OCTET_INVALID_ARGUMENT, "pads of 9 and 1 leave nothing"},
        {"input cut", input_cut, OCTET_UNSUPPORTED, "cut off all that comes from dimension 2"},
        {"far apart", far_apart, OCTET_UNSUPPORTED, "makes dimension 3"},
        {"no size", no_size, OCTET_INVALID_ARGUMENT, "asks for a size of 0"},
        {"three sizes", three_sizes, OCTET_INVALID_ARGUMENT, "'output_shape' has 3 values"},
        {"groups", groups, OCTET_INVALID_ARGUMENT, "3 input channels in 2 groups"},
        {"scales of groups", scales_of_groups, OCTET_UNSUPPORTED,
         "scales along axis 1, and it has 3 groups"},
        {"both pads", both_pads, OCTET_INVALID_ARGUMENT, "both 'auto_pad' and 'pads'"},
        {"float input", float_input, OCTET_UNSUPPORTED,
         "its input is not what a DequantizeLinear gives"},
    };
    for (size_t i = 0; i < OCT_COUNT(refusals); i++)
        oct_refuse_from(*state, make_model(&cases[2]), &refusals[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, oct_open_all, oct_close_all);
}
