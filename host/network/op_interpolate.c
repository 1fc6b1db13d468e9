/* op_interpolate.c - the node that makes each element of four neighbours in two dimensions. */
#include "network/layout.h"
#include "network/ops.h"

static void keep_line(oct_graph *graph, octet_interpolation *line)
{
    line->first = oct_graph_keep(graph, line->first, line->size, sizeof *line->first);
    line->second = oct_graph_keep(graph, line->second, line->size, sizeof *line->second);
    line->first_weight =
        oct_graph_keep(graph, line->first_weight, line->size, sizeof *line->first_weight);
    line->second_weight =
        oct_graph_keep(graph, line->second_weight, line->size, sizeof *line->second_weight);
}

static void interpolate_keep(oct_graph *graph, void *description)
{
    octet_interpolate_desc *const desc = description;
    oct_node_keep_quantization(graph, &desc->input);
    oct_node_keep_quantization(graph, &desc->output);
    keep_line(graph, &desc->rows);
    keep_line(graph, &desc->columns);
}

static octet_status interpolate_infer(const oct_graph *graph, const oct_node *node,
                                      oct_value *output)
{
    octet_status status = OCTET_OK;
    const octet_interpolate_desc *const desc = node->desc;
    const oct_value *const x = oct_graph_input_of(graph, node, 0);
    OCT_REQUIRE(&graph->log,
                x->type == desc->input_type && x->type != OCTET_S32 &&
                    (x->type == OCTET_F32) == (desc->output_type == OCTET_F32),
                OCTET_UNSUPPORTED, "node '%s': its input is %s; it must be f32, s8 or u8",
                node->name, oct_type(x->type)->name);
    OCT_TRY(oct_node_check_quantization(graph, node, "input", &desc->input, x->type, 1));
    OCT_TRY(
        oct_node_check_quantization(graph, node, "output", &desc->output, desc->output_type, 1));
    OCT_REQUIRE(&graph->log, x->shape.rank >= 2 && desc->axis <= x->shape.rank - 2,
                OCTET_INVALID_ARGUMENT, "node '%s': axis %zu and the next; its input has %zu",
                node->name, desc->axis, x->shape.rank);
    OCT_REQUIRE(&graph->log, desc->axis > 0 || !x->batched, OCTET_UNSUPPORTED,
                "node '%s': it interpolates in the open first dimension", node->name);
    *output = (oct_value){.type = desc->output_type, .shape = x->shape, .batched = x->batched};
    output->shape.size[desc->axis] = desc->rows.size;
    output->shape.size[desc->axis + 1] = desc->columns.size;
cleanup:
    return status;
}

/* Rows and columns must be neighbours in the stored order too. */
static octet_status interpolate_lay_out(oct_graph *graph, oct_node *node)
{
    octet_interpolate_desc *const desc = node->desc;
    const oct_stored stored = oct_graph_input_of(graph, node, 0)->stored;
    const size_t axis = oct_stored_axis(stored, desc->axis);
    if (oct_stored_axis(stored, desc->axis + 1) != axis + 1)
        return oct_lay_out_plain(graph, node);
    desc->axis = axis;
    return oct_lay_out_any(graph, node);
}

static octet_status interpolate_create(octet_context *context, const oct_node *node,
                                       const char *variant, octet_operator **out)
{
    octet_interpolate_desc desc = *(const octet_interpolate_desc *)node->desc;
    desc.variant = variant;
    return octet_interpolate_create(context, &desc, out);
}

static void interpolate_describe(const oct_node *node, octet_layer_info *info)
{
    info->input = ((const octet_interpolate_desc *)node->desc)->input;
    info->output = ((const octet_interpolate_desc *)node->desc)->output;
}

const oct_op oct_op_interpolate = {
    .name = "interpolate",
    .desc_size = sizeof(octet_interpolate_desc),
    .keep = interpolate_keep,
    .infer = interpolate_infer,
    .lay_out = interpolate_lay_out,
    .create = interpolate_create,
    .describe = interpolate_describe,
};

octet_status oct_graph_interpolate(oct_graph *graph, const char *name,
                                   const octet_interpolate_desc *desc, size_t x, size_t *y)
{
    return oct_graph_add(graph, &oct_op_interpolate, name, desc, &x, 1, y);
}
