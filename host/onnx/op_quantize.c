/* op_quantize.c - QuantizeLinear and DequantizeLinear, per tensor or along an axis. */
#include "onnx/onnx.h"

/* Attributes of newer versions: their defaults mean what the older versions do. */
static octet_status check_defaults(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    int64_t value;
    OCT_TRY(oct_onnx_attribute_integer(onnx, "block_size", 0, 0, 0, &value));
    OCT_TRY(oct_onnx_attribute_integer(onnx, "precision", 0, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT,
                                       0, &value));
    OCT_REQUIRE(&onnx->log, value == 0 || value == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT,
                OCTET_UNSUPPORTED, "%s: its attribute 'precision' is %s", onnx->label,
                oct_onnx_type_name(value));
cleanup:
    return status;
}

/* With one value the axis does not matter; with more there is one per index of it. */
static octet_status read_axis(oct_onnx *onnx, size_t x, const octet_quantization *quantization,
                              int *per_axis, size_t *axis)
{
    octet_status status = OCTET_OK;
    const oct_value *const value = &onnx->graph->values[x];
    const size_t count = quantization->scale_count > quantization->zero_point_count
                             ? quantization->scale_count
                             : quantization->zero_point_count;
    *per_axis = count > 1;
    *axis = 0;
    if (!*per_axis)
        return OCTET_OK;
    OCT_TRY(oct_onnx_attribute_axis(onnx, value->shape.rank, 1, axis));
    OCT_REQUIRE(&onnx->log, *axis > 0 || !value->batched, OCTET_UNSUPPORTED,
                "%s: %zu scales along axis 0, which is open: its size is the number of images, and "
                "no axis of scales",
                onnx->label, count);
    OCT_REQUIRE(&onnx->log, *axis < value->shape.rank && value->shape.size[*axis] == count,
                OCTET_INVALID_ARGUMENT,
                "%s: %zu scales along axis %zu of an input with %zu dimensions; they must be as "
                "many as it is long",
                onnx->label, count, *axis, value->shape.rank);
cleanup:
    return status;
}

octet_status oct_onnx_quantize_linear(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    octet_quantize_desc desc = {.struct_size = sizeof desc, .output_type = OCTET_U8};
    int64_t wanted;
    size_t x = OCT_NONE, y = OCT_NONE;
    OCT_TRY(check_defaults(onnx));
    OCT_TRY(oct_onnx_input(onnx, 0, &x));
    OCT_TRY(oct_onnx_attribute_integer(onnx, "output_dtype", 0, INT32_MAX, 0, &wanted));
    OCT_REQUIRE(&onnx->log, wanted == 0 || oct_onnx_type(wanted, &desc.output_type),
                OCTET_UNSUPPORTED, "%s: its output is %s", onnx->label, oct_onnx_type_name(wanted));
    const octet_type declared = desc.output_type;
    OCT_TRY(oct_onnx_quantization(onnx, 1, 2, "output", &desc.output, &desc.output_type));
    OCT_REQUIRE(&onnx->log, oct_type_is_byte(desc.output_type), OCTET_UNSUPPORTED,
                "%s: its output is %s; it must be int8 or uint8", onnx->label,
                oct_type(desc.output_type)->name);
    OCT_REQUIRE(&onnx->log, wanted == 0 || declared == desc.output_type, OCTET_INVALID_ARGUMENT,
                "%s: its zero point is %s, its output_dtype %s", onnx->label,
                oct_type(desc.output_type)->name, oct_type(declared)->name);
    OCT_TRY(read_axis(onnx, x, &desc.output, &desc.per_axis, &desc.axis));
    OCT_TRY(oct_graph_quantize(onnx->graph, onnx->node_name, &desc, x, &y));
    oct_onnx_set_output(onnx, y);
cleanup:
    return status;
}

octet_status oct_onnx_dequantize_linear(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    octet_dequantize_desc desc = {.struct_size = sizeof desc};
    int64_t wanted;
    size_t x = OCT_NONE, y = OCT_NONE;
    OCT_TRY(check_defaults(onnx));
    OCT_TRY(oct_onnx_attribute_integer(onnx, "output_dtype", 0,
                                       ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, 0, &wanted));
    OCT_TRY(oct_onnx_input(onnx, 0, &x));
    desc.input_type = onnx->graph->values[x].type;
    OCT_TRY(oct_onnx_quantization(onnx, 1, 2, "input", &desc.input, &desc.input_type));
    OCT_TRY(read_axis(onnx, x, &desc.input, &desc.per_axis, &desc.axis));
    OCT_TRY(oct_graph_dequantize(onnx->graph, onnx->node_name, &desc, x, &y));
    oct_onnx_set_output(onnx, y);
cleanup:
    return status;
}
