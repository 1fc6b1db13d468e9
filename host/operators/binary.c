/* binary.c - a function of two tensors, element by element. */
#include <math.h>
#include <stdio.h>

#include "core/desc.h"
#include "core/quantization.h"
#include "operators/binary_internal.h"
#include "operators/elements.h"
#include "reference/reference.h"

/* ---- State ---- */

typedef struct binary {
    octet_operator base;
    oct_reference_binary what; /* function, rule, types, scales, zero points, bounds */
    oct_binary_factors factors;
    oct_broadcast walk;
    size_t count;
} binary;

enum { FLOATS = 5 }; /* OCT_BINARY for float32, after the rules */

/* The functions a rule is for, and least <= input scale / output scale < limit (of a product: of a
 * times b). Below 2^19 the last factor of fixed point is below 1, as in TFLite, and the largest
 * number on the way 255 * 2^20. */
static const struct rule {
    unsigned functions; /* bit i: function i */
    double least, limit;
} rules[] = {
    [OCTET_BINARY_DIVIDE] = {~0u, 0.0, INFINITY},
    [OCTET_BINARY_RECIPROCAL] = {~0u, 0.0, INFINITY},
    [OCTET_BINARY_FLOAT32] = {1u << OCTET_ADD | 1u << OCTET_MULTIPLY, 0x1p-32, 0x1p8},
    [OCTET_BINARY_FIXED_DOUBLE] = {1u << OCTET_ADD, 0.0, 0x1p19},
    [OCTET_BINARY_FIXED_SINGLE] = {1u << OCTET_ADD, 0.0, 0x1p19},
};

/* ---- Checks ---- */

static octet_status check_ratio(const oct_log *log, const char *name, const octet_binary_desc *desc,
                                double scale)
{
    octet_status status = OCTET_OK;
    const double least = rules[desc->rule].least, limit = rules[desc->rule].limit;
    const double ratio = scale / (double)oct_scale_at(&desc->output, 0);
    OCT_REQUIRE(log, least <= ratio && ratio < limit, OCTET_INVALID_ARGUMENT,
                "binary: %s scale / output scale is %g; by this rule it must be in [%g, %g)", name,
                ratio, least, limit);
cleanup:
    return status;
}

static octet_status check_scales(const oct_log *log, const octet_binary_desc *desc)
{
    octet_status status = OCTET_OK;
    const double a = (double)oct_scale_at(&desc->a, 0), b = (double)oct_scale_at(&desc->b, 0);
    if (desc->function == OCTET_MULTIPLY) {
        OCT_TRY(check_ratio(log, "a scale * b", desc, a * b));
        return OCTET_OK;
    }
    OCT_TRY(check_ratio(log, "a", desc, a));
    OCT_TRY(check_ratio(log, "b", desc, b));
cleanup:
    return status;
}

static octet_status check_bytes(const oct_log *log, const octet_binary_desc *desc)
{
    octet_status status = OCTET_OK;
    OCT_REQUIRE(log, (rules[desc->rule].functions >> desc->function & 1u) != 0, OCTET_UNSUPPORTED,
                "binary: rule %d is not for function %d", (int)desc->rule, (int)desc->function);
    OCT_TRY(oct_check_quantization(log, "binary: a", &desc->a, desc->a_type, 1));
    OCT_TRY(oct_check_quantization(log, "binary: b", &desc->b, desc->b_type, 1));
    OCT_TRY(oct_check_quantization(log, "binary: output", &desc->output, desc->output_type, 1));
    OCT_TRY(check_scales(log, desc));
    if (desc->clamp)
        OCT_TRY(oct_check_clamp(log, "binary", desc->output_type,
                                oct_zero_point_at(&desc->output, 0), desc->relu != 0,
                                desc->clamp_min, desc->clamp_max));
cleanup:
    return status;
}

