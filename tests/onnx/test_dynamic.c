/* test_dynamic.c - models of quantize_dynamic against the formulas of their nodes: inputs quantized
 * with parameters found from a whole batch, integer products, scales, biases. */
#include <math.h>

#include "run.h"
#include "small.h"

enum { IMAGES = 3, MOST = 512, MOST_CHANNELS = 8 };

/* ---- One product ---- */

/* How the model says it: by the nodes of ONNX, or by ONNX Runtime's, after its optimizer. */
typedef enum form { NODES, QUANTIZE_MATMUL, TO_FLOAT } form;

/* A matrix product of (IMAGES, rows, k) by (k, n), or a convolution, 3x3 and padded, of (IMAGES, k,
 * SIDE, SIDE) to n channels. */
typedef struct product {
    const char *name;
    form form;
    bool conv;
    size_t rows; /* 0: the input has two dimensions */
    size_t k, n;
    octet_type w;
    bool per_channel, zero_point, bias, turned, relu;
    size_t layers; /* that it becomes */
} product;

enum { SIDE = 4, PIXELS = SIDE * SIDE };

/* clang-format off */
static const product products[] = {
    /* name                        form             conv   rows k   n  weights   channel zero   bias   turned relu   layers */
    {"matrix",                     NODES,           false, 0,   9,  5, OCTET_S8, false,  false, false, false, false, 2},
    {"matrix, bias, relu",         NODES,           false, 0,   16, 8, OCTET_U8, false,  true,  true,  false, true,  2},
    {"matrix, operands exchanged", NODES,           false, 0,   7,  3, OCTET_S8, true,   false, true,  true,  false, 2},
    {"three dimensions, columns",  NODES,           false, 4,   5,  6, OCTET_U8, true,   true,  true,  false, false, 2},
    {"relu alone",                 NODES,           false, 0,   7,  1, OCTET_S8, false,  false, false, false, true,  2},
    {"convolution",                NODES,           true,  0,   3,  5, OCTET_U8, false,  true,  true,  false, true,  4},
    {"convolution, channels",      NODES,           true,  0,   4,  8, OCTET_S8, true,   true,  false, true,  false, 4},
    {"DynamicQuantizeMatMul",      QUANTIZE_MATMUL, false, 4,   5,  6, OCTET_S8, true,   false, true,  false, true,  2},
    {"the same without a bias",    QUANTIZE_MATMUL, false, 0,   9,  4, OCTET_U8, false,  true,  false, false, false, 2},
    {"MatMulIntegerToFloat",       TO_FLOAT,        false, 0,   9,  4, OCTET_U8, true,   true,  true,  false, false, 2},
    {"the same without a bias",    TO_FLOAT,        false, 4,   6,  3, OCTET_S8, false,  false, false, false, true,  2},
};
/* clang-format on */

typedef struct data {
    float x[MOST], scales[MOST_CHANNELS], bias[MOST_CHANNELS];
    uint8_t w[MOST];
    uint8_t zero_point;
} data;

static void fill(data *d)
{
    uint64_t seed = 83;
    for (size_t i = 0; i < MOST; i++) {
        d->x[i] = (float)oct_random_int(&seed, -40000, 90000) * 0x1.3p-15f;
        d->w[i] = (uint8_t)oct_random_bits(&seed);
    }
    for (size_t i = 0; i < MOST_CHANNELS; i++) {
        d->scales[i] = 0.01f + 0.0021f * (float)i;
        d->bias[i] = (float)oct_random_int(&seed, -900, 900) * 0.0173f;
    }
    d->zero_point = 117;
}

/* ---- By the formulas ---- */

/* DynamicQuantizeLinear. */
static void quantize(const float *x, size_t count, uint8_t *q, float *scale, uint8_t *zero_point)
{
    float least = 0.0f, most = 0.0f;
    for (size_t i = 0; i < count; i++) {
        least = fminf(least, x[i]);
        most = fmaxf(most, x[i]);
    }
    volatile float range = most - least, s = range / 255.0f, z = -least / s;
    *scale = s;
    *zero_point = (uint8_t)nearbyintf(z);
    for (size_t i = 0; i < count; i++) {
        volatile float steps = x[i] / s;
        const float stored = nearbyintf(steps) + (float)*zero_point;
        q[i] = (uint8_t)fminf(fmaxf(stored, 0.0f), 255.0f);
    }
}

