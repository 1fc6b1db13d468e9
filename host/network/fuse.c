/* fuse.c - makes integer layers of float32 arithmetic between dequantize and quantize nodes, as
 * models in QDQ form have it. The nodes are rewritten in their order by the rules below, one set
 * after the other; a node that a rule replaces stays until it turns out that nothing needs it. */
#include "network/fuse.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/quantization.h"
#include "network/origins.h"

/* ---- Rules ---- */

typedef struct rule {
    const oct_op *op;
    oct_fuse_fn fuse;
} rule;

/* Views out of the way; what ends in 8 bits; then what stays float32: a relu must be tried before the
 * layer it ends. */
static const rule past_views[] = {
    {&oct_op_quantize, oct_fuse_after_view}, {&oct_op_dequantize, oct_fuse_after_view},
    {&oct_op_unary, oct_fuse_after_view},    {&oct_op_float_function, oct_fuse_after_view},
    {&oct_op_lookup, oct_fuse_after_view},   {&oct_op_binary, oct_fuse_after_view},
    {&oct_op_view, oct_fuse_view_of_view},   {NULL, NULL}};
static const rule to_bytes[] = {
    {&oct_op_quantize, oct_fuse_quantize}, {&oct_op_view, oct_fuse_move},
    {&oct_op_permute, oct_fuse_move},      {&oct_op_gather, oct_fuse_move},
    {&oct_op_reduce, oct_fuse_fold},       {&oct_op_float_max_pool, oct_fuse_move},
    {&oct_op_binary, oct_fuse_add_bias},   {NULL, NULL}};
static const rule to_relus[] = {{&oct_op_unary, oct_fuse_float_relu}, {NULL, NULL}};
static const rule to_floats[] = {{&oct_op_float_conv2d, oct_fuse_float_layer},
                                 {&oct_op_float_gemm, oct_fuse_float_layer},
                                 {NULL, NULL}};
static const rule to_sums[] = {{&oct_op_binary, oct_fuse_sum}, {NULL, NULL}};
static const rule lookups_past_views[] = {{&oct_op_lookup, oct_fuse_after_view}, {NULL, NULL}};
static const rule to_tables[] = {{&oct_op_lookup, oct_fuse_table}, {NULL, NULL}};
/* The last node of a row is tried before those it ends in. */
static const rule to_clamped[] = {{&oct_op_unary, oct_fuse_found_relu}, {NULL, NULL}};
static const rule to_biased[] = {{&oct_op_binary, oct_fuse_found_bias}, {NULL, NULL}};
static const rule to_scaled[] = {{&oct_op_binary, oct_fuse_found_scales}, {NULL, NULL}};
static const rule *const passes[] = {past_views, to_bytes,           to_relus,  to_floats,
                                     to_sums,    lookups_past_views, to_tables, to_clamped,
                                     to_biased,  to_scaled};

static octet_status apply(oct_graph *graph, const rule *rules, const oct_node *node,
                          oct_fused *fused)
{
    *fused = (oct_fused){.value = OCT_NONE};
    for (const rule *r = rules; r->op != NULL; r++)
        if (r->op == node->op)
            return r->fuse(graph, node, fused);
    return OCTET_OK;
}

const oct_node *oct_fuse_maker(const oct_graph *graph, size_t value, const oct_op *op)
{
    const oct_node *const maker = graph->values[value].maker;
    return maker != NULL && maker->op == op ? maker : NULL;
}

/* ---- One pass ---- */

/* Gives the node the values that now stand for its inputs. */
static octet_status redirect(oct_graph *graph, oct_node *node, const size_t *stands_for)
{
    octet_status status = OCTET_OK;
    size_t *const inputs =
        oct_graph_keep(graph, node->inputs, node->input_count, sizeof *node->inputs);
    OCT_REQUIRE(&graph->log, inputs != NULL, OCTET_OUT_OF_MEMORY, "out of host memory: nodes");
    for (size_t i = 0; i < node->input_count; i++)
        inputs[i] = stands_for[inputs[i]];
    node->inputs = inputs;
    OCT_TRY(oct_graph_set_maker(graph, node));
cleanup:
    return status;
}

