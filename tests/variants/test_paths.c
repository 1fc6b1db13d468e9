/* test_paths.c - the table of dot-product paths and what each asks of a device. */
#include "variants/paths.h"

#include "runtime/runtime.h"
#include "support/unit.h"

static void the_table_is_complete(void **state)
{
    (void)state;
    assert_in_range(oct_path_count, 1, OCT_MAX_PATHS);
    assert_int_equal(oct_path_count, OCT_PATH_COUNT);
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

enum {
    WITH_DP4A = 1 << OCT_PATH_PLAIN | 1 << OCT_PATH_NV_DP4A,
    WITH_MMA = WITH_DP4A | 1 << OCT_PATH_NV_MMA,
    WITH_SDOT4 = 1 << OCT_PATH_PLAIN | 1 << OCT_PATH_AMD_SDOT4,
    WITH_SUDOT4 = 1 << OCT_PATH_PLAIN | 1 << OCT_PATH_AMD_SUDOT4,
    WITH_MFMA = WITH_SDOT4 | 1 << OCT_PATH_AMD_MFMA,
    WITH_WMMA = WITH_SUDOT4 | 1 << OCT_PATH_AMD_WMMA,
    WITH_DPAS8 = 1 << OCT_PATH_PLAIN | 1 << OCT_PATH_INTEL_DPAS8,
    WITH_DPAS16 = 1 << OCT_PATH_PLAIN | 1 << OCT_PATH_INTEL_DPAS16
};

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
        {{.type = OCTET_DEVICE_GPU, .arm_dot = true}, 1 << OCT_PATH_PLAIN | 1 << OCT_PATH_ARM},
        {{.type = OCTET_DEVICE_GPU, .qcom_dot = true}, 1 << OCT_PATH_PLAIN | 1 << OCT_PATH_QCOM},
        {{.type = OCTET_DEVICE_GPU, .nv_capability = 60}, 1 << OCT_PATH_PLAIN},
        {{.type = OCTET_DEVICE_GPU, .nv_capability = 61}, WITH_DP4A},
        {{.type = OCTET_DEVICE_GPU, .nv_capability = 75}, WITH_DP4A},
        {{.type = OCTET_DEVICE_GPU, .nv_capability = 80}, WITH_MMA},
        {{.type = OCTET_DEVICE_GPU, .nv_capability = 120}, WITH_MMA},
        {{.type = OCTET_DEVICE_GPU, .amd_gfx = 0x906}, WITH_SDOT4},
        {{.type = OCTET_DEVICE_GPU, .amd_gfx = 0x909}, 1 << OCT_PATH_PLAIN},
        {{.type = OCTET_DEVICE_GPU, .amd_gfx = 0x90a}, WITH_MFMA},
        {{.type = OCTET_DEVICE_GPU, .amd_gfx = 0x90c}, 1 << OCT_PATH_PLAIN},
        {{.type = OCTET_DEVICE_GPU, .amd_gfx = 0x942}, WITH_MFMA},
        {{.type = OCTET_DEVICE_GPU, .amd_gfx = 0x1010}, 1 << OCT_PATH_PLAIN},
        {{.type = OCTET_DEVICE_GPU, .amd_gfx = 0x1012}, WITH_SDOT4},
        {{.type = OCTET_DEVICE_GPU, .amd_gfx = 0x1030}, WITH_SDOT4},
        {{.type = OCTET_DEVICE_GPU, .amd_gfx = 0x1100}, WITH_WMMA},
        {{.type = OCTET_DEVICE_GPU, .amd_gfx = 0x1201}, WITH_SUDOT4},
        {{.type = OCTET_DEVICE_GPU, .intel_dpas = 8}, WITH_DPAS8},
        {{.type = OCTET_DEVICE_GPU, .intel_dpas = 16}, WITH_DPAS16},
        {{.type = OCTET_DEVICE_GPU, .intel_dpas = 32}, 1 << OCT_PATH_PLAIN},
        /* another machine's features say nothing about this device */
        {{.type = OCTET_DEVICE_GPU,
          .avx2 = true,
          .avxvnni = true,
          .avx512bw = true,
          .avx512vnni = true},
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
        {{.type = OCTET_DEVICE_CPU, .native_x86 = true, .avx2 = true, .avxvnni = true},
         1 << OCT_PATH_PLAIN | 1 << OCT_PATH_X86_PMADDWD | 1 << OCT_PATH_X86_AVXVNNI},
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

/* Weights come as bytes of u8 to a path that multiplies no other pair of signs. */
static void like_and_unlike_signs_are_told_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < oct_path_count; i++) {
        const bool like = i == OCT_PATH_ARM || i == OCT_PATH_AMD_SDOT4;
        const bool unlike = i == OCT_PATH_QCOM || i == OCT_PATH_X86_VNNI ||
                            i == OCT_PATH_X86_AVXVNNI || i == OCT_PATH_EMULATED;
        assert_int_equal(oct_path_swaps(&oct_paths[i], false), like);
        assert_int_equal(oct_path_swaps(&oct_paths[i], true), unlike);
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
        cmocka_unit_test(like_and_unlike_signs_are_told_apart),
        cmocka_unit_test(usable_is_what_gave_right_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
