/* Problem strings: what may be left out, what it then is, and what is refused. */
#include "support/unit.h"

#include "harness/problem.h"

/* What is written, and the same in full. */
typedef struct written {
    const char *text, *full;
} written;

static const written problems[] = {
    {"10x30:30x20", "10x30:30x20"},
    {"3x10x30:3x30x16", "3x10x30:3x30x16"},
    {"1x128x8:2x8x16", "1x128x8:2x8x16"},
    {"2x3x4x5:2x3x5x6", "6x4x5:6x5x6"},
    {"2x16x4x5:2x1x5x6", "32x4x5:32x5x6"}, /* B as if it were spelled out */
    {"14x6x1x3:1x1x3x2n\"dot*4\"", "84x1x3:1x3x2"},
    {"12x3x4:12x4x3_n\"x:12\"", "12x3x4:12x4x3"},
    {"2x3:3x4:2x4", "2x3:3x4"},
    /* squares; the output from the input, or the padding from both */
    {"ic3oc4ih5kh3", "mb2ic3oc4_ih5oh3kh3sh1dh0ph0_iw5ow3kw3sw1dw0pw0"},
    {"mb1ic3oc4_ih5oh5kh3", "mb1ic3oc4_ih5oh5kh3sh1dh0ph1_iw5ow5kw3sw1dw0pw1"},
    {"mb1ic3ih227oc96oh55kh11sh4", "mb1ic3oc96_ih227oh55kh11sh4dh0ph0_iw227ow55kw11sw4dw0pw0"},
    {"g32mb8ic32oc32ih14kh3ph1", "g32mb8ic32oc32_ih14oh14kh3sh1dh0ph1_iw14ow14kw3sw1dw0pw1"},
    {"mb1ic2oc2ih9oh5kh3dh1", "mb1ic2oc2_ih9oh5kh3sh1dh1ph0_iw9ow5kw3sw1dw1pw0"},
    {"mb1ic2oc2ih7iw9oc3kh3kw1ph1pw0", "mb1ic2oc3_ih7oh7kh3sh1dh0ph1_iw9ow9kw1sw1dw0pw0"},
    /* one dimension, and a third that is flat */
    {"mb1ic2oc2iw9kw3", "mb1ic2oc2_ih1oh1kh1sh1dh0ph0_iw9ow7kw3sw1dw0pw0"},
    {"mb1ic2oc2id1kd1od1ih9kh3iw9kw3", "mb1ic2oc2_ih9oh7kh3sh1dh0ph0_iw9ow7kw3sw1dw0pw0"},
    /* an output smaller than it could be: rows that no window reaches are left out */
    {"mb1ic2oc2ih14oh1kh1", "mb1ic2oc2_ih1oh1kh1sh1dh0ph0_iw1ow1kw1sw1dw0pw0"},
};

static const char *const refused[] = {
    "",
    "1x2",
    "1x2:",
    "1x2:3x4",
    "1:1",
    "1x2:2",
    "2x1x2:2x2",
    "2x1x2:3x2x1",
    "1x0:0x1",
    "1x1:1x0",
    "1x1:1x1?",
    "1x1:1x1*",
    "ic",
    "ic3",
    "ic3oc4ih5",
    "ic3oc4kh5",
    "ic3oc4ih2kh3",
    "ic0oc4ih5kh3",
    "ic3oc4ih5kh3zz9",
    "ic3oc4ih5kh3g2",
    "ic3oc4ih5kh3sh0",
    "ic3oc4id5kd3",
    "ic3oc4ih5kh3iw3",
    "ic3oc4ih5kh99999999999",
    "2147483648x1:1x1",
    "1x65794:65794x1",
    "mb1ic65794oc1ih1kh1",
};

static void reads_and_writes(void **state)
{
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(problems); i++) {
        oct_problem problem, again;
        char line[OCT_PROBLEM_TEXT];
        assert_int_equal(oct_problem_parse(NULL, problems[i].text, &oct_problem_defaults, &problem),
                         OCTET_OK);
        oct_problem_line(&problem, line);
        const char *const shape = line + strlen("--type u8:s8:s8 ");
        assert_string_equal(shape, problems[i].full);
        assert_int_equal(oct_problem_parse(NULL, shape, &oct_problem_defaults, &again), OCTET_OK);
        assert_memory_equal(&problem.gemm, &again.gemm, sizeof problem.gemm);
        assert_memory_equal(&problem.conv2d, &again.conv2d, sizeof problem.conv2d);
        assert_string_equal(problem.text, problems[i].text);
    }
}

static void refuses(void **state)
{
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(refused); i++) {
        oct_problem problem;
        assert_int_not_equal(oct_problem_parse(NULL, refused[i], &oct_problem_defaults, &problem),
                             OCTET_OK);
    }
}

/* Settings that the program refuses elsewhere too. */
static void refuses_settings(void **state)
{
    oct_problem problem;
    oct_problem_settings settings = oct_problem_defaults;
    (void)state;
    settings.relu = true;
    assert_int_equal(oct_problem_parse(NULL, "1x1:1x1", &settings, &problem), OCTET_OK);
    settings.output_type = OCTET_S32;
    assert_int_equal(oct_problem_parse(NULL, "1x1:1x1", &settings, &problem),
                     OCTET_INVALID_ARGUMENT);
    settings = oct_problem_defaults;
    assert_int_equal(oct_problem_parse(NULL, "1x65793:65793x1", &settings, &problem), OCTET_OK);
    settings.weight_zero = 1;
    assert_int_equal(oct_problem_parse(NULL, "1x65793:65793x1", &settings, &problem),
                     OCTET_INVALID_ARGUMENT);
}

static void counts(void **state)
{
    (void)state;
    oct_problem problem;
    oct_problem_settings settings = oct_problem_defaults;
    oct_problem_parse(NULL, "5x2x3:1x3x4n\"a:b*12\"", &settings, &problem);
    assert_int_equal(problem.repeat, 12);
    assert_int_equal(oct_problem_k(&problem), 3);
    assert_int_equal(oct_problem_columns(&problem), 4);
    assert_true(oct_problem_operations(&problem) == 2.0 * 5 * 2 * 3 * 4);
    settings.images = 7;
    oct_problem_parse(NULL, "g2mb1ic4oc6ih5kh3", &settings, &problem);
    assert_int_equal(problem.conv2d.images, 7);
    assert_int_equal(oct_problem_k(&problem), 2 * 9);
    assert_true(oct_problem_operations(&problem) == 2.0 * 7 * 6 * 9 * 18);
}

/* The padding behind is what the output needs, not what is in front. */
static void pads_behind(void **state)
{
    (void)state;
    oct_problem problem;
    oct_problem_parse(NULL, "mb1ic3ih224oc64oh112kh7sh2ph3", &oct_problem_defaults, &problem);
    const size_t expected[] = {3, 3, 2, 2};
    assert_memory_equal(problem.conv2d.padding, expected, sizeof expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_and_writes), cmocka_unit_test(refuses),
        cmocka_unit_test(refuses_settings), cmocka_unit_test(counts),
        cmocka_unit_test(pads_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
