/* fuse_normalize.c - a factor and a term for each channel after a convolution or product, as
 * BatchNormalization is: in the layer's own multipliers and bias. */
#include <math.h>

#include "core/floats.h"
#include "core/memory.h"
#include "core/quantization.h"
#include "network/fuse.h"

/* ---- Finding them ---- */

/* The node's constant input and the other one; false where it is not this function of such. */
static bool split(const oct_graph *graph, const oct_node *node, octet_binary_function function,
                  size_t *other, size_t *constant)
{
    if (node == NULL || ((const octet_binary_desc *)node->desc)->function != function)
        return false;
    const size_t at = graph->values[node->inputs[1]].constant ? 1 : 0;
    *constant = node->inputs[at];
    *other = node->inputs[1 - at];
    return graph->values[*constant].constant && !graph->values[*other].constant;
}

/* One number for each index of "axis" of "shape", from a constant that is spread over it. NULL: it
 * is none such. */
static octet_status read_channels(oct_graph *graph, size_t constant, const octet_shape *shape,
                                  size_t axis, const float **numbers)
{
    octet_status status = OCTET_OK;
    const size_t channels = shape->size[axis];
    const octet_shape own = graph->values[constant].shape;
    const size_t before = shape->rank - own.rank; /* of a sum or product: not below 0 */
    size_t count = 0;
    *numbers = NULL;
    if (!oct_shape_count(&own, &count) ||
        !(count == 1 || (count == channels && axis >= before && own.size[axis - before] == count)))
        return OCTET_OK;
    OCT_TRY(oct_graph_compute(graph, constant));
    const float *const given = graph->values[constant].data;
    float *const spread = oct_graph_keep(graph, NULL, channels, sizeof *spread);
    OCT_REQUIRE(&graph->log, spread != NULL, OCTET_OUT_OF_MEMORY, "out of host memory: channels");
    for (size_t i = 0; i < channels; i++)
        spread[i] = given[count > 1 ? i : 0];
    *numbers = spread;
cleanup:
    return status;
}

octet_status oct_fuse_normalized(oct_graph *graph, const oct_node *node, const oct_target *target,
                                 oct_fused *fused)
{
    octet_status status = OCTET_OK;
    const octet_shape shape = graph->values[node->output].shape;
    oct_target scaled = *target;
    size_t product, layer, factors, terms;
    if (!split(graph, node, OCTET_ADD, &product, &terms) ||
        !split(graph, oct_fuse_maker(graph, product, &oct_op_binary), OCTET_MULTIPLY, &layer,
               &factors))
        return OCTET_OK;
    const oct_node *const maker = graph->values[layer].maker;
    const bool is_conv2d = maker != NULL && maker->op == &oct_op_float_conv2d;
    if (!is_conv2d && (maker == NULL || maker->op != &oct_op_float_gemm))
        return OCTET_OK;
    if (!oct_shape_equal(&shape, &graph->values[layer].shape))
        return OCTET_OK; /* a constant has repeated the layer's output */
    const size_t axis = is_conv2d ? 1 : shape.rank - 1;
    OCT_TRY(read_channels(graph, factors, &shape, axis, &scaled.factors));
    OCT_TRY(read_channels(graph, terms, &shape, axis, &scaled.terms));
    if (scaled.factors != NULL && scaled.terms != NULL)
        OCT_TRY(oct_fuse_layer(graph, maker, &scaled, fused));
cleanup:
    return status;
}

/* ---- The layer with them ---- */

/* The bias in steps of the accumulator, which are now "factor" times as large. The old one keeps its
 * number of them; both are rounded, so the sum is less than a step off: at most half a stored value
 * by a multiplier of a half. */
static bool add_steps(const octet_layer *layer, size_t i, float term, int32_t old, int32_t *steps)
{
    const float step = oct_scale_at(&layer->input, 0) * oct_scale_at(&layer->weights, i);
    const float multiplier = step / oct_scale_at(&layer->output, 0);
    const double sum = (double)nearbyintf(term / step) + old;
    if (!(step > 0 && isfinite(step) && multiplier <= 0.5f && fabs(sum) < 0x1p31))
        return false;
    *steps = (int32_t)sum;
    return true;
}

octet_status oct_fuse_normalize_layer(oct_graph *graph, const oct_target *target, size_t channels,
                                      octet_layer *layer, bool *taken)
{
    octet_status status = OCTET_OK;
    const int32_t *const old = layer->bias;
    float *const scales = oct_graph_keep(graph, NULL, channels, sizeof *scales);
    int32_t *const bias = oct_graph_keep(graph, NULL, channels, sizeof *bias);
    OCT_REQUIRE(&graph->log, scales != NULL && bias != NULL, OCTET_OUT_OF_MEMORY,
                "out of host memory: channels");
    for (size_t i = 0; i < channels; i++)
        scales[i] = oct_scale_at(&layer->weights, i) * target->factors[i];
    layer->weights.scales = scales;
    layer->weights.scale_count = channels;
    *taken = true;
    for (size_t i = 0; *taken && i < channels; i++)
        *taken = isnormal(scales[i]) &&
                 add_steps(layer, i, target->terms[i], old != NULL ? old[i] : 0, &bias[i]);
    layer->bias = bias;
    layer->bias_type = OCTET_S32;
cleanup:
    return status;
}
