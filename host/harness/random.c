/* random.c - see random.h: splitmix64, a counter and a mixing function. */
#include "harness/random.h"

static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

oct_random oct_random_of(uint64_t seed, const char *text)
{
    uint64_t state = mix(seed);
    for (; *text != '\0'; text++)
        state = mix(state + (unsigned char)*text);
    return (oct_random){state};
}

uint64_t oct_random_next(oct_random *random)
{
    random->state += UINT64_C(0x9e3779b97f4a7c15);
    return mix(random->state);
}

size_t oct_random_below(oct_random *random, size_t count)
{
    return (size_t)(oct_random_next(random) % count);
}

int64_t oct_random_between(oct_random *random, int64_t low, int64_t high)
{
    return low + (int64_t)(oct_random_next(random) % ((uint64_t)(high - low) + 1));
}

double oct_random_unit(oct_random *random)
{
    return (double)(oct_random_next(random) >> 11) / 9007199254740992.0; /* 2^53 */
}
