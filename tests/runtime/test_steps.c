/* test_steps.c - the steps of a chain by themselves, on threads of this test: every item once, in every
 * run, and after all of the step before, with more units than cores and with fewer threads than units. */
#include "runtime/steps.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>

#include "support/unit.h"

enum { WIDTH = 37, STEPS = 30, RUNS = 200, UNITS = 5 };

/* Each step writes the other line: a number of what two items of the step before wrote. */
typedef struct lines {
    uint32_t line[2][WIDTH];
} lines;

typedef struct step_arguments {
    const uint32_t *from;
    uint32_t *to;
} step_arguments;

static uint32_t next_number(uint32_t a, uint32_t b, size_t i)
{
    return 3 * a + 5 * b + (uint32_t)i;
}

/* Items are a matrix of WIDTH or less by one or more. */
static void compute(const void *arguments, const oct_at *at)
{
    const step_arguments *const given = arguments;
    const size_t item = at->id[1] * at->size[0] + at->id[0];
    const size_t items = at->size[0] * at->size[1];
    for (size_t i = item; i < WIDTH; i += items)
        given->to[i] = next_number(given->from[i], given->from[(i + 11) % WIDTH], i);
}

static void make_steps(oct_step *list, lines *data, oct_steps *steps)
{
    static const size_t sizes[][2] = {{WIDTH, 1}, {1, 1}, {2, 1}, {3, 4}, {7, 2}};
    memset(list, 0, STEPS * sizeof *list);
    for (size_t i = 0; i < STEPS; i++) {
        const step_arguments arguments = {data->line[i % 2], data->line[1 - i % 2]};
        const size_t *const size = sizes[i % OCT_COUNT(sizes)];
        list[i].compute = compute;
        list[i].size[0] = size[0];
        list[i].size[1] = size[1];
        list[i].size[2] = 1;
        list[i].items = size[0] * size[1];
        memcpy(list[i].arguments, &arguments, sizeof arguments);
    }
    *steps = (oct_steps){.list = list, .count = STEPS, .units = UNITS};
}

static void expect(lines *data, size_t runs)
{
    for (size_t run = 0; run < runs; run++)
        for (size_t step = 0; step < STEPS; step++)
            for (size_t i = 0; i < WIDTH; i++)
                data->line[1 - step % 2][i] =
                    next_number(data->line[step % 2][i], data->line[step % 2][(i + 11) % WIDTH], i);
}

static _Alignas(OCT_CACHE_LINE) oct_step list[STEPS];

static void *compute_once(void *steps)
{
    oct_steps_compute(steps);
    return NULL;
}

static void units_on_threads_of_their_own(void **state)
{
    lines data = {{{1}, {2}}}, expected = data;
    oct_steps steps;
    pthread_t threads[UNITS];
    (void)state;
    make_steps(list, &data, &steps);
    for (size_t run = 0; run < RUNS; run++) {
        for (size_t i = 0; i < UNITS; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, compute_once, &steps), 0);
        for (size_t i = 0; i < UNITS; i++)
            assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    expect(&expected, RUNS);
    assert_memory_equal(&data, &expected, sizeof data);
}

/* As where a device has one thread left: the first unit computes all, the others find nothing. */
static void units_on_one_thread(void **state)
{
    lines data = {{{3}, {4}}}, expected = data;
    oct_steps steps;
    (void)state;
    make_steps(list, &data, &steps);
    for (size_t run = 0; run < RUNS; run++)
        for (size_t i = 0; i < UNITS; i++)
            oct_steps_compute(&steps);
    expect(&expected, RUNS);
    assert_memory_equal(&data, &expected, sizeof data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(units_on_threads_of_their_own),
        cmocka_unit_test(units_on_one_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
