/* opencl_interop.c - a caller's own queue and buffers as contexts and tensors. */
#include "octet/opencl.h"

#include "runtime/opencl.h"

#include <stdlib.h>

octet_status oct_context_borrow(const void *device, void *own_context, void *own_queue,
                                const octet_context_desc *desc, octet_context **out)
{
    octet_status status = OCTET_OK;
    const oct_log log = {desc->message, desc->message_user};
    octet_context *context = NULL;
    oct_opencl_device *devices = NULL;
    size_t count = 0, index = 0;
    OCT_TRY(oct_opencl_list(&log, &devices, &count));
    while (index < count && devices[index].device != device)
        index++;
    OCT_REQUIRE(&log, index < count, OCTET_INVALID_ARGUMENT,
                "the device is none of the %zu that the OpenCL loader lists", count);
    OCT_ALLOC(&log, context, 1);
    context->log = log;
    context->index = index;
    context->info = devices[index].info;
    context->backend = &oct_host_backend;
    oct_cache_open(&context->cache, desc->cache_directory);
    OCT_TRY(oct_cl_attach(context, &devices[index], own_context, own_queue, desc));
    *out = context;
    context = NULL;
cleanup:
    oct_context_close(context);
    free(devices);
    return status;
}

/* A buffer of a device that the context can use: its own OpenCL context's. */
static octet_status check_buffer(octet_context *context, cl_mem buffer)
{
    octet_status status = OCTET_OK;
    const oct_log *const log = &context->log;
    cl_context owner = NULL;
    OCT_REQUIRE(log, context->info.type != OCTET_DEVICE_REFERENCE, OCTET_INVALID_ARGUMENT,
                "tensor: the context runs on the reference, which has no OpenCL buffers");
    OCT_CL_TRY(log, clGetMemObjectInfo(buffer, CL_MEM_CONTEXT, sizeof owner, &owner, NULL),
               "clGetMemObjectInfo");
    OCT_REQUIRE(log, owner == oct_cl_of(context)->context, OCTET_INVALID_ARGUMENT,
                "tensor: the buffer belongs to another OpenCL context");
cleanup:
    return status;
}

octet_status octet_tensor_from_buffer(octet_context *context, octet_type type,
                                      const octet_shape *shape, cl_mem buffer, size_t offset,
                                      octet_tensor **out)
{
    octet_status status = OCTET_OK;
    const oct_log *const log = &context->log;
    octet_tensor *tensor = NULL;
    size_t bytes = 0, available = 0;
    cl_mem part = NULL;
    cl_int error = CL_SUCCESS;
    OCT_REQUIRE(log, oct_type_is_valid(type) && oct_shape_bytes(type, shape, &bytes),
                OCTET_INVALID_ARGUMENT, "tensor: the type or shape is not legal");
    OCT_TRY(check_buffer(context, buffer));
    OCT_CL_TRY(log, clGetMemObjectInfo(buffer, CL_MEM_SIZE, sizeof available, &available, NULL),
               "clGetMemObjectInfo");
    OCT_REQUIRE(log, offset <= available && bytes <= available - offset, OCTET_INVALID_ARGUMENT,
                "tensor: %zu bytes from offset %zu pass the end of a buffer of %zu", bytes, offset,
                available);
    OCT_ALLOC(log, tensor, 1);
    *tensor = (octet_tensor){context, type, *shape, bytes, NULL};
    OCT_ALLOC(log, tensor->buffer, 1);
    if (offset == 0 || bytes == 0) {
        OCT_CL_TRY(log, clRetainMemObject(buffer), "clRetainMemObject");
        part = buffer;
    } else {
        const cl_buffer_region region = {offset, bytes};
        const cl_mem_flags inherited = 0;
        part = clCreateSubBuffer(buffer, inherited, CL_BUFFER_CREATE_TYPE_REGION, &region, &error);
        OCT_CL_TRY(log, error, "clCreateSubBuffer");
    }
    *tensor->buffer = (oct_buffer){.context = context, .handle = part, .bytes = bytes};
    *out = tensor;
    tensor = NULL;
cleanup:
    if (tensor != NULL)
        free(tensor->buffer);
    free(tensor);
    return status;
}
