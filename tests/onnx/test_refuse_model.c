/* test_refuse_model.c - models that are wrong as a whole, their inputs, outputs and initializers,
 * are refused, and the message names the culprit. */
#include "small.h"

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
    oct_small_node(m, "pool")->input[0] = oct_model_text(m, "f");
}
static void self_loop(oct_model *m)
{
    oct_small_node(m, "flatten")->input[0] = oct_model_text(m, "e");
}
static void missing_initializer(oct_model *m)
{
    oct_small_node(m, "conv")->input[3] = oct_model_text(m, "lost");
}
static void twice(oct_model *m)
{
    oct_small_node(m, "flatten")->output[0] = oct_model_text(m, "d");
}
static void two_unknown(oct_model *m)
{
    oct_small_node(m, "pool")->op_type = oct_model_text(m, "Frobnicate");
    oct_small_node(m, "quantize")->domain = oct_model_text(m, "com.example");
}
static void only_floats(oct_model *m)
{
    static const int64_t sizes[] = {-1, 3, 4, 4}, filter[] = {2, 3, 1, 1};
    static const float weights[6] = {0};
    m->graph.n_input = m->graph.n_output = m->graph.n_node = m->graph.n_initializer = 0;
    oct_model_input(m, "x", OCT_TYPE(FLOAT), 4, sizes);
    oct_model_tensor(m, "w", OCT_TYPE(FLOAT), 4, filter, weights, sizeof weights);
    oct_model_node(m, "Conv", "conv", "x w", "y");
    oct_model_output(m, "y");
}
static void data_short(oct_model *m)
{
    oct_small_tensor(m, "w")->raw_data.len--;
}
static void data_missing(oct_model *m)
{
    oct_small_tensor(m, "b")->has_raw_data = 0;
}
static void dims_negative(oct_model *m)
{
    oct_small_tensor(m, "w")->dims[0] = -4;
}
static void dims_overflow(oct_model *m)
{
    oct_small_tensor(m, "w")->dims[0] = oct_small_tensor(m, "w")->dims[1] = INT64_C(1) << 33;
}
static void external(oct_model *m)
{
    oct_small_tensor(m, "w")->has_data_location = 1;
    oct_small_tensor(m, "w")->data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
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
static void no_node_output(oct_model *m)
{
    oct_small_node(m, "dequantize")->n_output = 0;
    m->outputs[0]->name = oct_model_text(m, "f");
}

#define BAD OCTET_INVALID_ARGUMENT
#define LACKS OCTET_UNSUPPORTED
/* clang-format off */
static const oct_refusal refusals[] = {
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
    {"missing initializer", missing_initializer, BAD,
     "node 'conv' (QLinearConv): its input 'lost'"},
    {"defined twice", twice, BAD, "'d' is defined twice"},
    {"unknown operator, first", two_unknown, LACKS, "node 'quantize' (QuantizeLinear)"},
    {"unknown operator, second", two_unknown, LACKS, "node 'pool' (Frobnicate)"},
    {"unknown operators, count", two_unknown, LACKS, "2 of its 6 nodes"},
    {"float", only_floats, LACKS, "node 'conv': octet has no float conv2d"},
    {"float, advice", only_floats, LACKS, "onnxruntime.quantization.quantize_static"},
    {"float, count", only_floats, LACKS, "1 of its 1 nodes"},
    {"data short", data_short, BAD, "initializer 'w' has 71 elements"},
    {"data missing", data_missing, BAD, "initializer 'b' has 0 elements"},
    {"dims negative", dims_negative, BAD, "'w': dimension 0 is -4"},
    {"dims overflow", dims_overflow, BAD, "'w': the product of its dimensions overflows"},
    {"external data", external, LACKS, "initializer 'w' is kept in another file"},
    {"input type", input_type, LACKS, "input 'x' is double"},
    {"input open", input_open, LACKS, "input 'x': dimension 2 has no size"},
    {"input zero", input_zero, BAD, "input 'x': dimension 3 is 0"},
    {"input huge", input_huge, BAD, "'x'"},
    {"input without shape", input_shapeless, LACKS, "input 'x'"},
    {"input without name", input_nameless, BAD, "input 1 of the graph has no name"},
    {"output shape", output_shape, BAD, "output 'y': dimension 1 is declared 4, but computed as 3"},
    {"output type", output_type, BAD, "output 'y' is declared uint8"},
    {"no output", no_node_output, BAD, "node 'dequantize' (DequantizeLinear): it has no output"},
};
/* clang-format on */

static void test_refusals(void **state)
{
    for (size_t i = 0; i < OCT_COUNT(refusals); i++)
        oct_refuse(*state, &refusals[i]);
}

/* The way out is a message: each reason in the list names a node. */
static void test_float_model(void **state)
{
    oct_fixture *const fixture = *state;
    static const int64_t shape[] = {2, 2};
    const octet_network_options options = {.struct_size = sizeof options, .allow_unsupported = 1};
    oct_model *const m = oct_model_create();
    octet_network *network = NULL;
    size_t size;
    oct_model_input(m, "a", OCT_TYPE(FLOAT), 2, shape);
    oct_model_input(m, "b", OCT_TYPE(FLOAT), 2, shape);
    oct_model_node(m, "MatMul", "product", "a b", "y");
    oct_model_output(m, "y");
    const uint8_t *const bytes = oct_model_pack(m, &size);
    oct_quiet(fixture);
    oct_assert_ok(fixture, octet_network_load_onnx_memory(fixture->contexts[0], bytes, size,
                                                          &options, &network));
    oct_assert_said(fixture, "the model is float, no node of it quantized");
    assert_int_equal(octet_network_unsupported_count(network), 1);
    oct_model_assert_unsupported(network, 0, "node 'product'");
    octet_network_destroy(network);
    oct_model_free(m);
}

/* With allow_unsupported the model can be looked at, every unsupported node is told, and it does
 * not run. */
static void test_allow_unsupported(void **state)
{
    oct_fixture *const fixture = *state;
    const octet_network_options options = {.struct_size = sizeof options, .allow_unsupported = 1};
    oct_model *const m = oct_small_network();
    octet_network *network = NULL;
    octet_layer_info info;
    size_t size;
    const void *inputs[] = {NULL};
    void *outputs[] = {NULL};
    oct_small_node(m, "pool")->op_type = oct_model_text(m, "Frobnicate");
    oct_model_node(m, "Wobble", "wobble", "x", "r");
    const uint8_t *const bytes = oct_model_pack(m, &size);
    oct_assert_ok(fixture, octet_network_load_onnx_memory(fixture->contexts[0], bytes, size,
                                                          &options, &network));
    oct_model_assert_unsupported(network, 0, "node 'pool' (Frobnicate)");
    oct_model_assert_unsupported(network, 1, "node 'wobble' (Wobble)");
    assert_int_equal(octet_network_unsupported_count(network), 2);
    const char *reason = "untouched";
    assert_int_equal(octet_network_unsupported(network, 2, &reason), OCTET_INVALID_ARGUMENT);
    oct_assert_said(fixture, "there is no unsupported part 2; it has 2");
    assert_string_equal(reason, "untouched");
    oct_assert_ok(fixture, octet_network_prepare(network, 2));
    assert_int_equal(octet_network_outputs(network, NULL, 0), 0);
    assert_int_equal(octet_network_layers(network), 2); /* quantize, conv */
    octet_network_layer(network, 1, &info);
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
    assert_int_equal(
        octet_network_load_onnx(fixture->contexts[0], "/nonexistent/a.onnx", NULL, &network),
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
        cmocka_unit_test(test_float_model),
        cmocka_unit_test(test_files),
    };
    return cmocka_run_group_tests(tests, oct_open_reference, oct_close_all);
}
