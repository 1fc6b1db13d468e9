/* interpolate.c - weighted sums of four neighbours in two dimensions. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/desc.h"
#include "core/quantization.h"
#include "operators/elements.h"
#include "reference/reference.h"

/* ---- State ---- */

typedef struct interpolate {
    octet_operator base;
    oct_reference_interpolate sums; /* its arrays are in those below */
    size_t axis;
    int32_t *indices; /* of rows, first and second, then of columns */
    float *weights;   /* the same */
    oct_buffer *device_indices, *device_weights;
} interpolate;

/* ---- Checks ---- */

static octet_status check_weights(const oct_log *log, const octet_interpolation *line,
                                  const char *name)
{
    octet_status status = OCTET_OK;
    OCT_REQUIRE(log,
                line->size == 0 || (line->first != NULL && line->second != NULL &&
                                    line->first_weight != NULL && line->second_weight != NULL),
                OCTET_INVALID_ARGUMENT, "interpolate: an array of the %s is NULL", name);
    for (size_t i = 0; i < line->size; i++)
        OCT_REQUIRE(log, isfinite(line->first_weight[i]) && isfinite(line->second_weight[i]),
                    OCTET_INVALID_ARGUMENT, "interpolate: weights %zu of the %s are %g and %g", i,
                    name, (double)line->first_weight[i], (double)line->second_weight[i]);
cleanup:
    return status;
}

static octet_status check_desc(const octet_context *context, const octet_interpolate_desc *desc)
{
    octet_status status = OCTET_OK;
    const oct_log *const log = &context->log;
    const bool bytes = oct_type_is_byte(desc->input_type) && oct_type_is_byte(desc->output_type);
    OCT_REQUIRE(log, bytes || (desc->input_type == OCTET_F32 && desc->output_type == OCTET_F32),
                OCTET_INVALID_ARGUMENT, "interpolate: types must be f32, or s8 or u8 both");
    OCT_TRY(check_weights(log, &desc->rows, "rows"));
    OCT_TRY(check_weights(log, &desc->columns, "columns"));
    OCT_REQUIRE(log,
                bytes || (!oct_quantization_is_given(&desc->input) &&
                          !oct_quantization_is_given(&desc->output)),
                OCTET_INVALID_ARGUMENT,
                "interpolate: f32 has no quantization; its counts must be 0");
    if (!bytes)
        return OCTET_OK;
    OCT_TRY(oct_check_quantization(log, "interpolate: input", &desc->input, desc->input_type, 1));
    OCT_TRY(
        oct_check_quantization(log, "interpolate: output", &desc->output, desc->output_type, 1));
cleanup:
    return status;
}

/* Every index against the input's size. */
static octet_status check_indices(const interpolate *op, const octet_interpolation *line,
                                  const char *name, size_t size)
{
    octet_status status = OCTET_OK;
    for (size_t i = 0; i < line->size; i++)
        OCT_REQUIRE(&op->base.context->log,
                    line->first[i] >= 0 && (size_t)line->first[i] < size && line->second[i] >= 0 &&
                        (size_t)line->second[i] < size,
                    OCTET_INVALID_ARGUMENT,
                    "interpolate: indices %zu of the %s are %d and %d; the input's size is %zu", i,
                    name, (int)line->first[i], (int)line->second[i], size);
cleanup:
    return status;
}

