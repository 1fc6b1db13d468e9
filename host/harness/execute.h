/* execute.h - an operator between host arrays: prepared once, run any number of times. */
#ifndef OCT_HARNESS_EXECUTE_H
#define OCT_HARNESS_EXECUTE_H

#include "core/check.h"
#include "octet/octet.h"

#define OCT_EXECUTION_INPUTS 6
#define OCT_EXECUTION_OUTPUTS 3

/* Owns the operator and its output tensors; the inputs are the caller's and must outlive it. Starts
 * as {0}, and oct_execution_release takes it at any stage. */
typedef struct oct_execution {
    const oct_log *log;
    octet_context *context;
    octet_operator *op;
    octet_tensor *inputs[OCT_EXECUTION_INPUTS];
    octet_tensor *outputs[OCT_EXECUTION_OUTPUTS];
    octet_shape output_shapes[OCT_EXECUTION_OUTPUTS];
    size_t input_count, output_count;
    octet_commands *commands; /* oct_execution_record; NULL: none */
} oct_execution;

/* oct_upload - a new tensor that holds "data" (host memory, dense). */
octet_status oct_upload(octet_context *context, octet_type type, const octet_shape *shape,
                        const void *data, octet_tensor **out);

/* oct_download - a tensor's contents in new host memory, freed by the caller. */
octet_status oct_download(const oct_log *log, const octet_tensor *tensor, void **out);

/* oct_execution_prepare - takes over "op" (also on failure), prepares it for the shapes of "inputs"
 * and makes output tensors of "output_types". */
octet_status oct_execution_prepare(oct_execution *execution, const oct_log *log,
                                   octet_context *context, octet_operator *op,
                                   octet_tensor *const *inputs, size_t input_count,
                                   const octet_type *output_types, size_t output_count);

/* oct_execution_enqueue - one run; octet_context_finish waits for it. */
octet_status oct_execution_enqueue(oct_execution *execution);

/* oct_execution_record - makes one command of "count" runs, in place of an earlier one.
 * oct_execution_play - that command; or, where none was recorded, one run. */
octet_status oct_execution_record(oct_execution *execution, size_t count);
octet_status oct_execution_play(oct_execution *execution);

/* oct_execution_time - one run from enqueue to finish, in seconds. */
octet_status oct_execution_time(oct_execution *execution, double *seconds);

void oct_execution_release(oct_execution *execution);

#endif
