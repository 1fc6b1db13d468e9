/* softmax.c - exponentials divided by their sum, along one axis. */

#include "core/desc.h"
#include "operators/elements.h"
#include "reference/reference.h"

/* ---- State ---- */

typedef struct softmax {
    octet_operator base;
    size_t axis;
    oct_axis split;
    oct_kernel *kernel;
} softmax;

/* ---- Bind ---- */

static octet_status prepare(octet_operator *base)
{
    octet_status status = OCTET_OK;
    softmax *const op = (softmax *)base;
    oct_kernel_destroy(op->kernel);
    op->kernel = NULL;
    OCT_TRY(oct_operator_choose_simple(base));
    OCT_TRY(oct_axis_split(base, &base->input_shapes[0], true, op->axis, &op->split));
    base->output_shapes[0] = base->input_shapes[0];
    OCT_TRY(oct_check_counts(base, (size_t[]){op->split.outer, op->split.channels, op->split.inner},
                             3));
    if (base->use_reference)
        goto cleanup;
    OCT_REQUIRE(&base->context->log, base->context->traits.subnormals, OCTET_UNSUPPORTED,
                "softmax: f32 on a device without subnormal numbers");
    OCT_TRY(oct_create_simple_kernel(base->context, "softmax", "OCT_BUILD_SOFTMAX", &op->kernel));
cleanup:
    return status;
}

/* ---- Run ---- */

static octet_status enqueue(octet_operator *base, oct_buffer *const *inputs,
                            oct_buffer *const *outputs)
{
    const softmax *const op = (const softmax *)base;
    const oct_axis *const split = &op->split;
    const oct_arg args[] = {OCT_BUFFER(inputs[0]), OCT_BUFFER(outputs[0]), OCT_INT(split->channels),
                            OCT_INT(split->inner)};
    const size_t global[3] = {oct_divide_up(split->inner, oct_simple_lanes(base->context)),
                              split->outer, 1};
    return OCT_LAUNCH(op->kernel, global, args);
}

/* ---- Reference ---- */

static octet_status reference(octet_operator *base, const void *const *inputs, void *const *outputs)
{
    const oct_axis *const split = &((const softmax *)base)->split;
    oct_reference_softmax(split->outer, split->channels, split->inner, inputs[0], outputs[0]);
    return OCTET_OK;
}

/* ---- Life cycle ---- */

static void destroy(octet_operator *base)
{
    oct_kernel_destroy(((softmax *)base)->kernel);
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
    op->axis = desc->axis;
    base->input_count = base->output_count = 1;
    base->input_types[0] = base->output_types[0] = OCTET_F32;
    *out = base;
    base = NULL;
cleanup:
    octet_operator_destroy(base);
    return status;
}
