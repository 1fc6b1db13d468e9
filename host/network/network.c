/* network.c - from a graph to a network: passes, operators, and the end of its life. */
#include "network/network.h"

#include <stdlib.h>
#include <string.h>

static octet_status copy_unsupported(octet_network *network, const char *const *sentences,
                                     size_t count)
{
    octet_status status = OCTET_OK;
    OCT_ALLOC(&network->log, network->unsupported, count);
    for (size_t i = 0; i < count; i++) {
        char *const copy = oct_copy_array(sentences[i], strlen(sentences[i]) + 1, 1);
        OCT_REQUIRE(&network->log, copy != NULL, OCTET_OUT_OF_MEMORY, "out of host memory");
        network->unsupported[network->unsupported_count++] = copy;
    }
cleanup:
    return status;
}

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
        network->argument_count += node->input_count + 1;
        network->stage_count++;
        status =
            node->op->create(network->context, node, variant_of(node->op, variant), &stage->op);
        OCT_REQUIRE(&network->log, status == OCTET_OK, status,
                    "node '%s': the %s operator could not be made", node->name, node->op->name);
    }
cleanup:
    return status;
}

octet_status oct_network_create(oct_graph *graph, const char *variant,
                                const char *const *unsupported, size_t unsupported_count,
                                octet_network **out)
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
    OCT_TRY(copy_unsupported(network, unsupported, unsupported_count));
    if (unsupported_count ==
        0) /* otherwise every node is shown, also one whose users are missing */
        OCT_TRY(oct_graph_prune(network->graph));
    OCT_TRY(oct_graph_lay_out(network->graph));
    OCT_TRY(oct_graph_compute_used(network->graph));
    OCT_TRY(make_stages(network, variant));
    OCT_TRY(oct_network_place(network));
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
    for (size_t i = 0; i < network->unsupported_count; i++)
        free(network->unsupported[i]);
    free(network->unsupported);
    free(network->constants);
    free(network->items);
    free(network->storages);
    free(network->stages);
    oct_graph_destroy(network->graph);
    free(network);
}

const char *octet_network_unsupported(const octet_network *network, size_t index)
{
    return index < network->unsupported_count ? network->unsupported[index] : NULL;
}
