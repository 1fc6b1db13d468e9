/* runtime.h - contexts, buffers, kernels, launches and events, without an OpenCL type in sight:
 * what operators are written in. A backend is a table of functions: host.c for the reference
 * (buffers are host memory, every command is done when it returns, kernels do not exist),
 * opencl_*.c for devices.
 */
#ifndef OCT_RUNTIME_H
#define OCT_RUNTIME_H

#include <stdatomic.h>
#include <stdbool.h>

#include "core/check.h"
#include "core/epilogue.h"
#include "core/shape.h"
#include "core/traits.h"
#include "runtime/cache.h"

typedef struct oct_backend oct_backend;

#define OCT_VARIANT_NAME 48

struct octet_context {
    oct_log log;
    const oct_backend *backend;
    void *device; /* the backend's own state: oct_cl, or NULL for the host */
    octet_device_info info;
    size_t index; /* in octet_list_devices */
    oct_traits traits;
    bool transfers_beside; /* the device has memory of its own, the context its own queue:
                              oct_buffer_transfer */
    bool chains;           /* oct_context_use_chains: kernels are made for them */
    const char *no_chains; /* where not: why, a literal */
    oct_cache cache;
    octet_probe probes[OCT_MAX_PATHS]; /* filled by operators/qualify.c */
    size_t probe_count;
    char variants[OCT_MAX_VARIANTS][OCT_VARIANT_NAME]; /* names of the tile table's rows */
    struct oct_winner *winners; /* of tuning: operators/tuning.c; one block, never changed */
    size_t winner_count;
};

/* context.c - oct_context_open makes a context without qualifying its device; oct_context_close is
 * its inverse and accepts NULL. */
octet_status oct_context_open(const octet_context_desc *desc, octet_context **out);
void oct_context_close(octet_context *context);

/* oct_context_identity - a text that names device, driver and kernels: what results found out about
 * the device depend on. Lives as long as the context. */
const char *oct_context_identity(const octet_context *context);

/* opencl_interop.c - a context on a caller's device, context and queue (OpenCL handles). */
octet_status oct_context_borrow(const void *device, void *own_context, void *own_queue,
                                const octet_context_desc *desc, octet_context **out);

/* ---- Order of commands ---- */

struct octet_event {
    octet_context *context;
    void *handle;       /* the backend's event; NULL: done */
    octet_event *start; /* done when the work began; NULL: the event is that of a single command */
};

/* oct_enqueue_begin - what follows waits for what came before and for the events of the list, which
 * are checked. With "start" not NULL the context may keep the time: *start, which stays NULL if it
 * does not, is for oct_enqueue_end or to be destroyed. */
octet_status oct_enqueue_begin(octet_context *context, octet_event *const *wait, size_t wait_count,
                               octet_event **start);

/* oct_enqueue_end - *event becomes done after everything before. It takes over *start. */
octet_status oct_enqueue_end(octet_context *context, octet_event **start, octet_event **event);

/* oct_enqueue_barrier - what follows waits for what came before. Costs nothing on the library's own
 * in-order queues; needed on a caller's queue that may reorder. */
octet_status oct_enqueue_barrier(octet_context *context);

/* ---- Buffers ---- */

typedef struct oct_buffer {
    octet_context *context;
    void *handle; /* host memory, or cl_mem; owned */
    size_t bytes;
    atomic_size_t holders; /* besides the owner */
} oct_buffer;

/* oct_buffer_create - "bytes" of device memory, contents undefined; 0 bytes is legal. */
octet_status oct_buffer_create(octet_context *context, size_t bytes, oct_buffer **out);
octet_status oct_buffer_from_host(octet_context *context, size_t bytes, const void *data,
                                  oct_buffer **out); /* with a copy of the data; blocks */

/* oct_buffer_hold - one more whose oct_buffer_destroy is needed before the memory goes. Any thread. */
oct_buffer *oct_buffer_hold(oct_buffer *buffer);
void oct_buffer_destroy(oct_buffer *buffer);

/* Copies of the buffer's first "bytes"; "event" NULL blocks. */
octet_status oct_buffer_write(oct_buffer *buffer, size_t bytes, const void *data,
                              octet_event **event);
octet_status oct_buffer_read(const oct_buffer *buffer, size_t bytes, void *data,
                             octet_event **event);

/* What the host does with memory; may be combined for a map. */
enum { OCT_READ = 1, OCT_WRITE = 2 };

/* oct_buffer_map - waits for everything enqueued before, then gives host memory for the buffer;
 * oct_buffer_unmap hands it back: what is enqueued later sees what was written. */
octet_status oct_buffer_map(oct_buffer *buffer, unsigned access, void **memory);
octet_status oct_buffer_unmap(oct_buffer *buffer, void *memory);

/* Host memory of the driver's choice: page-locked, where a GPU then copies without the processor. */
typedef struct oct_staging {
    oct_buffer *buffer; /* owned, mapped as long as it lives */
    void *memory;
} oct_staging;

/* oct_staging_create - "bytes" zeros; waits for everything enqueued before. {0} is none. */
octet_status oct_staging_create(octet_context *context, size_t bytes, oct_staging *out);
void oct_staging_destroy(oct_staging *staging);

/* oct_buffer_transfer - copies "memory" to the buffer's first "bytes" (OCT_WRITE) or back (OCT_READ).
 * Where context->transfers_beside it is done beside the computation: neither waits for the other but
 * by events, the copy for "after" (may be NULL). Elsewhere the copy is one command among the others,
 * in order, which is less work: there copying gains nothing from doing something else meanwhile. */
