/* x86.h - which vector extensions this machine's CPU has and its OS enabled. */
#ifndef OCT_RUNTIME_X86_H
#define OCT_RUNTIME_X86_H

#include "core/traits.h"

/* oct_x86_detect - sets avx2, avxvnni, avx512bw, avx512vnni and avx512vbmi of "traits"; all false off
 * x86-64. */
void oct_x86_detect(oct_traits *traits);

#endif
