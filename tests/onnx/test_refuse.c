/* test_refuse.c - models that are wrong or ask for too much are refused, and the message names the
 * culprit. */
#include "model.h"
#include "network/fixture.h"

/* A small network with every kind of part: quantize, conv (2 to 4 channels, 3x3), pool, flatten,
 * product (16 to 3), dequantize. */
static oct_model *small_network(void)
{
    static const int64_t image[] = {-1, 2, 4, 4}, filter[] = {4, 2, 3, 3}, matrix[] = {16, 3};
    static const int64_t pads[] = {1, 1, 1, 1}, two[] = {2, 2}, channels[] = {4};
    static const int8_t weights[4 * 2 * 9] = {1, -2, 3}, product[16 * 3] = {4, 5, -6};
    static const int32_t bias[4] = {10, 20, 30, 40};
    static const float scales[4] = {0.5f, 0.25f, 0.125f, 1.0f};
    oct_model *const m = oct_model_create();
    oct_model_input(m, "x", OCT_TYPE(FLOAT), 4, image);
    oct_model_scale(m, "s", 0.5f);
    oct_model_zero(m, "z", OCT_TYPE(UINT8), 3);
    oct_model_zero(m, "zw", OCT_TYPE(INT8), 0);
    oct_model_tensor(m, "w", OCT_TYPE(INT8), 4, filter, weights, sizeof weights);
    oct_model_tensor(m, "sw", OCT_TYPE(FLOAT), 1, channels, scales, sizeof scales);
    oct_model_tensor(m, "b", OCT_TYPE(INT32), 1, channels, bias, sizeof bias);
    oct_model_tensor(m, "p", OCT_TYPE(INT8), 2, matrix, product, sizeof product);
    oct_model_node(m, "QuantizeLinear", "quantize", "x s z", "xq");
    oct_model_integers(m, oct_model_node(m, "QLinearConv", "conv", "xq s z w sw zw s z b", "c"),
                       "pads", 4, pads);
    Onnx__NodeProto *const pool = oct_model_node(m, "MaxPool", "pool", "c", "d");
    oct_model_integers(m, pool, "kernel_shape", 2, two);
    oct_model_integers(m, pool, "strides", 2, two);
    oct_model_node(m, "Flatten", "flatten", "d", "e");
    oct_model_node(m, "QLinearMatMul", "fc", "e s z p s zw s z", "f");
    oct_model_node(m, "DequantizeLinear", "dequantize", "f s z", "y");
    oct_model_output(m, "y");
    return m;
}

static Onnx__TensorProto *tensor(oct_model *m, const char *name)
{
    for (size_t i = 0; i < m->graph.n_initializer; i++)
        if (strcmp(m->initializers[i]->name, name) == 0)
            return m->initializers[i];
    fail_msg("no initializer %s", name);
    return NULL;
}

static Onnx__NodeProto *node(oct_model *m, const char *name)
{
    for (size_t i = 0; i < m->graph.n_node; i++)
        if (strcmp(m->nodes[i]->name, name) == 0)
            return m->nodes[i];
    fail_msg("no node %s", name);
    return NULL;
}

/* ---- What can be wrong ---- */

