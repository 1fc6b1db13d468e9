/* gemm_reference.c - matrix products on host memory, with parameters that may arrive as tensors. */
#include <stdlib.h>

#include "operators/gemm_internal.h"
#include "reference/reference.h"

/* Parameters that arrived as tensors, expanded as the reference reads them. */
typedef struct found {
    float *scales;    /* [rows][n]: f32(a * b) */
    int32_t *b_zeros; /* [n] */
} found;

static octet_status expand_found(const oct_gemm *op, const void *const *inputs,
                                 const oct_gemm_inputs *at, size_t batch, found *out)
{
    octet_status status = OCTET_OK;
    const oct_layer *const layer = &op->layer;
    const float *const a =
        layer->dynamic_input ? inputs[at->input_parameters] : layer->input_scales;
    const size_t a_count = layer->dynamic_input ? op->dynamic_rows : layer->input_scale_count;
    const size_t a_first = layer->dynamic_input && a_count > op->m ? batch * op->m : 0;
    const size_t rows = a_count > 1 ? op->m : 1;
    OCT_ALLOC(layer->log, out->scales, rows * op->n);
    OCT_ALLOC(layer->log, out->b_zeros, op->n);
    for (size_t j = 0; j < op->n; j++) {
        const float b = layer->dynamic_weights ? *(const float *)inputs[at->weight_parameters]
                                               : layer->weight_scales[j];
        out->b_zeros[j] = layer->dynamic_weights
                              ? *(const int32_t *)inputs[at->weight_parameters + 1]
                              : layer->weight_zeros[j];
        for (size_t i = 0; i < rows; i++)
            out->scales[i * op->n + j] = a[a_first + i] * b;
    }
cleanup:
    return status;
}

static oct_reference_gemm describe(const oct_gemm *op)
{
    return (oct_reference_gemm){
        .a_type = op->layer.input_type,
        .b_type = op->layer.weight_type,
        .m = op->m,
        .n = op->n,
        .k = op->k,
        .a_row = op->transpose_a ? 1 : op->k,
        .a_column = op->transpose_a ? op->m : 1,
        .b_row = op->transpose_b ? 1 : op->n,
        .b_column = op->transpose_b ? op->k : 1,
        .a_zero_points = op->layer.input_zeros,
        .a_zero_per_row = op->layer.input_zero_count > 1,
        .b_zero_points = op->layer.weight_zeros,
        .epilogue = oct_layer_epilogue(&op->layer),
    };
}

static octet_status reference_matrix(const oct_gemm *op, const void *const *inputs, size_t batch,
                                     const void *a, const void *b, void *c)
{
    octet_status status = OCTET_OK;
    const oct_layer *const layer = &op->layer;
    const oct_gemm_inputs at = oct_gemm_inputs_of(op);
    oct_reference_gemm problem = describe(op);
    found parameters = {NULL, NULL};
    if (layer->dynamic_input || layer->dynamic_weights) {
        OCT_TRY(expand_found(op, inputs, &at, batch, &parameters));
        problem.epilogue.multipliers = parameters.scales;
        problem.epilogue.rows =
            (layer->dynamic_input ? op->dynamic_rows : layer->input_scale_count) > 1 ? op->m : 1;
        problem.b_zero_points = parameters.b_zeros;
    }
    if (layer->dynamic_input) {
        const int32_t *const zeros = inputs[at.input_parameters + 1];
        problem.a_zero_points = zeros + (op->dynamic_rows > op->m ? batch * op->m : 0);
        problem.a_zero_per_row = op->dynamic_rows > 1;
    }
    oct_reference_gemm_run(&problem, a, b, c);
cleanup:
    free(parameters.scales);
    free(parameters.b_zeros);
    return status;
}

octet_status oct_gemm_reference(octet_operator *base, const void *const *inputs,
                                void *const *outputs)
{
    octet_status status = OCTET_OK;
    oct_gemm *const op = (oct_gemm *)base;
    const oct_gemm_inputs at = oct_gemm_inputs_of(op);
    const size_t c_bytes = op->m * op->n * oct_type(op->layer.output_type)->size;
    const char *const a = inputs[0];
    const char *const b = op->layer.weights != NULL ? op->layer.weights : inputs[at.weights];
    const octet_shape *const shape = &base->output_shapes[0];
    void *q = outputs[0];
    if (op->layer.sum.wanted)
        OCT_TRY(oct_sum_begin(op->layer.log, "gemm", shape, &q));
    for (size_t i = 0; i < op->batch; i++)
        OCT_TRY(reference_matrix(op, inputs, i, a + (op->input_batch > 1 ? i * op->m * op->k : 0),
                                 b + (op->weight_batches > 1 ? i * op->k * op->n : 0),
                                 (char *)q + i * c_bytes));
    if (op->layer.sum.wanted)
        oct_sum_end(&op->layer.sum, shape, q, inputs[at.other], outputs[0]);
    oct_layer_look_up(&op->layer, shape, outputs[0]);
cleanup:
    if (q != outputs[0])
        free(q);
    return status;
}
