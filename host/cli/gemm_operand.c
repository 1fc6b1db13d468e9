/* gemm_operand.c - see gemm_operand.h. */
#include "cli/gemm_operand.h"

#include <stdlib.h>

/* The dimension that holds the rows of op(X). */
static size_t row_axis(const oct_operand *operand)
{
    return operand->array.shape.rank - (operand->request->transpose ? 1 : 2);
}

/* The shape to quantize: with parameters per row, the rows of all batches are one dimension. */
static octet_shape quantized_shape(const oct_operand *operand)
{
    if (!operand->request->per_row || !operand->has_batch)
        return operand->array.shape;
    return oct_shape(2, (size_t[]){operand->batch * operand->rows, operand->columns});
}

static size_t quantized_axis(const oct_operand *operand)
{
    return operand->request->per_row && operand->request->transpose ? 1 : 0;
}

static octet_status read_sizes(oct_operand *operand)
{
    octet_status status = OCTET_OK;
    const octet_shape *const shape = &operand->array.shape;
    char text[OCT_SHAPE_TEXT];
    OCT_REQUIRE(oct_cli_log, shape->rank == 2 || shape->rank == 3, OCTET_INVALID_ARGUMENT,
                "%s '%s' is %s; it must have 2 dimensions, or 3 with a batch",
                operand->request->name, operand->array.path, oct_shape_text(shape, text));
    operand->has_batch = shape->rank == 3;
    operand->batch = operand->has_batch ? shape->size[0] : 1;
    operand->rows = shape->size[row_axis(operand)];
    operand->columns = shape->size[operand->request->transpose ? shape->rank - 2 : shape->rank - 1];
    OCT_REQUIRE(oct_cli_log,
                !(operand->request->per_row && operand->has_batch && operand->request->transpose),
                OCTET_UNSUPPORTED,
                "gemm: --a-per-row with --transpose-a takes an A without a batch; '%s' is %s",
                operand->array.path, oct_shape_text(shape, text));
cleanup:
    return status;
}

static octet_status find_parameters(oct_operand *operand)
{
    const oct_operand_request *const request = operand->request;
    const octet_shape shape = quantized_shape(operand);
    const oct_channels channels = request->per_row
                                      ? oct_channels_of_axis(&shape, quantized_axis(operand))
                                      : oct_channels_whole(&shape);
    const octet_status status =
        oct_dynamic_check(request->rules, request->type, request->type_option);
    operand->found_count = channels.count;
    if (status != OCTET_OK)
        return status;
    return oct_dynamic_choose(request->rules, request->type, &operand->array, channels,
                              &operand->found);
}

octet_status oct_operand_read(const oct_operand_request *request, const char *path,
                              oct_operand *operand)
{
    octet_status status = OCTET_OK;
    operand->request = request;
    OCT_TRY(oct_npy_read(request->name, path, request->dynamic ? OCT_ACCEPT_F32 : OCT_ACCEPT_BYTES,
                         &operand->array));
    operand->type = request->dynamic ? request->type : operand->array.type;
    OCT_TRY(read_sizes(operand));
    if (request->dynamic)
        OCT_TRY(find_parameters(operand));
cleanup:
    return status;
}

void oct_operand_release(oct_operand *operand)
{
    free(operand->found);
    oct_array_release(&operand->array);
}

void oct_operand_json(cJSON *object, const char *name, const oct_operand *operand)
{
    if (!operand->request->dynamic)
        return;
    cJSON *const item = oct_json_object(object, name);
    if (!operand->request->per_row) {
        oct_json_real(item, "scale", operand->found[0].scale);
        oct_json_integer(item, "zero_point", operand->found[0].zero_point);
        return;
    }
    cJSON *const scales = oct_json_array(item, "scale");
    cJSON *const zero_points = oct_json_array(item, "zero_point");
    for (size_t i = 0; i < operand->found_count; i++) {
        oct_json_append_real(scales, operand->found[i].scale);
        oct_json_append_integer(zero_points, operand->found[i].zero_point);
    }
}

void oct_operand_print(const oct_operand *operand)
{
    if (!operand->request->dynamic || operand->found_count == 0)
        return;
    oct_cli_print("  %s: %s, found scale %.9g, zero point %d%s\n", operand->array.path,
                  oct_type(operand->type)->name, operand->found[0].scale,
                  operand->found[0].zero_point,
                  operand->found_count > 1 ? " in its first row" : "");
}

/* ---- On the device ---- */

static octet_status create_quantize(const oct_operand *operand, octet_context *context,
                                    const char *variant, octet_operator **out)
{
    const oct_operand_request *const request = operand->request;
    const octet_quantize_desc desc = {.struct_size = sizeof desc,
                                      .output_type = request->type,
                                      .rule = oct_dynamic_rule(request->rules),
                                      .parameters = oct_dynamic_parameters(request->rules),
                                      .reduce_range = request->rules->reduce_range,
                                      .per_axis = request->per_row,
                                      .axis = quantized_axis(operand),
                                      .variant = variant};
    return octet_quantize_create(context, &desc, out);
}

/* The library has no reshape: through host memory, before anything is timed. */
static octet_status reshape(const oct_operand *operand, octet_context *context,
                            oct_device_operand *out)
{
    octet_status status = OCTET_OK;
    double seconds;
    void *values = NULL;
    OCT_TRY(oct_execution_time(&out->quantize, &seconds));
    OCT_TRY(oct_download(oct_cli_log, out->quantize.outputs[0], &values));
    OCT_TRY(oct_upload(context, operand->type, &operand->array.shape, values, &out->reshaped));
cleanup:
    free(values);
    return status;
}

octet_status oct_operand_upload(const oct_operand *operand, octet_context *context,
                                const char *variant, oct_device_operand *out)
{
    octet_status status = OCTET_OK;
    const oct_array *const array = &operand->array;
    const octet_shape shape = quantized_shape(operand);
    const octet_type types[] = {operand->type, OCTET_F32, OCTET_S32};
    octet_operator *op = NULL;
    OCT_TRY(oct_upload(context, array->type, &shape, array->data, &out->stored));
    if (!operand->request->dynamic)
        return OCTET_OK;
    OCT_TRY(create_quantize(operand, context, variant, &op));
    OCT_TRY(
        oct_execution_prepare(&out->quantize, oct_cli_log, context, op, &out->stored, 1, types, 3));
    if (!oct_shape_equal(&shape, &array->shape))
        OCT_TRY(reshape(operand, context, out));
cleanup:
    return status;
}

void oct_device_operand_release(oct_device_operand *operand)
{
    octet_tensor_destroy(operand->reshaped);
    oct_execution_release(&operand->quantize);
    octet_tensor_destroy(operand->stored);
    *operand = (oct_device_operand){0};
}

octet_tensor *oct_device_operand_values(const oct_device_operand *operand)
{
    if (operand->reshaped != NULL)
        return operand->reshaped;
    return operand->quantize.op != NULL ? operand->quantize.outputs[0] : operand->stored;
}