static void nothing(oct_model *m)
{
    (void)m;
}
static void no_graph(oct_model *m)
{
    m->proto.graph = NULL;
}
static void no_format(oct_model *m)
{
    m->proto.has_ir_version = 0;
}
static void no_opset(oct_model *m)
{
    m->proto.n_opset_import = 0;
}
static void old_opset(oct_model *m)
{
    m->opset.version = 9;
}
static void new_opset(oct_model *m)
{
    m->opset.version = 99;
}
static void no_outputs(oct_model *m)
{
    m->graph.n_output = 0;
}
static void unknown_output(oct_model *m)
{
    oct_model_output(m, "nowhere");
}
static void cycle(oct_model *m)
{
    node(m, "pool")->input[0] = oct_model_text(m, "f");
}
static void self_loop(oct_model *m)
{
    node(m, "flatten")->input[0] = oct_model_text(m, "e");
}
static void missing_initializer(oct_model *m)
{
    node(m, "conv")->input[3] = oct_model_text(m, "lost");
}
static void twice(oct_model *m)
{
    node(m, "flatten")->output[0] = oct_model_text(m, "d");
}
static void two_unknown(oct_model *m)
{
    node(m, "pool")->op_type = oct_model_text(m, "Frobnicate");
    node(m, "quantize")->domain = oct_model_text(m, "com.example");
}
static void unknown_attribute(oct_model *m)
{
    oct_model_integer(m, node(m, "fc"), "transB", 1);
}
static void attribute_twice(oct_model *m)
{
    oct_model_integer(m, node(m, "flatten"), "axis", 1);
    oct_model_integer(m, node(m, "flatten"), "axis", 1);
}
static void attribute_kind(oct_model *m)
{
    oct_model_string(m, node(m, "flatten"), "axis", "one");
}
static void flatten_axis(oct_model *m)
{
    oct_model_integer(m, node(m, "flatten"), "axis", 7);
}
static void flatten_batch(oct_model *m)
{
    oct_model_integer(m, node(m, "flatten"), "axis", 0);
}
static void auto_pad(oct_model *m)
{
    oct_model_string(m, node(m, "pool"), "auto_pad", "SOME\x1b[31m");
}
static void negative_pad(oct_model *m)
{
    node(m, "conv")->attribute[0]->ints[2] = -1;
}
static void huge_pad(oct_model *m)
{
    for (size_t i = 0; i < 4; i++)
        node(m, "conv")->attribute[0]->ints[i] = INT32_MAX;
}
static void zero_stride(oct_model *m)
{
    node(m, "pool")->attribute[1]->ints[0] = 0;
}
static void window_too_large(oct_model *m)
{
    node(m, "pool")->attribute[0]->ints[1] = 9;
}
static void no_kernel(oct_model *m)
{
    node(m, "pool")->attribute[0]->name = oct_model_text(m, "dilations");
}
static void indices(oct_model *m)
{
    oct_model_words(m, "d indices", &node(m, "pool")->output);
    node(m, "pool")->n_output = 2;
}
static void zero_scale(oct_model *m)
{
    memset(tensor(m, "s")->raw_data.data, 0, 4);
}
static void nan_scale(oct_model *m)
{
    memset(tensor(m, "sw")->raw_data.data + 8, 0xff, 4);
}
static void negative_scale(oct_model *m)
{
    tensor(m, "s")->raw_data.data[3] |= 0x80;
}
static void scale_count(oct_model *m)
{
    tensor(m, "sw")->dims[0] = 3;
    tensor(m, "sw")->raw_data.len = 12;
}
static void zero_point_type(oct_model *m)
{
    tensor(m, "zw")->data_type = OCT_TYPE(UINT8);
}
static void weight_type(oct_model *m)
{
    tensor(m, "p")->data_type = OCT_TYPE(FLOAT16);
}
static void weight_rank(oct_model *m)
{
    tensor(m, "w")->n_dims = 3;
    tensor(m, "w")->dims[2] = 9;
}
static void weight_channels(oct_model *m)
{
    tensor(m, "w")->dims[1] = 1;
    tensor(m, "w")->dims[0] = 8;
}
static void groups(oct_model *m)
{
    oct_model_integer(m, node(m, "conv"), "group", 3);
}
static void no_groups(oct_model *m)
{
    oct_model_integer(m, node(m, "conv"), "group", 0);
}
static void bias_length(oct_model *m)
{
    tensor(m, "b")->dims[0] = 3;
    tensor(m, "b")->raw_data.len = 12;
}
static void bias_type(oct_model *m)
{
    tensor(m, "b")->data_type = OCT_TYPE(FLOAT);
}
static void product_size(oct_model *m)
{
    tensor(m, "p")->dims[0] = 12;
    tensor(m, "p")->dims[1] = 4;
}
static void data_short(oct_model *m)
{
    tensor(m, "w")->raw_data.len--;
}
static void data_missing(oct_model *m)
{
    tensor(m, "b")->has_raw_data = 0;
}
static void dims_negative(oct_model *m)
{
    tensor(m, "w")->dims[0] = -4;
}
static void dims_overflow(oct_model *m)
{
    tensor(m, "w")->dims[0] = tensor(m, "w")->dims[1] = INT64_C(1) << 33;
}
static void external(oct_model *m)
{
    tensor(m, "w")->has_data_location = 1;
    tensor(m, "w")->data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
}
static void not_constant(oct_model *m)
{
    static const int64_t sizes[] = {4, 2, 3, 3};
    oct_model_input(m, "v", OCT_TYPE(INT8), 4, sizes);
    node(m, "conv")->input[3] = oct_model_text(m, "v");
}
static void input_type(oct_model *m)
{
    m->inputs[0]->type->tensor_type->elem_type = OCT_TYPE(DOUBLE);
}
static void input_open(oct_model *m)
{
    m->inputs[0]->type->tensor_type->shape->dim[2]->value_case =
        ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE__NOT_SET;
}
static void input_zero(oct_model *m)
{
    m->inputs[0]->type->tensor_type->shape->dim[3]->dim_value = 0;
}
static void input_huge(oct_model *m)
{
    for (size_t i = 1; i < 4; i++)
        m->inputs[0]->type->tensor_type->shape->dim[i]->dim_value = INT64_C(1) << 40;
}
static void input_shapeless(oct_model *m)
{
    m->inputs[0]->type->tensor_type->shape = NULL;
}
static void input_nameless(oct_model *m)
{
    oct_model_input(m, "", OCT_TYPE(FLOAT), 0, NULL);
}
static void output_shape(oct_model *m)
{
    static const int64_t sizes[] = {-1, 4};
    m->outputs[0] = oct_model_port(m, "y", OCT_TYPE(FLOAT), 2, sizes);
}
static void output_type(oct_model *m)
{
    static const int64_t sizes[] = {-1, 3};
    m->outputs[0] = oct_model_port(m, "y", OCT_TYPE(UINT8), 2, sizes);
}
static void too_few_inputs(oct_model *m)
{
    node(m, "conv")->n_input = 7;
}
static void empty_input(oct_model *m)
{
    node(m, "conv")->input[1] = oct_model_text(m, "");
}
static void no_node_output(oct_model *m)
{
    node(m, "dequantize")->n_output = 0;
    m->outputs[0]->name = oct_model_text(m, "f");
}
static void k_bound(oct_model *m)
{
    static const int64_t sizes[] = {40000, 1};
    static int8_t weights[40000];
    oct_model_tensor(m, "long", OCT_TYPE(INT8), 2, sizes, weights, sizeof weights);
    oct_model_input(m, "rows", OCT_TYPE(UINT8), 2, (const int64_t[]){-1, 40000});
    oct_model_zero(m, "zl", OCT_TYPE(INT8), -128);
    oct_model_node(m, "QLinearMatMul", "too long", "rows s z long s zl s z", "l");
    oct_model_output(m, "l");
}

