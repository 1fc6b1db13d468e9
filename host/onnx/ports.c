/* ports.c - the inputs and outputs of the model. */
#include "onnx/onnx.h"

/* Whether the first dimension is open: it has a name, or nothing. */
static bool is_open(const Onnx__TensorShapeProto__Dimension *dimension)
{
    return dimension->value_case != ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
}

static octet_status read_shape(oct_onnx *onnx, const char *name,
                               const Onnx__TensorShapeProto *source, octet_shape *shape,
                               bool *batched)
{
    octet_status status = OCTET_OK;
    int64_t dims[OCTET_MAX_RANK];
    OCT_REQUIRE(&onnx->log, source != NULL && source->n_dim <= OCTET_MAX_RANK, OCTET_UNSUPPORTED,
                "input '%s': it has %s dimensions", name, source == NULL ? "unknown" : "too many");
    *batched = source->n_dim > 0 && is_open(source->dim[0]);
    for (size_t i = 0; i < source->n_dim; i++) {
        OCT_REQUIRE(&onnx->log, i == 0 || !is_open(source->dim[i]), OCTET_UNSUPPORTED,
                    "input '%s': dimension %zu has no size; only the first may be open", name, i);
        dims[i] = is_open(source->dim[i]) ? 1 : source->dim[i]->dim_value;
        OCT_REQUIRE(&onnx->log, dims[i] > 0, OCTET_INVALID_ARGUMENT,
                    "input '%s': dimension %zu is %lld; it must be at least 1", name, i,
                    (long long)dims[i]);
    }
    OCT_TRY(oct_onnx_shape(onnx, dims, source->n_dim, name, shape));
cleanup:
    return status;
}

static octet_status tensor_type(oct_onnx *onnx, const char *what, const char *name,
                                const Onnx__ValueInfoProto *info,
                                const Onnx__TypeProto__Tensor **type)
{
    octet_status status = OCTET_OK;
    OCT_REQUIRE(&onnx->log,
                info->type != NULL && info->type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE,
                OCTET_UNSUPPORTED, "%s '%s' is no tensor", what, name);
    *type = info->type->tensor_type;
cleanup:
    return status;
}

static octet_status add_input(oct_onnx *onnx, const Onnx__ValueInfoProto *info)
{
    octet_status status = OCTET_OK;
    const Onnx__TypeProto__Tensor *source = NULL;
    const char *const name = oct_onnx_printable(onnx, info->name);
    oct_onnx_name *const entry = oct_onnx_find(onnx, info->name);
    octet_type type = OCTET_F32;
    octet_shape shape = {0};
    bool batched = false;
    OCT_TRY(tensor_type(onnx, "input", name, info, &source));
    OCT_REQUIRE(&onnx->log, oct_onnx_type(source->elem_type, &type), OCTET_UNSUPPORTED,
                "input '%s' is %s; it must be float, int8, uint8 or int32", name,
                oct_onnx_type_name(source->elem_type));
    OCT_TRY(read_shape(onnx, name, source->shape, &shape, &batched));
    OCT_TRY(oct_graph_input(onnx->graph, name, type, &shape, batched, &entry->value));
cleanup:
    return status;
}

octet_status oct_onnx_add_inputs(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    for (size_t i = 0; i < onnx->source->n_input; i++) {
        const Onnx__ValueInfoProto *const info = onnx->source->input[i];
        OCT_REQUIRE(&onnx->log, info->name != NULL && info->name[0] != '\0', OCTET_INVALID_ARGUMENT,
                    "input %zu of the graph has no name", i);
        if (oct_onnx_find(onnx, info->name)->input != NULL) /* else it is an initializer too */
            OCT_TRY(add_input(onnx, info));
    }
cleanup:
    return status;
}

/* What the model says about an output must hold for what its nodes compute. */
static octet_status check_output(oct_onnx *onnx, const char *name, const oct_value *value,
                                 const Onnx__ValueInfoProto *info)
{
    octet_status status = OCTET_OK;
    const Onnx__TypeProto__Tensor *source = NULL;
    octet_type type = OCTET_F32;
    char text[OCT_SHAPE_TEXT];
    if (info->type == NULL)
        return OCTET_OK;
    OCT_TRY(tensor_type(onnx, "output", name, info, &source));
    const bool known = value->index
                           ? oct_onnx_is_integer(source->elem_type)
                           : oct_onnx_type(source->elem_type, &type) && type == value->type;
    OCT_REQUIRE(&onnx->log, known, OCTET_INVALID_ARGUMENT,
                "output '%s' is declared %s, but computed as %s", name,
                oct_onnx_type_name(source->elem_type), oct_type(value->type)->name);
    if (source->shape == NULL)
        return OCTET_OK;
    OCT_REQUIRE(&onnx->log, source->shape->n_dim == value->shape.rank, OCTET_INVALID_ARGUMENT,
                "output '%s' is declared with %zu dimensions, but computed as %s", name,
                source->shape->n_dim, oct_shape_text(&value->shape, text));
    for (size_t i = 0; i < value->shape.rank; i++) {
        const Onnx__TensorShapeProto__Dimension *const dimension = source->shape->dim[i];
        const bool any = is_open(dimension) || (i == 0 && value->batched);
        OCT_REQUIRE(&onnx->log,
                    any || (dimension->dim_value >= 0 &&
                            (uint64_t)dimension->dim_value == value->shape.size[i]),
                    OCTET_INVALID_ARGUMENT,
                    "output '%s': dimension %zu is declared %lld, but computed as %zu", name, i,
                    (long long)dimension->dim_value, value->shape.size[i]);
    }
cleanup:
    return status;
}

static octet_status add_output(oct_onnx *onnx, size_t index)
{
    octet_status status = OCTET_OK;
    const Onnx__ValueInfoProto *const info = onnx->source->output[index];
    const oct_onnx_name *const entry = info->name != NULL ? oct_onnx_find(onnx, info->name) : NULL;
    const char *const name = oct_onnx_printable(onnx, info->name != NULL ? info->name : "");
    OCT_REQUIRE(&onnx->log, entry != NULL, OCTET_INVALID_ARGUMENT,
                "output '%s' of the graph is computed by no node", name);
    if (entry->unknown)
        return OCTET_OK; /* the reason is in the graph's list */
    OCT_REQUIRE(&onnx->log, entry->value != OCT_NONE, OCTET_UNSUPPORTED,
                "output '%s' of the graph is a constant of the model", name);
    OCT_TRY(check_output(onnx, name, &onnx->graph->values[entry->value], info));
    OCT_TRY(oct_graph_output(onnx->graph, name, entry->value));
cleanup:
    return status;
}

octet_status oct_onnx_add_outputs(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    for (size_t i = 0; i < onnx->source->n_output; i++)
        OCT_TRY(add_output(onnx, i));
cleanup:
    return status;
}
