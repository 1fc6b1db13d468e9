/* softmax.c - exponentials divided by their sum, along one axis. */
#include <math.h>

#include "core/desc.h"
#include "core/quantization.h"
#include "operators/elements.h"
#include "reference/reference.h"

/* ---- State ---- */

typedef struct softmax {
    octet_operator base;
    size_t axis;
    oct_axis split;
    /* Of 8 bits only: */
    float scale, steps;
    int32_t zero_point;
    float entries[256];
    oct_buffer *table;
} softmax;

/* ---- Checks ---- */

static octet_status check_desc(const octet_context *context, const octet_softmax_desc *desc)
{
    octet_status status = OCTET_OK;
    const oct_log *const log = &context->log;
    const size_t parameters = desc->input.scale_count + desc->input.zero_point_count +
                              desc->output.scale_count + desc->output.zero_point_count;
    OCT_REQUIRE(log, oct_type_is_byte(desc->type) || desc->type == OCTET_F32,
                OCTET_INVALID_ARGUMENT, "softmax: type must be f32, s8 or u8");
    OCT_REQUIRE(log, desc->type != OCTET_F32 || parameters == 0, OCTET_INVALID_ARGUMENT,
                "softmax: f32 has no quantization; its counts must be 0");
    if (desc->type == OCTET_F32)
        return OCTET_OK;
    OCT_TRY(oct_check_quantization(log, "softmax: input", &desc->input, desc->type, 1));
    OCT_TRY(oct_check_quantization(log, "softmax: output", &desc->output, desc->type, 1));
cleanup:
    return status;
}

/* ---- Bind ---- */

static void release_prepared(softmax *op)
{
    oct_buffer_destroy(op->table);
    op->table = NULL;
}

/* The exponentials depend on how many are added. */
static octet_status make_table(softmax *op)
{
    oct_reference_softmax_table(op->split.channels, op->scale, op->steps, op->entries);
    if (op->base.use_reference)
        return OCTET_OK;
    return oct_buffer_from_host(op->base.context, sizeof op->entries, op->entries, &op->table);
}

static octet_status prepare(octet_operator *base)
{
    octet_status status = OCTET_OK;
    softmax *const op = (softmax *)base;
    const bool bytes = oct_type_is_byte(base->input_types[0]);
    release_prepared(op);
    OCT_TRY(oct_operator_choose_simple(base));
    OCT_TRY(oct_axis_split(base, &base->input_shapes[0], true, op->axis, &op->split));
    base->output_shapes[0] = base->input_shapes[0];
    OCT_TRY(oct_check_counts(base, (size_t[]){op->split.outer, op->split.channels, op->split.inner},
                             3));
    if (bytes && op->split.channels > 0)
        OCT_TRY(make_table(op));
    if (base->use_reference)
        goto cleanup;
    OCT_REQUIRE(&base->context->log, base->context->traits.subnormals, OCTET_UNSUPPORTED,
                "softmax: a device without subnormal numbers");
    OCT_TRY(oct_create_simple_kernel(base->context, bytes ? "softmax_stored" : "softmax",
                                     "OCT_BUILD_SOFTMAX", &base->kernel));
cleanup:
    return status;
}

/* ---- Run ---- */

static octet_status enqueue_stored(const softmax *op, oct_buffer *const *inputs,
                                   oct_buffer *const *outputs)
{
    const oct_axis *const split = &op->split;
    const octet_type type = op->base.input_types[0];
    const oct_arg args[] = {OCT_BUFFER(inputs[0]),        OCT_BUFFER(outputs[0]),
                            OCT_BUFFER(op->table),        OCT_INT(split->channels),
                            OCT_INT(split->inner),        OCT_FLOAT(op->steps),
                            OCT_INT(op->zero_point),      OCT_INT(oct_sign_of(type)),
                            OCT_INT(oct_type(type)->low), OCT_INT(oct_type(type)->high)};
    const size_t global[3] = {split->inner, split->outer, 1};
    return OCT_LAUNCH(op->base.kernel, global, args);
}

static octet_status enqueue(octet_operator *base, oct_buffer *const *inputs,
                            oct_buffer *const *outputs)
{
    const softmax *const op = (const softmax *)base;
    const oct_axis *const split = &op->split;
    const oct_arg args[] = {OCT_BUFFER(inputs[0]), OCT_BUFFER(outputs[0]), OCT_INT(split->channels),
                            OCT_INT(split->inner)};
    const size_t global[3] = {oct_divide_up(split->inner, oct_simple_lanes(base->context)),
                              split->outer, 1};
    if (oct_type_is_byte(base->input_types[0]))
        return enqueue_stored(op, inputs, outputs);
    return OCT_LAUNCH(base->kernel, global, args);
}

/* ---- Reference ---- */

static octet_status reference(octet_operator *base, const void *const *inputs, void *const *outputs)
{
    const softmax *const op = (const softmax *)base;
    const oct_axis *const split = &op->split;
    const oct_reference_stored_softmax stored = {.type = base->input_types[0],
                                                 .outer = split->outer,
                                                 .n = split->channels,
                                                 .inner = split->inner,
                                                 .table = op->entries,
                                                 .steps = op->steps,
                                                 .zero_point = op->zero_point};
    if (oct_type_is_byte(base->input_types[0]))
        oct_reference_softmax_stored(&stored, inputs[0], outputs[0]);
    else
        oct_reference_softmax(split->outer, split->channels, split->inner, inputs[0], outputs[0]);
    return OCTET_OK;
}

/* ---- Life cycle ---- */

static void destroy(octet_operator *base)
{
    release_prepared((softmax *)base);
}

static const oct_operator_class softmax_class = {"softmax", prepare, enqueue, reference, destroy};

octet_status octet_softmax_create(octet_context *context, const octet_softmax_desc *given,
                                  octet_operator **out)
{
    octet_status status = OCTET_OK;
    octet_softmax_desc copy;
    const octet_softmax_desc *const desc = &copy;
    octet_operator *base = NULL;
    softmax *op = NULL;
    OCT_TRY(oct_desc_copy(&context->log, "softmax", given, sizeof copy, sizeof copy, &copy));
    OCT_TRY(oct_operator_begin(context, &softmax_class, sizeof *op, desc->variant, &base));
    op = (softmax *)base;
    OCT_TRY(check_desc(context, desc));
    op->axis = desc->axis;
    op->scale = oct_scale_at(&desc->input, 0);
    op->steps = floorf(1.0f / oct_scale_at(&desc->output, 0));
    op->zero_point = oct_zero_point_at(&desc->output, 0);
    base->input_count = base->output_count = 1;
    base->input_types[0] = base->output_types[0] = desc->type;
    *out = base;
    base = NULL;
cleanup:
    octet_operator_destroy(base);
    return status;
}
