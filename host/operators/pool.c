/* pool.c - the window of a pool, before and after its input's shape is known. */
#include "operators/pool.h"

#include <string.h>

#include "operators/elements.h"

octet_status oct_pool_begin(const octet_operator *op, const oct_pool_window *window,
                            oct_conv2d_geometry *geometry)
{
    octet_status status = OCTET_OK;
    const oct_log *const log = &op->context->log;
    const char *const name = op->class->name;
    OCT_REQUIRE(log, window->layout == OCTET_NHWC || window->layout == OCTET_NCHW,
                OCTET_INVALID_ARGUMENT, "%s: layout %d is not an octet_layout", name,
                (int)window->layout);
    OCT_REQUIRE(log, window->kernel[0] > 0 && window->kernel[1] > 0, OCTET_INVALID_ARGUMENT,
                "%s: kernel %zux%zu; both sizes must be at least 1", name, window->kernel[0],
                window->kernel[1]);
    *geometry = (oct_conv2d_geometry){.layout = window->layout, .groups = 1};
    for (size_t i = 0; i < 2; i++) {
        geometry->window.kernel[i] = window->kernel[i];
        geometry->window.stride[i] = window->stride[i] > 0 ? window->stride[i] : 1;
        geometry->window.dilation[i] = window->dilation[i] > 0 ? window->dilation[i] : 1;
    }
    memcpy(geometry->window.padding, window->padding, sizeof geometry->window.padding);
cleanup:
    return status;
}

octet_status oct_pool_bind(octet_operator *op, bool ceil, oct_conv2d_geometry *geometry)
{
    octet_status status = OCTET_OK;
    const octet_shape *const x = &op->input_shapes[0];
    oct_conv2d_geometry *const g = geometry;
    const bool nhwc = g->layout == OCTET_NHWC;
    char text[OCT_SHAPE_TEXT];
    OCT_REQUIRE(&op->context->log, x->rank == 4, OCTET_INVALID_ARGUMENT,
                "%s: the input is %s; it must have 4 dimensions", op->class->name,
                oct_shape_text(x, text));
    g->images = x->size[0];
    g->height = x->size[nhwc ? 1 : 2];
    g->width = x->size[nhwc ? 2 : 3];
    g->channels = g->out_channels = x->size[nhwc ? 3 : 1];
    OCT_REQUIRE(&op->context->log,
                oct_window_output(&g->window, 0, g->height, ceil, &g->out_height) &&
                    oct_window_output(&g->window, 1, g->width, ceil, &g->out_width),
                OCTET_INVALID_ARGUMENT,
                "%s: a kernel of %zux%zu does not fit into the padded input %s", op->class->name,
                g->window.kernel[0], g->window.kernel[1], oct_shape_text(x, text));
    OCT_TRY(oct_check_counts(op,
                             (size_t[]){g->images, g->height, g->width, g->channels, g->out_height,
                                        g->out_width, g->window.kernel[0], g->window.kernel[1],
                                        g->window.stride[0], g->window.stride[1],
                                        g->window.dilation[0], g->window.dilation[1],
                                        g->height + g->window.padding[0] + g->window.padding[2],
                                        g->width + g->window.padding[1] + g->window.padding[3],
                                        g->window.kernel[0] * g->window.dilation[0],
                                        g->window.kernel[1] * g->window.dilation[1],
                                        g->width * g->channels, g->out_width * g->channels},
                             18));
    {
        const size_t as_nhwc[] = {g->images, g->out_height, g->out_width, g->channels};
        const size_t as_nchw[] = {g->images, g->channels, g->out_height, g->out_width};
        op->output_shapes[0] = oct_shape(4, nhwc ? as_nhwc : as_nchw);
    }
cleanup:
    return status;
}
