/* opencl_launches.c - launches with their arguments set once, for devices without chains: a kernel of
 * OpenCL's keeps the last arguments that it was given, so each launch has one of its own. */
#include "runtime/opencl.h"

#include <stdlib.h>

#include "core/memory.h"

typedef struct set_launch {
    cl_kernel kernel;
    const char *name; /* a literal */
    oct_range range;
} set_launch;

struct oct_launches {
    octet_context *context;
    set_launch *list;
    size_t count, capacity;
};

/* Of this thread: others may launch on the same context meanwhile. */
static _Thread_local oct_launches *listed;

oct_launches *oct_cl_listing(const octet_context *context)
{
    return listed != NULL && listed->context == context ? listed : NULL;
}

octet_status oct_launches_begin(octet_context *context, oct_launches **out)
{
    octet_status status = OCTET_OK;
    oct_launches *launches = NULL;
    OCT_ALLOC(&context->log, launches, 1);
    launches->context = context;
    listed = *out = launches;
cleanup:
    return status;
}

void oct_launches_end(void)
{
    listed = NULL;
}

octet_status oct_cl_list(oct_launches *launches, const oct_kernel *kernel, const size_t global[3],
                         const oct_arg *args, size_t count)
{
    octet_status status = OCTET_OK;
    cl_int error = CL_SUCCESS;
    cl_kernel own = NULL;
    set_launch *const grown =
        oct_grow(launches->list, launches->count, &launches->capacity, sizeof *grown);
    OCT_REQUIRE(&launches->context->log, grown != NULL, OCTET_OUT_OF_MEMORY,
                "out of host memory: %zu launches", launches->count + 1);
    launches->list = grown;
    own = clCreateKernel(kernel->program->program, kernel->name, &error);
    OCT_CL_TRY(&launches->context->log, error, kernel->name);
    OCT_TRY(oct_cl_set_args(kernel, own, args, count, NULL));
    launches->list[launches->count++] =
        (set_launch){own, kernel->name, oct_cl_range(kernel, global)};
    own = NULL;
cleanup:
    if (own != NULL)
        (void)clReleaseKernel(own);
    return status;
}

octet_status oct_launches_run(const oct_launches *launches)
{
    octet_status status = OCTET_OK;
    for (size_t i = 0; i < launches->count; i++) {
        const set_launch *const one = &launches->list[i];
        OCT_TRY(oct_cl_barrier(launches->context));
        OCT_TRY(oct_cl_enqueue_range(launches->context, one->kernel, one->name, &one->range));
    }
cleanup:
    return status;
}

void oct_launches_destroy(oct_launches *launches)
{
    if (launches == NULL)
        return;
    if (listed == launches)
        listed = NULL;
    for (size_t i = 0; i < launches->count; i++)
        (void)clReleaseKernel(launches->list[i].kernel);
    free(launches->list);
    free(launches);
}
