/* opencl.h - OpenCL inside host/runtime: the state of a device's context, and error reports. */
#ifndef OCT_RUNTIME_OPENCL_H
#define OCT_RUNTIME_OPENCL_H

#include <CL/cl.h>
#include <pthread.h>
#include <stdatomic.h>

#include "runtime/backend.h"

/* A built program; contexts keep every one they built, newest first. */
typedef struct oct_program {
    struct oct_program *next;
    char *options;
    cl_program program;
    atomic_bool launched; /* a kernel of it was */
} oct_program;

enum { OCT_TRANSFERS = 2 }; /* to and from the device */

/* Of chains: opencl_trial.c. */
typedef enum oct_trial { OCT_TRIAL_AHEAD, OCT_TRIAL_PASSED, OCT_TRIAL_FAILED } oct_trial;
#define OCT_CHAIN_OPTIONS "-D OCT_BUILD_OTHER=1 -D OCT_BUILD_CHAIN=1"

typedef struct oct_cl {
    cl_device_id device;
    cl_context context;
    cl_command_queue queue;
    cl_command_queue transfers[OCT_TRANSFERS]; /* NULL before their first use */
    bool in_order;                             /* false only for a caller's own queue */
    bool owned;                                /* the queue is the library's own */
    bool profiling;                            /* the queue keeps the times of commands */
    char *source;                              /* kernels.cl from disk; NULL: the embedded one */
    char *stepped_source; /* the same with kernels that can be steps; NULL before its first use */
    char *identity;       /* source, device, platform and driver: what a binary depends on */
    pthread_mutex_t lock; /* guards programs, stepped_source, and the making of transfers */
    oct_program *programs;
    atomic_bool told_of_plain;  /* a message said that some kernel cannot be a step */
    pthread_mutex_t trial_lock; /* held while a chain is tried; guards "trial" */
    oct_trial trial;
} oct_cl;

struct oct_kernel {
    octet_context *context;
    const char *name; /* a literal of the caller */
    cl_kernel kernel;
    oct_program *program; /* of the context */
    size_t local[3];      /* the work-group the kernel requires; zeros: any */
    bool stepped;         /* built from stepped_source */
    cl_uint parameters;
    void *entry; /* of the step, once asked for */
    void *code;  /* the library that it is in, kept open */
};

/* oct_cl_is_step - whether a kernel that is launched with "count" arguments can be a step: the entry to
 * write is one parameter more. Those of several work-items to a group have none. */
static inline bool oct_cl_is_step(const oct_kernel *kernel, size_t count)
{
    return kernel->stepped && kernel->parameters == count + 1;
}

static inline oct_cl *oct_cl_of(const octet_context *context)
{
    return context->device;
}

/* oct_cl_report - reports that "call" gave "error", as OUT_OF_MEMORY or DEVICE_FAILED. */
octet_status oct_cl_report(const oct_log *log, cl_int error, const char *call);

/* The backend's parts, one file each. */
octet_status oct_cl_allocate(octet_context *context, size_t bytes, bool for_host, void **handle);
void oct_cl_release(void *handle);
octet_status oct_cl_write(oct_buffer *buffer, size_t bytes, const void *data, void **event);
octet_status oct_cl_read(const oct_buffer *buffer, size_t bytes, void *data, void **event);
octet_status oct_cl_map(oct_buffer *buffer, unsigned access, void **memory);
octet_status oct_cl_unmap(oct_buffer *buffer, void *memory);
octet_status oct_cl_transfer(oct_buffer *buffer, size_t bytes, unsigned access, void *memory,
                             const octet_event *after, void **event);
octet_status oct_cl_begin(octet_context *context, octet_event *const *wait, size_t wait_count,
                          void **start);
octet_status oct_cl_marker(octet_context *context, void **event);
octet_status oct_cl_barrier(octet_context *context);
octet_status oct_cl_flush(octet_context *context);
octet_status oct_cl_event_wait(const octet_event *event);
octet_status oct_cl_event_seconds(const octet_event *event, double *start, double *end);
void oct_cl_event_release(void *event);

/* opencl_transfer.c */
octet_status oct_cl_finish_transfers(octet_context *context);
void oct_cl_release_transfers(oct_cl *cl);

/* opencl_program.c */
octet_status oct_cl_load_source(octet_context *context, const char *kernel_file);
void oct_cl_release_programs(oct_cl *cl);

/* oct_cl_get_program - finds or builds the program, from stepped_source if "stepped", whose failures
 * are told to "log"; the caller holds the lock. */
octet_status oct_cl_get_program(octet_context *context, const oct_log *log, const char *options,
                                bool stepped, oct_program **out);

/* What a launch covers. */
typedef struct oct_range {
    size_t global[3], local[3];
    bool any_local; /* instead of "local" */
} oct_range;

/* opencl_kernel.c
 * oct_cl_arg_value - where the value of an argument is and its size; "integer" has room for one.
 * oct_cl_set_args - sets those of "handle", made as the kernel's own was, then "entry" where the kernel is
 * a step (NULL: to run it).
 * oct_cl_range - a global size in whole work-groups. oct_cl_enqueue_range - enqueues "handle" as it is.
 * oct_cl_enqueue - all that with the kernel's own. */
octet_status oct_cl_arg_value(const oct_kernel *kernel, size_t index, const oct_arg *arg,
                              cl_int *integer, const void **value, size_t *size);
octet_status oct_cl_set_args(const oct_kernel *kernel, cl_kernel handle, const oct_arg *args,
                             size_t count, cl_mem entry);
oct_range oct_cl_range(const oct_kernel *kernel, const size_t global[3]);
octet_status oct_cl_enqueue_range(octet_context *context, cl_kernel handle, const char *name,
                                  const oct_range *range);
octet_status oct_cl_enqueue(oct_kernel *kernel, const size_t global[3], const oct_arg *args,
                            size_t count, cl_mem entry);

/* opencl_steps.c - kernels.cl written anew, with kernels that can be steps; NULL when memory is out. The
 * caller holds the lock. */
const char *oct_cl_stepped_source(oct_cl *cl);

/* opencl_chain.c - the chain that this thread records on the context, or NULL; and a launch for it. */
oct_chain *oct_cl_recording(const octet_context *context);
octet_status oct_cl_begin_chain(octet_context *context, oct_chain **out); /* tried or not */
octet_status oct_cl_record(oct_chain *chain, oct_kernel *kernel, const size_t global[3],
                           const oct_arg *args, size_t count);

/* opencl_traits.c - what the context's info does not say of its device. */
void oct_cl_fill_traits(octet_context *context, cl_device_id device);

/* opencl_launches.c - the launches that this thread records on the context, or NULL; and one for them. */
oct_launches *oct_cl_listing(const octet_context *context);
octet_status oct_cl_list(oct_launches *launches, const oct_kernel *kernel, const size_t global[3],
                         const oct_arg *args, size_t count);

/* opencl_device.c - attaches a device and, when given, a caller's own context and queue (retained);
 * NULL: new ones. */
octet_status oct_cl_attach(octet_context *context, const oct_opencl_device *device,
                           cl_context own_context, cl_command_queue own_queue,
                           const octet_context_desc *desc);

#endif
