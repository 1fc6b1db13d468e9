/* op_unary.c - functions of one float32; Cast; Dropout, which does nothing. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "onnx/onnx.h"

/* ---- Functions ---- */

static octet_status add_unary(oct_onnx *onnx, octet_unary_function function, float alpha,
                              float beta)
{
    octet_status status = OCTET_OK;
    const octet_unary_desc desc = {
        .struct_size = sizeof desc, .function = function, .alpha = alpha, .beta = beta};
    size_t x = OCT_NONE, y = OCT_NONE;
    OCT_TRY(oct_onnx_input(onnx, 0, &x));
    OCT_TRY(oct_graph_unary(onnx->graph, onnx->node_name, &desc, x, &y));
    oct_onnx_set_output(onnx, y);
cleanup:
    return status;
}

/* The functions that have at most two attributes, alpha and beta. */
static const struct function {
    const char *type;
    octet_unary_function function;
    float alpha, beta; /* what they are without an attribute */
} functions[] = {
    {"Relu", OCTET_CLIP, 0.0f, INFINITY},
    {"LeakyRelu", OCTET_LEAKY_RELU, 0.01f, 0.0f},
    {"HardSigmoid", OCTET_HARD_SIGMOID, 0.2f, 0.5f},
    {"HardSwish", OCTET_HARD_SWISH, 1.0f / 6.0f, 0.5f},
    {"Sigmoid", OCTET_SIGMOID, 0.0f, 0.0f},
    {"Tanh", OCTET_TANH, 0.0f, 0.0f},
    {"Round", OCTET_ROUND, 0.0f, 0.0f},
    {"Abs", OCTET_ABSOLUTE, 0.0f, 0.0f},
    {"Neg", OCTET_NEGATE, 0.0f, 0.0f},
    {"Exp", OCTET_EXPONENTIAL, 0.0f, 0.0f},
    {"Sqrt", OCTET_SQUARE_ROOT, 0.0f, 0.0f},
};

octet_status oct_onnx_unary(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    struct function function;
    size_t row;
    OCT_TRY(oct_onnx_find_row(onnx, functions, sizeof functions / sizeof functions[0],
                              sizeof functions[0], &row));
    function = functions[row];
    OCT_TRY(oct_onnx_attribute_float(onnx, "alpha", function.alpha, &function.alpha));
    OCT_TRY(oct_onnx_attribute_float(onnx, "beta", function.beta, &function.beta));
    OCT_TRY(add_unary(onnx, function.function, function.alpha, function.beta));
cleanup:
    return status;
}

/* An input that is one constant number. */
static octet_status read_float(oct_onnx *onnx, size_t index, const char *name, float *number)
{
    octet_status status = OCTET_OK;
    oct_value constant = {.type = OCTET_F32};
    size_t count = 0;
    OCT_TRY(oct_onnx_constant(onnx, index, name, &constant));
    OCT_REQUIRE(&onnx->log,
                oct_shape_count(&constant.shape, &count) && count == 1 &&
                    constant.type == OCTET_F32,
                OCTET_UNSUPPORTED, "%s: its %s is %s with %zu elements; it must be one float",
                onnx->label, name, oct_type(constant.type)->name, count);
    *number = *(const float *)constant.data;
    OCT_REQUIRE(&onnx->log, !isnan(*number), OCTET_UNSUPPORTED, "%s: its %s is NaN", onnx->label,
                name);
cleanup:
    return status;
}

/* A bound of Clip: an input since version 11, before that an attribute. Without one even infinity
 * is clipped. */
static octet_status read_bound(oct_onnx *onnx, size_t index, const char *name, float missing,
                               float *bound)
{
    octet_status status = OCTET_OK;
    OCT_TRY(oct_onnx_attribute_float(onnx, name, missing, bound));
    if (!oct_onnx_has_input(onnx, index))
        return OCTET_OK;
    OCT_TRY(read_float(onnx, index, name, bound));
cleanup:
    return status;
}

/* Where the bounds cross, all is the upper one. */
octet_status oct_onnx_clip(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    float low, high;
    OCT_TRY(read_bound(onnx, 1, "min", -FLT_MAX, &low));
    OCT_TRY(read_bound(onnx, 2, "max", FLT_MAX, &high));
    OCT_TRY(add_unary(onnx, OCTET_CLIP, fminf(low, high), high));
cleanup:
    return status;
}

