/* test_opencl_tune.c - problems are tuned on a device: candidates are verified, winners are kept for
 * later contexts. Which one wins is the machine's business. */
#include "tune/tune.h"

#include <stdio.h>
#include <stdlib.h>

#include "harness/contest.h"
#include "support/rig.h"
#include "support/scratch.h"

/* ---- A plan whose context has a cache of the program's own ---- */

static oct_scratch scratch;

static octet_context *open_context(const char *kernel_file)
{
    octet_context *context = NULL;
    const octet_context_desc desc = {.struct_size = sizeof desc,
                                     .backend = OCTET_BACKEND_OPENCL,
                                     .cache_directory = scratch.path,
                                     .kernel_file = kernel_file,
                                     .message = oct_rig_listen,
                                     .message_user = &oct_the_rig};
    oct_rig_hush();
    OCT_ASSERT_OK(octet_context_create(&desc, &context));
    return context;
}

static oct_tune_plan make_plan(octet_context *context)
{
    oct_the_rig.log = (oct_log){oct_rig_listen, &oct_the_rig};
    return (oct_tune_plan){.log = &oct_the_rig.log, .context = context, .seconds = 0.02, .seed = 1};
}

static int open_scratch(void **state)
{
    (void)state;
    oct_scratch_open(&scratch);
    return 0;
}

static int close_scratch(void **state)
{
    (void)state;
    oct_scratch_close(&scratch);
    return 0;
}

static oct_problem problem_of(const char *line)
{
    oct_problem_list list;
    oct_problem_list_init(&list, NULL);
    assert_int_equal(oct_problem_list_line(&list, line), OCTET_OK);
    assert_int_equal(list.count, 1);
    const oct_problem problem = list.items[0];
    oct_problem_list_release(&list);
    return problem;
}

/* What a new context chooses for the problem. */
static void assert_chosen(const oct_problem *problem, const char *expected)
{
    octet_context *const context = open_context(NULL);
    oct_case c = {0};
    oct_case_run run = {0};
    OCT_ASSERT_OK(oct_case_create(&oct_the_rig.log, problem, 1, &c));
    OCT_ASSERT_OK(oct_case_prepare(&c, context, NULL, &run));
    assert_string_equal(octet_operator_variant(run.execution.op), expected);
    oct_case_run_release(&run);
    oct_case_release(&c);
    octet_context_destroy(context);
}

/* ---- Tests ---- */

static void winners_are_kept_for_later(void **state)
{
    static const char *const lines[] = {"17x33:33x9", "--type s8:s8:s8 mb1ic5ih7oc6kh3ph1",
                                        "g16mb1ic16ih6oc16kh3ph1"};
    static oct_tune_result result;
    oct_scores scores = {0};
    octet_context *const context = open_context(NULL);
    const oct_tune_plan plan = make_plan(context);
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(lines); i++) {
        const oct_problem problem = problem_of(lines[i]);
        OCT_ASSERT_OK(oct_tune_problem(&plan, &problem, &scores, &result));
        assert_in_range(result.count, 1, OCT_TUNE_CANDIDATES);
        assert_in_range(result.winner, 0, result.count - 1);
        assert_int_equal(result.base, 0);
        for (size_t j = 0; j < result.count; j++) {
            const oct_candidate *const one = &result.candidates[j];
            assert_int_equal(one->comparison.mismatches, 0);
            assert_true(one->seconds > 0);
            assert_true(one->lead >= 0 && one->lead <= 1);
        }
        assert_in_range(result.candidates[0].samples, 5, OCT_MOST_SAMPLES);
        assert_true(result.candidates[0].lead == 0);
        assert_chosen(&problem, result.candidates[result.winner].variant);
    }
    octet_context_destroy(context);
    octet_context *const later = open_context(NULL);
    assert_int_equal(octet_context_winners(later), OCT_COUNT(lines));
    octet_context_destroy(later);
    free(scores.items);
}

/* Two problems of one class: one winner, by both. */
static void classes_are_scored_together(void **state)
{
    static oct_tune_result first, second;
    oct_scores scores = {0};
    octet_context *const context = open_context(NULL);
    const oct_tune_plan plan = make_plan(context);
    const oct_problem a = problem_of("17x33:33x9"), b = problem_of("16x32:32x8");
    (void)state;
    OCT_ASSERT_OK(oct_tune_problem(&plan, &a, &scores, &first));
    OCT_ASSERT_OK(oct_tune_problem(&plan, &b, &scores, &second));
    assert_string_equal(first.class, second.class);
    for (size_t i = 0; i < scores.count; i++)
        assert_true(scores.items[i].weight == 2);
    octet_context_destroy(context);
    assert_chosen(&a, second.candidates[second.winner].variant);
    assert_chosen(&b, second.candidates[second.winner].variant);
    free(scores.items);
}

