/* origins.c - see origins.h. A node of the model whose value, or what stands for it, is made by a node
 * of the graph went into that. One whose value is gone went where its value was read: into one node, or
 * several. */
#include "network/origins.h"

#include <stdlib.h>
#include <string.h>

#include "network/ops.h"

octet_status oct_origins_begin(const oct_graph *graph, oct_origins *origins)
{
    octet_status status = OCTET_OK;
    OCT_ALLOC(&graph->log, origins->makers, graph->value_count);
    OCT_ALLOC(&graph->log, origins->now, graph->value_count);
    origins->count = graph->value_count;
    for (size_t i = 0; i < origins->count; i++) {
        origins->makers[i] = graph->values[i].maker;
        origins->now[i] = i;
    }
cleanup:
    return status;
}

void oct_origins_release(oct_origins *origins)
{
    free(origins->now);
    free(origins->makers);
    *origins = (oct_origins){0};
}

void oct_origins_follow(oct_origins *origins, const size_t *stands_for)
{
    for (size_t i = 0; i < origins->count; i++)
        origins->now[i] = stands_for[origins->now[i]];
}

/* ---- After the last pass ---- */

/* Values of the model, by the node of the graph that they end in. */
typedef struct ends {
    size_t *node;  /* [count] of oct_origins: where a value ends, or OCT_NONE */
    size_t *next;  /* [count]: the value before it that ends in the same node, or OCT_NONE */
    size_t *last;  /* [node_count]: the last value that ends in a node, or OCT_NONE */
    size_t *taken; /* [count]: 1 + the node that has taken a value; of several, the newest */
} ends;

/* The node that makes each value now; a view is none, but what makes what it looks at. */
static size_t *find_makers(const oct_graph *graph)
{
    size_t *const makers = oct_allocate(graph->value_count, sizeof *makers);
    for (size_t i = 0; makers != NULL && i < graph->value_count; i++)
        makers[i] = OCT_NONE;
    for (size_t i = 0; makers != NULL && i < graph->node_count; i++) {
        const oct_node *const node = &graph->nodes[i];
        for (size_t j = 0; j < oct_node_outputs(node); j++)
            makers[node->output + j] = node->op->create != NULL ? i : makers[node->inputs[0]];
    }
    return makers;
}

static octet_status find_ends(const oct_graph *graph, const oct_origins *origins, ends *found)
{
    octet_status status = OCTET_OK;
    size_t *const makers = find_makers(graph);
    OCT_REQUIRE(&graph->log, makers != NULL, OCTET_OUT_OF_MEMORY, "out of host memory: nodes");
    OCT_ALLOC(&graph->log, found->node, origins->count);
    OCT_ALLOC(&graph->log, found->next, origins->count);
    OCT_ALLOC(&graph->log, found->taken, origins->count);
    OCT_ALLOC(&graph->log, found->last, graph->node_count);
    for (size_t i = 0; i < graph->node_count; i++)
        found->last[i] = OCT_NONE;
    for (size_t i = 0; i < origins->count; i++) {
        const size_t node = makers[origins->now[i]];
        found->node[i] = found->next[i] = OCT_NONE;
        if (node == OCT_NONE || origins->makers[i] == NULL)
            continue;
        found->node[i] = node;
        found->next[i] = found->last[node];
        found->last[node] = i;
    }
cleanup:
    free(makers);
    return status;
}

/* A list of values, in which each is once. */
typedef struct gathered {
    size_t values[OCT_MOST_SOURCES], count;
} gathered;

static void take(const oct_origins *origins, ends *found, size_t node, size_t value, gathered *list)
{
    if (origins->makers[value] == NULL || found->taken[value] == node + 1 ||
        list->count == OCT_MOST_SOURCES)
        return;
    found->taken[value] = node + 1;
    list->values[list->count++] = value;
}

/* What ends in the node, and what is before that and ends nowhere. */
static void gather(const oct_origins *origins, ends *found, size_t node, gathered *list)
{
    list->count = 0;
    for (size_t i = found->last[node]; i != OCT_NONE; i = found->next[i])
        take(origins, found, node, i, list);
    for (size_t i = 0; i < list->count; i++) {
        const oct_node *const maker = origins->makers[list->values[i]];
        for (size_t j = 0; j < maker->input_count; j++)
            if (found->node[maker->inputs[j]] == OCT_NONE)
                take(origins, found, node, maker->inputs[j], list);
    }
}

static int compare_values(const void *a, const void *b)
{
    const size_t left = *(const size_t *)a, right = *(const size_t *)b;
    return (left > right) - (left < right);
}

/* The names of a list, in the model's order; several nodes that one was made of have the same name. */
static octet_status name_sources(oct_graph *graph, const oct_origins *origins, gathered *list,
                                 oct_node *node)
{
    octet_status status = OCTET_OK;
    const char *names[OCT_MOST_SOURCES];
    size_t count = 0;
    qsort(list->values, list->count, sizeof *list->values, compare_values);
    for (size_t i = 0; i < list->count; i++) {
        const oct_node *const maker = origins->makers[list->values[i]];
        size_t same = 0;
        while (same < count && strcmp(names[same], maker->name) != 0)
            same++;
        if (same == count && !maker->made_up)
            names[count++] = maker->name;
    }
    node->sources = oct_graph_keep(graph, names, count, sizeof *names);
    OCT_REQUIRE(&graph->log, node->sources != NULL, OCTET_OUT_OF_MEMORY,
                "out of host memory: names of nodes");
    node->source_count = count;
    OCT_TRY(oct_graph_set_maker(graph, node));
cleanup:
    return status;
}

octet_status oct_origins_settle(oct_graph *graph, const oct_origins *origins)
{
    octet_status status = OCTET_OK;
    ends found = {NULL};
    gathered list;
    OCT_TRY(find_ends(graph, origins, &found));
    for (size_t i = 0; i < graph->node_count; i++) {
        gather(origins, &found, i, &list);
        OCT_TRY(name_sources(graph, origins, &list, &graph->nodes[i]));
    }
cleanup:
    free(found.last);
    free(found.taken);
    free(found.next);
    free(found.node);
    return status;
}
