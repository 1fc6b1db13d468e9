/* paths.c - the table of dot-product paths and their preconditions. */
#include "variants/paths.h"

/* clang-format off */
const oct_path oct_paths[] = {
    /*                           name              define                pairs  swaps  test   options           needs */
    [OCT_PATH_PLAIN] =          {"plain",          "OCT_PLAIN",          false, false, false, "",              "nothing"},
    [OCT_PATH_KHR] =            {"khr",            "OCT_KHR",            false, false, false, "-cl-std=CL3.0", "cl_khr_integer_dot_product"},
    [OCT_PATH_X86_PMADDWD] =    {"x86_pmaddwd",    "OCT_X86_PMADDWD",    true,  false, false, "",              "a PoCL CPU device and AVX2"},
    [OCT_PATH_X86_VNNI] =       {"x86_vnni",       "OCT_X86_VNNI",       false, true,  false, "",              "a PoCL CPU device and AVX512-VNNI"},
    [OCT_PATH_EMULATED] =       {"emulated",       "OCT_EMULATED",       false, true,  true,  "",              "nothing"},
    [OCT_PATH_EMULATED_PAIRS] = {"emulated_pairs", "OCT_EMULATED_PAIRS", true,  false, true,  "",              "nothing"},
};
/* clang-format on */
const size_t oct_path_count = sizeof oct_paths / sizeof oct_paths[0];

bool oct_path_is_possible(size_t i, const oct_traits *traits)
{
    switch (i) {
    case OCT_PATH_KHR:
        return traits->khr_dot;
    case OCT_PATH_X86_PMADDWD:
        return traits->native_x86 && traits->avx2;
    case OCT_PATH_X86_VNNI:
        return traits->native_x86 && traits->avx512vnni;
    default:
        return traits->type != OCTET_DEVICE_REFERENCE;
    }
}

bool oct_path_is_usable(size_t i, const oct_traits *traits)
{
    return (traits->paths >> i) & 1u;
}
