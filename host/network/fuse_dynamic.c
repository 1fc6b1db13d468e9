/* fuse_dynamic.c - products of what was quantized with parameters found at run time, as tools write
 * them: an integer product, its sums as float32, times both scales, plus a bias, clamped at 0. All of
 * that is one layer. */
#include <math.h>

#include "core/quantization.h"
#include "network/fuse.h"

/* ---- What a layer is made of ---- */

/* A product with a dynamic input: a gemm or conv2d node. */
typedef struct product {
    const oct_node *node;
    bool is_conv;
    octet_layer layer;
    oct_found x, w; /* w: OCT_NONE where it has none */
    size_t channels;
} product;

/* Reads the node that makes "value", or what it is a view of. */
static bool find_product(const oct_graph *graph, size_t value, product *found)
{
    const oct_node *const node = graph->values[oct_graph_behind_views(graph, value)].maker;
    if (node == NULL || (node->op != &oct_op_gemm && node->op != &oct_op_conv2d))
        return false;
    *found = (product){.node = node, .is_conv = node->op == &oct_op_conv2d};
    found->layer = found->is_conv ? ((const octet_conv2d_desc *)node->desc)->layer
                                  : ((const octet_gemm_desc *)node->desc)->layer;
    found->channels = found->is_conv ? ((const octet_conv2d_desc *)node->desc)->output_channels
                                     : ((const octet_gemm_desc *)node->desc)->n;
    if (!found->layer.dynamic_input)
        return false;
    const size_t *at = node->inputs;
    found->x.value = *at++;
    found->w.value = found->layer.weight_data == NULL ? *at++ : OCT_NONE;
    found->x.scale = *at++;
    found->x.zero_point = *at++;
    found->w.scale = found->layer.dynamic_weights ? *at++ : OCT_NONE;
    found->w.zero_point = found->layer.dynamic_weights ? *at++ : OCT_NONE;
    return true;
}

/* Adds the layer with what "with" now says, in the shape of value "like". */
static octet_status add_layer(oct_graph *graph, const product *with, size_t like, size_t *value)
{
    octet_status status = OCTET_OK;
    const octet_shape shape = graph->values[like].shape;
    if (with->is_conv) {
        octet_conv2d_desc desc = *(const octet_conv2d_desc *)with->node->desc;
        desc.layer = with->layer;
        OCT_TRY(oct_graph_conv2d_found(graph, with->node->name, &desc, &with->x, value));
    } else {
        octet_gemm_desc desc = *(const octet_gemm_desc *)with->node->desc;
        desc.layer = with->layer;
        OCT_TRY(oct_graph_gemm_found(graph, with->node->name, &desc, &with->x, &with->w, value));
    }
    if (!oct_shape_equal(&shape, &graph->values[*value].shape))
        OCT_TRY(oct_graph_view(graph, with->node->name, &shape, *value, value));
cleanup:
    return status;
}

/* Whether "value", which is made from the product's, has its elements in their order and, if "apart",
 * its channels where the product has them: second of a convolution's sizes, or else last. */
static bool lies_alike(const oct_graph *graph, const product *of, size_t value, bool apart)
{
    const octet_shape *const own = &graph->values[of->node->output].shape;
    const octet_shape *const shape = &graph->values[value].shape;
    size_t expected = 0, count = 0;
    if (!oct_shape_count(own, &expected) || !oct_shape_count(shape, &count) || count != expected)
        return false;
    if (!apart)
        return true;
    if (of->is_conv)
        return shape->rank >= 2 && shape->size[0] == own->size[0] && shape->size[1] == of->channels;
    return shape->rank >= 1 && shape->size[shape->rank - 1] == of->channels;
}

/* Whether the constant holds one float32, or one for each channel of value "met", which is made of it
 * and the product. */