static octet_status check_shape(interpolate *op)
{
    octet_status status = OCTET_OK;
    octet_operator *const base = &op->base;
    const octet_shape *const x = &base->input_shapes[0];
    octet_shape *const y = &base->output_shapes[0];
    oct_reference_interpolate *const sums = &op->sums;
    size_t counts[2] = {0, 0};
    char text[OCT_SHAPE_TEXT];
    OCT_REQUIRE(&base->context->log, x->rank >= 2 && op->axis <= x->rank - 2,
                OCTET_INVALID_ARGUMENT, "interpolate: axis %zu and the next; the input has %zu",
                op->axis, x->rank);
    *y = *x;
    y->size[op->axis] = sums->rows.size;
    y->size[op->axis + 1] = sums->columns.size;
    sums->height = x->size[op->axis];
    sums->width = x->size[op->axis + 1];
    OCT_TRY(check_indices(op, &sums->rows, "rows", sums->height));
    OCT_TRY(check_indices(op, &sums->columns, "columns", sums->width));
    OCT_REQUIRE(&base->context->log, oct_shape_count(y, &counts[1]), OCTET_INVALID_ARGUMENT,
                "interpolate: the output %s is too large", oct_shape_text(y, text));
    (void)oct_shape_count(x, &counts[0]);
    OCT_TRY(oct_check_counts(base, counts, 2));
    OCT_TRY(oct_check_counts(base, y->size, y->rank));
    sums->outer = sums->inner = 1;
    for (size_t i = 0; i < x->rank; i++)
        if (i < op->axis || i > op->axis + 1)
            *(i < op->axis ? &sums->outer : &sums->inner) *= x->size[i];
cleanup:
    return status;
}

/* ---- Bind ---- */

static octet_status create_tables(interpolate *op)
{
    octet_status status = OCTET_OK;
    const size_t count = 2 * (op->sums.rows.size + op->sums.columns.size);
    if (op->device_indices == NULL && count > 0)
        OCT_TRY(oct_buffer_from_host(op->base.context, count * sizeof *op->indices, op->indices,
                                     &op->device_indices));
    if (op->device_weights == NULL && count > 0)
        OCT_TRY(oct_buffer_from_host(op->base.context, count * sizeof *op->weights, op->weights,
                                     &op->device_weights));
cleanup:
    return status;
}

static octet_status prepare(octet_operator *base)
{
    octet_status status = OCTET_OK;
    interpolate *const op = (interpolate *)base;
    const bool bytes = oct_type_is_byte(base->input_types[0]);
    OCT_TRY(oct_operator_choose_simple(base));
    OCT_TRY(check_shape(op));
    if (base->use_reference)
        goto cleanup;
    OCT_REQUIRE(&base->context->log, bytes || base->context->traits.subnormals, OCTET_UNSUPPORTED,
                "interpolate: a device without subnormal numbers");
    OCT_TRY(oct_check_flushing(base, "input scale", op->sums.input_scale));
    OCT_TRY(oct_check_flushing(base, "output scale", op->sums.output_scale));
    OCT_TRY(create_tables(op));
    OCT_TRY(oct_create_simple_kernel(base->context, "interpolate", "OCT_BUILD_INTERPOLATE",
                                     &base->kernel));
cleanup:
    return status;
}

/* ---- Run ---- */

static octet_status enqueue(octet_operator *base, oct_buffer *const *inputs,
                            oct_buffer *const *outputs)
{
    const interpolate *const op = (const interpolate *)base;
    const oct_reference_interpolate *const sums = &op->sums;
    const bool bytes = oct_type_is_byte(base->input_types[0]);
    const oct_type_info *const type = oct_type(base->output_types[0]);
    const oct_arg args[] = {OCT_BUFFER(inputs[0]),
                            OCT_BUFFER(outputs[0]),
                            OCT_BUFFER(op->device_indices),
                            OCT_BUFFER(op->device_weights),
                            OCT_INT(sums->height),
                            OCT_INT(sums->width),
                            OCT_INT(sums->rows.size),
                            OCT_INT(sums->columns.size),
                            OCT_INT(sums->inner),
                            OCT_INT(bytes),
                            OCT_INT(oct_sign_of(base->input_types[0])),
                            OCT_FLOAT(sums->input_scale),
                            OCT_INT(sums->input_zero_point),
                            OCT_FLOAT(sums->output_scale),
                            OCT_INT(sums->output_zero_point),
                            OCT_INT(type->low),
                            OCT_INT(type->high)};
    const size_t line = sums->columns.size * sums->inner;
    const size_t global[3] = {oct_divide_up(line, oct_simple_lanes(base->context)), sums->rows.size,
                              sums->outer};
    return OCT_LAUNCH(base->kernel, global, args);
}

