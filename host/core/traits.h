/* traits.h - what a device is, as far as choosing kernels is concerned. Filled by runtime and by
 * the qualification, read by variants: so choosing needs no OpenCL. */
#ifndef OCT_CORE_TRAITS_H
#define OCT_CORE_TRAITS_H

#include <stdbool.h>

#include "octet/octet.h"

/* Most rows of the tables of paths and of variants. */
#define OCT_MAX_PATHS 32
#define OCT_MAX_VARIANTS 128

typedef struct oct_traits {
    octet_device_type type;
    size_t compute_units;            /* each with a local memory                          */
    size_t group_items, local_bytes; /* of a work-group, at most                          */
    bool own_local;         /* local memory is a memory of its own, faster than the rest  */
    bool khr_dot;           /* cl_khr_integer_dot_product                                 */
    bool arm_dot;           /* cl_arm_integer_dot_product_int8                            */
    bool qcom_dot;          /* cl_qcom_dot_product8                                       */
    unsigned nv_capability; /* NVIDIA: 10 times the compute capability, as in 61; else 0  */
    unsigned amd_gfx;       /* AMD: the number of gfx906, gfx90a as hexadecimal; else 0   */
    unsigned intel_dpas;    /* Intel: smallest sub-group, if there are matrix engines; 0  */
    bool subnormals; /* float32 keeps them, and does not flush them to zero                       */
    bool native_x86; /* code for this machine's x86-64 CPU: PoCL's CPU devices                    */
    /* In CPUID, and the OS enables their registers. */
    bool avx2, avxvnni, avx512bw, avx512vnni, avx512vbmi;
    bool amx_int8;  /* the same, and the OS lets this process use them                           */
    unsigned paths; /* bit i: row i of the dot path table gave every known answer                */
    double path_gops[OCT_MAX_PATHS];  /* measured speed of each that works */
    bool tiles_off[OCT_MAX_VARIANTS]; /* rows of the tile table switched off (OCTET_DISABLE) */
} oct_traits;

#endif
