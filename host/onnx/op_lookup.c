/* op_lookup.c - ONNX Runtime's functions of one 8-bit value: QLinearLeakyRelu, QLinearSigmoid. Their
 * tables have the bits of ONNX Runtime's own, on x86 with fused steps. */
#include <math.h>

#include "core/floats.h"
#include "onnx/onnx.h"

static octet_status add_lookup(oct_onnx *onnx, float (*function)(float x, float parameter),
                               float parameter)
{
    octet_status status = OCTET_OK;
    uint8_t entries[256];
    oct_table table = {.function = function, .parameter = parameter};
    size_t x = OCT_NONE, y = OCT_NONE;
    OCT_TRY(oct_onnx_input(onnx, 0, &x));
    const octet_type type = onnx->graph->values[x].type;
    table.input_type = table.output_type = type;
    OCT_TRY(oct_onnx_quantization(onnx, 1, 2, "input", &table.input, &table.input_type));
    OCT_TRY(oct_onnx_quantization(onnx, 3, 4, "output", &table.output, &table.output_type));
    OCT_REQUIRE(
        &onnx->log, oct_type_is_byte(type) && table.input_type == type && table.output_type == type,
        OCTET_INVALID_ARGUMENT,
        "%s: its input is %s, its zero points %s and %s; all must be s8 or all u8", onnx->label,
        oct_type(type)->name, oct_type(table.input_type)->name, oct_type(table.output_type)->name);
    OCT_TRY(oct_onnx_per_tensor(onnx, "input", &table.input));
    OCT_TRY(oct_onnx_per_tensor(onnx, "output", &table.output));
    oct_table_fill(&table, entries);
    OCT_TRY(oct_graph_lookup(onnx->graph, onnx->node_name,
                             &(octet_lookup_desc){.struct_size = sizeof(octet_lookup_desc),
                                                  .input_type = type,
                                                  .output_type = type,
                                                  .table = entries},
                             x, &y));
    oct_onnx_set_output(onnx, y);
cleanup:
    return status;
}

static float leaky_relu(float x, float alpha)
{
    return x >= 0.0f ? x : alpha * x;
}

octet_status oct_onnx_qlinear_leaky_relu(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    float alpha;
    OCT_TRY(oct_onnx_attribute_float(onnx, "alpha", 0.01f, &alpha));
    OCT_TRY(add_lookup(onnx, leaky_relu, alpha));
cleanup:
    return status;
}

/* The quotient of two polynomials in x * x, of degrees 4 (times x) and 5, plus a half; both from the
 * highest power down, each step fused. */
static float logistic(float x, float unused)
{
    static const float above[] = {4.37031012579801e-11f, 1.15627324459942e-07f,
                                  6.08574864600143e-05f, 8.51377133304701e-03f,
                                  2.48287947061529e-01f};
    static const float below[] = {6.10247389755681e-13f, 5.76102136993427e-09f,
                                  6.29106785017040e-06f, 1.70198817374094e-03f,
                                  1.16817656904453e-01f, 9.93151921023180e-01f};
    const float bounded = fminf(fmaxf(x, -18.0f), 18.0f), square = bounded * bounded;
    float p = above[0], q = below[0];
    (void)unused;
    for (int i = 1; i < 5; i++)
        p = fmaf(p, square, above[i]);
    for (int i = 1; i < 6; i++)
        q = fmaf(q, square, below[i]);
    return fminf(fmaxf(p * bounded / q + 0.5f, 0.0f), 1.0f);
}

octet_status oct_onnx_qlinear_sigmoid(oct_onnx *onnx)
{
    return add_lookup(onnx, logistic, 0.0f);
}
