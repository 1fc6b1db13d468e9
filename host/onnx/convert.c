/* convert.c - the table of ONNX operators that octet reads, and the walk over the nodes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "onnx/onnx.h"

#define WINDOW "auto_pad dilations kernel_shape pads strides "
#define AVERAGE "ceil_mode count_include_pad "
#define MICROSOFT "com.microsoft."
#define REDUCE "axes keepdims noop_with_empty_axes "
#define RESIZE                                                                                     \
    "antialias axes coordinate_transformation_mode cubic_coeff_a exclude_outside "                 \
    "extrapolation_value keep_aspect_ratio_policy mode nearest_mode "
#define QUANTIZE "axis block_size output_dtype "

/* docs/onnx.md has a row for each; a test compares them. */
/* clang-format off */
const oct_onnx_op oct_onnx_ops[] = {
    /* type              inputs  attributes                          converter */
    {"QuantizeLinear",   2, 3,   QUANTIZE "precision saturate ",     oct_onnx_quantize_linear},
    {"DequantizeLinear", 2, 3,   QUANTIZE,                           oct_onnx_dequantize_linear},
    {MICROSOFT "QuantizeLinear",   3, 3, "axis ",                    oct_onnx_quantize_linear},
    {MICROSOFT "DequantizeLinear", 3, 3, "axis ",                    oct_onnx_dequantize_linear},
    {"QLinearConv",      8, 9,   WINDOW "group ",                    oct_onnx_qlinear_conv},
    {"ConvInteger",      2, 4,   WINDOW "group ",                    oct_onnx_conv_integer},
    {"QLinearMatMul",    8, 8,   "",                                 oct_onnx_qlinear_matmul},
    {"MatMulInteger",    2, 4,   "",                                 oct_onnx_matmul_integer},
    {"DynamicQuantizeLinear", 1, 1, "",                       oct_onnx_dynamic_quantize_linear},
    {MICROSOFT "DynamicQuantizeMatMul", 3, 5, "",             oct_onnx_dynamic_quantize_matmul},
    {MICROSOFT "MatMulIntegerToFloat",  4, 7, "",             oct_onnx_matmul_integer_to_float},
    {MICROSOFT "QGemm",  6, 9,   "alpha transA transB ",             oct_onnx_qgemm},
    {"Conv",             2, 3,   WINDOW "group ",                    oct_onnx_conv},
    {"ConvTranspose",    2, 3,   WINDOW "group output_padding output_shape ",
                                                                     oct_onnx_conv_transpose},
    {"MatMul",           2, 2,   "",                                 oct_onnx_matmul},
    {"Gemm",             2, 3,   "alpha beta transA transB ",        oct_onnx_gemm},
    {"MaxPool",          1, 1,   WINDOW "ceil_mode storage_order ",  oct_onnx_max_pool},
    {"GlobalMaxPool",    1, 1,   "",                                 oct_onnx_global_max_pool},
    {"AveragePool",      1, 1,   WINDOW AVERAGE,                     oct_onnx_average_pool},
    {"GlobalAveragePool", 1, 1,  "",                                 oct_onnx_global_average_pool},
    {MICROSOFT "QLinearAveragePool", 4, 5,
     "auto_pad channels_last kernel_shape pads strides " AVERAGE,    oct_onnx_qlinear_average_pool},
    {MICROSOFT "QLinearGlobalAveragePool", 5, 5, "channels_last ",
                                                              oct_onnx_qlinear_global_average_pool},
    {MICROSOFT "QLinearAdd",       7, 8, "",                         oct_onnx_qlinear_add},
    {MICROSOFT "QLinearMul",       7, 8, "",                         oct_onnx_qlinear_mul},
    {"BatchNormalization", 5, 5, "epsilon momentum training_mode ",  oct_onnx_batch_normalization},
    {"Add",              2, 2,   "",                                 oct_onnx_add},
    {"Sub",              2, 2,   "",                                 oct_onnx_sub},
    {"Mul",              2, 2,   "",                                 oct_onnx_mul},
    {"Div",              2, 2,   "",                                 oct_onnx_div},
    {"Min",              1, SIZE_MAX, "",                            oct_onnx_min},
    {"Max",              1, SIZE_MAX, "",                            oct_onnx_max},
    {MICROSOFT "QLinearLeakyRelu", 4, 5, "alpha ",                   oct_onnx_qlinear_leaky_relu},
    {MICROSOFT "QLinearSigmoid",   4, 5, "",                         oct_onnx_qlinear_sigmoid},
    {"Relu",             1, 1,   "",                                 oct_onnx_unary},
    {"LeakyRelu",        1, 1,   "alpha ",                           oct_onnx_unary},
    {"PRelu",            2, 2,   "",                                 oct_onnx_prelu},
    {"Pow",              2, 2,   "",                                 oct_onnx_pow},
    {"Clip",             1, 3,   "max min ",                         oct_onnx_clip},
    {"HardSigmoid",      1, 1,   "alpha beta ",                      oct_onnx_unary},
    {"HardSwish",        1, 1,   "",                                 oct_onnx_unary},
    {"Sigmoid",          1, 1,   "",                                 oct_onnx_unary},
    {"Tanh",             1, 1,   "",                                 oct_onnx_unary},
    {"Round",            1, 1,   "",                                 oct_onnx_unary},
    {"Abs",              1, 1,   "",                                 oct_onnx_unary},
    {"Neg",              1, 1,   "",                                 oct_onnx_unary},
    {"Exp",              1, 1,   "",                                 oct_onnx_unary},
    {"Sqrt",             1, 1,   "",                                 oct_onnx_unary},
    {"Elu",              1, 1,   "alpha ",                           oct_onnx_function},
    {"Selu",             1, 1,   "alpha gamma ",                     oct_onnx_function},
    {"Celu",             1, 1,   "alpha ",                           oct_onnx_function},
    {"Softplus",         1, 1,   "",                                 oct_onnx_function},
    {"Softsign",         1, 1,   "",                                 oct_onnx_function},
    {"Mish",             1, 1,   "",                                 oct_onnx_function},
    {"Swish",            1, 1,   "alpha ",                           oct_onnx_function},
    {"Gelu",             1, 1,   "approximate ",                     oct_onnx_gelu},
    {MICROSOFT "Gelu",   1, 1,   "",                                 oct_onnx_gelu},
    {MICROSOFT "QuickGelu", 1, 1, "alpha ",                          oct_onnx_function},
    {"Erf",              1, 1,   "",                                 oct_onnx_function},
    {"Log",              1, 1,   "",                                 oct_onnx_function},
    {"Reciprocal",       1, 1,   "",                                 oct_onnx_function},
    {"Sin",              1, 1,   "",                                 oct_onnx_function},
    {"Cos",              1, 1,   "",                                 oct_onnx_function},
    {"ThresholdedRelu",  1, 1,   "alpha ",                           oct_onnx_function},
    {"Sign",             1, 1,   "",                                 oct_onnx_function},
    {"Floor",            1, 1,   "",                                 oct_onnx_function},
    {"Ceil",             1, 1,   "",                                 oct_onnx_function},
    {"Softmax",          1, 1,   "axis ",                            oct_onnx_softmax},
    {MICROSOFT "QLinearSoftmax",   4, 5, "axis opset ",              oct_onnx_qlinear_softmax},
    {"ReduceMean",       1, 2,   REDUCE,                             oct_onnx_reduce},
    {"ReduceMin",        1, 2,   REDUCE,                             oct_onnx_reduce},
    {"ReduceMax",        1, 2,   REDUCE,                             oct_onnx_reduce},
    {"ArgMin",           1, 1,   "axis keepdims select_last_index ", oct_onnx_arg},
    {"ArgMax",           1, 1,   "axis keepdims select_last_index ", oct_onnx_arg},
    {"Cast",             1, 1,   "round_mode saturate to ",          oct_onnx_cast},
    {"Dropout",          1, 3,   "ratio seed ",                      oct_onnx_dropout},
    {"Flatten",          1, 1,   "axis ",                            oct_onnx_flatten},
    {"Reshape",          2, 2,   "allowzero ",                       oct_onnx_reshape},
    {"Transpose",        1, 1,   "perm ",                            oct_onnx_transpose},
    {"DepthToSpace",     1, 1,   "blocksize mode ",                  oct_onnx_depth_to_space},
    {"SpaceToDepth",     1, 1,   "blocksize ",                       oct_onnx_space_to_depth},
    {"Identity",         1, 1,   "",                                 oct_onnx_identity},
    {"Squeeze",          1, 2,   "axes ",                            oct_onnx_squeeze},
    {"Unsqueeze",        1, 2,   "axes ",                            oct_onnx_unsqueeze},
    {"Shape",            1, 1,   "end start ",                       oct_onnx_shape_of},
    {"Gather",           2, 2,   "axis ",                            oct_onnx_gather},
    {"Concat",           1, SIZE_MAX, "axis ",                       oct_onnx_concat},
    {MICROSOFT "QLinearConcat", 5, SIZE_MAX, "axis ",                oct_onnx_qlinear_concat},
    {"Slice",            3, 5,   "",                                 oct_onnx_slice},
    {"Split",            1, 2,   "axis num_outputs split ",          oct_onnx_split},
    {"Pad",              1, 4,   "mode pads value ",                 oct_onnx_pad},
    {"Resize",           1, 4,   RESIZE,                             oct_onnx_resize},
    {"Constant",         0, 0,   "value value_float value_floats value_int value_ints ",
                                                                     oct_onnx_constant_node},
};
/* clang-format on */
const size_t oct_onnx_op_count = sizeof oct_onnx_ops / sizeof oct_onnx_ops[0];

