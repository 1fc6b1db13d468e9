/* test_opencl_interop.c - a network on a caller's own OpenCL queue, also on a device that has memory of
 * its own: every command goes to that queue, and nobody but the caller flushes it. */
#define _GNU_SOURCE /* RTLD_NEXT */
#include "build.h"

#include <dlfcn.h>

#include "support/opencl_queue.h"

enum { MOST_DEVICES = 8, IMAGES = 5, BATCH = 2 };

/* ---- Between octet and the loader ---- */

static struct {
    bool discrete; /* devices say that they have memory of their own */
    size_t queues, flushes;
} seen;

/* The loader's own function of that name. */
#define REAL(name, pointer)                                                                        \
    do {                                                                                           \
        void *const symbol = dlsym(RTLD_NEXT, name);                                               \
        memcpy(&(pointer), &symbol, sizeof(pointer));                                              \
    } while (0)

cl_int clGetDeviceInfo(cl_device_id device, cl_device_info what, size_t size, void *value,
                       size_t *needed)
{
    cl_int (*real)(cl_device_id, cl_device_info, size_t, void *, size_t *);
    REAL("clGetDeviceInfo", real);
    const cl_int status = real(device, what, size, value, needed);
    if (seen.discrete && what == CL_DEVICE_HOST_UNIFIED_MEMORY && value != NULL)
        *(cl_bool *)value = CL_FALSE;
    return status;
}

cl_command_queue clCreateCommandQueue(cl_context context, cl_device_id device,
                                      cl_command_queue_properties properties, cl_int *error)
{
    cl_command_queue (*real)(cl_context, cl_device_id, cl_command_queue_properties, cl_int *);
    REAL("clCreateCommandQueue", real);
    seen.queues++;
    return real(context, device, properties, error);
}

cl_int clFlush(cl_command_queue queue)
{
    cl_int (*real)(cl_command_queue);
    REAL("clFlush", real);
    seen.flushes++;
    return real(queue);
}

/* ---- Tests ---- */

typedef struct images {
    float x[IMAGES * OCT_PIXELS];
    int32_t y[IMAGES * OCT_CLASSES];
} images;

/* Which queues running makes, and how often it flushes any, is left in "seen". */
static void run(oct_fixture *fixture, octet_context *context, images *data)
{
    const void *const inputs[] = {data->x};
    void *const outputs[] = {data->y};
    octet_network *const network = oct_build_network(fixture, context, 0);
    oct_build_images(data->x, IMAGES);
    memset(data->y, 0xee, sizeof data->y);
    oct_assert_ok(fixture, octet_network_prepare(network, BATCH));
    seen.queues = seen.flushes = 0;
    oct_assert_ok(fixture, octet_network_run(network, IMAGES, inputs, outputs, NULL));
    octet_network_destroy(network);
}

static void test_own_queue(void **state)
{
    oct_fixture *const fixture = *state;
    cl_device_id devices[MOST_DEVICES];
    const size_t count = oct_own_devices(devices, MOST_DEVICES);
    images expected, data;
    run(fixture, fixture->contexts[fixture->count - 1], &expected);
    for (size_t i = 0; i < 2 * count; i++) {
        oct_own_queue own;
        seen.discrete = i % 2 == 1;
        assert_true(oct_own_open(&own, devices[i / 2], 0));
        run(fixture, own.octet, &data);
        assert_int_equal(seen.queues, 0);
        assert_int_equal(seen.flushes, 0);
        assert_memory_equal(data.y, expected.y, sizeof data.y);
        oct_own_close(&own);
    }
    seen.discrete = false;
}

/* What the test above must not see: on a context of its own octet copies on queues beside. */
static void test_queues_beside(void **state)
{
    oct_fixture *const fixture = *state;
    const octet_context_desc desc = {.struct_size = sizeof desc, .backend = OCTET_BACKEND_OPENCL};
    octet_context *context = NULL;
    images data;
    seen.discrete = true;
    oct_assert_ok(fixture, octet_context_create(&desc, &context));
    run(fixture, context, &data);
    assert_int_equal(seen.queues, 2);
    assert_true(seen.flushes > 0);
    octet_context_destroy(context);
    seen.discrete = false;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_queue),
        cmocka_unit_test(test_queues_beside),
    };
    oct_the_rig.log = (oct_log){oct_rig_listen, &oct_the_rig};
    return cmocka_run_group_tests(tests, oct_open_all, oct_close_all);
}