static int32_t weight_at(const product *p, const data *d, size_t i)
{
    const int32_t w = p->w == OCTET_S8 ? (int8_t)d->w[i] : d->w[i];
    return w - (p->zero_point ? p->w == OCTET_S8 ? (int8_t)d->zero_point : d->zero_point : 0);
}

/* The sum of element i of the output; "channel" gets its column. */
static int32_t sum_at(const product *p, const data *d, const uint8_t *q, int32_t zero_point,
                      size_t i, size_t *channel)
{
    int32_t sum = 0;
    if (!p->conv) {
        *channel = i % p->n;
        for (size_t k = 0; k < p->k; k++)
            sum += (q[i / p->n * p->k + k] - zero_point) * weight_at(p, d, k * p->n + *channel);
        return sum;
    }
    const size_t image = i / PIXELS / p->n, y = i / SIDE % SIDE, x = i % SIDE;
    *channel = i / PIXELS % p->n;
    for (size_t t = 0; t < p->k * 9; t++) {
        const size_t c = t / 9, in_y = y + t / 3 % 3 - 1, in_x = x + t % 3 - 1;
        if (in_y < SIDE && in_x < SIDE)
            sum += (q[((image * p->k + c) * SIDE + in_y) * SIDE + in_x] - zero_point) *
                   weight_at(p, d, *channel * p->k * 9 + t);
    }
    return sum;
}

static size_t inputs_of(const product *p)
{
    return IMAGES * p->k * (p->conv ? (size_t)PIXELS : p->rows > 0 ? p->rows : 1);
}

static size_t outputs_of(const product *p)
{
    return inputs_of(p) / p->k * p->n;
}

static void compute(const product *p, const data *d, float *y)
{
    static uint8_t q[MOST];
    float scale;
    uint8_t zero_point;
    quantize(d->x, inputs_of(p), q, &scale, &zero_point);
    for (size_t i = 0; i < outputs_of(p); i++) {
        size_t channel = 0;
        const int32_t sum = sum_at(p, d, q, zero_point, i, &channel);
        volatile float both = scale * d->scales[p->per_channel ? channel : 0];
        volatile float scaled = (float)sum * both;
        volatile float value = p->bias ? scaled + d->bias[channel] : scaled;
        y[i] = p->relu && !(value > 0.0f) ? 0.0f : value;
    }
}

/* ---- As a model ---- */

static void add_operands(oct_model *m, const product *p, const data *d)
{
    const int64_t k = (int64_t)p->k, n = (int64_t)p->n, images[] = {-1, k, SIDE, SIDE};
    const int64_t vectors[] = {-1, k}, matrices[] = {-1, (int64_t)p->rows, k};
    const int64_t matrix[] = {k, n}, filters[] = {n, k, 3, 3}, along[] = {1, n, 1, 1};
    const int type = p->w == OCTET_S8 ? OCT_TYPE(INT8) : OCT_TYPE(UINT8);
    const int64_t scales = p->per_channel ? n : 1;
    const size_t first = p->conv ? 0 : 1; /* of "along": scales of columns are a vector */
    oct_model_input(m, "x", OCT_TYPE(FLOAT),
                    p->conv       ? 4
                    : p->rows > 0 ? 3
                                  : 2,
                    p->conv       ? images
                    : p->rows > 0 ? matrices
                                  : vectors);
    oct_model_tensor(m, "w", type, p->conv ? 4 : 2, p->conv ? filters : matrix, d->w,
                     p->k * p->n * (p->conv ? 9 : 1));
    oct_model_tensor(m, "sw", OCT_TYPE(FLOAT), p->conv && p->per_channel ? 4 : 1,
                     p->conv && p->per_channel ? along : &scales, d->scales,
                     (size_t)scales * sizeof(float));
    oct_model_zero(m, "zw", type, p->zero_point ? d->zero_point : 0);
    oct_model_tensor(m, "b", OCT_TYPE(FLOAT), p->conv ? 4 : 1, along + first, d->bias,
                     p->n * sizeof(float));
}

