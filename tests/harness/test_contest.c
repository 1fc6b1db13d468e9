/* test_contest.c - who runs when, what fails, and what samples amount to. How long anything takes is
 * not looked at. */
#include "harness/contest.h"

#include <stdlib.h>
#include <time.h>

#include "support/unit.h"

/* ---- Contestants that note that they ran ---- */

enum { MOST_RUNS = 4096 };

static size_t runs[MOST_RUNS], run_count, finish_count, failing_run;

static octet_status note(void *state)
{
    assert_in_range(run_count, 0, MOST_RUNS - 1);
    runs[run_count++] = *(const size_t *)state;
    return run_count == failing_run ? OCTET_DEVICE_FAILED : OCTET_OK;
}

static octet_status note_finish(void *state)
{
    (void)state;
    finish_count++;
    return OCTET_OK;
}

static size_t numbers[] = {0, 1, 2, 3};

static oct_contestant *contestants(size_t count)
{
    oct_contestant *const all = calloc(count, sizeof *all);
    assert_non_null(all);
    for (size_t i = 0; i < count; i++) {
        all[i].run = note;
        all[i].finish = note_finish;
        all[i].state = &numbers[i];
    }
    run_count = finish_count = failing_run = 0;
    return all;
}

/* ---- Turns ---- */

static void without_time_there_are_five_turns(void **state)
{
    const oct_turns turns = {.seconds = 0};
    oct_contestant *const all = contestants(3);
    (void)state;
    all[1].state = NULL;
    all[2].queued = 4;
    assert_int_equal(oct_contest(all, 3, &turns), OCTET_OK);
    assert_int_equal(all[0].count, 5);
    assert_int_equal(all[1].count, 0);
    assert_int_equal(all[2].count, 5);
    assert_int_equal(run_count, 5 * (1 + 4));
    assert_int_equal(finish_count, 5 * 2);
    free(all);
}

/* In twelve rounds of three each begins four, and comes directly behind each other. */
static void nobody_always_follows_the_same(void **state)
{
    const oct_turns turns = {.seconds = 3600};
    size_t first[3] = {0}, behind[3][3] = {{0}};
    oct_contestant *const all = contestants(3);
    (void)state;
    failing_run = 12 * 3 + 1;
    assert_int_equal(oct_contest(all, 3, &turns), OCTET_DEVICE_FAILED);
    for (size_t i = 0; i < 12 * 3; i++) {
        first[runs[i]] += i % 3 == 0;
        if (i % 3 != 0)
            behind[runs[i - 1]][runs[i]]++;
    }
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(first[i], 4);
        for (size_t j = 0; j < 3; j++)
            assert_int_equal(behind[i][j] > 0, i != j);
    }
    free(all);
}

static void full_contestants_end_it(void **state)
{
    const oct_turns turns = {.seconds = 3600};
    oct_contestant *const all = contestants(2);
    (void)state;
    all[0].count = all[1].count = OCT_MOST_SAMPLES - 7;
    assert_int_equal(oct_contest(all, 2, &turns), OCTET_OK);
    assert_int_equal(all[0].count, OCT_MOST_SAMPLES);
    assert_int_equal(run_count, 14);
    all[0].state = all[1].state = NULL; /* nobody left */
    assert_int_equal(oct_contest(all, 2, &turns), OCTET_OK);
    assert_int_equal(oct_contest(all, 0, &turns), OCTET_OK);
    free(all);
}

static void failures_come_back(void **state)
{
    const oct_turns turns = {.seconds = 0};
    oct_contestant *const all = contestants(1);
    (void)state;
    failing_run = 2;
    assert_int_equal(oct_contest(all, 1, &turns), OCTET_DEVICE_FAILED);
    run_count = 1;
    assert_int_equal(oct_contestant_queue(all, 1e-3, NULL), OCTET_DEVICE_FAILED);
    free(all);
}

static void short_runs_share_a_sample(void **state)
{
    double seconds = -1;
    oct_contestant *const all = contestants(1);
    (void)state;
    assert_int_equal(oct_contestant_queue(all, 1e-3, &seconds), OCTET_OK);
    assert_in_range(all[0].queued, 1, 400);
    assert_true(seconds >= 0);
    assert_in_range(run_count, 1, 3);
    assert_int_equal(all[0].count, 0); /* a look is no sample */
    free(all);
}

