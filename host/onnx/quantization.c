/* quantization.c - scales and zero points that a node gets as constant inputs. */
#include "core/quantization.h"

#include <stdio.h>

#include "onnx/onnx.h"

static octet_status read_zero_points(oct_onnx *onnx, size_t index, const char *role,
                                     octet_quantization *quantization, octet_type *type)
{
    octet_status status = OCTET_OK;
    oct_value constant = {.type = OCTET_S8};
    size_t count = 0;
    OCT_TRY(oct_onnx_constant(onnx, index, role, &constant));
    oct_shape_count(&constant.shape, &count);
    OCT_REQUIRE(&onnx->log, constant.type != OCTET_F32 && constant.shape.rank <= 1 && count > 0,
                OCTET_UNSUPPORTED, "%s: its %s is %s with %zu dimensions and %zu elements",
                onnx->label, role, oct_type(constant.type)->name, constant.shape.rank, count);
    int32_t *const values = oct_graph_keep(onnx->graph, NULL, count, sizeof *values);
    OCT_REQUIRE(&onnx->log, values != NULL, OCTET_OUT_OF_MEMORY, "out of host memory");
    for (size_t i = 0; i < count; i++)
        values[i] = constant.type == OCTET_U8   ? ((const uint8_t *)constant.data)[i]
                    : constant.type == OCTET_S8 ? ((const int8_t *)constant.data)[i]
                                                : ((const int32_t *)constant.data)[i];
    quantization->zero_points = values;
    quantization->zero_point_count = count;
    *type = constant.type;
cleanup:
    return status;
}

octet_status oct_onnx_quantization(oct_onnx *onnx, size_t scale, size_t zero_point,
                                   const char *role, octet_quantization *quantization,
                                   octet_type *type)
{
    octet_status status = OCTET_OK;
    oct_value constant = {.type = OCTET_S8};
    char name[224];
    size_t count = 0;
    snprintf(name, sizeof name, "%s scale", role);
    OCT_TRY(oct_onnx_constant(onnx, scale, name, &constant));
    oct_shape_count(&constant.shape, &count);
    OCT_REQUIRE(&onnx->log, constant.type == OCTET_F32 && constant.shape.rank <= 1 && count > 0,
                OCTET_UNSUPPORTED, "%s: its %s is %s with %zu dimensions and %zu elements",
                onnx->label, name, oct_type(constant.type)->name, constant.shape.rank, count);
    quantization->scales = constant.data;
    quantization->scale_count = count;
    snprintf(name, sizeof name, "%s zero point", role);
    if (oct_onnx_has_input(onnx, zero_point))
        OCT_TRY(read_zero_points(onnx, zero_point, name, quantization, type));
    snprintf(name, sizeof name, "%s: %s", onnx->label, role);
    OCT_TRY(oct_check_quantization(&onnx->log, name, quantization, *type, count));
cleanup:
    return status;
}

octet_status oct_onnx_given_quantization(oct_onnx *onnx, size_t scale, size_t zero_point,
                                         const char *role, octet_quantization *quantization,
                                         octet_type *type)
{
    octet_status status = OCTET_OK;
    OCT_REQUIRE(&onnx->log, oct_onnx_has_input(onnx, zero_point), OCTET_INVALID_ARGUMENT,
                "%s: input %zu (%s zero point) is missing", onnx->label, zero_point, role);
    OCT_TRY(oct_onnx_quantization(onnx, scale, zero_point, role, quantization, type));
cleanup:
    return status;
}

octet_status oct_onnx_zero_points(oct_onnx *onnx, size_t index, const char *role,
                                  octet_quantization *quantization, octet_type type)
{
    octet_status status = OCTET_OK;
    octet_type given = type;
    if (!oct_onnx_has_input(onnx, index))
        return OCTET_OK;
    OCT_TRY(read_zero_points(onnx, index, role, quantization, &given));
    OCT_REQUIRE(&onnx->log, given == type, OCTET_INVALID_ARGUMENT, "%s: its %s is %s, not %s",
                onnx->label, role, oct_type(given)->name, oct_type(type)->name);
cleanup:
    return status;
}

/* One zero point that a node computes. */
static octet_status read_found(oct_onnx *onnx, size_t value, const char *role, octet_type type,
                               oct_found *found)
{
    octet_status status = OCTET_OK;
    static const float one = 1.0f;
    const octet_shape shape = {.rank = 1, .size = {1}};
    const oct_value zero_point = onnx->graph->values[value];
    size_t count = 0;
    oct_shape_count(&zero_point.shape, &count);
    OCT_REQUIRE(&onnx->log, count == 1 && zero_point.shape.rank <= 1 && !zero_point.batched,
                OCTET_UNSUPPORTED,
                "%s: its %s is computed, and has %zu dimensions and %zu elements; it must be one "
                "number",
                onnx->label, role, zero_point.shape.rank, count);
    OCT_REQUIRE(&onnx->log, zero_point.type == type, OCTET_INVALID_ARGUMENT,
                "%s: its %s is %s, not %s", onnx->label, role, oct_type(zero_point.type)->name,
                oct_type(type)->name);
    OCT_TRY(oct_graph_constant(onnx->graph, OCTET_F32, &shape, &one, &found->scale));
    OCT_TRY(oct_graph_widen(onnx->graph, onnx->node_name, value, &found->zero_point));
cleanup:
    return status;
}

octet_status oct_onnx_found_zero_point(oct_onnx *onnx, size_t index, const char *role,
                                       octet_quantization *quantization, octet_type type,
                                       oct_found *found)
{
    octet_status status = OCTET_OK;
    size_t value = OCT_NONE;
    found->scale = found->zero_point = OCT_NONE;
    if (!oct_onnx_has_input(onnx, index))
        return OCTET_OK;
    OCT_TRY(oct_onnx_input(onnx, index, &value));
    if (onnx->graph->values[value].constant)
        OCT_TRY(oct_onnx_zero_points(onnx, index, role, quantization, type));
    else
        OCT_TRY(read_found(onnx, value, role, type, found));
cleanup:
    return status;
}

octet_status oct_onnx_per_tensor(oct_onnx *onnx, const char *role,
                                 const octet_quantization *quantization)
{
    octet_status status = OCTET_OK;
    OCT_REQUIRE(&onnx->log, quantization->scale_count <= 1 && quantization->zero_point_count <= 1,
                OCTET_UNSUPPORTED,
                "%s: its %s has %zu scales and %zu zero points; only one for "
                "the whole tensor is supported",
                onnx->label, role, quantization->scale_count, quantization->zero_point_count);
cleanup:
    return status;
}
