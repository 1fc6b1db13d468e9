/* opencl_device.c - finds OpenCL devices and opens one. */
#include "runtime/opencl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Listing ---- */

static void device_text(cl_device_id device, cl_device_info what, char *text, size_t capacity)
{
    size_t bytes = 0;
    char *whole = NULL;
    text[0] = '\0';
    if (clGetDeviceInfo(device, what, 0, NULL, &bytes) != CL_SUCCESS || bytes == 0)
        return;
    whole = oct_allocate(bytes + 1, 1);
    if (whole != NULL && clGetDeviceInfo(device, what, bytes, whole, NULL) == CL_SUCCESS)
        snprintf(text, capacity, "%s", whole);
    free(whole);
}

static bool device_flag(cl_device_id device, cl_device_info what)
{
    cl_bool flag = CL_FALSE;
    return clGetDeviceInfo(device, what, sizeof flag, &flag, NULL) == CL_SUCCESS && flag;
}

static octet_device_type device_type(cl_device_id device)
{
    cl_device_type type = 0;
    (void)clGetDeviceInfo(device, CL_DEVICE_TYPE, sizeof type, &type, NULL);
    if (type & CL_DEVICE_TYPE_GPU)
        return OCTET_DEVICE_GPU;
    return (type & CL_DEVICE_TYPE_CPU) ? OCTET_DEVICE_CPU : OCTET_DEVICE_ACCELERATOR;
}

static void describe(cl_platform_id platform, cl_device_id device, oct_opencl_device *out)
{
    octet_device_info *const info = &out->info;
    cl_uint units = 0;
    cl_ulong global = 0, local = 0;
    *out = (oct_opencl_device){.platform = platform, .device = device};
    device_text(device, CL_DEVICE_NAME, info->name, sizeof info->name);
    device_text(device, CL_DEVICE_VENDOR, info->vendor, sizeof info->vendor);
    device_text(device, CL_DRIVER_VERSION, info->driver, sizeof info->driver);
    if (clGetPlatformInfo(platform, CL_PLATFORM_NAME, sizeof info->platform, info->platform,
                          NULL) != CL_SUCCESS)
        info->platform[0] = '\0';
    (void)clGetDeviceInfo(device, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof units, &units, NULL);
    (void)clGetDeviceInfo(device, CL_DEVICE_GLOBAL_MEM_SIZE, sizeof global, &global, NULL);
    (void)clGetDeviceInfo(device, CL_DEVICE_LOCAL_MEM_SIZE, sizeof local, &local, NULL);
    info->type = device_type(device);
    info->compute_units = units;
    info->global_memory_bytes = global;
    info->local_memory_bytes = local;
    out->usable = device_flag(device, CL_DEVICE_AVAILABLE) &&
                  device_flag(device, CL_DEVICE_COMPILER_AVAILABLE);
}

static octet_status append_platform(const oct_log *log, cl_platform_id platform,
                                    oct_opencl_device **devices, size_t *count)
{
    octet_status status = OCTET_OK;
    cl_uint found = 0;
    cl_device_id *ids = NULL;
    oct_opencl_device *grown = NULL;
    if (clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, NULL, &found) != CL_SUCCESS || found == 0)
        return OCTET_OK; /* a platform without devices hides none of the others */
    OCT_ALLOC(log, ids, found);
    OCT_CL_TRY(log, clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, found, ids, NULL),
               "clGetDeviceIDs");
    grown = realloc(*devices, (*count + found) * sizeof **devices);
    OCT_REQUIRE(log, grown != NULL, OCTET_OUT_OF_MEMORY, "out of host memory: list of devices");
    *devices = grown;
    for (cl_uint i = 0; i < found; i++)
        describe(platform, ids[i], &grown[(*count)++]);
cleanup:
    free(ids);
    return status;
}

octet_status oct_opencl_list(const oct_log *log, oct_opencl_device **devices, size_t *count)
{
    octet_status status = OCTET_OK;
    cl_uint platform_count = 0;
    cl_platform_id *platforms = NULL;
    oct_opencl_device *list = NULL;
    size_t found = 0;
    if (clGetPlatformIDs(0, NULL, &platform_count) != CL_SUCCESS)
        platform_count = 0; /* the loader reports "none" as an error */
    OCT_ALLOC(log, platforms, platform_count);
    OCT_ALLOC(log, list, 0);
    if (platform_count > 0)
        OCT_CL_TRY(log, clGetPlatformIDs(platform_count, platforms, NULL), "clGetPlatformIDs");
    for (cl_uint i = 0; i < platform_count; i++)
        OCT_TRY(append_platform(log, platforms[i], &list, &found));
    *devices = list;
    *count = found;
    list = NULL;
cleanup:
    free(list);
    free(platforms);
    return status;
}

/* ---- Opening ---- */

static void close_device(octet_context *context)
{
    oct_cl *const cl = oct_cl_of(context);
    if (cl == NULL)
        return;
    if (cl->queue != NULL && cl->owned)
        (void)clFinish(cl->queue); /* a failed call may leave commands behind */
    oct_cl_release_programs(cl);
    oct_cl_release_transfers(cl);
    if (cl->queue != NULL)
        (void)clReleaseCommandQueue(cl->queue);
    if (cl->context != NULL)
        (void)clReleaseContext(cl->context);
    pthread_mutex_destroy(&cl->trial_lock);
    pthread_mutex_destroy(&cl->lock);
    free(cl->stepped_source);
    free(cl->source);
    free(cl->identity);
    free(cl);
    context->device = NULL;
}

