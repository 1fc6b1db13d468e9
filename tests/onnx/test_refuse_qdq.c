/* test_refuse_qdq.c - float operators that cannot become integer ones are refused with the reason,
 * and what is around them is shown all the same. */
#include <math.h>

#include "small.h"

/* The small network with its convolution and product in QDQ form. */
static oct_model *qdq_network(void)
{
    static const int64_t channels[] = {4};
    static const int32_t zeros[4] = {0};
    static const int8_t byte_zeros[4] = {0};
    static const float scales[4] = {0.25f, 0.125f, 0.0625f, 0.5f};
    static const int64_t pads[] = {1, 1, 1, 1};
    oct_model *const m = oct_small_network();
    m->graph.n_node = 1; /* quantize */
    oct_model_tensor(m, "sb", OCT_TYPE(FLOAT), 1, channels, scales, sizeof scales);
    oct_model_tensor(m, "zb", OCT_TYPE(INT32), 1, channels, zeros, sizeof zeros);
    oct_model_tensor(m, "zws", OCT_TYPE(INT8), 1, channels, byte_zeros, sizeof byte_zeros);
    oct_model_node(m, "DequantizeLinear", "x", "xq s z", "xf");
    oct_model_integer(m, oct_model_node(m, "DequantizeLinear", "w", "w sw zws", "wf"), "axis", 0);
    oct_model_integer(m, oct_model_node(m, "DequantizeLinear", "b", "b sb zb", "bf"), "axis", 0);
    oct_model_integers(m, oct_model_node(m, "Conv", "conv", "xf wf bf", "c"), "pads", 4, pads);
    oct_model_node(m, "QuantizeLinear", "requantize", "c s z", "cq");
    oct_model_node(m, "DequantizeLinear", "again", "cq s z", "cf");
    Onnx__NodeProto *const pool = oct_model_node(m, "MaxPool", "pool", "cf", "d");
    oct_model_integers(m, pool, "kernel_shape", 2, (const int64_t[]){2, 2});
    oct_model_integers(m, pool, "strides", 2, (const int64_t[]){2, 2});
    oct_model_node(m, "Flatten", "flatten", "d", "e");
    oct_model_node(m, "DequantizeLinear", "p", "p s zw", "pf");
    oct_model_node(m, "Gemm", "fc", "e pf", "y");
    return m;
}

static void set_input(oct_model *m, const char *node, size_t index, const char *name)
{
    oct_small_node(m, node)->input[index] = oct_model_text(m, name);
}

static void set_float(oct_model *m, const char *node, const char *name, float value)
{
    Onnx__AttributeProto *const attribute = oct_model_attribute(
        m, oct_small_node(m, node), name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT);
    attribute->has_f = 1;
    attribute->f = value;
}

static void float_input(oct_model *m)
{
    set_input(m, "conv", 0, "x");
}
static void float_weight(oct_model *m)
{
    static const float weights[4 * 2 * 9] = {0};
    static const int64_t sizes[] = {4, 2, 3, 3};
    oct_model_tensor(m, "v", OCT_TYPE(FLOAT), 4, sizes, weights, sizeof weights);
    set_input(m, "conv", 1, "v");
}
static void weight_axis(oct_model *m)
{
    static const float scales[2] = {1, 2};
    static const int8_t zeros[2] = {0};
    static const int64_t two[] = {2};
    oct_model_tensor(m, "s2", OCT_TYPE(FLOAT), 1, two, scales, sizeof scales);
    oct_model_tensor(m, "z2", OCT_TYPE(INT8), 1, two, zeros, sizeof zeros);
    set_input(m, "w", 1, "s2");
    set_input(m, "w", 2, "z2");
    oct_small_node(m, "w")->attribute[0]->i = 1;
}
static void open_weight(oct_model *m)
{
    oct_model_input(m, "v", OCT_TYPE(INT8), 4, (const int64_t[]){4, 2, 3, 3});
    set_input(m, "w", 0, "v");
}
static void open_bias(oct_model *m)
{
    oct_model_input(m, "v", OCT_TYPE(FLOAT), 1, (const int64_t[]){4});
    set_input(m, "conv", 2, "v");
}
static void bias_shape(oct_model *m)
{
    static const float numbers[4] = {0};
    oct_model_tensor(m, "v", OCT_TYPE(FLOAT), 2, (const int64_t[]){1, 4}, numbers, sizeof numbers);
    set_input(m, "conv", 2, "v");
}
static void gemm_bias(oct_model *m)
{
    static const float numbers[2] = {0};
    oct_model_tensor(m, "v", OCT_TYPE(FLOAT), 1, (const int64_t[]){2}, numbers, sizeof numbers);
    oct_small_node(m, "fc")->n_input =
        oct_model_words(m, "e pf v", &oct_small_node(m, "fc")->input);
}
static void input_axis(oct_model *m)
{
    static const float scales[2] = {1, 2};
    static const uint8_t zeros[2] = {0};
    oct_model_tensor(m, "s2", OCT_TYPE(FLOAT), 1, (const int64_t[]){2}, scales, sizeof scales);
    oct_model_tensor(m, "z2", OCT_TYPE(UINT8), 1, (const int64_t[]){2}, zeros, sizeof zeros);
    set_input(m, "x", 1, "s2");
    set_input(m, "x", 2, "z2");
}
static void negative_alpha(oct_model *m)
{
    set_float(m, "fc", "alpha", -1);
}
static void infinite_alpha(oct_model *m)
{
    set_float(m, "fc", "alpha", INFINITY);
}
static void open_transpose(oct_model *m)
{
    oct_model_integer(m, oct_small_node(m, "fc"), "transA", 1);
}
static void product_size(oct_model *m)
{
    oct_model_integer(m, oct_small_node(m, "fc"), "transB", 1);
}
static void vector(oct_model *m)
{
    oct_small_tensor(m, "p")->n_dims = 1;
    oct_small_tensor(m, "p")->dims[0] = 48;
}
static void conv_of_bytes(oct_model *m)
{
    set_input(m, "conv", 0, "xq");
}
static void weight_sizes(oct_model *m)
{
    oct_small_tensor(m, "w")->dims[1] = 1;
    oct_small_tensor(m, "w")->dims[2] = 6;
}

