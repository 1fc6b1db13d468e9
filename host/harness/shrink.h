/* shrink.h - the simplest problem that still fails. */
#ifndef OCT_HARNESS_SHRINK_H
#define OCT_HARNESS_SHRINK_H

#include "harness/problem.h"

/* True while "problem" fails. */
typedef bool (*oct_fails_fn)(void *state, const oct_problem *problem);

/* oct_problem_shrink - makes "problem", which fails, simpler as long as it goes on failing and
 * "seconds" last: options dropped, sizes cut to 1, by half, by one. */
void oct_problem_shrink(oct_problem *problem, oct_fails_fn fails, void *state, double seconds);

#endif
