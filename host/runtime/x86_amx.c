/* x86_amx.c - see x86.h: in CPUID, enabled by the OS, and granted. By itself, so that tests can put another
 * in its place. */
#define _DEFAULT_SOURCE /* syscall */
#include "runtime/x86.h"

#if defined(__x86_64__) && defined(__linux__) && (defined(__GNUC__) || defined(__clang__))

#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    AMX_TILE = 1 << 24,             /* CPUID leaf 7, edx */
    AMX_INT8 = 1 << 25,             /* the same          */
    OSXSAVE = 1 << 27,              /* CPUID leaf 1, ecx */
    TILE_STATE = 1 << 17 | 1 << 18, /* XCR0              */
    ARCH_REQ_XCOMP_PERM = 0x1023,   /* of arch_prctl     */
    XFEATURE_XTILEDATA = 18
};

static bool cpu_has_amx(void)
{
    unsigned a = 0, b = 0, c = 0, d = 0;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (d & AMX_TILE) && (d & AMX_INT8);
}

static bool os_keeps_tiles(void)
{
    unsigned a = 0, b = 0, c = 0, d = 0, low = 0, high = 0;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & OSXSAVE))
        return false;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (low & TILE_STATE) == TILE_STATE;
}

bool oct_x86_grant_amx(void)
{
    return cpu_has_amx() && os_keeps_tiles() &&
           syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
}

#else

bool oct_x86_grant_amx(void)
{
    return false;
}

#endif
