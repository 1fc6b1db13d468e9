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

static bool has_avx2(const oct_traits *traits)
{
    return traits->native_x86 && traits->avx2;
}

static bool has_vnni(const oct_traits *traits)
{
    return traits->native_x86 && traits->avx512vnni;
}

/* clang-format off */
const oct_path oct_paths[] = {
    /*                           name              define                pairs  swaps  test   options          possible     needs */
    [OCT_PATH_PLAIN] =          {"plain",          "OCT_PLAIN",          false, false, false, "",              is_device,   "nothing"},
    [OCT_PATH_KHR] =            {"khr",            "OCT_KHR",            false, false, false, "-cl-std=CL3.0", has_khr_dot, "cl_khr_integer_dot_product"},
    [OCT_PATH_X86_PMADDWD] =    {"x86_pmaddwd",    "OCT_X86_PMADDWD",    true,  false, false, "",              has_avx2,    "a PoCL CPU device and AVX2"},
    [OCT_PATH_X86_VNNI] =       {"x86_vnni",       "OCT_X86_VNNI",       false, true,  false, "",              has_vnni,    "a PoCL CPU device and AVX512-VNNI"},
    [OCT_PATH_EMULATED] =       {"emulated",       "OCT_EMULATED",       false, true,  true,  "",              is_device,   "nothing"},
    [OCT_PATH_EMULATED_PAIRS] = {"emulated_pairs", "OCT_EMULATED_PAIRS", true,  false, true,  "",              is_device,   "nothing"},
};
/* clang-format on */
const size_t oct_path_count = sizeof oct_paths / sizeof oct_paths[0];
static_assert(sizeof oct_paths / sizeof oct_paths[0] <= OCT_MAX_PATHS, "traits have room");

bool oct_path_is_usable(size_t i, const oct_traits *traits)
{
    return (traits->paths >> i) & 1u;
}
