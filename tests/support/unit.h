/* unit.h - cmocka with the headers it wants first, and what tests of numbers need besides. */
#ifndef OCT_TESTS_UNIT_H
#define OCT_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define OCT_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* OCT_ROW_TESTS - fills "tests" with one per row of a table; *state is the row, whose first member is
 * its name. */
#define OCT_ROW_TESTS(tests, run, rows)                                                            \
    oct_row_tests((tests), (run), (rows), sizeof(rows)[0], OCT_COUNT(rows))

static inline void oct_row_tests(struct CMUnitTest *tests, CMUnitTestFunction run, const void *rows,
                                 size_t size, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *const row = (const char *)rows + i * size;
        tests[i] = (struct CMUnitTest){.name = *(const char *const *)(const void *)row,
                                       .test_func = run,
                                       .initial_state = (void *)row}; /* read only */
    }
}

static inline float oct_float_of(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline uint32_t oct_bits_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* oct_random_bits - the next 32 of a fixed sequence (splitmix64); any seed will do. */
static inline uint32_t oct_random_bits(uint64_t *seed)
{
    uint64_t mixed = *seed += UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)(mixed >> 32);
}

/* oct_random_int - low..high, both included; the span fits 31 bits. */
static inline int32_t oct_random_int(uint64_t *seed, int32_t low, int32_t high)
{
    return low + (int32_t)(oct_random_bits(seed) % (uint32_t)(high - low + 1));
}

static inline size_t oct_random_size(uint64_t *seed, size_t low, size_t high)
{
    return low + oct_random_bits(seed) % (high - low + 1);
}

#endif
