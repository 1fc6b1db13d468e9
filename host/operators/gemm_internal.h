/* gemm_internal.h - the state of a matrix product. */
#ifndef OCT_OPERATORS_GEMM_INTERNAL_H
#define OCT_OPERATORS_GEMM_INTERNAL_H

#include "operators/matrix.h"

typedef struct oct_gemm {
    octet_operator base;
    oct_layer layer;
    oct_matrix matrix;
    oct_kernel *kernel;
    size_t n, k, weight_batch;
    bool transpose_a, transpose_b;
    size_t m, batch, input_batch, weight_batches; /* set by prepare */
    size_t
        dynamic_rows; /* parameters of a dynamic input: 1, m (every batch alike) or one per row of
                            all batches */
} oct_gemm;

/* Positions in the list of inputs; SIZE_MAX where an operand is not an input. */
typedef struct oct_gemm_inputs {
    size_t weights, input_parameters, weight_parameters, other, count;
} oct_gemm_inputs;

oct_gemm_inputs oct_gemm_inputs_of(const oct_gemm *op);

/* gemm_reference.c - the operator's "reference" row. */
octet_status oct_gemm_reference(octet_operator *base, const void *const *inputs,
                                void *const *outputs);

#endif
