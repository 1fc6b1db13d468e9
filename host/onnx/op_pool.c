/* op_pool.c - MaxPool. */
#include "onnx/onnx.h"

octet_status oct_onnx_max_pool(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    octet_max_pool_desc desc = {.struct_size = sizeof desc, .layout = OCTET_NCHW};
    oct_onnx_window window = {.kernel = {0, 0}};
    int64_t ceil, order;
    size_t x = OCT_NONE, y = OCT_NONE;
    OCT_TRY(oct_onnx_input(onnx, 0, &x));
    const oct_value input = onnx->graph->values[x];
    desc.type = input.type;
    OCT_TRY(oct_onnx_attribute_integer(onnx, "ceil_mode", 0, 1, 0, &ceil));
    OCT_TRY(oct_onnx_attribute_integer(onnx, "storage_order", 0, 1, 0, &order)); /* of indices */
    OCT_TRY(oct_onnx_read_window(onnx, &input, NULL, ceil != 0, &window));
    desc.ceil = ceil != 0;
    for (size_t i = 0; i < 4; i++) {
        /* A window that lies in the padding alone would have no largest value. */
        OCT_REQUIRE(&onnx->log, window.padding[i] < window.kernel[i % 2], OCTET_INVALID_ARGUMENT,
                    "%s: a padding of %zu for a window of %zu", onnx->label, window.padding[i],
                    window.kernel[i % 2]);
        desc.padding[i] = window.padding[i];
    }
    for (size_t i = 0; i < 2; i++) {
        desc.kernel[i] = window.kernel[i];
        desc.stride[i] = window.stride[i];
        desc.dilation[i] = window.dilation[i];
    }
    if (input.type == OCTET_F32)
        OCT_TRY(oct_graph_float_max_pool(onnx->graph, onnx->node_name, &desc, x, &y));
    else
        OCT_TRY(oct_graph_max_pool(onnx->graph, onnx->node_name, &desc, x, &y));
    oct_onnx_set_output(onnx, y);
cleanup:
    return status;
}
