/* fuse_function.c - functions of one dequantized value, of however many nodes, as a table of its stored
 * ones. What moves elements behind them moves the results of that table. */
#include "core/quantization.h"
#include "network/fuse.h"
#include "reference/reference.h"

/* Values of one function; bounds the work of hostile models. */
enum { MOST_VALUES = 32, MOST_DEPTH = 16 };

/* All values that a function is made of, each after those it is computed from: x, constant numbers, and
 * what nodes make of them. */
typedef struct expression {
    size_t values[MOST_VALUES];
    float numbers[MOST_VALUES];
    const oct_node *makers[MOST_VALUES]; /* NULL: x, or a constant */
    size_t count;
    size_t x; /* OCT_NONE: not found yet */
} expression;

/* ---- Of what it is made ---- */

static bool is_number(const oct_value *value)
{
    size_t count = 0;
    return value->constant && value->type == OCTET_F32 && oct_shape_count(&value->shape, &count) &&
           count == 1;
}

/* Whether a node does the same to every element of the one value that it reads beside numbers. */
static bool is_function(const oct_graph *graph, const oct_node *node)
{
    if (node == NULL || (node->op != &oct_op_unary && node->op != &oct_op_float_function &&
                         node->op != &oct_op_binary))
        return false;
    const oct_value *const y = &graph->values[node->output];
    for (size_t i = 0; i < node->input_count; i++) {
        const oct_value *const x = oct_graph_input_of(graph, node, i);
        if (x->type != OCTET_F32 ||
            (!is_number(x) && (!oct_shape_equal(&x->shape, &y->shape) || x->batched != y->batched)))
            return false;
    }
    return y->type == OCTET_F32;
}

static size_t place_of(const expression *e, size_t value)
{
    size_t i = 0;
    while (i < e->count && e->values[i] != value)
        i++;
    return i;
}

/* Adds "value" and all it is computed from; "fits" becomes false where that is too much, or more than
 * one value. */
static octet_status gather(oct_graph *graph, size_t value, size_t depth, expression *e, bool *fits)
{
    octet_status status = OCTET_OK;
    const oct_node *const maker = graph->values[value].maker;
    const bool number = is_number(&graph->values[value]);
    const bool function = !number && is_function(graph, maker);
    if (place_of(e, value) < e->count)
        return OCTET_OK;
    *fits = depth < MOST_DEPTH && (number || function || e->x == OCT_NONE);
    for (size_t i = 0; *fits && function && i < maker->input_count; i++)
        OCT_TRY(gather(graph, maker->inputs[i], depth + 1, e, fits));
    *fits = *fits && e->count < MOST_VALUES;
    if (!*fits)
        return OCTET_OK;
    if (number) {
        OCT_TRY(oct_graph_compute(graph, value));
        e->numbers[e->count] = *(const float *)graph->values[value].data;
    } else if (!function) {
        e->x = value;
    }
    e->makers[e->count] = function ? maker : NULL;
    e->values[e->count++] = value;
cleanup:
    return status;
}

/* ---- Its table ---- */

static float compute(const expression *e, const oct_node *node)
{
    const octet_unary_desc *const unary = node->desc;
    const float a = e->numbers[place_of(e, node->inputs[0])];
    if (node->op == &oct_op_unary)
        return oct_reference_unary_one(unary->function, unary->alpha, unary->beta, a);
    if (node->op == &oct_op_float_function)
        return oct_float_function_at(node->desc, a);
    return oct_reference_binary_real(((const octet_binary_desc *)node->desc)->function, a,
                                     e->numbers[place_of(e, node->inputs[1])]);
}

/* The function of "x"; its value is the last. */
static float evaluate(expression *e, float x)
{
    e->numbers[place_of(e, e->x)] = x;
    for (size_t i = 0; i < e->count; i++)
        if (e->makers[i] != NULL)
            e->numbers[i] = compute(e, e->makers[i]);
    return e->numbers[e->count - 1];
}

/* The stored result of each stored value. */
static void fill(const oct_quantized *input, const octet_quantize_desc *output, expression *e,
                 uint8_t table[256])
{
    const oct_type_info *const type = oct_type(output->output_type);
    for (int i = 0; i < 256; i++) {
        const int32_t stored = input->type == OCTET_S8 ? (int8_t)i : i;
        const float steps = (float)(stored - oct_zero_point_at(&input->parameters, 0));
        const float y = evaluate(e, oct_scale_at(&input->parameters, 0) * steps);
        table[i] = (uint8_t)oct_reference_quantize_one(
            output->rule, y, oct_scale_at(&output->output, 0),
            oct_zero_point_at(&output->output, 0), type->low, type->high);
    }
}

/* A lookup of what "value" is a function of; "found" is false where that is no dequantized value. */
static octet_status add_table(oct_graph *graph, const oct_node *node, size_t value, size_t *y,
                              bool *found, oct_fused *fused)
{
    octet_status status = OCTET_OK;
    const octet_quantize_desc *const quantize = node->desc;
    expression e = {.x = OCT_NONE};
    uint8_t table[256];
    oct_quantized input;
    *found = true;
    OCT_TRY(gather(graph, value, 0, &e, found));
    *found = *found && e.x != OCT_NONE;
    if (*found)
        OCT_TRY(oct_fuse_find_whole(graph, e.x, "input", &input, found, fused));
    if (!*found)
        return OCTET_OK;
    fill(&input, quantize, &e, table);
    OCT_TRY(oct_graph_lookup(graph, node->name,
                             &(octet_lookup_desc){.struct_size = sizeof(octet_lookup_desc),
                                                  .input_type = input.type,
                                                  .output_type = quantize->output_type,
                                                  .table = table},
                             input.value, y));
cleanup:
    return status;
}

/* ---- What moves its results ---- */

/* To quantize keeps the order of numbers, so it may come before a choice of the largest. */
static bool is_move(const oct_node *node)
{
    return node != NULL &&
           (node->op == &oct_op_view || node->op == &oct_op_permute || node->op == &oct_op_gather ||
            node->op == &oct_op_reduce || node->op == &oct_op_float_max_pool);
}

octet_status oct_fuse_lookup(oct_graph *graph, const oct_node *node, oct_fused *fused)
{
    octet_status status = OCTET_OK;
    const octet_quantize_desc *const quantize = node->desc;
    const oct_node *moves[OCT_FUSE_MOST];
    size_t value = node->inputs[0], count = 0;
    oct_quantized y = {.type = quantize->output_type, .parameters = quantize->output};
    bool found = false;
    while (count < OCT_FUSE_MOST && is_move(graph->values[value].maker)) {
        moves[count] = graph->values[value].maker;
        value = moves[count++]->inputs[0];
    }
    OCT_TRY(add_table(graph, node, value, &y.value, &found, fused));
    while (found && count > 0)
        OCT_TRY(oct_fuse_move_stored(graph, moves[--count], &y, &found));
    if (found)
        fused->value = y.value;
cleanup:
    return status;
}
