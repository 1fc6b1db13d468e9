/* op_dynamic.c - DynamicQuantizeLinear, and ONNX Runtime's products of what it gives, as its optimizer
 * writes them: DynamicQuantizeMatMul and MatMulIntegerToFloat. */
#include "onnx/op_matmul.h"

octet_status oct_onnx_dynamic_quantize_linear(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    const octet_shape number = {.rank = 0};
    oct_graph *const graph = onnx->graph;
    oct_found found;
    size_t x = OCT_NONE, scale = OCT_NONE, zero_point = OCT_NONE;
    OCT_TRY(oct_onnx_input(onnx, 0, &x));
    OCT_TRY(oct_graph_quantize_found(graph, onnx->node_name, x, &found));
    OCT_TRY(oct_graph_view(graph, onnx->node_name, &number, found.scale, &scale));
    OCT_TRY(oct_graph_narrow(graph, onnx->node_name, found.zero_point, &zero_point));
    OCT_TRY(oct_graph_view(graph, onnx->node_name, &number, zero_point, &zero_point));
    oct_onnx_set_output_at(onnx, 0, found.value);
    oct_onnx_set_output_at(onnx, 1, scale);
    oct_onnx_set_output_at(onnx, 2, zero_point);
cleanup:
    return status;
}

/* ---- Products ---- */

/* One float32 for each column, or for all. */
static octet_status read_numbers(oct_onnx *onnx, size_t index, const char *role, size_t columns,
                                 const float **numbers, size_t *count)
{
    octet_status status = OCTET_OK;
    oct_value constant = {.type = OCTET_F32};
    OCT_TRY(oct_onnx_constant(onnx, index, role, &constant));
    oct_shape_count(&constant.shape, count);
    OCT_REQUIRE(&onnx->log,
                constant.type == OCTET_F32 && constant.shape.rank <= 1 &&
                    (*count == 1 || *count == columns),
                OCTET_INVALID_ARGUMENT,
                "%s: its %s is %s with %zu dimensions and %zu elements; it must be float, one or "
                "%zu of them",
                onnx->label, role, oct_type(constant.type)->name, constant.shape.rank, *count,
                columns);
    *numbers = constant.data;
cleanup:
    return status;
}

static octet_status read_bias(oct_onnx *onnx, size_t index, octet_gemm_desc *desc)
{
    octet_status status = OCTET_OK;
    const float *numbers = NULL;
    size_t count = 0;
    if (!oct_onnx_has_input(onnx, index))
        return OCTET_OK;
    OCT_TRY(read_numbers(onnx, index, "bias", desc->n, &numbers, &count));
    OCT_REQUIRE(&onnx->log, count == desc->n, OCTET_INVALID_ARGUMENT,
                "%s: its bias has %zu elements; it must have %zu", onnx->label, count, desc->n);
    desc->layer.bias = numbers;
    desc->layer.bias_type = OCTET_F32;
cleanup:
    return status;
}

/* Of constant weights; a zero point may be absent. */
static octet_status read_weight_parameters(oct_onnx *onnx, size_t scale, size_t zero_point,
                                           octet_gemm_desc *desc)
{
    octet_status status = OCTET_OK;
    octet_quantization *const weights = &desc->layer.weights;
    OCT_TRY(read_numbers(onnx, scale, "weight scale", desc->n, &weights->scales,
                         &weights->scale_count));
    OCT_TRY(oct_onnx_zero_points(onnx, zero_point, "weight zero point", weights,
                                 desc->layer.weight_type));
cleanup:
    return status;
}

octet_status oct_onnx_dynamic_quantize_matmul(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    octet_gemm_desc desc = {.struct_size = sizeof desc};
    oct_found a, b = {OCT_NONE, OCT_NONE, OCT_NONE};
    OCT_TRY(oct_onnx_read_operands(onnx, 1, &desc, &a.value, &b.value));
    OCT_TRY(read_weight_parameters(onnx, 2, 3, &desc));
    OCT_TRY(read_bias(onnx, 4, &desc));
    OCT_TRY(oct_graph_quantize_found(onnx->graph, onnx->node_name, a.value, &a));
    desc.layer.input_type = OCTET_U8;
    desc.layer.output_type = OCTET_F32;
    OCT_TRY(oct_onnx_add_found(onnx, &desc, 1, &a, &b));
cleanup:
    return status;
}

/* The scale of A, which a node computes or the model holds. */
static octet_status read_input_scale(oct_onnx *onnx, size_t index, octet_gemm_desc *desc,
                                     oct_found *a)
{
    octet_status status = OCTET_OK;
    octet_type type = desc->layer.input_type;
    size_t scale = OCT_NONE, count = 0;
    OCT_TRY(oct_onnx_input(onnx, index, &scale));
    const oct_value value = onnx->graph->values[scale];
    if (value.constant && a->scale == OCT_NONE)
        return oct_onnx_quantization(onnx, index, 4, "input", &desc->layer.input, &type);
    oct_shape_count(&value.shape, &count);
    OCT_REQUIRE(&onnx->log,
                a->scale != OCT_NONE && value.type == OCTET_F32 && count == 1 && !value.batched,
                OCTET_UNSUPPORTED,
                "%s: its input scale is computed; it must be one float, beside a zero point that "
                "is computed too",
                onnx->label);
    OCT_TRY(oct_graph_view(onnx->graph, onnx->node_name, &(octet_shape){.rank = 1, .size = {1}},
                           scale, &a->scale));
cleanup:
    return status;
}

octet_status oct_onnx_matmul_integer_to_float(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    octet_gemm_desc desc = {.struct_size = sizeof desc};
    octet_layer *const layer = &desc.layer;
    oct_found a, b = {OCT_NONE, OCT_NONE, OCT_NONE};
    OCT_TRY(oct_onnx_read_operands(onnx, 1, &desc, &a.value, &b.value));
    layer->output_type = OCTET_F32;
    OCT_TRY(oct_onnx_found_zero_point(onnx, 4, "input zero point", &layer->input, layer->input_type,
                                      &a));
    OCT_TRY(read_input_scale(onnx, 2, &desc, &a));
    OCT_TRY(oct_onnx_per_tensor(onnx, "input", &layer->input));
    OCT_TRY(read_weight_parameters(onnx, 3, 5, &desc));
    OCT_TRY(read_bias(onnx, 6, &desc));
    OCT_TRY(oct_onnx_add_found(onnx, &desc, 1, &a, &b));
cleanup:
    return status;
}
