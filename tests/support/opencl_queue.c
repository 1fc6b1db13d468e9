/* opencl_queue.c - see opencl_queue.h. */
#include "support/opencl_queue.h"

#include <time.h>

enum { MOST_PLATFORMS = 8 };

size_t oct_own_devices(cl_device_id *devices, size_t capacity)
{
    cl_platform_id platforms[MOST_PLATFORMS];
    cl_uint platform_count = 0;
    size_t count = 0;
    assert_int_equal(clGetPlatformIDs(MOST_PLATFORMS, platforms, &platform_count), CL_SUCCESS);
    for (cl_uint i = 0; i < platform_count && i < MOST_PLATFORMS; i++) {
        cl_uint found = 0;
        if (clGetDeviceIDs(platforms[i], CL_DEVICE_TYPE_ALL, (cl_uint)(capacity - count),
                           devices + count, &found) == CL_SUCCESS)
            count += found;
    }
    assert_in_range(count, 1, capacity);
    return count;
}

bool oct_own_open(oct_own_queue *own, cl_device_id device, cl_command_queue_properties properties)
{
    const octet_context_desc desc = {
        .struct_size = sizeof desc, .message = oct_rig_listen, .message_user = &oct_the_rig};
    cl_uint bits = 0;
    cl_int error = CL_SUCCESS;
    *own = (oct_own_queue){.device = device};
    assert_int_equal(
        clGetDeviceInfo(device, CL_DEVICE_MEM_BASE_ADDR_ALIGN, sizeof bits, &bits, NULL),
        CL_SUCCESS);
    own->alignment = bits / 8;
    own->context = clCreateContext(NULL, 1, &device, NULL, NULL, &error);
    assert_int_equal(error, CL_SUCCESS);
    own->queue = clCreateCommandQueue(own->context, device, properties, &error);
    if (error != CL_SUCCESS) {
        clReleaseContext(own->context);
        return false;
    }
    OCT_ASSERT_OK(octet_context_from_queue(device, own->context, own->queue, &desc, &own->octet));
    return true;
}

static cl_uint references(const oct_own_queue *own)
{
    cl_uint count = 0;
    assert_int_equal(
        clGetCommandQueueInfo(own->queue, CL_QUEUE_REFERENCE_COUNT, sizeof count, &count, NULL),
        CL_SUCCESS);
    return count;
}

/* PoCL lets go of what a command held shortly after it has told that the command is complete. */
static bool falls_to_one(const oct_own_queue *own)
{
    const struct timespec millisecond = {0, 1000000};
    for (int i = 0; i < 10000 && references(own) > 1; i++)
        nanosleep(&millisecond, NULL);
    return references(own) == 1;
}

void oct_own_close(oct_own_queue *own)
{
    assert_true(references(own) > 1);
    octet_context_destroy(own->octet);
    assert_true(falls_to_one(own));
    assert_int_equal(clReleaseCommandQueue(own->queue), CL_SUCCESS);
    assert_int_equal(clReleaseContext(own->context), CL_SUCCESS);
}

cl_mem oct_own_buffer(const oct_own_queue *own, size_t bytes, const void *data)
{
    cl_int error = CL_SUCCESS;
    const cl_mem buffer =
        clCreateBuffer(own->context, CL_MEM_READ_WRITE, bytes > 0 ? bytes : 1, NULL, &error);
    assert_int_equal(error, CL_SUCCESS);
    if (data != NULL)
        assert_int_equal(
            clEnqueueWriteBuffer(own->queue, buffer, CL_TRUE, 0, bytes, data, 0, NULL, NULL),
            CL_SUCCESS);
    return buffer;
}

octet_tensor *oct_own_tensor(const oct_own_queue *own, octet_type type, const octet_shape *shape,
                             cl_mem buffer, size_t offset)
{
    octet_tensor *tensor = NULL;
    OCT_ASSERT_OK(octet_tensor_from_buffer(own->octet, type, shape, buffer, offset, &tensor));
    return tensor;
}
