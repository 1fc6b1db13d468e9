/* dequantize.c - stored values to float32. */
#include <stdlib.h>

#include "core/desc.h"
#include "core/quantization.h"
#include "operators/elements.h"
#include "reference/reference.h"

/* ---- State ---- */

typedef struct dequantize {
    octet_operator base;
    bool per_axis;
    size_t axis;
    float *given_scales;
    int32_t *given_zeros;
    size_t scale_count, zero_count;
    oct_axis split;
    float *scales; /* [channels] */
    int32_t *zeros;
    oct_buffer *scale, *zero;
} dequantize;

/* ---- Checks ---- */

static octet_status check_desc(octet_context *context, const octet_dequantize_desc *desc)
{
    octet_status status = OCTET_OK;
    OCT_REQUIRE(&context->log, oct_type_is_byte(desc->input_type) || desc->input_type == OCTET_S32,
                OCTET_INVALID_ARGUMENT, "dequantize: input type must be s8, u8 or s32");
    OCT_TRY(oct_check_axis_quantization(&context->log, "dequantize: input", &desc->input,
                                        desc->input_type, desc->per_axis));
cleanup:
    return status;
}

/* ---- Pack and bind ---- */

static void release_prepared(dequantize *op)
{
    oct_buffer_destroy(op->scale);
    oct_buffer_destroy(op->zero);
    free(op->scales);
    free(op->zeros);
    op->scale = op->zero = NULL;
    op->scales = NULL;
    op->zeros = NULL;
}

static octet_status expand(dequantize *op)
{
    octet_status status = OCTET_OK;
    const oct_log *const log = &op->base.context->log;
    const size_t channels = op->split.channels;
    OCT_REQUIRE(log, op->scale_count == 1 || op->scale_count == channels, OCTET_INVALID_ARGUMENT,
                "dequantize: %zu scales for %zu channels", op->scale_count, channels);
    OCT_REQUIRE(log, op->zero_count == 1 || op->zero_count == channels, OCTET_INVALID_ARGUMENT,
                "dequantize: %zu zero points for %zu channels", op->zero_count, channels);
    OCT_ALLOC(log, op->scales, channels);
    OCT_ALLOC(log, op->zeros, channels);
    for (size_t i = 0; i < channels; i++) {
        op->scales[i] = op->given_scales[op->scale_count > 1 ? i : 0];
        op->zeros[i] = op->given_zeros[op->zero_count > 1 ? i : 0];
    }
cleanup:
    return status;
}

static octet_status prepare(octet_operator *base)
{
    octet_status status = OCTET_OK;
    dequantize *const op = (dequantize *)base;
    release_prepared(op);
    OCT_TRY(oct_operator_choose_simple(base));
    OCT_TRY(oct_axis_split(base, &base->input_shapes[0], op->per_axis, op->axis, &op->split));
    OCT_TRY(expand(op));
    base->output_shapes[0] = base->input_shapes[0];
    if (base->use_reference || op->split.channels == 0)
        goto cleanup;
    OCT_TRY(oct_check_counts(base, (size_t[]){op->split.outer, op->split.channels, op->split.inner},
                             3));
    OCT_TRY(oct_create_simple_kernel(base->context, "dequantize", "OCT_BUILD_DEQUANTIZE",
                                     &base->kernel));
    OCT_TRY(oct_buffer_from_host(base->context, op->split.channels * sizeof(float), op->scales,
                                 &op->scale));
    OCT_TRY(oct_buffer_from_host(base->context, op->split.channels * sizeof(int32_t), op->zeros,
                                 &op->zero));
cleanup:
    return status;
}

/* ---- Run ---- */

static octet_status enqueue(octet_operator *base, oct_buffer *const *inputs,
                            oct_buffer *const *outputs)
{
    const dequantize *const op = (const dequantize *)base;
    const oct_axis *const split = &op->split;
    const size_t count = split->outer * split->channels * split->inner;
    const size_t items = oct_elements_per_item(base->context, count);
    const octet_type type = base->input_types[0];
    const oct_arg args[] = {
        OCT_BUFFER(inputs[0]), OCT_BUFFER(outputs[0]),
        OCT_BUFFER(op->scale), OCT_BUFFER(op->zero),
        OCT_INT(split->outer), OCT_INT(split->channels),
        OCT_INT(split->inner), OCT_INT(type == OCTET_S32 ? -1 : oct_sign_of(type)),
        OCT_INT(items)};
    const size_t global[3] = {oct_divide_up(count, items), 1, 1};
    return OCT_LAUNCH(base->kernel, global, args);
}

/* ---- Reference ---- */

static octet_status reference(octet_operator *base, const void *const *inputs, void *const *outputs)
{
    const dequantize *const op = (const dequantize *)base;
    oct_reference_dequantize_run(&(oct_reference_quantize){.type = base->input_types[0],
                                                           .outer = op->split.outer,
                                                           .channels = op->split.channels,
                                                           .inner = op->split.inner,
                                                           .scales = op->scales,
                                                           .zero_points = op->zeros},
                                 inputs[0], outputs[0]);
    return OCTET_OK;
}

/* ---- Life cycle ---- */

static void destroy(octet_operator *base)
{
    dequantize *const op = (dequantize *)base;
    release_prepared(op);
    free(op->given_scales);
    free(op->given_zeros);
}

static const oct_operator_class dequantize_class = {"dequantize", prepare, enqueue, reference,
                                                    destroy};

octet_status octet_dequantize_create(octet_context *context, const octet_dequantize_desc *given,
                                     octet_operator **out)
{
    octet_status status = OCTET_OK;
    octet_dequantize_desc copy;
    const octet_dequantize_desc *const desc = &copy;
    octet_operator *base = NULL;
    dequantize *op = NULL;
    OCT_TRY(oct_desc_copy(&context->log, "dequantize", given, sizeof copy, sizeof copy, &copy));
    OCT_TRY(oct_operator_begin(context, &dequantize_class, sizeof *op, desc->variant, &base));
    op = (dequantize *)base;
    OCT_TRY(check_desc(context, desc));
    op->per_axis = desc->per_axis != 0;
    op->axis = desc->axis;
    op->scale_count = desc->input.scale_count > 1 ? desc->input.scale_count : 1;
    op->zero_count = desc->input.zero_point_count > 1 ? desc->input.zero_point_count : 1;
    OCT_ALLOC(&context->log, op->given_scales, op->scale_count);
    OCT_ALLOC(&context->log, op->given_zeros, op->zero_count);
    for (size_t i = 0; i < op->scale_count; i++)
        op->given_scales[i] = oct_scale_at(&desc->input, i);
    for (size_t i = 0; i < op->zero_count; i++)
        op->given_zeros[i] = oct_zero_point_at(&desc->input, i);
    base->input_count = base->output_count = 1;
    base->input_types[0] = desc->input_type;
    base->output_types[0] = OCTET_F32;
    *out = base;
    base = NULL;
cleanup:
    octet_operator_destroy(base);
    return status;
}
