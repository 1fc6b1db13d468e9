/* device.c - the driver's devices, their queues and events. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ptx/ptx.h"

enum { MOST_DEVICES = 16 };

oct_ptx_driver oct_cu;

static struct _cl_platform_id {
    int none;
} platform;
static struct _cl_device_id devices[MOST_DEVICES];
static int device_count;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* ---- Driver ---- */

static bool load(void)
{
    void *const library = dlopen("libcuda.so.1", RTLD_NOW);
    bool complete = library != NULL;
    void *symbol = NULL;
#define FIND(name, arguments)                                                                      \
    symbol = complete ? dlsym(library, #name) : NULL;                                              \
    complete = symbol != NULL;                                                                     \
    memcpy(&oct_cu.name, &symbol, sizeof symbol);
    OCT_PTX_CALLS(FIND)
#undef FIND
    return complete;
}

static int attribute(int what, int device)
{
    int value = 0;
    oct_cu.cuDeviceGetAttribute(&value, what, device);
    return value;
}

static bool open_device(int number, struct _cl_device_id *out)
{
    enum { GROUP = 1, LOCAL = 8, UNITS = 16, MAJOR = 75, MINOR = 76 }; /* CU_DEVICE_ATTRIBUTE_… */
    out->number = number;
    out->group_size = attribute(GROUP, number);
    out->local_bytes = attribute(LOCAL, number);
    out->units = attribute(UNITS, number);
    out->capability = 10 * attribute(MAJOR, number) + attribute(MINOR, number);
    oct_cu.cuDriverGetVersion(&out->version);
    snprintf(out->driver, sizeof out->driver, "CUDA %d.%d", out->version / 1000,
             out->version % 1000 / 10);
    return oct_cu.cuDeviceGetName(out->name, sizeof out->name, number) == 0 &&
           oct_cu.cuDeviceTotalMem_v2(&out->bytes, number) == 0 &&
           oct_cu.cuDevicePrimaryCtxRetain(&out->context, number) == 0 && oct_ptx_enter(out) &&
           oct_cu.cuEventCreate(&out->epoch, 0) == 0 && oct_cu.cuEventRecord(out->epoch, NULL) == 0;
}

static void open_all(void)
{
    int count = 0;
    if (!load() || oct_cu.cuInit(0) != 0 || oct_cu.cuDeviceGetCount(&count) != 0)
        return;
    for (int i = 0; i < count && device_count < MOST_DEVICES; i++)
        device_count += open_device(i, &devices[device_count]);
}

bool oct_ptx_enter(cl_device_id device)
{
    return oct_cu.cuCtxSetCurrent(device->context) == 0;
}

/* ---- Platform and devices ---- */

cl_int oct_ptx_give(const void *from, size_t bytes, size_t capacity, void *value, size_t *size)
{
    if (size != NULL)
        *size = bytes;
    if (value != NULL && capacity < bytes)
        return CL_INVALID_VALUE;
    if (value != NULL)
        memcpy(value, from, bytes);
    return CL_SUCCESS;
}

cl_int clGetPlatformIDs(cl_uint capacity, cl_platform_id *platforms, cl_uint *count)
{
    pthread_once(&once, open_all);
    if (count != NULL)
        *count = 1;
    if (platforms != NULL && capacity > 0)
        platforms[0] = &platform;
    return CL_SUCCESS;
}

cl_int clGetPlatformInfo(cl_platform_id one, cl_platform_info what, size_t capacity, void *value,
                         size_t *size)
{
    static const char text[] = "PTX by clang on CUDA's driver";
    (void)one;
    (void)what;
    return oct_ptx_give(text, sizeof text, capacity, value, size);
}

cl_int clGetDeviceIDs(cl_platform_id one, cl_device_type type, cl_uint capacity, cl_device_id *ids,
                      cl_uint *count)
{
    (void)one;
    (void)type;
    if (count != NULL)
        *count = (cl_uint)device_count;
    for (cl_uint i = 0; ids != NULL && i < capacity && i < (cl_uint)device_count; i++)
        ids[i] = &devices[i];
    return device_count > 0 ? CL_SUCCESS : CL_DEVICE_NOT_FOUND;
}

cl_int clGetDeviceInfo(cl_device_id d, cl_device_info what, size_t capacity, void *value,
                       size_t *size)
{
    enum { MAJOR = 0x4000, MINOR = 0x4001 }; /* cl_nv_device_attribute_query */
    const cl_platform_id of = &platform;
    const cl_device_type type = CL_DEVICE_TYPE_GPU;
    const cl_bool yes = CL_TRUE;
    const cl_uint units = (cl_uint)d->units, major = (cl_uint)d->capability / 10,
                  minor = (cl_uint)d->capability % 10;
    const cl_ulong bytes = d->bytes, local = (cl_ulong)d->local_bytes;
    const size_t group = (size_t)d->group_size;
    const cl_device_local_mem_type local_type = CL_LOCAL;
    const cl_device_fp_config floats =
        CL_FP_DENORM | CL_FP_INF_NAN | CL_FP_ROUND_TO_NEAREST | CL_FP_FMA;
    const struct {
        cl_device_info what;
        const void *answer;
        size_t bytes;
    } answers[] = {
        {CL_DEVICE_NAME, d->name, strlen(d->name) + 1},
        {CL_DEVICE_VENDOR, "NVIDIA Corporation", sizeof "NVIDIA Corporation"},
        {CL_DRIVER_VERSION, d->driver, strlen(d->driver) + 1},
        {CL_DEVICE_EXTENSIONS, "cl_nv_device_attribute_query",
         sizeof "cl_nv_device_attribute_query"},
        {CL_DEVICE_PLATFORM, &of, sizeof of},
        {CL_DEVICE_TYPE, &type, sizeof type},
        {CL_DEVICE_AVAILABLE, &yes, sizeof yes},
        {CL_DEVICE_COMPILER_AVAILABLE, &yes, sizeof yes},
        {CL_DEVICE_HOST_UNIFIED_MEMORY, &yes, sizeof yes}, /* copies stay in the one stream */
        {CL_DEVICE_MAX_COMPUTE_UNITS, &units, sizeof units},
        {CL_DEVICE_MAX_WORK_GROUP_SIZE, &group, sizeof group},
        {CL_DEVICE_GLOBAL_MEM_SIZE, &bytes, sizeof bytes},
        {CL_DEVICE_MAX_MEM_ALLOC_SIZE, &bytes, sizeof bytes},
        {CL_DEVICE_LOCAL_MEM_SIZE, &local, sizeof local},
        {CL_DEVICE_LOCAL_MEM_TYPE, &local_type, sizeof local_type},
        {CL_DEVICE_SINGLE_FP_CONFIG, &floats, sizeof floats},
        {MAJOR, &major, sizeof major},
        {MINOR, &minor, sizeof minor},
    };
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
        if (answers[i].what == what)
            return oct_ptx_give(answers[i].answer, answers[i].bytes, capacity, value, size);
    return CL_INVALID_VALUE;
}

/* ---- Contexts and queues: the device itself ---- */

cl_context clCreateContext(const cl_context_properties *properties, cl_uint count,
                           const cl_device_id *ids,
                           void(CL_CALLBACK *notify)(const char *, const void *, size_t, void *),
                           void *user, cl_int *error)
{
    (void)properties;
    (void)notify;
    (void)user;
    *error = count == 1 ? CL_SUCCESS : CL_INVALID_VALUE;
    return count == 1 ? (cl_context)ids[0] : NULL;
}

cl_int clRetainContext(cl_context context)
{
    (void)context;
    return CL_SUCCESS;
}

cl_int clReleaseContext(cl_context context)
{
    (void)context;
    return CL_SUCCESS;
}

cl_command_queue clCreateCommandQueue(cl_context context, cl_device_id device,
                                      cl_command_queue_properties properties, cl_int *error)
{
    (void)context;
    (void)properties;
    *error = CL_SUCCESS;
    return (cl_command_queue)device;
}

cl_int clRetainCommandQueue(cl_command_queue queue)
{
    (void)queue;
    return CL_SUCCESS;
}

cl_int clReleaseCommandQueue(cl_command_queue queue)
{
    (void)queue;
    return CL_SUCCESS;
}

cl_int clGetCommandQueueInfo(cl_command_queue queue, cl_command_queue_info what, size_t capacity,
                             void *value, size_t *size)
{
    const cl_command_queue_properties properties = CL_QUEUE_PROFILING_ENABLE;
    return what == CL_QUEUE_PROPERTIES
               ? oct_ptx_give(&properties, sizeof properties, capacity, value, size)
               : oct_ptx_give(&queue, sizeof queue, capacity, value, size); /* context, device */
}

cl_int clFlush(cl_command_queue queue)
{
    (void)queue;
    return CL_SUCCESS;
}

cl_int clFinish(cl_command_queue queue)
{
    return oct_ptx_enter((cl_device_id)queue) && oct_cu.cuCtxSynchronize() == 0
               ? CL_SUCCESS
               : CL_OUT_OF_RESOURCES;
}

/* ---- Events ---- */

cl_int oct_ptx_record(cl_device_id device, cl_event *out)
{
    cl_event event = NULL;
    if (out == NULL)
        return CL_SUCCESS;
    event = calloc(1, sizeof *event);
    if (event == NULL)
        return CL_OUT_OF_HOST_MEMORY;
    event->device = device;
    if (!oct_ptx_enter(device) || oct_cu.cuEventCreate(&event->event, 0) != 0 ||
        oct_cu.cuEventRecord(event->event, NULL) != 0) {
        free(event);
        return CL_OUT_OF_RESOURCES;
    }
    *out = event;
    return CL_SUCCESS;
}

cl_int clEnqueueMarkerWithWaitList(cl_command_queue queue, cl_uint count, const cl_event *wait,
                                   cl_event *event)
{
    (void)count; /* one stream: all before it is done first */
    (void)wait;
    return oct_ptx_record((cl_device_id)queue, event);
}

cl_int clEnqueueBarrierWithWaitList(cl_command_queue queue, cl_uint count, const cl_event *wait,
                                    cl_event *event)
{
    return clEnqueueMarkerWithWaitList(queue, count, wait, event);
}

cl_int clWaitForEvents(cl_uint count, const cl_event *events)
{
    for (cl_uint i = 0; i < count; i++)
        if (!oct_ptx_enter(events[i]->device) || oct_cu.cuEventSynchronize(events[i]->event) != 0)
            return CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST;
    return CL_SUCCESS;
}

cl_int clGetEventInfo(cl_event event, cl_event_info what, size_t capacity, void *value,
                      size_t *size)
{
    const cl_int state =
        clWaitForEvents(1, &event) == CL_SUCCESS ? CL_COMPLETE : CL_OUT_OF_RESOURCES;
    (void)what; /* CL_EVENT_COMMAND_EXECUTION_STATUS is all that is asked */
    return oct_ptx_give(&state, sizeof state, capacity, value, size);
}

cl_int clGetEventProfilingInfo(cl_event event, cl_profiling_info what, size_t capacity, void *value,
                               size_t *size)
{
    float milliseconds = 0.0f;
    (void)what; /* the command's end stands for its start: markers are all that is asked about */
    if (clWaitForEvents(1, &event) != CL_SUCCESS ||
        oct_cu.cuEventElapsedTime(&milliseconds, event->device->epoch, event->event) != 0)
        return CL_PROFILING_INFO_NOT_AVAILABLE;
    const cl_ulong nanoseconds = (cl_ulong)((double)milliseconds * 1e6);
    return oct_ptx_give(&nanoseconds, sizeof nanoseconds, capacity, value, size);
}

cl_int clReleaseEvent(cl_event event)
{
    if (oct_ptx_enter(event->device))
        oct_cu.cuEventDestroy_v2(event->event);
    free(event);
    return CL_SUCCESS;
}
