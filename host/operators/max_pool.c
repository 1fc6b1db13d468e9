/* max_pool.c - the largest stored value of each window. */
#include "core/desc.h"
#include "operators/elements.h"
#include "operators/float_pool.h"
#include "operators/pool.h"
#include "reference/reference.h"

/* ---- State ---- */

typedef struct max_pool {
    octet_operator base;
    oct_conv2d_geometry geometry; /* channels == out_channels */
    bool ceil;
} max_pool;

/* ---- Checks ---- */

static octet_status check_desc(octet_context *context, const octet_max_pool_desc *desc)
{
    octet_status status = OCTET_OK;
    OCT_REQUIRE(&context->log, oct_type_is_byte(desc->type), OCTET_INVALID_ARGUMENT,
                "max_pool: type must be s8, u8 or f32");
cleanup:
    return status;
}

/* ---- Bind ---- */

static octet_status prepare(octet_operator *base)
{
    octet_status status = OCTET_OK;
    max_pool *const op = (max_pool *)base;
    OCT_TRY(oct_operator_choose_simple(base));
    OCT_TRY(oct_pool_bind(base, op->ceil, &op->geometry));
    if (!base->use_reference)
        OCT_TRY(oct_create_simple_kernel(base->context, "max_pool", "OCT_BUILD_MAX_POOL",
                                         &base->kernel));
cleanup:
    return status;
}

/* ---- Run ---- */

static octet_status enqueue(octet_operator *base, oct_buffer *const *inputs,
                            oct_buffer *const *outputs)
{
    const max_pool *const op = (const max_pool *)base;
    const oct_conv2d_geometry *const g = &op->geometry;
    const bool nchw = g->layout == OCTET_NCHW;
    const size_t line = nchw ? g->out_width : g->channels;
    const size_t across = nchw ? g->channels : g->out_width;
    const size_t span = oct_elements_per_item(base->context, line);
    const size_t items = oct_divide_up(oct_elements_per_item(base->context, line * across), line);
    const oct_arg args[] = {OCT_POOL_ARGS(inputs[0], outputs[0], g),
                            OCT_INT(oct_sign_of(base->input_types[0])), OCT_INT(span),
                            OCT_INT(items)};
    const size_t global[3] = {oct_divide_up(line, span),
                              oct_divide_up(across, items) * g->out_height, g->images};
    return OCT_LAUNCH(base->kernel, global, args);
}

/* ---- Reference ---- */

static octet_status reference(octet_operator *base, const void *const *inputs, void *const *outputs)
{
    const max_pool *const op = (const max_pool *)base;
    oct_reference_max_pool(base->input_types[0], &op->geometry, inputs[0], outputs[0]);
    return OCTET_OK;
}

/* ---- Life cycle ---- */

static const oct_operator_class max_pool_class = {"max_pool", prepare, enqueue, reference, NULL};

octet_status octet_max_pool_create(octet_context *context, const octet_max_pool_desc *given,
                                   octet_operator **out)
{
    octet_status status = OCTET_OK;
    octet_max_pool_desc copy;
    const octet_max_pool_desc *const desc = &copy;
    octet_operator *base = NULL;
    max_pool *op = NULL;
    OCT_TRY(oct_desc_copy(&context->log, "max_pool", given, sizeof copy, sizeof copy, &copy));
    const oct_pool_window window = {desc->layout, desc->kernel, desc->stride, desc->dilation,
                                    desc->padding};
    if (desc->type == OCTET_F32)
        return oct_float_pool_create(context,
                                     &(oct_float_pool_desc){.ceil = desc->ceil != 0,
                                                            .window = window,
                                                            .variant = desc->variant},
                                     out);
    OCT_TRY(oct_operator_begin(context, &max_pool_class, sizeof *op, desc->variant, &base));
    op = (max_pool *)base;
    OCT_TRY(check_desc(context, desc));
    OCT_TRY(oct_pool_begin(base, &window, &op->geometry));
    op->ceil = desc->ceil != 0;
    base->input_count = base->output_count = 1;
    base->input_types[0] = base->output_types[0] = desc->type;
    *out = base;
    base = NULL;
cleanup:
    octet_operator_destroy(base);
    return status;
}
