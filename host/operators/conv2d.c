/* conv2d.c - two-dimensional convolutions of 8-bit operands, as implicit matrix products. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/desc.h"
#include "operators/conv2d_internal.h"
#include "operators/elements.h"
#include "reference/reference.h"

/* ---- State ---- */

typedef struct conv2d {
    octet_operator base;
    oct_layer layer;
    oct_conv2d_geometry geometry;
    oct_conv2d_geometry seen; /* by the kernel, whose image may hold the padding */
    oct_matrix matrix;        /* the implicit product ... */
    oct_kernel *kernel;
    bool pointwise; /* ... a plain one, whose kernel is gemm */
    size_t step;    /* bytes between neighbours' windows, where conv2d is built for it; or 0 */
    oct_padding padding;
    oct_depthwise depthwise; /* ... or this, when depthwise.kernel is there */
} conv2d;

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

static octet_status check_weights(const conv2d *op, const octet_shape *weights)
{
    octet_status status = OCTET_OK;
    const oct_conv2d_geometry *const g = &op->geometry;
    const size_t channels = g->channels / g->groups;
    const size_t nhwc[] = {g->out_channels, g->window.kernel[0], g->window.kernel[1], channels};
    const size_t nchw[] = {g->out_channels, channels, g->window.kernel[0], g->window.kernel[1]};
    const octet_shape wanted = oct_shape(4, g->layout == OCTET_NHWC ? nhwc : nchw);
    char given_text[OCT_SHAPE_TEXT], wanted_text[OCT_SHAPE_TEXT];
    OCT_REQUIRE(&op->base.context->log, oct_shape_equal(weights, &wanted), OCTET_INVALID_ARGUMENT,
                "conv2d: weights are %s; they must be %s", oct_shape_text(weights, given_text),
                oct_shape_text(&wanted, wanted_text));
cleanup:
    return status;
}

/* Places in the list of inputs: of what the layer's sum adds; of a dynamic input's scale, before its
 * zero point. */
static size_t other_input(const conv2d *op)
{
    return op->base.input_count - 1;
}

static size_t parameter_input(const conv2d *op)
{
    return op->layer.weights == NULL ? 2 : 1;
}

/* A dynamic input has one scale and one zero point. */
static octet_status check_dynamic(const conv2d *op)
{
    octet_status status = OCTET_OK;
    const octet_shape *const shapes = &op->base.input_shapes[parameter_input(op)];
    size_t scales = 0, zeros = 0;
    (void)oct_shape_count(&shapes[0], &scales);
    (void)oct_shape_count(&shapes[1], &zeros);
    OCT_REQUIRE(&op->base.context->log, scales == 1 && zeros == 1, OCTET_INVALID_ARGUMENT,
                "conv2d: %zu scales and %zu zero points for the input; give 1 of each", scales,
                zeros);
cleanup:
    return status;
}

static octet_status check_shapes(conv2d *op)
{
    octet_status status = OCTET_OK;
    const oct_log *const log = &op->base.context->log;
    const octet_shape *const x = &op->base.input_shapes[0];
    oct_conv2d_geometry *const g = &op->geometry;
    const size_t spatial = g->layout == OCTET_NHWC ? 1 : 2;
    char text[OCT_SHAPE_TEXT];
    OCT_REQUIRE(log, x->rank == 4, OCTET_INVALID_ARGUMENT,
                "conv2d: the input is %s; it must have 4 dimensions", oct_shape_text(x, text));
    OCT_REQUIRE(log, x->size[g->layout == OCTET_NHWC ? 3 : 1] == g->channels,
                OCTET_INVALID_ARGUMENT, "conv2d: the input is %s (%s); it must have %zu channels",
                oct_shape_text(x, text), g->layout == OCTET_NHWC ? "nhwc" : "nchw", g->channels);
    g->images = x->size[0];
    g->height = x->size[spatial];
    g->width = x->size[spatial + 1];
    OCT_REQUIRE(log,
                oct_window_output(&g->window, 0, g->height, false, &g->out_height) &&
                    oct_window_output(&g->window, 1, g->width, false, &g->out_width),
                OCTET_INVALID_ARGUMENT,
                "conv2d: a kernel of %zux%zu with dilation %zu,%zu does not fit into the padded "
                "input %s",
                g->window.kernel[0], g->window.kernel[1], g->window.dilation[0],
                g->window.dilation[1], oct_shape_text(x, text));
    if (op->layer.weights == NULL)
        OCT_TRY(check_weights(op, &op->base.input_shapes[1]));
    if (op->layer.dynamic_input)
        OCT_TRY(check_dynamic(op));
    OCT_TRY(oct_layer_check_k(&op->layer, g->window.kernel[0] * g->window.kernel[1] *
                                              (g->channels / g->groups)));
    {
        const size_t nhwc[] = {g->images, g->out_height, g->out_width, g->out_channels};
        const size_t nchw[] = {g->images, g->out_channels, g->out_height, g->out_width};
        op->base.output_shapes[0] = oct_shape(4, g->layout == OCTET_NHWC ? nhwc : nchw);
    }
    if (op->layer.sum.wanted)
        OCT_TRY(oct_sum_check_shape(log, "conv2d", &op->base.input_shapes[other_input(op)],
                                    &op->base.output_shapes[0]));
cleanup:
    return status;
}

