/* opencl_kernel.c - kernels: made of programs, given arguments, launched. */
#include "runtime/opencl.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define STANDARD "-cl-std="
#define COMMON_STANDARD STANDARD "CL1.2 " /* for options that name no standard of their own */
#define STEPS "-D OCT_CHAINS=1 "          /* the number of what opencl_steps.c writes */

octet_status oct_kernel_create(octet_context *context, const char *name, const char *options,
                               oct_kernel **out)
{
    octet_status status = OCTET_OK;
    oct_cl *const cl = oct_cl_of(context);
    oct_kernel *kernel = NULL;
    cl_int error = CL_SUCCESS;
    char *all = NULL;
    OCT_ALLOC(&context->log, all, strlen(COMMON_STANDARD STEPS) + strlen(options) + 1);
    strcpy(all, strstr(options, STANDARD) != NULL ? "" : COMMON_STANDARD);
    strcat(strcat(all, context->chains ? STEPS : ""), options);
    OCT_ALLOC(&context->log, kernel, 1);
    kernel->context = context;
    kernel->name = name;
    pthread_mutex_lock(&cl->lock);
    status = oct_cl_get_program(context, all, &kernel->program);
    if (status == OCTET_OK)
        kernel->kernel = clCreateKernel(kernel->program->program, name, &error);
    pthread_mutex_unlock(&cl->lock);
    OCT_TRY(status);
    OCT_CL_TRY(&context->log, error, name);
    OCT_CL_TRY(&context->log,
               clGetKernelWorkGroupInfo(kernel->kernel, cl->device,
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
    free(all);
    return status;
}

void oct_kernel_destroy(oct_kernel *kernel)
{
    if (kernel == NULL)
        return;
    if (kernel->kernel != NULL)
        (void)clReleaseKernel(kernel->kernel);
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

octet_status oct_cl_enqueue(oct_kernel *kernel, const size_t global[3], const oct_arg *args,
                            size_t count, cl_mem entry)
{
    octet_status status = OCTET_OK;
    octet_context *const context = kernel->context;
    const oct_log *const log = &context->log;
    /* A CPU's driver may compile a kernel anew for every work-group size: it gets one to keep. */
    static const size_t single[3] = {1, 1, 1};
    const bool any_local = kernel->local[0] == 0;
    const size_t *const local = !any_local                               ? kernel->local
                                : context->info.type == OCTET_DEVICE_CPU ? single
                                                                         : NULL;
    size_t whole[3], size = 0;
    const void *value = NULL;
    cl_int integer = 0;
    for (size_t i = 0; i < 3; i++)
        whole[i] = local == NULL ? global[i] : oct_round_up(global[i], local[i]);
    for (size_t i = 0; i < count; i++) {
        OCT_TRY(oct_cl_arg_value(kernel, i, &args[i], &integer, &value, &size));
        OCT_CL_TRY(log, clSetKernelArg(kernel->kernel, (cl_uint)i, size, value), kernel->name);
    }
    if (kernel->parameters == count + 1)
        OCT_CL_TRY(log, clSetKernelArg(kernel->kernel, (cl_uint)count, sizeof entry, &entry),
                   kernel->name);
    OCT_CL_TRY(log,
               clEnqueueNDRangeKernel(oct_cl_of(context)->queue, kernel->kernel, 3, NULL, whole,
                                      local, 0, NULL, NULL),
               kernel->name);
    atomic_store(&kernel->program->launched, true);
cleanup:
    return status;
}

octet_status oct_launch(oct_kernel *kernel, const size_t global[3], const oct_arg *args,
                        size_t count)
{
    oct_chain *const chain = oct_cl_recording(kernel->context);
    if (global[0] == 0 || global[1] == 0 || global[2] == 0)
        return OCTET_OK; /* OpenCL 1.2 refuses it */
    return chain != NULL ? oct_cl_record(chain, kernel, global, args, count)
                         : oct_cl_enqueue(kernel, global, args, count, NULL);
}
