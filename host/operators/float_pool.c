/* float_pool.c - see float_pool.h. */
#include "operators/float_pool.h"

#include "operators/elements.h"
#include "reference/reference.h"

/* ---- State ---- */

typedef struct float_pool {
    octet_operator base;
    oct_reference_float_pool pool; /* channels == out_channels */
    bool average, by_rows, ceil;
} float_pool;

/* The order in which ONNX Runtime adds up a window, if not by rows: it has code of its own for all of
 * an image, and for windows that lie less than 3 columns apart. */
static oct_pool_function function_of(const float_pool *op)
{
    const oct_conv2d_geometry *const g = &op->pool.geometry;
    const oct_window *const w = &g->window;
    const size_t *const padding = w->padding;
    const bool padded = padding[0] + padding[1] + padding[2] + padding[3] > 0;
    if (!op->average)
        return OCT_POOL_MAXIMUM;
    if (op->by_rows || w->dilation[0] != 1 || w->dilation[1] != 1)
        return OCT_POOL_ROWS;
    if (!padded && w->kernel[0] == g->height && w->kernel[1] == g->width)
        return OCT_POOL_FOURTHS;
    return w->stride[1] <= 2 ? OCT_POOL_COLUMNS : OCT_POOL_ROWS;
}

/* ---- Bind ---- */

static octet_status prepare(octet_operator *base)
{
    octet_status status = OCTET_OK;
    float_pool *const op = (float_pool *)base;
    oct_conv2d_geometry *const g = &op->pool.geometry;
    OCT_TRY(oct_operator_choose_simple(base));
    OCT_TRY(oct_pool_bind(base, op->ceil, g));
    OCT_TRY(oct_check_counts(base, (size_t[]){g->out_height * g->out_width}, 1));
    op->pool.function = function_of(op);
    if (base->use_reference)
        goto cleanup;
    OCT_REQUIRE(&base->context->log, base->context->traits.subnormals, OCTET_UNSUPPORTED,
                "%s: f32 on a device without subnormal numbers", base->class->name);
    OCT_TRY(oct_create_simple_kernel(base->context, "float_pool", "OCT_BUILD_FLOAT_POOL",
                                     &base->kernel));
cleanup:
    return status;
}

/* ---- Run ---- */

static octet_status enqueue(octet_operator *base, oct_buffer *const *inputs,
                            oct_buffer *const *outputs)
{
    const float_pool *const op = (const float_pool *)base;
    const oct_conv2d_geometry *const g = &op->pool.geometry;
    const oct_arg args[] = {OCT_POOL_ARGS(inputs[0], outputs[0], g), OCT_INT(op->pool.function),
                            OCT_INT(op->pool.count_padding)};
    const size_t global[3] = {oct_divide_up(g->channels, oct_simple_lanes(base->context)),
                              g->out_height * g->out_width, g->images};
    return OCT_LAUNCH(base->kernel, global, args);
}

/* ---- Reference ---- */

static octet_status reference(octet_operator *base, const void *const *inputs, void *const *outputs)
{
    oct_reference_float_pool_run(&((const float_pool *)base)->pool, inputs[0], outputs[0]);
    return OCTET_OK;
}

/* ---- Life cycle ---- */

static const oct_operator_class max_class = {"max_pool", prepare, enqueue, reference, NULL};
static const oct_operator_class average_class = {"average_pool", prepare, enqueue, reference, NULL};

octet_status oct_float_pool_create(octet_context *context, const oct_float_pool_desc *desc,
                                   octet_operator **out)
{
    octet_status status = OCTET_OK;
    octet_operator *base = NULL;
    float_pool *op = NULL;
    OCT_TRY(oct_operator_begin(context, desc->average ? &average_class : &max_class, sizeof *op,
                               desc->variant, &base));
    op = (float_pool *)base;
    op->average = desc->average;
    op->by_rows = desc->by_rows;
    op->ceil = desc->ceil;
    op->pool.count_padding = desc->count_padding;
    OCT_TRY(oct_pool_begin(base, &desc->window, &op->pool.geometry));
    base->input_count = base->output_count = 1;
    base->input_types[0] = base->output_types[0] = OCTET_F32;
    *out = base;
    base = NULL;
cleanup:
    octet_operator_destroy(base);
    return status;
}
