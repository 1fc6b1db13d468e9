/* layer.c - what the ops with weights share: copying, checking and describing an octet_layer. */
#include "core/quantization.h"

#include <stdio.h>

#include "core/geometry.h"
#include "network/ops.h"

void oct_node_keep_quantization(oct_graph *graph, octet_quantization *quantization)
{
    octet_quantization *const q = quantization;
    if (q->scale_count > 0)
        q->scales = oct_graph_keep(graph, q->scales, q->scale_count, sizeof *q->scales);
    if (q->zero_point_count > 0)
        q->zero_points =
            oct_graph_keep(graph, q->zero_points, q->zero_point_count, sizeof *q->zero_points);
}

void oct_node_keep_binary(oct_graph *graph, octet_binary_desc *binary)
{
    oct_node_keep_quantization(graph, &binary->a);
    oct_node_keep_quantization(graph, &binary->b);
    oct_node_keep_quantization(graph, &binary->output);
}

static void keep_sum(oct_graph *graph, const octet_binary_desc **sum)
{
    octet_binary_desc *const kept = oct_graph_keep(graph, *sum, 1, sizeof **sum);
    if (kept != NULL)
        oct_node_keep_binary(graph, kept);
    *sum = kept;
}

static void keep_lookup(oct_graph *graph, const octet_lookup_desc **lookup)
{
    octet_lookup_desc *const kept = oct_graph_keep(graph, *lookup, 1, sizeof **lookup);
    if (kept != NULL)
        oct_op_lookup.keep(graph, kept);
    *lookup = kept;
}

void oct_node_keep_layer(oct_graph *graph, octet_layer *layer, size_t weight_count, size_t channels)
{
    oct_node_keep_quantization(graph, &layer->input);
    oct_node_keep_quantization(graph, &layer->weights);
    oct_node_keep_quantization(graph, &layer->output);
    if (layer->sum != NULL)
        keep_sum(graph, &layer->sum);
    if (layer->lookup != NULL)
        keep_lookup(graph, &layer->lookup);
    if (layer->weight_data != NULL)
        layer->weight_data = oct_graph_keep(graph, layer->weight_data, weight_count, 1);
    if (layer->bias != NULL)
        layer->bias = oct_graph_keep(graph, layer->bias, channels, sizeof(int32_t));
    if (layer->multipliers != NULL)
        layer->multipliers = oct_graph_keep(graph, layer->multipliers, layer->multiplier_count,
                                            sizeof *layer->multipliers);
    if (layer->fixed_multipliers != NULL)
        layer->fixed_multipliers =
            oct_graph_keep(graph, layer->fixed_multipliers, layer->multiplier_count,
                           sizeof *layer->fixed_multipliers);
    if (layer->shifts != NULL)
        layer->shifts =
            oct_graph_keep(graph, layer->shifts, layer->multiplier_count, sizeof *layer->shifts);
}

octet_status oct_node_check_quantization(const oct_graph *graph, const oct_node *node,
                                         const char *role, const octet_quantization *quantization,
                                         octet_type type, size_t channels)
{
    char name[160];
    snprintf(name, sizeof name, "node '%.120s': %s", node->name, role);
    return oct_check_quantization(&graph->log, name, quantization, type, channels);
}

/* A sum of k products must fit into 32 bits whatever the data. */
static octet_status check_k(const oct_graph *graph, const oct_node *node, const octet_layer *layer,
                            size_t k)
{
    octet_status status = OCTET_OK;
    const size_t largest =
        oct_largest_k_of(layer->input_type, layer->dynamic_input ? NULL : &layer->input,
                         layer->weight_type, layer->dynamic_weights ? NULL : &layer->weights);
    OCT_REQUIRE(&graph->log, k > 0, OCTET_INVALID_ARGUMENT, "node '%s': its sums have no terms",
                node->name);
    OCT_REQUIRE(&graph->log, k <= largest, OCTET_INVALID_ARGUMENT,
                "node '%s': sums of %zu products could overflow 32 bits; for its types and zero "
                "points at most %zu are allowed",
                node->name, k, largest);
cleanup:
    return status;
}

