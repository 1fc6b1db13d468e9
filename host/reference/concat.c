/* concat.c - one of the tensors that are put after one another. */
#include "reference/reference.h"

void oct_reference_concat(const uint8_t *table, size_t outer, size_t part, size_t whole,
                          size_t first, const uint8_t *input, uint8_t *output)
{
    for (size_t row = 0; row < outer; row++)
        for (size_t i = 0; i < part; i++) {
            const uint8_t byte = input[row * part + i];
            output[row * whole + first + i] = table != NULL ? table[byte] : byte;
        }
}
