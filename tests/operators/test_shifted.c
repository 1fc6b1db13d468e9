/* test_shifted.c - layers with values and their zero point shifted by the same number: no bit of a
 * result changes (drawn.h). */
#include <stdlib.h>

#include "core/shape.h"
#include "support/drawn.h"
#include "support/stage.h"

static int32_t between(int32_t value, int32_t low, int32_t high)
{
    return value < low ? low : value > high ? high : value;
}

static int32_t confined(int32_t value, octet_type to, int32_t by)
{
    return between(value, oct_type(to)->low - by, oct_type(to)->high - by);
}

/* Brings all values to where they can be shifted. */
static void confine(oct_operand *o, octet_type to, int32_t by)
{
    for (size_t i = 0; i < OCT_DRAWN_BYTES; i++) {
        const int32_t value = o->type == OCTET_S8 ? (int8_t)o->bytes[i] : o->bytes[i];
        o->bytes[i] = (uint8_t)confined(value, to, by);
    }
    for (size_t i = 0; i < OCT_DRAWN_CHANNELS; i++)
        o->zeros[i] = confined(o->zeros[i], to, by);
}

static void shift(oct_operand *o, octet_type to, int32_t by)
{
    o->type = to;
    for (size_t i = 0; i < OCT_DRAWN_BYTES; i++)
        o->bytes[i] = (uint8_t)(o->bytes[i] + by);
    for (size_t i = 0; i < OCT_DRAWN_CHANNELS; i++)
        o->zeros[i] += by;
}

static octet_type other(octet_type type)
{
    return type == OCTET_S8 ? OCTET_U8 : OCTET_S8;
}

/* "o" is an operand of "l". */
static void shift_both_ways(const oct_place *p, oct_drawn *l, oct_operand *o)
{
    const struct {
        octet_type to;
        int32_t by;
    } shifts[] = {{o->type, oct_random_int(p->seed, 1, 60)},
                  {o->type, oct_random_int(p->seed, -60, -1)},
                  {other(o->type), o->type == OCTET_S8 ? 128 : -128}};
    for (size_t i = 0; i < OCT_COUNT(shifts); i++) {
        octet_shape shape;
        confine(o, shifts[i].to, shifts[i].by);
        void *const expected = oct_drawn_compute(p, l, &shape);
        shift(o, shifts[i].to, shifts[i].by);
        oct_drawn_expect(p, l, expected);
        free(expected);
    }
}

static void shift_input(const oct_place *p, oct_drawn *l)
{
    shift_both_ways(p, l, &l->x);
}

static void shift_weights(const oct_place *p, oct_drawn *l)
{
    shift_both_ways(p, l, &l->w);
}

static void shift_output(const oct_place *p, oct_drawn *l)
{
    const int32_t by = l->y_type == OCTET_S8 ? 128 : -128;
    octet_shape shape;
    uint8_t *const y = oct_drawn_compute(p, l, &shape);
    for (size_t i = 0; i < oct_elements(&shape); i++)
        y[i] = (uint8_t)(y[i] + by);
    l->y_type = other(l->y_type);
    l->y_zero += by;
    l->low += by;
    l->high += by;
    oct_drawn_expect(p, l, y);
    free(y);
}

static const oct_property properties[] = {
    /* clang-format off */
    /* name                                          conv   x         w         y          check */
    {"a gemm with its input shifted",                false, OCTET_U8, OCTET_S8, OCTET_S8,  shift_input},
    {"a convolution with its input shifted",         true,  OCTET_S8, OCTET_S8, OCTET_U8,  shift_input},
    {"a gemm with its weights shifted",              false, OCTET_S8, OCTET_S8, OCTET_U8,  shift_weights},
    {"a convolution with its weights shifted",       true,  OCTET_U8, OCTET_S8, OCTET_S8,  shift_weights},
    {"a gemm with its output shifted",               false, OCTET_U8, OCTET_S8, OCTET_S8,  shift_output},
    {"a convolution with its output shifted",        true,  OCTET_U8, OCTET_S8, OCTET_U8,  shift_output},
    /* clang-format on */
};

int main(void)
{
    struct CMUnitTest tests[OCT_COUNT(properties)];
    oct_property_tests(properties, OCT_COUNT(properties), tests);
    return cmocka_run_group_tests(tests, oct_rig_open, oct_rig_close);
}