octet_status oct_buffer_transfer(oct_buffer *buffer, size_t bytes, unsigned access, void *memory,
                                 const octet_event *after, octet_event **event);

/* ---- Kernels ---- */

typedef struct oct_kernel oct_kernel;

/* One kernel argument: a buffer, an integer, or "size" bytes of another value. */
typedef struct oct_arg {
    const oct_buffer *buffer; /* NULL: the value */
    size_t size;              /* 0: value.i, which reaches the kernel as an int */
    union {
        int64_t i;
        float f;
        oct_fixed fixed;
        int32_t i8[8];
    } value;
} oct_arg;
#define OCT_BUFFER(b)                                                                              \
    {                                                                                              \
        .buffer = (b)                                                                              \
    }
#define OCT_INT(x)                                                                                 \
    {                                                                                              \
        .value.i = (int64_t)(x)                                                                    \
    }
#define OCT_FLOAT(x)                                                                               \
    {                                                                                              \
        .size = sizeof(float), .value.f = (x)                                                      \
    }
#define OCT_FIXED(x)                                                                               \
    {                                                                                              \
        .size = sizeof(oct_fixed), .value.fixed = (x)                                              \
    }

/* oct_kernel_create - kernel "name" of kernels.cl built with "options" (-D…); programs are shared
 * inside the context and cached on disk. A kernel has one owner and is used by one thread at a
 * time. */
octet_status oct_kernel_create(octet_context *context, const char *name, const char *options,
                               oct_kernel **out);
void oct_kernel_destroy(oct_kernel *kernel);

/* oct_launch - enqueues the kernel over a global size, rounded up to the work-groups that the kernel
 * requires; over nothing when any size is 0. OCT_LAUNCH counts the arguments.
 * - OCTET_UNSUPPORTED: an integer argument passes 32 bits. */
octet_status oct_launch(oct_kernel *kernel, const size_t global[3], const oct_arg *args,
                        size_t count);
#define OCT_LAUNCH(kernel, global, args)                                                           \
    oct_launch((kernel), (global), (args), sizeof(args) / sizeof((args)[0]))

/* oct_newest_program - a mark: the program built last, NULL before the first.
 * oct_has_new_programs - whether a program built after the mark was not launched yet: some drivers
 * compile at the first launch. */
const void *oct_newest_program(octet_context *context);
bool oct_has_new_programs(octet_context *context, const void *mark);

/* ---- Chains ---- */

/* Launches that are one command: where a device is this machine's processor, its threads then go from
 * one launch to the next by themselves, which takes less than a microsecond. */
typedef struct oct_chain oct_chain;

/* oct_context_use_chains - lets launches be recorded from now on, where the device is one for that and
 * computes a first chain right when one is wanted (octet_context_chains); to be called before the first
 * kernel is made. */
void oct_context_use_chains(octet_context *context);

/* oct_chain_begin - records what this thread launches on the context, instead of enqueueing it, up to
 * oct_chain_end. *out stays NULL, and nothing is recorded, where there are no chains.
 * oct_chain_is_broken - whether some launch of them cannot be part of one, or memory was out for it. No more
 * is recorded then, nor enqueued.
 * oct_chain_end - ends that. *chain becomes NULL when some launch cannot be part of one; OCTET_OK also
 * then. Blocks. NULL is accepted.
 * oct_chain_run - enqueues all that was recorded, as a single command. The buffers are kept, their
 * contents are those of that time. Not twice at once on queues that reorder: only in-order queues have
 * chains.
 * oct_chain_destroy - waits for its runs. NULL is accepted. */
octet_status oct_chain_begin(octet_context *context, oct_chain **out);
bool oct_chain_is_broken(const oct_chain *chain);
octet_status oct_chain_end(oct_chain **chain);
octet_status oct_chain_run(oct_chain *chain);
void oct_chain_destroy(oct_chain *chain);

/* ---- Launches to be repeated ---- */

/* Launches whose arguments are set: a kernel of its own for each. */
typedef struct oct_launches oct_launches;

/* oct_launches_begin - records what this thread launches on the context, instead of enqueueing it, up to
 * oct_launches_end.
 * oct_launches_run - enqueues all of it, in order. The buffers must be there still.
 * oct_launches_destroy - also ends the recording. NULL is accepted. */
octet_status oct_launches_begin(octet_context *context, oct_launches **out);
void oct_launches_end(void);
octet_status oct_launches_run(const oct_launches *launches);
void oct_launches_destroy(oct_launches *launches);

/* ---- Recording ---- */

/* oct_recording (recording.c) - the commands that this thread records on the context, or NULL.
 * oct_set_recording - those that it records from now on; NULL: none.
 * oct_refuse_recording - OCTET_INVALID_ARGUMENT where it records any, for "what" is no part of them. */
octet_commands *oct_recording(const octet_context *context);
bool oct_is_recording(void); /* on any context */
void oct_set_recording(const octet_context *context, octet_commands *commands);
octet_status oct_refuse_recording(const octet_context *context, const char *what);

/* ---- Tensors ---- */

struct octet_tensor {
    octet_context *context;
    octet_type type;
    octet_shape shape;
    size_t bytes;
    oct_buffer *buffer;
};

#endif
