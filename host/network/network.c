/* network.c - from a graph to a network: passes, operators, and the end of its life. */
#include "network/network.h"

#include <stdlib.h>
#include <string.h>

/* The wish, for the operators that can fulfil it. */
static const char *variant_of(const oct_op *op, const char *variant)
{
    const bool reference = variant != NULL && strcmp(variant, "reference") == 0;
    return reference || op->has_variants ? variant : NULL;
}

/* One stage, with its operator, for every node that is not a view. */
static octet_status make_stages(octet_network *network, const char *variant)
{
    octet_status status = OCTET_OK;
    const oct_graph *const graph = network->graph;
    OCT_ALLOC(&network->log, network->stages, graph->node_count);
    for (size_t i = 0; i < graph->node_count; i++) {
        const oct_node *const node = &graph->nodes[i];
        oct_stage *const stage = &network->stages[network->stage_count];
        if (node->op->create == NULL)
            continue;
        stage->node = node;
        stage->arguments = network->argument_count;
        network->argument_count += node->input_count + oct_node_outputs(node);
        network->stage_count++;
        status =
            node->op->create(network->context, node, variant_of(node->op, variant), &stage->op);
        OCT_REQUIRE(&network->log, status == OCTET_OK, status,
                    "node '%s': the %s operator could not be made", node->name, node->op->name);
    }
cleanup:
    return status;
}

/* Whether a node makes what is not batched of what is: the parameters that a dynamic quantization
 * finds, for one. Such a batch must not be filled up. */
static bool joins_images(const oct_graph *graph)
{
    for (size_t i = 0; i < graph->node_count; i++) {
        const oct_node *const node = &graph->nodes[i];
        bool batched = false;
        for (size_t j = 0; j < node->input_count; j++)
            batched |= oct_graph_input_of(graph, node, j)->batched;
        for (size_t j = 0; batched && j < oct_node_outputs(node); j++)
            if (!graph->values[node->output + j].batched)
                return true;
    }
    return false;
}

octet_status oct_network_create(oct_graph *graph, const char *variant, octet_network **out)
{
    octet_status status = OCTET_OK;
    octet_network *network = NULL;
    const oct_log log = graph->log;
    OCT_ALLOC(&log, network, 1);
    network->context = graph->context;
    network->log = log;
    network->graph = graph;
    graph = NULL;
    for (size_t i = 0; i < network->graph->inputs.count; i++)
        network->batched |= network->graph->values[network->graph->inputs.items[i].value].batched;
    network->unsupported = network->graph->unsupported;
    network->unsupported_count = network->graph->unsupported_count;
    if (network->unsupported_count ==
        0) /* otherwise also nodes whose users are missing are shown */
        OCT_TRY(oct_graph_prune(network->graph, NULL));
    OCT_TRY(oct_graph_lay_out(network->graph));
    OCT_TRY(oct_graph_compute_used(network->graph));
    network->joins_images = joins_images(network->graph);
    OCT_TRY(oct_network_place(network));
    OCT_TRY(oct_graph_settle(network->graph));
    OCT_TRY(make_stages(network, variant));
    *out = network;
    network = NULL;
cleanup:
    octet_network_destroy(network);
    oct_graph_destroy(graph);
    return status;
}

void octet_network_destroy(octet_network *network)
{
    if (network == NULL)
        return;
    oct_network_release_memory(network);
    for (size_t i = 0; i < network->constant_count; i++)
        octet_tensor_destroy(network->constants[i]);
    for (size_t i = 0; i < network->stage_count; i++) {
        octet_operator_destroy(network->stages[i].twin);
        octet_operator_destroy(network->stages[i].op);
    }
    free(network->constants);
    free(network->items);
    free(network->storages);
    free(network->stages);
    oct_graph_destroy(network->graph);
    free(network);
}

size_t octet_network_unsupported_count(const octet_network *network)
{
    return network->unsupported_count;
}

octet_status octet_network_unsupported(const octet_network *network, size_t index,
                                       const char **reason)
{
    if (index >= network->unsupported_count)
        return oct_report(&network->log, OCTET_INVALID_ARGUMENT,
                          "network: there is no unsupported part %zu; it has %zu", index,
                          network->unsupported_count);
    *reason = network->unsupported[index];
    return OCTET_OK;
}