static bool quantize_alike(const oct_node *a, const oct_node *b)
{
    const octet_quantize_desc *const left = a->desc, *const right = b->desc;
    return !left->per_axis && !right->per_axis && left->output_type == right->output_type &&
           left->rule == right->rule && left->parameters == right->parameters &&
           oct_quantization_is_same(&left->output, &right->output);
}

/* Quantizers can be told to quantize a value anew for each of its users: it is made only once. Gives
 * what the first such node gives, or OCT_NONE; "first" has the first quantize node of each value. */
static size_t find_twin(const oct_node *nodes, size_t index, size_t *first,
                        const size_t *stands_for)
{
    if (nodes[index].op != &oct_op_quantize)
        return OCT_NONE;
    size_t *const twin = &first[nodes[index].inputs[0]];
    if (*twin == OCT_NONE)
        *twin = index;
    else if (quantize_alike(&nodes[*twin], &nodes[index]))
        return stands_for[nodes[*twin].output];
    return OCT_NONE;
}

static octet_status rewrite(oct_graph *graph, const rule *rules, const oct_node *nodes,
                            size_t count, size_t *first, size_t *stands_for)
{
    octet_status status = OCTET_OK;
    for (size_t i = 0; i < count; i++) {
        oct_node node = nodes[i];
        oct_fused fused = {.value = find_twin(nodes, i, first, stands_for)};
        OCT_TRY(redirect(graph, &node, stands_for));
        if (fused.value == OCT_NONE)
            OCT_TRY(apply(graph, rules, &node, &fused));
        OCT_TRY(oct_graph_append_node(graph, &node));
        if (fused.value != OCT_NONE)
            stands_for[node.output] = fused.value;
    }
    for (size_t i = 0; i < graph->outputs.count; i++)
        graph->outputs.items[i].value = stands_for[graph->outputs.items[i].value];
cleanup:
    return status;
}

/* Counts who reads each value. */
static void count_users(oct_graph *graph)
{
    for (size_t i = 0; i < graph->value_count; i++)
        graph->values[i].users = 0;
    for (size_t i = 0; i < graph->outputs.count; i++)
        graph->values[graph->outputs.items[i].value].users++;
    for (size_t i = 0; i < graph->node_count; i++)
        for (size_t j = 0; j < graph->nodes[i].input_count; j++)
            graph->values[graph->nodes[i].inputs[j]].users++;
}

/* Removes what has lost its users, and what was made for nothing. Values that never had any users
 * stay, and so does what stands for them: in a model that cannot run, their users may be missing. */
static octet_status drop_orphans(oct_graph *graph, const size_t *stands_for, size_t count)
{
    octet_status status = OCTET_OK;
    bool *orphans = NULL;
    OCT_ALLOC(&graph->log, orphans, graph->value_count);
    for (size_t i = 0; i < graph->value_count; i++)
        orphans[i] = i >= count || graph->values[i].users > 0 || stands_for[i] != i;
    for (size_t i = 0; i < count; i++)
        if (stands_for[i] != i && graph->values[i].users == 0)
            orphans[stands_for[i]] = false;
    OCT_TRY(oct_graph_prune(graph, orphans));
cleanup:
    free(orphans);
    return status;
}

static octet_status run_pass(oct_graph *graph, const rule *rules, oct_origins *origins)
{
    octet_status status = OCTET_OK;
    oct_node *const nodes = graph->nodes;
    const size_t node_count = graph->node_count, value_count = graph->value_count;
    size_t *stands_for = NULL, *first = NULL;
    count_users(graph);
    OCT_ALLOC(&graph->log, stands_for, value_count);
    OCT_ALLOC(&graph->log, first, value_count);
    for (size_t i = 0; i < value_count; i++) {
        stands_for[i] = i;
        first[i] = OCT_NONE;
    }
    graph->nodes = NULL;
    graph->node_count = graph->node_capacity = 0;
    status = rewrite(graph, rules, nodes, node_count, first, stands_for);
    free(nodes);
    OCT_TRY(status);
    oct_origins_follow(origins, stands_for);
    OCT_TRY(drop_orphans(graph, stands_for, value_count));
cleanup:
    free(first);
    free(stands_for);
    return status;
}

/* ---- What is left ---- */

static bool reads(const oct_node *node, size_t value)
{
    for (size_t i = 0; i < node->input_count; i++)
        if (node->inputs[i] == value)
            return true;
    return false;
}

#define NOT_BETWEEN "it is not between 8-bit values"