static const oct_onnx_op *find_op(const Onnx__NodeProto *node)
{
    const char *const given = node->domain != NULL ? node->domain : "";
    const char *const domain = strcmp(given, "ai.onnx") == 0 ? "" : given;
    const size_t length = strlen(domain), before = length > 0 ? length + 1 : 0;
    for (size_t i = 0; node->op_type != NULL && i < oct_onnx_op_count; i++) {
        const char *const type = oct_onnx_ops[i].type;
        if (strncmp(type, domain, length) == 0 && (length == 0 || type[length] == '.') &&
            strcmp(type + before, node->op_type) == 0)
            return &oct_onnx_ops[i];
    }
    return NULL;
}

octet_status oct_onnx_label(oct_onnx *onnx, size_t index)
{
    octet_status status = OCTET_OK;
    const Onnx__NodeProto *const node = onnx->source->node[index];
    const char *const type = oct_onnx_printable(onnx, node->op_type != NULL ? node->op_type : "");
    const char *const name = oct_onnx_printable(onnx, node->name != NULL ? node->name : "");
    char made_up[64];
    OCT_REQUIRE(&onnx->log, type != NULL && name != NULL, OCTET_OUT_OF_MEMORY,
                "out of host memory: names");
    snprintf(made_up, sizeof made_up, "%.32s_%zu", type, index);
    onnx->node = node;
    onnx->node_name = name[0] != '\0' ? name : oct_graph_keep_text(onnx->graph, made_up);
    OCT_REQUIRE(&onnx->log, onnx->node_name != NULL, OCTET_OUT_OF_MEMORY,
                "out of host memory: names");
    snprintf(onnx->label, sizeof onnx->label, "node '%.80s' (%.60s)", onnx->node_name, type);
cleanup:
    return status;
}

