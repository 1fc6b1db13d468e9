/* random.h - numbers that are the same for the same seed on every machine. */
#ifndef OCT_HARNESS_RANDOM_H
#define OCT_HARNESS_RANDOM_H

#include <stddef.h>
#include <stdint.h>

typedef struct oct_random {
    uint64_t state;
} oct_random;

/* oct_random_of - a sequence for a seed and a text, so that a problem's data does not depend on
 * what was tested before it. */
oct_random oct_random_of(uint64_t seed, const char *text);

uint64_t oct_random_next(oct_random *random);

/* oct_random_below - 0..count - 1; count at least 1. */
size_t oct_random_below(oct_random *random, size_t count);

/* oct_random_between - low..high, both included. */
int64_t oct_random_between(oct_random *random, int64_t low, int64_t high);

/* oct_random_unit - at least 0 and below 1. */
double oct_random_unit(oct_random *random);

#endif