/* The nodes that quantize_dynamic writes. */
static void add_nodes(oct_model *m, const product *p)
{
    static const int64_t pads[] = {1, 1, 1, 1};
    oct_model_node(m, "DynamicQuantizeLinear", "quantize", "x", "q s z");
    oct_model_node(m, "Mul", "scales", p->turned ? "sw s" : "s sw", "ss");
    Onnx__NodeProto *const node =
        oct_model_node(m, p->conv ? "ConvInteger" : "MatMulInteger", "product",
                       p->zero_point ? "q w z zw" : "q w z", "i");
    if (p->conv)
        oct_model_integers(m, node, "pads", 4, pads);
    oct_model_integer(m, oct_model_node(m, "Cast", "cast", "i", "f"), "to", OCT_TYPE(FLOAT));
    oct_model_node(m, "Mul", "scale", p->turned ? "ss f" : "f ss", p->bias ? "g" : "h");
    if (p->bias)
        oct_model_node(m, "Add", "bias", p->turned ? "b g" : "g b", "h");
}

static void set_domain(oct_model *m, Onnx__NodeProto *node)
{
    node->domain = oct_model_text(m, "com.microsoft");
}

static oct_model *make_model(const product *p, const data *d)
{
    oct_model *const m = oct_model_create();
    add_operands(m, p, d);
    if (p->form == NODES) {
        add_nodes(m, p);
    } else if (p->form == QUANTIZE_MATMUL) {
        set_domain(m, oct_model_node(m, "DynamicQuantizeMatMul", "product",
                                     p->bias ? "x w sw zw b" : "x w sw zw", "h"));
    } else {
        oct_model_node(m, "DynamicQuantizeLinear", "quantize", "x", "q s z");
        set_domain(m, oct_model_node(m, "MatMulIntegerToFloat", "product",
                                     p->bias ? "q w s sw z zw b" : "q w s sw z zw", "h"));
    }
    if (p->relu)
        oct_model_node(m, "Relu", "relu", "h", "y");
    oct_model_output(m, p->relu ? "y" : "h");
    return m;
}

static void assert_floats(const char *name, size_t count, const float *expected,
                          const float *actual)
{
    octet_comparison found;
    octet_compare(OCTET_F32, count, expected, actual, &found);
    if (found.mismatches > 0)
        fail_msg("%s: %zu of %zu differ, first at %zu: %.9g instead of %.9g", name,
                 found.mismatches, count, found.first, found.actual, found.expected);
}

static void test_products(void **state)
{
    oct_fixture *const fixture = *state;
    static data d;
    static float expected[MOST], actual[MOST];
    fill(&d);
    for (size_t i = 0; i < OCT_COUNT(products); i++) {
        const product *const p = &products[i];
        oct_model *const m = make_model(p, &d);
        compute(p, &d, expected);
        for (size_t j = 0; j < fixture->count; j++) {
            oct_model_run(fixture, fixture->contexts[j], m, IMAGES, IMAGES, d.x, actual);
            assert_floats(p->name, outputs_of(p), expected, actual);
        }
        if (oct_model_layers(fixture, m) != p->layers)
            fail_msg("%s: %zu layers", p->name, oct_model_layers(fixture, m));
        oct_model_free(m);
    }
}

/* ---- Node by node ---- */

