/* layer_options.h - what gemm and conv2d share: the options of the output side, and the octet_layer
 * made from all options and files. */
#ifndef OCT_CLI_LAYER_OPTIONS_H
#define OCT_CLI_LAYER_OPTIONS_H

#include "cli/npy.h"
#include "cli/options.h"
#include "cli/parameters.h"

typedef struct oct_layer_options {
    int out_type, rounding; /* octet_type, octet_rounding */
    const char *out_scale, *out_zero_point, *bias;
    bool relu;
    oct_integer clamp_min, clamp_max;
} oct_layer_options;

/* The defaults: int32 out. */
#define OCT_LAYER_OPTIONS                                                                          \
    {                                                                                              \
        .out_type = OCTET_S32                                                                      \
    }

/* --out-type --out-scale --out-zero-point --bias --relu --clamp-min --clamp-max --rounding */
oct_option_group oct_layer_group(oct_layer_options *options);

/* Arrays that an octet_layer points to. Starts as {0}. */
typedef struct oct_layer_arrays {
    oct_parameter_arrays input, weights, output;
    oct_array bias;
} oct_layer_arrays;

/* oct_layer_read - reads the output's parameters and the bias into "arrays" and fills "layer" from
 * the options and from arrays->input and arrays->weights, read before. "channels" is the number of
 * output channels, called "channel" in messages ("column of op(B)"). */
octet_status oct_layer_read(const oct_layer_options *options, size_t channels, const char *channel,
                            oct_layer_arrays *arrays, octet_layer *layer);

/* oct_layer_check_multiplier - refuses scales whose product, or requantization multiplier, is out of
 * range, with the options they came from. Parameters found at run time pass. */
octet_status oct_layer_check_multiplier(const char *input_option, const char *weight_option,
                                        const octet_layer *layer);

void oct_layer_arrays_release(oct_layer_arrays *arrays);

#endif
