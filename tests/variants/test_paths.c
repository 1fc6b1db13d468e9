/* test_paths.c - the table of dot-product paths and what each asks of a device. */
#include "variants/paths.h"

#include "runtime/runtime.h"
#include "support/unit.h"

static void the_table_is_complete(void **state)
{
    (void)state;
    assert_in_range(oct_path_count, 1, OCT_MAX_PATHS);
    assert_in_range(oct_path_count, 1, OCT_MAX_PATHS);
    assert_int_equal(oct_path_count, OCT_PATH_EMULATED_PAIRS + 1);
    for (size_t i = 0; i < oct_path_count; i++) {
        assert_true(oct_paths[i].name != NULL && oct_paths[i].name[0] != '\0');
        assert_in_range(strlen(oct_paths[i].name), 1, sizeof((octet_probe *)0)->path - 1);
        assert_true(strncmp(oct_paths[i].define, "OCT_", 4) == 0);
        assert_true(oct_paths[i].needs != NULL && oct_paths[i].needs[0] != '\0');
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(oct_paths[i].name, oct_paths[j].name);
            assert_string_not_equal(oct_paths[i].define, oct_paths[j].define);
        }
    }
}

static void only_emulated_paths_are_for_tests(void **state)
{
    (void)state;
    for (size_t i = 0; i < oct_path_count; i++)
        assert_int_equal(oct_paths[i].test_only, strncmp(oct_paths[i].name, "emulated", 8) == 0);
    /* a packed form of either kind can be tested on any device */
    assert_false(oct_paths[OCT_PATH_EMULATED].pairs);
    assert_true(oct_paths[OCT_PATH_EMULATED_PAIRS].pairs);
    assert_string_equal(oct_paths[OCT_PATH_PLAIN].name, "plain");
}

/* A probe that is not possible is never built: what could fault must be ruled out by the traits. */
static void preconditions_follow_from_traits(void **state)
{
    static const struct {
        oct_traits traits;
        unsigned possible;
    } cases[] = {
        {{.type = OCTET_DEVICE_REFERENCE}, 0},
        {{.type = OCTET_DEVICE_REFERENCE, .avx2 = true, .avx512vnni = true}, 0},
        {{.type = OCTET_DEVICE_GPU}, 1 << OCT_PATH_PLAIN},
        {{.type = OCTET_DEVICE_GPU, .khr_dot = true}, 1 << OCT_PATH_PLAIN | 1 << OCT_PATH_KHR},
        /* another machine's features say nothing about this device */
        {{.type = OCTET_DEVICE_GPU, .avx2 = true, .avx512bw = true, .avx512vnni = true},
         1 << OCT_PATH_PLAIN},
        {{.type = OCTET_DEVICE_CPU, .native_x86 = true}, 1 << OCT_PATH_PLAIN},
        {{.type = OCTET_DEVICE_CPU, .native_x86 = true, .avx2 = true},
         1 << OCT_PATH_PLAIN | 1 << OCT_PATH_X86_PMADDWD},
        {{.type = OCTET_DEVICE_CPU,
          .native_x86 = true,
          .avx2 = true,
          .avx512bw = true,
          .avx512vnni = true},
         1 << OCT_PATH_PLAIN | 1 << OCT_PATH_X86_PMADDWD | 1 << OCT_PATH_X86_VNNI},
    };
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        const bool real = cases[i].traits.type != OCTET_DEVICE_REFERENCE;
        for (size_t path = 0; path < oct_path_count; path++)
            assert_int_equal(oct_paths[path].possible(&cases[i].traits),
                             oct_paths[path].test_only ? real
                                                       : (cases[i].possible >> path & 1u) != 0);
    }
}

static void usable_is_what_gave_right_answers(void **state)
{
    const oct_traits traits = {.paths = 1 << OCT_PATH_PLAIN | 1 << OCT_PATH_X86_VNNI};
    (void)state;
    for (size_t path = 0; path < oct_path_count; path++)
        assert_int_equal(oct_path_is_usable(path, &traits),
                         path == OCT_PATH_PLAIN || path == OCT_PATH_X86_VNNI);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_complete),
        cmocka_unit_test(only_emulated_paths_are_for_tests),
        cmocka_unit_test(preconditions_follow_from_traits),
        cmocka_unit_test(usable_is_what_gave_right_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
