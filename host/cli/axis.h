/* axis.h - --axis of quantize and dequantize. */
#ifndef OCT_CLI_AXIS_H
#define OCT_CLI_AXIS_H

#include "cli/npy.h"
#include "cli/options.h"

/* oct_axis_resolve - the axis of "array" that was asked for; negative numbers count from the last.
 * An axis that was not given resolves to 0. */
octet_status oct_axis_resolve(const oct_integer *axis, const oct_array *array, size_t *out);

#endif
