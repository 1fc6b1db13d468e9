/* broadcast.h - NumPy's rule for two operands of different shapes: sizes are compared from the last on,
 * and a size of 1, or one that is missing, is repeated. */
#ifndef OCT_CORE_BROADCAST_H
#define OCT_CORE_BROADCAST_H

#include <stdbool.h>

#include "core/shape.h"

/* oct_broadcast_shape - the shape of the result; false when the two do not go together. */
bool oct_broadcast_shape(const octet_shape *a, const octet_shape *b, octet_shape *output);

/* How to walk a result and its operands, as few dimensions as possible, 1s in front: element
 * (i0..i7) of the result is the next, that of an operand at i0 * stride[0] + .. + i7 * stride[7]. */
typedef struct oct_broadcast {
    size_t size[OCTET_MAX_RANK];
    size_t a_stride[OCTET_MAX_RANK], b_stride[OCTET_MAX_RANK]; /* 0: repeated; the last: 0 or 1 */
} oct_broadcast;

/* oct_broadcast_walk - of two shapes that go together. */
void oct_broadcast_walk(const octet_shape *a, const octet_shape *b, oct_broadcast *out);

#endif
