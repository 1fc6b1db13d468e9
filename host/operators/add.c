/* add.c - elementwise sum of two quantized tensors. */
#include <math.h>
#include <stdio.h>

#include "core/desc.h"
#include "core/quantization.h"
#include "operators/elements.h"
#include "reference/reference.h"

/* ---- State ---- */

typedef struct add {
    octet_operator base;
    oct_reference_add sum; /* rule, types, scales, zero points, bounds */
    oct_add_factors factors;
    size_t count;
    oct_kernel *kernel;
} add;

/* least <= input scale / output scale < limit. Below 2^19 the last factor of fixed point is below
 * 1, as in TFLite, and the largest number on the way 255 * 2^20. */
static const struct {
    double least, limit;
} ratios[] = {
    [OCTET_ADD_DEQUANTIZE] = {0.0, INFINITY},
    [OCTET_ADD_FLOAT32] = {0x1p-32, 0x1p8},
    [OCTET_ADD_FIXED_DOUBLE] = {0.0, 0x1p19},
    [OCTET_ADD_FIXED_SINGLE] = {0.0, 0x1p19},
};

/* ---- Checks ---- */

static octet_status check_scale(const oct_log *log, const char *name, const octet_add_desc *desc,
                                const octet_quantization *input)
{
    octet_status status = OCTET_OK;
    const double least = ratios[desc->rule].least, limit = ratios[desc->rule].limit;
    const double ratio = (double)oct_scale_at(input, 0) / (double)oct_scale_at(&desc->output, 0);
    OCT_REQUIRE(log, least <= ratio && ratio < limit, OCTET_INVALID_ARGUMENT,
                "add: %s scale / output scale is %g; by this rule it must be in [%g, %g)", name,
                ratio, least, limit);
cleanup:
    return status;
}

static octet_status check_desc(octet_context *context, const octet_add_desc *desc)
{
    octet_status status = OCTET_OK;
    const oct_log *const log = &context->log;
    OCT_REQUIRE(log,
                oct_type_is_byte(desc->a_type) && oct_type_is_byte(desc->b_type) &&
                    oct_type_is_byte(desc->output_type),
                OCTET_INVALID_ARGUMENT, "add: every type must be s8 or u8");
    OCT_REQUIRE(log, (unsigned)desc->rule <= OCTET_ADD_FIXED_SINGLE, OCTET_INVALID_ARGUMENT,
                "add: rule %d is not an octet_add_rule", (int)desc->rule);
    OCT_TRY(oct_check_quantization(log, "add: a", &desc->a, desc->a_type, 1));
    OCT_TRY(oct_check_quantization(log, "add: b", &desc->b, desc->b_type, 1));
    OCT_TRY(oct_check_quantization(log, "add: output", &desc->output, desc->output_type, 1));
    OCT_TRY(check_scale(log, "a", desc, &desc->a));
    OCT_TRY(check_scale(log, "b", desc, &desc->b));
    if (desc->clamp)
        OCT_TRY(oct_check_clamp(log, "add", desc->output_type, oct_zero_point_at(&desc->output, 0),
                                desc->relu, desc->clamp_min, desc->clamp_max));
cleanup:
    return status;
}

/* ---- Bind ---- */

static octet_status create_kernel(const add *op, oct_kernel **out)
{
    char build[64];
    snprintf(build, sizeof build, "OCT_ADD=%d -D OCT_BUILD_ADD", (int)op->sum.rule);
    return oct_create_simple_kernel(op->base.context, "add", build, out);
}

static octet_status prepare(octet_operator *base)
{
    octet_status status = OCTET_OK;
    add *const op = (add *)base;
    char a[OCT_SHAPE_TEXT], b[OCT_SHAPE_TEXT];
    oct_kernel_destroy(op->kernel);
    op->kernel = NULL;
    OCT_TRY(oct_operator_choose_simple(base));
    OCT_REQUIRE(
        &base->context->log, oct_shape_equal(&base->input_shapes[0], &base->input_shapes[1]),
        OCTET_INVALID_ARGUMENT, "add: a is %s and b is %s; they must be equal",
        oct_shape_text(&base->input_shapes[0], a), oct_shape_text(&base->input_shapes[1], b));
    base->output_shapes[0] = base->input_shapes[0];
    (void)oct_shape_count(&base->input_shapes[0], &op->count);
    OCT_TRY(oct_check_counts(base, &op->count, 1));
    if (op->sum.rule == OCTET_ADD_DEQUANTIZE) { /* the only rule with scales on the device */
        OCT_TRY(oct_check_flushing(base, "a scale", op->sum.a_scale));
        OCT_TRY(oct_check_flushing(base, "b scale", op->sum.b_scale));
        OCT_TRY(oct_check_flushing(base, "output scale", op->sum.output_scale));
    }
    if (!base->use_reference)
        OCT_TRY(create_kernel(op, &op->kernel));
cleanup:
    return status;
}

