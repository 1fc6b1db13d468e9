/* fuse_view.c - views, moved behind what works element by element, where they meet and vanish. */
#include "network/fuse.h"

/* Nodes that do the same to every element. */
static bool is_elementwise(const oct_node *node)
{
    if (node->op == &oct_op_quantize) {
        const octet_quantize_desc *const desc = node->desc;
        return !desc->per_axis && desc->parameters == OCTET_PARAMETERS_GIVEN;
    }
    if (node->op == &oct_op_dequantize)
        return !((const octet_dequantize_desc *)node->desc)->per_axis;
    return node->op == &oct_op_unary || node->op == &oct_op_lookup || node->op == &oct_op_binary ||
           node->op == &oct_op_float_function;
}

/* What the view that gives "value" looks at; false where it is no view, or constant. */
static bool looks_at(const oct_graph *graph, size_t value, size_t *from)
{
    const oct_node *const view = oct_fuse_maker(graph, value, &oct_op_view);
    if (view == NULL || graph->values[value].constant)
        return false;
    *from = view->inputs[0];
    return true;
}

octet_status oct_fuse_after_view(oct_graph *graph, const oct_node *node, oct_fused *fused)
{
    octet_status status = OCTET_OK;
    const oct_value *const values = graph->values;
    const size_t last = node->input_count - 1; /* of 1 or 2 inputs */
    const octet_shape shape = values[node->output].shape;
    size_t from[2], y;
    if (!is_elementwise(node) || !looks_at(graph, node->inputs[0], &from[0]) ||
        !looks_at(graph, node->inputs[last], &from[last]) ||
        !oct_shape_equal(&values[from[0]].shape, &values[from[last]].shape) ||
        !oct_shape_equal(&values[node->inputs[0]].shape, &values[node->inputs[last]].shape))
        return OCTET_OK;
    if (!oct_binary_batches_fit(&values[from[0]], &values[from[last]]))
        return OCTET_OK; /* an open first dimension is another one before the view */
    OCT_TRY(oct_graph_add(graph, node->op, node->name, node->desc, from, last + 1, &y));
    OCT_TRY(oct_graph_view(graph, node->name, &shape, y, &fused->value));
cleanup:
    return status;
}

octet_status oct_fuse_view_of_view(oct_graph *graph, const oct_node *node, oct_fused *fused)
{
    octet_status status = OCTET_OK;
    const octet_shape *const shape = node->desc;
    size_t from;
    if (!looks_at(graph, node->inputs[0], &from))
        return OCTET_OK;
    if (oct_shape_equal(&graph->values[from].shape, shape))
        fused->value = from;
    else
        OCT_TRY(oct_graph_view(graph, node->name, shape, from, &fused->value));
cleanup:
    return status;
}
