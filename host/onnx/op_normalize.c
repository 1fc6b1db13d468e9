/* op_normalize.c - BatchNormalization with constant parameters: a product and a sum for each channel. */
#include <math.h>

#include "onnx/onnx.h"

/* One number for each channel, input "index" of the node. */
static octet_status read_channels(oct_onnx *onnx, size_t index, const char *role, size_t channels,
                                  const float **numbers)
{
    octet_status status = OCTET_OK;
    oct_value constant = {.type = OCTET_F32};
    OCT_TRY(oct_onnx_constant(onnx, index, role, &constant));
    OCT_REQUIRE(&onnx->log,
                constant.type == OCTET_F32 && constant.shape.rank == 1 &&
                    constant.shape.size[0] == channels,
                OCTET_INVALID_ARGUMENT, "%s: its %s must be %zu floats", onnx->label, role,
                channels);
    *numbers = constant.data;
cleanup:
    return status;
}

/* Each step rounded, in the order of ONNX Runtime. */
static octet_status read_factors(oct_onnx *onnx, size_t channels, float *factors, float *terms)
{
    octet_status status = OCTET_OK;
    const float *scale = NULL, *bias = NULL, *mean = NULL, *variance = NULL;
    float epsilon;
    OCT_TRY(oct_onnx_attribute_float(onnx, "epsilon", 1e-5f, &epsilon));
    OCT_TRY(read_channels(onnx, 1, "scale", channels, &scale));
    OCT_TRY(read_channels(onnx, 2, "B", channels, &bias));
    OCT_TRY(read_channels(onnx, 3, "mean", channels, &mean));
    OCT_TRY(read_channels(onnx, 4, "variance", channels, &variance));
    for (size_t i = 0; i < channels; i++) {
        const float inverse = 1.0f / sqrtf(variance[i] + epsilon);
        factors[i] = inverse * scale[i];
        const float shift = mean[i] * factors[i];
        terms[i] = bias[i] - shift;
    }
cleanup:
    return status;
}

/* x with numbers of channels, whose dimension is the second. */
static octet_status combine(oct_onnx *onnx, octet_binary_function function, size_t channels,
                            const float *numbers, size_t *x)
{
    octet_status status = OCTET_OK;
    octet_shape shape = {.rank = onnx->graph->values[*x].shape.rank};
    size_t constant = OCT_NONE;
    for (size_t i = 0; i < shape.rank; i++)
        shape.size[i] = i == 1 ? channels : 1;
    OCT_TRY(oct_graph_constant(onnx->graph, OCTET_F32, &shape, numbers, &constant));
    OCT_TRY(oct_onnx_float_binary(onnx, function, *x, constant, x));
cleanup:
    return status;
}

octet_status oct_onnx_batch_normalization(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    int64_t learns;
    float momentum;
    size_t x = OCT_NONE;
    OCT_TRY(oct_onnx_attribute_integer(onnx, "training_mode", 0, 0, 0, &learns));
    OCT_TRY(oct_onnx_attribute_float(onnx, "momentum", 0.9f, &momentum)); /* of learning */
    OCT_TRY(oct_onnx_input(onnx, 0, &x));
    const octet_shape shape = onnx->graph->values[x].shape;
    OCT_REQUIRE(&onnx->log, shape.rank >= 2, OCTET_UNSUPPORTED,
                "%s: its input has %zu dimensions; it must have at least 2", onnx->label,
                shape.rank);
    const size_t channels = shape.size[1];
    float *const factors = oct_graph_keep(onnx->graph, NULL, channels, sizeof *factors);
    float *const terms = oct_graph_keep(onnx->graph, NULL, channels, sizeof *terms);
    OCT_REQUIRE(&onnx->log, factors != NULL && terms != NULL, OCTET_OUT_OF_MEMORY,
                "out of host memory: %zu channels", channels);
    OCT_TRY(read_factors(onnx, channels, factors, terms));
    OCT_TRY(combine(onnx, OCTET_MULTIPLY, channels, factors, &x));
    OCT_TRY(combine(onnx, OCTET_ADD, channels, terms, &x));
    oct_onnx_set_output(onnx, x);
cleanup:
    return status;
}
