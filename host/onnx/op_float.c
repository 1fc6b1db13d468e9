/* op_float.c - float32 arithmetic by elements, to be fused with what is around it: Add, Relu, Clip.
 */
#include <math.h>

#include "onnx/onnx.h"

octet_status oct_onnx_add(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    size_t a = OCT_NONE, b = OCT_NONE, y = OCT_NONE;
    OCT_TRY(oct_onnx_input(onnx, 0, &a));
    OCT_TRY(oct_onnx_input(onnx, 1, &b));
    OCT_TRY(oct_graph_float_add(onnx->graph, onnx->node_name, a, b, &y));
    oct_onnx_set_output(onnx, y);
cleanup:
    return status;
}

static octet_status add_clamp(oct_onnx *onnx, const oct_float_clamp *clamp)
{
    octet_status status = OCTET_OK;
    size_t x = OCT_NONE, y = OCT_NONE;
    OCT_TRY(oct_onnx_input(onnx, 0, &x));
    OCT_TRY(oct_graph_float_clamp(onnx->graph, onnx->node_name, clamp, x, &y));
    oct_onnx_set_output(onnx, y);
cleanup:
    return status;
}

octet_status oct_onnx_relu(oct_onnx *onnx)
{
    const oct_float_clamp clamp = {0, INFINITY};
    return add_clamp(onnx, &clamp);
}

/* A bound: an attribute until version 10 of the operator set, an input since. */
static octet_status read_bound(oct_onnx *onnx, size_t index, const char *name, float *bound)
{
    octet_status status = OCTET_OK;
    oct_value constant = {.type = OCTET_S8};
    size_t count = 0;
    OCT_TRY(oct_onnx_attribute_float(onnx, name, *bound, bound));
    if (!oct_onnx_has_input(onnx, index))
        return OCTET_OK;
    OCT_TRY(oct_onnx_constant(onnx, index, name, &constant));
    OCT_REQUIRE(&onnx->log,
                constant.type == OCTET_F32 && oct_shape_count(&constant.shape, &count) &&
                    count == 1,
                OCTET_INVALID_ARGUMENT, "%s: its %s is %s with %zu elements; it must be one float",
                onnx->label, name, oct_type(constant.type)->name, count);
    *bound = *(const float *)constant.data;
cleanup:
    return status;
}

octet_status oct_onnx_clip(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    oct_float_clamp clamp = {-INFINITY, INFINITY};
    OCT_TRY(read_bound(onnx, 1, "min", &clamp.low));
    OCT_TRY(read_bound(onnx, 2, "max", &clamp.high));
    OCT_TRY(add_clamp(onnx, &clamp));
cleanup:
    return status;
}
