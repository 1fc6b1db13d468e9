/* op_conv2d.c - the convolution node: channels last inside, weights reordered once on the host. */
#include "core/geometry.h"
#include "network/layout.h"
#include "network/ops.h"

static size_t or_one(size_t value)
{
    return value > 0 ? value : 1;
}

/* (O, C/groups, KH, KW); false when the number of weights overflows or groups do not divide C. */
static bool weight_shape(const octet_conv2d_desc *desc, octet_shape *shape, size_t *count)
{
    const size_t groups = or_one(desc->groups);
    const size_t sizes[4] = {desc->output_channels, desc->input_channels / groups, desc->kernel[0],
                             desc->kernel[1]};
    *shape = oct_shape(4, sizes);
    return desc->input_channels % groups == 0 && desc->output_channels % groups == 0 &&
           oct_shape_count(shape, count);
}

static void conv2d_keep(oct_graph *graph, void *description)
{
    octet_conv2d_desc *const desc = description;
    octet_shape shape;
    size_t count = 0;
    weight_shape(desc, &shape, &count);
    oct_node_keep_layer(graph, &desc->layer, count, desc->output_channels);
}

static oct_window window_of(const octet_conv2d_desc *desc)
{
    const size_t *const p = desc->padding;
    return (oct_window){.kernel = {desc->kernel[0], desc->kernel[1]},
                        .stride = {or_one(desc->stride[0]), or_one(desc->stride[1])},
                        .dilation = {or_one(desc->dilation[0]), or_one(desc->dilation[1])},
                        .padding = {p[0], p[1], p[2], p[3]}};
}

/* All of the output but its type. */
static octet_status infer_shape(const oct_graph *graph, const oct_node *node, oct_value *output)
{
    octet_status status = OCTET_OK;
    const octet_conv2d_desc *const desc = node->desc;
    const oct_value *const x = oct_graph_input_of(graph, node, 0);
    const oct_window window = window_of(desc);
    char text[OCT_SHAPE_TEXT];
    size_t height = 0, width = 0;
    OCT_REQUIRE(&graph->log, x->shape.rank == 4 && x->shape.size[1] == desc->input_channels,
                OCTET_INVALID_ARGUMENT,
                "node '%s': its input is %s; it must have 4 dimensions, the second of size %zu",
                node->name, oct_shape_text(&x->shape, text), desc->input_channels);
    OCT_REQUIRE(&graph->log,
                oct_window_output(&window, 0, x->shape.size[2], false, &height) &&
                    oct_window_output(&window, 1, x->shape.size[3], false, &width),
                OCTET_INVALID_ARGUMENT,
                "node '%s': a window of %zux%zu does not fit into its input of %s with its "
                "padding, stride and dilation",
                node->name, desc->kernel[0], desc->kernel[1], oct_shape_text(&x->shape, text));
    const size_t sizes[4] = {x->shape.size[0], desc->output_channels, height, width};
    output->shape = oct_shape(4, sizes);
    output->batched = x->batched;
cleanup:
    return status;
}

/* What a sum adds must be as large as the output, whose shape is known. */
static octet_status check_sum(const oct_graph *graph, const oct_node *node, const oct_value *output)
{
    octet_status status = OCTET_OK;
    const octet_layer *const layer = &((const octet_conv2d_desc *)node->desc)->layer;
    const oct_value *const other = oct_graph_input_of(graph, node, 1);
    const octet_type type = layer->sum_result_is_b ? layer->sum->a_type : layer->sum->b_type;
    OCT_REQUIRE(&graph->log,
                other->type == type && oct_shape_equal(&other->shape, &output->shape) &&
                    other->batched == output->batched,
                OCTET_INVALID_ARGUMENT,
                "node '%s': what it adds must have the type of its description and the sizes of "
                "its output",
                node->name);
cleanup:
    return status;
}

static octet_status conv2d_infer(const oct_graph *graph, const oct_node *node, oct_value *output)
{
    octet_status status = OCTET_OK;
    const octet_conv2d_desc *const desc = node->desc;
    const size_t k =
        desc->input_channels / or_one(desc->groups) * desc->kernel[0] * desc->kernel[1];
    OCT_TRY(infer_shape(graph, node, output));
    OCT_TRY(oct_node_check_layer(graph, node, &desc->layer, k, desc->output_channels));
    output->type = oct_node_stored_type(&desc->layer);
    if (desc->layer.sum != NULL)
        OCT_TRY(check_sum(graph, node, output));
cleanup:
    return status;
}

/* (O,I,H,W) to (O,H,W,I). */
static void reorder_weights(const octet_shape *from, const char *weights, char *reordered)
{
    const size_t channels = from->size[1], taps = from->size[2] * from->size[3];
    for (size_t o = 0; o < from->size[0]; o++)
        for (size_t tap = 0; tap < taps; tap++)
            for (size_t i = 0; i < channels; i++)
                *reordered++ = weights[(o * channels + i) * taps + tap];
}

