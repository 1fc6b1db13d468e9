/* gemm.h - the arguments of octet gemm, read and computed: octet explain takes the same. */
#ifndef OCT_CLI_GEMM_H
#define OCT_CLI_GEMM_H

#include "cli/compute.h"
#include "cli/gemm_operand.h"
#include "cli/layer_options.h"

enum { OCT_NOT_SAID = -1 };

typedef struct oct_gemm_options {
    const char *a_scale, *a_zero_point, *b_scale, *b_zero_point;
    bool transpose_a, transpose_b, a_dynamic, b_dynamic, a_per_row;
    int type_a, type_b; /* octet_type or OCT_NOT_SAID */
    oct_dynamic_options rules;
    oct_layer_options layer;
    oct_common_options common;
} oct_gemm_options;

#define OCT_GEMM_OPTIONS                                                                           \
    {                                                                                              \
        .type_a = OCT_NOT_SAID, .type_b = OCT_NOT_SAID, .layer = OCT_LAYER_OPTIONS                 \
    }

/* oct_gemm_groups - the options, as groups of a command; returns how many. Without those of dynamic
 * quantization, which octet gemm alone has. */
size_t oct_gemm_groups(oct_gemm_options *options, oct_option_group groups[OCT_MAX_GROUPS]);

/* The files of one command line, read and described. Starts as {.options = ...}. */
typedef struct oct_gemm_call {
    const oct_gemm_options *options;
    oct_operand_request a_request, b_request;
    oct_operand a, b;
    oct_layer_arrays arrays;
    octet_gemm_desc desc;
    size_t batch; /* of the result */
} oct_gemm_call;

octet_status oct_gemm_load(const char *const *paths, oct_gemm_call *call);

/* oct_gemm_compute - an oct_compute; "call" is an oct_gemm_call. */
octet_status oct_gemm_compute(void *call, octet_context *context, const char *variant,
                              oct_result *result);

void oct_gemm_release(oct_gemm_call *call);

#endif
