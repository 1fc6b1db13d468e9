/* test_split.c - layers in two parts, along the sums, the batch or the columns: the parts make up the
 * whole (drawn.h). */
#include <stdlib.h>

#include "core/shape.h"
#include "support/drawn.h"
#include "support/stage.h"

/* Keeps indices first.. of the innermost dimension. */
static void take_inner(oct_operand *o, size_t first, size_t count)
{
    const size_t size = o->shape.size[o->shape.rank - 1], rows = oct_elements(&o->shape) / size;
    for (size_t i = 0; i < rows; i++)
        memmove(o->bytes + i * count, o->bytes + i * size + first, count);
    o->shape.size[o->shape.rank - 1] = count;
}

/* Keeps indices first.. of the outermost dimension. */
static void take_outer(oct_operand *o, size_t first, size_t count)
{
    const size_t size = oct_elements(&o->shape) / o->shape.size[0];
    memmove(o->bytes, o->bytes + first * size, count * size);
    o->shape.size[0] = count;
    if (o->parameters == 1)
        return;
    memmove(o->scales, o->scales + first, count * sizeof *o->scales);
    memmove(o->zeros, o->zeros + first, count * sizeof *o->zeros);
    o->parameters = count;
}

static void split_depth(const oct_place *p, oct_drawn *l)
{
    static oct_drawn part;
    const size_t depth = l->w.shape.size[l->w.shape.rank - 1];
    const size_t cut = oct_random_size(p->seed, 1, depth - 1);
    octet_shape shape;
    uint32_t *const whole = oct_drawn_compute(p, l, &shape);
    for (int second = 0; second < 2; second++) {
        part = *l;
        take_inner(&part.x, second ? cut : 0, second ? depth - cut : cut);
        take_inner(&part.w, second ? cut : 0, second ? depth - cut : cut);
        if (!second)
            memset(part.bias, 0, sizeof part.bias);
        uint32_t *const sums = oct_drawn_compute(p, &part, &shape);
        for (size_t i = 0; i < oct_elements(&shape); i++)
            whole[i] -= sums[i];
        free(sums);
    }
    void *const nothing = calloc(oct_elements(&shape), sizeof *whole);
    assert_non_null(nothing);
    oct_assert_same(p->what, OCTET_S32, oct_elements(&shape), nothing, whole);
    free(nothing);
    free(whole);
}

static void split_batch(const oct_place *p, oct_drawn *l)
{
    static oct_drawn part;
    const size_t batch = l->x.shape.size[0], cut = oct_random_size(p->seed, 1, batch - 1);
    octet_shape shape;
    uint8_t *const whole = oct_drawn_compute(p, l, &shape);
    const size_t bytes = oct_elements(&shape) / batch * oct_type(l->y_type)->size;
    for (int second = 0; second < 2; second++) {
        part = *l;
        take_outer(&part.x, second ? cut : 0, second ? batch - cut : cut);
        oct_drawn_expect(p, &part, whole + (second ? cut : 0) * bytes);
    }
    free(whole);
}

static void split_columns(const oct_place *p, oct_drawn *l)
{
    static oct_drawn part;
    const size_t columns = l->w.shape.size[0], cut = oct_random_size(p->seed, 1, columns - 1);
    const size_t size = oct_type(l->y_type)->size;
    octet_shape shape;
    uint8_t *const whole = oct_drawn_compute(p, l, &shape), *const expected =
                                                                malloc(oct_elements(&shape) * size);
    assert_non_null(expected);
    for (int second = 0; second < 2; second++) {
        const size_t first = second ? cut : 0, count = second ? columns - cut : cut;
        part = *l;
        take_outer(&part.w, first, count);
        memmove(part.bias, part.bias + first, count * sizeof *part.bias);
        memmove(part.float_bias, part.float_bias + first, count * sizeof *part.float_bias);
        for (size_t i = 0; i < oct_elements(&shape) / columns; i++)
            memcpy(expected + i * count * size, whole + (i * columns + first) * size, count * size);
        oct_drawn_expect(p, &part, expected);
    }
    free(expected);
    free(whole);
}

static const oct_property properties[] = {
    /* clang-format off */
    /* name                                          conv   x         w         y          check */
    {"a gemm less the two halves of its depth",      false, OCTET_U8, OCTET_U8, OCTET_S32, split_depth},
    {"a convolution less the two halves of it",      true,  OCTET_U8, OCTET_U8, OCTET_S32, split_depth},
    {"part of the batch of a gemm",                  false, OCTET_U8, OCTET_S8, OCTET_S8,  split_batch},
    {"part of the batch of a convolution, f32",      true,  OCTET_U8, OCTET_U8, OCTET_F32, split_batch},
    {"part of the columns of a gemm, f32",           false, OCTET_U8, OCTET_U8, OCTET_F32, split_columns},
    {"part of the channels of a convolution",        true,  OCTET_U8, OCTET_S8, OCTET_S8,  split_columns},
    /* clang-format on */
};

int main(void)
{
    struct CMUnitTest tests[OCT_COUNT(properties)];
    oct_property_tests(properties, OCT_COUNT(properties), tests);
    return cmocka_run_group_tests(tests, oct_rig_open, oct_rig_close);
}
