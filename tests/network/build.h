/* build.h - a small network built by hand through the graph functions: quantize, convolution with
 * channels last inside, product. */
#ifndef OCT_TESTS_NETWORK_BUILD_H
#define OCT_TESTS_NETWORK_BUILD_H

#include "fixture.h"
#include "network/device.h"
#include "network/network.h"

enum { OCT_CHANNELS = 3, OCT_SIDE = 4, OCT_FILTERS = 5, OCT_CLASSES = 2 };
#define OCT_PIXELS ((size_t)OCT_CHANNELS * OCT_SIDE * OCT_SIDE)
#define OCT_FEATURES ((size_t)OCT_FILTERS * OCT_SIDE * OCT_SIDE)

/* An empty graph on a context. */
static inline oct_graph *oct_build_graph(oct_fixture *fixture, octet_context *context)
{
    oct_graph *graph = NULL;
    oct_assert_ok(fixture, oct_graph_create(context, oct_context_log(context), &graph));
    return graph;
}

static inline size_t oct_build_input(oct_fixture *fixture, oct_graph *graph, octet_type type,
                                     octet_shape shape)
{
    size_t value = OCT_NONE;
    oct_assert_ok(fixture, oct_graph_input(graph, "x", type, &shape, true, &value));
    return value;
}

/* A 3x3 convolution that keeps the size; "bias" shifts all it gives. */
static inline size_t oct_build_conv(oct_fixture *fixture, oct_graph *graph, size_t x, int32_t bias)
{
    static const float one = 0.25f;
    static const int32_t middle = 128;
    int8_t weights[OCT_FILTERS * OCT_CHANNELS * 9];
    int32_t biases[OCT_FILTERS];
    size_t y = OCT_NONE;
    uint64_t seed = 4;
    for (size_t i = 0; i < sizeof weights; i++)
        weights[i] = (int8_t)oct_random_int(&seed, -20, 20);
    for (size_t i = 0; i < OCT_FILTERS; i++)
        biases[i] = bias;
    octet_conv2d_desc desc = {.struct_size = sizeof desc, .layout = OCTET_NCHW};
    desc.layer.input_type = desc.layer.output_type = OCTET_U8;
    desc.layer.weight_type = OCTET_S8;
    desc.layer.weights = (octet_quantization){&one, 1, NULL, 0};
    desc.layer.output = (octet_quantization){NULL, 0, &middle, 1};
    desc.layer.weight_data = weights;
    desc.layer.bias = biases;
    desc.layer.bias_type = OCTET_S32;
    desc.input_channels = OCT_CHANNELS;
    desc.output_channels = OCT_FILTERS;
    desc.kernel[0] = desc.kernel[1] = 3;
    for (size_t i = 0; i < 4; i++)
        desc.padding[i] = 1;
    oct_assert_ok(fixture, oct_graph_conv2d(graph, "conv", &desc, x, OCT_NONE, &y));
    return y;
}

static inline size_t oct_build_gemm(oct_fixture *fixture, oct_graph *graph, size_t a)
{
    static int8_t weights[OCT_FEATURES * OCT_CLASSES];
    size_t c = OCT_NONE;
    uint64_t seed = 5;
    for (size_t i = 0; i < sizeof weights; i++)
        weights[i] = (int8_t)oct_random_int(&seed, -128, 127);
    octet_gemm_desc desc = {.struct_size = sizeof desc, .n = OCT_CLASSES, .k = OCT_FEATURES};
    desc.layer.input_type = OCTET_U8;
    desc.layer.weight_type = OCTET_S8;
    desc.layer.output_type = OCTET_S32;
    desc.layer.weight_data = weights;
    oct_assert_ok(fixture, oct_graph_gemm(graph, "product", &desc, a, OCT_NONE, &c));
    return c;
}

/* f32 (N,3,4,4) to s32 (N,2); the layers are quantize (to channels last), conv, (to channels first),
 * product. */
static inline octet_network *oct_build_network(oct_fixture *fixture, octet_context *context,
                                               int32_t bias)
{
    static const float half = 0.5f;
    const octet_quantize_desc quantize = {
        .struct_size = sizeof quantize, .output_type = OCTET_U8, .output = {&half, 1, NULL, 0}};
    const octet_shape image = {4, {1, OCT_CHANNELS, OCT_SIDE, OCT_SIDE}};
    const octet_shape flat = {2, {1, OCT_FEATURES}};
    oct_graph *const graph = oct_build_graph(fixture, context);
    octet_network *network = NULL;
    size_t value = oct_build_input(fixture, graph, OCTET_F32, image);
    oct_assert_ok(fixture, oct_graph_quantize(graph, NULL, &quantize, value, &value));
    value = oct_build_conv(fixture, graph, value, bias);
    oct_assert_ok(fixture, oct_graph_view(graph, "flatten", &flat, value, &value));
    value = oct_build_gemm(fixture, graph, value);
    oct_assert_ok(fixture, oct_graph_output(graph, "y", value));
    oct_assert_ok(fixture, oct_network_create(graph, NULL, &network));
    return network;
}

static inline void oct_build_images(float *images, size_t count)
{
    uint64_t seed = 8;
    for (size_t i = 0; i < count * OCT_PIXELS; i++)
        images[i] = 0.25f * (float)oct_random_int(&seed, -10, 500);
}

#endif
