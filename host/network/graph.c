/* graph.c - see graph.h. */
#include "network/graph.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "network/ops.h"

/* One block of memory that lives as long as the graph. */
struct oct_kept {
    struct oct_kept *next;
    max_align_t data[];
};

octet_status oct_graph_create(octet_context *context, oct_log log, oct_graph **out)
{
    octet_status status = OCTET_OK;
    oct_graph *graph = NULL;
    OCT_ALLOC(&log, graph, 1);
    graph->context = context;
    graph->log = log;
    *out = graph;
cleanup:
    return status;
}

static void release(struct oct_kept *kept)
{
    while (kept != NULL) {
        struct oct_kept *const next = kept->next;
        free(kept);
        kept = next;
    }
}

void oct_graph_destroy(oct_graph *graph)
{
    if (graph == NULL)
        return;
    release(graph->kept);
    free(graph->unsupported);
    free(graph->inputs.items);
    free(graph->outputs.items);
    free(graph->nodes);
    free(graph->values);
    free(graph);
}

void *oct_graph_keep(oct_graph *graph, const void *data, size_t count, size_t size)
{
    size_t bytes;
    struct oct_kept *kept = NULL;
    if (oct_multiply(count, size, &bytes) && bytes <= SIZE_MAX - sizeof *kept)
        kept = oct_allocate(1, sizeof *kept + bytes);
    if (kept == NULL) {
        graph->out_of_memory = true;
        return NULL;
    }
    if (data != NULL && bytes > 0)
        memcpy(kept->data, data, bytes);
    kept->next = graph->kept;
    graph->kept = kept;
    return kept->data;
}

const char *oct_graph_keep_text(oct_graph *graph, const char *text)
{
    return oct_graph_keep(graph, text, strlen(text) + 1, 1);
}

/* ---- What a finished graph needs ---- */

static void keep_node(oct_graph *graph, oct_node *node)
{
    node->name = oct_graph_keep_text(graph, node->name);
    node->inputs = oct_graph_keep(graph, node->inputs, node->input_count, sizeof *node->inputs);
    node->desc = oct_graph_keep(graph, node->desc, 1, node->op->desc_size);
    if (node->op->keep != NULL && node->desc != NULL)
        node->op->keep(graph, node->desc);
    const char **const sources =
        oct_graph_keep(graph, node->sources, node->source_count, sizeof *sources);
    for (size_t i = 0; sources != NULL && i < node->source_count; i++)
        sources[i] = oct_graph_keep_text(graph, sources[i]);
    node->sources = sources;
}

static void keep_ports(oct_graph *graph, oct_ports *ports)
{
    for (size_t i = 0; i < ports->count; i++)
        ports->items[i].name = oct_graph_keep_text(graph, ports->items[i].name);
}

octet_status oct_graph_settle(oct_graph *graph)
{
    octet_status status = OCTET_OK;
    struct oct_kept *const old = graph->kept;
    graph->kept = NULL;
    for (size_t i = 0; i < graph->node_count && !graph->out_of_memory; i++)
        keep_node(graph, &graph->nodes[i]);
    keep_ports(graph, &graph->inputs);
    keep_ports(graph, &graph->outputs);
    for (size_t i = 0; i < graph->unsupported_count; i++)
        graph->unsupported[i] = oct_graph_keep_text(graph, graph->unsupported[i]);
    for (size_t i = 0; i < graph->value_count; i++) {
        graph->values[i].data = NULL;
        graph->values[i].maker = NULL;
    }
    release(old);
    OCT_REQUIRE(&graph->log, !graph->out_of_memory, OCTET_OUT_OF_MEMORY,
                "out of host memory: the nodes of the network");
cleanup:
    return status;
}

/* ---- Building ---- */

octet_status oct_graph_append_value(oct_graph *graph, const oct_value *value, size_t *index)
{
    octet_status status = OCTET_OK;
    oct_value *const values =
        oct_grow(graph->values, graph->value_count, &graph->value_capacity, sizeof *values);
    OCT_REQUIRE(&graph->log, values != NULL, OCTET_OUT_OF_MEMORY, "out of host memory: values");
    graph->values = values;
    values[graph->value_count] = *value;
    values[graph->value_count].twin = OCT_NONE;
    *index = graph->value_count++;
cleanup:
    return status;
}

