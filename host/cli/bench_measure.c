/* bench_measure.c - see bench_measure.h. */
#include "cli/bench_measure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cli/message.h"
#include "core/clock.h"

enum { FEWEST_TURNS = 5, MOST_SAMPLES = 1000, MOST_QUEUED = 100, PAUSE_NANOSECONDS = 40000000 };
static const double sample_seconds = 1e-3; /* at least, unless runs are waited for one by one */

/* ---- Samples ---- */

typedef struct samples {
    size_t count;
    double seconds[MOST_SAMPLES]; /* of one run */
} samples;

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static oct_timing summarize(samples *taken)
{
    const size_t n = taken->count;
    if (n == 0)
        return (oct_timing){0};
    qsort(taken->seconds, n, sizeof taken->seconds[0], by_size);
    return (oct_timing){.samples = n,
                        .median = (taken->seconds[(n - 1) / 2] + taken->seconds[n / 2]) / 2,
                        .low = taken->seconds[n / 10],
                        .high = taken->seconds[n - 1 - n / 10]};
}

/* ---- Turns ---- */

/* Octet (peer NULL) or a peer, and what it took. */
typedef struct contestant {
    const oct_peer *peer;
    void *state;   /* the peer's, or an oct_execution */
    size_t queued; /* runs of a sample: enqueued together, as the layers of a network are */
    samples taken;
} contestant;

static octet_status run_sample(const contestant *one)
{
    octet_status status = OCTET_OK;
    for (size_t i = 0; i < one->queued; i++)
        OCT_TRY(one->peer != NULL ? one->peer->run(one->state) : oct_execution_enqueue(one->state));
    if (one->peer == NULL)
        OCT_TRY(octet_context_finish(((oct_execution *)one->state)->context));
cleanup:
    return status;
}

/* Runs for a while, at least once. */
static octet_status take_turn(contestant *one, double seconds)
{
    octet_status status = OCTET_OK;
    const double turn_began = oct_now();
    do {
        const double began = oct_now();
        if (one->taken.count == MOST_SAMPLES)
            return OCTET_OK;
        OCT_TRY(run_sample(one));
        one->taken.seconds[one->taken.count++] = (oct_now() - began) / (double)one->queued;
    } while (oct_now() - turn_began < seconds);
cleanup:
    return status;
}

/* Other libraries' threads go on spinning for a while after their work; then a run to wake up. */
static octet_status settle(const contestant *one)
{
    const struct timespec pause = {0, PAUSE_NANOSECONDS};
    nanosleep(&pause, NULL);
    return run_sample(one);
}

/* As many runs for a sample as last long enough. */
static octet_status choose_queued(contestant *one)
{
    octet_status status = OCTET_OK;
    double seconds = 1;
    for (int i = 0; i < 3; i++) {
        const double began = oct_now();
        OCT_TRY(run_sample(one));
        seconds = fmin(seconds, oct_now() - began);
    }
    one->queued = (size_t)fmin(ceil(sample_seconds / seconds), MOST_QUEUED);
cleanup:
    return status;
}

static octet_status take_turns(contestant *contestants, size_t count, double seconds)
{
    octet_status status = OCTET_OK;
    const double deadline = oct_now() + seconds, turn = seconds / (double)(count * FEWEST_TURNS);
    for (size_t i = 0; i < FEWEST_TURNS || oct_now() < deadline; i++) {
        for (size_t j = 0; j < count; j++) {
            if (contestants[j].state == NULL)
                continue;
            if (count > 1)
                OCT_TRY(settle(&contestants[j]));
            OCT_TRY(take_turn(&contestants[j], turn));
        }
        if (contestants[0].taken.count == MOST_SAMPLES)
            break;
    }
cleanup:
    return status;
}

/* ---- One problem ---- */

static octet_status create_peers(const oct_bench_plan *plan, const oct_problem *problem,
                                 contestant *peers)
{
    octet_status status = OCTET_OK;
    octet_device_info device;
    octet_context_device(plan->context, &device, NULL);
    for (size_t i = 0; i < plan->peer_count; i++) {
        peers[i].peer = plan->peers[i];
        OCT_TRY(plan->peers[i]->create(oct_cli_log, problem, &device, &peers[i].state));
    }
cleanup:
    return status;
}

static octet_status time_all(const oct_bench_plan *plan, oct_case_run *run, oct_bench_result *out)
{
    octet_status status = OCTET_OK;
    contestant *all = NULL;
    OCT_ALLOC(oct_cli_log, all, 1 + OCT_MOST_PEERS);
    all[0].state = &run->execution;
    OCT_TRY(create_peers(plan, &out->problem, all + 1));
    for (size_t i = 0; i < 1 + plan->peer_count; i++) {
        all[i].queued = 1;
        if (all[i].state != NULL && !plan->wait)
            OCT_TRY(choose_queued(&all[i]));
    }
    OCT_TRY(take_turns(all, 1 + plan->peer_count, plan->seconds));
    out->own = summarize(&all[0].taken);
    for (size_t p = 0; p < plan->peer_count; p++)
        out->peers[p] = summarize(&all[1 + p].taken);
cleanup:
    for (size_t p = 0; all != NULL && p < plan->peer_count; p++)
        plan->peers[p]->destroy(all[1 + p].state);
    free(all);
    return status;
}

octet_status oct_bench_measure(const oct_bench_plan *plan, const oct_problem *problem,
                               oct_bench_result *out)
{
    octet_status status = OCTET_OK;
    oct_case c = {0};
    oct_case_run run = {0};
    *out = (oct_bench_result){.problem = *problem, .type = problem->settings.output_type};
    OCT_TRY(oct_case_create(oct_cli_log, problem, plan->seed, &c));
    OCT_TRY(oct_case_prepare(&c, plan->context, plan->variant, &run));
    snprintf(out->variant, sizeof out->variant, "%s", octet_operator_variant(run.execution.op));
    out->shape = oct_case_output(&c);
    OCT_TRY(oct_case_expect(&c, plan->context));
    OCT_TRY(oct_case_judge(&c, &run, &out->comparison)); /* also the warm-up */
    out->different = out->comparison.mismatches > 0;
    if (!out->different)
        OCT_TRY(time_all(plan, &run, out));
cleanup:
    oct_case_run_release(&run);
    oct_case_release(&c);
    return status;
}