/* ---- Reference ---- */

static octet_status reference(octet_operator *base, const void *const *inputs, void *const *outputs)
{
    oct_reference_interpolate_run(&((const interpolate *)base)->sums, inputs[0], outputs[0]);
    return OCTET_OK;
}

/* ---- Life cycle ---- */

static void destroy(octet_operator *base)
{
    interpolate *const op = (interpolate *)base;
    oct_buffer_destroy(op->device_indices);
    oct_buffer_destroy(op->device_weights);
    free(op->indices);
    free(op->weights);
}

static const oct_operator_class interpolate_class = {"interpolate", prepare, enqueue, reference,
                                                     destroy};

/* Copies a dimension's arrays to where "indices" and "weights" point, which move on. */
static octet_interpolation copy_line(const octet_interpolation *line, int32_t **indices,
                                     float **weights)
{
    const size_t n = line->size;
    const octet_interpolation copy = {n, *indices, *indices + n, *weights, *weights + n};
    if (n > 0) {
        memcpy(*indices, line->first, n * sizeof **indices);
        memcpy(*indices + n, line->second, n * sizeof **indices);
        memcpy(*weights, line->first_weight, n * sizeof **weights);
        memcpy(*weights + n, line->second_weight, n * sizeof **weights);
    }
    *indices += 2 * n;
    *weights += 2 * n;
    return copy;
}

static octet_status copy_arrays(interpolate *op, const octet_interpolate_desc *desc)
{
    octet_status status = OCTET_OK;
    const oct_log *const log = &op->base.context->log;
    OCT_REQUIRE(log, desc->rows.size <= INT32_MAX / 4 && desc->columns.size <= INT32_MAX / 4,
                OCTET_UNSUPPORTED, "interpolate: %zu rows and %zu columns; at most %d",
                desc->rows.size, desc->columns.size, INT32_MAX / 4);
    OCT_ALLOC(log, op->indices, 2 * (desc->rows.size + desc->columns.size));
    OCT_ALLOC(log, op->weights, 2 * (desc->rows.size + desc->columns.size));
    int32_t *indices = op->indices;
    float *weights = op->weights;
    op->sums.rows = copy_line(&desc->rows, &indices, &weights);
    op->sums.columns = copy_line(&desc->columns, &indices, &weights);
cleanup:
    return status;
}

octet_status octet_interpolate_create(octet_context *context, const octet_interpolate_desc *given,
                                      octet_operator **out)
{
    octet_status status = OCTET_OK;
    octet_interpolate_desc copy;
    const octet_interpolate_desc *const desc = &copy;
    octet_operator *base = NULL;
    interpolate *op = NULL;
    OCT_TRY(oct_desc_copy(&context->log, "interpolate", given, sizeof copy, sizeof copy, &copy));
    OCT_TRY(oct_operator_begin(context, &interpolate_class, sizeof *op, desc->variant, &base));
    op = (interpolate *)base;
    OCT_TRY(check_desc(context, desc));
    OCT_TRY(copy_arrays(op, desc));
    const bool bytes = oct_type_is_byte(desc->input_type);
    op->axis = desc->axis;
    op->sums.input_type = desc->input_type;
    op->sums.output_type = desc->output_type;
    op->sums.input_scale = bytes ? oct_scale_at(&desc->input, 0) : 1.0f;
    op->sums.output_scale = bytes ? oct_scale_at(&desc->output, 0) : 1.0f;
    op->sums.input_zero_point = bytes ? oct_zero_point_at(&desc->input, 0) : 0;
    op->sums.output_zero_point = bytes ? oct_zero_point_at(&desc->output, 0) : 0;
    base->input_count = base->output_count = 1;
    base->input_types[0] = desc->input_type;
    base->output_types[0] = desc->output_type;
    *out = base;
    base = NULL;
cleanup:
    octet_operator_destroy(base);
    return status;
}
