/* float_path.h - a layer as it is computed in floats: both operands dequantized, multiplied in
 * float32, the bias added in real units. For octet explain. */
#ifndef OCT_HARNESS_FLOAT_PATH_H
#define OCT_HARNESS_FLOAT_PATH_H

#include "harness/gather.h"

/* C = A * B in float32, row-major: (m, k), (k, n), (m, n). */
typedef struct oct_sgemm {
    const char *name; /* of who multiplies */
    size_t m, n, k;
    octet_status (*multiply)(const struct oct_sgemm *sgemm, const float *a, const float *b,
                             float *c);
    void *state; /* multiply's own */
} oct_sgemm;

/* oct_sgemm_plain - in C, products added in the order of k, each step rounded. */
octet_status oct_sgemm_plain(const oct_sgemm *sgemm, const float *a, const float *b, float *c);

/* oct_sgemm_of - by oct_sgemm_plain, in the sizes that oct_float_path needs: m is the rows of a
 * part. */
oct_sgemm oct_sgemm_of(const oct_gather *gather);

/* oct_float_path - real results, in the order of the layer's output; before any activation. */
octet_status oct_float_path(const oct_log *log, const oct_gather *gather, const octet_layer *layer,
                            const oct_sgemm *sgemm, float *real);

#endif