static octet_status conv2d_lay_out(oct_graph *graph, oct_node *node)
{
    octet_status status = OCTET_OK;
    octet_conv2d_desc *const desc = node->desc;
    octet_shape shape;
    size_t count = 0;
    weight_shape(desc, &shape, &count);
    char *const reordered = oct_graph_keep(graph, NULL, count, 1);
    OCT_REQUIRE(&graph->log, reordered != NULL, OCTET_OUT_OF_MEMORY,
                "node '%s': out of host memory for %zu weights", node->name, count);
    reorder_weights(&shape, desc->layer.weight_data, reordered);
    desc->layer.weight_data = reordered;
    desc->layout = OCTET_NHWC;
    OCT_TRY(oct_lay_out_as(graph, node, OCT_STORED_CHANNELS_LAST));
cleanup:
    return status;
}

static octet_status conv2d_create(octet_context *context, const oct_node *node, const char *variant,
                                  octet_operator **out)
{
    octet_conv2d_desc desc = *(const octet_conv2d_desc *)node->desc;
    desc.variant = variant;
    return octet_conv2d_create(context, &desc, out);
}

static void conv2d_describe(const oct_node *node, octet_layer_info *info)
{
    const octet_conv2d_desc *const desc = node->desc;
    octet_shape shape;
    size_t count = 0;
    weight_shape(desc, &shape, &count);
    oct_node_describe_layer(&desc->layer, &shape, desc->output_channels,
                            shape.size[1] * shape.size[2] * shape.size[3], info);
}

const oct_op oct_op_conv2d = {
    .name = "conv2d",
    .desc_size = sizeof(octet_conv2d_desc),
    .has_variants = true,
    .keep = conv2d_keep,
    .infer = conv2d_infer,
    .lay_out = conv2d_lay_out,
    .create = conv2d_create,
    .describe = conv2d_describe,
};

static octet_status add(oct_graph *graph, const char *name, const octet_conv2d_desc *desc,
                        const size_t *inputs, size_t input_count, size_t *y)
{
    octet_status status = OCTET_OK;
    octet_shape shape;
    size_t count = 0;
    OCT_REQUIRE(&graph->log, desc->layer.weight_data != NULL && desc->layout == OCTET_NCHW,
                OCTET_UNSUPPORTED,
                "node '%s': in a network, weights are constant and in (O,C,KH,KW) order", name);
    OCT_REQUIRE(&graph->log, weight_shape(desc, &shape, &count) && count > 0,
                OCTET_INVALID_ARGUMENT,
                "node '%s': %zu input and %zu output channels in %zu groups of %zux%zu windows",
                name, desc->input_channels, desc->output_channels, or_one(desc->groups),
                desc->kernel[0], desc->kernel[1]);
    OCT_TRY(oct_graph_add(graph, &oct_op_conv2d, name, desc, inputs, input_count, y));
cleanup:
    return status;
}

octet_status oct_graph_conv2d(oct_graph *graph, const char *name, const octet_conv2d_desc *desc,
                              size_t x, size_t other, size_t *y)
{
    octet_status status = OCTET_OK;
    const size_t inputs[] = {x, other};
    OCT_REQUIRE(&graph->log, (desc->layer.sum != NULL) == (other != OCT_NONE),
                OCTET_INVALID_ARGUMENT, "node '%s': a sum needs a value to add", name);
    OCT_TRY(add(graph, name, desc, inputs, other != OCT_NONE ? 2 : 1, y));
cleanup:
    return status;
}

octet_status oct_graph_conv2d_found(oct_graph *graph, const char *name,
                                    const octet_conv2d_desc *desc, const oct_found *x, size_t *y)
{
    const size_t inputs[] = {x->value, x->scale, x->zero_point};
    return add(graph, name, desc, inputs, 3, y);
}

/* ---- Of float32, for fuse.c ---- */

static octet_status float_conv2d_infer(const oct_graph *graph, const oct_node *node,
                                       oct_value *output)
{
    octet_status status = OCTET_OK;
    const octet_conv2d_desc *const desc = node->desc;
    octet_shape shape = {0}, bias = {.rank = 1, .size = {desc->output_channels}};
    size_t count = 0;
    OCT_TRY(oct_node_check_floats(graph, node));
    OCT_REQUIRE(&graph->log,
                weight_shape(desc, &shape, &count) && count > 0 &&
                    oct_shape_equal(&oct_graph_input_of(graph, node, 1)->shape, &shape),
                OCTET_INVALID_ARGUMENT,
                "node '%s': its weights do not fit %zu input and %zu output channels in %zu groups",
                node->name, desc->input_channels, desc->output_channels, or_one(desc->groups));
    OCT_REQUIRE(&graph->log,
                node->input_count < 3 ||
                    oct_shape_equal(&oct_graph_input_of(graph, node, 2)->shape, &bias),
                OCTET_INVALID_ARGUMENT, "node '%s': its bias must have %zu values", node->name,
                desc->output_channels);
    OCT_TRY(infer_shape(graph, node, output));
    output->type = OCTET_F32;
cleanup:
    return status;
}

const oct_op oct_op_float_conv2d = {
    .name = "float conv2d",
    .desc_size = sizeof(octet_conv2d_desc),
    .abstract = true,
    .infer = float_conv2d_infer,
};

octet_status oct_graph_float_conv2d(oct_graph *graph, const char *name,
                                    const octet_conv2d_desc *desc, size_t x, size_t weights,
                                    size_t bias, size_t *y)
{
    const size_t inputs[3] = {x, weights, bias};
    return oct_graph_add(graph, &oct_op_float_conv2d, name, desc, inputs, bias == OCT_NONE ? 2 : 3,
                         y);
}
