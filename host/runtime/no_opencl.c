/* no_opencl.c - a build without OpenCL has no devices but the reference, and no kernels. */
#include "runtime/backend.h"

octet_status oct_opencl_list(const oct_log *log, oct_opencl_device **devices, size_t *count)
{
    octet_status status = OCTET_OK;
    oct_opencl_device *none = NULL;
    OCT_ALLOC(log, none, 0);
    *devices = none;
    *count = 0;
cleanup:
    return status;
}

octet_status oct_opencl_open(octet_context *context, const oct_opencl_device *device,
                             const octet_context_desc *desc)
{
    (void)device, (void)desc;
    return oct_report(&context->log, OCTET_NO_DEVICE, "this octet was built without OpenCL");
}

const char *oct_context_identity(const octet_context *context)
{
    return context->info.name;
}

octet_status oct_kernel_create(octet_context *context, const char *name, const char *options,
                               oct_kernel **out)
{
    (void)options, (void)out;
    return oct_report(&context->log, OCTET_NO_DEVICE,
                      "kernel %s: this octet was built without OpenCL", name);
}

void oct_kernel_destroy(oct_kernel *kernel)
{
    (void)kernel;
}

octet_status oct_launch(oct_kernel *kernel, const size_t global[3], const oct_arg *args,
                        size_t count)
{
    (void)kernel, (void)global, (void)args, (void)count;
    return OCTET_NO_DEVICE;
}

const void *oct_newest_program(octet_context *context)
{
    (void)context;
    return NULL;
}

bool oct_has_new_programs(octet_context *context, const void *mark)
{
    (void)context, (void)mark;
    return false;
}

void oct_context_use_chains(octet_context *context)
{
    context->no_chains = "this octet was built without OpenCL";
}

const char *octet_context_chains(octet_context *context)
{
    return context->no_chains != NULL ? context->no_chains : "not asked for";
}

octet_status oct_chain_begin(octet_context *context, oct_chain **out)
{
    (void)context, (void)out;
    return OCTET_OK;
}

bool oct_chain_is_broken(const oct_chain *chain)
{
    (void)chain;
    return false;
}

octet_status oct_chain_end(oct_chain **chain)
{
    (void)chain;
    return OCTET_OK;
}

octet_status oct_chain_run(oct_chain *chain)
{
    (void)chain;
    return OCTET_NO_DEVICE;
}

void oct_chain_destroy(oct_chain *chain)
{
    (void)chain;
}

octet_status oct_launches_begin(octet_context *context, oct_launches **out)
{
    (void)context, (void)out;
    return OCTET_NO_DEVICE;
}

void oct_launches_end(void)
{
}

octet_status oct_launches_run(const oct_launches *launches)
{
    (void)launches;
    return OCTET_NO_DEVICE;
}

void oct_launches_destroy(oct_launches *launches)
{
    (void)launches;
}