static octet_status finish(octet_context *context)
{
    octet_status status = OCTET_OK;
    OCT_CL_TRY(&context->log, clFinish(oct_cl_of(context)->queue), "clFinish");
    OCT_TRY(oct_cl_finish_transfers(context));
cleanup:
    return status;
}

static const oct_backend opencl_backend = {
    .close = close_device,
    .finish = finish,
    .allocate = oct_cl_allocate,
    .release = oct_cl_release,
    .write = oct_cl_write,
    .read = oct_cl_read,
    .map = oct_cl_map,
    .unmap = oct_cl_unmap,
    .transfer = oct_cl_transfer,
    .begin = oct_cl_begin,
    .marker = oct_cl_marker,
    .barrier = oct_cl_barrier,
    .flush = oct_cl_flush,
    .event_wait = oct_cl_event_wait,
    .event_seconds = oct_cl_event_seconds,
    .event_release = oct_cl_event_release,
};

/* The library's own context and in-order queue. */
static octet_status create_queue(octet_context *context, const octet_context_desc *desc)
{
    octet_status status = OCTET_OK;
    oct_cl *const cl = oct_cl_of(context);
    cl_int error = CL_SUCCESS;
    cl->context = clCreateContext(NULL, 1, &cl->device, NULL, NULL, &error);
    OCT_CL_TRY(&context->log, error, "clCreateContext");
    cl->queue = clCreateCommandQueue(cl->context, cl->device,
                                     desc->profiling ? CL_QUEUE_PROFILING_ENABLE : 0, &error);
    OCT_CL_TRY(&context->log, error, "clCreateCommandQueue");
    cl->in_order = cl->owned = true;
    cl->profiling = desc->profiling != 0;
cleanup:
    return status;
}

/* Whether the queue is one of "own_context" and of the context's device. */
static octet_status check_queue(octet_context *context, cl_context own_context,
                                cl_command_queue own_queue)
{
    octet_status status = OCTET_OK;
    const oct_log *const log = &context->log;
    cl_context owner = NULL;
    cl_device_id device = NULL;
    OCT_CL_TRY(log, clGetCommandQueueInfo(own_queue, CL_QUEUE_CONTEXT, sizeof owner, &owner, NULL),
               "clGetCommandQueueInfo");
    OCT_REQUIRE(log, owner == own_context, OCTET_INVALID_ARGUMENT,
                "context: the queue belongs to another OpenCL context than the one given");
    OCT_CL_TRY(log, clGetCommandQueueInfo(own_queue, CL_QUEUE_DEVICE, sizeof device, &device, NULL),
               "clGetCommandQueueInfo");
    OCT_REQUIRE(log, device == oct_cl_of(context)->device, OCTET_INVALID_ARGUMENT,
                "context: the queue belongs to another device than the one given");
cleanup:
    return status;
}

static octet_status borrow_queue(octet_context *context, cl_context own_context,
                                 cl_command_queue own_queue)
{
    octet_status status = OCTET_OK;
    oct_cl *const cl = oct_cl_of(context);
    cl_command_queue_properties properties = 0;
    OCT_TRY(check_queue(context, own_context, own_queue));
    OCT_CL_TRY(&context->log, clRetainContext(own_context), "clRetainContext");
    cl->context = own_context;
    OCT_CL_TRY(&context->log, clRetainCommandQueue(own_queue), "clRetainCommandQueue");
    cl->queue = own_queue;
    OCT_CL_TRY(
        &context->log,
        clGetCommandQueueInfo(own_queue, CL_QUEUE_PROPERTIES, sizeof properties, &properties, NULL),
        "clGetCommandQueueInfo");
    cl->in_order = !(properties & CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
    cl->profiling = (properties & CL_QUEUE_PROFILING_ENABLE) != 0;
cleanup:
    return status;
}

static bool create_locks(oct_cl *cl)
{
    if (pthread_mutex_init(&cl->lock, NULL) != 0)
        return false;
    if (pthread_mutex_init(&cl->trial_lock, NULL) == 0)
        return true;
    pthread_mutex_destroy(&cl->lock);
    return false;
}

octet_status oct_cl_attach(octet_context *context, const oct_opencl_device *device,
                           cl_context own_context, cl_command_queue own_queue,
                           const octet_context_desc *desc)
{
    octet_status status = OCTET_OK;
    oct_cl *cl = NULL;
    OCT_ALLOC(&context->log, cl, 1);
    cl->device = device->device;
    if (!create_locks(cl)) {
        free(cl);
        return oct_report(&context->log, OCTET_OUT_OF_MEMORY, "a mutex could not be made");
    }
    context->device = cl;
    context->backend = &opencl_backend; /* from here on oct_context_close releases everything */
    if (own_queue != NULL)
        OCT_TRY(borrow_queue(context, own_context, own_queue));
    else
        OCT_TRY(create_queue(context, desc));
    oct_cl_fill_traits(context, device->device);
    context->transfers_beside =
        oct_cl_of(context)->owned && !device_flag(device->device, CL_DEVICE_HOST_UNIFIED_MEMORY);
    OCT_TRY(oct_cl_load_source(context, desc->kernel_file));
cleanup:
    return status;
}

octet_status oct_opencl_open(octet_context *context, const oct_opencl_device *device,
                             const octet_context_desc *desc)
{
    return oct_cl_attach(context, device, NULL, NULL, desc);
}
