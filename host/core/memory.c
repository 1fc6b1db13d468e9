/* memory.c - see memory.h. */
#include "core/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

bool oct_multiply(size_t a, size_t b, size_t *product)
{
    if (b != 0 && a > SIZE_MAX / b)
        return false;
    *product = a * b;
    return true;
}

void *oct_allocate(size_t count, size_t size)
{
    return calloc(count > 0 ? count : 1, size);
}

void *oct_copy_array(const void *source, size_t count, size_t size)
{
    void *copy = oct_allocate(count, size);
    if (copy != NULL && count > 0)
        memcpy(copy, source, count * size);
    return copy;
}

void *oct_grow(void *array, size_t count, size_t *capacity, size_t size)
{
    size_t bytes;
    if (count < *capacity)
        return array;
    const size_t wanted = *capacity > 0 ? 2 * *capacity : 16;
    void *const grown = oct_multiply(wanted, size, &bytes) ? realloc(array, bytes) : NULL;
    if (grown != NULL)
        *capacity = wanted;
    return grown;
}
