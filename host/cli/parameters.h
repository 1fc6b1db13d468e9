/* parameters.h - scales and zero points as the command line gives them: a number, or a
 * one-dimensional .npy file with one value per channel. */
#ifndef OCT_CLI_PARAMETERS_H
#define OCT_CLI_PARAMETERS_H

#include "cli/message.h"
#include "core/shape.h"

typedef struct oct_parameter_request {
    const char *scale_option, *zero_point_option; /* "--a-scale", for messages */
    const char *scale, *zero_point;               /* what was given; NULL: the default, 1 and 0 */
    octet_type type;                              /* of the stored values: bounds the zero point */
    const char *channel; /* what has a value each, "column of op(B)"; NULL: numbers only */
    size_t channels;
} oct_parameter_request;

/* Arrays of one value or of one per channel. Starts as {0}. */
typedef struct oct_parameter_arrays {
    float *scales;
    size_t scale_count;
    int32_t *zero_points;
    size_t zero_point_count;
} oct_parameter_arrays;

/* oct_parameters_read - every scale must be finite, normal and above 0, every zero point a value of
 * the type; a refusal names option, file, channel and value. */
octet_status oct_parameters_read(const oct_parameter_request *request, oct_parameter_arrays *out);

/* oct_parameters_view - the same as the library takes it; valid as long as the arrays. */
octet_quantization oct_parameters_view(const oct_parameter_arrays *arrays);

void oct_parameters_release(oct_parameter_arrays *arrays);

#endif