octet_status oct_node_check_layer(const oct_graph *graph, const oct_node *node,
                                  const octet_layer *layer, size_t k, size_t channels)
{
    octet_status status = OCTET_OK;
    const oct_log *const log = &graph->log;
    const oct_value *const x = oct_graph_input_of(graph, node, 0);
    OCT_REQUIRE(log, oct_type_is_byte(layer->input_type) && x->type == layer->input_type,
                OCTET_INVALID_ARGUMENT, "node '%s': its input is %s and its description says %s",
                node->name, oct_type(x->type)->name, oct_type(layer->input_type)->name);
    OCT_REQUIRE(log, oct_type_is_byte(layer->weight_type), OCTET_INVALID_ARGUMENT,
                "node '%s': its weights are %s; they must be s8 or u8", node->name,
                oct_type(layer->weight_type)->name);
    OCT_TRY(oct_node_check_quantization(graph, node, "input", &layer->input, layer->input_type, 1));
    OCT_TRY(oct_node_check_quantization(graph, node, "weights", &layer->weights, layer->weight_type,
                                        channels));
    OCT_TRY(
        oct_node_check_quantization(graph, node, "output", &layer->output, layer->output_type, 1));
    OCT_TRY(check_k(graph, node, layer, k));
cleanup:
    return status;
}

octet_status oct_node_check_floats(const oct_graph *graph, const oct_node *node)
{
    octet_status status = OCTET_OK;
    for (size_t i = 0; i < node->input_count; i++) {
        const octet_type type = oct_graph_input_of(graph, node, i)->type;
        OCT_REQUIRE(&graph->log, type == OCTET_F32, OCTET_UNSUPPORTED,
                    "node '%s': its input %zu is %s; it must be f32", node->name, i,
                    oct_type(type)->name);
    }
cleanup:
    return status;
}

octet_type oct_node_stored_type(const octet_layer *layer)
{
    return layer->lookup != NULL ? layer->lookup->output_type
           : layer->sum != NULL  ? layer->sum->output_type
                                 : layer->output_type;
}

void oct_node_describe_layer(const octet_layer *layer, const octet_shape *weight_shape,
                             size_t channels, size_t k, octet_layer_info *info)
{
    size_t outputs = 0, weights = 0;
    info->input = layer->input;
    if (layer->lookup == NULL) /* whose parameters are in its table only */
        info->output = layer->sum != NULL ? layer->sum->output : layer->output;
    oct_shape_count(&info->output_shape, &outputs);
    info->macs = (uint64_t)outputs * k;
    info->weights = layer->weights;
    info->weight_type = layer->weight_type;
    if (layer->weight_data == NULL)
        return;
    info->weight_shape = *weight_shape;
    oct_shape_count(weight_shape, &weights);
    info->weight_bytes = weights + (layer->bias != NULL ? channels * sizeof(int32_t) : 0);
}

static size_t or_one(size_t value)
{
    return value > 0 ? value : 1;
}

octet_status oct_node_infer_pool(const oct_graph *graph, const oct_node *node,
                                 const oct_node_pool *pool, bool ceil, oct_value *output)
{
    octet_status status = OCTET_OK;
    const oct_value *const x = oct_graph_input_of(graph, node, 0);
    const size_t *const p = pool->padding;
    const oct_window window = {.kernel = {pool->kernel[0], pool->kernel[1]},
                               .stride = {or_one(pool->stride[0]), or_one(pool->stride[1])},
                               .dilation = {or_one(pool->dilation[0]), or_one(pool->dilation[1])},
                               .padding = {p[0], p[1], p[2], p[3]}};
    char text[OCT_SHAPE_TEXT];
    OCT_REQUIRE(&graph->log, x->shape.rank == 4, OCTET_UNSUPPORTED,
                "node '%s': its input is %s; only 4 dimensions can be pooled", node->name,
                oct_shape_text(&x->shape, text));
    *output = (oct_value){.type = x->type, .shape = x->shape, .batched = x->batched};
    OCT_REQUIRE(&graph->log,
                oct_window_output(&window, 0, x->shape.size[2], ceil, &output->shape.size[2]) &&
                    oct_window_output(&window, 1, x->shape.size[3], ceil, &output->shape.size[3]),
                OCTET_INVALID_ARGUMENT,
                "node '%s': a window of %zux%zu does not fit into its input of %s with its "
                "padding, stride and dilation",
                node->name, window.kernel[0], window.kernel[1], oct_shape_text(&x->shape, text));
cleanup:
    return status;
}
