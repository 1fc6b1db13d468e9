/* op_concat.c - the node that puts values one after the other. */
#include "network/layout.h"
#include "network/ops.h"

static void concat_keep(oct_graph *graph, void *desc)
{
    octet_concat_desc *const concat = desc;
    for (size_t i = 0; i < concat->input_count; i++)
        if (concat->tables[i] != NULL)
            concat->tables[i] = oct_graph_keep(graph, concat->tables[i], 256, 1);
}

/* Whether b can stand beside a: the same sizes but along the axis. */
static bool fits(const oct_value *a, const oct_value *b, size_t axis)
{
    bool same = a->type == b->type && a->batched == b->batched && a->shape.rank == b->shape.rank;
    for (size_t i = 0; same && i < a->shape.rank; i++)
        same = i == axis || a->shape.size[i] == b->shape.size[i];
    return same;
}

static octet_status infer_shape(const oct_graph *graph, const oct_node *node, oct_value *output)
{
    octet_status status = OCTET_OK;
    const size_t axis = ((const octet_concat_desc *)node->desc)->axis;
    const oct_value *const first = oct_graph_input_of(graph, node, 0);
    char a_text[OCT_SHAPE_TEXT], b_text[OCT_SHAPE_TEXT];
    OCT_REQUIRE(&graph->log, axis < first->shape.rank, OCTET_INVALID_ARGUMENT,
                "node '%s': axis %zu; its first input has rank %zu", node->name, axis,
                first->shape.rank);
    OCT_REQUIRE(&graph->log, axis > 0 || !first->batched, OCTET_UNSUPPORTED,
                "node '%s': a concatenation along the open first dimension", node->name);
    *output = (oct_value){.type = first->type, .shape = first->shape, .batched = first->batched};
    for (size_t i = 1; i < node->input_count; i++) {
        const oct_value *const x = oct_graph_input_of(graph, node, i);
        OCT_REQUIRE(&graph->log, fits(first, x, axis), OCTET_UNSUPPORTED,
                    "node '%s': its input 0 is %s %s, input %zu %s %s; they may differ along axis "
                    "%zu alone, and the first dimension must be open in all or in none",
                    node->name, oct_type(first->type)->name, oct_shape_text(&first->shape, a_text),
                    i, oct_type(x->type)->name, oct_shape_text(&x->shape, b_text), axis);
        OCT_REQUIRE(&graph->log, output->shape.size[axis] <= SIZE_MAX - x->shape.size[axis],
                    OCTET_INVALID_ARGUMENT, "node '%s': its output is too large", node->name);
        output->shape.size[axis] += x->shape.size[axis];
    }
cleanup:
    return status;
}

static octet_status concat_infer(const oct_graph *graph, const oct_node *node, oct_value *output)
{
    octet_status status = OCTET_OK;
    const octet_concat_desc *const desc = node->desc;
    const octet_type type = oct_graph_input_of(graph, node, 0)->type;
    OCT_REQUIRE(&graph->log, oct_type_is_byte(type) && type == desc->type, OCTET_UNSUPPORTED,
                "node '%s': its input is %s; it must be s8 or u8", node->name,
                oct_type(type)->name);
    OCT_TRY(infer_shape(graph, node, output));
cleanup:
    return status;
}

static octet_status concat_lay_out(oct_graph *graph, oct_node *node)
{
    octet_concat_desc *const desc = node->desc;
    desc->axis = oct_stored_axis(oct_graph_input_of(graph, node, 0)->stored, desc->axis);
    return oct_lay_out_any(graph, node);
}

static octet_status concat_create(octet_context *context, const oct_node *node, const char *variant,
                                  octet_operator **out)
{
    octet_concat_desc desc = *(const octet_concat_desc *)node->desc;
    desc.variant = variant;
    return octet_concat_create(context, &desc, out);
}

const oct_op oct_op_concat = {
    .name = "concat",
    .desc_size = sizeof(octet_concat_desc),
    .keep = concat_keep,
    .infer = concat_infer,
    .lay_out = concat_lay_out,
    .create = concat_create,
    .describe = NULL,
};

octet_status oct_graph_concat(oct_graph *graph, const char *name, const octet_concat_desc *desc,
                              const size_t *inputs, size_t *y)
{
    return oct_graph_add(graph, &oct_op_concat, name, desc, inputs, desc->input_count, y);
}

/* ---- Of float32: an op of its own, for fuse.c ---- */

static octet_status float_concat_infer(const oct_graph *graph, const oct_node *node,
                                       oct_value *output)
{
    octet_status status = OCTET_OK;
    OCT_TRY(oct_node_check_floats(graph, node));
    OCT_TRY(infer_shape(graph, node, output));
cleanup:
    return status;
}

const oct_op oct_op_float_concat = {
    .name = "concat",
    .desc_size = sizeof(octet_concat_desc),
    .infer = float_concat_infer,
    .lay_out = concat_lay_out,
    .create = concat_create,
};

octet_status oct_graph_float_concat(oct_graph *graph, const char *name,
                                    const octet_concat_desc *desc, const size_t *inputs, size_t *y)
{
    octet_concat_desc floats = *desc;
    floats.type = OCTET_F32;
    return oct_graph_add(graph, &oct_op_float_concat, name, &floats, inputs, desc->input_count, y);
}
