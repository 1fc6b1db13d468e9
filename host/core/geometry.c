/* geometry.c - output sizes of two-dimensional windows. */
#include "core/geometry.h"

#include <stdint.h>

#include "core/memory.h"

static bool add(size_t a, size_t b, size_t *sum)
{
    if (a > SIZE_MAX - b)
        return false;
    *sum = a + b;
    return true;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

bool oct_window_output(const oct_window *window, int axis, size_t in, bool ceil, size_t *out)
{
    const size_t kernel = window->kernel[axis], stride = window->stride[axis];
    size_t extent, before_end, padded; /* the window's; input with leading, then both paddings */
    if (kernel == 0 || stride == 0 || window->dilation[axis] == 0)
        return false;
    if (!oct_multiply(window->dilation[axis], kernel - 1, &extent) || !add(extent, 1, &extent) ||
        !add(in, window->padding[axis], &before_end) ||
        !add(before_end, window->padding[axis + 2], &padded) || padded < extent)
        return false;

    const size_t steps = padded - extent;
    size_t count;
    if (!add(ceil ? oct_divide_up(steps, stride) : steps / stride, 1, &count))
        return false;
    if (ceil)
        count = smaller(count, oct_divide_up(before_end, stride));
    if (count == 0)
        return false;
    *out = count;
    return true;
}