#define BAD OCTET_INVALID_ARGUMENT
#define LACKS OCTET_UNSUPPORTED
/* clang-format off */
static const oct_refusal refusals[] = {
    {"float input", float_input, LACKS, "node 'conv': octet has no float conv2d, and cannot make "
     "an integer one of it: its input is not what a DequantizeLinear gives"},
    {"float weight", float_weight, LACKS, "'conv'"},
    {"axis of the weight", weight_axis, LACKS, "its weight is dequantized from s8 along axis 1"},
    {"weight not constant", open_weight, LACKS, "its weight is not constant"},
    {"bias not constant", open_bias, LACKS, "its bias is not constant"},
    {"shape of the bias", bias_shape, BAD, "node 'conv': its bias must have 4 values"},
    {"length of Gemm's bias", gemm_bias, LACKS, "one number for each of 3 channels"},
    {"axis of the input", input_axis, LACKS,
     "its input is dequantized from u8 with parameters along an axis"},
    {"alpha below 0", negative_alpha, LACKS, "alpha times its input's scale is -0.5"},
    {"alpha infinite", infinite_alpha, BAD, "its attribute 'alpha' is inf"},
    {"transposing the open size", open_transpose, LACKS, "only matrices of fixed size"},
    {"sizes of a product", product_size, BAD, "cannot be multiplied by 16x3 transposed"},
    {"vector", vector, LACKS, "node 'fc': a product of"},
    {"convolution of bytes", conv_of_bytes, LACKS, "node 'conv': its input 0 is u8"},
    {"sizes of the weight", weight_sizes, BAD, "node 'conv' (Conv): 2 input channels in 1 groups"},
};
/* clang-format on */

static void test_refusals(void **state)
{
    for (size_t i = 0; i < OCT_COUNT(refusals); i++)
        oct_refuse_from(*state, qdq_network(), &refusals[i]);
}

static void huge_bias(oct_model *m)
{
    static const float numbers[4] = {0, 0, 1e30f, 0};
    oct_model_tensor(m, "v", OCT_TYPE(FLOAT), 1, (const int64_t[]){4}, numbers, sizeof numbers);
    set_input(m, "conv", 2, "v");
}
static void tiny_scale(oct_model *m)
{
    memcpy(oct_small_tensor(m, "sw")->raw_data.data, &(float){0x1p-40f}, sizeof(float));
}

/* Unspoilt, it loads: quantize, conv and pool with a change of layout, product. What octet cannot
 * do in 8 bits, a convolution does in float32 and leaves to quantize. */
static void test_accepted(void **state)
{
    static const struct {
        void (*change)(oct_model *m);
        size_t layers;
    } cases[] = {{NULL, 5}, {huge_bias, 6}, {tiny_scale, 6}};
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        oct_model *const m = qdq_network();
        if (cases[i].change != NULL)
            cases[i].change(m);
        assert_int_equal(oct_model_layers(*state, m), cases[i].layers);
        oct_model_free(m);
    }
}

/* What comes before and after an operator that is missing is fused and shown; what comes from it is
 * not. */
static void test_shown(void **state)
{
    oct_fixture *const fixture = *state;
    const octet_network_options options = {.struct_size = sizeof options, .allow_unsupported = 1};
    oct_model *const m = qdq_network();
    octet_network *network = NULL;
    octet_layer_info info;
    size_t size;
    oct_small_node(m, "pool")->op_type = oct_model_text(m, "Frobnicate");
    oct_model_node(m, "MatMul", "float product", "f g", "h");
    oct_model_input(m, "f", OCT_TYPE(FLOAT), 2, (const int64_t[]){2, 3});
    oct_model_input(m, "g", OCT_TYPE(FLOAT), 2, (const int64_t[]){3, 2});
    oct_model_output(m, "h");
    const uint8_t *const bytes = oct_model_pack(m, &size);
    oct_assert_ok(fixture, octet_network_load_onnx_memory(fixture->contexts[0], bytes, size,
                                                          &options, &network));
    oct_model_assert_unsupported(network, 0, "node 'pool' (Frobnicate)");
    oct_model_assert_unsupported(network, 1, "node 'float product'");
    assert_int_equal(octet_network_unsupported_count(network), 2);
    assert_int_equal(octet_network_outputs(network, NULL, 0), 0);
    const char *const expected[] = {"quantize", "conv2d", "dequantize"};
    assert_int_equal(octet_network_layers(network), OCT_COUNT(expected));
    for (size_t i = 0; i < OCT_COUNT(expected); i++) {
        oct_assert_ok(fixture, octet_network_layer(network, i, &info));
        assert_string_equal(info.op, expected[i]);
    }
    octet_network_destroy(network);
    oct_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_accepted),
        cmocka_unit_test(test_shown),
    };
    return cmocka_run_group_tests(tests, oct_open_reference, oct_close_all);
}
