/* contest.c - see contest.h. */
#include "harness/contest.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "core/clock.h"

enum { FEWEST_TURNS = 5, MOST_QUEUED = 400, MOST_TRIALS = 3, PAUSE_NANOSECONDS = 40000000 };
static const double trials_seconds = 50e-3; /* after which a look is long enough */

/* ---- Samples ---- */

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

oct_timing oct_contestant_timing(oct_contestant *one)
{
    const size_t n = one->count;
    if (n == 0)
        return (oct_timing){0};
    qsort(one->seconds, n, sizeof one->seconds[0], by_size);
    return (oct_timing){.samples = n,
                        .median = (one->seconds[(n - 1) / 2] + one->seconds[n / 2]) / 2,
                        .low = one->seconds[n / 10],
                        .high = one->seconds[n - 1 - n / 10]};
}

double oct_contest_lead(const oct_contestant *a, const oct_contestant *b)
{
    const size_t count = a->count < b->count ? a->count : b->count;
    size_t ahead = 0;
    for (size_t i = 0; i < count; i++)
        ahead += a->seconds[i] < b->seconds[i];
    return count > 0 ? (double)ahead / (double)count : 0;
}

static size_t queued(const oct_contestant *one)
{
    return one->queued > 0 ? one->queued : 1;
}

static octet_status run_sample(const oct_contestant *one)
{
    octet_status status = OCTET_OK;
    const size_t calls = one->recorded ? 1 : queued(one);
    for (size_t i = 0; i < calls; i++)
        OCT_TRY(one->run(one->state));
    if (one->finish != NULL)
        OCT_TRY(one->finish(one->state));
cleanup:
    return status;
}

static octet_status play(void *state)
{
    return oct_execution_play(state);
}

static octet_status record(void *state, size_t count)
{
    return oct_execution_record(state, count);
}

static octet_status finish(void *state)
{
    return octet_context_finish(((const oct_execution *)state)->context);
}

void oct_contestant_execution(oct_contestant *one, oct_execution *execution)
{
    one->run = play;
    one->finish = finish;
    one->record = record;
    one->state = execution;
}

/* What the shortest of a few samples takes. */
static octet_status look(const oct_contestant *one, double *seconds)
{
    octet_status status = OCTET_OK;
    const double first = oct_now();
    double shortest = INFINITY;
    for (int i = 0; i < MOST_TRIALS && (i == 0 || oct_now() - first < trials_seconds); i++) {
        const double began = oct_now();
        OCT_TRY(run_sample(one));
        shortest = fmin(shortest, oct_now() - began);
    }
    *seconds = shortest;
cleanup:
    return status;
}

/* So many runs of "seconds" each as last for a sample. */
static size_t runs_of(double sample_seconds, double seconds)
{
    return (size_t)fmin(ceil(sample_seconds / fmax(seconds, 1e-9)), MOST_QUEUED);
}

octet_status oct_contestant_queue(oct_contestant *one, double sample_seconds, double *seconds)
{
    octet_status status = OCTET_OK;
    double each = 0;
    one->queued = 1;
    OCT_TRY(look(one, &each));
    one->queued = runs_of(sample_seconds, each);
    for (size_t recorded = 0, i = 0; /* recorded, they may take much less: twice */
         i < 2 && one->record != NULL && runs_of(sample_seconds, each) >= 2 * recorded; i++) {
        one->queued = recorded = runs_of(sample_seconds, each);
        OCT_TRY(one->record(one->state, recorded));
        one->recorded = true;
        OCT_TRY(look(one, &each));
        each /= (double)recorded;
    }
    if (seconds != NULL)
        *seconds = each;
cleanup:
    return status;
}

/* ---- Turns ---- */

/* Runs for a while, at least once. */
static octet_status take_turn(oct_contestant *one, double seconds)
{
    octet_status status = OCTET_OK;
    const double turn_began = oct_now();
    do {
        const double began = oct_now();
        if (one->count == OCT_MOST_SAMPLES)
            return OCTET_OK;
        OCT_TRY(run_sample(one));
        one->seconds[one->count++] = (oct_now() - began) / (double)queued(one);
    } while (oct_now() - turn_began < seconds);
cleanup:
    return status;
}

/* Other libraries' threads go on spinning for a while after their work; then a run to wake up. */
static octet_status settle(const oct_contestant *one)
{
    const struct timespec pause = {0, PAUSE_NANOSECONDS};
    nanosleep(&pause, NULL);
    return run_sample(one);
}

/* Whose turn is the "at"-th of a round: each begins and follows each other about as often, for a
 * run's speed depends on what ran before it. */
static size_t whose_turn(size_t round, size_t at, size_t count)
{
    const size_t forwards = (round + at) % count;
    return round % 4 < 2 ? forwards : count - 1 - forwards;
}

octet_status oct_contest(oct_contestant *all, size_t count, const oct_turns *turns)
{
    octet_status status = OCTET_OK;
    const double deadline = oct_now() + turns->seconds;
    for (size_t i = 0; i < FEWEST_TURNS || oct_now() < deadline; i++) {
        bool full = true;
        for (size_t j = 0; j < count; j++) {
            oct_contestant *const one = &all[whose_turn(i, j, count)];
            if (one->state == NULL)
                continue;
            if (turns->settle)
                OCT_TRY(settle(one));
            OCT_TRY(take_turn(one, turns->turn));
            full &= one->count == OCT_MOST_SAMPLES;
        }
        if (full)
            break;
    }
cleanup:
    return status;
}