/* ---- Choose ---- */

static bool is_depthwise(const conv2d *op)
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

static oct_tile_problem problem_of(const conv2d *op)
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
static octet_status check_counts(const conv2d *op)
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

static oct_matrix_shape matrix_shape(const conv2d *op)
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

/* Products of so few values take less time than finding where the rows of a tile lie: where tiles can be
 * neighbours of a line, whose padding is in the image, the kernel is built for their distance. Its last
 * tiles store some results twice, so nothing may be added in place. */
static size_t step_of(const conv2d *op)
{
    const oct_conv2d_geometry *const g = &op->seen;
    const oct_matrix *const matrix = &op->matrix;
    const bool lines = matrix->cw <= 2 && g->groups == 1 && g->window.dilation[1] == 1 &&
                       g->out_width >= matrix->tile->mr && !oct_has_padding(g) &&
                       !op->layer.sum.wanted;
    return lines && matrix->pack_input && !oct_tile_has_blocks(matrix->tile) &&
                   op->base.context->traits.type == OCTET_DEVICE_CPU
               ? g->window.stride[1] * matrix->row_bytes
               : 0;
}

static void release_prepared(conv2d *op)
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
    conv2d *const op = (conv2d *)base;
    const oct_tile *tile = NULL;
    oct_tile_problem problem;
    char options[512];
    oct_matrix_shape shape;
    release_prepared(op);
    OCT_TRY(check_shapes(op));
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
    op->step = step_of(op);
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

static octet_status enqueue_product(conv2d *op, const oct_buffer *input, const oct_buffer *other,
                                    const oct_buffer *output)
{
    const oct_tile_problem problem = problem_of(op);
    const oct_matrix_product product = {.m = problem.m, .batch = 1, .other = other};
    return oct_matrix_multiply(&op->matrix, op->kernel, &product, &problem, input, output);
}

/* A divisor as rows_divide of kernels.cl takes it. */
static oct_arg divisor(size_t d)
{
    unsigned shift = 0;
    while (((size_t)1 << shift) < d)
        shift++;
    const uint64_t multiplier = (((uint64_t)1 << (31 + shift)) + d - 1) / d;
    return (oct_arg){.size = 2 * sizeof(int32_t), .value.i8 = {(int32_t)multiplier, (int)shift}};
}

static octet_status enqueue_windows(conv2d *op, const oct_buffer *input, const oct_buffer *other,
                                    const oct_buffer *output)
{
    octet_status status = OCTET_OK;
    const oct_layer *const layer = &op->layer;
    const oct_conv2d_geometry *const g = &op->seen;
    const oct_window *const w = &g->window;
    const oct_matrix *const matrix = &op->matrix;
    const oct_tile_problem problem = problem_of(op), part = oct_matrix_part(matrix, &problem);
    oct_tile_share share = oct_tile_split(matrix->tile, &op->base.context->traits, &part);
    const oct_output_strides strides = oct_conv2d_output(g);
    const bool split = matrix->parts > 1;
    const size_t pixels = g->out_height * g->out_width, sums = part.outer * matrix->padded;
    if (op->step > 0) /* whole lines */
        share.rows = oct_round_up(share.rows, g->out_width);
    const oct_matrix_result result = {.output = output,
                                      .other = other,
                                      .pixels = pixels,
                                      .outer = problem.n * strides.column,
                                      .image = strides.image,
                                      .row = strides.row,
                                      .column = strides.column};
    const oct_arg args[] = {OCT_BUFFER(input),
                            OCT_BUFFER(matrix->panels_words),
                            OCT_BUFFER(split ? matrix->part_sums : output),
                            OCT_BUFFER(split ? matrix->no_offset : matrix->offset),
                            OCT_BUFFER(matrix->multipliers),
                            OCT_BUFFER(matrix->float_bias),
                            OCT_BUFFER(matrix->zero),
                            OCT_BUFFER(op->padding.line),
                            OCT_BUFFER(other != NULL ? other : matrix->nothing),
                            OCT_BUFFER(matrix->table != NULL ? matrix->table : matrix->nothing),
                            OCT_INT(g->images),
                            OCT_INT(g->height),
                            OCT_INT(g->width),
                            OCT_INT(g->out_height),
                            OCT_INT(g->out_width),
                            divisor(g->out_height * g->out_width),
                            divisor(g->out_width),
                            OCT_INT(w->kernel[0]),
                            OCT_INT(w->kernel[1]),
                            OCT_INT(w->stride[0]),
                            OCT_INT(w->stride[1]),
                            OCT_INT(w->dilation[0]),
                            OCT_INT(w->dilation[1]),
                            OCT_INT(w->padding[0]),
                            OCT_INT(w->padding[1]),
                            OCT_INT(matrix->cw),
                            OCT_INT(matrix->part_words),
                            OCT_INT(matrix->row_bytes),
                            OCT_INT(g->width * matrix->row_bytes),
                            OCT_INT(g->height * g->width * matrix->row_bytes),
                            OCT_INT(part.n),
                            OCT_INT(split ? pixels * sums : strides.image),
                            OCT_INT(split ? sums : strides.row),
                            OCT_INT(split ? 1 : strides.column),
                            OCT_INT(matrix->padded),
                            OCT_INT(layer->low - layer->output_zero),
                            OCT_INT(layer->high - layer->output_zero),
                            OCT_INT(layer->output_zero),
                            OCT_INT(layer->relu),
                            oct_sum_factors(&layer->sum),
                            OCT_INT(layer->sum.what.low),
                            OCT_INT(layer->sum.what.high),
                            OCT_INT(share.rows),
                            OCT_INT(share.panels)};
    size_t global[3];
    oct_tile_items(matrix->tile, &part, share, global);
    OCT_TRY(OCT_LAUNCH(op->kernel, global, args));
    if (split)
        OCT_TRY(oct_matrix_finish_parts(matrix, &problem, &result));
cleanup:
    return status;
}

