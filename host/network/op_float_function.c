/* op_float_function.c - functions of one float32 that no operator computes, for fuse.c to make tables
 * of 8-bit values of. */
#include "network/ops.h"

static octet_status float_function_infer(const oct_graph *graph, const oct_node *node,
                                         oct_value *output)
{
    octet_status status = OCTET_OK;
    const oct_value *const x = oct_graph_input_of(graph, node, 0);
    OCT_TRY(oct_node_check_floats(graph, node));
    *output = (oct_value){.type = OCTET_F32, .shape = x->shape, .batched = x->batched};
cleanup:
    return status;
}

const oct_op oct_op_float_function = {
    .name = "float function",
    .desc_size = sizeof(oct_float_function),
    .abstract = true,
    .infer = float_function_infer,
};

octet_status oct_graph_float_function(oct_graph *graph, const char *name,
                                      const oct_float_function *desc, size_t x, size_t *y)
{
    return oct_graph_add(graph, &oct_op_float_function, name, desc, &x, 1, y);
}

float oct_float_function_at(const oct_float_function *function, float x)
{
    return (float)function->compute((double)x, (double)function->alpha, (double)function->beta);
}
