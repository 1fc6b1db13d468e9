/* op_function.c - functions of one float32 that are computed on the host alone: of each stored value,
 * where they are between 8-bit values, and of constants. In float64 by the C library, rounded once. */
#include <math.h>
#include <string.h>

#include "onnx/onnx.h"

/* ---- Functions of x and two parameters ---- */

static double elu(double x, double alpha, double unused)
{
    (void)unused;
    return x < 0 ? alpha * expm1(x) : x;
}

static double selu(double x, double alpha, double gamma)
{
    return gamma * (x > 0 ? x : alpha * expm1(x));
}

static double celu(double x, double alpha, double unused)
{
    (void)unused;
    return isnan(x) ? x : fmax(x, 0) + fmin(0, alpha * expm1(x / alpha));
}

/* log(1 + e^x), whose power must not overflow. */
static double softplus(double x, double unused, double none)
{
    (void)unused, (void)none;
    return fmax(x, 0) + log1p(exp(-fabs(x)));
}

static double softsign(double x, double unused, double none)
{
    (void)unused, (void)none;
    return x / (1 + fabs(x));
}

static double mish(double x, double unused, double none)
{
    return x * tanh(softplus(x, unused, none));
}

static double swish(double x, double alpha, double unused)
{
    (void)unused;
    return x / (1 + exp(-alpha * x));
}

static double error_function(double x, double unused, double none)
{
    (void)unused, (void)none;
    return erf(x);
}

static double gelu(double x, double unused, double none)
{
    (void)unused, (void)none;
    return 0.5 * x * (1 + erf(x * 0.70710678118654752));
}

static double gelu_tanh(double x, double unused, double none)
{
    (void)unused, (void)none;
    return 0.5 * x * (1 + tanh(0.79788456080286536 * (x + 0.044715 * x * x * x)));
}

static double logarithm(double x, double unused, double none)
{
    (void)unused, (void)none;
    return log(x);
}

static double reciprocal(double x, double unused, double none)
{
    (void)unused, (void)none;
    return 1 / x;
}

static double sine(double x, double unused, double none)
{
    (void)unused, (void)none;
    return sin(x);
}

static double cosine(double x, double unused, double none)
{
    (void)unused, (void)none;
    return cos(x);
}

static double thresholded_relu(double x, double alpha, double unused)
{
    (void)unused;
    return x > alpha ? x : 0;
}

static double sign(double x, double unused, double none)
{
    (void)unused, (void)none;
    return x > 0 ? 1 : x < 0 ? -1 : x;
}

static double round_down(double x, double unused, double none)
{
    (void)unused, (void)none;
    return floor(x);
}

static double round_up(double x, double unused, double none)
{
    (void)unused, (void)none;
    return ceil(x);
}

/* ---- The operators ---- */

/* With what alpha and beta are without an attribute. */
static const oct_float_function functions[] = {
    {"Elu", elu, 1.0f, 0.0f},
    {"Selu", selu, 1.67326319217681884765625f, 1.05070102214813232421875f},
    {"Celu", celu, 1.0f, 0.0f},
    {"Softplus", softplus, 0.0f, 0.0f},
    {"Softsign", softsign, 0.0f, 0.0f},
    {"Mish", mish, 0.0f, 0.0f},
    {"Swish", swish, 1.0f, 0.0f},
    {"QuickGelu", swish, 1.702f, 0.0f},
    {"Erf", error_function, 0.0f, 0.0f},
    {"Log", logarithm, 0.0f, 0.0f},
    {"Reciprocal", reciprocal, 0.0f, 0.0f},
    {"Sin", sine, 0.0f, 0.0f},
    {"Cos", cosine, 0.0f, 0.0f},
    {"ThresholdedRelu", thresholded_relu, 1.0f, 0.0f},
    {"Sign", sign, 0.0f, 0.0f},
    {"Floor", round_down, 0.0f, 0.0f},
    {"Ceil", round_up, 0.0f, 0.0f},
};

static octet_status compute(oct_onnx *onnx, const oct_value *x, const oct_float_function *function,
                            size_t *y)
{
    octet_status status = OCTET_OK;
    size_t count = 0;
    oct_shape_count(&x->shape, &count);
    float *const numbers = oct_graph_keep(onnx->graph, x->data, count, sizeof *numbers);
    OCT_REQUIRE(&onnx->log, numbers != NULL, OCTET_OUT_OF_MEMORY, "out of host memory: numbers");
    for (size_t i = 0; i < count; i++)
        numbers[i] = oct_float_function_at(function, numbers[i]);
    OCT_TRY(oct_graph_constant(onnx->graph, OCTET_F32, &x->shape, numbers, y));
cleanup:
    return status;
}

static octet_status add_function(oct_onnx *onnx, const oct_float_function *function)
{
    octet_status status = OCTET_OK;
    oct_value constant = {.type = OCTET_F32};
    size_t x = OCT_NONE, y = OCT_NONE;
    OCT_TRY(oct_onnx_input(onnx, 0, &x));
    const oct_value *const value = &onnx->graph->values[x];
    OCT_REQUIRE(&onnx->log, value->type == OCTET_F32, OCTET_UNSUPPORTED,
                "%s: its input is %s; it must be f32", onnx->label, oct_type(value->type)->name);
    if (value->constant) {
        OCT_TRY(oct_onnx_constant(onnx, 0, "data", &constant));
        OCT_TRY(compute(onnx, &constant, function, &y));
    } else {
        OCT_TRY(oct_graph_float_function(onnx->graph, onnx->node_name, function, x, &y));
    }
    oct_onnx_set_output(onnx, y);
cleanup:
    return status;
}

octet_status oct_onnx_function(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    oct_float_function function;
    size_t row;
    OCT_TRY(oct_onnx_find_row(onnx, functions, sizeof functions / sizeof functions[0],
                              sizeof functions[0], &row));
    function = functions[row];
    OCT_TRY(oct_onnx_attribute_float(onnx, "alpha", function.alpha, &function.alpha));
    OCT_TRY(oct_onnx_attribute_float(onnx, "gamma", function.beta, &function.beta));
    OCT_REQUIRE(&onnx->log, function.compute != celu || function.alpha != 0.0f,
                OCTET_INVALID_ARGUMENT, "%s: its attribute 'alpha' is 0", onnx->label);
    OCT_TRY(add_function(onnx, &function));
cleanup:
    return status;
}

octet_status oct_onnx_gelu(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    oct_float_function function = {.name = "Gelu", .compute = gelu};
    char approximate[16];
    OCT_TRY(oct_onnx_attribute_text(onnx, "approximate", "none", approximate, sizeof approximate));
    const bool by_tanh = strcmp(approximate, "tanh") == 0;
    OCT_REQUIRE(&onnx->log, by_tanh || strcmp(approximate, "none") == 0, OCTET_INVALID_ARGUMENT,
                "%s: its attribute 'approximate' is '%s'; it must be none or tanh", onnx->label,
                approximate);
    if (by_tanh)
        function.compute = gelu_tanh;
    OCT_TRY(add_function(onnx, &function));
cleanup:
    return status;
}