/* The outputs of the nodes themselves: q, s, z, and the sums. */
static void test_each_node(void **state)
{
    oct_fixture *const fixture = *state;
    static data d;
    static uint8_t q[MOST];
    const product p = {.k = 6, .n = 4, .w = OCTET_S8};
    float scale;
    uint8_t zero_point;
    fill(&d);
    quantize(d.x, inputs_of(&p), q, &scale, &zero_point);
    for (size_t j = 0; j < fixture->count; j++) {
        uint8_t stored[IMAGES * 6], found_zero = 0;
        int32_t sums[IMAGES * 4];
        float found_scale = 0.0f;
        const void *const inputs[] = {d.x};
        void *outputs[] = {stored, &found_scale, &found_zero, sums};
        octet_network_check check;
        const octet_run_options options = {.struct_size = sizeof options, .check = &check};
        oct_model *const m = oct_model_create();
        add_operands(m, &p, &d);
        oct_model_node(m, "DynamicQuantizeLinear", "quantize", "x", "q s z");
        oct_model_node(m, "MatMulInteger", "product", "q w z", "i");
        oct_model_output(m, "q");
        oct_model_output(m, "s");
        oct_model_output(m, "z");
        oct_model_output(m, "i");
        octet_network *const network = oct_model_load(fixture, fixture->contexts[j], m);
        octet_network_value values[4];
        assert_int_equal(octet_network_outputs(network, values, 4), 4);
        assert_true(values[0].batched && !values[1].batched && !values[2].batched);
        assert_int_equal(values[1].shape.rank, 0);
        assert_int_equal(values[2].type, OCTET_U8);
        oct_assert_ok(fixture, octet_network_run(network, IMAGES, inputs, outputs, &options));
        assert_int_equal(check.different, 0);
        assert_memory_equal(stored, q, sizeof stored);
        assert_memory_equal(&found_scale, &scale, sizeof scale);
        assert_int_equal(found_zero, zero_point);
        for (size_t i = 0; i < OCT_COUNT(sums); i++) {
            size_t channel = 0;
            assert_int_equal(sums[i], sum_at(&p, &d, q, zero_point, i, &channel));
        }
        assert_int_equal(octet_network_run(network, 0, inputs, outputs, NULL),
                         OCTET_INVALID_ARGUMENT);
        oct_assert_said(fixture, "output 's' has no batch dimension");
        outputs[1] = outputs[2] = NULL;
        oct_assert_ok(fixture, octet_network_run(network, 0, inputs, outputs, NULL));
        octet_network_destroy(network);
        oct_model_free(m);
    }
}

/* The last batch, which is short, has the range of its own images alone, whatever was computed before. */
static void test_short_batch(void **state)
{
    enum { MANY = 9, BATCH = 2, PIXELS_OF_ONE = 6 };
    static const product p = {.k = PIXELS_OF_ONE, .n = 4, .w = OCTET_S8};
    oct_fixture *const fixture = *state;
    static data d;
    uint8_t expected[MANY * PIXELS_OF_ONE], zero_point;
    float scale;
    fill(&d);
    for (size_t i = (MANY - 1) * PIXELS_OF_ONE; i < MANY * PIXELS_OF_ONE; i++)
        d.x[i] *= 0.125f;
    for (size_t i = 0; i < MANY; i += BATCH) {
        const size_t images = i + BATCH < MANY ? BATCH : MANY - i;
        quantize(d.x + i * PIXELS_OF_ONE, images * PIXELS_OF_ONE, expected + i * PIXELS_OF_ONE,
                 &scale, &zero_point);
    }
    for (size_t j = 0; j < fixture->count; j++) {
        uint8_t actual[MANY * PIXELS_OF_ONE];
        const void *const inputs[] = {d.x};
        void *const outputs[] = {actual};
        oct_model *const m = oct_model_create();
        add_operands(m, &p, &d);
        oct_model_node(m, "DynamicQuantizeLinear", "quantize", "x", "q s z");
        oct_model_output(m, "q");
        octet_network *const network = oct_model_load(fixture, fixture->contexts[j], m);
        oct_assert_ok(fixture, octet_network_prepare(network, BATCH));
        for (int again = 0; again < 2; again++) {
            memset(actual, 0xee, sizeof actual);
            oct_assert_ok(fixture, octet_network_run(network, MANY, inputs, outputs, NULL));
            assert_memory_equal(actual, expected, sizeof actual);
        }
        octet_network_destroy(network);
        oct_model_free(m);
    }
}

