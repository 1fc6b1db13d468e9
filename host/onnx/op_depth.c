/* op_depth.c - DepthToSpace and SpaceToDepth: channels as blocks of pixels and back, by moving six
 * dimensions. */
#include <string.h>

#include "onnx/onnx.h"

#define MOST_SIDE (1 << 15) /* its square fits 31 bits */

/* An image of the input and the side of its blocks. */
static octet_status read_blocks(oct_onnx *onnx, size_t *x, octet_shape *image, size_t *side)
{
    octet_status status = OCTET_OK;
    int64_t given;
    OCT_TRY(oct_onnx_input(onnx, 0, x));
    *image = onnx->graph->values[*x].shape;
    OCT_REQUIRE(&onnx->log, image->rank == 4, OCTET_INVALID_ARGUMENT,
                "%s: its input has %zu dimensions; it must have 4", onnx->label, image->rank);
    OCT_TRY(oct_onnx_attribute_integer(onnx, "blocksize", 1, MOST_SIDE, 0, &given));
    OCT_REQUIRE(&onnx->log, given > 0, OCTET_INVALID_ARGUMENT,
                "%s: its attribute 'blocksize' is missing", onnx->label);
    *side = (size_t)given;
cleanup:
    return status;
}

/* x seen with six dimensions, these in another order, seen with four. */
static octet_status move_blocks(oct_onnx *onnx, size_t x, const octet_shape *six,
                                const size_t *order, const octet_shape *four)
{
    octet_status status = OCTET_OK;
    OCT_TRY(oct_graph_view(onnx->graph, onnx->node_name, six, x, &x));
    OCT_TRY(oct_graph_permute(onnx->graph, onnx->node_name, order, x, &x));
    OCT_TRY(oct_graph_view(onnx->graph, onnx->node_name, four, x, &x));
    oct_onnx_set_output(onnx, x);
cleanup:
    return status;
}

octet_status oct_onnx_depth_to_space(oct_onnx *onnx)
{
    static const size_t by_depth[] = {0, 3, 4, 1, 5, 2}, by_column[] = {0, 1, 4, 2, 5, 3};
    octet_status status = OCTET_OK;
    octet_shape image;
    char mode[8];
    size_t x = OCT_NONE, b = 0;
    OCT_TRY(read_blocks(onnx, &x, &image, &b));
    OCT_TRY(oct_onnx_attribute_text(onnx, "mode", "DCR", mode, sizeof mode));
    const size_t n = image.size[0], c = image.size[1], h = image.size[2], w = image.size[3];
    const bool depth_first = strcmp(mode, "DCR") == 0;
    OCT_REQUIRE(&onnx->log, depth_first || strcmp(mode, "CRD") == 0, OCTET_INVALID_ARGUMENT,
                "%s: its attribute 'mode' is '%s'; it must be DCR or CRD", onnx->label,
                oct_onnx_printable(onnx, mode));
    OCT_REQUIRE(&onnx->log, c % (b * b) == 0, OCTET_INVALID_ARGUMENT,
                "%s: %zu channels cannot be blocks of %zux%zu", onnx->label, c, b, b);
    const size_t left = c / (b * b);
    const octet_shape four = {4, {n, left, h * b, w * b}};
    const octet_shape by_depth_shape = {6, {n, b, b, left, h, w}};
    const octet_shape by_column_shape = {6, {n, left, b, b, h, w}};
    OCT_TRY(depth_first ? move_blocks(onnx, x, &by_depth_shape, by_depth, &four)
                        : move_blocks(onnx, x, &by_column_shape, by_column, &four));
cleanup:
    return status;
}

octet_status oct_onnx_space_to_depth(oct_onnx *onnx)
{
    static const size_t order[] = {0, 3, 5, 1, 2, 4};
    octet_status status = OCTET_OK;
    octet_shape image;
    size_t x = OCT_NONE, b = 0;
    OCT_TRY(read_blocks(onnx, &x, &image, &b));
    const size_t n = image.size[0], c = image.size[1], h = image.size[2], w = image.size[3];
    OCT_REQUIRE(&onnx->log, h % b == 0 && w % b == 0, OCTET_INVALID_ARGUMENT,
                "%s: %zux%zu pixels cannot be cut into blocks of %zux%zu", onnx->label, h, w, b, b);
    const octet_shape six = {6, {n, c, h / b, b, w / b, b}};
    const octet_shape four = {4, {n, c * b * b, h / b, w / b}};
    OCT_TRY(move_blocks(onnx, x, &six, order, &four));
cleanup:
    return status;
}
