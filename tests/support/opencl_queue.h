/* opencl_queue.h - a caller's own OpenCL context and queue on each device, as octet/opencl.h takes
 * them. */
#ifndef OCT_TESTS_OPENCL_QUEUE_H
#define OCT_TESTS_OPENCL_QUEUE_H

#include <stdbool.h>

#include "octet/opencl.h"
#include "support/rig.h"

typedef struct oct_own_queue {
    cl_device_id device;
    cl_context context;
    cl_command_queue queue;
    size_t alignment; /* of offsets, in bytes */
    octet_context *octet;
} oct_own_queue;

/* oct_own_devices - every OpenCL device, in the loader's order; at least one, or the test fails. */
size_t oct_own_devices(cl_device_id *devices, size_t capacity);

/* oct_own_open - a queue with "properties" and octet on it. False when the device offers no such
 * queue. */
bool oct_own_open(oct_own_queue *own, cl_device_id device, cl_command_queue_properties properties);
void oct_own_close(oct_own_queue *own);

/* oct_own_buffer - device memory with a copy of "data" (NULL: undefined contents). */
cl_mem oct_own_buffer(const oct_own_queue *own, size_t bytes, const void *data);

/* oct_own_tensor - "shape" elements in a buffer from an offset on. */
octet_tensor *oct_own_tensor(const oct_own_queue *own, octet_type type, const octet_shape *shape,
                             cl_mem buffer, size_t offset);

#endif
