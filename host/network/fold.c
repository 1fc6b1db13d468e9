/* fold.c - computes constants that come from other constants while the network is loaded. One is
 * computed when it is asked for: most of a model's are dequantized weights, which fuse.c takes as
 * they are stored. */
#include <stdlib.h>

#include "network/ops.h"

/* A tensor with a constant's data. */
static octet_status upload(const oct_graph *graph, const oct_value *value, octet_tensor **out)
{
    octet_status status = OCTET_OK;
    octet_tensor *tensor = NULL;
    OCT_TRY(octet_tensor_create(graph->context, value->type, &value->shape, &tensor));
    OCT_TRY(octet_tensor_write(tensor, value->data, NULL));
    *out = tensor;
    tensor = NULL;
cleanup:
    octet_tensor_destroy(tensor);
    return status;
}

/* Runs the node by its reference and puts the result into "data". */
static octet_status compute(oct_graph *graph, const oct_node *node, octet_tensor **inputs,
                            octet_tensor **output, void *data)
{
    octet_status status = OCTET_OK;
    octet_operator *op = NULL;
    octet_shape *shapes = NULL;
    const oct_value *const result = &graph->values[node->output];
    OCT_ALLOC(&graph->log, shapes, node->input_count);
    OCT_TRY(node->op->create(graph->context, node, "reference", &op));
    for (size_t i = 0; i < node->input_count; i++) {
        const oct_value *const input = oct_graph_input_of(graph, node, i);
        shapes[i] = input->shape;
        OCT_TRY(upload(graph, input, &inputs[i]));
    }
    OCT_TRY(octet_tensor_create(graph->context, result->type, &result->shape, output));
    OCT_TRY(octet_operator_prepare(op, shapes, node->input_count, NULL, 0));
    OCT_TRY(octet_operator_run(op, inputs, node->input_count, output, 1, NULL, 0, NULL));
    OCT_TRY(octet_tensor_read(*output, data, NULL));
cleanup:
    free(shapes);
    octet_operator_destroy(op);
    return status;
}

/* Fills the node's output; its inputs have their data. */
static octet_status fold(oct_graph *graph, const oct_node *node)
{
    octet_status status = OCTET_OK;
    octet_tensor **inputs = NULL, *output = NULL;
    oct_value *const result = &graph->values[node->output];
    size_t bytes = 0;
    void *data = NULL;
    if (node->op->create == NULL) {
        result->data = oct_graph_input_of(graph, node, 0)->data;
        return OCTET_OK;
    }
    oct_shape_bytes(result->type, &result->shape, &bytes); /* oct_graph_add made sure it fits */
    data = oct_graph_keep(graph, NULL, bytes, 1);
    OCT_REQUIRE(&graph->log, data != NULL, OCTET_OUT_OF_MEMORY,
                "node '%s': out of host memory for its constant output of %zu bytes", node->name,
                bytes);
    OCT_ALLOC(&graph->log, inputs, node->input_count);
    OCT_TRY(compute(graph, node, inputs, &output, data));
    result->data = data;
cleanup:
    for (size_t i = 0; inputs != NULL && i < node->input_count; i++)
        octet_tensor_destroy(inputs[i]);
    free(inputs);
    octet_tensor_destroy(output);
    return status;
}

octet_status oct_graph_compute(oct_graph *graph, size_t value)
{
    octet_status status = OCTET_OK;
    const oct_node *const maker = graph->values[value].maker;
    if (graph->values[value].data != NULL)
        return OCTET_OK;
    for (size_t i = 0; i < maker->input_count; i++)
        OCT_TRY(oct_graph_compute(graph, maker->inputs[i])); /* as deep as the value's depth */
    OCT_TRY(fold(graph, maker));
    graph->values[value].depth = 0;
cleanup:
    return status;
}

octet_status oct_graph_compute_used(oct_graph *graph)
{
    octet_status status = OCTET_OK;
    for (size_t i = 0; i < graph->node_count; i++)
        for (size_t j = 0; j < graph->nodes[i].input_count; j++)
            if (oct_graph_input_of(graph, &graph->nodes[i], j)->constant)
                OCT_TRY(oct_graph_compute(graph, graph->nodes[i].inputs[j]));
cleanup:
    return status;
}
