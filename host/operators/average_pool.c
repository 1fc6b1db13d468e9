/* average_pool.c - the mean of each window. */
#include <math.h>

#include "core/desc.h"
#include "core/quantization.h"
#include "operators/elements.h"
#include "operators/float_pool.h"
#include "operators/pool.h"
#include "reference/reference.h"

/* ---- State ---- */

typedef struct average_pool {
    octet_operator base;
    oct_reference_average_pool pool; /* channels == out_channels */
    bool ceil;
} average_pool;

/* ---- Checks ---- */

static octet_status check_rule(const octet_context *context, const octet_average_pool_desc *desc)
{
    octet_status status = OCTET_OK;
    OCT_REQUIRE(&context->log, desc->rule == OCTET_AVERAGE_SUM || desc->rule == OCTET_AVERAGE_REAL,
                OCTET_INVALID_ARGUMENT, "average_pool: rule %d is not an octet_average_rule",
                (int)desc->rule);
cleanup:
    return status;
}

static octet_status check_desc(const octet_context *context, const octet_average_pool_desc *desc)
{
    octet_status status = OCTET_OK;
    const oct_log *const log = &context->log;
    OCT_REQUIRE(log, oct_type_is_byte(desc->input_type) && oct_type_is_byte(desc->output_type),
                OCTET_INVALID_ARGUMENT, "average_pool: both types must be s8 or u8, or both f32");
    OCT_TRY(check_rule(context, desc));
    OCT_TRY(oct_check_quantization(log, "average_pool: input", &desc->input, desc->input_type, 1));
    OCT_TRY(
        oct_check_quantization(log, "average_pool: output", &desc->output, desc->output_type, 1));
    const double input = (double)oct_scale_at(&desc->input, 0);
    const double output = (double)oct_scale_at(&desc->output, 0);
    OCT_REQUIRE(log, oct_multiplier_is_legal(input / output), OCTET_INVALID_ARGUMENT,
                "average_pool: input scale %g by output scale %g; it must be in [2^-32, 256)",
                input, output);
cleanup:
    return status;
}

/* Sums of steps, each at most 255, must fit 31 bits. */
static octet_status check_taps(const average_pool *op)
{
    octet_status status = OCTET_OK;
    const size_t *const kernel = op->pool.geometry.window.kernel;
    OCT_REQUIRE(&op->base.context->log, kernel[0] <= INT32_MAX / 255 / kernel[1], OCTET_UNSUPPORTED,
                "average_pool: kernel %zux%zu; it must have at most %d taps", kernel[0], kernel[1],
                INT32_MAX / 255);
cleanup:
    return status;
}

/* ---- Bind ---- */

static octet_status prepare(octet_operator *base)
{
    octet_status status = OCTET_OK;
    average_pool *const op = (average_pool *)base;
    OCT_TRY(oct_operator_choose_simple(base));
    OCT_TRY(oct_pool_bind(base, op->ceil, &op->pool.geometry));
    const size_t pixels = op->pool.geometry.out_height * op->pool.geometry.out_width;
    OCT_TRY(oct_check_counts(base, &pixels, 1));
    if (!base->use_reference)
        OCT_TRY(oct_create_simple_kernel(base->context, "average_pool", "OCT_BUILD_AVERAGE_POOL",
                                         &base->kernel));
cleanup:
    return status;
}

/* ---- Run ---- */

static octet_status enqueue(octet_operator *base, oct_buffer *const *inputs,
                            oct_buffer *const *outputs)
{
    const average_pool *const op = (const average_pool *)base;
    const oct_reference_average_pool *const pool = &op->pool;
    const oct_conv2d_geometry *const g = &pool->geometry;
    const oct_type_info *const type = oct_type(pool->output_type);
    const oct_arg args[] = {OCT_POOL_ARGS(inputs[0], outputs[0], g),
                            OCT_INT(oct_sign_of(pool->input_type)),
                            OCT_INT(pool->rule == OCTET_AVERAGE_REAL),
                            OCT_INT(pool->count_padding),
                            OCT_FLOAT(pool->input_scale),
                            OCT_FLOAT(pool->output_scale),
                            OCT_INT(pool->input_zero_point),
                            OCT_INT(pool->output_zero_point),
                            OCT_INT(type->low),
                            OCT_INT(type->high)};
    const size_t global[3] = {oct_divide_up(g->channels, oct_simple_lanes(base->context)),
                              g->out_height * g->out_width, g->images};
    return OCT_LAUNCH(base->kernel, global, args);
}

