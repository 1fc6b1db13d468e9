/* fuse_sum.c - sums in the kernel of the convolution before them, as in residual blocks. */
#include <stdio.h>

#include "core/quantization.h"
#include "network/fuse.h"

/* Whether the layer stores what the sum reads. */
static bool is_result(const octet_layer *layer, octet_type type, const octet_quantization *q)
{
    return layer->output_type == type && oct_quantization_is_same(&layer->output, q);
}

/* One filter per channel, which has a kernel of its own that does not add. */
static bool is_depthwise(const octet_conv2d_desc *desc)
{
    return desc->groups == desc->input_channels && desc->groups == desc->output_channels;
}

/* The convolution that makes input "index" of the sum for it alone, or NULL. */
static const oct_node *find_layer(const oct_graph *graph, const oct_node *sum, size_t index)
{
    const octet_binary_desc *const desc = sum->desc;
    const oct_node *const maker = oct_fuse_maker(graph, sum->inputs[index], &oct_op_conv2d);
    if (maker == NULL || graph->values[sum->inputs[index]].users != 1)
        return NULL;
    const octet_conv2d_desc *const layer = maker->desc;
    return layer->layer.sum == NULL && !is_depthwise(layer) &&
                   is_result(&layer->layer, index == 0 ? desc->a_type : desc->b_type,
                             index == 0 ? &desc->a : &desc->b)
               ? maker
               : NULL;
}

octet_status oct_fuse_sum(oct_graph *graph, const oct_node *node, oct_fused *fused)
{
    octet_status status = OCTET_OK;
    const octet_binary_desc *const sum = node->desc;
    const oct_value *const a = oct_graph_input_of(graph, node, 0);
    const oct_value *const b = oct_graph_input_of(graph, node, 1);
    const oct_node *layer = NULL;
    size_t result = 0;
    char name[160];
    if (sum->function != OCTET_ADD || sum->rule != OCTET_BINARY_FLOAT32 ||
        !oct_shape_equal(&a->shape, &b->shape) || a->batched != b->batched)
        return OCTET_OK;
    while (result < 2 && (layer = find_layer(graph, node, result)) == NULL)
        result++;
    if (layer == NULL)
        return OCTET_OK;
    octet_conv2d_desc desc = *(const octet_conv2d_desc *)layer->desc;
    desc.layer.sum = sum;
    desc.layer.sum_result_is_b = result == 1;
    snprintf(name, sizeof name, "%.76s + %.76s", layer->name, node->name);
    OCT_TRY(oct_graph_conv2d(graph, name, &desc, layer->inputs[0], node->inputs[1 - result],
                             &fused->value));
cleanup:
    return status;
}
