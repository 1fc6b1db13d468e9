/* ptx.h - the functions of OpenCL that octet calls, on NVIDIA's CUDA driver alone: for machines that have
 * the driver and no OpenCL of it. clang compiles kernels.cl to PTX, with tests/gpu/builtins.cl for the
 * builtin functions, and the driver does the rest. One stream per device, on which everything is in
 * order; copies wait. Enough to verify and to time kernels, and no more than that. */
#ifndef OCT_PTX_PTX_H
#define OCT_PTX_PTX_H

#include <CL/cl.h>
#include <stdbool.h>
#include <stddef.h>

/* The driver's functions that are used, X(name, arguments): all return 0 for success. Declared here, so
 * that neither the toolkit nor the driver is needed to build this. */
typedef unsigned long long oct_ptx_address;
#define OCT_PTX_CALLS(X)                                                                           \
    X(cuInit, (unsigned flags))                                                                    \
    X(cuDriverGetVersion, (int *version))                                                          \
    X(cuDeviceGetCount, (int *count))                                                              \
    X(cuDeviceGetName, (char *name, int capacity, int device))                                     \
    X(cuDeviceTotalMem_v2, (size_t * bytes, int device))                                           \
    X(cuDeviceGetAttribute, (int *value, int attribute, int device))                               \
    X(cuDevicePrimaryCtxRetain, (void **context, int device))                                      \
    X(cuCtxSetCurrent, (void *context))                                                            \
    X(cuCtxSynchronize, (void))                                                                    \
    X(cuMemAlloc_v2, (oct_ptx_address * address, size_t bytes))                                    \
    X(cuMemFree_v2, (oct_ptx_address address))                                                     \
    X(cuMemcpyHtoD_v2, (oct_ptx_address to, const void *from, size_t bytes))                       \
    X(cuMemcpyDtoH_v2, (void *to, oct_ptx_address from, size_t bytes))                             \
    X(cuModuleLoadData, (void **module, const void *text))                                         \
    X(cuModuleUnload, (void *module))                                                              \
    X(cuModuleGetFunction, (void **function, void *module, const char *name))                      \
    X(cuLaunchKernel,                                                                              \
      (void *function, unsigned groups_x, unsigned groups_y, unsigned groups_z, unsigned x,        \
       unsigned y, unsigned z, unsigned shared, void *stream, void **arguments, void **extra))     \
    X(cuEventCreate, (void **event, unsigned flags))                                               \
    X(cuEventRecord, (void *event, void *stream))                                                  \
    X(cuEventSynchronize, (void *event))                                                           \
    X(cuEventElapsedTime, (float *milliseconds, void *from, void *to))                             \
    X(cuEventDestroy_v2, (void *event))

typedef struct oct_ptx_driver {
#define OCT_PTX_MEMBER(name, arguments) int(*name) arguments;
    OCT_PTX_CALLS(OCT_PTX_MEMBER)
#undef OCT_PTX_MEMBER
} oct_ptx_driver;

extern oct_ptx_driver oct_cu;

/* A device is its own context and queue too. */
struct _cl_device_id {
    int number, version;   /* the driver's */
    void *context, *epoch; /* epoch: an event from which times count */
    int capability, units, local_bytes, group_size;
    size_t bytes;
    char name[128], driver[32];
};

struct _cl_mem {
    cl_device_id device;
    oct_ptx_address address;
    size_t bytes, mapped_from, mapped_bytes;
    void *mapped; /* one mapping at a time */
};

struct _cl_event {
    cl_device_id device;
    void *event;
};

/* oct_ptx_enter - makes the device this thread's; false when the driver refuses. */
bool oct_ptx_enter(cl_device_id device);

/* oct_ptx_record - an event behind all that was enqueued; out may be NULL. */
cl_int oct_ptx_record(cl_device_id device, cl_event *out);

/* oct_ptx_give - the answer to a question for information. */
cl_int oct_ptx_give(const void *from, size_t bytes, size_t capacity, void *value, size_t *size);

/* oct_ptx_compile - PTX of the source, in new memory, or NULL; what clang said goes to log. */
char *oct_ptx_compile(int capability, const char *source, const char *options, char *log,
                      size_t capacity);

#endif