/* ---- Reference ---- */

static octet_status reference(octet_operator *base, const void *const *inputs, void *const *outputs)
{
    oct_reference_average_pool_run(&((const average_pool *)base)->pool, inputs[0], outputs[0]);
    return OCTET_OK;
}

/* ---- Life cycle ---- */

static const oct_operator_class average_pool_class = {"average_pool", prepare, enqueue, reference,
                                                      NULL};

/* Scales count by their quotient alone: with the input's in [0.5, 1) no step is subnormal. */
static void read_scales(oct_reference_average_pool *pool, const octet_average_pool_desc *desc)
{
    int exponent;
    pool->input_scale = frexpf(oct_scale_at(&desc->input, 0), &exponent);
    pool->output_scale = ldexpf(oct_scale_at(&desc->output, 0), -exponent);
    pool->input_zero_point = oct_zero_point_at(&desc->input, 0);
    pool->output_zero_point = oct_zero_point_at(&desc->output, 0);
}

static octet_status create_float(octet_context *context, const octet_average_pool_desc *desc,
                                 const oct_pool_window *window, octet_operator **out)
{
    octet_status status = OCTET_OK;
    OCT_TRY(check_rule(context, desc));
    OCT_REQUIRE(&context->log,
                !oct_quantization_is_given(&desc->input) &&
                    !oct_quantization_is_given(&desc->output),
                OCTET_INVALID_ARGUMENT, "average_pool: f32 has no scale and no zero point");
    OCT_TRY(
        oct_float_pool_create(context,
                              &(oct_float_pool_desc){.average = true,
                                                     .by_rows = desc->rule == OCTET_AVERAGE_REAL,
                                                     .ceil = desc->ceil != 0,
                                                     .count_padding = desc->count_padding != 0,
                                                     .window = *window,
                                                     .variant = desc->variant},
                              out));
cleanup:
    return status;
}

octet_status octet_average_pool_create(octet_context *context, const octet_average_pool_desc *given,
                                       octet_operator **out)
{
    octet_status status = OCTET_OK;
    octet_average_pool_desc copy;
    const octet_average_pool_desc *const desc = &copy;
    octet_operator *base = NULL;
    average_pool *op = NULL;
    OCT_TRY(oct_desc_copy(&context->log, "average_pool", given, sizeof copy, sizeof copy, &copy));
    const oct_pool_window window = {desc->layout, desc->kernel, desc->stride, desc->dilation,
                                    desc->padding};
    if (desc->input_type == OCTET_F32 && desc->output_type == OCTET_F32)
        return create_float(context, desc, &window, out);
    OCT_TRY(oct_operator_begin(context, &average_pool_class, sizeof *op, desc->variant, &base));
    op = (average_pool *)base;
    OCT_TRY(check_desc(context, desc));
    op->pool.input_type = desc->input_type;
    op->pool.output_type = desc->output_type;
    op->pool.rule = desc->rule;
    op->pool.count_padding = desc->count_padding != 0;
    op->ceil = desc->ceil != 0;
    read_scales(&op->pool, desc);
    OCT_TRY(oct_pool_begin(base, &window, &op->pool.geometry));
    OCT_TRY(check_taps(op));
    base->input_count = base->output_count = 1;
    base->input_types[0] = desc->input_type;
    base->output_types[0] = desc->output_type;
    *out = base;
    base = NULL;
cleanup:
    octet_operator_destroy(base);
    return status;
}
