/* program.c - programs, kernels and their launches. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ptx/ptx.h"

enum { MOST_ARGUMENTS = 64, ARGUMENT_BYTES = 64, LOG_BYTES = 4096, MOST_GROUP = 256 };

struct _cl_program {
    cl_device_id device;
    char *source, *ptx;
    void *module;
    char log[LOG_BYTES];
};

struct _cl_kernel {
    cl_device_id device;
    void *function;
    size_t local[3]; /* that the kernel requires; zeros: any */
    size_t count, bytes[MOST_ARGUMENTS];
    bool is_buffer[MOST_ARGUMENTS];
    uint64_t values[MOST_ARGUMENTS][ARGUMENT_BYTES / sizeof(uint64_t)];
};

/* ---- Programs ---- */

static char *copy_text(const char *text, size_t length)
{
    char *const copy = calloc(length + 1, 1);
    if (copy != NULL)
        memcpy(copy, text, length);
    return copy;
}

static cl_program create(cl_context context, char *source, char *ptx, cl_int *error)
{
    cl_program program = calloc(1, sizeof *program);
    *error = CL_OUT_OF_HOST_MEMORY;
    if (program == NULL || (source == NULL && ptx == NULL)) {
        free(program);
        free(source);
        free(ptx);
        return NULL;
    }
    program->device = (cl_device_id)context;
    program->source = source;
    program->ptx = ptx;
    *error = CL_SUCCESS;
    return program;
}

cl_program clCreateProgramWithSource(cl_context context, cl_uint count, const char **texts,
                                     const size_t *sizes, cl_int *error)
{
    (void)count; /* octet gives one text with its size */
    return create(context, copy_text(texts[0], sizes[0]), NULL, error);
}

/* Binaries are PTX. */
cl_program clCreateProgramWithBinary(cl_context context, cl_uint count, const cl_device_id *ids,
                                     const size_t *sizes, const unsigned char **binaries,
                                     cl_int *states, cl_int *error)
{
    (void)count;
    (void)ids;
    *states = CL_SUCCESS;
    return create(context, NULL, copy_text((const char *)binaries[0], sizes[0]), error);
}

cl_int clBuildProgram(cl_program program, cl_uint count, const cl_device_id *ids,
                      const char *options, void(CL_CALLBACK *notify)(cl_program, void *),
                      void *user)
{
    (void)count;
    (void)ids;
    (void)notify;
    (void)user;
    if (program->ptx == NULL)
        program->ptx = oct_ptx_compile(program->device->capability, program->source, options,
                                       program->log, sizeof program->log);
    if (program->ptx == NULL)
        return CL_BUILD_PROGRAM_FAILURE;
    if (oct_ptx_enter(program->device) &&
        oct_cu.cuModuleLoadData(&program->module, program->ptx) == 0)
        return CL_SUCCESS;
    snprintf(program->log, sizeof program->log, "error: CUDA's driver refuses the PTX");
    return CL_BUILD_PROGRAM_FAILURE;
}

cl_int clGetProgramBuildInfo(cl_program program, cl_device_id device, cl_program_build_info what,
                             size_t capacity, void *value, size_t *size)
{
    (void)device;
    (void)what; /* CL_PROGRAM_BUILD_LOG is all that is asked */
    return oct_ptx_give(program->log, strlen(program->log) + 1, capacity, value, size);
}

cl_int clGetProgramInfo(cl_program program, cl_program_info what, size_t capacity, void *value,
                        size_t *size)
{
    const cl_uint devices = 1;
    const size_t bytes = program->ptx != NULL ? strlen(program->ptx) : 0;
    switch (what) {
    case CL_PROGRAM_NUM_DEVICES:
        return oct_ptx_give(&devices, sizeof devices, capacity, value, size);
    case CL_PROGRAM_BINARY_SIZES:
        return oct_ptx_give(&bytes, sizeof bytes, capacity, value, size);
    case CL_PROGRAM_BINARIES:
        memcpy(*(unsigned char **)value, program->ptx, bytes);
        return CL_SUCCESS;
    default:
        return CL_INVALID_VALUE;
    }
}

cl_int clReleaseProgram(cl_program program)
{
    if (program->module != NULL && oct_ptx_enter(program->device))
        oct_cu.cuModuleUnload(program->module);
    free(program->source);
    free(program->ptx);
    free(program);
    return CL_SUCCESS;
}

/* ---- Kernels ---- */

/* One parameter: ".u64 .ptr .global .align 1 name", ".u32 name" or ".align 16 .b8 name[16]". */
static bool read_parameter(cl_kernel kernel, const char *at, const char *end)
{
    const char *const pointer = strstr(at, ".ptr"), *type = at, *const count = strchr(at, '[');
    unsigned bits = 0;
    while (type < end && sscanf(type, ".%*[usfb]%u", &bits) != 1)
        type++;
    if (kernel->count == MOST_ARGUMENTS || bits < 8)
        return false;
    kernel->is_buffer[kernel->count] = pointer != NULL && pointer < end;
    kernel->bytes[kernel->count++] =
        bits / 8 * (count != NULL && count < end ? strtoul(count + 1, NULL, 10) : 1);
    return true;
}