static octet_status check_floats(const oct_log *log, const octet_binary_desc *desc)
{
    octet_status status = OCTET_OK;
    const size_t parameters = desc->a.scale_count + desc->a.zero_point_count + desc->b.scale_count +
                              desc->b.zero_point_count + desc->output.scale_count +
                              desc->output.zero_point_count;
    OCT_REQUIRE(log,
                parameters == 0 && desc->rule == OCTET_BINARY_DIVIDE && !desc->relu && !desc->clamp,
                OCTET_INVALID_ARGUMENT,
                "binary: f32 has no quantization, rule, relu or clamp; they must be 0");
cleanup:
    return status;
}

static octet_status check_desc(const oct_log *log, const octet_binary_desc *desc)
{
    octet_status status = OCTET_OK;
    const bool floats =
        desc->a_type == OCTET_F32 && desc->b_type == OCTET_F32 && desc->output_type == OCTET_F32;
    OCT_REQUIRE(log,
                floats || (oct_type_is_byte(desc->a_type) && oct_type_is_byte(desc->b_type) &&
                           oct_type_is_byte(desc->output_type)),
                OCTET_INVALID_ARGUMENT, "binary: every type must be s8 or u8, or all f32");
    OCT_REQUIRE(log, (unsigned)desc->function <= OCTET_MAXIMUM, OCTET_INVALID_ARGUMENT,
                "binary: function %d is not an octet_binary_function", (int)desc->function);
    OCT_REQUIRE(log, (unsigned)desc->rule <= OCTET_BINARY_FIXED_SINGLE, OCTET_INVALID_ARGUMENT,
                "binary: rule %d is not an octet_binary_rule", (int)desc->rule);
    OCT_TRY(floats ? check_floats(log, desc) : check_bytes(log, desc));
cleanup:
    return status;
}

