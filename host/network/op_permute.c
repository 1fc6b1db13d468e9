/* op_permute.c - the node that reorders dimensions. It looks through the stored order, so that a
 * model's own change between channels first and last often moves nothing. */
#include "network/layout.h"
#include "network/ops.h"

static octet_status permute_infer(const oct_graph *graph, const oct_node *node, oct_value *output)
{
    octet_status status = OCTET_OK;
    const octet_permute_desc *const desc = node->desc;
    const oct_value *const x = oct_graph_input_of(graph, node, 0);
    bool seen[OCTET_MAX_RANK] = {false};
    OCT_REQUIRE(&graph->log, desc->rank == x->shape.rank, OCTET_INVALID_ARGUMENT,
                "node '%s': an order of %zu dimensions for an input that has %zu", node->name,
                desc->rank, x->shape.rank);
    output->type = x->type;
    output->shape.rank = desc->rank;
    output->batched = x->batched;
    output->index = x->index;
    for (size_t i = 0; i < desc->rank; i++) {
        const size_t from = desc->order[i];
        OCT_REQUIRE(&graph->log, from < desc->rank && !seen[from], OCTET_INVALID_ARGUMENT,
                    "node '%s': its order of dimensions is not a permutation", node->name);
        seen[from] = true;
        output->shape.size[i] = x->shape.size[from];
    }
    OCT_REQUIRE(&graph->log, !x->batched || desc->order[0] == 0, OCTET_UNSUPPORTED,
                "node '%s': moving the batch dimension is not supported", node->name);
cleanup:
    return status;
}

/* The order of stored dimensions for an output stored as given. */
static void stored_order(const octet_permute_desc *desc, oct_stored input, oct_stored output,
                         size_t *order)
{
    for (size_t i = 0; i < desc->rank; i++)
        order[oct_stored_axis(output, i)] = oct_stored_axis(input, desc->order[i]);
}

static octet_status permute_lay_out(oct_graph *graph, oct_node *node)
{
    octet_permute_desc *const desc = node->desc;
    const octet_permute_desc model = *desc;
    const oct_value *const x = oct_graph_input_of(graph, node, 0);
    oct_value *const y = &graph->values[node->output];
    octet_shape shape = {0};
    oct_value_stored_shape(x, 1,
                           &shape); /* known to fit: it has been checked for the model's order */
    stored_order(&model, x->stored, OCT_STORED_PLAIN, desc->order);
    if (desc->rank == 4 && !oct_order_is_trivial(&shape, x->batched, desc->order)) {
        size_t order[OCTET_MAX_RANK] = {0};
        stored_order(&model, x->stored, OCT_STORED_CHANNELS_LAST, order);
        if (oct_order_is_trivial(&shape, x->batched, order)) {
            y->stored = OCT_STORED_CHANNELS_LAST;
            stored_order(&model, x->stored, y->stored, desc->order);
        }
    }
    if (oct_order_is_trivial(&shape, x->batched, desc->order))
        node->op = &oct_op_view;
    return OCTET_OK;
}

static octet_status permute_create(octet_context *context, const oct_node *node,
                                   const char *variant, octet_operator **out)
{
    octet_permute_desc desc = *(const octet_permute_desc *)node->desc;
    desc.variant = variant;
    return octet_permute_create(context, &desc, out);
}

const oct_op oct_op_permute = {
    .name = "permute",
    .desc_size = sizeof(octet_permute_desc),
    .keep = NULL,
    .infer = permute_infer,
    .lay_out = permute_lay_out,
    .create = permute_create,
    .describe = NULL,
};

octet_status oct_graph_permute(oct_graph *graph, const char *name, const size_t *order, size_t x,
                               size_t *y)
{
    const oct_value *const value = &graph->values[x];
    octet_permute_desc desc = {
        .struct_size = sizeof desc, .type = value->type, .rank = value->shape.rank};
    for (size_t i = 0; i < desc.rank; i++)
        desc.order[i] = order[i];
    return oct_graph_add(graph, &oct_op_permute, name, &desc, &x, 1, y);
}
