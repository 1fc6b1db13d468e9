/* paths.c - the table of dot-product paths and their preconditions. */
#include "variants/paths.h"

#include <assert.h>

static bool is_device(const oct_traits *traits)
{
    return traits->type != OCTET_DEVICE_REFERENCE;
}

static bool has_khr_dot(const oct_traits *traits)
{
    return traits->khr_dot;
}

static bool has_arm_dot(const oct_traits *traits)
{
    return traits->arm_dot;
}

static bool has_qcom_dot(const oct_traits *traits)
{
    return traits->qcom_dot;
}

static bool has_dp4a(const oct_traits *traits)
{
    return traits->nv_capability >= 61;
}

static bool has_mma(const oct_traits *traits)
{
    return traits->nv_capability >= 80;
}

static bool has_sdot4(const oct_traits *traits)
{
    static const unsigned numbers[] = {0x906, 0x908, 0x90a,  0x940, 0x941,
                                       0x942, 0x950, 0x1011, 0x1012};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (traits->amd_gfx == numbers[i])
            return true;
    return traits->amd_gfx >> 4 == 0x103;
}

static bool has_sudot4(const oct_traits *traits)
{
    return traits->amd_gfx >= 0x1100;
}

static bool has_mfma(const oct_traits *traits)
{
    static const unsigned numbers[] = {0x908, 0x90a, 0x940, 0x941, 0x942, 0x950};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (traits->amd_gfx == numbers[i])
            return true;
    return false;
}

static bool has_wmma(const oct_traits *traits)
{
    return traits->amd_gfx >> 8 == 0x11;
}

static bool has_dpas8(const oct_traits *traits)
{
    return traits->intel_dpas == 8;
}

static bool has_dpas16(const oct_traits *traits)
{
    return traits->intel_dpas == 16;
}

static bool has_avx2(const oct_traits *traits)
{
    return traits->native_x86 && traits->avx2;
}

static bool has_vnni(const oct_traits *traits)
{
    return traits->native_x86 && traits->avx512vnni;
}

static bool has_avxvnni(const oct_traits *traits)
{
    return traits->native_x86 && traits->avxvnni;
}

static bool has_amx(const oct_traits *traits)
{
    return traits->native_x86 && traits->amx_int8;
}

/* A work-item's sums and fragments take more than half of 256 registers. */
#define INTEL_OPTIONS "-cl-intel-256-GRF-per-thread"

