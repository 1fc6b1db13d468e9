/* contest.h - the time of several ways to do the same, taken in turns, so that a slow moment of the
 * machine meets all of them. */
#ifndef OCT_HARNESS_CONTEST_H
#define OCT_HARNESS_CONTEST_H

#include <stdbool.h>

#include "harness/execute.h"

enum { OCT_MOST_SAMPLES = 1000 };

/* Seconds of one run: the median, and where eight of ten lie. */
typedef struct oct_timing {
    size_t samples; /* 0: not measured */
    double median, low, high;
} oct_timing;

/* Large: on the heap. Starts with run, finish, record and state; the rest 0. */
typedef struct oct_contestant {
    octet_status (*run)(void *state);
    octet_status (*finish)(void *state); /* waits for the runs; NULL: run does */
    octet_status (*record)(void *state,
                           size_t count); /* from then on "run" is so many; NULL: never */
    void *state;                          /* NULL: does not take part */
    size_t queued;                        /* runs of a sample, finished together; 0: 1 */
    bool recorded;                        /* which one call of "run" makes */
    size_t count;
    double seconds[OCT_MOST_SAMPLES]; /* of one run */
} oct_contestant;

/* How long turns take. */
typedef struct oct_turns {
    double seconds, turn; /* of all, and of one turn, at least; five turns are taken in any case */
    bool settle;          /* a pause before each, for threads of others that go on spinning */
} oct_turns;

/* oct_contestant_execution - an execution, prepared, as a contestant. */
void oct_contestant_execution(oct_contestant *one, oct_execution *execution);

/* oct_contestant_queue - as many runs for a sample as last "sample_seconds", 400 at most, found by a few
 * runs, and recorded where the contestant does that; *seconds (may be NULL) is what the shortest took. */
octet_status oct_contestant_queue(oct_contestant *one, double sample_seconds, double *seconds);

/* oct_contest - adds samples of all, in turns. */
octet_status oct_contest(oct_contestant *all, size_t count, const oct_turns *turns);

/* oct_contest_lead - the share of turns in which "a" was faster than "b": both took one sample each
 * turn, and those are not sorted yet. 0 without samples. */
double oct_contest_lead(const oct_contestant *a, const oct_contestant *b);

/* oct_contestant_timing - what the samples amount to; sorts them. */
oct_timing oct_contestant_timing(oct_contestant *one);

#endif
