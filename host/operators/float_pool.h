/* float_pool.h - pools of float32: what octet_max_pool_create and octet_average_pool_create make of
 * that type. */
#ifndef OCT_OPERATORS_FLOAT_POOL_H
#define OCT_OPERATORS_FLOAT_POOL_H

#include "operators/pool.h"

typedef struct oct_float_pool_desc {
    bool average, by_rows, ceil, count_padding; /* by_rows: sums are added up row after row */
    oct_pool_window window;
    const char *variant;
} oct_float_pool_desc;

octet_status oct_float_pool_create(octet_context *context, const oct_float_pool_desc *desc,
                                   octet_operator **out);

#endif
