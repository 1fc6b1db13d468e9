/* conv2d_internal.h - the state of a convolution, and its depthwise form. */
#ifndef OCT_OPERATORS_CONV2D_INTERNAL_H
#define OCT_OPERATORS_CONV2D_INTERNAL_H

#include "core/geometry.h"
#include "operators/matrix.h"

/* Strides of the output in elements: row = output pixel. */
typedef struct oct_output_strides {
    size_t image, row, column;
} oct_output_strides;

static inline oct_output_strides oct_conv2d_output(const oct_conv2d_geometry *g)
{
    const size_t pixels = g->out_height * g->out_width;
    const bool nhwc = g->layout == OCTET_NHWC;
    return (oct_output_strides){.image = pixels * g->out_channels,
                                .row = nhwc ? g->out_channels : 1,
                                .column = nhwc ? 1 : pixels};
}

static inline bool oct_has_padding(const oct_conv2d_geometry *g)
{
    const size_t *const padding = g->window.padding;
    return padding[0] > 0 || padding[1] > 0 || padding[2] > 0 || padding[3] > 0;
}

/* A line of the window where it lies outside the image: z_x throughout. */
typedef struct oct_padding {
    size_t pixels; /* of the line */
    oct_buffer *line;
    oct_kernel *fill; /* writes the line where z_x is found at run time; else NULL */
} oct_padding;

/* oct_padding_is_found - whether the value of padding is known only at run time; pairs hold
 * differences, padding 0. */
bool oct_padding_is_found(const oct_layer *layer, const oct_tile *tile);

/* oct_padding_copy - for an input that is copied anyway: the copy, which is what kernels see, holds the
 * padding too, unless that is most of it; then no tap needs to ask whether it lies outside. */
void oct_padding_copy(const oct_conv2d_geometry *g, oct_conv2d_geometry *seen,
                      oct_matrix_shape *shape);

octet_status oct_padding_create(oct_padding *padding, const oct_matrix *matrix,
                                const oct_conv2d_geometry *seen);

/* oct_padding_enqueue - fills the line with the zero point that is in "zero" by now. */
octet_status oct_padding_enqueue(const oct_padding *padding, const oct_matrix *matrix,
                                 const oct_buffer *zero);
void oct_padding_destroy(oct_padding *padding);

/* groups == input channels == output channels, weights known: one filter per channel. */
typedef struct oct_depthwise {
    octet_context *context;
    const oct_layer *layer;
    const oct_conv2d_geometry *geometry;
    const oct_tile *tile;
    oct_kernel *kernel, *pack_rows; /* pack_rows: NCHW input only */
    oct_buffer *weights, *offset, *multipliers, *bias, *pad, *packed, *nothing;
    oct_buffer *table; /* of the layer's lookup, or NULL */
} oct_depthwise;

/* oct_depthwise_suits - whether the kernel can be built for this window. */
bool oct_depthwise_suits(const oct_conv2d_geometry *geometry);

octet_status oct_depthwise_prepare(oct_depthwise *depthwise, octet_context *context,
                                   const oct_layer *layer, const oct_conv2d_geometry *geometry,
                                   const oct_tile *tile);
octet_status oct_depthwise_enqueue(const oct_depthwise *depthwise, const oct_buffer *input,
                                   const oct_buffer *output);
void oct_depthwise_destroy(oct_depthwise *depthwise);

/* The operator. */
typedef struct oct_conv2d {
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
} oct_conv2d;

/* Places in its list of inputs: of what the layer's sum adds; of a dynamic input's scale, before its zero
 * point. */
static inline size_t oct_conv2d_other(const oct_conv2d *op)
{
    return op->base.input_count - 1;
}

static inline size_t oct_conv2d_parameters(const oct_conv2d *op)
{
    return op->layer.weights == NULL ? 2 : 1;
}

/* conv2d_shapes.c - checks the shapes of the inputs; sets the output's, and what the geometry has of them. */
octet_status oct_conv2d_set_shapes(oct_conv2d *op);

/* conv2d_windows.c - oct_conv2d_step: what op->step should be. oct_conv2d_enqueue_windows enqueues kernel
 * conv2d; "other" is NULL where the layer has no sum. */
size_t oct_conv2d_step(const oct_conv2d *op);
octet_status oct_conv2d_enqueue_windows(const oct_conv2d *op, const oct_tile_problem *problem,
                                        const oct_buffer *input, const oct_buffer *other,
                                        const oct_buffer *output);

/* conv2d_reference.c - the operator's "reference" row. */
octet_status oct_conv2d_reference(octet_operator *base, const void *const *inputs,
                                  void *const *outputs);

#endif
