/* conv2d.c - two-dimensional convolutions of 8-bit operands, as implicit matrix products. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/desc.h"
#include "operators/conv2d_internal.h"
#include "operators/elements.h"

/* ---- Checks ---- */

static octet_status check_desc(octet_context *context, const octet_conv2d_desc *desc)
{
    octet_status status = OCTET_OK;
    const oct_log *const log = &context->log;
    const size_t groups = desc->groups > 0 ? desc->groups : 1;
    OCT_REQUIRE(log, desc->layout == OCTET_NHWC || desc->layout == OCTET_NCHW,
                OCTET_INVALID_ARGUMENT, "conv2d: layout %d is not an octet_layout",
                (int)desc->layout);
    OCT_REQUIRE(log, desc->kernel[0] > 0 && desc->kernel[1] > 0, OCTET_INVALID_ARGUMENT,
                "conv2d: kernel %zux%zu; both sizes must be at least 1", desc->kernel[0],
                desc->kernel[1]);
    OCT_REQUIRE(log, desc->input_channels > 0 && desc->output_channels > 0, OCTET_INVALID_ARGUMENT,
                "conv2d: %zu input and %zu output channels; both must be at least 1",
                desc->input_channels, desc->output_channels);
    OCT_REQUIRE(log, desc->input_channels % groups == 0 && desc->output_channels % groups == 0,
                OCTET_INVALID_ARGUMENT,
                "conv2d: %zu groups must divide %zu input and %zu output channels", groups,
                desc->input_channels, desc->output_channels);
    OCT_REQUIRE(log, !desc->layer.dynamic_weights, OCTET_UNSUPPORTED,
                "conv2d: parameters of weights found at run time are offered by gemm only");
cleanup:
    return status;
}

/* Bytes of the weights; false when that overflows. */
static bool weight_bytes(const oct_conv2d_geometry *g, size_t *bytes)
{
    return oct_multiply(g->window.kernel[0], g->window.kernel[1], bytes) &&
           oct_multiply(*bytes, g->channels / g->groups, bytes) &&
           oct_multiply(*bytes, g->out_channels, bytes);
}

/* ---- Choose ---- */

static bool is_depthwise(const oct_conv2d *op)
{
    return op->layer.weights != NULL && !op->layer.sum.wanted && !op->layer.dynamic_input &&
           oct_depthwise_suits(&op->geometry);
}

/* Pixels are rows of a matrix, one to one. */
static bool is_pointwise(const oct_conv2d_geometry *g)
{
    const oct_window *const w = &g->window;
    return g->layout == OCTET_NHWC && g->groups == 1 && w->kernel[0] == 1 && w->kernel[1] == 1 &&
           w->stride[0] == 1 && w->stride[1] == 1 && !oct_has_padding(g);
}

static oct_tile_problem problem_of(const oct_conv2d *op)
{
    const oct_conv2d_geometry *const g = &op->geometry;
    return (oct_tile_problem){
        .kernels = OCT_FOR_MATRIX | (is_depthwise(op) ? OCT_FOR_DEPTHWISE : 0u),
        .outer = g->groups,
        .m = g->images * g->out_height * g->out_width,
        .n = g->out_channels / g->groups,
        .k = g->window.kernel[0] * g->window.kernel[1] * (g->channels / g->groups),
        .pairs_only = op->layer.has_weight_zeros || op->layer.weight_type == OCTET_U8,
        .windows = !is_pointwise(g),
        .input_type = op->layer.input_type,
        .weight_type = op->layer.weight_type};
}

/* ---- Pack and bind ---- */

/* Every size that reaches a kernel as an int, and sums the kernels make of them. */
static octet_status check_counts(const oct_conv2d *op)
{
    const oct_conv2d_geometry *const g = &op->geometry;
    const oct_window *const w = &g->window;
    const size_t counts[] = {g->images * g->out_height * g->out_width,
                             g->out_height * g->out_width * g->out_channels,
                             g->images * g->height * g->width,
                             g->height * g->width * oct_round_up(g->channels, 4),
                             g->height + w->padding[0] + w->padding[2],
                             g->width + w->padding[1] + w->padding[3],
                             w->stride[0],
                             w->stride[1],
                             w->kernel[0] * w->dilation[0],
                             w->kernel[1] * w->dilation[1]};
    return oct_check_counts(&op->base, counts, sizeof counts / sizeof counts[0]);
}