octet_status oct_onnx_find_row(oct_onnx *onnx, const void *rows, size_t count, size_t size,
                               size_t *index)
{
    octet_status status = OCTET_OK;
    const char *name = "";
    *index = count;
    for (size_t i = 0; i < count && *index == count; i++) {
        memcpy(&name, (const char *)rows + i * size, sizeof name);
        if (strcmp(name, onnx->node->op_type) == 0)
            *index = i;
    }
    OCT_REQUIRE(&onnx->log, *index < count, OCTET_UNSUPPORTED, "%s: octet has no such function",
                onnx->label);
cleanup:
    return status;
}

/* ---- What is not supported ---- */

static void forget_outputs(oct_onnx *onnx)
{
    for (size_t i = 0; i < onnx->node->n_output; i++) {
        oct_onnx_name *const name = oct_onnx_find(onnx, onnx->node->output[i]);
        if (name != NULL)
            name->unknown = true;
    }
}

static bool has_unknown_input(const oct_onnx *onnx)
{
    for (size_t i = 0; i < onnx->node->n_input; i++) {
        const oct_onnx_name *const name = oct_onnx_find(onnx, onnx->node->input[i]);
        if (name != NULL && name->unknown)
            return true;
    }
    return false;
}

/* ---- One node ---- */

static size_t outputs_most(const oct_onnx_op *op)
{
    return op->convert == oct_onnx_split                     ? SIZE_MAX
           : op->convert == oct_onnx_dynamic_quantize_linear ? 3
                                                             : 1;
}

