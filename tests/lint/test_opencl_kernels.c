/* test_opencl_kernels.c - every device's compiler accepts kernels.cl with no options at all. */
#include "support/unit.h"

#include <CL/cl.h>

#include "runtime/kernels_source.h"

enum { MAX_PLATFORMS = 8, MAX_DEVICES = 16, MAX_LOG = 16384 };

static void build_on(cl_device_id device)
{
    const char *source = (const char *)oct_kernels_source;
    const size_t size = oct_kernels_source_size;
    static char log[MAX_LOG];
    char name[256] = "";
    cl_int error = CL_SUCCESS;

    cl_context context = clCreateContext(NULL, 1, &device, NULL, NULL, &error);
    assert_int_equal(error, CL_SUCCESS);
    cl_program program = clCreateProgramWithSource(context, 1, &source, &size, &error);
    assert_int_equal(error, CL_SUCCESS);

    error = clBuildProgram(program, 1, &device, "", NULL, NULL);
    if (error != CL_SUCCESS) {
        clGetDeviceInfo(device, CL_DEVICE_NAME, sizeof name, name, NULL);
        clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, sizeof log, log, NULL);
        print_error("kernels.cl on %s:\n%s\n", name, log);
    }
    assert_int_equal(error, CL_SUCCESS);
    clReleaseProgram(program);
    clReleaseContext(context);
}

static void kernels_compile_without_options(void **state)
{
    cl_platform_id platforms[MAX_PLATFORMS];
    cl_device_id devices[MAX_DEVICES];
    cl_uint platform_count = 0, built = 0;

    (void)state;
    assert_int_equal(clGetPlatformIDs(MAX_PLATFORMS, platforms, &platform_count), CL_SUCCESS);
    for (cl_uint p = 0; p < platform_count && p < MAX_PLATFORMS; p++) {
        cl_uint device_count = 0;
        if (clGetDeviceIDs(platforms[p], CL_DEVICE_TYPE_ALL, MAX_DEVICES, devices, &device_count) !=
            CL_SUCCESS)
            continue;
        for (cl_uint d = 0; d < device_count && d < MAX_DEVICES; d++, built++)
            build_on(devices[d]);
    }
    assert_true(built > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(kernels_compile_without_options)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
