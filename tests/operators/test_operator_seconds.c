/* test_operator_seconds.c - the event of a run tells the device time of all its commands. */
#include <time.h>

#include "support/stage.h"

enum { M = 512, N = 512, K = 512 }; /* some milliseconds on a CPU without dot products */

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static octet_context *open_context(size_t device)
{
    const char number[] = {(char)('0' + device), '\0'};
    const octet_context_desc desc = {.struct_size = sizeof desc,
                                     .device = number,
                                     .profiling = 1,
                                     .message = oct_rig_listen,
                                     .message_user = &oct_the_rig};
    octet_context *context = NULL;
    OCT_ASSERT_OK(octet_context_create(&desc, &context));
    return context;
}

/* Two runs, one right behind the other: their times are a fair part of what the host has waited, in
 * order and without a common part. */
static void time_two_runs(octet_context *context, const char *variant)
{
    static int8_t weights[K * N];
    const octet_gemm_desc desc = {.struct_size = sizeof desc,
                                  .n = N,
                                  .k = K,
                                  .variant = variant,
                                  .layer = {.output_type = OCTET_S32, .weight_data = weights}};
    const octet_shape in = {2, {M, K}}, out = {2, {M, N}};
    octet_operator *op = NULL;
    octet_tensor *a = NULL, *c = NULL;
    octet_event *events[2] = {NULL, NULL};
    double start[2], end[2];
    OCT_ASSERT_OK(octet_gemm_create(context, &desc, &op));
    OCT_ASSERT_OK(octet_operator_prepare(op, &in, 1, NULL, 0));
    OCT_ASSERT_OK(octet_tensor_create(context, OCTET_S8, &in, &a));
    OCT_ASSERT_OK(octet_tensor_create(context, OCTET_S32, &out, &c));
    oct_poison(a);
    OCT_ASSERT_OK(octet_context_finish(context));
    const double begun = now();
    for (size_t i = 0; i < 2; i++)
        OCT_ASSERT_OK(octet_operator_run(op, &a, 1, &c, 1, NULL, 0, &events[i]));
    OCT_ASSERT_OK(octet_event_wait(events[1]));
    const double waited = now() - begun;
    for (size_t i = 0; i < 2; i++) {
        OCT_ASSERT_OK(octet_event_seconds(events[i], &start[i], &end[i]));
        octet_event_destroy(events[i]);
    }
    if (start[1] < end[0] || end[1] - start[0] > waited ||
        end[0] - start[0] + end[1] - start[1] < 0.1 * waited)
        fail_msg("%s: the runs took %g s to %g s and %g s to %g s, the host waited %g s",
                 octet_operator_variant(op), 0.0, end[0] - start[0], start[1] - start[0],
                 end[1] - start[0], waited);
    octet_operator_destroy(op);
    octet_tensor_destroy(a);
    octet_tensor_destroy(c);
}

static void runs_have_times_if_asked_for(void **state)
{
    (void)state;
    for (size_t i = 0; i < oct_the_rig.devices; i++) {
        octet_context *const context = open_context(i);
        time_two_runs(context, NULL);
        time_two_runs(context, "plain_4x2x8");
        time_two_runs(context, "reference");
        octet_context_destroy(context);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(runs_have_times_if_asked_for)};
    return cmocka_run_group_tests(tests, oct_rig_open, oct_rig_close);
}
