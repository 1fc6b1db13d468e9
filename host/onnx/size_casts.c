/* size_casts.c - sizes as float32 and back: exporters multiply them by scales. */
#include "onnx/onnx.h"

#define MOST 0x1p31f /* sizes are below */

bool oct_onnx_is_integer(int64_t type)
{
    return type == ONNX__TENSOR_PROTO__DATA_TYPE__INT64 ||
           type == ONNX__TENSOR_PROTO__DATA_TYPE__INT32;
}

/* The sizes as a constant of float32, for arithmetic with scales. */
static octet_status to_floats(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    oct_onnx_sizes sizes;
    float numbers[OCT_ONNX_MOST_SIZES];
    size_t y = OCT_NONE;
    OCT_TRY(oct_onnx_get_sizes(onnx, 0, "data", &sizes));
    OCT_REQUIRE(&onnx->log, sizes.count <= OCT_ONNX_MOST_SIZES, OCTET_UNSUPPORTED,
                "%s: a list of %zu sizes; at most %d are supported", onnx->label, sizes.count,
                OCT_ONNX_MOST_SIZES);
    for (size_t i = 0; i < sizes.count; i++) {
        OCT_REQUIRE(&onnx->log, !sizes.open[i], OCTET_UNSUPPORTED,
                    "%s: its size %zu depends on the number of images, and is cast to float",
                    onnx->label, i);
        numbers[i] = (float)sizes.values[i];
    }
    const octet_shape shape = {.rank = sizes.scalar ? 0 : 1, .size = {sizes.count}};
    OCT_TRY(oct_graph_constant(onnx->graph, OCTET_F32, &shape, numbers, &y));
    oct_onnx_set_output(onnx, y);
cleanup:
    return status;
}

octet_status oct_onnx_sizes_of_floats(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    oct_value constant = {.type = OCTET_F32};
    oct_onnx_sizes sizes;
    int64_t *values = NULL;
    bool *open = NULL;
    size_t count = 0;
    OCT_TRY(oct_onnx_constant(onnx, 0, "data", &constant));
    oct_shape_count(&constant.shape, &count);
    OCT_REQUIRE(&onnx->log, constant.shape.rank <= 1, OCTET_UNSUPPORTED,
                "%s: sizes with %zu dimensions; they must be a list", onnx->label,
                constant.shape.rank);
    OCT_TRY(oct_onnx_start_sizes(onnx, count, constant.shape.rank == 0, &sizes, &values, &open));
    for (size_t i = 0; i < count; i++) {
        const float number = ((const float *)constant.data)[i];
        OCT_REQUIRE(&onnx->log, number > -MOST && number < MOST, OCTET_INVALID_ARGUMENT,
                    "%s: its size %zu is %g", onnx->label, i, (double)number);
        values[i] = (int64_t)number;
    }
    OCT_TRY(oct_onnx_set_sizes(onnx, &sizes));
cleanup:
    return status;
}

octet_status oct_onnx_cast_sizes(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    oct_onnx_sizes sizes;
    int64_t to;
    OCT_TRY(oct_onnx_attribute_integer(onnx, "to", 0, INT32_MAX, 0, &to));
    OCT_REQUIRE(&onnx->log, oct_onnx_is_integer(to) || to == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT,
                OCTET_UNSUPPORTED, "%s: sizes to %s; only to int64, int32 or float", onnx->label,
                oct_onnx_type_name(to));
    if (!oct_onnx_is_integer(to))
        return to_floats(onnx);
    OCT_TRY(oct_onnx_get_sizes(onnx, 0, "data", &sizes));
    OCT_TRY(oct_onnx_set_sizes(onnx, &sizes));
cleanup:
    return status;
}