octet_status oct_graph_append_node(oct_graph *graph, const oct_node *node)
{
    octet_status status = OCTET_OK;
    oct_node *const nodes =
        oct_grow(graph->nodes, graph->node_count, &graph->node_capacity, sizeof *nodes);
    OCT_REQUIRE(&graph->log, nodes != NULL, OCTET_OUT_OF_MEMORY, "out of host memory: nodes");
    graph->nodes = nodes;
    nodes[graph->node_count++] = *node;
cleanup:
    return status;
}

octet_status oct_graph_set_maker(oct_graph *graph, const oct_node *node)
{
    octet_status status = OCTET_OK;
    const oct_node *const maker = oct_graph_keep(graph, node, 1, sizeof *node);
    OCT_REQUIRE(&graph->log, maker != NULL, OCTET_OUT_OF_MEMORY, "out of host memory: nodes");
    for (size_t i = 0; i < oct_node_outputs(node); i++)
        graph->values[node->output + i].maker = maker;
cleanup:
    return status;
}

octet_status oct_graph_add_unsupported(oct_graph *graph, const char *sentence)
{
    octet_status status = OCTET_OK;
    const char **const grown = oct_grow(graph->unsupported, graph->unsupported_count,
                                        &graph->unsupported_capacity, sizeof *grown);
    if (grown != NULL) {
        graph->unsupported = grown;
        grown[graph->unsupported_count] = oct_graph_keep_text(graph, sentence);
    }
    OCT_REQUIRE(&graph->log, grown != NULL && grown[graph->unsupported_count] != NULL,
                OCTET_OUT_OF_MEMORY, "out of host memory: the list of unsupported nodes");
    graph->unsupported_count++;
cleanup:
    return status;
}

static octet_status add_port(oct_graph *graph, oct_ports *ports, const char *name, size_t value)
{
    octet_status status = OCTET_OK;
    oct_port *const items = oct_grow(ports->items, ports->count, &ports->capacity, sizeof *items);
    if (items != NULL) {
        ports->items = items;
        items[ports->count] = (oct_port){oct_graph_keep_text(graph, name), value};
    }
    OCT_REQUIRE(&graph->log, items != NULL && !graph->out_of_memory, OCTET_OUT_OF_MEMORY,
                "out of host memory: inputs and outputs");
    ports->count++;
cleanup:
    return status;
}

octet_status oct_graph_input(oct_graph *graph, const char *name, octet_type type,
                             const octet_shape *shape, bool batched, size_t *value)
{
    octet_status status = OCTET_OK;
    const oct_value input = {.type = type, .shape = *shape, .batched = batched};
    size_t bytes;
    OCT_REQUIRE(&graph->log, oct_shape_bytes(type, shape, &bytes), OCTET_INVALID_ARGUMENT,
                "input '%s': its rank is above %d or its size overflows", name, OCTET_MAX_RANK);
    OCT_REQUIRE(&graph->log, !batched || shape->rank > 0, OCTET_INVALID_ARGUMENT,
                "input '%s': a scalar has no batch dimension", name);
    OCT_TRY(oct_graph_append_value(graph, &input, value));
    OCT_TRY(add_port(graph, &graph->inputs, name, *value));
cleanup:
    return status;
}

octet_status oct_graph_constant(oct_graph *graph, octet_type type, const octet_shape *shape,
                                const void *data, size_t *value)
{
    octet_status status = OCTET_OK;
    oct_value constant = {.type = type, .shape = *shape, .constant = true};
    size_t bytes;
    OCT_REQUIRE(&graph->log, oct_shape_bytes(type, shape, &bytes), OCTET_INVALID_ARGUMENT,
                "constant: its rank is above %d or its size overflows", OCTET_MAX_RANK);
    constant.data = oct_graph_keep(graph, data, bytes, 1);
    OCT_REQUIRE(&graph->log, constant.data != NULL, OCTET_OUT_OF_MEMORY,
                "out of host memory: a constant of %zu bytes", bytes);
    OCT_TRY(oct_graph_append_value(graph, &constant, value));
cleanup:
    return status;
}

