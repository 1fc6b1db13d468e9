/* test_winners.c - classes of problems, the list of winners and its text, and the row that is found
 * for a problem. */
#include "variants/winners.h"

#include <stdio.h>
#include <stdlib.h>

#include "support/unit.h"
#include "variants/paths.h"

/* ---- Classes ---- */

static void classes_have_names(void **state)
{
    static const struct {
        oct_tile_problem problem;
        const char *name;
    } cases[] = {
        {{.kernels = OCT_FOR_MATRIX, .outer = 1, .m = 1024, .n = 1000, .k = 512},
         "gemm_s8s8_1x1024x1024x512"},
        {{.kernels = OCT_FOR_MATRIX,
          .outer = 1,
          .m = 3136,
          .n = 64,
          .k = 576,
          .windows = true,
          .input_type = OCTET_U8},
         "conv2d_u8s8_1x4096x64x512"},
        {{.kernels = OCT_FOR_MATRIX | OCT_FOR_DEPTHWISE,
          .outer = 96,
          .m = 196,
          .n = 1,
          .k = 9,
          .windows = true,
          .input_type = OCTET_U8,
          .weight_type = OCTET_U8,
          .pairs_only = true},
         "depthwise_u8u8_pairs_128x256x1x8"},
        /* what only depthwise rows ask makes no class of others */
        {{.kernels = OCT_FOR_MATRIX, .outer = 3, .m = 0, .n = 5, .k = 6, .pairs_only = true},
         "gemm_s8s8_4x0x4x8"},
    };
    char name[OCT_CLASS_NAME];
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        assert_ptr_equal(oct_class_name(&cases[i].problem, name), name);
        assert_string_equal(name, cases[i].name);
    }
}

/* The nearest power of two, upwards from the middle, for every size there is. */
static void sizes_are_rounded_to_powers(void **state)
{
    static const struct {
        size_t size, power;
    } cases[] = {{0, 0},   {1, 1},   {2, 2},       {3, 4},         {5, 4},
                 {6, 8},   {11, 8},  {12, 16},     {1535, 1024},   {1536, 2048},
                 {47, 32}, {48, 64}, {1000, 1024}, {65793, 65536}, {SIZE_MAX, (SIZE_MAX >> 1) + 1}};
    char name[OCT_CLASS_NAME], expected[OCT_CLASS_NAME];
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        const size_t size = cases[i].size, power = cases[i].power;
        const oct_tile_problem problem = {
            .kernels = OCT_FOR_MATRIX, .outer = size, .m = size, .n = size, .k = size};
        snprintf(expected, sizeof expected, "gemm_s8s8_%zux%zux%zux%zu", power, power, power,
                 power);
        assert_string_equal(oct_class_name(&problem, name), expected);
    }
}

static void the_longest_name_has_room(void **state)
{
    const oct_tile_problem problem = {.kernels = OCT_FOR_MATRIX | OCT_FOR_DEPTHWISE,
                                      .outer = SIZE_MAX,
                                      .m = SIZE_MAX,
                                      .n = SIZE_MAX,
                                      .k = SIZE_MAX,
                                      .pairs_only = true};
    char name[OCT_CLASS_NAME];
    (void)state;
    assert_in_range(strlen(oct_class_name(&problem, name)), 1, OCT_CLASS_NAME - 2);
}

/* ---- The list ---- */

static void assert_lists(const oct_winners *winners, const char *text)
{
    size_t bytes = 0;
    char *const written = oct_winners_write(winners, &bytes);
    assert_non_null(written);
    assert_int_equal(bytes, strlen(text));
    assert_memory_equal(written, text, bytes);
    free(written);
}

static void later_winners_replace_earlier_ones(void **state)
{
    oct_winners winners = {0};
    (void)state;
    assert_lists(&winners, "");
    assert_true(oct_winners_set(&winners, "a", "x"));
    assert_true(oct_winners_set(&winners, "b", "y"));
    assert_lists(&winners, "a x\nb y\n");
    assert_true(oct_winners_set(&winners, "a", "z"));
    assert_lists(&winners, "b y\na z\n");
    free(winners.items);
}

static void the_oldest_makes_room(void **state)
{
    oct_winners winners = {0};
    char class[OCT_CLASS_NAME];
    (void)state;
    for (size_t i = 0; i < OCT_MAX_WINNERS + 2; i++) {
        snprintf(class, sizeof class, "class%zu", i);
        assert_true(oct_winners_set(&winners, class, "x"));
    }
    assert_int_equal(winners.count, OCT_MAX_WINNERS);
    assert_string_equal(winners.items[0].class, "class2");
    assert_string_equal(winners.items[OCT_MAX_WINNERS - 1].class, class);
    assert_true(oct_winners_set(&winners, "class2", "y")); /* no room is needed */
    assert_int_equal(winners.count, OCT_MAX_WINNERS);
    assert_string_equal(winners.items[0].class, "class3");
    free(winners.items);
}

static void what_is_written_is_read(void **state)
{
    static const char text[] = "gemm_u8s8_1x2x4x8 plain_4x2x8\nb y\n";
    oct_winners winners = {0};
    (void)state;
    assert_true(oct_winners_read(text, sizeof text - 1, &winners));
    assert_int_equal(winners.count, 2);
    assert_string_equal(winners.items[0].class, "gemm_u8s8_1x2x4x8");
    assert_string_equal(winners.items[0].variant, "plain_4x2x8");
    assert_lists(&winners, text);
    free(winners.items);
    assert_true(oct_winners_read("", 0, &winners));
    assert_int_equal(winners.count, 0);
    free(winners.items);
}

