/* sum.h - the sum that may follow a layer in its own kernel (octet_layer.sum). */
#ifndef OCT_OPERATORS_SUM_H
#define OCT_OPERATORS_SUM_H

#include "operators/operator.h"
#include "reference/reference.h"

typedef struct oct_sum {
    bool wanted;
    bool result_is_b; /* the layer's result is the right operand, else the left */
    oct_reference_binary what;
    oct_binary_factors factors;
} oct_sum;

/* oct_sum_create - checks the sum against the layer it follows; "name" begins messages. */
octet_status oct_sum_create(oct_sum *sum, const oct_log *log, const char *name,
                            const octet_layer *layer);

/* The type of what is added. */
octet_type oct_sum_other_type(const oct_sum *sum);

/* oct_sum_check_shape - what is added has the shape of the output. */
octet_status oct_sum_check_shape(const oct_log *log, const char *name, const octet_shape *other,
                                 const octet_shape *output);

/* For the reference: oct_sum_begin makes room for the layer's result q, which the caller frees;
 * oct_sum_end adds "other" to it. */
octet_status oct_sum_begin(const oct_log *log, const char *name, const octet_shape *shape,
                           void **q);
void oct_sum_end(const oct_sum *sum, const octet_shape *shape, const void *q, const void *other,
                 void *output);

/* The kernels' "sum": factors of the left and the right operand, and the term. */
oct_arg oct_sum_factors(const oct_sum *sum);

#endif
