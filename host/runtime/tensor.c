/* tensor.c - a typed, shaped buffer. */
#include "runtime/runtime.h"

#include <stdlib.h>

octet_status octet_tensor_create(octet_context *context, octet_type type, const octet_shape *shape,
                                 octet_tensor **out)
{
    octet_status status = OCTET_OK;
    octet_tensor *tensor = NULL;
    size_t bytes = 0;
    OCT_REQUIRE(&context->log, oct_type_is_valid(type), OCTET_INVALID_ARGUMENT,
                "tensor: type %d is not an octet_type", (int)type);
    OCT_REQUIRE(&context->log, oct_shape_bytes(type, shape, &bytes), OCTET_INVALID_ARGUMENT,
                "tensor: rank %zu or the product of the sizes is too large", shape->rank);
    OCT_ALLOC(&context->log, tensor, 1);
    *tensor = (octet_tensor){context, type, *shape, bytes, NULL};
    OCT_TRY(oct_buffer_create(context, bytes, &tensor->buffer));
    *out = tensor;
    tensor = NULL;
cleanup:
    octet_tensor_destroy(tensor);
    return status;
}

void octet_tensor_destroy(octet_tensor *tensor)
{
    if (tensor == NULL)
        return;
    oct_buffer_destroy(tensor->buffer);
    free(tensor);
}

octet_type octet_tensor_type(const octet_tensor *tensor)
{
    return tensor->type;
}

octet_shape octet_tensor_shape(const octet_tensor *tensor)
{
    return tensor->shape;
}

/* Without a tensor there is no context to tell of it. */
static octet_status check_copy(const octet_tensor *tensor, const void *data)
{
    if (tensor == NULL)
        return OCTET_INVALID_ARGUMENT;
    if (data == NULL && tensor->bytes > 0)
        return oct_report(&tensor->context->log, OCTET_INVALID_ARGUMENT,
                          "tensor: the data of %zu bytes is NULL", tensor->bytes);
    return oct_refuse_recording(tensor->context, "tensor: a copy from or to host memory");
}

octet_status octet_tensor_write(octet_tensor *tensor, const void *data, octet_event **event)
{
    octet_status status = OCTET_OK;
    OCT_TRY(check_copy(tensor, data));
    OCT_TRY(oct_buffer_write(tensor->buffer, tensor->bytes, data, event));
cleanup:
    return status;
}

octet_status octet_tensor_read(const octet_tensor *tensor, void *data, octet_event **event)
{
    octet_status status = OCTET_OK;
    OCT_TRY(check_copy(tensor, data));
    OCT_TRY(oct_buffer_read(tensor->buffer, tensor->bytes, data, event));
cleanup:
    return status;
}
