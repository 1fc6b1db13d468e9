/* conv2d_reference.c - convolutions on host memory, whose input may have parameters that arrive as tensors. */
#include <stdlib.h>

#include "operators/conv2d_internal.h"
#include "reference/reference.h"

/* Parameters of the input that arrived as tensors; "scales", of the products, are the problem's. */
static void use_found(const oct_conv2d *op, const void *const *inputs, float *scales,
                      oct_reference_conv2d *problem)
{
    const float scale = *(const float *)inputs[oct_conv2d_parameters(op)];
    for (size_t i = 0; i < op->layer.columns; i++)
        scales[i] = scale * op->layer.weight_scales[i];
    problem->epilogue.multipliers = scales;
    problem->input_zero_point = *(const int32_t *)inputs[oct_conv2d_parameters(op) + 1];
}

octet_status oct_conv2d_reference(octet_operator *base, const void *const *inputs,
                                  void *const *outputs)
{
    octet_status status = OCTET_OK;
    const oct_conv2d *const op = (const oct_conv2d *)base;
    const octet_shape *const shape = &base->output_shapes[0];
    void *q = outputs[0];
    float *scales = NULL;
    oct_reference_conv2d problem = {.input_type = op->layer.input_type,
                                    .weight_type = op->layer.weight_type,
                                    .geometry = op->geometry,
                                    .input_zero_point = op->layer.input_zeros[0],
                                    .weight_zero_points = op->layer.weight_zeros,
                                    .epilogue = oct_layer_epilogue(&op->layer)};
    if (op->layer.dynamic_input) {
        OCT_ALLOC(op->layer.log, scales, op->layer.columns);
        use_found(op, inputs, scales, &problem);
    }
    if (op->layer.sum.wanted)
        OCT_TRY(oct_sum_begin(op->layer.log, "conv2d", shape, &q));
    oct_reference_conv2d_run(&problem, inputs[0],
                             op->layer.weights != NULL ? op->layer.weights : inputs[1], q);
    if (op->layer.sum.wanted)
        oct_sum_end(&op->layer.sum, shape, q, inputs[oct_conv2d_other(op)], outputs[0]);
    oct_layer_look_up(&op->layer, shape, outputs[0]);
cleanup:
    free(scales);
    if (q != outputs[0])
        free(q);
    return status;
}
