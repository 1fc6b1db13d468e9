/* images.c - lines, (N,C,L), as images of height 1, and back. */
#include "onnx/onnx.h"

octet_shape oct_onnx_line_shape(const octet_shape *shape)
{
    return oct_shape(4, (size_t[]){shape->size[0], shape->size[1], 1, shape->size[2]});
}

octet_status oct_onnx_read_image(oct_onnx *onnx, size_t x, oct_onnx_image *image)
{
    octet_status status = OCTET_OK;
    const octet_shape shape = onnx->graph->values[x].shape;
    const octet_shape seen = oct_onnx_line_shape(&shape);
    char text[OCT_SHAPE_TEXT];
    OCT_REQUIRE(&onnx->log, shape.rank == 3 || shape.rank == 4, OCTET_UNSUPPORTED,
                "%s: its input is %s; it must have 3 dimensions, or 4", onnx->label,
                oct_shape_text(&shape, text));
    *image = (oct_onnx_image){.value = x, .line = shape.rank == 3};
    if (image->line)
        OCT_TRY(oct_graph_view(onnx->graph, onnx->node_name, &seen, x, &image->value));
cleanup:
    return status;
}

octet_status oct_onnx_set_image(oct_onnx *onnx, size_t y, bool line)
{
    octet_status status = OCTET_OK;
    const octet_shape shape = onnx->graph->values[y].shape;
    const octet_shape seen = oct_shape(3, (size_t[]){shape.size[0], shape.size[1], shape.size[3]});
    if (line)
        OCT_TRY(oct_graph_view(onnx->graph, onnx->node_name, &seen, y, &y));
    oct_onnx_set_output(onnx, y);
cleanup:
    return status;
}
