/* conv2d.h - the arguments of octet conv2d, read and computed: octet explain takes the same. */
#ifndef OCT_CLI_CONV2D_H
#define OCT_CLI_CONV2D_H

#include "cli/compute.h"
#include "cli/layer_options.h"

typedef struct oct_conv2d_options {
    const char *x_scale, *x_zero_point, *w_scale, *w_zero_point;
    int layout; /* octet_layout */
    oct_list stride, dilation, padding;
    size_t groups;
    oct_layer_options layer;
    oct_common_options common;
} oct_conv2d_options;

#define OCT_CONV2D_OPTIONS                                                                         \
    {                                                                                              \
        .groups = 1, .layer = OCT_LAYER_OPTIONS                                                    \
    }

/* oct_conv2d_groups - the options, as groups of a command; returns how many. */
size_t oct_conv2d_groups(oct_conv2d_options *options, oct_option_group groups[OCT_MAX_GROUPS]);

/* The files of one command line, read and described. Starts as {0}. */
typedef struct oct_conv2d_call {
    oct_array x, w;
    oct_layer_arrays arrays;
    octet_conv2d_desc desc;
    octet_shape output_shape; /* set by oct_conv2d_compute */
} oct_conv2d_call;

octet_status oct_conv2d_load(const oct_conv2d_options *options, const char *const *paths,
                             oct_conv2d_call *call);

/* oct_conv2d_compute - an oct_compute; "call" is an oct_conv2d_call. */
octet_status oct_conv2d_compute(void *call, octet_context *context, const char *variant,
                                oct_result *result);

void oct_conv2d_release(oct_conv2d_call *call);

#endif
