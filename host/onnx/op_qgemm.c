/* op_qgemm.c - com.microsoft.QGemm: Gemm in QOperator form. It becomes what it stands for, Gemm of
 * dequantized values that is quantized again, and is fused like that. */
#include "core/floats.h"
#include "core/quantization.h"
#include "onnx/onnx.h"

/* Input "index" dequantized by the two after it, which may vary along "axis". */
static octet_status dequantize(oct_onnx *onnx, size_t index, const char *role, size_t axis,
                               octet_dequantize_desc *desc, size_t *value)
{
    octet_status status = OCTET_OK;
    size_t q = OCT_NONE;
    OCT_TRY(oct_onnx_input(onnx, index, &q));
    desc->input_type = onnx->graph->values[q].type;
    OCT_TRY(
        oct_onnx_quantization(onnx, index + 1, index + 2, role, &desc->input, &desc->input_type));
    desc->per_axis = desc->input.scale_count > 1;
    desc->axis = axis;
    OCT_TRY(oct_graph_dequantize(onnx->graph, onnx->node_name, desc, q, value));
cleanup:
    return status;
}

/* The bias, whose scale is alpha * s_a * s_b. */
static octet_status dequantize_bias(oct_onnx *onnx, float alpha, const octet_quantization *a,
                                    const octet_quantization *b, size_t *value)
{
    octet_status status = OCTET_OK;
    octet_dequantize_desc desc = {.struct_size = sizeof desc, .input_type = OCTET_S32};
    const size_t count = b->scale_count > 1 ? b->scale_count : 1;
    size_t c = OCT_NONE;
    if (!oct_onnx_has_input(onnx, 6))
        return OCTET_OK;
    OCT_TRY(oct_onnx_input(onnx, 6, &c));
    float *const scales = oct_graph_keep(onnx->graph, NULL, count, sizeof *scales);
    OCT_REQUIRE(&onnx->log, scales != NULL, OCTET_OUT_OF_MEMORY, "out of host memory: scales");
    for (size_t i = 0; i < count; i++) {
        const float scale = alpha * oct_scale_at(a, 0);
        scales[i] = scale * oct_scale_at(b, i);
    }
    desc.input = (octet_quantization){.scales = scales, .scale_count = count};
    desc.per_axis = count > 1;
    desc.axis = onnx->graph->values[c].shape.rank > 0 ? onnx->graph->values[c].shape.rank - 1 : 0;
    OCT_TRY(oct_graph_dequantize(onnx->graph, onnx->node_name, &desc, c, value));
cleanup:
    return status;
}

/* To 8 bits where the output's parameters are given. */
static octet_status quantize(oct_onnx *onnx, size_t *value)
{
    octet_status status = OCTET_OK;
    octet_quantize_desc desc = {.struct_size = sizeof desc, .output_type = OCTET_U8};
    if (!oct_onnx_has_input(onnx, 7))
        return OCTET_OK;
    OCT_TRY(oct_onnx_quantization(onnx, 7, 8, "output", &desc.output, &desc.output_type));
    OCT_TRY(oct_onnx_per_tensor(onnx, "output", &desc.output));
    OCT_TRY(oct_graph_quantize(onnx->graph, onnx->node_name, &desc, *value, value));
cleanup:
    return status;
}

octet_status oct_onnx_qgemm(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    octet_dequantize_desc a_desc = {.struct_size = sizeof a_desc}, b_desc = a_desc;
    oct_float_gemm desc = {.beta = 1};
    int64_t transpose_a, transpose_b;
    size_t a = OCT_NONE, b = OCT_NONE, c = OCT_NONE, y = OCT_NONE;
    OCT_TRY(oct_onnx_attribute_integer(onnx, "transA", 0, 1, 0, &transpose_a));
    OCT_TRY(oct_onnx_attribute_integer(onnx, "transB", 0, 1, 0, &transpose_b));
    OCT_TRY(oct_onnx_attribute_float(onnx, "alpha", 1, &desc.alpha));
    OCT_TRY(dequantize(onnx, 0, "input", 0, &a_desc, &a));
    OCT_TRY(dequantize(onnx, 3, "weight", transpose_b != 0 ? 0 : 1, &b_desc, &b));
    OCT_TRY(dequantize_bias(onnx, desc.alpha, &a_desc.input, &b_desc.input, &c));
    desc.transpose_a = transpose_a != 0;
    desc.transpose_b = transpose_b != 0;
    OCT_TRY(oct_graph_float_gemm(onnx->graph, onnx->node_name, &desc, a, b, c, &y));
    OCT_TRY(quantize(onnx, &y));
    oct_onnx_set_output(onnx, y);
cleanup:
    return status;
}