static octet_status enqueue(octet_operator *base, oct_buffer *const *inputs,
                            oct_buffer *const *outputs)
{
    octet_status status = OCTET_OK;
    conv2d *const op = (conv2d *)base;
    oct_matrix_operands operands = {.input = inputs[0],
                                    .weights = op->layer.weights == NULL ? inputs[1] : NULL};
    const oct_buffer *const other = op->layer.sum.wanted ? inputs[other_input(op)] : NULL;
    const oct_buffer *input = NULL;
    if (op->depthwise.kernel != NULL)
        return oct_depthwise_enqueue(&op->depthwise, inputs[0], outputs[0]);
    if (op->layer.dynamic_input) {
        operands.input_scale = inputs[parameter_input(op)];
        operands.input_zero = inputs[parameter_input(op) + 1];
    }
    if (op->padding.fill != NULL)
        OCT_TRY(oct_padding_enqueue(&op->padding, &op->matrix, operands.input_zero));
    OCT_TRY(oct_matrix_pack(&op->matrix, &operands));
    input = oct_matrix_input(&op->matrix, inputs[0]);
    OCT_TRY(op->pointwise ? enqueue_product(op, input, other, outputs[0])
                          : enqueue_windows(op, input, other, outputs[0]));
cleanup:
    return status;
}

/* ---- Reference ---- */

/* Parameters of the input that arrived as tensors; "scales", of the products, are the problem's. */
static void use_found(const conv2d *op, const void *const *inputs, float *scales,
                      oct_reference_conv2d *problem)
{
    const float scale = *(const float *)inputs[parameter_input(op)];
    for (size_t i = 0; i < op->layer.columns; i++)
        scales[i] = scale * op->layer.weight_scales[i];
    problem->epilogue.multipliers = scales;
    problem->input_zero_point = *(const int32_t *)inputs[parameter_input(op) + 1];
}

static octet_status reference(octet_operator *base, const void *const *inputs, void *const *outputs)
{
    octet_status status = OCTET_OK;
    const conv2d *const op = (const conv2d *)base;
    const octet_shape *const shape = &base->output_shapes[0];
    void *q = outputs[0];
    float *scales = NULL;
    oct_reference_conv2d problem = {.input_type = op->layer.input_type,
                                    .weight_type = op->layer.weight_type,
                                    .geometry = op->geometry,
                                    .input_zero_point = op->layer.input_zeros[0],
                                    .weight_zero_points = op->layer.weight_zeros,
                                    .epilogue = oct_layer_epilogue(&op->layer)};
    if (op->layer.dynamic_input) {
        OCT_ALLOC(op->layer.log, scales, op->layer.columns);
        use_found(op, inputs, scales, &problem);
    }
    if (op->layer.sum.wanted)
        OCT_TRY(oct_sum_begin(op->layer.log, "conv2d", shape, &q));
    oct_reference_conv2d_run(&problem, inputs[0],
                             op->layer.weights != NULL ? op->layer.weights : inputs[1], q);
    if (op->layer.sum.wanted)
        oct_sum_end(&op->layer.sum, shape, q, inputs[other_input(op)], outputs[0]);
    oct_layer_look_up(&op->layer, shape, outputs[0]);
cleanup:
    free(scales);
    if (q != outputs[0])
        free(q);
    return status;
}

/* ---- Life cycle ---- */

static void destroy(octet_operator *base)
{
    conv2d *const op = (conv2d *)base;
    release_prepared(op);
    oct_layer_destroy(&op->layer);
}

static const oct_operator_class conv2d_class = {"conv2d", prepare, enqueue, reference, destroy};

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
    conv2d *op = NULL;
    size_t bytes = 0;
    OCT_TRY(oct_desc_copy(&context->log, "conv2d", given, sizeof copy, sizeof copy, &copy));
    OCT_TRY(oct_operator_begin(context, &conv2d_class, sizeof *op, desc->variant, &base));
    op = (conv2d *)base;
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
