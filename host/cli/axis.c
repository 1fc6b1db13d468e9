/* axis.c - see axis.h. */
#include "cli/axis.h"

octet_status oct_axis_resolve(const oct_integer *axis, const oct_array *array, size_t *out)
{
    octet_status status = OCTET_OK;
    const int64_t rank = (int64_t)array->shape.rank;
    char shape[OCT_SHAPE_TEXT];
    *out = 0;
    if (!axis->given)
        return OCTET_OK;
    OCT_REQUIRE(oct_cli_log, axis->value >= -rank && axis->value < rank, OCTET_INVALID_ARGUMENT,
                "--axis is %lld, but '%s' is %s; it must be from %lld to %lld",
                (long long)axis->value, array->path, oct_shape_text(&array->shape, shape),
                (long long)-rank, (long long)rank - 1);
    *out = (size_t)(axis->value < 0 ? axis->value + rank : axis->value);
cleanup:
    return status;
}