static oct_matrix_shape matrix_shape(const oct_conv2d *op)
{
    const oct_conv2d_geometry *const g = &op->geometry;
    const bool nhwc = g->layout == OCTET_NHWC;
    const size_t taps = g->window.kernel[0] * g->window.kernel[1];
    const size_t channels = g->channels / g->groups, n = g->out_channels / g->groups;
    const size_t pixels = g->height * g->width;
    return (oct_matrix_shape){
        .outer = g->groups,
        .outer_is_group = true,
        .n = n,
        .taps = taps,
        .channels = channels,
        .weight_outer = n * taps * channels,
        .weight_column = taps * channels,
        .weight_tap = nhwc ? channels : 1,
        .weight_channel = nhwc ? 1 : taps,
        .images = g->images,
        .lines = 1,
        .pixels = pixels,
        .image_rows = pixels,
        .groups = g->groups,
        .input_image = pixels * g->channels,
        .input_pixel = nhwc ? g->channels : 1,
        .input_channel = nhwc ? 1 : pixels,
        .dynamic_rows = 1,
    };
}

static void release_prepared(oct_conv2d *op)
{
    oct_kernel_destroy(op->kernel);
    oct_padding_destroy(&op->padding);
    oct_matrix_destroy(&op->matrix);
    oct_depthwise_destroy(&op->depthwise);
    op->kernel = NULL;
}

static octet_status prepare(octet_operator *base)
{
    octet_status status = OCTET_OK;
    oct_conv2d *const op = (oct_conv2d *)base;
    const oct_tile *tile = NULL;
    oct_tile_problem problem;
    char options[512];
    oct_matrix_shape shape;
    release_prepared(op);
    OCT_TRY(oct_conv2d_set_shapes(op));
    OCT_TRY(oct_layer_set_rows(&op->layer, 1));
    problem = problem_of(op);
    OCT_TRY(oct_operator_choose_tile(base, &problem, &tile));
    if (base->use_reference || op->geometry.images == 0)
        goto cleanup;
    OCT_TRY(check_counts(op));
    OCT_TRY(oct_layer_check_flushing(&op->layer, &base->context->traits));
    if (tile->kernels == OCT_FOR_DEPTHWISE) {
        status =
            oct_depthwise_prepare(&op->depthwise, base->context, &op->layer, &op->geometry, tile);
        if (op->depthwise.packed != NULL)
            base->scratch = op->depthwise.packed->bytes;
        goto cleanup;
    }
    shape = matrix_shape(op);
    op->seen = op->geometry;
    if (oct_matrix_packs(tile, &shape) && !oct_padding_is_found(&op->layer, tile))
        oct_padding_copy(&op->geometry, &op->seen, &shape);
    OCT_TRY(oct_matrix_prepare(&op->matrix, base->context, &op->layer, tile, &shape, &problem));
    base->scratch = oct_matrix_scratch(&op->matrix);
    OCT_TRY(oct_padding_create(&op->padding, &op->matrix, &op->seen));
    op->pointwise = is_pointwise(&op->geometry);
    op->step = oct_conv2d_step(op);
    if (op->pointwise) /* nothing else, so that it shares the programs of gemm */
        snprintf(options, sizeof options, "-D OCT_BUILD_GEMM=1");
    else
        snprintf(options, sizeof options,
                 "-D OCT_BUILD_CONV2D=1 -D OCT_PADDING=%d -D OCT_WINDOW_STEP=%zu",
                 oct_has_padding(&op->seen), op->step);
    oct_matrix_options(&op->matrix, options, sizeof options);
    OCT_TRY(
        oct_kernel_create(base->context, op->pointwise ? "gemm" : "conv2d", options, &op->kernel));
cleanup:
    return status;
}

/* ---- Run ---- */

