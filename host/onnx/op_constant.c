/* op_constant.c - Constant: an initializer written as a node. */
#include "onnx/onnx.h"

/* A tensor that borrows the numbers of an attribute; "dims" is one size, kept by the graph. */
static octet_status borrow(oct_onnx *onnx, const Onnx__AttributeProto *attribute,
                           Onnx__TensorProto *tensor)
{
    octet_status status = OCTET_OK;
    Onnx__AttributeProto *const from = oct_graph_keep(onnx->graph, attribute, 1, sizeof *attribute);
    int64_t *const dims = oct_graph_keep(onnx->graph, NULL, 1, sizeof *dims);
    OCT_REQUIRE(&onnx->log, from != NULL && dims != NULL, OCTET_OUT_OF_MEMORY,
                "out of host memory: a constant");
    const bool one_float = attribute->type == ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT;
    const bool floats = attribute->type == ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS;
    const bool one_integer = attribute->type == ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT;
    tensor->has_data_type = 1;
    tensor->data_type = one_float || floats ? ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT
                                            : ONNX__TENSOR_PROTO__DATA_TYPE__INT64;
    tensor->float_data = one_float ? &from->f : from->floats;
    tensor->n_float_data = one_float ? 1 : from->n_floats;
    tensor->int64_data = one_integer ? &from->i : from->ints;
    tensor->n_int64_data = one_integer ? 1 : from->n_ints;
    dims[0] = (int64_t)(floats ? from->n_floats : from->n_ints);
    tensor->dims = dims;
    tensor->n_dims = one_float || one_integer ? 0 : 1;
cleanup:
    return status;
}

octet_status oct_onnx_constant_node(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    const Onnx__TensorProto empty = ONNX__TENSOR_PROTO__INIT;
    oct_onnx_name *const name = oct_onnx_find(onnx, onnx->node->output[0]);
    OCT_REQUIRE(&onnx->log, onnx->node->n_attribute == 1, OCTET_INVALID_ARGUMENT,
                "%s: it has %zu attributes; it must have 1", onnx->label, onnx->node->n_attribute);
    const Onnx__AttributeProto *const attribute = onnx->node->attribute[0];
    name->tensor = attribute->t;
    if (attribute->t == NULL) {
        Onnx__TensorProto *const tensor = oct_graph_keep(onnx->graph, &empty, 1, sizeof empty);
        OCT_REQUIRE(&onnx->log, tensor != NULL, OCTET_OUT_OF_MEMORY,
                    "out of host memory: a constant");
        OCT_TRY(borrow(onnx, attribute, tensor));
        name->tensor = tensor;
    }
cleanup:
    return status;
}
