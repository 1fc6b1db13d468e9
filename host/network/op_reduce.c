/* op_reduce.c - the node that folds neighbouring dimensions into one element: means, smallest, largest,
 * and where these are. */
#include "core/quantization.h"
#include "network/layout.h"
#include "network/ops.h"
#include "reference/reference.h"

static void reduce_keep(oct_graph *graph, void *desc)
{
    oct_node_keep_quantization(graph, &((octet_reduce_desc *)desc)->input);
    oct_node_keep_quantization(graph, &((octet_reduce_desc *)desc)->output);
}

static octet_status check_types(const oct_graph *graph, const oct_node *node)
{
    octet_status status = OCTET_OK;
    const octet_reduce_desc *const desc = node->desc;
    const octet_type type = oct_graph_input_of(graph, node, 0)->type;
    OCT_REQUIRE(&graph->log,
                type == desc->input_type && type != OCTET_S32 &&
                    (oct_reduce_is_index(desc->function)
                         ? desc->output_type == OCTET_S32
                         : (type == OCTET_F32) == (desc->output_type == OCTET_F32)),
                OCTET_UNSUPPORTED, "node '%s': its input is %s; it must be f32, s8 or u8",
                node->name, oct_type(type)->name);
    if (desc->function != OCTET_REDUCE_MEAN || type == OCTET_F32)
        return OCTET_OK;
    OCT_TRY(oct_node_check_quantization(graph, node, "input", &desc->input, type, 1));
    OCT_TRY(
        oct_node_check_quantization(graph, node, "output", &desc->output, desc->output_type, 1));
    const double input = (double)oct_scale_at(&desc->input, 0);
    const double output = (double)oct_scale_at(&desc->output, 0);
    OCT_REQUIRE(&graph->log, oct_multiplier_is_legal(input / output), OCTET_UNSUPPORTED,
                "node '%s': its input scale %g by its output scale %g; it must be in [2^-32, 256)",
                node->name, input, output);
cleanup:
    return status;
}

static octet_status reduce_infer(const oct_graph *graph, const oct_node *node, oct_value *output)
{
    octet_status status = OCTET_OK;
    const octet_reduce_desc *const desc = node->desc;
    const oct_value *const x = oct_graph_input_of(graph, node, 0);
    size_t count = 1;
    OCT_TRY(check_types(graph, node));
    OCT_REQUIRE(&graph->log,
                desc->axes > 0 && desc->axes <= x->shape.rank &&
                    desc->axis <= x->shape.rank - desc->axes,
                OCTET_INVALID_ARGUMENT, "node '%s': %zu dimensions from %zu on; its input has %zu",
                node->name, desc->axes, desc->axis, x->shape.rank);
    OCT_REQUIRE(&graph->log, desc->axis > 0 || !x->batched, OCTET_UNSUPPORTED,
                "node '%s': it folds the open first dimension", node->name);
    *output = (oct_value){.type = desc->output_type,
                          .shape = x->shape,
                          .batched = x->batched,
                          .index = oct_reduce_is_index(desc->function)};
    for (size_t i = desc->axis; i < desc->axis + desc->axes; i++) {
        count *= x->shape.size[i]; /* at most the number of elements */
        output->shape.size[i] = 1;
    }
    OCT_REQUIRE(&graph->log, count > 0, OCTET_UNSUPPORTED,
                "node '%s': it folds no elements into one", node->name);
    OCT_REQUIRE(&graph->log, x->type == OCTET_F32 || count <= INT32_MAX / 255, OCTET_UNSUPPORTED,
                "node '%s': it folds %zu elements of 8 bits into one; at most %d are supported",
                node->name, count, INT32_MAX / 255);
cleanup:
    return status;
}

/* In the stored order the dimensions must be neighbours too; their sequence does not matter to stored
 * values but for indices, and floats are added in that of the model, which channels last does not
 * change. */
static octet_status reduce_lay_out(oct_graph *graph, oct_node *node)
{
    octet_reduce_desc *const desc = node->desc;
    const oct_stored stored = oct_graph_input_of(graph, node, 0)->stored;
    size_t first = OCTET_MAX_RANK, last = 0;
    for (size_t i = desc->axis; i < desc->axis + desc->axes; i++) {
        const size_t axis = oct_stored_axis(stored, i);
        first = axis < first ? axis : first;
        last = axis > last ? axis : last;
    }
    const bool in_sequence = oct_stored_axis(stored, desc->axis) == first &&
                             oct_stored_axis(stored, desc->axis + desc->axes - 1) == last;
    const bool ordered = desc->input_type == OCTET_F32 || oct_reduce_is_index(desc->function);
    if (last - first + 1 != desc->axes || (ordered && !in_sequence))
        return oct_lay_out_plain(graph, node);
    desc->axis = first;
    return oct_lay_out_any(graph, node);
}

static octet_status reduce_create(octet_context *context, const oct_node *node, const char *variant,
                                  octet_operator **out)
{
    octet_reduce_desc desc = *(const octet_reduce_desc *)node->desc;
    desc.variant = variant;
    return octet_reduce_create(context, &desc, out);
}

static void reduce_describe(const oct_node *node, octet_layer_info *info)
{
    static const char *const names[] = {[OCTET_REDUCE_MEAN] = "reduce_mean",
                                        [OCTET_REDUCE_MINIMUM] = "reduce_min",
                                        [OCTET_REDUCE_MAXIMUM] = "reduce_max",
                                        [OCTET_REDUCE_MINIMUM_INDEX] = "arg_min",
                                        [OCTET_REDUCE_MAXIMUM_INDEX] = "arg_max"};
    info->op = names[((const octet_reduce_desc *)node->desc)->function];
    info->input = ((const octet_reduce_desc *)node->desc)->input;
    info->output = ((const octet_reduce_desc *)node->desc)->output;
}

const oct_op oct_op_reduce = {
    .name = "reduce",
    .desc_size = sizeof(octet_reduce_desc),
    .keep = reduce_keep,
    .infer = reduce_infer,
    .lay_out = reduce_lay_out,
    .create = reduce_create,
    .describe = reduce_describe,
};

octet_status oct_graph_reduce(oct_graph *graph, const char *name, const octet_reduce_desc *desc,
                              size_t x, size_t *y)
{
    return oct_graph_add(graph, &oct_op_reduce, name, desc, &x, 1, y);
}
