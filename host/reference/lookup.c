/* lookup.c - functions of one byte. */
#include "reference/reference.h"

void oct_reference_lookup(const uint8_t table[256], size_t count, const uint8_t *input,
                          uint8_t *output)
{
    for (size_t i = 0; i < count; i++)
        output[i] = table[input[i]];
}
