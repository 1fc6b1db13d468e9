/* add.c - elementwise sum of two quantized tensors, by each rule. */
#include "reference/reference.h"

#include <math.h>

#include "core/quantization.h"
#include "reference/access.h"

enum { FIXED_ONE = 1 << 20 }; /* a step of a or b before its fixed factor */

typedef int32_t (*multiply_fn)(int32_t x, oct_fixed fixed);

/* ---- Dequantize: quantize(dequantize(a) + dequantize(b)), by the reciprocal ---- */

static oct_add_factors dequantize_factors(const oct_reference_add *add)
{
    return (oct_add_factors){.a = add->a_scale,
                             .b = add->b_scale,
                             .output = 1.0f / add->output_scale,
                             .a_zero = add->a_zero_point,
                             .b_zero = add->b_zero_point,
                             .output_zero = add->output_zero_point};
}

static float dequantize_steps(const oct_add_factors *factors, float a, float b)
{
    const float a_real = factors->a * a;
    const float b_real = factors->b * b;
    const float sum = a_real + b_real;
    return sum * factors->output;
}

/* ---- Float32: in steps of the output, whose zero point and those of a and b are one term ---- */

static oct_add_factors float32_factors(const oct_reference_add *add)
{
    const float a = add->a_scale / add->output_scale;
    const float b = add->b_scale / add->output_scale;
    const float b_zero = b * (float)add->b_zero_point;
    const float zeros = fmaf(a, (float)add->a_zero_point, b_zero);
    return (oct_add_factors){.a = a, .b = b, .output = (float)add->output_zero_point - zeros};
}

static float float32_steps(const oct_add_factors *factors, float a, float b)
{
    return fmaf(factors->a, a, fmaf(factors->b, b, factors->output));
}

/* ---- Fixed point: in units of twice the larger scale / 2^20 ---- */

static oct_add_factors fixed_factors(const oct_reference_add *add)
{
    const double a = (double)add->a_scale, b = (double)add->b_scale;
    const double twice = 2.0 * fmax(a, b);
    const double output = twice / (FIXED_ONE * (double)add->output_scale);
    const bool single = add->rule == OCTET_ADD_FIXED_SINGLE;
    return (oct_add_factors){.fixed_a = oct_fixed_from_double(a / twice, single),
                             .fixed_b = oct_fixed_from_double(b / twice, single),
                             .fixed_output = oct_fixed_from_double(output, single),
                             .a_zero = add->a_zero_point,
                             .b_zero = add->b_zero_point,
                             .output_zero = add->output_zero_point};
}

static int32_t fixed_steps(const oct_add_factors *factors, multiply_fn multiply, int32_t a,
                           int32_t b)
{
    const int32_t a_part = multiply(a * FIXED_ONE, factors->fixed_a);
    const int32_t b_part = multiply(b * FIXED_ONE, factors->fixed_b);
    return multiply(a_part + b_part, factors->fixed_output);
}

/* ---- The rules ---- */

static const struct rule {
    oct_add_factors (*factors)(const oct_reference_add *add);
    float (*steps)(const oct_add_factors *factors, float a, float b); /* NULL: fixed point */
    multiply_fn multiply;
} rules[] = {
    [OCTET_ADD_DEQUANTIZE] = {dequantize_factors, dequantize_steps, NULL},
    [OCTET_ADD_FLOAT32] = {float32_factors, float32_steps, NULL},
    [OCTET_ADD_FIXED_DOUBLE] = {fixed_factors, NULL, oct_reference_fixed_double},
    [OCTET_ADD_FIXED_SINGLE] = {fixed_factors, NULL, oct_reference_fixed_single},
};

oct_add_factors oct_reference_add_factors(const oct_reference_add *add)
{
    return rules[add->rule].factors(add);
}

/* The output less its zero point, of a and b less theirs. */
static int32_t add_one(const struct rule *rule, const oct_add_factors *factors, int32_t a,
                       int32_t b, int32_t low, int32_t high)
{
    if (rule->steps == NULL)
        return oct_clamp(fixed_steps(factors, rule->multiply, a, b), low, high);
    return oct_reference_quantize_one(OCTET_QUANTIZE_DIVIDE,
                                      rule->steps(factors, (float)a, (float)b), 1.0f, 0, low, high);
}

void oct_reference_add_run(const oct_reference_add *add, size_t count, const void *a, const void *b,
                           void *output)
{
    const struct rule *const rule = &rules[add->rule];
    const oct_add_factors factors = rule->factors(add);
    const int32_t zero = factors.output_zero;
    for (size_t i = 0; i < count; i++) {
        const int32_t a_steps = oct_byte_at(add->a_type, a, i) - factors.a_zero;
        const int32_t b_steps = oct_byte_at(add->b_type, b, i) - factors.b_zero;
        oct_put_byte(
            output, i,
            zero + add_one(rule, &factors, a_steps, b_steps, add->low - zero, add->high - zero));
    }
}
