/* clblast.c - CLBlast's sgemm on the OpenCL device that octet runs on. */
#define CL_TARGET_OPENCL_VERSION 120
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#include <clblast_c.h>
#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "peers/peers.h"

enum { MOST_PLATFORMS = 16, MOST_DEVICES = 32 };

typedef struct clblast_state {
    oct_peer_product product;
    cl_context context;
    cl_command_queue queue;
    cl_mem a, b, c;
} clblast_state;

static void destroy(void *opaque)
{
    clblast_state *const state = opaque;
    if (state == NULL)
        return;
    if (state->a != NULL)
        clReleaseMemObject(state->a);
    if (state->b != NULL)
        clReleaseMemObject(state->b);
    if (state->c != NULL)
        clReleaseMemObject(state->c);
    if (state->queue != NULL)
        clReleaseCommandQueue(state->queue);
    if (state->context != NULL)
        clReleaseContext(state->context);
    free(state);
}

/* ---- The same device ---- */

/* Names as the library gives them: cut to its fields. */
static bool same_name(const char *ours, size_t size, const char *theirs)
{
    return strncmp(ours, theirs, size - 1) == 0;
}

static cl_device_id find_on(cl_platform_id platform, const octet_device_info *info)
{
    cl_device_id devices[MOST_DEVICES];
    cl_uint count = 0;
    if (clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, MOST_DEVICES, devices, &count) != CL_SUCCESS)
        return NULL;
    for (cl_uint i = 0; i < count && i < MOST_DEVICES; i++) {
        char name[512] = "";
        if (clGetDeviceInfo(devices[i], CL_DEVICE_NAME, sizeof name, name, NULL) == CL_SUCCESS &&
            same_name(info->name, sizeof info->name, name))
            return devices[i];
    }
    return NULL;
}

static cl_device_id find_device(const octet_device_info *info)
{
    cl_platform_id platforms[MOST_PLATFORMS];
    cl_uint count = 0;
    if (clGetPlatformIDs(MOST_PLATFORMS, platforms, &count) != CL_SUCCESS)
        return NULL;
    for (cl_uint i = 0; i < count && i < MOST_PLATFORMS; i++) {
        char name[512] = "";
        clGetPlatformInfo(platforms[i], CL_PLATFORM_NAME, sizeof name, name, NULL);
        cl_device_id found = NULL;
        if (same_name(info->platform, sizeof info->platform, name))
            found = find_on(platforms[i], info);
        if (found != NULL)
            return found;
    }
    return NULL;
}

/* ---- The product ---- */

static octet_status run(void *opaque)
{
    clblast_state *const state = opaque;
    const oct_peer_product *const p = &state->product;
    for (size_t i = 0; i < p->batch; i++) {
        const CLBlastStatusCode code = CLBlastSgemm(
            CLBlastLayoutRowMajor, CLBlastTransposeNo, CLBlastTransposeNo, p->m, p->n, p->k, 1.0f,
            state->a, i * p->m * p->k, p->k, state->b, i * p->k * p->n, p->n, 0.0f, state->c,
            i * p->m * p->n, p->n, &state->queue, NULL);
        if (code != CLBlastSuccess)
            return OCTET_DEVICE_FAILED;
    }
    return clFinish(state->queue) == CL_SUCCESS ? OCTET_OK : OCTET_DEVICE_FAILED;
}

/* A new buffer of small values. */
static octet_status make_buffer(const oct_log *log, cl_context context, size_t count, cl_mem *out)
{
    octet_status status = OCTET_OK;
    float *values = NULL;
    cl_int error = CL_SUCCESS;
    OCT_ALLOC(log, values, count);
    oct_peer_fill(values, count);
    *out = clCreateBuffer(context, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR,
                          (count > 0 ? count : 1) * sizeof *values, values, &error);
    OCT_REQUIRE(log, error == CL_SUCCESS, OCTET_DEVICE_FAILED,
                "clblast: clCreateBuffer failed with %d", error);
cleanup:
    free(values);
    return status;
}

static octet_status open_queue(const oct_log *log, cl_device_id device, clblast_state *state)
{
    octet_status status = OCTET_OK;
    cl_int error = CL_SUCCESS;
    state->context = clCreateContext(NULL, 1, &device, NULL, NULL, &error);
    OCT_REQUIRE(log, error == CL_SUCCESS, OCTET_DEVICE_FAILED,
                "clblast: clCreateContext failed with %d", error);
    state->queue = clCreateCommandQueue(state->context, device, 0, &error);
    OCT_REQUIRE(log, error == CL_SUCCESS, OCTET_DEVICE_FAILED,
                "clblast: clCreateCommandQueue failed with %d", error);
cleanup:
    return status;
}

static octet_status create(const oct_log *log, const oct_problem *problem,
                           const octet_device_info *info, void **out)
{
    octet_status status = OCTET_OK;
    clblast_state *state = NULL;
    oct_peer_product p;
    cl_device_id device = NULL;
    if (oct_peer_product_of(problem, &p))
        device = find_device(info);
    if (device == NULL)
        return OCTET_OK;
    OCT_ALLOC(log, state, 1);
    state->product = p;
    OCT_TRY(open_queue(log, device, state));
    OCT_TRY(make_buffer(log, state->context, p.batch * p.m * p.k, &state->a));
    OCT_TRY(make_buffer(log, state->context, p.batch * p.k * p.n, &state->b));
    OCT_TRY(make_buffer(log, state->context, p.batch * p.m * p.n, &state->c));
    OCT_TRY(run(state));
    *out = state;
    state = NULL;
cleanup:
    destroy(state);
    return status;
}

const oct_peer oct_peer_clblast = {
    .name = "clblast",
    .what = "float32 product on the same device",
    .create = create,
    .run = run,
    .destroy = destroy,
};