static void assert_unreadable(const char *text, size_t bytes)
{
    oct_winners winners = {.count = 77};
    assert_false(oct_winners_read(text, bytes, &winners));
    assert_int_equal(winners.count, 77);
}

static void rubbish_is_not_read(void **state)
{
    static const char *const texts[] = {
        "a",        "a ",        "a x",      "a\n",         " x\n",         "a x y\n",
        "a  x\n",   "a x\n\n",   "\n",       "a x\nb",      "a\tx\n",       "a x\r\n",
        "\x80 x\n", "a x\nb y ", "\x7f x\n", "a x\n b y\n", "a x\nb y\n#\n"};
    static char many[(OCT_MAX_WINNERS + 1) * 16], wide[OCT_CLASS_NAME + 8];
    size_t length = 0;
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(texts); i++)
        assert_unreadable(texts[i], strlen(texts[i]));
    assert_unreadable("a x\nb\0y\n", 8);
    assert_unreadable("a x\n\0", 5);
    memset(wide, 'a', OCT_CLASS_NAME);
    memcpy(wide + OCT_CLASS_NAME, " x\n", 3);
    assert_unreadable(wide, OCT_CLASS_NAME + 3);
    for (size_t i = 0; i < OCT_MAX_WINNERS + 1; i++)
        length += (size_t)snprintf(many + length, sizeof many - length, "c%zu x\n", i);
    assert_unreadable(many, length);
}

/* ---- Finding ---- */

static const oct_traits traits = {
    .type = OCTET_DEVICE_CPU,
    .paths = 1 << OCT_PATH_PLAIN | 1 << OCT_PATH_X86_VNNI | 1 << OCT_PATH_EMULATED,
    .path_gops = {[OCT_PATH_PLAIN] = 1, [OCT_PATH_X86_VNNI] = 9, [OCT_PATH_EMULATED] = 1}};
static const oct_tile_problem product = {
    .kernels = OCT_FOR_MATRIX, .outer = 1, .m = 64, .n = 64, .k = 64};

/* The name of the row that is found for the problem when "variant" won its class, or NULL. */
static const char *found(const oct_tile_problem *problem, const char *variant)
{
    static char name[OCT_TILE_NAME];
    char class[OCT_CLASS_NAME];
    oct_winners winners = {0};
    assert_true(oct_winners_set(&winners, oct_class_name(problem, class), variant));
    const oct_tile *const tile = oct_winners_find(&winners, &traits, problem);
    free(winners.items);
    return tile != NULL ? oct_tile_name(tile, name) : NULL;
}

static void a_winner_is_found_for_its_class(void **state)
{
    oct_winners winners = {0};
    oct_tile_problem other = product;
    char name[OCT_TILE_NAME], class[OCT_CLASS_NAME];
    (void)state;
    assert_null(oct_winners_find(&winners, &traits, &product));
    assert_true(oct_winners_set(&winners, oct_class_name(&product, class), "plain_4x2x8"));
    assert_string_equal(oct_tile_name(oct_winners_find(&winners, &traits, &product), name),
                        "plain_4x2x8");
    other.m = other.n = other.k = 65; /* much the same */
    assert_non_null(oct_winners_find(&winners, &traits, &other));
    other.m = 128;
    assert_null(oct_winners_find(&winners, &traits, &other));
    other = product;
    other.input_type = OCTET_U8;
    assert_null(oct_winners_find(&winners, &traits, &other));
    free(winners.items);
}

/* Whatever a file may claim, what is found could have been chosen. */
static void winners_that_do_not_apply_are_ignored(void **state)
{
    static const char *const names[] = {"reference",          "emulated_4x2x8", "khr_4x2x8",
                                        "x86_pmaddwd_6x4x16", "no_such_row",    "dw_plain_4x1x8",
                                        "plain_4x2x8x",       "plain"};
    oct_tile_problem depthwise = {
        .kernels = OCT_FOR_MATRIX | OCT_FOR_DEPTHWISE, .outer = 64, .m = 64, .n = 1, .k = 9};
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(names); i++)
        assert_null(found(&product, names[i]));
    assert_string_equal(found(&product, "x86_vnni_6x4x16"), "x86_vnni_6x4x16");
    assert_string_equal(found(&depthwise, "dw_plain_4x1x8"), "dw_plain_4x1x8");
    depthwise.outer = 7; /* too few channels for a panel, though of the class of 8 */
    assert_null(found(&depthwise, "dw_plain_4x1x8"));
    assert_string_equal(found(&depthwise, "plain_4x2x8"), "plain_4x2x8");
}

/* What is chosen without winners may win. */
static void what_is_chosen_may_win(void **state)
{
    (void)state;
    assert_true(oct_tile_may_win(oct_tile_choose(&traits, &product), &traits, &product));
    for (size_t i = 0; i < oct_tile_count; i++) {
        const bool may = oct_tile_may_win(&oct_tiles[i], &traits, &product);
        assert_int_equal(may, oct_tiles[i].kernels == OCT_FOR_MATRIX &&
                                  !oct_tile_has_blocks(&oct_tiles[i]) && /* this is a CPU */
                                  (oct_tiles[i].path == OCT_PATH_PLAIN ||
                                   oct_tiles[i].path == OCT_PATH_X86_VNNI));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_have_names),
        cmocka_unit_test(sizes_are_rounded_to_powers),
        cmocka_unit_test(the_longest_name_has_room),
        cmocka_unit_test(later_winners_replace_earlier_ones),
        cmocka_unit_test(the_oldest_makes_room),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(rubbish_is_not_read),
        cmocka_unit_test(a_winner_is_found_for_its_class),
        cmocka_unit_test(winners_that_do_not_apply_are_ignored),
        cmocka_unit_test(what_is_chosen_may_win),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
