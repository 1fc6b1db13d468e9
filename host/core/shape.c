/* shape.c - see shape.h. */
#include "core/shape.h"

#include <stdio.h>
#include <string.h>

#include "core/memory.h"

static const oct_type_info types[] = {
    /*              name   size  low         high */
    [OCTET_S8] = {"s8", 1, -128, 127},
    [OCTET_U8] = {"u8", 1, 0, 255},
    [OCTET_S32] = {"s32", 4, INT32_MIN, INT32_MAX},
    [OCTET_F32] = {"f32", 4, 0, 0},
};

bool oct_type_is_valid(octet_type type)
{
    return (size_t)type < sizeof types / sizeof types[0];
}

bool oct_type_is_byte(octet_type type)
{
    return type == OCTET_S8 || type == OCTET_U8;
}

const oct_type_info *oct_type(octet_type type)
{
    return &types[type];
}

octet_shape oct_shape(size_t rank, const size_t *sizes)
{
    octet_shape shape = {.rank = rank};
    memcpy(shape.size, sizes, rank * sizeof sizes[0]);
    return shape;
}

bool oct_shape_equal(const octet_shape *a, const octet_shape *b)
{
    return a->rank == b->rank && memcmp(a->size, b->size, a->rank * sizeof a->size[0]) == 0;
}

bool oct_shape_count(const octet_shape *shape, size_t *count)
{
    size_t product = 1, extent = 1; /* extent ignores zeros: 0 x huge x huge is refused too */
    if (shape->rank > OCTET_MAX_RANK)
        return false;
    for (size_t i = 0; i < shape->rank; i++) {
        const size_t size = shape->size[i];
        if (!oct_multiply(extent, size > 0 ? size : 1, &extent))
            return false;
        product *= size;
    }
    *count = product;
    return true;
}

bool oct_shape_bytes(octet_type type, const octet_shape *shape, size_t *bytes)
{
    size_t count;
    return oct_shape_count(shape, &count) && oct_multiply(count, oct_type(type)->size, bytes);
}

const char *oct_shape_text(const octet_shape *shape, char text[OCT_SHAPE_TEXT])
{
    size_t length = 0;
    if (shape->rank == 0)
        return strcpy(text, "scalar");
    for (size_t i = 0; i < shape->rank && i < OCTET_MAX_RANK; i++)
        length += (size_t)snprintf(text + length, OCT_SHAPE_TEXT - length, "%s%zu",
                                   i > 0 ? "x" : "", shape->size[i]);
    return text;
}