/* With one slope; others are for each channel. */
octet_status oct_onnx_prelu(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    float slope = 0.0f;
    OCT_TRY(read_float(onnx, 1, "slope", &slope));
    OCT_TRY(add_unary(onnx, OCTET_LEAKY_RELU, slope, 0.0f));
cleanup:
    return status;
}

static double power(double x, double alpha, double unused)
{
    (void)unused;
    return pow(x, alpha);
}

/* By a constant: where one operation, rounded once, gives the power, that operation. */
octet_status oct_onnx_pow(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    oct_float_function function = {.name = "Pow", .compute = power};
    const octet_shape scalar = {0};
    const float one = 1.0f;
    size_t x = OCT_NONE, y = OCT_NONE;
    OCT_TRY(oct_onnx_input(onnx, 0, &x));
    OCT_TRY(read_float(onnx, 1, "exponent", &function.alpha));
    if (function.alpha == 2.0f) {
        OCT_TRY(oct_onnx_float_binary(onnx, OCTET_MULTIPLY, x, x, &y));
    } else if (function.alpha == -1.0f) {
        OCT_TRY(oct_graph_constant(onnx->graph, OCTET_F32, &scalar, &one, &y));
        OCT_TRY(oct_onnx_float_binary(onnx, OCTET_DIVIDE, y, x, &y));
    } else if (function.alpha == 0.5f) {
        return add_unary(onnx, OCTET_SQUARE_ROOT, 0.0f, 0.0f);
    } else if (function.alpha == 1.0f) {
        OCT_TRY(oct_onnx_identity(onnx));
    } else {
        OCT_TRY(oct_graph_float_function(onnx->graph, onnx->node_name, &function, x, &y));
    }
    if (y != OCT_NONE)
        oct_onnx_set_output(onnx, y);
cleanup:
    return status;
}

/* ---- Cast, Dropout ---- */

octet_status oct_onnx_cast(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    int64_t to;
    octet_type type = OCTET_S8;
    size_t x = OCT_NONE, y = OCT_NONE;
    OCT_TRY(oct_onnx_input(onnx, 0, &x));
    OCT_TRY(oct_onnx_attribute_integer(onnx, "to", 0, INT32_MAX, 0, &to));
    const oct_value value = onnx->graph->values[x];
    if (value.constant && value.type == OCTET_F32 && oct_onnx_is_integer(to))
        return oct_onnx_sizes_of_floats(onnx);
    const bool same = value.index && oct_onnx_is_integer(to);
    OCT_REQUIRE(
        &onnx->log, same || (oct_onnx_type(to, &type) && (type == value.type || type == OCTET_F32)),
        OCTET_UNSUPPORTED, "%s: a cast of %s to %s; it must be to float%s", onnx->label,
        oct_type(value.type)->name, oct_onnx_type_name(to), value.index ? ", int32 or int64" : "");
    const octet_dequantize_desc desc = {.struct_size = sizeof desc, .input_type = value.type};
    if (same || type == value.type)
        OCT_TRY(oct_graph_view(onnx->graph, onnx->node_name, &value.shape, x, &y));
    else
        OCT_TRY(oct_graph_dequantize(onnx->graph, onnx->node_name, &desc, x, &y));
    oct_onnx_set_output(onnx, y);
cleanup:
    return status;
}

/* Whether a tensor is one bool that is false, inside the model. */
static bool is_false(const Onnx__TensorProto *tensor)
{
    if (tensor == NULL || tensor->data_type != ONNX__TENSOR_PROTO__DATA_TYPE__BOOL)
        return false;
    if (tensor->has_raw_data)
        return tensor->raw_data.len == 1 && tensor->raw_data.data[0] == 0;
    return tensor->n_int32_data == 1 && tensor->int32_data[0] == 0;
}

/* When it runs, not learns, it does nothing; whether it learns is its third input. */
octet_status oct_onnx_dropout(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    OCT_REQUIRE(&onnx->log,
                !oct_onnx_has_input(onnx, 2) ||
                    is_false(oct_onnx_find(onnx, onnx->node->input[2])->tensor),
                OCTET_UNSUPPORTED, "%s: its training_mode is given; it must be a constant, false",
                onnx->label);
    OCT_TRY(oct_onnx_identity(onnx));
cleanup:
    return status;
}
