/* place.c - decides where every value's memory is: a caller's tensor, a constant, or a piece of
 * memory between layers, with the steps during which it is needed. */
#include <stdlib.h>

#include "network/network.h"

/* Marks what the outputs of the network are views of, from the outputs back. */
static void place_outputs(octet_network *network)
{
    const oct_graph *const graph = network->graph;
    for (size_t i = 0; i < graph->outputs.count; i++)
        network->storages[graph->outputs.items[i].value] = (oct_storage){OCT_PLACE_OUTPUT, i};
    for (size_t i = graph->node_count; i-- > 0;) {
        const oct_node *const node = &graph->nodes[i];
        if (node->op->create == NULL && network->storages[node->output].place == OCT_PLACE_OUTPUT)
            network->storages[node->inputs[0]] = network->storages[node->output];
    }
}

/* A constant that a layer reads when it runs gets a tensor. */
static octet_status place_constant(octet_network *network, size_t value)
{
    octet_status status = OCTET_OK;
    const oct_value *const constant = &network->graph->values[value];
    octet_tensor **const tensor = &network->constants[network->constant_count];
    if (!constant->constant || network->storages[value].place != OCT_PLACE_NONE)
        return OCTET_OK;
    OCT_TRY(octet_tensor_create(network->context, constant->type, &constant->shape, tensor));
    network->storages[value] = (oct_storage){OCT_PLACE_CONSTANT, network->constant_count++};
    OCT_TRY(octet_tensor_write(*tensor, constant->data, NULL));
cleanup:
    return status;
}

/* Storage of a node's outputs, and a longer life for what the node reads. */
static octet_status place_node(octet_network *network, size_t step)
{
    octet_status status = OCTET_OK;
    const oct_node *const node = &network->graph->nodes[step];
    for (size_t i = 0; i < node->input_count; i++) {
        OCT_TRY(place_constant(network, node->inputs[i]));
        const oct_storage *const input = &network->storages[node->inputs[i]];
        if (input->place == OCT_PLACE_BLOCK)
            network->items[input->index].last = step;
    }
    for (size_t i = 0; i < oct_node_outputs(node); i++) {
        oct_storage *const output = &network->storages[node->output + i];
        if (output->place != OCT_PLACE_NONE)
            continue;
        if (node->op->create == NULL) {
            *output = network->storages[node->inputs[0]];
        } else {
            *output = (oct_storage){OCT_PLACE_BLOCK, network->item_count};
            network->items[network->item_count++] = (oct_plan_item){.first = step, .last = step};
        }
    }
cleanup:
    return status;
}

octet_status oct_network_place(octet_network *network)
{
    octet_status status = OCTET_OK;
    const oct_graph *const graph = network->graph;
    OCT_ALLOC(&network->log, network->storages, graph->value_count);
    OCT_ALLOC(&network->log, network->constants, graph->value_count);
    OCT_ALLOC(&network->log, network->items, graph->value_count);
    place_outputs(network);
    for (size_t i = 0; i < graph->inputs.count; i++)
        network->storages[graph->inputs.items[i].value] = (oct_storage){OCT_PLACE_INPUT, i};
    for (size_t i = 0; i < graph->node_count; i++)
        OCT_TRY(place_node(network, i));
cleanup:
    return status;
}
