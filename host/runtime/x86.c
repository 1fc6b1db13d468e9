/* x86.c - see x86.h. GCC and Clang's builtins check CPUID and, through XGETBV, the OS. */
#include "runtime/x86.h"

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#include <cpuid.h>

/* Of leaf 7, subleaf 1, which older compilers' builtins do not know. */
#define LEAF7_1_EAX_AVX_VNNI (1u << 4)

/* Its registers are AVX2's. */
static bool has_avx_vnni(void)
{
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
    if (!__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) || eax < 1) /* the last subleaf */
        return false;
    __cpuid_count(7, 1, eax, ebx, ecx, edx);
    return (eax & LEAF7_1_EAX_AVX_VNNI) != 0;
}

void oct_x86_detect(oct_traits *traits)
{
    __builtin_cpu_init();
    traits->avx2 = __builtin_cpu_supports("avx2");
    traits->avxvnni = traits->avx2 && has_avx_vnni();
    traits->avx512bw = __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
                       __builtin_cpu_supports("avx512dq");
    traits->avx512vnni = traits->avx512bw && __builtin_cpu_supports("avx512vnni");
    traits->avx512vbmi = traits->avx512bw && __builtin_cpu_supports("avx512vbmi");
    traits->amx_int8 = traits->avx512vnni && oct_x86_grant_amx();
}
#else
void oct_x86_detect(oct_traits *traits)
{
    (void)traits;
}
#endif
