/* broadcast.c - see broadcast.h. */
#include "core/broadcast.h"

/* The size of dimension "back" from the last, 0. */
static size_t size_at(const octet_shape *shape, size_t back)
{
    return back < shape->rank ? shape->size[shape->rank - 1 - back] : 1;
}

bool oct_broadcast_shape(const octet_shape *a, const octet_shape *b, octet_shape *output)
{
    octet_shape result = {.rank = a->rank > b->rank ? a->rank : b->rank};
    for (size_t back = 0; back < result.rank; back++) {
        const size_t left = size_at(a, back), right = size_at(b, back);
        if (left != right && left != 1 && right != 1)
            return false;
        result.size[result.rank - 1 - back] = left == 1 ? right : left;
    }
    *output = result;
    return true;
}

void oct_broadcast_walk(const octet_shape *a, const octet_shape *b, oct_broadcast *out)
{
    oct_broadcast walk;
    octet_shape shape = {0};
    size_t at = OCTET_MAX_RANK, a_product = 1, b_product = 1;
    (void)oct_broadcast_shape(a, b, &shape);
    for (size_t i = 0; i < OCTET_MAX_RANK; i++)
        walk.size[i] = walk.a_stride[i] = walk.b_stride[i] = 1;
    for (size_t back = 0; back < shape.rank; back++) {
        const size_t size = size_at(&shape, back);
        const size_t left = size_at(a, back), right = size_at(b, back);
        const size_t a_stride = left == 1 ? 0 : a_product, b_stride = right == 1 ? 0 : b_product;
        a_product *= left;
        b_product *= right;
        if (size == 1)
            continue;
        if (at < OCTET_MAX_RANK && a_stride == walk.a_stride[at] * walk.size[at] &&
            b_stride == walk.b_stride[at] * walk.size[at]) {
            walk.size[at] *= size; /* goes on where the inner dimension ends */
            continue;
        }
        at--;
        walk.size[at] = size;
        walk.a_stride[at] = a_stride;
        walk.b_stride[at] = b_stride;
    }
    *out = walk;
}
