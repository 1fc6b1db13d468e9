/* op_matmul.c - QLinearMatMul, MatMulInteger, MatMul and Gemm. */
#include "onnx/op_matmul.h"

octet_status oct_onnx_read_operands(oct_onnx *onnx, size_t b_index, octet_gemm_desc *desc,
                                    size_t *a, size_t *b)
{
    octet_status status = OCTET_OK;
    char a_text[OCT_SHAPE_TEXT], b_text[OCT_SHAPE_TEXT];
    OCT_TRY(oct_onnx_input(onnx, 0, a));
    OCT_TRY(oct_onnx_input(onnx, b_index, b));
    const oct_value left = onnx->graph->values[*a], right = onnx->graph->values[*b];
    const size_t rank = right.shape.rank;
    OCT_REQUIRE(&onnx->log, left.shape.rank >= 2 && rank >= 2, OCTET_UNSUPPORTED,
                "%s: %s times %s; both must have at least 2 dimensions", onnx->label,
                oct_shape_text(&left.shape, a_text), oct_shape_text(&right.shape, b_text));
    desc->k = right.shape.size[rank - 2];
    desc->n = right.shape.size[rank - 1];
    desc->layer.input_type = left.type;
    desc->layer.weight_type = right.type;
    OCT_REQUIRE(&onnx->log, left.shape.size[left.shape.rank - 1] == desc->k, OCTET_INVALID_ARGUMENT,
                "%s: %s cannot be multiplied by %s", onnx->label,
                oct_shape_text(&left.shape, a_text), oct_shape_text(&right.shape, b_text));
    if (right.constant && rank == 2 && !left.constant) {
        OCT_TRY(oct_graph_compute(onnx->graph, *b));
        desc->layer.weight_data = onnx->graph->values[*b].data;
        *b = OCT_NONE;
    }
cleanup:
    return status;
}

static octet_status check_type(oct_onnx *onnx, const char *role, octet_type type, octet_type given)
{
    octet_status status = OCTET_OK;
    OCT_REQUIRE(&onnx->log, oct_type_is_byte(type) && type == given, OCTET_INVALID_ARGUMENT,
                "%s: its %s is %s, its zero point %s", onnx->label, role, oct_type(type)->name,
                oct_type(given)->name);
cleanup:
    return status;
}

static octet_status add(oct_onnx *onnx, const octet_gemm_desc *desc, size_t a, size_t b)
{
    octet_status status = OCTET_OK;
    size_t c = OCT_NONE;
    OCT_TRY(oct_graph_gemm(onnx->graph, onnx->node_name, desc, a, b, &c));
    oct_onnx_set_output(onnx, c);
cleanup:
    return status;
}

octet_status oct_onnx_add_found(oct_onnx *onnx, octet_gemm_desc *desc, size_t b_index, oct_found *a,
                                oct_found *b)
{
    octet_status status = OCTET_OK;
    size_t c = OCT_NONE;
    desc->layer.dynamic_input = a->scale != OCT_NONE;
    desc->layer.dynamic_weights = b->scale != OCT_NONE;
    if (desc->layer.dynamic_weights && b->value == OCT_NONE) {
        OCT_TRY(oct_onnx_input(onnx, b_index, &b->value));
        desc->layer.weight_data = NULL;
    }
    OCT_TRY(oct_graph_gemm_found(onnx->graph, onnx->node_name, desc, a, b, &c));
    oct_onnx_set_output(onnx, c);
cleanup:
    return status;
}

octet_status oct_onnx_qlinear_matmul(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    octet_gemm_desc desc = {.struct_size = sizeof desc};
    octet_layer *const layer = &desc.layer;
    size_t a = OCT_NONE, b = OCT_NONE;
    OCT_TRY(oct_onnx_read_operands(onnx, 3, &desc, &a, &b));
    octet_type a_type = layer->input_type, b_type = layer->weight_type;
    OCT_TRY(oct_onnx_given_quantization(onnx, 1, 2, "input", &layer->input, &a_type));
    OCT_TRY(oct_onnx_given_quantization(onnx, 4, 5, "weight", &layer->weights, &b_type));
    OCT_TRY(oct_onnx_given_quantization(onnx, 6, 7, "output", &layer->output, &layer->output_type));
    OCT_TRY(check_type(onnx, "input", layer->input_type, a_type));
    OCT_TRY(check_type(onnx, "weight", layer->weight_type, b_type));
    OCT_REQUIRE(&onnx->log, oct_type_is_byte(layer->output_type), OCTET_UNSUPPORTED,
                "%s: its output is %s", onnx->label, oct_type(layer->output_type)->name);
    OCT_TRY(oct_onnx_per_tensor(onnx, "input", &layer->input));
    OCT_TRY(oct_onnx_per_tensor(onnx, "output", &layer->output));
    OCT_TRY(add(onnx, &desc, a, b));
cleanup:
    return status;
}

octet_status oct_onnx_matmul_integer(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    octet_gemm_desc desc = {.struct_size = sizeof desc};
    octet_layer *const layer = &desc.layer;
    oct_found a, b;
    OCT_TRY(oct_onnx_read_operands(onnx, 1, &desc, &a.value, &b.value));
    layer->output_type = OCTET_S32;
    OCT_TRY(oct_onnx_found_zero_point(onnx, 2, "input zero point", &layer->input, layer->input_type,
                                      &a));
    OCT_TRY(oct_onnx_found_zero_point(onnx, 3, "weight zero point", &layer->weights,
                                      layer->weight_type, &b));
    OCT_TRY(oct_onnx_per_tensor(onnx, "input", &layer->input));
    OCT_TRY(oct_onnx_add_found(onnx, &desc, 1, &a, &b));
cleanup:
    return status;
}

/* ---- Of float32: to be fused with what is around them ---- */

static octet_status add_float(oct_onnx *onnx, const oct_float_gemm *desc)
{
    octet_status status = OCTET_OK;
    size_t a = OCT_NONE, b = OCT_NONE, c = OCT_NONE, y = OCT_NONE;
    OCT_TRY(oct_onnx_input(onnx, 0, &a));
    OCT_TRY(oct_onnx_input(onnx, 1, &b));
    if (oct_onnx_has_input(onnx, 2))
        OCT_TRY(oct_onnx_input(onnx, 2, &c));
    OCT_TRY(oct_graph_float_gemm(onnx->graph, onnx->node_name, desc, a, b, c, &y));
    oct_onnx_set_output(onnx, y);
cleanup:
    return status;
}

octet_status oct_onnx_matmul(oct_onnx *onnx)
{
    const oct_float_gemm desc = {.alpha = 1, .beta = 1};
    return add_float(onnx, &desc);
}

octet_status oct_onnx_gemm(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    oct_float_gemm desc = {false, false, 1, 1};
    int64_t transpose_a, transpose_b;
    OCT_TRY(oct_onnx_attribute_integer(onnx, "transA", 0, 1, 0, &transpose_a));
    OCT_TRY(oct_onnx_attribute_integer(onnx, "transB", 0, 1, 0, &transpose_b));
    OCT_TRY(oct_onnx_attribute_float(onnx, "alpha", 1, &desc.alpha));
    OCT_TRY(oct_onnx_attribute_float(onnx, "beta", 1, &desc.beta));
    desc.transpose_a = transpose_a != 0;
    desc.transpose_b = transpose_b != 0;
    OCT_TRY(add_float(onnx, &desc));
cleanup:
    return status;
}