octet_status oct_graph_output(oct_graph *graph, const char *name, size_t value)
{
    return add_port(graph, &graph->outputs, name, value);
}

static const char *node_name(oct_graph *graph, const oct_op *op, const char *name)
{
    char made_up[64];
    if (name != NULL && name[0] != '\0')
        return oct_graph_keep_text(graph, name);
    snprintf(made_up, sizeof made_up, "%s_%zu", op->name, graph->node_count);
    return oct_graph_keep_text(graph, made_up);
}

/* Constants are computed on demand, each asking for those before it; this bounds that recursion. */
#define MOST_DEPTH 32

/* Whether the node's inputs are all constant, and how deep its output then is. */
static bool all_constant(const oct_graph *graph, const oct_node *node, size_t *depth)
{
    size_t deepest = 0;
    for (size_t i = 0; i < node->input_count; i++) {
        const oct_value *const input = oct_graph_input_of(graph, node, i);
        if (!input->constant)
            return false;
        deepest = input->depth > deepest ? input->depth : deepest;
    }
    *depth = deepest + 1;
    return true;
}

/* The values of a node, one after the other. */
static octet_status append_outputs(oct_graph *graph, oct_node *node, const oct_value *results)
{
    octet_status status = OCTET_OK;
    size_t bytes, last;
    node->output = graph->value_count;
    for (size_t i = 0; i < oct_node_outputs(node); i++) {
        OCT_REQUIRE(&graph->log, oct_shape_bytes(results[i].type, &results[i].shape, &bytes),
                    OCTET_INVALID_ARGUMENT, "node '%s': the size of its output overflows",
                    node->name);
        OCT_TRY(oct_graph_append_value(graph, &results[i], &last));
    }
    OCT_TRY(oct_graph_set_maker(graph, node));
cleanup:
    return status;
}

octet_status oct_graph_add(oct_graph *graph, const oct_op *op, const char *name, const void *desc,
                           const size_t *inputs, size_t input_count, size_t *output)
{
    octet_status status = OCTET_OK;
    oct_value results[OCT_MOST_OUTPUTS] = {{.type = OCTET_S8}};
    oct_node node = {.op = op, .input_count = input_count};
    node.made_up = name == NULL || name[0] == '\0';
    node.name = node_name(graph, op, name);
    node.desc = oct_graph_keep(graph, desc, 1, op->desc_size);
    node.inputs = oct_graph_keep(graph, inputs, input_count, sizeof *inputs);
    if (op->keep != NULL && node.desc != NULL)
        op->keep(graph, node.desc);
    OCT_REQUIRE(&graph->log, !graph->out_of_memory, OCTET_OUT_OF_MEMORY,
                "out of host memory: a node of the network");
    OCT_TRY(op->infer(graph, &node, results));
    results[0].constant =
        !op->abstract && op->more_outputs == 0 && all_constant(graph, &node, &results[0].depth);
    OCT_TRY(append_outputs(graph, &node, results));
    if (!results[0].constant)
        OCT_TRY(oct_graph_append_node(graph, &node));
    else if (results[0].depth > MOST_DEPTH)
        OCT_TRY(oct_graph_compute(graph, node.output));
    *output = node.output;
cleanup:
    return status;
}

size_t oct_node_outputs(const oct_node *node)
{
    return 1 + node->op->more_outputs;
}

const oct_value *oct_graph_input_of(const oct_graph *graph, const oct_node *node, size_t index)
{
    return &graph->values[node->inputs[index]];
}

bool oct_value_shape(const oct_value *value, size_t images, octet_shape *shape)
{
    size_t bytes;
    octet_shape whole = value->shape;
    if (value->batched && !oct_multiply(whole.size[0], images, &whole.size[0]))
        return false;
    *shape = whole;
    return oct_shape_bytes(value->type, &whole, &bytes);
}

bool oct_value_stored_shape(const oct_value *value, size_t images, octet_shape *shape)
{
    if (!oct_value_shape(value, images, shape))
        return false;
    if (value->stored == OCT_STORED_CHANNELS_LAST) {
        const octet_shape plain = *shape;
        shape->size[1] = plain.size[2];
        shape->size[2] = plain.size[3];
        shape->size[3] = plain.size[1];
    }
    return true;
}