/* clang-format off */
const oct_path oct_paths[] = {
    /*                            name               define                 pairs  swaps_s8 swaps_u8 flips_u8 test   options          possible      needs */
    [OCT_PATH_PLAIN] =           {"plain",           "OCT_PLAIN",           false, false,   false,   false,   false, "",              is_device,    "nothing"},
    [OCT_PATH_KHR] =             {"khr",             "OCT_KHR",             false, false,   false,   false,   false, "-cl-std=CL3.0", has_khr_dot,  "cl_khr_integer_dot_product"},
    [OCT_PATH_ARM] =             {"arm",             "OCT_ARM",             false, false,   true,    false,   false, "",              has_arm_dot,  "cl_arm_integer_dot_product_int8"},
    [OCT_PATH_QCOM] =            {"qcom",            "OCT_QCOM",            false, true,    false,   false,   false, "",              has_qcom_dot, "cl_qcom_dot_product8"},
    [OCT_PATH_NV_DP4A] =         {"nv_dp4a",         "OCT_NV_DP4A",         false, false,   false,   false,   false, "",              has_dp4a,     "an NVIDIA device of compute capability 6.1 or later"},
    [OCT_PATH_NV_MMA] =          {"nv_mma",          "OCT_NV_MMA",          false, false,   false,   false,   false, "",              has_mma,      "an NVIDIA device of compute capability 8.0 or later"},
    [OCT_PATH_AMD_SDOT4] =       {"amd_sdot4",       "OCT_AMD_SDOT4",       false, false,   true,    false,   false, "",              has_sdot4,    "an AMD device of gfx906, gfx908, gfx90a, gfx94x, gfx950, gfx1011, gfx1012 or gfx103x"},
    [OCT_PATH_AMD_SUDOT4] =      {"amd_sudot4",      "OCT_AMD_SUDOT4",      false, false,   false,   false,   false, "",              has_sudot4,   "an AMD device of gfx11 or later"},
    [OCT_PATH_AMD_MFMA] =        {"amd_mfma",        "OCT_AMD_MFMA",        false, false,   false,   true,    false, "",              has_mfma,     "an AMD device of gfx908, gfx90a, gfx94x or gfx950"},
    [OCT_PATH_AMD_WMMA] =        {"amd_wmma",        "OCT_AMD_WMMA",        false, false,   false,   false,   false, "",              has_wmma,     "an AMD device of gfx11"},
    [OCT_PATH_INTEL_DPAS8] =     {"intel_dpas8",     "OCT_INTEL_DPAS8",     false, false,   false,   false,   false, INTEL_OPTIONS,   has_dpas8,    "cl_intel_subgroup_matrix_multiply_accumulate and sub-groups of 8"},
    [OCT_PATH_INTEL_DPAS16] =    {"intel_dpas16",    "OCT_INTEL_DPAS16",    false, false,   false,   false,   false, INTEL_OPTIONS,   has_dpas16,   "cl_intel_subgroup_matrix_multiply_accumulate and sub-groups of 16"},
    [OCT_PATH_X86_PMADDWD] =     {"x86_pmaddwd",     "OCT_X86_PMADDWD",     true,  false,   false,   false,   false, "",              has_avx2,     "a PoCL CPU device and AVX2"},
    [OCT_PATH_X86_VNNI] =        {"x86_vnni",        "OCT_X86_VNNI",        false, true,    false,   false,   false, "",              has_vnni,     "a PoCL CPU device and AVX512-VNNI"},
    [OCT_PATH_X86_AVXVNNI] =     {"x86_avxvnni",     "OCT_X86_AVXVNNI",     false, true,    false,   false,   false, "",              has_avxvnni,  "a PoCL CPU device and AVX-VNNI"},
    [OCT_PATH_X86_AMX] =         {"x86_amx",         "OCT_X86_AMX",         false, false,   false,   false,   false, "",              has_amx,      "a PoCL CPU device, AMX-INT8 granted by Linux, and threads with stacks of 512 KB"},
    [OCT_PATH_EMULATED] =        {"emulated",        "OCT_EMULATED",        false, true,    false,   false,   true,  "",              is_device,    "nothing"},
    [OCT_PATH_EMULATED_PAIRS] =  {"emulated_pairs",  "OCT_EMULATED_PAIRS",  true,  false,   false,   false,   true,  "",              is_device,    "nothing"},
    [OCT_PATH_EMULATED_MMA] =    {"emulated_mma",    "OCT_EMULATED_MMA",    false, false,   false,   false,   true,  "",              is_device,    "nothing"},
    [OCT_PATH_EMULATED_MFMA] =   {"emulated_mfma",   "OCT_EMULATED_MFMA",   false, false,   false,   true,    true,  "",              is_device,    "nothing"},
    [OCT_PATH_EMULATED_WMMA] =   {"emulated_wmma",   "OCT_EMULATED_WMMA",   false, false,   false,   false,   true,  "",              is_device,    "nothing"},
    [OCT_PATH_EMULATED_DPAS8] =  {"emulated_dpas8",  "OCT_EMULATED_DPAS8",  false, false,   false,   false,   true,  "",              is_device,    "nothing"},
    [OCT_PATH_EMULATED_DPAS16] = {"emulated_dpas16", "OCT_EMULATED_DPAS16", false, false,   false,   false,   true,  "",              is_device,    "nothing"},
    [OCT_PATH_EMULATED_AMX] =    {"emulated_amx",    "OCT_EMULATED_AMX",    false, false,   false,   false,   true,  "",              is_device,    "nothing"},
};
/* clang-format on */
const size_t oct_path_count = sizeof oct_paths / sizeof oct_paths[0];
static_assert(sizeof oct_paths / sizeof oct_paths[0] <= OCT_MAX_PATHS, "traits have room");

bool oct_path_is_usable(size_t i, const oct_traits *traits)
{
    return (traits->paths >> i) & 1u;
}
