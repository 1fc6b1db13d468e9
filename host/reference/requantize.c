/* requantize.c - from an exact 32-bit accumulator to the stored output, by each rounding rule. */
#include "reference/reference.h"

#include <math.h>

#include "reference/access.h"

_Static_assert((-1 >> 1) == -1, "right shifts of negative numbers must be arithmetic");

/* Clamping to low - z..high - z before the conversion keeps it in range, and gives what clamping
 * after adding z would. */
int32_t oct_reference_round_float(int32_t acc, float multiplier, int32_t low, int32_t high,
                                  int32_t zero_point)
{
    const float product = (float)acc * multiplier;
    const float lowest = (float)(low - zero_point), highest = (float)(high - zero_point);
    return (int32_t)lrintf(fminf(fmaxf(product, lowest), highest)) + zero_point;
}

/* round(a * b / 2^31), ties up. */
static int32_t high_product(int32_t a, int32_t b)
{
    if (a == INT32_MIN && b == INT32_MIN)
        return INT32_MAX;
    const int64_t product = (int64_t)a * b;
    const int64_t nudge = product >= 0 ? INT64_C(1) << 30 : 1 - (INT64_C(1) << 30);
    return (int32_t)((product + nudge) / (INT64_C(1) << 31));
}

/* round(x / 2^exponent), ties away from zero; exponent 0..31. */
static int32_t divide_by_power(int32_t x, int32_t exponent)
{
    const int32_t mask = (int32_t)((UINT32_C(1) << exponent) - 1);
    const int32_t remainder = x & mask;
    const int32_t threshold = (mask >> 1) + (x < 0);
    return (x >> exponent) + (remainder > threshold);
}

/* A left shift beyond 32 bits wraps, here and on devices. */
int32_t oct_reference_fixed_double(int32_t acc, oct_fixed fixed)
{
    const int32_t left = fixed.shift > 0 ? fixed.shift : 0;
    const int32_t right = fixed.shift < 0 ? -fixed.shift : 0;
    const int32_t shifted = (int32_t)((uint32_t)acc << left);
    return divide_by_power(high_product(shifted, fixed.multiplier), right);
}

/* A result beyond 32 bits wraps, here and on devices. */
int32_t oct_reference_fixed_single(int32_t acc, oct_fixed fixed)
{
    const int64_t half = INT64_C(1) << (30 - fixed.shift);
    const int64_t product = (int64_t)acc * fixed.multiplier;
    return (int32_t)(uint32_t)(uint64_t)((product + half) >> (31 - fixed.shift));
}

static float scaled(const oct_epilogue *epilogue, int32_t sum, float scale, float bias)
{
    const float product = (float)sum * scale;
    const float value = product + bias;
    return epilogue->relu && !(value > 0.0f) ? 0.0f : value;
}

static int32_t requantized(const oct_epilogue *epilogue, int32_t sum, size_t entry)
{
    const int32_t low = epilogue->low, high = epilogue->high, zero_point = epilogue->zero_point;
    if (epilogue->store == OCT_STORE_ROUND_FLOAT)
        return oct_reference_round_float(sum, epilogue->multipliers[entry], low, high, zero_point);
    const int32_t rounded = epilogue->store == OCT_STORE_FIXED_DOUBLE
                                ? oct_reference_fixed_double(sum, epilogue->fixed[entry])
                                : oct_reference_fixed_single(sum, epilogue->fixed[entry]);
    return oct_clamp(rounded, low - zero_point, high - zero_point) + zero_point;
}

void oct_reference_store(const oct_epilogue *epilogue, size_t row, size_t first, size_t columns,
                         const int32_t *acc, void *output, size_t stride)
{
    const size_t table_row = epilogue->rows > 1 ? row : 0;
    for (size_t j = 0; j < columns; j++) {
        const size_t column = first + j;
        const size_t entry = table_row * epilogue->columns + column;
        const int32_t sum = (int32_t)((uint32_t)acc[j] + (uint32_t)epilogue->bias[column]);
        if (epilogue->store == OCT_STORE_S32)
            ((int32_t *)output)[j * stride] = sum;
        else if (epilogue->store == OCT_STORE_F32)
            ((float *)output)[j * stride] =
                scaled(epilogue, sum, epilogue->multipliers[entry], epilogue->float_bias[column]);
        else
            oct_put_byte(output, j * stride, requantized(epilogue, sum, entry));
    }
}