/* ---- Run ---- */

static octet_status enqueue(octet_operator *base, oct_buffer *const *inputs,
                            oct_buffer *const *outputs)
{
    const add *const op = (const add *)base;
    const oct_reference_add *const sum = &op->sum;
    const oct_add_factors *const factors = &op->factors;
    const size_t items = oct_elements_per_item(base->context, op->count);
    const oct_arg args[] = {OCT_BUFFER(inputs[0]),
                            OCT_BUFFER(inputs[1]),
                            OCT_BUFFER(outputs[0]),
                            OCT_INT(op->count),
                            OCT_FLOAT(factors->a),
                            OCT_FLOAT(factors->b),
                            OCT_FLOAT(factors->output),
                            OCT_FIXED(factors->fixed_a),
                            OCT_FIXED(factors->fixed_b),
                            OCT_FIXED(factors->fixed_output),
                            OCT_INT(factors->a_zero),
                            OCT_INT(factors->b_zero),
                            OCT_INT(factors->output_zero),
                            OCT_INT(oct_sign_of(sum->a_type)),
                            OCT_INT(oct_sign_of(sum->b_type)),
                            OCT_INT(sum->low),
                            OCT_INT(sum->high),
                            OCT_INT(items)};
    const size_t global[3] = {oct_divide_up(op->count, items), 1, 1};
    return OCT_LAUNCH(op->kernel, global, args);
}

/* ---- Reference ---- */

static octet_status reference(octet_operator *base, const void *const *inputs, void *const *outputs)
{
    const add *const op = (const add *)base;
    oct_reference_add_run(&op->sum, op->count, inputs[0], inputs[1], outputs[0]);
    return OCTET_OK;
}

/* ---- Life cycle ---- */

static void destroy(octet_operator *base)
{
    oct_kernel_destroy(((add *)base)->kernel);
}

static const oct_operator_class add_class = {"add", prepare, enqueue, reference, destroy};

static oct_reference_add describe(const octet_add_desc *desc)
{
    const int32_t zero = oct_zero_point_at(&desc->output, 0);
    const oct_bounds bounds = oct_stored_bounds(desc->output_type, zero, desc->relu, desc->clamp,
                                                desc->clamp_min, desc->clamp_max);
    return (oct_reference_add){.rule = desc->rule,
                               .a_type = desc->a_type,
                               .b_type = desc->b_type,
                               .output_type = desc->output_type,
                               .a_scale = oct_scale_at(&desc->a, 0),
                               .b_scale = oct_scale_at(&desc->b, 0),
                               .output_scale = oct_scale_at(&desc->output, 0),
                               .a_zero_point = oct_zero_point_at(&desc->a, 0),
                               .b_zero_point = oct_zero_point_at(&desc->b, 0),
                               .output_zero_point = zero,
                               .low = bounds.low,
                               .high = bounds.high};
}

octet_status octet_add_create(octet_context *context, const octet_add_desc *given,
                              octet_operator **out)
{
    octet_status status = OCTET_OK;
    octet_add_desc copy;
    const octet_add_desc *const desc = &copy;
    octet_operator *base = NULL;
    add *op = NULL;
    OCT_TRY(oct_desc_copy(&context->log, "add", given, sizeof copy, sizeof copy, &copy));
    OCT_TRY(oct_operator_begin(context, &add_class, sizeof *op, desc->variant, &base));
    op = (add *)base;
    OCT_TRY(check_desc(context, desc));
    op->sum = describe(desc);
    op->factors = oct_reference_add_factors(&op->sum);
    base->input_count = 2;
    base->output_count = 1;
    base->input_types[0] = desc->a_type;
    base->input_types[1] = desc->b_type;
    base->output_types[0] = desc->output_type;
    *out = base;
    base = NULL;
cleanup:
    octet_operator_destroy(base);
    return status;
}
