/* conv2d_shapes.c - the shapes of a convolution's inputs and of its output. */
#include "operators/conv2d_internal.h"
#include "operators/sum.h"

static octet_status check_weights(const oct_conv2d *op, const octet_shape *weights)
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

/* A dynamic input has one scale and one zero point. */
static octet_status check_dynamic(const oct_conv2d *op)
{
    octet_status status = OCTET_OK;
    const octet_shape *const shapes = &op->base.input_shapes[oct_conv2d_parameters(op)];
    size_t scales = 0, zeros = 0;
    (void)oct_shape_count(&shapes[0], &scales);
    (void)oct_shape_count(&shapes[1], &zeros);
    OCT_REQUIRE(&op->base.context->log, scales == 1 && zeros == 1, OCTET_INVALID_ARGUMENT,
                "conv2d: %zu scales and %zu zero points for the input; give 1 of each", scales,
                zeros);
cleanup:
    return status;
}

octet_status oct_conv2d_set_shapes(oct_conv2d *op)
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
        OCT_TRY(oct_sum_check_shape(log, "conv2d", &op->base.input_shapes[oct_conv2d_other(op)],
                                    &op->base.output_shapes[0]));
cleanup:
    return status;
}
