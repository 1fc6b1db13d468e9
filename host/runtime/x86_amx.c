/* x86_amx.c - see x86.h: in CPUID, and granted, which it is where the OS keeps tiles. By itself, so that tests can put another
 * in its place. */
#define _GNU_SOURCE /* syscall, pthread_getattr_default_np */
#include "runtime/x86.h"

#if defined(__x86_64__) && defined(__linux__) && (defined(__GNUC__) || defined(__clang__))

#include <cpuid.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    AMX_TILE = 1 << 24,           /* CPUID leaf 7, edx */
    AMX_INT8 = 1 << 25,           /* the same          */
    ARCH_REQ_XCOMP_PERM = 0x1023, /* of arch_prctl     */
    XFEATURE_XTILEDATA = 18,
    STACK_BYTES = 512 << 10
};

static bool cpu_has_amx(void)
{
    unsigned a = 0, b = 0, c = 0, d = 0;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (d & AMX_TILE) && (d & AMX_INT8);
}

/* Kernels hold rows on their stacks: oct_held of kernels.cl. */
static bool threads_have_room(void)
{
    pthread_attr_t attributes;
    size_t bytes = 0;
    if (pthread_getattr_default_np(&attributes) != 0)
        return false;
    (void)pthread_attr_getstacksize(&attributes, &bytes);
    (void)pthread_attr_destroy(&attributes);
    return bytes >= STACK_BYTES;
}

bool oct_x86_grant_amx(void)
{
    return cpu_has_amx() && threads_have_room() &&
           syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
}

#else

bool oct_x86_grant_amx(void)
{
    return false;
}

#endif
