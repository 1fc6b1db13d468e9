/* binary.c - a function of two values: of float32, and of stored ones by each rule. */
#include "reference/reference.h"

#include <math.h>

#include "core/floats.h"
#include "core/quantization.h"
#include "reference/access.h"

enum { FIXED_ONE = 1 << 20 }; /* a step of a or b before its fixed factor */

typedef int32_t (*multiply_fn)(int32_t x, oct_fixed fixed);

/* ---- Real numbers ---- */

float oct_reference_binary_real(octet_binary_function function, float a, float b)
{
    float y = isnan(a) ? a : b;
    switch (function) {
    case OCTET_ADD:
        y = a + b;
        break;
    case OCTET_SUBTRACT:
        y = a - b;
        break;
    case OCTET_MULTIPLY:
        y = a * b;
        break;
    case OCTET_DIVIDE:
        y = a / b;
        break;
    case OCTET_MINIMUM:
        y = a <= b ? a : y;
        break;
    case OCTET_MAXIMUM:
        y = a >= b ? a : y;
        break;
    }
    return oct_one_nan(y);
}

/* ---- Divide, reciprocal: quantize(function(dequantize(a), dequantize(b))) ---- */

static oct_binary_factors dequantize_factors(const oct_reference_binary *binary)
{
    const bool divide = binary->rule == OCTET_BINARY_DIVIDE;
    return (oct_binary_factors){.a = binary->a_scale,
                                .b = binary->b_scale,
                                .output =
                                    divide ? binary->output_scale : 1.0f / binary->output_scale,
                                .a_zero = binary->a_zero_point,
                                .b_zero = binary->b_zero_point,
                                .output_zero = binary->output_zero_point};
}

static float dequantize_real(const oct_reference_binary *binary, const oct_binary_factors *factors,
                             float a, float b)
{
    return oct_reference_binary_real(binary->function, factors->a * a, factors->b * b);
}

static float divide_steps(const oct_reference_binary *binary, const oct_binary_factors *factors,
                          float a, float b)
{
    return dequantize_real(binary, factors, a, b) / factors->output;
}

static float reciprocal_steps(const oct_reference_binary *binary, const oct_binary_factors *factors,
                              float a, float b)
{
    return dequantize_real(binary, factors, a, b) * factors->output;
}

/* ---- Float32: in steps of the output, whose zero point is a term; for sums, those of a and b too */

static oct_binary_factors float32_factors(const oct_reference_binary *binary)
{
    const float a = binary->a_scale / binary->output_scale;
    const float b = binary->b_scale / binary->output_scale;
    const float b_zero = b * (float)binary->b_zero_point;
    const float zeros = fmaf(a, (float)binary->a_zero_point, b_zero);
    const float zero = (float)binary->output_zero_point;
    if (binary->function == OCTET_ADD)
        return (oct_binary_factors){.a = a, .b = b, .output = zero - zeros};
    return (oct_binary_factors){
        .a = oct_multiplier_divide(binary->a_scale, binary->b_scale, binary->output_scale),
        .output = zero,
        .a_zero = binary->a_zero_point,
        .b_zero = binary->b_zero_point};
}

static float float32_steps(const oct_reference_binary *binary, const oct_binary_factors *factors,
                           float a, float b)
{
    if (binary->function == OCTET_ADD)
        return fmaf(factors->a, a, fmaf(factors->b, b, factors->output));
    const float product = a * b * factors->a; /* a * b is exact */
    return product + factors->output;
}

/* ---- Fixed point: in units of twice the larger scale / 2^20 ---- */

static oct_binary_factors fixed_factors(const oct_reference_binary *binary)
{
    const double a = (double)binary->a_scale, b = (double)binary->b_scale;
    const double twice = 2.0 * fmax(a, b);
    const double output = twice / (FIXED_ONE * (double)binary->output_scale);
    const bool single = binary->rule == OCTET_BINARY_FIXED_SINGLE;
    return (oct_binary_factors){.fixed_a = oct_fixed_from_double(a / twice, single),
                                .fixed_b = oct_fixed_from_double(b / twice, single),
                                .fixed_output = oct_fixed_from_double(output, single),
                                .a_zero = binary->a_zero_point,
                                .b_zero = binary->b_zero_point,
                                .output_zero = binary->output_zero_point};
}

