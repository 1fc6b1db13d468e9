/* op_binary.c - the node that computes a function of two values, of stored or of real numbers. */
#include "core/broadcast.h"
#include "network/layout.h"
#include "network/ops.h"

static void binary_keep(oct_graph *graph, void *desc)
{
    oct_node_keep_binary(graph, desc);
}

static octet_status check_types(const oct_graph *graph, const oct_node *node)
{
    octet_status status = OCTET_OK;
    const octet_binary_desc *const desc = node->desc;
    const oct_value *const a = oct_graph_input_of(graph, node, 0);
    const oct_value *const b = oct_graph_input_of(graph, node, 1);
    const bool floats = a->type == OCTET_F32 && b->type == OCTET_F32;
    OCT_REQUIRE(&graph->log, floats || (oct_type_is_byte(a->type) && oct_type_is_byte(b->type)),
                OCTET_UNSUPPORTED,
                "node '%s': its inputs are %s and %s; they must be s8 or u8, or f32", node->name,
                oct_type(a->type)->name, oct_type(b->type)->name);
    OCT_REQUIRE(&graph->log, a->type == desc->a_type && b->type == desc->b_type,
                OCTET_INVALID_ARGUMENT,
                "node '%s': its inputs are %s and %s, its zero points %s and %s", node->name,
                oct_type(a->type)->name, oct_type(b->type)->name, oct_type(desc->a_type)->name,
                oct_type(desc->b_type)->name);
    OCT_TRY(oct_node_check_quantization(graph, node, "a", &desc->a, desc->a_type, 1));
    OCT_TRY(oct_node_check_quantization(graph, node, "b", &desc->b, desc->b_type, 1));
    OCT_TRY(
        oct_node_check_quantization(graph, node, "output", &desc->output, desc->output_type, 1));
cleanup:
    return status;
}

bool oct_binary_batches_fit(const oct_value *a, const oct_value *b)
{
    if (a->shape.rank != b->shape.rank)
        return false;
    if (a->batched && b->batched)
        return a->shape.size[0] == b->shape.size[0];
    return (!a->batched || b->shape.size[0] == 1) && (!b->batched || a->shape.size[0] == 1);
}

static octet_status binary_infer(const oct_graph *graph, const oct_node *node, oct_value *output)
{
    octet_status status = OCTET_OK;
    const oct_value *const a = oct_graph_input_of(graph, node, 0);
    const oct_value *const b = oct_graph_input_of(graph, node, 1);
    char a_text[OCT_SHAPE_TEXT], b_text[OCT_SHAPE_TEXT];
    OCT_TRY(check_types(graph, node));
    oct_shape_text(&a->shape, a_text);
    oct_shape_text(&b->shape, b_text);
    OCT_REQUIRE(&graph->log, oct_broadcast_shape(&a->shape, &b->shape, &output->shape),
                OCTET_INVALID_ARGUMENT,
                "node '%s': its inputs are %s and %s; from the last on, sizes must be equal or 1",
                node->name, a_text, b_text);
    OCT_REQUIRE(&graph->log, oct_binary_batches_fit(a, b), OCTET_UNSUPPORTED,
                "node '%s': its inputs are %s and %s; a first dimension that is open must meet "
                "another or a 1",
                node->name, a_text, b_text);
    output->type = ((const octet_binary_desc *)node->desc)->output_type;
    output->batched = a->batched || b->batched;
cleanup:
    return status;
}

/* A constant follows the other input. */
static octet_status binary_lay_out(oct_graph *graph, oct_node *node)
{
    const size_t leader = oct_graph_input_of(graph, node, 0)->constant ? 1 : 0;
    return oct_lay_out_as(graph, node, oct_graph_input_of(graph, node, leader)->stored);
}

static octet_status binary_create(octet_context *context, const oct_node *node, const char *variant,
                                  octet_operator **out)
{
    octet_binary_desc desc = *(const octet_binary_desc *)node->desc;
    desc.variant = variant;
    return octet_binary_create(context, &desc, out);
}

/* Of the two inputs it is the first whose quantization is told. */
static void binary_describe(const oct_node *node, octet_layer_info *info)
{
    static const char *const names[] = {
        [OCTET_ADD] = "add",       [OCTET_SUBTRACT] = "subtract", [OCTET_MULTIPLY] = "multiply",
        [OCTET_DIVIDE] = "divide", [OCTET_MINIMUM] = "minimum",   [OCTET_MAXIMUM] = "maximum"};
    const octet_binary_desc *const desc = node->desc;
    info->op = names[desc->function];
    info->input = desc->a;
    info->output = desc->output;
}

const oct_op oct_op_binary = {
    .name = "binary",
    .desc_size = sizeof(octet_binary_desc),
    .keep = binary_keep,
    .infer = binary_infer,
    .lay_out = binary_lay_out,
    .create = binary_create,
    .describe = binary_describe,
};

/* 1s in front of the sizes, up to "rank"; not of an open first dimension. */
static octet_status lengthen(oct_graph *graph, size_t rank, size_t *x)
{
    const oct_value *const value = &graph->values[*x];
    octet_shape shape = {.rank = rank};
    const size_t front = rank - value->shape.rank;
    if (front == 0 || value->batched)
        return OCTET_OK;
    for (size_t i = 0; i < rank; i++)
        shape.size[i] = i < front ? 1 : value->shape.size[i - front];
    return oct_graph_view(graph, NULL, &shape, *x, x);
}

octet_status oct_graph_binary(oct_graph *graph, const char *name, const octet_binary_desc *desc,
                              size_t a, size_t b, size_t *y)
{
    octet_status status = OCTET_OK;
    const size_t a_rank = graph->values[a].shape.rank, b_rank = graph->values[b].shape.rank;
    const size_t rank = a_rank > b_rank ? a_rank : b_rank;
    size_t inputs[] = {a, b};
    OCT_TRY(lengthen(graph, rank, &inputs[0]));
    OCT_TRY(lengthen(graph, rank, &inputs[1]));
    OCT_TRY(oct_graph_add(graph, &oct_op_binary, name, desc, inputs, 2, y));
cleanup:
    return status;
}

/* ---- ONNX Runtime's order ---- */

static size_t size_at(const oct_value *value, size_t back)
{
    const size_t at = value->shape.rank - 1 - back;
    return at == 0 && value->batched ? SIZE_MAX : value->shape.size[at];
}

bool oct_binary_is_turned(const oct_value *a, const oct_value *b)
{
    const size_t a_rank = a->shape.rank, b_rank = b->shape.rank;
    const size_t common = a_rank < b_rank ? a_rank : b_rank;
    if (common == 0)
        return a_rank == 0 || size_at(a, 0) <= 1;
    for (size_t back = 0; back < common; back++)
        if (size_at(a, back) > 1 || size_at(b, back) > 1)
            return size_at(a, back) <= 1;
    return true;
}