#define BAD OCTET_INVALID_ARGUMENT
#define LACKS OCTET_UNSUPPORTED
static const struct refusal {
    const char *name;
    void (*spoil)(oct_model *m);
    octet_status status;
    const char *said;
} refusals[] = {
    {"nothing", nothing, OCTET_OK, ""},
    {"no graph", no_graph, BAD, "it has no graph"},
    {"no format", no_format, BAD, "no ONNX model"},
    {"no opset", no_opset, BAD, "which version"},
    {"old opset", old_opset, LACKS, "version 9"},
    {"new opset", new_opset, LACKS, "version 99"},
    {"no outputs", no_outputs, BAD, "no outputs"},
    {"unknown output", unknown_output, BAD, "'nowhere'"},
    {"cycle", cycle, BAD, "the graph has a cycle"},
    {"self loop", self_loop, BAD, "node 'flatten' (Flatten): it needs its own output"},
    {"missing initializer", missing_initializer, BAD, "node 'conv' (QLinearConv): its input 'lost'"},
    {"defined twice", twice, BAD, "'d' is defined twice"},
    {"unknown operator, first", two_unknown, LACKS, "node 'quantize' (QuantizeLinear)"},
    {"unknown operator, second", two_unknown, LACKS, "node 'pool' (Frobnicate)"},
    {"unknown operators, count", two_unknown, LACKS, "2 of its 6 nodes"},
    {"unknown attribute", unknown_attribute, LACKS, "node 'fc' (QLinearMatMul): its attribute 'transB'"},
    {"attribute twice", attribute_twice, BAD, "node 'flatten' (Flatten): its attribute 'axis' is there twice"},
    {"attribute kind", attribute_kind, BAD, "node 'flatten' (Flatten): its attribute 'axis' is of kind 3"},
    {"flatten axis", flatten_axis, BAD, "node 'flatten' (Flatten): axis 7"},
    {"flatten batch", flatten_batch, LACKS, "node 'flatten' (Flatten): axis 0"},
    {"auto pad", auto_pad, BAD, "'SOME?[31m'"},
    {"negative pad", negative_pad, BAD, "value 2 of its attribute 'pads' is -1"},
    {"huge pad", huge_pad, BAD, "node 'conv'"},
    {"zero stride", zero_stride, BAD, "value 0 of its attribute 'strides' is 0"},
    {"window too large", window_too_large, BAD, "node 'pool': a window of 2x9"},
    {"no kernel", no_kernel, BAD, "'kernel_shape' is missing"},
    {"indices", indices, LACKS, "node 'pool' (MaxPool): its output 1"},
    {"zero scale", zero_scale, BAD, "node 'quantize' (QuantizeLinear): output: scale 0 is 0"},
    {"nan scale", nan_scale, BAD, "node 'conv' (QLinearConv): weight: scale 2"},
    {"negative scale", negative_scale, BAD, "scale 0 is -0.5"},
    {"scale count", scale_count, BAD, "node 'conv': weights: there are 3 scales"},
    {"zero point type", zero_point_type, BAD, "node 'conv' (QLinearConv): its weight is s8, its zero point u8"},
    {"weight type", weight_type, LACKS, "initializer 'p' is float16"},
    {"weight rank", weight_rank, LACKS, "node 'conv' (QLinearConv): its weight"},
    {"weight channels", weight_channels, BAD, "node 'conv' (QLinearConv): 2 input channels in 1 groups"},
    {"groups", groups, BAD, "in 3 groups"},
    {"no groups", no_groups, LACKS, "'group' is 0"},
    {"bias length", bias_length, BAD, "its bias must be 4 values of int32"},
    {"bias type", bias_type, BAD, "its bias must be 4 values of int32"},
    {"product size", product_size, BAD, "node 'fc' (QLinearMatMul): 1x16 cannot be multiplied by 12x4"},
    {"data short", data_short, BAD, "initializer 'w' has 71 elements"},
    {"data missing", data_missing, BAD, "initializer 'b' has 0 elements"},
    {"dims negative", dims_negative, BAD, "'w': dimension 0 is -4"},
    {"dims overflow", dims_overflow, BAD, "'w': the product of its dimensions overflows"},
    {"external data", external, LACKS, "initializer 'w' is kept in another file"},
    {"weights not constant", not_constant, LACKS, "node 'conv' (QLinearConv): its weight must be constant"},
    {"input type", input_type, LACKS, "input 'x' is double"},
    {"input open", input_open, LACKS, "input 'x': dimension 2 has no size"},
    {"input zero", input_zero, BAD, "input 'x': dimension 3 is 0"},
    {"input huge", input_huge, BAD, "'x'"},
    {"input without shape", input_shapeless, LACKS, "input 'x'"},
    {"input without name", input_nameless, BAD, "input 1 of the graph has no name"},
    {"output shape", output_shape, BAD, "output 'y': dimension 1 is declared 4, but computed as 3"},
    {"output type", output_type, BAD, "output 'y' is declared uint8"},
    {"too few inputs", too_few_inputs, BAD, "node 'conv' (QLinearConv): it has 7 inputs"},
    {"empty input", empty_input, BAD, "node 'conv' (QLinearConv): input 1 (input scale) is missing"},
    {"no output", no_node_output, BAD, "node 'dequantize' (DequantizeLinear): it has no output"},
    {"bound of k", k_bound, BAD, "node 'too long': sums of 40000 products"},
};

