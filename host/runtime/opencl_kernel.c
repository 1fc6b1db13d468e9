/* opencl_kernel.c - kernels: made of programs, given arguments, launched. */
#include "runtime/opencl.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define STANDARD "-cl-std="
#define COMMON_STANDARD STANDARD "CL1.2 " /* for options that name no standard of their own */
#define STEPS "-D OCT_CHAINS=1 "          /* the number of what opencl_steps.c writes */

/* Makes the kernel of what "options" build, so that it can be a step or not. The first try says nothing:
 * the second fails for the same reason, if that is one for it. */
static octet_status make(oct_kernel *kernel, const char *options, bool stepped)
{
    octet_status status = OCTET_OK;
    octet_context *const context = kernel->context;
    oct_cl *const cl = oct_cl_of(context);
    static const oct_log silent = {NULL, NULL};
    const oct_log *const log = stepped ? &silent : &context->log;
    cl_int error = CL_SUCCESS;
    char *all = NULL;
    OCT_ALLOC(log, all, strlen(COMMON_STANDARD STEPS) + strlen(options) + 1);
    strcpy(all, strstr(options, STANDARD) != NULL ? "" : COMMON_STANDARD);
    strcat(strcat(all, stepped ? STEPS : ""), options);
    pthread_mutex_lock(&cl->lock);
    status = oct_cl_get_program(context, log, all, stepped, &kernel->program);
    if (status == OCTET_OK)
        kernel->kernel = clCreateKernel(kernel->program->program, kernel->name, &error);
    pthread_mutex_unlock(&cl->lock);
    OCT_TRY(status);
    OCT_CL_TRY(log, error, kernel->name);
    kernel->stepped = stepped;
cleanup:
    free(all);
    return status;
}

/* Compilers refuse as a step what they accept as it is written: where other functions than the kernel ask
 * for ids, or where they lack what steps are made of. */
static octet_status make_either(oct_kernel *kernel, const char *options)
{
    octet_status status = OCTET_OK;
    const octet_context *const context = kernel->context;
    if (context->chains && make(kernel, options, true) == OCTET_OK)
        return OCTET_OK;
    OCT_TRY(make(kernel, options, false));
    if (context->chains && !atomic_exchange(&oct_cl_of(context)->told_of_plain, true))
        oct_report(
            &context->log, OCTET_OK,
            "kernel %s: it does not build as part of a chain, so that it is launched by itself",
            kernel->name);
cleanup:
    return status;
}

octet_status oct_kernel_create(octet_context *context, const char *name, const char *options,
                               oct_kernel **out)
{
    octet_status status = OCTET_OK;
    oct_kernel *kernel = NULL;
    OCT_ALLOC(&context->log, kernel, 1);
    kernel->context = context;
    kernel->name = name;
    OCT_TRY(make_either(kernel, options));
    OCT_CL_TRY(&context->log,
               clGetKernelWorkGroupInfo(kernel->kernel, oct_cl_of(context)->device,
                                        CL_KERNEL_COMPILE_WORK_GROUP_SIZE, sizeof kernel->local,
                                        kernel->local, NULL),
               "clGetKernelWorkGroupInfo");
    OCT_CL_TRY(&context->log,
               clGetKernelInfo(kernel->kernel, CL_KERNEL_NUM_ARGS, sizeof kernel->parameters,
                               &kernel->parameters, NULL),
               "clGetKernelInfo");
    *out = kernel;
    kernel = NULL;
cleanup:
    oct_kernel_destroy(kernel);
    return status;
}

void oct_kernel_destroy(oct_kernel *kernel)
{
    if (kernel == NULL)
        return;
    if (kernel->kernel != NULL)
        (void)clReleaseKernel(kernel->kernel);
    if (kernel->code != NULL)
        dlclose(kernel->code);
    free(kernel);
}

octet_status oct_cl_arg_value(const oct_kernel *kernel, size_t index, const oct_arg *arg,
                              cl_int *integer, const void **value, size_t *size)
{
    octet_status status = OCTET_OK;
    *value = &arg->value;
    *size = arg->size;
    if (arg->buffer != NULL) {
        *value = &arg->buffer->handle;
        *size = sizeof(cl_mem);
    } else if (arg->size == 0) {
        OCT_REQUIRE(&kernel->context->log, INT32_MIN <= arg->value.i && arg->value.i <= INT32_MAX,
                    OCTET_UNSUPPORTED,
                    "%s: argument %zu is %" PRId64 ", beyond what kernels count (2^31 - 1)",
                    kernel->name, index, arg->value.i);
        *integer = (cl_int)arg->value.i;
        *value = integer;
        *size = sizeof *integer;
    }
cleanup:
    return status;
}

octet_status oct_cl_set_args(const oct_kernel *kernel, cl_kernel handle, const oct_arg *args,
                             size_t count, cl_mem entry)
{
    octet_status status = OCTET_OK;
    const oct_log *const log = &kernel->context->log;
    size_t size = 0;
    const void *value = NULL;
    cl_int integer = 0;
    for (size_t i = 0; i < count; i++) {
        OCT_TRY(oct_cl_arg_value(kernel, i, &args[i], &integer, &value, &size));
        OCT_CL_TRY(log, clSetKernelArg(handle, (cl_uint)i, size, value), kernel->name);
    }
    if (oct_cl_is_step(kernel, count))
        OCT_CL_TRY(log, clSetKernelArg(handle, (cl_uint)count, sizeof entry, &entry), kernel->name);
cleanup:
    return status;
}

/* A CPU's driver may compile a kernel anew for every work-group size: it gets one to keep. */
oct_range oct_cl_range(const oct_kernel *kernel, const size_t global[3])
{
    const bool free_choice = kernel->local[0] == 0;
    oct_range range = {.any_local = free_choice && kernel->context->info.type != OCTET_DEVICE_CPU};
    for (size_t i = 0; i < 3; i++) {
        range.local[i] = free_choice ? 1 : kernel->local[i];
        range.global[i] = oct_round_up(global[i], range.local[i]);
    }
    return range;
}

octet_status oct_cl_enqueue_range(octet_context *context, cl_kernel handle, const char *name,
                                  const oct_range *range)
{
    octet_status status = OCTET_OK;
    OCT_CL_TRY(&context->log,
               clEnqueueNDRangeKernel(oct_cl_of(context)->queue, handle, 3, NULL, range->global,
                                      range->any_local ? NULL : range->local, 0, NULL, NULL),
               name);
cleanup:
    return status;
}

octet_status oct_cl_enqueue(oct_kernel *kernel, const size_t global[3], const oct_arg *args,
                            size_t count, cl_mem entry)
{
    octet_status status = OCTET_OK;
    const oct_range range = oct_cl_range(kernel, global);
    OCT_TRY(oct_cl_set_args(kernel, kernel->kernel, args, count, entry));
    OCT_TRY(oct_cl_enqueue_range(kernel->context, kernel->kernel, kernel->name, &range));
    atomic_store(&kernel->program->launched, true);
cleanup:
    return status;
}

octet_status oct_launch(oct_kernel *kernel, const size_t global[3], const oct_arg *args,
                        size_t count)
{
    oct_chain *const chain = oct_cl_recording(kernel->context);
    oct_launches *const launches = oct_cl_listing(kernel->context);
    if (global[0] == 0 || global[1] == 0 || global[2] == 0)
        return OCTET_OK; /* OpenCL 1.2 refuses it */
    return chain != NULL      ? oct_cl_record(chain, kernel, global, args, count)
           : launches != NULL ? oct_cl_list(launches, kernel, global, args, count)
                              : oct_cl_enqueue(kernel, global, args, count, NULL);
}
