/* gemm_operand.h - A or B of octet gemm: an 8-bit file, or a float32 file that is quantized on the
 * device first, with parameters found from its values. */
#ifndef OCT_CLI_GEMM_OPERAND_H
#define OCT_CLI_GEMM_OPERAND_H

#include "cli/dynamic.h"
#include "cli/json.h"
#include "harness/execute.h"

/* What is asked for. */
typedef struct oct_operand_request {
    const char *name, *type_option; /* "A", "--type-a" */
    bool transpose, dynamic, per_row;
    octet_type type; /* dynamic: after quantization */
    const oct_dynamic_options *rules;
} oct_operand_request;

/* What it is. Starts as {0}. */
typedef struct oct_operand {
    const oct_operand_request *request;
    oct_array array;
    octet_type type;             /* as the product sees it */
    size_t batch, rows, columns; /* of op(X); batch 1 when it has two dimensions */
    bool has_batch;
    oct_found_parameters *found; /* dynamic: one, or one per row */
    size_t found_count;
} oct_operand;

octet_status oct_operand_read(const oct_operand_request *request, const char *path,
                              oct_operand *operand);
void oct_operand_release(oct_operand *operand);

/* oct_operand_json - adds {scale, zero_point} of a dynamic operand as "name". */
void oct_operand_json(cJSON *object, const char *name, const oct_operand *operand);

/* oct_operand_print - the same as a line of text; nothing for one that is not dynamic. */
void oct_operand_print(const oct_operand *operand);

/* An operand on the device. Starts as {0}. */
typedef struct oct_device_operand {
    octet_tensor *stored;   /* what the file holds */
    oct_execution quantize; /* dynamic: its operator; else {0} */
    octet_tensor *reshaped; /* its values with the batch apart, where rows of all batches have
                               parameters of their own; else NULL */
} oct_device_operand;

/* oct_operand_upload - copies it, and prepares its quantization. */
octet_status oct_operand_upload(const oct_operand *operand, octet_context *context,
                                const char *variant, oct_device_operand *out);
void oct_device_operand_release(oct_device_operand *operand);

/* oct_device_operand_values - the tensor of 8-bit values. */
octet_tensor *oct_device_operand_values(const oct_device_operand *operand);

#endif
