/* test_refuse_node.c - nodes with wrong attributes, parameters or shapes are refused by name. */
#include "small.h"

static void unknown_attribute(oct_model *m)
{
    oct_model_integer(m, oct_small_node(m, "fc"), "transB", 1);
}
static void attribute_twice(oct_model *m)
{
    oct_model_integer(m, oct_small_node(m, "flatten"), "axis", 1);
    oct_model_integer(m, oct_small_node(m, "flatten"), "axis", 1);
}
static void attribute_kind(oct_model *m)
{
    oct_model_string(m, oct_small_node(m, "flatten"), "axis", "one");
}
static void flatten_axis(oct_model *m)
{
    oct_model_integer(m, oct_small_node(m, "flatten"), "axis", 7);
}
static void flatten_batch(oct_model *m)
{
    oct_model_integer(m, oct_small_node(m, "flatten"), "axis", 0);
}
static void auto_pad(oct_model *m)
{
    oct_model_string(m, oct_small_node(m, "pool"), "auto_pad", "SOME\x1b[31m");
}
static void negative_pad(oct_model *m)
{
    oct_small_node(m, "conv")->attribute[0]->ints[2] = -1;
}
static void huge_pad(oct_model *m)
{
    for (size_t i = 0; i < 4; i++)
        oct_small_node(m, "conv")->attribute[0]->ints[i] = INT32_MAX;
}
static void zero_stride(oct_model *m)
{
    oct_small_node(m, "pool")->attribute[1]->ints[0] = 0;
}
static void window_too_large(oct_model *m)
{
    oct_small_node(m, "pool")->attribute[0]->ints[1] = 9;
}
static void no_kernel(oct_model *m)
{
    oct_small_node(m, "pool")->attribute[0]->name = oct_model_text(m, "dilations");
}
static void indices(oct_model *m)
{
    oct_model_words(m, "d indices", &oct_small_node(m, "pool")->output);
    oct_small_node(m, "pool")->n_output = 2;
    oct_model_output(m, "indices");
}
static void zero_scale(oct_model *m)
{
    memset(oct_small_tensor(m, "s")->raw_data.data, 0, 4);
}
static void nan_scale(oct_model *m)
{
    memset(oct_small_tensor(m, "sw")->raw_data.data + 8, 0xff, 4);
}
static void negative_scale(oct_model *m)
{
    oct_small_tensor(m, "s")->raw_data.data[3] |= 0x80;
}
static void scale_count(oct_model *m)
{
    oct_small_tensor(m, "sw")->dims[0] = 3;
    oct_small_tensor(m, "sw")->raw_data.len = 12;
}
static void scales_of_images(oct_model *m)
{
    Onnx__NodeProto *const node = oct_small_node(m, "dequantize");
    node->input[1] = oct_model_text(m, "sw");
    node->n_input = 2;
    oct_model_integer(m, node, "axis", 0);
}
static void block_size(oct_model *m)
{
    oct_model_integer(m, oct_small_node(m, "dequantize"), "block_size", 32);
}
static void zero_point_type(oct_model *m)
{
    oct_small_tensor(m, "zw")->data_type = OCT_TYPE(UINT8);
}
static void weight_type(oct_model *m)
{
    oct_small_tensor(m, "p")->data_type = OCT_TYPE(FLOAT16);
}
static void weight_rank(oct_model *m)
{
    oct_small_tensor(m, "w")->n_dims = 3;
    oct_small_tensor(m, "w")->dims[2] = 9;
}
static void weight_channels(oct_model *m)
{
    oct_small_tensor(m, "w")->dims[1] = 1;
    oct_small_tensor(m, "w")->dims[0] = 8;
}
static void groups(oct_model *m)
{
    oct_model_integer(m, oct_small_node(m, "conv"), "group", 3);
}
static void no_groups(oct_model *m)
{
    oct_model_integer(m, oct_small_node(m, "conv"), "group", 0);
}
static void bias_length(oct_model *m)
{
    oct_small_tensor(m, "b")->dims[0] = 3;
    oct_small_tensor(m, "b")->raw_data.len = 12;
}
static void bias_type(oct_model *m)
{
    oct_small_tensor(m, "b")->data_type = OCT_TYPE(FLOAT);
}
static void product_size(oct_model *m)
{
    oct_small_tensor(m, "p")->dims[0] = 12;
    oct_small_tensor(m, "p")->dims[1] = 4;
}
static void not_constant(oct_model *m)
{
    static const int64_t sizes[] = {4, 2, 3, 3};
    oct_model_input(m, "v", OCT_TYPE(INT8), 4, sizes);
    oct_small_node(m, "conv")->input[3] = oct_model_text(m, "v");
}
static void too_few_inputs(oct_model *m)
{
    oct_small_node(m, "conv")->n_input = 7;
}
static void empty_input(oct_model *m)
{
    oct_small_node(m, "conv")->input[1] = oct_model_text(m, "");
}
static void conv_output_zero_point(oct_model *m)
{
    oct_small_node(m, "conv")->input[7] = oct_model_text(m, "");
}
static void product_output_zero_point(oct_model *m)
{
    oct_small_node(m, "fc")->input[7] = oct_model_text(m, "");
}
static void product_output_type(oct_model *m)
{
    oct_model_tensor(m, "z32", OCT_TYPE(INT32), 0, NULL, &(int32_t){3}, 4);
    oct_small_node(m, "fc")->input[7] = oct_model_text(m, "z32");
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
/* clang-format off */
static const oct_refusal refusals[] = {
    {"unknown attribute", unknown_attribute, LACKS,
     "node 'fc' (QLinearMatMul): its attribute 'transB'"},
    {"attribute twice", attribute_twice, BAD,
     "node 'flatten' (Flatten): its attribute 'axis' is there twice"},
    {"attribute kind", attribute_kind, BAD,
     "node 'flatten' (Flatten): its attribute 'axis' is of kind 3"},
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
    {"scales of images", scales_of_images, LACKS, "4 scales along axis 0, which is open"},
    {"block size", block_size, LACKS, "'block_size' is 32; octet supports only 0"},
    {"zero point type", zero_point_type, BAD,
     "node 'conv' (QLinearConv): its weight is s8, its zero point u8"},
    {"weight type", weight_type, LACKS, "initializer 'p' is float16"},
    {"weight rank", weight_rank, LACKS, "node 'conv' (QLinearConv): its weight"},
    {"weight channels", weight_channels, BAD,
     "node 'conv' (QLinearConv): 2 input channels in 1 groups"},
    {"groups", groups, BAD, "in 3 groups"},
    {"no groups", no_groups, LACKS, "'group' is 0"},
    {"bias length", bias_length, BAD, "its bias must be 4 values of int32"},
    {"bias type", bias_type, BAD, "its bias must be 4 values of int32"},
    {"product size", product_size, BAD,
     "node 'fc' (QLinearMatMul): 1x16 cannot be multiplied by 12x4"},
    {"weights not constant", not_constant, LACKS,
     "node 'conv' (QLinearConv): its weight must be constant"},
    {"too few inputs", too_few_inputs, BAD, "node 'conv' (QLinearConv): it has 7 inputs"},
    {"empty input", empty_input, BAD,
     "node 'conv' (QLinearConv): input 1 (input scale) is missing"},
    {"conv output zero point", conv_output_zero_point, BAD,
     "node 'conv' (QLinearConv): input 7 (output zero point) is missing"},
    {"product output zero point", product_output_zero_point, BAD,
     "node 'fc' (QLinearMatMul): input 7 (output zero point) is missing"},
    {"product output type", product_output_type, LACKS,
     "node 'fc' (QLinearMatMul): its output is s32"},
    {"bound of k", k_bound, BAD, "node 'too long': sums of 40000 products"},
};
/* clang-format on */

static void test_refusals(void **state)
{
    for (size_t i = 0; i < OCT_COUNT(refusals); i++)
        oct_refuse(*state, &refusals[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, oct_open_reference, oct_close_all);
}
