/* parallel.c - splits a range of independent work over the machine's cores. */
#include "core/parallel.h"

#include <pthread.h>
#include <stdbool.h>
#include <unistd.h>

#include "core/memory.h"

enum { MOST_THREADS = 256 };

typedef struct part {
    oct_range_fn work;
    void *state;
    size_t begin, end;
    pthread_t thread;
    bool started;
} part;

static void *run_part(void *argument)
{
    const part *const self = argument;
    self->work(self->state, self->begin, self->end);
    return NULL;
}

static size_t online_cores(void)
{
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (cores < 1)
        return 1;
    return cores < MOST_THREADS ? (size_t)cores : MOST_THREADS;
}

/* Items per part: as many as make one part per core, but no fewer than the grain. */
static size_t part_size(size_t count, size_t grain)
{
    const size_t share = oct_divide_up(count, online_cores());
    return share > grain ? share : grain;
}

void oct_parallel(size_t count, size_t grain, oct_range_fn work, void *state)
{
    if (count == 0)
        return;
    if (count <= grain) {
        work(state, 0, count);
        return;
    }
    part parts[MOST_THREADS];
    const size_t size = part_size(count, grain);
    const size_t part_count = oct_divide_up(count, size);
    for (size_t i = 0; i < part_count; i++) {
        const size_t begin = i * size;
        const size_t end = count - begin > size ? begin + size : count;
        parts[i] = (part){.work = work, .state = state, .begin = begin, .end = end};
        if (i > 0)
            parts[i].started = pthread_create(&parts[i].thread, NULL, run_part, &parts[i]) == 0;
    }
    for (size_t i = 0; i < part_count; i++)
        if (!parts[i].started)
            run_part(&parts[i]);
    for (size_t i = 0; i < part_count; i++)
        if (parts[i].started)
            pthread_join(parts[i].thread, NULL);
}
