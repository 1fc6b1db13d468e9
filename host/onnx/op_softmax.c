/* op_softmax.c - Softmax of float32, and ONNX Runtime's QLinearSoftmax of 8 bits. */
#include "onnx/onnx.h"

/* Before version 13 the dimensions from the axis on were one: a matrix, and back. */
static octet_status add_flat(oct_onnx *onnx, const octet_softmax_desc *desc, size_t x, size_t *y)
{
    octet_status status = OCTET_OK;
    const oct_value value = onnx->graph->values[x];
    octet_softmax_desc rows = *desc;
    octet_shape flat = {.rank = 2, .size = {1, 1}};
    rows.axis = 1;
    OCT_REQUIRE(&onnx->log, desc->axis > 0 || !value.batched, OCTET_UNSUPPORTED,
                "%s: axis 0, which is the open first dimension", onnx->label);
    for (size_t i = 0; i < value.shape.rank; i++)
        flat.size[i < desc->axis ? 0 : 1] *= value.shape.size[i]; /* at most the elements */
    OCT_TRY(oct_graph_view(onnx->graph, onnx->node_name, &flat, x, y));
    OCT_TRY(oct_graph_softmax(onnx->graph, onnx->node_name, &rows, *y, y));
    OCT_TRY(oct_graph_view(onnx->graph, onnx->node_name, &value.shape, *y, y));
cleanup:
    return status;
}

/* "opset": the version whose axis is meant. */
static octet_status add_softmax(oct_onnx *onnx, octet_softmax_desc *desc, int64_t opset, size_t x)
{
    octet_status status = OCTET_OK;
    const bool flat = opset < 13;
    size_t y = OCT_NONE;
    const size_t rank = onnx->graph->values[x].shape.rank;
    OCT_TRY(oct_onnx_attribute_axis(onnx, rank, flat ? 1 : -1, &desc->axis));
    OCT_REQUIRE(&onnx->log, desc->axis < rank, OCTET_INVALID_ARGUMENT,
                "%s: axis %zu; its input has rank %zu", onnx->label, desc->axis, rank);
    if (flat && desc->axis + 1 < rank)
        OCT_TRY(add_flat(onnx, desc, x, &y));
    else
        OCT_TRY(oct_graph_softmax(onnx->graph, onnx->node_name, desc, x, &y));
    oct_onnx_set_output(onnx, y);
cleanup:
    return status;
}

octet_status oct_onnx_softmax(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    octet_softmax_desc desc = {.struct_size = sizeof desc, .type = OCTET_F32};
    size_t x = OCT_NONE;
    OCT_TRY(oct_onnx_input(onnx, 0, &x));
    OCT_REQUIRE(&onnx->log, onnx->graph->values[x].type == OCTET_F32, OCTET_UNSUPPORTED,
                "%s: its input is %s; it must be float", onnx->label,
                oct_type(onnx->graph->values[x].type)->name);
    OCT_TRY(add_softmax(onnx, &desc, onnx->opset, x));
cleanup:
    return status;
}

octet_status oct_onnx_qlinear_softmax(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    octet_softmax_desc desc = {.struct_size = sizeof desc};
    octet_type input, output;
    int64_t opset;
    size_t x = OCT_NONE;
    OCT_TRY(oct_onnx_input(onnx, 0, &x));
    desc.type = input = output = onnx->graph->values[x].type;
    OCT_TRY(oct_onnx_quantization(onnx, 1, 2, "input", &desc.input, &input));
    OCT_TRY(oct_onnx_quantization(onnx, 3, 4, "output", &desc.output, &output));
    OCT_REQUIRE(
        &onnx->log, oct_type_is_byte(desc.type) && input == desc.type && output == desc.type,
        OCTET_INVALID_ARGUMENT,
        "%s: its input is %s, its zero points %s and %s; all must be s8 or all u8", onnx->label,
        oct_type(desc.type)->name, oct_type(input)->name, oct_type(output)->name);
    OCT_TRY(oct_onnx_per_tensor(onnx, "input", &desc.input));
    OCT_TRY(oct_onnx_per_tensor(onnx, "output", &desc.output));
    OCT_TRY(oct_onnx_attribute_integer(onnx, "opset", 1, INT32_MAX, 0, &opset));
    OCT_REQUIRE(&onnx->log, opset > 0, OCTET_INVALID_ARGUMENT,
                "%s: its attribute 'opset' is missing", onnx->label);
    OCT_TRY(add_softmax(onnx, &desc, opset, x));
cleanup:
    return status;
}
