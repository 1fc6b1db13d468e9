/* test_threads.c - several threads share one context, each with operators and tensors of its own.
 */
#include <pthread.h>
#include <stdlib.h>

#include "core/check.h"
#include "support/rig.h"

enum { THREADS = 4, ROUNDS = 12, M = 37, K = 65, N = 33 };

typedef struct worker {
    octet_context *context;
    uint64_t seed;
    octet_status status; /* the first failure                    */
    size_t mismatches;
    pthread_t thread;
} worker;

/* What one round needs; each its own, so nothing but the context is shared. */
typedef struct round_data {
    int8_t weights[K * N];
    uint8_t a[M * K];
    int32_t c[M * N];
    octet_operator *op;
    octet_tensor *x, *y;
} round_data;

static octet_status set_up(octet_context *context, uint64_t *seed, round_data *r)
{
    octet_status status = OCTET_OK;
    const octet_shape in = {2, {M, K}}, out = {2, {M, N}};
    octet_gemm_desc desc = {.struct_size = sizeof desc, .n = N, .k = K};
    for (size_t i = 0; i < sizeof r->weights; i++)
        r->weights[i] = (int8_t)oct_random_bits(seed);
    for (size_t i = 0; i < sizeof r->a; i++)
        r->a[i] = (uint8_t)oct_random_bits(seed);
    desc.layer.input_type = OCTET_U8;
    desc.layer.weight_type = OCTET_S8;
    desc.layer.output_type = OCTET_S32;
    desc.layer.weights = (octet_quantization){NULL, 0, &(int32_t){3}, 1};
    desc.layer.weight_data = r->weights;
    OCT_TRY(octet_gemm_create(context, &desc, &r->op));
    OCT_TRY(octet_operator_prepare(r->op, &in, 1, NULL, 0));
    OCT_TRY(octet_tensor_create(context, OCTET_U8, &in, &r->x));
    OCT_TRY(octet_tensor_create(context, OCTET_S32, &out, &r->y));
cleanup:
    return status;
}

static octet_status compute(round_data *r)
{
    octet_status status = OCTET_OK;
    octet_event *written = NULL, *done = NULL, *read = NULL;
    OCT_TRY(octet_tensor_write(r->x, r->a, &written));
    OCT_TRY(octet_operator_run(r->op, &r->x, 1, &r->y, 1, &written, 1, &done));
    OCT_TRY(octet_tensor_read(r->y, r->c, &read));
    OCT_TRY(octet_event_wait(done));
    OCT_TRY(octet_event_wait(read));
cleanup:
    octet_event_destroy(written);
    octet_event_destroy(done);
    octet_event_destroy(read);
    return status;
}

static size_t count_mismatches(const round_data *r)
{
    size_t mismatches = 0;
    for (size_t i = 0; i < M * N; i++) {
        int32_t sum = 0;
        for (size_t k = 0; k < K; k++)
            sum += r->a[i / N * K + k] * (r->weights[k * N + i % N] - 3);
        mismatches += r->c[i] != sum;
    }
    return mismatches;
}

/* No assertion in here: cmocka's belong to the thread that runs the test. */
static void *work(void *argument)
{
    worker *const w = argument;
    for (int i = 0; i < ROUNDS && w->status == OCTET_OK; i++) {
        round_data r = {.op = NULL};
        w->status = set_up(w->context, &w->seed, &r);
        for (int j = 0; j < 3 && w->status == OCTET_OK; j++) {
            memset(r.c, 0xa5, sizeof r.c);
            w->status = compute(&r);
            w->mismatches += count_mismatches(&r);
        }
        octet_operator_destroy(r.op);
        octet_tensor_destroy(r.x);
        octet_tensor_destroy(r.y);
    }
    return NULL;
}

static void threads_share_a_context(void **state)
{
    worker workers[THREADS];
    (void)state;
    for (size_t i = 0; i < oct_the_rig.count; i++) {
        for (size_t j = 0; j < THREADS; j++) {
            workers[j] = (worker){.context = oct_the_rig.contexts[i], .seed = 91 + j};
            assert_int_equal(pthread_create(&workers[j].thread, NULL, work, &workers[j]), 0);
        }
        for (size_t j = 0; j < THREADS; j++)
            assert_int_equal(pthread_join(workers[j].thread, NULL), 0);
        for (size_t j = 0; j < THREADS; j++) {
            OCT_ASSERT_OK(workers[j].status);
            assert_int_equal(workers[j].mismatches, 0);
        }
    }
}

/* One whole life of a context: opened, used, closed. */
static octet_status live(worker *w)
{
    octet_status status = OCTET_OK;
    const octet_context_desc desc = {.struct_size = sizeof desc};
    octet_context *context = NULL;
    round_data r = {.op = NULL};
    OCT_TRY(octet_context_create(&desc, &context));
    OCT_TRY(set_up(context, &w->seed, &r));
    OCT_TRY(compute(&r));
    w->mismatches += count_mismatches(&r);
cleanup:
    octet_operator_destroy(r.op);
    octet_tensor_destroy(r.x);
    octet_tensor_destroy(r.y);
    octet_context_destroy(context);
    return status;
}

static void *work_alone(void *argument)
{
    worker *const w = argument;
    for (int i = 0; i < 3 && w->status == OCTET_OK; i++)
        w->status = live(w);
    return NULL;
}

static void threads_have_contexts_of_their_own(void **state)
{
    worker workers[THREADS];
    (void)state;
    for (size_t j = 0; j < THREADS; j++) {
        workers[j] = (worker){.seed = 95 + j};
        assert_int_equal(pthread_create(&workers[j].thread, NULL, work_alone, &workers[j]), 0);
    }
    for (size_t j = 0; j < THREADS; j++)
        assert_int_equal(pthread_join(workers[j].thread, NULL), 0);
    for (size_t j = 0; j < THREADS; j++) {
        OCT_ASSERT_OK(workers[j].status);
        assert_int_equal(workers[j].mismatches, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_share_a_context),
        cmocka_unit_test(threads_have_contexts_of_their_own),
    };
    return cmocka_run_group_tests(tests, oct_rig_open, oct_rig_close);
}
