/* op_view.c - the node that costs nothing: the same memory with another shape (Flatten, Reshape,
 * Identity). Its description is the new shape, in the model's order. */
#include "network/layout.h"
#include "network/ops.h"

static octet_status view_infer(const oct_graph *graph, const oct_node *node, oct_value *output)
{
    octet_status status = OCTET_OK;
    const octet_shape *const shape = node->desc;
    const oct_value *const x = oct_graph_input_of(graph, node, 0);
    char from[OCT_SHAPE_TEXT], to[OCT_SHAPE_TEXT];
    size_t before = 0, after = 0;
    OCT_REQUIRE(&graph->log,
                oct_shape_count(&x->shape, &before) && oct_shape_count(shape, &after) &&
                    before == after && (!x->batched || shape->rank > 0),
                OCTET_INVALID_ARGUMENT, "node '%s': %s cannot be seen as %s%s", node->name,
                oct_shape_text(&x->shape, from), oct_shape_text(shape, to),
                x->batched ? " for each image" : "");
    output->type = x->type;
    output->shape = *shape;
    output->batched = x->batched;
    output->index = x->index;
cleanup:
    return status;
}

/* Elements keep their sequence in the model's order; only an unchanged shape may stay as stored. */
static octet_status view_lay_out(oct_graph *graph, oct_node *node)
{
    const oct_value *const x = oct_graph_input_of(graph, node, 0);
    return oct_shape_equal(&x->shape, node->desc) ? oct_lay_out_any(graph, node)
                                                  : oct_lay_out_plain(graph, node);
}

const oct_op oct_op_view = {
    .name = "view",
    .desc_size = sizeof(octet_shape),
    .keep = NULL,
    .infer = view_infer,
    .lay_out = view_lay_out,
    .create = NULL,
    .describe = NULL,
};

octet_status oct_graph_view(oct_graph *graph, const char *name, const octet_shape *shape, size_t x,
                            size_t *y)
{
    return oct_graph_add(graph, &oct_op_view, name, shape, &x, 1, y);
}
