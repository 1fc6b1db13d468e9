/* steps.h - what the threads of a chain go through: launches as steps, of this machine's code.
 *
 * Each unit, one of those that compute, takes the step's next item by a counter until none is left, and then
 * waits until those that others took are done. So a unit waits only for units that run: however few
 * threads there are, at least one goes on.
 *
 * Order: what an item wrote is visible to whoever saw it counted as done (release, acquire; the additions of
 * several units to one counter are one release sequence). Items of the next step are computed after that
 * alone. The last unit to leave sets the counters back: the next run, which must come after this one and see
 * what it wrote, as commands of an in-order queue do, finds them as the first did. */
#ifndef OCT_RUNTIME_STEPS_H
#define OCT_RUNTIME_STEPS_H

#include <stdatomic.h>
#include <stddef.h>

enum {
    OCT_CACHE_LINE = 64,     /* bytes */
    OCT_ARGUMENT_BYTES = 384 /* of a step, at most */
};

/* The place of an item: kernels.cl has the same. */
typedef struct oct_at {
    size_t id[3], size[3]; /* global */
} oct_at;

typedef void oct_compute(const void *arguments, const oct_at *at);

typedef struct oct_step {
    oct_compute *compute; /* an item */
    void *code;           /* the library that it is in, kept open */
    size_t size[3], items;
    size_t bytes; /* of arguments; they are as in a structure */
    _Alignas(OCT_CACHE_LINE) unsigned char arguments[OCT_ARGUMENT_BYTES];
    _Alignas(OCT_CACHE_LINE) atomic_size_t next; /* item; beyond the last: none */
    _Alignas(OCT_CACHE_LINE) atomic_size_t done; /* items */
} oct_step;

typedef struct oct_steps {
    oct_step *list; /* aligned to lines */
    size_t count;
    size_t units;       /* how many times oct_steps_compute is called in a run */
    atomic_size_t left; /* units that are through */
} oct_steps;

/* oct_steps_compute - what each unit does in a run; returns when all steps are done. */
void oct_steps_compute(oct_steps *steps);

#endif