static oct_reference_binary describe(const octet_binary_desc *desc)
{
    const int32_t zero = oct_zero_point_at(&desc->output, 0);
    const oct_bounds bounds = oct_stored_bounds(desc->output_type, zero, desc->relu != 0,
                                                desc->clamp != 0, desc->clamp_min, desc->clamp_max);
    return (oct_reference_binary){.function = desc->function,
                                  .rule = desc->rule,
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

octet_status oct_binary_describe(const oct_log *log, const octet_binary_desc *desc,
                                 oct_reference_binary *what)
{
    octet_status status = OCTET_OK;
    OCT_TRY(check_desc(log, desc));
    *what = describe(desc);
cleanup:
    return status;
}

/* On devices whose float32 has no subnormal numbers they must not matter. */
static octet_status check_subnormals(const binary *op)
{
    octet_status status = OCTET_OK;
    const octet_context *const context = op->base.context;
    const float scales[] = {op->what.a_scale, op->what.b_scale, op->what.output_scale};
    OCT_REQUIRE(&context->log, op->what.output_type != OCTET_F32, OCTET_UNSUPPORTED,
                "binary: f32 on a device without subnormal numbers");
    if (op->what.rule > OCTET_BINARY_RECIPROCAL) /* the device sees ratios of scales only */
        return OCTET_OK;
    for (size_t i = 0; i < 3; i++)
        OCT_REQUIRE(
            &context->log, scales[i] >= 0x1p-50f && scales[i] <= 0x1p100f, OCTET_UNSUPPORTED,
            "binary: scale %g; this device flushes subnormal numbers, so it must be 2^-50 to "
            "2^100",
            (double)scales[i]);
cleanup:
    return status;
}

/* ---- Bind ---- */

static octet_status create_kernel(const binary *op, oct_kernel **out)
{
    char build[64];
    const bool floats = op->what.output_type == OCTET_F32;
    snprintf(build, sizeof build, "OCT_BINARY=%d -D OCT_BUILD_BINARY",
             floats ? FLOATS : (int)op->what.rule);
    return oct_create_simple_kernel(op->base.context, "binary", build, out);
}

static octet_status prepare(octet_operator *base)
{
    octet_status status = OCTET_OK;
    binary *const op = (binary *)base;
    const octet_shape *const x = base->input_shapes;
    char a[OCT_SHAPE_TEXT], b[OCT_SHAPE_TEXT];
    OCT_TRY(oct_operator_choose_simple(base));
    OCT_REQUIRE(&base->context->log, oct_broadcast_shape(&x[0], &x[1], &base->output_shapes[0]),
                OCTET_INVALID_ARGUMENT,
                "binary: a is %s and b is %s; from the last on, sizes must be equal or 1",
                oct_shape_text(&x[0], a), oct_shape_text(&x[1], b));
    OCT_REQUIRE(&base->context->log, oct_shape_count(&base->output_shapes[0], &op->count),
                OCTET_INVALID_ARGUMENT, "binary: a is %s and b is %s; the output is too large",
                oct_shape_text(&x[0], a), oct_shape_text(&x[1], b));
    OCT_TRY(oct_check_counts(base, &op->count, 1));
    OCT_TRY(oct_check_counts(base, base->output_shapes[0].size, base->output_shapes[0].rank));
    oct_broadcast_walk(&x[0], &x[1], &op->walk);
    if (base->use_reference || op->count == 0)
        goto cleanup;
    if (!base->context->traits.subnormals)
        OCT_TRY(check_subnormals(op));
    OCT_TRY(create_kernel(op, &base->kernel));
cleanup:
    return status;
}

/* ---- Run ---- */

static oct_arg eight(const size_t values[OCTET_MAX_RANK])
{
    oct_arg arg = {.size = sizeof arg.value.i8};
    for (size_t i = 0; i < OCTET_MAX_RANK; i++)
        arg.value.i8[i] = (int32_t)values[i]; /* sizes and strides of at most count */
    return arg;
}

static octet_status enqueue(octet_operator *base, oct_buffer *const *inputs,
                            oct_buffer *const *outputs)
{
    const binary *const op = (const binary *)base;
    const oct_reference_binary *const what = &op->what;
    const oct_binary_factors *const factors = &op->factors;
    const size_t items = oct_elements_per_item(base->context, op->count);
    const oct_arg args[] = {OCT_BUFFER(inputs[0]),
                            OCT_BUFFER(inputs[1]),
                            OCT_BUFFER(outputs[0]),
                            eight(op->walk.size),
                            eight(op->walk.a_stride),
                            eight(op->walk.b_stride),
                            OCT_INT(what->function),
                            OCT_FLOAT(factors->a),
                            OCT_FLOAT(factors->b),
                            OCT_FLOAT(factors->output),
                            OCT_FIXED(factors->fixed_a),
                            OCT_FIXED(factors->fixed_b),
                            OCT_FIXED(factors->fixed_output),
                            OCT_INT(factors->a_zero),
                            OCT_INT(factors->b_zero),
                            OCT_INT(factors->output_zero),
                            OCT_INT(oct_sign_of(what->a_type)),
                            OCT_INT(oct_sign_of(what->b_type)),
                            OCT_INT(what->low),
                            OCT_INT(what->high),
                            OCT_INT(op->count),
                            OCT_INT(items)};
    const size_t global[3] = {oct_divide_up(op->count, items), 1, 1};
    return OCT_LAUNCH(base->kernel, global, args);
}

/* ---- Reference ---- */

static octet_status reference(octet_operator *base, const void *const *inputs, void *const *outputs)
{
    const binary *const op = (const binary *)base;
    oct_reference_binary_run(&op->what, &op->walk, inputs[0], inputs[1], outputs[0]);
    return OCTET_OK;
}

/* ---- Life cycle ---- */

static const oct_operator_class binary_class = {"binary", prepare, enqueue, reference, NULL};

octet_status octet_binary_create(octet_context *context, const octet_binary_desc *given,
                                 octet_operator **out)
{
    octet_status status = OCTET_OK;
    octet_binary_desc copy;
    const octet_binary_desc *const desc = &copy;
    octet_operator *base = NULL;
    binary *op = NULL;
    OCT_TRY(oct_desc_copy(&context->log, "binary", given, sizeof copy, sizeof copy, &copy));
    OCT_TRY(oct_operator_begin(context, &binary_class, sizeof *op, desc->variant, &base));
    op = (binary *)base;
    OCT_TRY(oct_binary_describe(&context->log, desc, &op->what));
    op->factors = oct_reference_binary_factors(&op->what);
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
