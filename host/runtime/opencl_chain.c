/* opencl_chain.c - chains: launches that the threads of this machine's processor compute one after the
 * other (steps.h) inside a single kernel, run_chain of kernels.cl.
 *
 * A launch becomes a step by what kernels tell: the address of their function (kernels.cl, end of §2), and
 * those of their buffers. OpenCL 1.2 does not promise that either means anything later; here they do as long
 * as the buffer, and the library with the code, are kept, which the chain does. */
#define _GNU_SOURCE /* dladdr */
#include "runtime/opencl.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/steps.h"

enum { MOST_BUFFERS = 8192 }; /* of a chain */

/* An argument that is a buffer. */
typedef struct chain_link {
    size_t step, offset;
    size_t buffer; /* of the chain */
} chain_link;

struct oct_chain {
    octet_context *context;
    oct_steps steps;
    size_t capacity; /* of steps */
    bool broken;     /* oct_chain_is_broken */
    oct_kernel *run;
    cl_mem *buffers; /* retained */
    size_t buffer_count;
    /* while it is recorded */
    oct_kernel *locate;
    oct_buffer *found; /* the buffers' addresses */
    chain_link *links;
    size_t link_count, link_capacity;
};

/* ---- Recording ---- */

/* Of this thread: others may launch on the same context meanwhile. */
static _Thread_local oct_chain *recorded;

oct_chain *oct_cl_recording(const octet_context *context)
{
    return recorded != NULL && recorded->context == context ? recorded : NULL;
}

octet_status oct_cl_begin_chain(octet_context *context, oct_chain **out)
{
    octet_status status = OCTET_OK;
    oct_chain *chain = NULL;
    OCT_ALLOC(&context->log, chain, 1);
    chain->context = context;
    chain->steps.units = context->info.compute_units > 0 ? context->info.compute_units : 1;
    OCT_ALLOC(&context->log, chain->buffers, MOST_BUFFERS);
    OCT_TRY(oct_kernel_create(context, "run_chain", OCT_CHAIN_OPTIONS, &chain->run));
    OCT_TRY(oct_kernel_create(context, "locate_buffer", OCT_CHAIN_OPTIONS, &chain->locate));
    OCT_TRY(oct_buffer_create(context, MOST_BUFFERS * sizeof(cl_ulong), &chain->found));
    recorded = *out = chain;
    chain = NULL;
cleanup:
    oct_chain_destroy(chain);
    return status;
}

octet_status oct_chain_begin(octet_context *context, oct_chain **out)
{
    return octet_context_chains(context) == NULL ? oct_cl_begin_chain(context, out) : OCTET_OK;
}

/* A new step. */
static octet_status add_step(oct_chain *chain, oct_step **out)
{
    octet_status status = OCTET_OK;
    if (chain->steps.count == chain->capacity) {
        const size_t capacity = 2 * chain->capacity + 16;
        oct_step *const grown = aligned_alloc(OCT_CACHE_LINE, capacity * sizeof *grown);
        OCT_REQUIRE(&chain->context->log, grown != NULL, OCTET_OUT_OF_MEMORY,
                    "out of host memory: %zu steps of a chain", capacity);
        if (chain->steps.count > 0)
            memcpy(grown, chain->steps.list, chain->steps.count * sizeof *grown);
        free(chain->steps.list);
        chain->steps.list = grown;
        chain->capacity = capacity;
    }
    *out = &chain->steps.list[chain->steps.count++];
    memset(*out, 0, sizeof **out);
cleanup:
    return status;
}

static octet_status add_link(oct_chain *chain, size_t offset, cl_mem buffer)
{
    octet_status status = OCTET_OK;
    const oct_log *const log = &chain->context->log;
    size_t index = 0;
    while (index < chain->buffer_count && chain->buffers[index] != buffer)
        index++;
    if (index == MOST_BUFFERS) {
        chain->broken = true;
        return OCTET_OK;
    }
    if (index == chain->buffer_count) {
        const oct_buffer named = {.context = chain->context, .handle = buffer};
        const oct_arg args[] = {OCT_BUFFER(&named), OCT_BUFFER(chain->found), OCT_INT(index)};
        static const size_t one[3] = {1, 1, 1};
        OCT_CL_TRY(log, clRetainMemObject(buffer), "clRetainMemObject");
        chain->buffers[chain->buffer_count++] = buffer;
        OCT_TRY(oct_cl_enqueue(chain->locate, one, args, 3, NULL));
    }
    chain_link *const grown =
        oct_grow(chain->links, chain->link_count, &chain->link_capacity, sizeof *grown);
    OCT_REQUIRE(log, grown != NULL, OCTET_OUT_OF_MEMORY,
                "out of host memory: %zu buffers of a chain", chain->link_count + 1);
    chain->links = grown;
    chain->links[chain->link_count++] = (chain_link){chain->steps.count - 1, offset, index};
cleanup:
    return status;
}

