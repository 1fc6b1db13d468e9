/* zero_point.c - zero points that are known only at run time: models have them as 8 bits, operators
 * as S32. */
#include "network/ops.h"

/* Views in a row that are followed; models have one. */
#define MOST_VIEWS 8

static const octet_shape one_number = {.rank = 1, .size = {1}};

size_t oct_graph_behind_views(const oct_graph *graph, size_t value)
{
    for (size_t i = 0; i < MOST_VIEWS; i++) {
        const oct_node *const maker = graph->values[value].maker;
        if (maker == NULL || maker->op != &oct_op_view)
            break;
        value = maker->inputs[0];
    }
    return value;
}

octet_status oct_graph_narrow(oct_graph *graph, const char *name, size_t zero_point, size_t *narrow)
{
    octet_status status = OCTET_OK;
    const octet_dequantize_desc as_float = {.struct_size = sizeof as_float,
                                            .input_type = OCTET_S32};
    const octet_quantize_desc as_byte = {.struct_size = sizeof as_byte, .output_type = OCTET_U8};
    size_t value;
    OCT_TRY(oct_graph_dequantize(graph, name, &as_float, zero_point, &value));
    OCT_TRY(oct_graph_quantize(graph, name, &as_byte, value, narrow));
cleanup:
    return status;
}

/* What oct_graph_narrow made "value" from, or OCT_NONE. Nothing else makes 8 bits of an S32 without
 * a scale. */
static size_t find_wide(const oct_graph *graph, size_t value)
{
    const oct_node *const quantize = graph->values[value].maker;
    if (quantize == NULL || quantize->op != &oct_op_quantize)
        return OCT_NONE;
    const oct_node *const dequantize = graph->values[quantize->inputs[0]].maker;
    if (dequantize == NULL || dequantize->op != &oct_op_dequantize)
        return OCT_NONE;
    const size_t wide = dequantize->inputs[0];
    const oct_node *const found = graph->values[wide].maker;
    const bool is_zero_point = found != NULL && found->op == &oct_op_quantize_found;
    return is_zero_point && wide == found->output + 2 ? wide : OCT_NONE;
}

/* A product with 1 is the number itself, with 32 bits. */
static octet_status multiply_by_one(oct_graph *graph, const char *name, size_t value, size_t *wide)
{
    static const int8_t one = 1;
    octet_status status = OCTET_OK;
    const octet_shape matrix = {.rank = 2, .size = {1, 1}};
    octet_gemm_desc desc = {.struct_size = sizeof desc, .n = 1, .k = 1};
    desc.layer.input_type = graph->values[value].type;
    desc.layer.weight_type = OCTET_S8;
    desc.layer.output_type = OCTET_S32;
    desc.layer.weight_data = &one;
    OCT_TRY(oct_graph_view(graph, name, &matrix, value, &value));
    OCT_TRY(oct_graph_gemm(graph, name, &desc, value, OCT_NONE, &value));
    OCT_TRY(oct_graph_view(graph, name, &one_number, value, wide));
cleanup:
    return status;
}

octet_status oct_graph_widen(oct_graph *graph, const char *name, size_t narrow, size_t *zero_point)
{
    octet_status status = OCTET_OK;
    const size_t value = oct_graph_behind_views(graph, narrow);
    *zero_point = find_wide(graph, value);
    if (*zero_point == OCT_NONE)
        OCT_TRY(multiply_by_one(graph, name, narrow, zero_point));
cleanup:
    return status;
}
