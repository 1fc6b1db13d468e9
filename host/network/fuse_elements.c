/* fuse_elements.c - functions of one or two dequantized values, element by element. */
#include "core/quantization.h"
#include "network/fuse.h"
#include "reference/reference.h"

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

/* ---- One value ---- */

static bool is_function(const oct_node *node)
{
    return node != NULL && (node->op == &oct_op_unary || node->op == &oct_op_float_function);
}

static float compute(const oct_node *node, float x)
{
    const octet_unary_desc *const unary = node->desc;
    return node->op == &oct_op_unary
               ? oct_reference_unary_one(unary->function, unary->alpha, unary->beta, x)
               : oct_float_function_at(node->desc, x);
}

/* The stored result of each stored value; "functions" from the last on. */
static void fill(const oct_quantized *input, const octet_quantize_desc *output,
                 const oct_node *const *functions, size_t count, uint8_t table[256])
{
    const oct_type_info *const type = oct_type(output->output_type);
    for (int i = 0; i < 256; i++) {
        const int32_t stored = input->type == OCTET_S8 ? (int8_t)i : i;
        const float steps = (float)(stored - oct_zero_point_at(&input->parameters, 0));
        float x = oct_scale_at(&input->parameters, 0) * steps;
        for (size_t j = count; j-- > 0;)
            x = compute(functions[j], x);
        table[i] = (uint8_t)oct_reference_quantize_one(
            output->rule, x, oct_scale_at(&output->output, 0),
            oct_zero_point_at(&output->output, 0), type->low, type->high);
    }
}

octet_status oct_fuse_lookup(oct_graph *graph, const oct_node *node, oct_fused *fused)
{
    octet_status status = OCTET_OK;
    const octet_quantize_desc *const quantize = node->desc;
    const oct_node *functions[OCT_FUSE_MOST];
    uint8_t table[256];
    oct_quantized input;
    size_t value = node->inputs[0], count = 0;
    bool found = false;
    while (count < OCT_FUSE_MOST && is_function(graph->values[value].maker)) {
        functions[count] = graph->values[value].maker;
        value = functions[count++]->inputs[0];
    }
    OCT_TRY(oct_fuse_find_whole(graph, value, "input", &input, &found, fused));
    if (!found)
        return OCTET_OK;
    fill(&input, quantize, functions, count, table);
    OCT_TRY(oct_graph_lookup(graph, node->name,
                             &(octet_lookup_desc){.struct_size = sizeof(octet_lookup_desc),
                                                  .input_type = input.type,
                                                  .output_type = quantize->output_type,
                                                  .table = table},
                             input.value, &fused->value));
cleanup:
    return status;
}
