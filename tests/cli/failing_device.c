/* failing_device.c - a device that fails in the middle of its work, for tests: loaded before the OpenCL
 * loader by LD_PRELOAD, it stands between the program and the loader.
 *     OCTET_TEST_FAILING=DEVICE:BATCHES[,DEVICE:BATCHES]
 * Device number DEVICE, in the loader's order, takes that many transfers which the host does not wait
 * for, one for each batch of the digits network; from then on all it is given is refused. */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <CL/cl.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_DEVICES = 64 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static size_t taken[MOST_DEVICES]; /* transfers, by each device */

/* The number of a queue's device; MOST_DEVICES if it is not found. */
static size_t number_of(cl_command_queue queue)
{
    cl_device_id wanted = NULL, devices[MOST_DEVICES];
    cl_platform_id platforms[MOST_DEVICES];
    cl_uint platform_count = 0, count = 0;
    size_t number = 0;
    clGetCommandQueueInfo(queue, CL_QUEUE_DEVICE, sizeof wanted, &wanted, NULL);
    clGetPlatformIDs(MOST_DEVICES, platforms, &platform_count);
    for (cl_uint i = 0; i < platform_count; i++) {
        if (clGetDeviceIDs(platforms[i], CL_DEVICE_TYPE_ALL, MOST_DEVICES, devices, &count) !=
            CL_SUCCESS)
            continue;
        for (cl_uint j = 0; j < count; j++, number++)
            if (devices[j] == wanted)
                return number;
    }
    return MOST_DEVICES;
}

/* How many transfers a device may take: those that OCTET_TEST_FAILING says, or any number. */
static size_t limit_of(size_t number)
{
    const char *at = getenv("OCTET_TEST_FAILING");
    size_t device, batches;
    for (; at != NULL; at = strchr(at, ',')) {
        at += *at == ',';
        if (sscanf(at, "%zu:%zu", &device, &batches) == 2 && device == number)
            return batches;
    }
    return (size_t)-1;
}

static bool is_gone(cl_command_queue queue, bool is_transfer)
{
    const size_t number = number_of(queue);
    if (number >= MOST_DEVICES)
        return false;
    pthread_mutex_lock(&lock);
    taken[number] += is_transfer;
    const bool gone = taken[number] > limit_of(number);
    pthread_mutex_unlock(&lock);
    return gone;
}

#pragma GCC visibility push(default)

/* The loader's own function of that name. */
#define REAL(name, pointer)                                                                        \
    do {                                                                                           \
        void *const symbol = dlsym(RTLD_NEXT, name);                                               \
        memcpy(&(pointer), &symbol, sizeof(pointer));                                              \
    } while (0)

cl_int clEnqueueWriteBuffer(cl_command_queue queue, cl_mem buffer, cl_bool blocking, size_t offset,
                            size_t size, const void *data, cl_uint count, const cl_event *wait,
                            cl_event *event)
{
    cl_int (*real)(cl_command_queue, cl_mem, cl_bool, size_t, size_t, const void *, cl_uint,
                   const cl_event *, cl_event *);
    REAL("clEnqueueWriteBuffer", real);
    if (is_gone(queue, !blocking))
        return CL_OUT_OF_RESOURCES;
    return real(queue, buffer, blocking, offset, size, data, count, wait, event);
}

cl_int clEnqueueReadBuffer(cl_command_queue queue, cl_mem buffer, cl_bool blocking, size_t offset,
                           size_t size, void *data, cl_uint count, const cl_event *wait,
                           cl_event *event)
{
    cl_int (*real)(cl_command_queue, cl_mem, cl_bool, size_t, size_t, void *, cl_uint,
                   const cl_event *, cl_event *);
    REAL("clEnqueueReadBuffer", real);
    if (is_gone(queue, false))
        return CL_OUT_OF_RESOURCES;
    return real(queue, buffer, blocking, offset, size, data, count, wait, event);
}

cl_int clEnqueueNDRangeKernel(cl_command_queue queue, cl_kernel kernel, cl_uint dimensions,
                              const size_t *offset, const size_t *global, const size_t *local,
                              cl_uint count, const cl_event *wait, cl_event *event)
{
    cl_int (*real)(cl_command_queue, cl_kernel, cl_uint, const size_t *, const size_t *,
                   const size_t *, cl_uint, const cl_event *, cl_event *);
    REAL("clEnqueueNDRangeKernel", real);
    if (is_gone(queue, false))
        return CL_OUT_OF_RESOURCES;
    return real(queue, kernel, dimensions, offset, global, local, count, wait, event);
}
