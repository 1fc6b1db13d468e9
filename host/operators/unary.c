/* unary.c - a function of float32, element by element. */
#include <math.h>

#include "core/desc.h"
#include "operators/elements.h"
#include "reference/reference.h"

/* ---- State ---- */

typedef struct unary {
    octet_operator base;
    octet_unary_function function;
    float alpha, beta;
    size_t count;
} unary;

/* ---- Checks ---- */

static octet_status check_desc(octet_context *context, const octet_unary_desc *desc)
{
    octet_status status = OCTET_OK;
    const oct_log *const log = &context->log;
    OCT_REQUIRE(log, (unsigned)desc->function <= OCTET_HARD_SWISH, OCTET_INVALID_ARGUMENT,
                "unary: function %d is not an octet_unary_function", (int)desc->function);
    OCT_REQUIRE(log, !isnan(desc->alpha) && !isnan(desc->beta), OCTET_INVALID_ARGUMENT,
                "unary: alpha is %g and beta is %g; they must be numbers", (double)desc->alpha,
                (double)desc->beta);
    OCT_REQUIRE(log, desc->function != OCTET_CLIP || desc->alpha <= desc->beta,
                OCTET_INVALID_ARGUMENT, "unary: a clip from alpha %g to beta %g; they must rise",
                (double)desc->alpha, (double)desc->beta);
cleanup:
    return status;
}

/* ---- Bind ---- */

static octet_status prepare(octet_operator *base)
{
    octet_status status = OCTET_OK;
    unary *const op = (unary *)base;
    OCT_TRY(oct_operator_choose_simple(base));
    base->output_shapes[0] = base->input_shapes[0];
    (void)oct_shape_count(&base->input_shapes[0], &op->count);
    OCT_TRY(oct_check_counts(base, &op->count, 1));
    if (base->use_reference)
        goto cleanup;
    OCT_REQUIRE(&base->context->log, base->context->traits.subnormals, OCTET_UNSUPPORTED,
                "unary: f32 on a device without subnormal numbers");
    OCT_TRY(oct_create_simple_kernel(base->context, "unary", "OCT_BUILD_UNARY", &base->kernel));
cleanup:
    return status;
}

/* ---- Run ---- */

static octet_status enqueue(octet_operator *base, oct_buffer *const *inputs,
                            oct_buffer *const *outputs)
{
    const unary *const op = (const unary *)base;
    const size_t items = oct_elements_per_item(base->context, op->count);
    const oct_arg args[] = {OCT_BUFFER(inputs[0]), OCT_BUFFER(outputs[0]), OCT_INT(op->function),
                            OCT_FLOAT(op->alpha),  OCT_FLOAT(op->beta),    OCT_INT(op->count),
                            OCT_INT(items)};
    const size_t global[3] = {oct_divide_up(op->count, items), 1, 1};
    return OCT_LAUNCH(base->kernel, global, args);
}

/* ---- Reference ---- */

static octet_status reference(octet_operator *base, const void *const *inputs, void *const *outputs)
{
    const unary *const op = (const unary *)base;
    oct_reference_unary_run(op->function, op->alpha, op->beta, op->count, inputs[0], outputs[0]);
    return OCTET_OK;
}

/* ---- Life cycle ---- */

static const oct_operator_class unary_class = {"unary", prepare, enqueue, reference, NULL};

octet_status octet_unary_create(octet_context *context, const octet_unary_desc *given,
                                octet_operator **out)
{
    octet_status status = OCTET_OK;
    octet_unary_desc copy;
    const octet_unary_desc *const desc = &copy;
    octet_operator *base = NULL;
    unary *op = NULL;
    OCT_TRY(oct_desc_copy(&context->log, "unary", given, sizeof copy, sizeof copy, &copy));
    OCT_TRY(oct_operator_begin(context, &unary_class, sizeof *op, desc->variant, &base));
    op = (unary *)base;
    OCT_TRY(check_desc(context, desc));
    op->function = desc->function;
    op->alpha = desc->alpha;
    op->beta = desc->beta;
    base->input_count = base->output_count = 1;
    base->input_types[0] = base->output_types[0] = OCTET_F32;
    *out = base;
    base = NULL;
cleanup:
    octet_operator_destroy(base);
    return status;
}