static bool fits(const oct_graph *graph, const product *of, size_t met, const oct_value *constant,
                 size_t *count)
{
    const octet_shape *const shape = &constant->shape;
    const size_t back = of->is_conv ? graph->values[met].shape.rank - 1 : 1;
    if (!constant->constant || constant->type != OCTET_F32 || !oct_shape_count(shape, count) ||
        !lies_alike(graph, of, met, *count > 1))
        return false;
    return *count == 1 || (*count == of->channels && shape->rank >= back &&
                           shape->size[shape->rank - back] == of->channels);
}

/* The numbers of such a constant; count 0 where it is none. */
static octet_status find_numbers(oct_graph *graph, const product *of, size_t met, size_t value,
                                 const float **numbers, size_t *count)
{
    octet_status status = OCTET_OK;
    if (!fits(graph, of, met, &graph->values[value], count)) {
        *count = 0;
        return OCTET_OK;
    }
    OCT_TRY(oct_graph_compute(graph, value));
    *numbers = graph->values[value].data;
cleanup:
    return status;
}

/* ---- Times both scales ---- */

/* The scale, (1), behind a value that a node found at run time; else OCT_NONE. */
static size_t find_scale(const oct_graph *graph, size_t value)
{
    const size_t scale = oct_graph_behind_views(graph, value);
    const oct_node *const maker = oct_fuse_maker(graph, scale, &oct_op_quantize_found);
    return maker != NULL && scale == maker->output + 1 ? scale : OCT_NONE;
}

static bool are_legal(const float *scales, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isnormal(scales[i]) || scales[i] < 0)
            return false;
    return count > 0;
}

/* Gives the product the scales whose product is "value", to which "met" is multiplied; false if they
 * are not those. */
static octet_status take_scales(oct_graph *graph, size_t value, size_t met, product *of,
                                bool *taken)
{
    octet_status status = OCTET_OK;
    const oct_node *const scales =
        oct_fuse_maker(graph, oct_graph_behind_views(graph, value), &oct_op_binary);
    *taken = false;
    if (scales == NULL || ((const octet_binary_desc *)scales->desc)->function != OCTET_MULTIPLY)
        return OCTET_OK;
    for (size_t i = 0; i < 2 && !*taken; i++) {
        const size_t x = find_scale(graph, scales->inputs[i]), w = scales->inputs[1 - i];
        size_t count = 0;
        if (x == OCT_NONE || (of->layer.dynamic_weights && find_scale(graph, w) == OCT_NONE))
            continue;
        of->x.scale = x;
        if (of->layer.dynamic_weights) {
            of->w.scale = find_scale(graph, w);
            *taken = lies_alike(graph, of, met, false);
            continue;
        }
        OCT_TRY(find_numbers(graph, of, met, w, &of->layer.weights.scales, &count));
        of->layer.weights.scale_count = count;
        *taken = are_legal(of->layer.weights.scales, count);
    }
cleanup:
    return status;
}

/* Whether "value" is such a layer already, or the product of a product's sums and both scales. */
static octet_status find_scaled(oct_graph *graph, size_t value, product *found, bool *is_found)
{
    octet_status status = OCTET_OK;
    const oct_node *const node = oct_fuse_maker(graph, value, &oct_op_binary);
    *is_found = find_product(graph, value, found) && found->layer.output_type == OCTET_F32 &&
                !found->layer.relu;
    if (node == NULL || ((const octet_binary_desc *)node->desc)->function != OCTET_MULTIPLY)
        return OCTET_OK;
    for (size_t i = 0; i < 2 && !*is_found; i++) {
        const oct_node *const cast = oct_fuse_maker(
            graph, oct_graph_behind_views(graph, node->inputs[i]), &oct_op_dequantize);
        if (cast == NULL ||
            oct_quantization_is_given(&((const octet_dequantize_desc *)cast->desc)->input) ||
            !find_product(graph, cast->inputs[0], found) || found->layer.output_type != OCTET_S32)
            continue;
        found->layer.output_type = OCTET_F32;
        OCT_TRY(take_scales(graph, node->inputs[1 - i], value, found, is_found));
    }
cleanup:
    return status;
}

