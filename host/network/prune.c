/* prune.c - removes the nodes that no output of the graph needs. */
#include <stdlib.h>

#include "network/graph.h"

/* Whether nothing needs any value of the node, and all of them are candidates. */
static bool can_go(const oct_node *node, const bool *needed, const bool *candidates)
{
    for (size_t i = node->output; i < node->output + oct_node_outputs(node); i++)
        if (needed[i] || (candidates != NULL && !candidates[i]))
            return false;
    return true;
}

octet_status oct_graph_prune(oct_graph *graph, const bool *candidates)
{
    octet_status status = OCTET_OK;
    bool *needed = NULL;
    size_t kept = graph->node_count;
    OCT_ALLOC(&graph->log, needed, graph->value_count);
    for (size_t i = 0; i < graph->outputs.count; i++)
        needed[graph->outputs.items[i].value] = true;

    /* Backwards, a node's users come before it; those that stay gather at the end of the array. */
    for (size_t i = graph->node_count; i-- > 0;) {
        const oct_node node = graph->nodes[i];
        if (can_go(&node, needed, candidates))
            continue;
        for (size_t j = 0; j < node.input_count; j++)
            needed[node.inputs[j]] = true;
        graph->nodes[--kept] = node;
    }
    graph->node_count -= kept;
    for (size_t i = 0; kept > 0 && i < graph->node_count; i++)
        graph->nodes[i] = graph->nodes[kept + i];
cleanup:
    free(needed);
    return status;
}
