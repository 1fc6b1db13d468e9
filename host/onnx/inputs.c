/* inputs.c - what a node's inputs are: values of the graph, constants, or lists of integers. */
#include "onnx/onnx.h"

static const char *input_name(const oct_onnx *onnx, size_t index)
{
    return index < onnx->node->n_input ? onnx->node->input[index] : "";
}

bool oct_onnx_has_input(const oct_onnx *onnx, size_t index)
{
    return input_name(onnx, index)[0] != '\0';
}

/* The definition of an input that must be there; order.c made sure that every name has one. */
static octet_status find_input(oct_onnx *onnx, size_t index, const char *role, oct_onnx_name **name)
{
    octet_status status = OCTET_OK;
    OCT_REQUIRE(&onnx->log, oct_onnx_has_input(onnx, index), OCTET_INVALID_ARGUMENT,
                "%s: input %zu (%s) is missing", onnx->label, index, role);
    *name = oct_onnx_find(onnx, input_name(onnx, index));
cleanup:
    return status;
}

/* An initializer becomes a constant of the graph when it is first used. */
static octet_status define_constant(oct_onnx *onnx, oct_onnx_name *name)
{
    octet_status status = OCTET_OK;
    oct_value value = {.type = OCTET_S8, .constant = true};
    OCT_TRY(oct_onnx_tensor(onnx, name->tensor, &value.type, &value.shape, &value.data));
    OCT_TRY(oct_graph_append_value(onnx->graph, &value, &name->value));
cleanup:
    return status;
}

static octet_status get_value(oct_onnx *onnx, size_t index, const char *role, size_t *value)
{
    octet_status status = OCTET_OK;
    oct_onnx_name *name = NULL;
    OCT_TRY(find_input(onnx, index, role, &name));
    if (name->value == OCT_NONE)
        OCT_TRY(define_constant(onnx, name)); /* all else comes before its users */
    *value = name->value;
cleanup:
    return status;
}

octet_status oct_onnx_input(oct_onnx *onnx, size_t index, size_t *value)
{
    return get_value(onnx, index, "data", value);
}

octet_status oct_onnx_constant(oct_onnx *onnx, size_t index, const char *role, oct_value *constant)
{
    octet_status status = OCTET_OK;
    size_t value = OCT_NONE;
    OCT_TRY(get_value(onnx, index, role, &value));
    OCT_REQUIRE(&onnx->log, onnx->graph->values[value].constant, OCTET_UNSUPPORTED,
                "%s: its %s must be constant", onnx->label, role);
    OCT_TRY(oct_graph_compute(onnx->graph, value));
    *constant = onnx->graph->values[value];
cleanup:
    return status;
}

octet_status oct_onnx_integers(oct_onnx *onnx, size_t index, const char *role,
                               const int64_t **integers, size_t *count)
{
    octet_status status = OCTET_OK;
    oct_onnx_name *name = NULL;
    OCT_TRY(find_input(onnx, index, role, &name));
    OCT_REQUIRE(&onnx->log, name->tensor != NULL, OCTET_UNSUPPORTED, "%s: its %s must be constant",
                onnx->label, role);
    OCT_TRY(oct_onnx_tensor_integers(onnx, name->tensor, integers, count));
cleanup:
    return status;
}

void oct_onnx_set_output(oct_onnx *onnx, size_t value)
{
    oct_onnx_find(onnx, onnx->node->output[0])->value = value;
}
