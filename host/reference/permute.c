/* permute.c - reorders the dimensions of a tensor. */
#include "reference/reference.h"

#include <string.h>

void oct_reference_permute(size_t element_size, const octet_shape *input_shape, const size_t *order,
                           const void *input, void *output)
{
    const size_t rank = input_shape->rank;
    size_t strides[OCTET_MAX_RANK], position[OCTET_MAX_RANK] = {0}, count = 1;
    for (size_t i = rank; i-- > 0;) {
        strides[i] = count;
        count *= input_shape->size[i];
    }
    for (size_t element = 0; element < count; element++) {
        size_t source = 0;
        for (size_t i = 0; i < rank; i++)
            source += position[i] * strides[order[i]];
        memcpy((char *)output + element * element_size, (const char *)input + source * element_size,
               element_size);
        for (size_t i = rank; i-- > 0;) { /* the next position in the output's order */
            if (++position[i] < input_shape->size[order[i]])
                break;
            position[i] = 0;
        }
    }
}
