/* layout.c - decides how values are stored. Convolutions and pools want channels last, products and
 * reshapes the model's order, the rest takes what it gets; a node that reorders is inserted only
 * where the two meet, and only where it would move an element. */
#include "network/layout.h"

#include <stdio.h>
#include <stdlib.h>

#include "network/ops.h"

/* The stored dimension of each dimension of the model, and the reverse, for channels last. */
static const size_t last_from_plain[4] = {0, 2, 3, 1}; /* stored i holds the model's ... */
static const size_t plain_from_last[4] = {0, 3, 1, 2}; /* the model's i is stored as ... */

size_t oct_stored_axis(oct_stored stored, size_t axis)
{
    return stored == OCT_STORED_CHANNELS_LAST ? plain_from_last[axis] : axis;
}

bool oct_order_is_trivial(const octet_shape *shape, bool batched, const size_t *order)
{
    size_t last = 0;
    for (size_t i = 0; i < shape->rank; i++) {
        const size_t from = order[i];
        if (shape->size[from] == 1 && !(batched && from == 0))
            continue;
        if (from < last)
            return false;
        last = from;
    }
    return true;
}

/* Appends a view or a permute, in stored dimensions, of value "from" as the new value "to". */
static octet_status append_conversion(oct_graph *graph, const char *name, const size_t *order,
                                      bool trivial, size_t from, size_t to)
{
    octet_status status = OCTET_OK;
    const oct_value *const value = &graph->values[from];
    octet_permute_desc desc = {
        .struct_size = sizeof desc, .type = value->type, .rank = value->shape.rank};
    oct_node node = {.op = trivial ? &oct_op_view : &oct_op_permute,
                     .name = name,
                     .input_count = 1,
                     .output = to};
    for (size_t i = 0; i < desc.rank; i++)
        desc.order[i] = order[i];
    node.desc = trivial ? oct_graph_keep(graph, &value->shape, 1, sizeof value->shape)
                        : oct_graph_keep(graph, &desc, 1, sizeof desc);
    node.inputs = oct_graph_keep(graph, &from, 1, sizeof from);
    OCT_REQUIRE(&graph->log, !graph->out_of_memory, OCTET_OUT_OF_MEMORY,
                "out of host memory: a node of the network");
    OCT_TRY(oct_graph_append_node(graph, &node));
cleanup:
    return status;
}

/* Whether a quantize node made the value, which can store channels last itself. */
static bool is_quantized(const oct_value *value)
{
    const octet_quantize_desc *const desc =
        value->maker != NULL && value->maker->op == &oct_op_quantize ? value->maker->desc : NULL;
    return desc != NULL && !desc->per_axis && !value->constant;
}

/* Appends the quantize node that made value "from" again, for the new value "to". */
static octet_status append_quantize(oct_graph *graph, size_t from, size_t to)
{
    octet_status status = OCTET_OK;
    oct_node node = *graph->values[from].maker;
    octet_quantize_desc desc = *(const octet_quantize_desc *)node.desc;
    char name[160];
    const int length = snprintf(name, sizeof name, "%.130s (to channels last)", node.name);
    desc.channels_last = 1;
    node.name = oct_graph_keep(graph, name, (size_t)length + 1, 1);
    node.desc = oct_graph_keep(graph, &desc, 1, sizeof desc);
    node.output = to;
    OCT_REQUIRE(&graph->log, !graph->out_of_memory, OCTET_OUT_OF_MEMORY,
                "out of host memory: a node of the network");
    OCT_TRY(oct_graph_append_node(graph, &node));
cleanup:
    return status;
}

/* Removes what was quantized in the model's order where only its other order is read. */
static octet_status drop_requantized(oct_graph *graph)
{
    octet_status status = OCTET_OK;
    bool *candidates = NULL;
    OCT_ALLOC(&graph->log, candidates, graph->value_count);
    for (size_t i = 0; i < graph->value_count; i++)
        candidates[i] = graph->values[i].twin != OCT_NONE && is_quantized(&graph->values[i]);
    OCT_TRY(oct_graph_prune(graph, candidates));
cleanup:
    free(candidates);
    return status;
}

/* The value "index" stored as wanted: itself, its twin made earlier, or a new twin. */
static octet_status convert(oct_graph *graph, size_t index, oct_stored stored, size_t *converted)
{
    octet_status status = OCTET_OK;
    const oct_value value = graph->values[index];
    const bool to_last = stored == OCT_STORED_CHANNELS_LAST;
    const size_t *const order = to_last ? last_from_plain : plain_from_last;
    oct_value twin = value;
    octet_shape shape = {0};
    bool trivial;
    *converted = index;
    if (value.stored == stored || value.shape.rank != 4)
        return OCTET_OK;
    *converted = value.twin;
    if (value.twin != OCT_NONE)
        return OCTET_OK;
    twin.stored = stored;
    twin.constant = false;
    twin.data = NULL;
    twin.maker = NULL;
    oct_value_stored_shape(&value, 1, &shape);
    OCT_TRY(oct_graph_append_value(graph, &twin, converted));
    graph->values[index].twin = *converted;
    graph->values[*converted].twin = index;
    trivial = oct_order_is_trivial(&shape, value.batched, order);
    if (to_last && !trivial && is_quantized(&value))
        OCT_TRY(append_quantize(graph, index, *converted));
    else
        OCT_TRY(append_conversion(graph, to_last ? "(to channels last)" : "(to channels first)",
                                  order, trivial, index, *converted));
cleanup:
    return status;
}

