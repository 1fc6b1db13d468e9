/* Lists of problems: options in order, benchdnn's options, random problems, shrinking. */
#include "support/unit.h"

#include <stdio.h>

#include "harness/problem_random.h"
#include "harness/shrink.h"

static void options_hold_for_what_follows(void **state)
{
    (void)state;
    oct_problem_list list;
    oct_problem_list_init(&list, NULL);
    assert_int_equal(oct_problem_list_line(&list, "1x1:1x1 --type s8:u8:f32 --zero-points 1:2:0 "
                                                  "--bias 1x1:1x1 --reset 1x1:1x1"),
                     OCTET_OK);
    assert_int_equal(list.count, 3);
    assert_memory_equal(&list.items[0].settings, &oct_problem_defaults,
                        sizeof oct_problem_defaults);
    const oct_problem_settings *const s = &list.items[1].settings;
    assert_true(s->bias && s->output_type == OCTET_F32 && s->weight_type == OCTET_U8);
    assert_int_equal(s->weight_zero, 2);
    assert_false(list.items[2].settings.bias);
    oct_problem_list_release(&list);
}

static void reads_options_of_benchdnn(void **state)
{
    (void)state;
    oct_problem_list list;
    oct_problem_list_init(&list, NULL);
    assert_int_equal(oct_problem_list_line(
                         &list, "--dt=u8:s8:u8,f32,s8:s8:s32 --skip-impl=ref,x64:gemm "
                                "--attr-zero-points=src:common:5+wei:common:3:s8+dst:common:-9 "
                                "--dir=FWD_B --mb=3 ic2oc2ih3kh3"),
                     OCTET_OK);
    assert_int_equal(list.count, 2); /* one for each type octet has */
    assert_int_equal(list.items[0].settings.output_type, OCTET_U8);
    assert_int_equal(list.items[0].settings.output_zero, 0); /* -9 is no u8 */
    assert_int_equal(list.items[1].settings.output_type, OCTET_S32);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(list.items[i].settings.input_zero, 5);
        assert_int_equal(list.items[i].settings.weight_zero, 3);
        assert_int_equal(list.items[i].conv2d.images, 3);
        assert_true(list.items[i].settings.bias);
    }
    assert_int_equal(oct_problem_list_line(&list, "--attr-post-ops=relu ic2oc2ih3kh3"), OCTET_OK);
    assert_int_equal(list.count, 4);
    assert_true(list.items[2].settings.relu);
    assert_false(list.items[3].settings.relu); /* sums have none */
    assert_int_equal(oct_problem_list_line(&list, "--no-such=option"), OCTET_INVALID_ARGUMENT);
    oct_problem_list_release(&list);
}

/* A drawn problem's line, read again, is the same problem. */
static void random_problems_are_legal(void **state)
{
    (void)state;
    oct_random random = oct_random_of(1, "test");
    for (size_t i = 0; i < 2000; i++) {
        oct_problem problem;
        oct_problem_list list;
        oct_problem_draw(&random, &problem);
        oct_problem_list_init(&list, NULL);
        assert_int_equal(oct_problem_list_line(&list, problem.text), OCTET_OK);
        assert_int_equal(list.count, 1);
        assert_memory_equal(&list.items[0].gemm, &problem.gemm, sizeof problem.gemm);
        assert_memory_equal(&list.items[0].conv2d, &problem.conv2d, sizeof problem.conv2d);
        assert_int_equal(oct_problem_check(NULL, &problem), OCTET_OK);
        char line[OCT_PROBLEM_TEXT];
        assert_string_equal(oct_problem_line(&list.items[0], line), problem.text);
        oct_problem_list_release(&list);
    }
}

static void standard_list_is_legal(void **state)
{
    (void)state;
    oct_problem_list list;
    oct_problem_list_init(&list, NULL);
    assert_int_equal(oct_problem_list_standard(&list), OCTET_OK);
    assert_true(list.count > 50);
    oct_problem_list_release(&list);
}

/* Multiply-adds of one image, in millions, as the papers state them: with the last fully connected
 * layer, or a little more or less where tables round. */
static void lists_of_networks_add_up(void **state)
{
    static const struct {
        const char *file;
        double low, high;
    } lists[] = {
        {"resnet50", 4080, 4100},    /* 4.1 billion with the stride in the 3x3 layers */
        {"mobilenet_v1", 565, 569},  /* 569, table 4                                  */
        {"mobilenet_v2", 295, 301},  /* 300, table 4                                  */
        {"mobilenet_v3", 205, 219},  /* 219 with squeeze-and-excite, table 3          */
        {"inception_v3", 5600, 5730} /* 5.7 billion                                   */
    };
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(lists); i++) {
        char path[512];
        double operations = 0;
        oct_problem_list list;
        oct_problem_list_init(&list, NULL);
        list.settings.images = 1;
        snprintf(path, sizeof path, "%s/bench/problems/%s.txt", OCT_SOURCE, lists[i].file);
        assert_int_equal(oct_problem_list_file(&list, path), OCTET_OK);
        for (size_t j = 0; j < list.count; j++)
            operations += oct_problem_operations(&list.items[j]) * (double)list.items[j].repeat;
        if (operations < 2e6 * lists[i].low || operations > 2e6 * lists[i].high)
            fail_msg("%s: %.0f million multiply-adds", lists[i].file, operations / 2e6);
        oct_problem_list_release(&list);
    }
}

/* ---- Shrinking ---- */

static bool fails_when_wide(void *state, const oct_problem *problem)
{
    (void)state;
    if (problem->kind == OCT_PROBLEM_GEMM)
        return problem->gemm.n >= 17 && problem->settings.bias;
    return problem->conv2d.stride[1] == 2 && problem->conv2d.padding[0] > 0;
}

static void shrinks_to_what_matters(void **state)
{
    static const char *const lines[][2] = {
        {"--zero-points 3:-2:5 --bias --relu --per-channel 4x100x65:4x65x33",
         "--type u8:s8:s8 --bias 1x1:1x17"},
        {"--layout nchw --rounding fixed-double g4mb2ic8oc12ih20kh3sh2ph1",
         "--type u8:s8:s8 mb1ic1oc1_ih1oh2kh1sh1dh0ph1_iw1ow1kw1sw2dw0pw0"},
    };
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(lines); i++) {
        oct_problem_list list;
        char line[OCT_PROBLEM_TEXT];
        oct_problem_list_init(&list, NULL);
        assert_int_equal(oct_problem_list_line(&list, lines[i][0]), OCTET_OK);
        oct_problem_shrink(&list.items[0], fails_when_wide, NULL, 10);
        assert_string_equal(oct_problem_line(&list.items[0], line), lines[i][1]);
        oct_problem_list_release(&list);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_hold_for_what_follows),
        cmocka_unit_test(reads_options_of_benchdnn),
        cmocka_unit_test(random_problems_are_legal),
        cmocka_unit_test(standard_list_is_legal),
        cmocka_unit_test(lists_of_networks_add_up),
        cmocka_unit_test(shrinks_to_what_matters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
