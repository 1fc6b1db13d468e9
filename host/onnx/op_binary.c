/* op_binary.c - functions of two tensors: QLinearAdd, QLinearMul, and Add, Sub, Mul, Div, Min, Max
 * of float32. */
#include "onnx/onnx.h"

/* ---- 8 bits ---- */

/* One operand: its value, and the three inputs from "first" on that are value, scale, zero point. */
static octet_status read_operand(oct_onnx *onnx, size_t first, const char *role, size_t *value,
                                 octet_type *type, octet_quantization *quantization)
{
    octet_status status = OCTET_OK;
    OCT_TRY(oct_onnx_input(onnx, first, value));
    *type = onnx->graph->values[*value].type;
    OCT_REQUIRE(&onnx->log, oct_type_is_byte(*type), OCTET_UNSUPPORTED,
                "%s: its %s is %s; it must be int8 or uint8", onnx->label, role,
                oct_type(*type)->name);
    OCT_TRY(oct_onnx_quantization(onnx, first + 1, first + 2, role, quantization, type));
    OCT_TRY(oct_onnx_per_tensor(onnx, role, quantization));
cleanup:
    return status;
}

static octet_status convert_stored(oct_onnx *onnx, octet_binary_function function)
{
    octet_status status = OCTET_OK;
    octet_binary_desc desc = {
        .struct_size = sizeof desc, .function = function, .rule = OCTET_BINARY_FLOAT32};
    size_t a = OCT_NONE, b = OCT_NONE, y = OCT_NONE;
    OCT_TRY(read_operand(onnx, 0, "A", &a, &desc.a_type, &desc.a));
    OCT_TRY(read_operand(onnx, 3, "B", &b, &desc.b_type, &desc.b));
    desc.output_type = desc.a_type;
    OCT_TRY(oct_onnx_quantization(onnx, 6, 7, "C", &desc.output, &desc.output_type));
    OCT_TRY(oct_onnx_per_tensor(onnx, "C", &desc.output));
    OCT_REQUIRE(&onnx->log, desc.a_type == desc.b_type && desc.a_type == desc.output_type,
                OCTET_INVALID_ARGUMENT, "%s: A is %s, B %s and C %s; they must be the same",
                onnx->label, oct_type(desc.a_type)->name, oct_type(desc.b_type)->name,
                oct_type(desc.output_type)->name);
    if (oct_binary_is_turned(&onnx->graph->values[a], &onnx->graph->values[b])) {
        const octet_quantization first = desc.a;
        const size_t value = a;
        desc.a = desc.b;
        desc.b = first;
        a = b;
        b = value;
    }
    OCT_TRY(oct_graph_binary(onnx->graph, onnx->node_name, &desc, a, b, &y));
    oct_onnx_set_output(onnx, y);
cleanup:
    return status;
}

octet_status oct_onnx_qlinear_add(oct_onnx *onnx)
{
    return convert_stored(onnx, OCTET_ADD);
}

octet_status oct_onnx_qlinear_mul(oct_onnx *onnx)
{
    return convert_stored(onnx, OCTET_MULTIPLY);
}

/* ---- float32 ---- */

octet_status oct_onnx_float_binary(oct_onnx *onnx, octet_binary_function function, size_t a,
                                   size_t b, size_t *y)
{
    const octet_binary_desc desc = {.struct_size = sizeof desc,
                                    .function = function,
                                    .a_type = OCTET_F32,
                                    .b_type = OCTET_F32,
                                    .output_type = OCTET_F32};
    return oct_graph_binary(onnx->graph, onnx->node_name, &desc, a, b, y);
}

/* Min and Max have any number of inputs: two at a time, from the first on. */
static octet_status convert_floats(oct_onnx *onnx, octet_binary_function function)
{
    octet_status status = OCTET_OK;
    size_t y = OCT_NONE;
    OCT_TRY(oct_onnx_input(onnx, 0, &y));
    for (size_t i = 1; i < onnx->node->n_input; i++) {
        size_t b = OCT_NONE;
        const octet_type type = onnx->graph->values[y].type;
        OCT_TRY(oct_onnx_input(onnx, i, &b));
        const octet_type other = onnx->graph->values[b].type;
        OCT_REQUIRE(&onnx->log, type == OCTET_F32 && other == OCTET_F32, OCTET_UNSUPPORTED,
                    "%s: its inputs are %s and %s; they must be float", onnx->label,
                    oct_type(type)->name, oct_type(other)->name);
        OCT_TRY(oct_onnx_float_binary(onnx, function, y, b, &y));
    }
    oct_onnx_set_output(onnx, y);
cleanup:
    return status;
}

octet_status oct_onnx_add(oct_onnx *onnx)
{
    return convert_floats(onnx, OCTET_ADD);
}

octet_status oct_onnx_sub(oct_onnx *onnx)
{
    return convert_floats(onnx, OCTET_SUBTRACT);
}

octet_status oct_onnx_mul(oct_onnx *onnx)
{
    return convert_floats(onnx, OCTET_MULTIPLY);
}

octet_status oct_onnx_div(oct_onnx *onnx)
{
    return convert_floats(onnx, OCTET_DIVIDE);
}

octet_status oct_onnx_min(oct_onnx *onnx)
{
    return convert_floats(onnx, OCTET_MINIMUM);
}

octet_status oct_onnx_max(oct_onnx *onnx)
{
    return convert_floats(onnx, OCTET_MAXIMUM);
}
