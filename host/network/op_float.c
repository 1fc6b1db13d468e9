/* op_float.c - the matrix product of float32 values, for fuse.c to make an integer one of. */
#include <math.h>

#include "network/ops.h"

/* Whether all sizes but the last two agree, as products over batches have them. */
static bool batches_match(const oct_value *a, const oct_value *b)
{
    if (b->shape.rank == 2)
        return !b->batched;
    if (a->shape.rank != b->shape.rank || a->batched != b->batched)
        return false;
    for (size_t i = 0; i + 2 < a->shape.rank; i++)
        if (a->shape.size[i] != b->shape.size[i])
            return false;
    return true;
}

static octet_status check_operands(const oct_graph *graph, const oct_node *node)
{
    octet_status status = OCTET_OK;
    const oct_float_gemm *const desc = node->desc;
    const oct_value *const a = oct_graph_input_of(graph, node, 0);
    const oct_value *const b = oct_graph_input_of(graph, node, 1);
    const size_t a_rank = a->shape.rank, b_rank = b->shape.rank;
    char a_text[OCT_SHAPE_TEXT], b_text[OCT_SHAPE_TEXT];
    oct_shape_text(&a->shape, a_text);
    oct_shape_text(&b->shape, b_text);
    OCT_TRY(oct_node_check_floats(graph, node));
    OCT_REQUIRE(&graph->log,
                a_rank >= 2 && b_rank >= 2 && batches_match(a, b) &&
                    (!desc->transpose_a || (a_rank == 2 && !a->batched)) &&
                    (!desc->transpose_b || b_rank == 2),
                OCTET_UNSUPPORTED,
                "node '%s': a product of %s and %s; the second must be a matrix, or their sizes "
                "equal but for the last two, and only matrices of fixed size can be transposed",
                node->name, a_text, b_text);
    OCT_REQUIRE(&graph->log,
                a->shape.size[a_rank - (desc->transpose_a ? 2 : 1)] ==
                    b->shape.size[b_rank - (desc->transpose_b ? 1 : 2)],
                OCTET_INVALID_ARGUMENT, "node '%s': %s%s cannot be multiplied by %s%s", node->name,
                a_text, desc->transpose_a ? " transposed" : "", b_text,
                desc->transpose_b ? " transposed" : "");
    OCT_REQUIRE(&graph->log, isfinite(desc->alpha) && isfinite(desc->beta), OCTET_INVALID_ARGUMENT,
                "node '%s': alpha is %g, beta %g; they must be finite", node->name,
                (double)desc->alpha, (double)desc->beta);
cleanup:
    return status;
}

static octet_status float_gemm_infer(const oct_graph *graph, const oct_node *node,
                                     oct_value *output)
{
    octet_status status = OCTET_OK;
    const oct_float_gemm *const desc = node->desc;
    OCT_TRY(check_operands(graph, node));
    const oct_value *const a = oct_graph_input_of(graph, node, 0);
    const oct_value *const b = oct_graph_input_of(graph, node, 1);
    const size_t rank = a->shape.rank;
    *output = (oct_value){.type = OCTET_F32, .shape = a->shape, .batched = a->batched};
    output->shape.size[rank - 2] = a->shape.size[rank - (desc->transpose_a ? 1 : 2)];
    output->shape.size[rank - 1] = b->shape.size[b->shape.rank - (desc->transpose_b ? 2 : 1)];
cleanup:
    return status;
}

const oct_op oct_op_float_gemm = {
    .name = "float gemm",
    .desc_size = sizeof(oct_float_gemm),
    .abstract = true,
    .infer = float_gemm_infer,
};

octet_status oct_graph_float_gemm(oct_graph *graph, const char *name, const oct_float_gemm *desc,
                                  size_t a, size_t b, size_t c, size_t *y)
{
    const size_t inputs[3] = {a, b, c};
    return oct_graph_add(graph, &oct_op_float_gemm, name, desc, inputs, c == OCT_NONE ? 2 : 3, y);
}