/* Zero points that are inputs of the model, of both operands: 2x3 by 3x2. */
static void test_given_zero_points(void **state)
{
    static const int64_t two[] = {2, 3}, three[] = {3, 2};
    static const uint8_t a[] = {0, 128, 255, 7, 8, 9}, a_zero = 200;
    static const int8_t b[] = {-128, 127, 3, 0, -5, 64}, b_zero = -7;
    static const int32_t expected[] = {
        -200 * -121 + -72 * 10 + 55 * 2, -200 * 134 + -72 * 7 + 55 * 71,
        -193 * -121 + -192 * 10 + -191 * 2, -193 * 134 + -192 * 7 + -191 * 71};
    oct_fixture *const fixture = *state;
    for (size_t j = 0; j < fixture->count; j++) {
        int32_t actual[4];
        const void *const inputs[] = {a, b, &a_zero, &b_zero};
        void *const outputs[] = {actual};
        oct_model *const m = oct_model_create();
        oct_model_input(m, "a", OCT_TYPE(UINT8), 2, two);
        oct_model_input(m, "b", OCT_TYPE(INT8), 2, three);
        oct_model_input(m, "za", OCT_TYPE(UINT8), 0, NULL);
        oct_model_input(m, "zb", OCT_TYPE(INT8), 1, (const int64_t[]){1});
        oct_model_node(m, "MatMulInteger", "product", "a b za zb", "c");
        oct_model_output(m, "c");
        octet_network *const network = oct_model_load(fixture, fixture->contexts[j], m);
        oct_assert_ok(fixture, octet_network_run(network, 1, inputs, outputs, NULL));
        assert_memory_equal(actual, expected, sizeof actual);
        octet_network_destroy(network);
        oct_model_free(m);
    }
}

/* Between the product and its bias a reshape makes four of what were two images of four channels and
 * two pixels: the bias is not the channels'. */
static void test_reshaped(void **state)
{
    static const int64_t image[] = {2, 3, 2, 1}, filter[] = {4, 3, 1, 1}, column[] = {4, 1};
    static const int64_t sizes[] = {4, 4, 1}, three[] = {3};
    static data d;
    static const product p = {.k = 3, .n = 4, .w = OCTET_S8};
    oct_fixture *const fixture = *state;
    uint8_t q[12], zero_point;
    float scale, expected[16], actual[16];
    fill(&d);
    quantize(d.x, 12, q, &scale, &zero_point);
    for (size_t i = 0; i < 16; i++) {
        const size_t n = i / 8, channel = i / 2 % 4, pixel = i % 2;
        int32_t sum = 0;
        for (size_t c = 0; c < 3; c++)
            sum += (q[n * 6 + c * 2 + pixel] - zero_point) * weight_at(&p, &d, channel * 3 + c);
        volatile float both = scale * d.scales[0];
        volatile float scaled = (float)sum * both;
        expected[i] = scaled + d.bias[i % 4];
    }
    oct_model *const m = oct_model_create();
    oct_model_input(m, "x", OCT_TYPE(FLOAT), 4, image);
    oct_model_tensor(m, "w", OCT_TYPE(INT8), 4, filter, d.w, 12);
    oct_model_scale(m, "sw", d.scales[0]);
    oct_model_tensor(m, "b", OCT_TYPE(FLOAT), 2, column, d.bias, 4 * sizeof(float));
    oct_model_tensor(m, "sizes", OCT_TYPE(INT64), 1, three, sizes, sizeof sizes);
    oct_model_node(m, "DynamicQuantizeLinear", "quantize", "x", "q s z");
    oct_model_node(m, "Mul", "scales", "s sw", "ss");
    oct_model_node(m, "ConvInteger", "product", "q w z", "i");
    oct_model_integer(m, oct_model_node(m, "Cast", "cast", "i", "f"), "to", OCT_TYPE(FLOAT));
    oct_model_node(m, "Reshape", "reshape", "f sizes", "r");
    oct_model_node(m, "Mul", "scale", "r ss", "g");
    oct_model_node(m, "Add", "bias", "g b", "h");
    oct_model_output(m, "h");
    for (size_t j = 0; j < fixture->count; j++) {
        oct_model_run(fixture, fixture->contexts[j], m, 1, 1, d.x, actual);
        assert_floats("reshaped", 16, expected, actual);
    }
    oct_model_free(m);
}