static size_t recorded_runs;

static octet_status note_record(void *state, size_t count)
{
    (void)state;
    recorded_runs = count;
    return OCTET_OK;
}

/* What was recorded is one call, however many runs it is. */
static void recorded_runs_are_one_call(void **state)
{
    const oct_turns turns = {.seconds = 0};
    oct_contestant *const all = contestants(1);
    (void)state;
    all[0].record = note_record;
    recorded_runs = 0;
    assert_int_equal(oct_contestant_queue(all, 1e-3, NULL), OCTET_OK);
    assert_true(all[0].recorded);
    assert_in_range(recorded_runs, 1, 400);
    assert_int_equal(all[0].queued, recorded_runs);
    run_count = finish_count = 0;
    assert_int_equal(oct_contest(all, 1, &turns), OCTET_OK);
    assert_int_equal(run_count, 5);
    assert_int_equal(finish_count, 5);
    free(all);
}

/* However much less each recording takes, a sample is as many runs as were recorded last. */
static octet_status take_less(void *state)
{
    const long nanoseconds[] = {2000000, 500000, 20000};
    const struct timespec time = {.tv_nsec = nanoseconds[*(const size_t *)state]};
    return nanosleep(&time, NULL) == 0 ? OCTET_OK : OCTET_DEVICE_FAILED;
}

static octet_status record_less(void *state, size_t count)
{
    ++*(size_t *)state;
    recorded_runs = count;
    return OCTET_OK;
}

static void samples_are_what_was_recorded_last(void **state)
{
    size_t recordings = 0;
    oct_contestant *const all = contestants(1);
    (void)state;
    all[0].run = take_less;
    all[0].record = record_less;
    all[0].state = &recordings;
    assert_int_equal(oct_contestant_queue(all, 4e-3, NULL), OCTET_OK);
    assert_in_range(recordings, 1, 2);
    assert_int_equal(all[0].queued, recorded_runs);
    free(all);
}

/* ---- Samples ---- */

static void samples_amount_to_a_median(void **state)
{
    oct_contestant *const one = contestants(1);
    (void)state;
    assert_int_equal(oct_contestant_timing(one).samples, 0);
    for (size_t i = 0; i < 11; i++)
        one->seconds[i] = (double)(i * 7 % 11); /* 0..10 */
    one->count = 11;
    oct_timing timing = oct_contestant_timing(one);
    assert_int_equal(timing.samples, 11);
    assert_true(timing.median == 5 && timing.low == 1 && timing.high == 9);
    one->count = 4; /* the four smallest, 0..3 */
    timing = oct_contestant_timing(one);
    assert_true(timing.median == 1.5);
    free(one);
}

static void the_lead_is_counted_by_turns(void **state)
{
    static const double a[] = {1, 5, 1, 1, 2}, b[] = {2, 2, 2, 2, 2};
    oct_contestant *const all = contestants(2);
    (void)state;
    assert_true(oct_contest_lead(&all[0], &all[1]) == 0);
    memcpy(all[0].seconds, a, sizeof a);
    memcpy(all[1].seconds, b, sizeof b);
    all[0].count = all[1].count = OCT_COUNT(a);
    assert_true(oct_contest_lead(&all[0], &all[1]) == 3.0 / 5);
    assert_true(oct_contest_lead(&all[1], &all[0]) == 1.0 / 5);
    all[1].count = 2;
    assert_true(oct_contest_lead(&all[0], &all[1]) == 1.0 / 2);
    free(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_time_there_are_five_turns),
        cmocka_unit_test(nobody_always_follows_the_same),
        cmocka_unit_test(full_contestants_end_it),
        cmocka_unit_test(failures_come_back),
        cmocka_unit_test(short_runs_share_a_sample),
        cmocka_unit_test(recorded_runs_are_one_call),
        cmocka_unit_test(samples_are_what_was_recorded_last),
        cmocka_unit_test(samples_amount_to_a_median),
        cmocka_unit_test(the_lead_is_counted_by_turns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