octet_status oct_lay_out_as(oct_graph *graph, oct_node *node, oct_stored stored)
{
    octet_status status = OCTET_OK;
    size_t *const inputs =
        oct_graph_keep(graph, node->inputs, node->input_count, sizeof *node->inputs);
    OCT_REQUIRE(&graph->log, inputs != NULL, OCTET_OUT_OF_MEMORY, "out of host memory: layouts");
    for (size_t i = 0; i < node->input_count; i++)
        OCT_TRY(convert(graph, inputs[i], stored, &inputs[i]));
    node->inputs = inputs;
    if (graph->values[node->output].shape.rank == 4)
        graph->values[node->output].stored = stored;
cleanup:
    return status;
}

octet_status oct_lay_out_plain(oct_graph *graph, oct_node *node)
{
    return oct_lay_out_as(graph, node, OCT_STORED_PLAIN);
}

octet_status oct_lay_out_any(oct_graph *graph, oct_node *node)
{
    return oct_lay_out_as(graph, node, oct_graph_input_of(graph, node, 0)->stored);
}

/* For every value the one whose memory it is: views are followed back. NULL when memory is out. */
static size_t *find_roots(const oct_graph *graph)
{
    size_t *const roots = oct_allocate(graph->value_count, sizeof *roots);
    for (size_t i = 0; roots != NULL && i < graph->value_count; i++)
        roots[i] = i;
    for (size_t i = 0; roots != NULL && i < graph->node_count; i++)
        if (graph->nodes[i].op->create == NULL)
            roots[graph->nodes[i].output] = roots[graph->nodes[i].inputs[0]];
    return roots;
}

/* Makes the port a copy of its value. */
static octet_status copy_output(oct_graph *graph, oct_port *port)
{
    static const size_t as_is[OCTET_MAX_RANK] = {0, 1, 2, 3, 4, 5, 6, 7};
    octet_status status = OCTET_OK;
    oct_value copy = graph->values[port->value];
    size_t copied;
    copy.constant = false;
    copy.data = NULL;
    copy.maker = NULL;
    OCT_TRY(oct_graph_append_value(graph, &copy, &copied));
    OCT_TRY(append_conversion(graph, "(copy to an output)", as_is, false, port->value, copied));
    port->value = copied;
cleanup:
    return status;
}

/* Puts the outputs into the model's order, and into memory that no input, constant or other output
 * has, so that a caller's tensors can stand for them. */
static octet_status settle_outputs(oct_graph *graph)
{
    octet_status status = OCTET_OK;
    size_t *roots = NULL;
    bool *taken = NULL;
    for (size_t i = 0; i < graph->outputs.count; i++) {
        size_t *const value = &graph->outputs.items[i].value;
        OCT_TRY(convert(graph, *value, OCT_STORED_PLAIN, value));
    }
    roots = find_roots(graph);
    taken = oct_allocate(graph->value_count, sizeof *taken);
    OCT_REQUIRE(&graph->log, roots != NULL && taken != NULL, OCTET_OUT_OF_MEMORY,
                "out of host memory: outputs");
    for (size_t i = 0; i < graph->inputs.count; i++)
        taken[graph->inputs.items[i].value] = true;
    for (size_t i = 0; i < graph->outputs.count; i++) {
        const size_t root = roots[graph->outputs.items[i].value];
        if (taken[root] || graph->values[root].constant)
            OCT_TRY(copy_output(graph, &graph->outputs.items[i]));
        taken[root] = true;
    }
cleanup:
    free(roots);
    free(taken);
    return status;
}

octet_status oct_graph_lay_out(oct_graph *graph)
{
    octet_status status = OCTET_OK;
    oct_node *const nodes = graph->nodes;
    const size_t count = graph->node_count;
    graph->nodes = NULL;
    graph->node_count = graph->node_capacity = 0;
    for (size_t i = 0; i < count; i++) {
        oct_node node = nodes[i];
        OCT_TRY(node.op->lay_out(graph, &node));
        OCT_TRY(oct_graph_append_node(graph, &node));
    }
    OCT_TRY(settle_outputs(graph));
    OCT_TRY(drop_requantized(graph));
cleanup:
    free(nodes);
    return status;
}
