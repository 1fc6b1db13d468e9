/* x86.c - see x86.h. GCC and Clang's builtins check CPUID and, through XGETBV, the OS. */
#include "runtime/x86.h"

void oct_x86_detect(oct_traits *traits)
{
#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
    __builtin_cpu_init();
    traits->avx2 = __builtin_cpu_supports("avx2");
    traits->avx512bw = __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
                       __builtin_cpu_supports("avx512dq");
    traits->avx512vnni = traits->avx512bw && __builtin_cpu_supports("avx512vnni");
    traits->avx512vbmi = traits->avx512bw && __builtin_cpu_supports("avx512vbmi");
#else
    (void)traits;
#endif
}