/* ---- Refused ---- */

static void other_type(oct_model *m)
{
    oct_model_input(m, "zs", OCT_TYPE(INT8), 0, NULL);
    oct_small_node(m, "product")->input[2] = oct_model_text(m, "zs");
}
static void several(oct_model *m)
{
    oct_model_input(m, "zs", OCT_TYPE(UINT8), 1, (const int64_t[]){3});
    oct_small_node(m, "product")->input[2] = oct_model_text(m, "zs");
}
static void of_each_image(oct_model *m)
{
    oct_model_input(m, "zs", OCT_TYPE(UINT8), 1, (const int64_t[]){-1});
    oct_small_node(m, "product")->input[2] = oct_model_text(m, "zs");
}
static void bytes_quantized(oct_model *m)
{
    oct_small_node(m, "quantize")->input[0] = oct_model_text(m, "w");
}
static void fourth_output(oct_model *m)
{
    Onnx__NodeProto *const node = oct_small_node(m, "quantize");
    node->output[node->n_output++] = oct_model_text(m, "more");
    oct_model_output(m, "more");
}
static void negative_scale(oct_model *m)
{
    static const float scale = -0.5f;
    memcpy(oct_small_tensor(m, "sw")->raw_data.data, &scale, sizeof scale);
}
static void short_bias(oct_model *m)
{
    oct_small_tensor(m, "b")->dims[0] = 1;
    oct_small_tensor(m, "b")->raw_data.len = sizeof(float);
}
static void computed_scale(oct_model *m)
{
    oct_small_node(m, "product")->input[4] = oct_model_text(m, "");
}

static const struct {
    size_t product;
    oct_refusal refusal;
} refusals[] = {
    {0,
     {"type", other_type, OCTET_INVALID_ARGUMENT,
      "node 'product' (MatMulInteger): its input zero point is s8, not u8"}},
    {0,
     {"number", several, OCTET_UNSUPPORTED,
      "its input zero point is computed, and has 1 dimensions and 3 elements"}},
    {0, {"open", of_each_image, OCTET_UNSUPPORTED, "its input zero point is computed"}},
    {0,
     {"bytes", bytes_quantized, OCTET_UNSUPPORTED,
      "node 'quantize': its input is s8; only f32 can be quantized"}},
    {0, {"outputs", fourth_output, OCTET_UNSUPPORTED, "its output 3 is not supported"}},
    {7,
     {"scale", negative_scale, OCTET_INVALID_ARGUMENT, "node 'product': weights: scale 0 is -0.5"}},
    {7,
     {"bias", short_bias, OCTET_INVALID_ARGUMENT,
      "node 'product' (DynamicQuantizeMatMul): its bias has 1 elements; it must have 6"}},
    {9,
     {"half dynamic", computed_scale, OCTET_UNSUPPORTED,
      "node 'product' (MatMulIntegerToFloat): its input scale is computed"}},
};

static void test_refused(void **state)
{
    static data d;
    fill(&d);
    for (size_t i = 0; i < OCT_COUNT(refusals); i++)
        oct_refuse_from(*state, make_model(&products[refusals[i].product], &d),
                        &refusals[i].refusal);
}

/* A scale of weights that is not above 0 leaves the nodes as they are. */
static void test_not_fused(void **state)
{
    oct_fixture *const fixture = *state;
    static data d;
    fill(&d);
    oct_model *const m = make_model(&products[0], &d);
    negative_scale(m);
    assert_true(oct_model_layers(fixture, m) > products[0].layers);
    oct_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_products),    cmocka_unit_test(test_each_node),
        cmocka_unit_test(test_short_batch), cmocka_unit_test(test_given_zero_points),
        cmocka_unit_test(test_reshaped),    cmocka_unit_test(test_refused),
        cmocka_unit_test(test_not_fused),
    };
    return cmocka_run_group_tests(tests, oct_open_all, oct_close_all);
}
