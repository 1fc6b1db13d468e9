/* steps.c - see steps.h. */
#include "runtime/steps.h"

#include <sched.h>

/* Looks at a counter, about as many as an item takes, before a thread lets others have its core: who is
 * waited for may need it. Yielding rather than asleep: who sleeps goes on 50 microseconds late. */
enum { PATIENCE = 1000 };

static void relax(void)
{
#ifdef __x86_64__
    __builtin_ia32_pause();
#endif
}

static void compute_items(oct_step *step)
{
    oct_at at = {.size = {step->size[0], step->size[1], step->size[2]}};
    size_t item, done = 0;
    while ((item = atomic_fetch_add_explicit(&step->next, 1, memory_order_relaxed)) < step->items) {
        at.id[0] = item % at.size[0];
        at.id[1] = item / at.size[0] % at.size[1];
        at.id[2] = item / at.size[0] / at.size[1];
        step->compute(step->arguments, &at);
        done++;
    }
    if (done > 0)
        atomic_fetch_add_explicit(&step->done, done, memory_order_release);
}

static void await_items(const oct_step *step)
{
    size_t looks = 0;
    while (atomic_load_explicit(&step->done, memory_order_acquire) < step->items)
        if (looks++ < PATIENCE)
            relax();
        else
            (void)sched_yield();
}

void oct_steps_compute(oct_steps *steps)
{
    for (size_t i = 0; i < steps->count; i++) {
        compute_items(&steps->list[i]);
        await_items(&steps->list[i]);
    }
    if (atomic_fetch_add_explicit(&steps->left, 1, memory_order_acq_rel) + 1 < steps->units)
        return;
    for (size_t i = 0; i < steps->count; i++) {
        atomic_store_explicit(&steps->list[i].next, 0, memory_order_relaxed);
        atomic_store_explicit(&steps->list[i].done, 0, memory_order_relaxed);
    }
    atomic_store_explicit(&steps->left, 0, memory_order_relaxed);
}
