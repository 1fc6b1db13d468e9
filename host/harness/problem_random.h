/* problem_random.h - problems nobody would think of, and the standard list. */
#ifndef OCT_HARNESS_PROBLEM_RANDOM_H
#define OCT_HARNESS_PROBLEM_RANDOM_H

#include "harness/problem_list.h"
#include "harness/random.h"

/* oct_problem_draw - a legal problem small enough for the reference: sizes around tile edges,
 * primes and 1, all types, zero points at their extremes, every output and rounding. */
void oct_problem_draw(oct_random *random, oct_problem *out);

/* oct_problem_list_standard - the standard list: shapes where kernels have edges, and every pair of
 * types, every output and every rounding. On a device it needs two dozen programs, because
 * building one takes a second. */
octet_status oct_problem_list_standard(oct_problem_list *list);

#endif
