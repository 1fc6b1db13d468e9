/* case.h - a problem with data made from a seed, the operator it describes, and the reference's
 * answer. */
#ifndef OCT_HARNESS_CASE_H
#define OCT_HARNESS_CASE_H

#include "harness/execute.h"
#include "harness/problem.h"

/* Owns every array; points into itself, so it is not copied. Starts as {0}. */
typedef struct oct_case {
    const oct_log *log;
    oct_problem problem;
    octet_shape input_shape, weight_shape; /* as stored */
    void *input, *weights;
    float *input_scales, *weight_scales, output_scale;
    int32_t *input_zeros, *weight_zeros, output_zero;
    void *bias; /* int32, or float32 with an F32 output; NULL without --bias */
    uint8_t table[256];
    octet_lookup_desc lookup; /* with --table */
    octet_layer layer;        /* points to the arrays above */
    void *expected;           /* oct_case_expect; else NULL */
    size_t output_count;
} oct_case;

/* oct_case_create - the data depends on the seed and the problem alone. Extremes and zero points
 * come more often than chance has them, and scales are such that outputs fill their range. */
octet_status oct_case_create(const oct_log *log, const oct_problem *problem, uint64_t seed,
                             oct_case *out);
void oct_case_release(oct_case *c);

/* oct_case_operator - the gemm or conv2d that solves it; the weights are constants of it. */
octet_status oct_case_operator(const oct_case *c, octet_context *context, const char *variant,
                               octet_operator **out);

/* oct_case_output - the shape of the result. */
octet_shape oct_case_output(const oct_case *c);

/* oct_case_expect - computes the answer with the variant "reference" of "context", once. */
octet_status oct_case_expect(oct_case *c, octet_context *context);

/* A case ready to run on a device. Starts as {0}. */
typedef struct oct_case_run {
    octet_tensor *input;
    oct_execution execution;
} oct_case_run;

/* oct_case_prepare - OCTET_UNSUPPORTED or OCTET_INVALID_ARGUMENT when the variant does not take the
 * problem. */
octet_status oct_case_prepare(const oct_case *c, octet_context *context, const char *variant,
                              oct_case_run *out);
void oct_case_run_release(oct_case_run *run);

/* oct_case_judge - spoils the output, plays the execution (oct_execution_play) and compares with the
 * expected answer; needs oct_case_expect. */
octet_status oct_case_judge(const oct_case *c, oct_case_run *run, octet_comparison *out);

#endif
