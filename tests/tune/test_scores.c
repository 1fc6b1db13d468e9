/* test_scores.c - gains, their means over the problems of a class, and who wins. */
#include "tune/scores.h"

#include <math.h>
#include <stdlib.h>

#include "support/unit.h"

static void gains_are_logarithms_of_times(void **state)
{
    (void)state;
    assert_float_equal(oct_tune_gain(2, 1, 1, 100), log(2), 1e-12);
    assert_float_equal(oct_tune_gain(1, 2, 0, 100), -log(2), 1e-12);
    assert_float_equal(oct_tune_gain(1, 1, 0, 100), 0, 0);
}

/* Half of the turns and two standard deviations: 0.6 of 100, all of 4 or 5. */
static void gains_must_be_borne_out(void **state)
{
    (void)state;
    assert_float_equal(oct_tune_gain(2, 1, 0.59, 100), 0, 0);
    assert_float_equal(oct_tune_gain(2, 1, 0.61, 100), log(2), 1e-12);
    assert_float_equal(oct_tune_gain(2, 1, 0.8, 5), 0, 0);
    assert_float_equal(oct_tune_gain(2, 1, 1, 5), log(2), 1e-12);
    assert_float_equal(oct_tune_gain(2, 1, 1, 2), log(2), 1e-12);
    assert_float_equal(oct_tune_gain(2, 1, 0, 0), 0, 0);
    assert_float_equal(oct_tune_gain(1, 2, 1, 100), -log(2), 1e-12); /* a loss is never doubted */
}

static void scores_are_means_of_their_class(void **state)
{
    oct_scores scores = {0};
    (void)state;
    assert_float_equal(oct_scores_gain(&scores, "a", "x"), 0, 0);
    assert_true(oct_scores_add(&scores, "a", "x", 0.5, 1));
    assert_true(oct_scores_add(&scores, "a", "y", 2.0, 1));
    assert_true(oct_scores_add(&scores, "b", "x", 7.0, 1));
    assert_true(oct_scores_add(&scores, "a", "x", 0.1, 3));
    assert_int_equal(scores.count, 3);
    assert_float_equal(oct_scores_gain(&scores, "a", "x"), (0.5 + 3 * 0.1) / 4, 1e-12);
    assert_float_equal(oct_scores_gain(&scores, "a", "y"), 2.0, 1e-12);
    assert_float_equal(oct_scores_gain(&scores, "b", "x"), 7.0, 1e-12);
    assert_float_equal(oct_scores_gain(&scores, "b", "y"), 0, 0);
    free(scores.items);
}

/* One wrong result, and a variant is out for good. */
static void what_was_wrong_stays_out(void **state)
{
    oct_scores scores = {0};
    (void)state;
    assert_true(oct_scores_add(&scores, "a", "x", 5, 1));
    assert_true(oct_scores_add(&scores, "a", "x", -INFINITY, 2));
    assert_true(oct_scores_add(&scores, "a", "x", 5, 100));
    assert_true(oct_scores_gain(&scores, "a", "x") == -INFINITY);
    free(scores.items);
}

static void the_usual_row_stays_unless_clearly_beaten(void **state)
{
    static const struct {
        size_t count;
        double gains[4];
        size_t winner;
    } cases[] = {
        {1, {0}, 0},
        {3, {0, 0.5, 0.7}, 2},
        {3, {0, 0.7, 0.5}, 1},
        {3, {0, -0.5, -0.7}, 0},
        {2, {0, 0.029}, 0}, /* log(1.03) = 0.02956 */
        {2, {0, 0.030}, 1},
        {2, {0.2, 0.22}, 0},
        {2, {0.2, 0.24}, 1},
        {2, {-INFINITY, -3}, 1},
        {3, {0, -INFINITY, 0.5}, 2},
        {2, {-INFINITY, -INFINITY}, 2},
    };
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++)
        assert_int_equal(oct_tune_winner(cases[i].gains, cases[i].count), cases[i].winner);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gains_are_logarithms_of_times),
        cmocka_unit_test(gains_must_be_borne_out),
        cmocka_unit_test(scores_are_means_of_their_class),
        cmocka_unit_test(what_was_wrong_stays_out),
        cmocka_unit_test(the_usual_row_stays_unless_clearly_beaten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