static octet_status enqueue(octet_operator *base, oct_buffer *const *inputs,
                            oct_buffer *const *outputs)
{
    octet_status status = OCTET_OK;
    oct_conv2d *const op = (oct_conv2d *)base;
    oct_matrix_operands operands = {.input = inputs[0],
                                    .weights = op->layer.weights == NULL ? inputs[1] : NULL};
    const oct_buffer *const other = op->layer.sum.wanted ? inputs[oct_conv2d_other(op)] : NULL;
    const oct_tile_problem problem = problem_of(op);
    const oct_matrix_product product = {.m = problem.m, .batch = 1, .other = other};
    const oct_buffer *input = NULL;
    if (op->depthwise.kernel != NULL)
        return oct_depthwise_enqueue(&op->depthwise, inputs[0], outputs[0]);
    if (op->layer.dynamic_input) {
        operands.input_scale = inputs[oct_conv2d_parameters(op)];
        operands.input_zero = inputs[oct_conv2d_parameters(op) + 1];
    }
    if (op->padding.fill != NULL)
        OCT_TRY(oct_padding_enqueue(&op->padding, &op->matrix, operands.input_zero));
    OCT_TRY(oct_matrix_pack(&op->matrix, &operands));
    input = oct_matrix_input(&op->matrix, inputs[0]);
    OCT_TRY(op->pointwise ? oct_matrix_multiply(&op->matrix, op->kernel, &product, &problem, input,
                                                outputs[0])
                          : oct_conv2d_enqueue_windows(op, &problem, input, other, outputs[0]));
cleanup:
    return status;
}

/* ---- Life cycle ---- */

static void destroy(octet_operator *base)
{
    oct_conv2d *const op = (oct_conv2d *)base;
    release_prepared(op);
    oct_layer_destroy(&op->layer);
}

static const oct_operator_class conv2d_class = {"conv2d", prepare, enqueue, oct_conv2d_reference,
                                                destroy};

static void set_geometry(oct_conv2d_geometry *g, const octet_conv2d_desc *desc)
{
    *g = (oct_conv2d_geometry){.layout = desc->layout,
                               .channels = desc->input_channels,
                               .out_channels = desc->output_channels,
                               .groups = desc->groups > 0 ? desc->groups : 1};
    for (size_t i = 0; i < 2; i++) {
        g->window.kernel[i] = desc->kernel[i];
        g->window.stride[i] = desc->stride[i] > 0 ? desc->stride[i] : 1;
        g->window.dilation[i] = desc->dilation[i] > 0 ? desc->dilation[i] : 1;
    }
    memcpy(g->window.padding, desc->padding, sizeof g->window.padding);
}

octet_status octet_conv2d_create(octet_context *context, const octet_conv2d_desc *given,
                                 octet_operator **out)
{
    octet_status status = OCTET_OK;
    octet_conv2d_desc copy;
    const octet_conv2d_desc *const desc = &copy;
    octet_operator *base = NULL;
    oct_conv2d *op = NULL;
    size_t bytes = 0;
    OCT_TRY(oct_desc_copy(&context->log, "conv2d", given, sizeof copy, sizeof copy, &copy));
    OCT_TRY(oct_operator_begin(context, &conv2d_class, sizeof *op, desc->variant, &base));
    op = (oct_conv2d *)base;
    OCT_TRY(check_desc(context, desc));
    set_geometry(&op->geometry, desc);
    OCT_REQUIRE(&context->log, weight_bytes(&op->geometry, &bytes), OCTET_INVALID_ARGUMENT,
                "conv2d: the weights are too large");
    OCT_TRY(oct_layer_create(&op->layer, &context->log, "conv2d", &desc->layer,
                             desc->output_channels, bytes, false));
    base->input_types[0] = desc->layer.input_type;
    base->input_types[1] = desc->layer.weight_type;
    base->input_count = op->layer.weights == NULL ? 2 : 1;
    if (op->layer.dynamic_input) {
        base->input_types[base->input_count++] = OCTET_F32;
        base->input_types[base->input_count++] = OCTET_S32;
    }
    if (op->layer.sum.wanted)
        base->input_types[base->input_count++] = oct_sum_other_type(&op->layer.sum);
    base->output_types[0] = op->layer.stored_type;
    base->output_count = 1;
    *out = base;
    base = NULL;
cleanup:
    octet_operator_destroy(base);
    return status;
}
