/* test_parallel.c - splitting a range over threads. */
#include "core/parallel.h"

#include <pthread.h>

#include "support/unit.h"

enum { MOST_ITEMS = 1000 };

typedef struct visits {
    int count[MOST_ITEMS]; /* items belong to one part, so need no lock */
    pthread_mutex_t lock;
    size_t calls, shortest;
    pthread_t caller;
    int strangers; /* calls on another thread */
} visits;

static void visit(void *state, size_t begin, size_t end)
{
    visits *const self = state;
    for (size_t i = begin; i < end; i++)
        self->count[i]++;
    pthread_mutex_lock(&self->lock);
    self->calls++;
    self->strangers += !pthread_equal(pthread_self(), self->caller);
    if (end - begin < self->shortest)
        self->shortest = end - begin;
    pthread_mutex_unlock(&self->lock);
}

static visits visit_all(size_t count, size_t grain)
{
    visits self = {.lock = PTHREAD_MUTEX_INITIALIZER, .shortest = SIZE_MAX};
    self.caller = pthread_self();
    oct_parallel(count, grain, visit, &self);
    return self;
}

static void each_item_is_done_once(void **state)
{
    static const size_t counts[] = {1, 2, 3, 7, 64, 65, 999, 1000},
                        grains[] = {0, 1, 2, 5, 63, 1000};
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(counts); i++) {
        for (size_t j = 0; j < OCT_COUNT(grains); j++) {
            const visits result = visit_all(counts[i], grains[j]);
            for (size_t item = 0; item < MOST_ITEMS; item++)
                assert_int_equal(result.count[item], item < counts[i]);
        }
    }
}

static void nothing_is_not_work(void **state)
{
    (void)state;
    assert_int_equal(visit_all(0, 1).calls, 0);
    assert_int_equal(visit_all(0, 0).calls, 0);
}

static void one_grain_stays_on_the_calling_thread(void **state)
{
    const visits result = visit_all(50, 50);
    (void)state;
    assert_int_equal(result.calls, 1);
    assert_int_equal(result.strangers, 0);
}

/* Only the last part, the remainder, may be shorter. */
static void parts_are_no_smaller_than_the_grain(void **state)
{
    const visits result = visit_all(1000, 400);
    (void)state;
    assert_in_range(result.calls, 1, 3);
    assert_in_range(result.shortest, 200, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_item_is_done_once),
        cmocka_unit_test(nothing_is_not_work),
        cmocka_unit_test(one_grain_stays_on_the_calling_thread),
        cmocka_unit_test(parts_are_no_smaller_than_the_grain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
