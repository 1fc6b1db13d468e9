/* shape.h - element types and shapes. */
#ifndef OCT_CORE_SHAPE_H
#define OCT_CORE_SHAPE_H

#include <stdbool.h>

#include "core/log.h"

/* What an element type is; indexed by octet_type. */
typedef struct oct_type_info {
    const char *name;  /* "s8", "u8", "s32", "f32" */
    size_t size;       /* bytes */
    int32_t low, high; /* stored range of the integer types */
} oct_type_info;

bool oct_type_is_valid(octet_type type);
bool oct_type_is_byte(octet_type type); /* S8 or U8 */
const oct_type_info *oct_type(octet_type type);

octet_shape oct_shape(size_t rank, const size_t *sizes);
bool oct_shape_equal(const octet_shape *a, const octet_shape *b);

/* oct_shape_count - number of elements; false when rank or product is out of range. */
bool oct_shape_count(const octet_shape *shape, size_t *count);

/* oct_shape_bytes - the same times the element's size. */
bool oct_shape_bytes(octet_type type, const octet_shape *shape, size_t *bytes);

/* oct_shape_text - "2x3x4" in "text"; "scalar" for rank 0. Returns text. */
#define OCT_SHAPE_TEXT 176
const char *oct_shape_text(const octet_shape *shape, char text[OCT_SHAPE_TEXT]);

#endif
