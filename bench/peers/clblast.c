/* clblast.c - see clblast.h; and the same as a peer of octet bench. */
#define CL_TARGET_OPENCL_VERSION 120
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#include "peers/clblast.h"

#include <clblast_c.h>
#include <stdlib.h>
#include <string.h>

#include "core/check.h"

enum { MOST_PLATFORMS = 16, MOST_DEVICES = 32 };

struct oct_clblast {
    const oct_log *log;
    oct_peer_product product;
    cl_context context;
    cl_command_queue queue;
    cl_mem a, b, c;
};

static octet_status check(const oct_clblast *clblast, int code, const char *call)
{
    if (code == CL_SUCCESS)
        return OCTET_OK;
    return oct_report(clblast->log, OCTET_DEVICE_FAILED, "clblast: %s failed with %d", call, code);
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

/* ---- Life ---- */

static octet_status open_queue(cl_device_id device, oct_clblast *clblast)
{
    octet_status status = OCTET_OK;
    cl_int error = CL_SUCCESS;
    clblast->context = clCreateContext(NULL, 1, &device, NULL, NULL, &error);
    OCT_TRY(check(clblast, error, "clCreateContext"));
    clblast->queue = clCreateCommandQueue(clblast->context, device, 0, &error);
    OCT_TRY(check(clblast, error, "clCreateCommandQueue"));
cleanup:
    return status;
}

/* A new buffer of zeros. */
static octet_status make_buffer(const oct_clblast *clblast, size_t count, cl_mem *out)
{
    octet_status status = OCTET_OK;
    float *zeros = NULL;
    cl_int error = CL_SUCCESS;
    count = count > 0 ? count : 1;
    OCT_ALLOC(clblast->log, zeros, count);
    *out = clCreateBuffer(clblast->context, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR,
                          count * sizeof *zeros, zeros, &error);
    OCT_TRY(check(clblast, error, "clCreateBuffer"));
cleanup:
    free(zeros);
    return status;
}

octet_status oct_clblast_create(const oct_log *log, const oct_peer_product *product,
                                const octet_device_info *info, oct_clblast **out)
{
    octet_status status = OCTET_OK;
    const oct_peer_product *const p = product;
    const cl_device_id device = find_device(info);
    oct_clblast *clblast = NULL;
    if (device == NULL)
        return OCTET_OK;
    OCT_ALLOC(log, clblast, 1);
    clblast->log = log;
    clblast->product = *p;
    OCT_TRY(open_queue(device, clblast));
    OCT_TRY(make_buffer(clblast, p->batch * p->m * p->k, &clblast->a));
    OCT_TRY(make_buffer(clblast, p->batch * p->k * p->n, &clblast->b));
    OCT_TRY(make_buffer(clblast, p->batch * p->m * p->n, &clblast->c));
    *out = clblast;
    clblast = NULL;
cleanup:
    oct_clblast_destroy(clblast);
    return status;
}

void oct_clblast_destroy(oct_clblast *clblast)
{
    if (clblast == NULL)
        return;
    if (clblast->a != NULL)
        clReleaseMemObject(clblast->a);
    if (clblast->b != NULL)
        clReleaseMemObject(clblast->b);
    if (clblast->c != NULL)
        clReleaseMemObject(clblast->c);
    if (clblast->queue != NULL)
        clReleaseCommandQueue(clblast->queue);
    if (clblast->context != NULL)
        clReleaseContext(clblast->context);
    free(clblast);
}

/* ---- The product ---- */

static octet_status write_buffer(const oct_clblast *clblast, cl_mem buffer, size_t count,
                                 const float *values)
{
    if (count == 0)
        return OCTET_OK;
    return check(clblast,
                 clEnqueueWriteBuffer(clblast->queue, buffer, CL_TRUE, 0, count * sizeof *values,
                                      values, 0, NULL, NULL),
                 "clEnqueueWriteBuffer");
}

octet_status oct_clblast_write(oct_clblast *clblast, const float *a, const float *b)
{
    octet_status status = OCTET_OK;
    const oct_peer_product *const p = &clblast->product;
    OCT_TRY(write_buffer(clblast, clblast->a, p->batch * p->m * p->k, a));
    OCT_TRY(write_buffer(clblast, clblast->b, p->batch * p->k * p->n, b));
cleanup:
    return status;
}

octet_status oct_clblast_multiply(oct_clblast *clblast)
{
    octet_status status = OCTET_OK;
    const oct_peer_product *const p = &clblast->product;
    for (size_t i = 0; i < p->batch; i++) {
        const CLBlastStatusCode code =
            CLBlastSgemm(CLBlastLayoutRowMajor, CLBlastTransposeNo, CLBlastTransposeNo, p->m, p->n,
                         p->k, 1.0f, clblast->a, i * p->m * p->k, p->k, clblast->b, i * p->k * p->n,
                         p->n, 0.0f, clblast->c, i * p->m * p->n, p->n, &clblast->queue, NULL);
        OCT_TRY(check(clblast, code, "CLBlastSgemm"));
    }
    OCT_TRY(check(clblast, clFinish(clblast->queue), "clFinish"));
cleanup:
    return status;
}

octet_status oct_clblast_read(oct_clblast *clblast, float *c)
{
    const oct_peer_product *const p = &clblast->product;
    const size_t bytes = p->batch * p->m * p->n * sizeof *c;
    if (bytes == 0)
        return OCTET_OK;
    return check(
        clblast,
        clEnqueueReadBuffer(clblast->queue, clblast->c, CL_TRUE, 0, bytes, c, 0, NULL, NULL),
        "clEnqueueReadBuffer");
}

/* ---- As a peer ---- */

static void destroy(void *state)
{
    oct_clblast_destroy(state);
}

static octet_status run(void *state)
{
    return oct_clblast_multiply(state);
}

static octet_status fill(const oct_log *log, oct_clblast *clblast)
{
    octet_status status = OCTET_OK;
    const oct_peer_product *const p = &clblast->product;
    const size_t a_count = p->batch * p->m * p->k, b_count = p->batch * p->k * p->n;
    float *a = NULL, *b = NULL;
    OCT_ALLOC(log, a, a_count);
    OCT_ALLOC(log, b, b_count);
    oct_peer_fill(a, a_count);
    oct_peer_fill(b, b_count);
    OCT_TRY(oct_clblast_write(clblast, a, b));
cleanup:
    free(b);
    free(a);
    return status;
}

static octet_status create(const oct_log *log, const oct_problem *problem,
                           const octet_device_info *info, void **out)
{
    octet_status status = OCTET_OK;
    oct_clblast *clblast = NULL;
    oct_peer_product product;
    if (!oct_peer_product_of(problem, &product))
        return OCTET_OK;
    OCT_TRY(oct_clblast_create(log, &product, info, &clblast));
    if (clblast == NULL)
        return OCTET_OK;
    OCT_TRY(fill(log, clblast));
    OCT_TRY(run(clblast));
    *out = clblast;
    clblast = NULL;
cleanup:
    oct_clblast_destroy(clblast);
    return status;
}

const oct_peer oct_peer_clblast = {
    .name = "clblast",
    .what = "float32 product on the same device",
    .create = create,
    .run = run,
    .destroy = destroy,
};
