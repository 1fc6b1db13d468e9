/* paths.h - the ways to multiply: one row per dot-product path of kernels.cl §2. */
#ifndef OCT_VARIANTS_PATHS_H
#define OCT_VARIANTS_PATHS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/traits.h"

typedef struct oct_path {
    const char *name;
    const char *define; /* value of OCT_PATH in kernels.cl §1                                    */
    bool pairs;         /* two int16 per word with zero points subtracted; else four bytes       */
    bool swaps_s8;      /* multiplies u8 by s8 only: s8 activations meet weights + 128           */
    bool swaps_u8;      /* multiplies like signs only: u8 activations meet weights + 128         */
    bool flips_u8;  /* multiplies s8 by s8 only, in blocks: u8 activations are taken as 128 less */
    bool test_only; /* never chosen, only asked for by name                                  */
    const char *options; /* of the compiler, besides OCT_PATH                                     */
    bool (*possible)(const oct_traits *traits); /* else not even a probe may be built             */
    const char *needs;                          /* for that, in words                             */
} oct_path;

/* Rows of oct_paths, in its order. */
enum {
    OCT_PATH_PLAIN,
    OCT_PATH_KHR,
    OCT_PATH_ARM,
    OCT_PATH_QCOM,
    OCT_PATH_NV_DP4A,
    OCT_PATH_NV_MMA,
    OCT_PATH_AMD_SDOT4,
    OCT_PATH_AMD_SUDOT4,
    OCT_PATH_AMD_MFMA,
    OCT_PATH_AMD_WMMA,
    OCT_PATH_INTEL_DPAS8,
    OCT_PATH_INTEL_DPAS16,
    OCT_PATH_X86_PMADDWD,
    OCT_PATH_X86_VNNI,
    OCT_PATH_X86_AVXVNNI,
    OCT_PATH_X86_AMX,
    OCT_PATH_EMULATED,
    OCT_PATH_EMULATED_PAIRS,
    OCT_PATH_EMULATED_MMA,
    OCT_PATH_EMULATED_MFMA,
    OCT_PATH_EMULATED_WMMA,
    OCT_PATH_EMULATED_DPAS8,
    OCT_PATH_EMULATED_DPAS16,
    OCT_PATH_EMULATED_AMX,
    OCT_PATH_COUNT
};

extern const oct_path oct_paths[];
extern const size_t oct_path_count;

/* oct_path_swaps - whether weights come to the path as bytes of u8, 128 above the s8 ones. */
static inline bool oct_path_swaps(const oct_path *path, bool input_signed)
{
    return input_signed ? path->swaps_s8 : path->swaps_u8;
}

/* oct_path_flips - whether blocks take the activations for s8, 128 less than they are. */
static inline bool oct_path_flips(const oct_path *path, bool input_signed)
{
    return path->flips_u8 && !input_signed;
}

/* oct_path_is_amx - whether the path multiplies tiles of AMX, by its instructions or emulated. */
static inline bool oct_path_is_amx(size_t path)
{
    return path == OCT_PATH_X86_AMX || path == OCT_PATH_EMULATED_AMX;
}

/* oct_path_is_usable - possible, and its probe gave every known answer. */
bool oct_path_is_usable(size_t i, const oct_traits *traits);

#endif
