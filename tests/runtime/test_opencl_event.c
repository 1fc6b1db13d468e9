/* test_opencl_event.c - what was enqueued starts when its event is handed out, waited for or not. */
#include <CL/cl.h>
#include <time.h>

#include "runtime/runtime.h"
#include "support/rig.h"

static cl_int state_of(const octet_event *event)
{
    cl_int state = CL_QUEUED;
    assert_int_equal(clGetEventInfo(event->handle, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof state,
                                    &state, NULL),
                     CL_SUCCESS);
    return state;
}

static void completes_by_itself(octet_event *event)
{
    const struct timespec millisecond = {0, 1000000};
    for (int i = 0; i < 30000 && state_of(event) != CL_COMPLETE; i++)
        nanosleep(&millisecond, NULL);
    assert_int_equal(state_of(event), CL_COMPLETE);
    octet_event_destroy(event);
}

static void events_complete_without_a_wait(void **state)
{
    static const uint8_t data[1000];
    const octet_shape shape = {1, {1000}};
    (void)state;
    for (size_t i = 0; i < oct_the_rig.devices; i++) {
        const octet_permute_desc desc = {.struct_size = sizeof desc, .rank = 1};
        octet_tensor *x = NULL, *y = NULL;
        octet_operator *op = NULL;
        octet_event *event = NULL;
        uint8_t result[1000];
        OCT_ASSERT_OK(octet_tensor_create(oct_the_rig.contexts[i], OCTET_S8, &shape, &x));
        OCT_ASSERT_OK(octet_tensor_create(oct_the_rig.contexts[i], OCTET_S8, &shape, &y));
        OCT_ASSERT_OK(octet_permute_create(oct_the_rig.contexts[i], &desc, &op));
        OCT_ASSERT_OK(octet_operator_prepare(op, &shape, 1, NULL, 0));
        OCT_ASSERT_OK(octet_tensor_write(x, data, &event));
        completes_by_itself(event);
        OCT_ASSERT_OK(octet_operator_run(op, &x, 1, &y, 1, NULL, 0, &event));
        completes_by_itself(event);
        OCT_ASSERT_OK(octet_tensor_read(y, result, &event));
        completes_by_itself(event);
        octet_operator_destroy(op);
        octet_tensor_destroy(x);
        octet_tensor_destroy(y);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(events_complete_without_a_wait)};
    return cmocka_run_group_tests(tests, oct_rig_open, oct_rig_close);
}
