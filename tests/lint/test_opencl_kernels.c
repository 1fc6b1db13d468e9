/* test_opencl_kernels.c - every device's compiler accepts kernels.cl with no options at all, and
 * none does with fast math. */
#include "support/opencl_queue.h"

#include "runtime/kernels_source.h"

enum { MAX_DEVICES = 16, MAX_LOG = 16384 };

/* Gives the compiler's error code; what it said goes to "log". */
static cl_int build(cl_device_id device, const char *options, char log[MAX_LOG])
{
    const char *source = (const char *)oct_kernels_source;
    const size_t size = oct_kernels_source_size;
    cl_int error = CL_SUCCESS;
    const cl_context context = clCreateContext(NULL, 1, &device, NULL, NULL, &error);
    assert_int_equal(error, CL_SUCCESS);
    const cl_program program = clCreateProgramWithSource(context, 1, &source, &size, &error);
    assert_int_equal(error, CL_SUCCESS);
    error = clBuildProgram(program, 1, &device, options, NULL, NULL);
    log[0] = '\0';
    clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, MAX_LOG, log, NULL);
    clReleaseProgram(program);
    clReleaseContext(context);
    return error;
}

static void try_options(const char *options, cl_int wanted, const char *said)
{
    cl_device_id devices[MAX_DEVICES];
    const size_t count = oct_own_devices(devices, MAX_DEVICES);
    for (size_t i = 0; i < count; i++) {
        static char log[MAX_LOG];
        const cl_int given = build(devices[i], options, log);
        if (given != wanted || strstr(log, said) == NULL)
            fail_msg("kernels.cl with \"%s\" on device %zu: %d instead of %d:\n%s", options, i,
                     (int)given, (int)wanted, log);
    }
}

static void kernels_compile_without_options(void **state)
{
    (void)state;
    try_options("", CL_SUCCESS, "");
}

static void fast_math_is_refused(void **state)
{
    (void)state;
    try_options("-cl-fast-relaxed-math", CL_BUILD_PROGRAM_FAILURE,
                "must not be built with -cl-fast-relaxed-math");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kernels_compile_without_options),
        cmocka_unit_test(fast_math_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