/* Members of a structure: vectors too are aligned to their size. */
static octet_status add_argument(oct_chain *chain, oct_step *step, const oct_kernel *kernel,
                                 size_t index, const oct_arg *arg)
{
    octet_status status = OCTET_OK;
    cl_int integer = 0;
    const void *value = NULL;
    size_t size = 0;
    OCT_TRY(oct_cl_arg_value(kernel, index, arg, &integer, &value, &size));
    const size_t offset = oct_round_up(step->bytes, size);
    if (offset + size > OCT_ARGUMENT_BYTES) {
        chain->broken = true;
        return OCTET_OK;
    }
    step->bytes = offset + size;
    if (arg->buffer != NULL)
        return add_link(chain, offset, arg->buffer->handle);
    memcpy(step->arguments + offset, value, size);
cleanup:
    return status;
}

/* Drivers close the libraries of kernels that were not launched for long. */
static void *keep_open(const void *address)
{
    Dl_info info;
    return address != NULL && dladdr(address, &info) != 0
               ? dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD)
               : NULL;
}

/* Asks the kernel, which computes nothing then, for the address of its step. */
static octet_status find_entry(oct_chain *chain, oct_kernel *kernel, const oct_arg *args,
                               size_t count)
{
    octet_status status = OCTET_OK;
    static const size_t one[3] = {1, 1, 1};
    octet_context *const context = chain->context;
    oct_buffer *told = NULL;
    cl_ulong address = 0;
    if (kernel->code != NULL)
        return OCTET_OK;
    OCT_TRY(oct_buffer_create(context, sizeof address, &told));
    OCT_TRY(oct_cl_enqueue(kernel, one, args, count, told->handle));
    OCT_TRY(oct_buffer_read(told, sizeof address, &address, NULL));
    kernel->entry = (void *)(uintptr_t)address;
    kernel->code = keep_open(kernel->entry);
cleanup:
    oct_buffer_destroy(told);
    return status;
}

octet_status oct_cl_record(oct_chain *chain, oct_kernel *kernel, const size_t global[3],
                           const oct_arg *args, size_t count)
{
    octet_status status = OCTET_OK;
    oct_step *step = NULL;
    chain->broken |= !oct_cl_is_step(kernel, count);
    if (chain->broken)
        return OCTET_OK;
    OCT_TRY(find_entry(chain, kernel, args, count));
    OCT_TRY(add_step(chain, &step));
    step->code = keep_open(kernel->entry);
    chain->broken |= step->code == NULL;
    step->compute = (oct_compute *)(uintptr_t)kernel->entry;
    memcpy(step->size, global, sizeof step->size);
    step->items = global[0] * global[1] * global[2];
    for (size_t i = 0; i < count && !chain->broken; i++)
        OCT_TRY(add_argument(chain, step, kernel, i, &args[i]));
cleanup:
    /* The launch itself fails of its arguments; of what else the chain needed it knows nothing. */
    if (status == OCTET_OK || status == OCTET_UNSUPPORTED)
        return status;
    chain->broken = true;
    return OCTET_OK;
}

bool oct_chain_is_broken(const oct_chain *chain)
{
    return chain->broken;
}

/* Puts the buffers' addresses where they belong, and the chain where its kernel looks for it. */
static octet_status finish(oct_chain *chain)
{
    octet_status status = OCTET_OK;
    const oct_log *const log = &chain->context->log;
    const cl_ulong function = (uintptr_t)oct_steps_compute, argument = (uintptr_t)&chain->steps;
    cl_ulong *found = NULL;
    OCT_ALLOC(log, found, chain->buffer_count);
    OCT_TRY(oct_buffer_read(chain->found, chain->buffer_count * sizeof *found, found, NULL));
    for (size_t i = 0; i < chain->link_count; i++) {
        const chain_link *const at = &chain->links[i];
        memcpy(chain->steps.list[at->step].arguments + at->offset, &found[at->buffer],
               sizeof *found);
    }
    OCT_CL_TRY(log, clSetKernelArg(chain->run->kernel, 0, sizeof function, &function), "run_chain");
    OCT_CL_TRY(log, clSetKernelArg(chain->run->kernel, 1, sizeof argument, &argument), "run_chain");
cleanup:
    free(found);
    return status;
}

octet_status oct_chain_end(oct_chain **chain)
{
    octet_status status = OCTET_OK;
    recorded = NULL;
    if (*chain == NULL)
        return OCTET_OK;
    if (!(*chain)->broken)
        status = finish(*chain);
    if ((*chain)->broken || status != OCTET_OK) {
        oct_chain_destroy(*chain);
        *chain = NULL;
    }
    return status;
}

/* ---- Running ---- */

octet_status oct_chain_run(oct_chain *chain)
{
    const size_t global[3] = {chain->steps.units, 1, 1};
    return oct_cl_enqueue(chain->run, global, NULL, 0, NULL);
}

void oct_chain_destroy(oct_chain *chain)
{
    if (chain == NULL)
        return;
    (void)octet_context_finish(chain->context);
    for (size_t i = 0; i < chain->steps.count; i++)
        if (chain->steps.list[i].code != NULL)
            dlclose(chain->steps.list[i].code);
    for (size_t i = 0; i < chain->buffer_count; i++)
        (void)clReleaseMemObject(chain->buffers[i]);
    oct_buffer_destroy(chain->found);
    oct_kernel_destroy(chain->locate);
    oct_kernel_destroy(chain->run);
    free(chain->buffers);
    free(chain->links);
    free(chain->steps.list);
    free(chain);
}