/* What PTX says of a kernel: its parameters, and the work-group it requires. */
static bool read_entry(cl_kernel kernel, const char *ptx, const char *name)
{
    char entry[96];
    snprintf(entry, sizeof entry, ".entry %s(", name);
    const char *at = strstr(ptx, entry);
    const char *const close = at != NULL ? strchr(at + strlen(entry), ')') : NULL;
    const char *const body = close != NULL ? strchr(close, '{') : NULL;
    if (body == NULL)
        return false;
    for (at = strstr(at, ".param "); at != NULL && at < close; at = strstr(at + 1, ".param ")) {
        if (!read_parameter(kernel, at + strlen(".param "), strpbrk(at, ",)")))
            return false;
    }
    at = strstr(close, ".reqntid");
    if (at != NULL && at < body &&
        sscanf(at, ".reqntid %zu, %zu, %zu", &kernel->local[0], &kernel->local[1],
               &kernel->local[2]) != 3)
        return false;
    return true;
}

cl_kernel clCreateKernel(cl_program program, const char *name, cl_int *error)
{
    cl_kernel kernel = calloc(1, sizeof *kernel);
    *error = CL_INVALID_KERNEL_NAME;
    if (kernel == NULL)
        return NULL;
    kernel->device = program->device;
    if (!read_entry(kernel, program->ptx, name) || !oct_ptx_enter(kernel->device) ||
        oct_cu.cuModuleGetFunction(&kernel->function, program->module, name) != 0) {
        free(kernel);
        return NULL;
    }
    *error = CL_SUCCESS;
    return kernel;
}

cl_int clReleaseKernel(cl_kernel kernel)
{
    free(kernel);
    return CL_SUCCESS;
}

cl_int clGetKernelWorkGroupInfo(cl_kernel kernel, cl_device_id device,
                                cl_kernel_work_group_info what, size_t capacity, void *value,
                                size_t *size)
{
    const size_t most = (size_t)kernel->device->group_size;
    (void)device;
    return what == CL_KERNEL_COMPILE_WORK_GROUP_SIZE
               ? oct_ptx_give(kernel->local, sizeof kernel->local, capacity, value, size)
               : oct_ptx_give(&most, sizeof most, capacity, value, size);
}

cl_int clGetKernelInfo(cl_kernel kernel, cl_kernel_info what, size_t capacity, void *value,
                       size_t *size)
{
    const cl_uint count = (cl_uint)kernel->count;
    return what == CL_KERNEL_NUM_ARGS ? oct_ptx_give(&count, sizeof count, capacity, value, size)
                                      : CL_INVALID_VALUE;
}

cl_int clSetKernelArg(cl_kernel kernel, cl_uint index, size_t bytes, const void *value)
{
    if (index >= kernel->count)
        return CL_INVALID_ARG_INDEX;
    /* NULL: local memory, which no kernel is given */
    if (bytes > ARGUMENT_BYTES || bytes != kernel->bytes[index] || value == NULL)
        return CL_INVALID_ARG_SIZE;
    if (kernel->is_buffer[index]) {
        const cl_mem memory = *(const cl_mem *)value;
        kernel->values[index][0] = memory != NULL ? memory->address : 0;
    } else {
        memcpy(kernel->values[index], value, bytes);
    }
    return CL_SUCCESS;
}

/* The largest work-group along the first dimension that divides it. */
static void choose_local(const size_t *global, size_t local[3])
{
    local[1] = local[2] = 1;
    for (local[0] = MOST_GROUP; global[0] % local[0] != 0;)
        local[0]--;
}

cl_int clEnqueueNDRangeKernel(cl_command_queue queue, cl_kernel kernel, cl_uint dimensions,
                              const size_t *offset, const size_t *global, const size_t *local,
                              cl_uint count, const cl_event *wait, cl_event *event)
{
    void *arguments[MOST_ARGUMENTS];
    size_t group[3];
    unsigned groups[3];
    (void)count;
    (void)wait;
    if (dimensions != 3 || offset != NULL)
        return CL_INVALID_WORK_DIMENSION;
    choose_local(global, group);
    for (size_t i = 0; i < 3; i++) {
        group[i] = local != NULL ? local[i] : group[i];
        if (global[i] % group[i] != 0)
            return CL_INVALID_WORK_GROUP_SIZE;
        if (global[i] / group[i] > (i == 0 ? INT32_MAX : UINT16_MAX))
            return CL_INVALID_GLOBAL_WORK_SIZE;
        groups[i] = (unsigned)(global[i] / group[i]);
    }
    for (size_t i = 0; i < kernel->count; i++)
        arguments[i] = kernel->values[i];
    if (!oct_ptx_enter(kernel->device) ||
        oct_cu.cuLaunchKernel(kernel->function, groups[0], groups[1], groups[2], (unsigned)group[0],
                              (unsigned)group[1], (unsigned)group[2], 0, NULL, arguments,
                              NULL) != 0)
        return CL_OUT_OF_RESOURCES;
    return oct_ptx_record((cl_device_id)queue, event);
}
