/* op_lookup.c - the node that computes a function of one 8-bit value, and the tables of such
 * functions of real numbers. */
#include "core/quantization.h"
#include "network/layout.h"
#include "network/ops.h"
#include "reference/reference.h"

static void lookup_keep(oct_graph *graph, void *desc)
{
    octet_lookup_desc *const lookup = desc;
    lookup->table = oct_graph_keep(graph, lookup->table, 256, 1);
}

static octet_status lookup_infer(const oct_graph *graph, const oct_node *node, oct_value *output)
{
    octet_status status = OCTET_OK;
    const octet_lookup_desc *const desc = node->desc;
    const oct_value *const x = oct_graph_input_of(graph, node, 0);
    OCT_REQUIRE(&graph->log, oct_type_is_byte(x->type) && x->type == desc->input_type,
                OCTET_INVALID_ARGUMENT, "node '%s': its input is %s and its table one of %s",
                node->name, oct_type(x->type)->name, oct_type(desc->input_type)->name);
    OCT_REQUIRE(&graph->log, oct_type_is_byte(desc->output_type), OCTET_INVALID_ARGUMENT,
                "node '%s': its output is %s; it must be s8 or u8", node->name,
                oct_type(desc->output_type)->name);
    output->type = desc->output_type;
    output->shape = x->shape;
    output->batched = x->batched;
cleanup:
    return status;
}

static octet_status lookup_create(octet_context *context, const oct_node *node, const char *variant,
                                  octet_operator **out)
{
    octet_lookup_desc desc = *(const octet_lookup_desc *)node->desc;
    desc.variant = variant;
    return octet_lookup_create(context, &desc, out);
}

const oct_op oct_op_lookup = {
    .name = "lookup",
    .desc_size = sizeof(octet_lookup_desc),
    .keep = lookup_keep,
    .infer = lookup_infer,
    .lay_out = oct_lay_out_any,
    .create = lookup_create,
    .describe = NULL,
};

octet_status oct_graph_lookup(oct_graph *graph, const char *name, const octet_lookup_desc *desc,
                              size_t x, size_t *y)
{
    return oct_graph_add(graph, &oct_op_lookup, name, desc, &x, 1, y);
}

void oct_table_fill(const oct_table *table, uint8_t entries[256])
{
    const oct_type_info *const y = oct_type(table->output_type);
    for (int i = 0; i < 256; i++) {
        const int32_t x = table->input_type == OCTET_S8 ? (int8_t)i : i;
        const float steps = (float)(x - oct_zero_point_at(&table->input, 0));
        const float real = oct_scale_at(&table->input, 0) * steps;
        const float result =
            table->function != NULL ? table->function(real, table->parameter) : real;
        entries[i] = (uint8_t)oct_reference_quantize_one(
            OCTET_QUANTIZE_DIVIDE, result, oct_scale_at(&table->output, 0),
            oct_zero_point_at(&table->output, 0), y->low, y->high);
    }
}
