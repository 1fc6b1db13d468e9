/* fuse_elements.c - functions of two dequantized values, element by element, and softmax. */
#include "core/quantization.h"
#include "network/fuse.h"

/* ---- Two values ---- */

/* ONNX Runtime's QLinearAdd and QLinearMul, which it makes of Add and Mul where all types are one and
 * nothing clamps. */
static bool is_runtime_rule(const octet_binary_desc *desc, const oct_target *target)
{
    const double a = (double)oct_scale_at(&desc->a, 0), b = (double)oct_scale_at(&desc->b, 0);
    const double y = (double)oct_scale_at(&desc->output, 0);
    if (desc->a_type != target->type || desc->b_type != target->type ||
        oct_target_is_clamped(target))
        return false;
    if (desc->function == OCTET_MULTIPLY)
        return oct_multiplier_is_legal(a * b / y);
    return desc->function == OCTET_ADD && oct_multiplier_is_legal(a / y) &&
           oct_multiplier_is_legal(b / y);
}

/* All else by the meaning of the nodes: dequantized, computed, quantized by division. But 0 / 0 is NaN,
 * which no clamp changes and which becomes the lowest value: not the lower bound. */
octet_status oct_fuse_binary(oct_graph *graph, const oct_node *node, const oct_target *target,
                             oct_fused *fused)
{
    octet_status status = OCTET_OK;
    const octet_binary_function function = ((const octet_binary_desc *)node->desc)->function;
    oct_quantized a, b;
    bool found = false;
    if (((const octet_binary_desc *)node->desc)->a_type != OCTET_F32 ||
        (function == OCTET_DIVIDE && oct_target_is_clamped(target)))
        return OCTET_OK;
    OCT_TRY(oct_fuse_find_whole(graph, node->inputs[0], "first input", &a, &found, fused));
    if (found)
        OCT_TRY(oct_fuse_find_whole(graph, node->inputs[1], "second input", &b, &found, fused));
    if (!found)
        return OCTET_OK;
    octet_binary_desc desc = {.struct_size = sizeof desc,
                              .function = function,
                              .a_type = a.type,
                              .b_type = b.type,
                              .output_type = target->type,
                              .a = a.parameters,
                              .b = b.parameters,
                              .output = target->output,
                              .clamp = 1,
                              .clamp_min = target->low,
                              .clamp_max = target->high};
    if (is_runtime_rule(&desc, target)) {
        desc.rule = OCTET_BINARY_FLOAT32;
        if (oct_binary_is_turned(&graph->values[a.value], &graph->values[b.value])) {
            const oct_quantized first = a;
            a = b;
            b = first;
            desc.a = a.parameters;
            desc.b = b.parameters;
        }
    }
    OCT_TRY(oct_graph_binary(graph, node->name, &desc, a.value, b.value, &fused->value));
cleanup:
    return status;
}

/* ---- Softmax ---- */

octet_status oct_fuse_softmax(oct_graph *graph, const oct_node *node, const oct_target *target,
                              oct_fused *fused)
{
    octet_status status = OCTET_OK;
    octet_softmax_desc desc = *(const octet_softmax_desc *)node->desc;
    oct_quantized x;
    bool found = false;
    if (desc.type != OCTET_F32 || oct_target_is_clamped(target))
        return OCTET_OK;
    OCT_TRY(oct_fuse_find_whole(graph, node->inputs[0], "input", &x, &found, fused));
    if (!found || x.type != target->type)
        return OCTET_OK;
    desc.type = x.type;
    desc.input = x.parameters;
    desc.output = target->output;
    OCT_TRY(oct_graph_softmax(graph, node->name, &desc, x.value, &fused->value));
cleanup:
    return status;
}
