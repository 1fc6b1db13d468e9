/* make_believe_kernels.c - kernels.cl's self_test, probe_dot and probe_block in C. Other kernels leave
 * memory as it is. */
#include "make_believe.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

static float as_float(uint32_t bits)
{
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

static uint32_t as_bits(float f)
{
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    return bits;
}

/* self_test_one of kernels.cl, in C. */
static uint32_t self_test(const uint32_t *words)
{
    const uint32_t x = words[1], y = words[2], z = words[3];
    const float fx = as_float(x), fy = as_float(y), fz = as_float(z);
    const int64_t product = (int64_t)(int32_t)x * (int32_t)y;
    const float low = (float)(-128 - (int32_t)z), high = (float)(127 - (int32_t)z);
    volatile float rounded = fx * fy;
    switch (words[0]) {
    case 0:
        return as_bits(fz + rounded);
    case 1:
        return as_bits(fmaf(fx, fy, fz));
    case 2:
        return as_bits(rounded);
    case 3:
        return as_bits(fminf(fmaxf(fx, fy), fz));
    case 4:
        return as_bits(fx > fy ? fx : fy);
    case 5:
        return as_bits(roundf(fx));
    case 6:
        return fx != fx;
    case 7:
        return as_bits((float)(int32_t)x);
    case 8:
        return as_bits((float)((int64_t)(int32_t)x - (int32_t)y));
    case 9:
    case 10:
        return (uint32_t)(int32_t)nearbyintf(fx);
    case 11:
        rounded = (float)(int32_t)x * fy;
        return (uint32_t)nearbyintf(fminf(fmaxf(rounded, low), high)) + z;
    case 12:
        return as_bits(fx / fy);
    case 13:
        return (uint32_t)product;
    case 14:
        return (uint32_t)(product >> z);
    case 15:
        return (uint32_t)((int32_t)x >> y);
    case 16:
        return (uint32_t)__builtin_clzll((uint64_t)x << 32 | y);
    default:
        return x & 0xff;
    }
}

/* acc + the dot product of four bytes, the first ones signed or not. */
static uint32_t dot(uint32_t acc, uint32_t a, uint32_t b, int a_signed)
{
    for (int i = 0; i < 4; i++)
        acc += (uint32_t)((a_signed ? (int8_t)(a >> 8 * i) : (uint8_t)(a >> 8 * i)) *
                          (int8_t)(b >> 8 * i));
    return acc;
}

/* Words of a buffer that is an argument, of which so many are used. */
static uint32_t *words_of(void **arguments, size_t index, size_t count)
{
    const address at = *(const address *)arguments[index];
    REQUIRE(room(at) >= 4 * count, "argument %zu has %zu bytes, not %zu", index, room(at),
            4 * count);
    return (uint32_t *)(uintptr_t)at;
}

static void run_dots(size_t items, int a_signed, void **arguments)
{
    const size_t lanes = room(*(const address *)arguments[1]) / 4 / items;
    const uint32_t *const a = words_of(arguments, 0, items);
    const uint32_t *const b = words_of(arguments, 1, items * lanes);
    const uint32_t *const acc = words_of(arguments, 2, items * lanes);
    uint32_t *const results = words_of(arguments, 3, items * lanes);
    for (size_t i = 0; i < items * lanes; i++)
        results[i] = dot(acc[i], a[i / lanes], b[i], a_signed);
}

/* a: [rows][k], b: [k][columns], result: [rows][columns], and nothing else; of one group. */
static void run_block(int a_signed, void **arguments)
{
    const size_t of_a = room(*(const address *)arguments[0]) / 4;
    const size_t of_b = room(*(const address *)arguments[1]) / 4;
    const size_t of_c = room(*(const address *)arguments[2]) / 4;
    const size_t depth = (size_t)lround(sqrt((double)of_a * (double)of_b / (double)of_c));
    const size_t columns = of_b / depth;
    const uint32_t *const a = words_of(arguments, 0, of_a), *const b = words_of(arguments, 1, of_b);
    uint32_t *const c = words_of(arguments, 2, of_c);
    for (size_t i = 0; i < of_c; i++) {
        c[i] = 0;
        for (size_t k = 0; k < depth; k++)
            c[i] = dot(c[i], a[i / columns * depth + k], b[k * columns + i % columns], a_signed);
    }
}

void run_known(const char *kernel, int a_signed, size_t items, size_t groups, void **arguments)
{
    if (strcmp(kernel, "self_test") == 0) {
        const uint32_t *const cases = words_of(arguments, 0, 4 * items);
        uint32_t *const results = words_of(arguments, 1, items);
        for (size_t i = 0; i < items; i++)
            results[i] = self_test(cases + 4 * i);
    } else if (strcmp(kernel, "probe_dot") == 0) {
        run_dots(items, a_signed, arguments);
    } else if (strcmp(kernel, "probe_block") == 0 && groups == 1) {
        run_block(a_signed, arguments);
    }
}