static void test_refusals(void **state)
{
    oct_fixture *const fixture = *state;
    for (size_t i = 0; i < OCT_COUNT(refusals); i++) {
        const struct refusal *const r = &refusals[i];
        oct_model *const m = small_network();
        octet_network *network = NULL;
        size_t size;
        r->spoil(m);
        const uint8_t *const bytes = oct_model_pack(m, &size);
        oct_quiet(fixture);
        const octet_status status = octet_network_load_onnx_memory(fixture->contexts[0], bytes,
                                                                   size, NULL, &network);
        if (status != r->status)
            fail_msg("%s: %s; messages:\n%s", r->name, octet_status_text(status), fixture->said);
        assert_true((network != NULL) == (status == OCTET_OK));
        oct_assert_said(fixture, r->said);
        octet_network_destroy(network);
        oct_model_free(m);
    }
}

/* With allow_unsupported the model can be looked at, every unsupported node is told, and it does not
 * run. */
static void test_allow_unsupported(void **state)
{
    oct_fixture *const fixture = *state;
    const octet_network_options options = {.struct_size = sizeof options, .allow_unsupported = 1};
    oct_model *const m = small_network();
    octet_network *network = NULL;
    octet_layer_info info;
    size_t size;
    const void *inputs[] = {NULL};
    void *outputs[] = {NULL};
    node(m, "pool")->op_type = oct_model_text(m, "Frobnicate");
    oct_model_node(m, "Relu", "relu", "x", "r");
    const uint8_t *const bytes = oct_model_pack(m, &size);
    oct_assert_ok(fixture, octet_network_load_onnx_memory(fixture->contexts[0], bytes, size,
                                                          &options, &network));
    assert_non_null(strstr(octet_network_unsupported(network, 0), "node 'pool' (Frobnicate)"));
    assert_non_null(strstr(octet_network_unsupported(network, 1), "node 'relu' (Relu)"));
    assert_null(octet_network_unsupported(network, 2));
    oct_assert_ok(fixture, octet_network_prepare(network, 2));
    assert_int_equal(octet_network_outputs(network, NULL, 0), 0);
    assert_int_equal(octet_network_layers(network), 2 + 1); /* quantize, (layout), conv */
    octet_network_layer(network, 2, &info);
    assert_string_equal(info.name, "conv");
    oct_quiet(fixture);
    assert_int_equal(octet_network_run(network, 2, inputs, outputs, NULL), OCTET_UNSUPPORTED);
    oct_assert_said(fixture, "node 'pool' (Frobnicate)");
    octet_network_destroy(network);
    oct_model_free(m);
}

/* Files: missing, a folder, empty. */
static void test_files(void **state)
{
    oct_fixture *const fixture = *state;
    octet_network *network = NULL;
    assert_int_equal(octet_network_load_onnx(fixture->contexts[0], "/nonexistent/a.onnx", NULL,
                                             &network),
                     OCTET_IO_FAILED);
    oct_assert_said(fixture, "'/nonexistent/a.onnx' cannot be opened");
    assert_int_equal(octet_network_load_onnx(fixture->contexts[0], "/", NULL, &network),
                     OCTET_IO_FAILED);
    assert_int_equal(octet_network_load_onnx(fixture->contexts[0], "/dev/null", NULL, &network),
                     OCTET_INVALID_ARGUMENT);
    const octet_network_options wrong = {.struct_size = 1};
    assert_int_equal(octet_network_load_onnx(fixture->contexts[0], "/dev/null", &wrong, &network),
                     OCTET_INVALID_ARGUMENT);
    assert_null(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_allow_unsupported),
        cmocka_unit_test(test_files),
    };
    return cmocka_run_group_tests(tests, oct_open_reference, oct_close_all);
}
