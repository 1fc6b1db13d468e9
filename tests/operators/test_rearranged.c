/* test_rearranged.c - layers with operands transposed, or written as another kind of layer: the same
 * results at other places (drawn.h). */
#include <stdlib.h>

#include "core/shape.h"
#include "support/drawn.h"
#include "support/stage.h"

/* (rows, columns) to (columns, rows) in each of "count" matrices; the copy is freed by the caller.
 */
static void *transposed(const void *data, size_t count, size_t rows, size_t columns, size_t size)
{
    uint8_t *const copy = malloc(count * rows * columns * size);
    assert_non_null(copy);
    for (size_t i = 0; i < count * rows * columns; i++) {
        const size_t column = i % columns, row = i / columns % rows, matrix = i / columns / rows;
        memcpy(copy + ((matrix * columns + column) * rows + row) * size,
               (const uint8_t *)data + i * size, size);
    }
    return copy;
}

static void transpose(oct_operand *o, size_t count, size_t rows, size_t columns)
{
    uint8_t *const copy = transposed(o->bytes, count, rows, columns, 1);
    memcpy(o->bytes, copy, count * rows * columns);
    free(copy);
}

/* (A B)^T = B^T A^T, whose rows have the zero points of the columns of B; and both operands stored
 * the other way around. */
static void swap_operands(const oct_place *p, oct_drawn *l)
{
    static oct_drawn swapped;
    const size_t m = l->x.shape.size[l->x.shape.rank - 2], n = l->w.shape.size[0];
    const size_t k = l->w.shape.size[1];
    octet_shape shape;
    l->x.shape = (octet_shape){2, {m, k}};
    memset(l->bias, 0, sizeof l->bias);
    void *const y = oct_drawn_compute(p, l, &shape), *const expected =
                                                         transposed(y, 1, m, n, sizeof(int32_t));
    swapped = *l;
    swapped.x = l->w;
    swapped.w = l->x;
    oct_drawn_expect(p, &swapped, expected);
    swapped.turned = true;
    transpose(&swapped.x, 1, n, k);
    transpose(&swapped.w, 1, m, k);
    swapped.x.shape = (octet_shape){2, {k, n}};
    swapped.w.shape = (octet_shape){2, {k, m}};
    oct_drawn_expect(p, &swapped, expected);
    free(expected);
    free(y);
}

/* A window of one tap is a product: of the pixels it stops at, one per row. */
static void flatten(const oct_place *p, oct_drawn *l)
{
    static oct_drawn product;
    const size_t *const in = l->x.shape.size;
    octet_shape shape;
    size_t rows = 0;
    l->w.shape.size[1] = l->w.shape.size[2] = 1;
    memset(l->padding, 0, sizeof l->padding);
    product = *l;
    product.convolution = false;
    for (size_t i = 0; i < in[0] * in[1] * in[2]; i++)
        if (i % in[2] % l->stride[1] == 0 && i / in[2] % in[1] % l->stride[0] == 0)
            memcpy(product.x.bytes + rows++ * in[3], l->x.bytes + i * in[3], in[3]);
    product.x.shape = (octet_shape){2, {rows, in[3]}};
    product.w.shape = (octet_shape){2, {l->w.shape.size[0], in[3]}};
    void *const y = oct_drawn_compute(p, l, &shape);
    oct_drawn_expect(p, &product, y);
    free(y);
}

static void bring_channels_forward(oct_operand *o)
{
    size_t *const size = o->shape.size, height = size[1], width = size[2], channels = size[3];
    transpose(o, size[0], height * width, channels);
    size[1] = channels;
    size[2] = height;
    size[3] = width;
}

static void change_layout(const oct_place *p, oct_drawn *l)
{
    octet_shape shape;
    void *const y = oct_drawn_compute(p, l, &shape);
    void *const expected = transposed(y, shape.size[0], shape.size[1] * shape.size[2],
                                      shape.size[3], oct_type(l->y_type)->size);
    bring_channels_forward(&l->x);
    bring_channels_forward(&l->w);
    l->layout = OCTET_NCHW;
    oct_drawn_expect(p, l, expected);
    free(expected);
    free(y);
}

/* A depthwise convolution is one whose weights are real zeros for all channels but its own. Of one
 * size of window, for which devices build kernels. */
static void fill_diagonal(const oct_place *p, oct_drawn *l)
{
    static oct_drawn dense;
    const size_t channels = oct_random_size(p->seed, 16, OCT_DRAWN_CHANNELS), taps = 3 * 3;
    octet_shape shape;
    l->groups = l->w.parameters = l->x.shape.size[3] = channels;
    l->w.shape = (octet_shape){4, {channels, 3, 3, 1}};
    l->dilation[0] = l->dilation[1] = l->stride[1] = 1;
    dense = *l;
    dense.groups = 1;
    dense.w.shape.size[3] = channels;
    for (size_t i = 0; i < channels * taps * channels; i++) {
        const size_t channel = i / channels / taps;
        dense.w.bytes[i] =
            i % channels == channel ? l->w.bytes[i / channels] : (uint8_t)l->w.zeros[channel];
    }
    void *const y = oct_drawn_compute(p, l, &shape);
    oct_drawn_expect(p, &dense, y);
    free(y);
}

static const oct_property properties[] = {
    /* clang-format off */
    /* name                                          conv   x         w         y          check */
    {"a gemm of swapped operands",                   false, OCTET_U8, OCTET_U8, OCTET_S32, swap_operands},
    {"a gemm for a 1x1 convolution",                 true,  OCTET_U8, OCTET_U8, OCTET_S8,  flatten},
    {"a convolution with channels second",           true,  OCTET_U8, OCTET_S8, OCTET_S8,  change_layout},
    {"a dense convolution for a depthwise one",      true,  OCTET_U8, OCTET_S8, OCTET_S8,  fill_diagonal},
    /* clang-format on */
};

int main(void)
{
    struct CMUnitTest tests[OCT_COUNT(properties)];
    oct_property_tests(properties, OCT_COUNT(properties), tests);
    return cmocka_run_group_tests(tests, oct_rig_open, oct_rig_close);
}
