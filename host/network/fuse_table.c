/* fuse_table.c - functions of one 8-bit value in the kernel of the layer before them. */
#include <stdio.h>
#include <string.h>

#include "network/fuse.h"

/* The layer of a node that has one, for it to be changed; else NULL. */
static octet_layer *layer_of(const oct_op *op, void *desc)
{
    return op == &oct_op_conv2d ? &((octet_conv2d_desc *)desc)->layer
           : op == &oct_op_gemm ? &((octet_gemm_desc *)desc)->layer
                                : NULL;
}

/* The convolution or product that makes the value for one user alone, and stores bytes itself. */
static const oct_node *find_layer(const oct_graph *graph, size_t value)
{
    const oct_node *const maker = graph->values[value].maker;
    const octet_layer *const layer = maker != NULL ? layer_of(maker->op, maker->desc) : NULL;
    return layer != NULL && layer->lookup == NULL && graph->values[value].users == 1 ? maker : NULL;
}

octet_status oct_fuse_table(oct_graph *graph, const oct_node *node, oct_fused *fused)
{
    octet_status status = OCTET_OK;
    const oct_node *const maker = find_layer(graph, node->inputs[0]);
    union {
        octet_conv2d_desc conv2d;
        octet_gemm_desc gemm;
    } desc;
    char name[160];
    if (maker == NULL)
        return OCTET_OK;
    memcpy(&desc, maker->desc, maker->op->desc_size);
    layer_of(maker->op, &desc)->lookup = node->desc;
    snprintf(name, sizeof name, "%.76s + %.76s", maker->name, node->name);
    OCT_TRY(oct_graph_add(graph, maker->op, name, &desc, maker->inputs, maker->input_count,
                          &fused->value));
cleanup:
    return status;
}
