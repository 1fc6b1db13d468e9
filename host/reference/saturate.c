/* saturate.c - no rule of octet's: what some x86 kernels without VNNI compute instead of the exact
 * sum. Their instruction multiplies u8 by s8 and adds two neighbouring products in 16 bits that
 * saturate, here (0, 1), (2, 3), ... along k; an odd last product stands alone. The pairs are then
 * added in 32 bits, and the zero points taken out by the expansion of docs/numbers.md. */
#include "reference/reference.h"

#include "core/parallel.h"
#include "reference/access.h"

enum { SIGN_OFFSET = 128 }; /* between an s8 and the u8 of the same real value */

typedef struct sums {
    int64_t raw, a, b;
} sums;

int32_t oct_reference_saturate(int32_t value)
{
    if (value < INT16_MIN)
        return INT16_MIN;
    return value > INT16_MAX ? INT16_MAX : value;
}

/* One row of A times one column of B; "to_u8" and "to_s8" are added to their elements first. */
static sums sum_pairs(const oct_reference_saturating *product, const void *a, size_t row,
                      int32_t to_u8, const void *b, size_t column, int32_t to_s8)
{
    sums total = {0};
    for (size_t k = 0; k < product->k; k += 2) {
        const bool alone = k + 1 == product->k;
        const size_t at_a = row * product->k + k, at_b = column * product->k + k;
        const int32_t x0 = oct_byte_at(product->a_type, a, at_a) + to_u8;
        const int32_t w0 = oct_byte_at(product->b_type, b, at_b) + to_s8;
        const int32_t x1 = alone ? 0 : oct_byte_at(product->a_type, a, at_a + 1) + to_u8;
        const int32_t w1 = alone ? 0 : oct_byte_at(product->b_type, b, at_b + 1) + to_s8;
        total.raw += oct_reference_saturate(x0 * w0 + x1 * w1);
        total.a += x0 + x1;
        total.b += w0 + w1;
    }
    return total;
}

typedef struct task {
    const oct_reference_saturating *product;
    const void *a, *b;
    int32_t *acc;
} task;

/* In 64 bits nothing overflows: k is at most 131,071. Then modulo 2^32, as the hardware adds. */
static void multiply_rows(void *state, size_t begin, size_t end)
{
    const task *const self = state;
    const oct_reference_saturating *const product = self->product;
    const int32_t to_u8 = product->a_type == OCTET_S8 ? SIGN_OFFSET : 0;
    const int32_t to_s8 = product->b_type == OCTET_U8 ? -SIGN_OFFSET : 0;
    for (size_t i = begin; i < end; i++) {
        const int64_t a_zero = product->a_zero_points[product->a_zero_per_row ? i : 0] + to_u8;
        for (size_t j = 0; j < product->n; j++) {
            const int64_t b_zero = product->b_zero_points[j] + to_s8;
            const sums total = sum_pairs(product, self->a, i, to_u8, self->b, j, to_s8);
            const int64_t sum = total.raw - b_zero * total.a - a_zero * total.b +
                                (int64_t)product->k * a_zero * b_zero;
            self->acc[i * product->n + j] = (int32_t)(uint32_t)(uint64_t)sum;
        }
    }
}

void oct_reference_saturating_run(const oct_reference_saturating *product, const void *a,
                                  const void *b, int32_t *acc)
{
    const size_t worthwhile = 1 << 18; /* multiplications that repay starting a thread */
    const size_t grain = 1 + worthwhile / (product->n * product->k + 1);
    task self = {product, a, b, acc};
    oct_parallel(product->m, grain, multiply_rows, &self);
}
