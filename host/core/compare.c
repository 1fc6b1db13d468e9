/* compare.c - counts elements whose bits differ. */
#include "core/shape.h"

#include <math.h>
#include <string.h>

static double element(octet_type type, const void *data, size_t index)
{
    switch (type) {
    case OCTET_S8:
        return ((const int8_t *)data)[index];
    case OCTET_U8:
        return ((const uint8_t *)data)[index];
    case OCTET_S32:
        return ((const int32_t *)data)[index];
    default:
        return (double)((const float *)data)[index];
    }
}

void octet_compare(octet_type type, size_t count, const void *expected, const void *actual,
                   octet_comparison *out)
{
    const size_t size = oct_type(type)->size;
    const char *const a = expected, *const b = actual;
    octet_comparison result = {.count = count};
    for (size_t i = 0; i < count; i++) {
        if (memcmp(a + i * size, b + i * size, size) == 0)
            continue;
        const double difference = fabs(element(type, a, i) - element(type, b, i));
        if (result.mismatches++ == 0) {
            result.first = i;
            result.expected = element(type, a, i);
            result.actual = element(type, b, i);
        }
        if (difference > result.max_difference)
            result.max_difference = difference;
    }
    *out = result;
}
