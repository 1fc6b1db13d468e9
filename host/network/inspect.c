/* inspect.c - what a network tells about itself. */
#include <string.h>

#include "network/network.h"
#include "operators/operator.h"

static size_t list_ports(const octet_network *network, const oct_ports *ports,
                         octet_network_value *values, size_t capacity)
{
    for (size_t i = 0; i < ports->count && i < capacity; i++) {
        const oct_value *const value = &network->graph->values[ports->items[i].value];
        values[i] = (octet_network_value){.name = ports->items[i].name,
                                          .type = value->type,
                                          .shape = value->shape,
                                          .batched = value->batched};
    }
    return ports->count;
}

size_t octet_network_inputs(const octet_network *network, octet_network_value *values,
                            size_t capacity)
{
    return list_ports(network, &network->graph->inputs, values, capacity);
}

size_t octet_network_outputs(const octet_network *network, octet_network_value *values,
                             size_t capacity)
{
    return list_ports(network, &network->graph->outputs, values, capacity);
}

size_t octet_network_layers(const octet_network *network)
{
    return network->stage_count;
}

octet_status octet_network_layer(const octet_network *network, size_t index, octet_layer_info *info)
{
    if (index >= network->stage_count)
        return oct_report(&network->log, OCTET_INVALID_ARGUMENT,
                          "network: there is no layer %zu; it has %zu", index,
                          network->stage_count);
    const oct_stage *const stage = &network->stages[index];
    const oct_node *const node = stage->node;
    const oct_value *const input = oct_graph_input_of(network->graph, node, 0);
    const oct_value *const output = &network->graph->values[node->output];
    octet_layer_info result = {.name = node->name,
                               .op = node->op->name,
                               .variant =
                                   network->images > 0 ? octet_operator_variant(stage->op) : "",
                               .input_type = input->type,
                               .output_type = output->type,
                               .input_shape = input->shape,
                               .output_shape = output->shape,
                               .batched = output->batched,
                               .seconds = stage->seconds,
                               .sources = node->sources,
                               .source_count = node->source_count};
    oct_shape_bytes(input->type, &input->shape, &result.input_bytes);
    oct_shape_bytes(output->type, &output->shape, &result.output_bytes);
    if (node->op->describe != NULL)
        node->op->describe(node, &result);
    *info = result;
    return OCTET_OK;
}

static size_t port_bytes(const octet_network *network, const oct_ports *ports)
{
    size_t sum = 0;
    for (size_t i = 0; i < ports->count; i++) {
        const oct_value *const value = &network->graph->values[ports->items[i].value];
        octet_shape shape = {0};
        size_t bytes = 0;
        if (oct_value_shape(value, network->batch, &shape) &&
            oct_shape_bytes(value->type, &shape, &bytes))
            sum += bytes;
    }
    return sum;
}

void octet_network_memory_use(const octet_network *network, octet_network_memory *memory)
{
    octet_network_memory result = {.activations = network->activation_bytes};
    for (size_t i = 0; i < network->stage_count; i++) {
        octet_layer_info info;
        (void)octet_network_layer(network, i, &info); /* it exists */
        result.weights += info.weight_bytes;
        if (network->batch > 0)
            result.scratch += network->stages[i].op->scratch;
    }
    for (size_t i = 0; network->batch > 0 && i < network->item_count; i++)
        result.unshared += network->items[i].bytes;
    if (network->batch > 0)
        result.ports = port_bytes(network, &network->graph->inputs) +
                       port_bytes(network, &network->graph->outputs);
    *memory = result;
}