/* ---- Plus a bias ---- */

/* One number for each channel, copied. */
static octet_status take_bias(oct_graph *graph, const float *numbers, size_t count, product *of)
{
    octet_status status = OCTET_OK;
    float *const bias = oct_graph_keep(graph, NULL, of->channels, sizeof *bias);
    OCT_REQUIRE(&graph->log, bias != NULL, OCTET_OUT_OF_MEMORY, "out of host memory: a bias");
    for (size_t i = 0; i < of->channels; i++)
        bias[i] = numbers[count > 1 ? i : 0];
    of->layer.bias = bias;
    of->layer.bias_type = OCTET_F32;
cleanup:
    return status;
}

/* Whether nothing else reads "value", nor what it is a view of. */
static bool is_private(const oct_graph *graph, size_t value)
{
    return graph->values[value].users == 1 &&
           graph->values[oct_graph_behind_views(graph, value)].users == 1;
}

/* Whether "value" is the sum of such a layer and a constant. */
static octet_status find_biased(oct_graph *graph, size_t value, product *found, bool *is_found)
{
    octet_status status = OCTET_OK;
    const oct_node *const node = oct_fuse_maker(graph, value, &oct_op_binary);
    *is_found = false;
    if (node == NULL || ((const octet_binary_desc *)node->desc)->function != OCTET_ADD)
        return OCTET_OK;
    for (size_t i = 0; i < 2 && !*is_found; i++) {
        const float *numbers = NULL;
        size_t count = 0;
        bool is_layer = false;
        if (!is_private(graph, node->inputs[i]))
            continue;
        OCT_TRY(find_scaled(graph, node->inputs[i], found, &is_layer));
        if (!is_layer || found->layer.bias != NULL)
            continue;
        OCT_TRY(find_numbers(graph, found, value, node->inputs[1 - i], &numbers, &count));
        if (count > 0)
            OCT_TRY(take_bias(graph, numbers, count, found));
        *is_found = count > 0;
    }
cleanup:
    return status;
}

/* ---- Rules ---- */

octet_status oct_fuse_found_relu(oct_graph *graph, const oct_node *node, oct_fused *fused)
{
    octet_status status = OCTET_OK;
    const octet_unary_desc *const clip = node->desc;
    product found;
    bool is_found = false;
    if (clip->function != OCTET_CLIP || clip->alpha != 0.0f || clip->beta != INFINITY ||
        !is_private(graph, node->inputs[0]))
        return OCTET_OK;
    OCT_TRY(find_biased(graph, node->inputs[0], &found, &is_found));
    if (!is_found)
        OCT_TRY(find_scaled(graph, node->inputs[0], &found, &is_found));
    found.layer.relu = 1;
    if (is_found)
        OCT_TRY(add_layer(graph, &found, node->output, &fused->value));
cleanup:
    return status;
}

typedef octet_status (*find_fn)(oct_graph *graph, size_t value, product *found, bool *is_found);

/* The node's output as a layer, if "find" finds it to be one. */
static octet_status fuse_if_found(oct_graph *graph, const oct_node *node, find_fn find,
                                  oct_fused *fused)
{
    octet_status status = OCTET_OK;
    product found;
    bool is_found = false;
    OCT_TRY(find(graph, node->output, &found, &is_found));
    if (is_found)
        OCT_TRY(add_layer(graph, &found, node->output, &fused->value));
cleanup:
    return status;
}

octet_status oct_fuse_found_bias(oct_graph *graph, const oct_node *node, oct_fused *fused)
{
    return fuse_if_found(graph, node, find_biased, fused);
}

octet_status oct_fuse_found_scales(oct_graph *graph, const oct_node *node, oct_fused *fused)
{
    return fuse_if_found(graph, node, find_scaled, fused);
}