/* How many nodes after a function are looked at for one that reads it. */
enum { MOST_AFTER = 1024 };

/* What keeps a function, with "left" nodes from "after" on, from being a table. */
static void find_obstacle(const oct_graph *graph, const oct_node *node, const oct_node *after,
                          size_t left, char *reason, size_t size)
{
    const oct_node *const maker = graph->values[node->inputs[0]].maker;
    const oct_node *reader = NULL;
    const size_t most = left < MOST_AFTER ? left : MOST_AFTER;
    for (size_t i = 0; i < most && reader == NULL; i++)
        if (reads(&after[i], node->output))
            reader = &after[i];
    if (maker == NULL)
        snprintf(reason, size, NOT_BETWEEN "; its input is one of the model");
    else if (reader == NULL)
        snprintf(reason, size, NOT_BETWEEN "%s",
                 most == left ? "; its output is one of the model" : "");
    else if (reader->op == &oct_op_quantize)
        snprintf(reason, size, NOT_BETWEEN "; its input comes from '%.80s' (%s)", maker->name,
                 maker->op->name);
    else
        snprintf(reason, size, NOT_BETWEEN "; its output goes to '%.80s' (%s)", reader->name,
                 reader->op->name);
}

/* "left": how many nodes there are from "after" on. */
static octet_status refuse(oct_graph *graph, const oct_node *node, const oct_node *after,
                           size_t left)
{
    octet_status status = OCTET_OK;
    oct_fused fused;
    const bool function = node->op == &oct_op_float_function;
    char sentence[512];
    OCT_TRY(apply(graph, to_floats, node, &fused)); /* only for its reason: it has not worked */
    if (function)
        find_obstacle(graph, node, after, left, fused.reason, sizeof fused.reason);
    snprintf(sentence, sizeof sentence,
             "node '%.160s': octet has no %s%s, and cannot make an "
             "integer one of it: %s",
             node->name, function ? "float " : "",
             function ? ((const oct_float_function *)node->desc)->name : node->op->name,
             fused.reason[0] != '\0' ? fused.reason : NOT_BETWEEN);
    OCT_TRY(oct_graph_add_unsupported(graph, sentence));
cleanup:
    return status;
}

static bool reads_any(const oct_node *node, const bool *values)
{
    for (size_t i = 0; i < node->input_count; i++)
        if (values[node->inputs[i]])
            return true;
    return false;
}

/* Takes abstract nodes out of the graph, with all that comes from them, and says why. */
static octet_status refuse_abstract(oct_graph *graph)
{
    octet_status status = OCTET_OK;
    const size_t node_count = graph->node_count, output_count = graph->outputs.count;
    bool *missing = NULL;
    OCT_ALLOC(&graph->log, missing, graph->value_count);
    graph->node_count = graph->outputs.count = 0;
    for (size_t i = 0; i < node_count; i++) {
        const oct_node node = graph->nodes[i];
        const bool unknown = reads_any(&node, missing);
        const bool lost = unknown || node.op->abstract;
        for (size_t j = 0; j < oct_node_outputs(&node); j++)
            missing[node.output + j] = lost;
        if (!lost)
            graph->nodes[graph->node_count++] = node;
        else if (!unknown) /* otherwise there is nothing to say beyond what made it so */
            OCT_TRY(refuse(graph, &node, graph->nodes + i + 1, node_count - i - 1));
    }
    for (size_t i = 0; i < output_count; i++)
        if (!missing[graph->outputs.items[i].value])
            graph->outputs.items[graph->outputs.count++] = graph->outputs.items[i];
cleanup:
    free(missing);
    return status;
}

octet_status oct_graph_fuse(oct_graph *graph)
{
    octet_status status = OCTET_OK;
    oct_origins origins = {NULL};
    OCT_TRY(oct_origins_begin(graph, &origins));
    for (size_t i = 0; i < sizeof passes / sizeof passes[0]; i++) {
        OCT_TRY(run_pass(graph, passes[i], &origins));
        if (graph->unsupported_count == 0)
            OCT_TRY(oct_graph_prune(graph, NULL));
    }
    OCT_TRY(refuse_abstract(graph));
    OCT_TRY(oct_origins_settle(graph, &origins));
cleanup:
    oct_origins_release(&origins);
    return status;
}
