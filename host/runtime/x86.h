/* x86.h - which vector extensions this machine's CPU has and its OS enabled. */
#ifndef OCT_RUNTIME_X86_H
#define OCT_RUNTIME_X86_H

#include "core/traits.h"

/* oct_x86_detect - sets avx2, avxvnni, avx512bw, avx512vnni, avx512vbmi and amx_int8 of "traits"; all
 * false off x86-64. */
void oct_x86_detect(oct_traits *traits);

/* x86_amx.c: oct_x86_grant_amx - asks Linux for the tiles of AMX, which it keeps from processes that do
 * not ask. True where this process, all threads of it, may use AMX-INT8. */
bool oct_x86_grant_amx(void);

#endif