static void one_variant_may_be_asked_for(void **state)
{
    static oct_tune_result all, one;
    oct_scores scores = {0};
    octet_context *const context = open_context(NULL);
    oct_tune_plan plan = make_plan(context);
    const oct_problem problem = problem_of("g16mb1ic16ih6oc16kh3ph1"); /* two rows everywhere */
    (void)state;
    OCT_ASSERT_OK(oct_tune_problem(&plan, &problem, &scores, &all));
    assert_in_range(all.count, 2, OCT_TUNE_CANDIDATES);
    plan.variant = all.candidates[1].variant;
    OCT_ASSERT_OK(oct_tune_problem(&plan, &problem, &scores, &one));
    assert_int_equal(one.count, 2);
    assert_string_equal(one.candidates[0].variant, all.candidates[0].variant);
    assert_string_equal(one.candidates[1].variant, all.candidates[1].variant);
    plan.variant = all.candidates[0].variant;
    OCT_ASSERT_OK(oct_tune_problem(&plan, &problem, &scores, &one));
    assert_int_equal(one.count, 1);
    assert_int_equal(one.winner, 0);
    plan.variant = "emulated_4x2x8";
    OCT_ASSERT_REFUSED(oct_tune_problem(&plan, &problem, &scores, &one), OCTET_INVALID_ARGUMENT,
                       "'emulated_4x2x8' may not be chosen");
    octet_context_destroy(context);
    free(scores.items);
}

/* Kernels in which tiles of four rows take unsigned words for signed ones: plain's is found out. */
static void wrong_candidates_do_not_win(void **state)
{
    static const char fault[] = "#if defined(OCT_BUILD_GEMM) && OCT_MR == 4\n"
                                "#undef OCT_A_SIGNED\n"
                                "#define OCT_A_SIGNED 1\n"
                                "#endif\n";
    static oct_tune_result result;
    char path[OCT_SCRATCH_PATH];
    oct_scratch folder;
    oct_scores scores = {0};
    size_t size = 0, wrong = 0;
    char *const text = oct_scratch_read(OCT_SOURCE "/kernels.cl", &size);
    char *const faulty = malloc(sizeof fault + size);
    (void)state;
    assert_non_null(faulty);
    memcpy(faulty, fault, sizeof fault - 1);
    memcpy(faulty + sizeof fault - 1, text, size);
    oct_scratch_open(&folder);
    oct_scratch_write(oct_scratch_join(folder.path, "kernels.cl", path), faulty,
                      sizeof fault - 1 + size);
    octet_context *const context = open_context(path);
    oct_tune_plan plan = make_plan(context);
    const oct_problem problem = problem_of("--type u8:s8:s32 17x33:33x9");
    plan.variant = "plain_4x2x8";
    OCT_ASSERT_OK(oct_tune_problem(&plan, &problem, &scores, &result));
    for (size_t i = 0; i < result.count; i++) {
        const oct_candidate *const one = &result.candidates[i];
        assert_int_equal(one->comparison.mismatches > 0, one->seconds == 0);
        if (strcmp(one->variant, "plain_4x2x8") == 0) {
            assert_true(one->comparison.mismatches > 0);
            assert_int_not_equal(result.winner, i);
            wrong++;
        }
    }
    assert_int_equal(wrong, 1);
    octet_context_destroy(context);
    oct_scratch_close(&folder);
    free(scores.items);
    free(faulty);
    free(text);
}

static void the_usual_problems_are_of_every_kind(void **state)
{
    oct_problem_list list;
    size_t kinds[2] = {0}, depthwise = 0, is_signed = 0;
    (void)state;
    oct_problem_list_init(&list, NULL);
    assert_int_equal(oct_tune_usual(&list), OCTET_OK);
    for (size_t i = 0; i < list.count; i++) {
        kinds[list.items[i].kind]++;
        depthwise += list.items[i].kind == OCT_PROBLEM_CONV2D && list.items[i].conv2d.groups > 1;
        is_signed += list.items[i].settings.input_type == OCTET_S8;
    }
    assert_true(kinds[OCT_PROBLEM_GEMM] > 0 && kinds[OCT_PROBLEM_CONV2D] > 0 && depthwise > 0);
    assert_int_equal(2 * is_signed, list.count);
    oct_problem_list_release(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(winners_are_kept_for_later),
        cmocka_unit_test(classes_are_scored_together),
        cmocka_unit_test(one_variant_may_be_asked_for),
        cmocka_unit_test(wrong_candidates_do_not_win),
        cmocka_unit_test(the_usual_problems_are_of_every_kind),
    };
    return cmocka_run_group_tests(tests, open_scratch, close_scratch);
}
