/* device.h - a context's messages and views of tensors, without the runtime's insides. */
#ifndef OCT_NETWORK_DEVICE_H
#define OCT_NETWORK_DEVICE_H

#include "core/log.h"

/* oct_context_log - where a context's messages go. */
oct_log oct_context_log(const octet_context *context);

/* oct_tensor_view - a tensor over the first bytes of the memory of "base", which must be large
 * enough and outlive it. It is released by oct_tensor_view_destroy, which accepts NULL and leaves
 * the memory alone. NULL when host memory is out. */
octet_tensor *oct_tensor_view(const octet_tensor *base, octet_type type, const octet_shape *shape);
void oct_tensor_view_destroy(octet_tensor *view);

#endif
