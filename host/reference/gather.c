/* gather.c - elements picked along each axis by a table. */
#include <string.h>

#include "reference/reference.h"

/* Where the input holds output element "index"; false: outside of it. */
static bool find(const octet_shape *input, const octet_shape *output, const int32_t *const *indices,
                 size_t index, size_t *source)
{
    size_t stride = 1;
    *source = 0;
    for (size_t d = output->rank; d-- > 0;) {
        const size_t at = index % output->size[d];
        if (indices[d] != NULL && indices[d][at] < 0)
            return false;
        *source += (indices[d] != NULL ? (size_t)indices[d][at] : at) * stride;
        stride *= input->size[d];
        index /= output->size[d];
    }
    return true;
}

void oct_reference_gather(size_t element_size, const octet_shape *input_shape,
                          const octet_shape *output_shape, const int32_t *const *indices,
                          const void *fill, const void *input, void *output)
{
    size_t count = 0, source;
    (void)oct_shape_count(output_shape, &count); /* the caller holds the tensors: it fits */
    for (size_t i = 0; i < count; i++) {
        const bool inside = find(input_shape, output_shape, indices, i, &source);
        const void *const from = inside ? (const char *)input + source * element_size : fill;
        memcpy((char *)output + i * element_size, from, element_size);
    }
}
