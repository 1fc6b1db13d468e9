/* order.c - an order in which the nodes can be converted: the file's, which ONNX wants sorted, or
 * one made by counting the inputs each node still waits for. */
#include <stdlib.h>

#include "onnx/onnx.h"

/* The users of every node's outputs: those of node i are users[begin[i]] to users[begin[i + 1] -
 * 1]. "waits" counts the inputs of each node that other nodes make. */
typedef struct edges {
    size_t *begin, *users, *waits;
} edges;

static size_t producer_of(const oct_onnx *onnx, const char *input)
{
    return input[0] != '\0' ? oct_onnx_find(onnx, input)->producer : OCT_NONE;
}

static octet_status check_inputs(oct_onnx *onnx, size_t index, bool *sorted)
{
    octet_status status = OCTET_OK;
    const Onnx__NodeProto *const node = onnx->source->node[index];
    for (size_t i = 0; i < node->n_input; i++) {
        const char *const input = node->input[i];
        if (input[0] == '\0')
            continue;
        oct_onnx_name *const name = oct_onnx_find(onnx, input);
        if (name == NULL) {
            OCT_TRY(oct_onnx_label(onnx, index));
            OCT_REQUIRE(&onnx->log, false, OCTET_INVALID_ARGUMENT,
                        "%s: its input '%s' is no input of the graph, no initializer and no "
                        "node's output",
                        onnx->label, oct_onnx_printable(onnx, input));
        }
        name->read = true;
        if (name->producer != OCT_NONE && name->producer >= index)
            *sorted = false;
    }
cleanup:
    return status;
}

/* Counts first, then fills from the back of each node's part. */
static octet_status find_edges(const oct_onnx *onnx, edges *found)
{
    octet_status status = OCTET_OK;
    const Onnx__GraphProto *const graph = onnx->source;
    const size_t count = graph->n_node;
    OCT_ALLOC(&onnx->log, found->begin, count + 1);
    OCT_ALLOC(&onnx->log, found->waits, count);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < graph->node[i]->n_input; j++) {
            const size_t producer = producer_of(onnx, graph->node[i]->input[j]);
            if (producer == OCT_NONE)
                continue;
            found->begin[producer]++;
            found->waits[i]++;
        }
    for (size_t i = 1; i <= count; i++)
        found->begin[i] += found->begin[i - 1];
    OCT_ALLOC(&onnx->log, found->users, found->begin[count]);
    for (size_t i = count; i-- > 0;)
        for (size_t j = 0; j < graph->node[i]->n_input; j++) {
            const size_t producer = producer_of(onnx, graph->node[i]->input[j]);
            if (producer != OCT_NONE)
                found->users[--found->begin[producer]] = i;
        }
cleanup:
    return status;
}

/* Fills onnx->order as far as it goes; returns how many nodes that is. */
static size_t order_nodes(oct_onnx *onnx, const edges *found)
{
    const size_t count = onnx->source->n_node;
    size_t ready = 0;
    for (size_t i = 0; i < count; i++)
        if (found->waits[i] == 0)
            onnx->order[ready++] = i;
    for (size_t next = 0; next < ready; next++) {
        const size_t node = onnx->order[next];
        for (size_t i = found->begin[node]; i < found->begin[node + 1]; i++)
            if (--found->waits[found->users[i]] == 0)
                onnx->order[ready++] = found->users[i];
    }
    return ready;
}

/* A node that node "index" still waits for; there is one. */
static size_t waited_for(const oct_onnx *onnx, const edges *found, size_t index)
{
    const Onnx__NodeProto *const node = onnx->source->node[index];
    for (size_t i = 0; i < node->n_input; i++) {
        const size_t producer = producer_of(onnx, node->input[i]);
        if (producer != OCT_NONE && found->waits[producer] > 0)
            return producer;
    }
    return index;
}

/* A node on a cycle: from a node that still waits, back through what it waits for, as many steps as
 * there are nodes. The order, which is of no use now, holds the steps. */
static size_t find_cycle(oct_onnx *onnx, const edges *found)
{
    const size_t count = onnx->source->n_node;
    size_t node = 0;
    for (size_t i = 0; i < count; i++)
        onnx->order[i] = found->waits[i] > 0 ? waited_for(onnx, found, i) : i;
    while (found->waits[node] == 0)
        node++;
    for (size_t step = 0; step < count; step++)
        node = onnx->order[node];
    return node;
}

static void read_outputs(const oct_onnx *onnx)
{
    for (size_t i = 0; i < onnx->source->n_output; i++) {
        const char *const text = onnx->source->output[i]->name;
        oct_onnx_name *const name = text != NULL ? oct_onnx_find(onnx, text) : NULL;
        if (name != NULL)
            name->read = true;
    }
}

octet_status oct_onnx_sort(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    const size_t count = onnx->source->n_node;
    edges found = {NULL, NULL, NULL};
    bool sorted = true;
    OCT_ALLOC(&onnx->log, onnx->order, count);
    read_outputs(onnx);
    for (size_t i = 0; i < count; i++) {
        onnx->order[i] = i;
        OCT_TRY(check_inputs(onnx, i, &sorted));
    }
    if (sorted)
        return OCTET_OK;
    OCT_TRY(find_edges(onnx, &found));
    if (order_nodes(onnx, &found) < count) {
        OCT_TRY(oct_onnx_label(onnx, find_cycle(onnx, &found)));
        OCT_REQUIRE(&onnx->log, false, OCTET_INVALID_ARGUMENT,
                    "%s: it needs its own output (the graph has a cycle)", onnx->label);
    }
cleanup:
    free(found.begin);
    free(found.users);
    free(found.waits);
    return status;
}
