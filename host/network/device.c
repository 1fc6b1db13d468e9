/* device.c - see device.h. */
#include "network/device.h"

#include <stdlib.h>

#include "runtime/runtime.h"

oct_log oct_context_log(const octet_context *context)
{
    return context->log;
}

octet_tensor *oct_tensor_view(const octet_tensor *base, octet_type type, const octet_shape *shape)
{
    octet_tensor *const view = oct_allocate(1, sizeof *view);
    if (view == NULL)
        return NULL;
    *view = *base;
    view->type = type;
    view->shape = *shape;
    oct_shape_bytes(type, shape, &view->bytes);
    return view;
}

void oct_tensor_view_destroy(octet_tensor *view)
{
    free(view);
}
