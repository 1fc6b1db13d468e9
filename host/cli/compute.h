/* compute.h - the spine of every command that computes one array: open the device, compute, check
 * against the reference, write the file. */
#ifndef OCT_CLI_COMPUTE_H
#define OCT_CLI_COMPUTE_H

#include "cli/json.h"
#include "cli/session.h"

/* One computed array; "data" is owned. */
typedef struct oct_result {
    octet_type type;
    octet_shape shape;
    void *data;
    char variant[64];
    double seconds; /* one run, from enqueue to finish */
} oct_result;

/* Computes on "context" with a variant (NULL: chosen). For --check it is called again, with
 * "reference". */
typedef octet_status (*oct_compute)(void *state, octet_context *context, const char *variant,
                                    oct_result *result);

typedef struct oct_outcome {
    const char *path; /* of the file written */
    octet_device_info device;
    oct_result result;
    bool checked, different;
} oct_outcome;

/* oct_compute_file - "kind" is the command's name and the operator's. The file at "path" is
 * complete or untouched; a difference found by --check is reported, and the file is written all the
 * same. */
octet_status oct_compute_file(const oct_common_options *options, const char *kind,
                              oct_compute compute, void *state, const char *path,
                              oct_outcome *outcome);

/* The number of operations of what is no product, and has no gops. */
#define OCT_NO_PRODUCT (-1.0)

/* oct_outcome_json - backend, device, variant, seconds, gops, check. */
void oct_outcome_json(cJSON *object, const oct_outcome *outcome, double operations);

/* oct_outcome_print - the same in one line, after "what". */
void oct_outcome_print(const char *what, const oct_outcome *outcome, double operations);

/* oct_outcome_limits_json - of 8-bit results, "at_limits": how many of them are the layer's lowest
 * and highest stored value. No more of them were clipped; how many, octet explain knows. */
void oct_outcome_limits_json(cJSON *object, const oct_outcome *outcome, const octet_layer *layer);

/* oct_outcome_print_file - a line with its name, type and shape; with a layer, its limits too. */
void oct_outcome_print_file(const oct_outcome *outcome, const octet_layer *layer);

void oct_outcome_release(oct_outcome *outcome);

#endif
