/* op_concat.c - Concat of dequantized values, and ONNX Runtime's QLinearConcat. */
#include "core/quantization.h"
#include "onnx/onnx.h"

static octet_status read_count(oct_onnx *onnx, size_t count, octet_concat_desc *desc)
{
    octet_status status = OCTET_OK;
    OCT_REQUIRE(&onnx->log, count >= 1 && count <= OCTET_MAX_CONCAT, OCTET_UNSUPPORTED,
                "%s: %zu tensors; it must be 1 to %d", onnx->label, count, OCTET_MAX_CONCAT);
    desc->input_count = count;
cleanup:
    return status;
}

static octet_status read_axis(oct_onnx *onnx, size_t x, octet_concat_desc *desc)
{
    octet_status status = OCTET_OK;
    const size_t rank = onnx->graph->values[x].shape.rank;
    OCT_REQUIRE(&onnx->log, oct_onnx_attribute(onnx, "axis") != NULL, OCTET_INVALID_ARGUMENT,
                "%s: its attribute 'axis' is missing", onnx->label);
    OCT_TRY(oct_onnx_attribute_axis(onnx, rank, 0, &desc->axis));
cleanup:
    return status;
}

octet_status oct_onnx_concat(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    octet_concat_desc desc = {.struct_size = sizeof desc};
    size_t values[OCTET_MAX_CONCAT], y = OCT_NONE;
    OCT_TRY(read_count(onnx, onnx->node->n_input, &desc));
    for (size_t i = 0; i < desc.input_count; i++)
        OCT_TRY(oct_onnx_input(onnx, i, &values[i]));
    OCT_TRY(read_axis(onnx, values[0], &desc));
    OCT_TRY(oct_graph_float_concat(onnx->graph, onnx->node_name, &desc, values, &y));
    oct_onnx_set_output(onnx, y);
cleanup:
    return status;
}

/* ---- 8 bits ---- */

/* Tensor, scale and zero point from input "first" on; "entries" get a table if there has to be
 * one. */
static octet_status read_tensor(oct_onnx *onnx, size_t first, const oct_table *to, size_t *value,
                                uint8_t entries[256], bool *has_table)
{
    octet_status status = OCTET_OK;
    oct_table table = *to;
    OCT_TRY(oct_onnx_input(onnx, first, value));
    table.input_type = onnx->graph->values[*value].type;
    OCT_TRY(oct_onnx_quantization(onnx, first + 1, first + 2, "input", &table.input,
                                  &table.input_type));
    OCT_TRY(oct_onnx_per_tensor(onnx, "input", &table.input));
    OCT_REQUIRE(&onnx->log,
                table.input_type == to->output_type &&
                    onnx->graph->values[*value].type == to->output_type,
                OCTET_INVALID_ARGUMENT,
                "%s: its input %zu is %s, its zero points %s and %s; all "
                "must be s8 or all u8",
                onnx->label, first, oct_type(onnx->graph->values[*value].type)->name,
                oct_type(table.input_type)->name, oct_type(to->output_type)->name);
    *has_table = oct_scale_at(&table.input, 0) != oct_scale_at(&to->output, 0) ||
                 oct_zero_point_at(&table.input, 0) != oct_zero_point_at(&to->output, 0);
    if (*has_table)
        oct_table_fill(&table, entries);
cleanup:
    return status;
}

octet_status oct_onnx_qlinear_concat(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    octet_concat_desc desc = {.struct_size = sizeof desc};
    oct_table table = {.output_type = OCTET_U8};
    uint8_t entries[OCTET_MAX_CONCAT][256];
    size_t values[OCTET_MAX_CONCAT], y = OCT_NONE;
    OCT_REQUIRE(&onnx->log, onnx->node->n_input % 3 == 2, OCTET_INVALID_ARGUMENT,
                "%s: %zu inputs; it must be a scale and a zero point, and three of each tensor",
                onnx->label, onnx->node->n_input);
    OCT_TRY(read_count(onnx, onnx->node->n_input / 3, &desc));
    OCT_TRY(oct_onnx_quantization(onnx, 0, 1, "output", &table.output, &table.output_type));
    OCT_TRY(oct_onnx_per_tensor(onnx, "output", &table.output));
    OCT_REQUIRE(&onnx->log, oct_type_is_byte(table.output_type), OCTET_INVALID_ARGUMENT,
                "%s: its zero point is %s; it must be s8 or u8", onnx->label,
                oct_type(table.output_type)->name);
    desc.type = table.output_type;
    for (size_t i = 0; i < desc.input_count; i++) {
        bool has_table = false;
        OCT_TRY(read_tensor(onnx, 2 + 3 * i, &table, &values[i], entries[i], &has_table));
        desc.tables[i] = has_table ? entries[i] : NULL;
    }
    OCT_TRY(read_axis(onnx, values[0], &desc));
    OCT_TRY(oct_graph_concat(onnx->graph, onnx->node_name, &desc, values, &y));
    oct_onnx_set_output(onnx, y);
cleanup:
    return status;
}
