/* backend.h - the table of functions behind runtime.h. Handles are the backend's own. */
#ifndef OCT_RUNTIME_BACKEND_H
#define OCT_RUNTIME_BACKEND_H

#include "runtime/runtime.h"

struct oct_backend {
    void (*close)(octet_context *context);
    octet_status (*finish)(octet_context *context);

    octet_status (*allocate)(octet_context *context, size_t bytes, bool for_host, void **handle);
    void (*release)(void *handle);
    octet_status (*write)(oct_buffer *buffer, size_t bytes, const void *data, void **event);
    octet_status (*read)(const oct_buffer *buffer, size_t bytes, void *data, void **event);
    octet_status (*map)(oct_buffer *buffer, unsigned access, void **memory);
    octet_status (*unmap)(oct_buffer *buffer, void *memory);

    /* on a queue beside; only where context->transfers_beside */
    octet_status (*transfer)(oct_buffer *buffer, size_t bytes, unsigned access, void *memory,
                             const octet_event *after, void **event);

    octet_status (*begin)(octet_context *context, octet_event *const *wait, size_t wait_count,
                          void **start); /* *start stays NULL where times are not kept */
    octet_status (*marker)(octet_context *context, void **event);
    octet_status (*barrier)(octet_context *context);
    octet_status (*flush)(octet_context *context); /* what was enqueued starts without a wait */
    octet_status (*event_wait)(const octet_event *event);
    octet_status (*event_seconds)(const octet_event *event, double *start, double *end);
    void (*event_release)(void *event);
};

extern const oct_backend oct_host_backend;

/* What context.c needs of OpenCL; in a build without it (no_opencl.c) there are no devices. */
typedef struct oct_opencl_device {
    void *platform, *device; /* cl_platform_id, cl_device_id */
    octet_device_info info;
    bool usable; /* available, with a compiler */
} oct_opencl_device;

/* oct_opencl_list - every OpenCL device, in the loader's order, in a new array (free() it). */
octet_status oct_opencl_list(const oct_log *log, oct_opencl_device **devices, size_t *count);

/* oct_opencl_open - sets context->backend, ->device and ->traits for a device of the list. */
octet_status oct_opencl_open(octet_context *context, const oct_opencl_device *device,
                             const octet_context_desc *desc);

#endif
