/* op_add.c - the elementwise sum of two 8-bit values. */
#include "network/layout.h"
#include "network/ops.h"

static void add_keep(oct_graph *graph, void *description)
{
    octet_add_desc *const desc = description;
    oct_node_keep_quantization(graph, &desc->a);
    oct_node_keep_quantization(graph, &desc->b);
    oct_node_keep_quantization(graph, &desc->output);
}

static octet_status add_infer(const oct_graph *graph, const oct_node *node, oct_value *output)
{
    octet_status status = OCTET_OK;
    const octet_add_desc *const desc = node->desc;
    const oct_value *const a = oct_graph_input_of(graph, node, 0);
    const oct_value *const b = oct_graph_input_of(graph, node, 1);
    char a_text[OCT_SHAPE_TEXT], b_text[OCT_SHAPE_TEXT];
    OCT_REQUIRE(&graph->log, a->type == desc->a_type && b->type == desc->b_type,
                OCTET_INVALID_ARGUMENT,
                "node '%s': its inputs are %s and %s, and its description says %s and %s",
                node->name, oct_type(a->type)->name, oct_type(b->type)->name,
                oct_type(desc->a_type)->name, oct_type(desc->b_type)->name);
    OCT_REQUIRE(&graph->log, oct_shape_equal(&a->shape, &b->shape) && a->batched == b->batched,
                OCTET_UNSUPPORTED, "node '%s': a sum of %s and %s; they must be equal", node->name,
                oct_shape_text(&a->shape, a_text), oct_shape_text(&b->shape, b_text));
    OCT_TRY(oct_node_check_quantization(graph, node, "a", &desc->a, desc->a_type, 1));
    OCT_TRY(oct_node_check_quantization(graph, node, "b", &desc->b, desc->b_type, 1));
    OCT_TRY(
        oct_node_check_quantization(graph, node, "output", &desc->output, desc->output_type, 1));
    output->type = desc->output_type;
    output->shape = a->shape;
    output->batched = a->batched;
cleanup:
    return status;
}

static octet_status add_create(octet_context *context, const oct_node *node, const char *variant,
                               octet_operator **out)
{
    octet_add_desc desc = *(const octet_add_desc *)node->desc;
    desc.variant = variant;
    return octet_add_create(context, &desc, out);
}

/* Of the two inputs it is the first that is told. */
static void add_describe(const oct_node *node, octet_layer_info *info)
{
    const octet_add_desc *const desc = node->desc;
    info->input = desc->a;
    info->output = desc->output;
}

const oct_op oct_op_add = {
    .name = "add",
    .desc_size = sizeof(octet_add_desc),
    .keep = add_keep,
    .infer = add_infer,
    .lay_out = oct_lay_out_any,
    .create = add_create,
    .describe = add_describe,
};

octet_status oct_graph_sum(oct_graph *graph, const char *name, const octet_add_desc *desc, size_t a,
                           size_t b, size_t *c)
{
    const size_t inputs[2] = {a, b};
    return oct_graph_add(graph, &oct_op_add, name, desc, inputs, 2, c);
}
