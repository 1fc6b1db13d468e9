/* elements.h - helpers of the operators that treat elements one by one. */
#ifndef OCT_OPERATORS_ELEMENTS_H
#define OCT_OPERATORS_ELEMENTS_H

#include "operators/operator.h"

/* How an axis splits a shape: element (o, c, i) is at (o * channels + c) * inner + i. */
typedef struct oct_axis {
    size_t outer, channels, inner;
} oct_axis;

/* oct_axis_split - "per_axis" false: one channel that holds everything. */
octet_status oct_axis_split(const octet_operator *op, const octet_shape *shape, bool per_axis,
                            size_t axis, oct_axis *out);

/* oct_check_axis_quantization - parameters of a description: with "per_axis" as many as there will
 * be channels, else one. */
octet_status oct_check_axis_quantization(const oct_log *log, const char *name,
                                         const octet_quantization *quantization, octet_type type,
                                         bool per_axis);

/* oct_check_flushing - refuses a scale beyond OCT_SAFE_* where "op" runs on a device that flushes
 * subnormal numbers. "what" names it: "output scale". */
octet_status oct_check_flushing(const octet_operator *op, const char *what, float scale);

/* oct_elements_per_item - how many neighbouring elements a work-item treats: enough to pay for it,
 * few enough to keep every compute unit busy. */
size_t oct_elements_per_item(const octet_context *context, size_t count);

/* oct_create_simple_kernel - a kernel of kernels.cl §7 or §8, on vectors as wide as the device's
 * best tiles have them. "build" is its OCT_BUILD_<NAME>, after other definitions ("A=1 -D B") if
 * it has some. */
octet_status oct_create_simple_kernel(octet_context *context, const char *name, const char *build,
                                      oct_kernel **out);

/* oct_simple_lanes - how wide these vectors are: OCT_LANES. */
size_t oct_simple_lanes(const octet_context *context);

/* oct_check_counts - kernels count in 32 bits: refuses sizes beyond that. */
octet_status oct_check_counts(const octet_operator *op, const size_t *counts, size_t count);

/* What a byte of "type" is xored with, and then lessened by, to become a number in a kernel. */
static inline int32_t oct_sign_of(octet_type type)
{
    return type == OCTET_S8 ? 0x80 : 0;
}

#endif