static octet_status check_arity(oct_onnx *onnx, const oct_onnx_op *op)
{
    octet_status status = OCTET_OK;
    const Onnx__NodeProto *const node = onnx->node;
    OCT_REQUIRE(&onnx->log, node->n_input >= op->inputs_least && node->n_input <= op->inputs_most,
                OCTET_INVALID_ARGUMENT, "%s: it has %zu inputs; it must have %zu to %zu",
                onnx->label, node->n_input, op->inputs_least, op->inputs_most);
    OCT_REQUIRE(&onnx->log, node->n_output > 0 && node->output[0][0] != '\0',
                OCTET_INVALID_ARGUMENT, "%s: it has no output", onnx->label);
    for (size_t i = outputs_most(op); i < node->n_output; i++)
        OCT_REQUIRE(&onnx->log,
                    node->output[i][0] == '\0' || !oct_onnx_find(onnx, node->output[i])->read,
                    OCTET_UNSUPPORTED, "%s: its output %zu is not supported", onnx->label, i);
cleanup:
    return status;
}

static octet_status convert_known(oct_onnx *onnx, const oct_onnx_op *op)
{
    octet_status status = OCTET_OK;
    OCT_TRY(check_arity(onnx, op));
    OCT_TRY(oct_onnx_check_attributes(onnx, op->attributes));
    OCT_TRY(oct_onnx_takes_sizes(onnx) ? oct_onnx_convert_sizes(onnx) : op->convert(onnx));
cleanup:
    return status;
}

/* Keeps the sentences of one node's conversion, to be listed or passed on. */
typedef struct capture {
    char text[1024];
} capture;

static void keep_sentence(void *user, const char *sentence)
{
    capture *const kept = user;
    const size_t length = strlen(kept->text);
    snprintf(kept->text + length, sizeof kept->text - length, "%s%s", length > 0 ? "; " : "",
             sentence);
}

static octet_status convert_node(oct_onnx *onnx, size_t index)
{
    octet_status status = OCTET_OK;
    const oct_log log = onnx->log;
    capture kept = {""};
    OCT_TRY(oct_onnx_label(onnx, index));
    const oct_onnx_op *const op = find_op(onnx->node);
    if (op != NULL && has_unknown_input(onnx)) { /* nothing to say beyond what made it unknown */
        forget_outputs(onnx);
        return OCTET_OK;
    }
    onnx->log = onnx->graph->log = (oct_log){keep_sentence, &kept};
    status = op != NULL ? convert_known(onnx, op)
                        : oct_report(&onnx->log, OCTET_UNSUPPORTED,
                                     "%s: octet has no such operator", onnx->label);
    onnx->log = onnx->graph->log = log;
    if (status == OCTET_UNSUPPORTED) {
        forget_outputs(onnx);
        OCT_TRY(oct_graph_add_unsupported(onnx->graph, kept.text));
    } else if (kept.text[0] != '\0') {
        oct_report(&log, status, "%s", kept.text);
    }
cleanup:
    return status;
}

octet_status oct_onnx_convert(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    for (size_t i = 0; i < onnx->source->n_node; i++)
        OCT_TRY(convert_node(onnx, onnx->order[i]));
cleanup:
    return status;
}
