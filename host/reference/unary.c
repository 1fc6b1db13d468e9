/* unary.c - functions of one float32. Exponential, sigmoid and tanh are fixed sequences of exactly
 * rounded operations, the same as in kernels.cl §7; the coefficients are minimax fits. */
#include "reference/reference.h"

#include <math.h>

#include "core/floats.h"
#include "reference/access.h"

/* 2^exponent, -126 <= exponent <= 127. */
static float power_of_two(int32_t exponent)
{
    const union {
        uint32_t bits;
        float value;
    } power = {.bits = (uint32_t)(exponent + 127) << 23};
    return power.value;
}

/* e^x for -104 <= x <= 89: x = n * ln 2 + r, |r| < 0.347; e^r = 1 + r + r^2 * q(r); the scaling by
 * 2^n in two halves rounds once, if the result is subnormal. *low is what the sum with 1 lost. */
static float exp_in_range(float x, float *low)
{
    static const float q[] = {0x1.6db4e4p-10f, 0x1.123be0p-7f, 0x1.55545ep-5f, 0x1.55548ep-3f,
                              0.5f};
    const float n = nearbyintf(x * 0x1.715476p0f);
    const float r = fmaf(n, 0x1.05c610p-29f, fmaf(n, -0x1.62e430p-1f, x));
    float sum = q[0];
    for (int i = 1; i < 5; i++)
        sum = fmaf(sum, r, q[i]);
    const float rest = fmaf(r * r, sum, r);
    const float y = 1.0f + rest;
    const int32_t part = (int32_t)n >> 1;
    const float first = power_of_two(part), second = power_of_two((int32_t)n - part);
    *low = (rest - (y - 1.0f)) * first * second;
    return y * first * second;
}

float oct_reference_exp(float x)
{
    float low;
    if (isnan(x) || x > 89.0f)
        return isnan(x) ? x : INFINITY;
    return x < -104.0f ? 0.0f : exp_in_range(x, &low);
}

/* n / d, of |x|: 1 / (1 + e^-x), for negative x e^x / (1 + e^x); the quotient is corrected by what its
 * product with d, and the sums in n and d, lack. */
static float sigmoid(float x)
{
    float e_low;
    const float e = exp_in_range(fmaxf(-fabsf(x), -104.0f), &e_low);
    const float n = x < 0.0f ? e : 1.0f, n_low = x < 0.0f ? e_low : 0.0f;
    const float d = 1.0f + e, d_low = e - (d - 1.0f) + e_low;
    const float reciprocal = 1.0f / d;
    const float y = n * reciprocal;
    const float missing = fmaf(-y, d_low, fmaf(-y, d, n) + n_low);
    return isnan(x) ? x : fmaf(missing, reciprocal, y);
}

/* Near 0 x + x^3 * q(x^2), else 1 - 2 / (e^(2x) + 1), of |x|; from 10 on that is 1. */
static float hyperbolic_tangent(float x)
{
    static const float q[] = {-0x1.9bba4ep-8f, 0x1.595682p-6f, -0x1.b92bbap-5f, 0x1.110d3cp-3f,
                              -0x1.55554cp-2f};
    const float a = fminf(fabsf(x), 10.0f), square = a * a;
    float low, sum = q[0];
    for (int i = 1; i < 5; i++)
        sum = fmaf(sum, square, q[i]);
    const float near = fmaf(square * a, sum, a);
    const float far = 1.0f - 2.0f * (1.0f / (exp_in_range(2.0f * a, &low) + 1.0f));
    return isnan(x) ? x : copysignf(a < 0.55f ? near : far, x);
}

static float clip(float x, float low, float high)
{
    const float raised = x < low ? low : x;
    return raised > high ? high : raised;
}

float oct_reference_unary_one(octet_unary_function function, float alpha, float beta, float x)
{
    float y = x;
    switch (function) {
    case OCTET_ABSOLUTE:
        y = fabsf(x);
        break;
    case OCTET_NEGATE:
        y = -x;
        break;
    case OCTET_ROUND:
        y = nearbyintf(x);
        break;
    case OCTET_SQUARE_ROOT:
        y = sqrtf(x);
        break;
    case OCTET_EXPONENTIAL:
        y = oct_reference_exp(x);
        break;
    case OCTET_SIGMOID:
        y = sigmoid(x);
        break;
    case OCTET_TANH:
        y = hyperbolic_tangent(x);
        break;
    case OCTET_CLIP:
        y = clip(x, alpha, beta);
        break;
    case OCTET_LEAKY_RELU:
        y = x < 0.0f ? alpha * x : x;
        break;
    case OCTET_HARD_SIGMOID:
        y = clip(alpha * x + beta, 0.0f, 1.0f);
        break;
    case OCTET_HARD_SWISH:
        y = x * clip(alpha * x + beta, 0.0f, 1.0f);
        break;
    }
    return oct_one_nan(y);
}

void oct_reference_unary_run(octet_unary_function function, float alpha, float beta, size_t count,
                             const float *input, float *output)
{
    for (size_t i = 0; i < count; i++)
        output[i] = oct_reference_unary_one(function, alpha, beta, input[i]);
}
