/* memory.c - buffers, copies and mappings. */
#include <stdlib.h>

#include "ptx/ptx.h"

cl_mem clCreateBuffer(cl_context context, cl_mem_flags flags, size_t bytes, void *host,
                      cl_int *error)
{
    cl_mem memory = calloc(1, sizeof *memory);
    *error = CL_MEM_OBJECT_ALLOCATION_FAILURE;
    if (memory == NULL)
        return NULL;
    memory->device = (cl_device_id)context;
    memory->bytes = bytes;
    if (flags != CL_MEM_READ_WRITE || host != NULL || !oct_ptx_enter(memory->device) ||
        oct_cu.cuMemAlloc_v2(&memory->address, bytes) != 0) {
        free(memory);
        return NULL;
    }
    *error = CL_SUCCESS;
    return memory;
}

cl_int clReleaseMemObject(cl_mem memory)
{
    if (oct_ptx_enter(memory->device))
        oct_cu.cuMemFree_v2(memory->address);
    free(memory->mapped);
    free(memory);
    return CL_SUCCESS;
}

cl_int clRetainMemObject(cl_mem memory)
{
    (void)memory;
    return CL_INVALID_OPERATION; /* nobody lends buffers to octet here */
}

cl_int clEnqueueWriteBuffer(cl_command_queue queue, cl_mem memory, cl_bool blocking, size_t offset,
                            size_t bytes, const void *data, cl_uint count, const cl_event *wait,
                            cl_event *event)
{
    (void)blocking;
    (void)count;
    (void)wait;
    if (!oct_ptx_enter(memory->device) ||
        oct_cu.cuMemcpyHtoD_v2(memory->address + offset, data, bytes) != 0)
        return CL_OUT_OF_RESOURCES;
    return oct_ptx_record((cl_device_id)queue, event);
}

cl_int clEnqueueReadBuffer(cl_command_queue queue, cl_mem memory, cl_bool blocking, size_t offset,
                           size_t bytes, void *data, cl_uint count, const cl_event *wait,
                           cl_event *event)
{
    (void)blocking;
    (void)count;
    (void)wait;
    if (!oct_ptx_enter(memory->device) ||
        oct_cu.cuMemcpyDtoH_v2(data, memory->address + offset, bytes) != 0)
        return CL_OUT_OF_RESOURCES;
    return oct_ptx_record((cl_device_id)queue, event);
}

/* A copy, which unmapping writes back. */
void *clEnqueueMapBuffer(cl_command_queue queue, cl_mem memory, cl_bool blocking,
                         cl_map_flags flags, size_t offset, size_t bytes, cl_uint count,
                         const cl_event *wait, cl_event *event, cl_int *error)
{
    (void)flags;
    *error = CL_MAP_FAILURE;
    if (memory->mapped != NULL || (memory->mapped = malloc(bytes > 0 ? bytes : 1)) == NULL)
        return NULL;
    memory->mapped_from = offset;
    memory->mapped_bytes = bytes;
    *error = clEnqueueReadBuffer(queue, memory, blocking, offset, bytes, memory->mapped, count,
                                 wait, event);
    if (*error != CL_SUCCESS) {
        free(memory->mapped);
        memory->mapped = NULL;
    }
    return memory->mapped;
}

cl_int clEnqueueUnmapMemObject(cl_command_queue queue, cl_mem memory, void *mapped, cl_uint count,
                               const cl_event *wait, cl_event *event)
{
    cl_int error = CL_INVALID_VALUE;
    if (mapped == NULL || mapped != memory->mapped)
        return error;
    error = clEnqueueWriteBuffer(queue, memory, CL_TRUE, memory->mapped_from, memory->mapped_bytes,
                                 mapped, count, wait, event);
    free(memory->mapped);
    memory->mapped = NULL;
    return error;
}
