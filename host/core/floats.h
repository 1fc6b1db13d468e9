/* floats.h - what float arithmetic on the host must be for its bits to be those of the rules. Files
 * are compiled alike: core/quantization.c, which is in every build, includes it for all. */
#ifndef OCT_CORE_FLOATS_H
#define OCT_CORE_FLOATS_H

#include <float.h>

_Static_assert(FLT_EVAL_METHOD == 0, "each float32 operation must round to float32");

#ifdef __FAST_MATH__
#error "octet cannot be built with -ffast-math: its results are defined bit by bit"
#endif

#endif
