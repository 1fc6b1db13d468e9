/* inputs.c - what a node's inputs are: values of the graph, constants, or sizes. */
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
    OCT_REQUIRE(&onnx->log, name->sizes == NULL, OCTET_UNSUPPORTED,
                "%s: its %s is a list of sizes; only shapes may be", onnx->label, role);
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

bool oct_onnx_is_sizes(const oct_onnx *onnx, size_t index)
{
    const oct_onnx_name *const name = oct_onnx_find(onnx, input_name(onnx, index));
    return name != NULL && (name->sizes != NULL ||
                            (name->tensor != NULL &&
                             name->tensor->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__INT64));
}

static octet_status set_sizes(oct_onnx *onnx, oct_onnx_name *name, const oct_onnx_sizes *sizes)
{
    octet_status status = OCTET_OK;
    const oct_onnx_sizes *const kept = oct_graph_keep(onnx->graph, sizes, 1, sizeof *sizes);
    OCT_REQUIRE(&onnx->log, kept != NULL, OCTET_OUT_OF_MEMORY, "out of host memory: sizes");
    name->sizes = kept;
cleanup:
    return status;
}

/* The integers of a name, of any shape, in their sequence. */
static octet_status decode(oct_onnx *onnx, oct_onnx_name *name, const char *role,
                           oct_onnx_sizes *sizes)
{
    octet_status status = OCTET_OK;
    if (name->sizes != NULL) {
        *sizes = *name->sizes;
        return OCTET_OK;
    }
    OCT_REQUIRE(&onnx->log, name->tensor != NULL, OCTET_UNSUPPORTED, "%s: its %s must be constant",
                onnx->label, role);
    OCT_TRY(oct_onnx_tensor_integers(onnx, name->tensor, &sizes->values, &sizes->count));
    sizes->scalar = name->tensor->n_dims == 0;
    bool *const open = oct_graph_keep(onnx->graph, NULL, sizes->count, sizeof *open);
    OCT_REQUIRE(&onnx->log, open != NULL, OCTET_OUT_OF_MEMORY, "out of host memory: sizes");
    sizes->open = open;
    OCT_TRY(set_sizes(onnx, name, sizes)); /* decoded once, however many read it */
cleanup:
    return status;
}

octet_status oct_onnx_get_sizes(oct_onnx *onnx, size_t index, const char *role,
                                oct_onnx_sizes *sizes)
{
    octet_status status = OCTET_OK;
    oct_onnx_name *name = NULL;
    OCT_TRY(find_input(onnx, index, role, &name));
    OCT_REQUIRE(&onnx->log, name->tensor == NULL || name->tensor->n_dims <= 1, OCTET_UNSUPPORTED,
                "%s: its %s has %zu dimensions; it must be a list of int64", onnx->label, role,
                name->tensor->n_dims);
    OCT_TRY(decode(onnx, name, role, sizes));
cleanup:
    return status;
}

/* The same of a constant of int32. */
static octet_status widen(oct_onnx *onnx, size_t index, const char *role,
                          oct_onnx_integers *integers)
{
    octet_status status = OCTET_OK;
    oct_value constant = {.type = OCTET_S8};
    OCT_TRY(oct_onnx_constant(onnx, index, role, &constant));
    OCT_REQUIRE(&onnx->log, constant.type == OCTET_S32, OCTET_INVALID_ARGUMENT,
                "%s: its %s is %s; it must be int64 or int32", onnx->label, role,
                oct_type(constant.type)->name);
    oct_shape_count(&constant.shape, &integers->count);
    int64_t *const values = oct_graph_keep(onnx->graph, NULL, integers->count, sizeof *values);
    OCT_REQUIRE(&onnx->log, values != NULL, OCTET_OUT_OF_MEMORY, "out of host memory: integers");
    for (size_t i = 0; i < integers->count; i++)
        values[i] = ((const int32_t *)constant.data)[i];
    integers->values = values;
    integers->shape = constant.shape;
cleanup:
    return status;
}

octet_status oct_onnx_get_integers(oct_onnx *onnx, size_t index, const char *role,
                                   oct_onnx_integers *integers)
{
    octet_status status = OCTET_OK;
    oct_onnx_sizes sizes = {.count = 0};
    oct_onnx_name *name = NULL;
    if (!oct_onnx_is_sizes(onnx, index))
        return widen(onnx, index, role, integers);
    OCT_TRY(find_input(onnx, index, role, &name));
    OCT_TRY(decode(onnx, name, role, &sizes));
    for (size_t i = 0; i < sizes.count; i++)
        OCT_REQUIRE(&onnx->log, !sizes.open[i], OCTET_UNSUPPORTED,
                    "%s: its %s depends on the number of images", onnx->label, role);
    *integers = (oct_onnx_integers){.values = sizes.values, .count = sizes.count};
    if (name->tensor != NULL)
        return oct_onnx_shape(onnx, name->tensor->dims, name->tensor->n_dims, role,
                              &integers->shape);
    integers->shape.rank = sizes.scalar ? 0 : 1;
    integers->shape.size[0] = sizes.scalar ? 0 : sizes.count;
cleanup:
    return status;
}

octet_status oct_onnx_set_sizes(oct_onnx *onnx, const oct_onnx_sizes *sizes)
{
    return set_sizes(onnx, oct_onnx_find(onnx, onnx->node->output[0]), sizes);
}

void oct_onnx_set_output(oct_onnx *onnx, size_t value)
{
    oct_onnx_set_output_at(onnx, 0, value);
}

void oct_onnx_set_output_at(oct_onnx *onnx, size_t index, size_t value)
{
    if (index < onnx->node->n_output && onnx->node->output[index][0] != '\0')
        oct_onnx_find(onnx, onnx->node->output[index])->value = value;
}