static int32_t fixed_steps(const oct_binary_factors *factors, multiply_fn multiply, int32_t a,
                           int32_t b)
{
    const int32_t a_part = multiply(a * FIXED_ONE, factors->fixed_a);
    const int32_t b_part = multiply(b * FIXED_ONE, factors->fixed_b);
    return multiply(a_part + b_part, factors->fixed_output);
}

/* ---- The rules ---- */

static const struct rule {
    oct_binary_factors (*factors)(const oct_reference_binary *binary);
    float (*steps)(const oct_reference_binary *binary, const oct_binary_factors *factors, float a,
                   float b); /* NULL: fixed point */
    multiply_fn multiply;
} rules[] = {
    [OCTET_BINARY_DIVIDE] = {dequantize_factors, divide_steps, NULL},
    [OCTET_BINARY_RECIPROCAL] = {dequantize_factors, reciprocal_steps, NULL},
    [OCTET_BINARY_FLOAT32] = {float32_factors, float32_steps, NULL},
    [OCTET_BINARY_FIXED_DOUBLE] = {fixed_factors, NULL, oct_reference_fixed_double},
    [OCTET_BINARY_FIXED_SINGLE] = {fixed_factors, NULL, oct_reference_fixed_single},
};

oct_binary_factors oct_reference_binary_factors(const oct_reference_binary *binary)
{
    return rules[binary->rule].factors(binary);
}

/* The stored value of the stored a and b. */
static int32_t stored_one(const oct_reference_binary *binary, const oct_binary_factors *factors,
                          int32_t a, int32_t b)
{
    const struct rule *const rule = &rules[binary->rule];
    const int32_t zero = factors->output_zero;
    const int32_t low = binary->low - zero, high = binary->high - zero;
    const int32_t a_steps = a - factors->a_zero, b_steps = b - factors->b_zero;
    if (rule->steps == NULL)
        return zero + oct_clamp(fixed_steps(factors, rule->multiply, a_steps, b_steps), low, high);
    const float steps = rule->steps(binary, factors, (float)a_steps, (float)b_steps);
    return zero + oct_reference_quantize_one(OCTET_QUANTIZE_DIVIDE, steps, 1.0f, 0, low, high);
}

/* A line of the result: "count" elements from index "at", operands from theirs on. */
static void run_line(const oct_reference_binary *binary, const oct_binary_factors *factors,
                     const oct_broadcast *walk, const void *a, size_t a_at, const void *b,
                     size_t b_at, void *output, size_t at)
{
    const size_t last = OCTET_MAX_RANK - 1;
    for (size_t i = 0; i < walk->size[last]; i++) {
        const size_t left = a_at + i * walk->a_stride[last],
                     right = b_at + i * walk->b_stride[last];
        if (binary->output_type == OCTET_F32)
            ((float *)output)[at + i] = oct_reference_binary_real(
                binary->function, ((const float *)a)[left], ((const float *)b)[right]);
        else
            oct_put_byte(output, at + i,
                         stored_one(binary, factors, oct_byte_at(binary->a_type, a, left),
                                    oct_byte_at(binary->b_type, b, right)));
    }
}

void oct_reference_binary_run(const oct_reference_binary *binary, const oct_broadcast *walk,
                              const void *a, const void *b, void *output)
{
    const oct_binary_factors factors = rules[binary->rule].factors(binary);
    const size_t line = walk->size[OCTET_MAX_RANK - 1];
    size_t lines = 1;
    for (size_t d = 0; d + 1 < OCTET_MAX_RANK; d++)
        lines *= walk->size[d];
    for (size_t i = 0; i < lines; i++) {
        size_t rest = i, a_at = 0, b_at = 0;
        for (size_t d = OCTET_MAX_RANK - 1; d-- > 0;) {
            a_at += rest % walk->size[d] * walk->a_stride[d];
            b_at += rest % walk->size[d] * walk->b_stride[d];
            rest /= walk->size[d];
        }
        run_line(binary, &factors, walk, a, a_at, b, b_at, output, i * line);
    }
}
