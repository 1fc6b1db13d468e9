/* small.h - a small network for tests to spoil, and the check that it is then refused. */
#ifndef OCT_TESTS_ONNX_SMALL_H
#define OCT_TESTS_ONNX_SMALL_H

#include "run.h"

/* A small network with every kind of part: quantize, conv (2 to 4 channels, 3x3), pool, flatten,
 * product (16 to 3), dequantize. */
static inline oct_model *oct_small_network(void)
{
    static const int64_t image[] = {-1, 2, 4, 4}, filter[] = {4, 2, 3, 3}, matrix[] = {16, 3};
    static const int64_t pads[] = {1, 1, 1, 1}, two[] = {2, 2}, channels[] = {4};
    static const int8_t weights[4 * 2 * 9] = {1, -2, 3}, product[16 * 3] = {4, 5, -6};
    static const int32_t bias[4] = {10, 20, 30, 40};
    static const float scales[4] = {0.5f, 0.25f, 0.125f, 1.0f};
    oct_model *const m = oct_model_create();
    oct_model_input(m, "x", OCT_TYPE(FLOAT), 4, image);
    oct_model_scale(m, "s", 0.5f);
    oct_model_zero(m, "z", OCT_TYPE(UINT8), 3);
    oct_model_zero(m, "zw", OCT_TYPE(INT8), 0);
    oct_model_tensor(m, "w", OCT_TYPE(INT8), 4, filter, weights, sizeof weights);
    oct_model_tensor(m, "sw", OCT_TYPE(FLOAT), 1, channels, scales, sizeof scales);
    oct_model_tensor(m, "b", OCT_TYPE(INT32), 1, channels, bias, sizeof bias);
    oct_model_tensor(m, "p", OCT_TYPE(INT8), 2, matrix, product, sizeof product);
    oct_model_node(m, "QuantizeLinear", "quantize", "x s z", "xq");
    oct_model_integers(m, oct_model_node(m, "QLinearConv", "conv", "xq s z w sw zw s z b", "c"),
                       "pads", 4, pads);
    Onnx__NodeProto *const pool = oct_model_node(m, "MaxPool", "pool", "c", "d");
    oct_model_integers(m, pool, "kernel_shape", 2, two);
    oct_model_integers(m, pool, "strides", 2, two);
    oct_model_node(m, "Flatten", "flatten", "d", "e");
    oct_model_node(m, "QLinearMatMul", "fc", "e s z p s zw s z", "f");
    oct_model_node(m, "DequantizeLinear", "dequantize", "f s z", "y");
    oct_model_output(m, "y");
    return m;
}

static inline Onnx__TensorProto *oct_small_tensor(oct_model *m, const char *name)
{
    for (size_t i = 0; i < m->graph.n_initializer; i++)
        if (strcmp(m->initializers[i]->name, name) == 0)
            return m->initializers[i];
    fail_msg("no initializer %s", name);
    return NULL;
}

static inline Onnx__NodeProto *oct_small_node(oct_model *m, const char *name)
{
    for (size_t i = 0; i < m->graph.n_node; i++)
        if (strcmp(m->nodes[i]->name, name) == 0)
            return m->nodes[i];
    fail_msg("no node %s", name);
    return NULL;
}

/* One way to spoil it, and how the loader must answer. */
typedef struct oct_refusal {
    const char *name;
    void (*spoil)(oct_model *m);
    octet_status status;
    const char *said; /* part of a message */
} oct_refusal;

/* Spoils and frees "m". */
static inline void oct_refuse_from(oct_fixture *fixture, oct_model *m, const oct_refusal *refusal)
{
    octet_network *network = NULL;
    size_t size;
    refusal->spoil(m);
    const uint8_t *const bytes = oct_model_pack(m, &size);
    oct_quiet(fixture);
    const octet_status status =
        octet_network_load_onnx_memory(fixture->contexts[0], bytes, size, NULL, &network);
    if (status != refusal->status)
        fail_msg("%s: %s; messages:\n%s", refusal->name, octet_status_text(status), fixture->said);
    assert_true((network != NULL) == (status == OCTET_OK));
    oct_assert_said(fixture, refusal->said);
    octet_network_destroy(network);
    oct_model_free(m);
}

static inline void oct_refuse(oct_fixture *fixture, const oct_refusal *refusal)
{
    oct_refuse_from(fixture, oct_small_network(), refusal);
}

#endif
