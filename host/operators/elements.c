/* elements.c - see elements.h. */
#include "operators/elements.h"

#include <stdio.h>
#include <string.h>

#include "core/quantization.h"
#include "variants/paths.h"
#include "variants/tiles.h"

octet_status oct_axis_split(const octet_operator *op, const octet_shape *shape, bool per_axis,
                            size_t axis, oct_axis *out)
{
    octet_status status = OCTET_OK;
    oct_axis split = {1, 1, 1};
    OCT_REQUIRE(&op->context->log, !per_axis || axis < shape->rank, OCTET_INVALID_ARGUMENT,
                "%s: axis %zu of a tensor with %zu dimensions", op->class->name, axis, shape->rank);
    for (size_t i = 0; i < shape->rank; i++) {
        if (per_axis && i < axis)
            split.outer *= shape->size[i];
        else if (per_axis && i == axis)
            split.channels = shape->size[i];
        else
            split.inner *= shape->size[i];
    }
    *out = split;
cleanup:
    return status;
}

octet_status oct_check_axis_quantization(const oct_log *log, const char *name,
                                         const octet_quantization *quantization, octet_type type,
                                         bool per_axis)
{
    const size_t scales = quantization->scale_count, zeros = quantization->zero_point_count;
    const size_t most = scales > zeros ? scales : zeros;
    return oct_check_quantization(log, name, quantization, type, per_axis ? most : 1);
}

octet_status oct_check_flushing(const octet_operator *op, const char *what, float scale)
{
    octet_status status = OCTET_OK;
    OCT_REQUIRE(&op->context->log,
                op->use_reference || op->context->traits.subnormals ||
                    (OCT_SAFE_LEAST <= scale && scale <= OCT_SAFE_MOST),
                OCTET_UNSUPPORTED,
                "%s: %s %g; this device flushes subnormal numbers, so it must be 2^-100 to 2^100",
                op->class->name, what, (double)scale);
cleanup:
    return status;
}

size_t oct_elements_per_item(const octet_context *context, size_t count)
{
    const size_t units = context->traits.compute_units > 0 ? context->traits.compute_units : 1;
    const size_t share = oct_divide_up(count, 4 * units);
    const size_t least = context->traits.type == OCTET_DEVICE_CPU ? 4096 : 4;
    const size_t most = context->traits.type == OCTET_DEVICE_CPU ? 65536 : 16;
    return share < least ? least : share > most ? most : share;
}

octet_status oct_create_simple_kernel(octet_context *context, const char *name, const char *build,
                                      oct_kernel **out)
{
    const oct_tile *const tile = oct_tile_widest(&context->traits);
    char options[256];
    snprintf(options, sizeof options, "-D OCT_BUILD_OTHER=1 -D %s=1", build);
    if (tile != NULL) {
        const size_t length = strlen(options);
        snprintf(options + length, sizeof options - length, " %s -D OCT_PATH=%s -D OCT_LANES=%u",
                 oct_paths[tile->path].options, oct_paths[tile->path].define, tile->lanes);
    }
    return oct_kernel_create(context, name, options, out);
}

size_t oct_simple_lanes(const octet_context *context)
{
    const oct_tile *const tile = oct_tile_widest(&context->traits);
    return tile != NULL ? tile->lanes : 4; /* the default of kernels.cl */
}

octet_status oct_check_counts(const octet_operator *op, const size_t *counts, size_t count)
{
    octet_status status = OCTET_OK;
    for (size_t i = 0; i < count; i++) /* less some, for work-items that reach past the end */
        OCT_REQUIRE(&op->context->log, counts[i] < (size_t)INT32_MAX - (1 << 20), OCTET_UNSUPPORTED,
                    "%s: a size of %zu is beyond what the kernels count", op->class->name,
                    counts[i]);
cleanup:
    return status;
}
