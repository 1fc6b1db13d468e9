/* memory.h - allocation and products of sizes, both checked for overflow. */
#ifndef OCT_CORE_MEMORY_H
#define OCT_CORE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* oct_allocate - zeroed memory for count * size bytes, NULL when that overflows or memory is out.
 * A count of 0 gives a valid pointer. Released with free(). */
void *oct_allocate(size_t count, size_t size);

/* oct_multiply - *product = a * b; false, and *product untouched, when that overflows. */
bool oct_multiply(size_t a, size_t b, size_t *product);

/* oct_copy_array - a new copy of count elements; NULL when memory is out. */
void *oct_copy_array(const void *source, size_t count, size_t size);

/* oct_grow - the array with room for one more than "count" elements of "size" bytes, moved if need be; NULL
 * when memory is out: then it is as it was. */
void *oct_grow(void *array, size_t count, size_t *capacity, size_t size);

static inline size_t oct_divide_up(size_t a, size_t b)
{
    return a / b + (a % b != 0);
}

static inline size_t oct_round_up(size_t a, size_t b)
{
    return oct_divide_up(a, b) * b;
}

#endif
