/* softmax.c - exponentials of each line's elements less the largest, divided by their sum. */
#include "reference/reference.h"

#include <math.h>

#include "core/floats.h"
#include "reference/access.h"

enum { PARTS = 16 };

/* e^(x - most), also of what rounding the difference loses: e^(d + rest) = e^d * (1 + rest). */
static float exp_of_difference(float x, float most)
{
    const float d = x - most, moved = d - x;
    const float rest = (x - (d - moved)) - (most + moved);
    const float e = oct_reference_exp(d);
    return e > 0.0f ? fmaf(e, rest, e) : e;
}

/* Element i goes to part i % 16, and the parts are added in halves. */
static float sum_of_line(const float *values, size_t n, size_t stride)
{
    float parts[PARTS] = {0};
    for (size_t i = 0; i < n; i++)
        parts[i % PARTS] += values[i * stride];
    for (size_t half = PARTS / 2; half > 0; half /= 2)
        for (size_t i = 0; i < half; i++)
            parts[i] += parts[i + half];
    return parts[0];
}

static void run_line(const float *input, float *output, size_t n, size_t stride)
{
    float most = -INFINITY; /* fmaxf skips NaN, which the exponential then passes on */
    for (size_t i = 0; i < n; i++)
        most = fmaxf(most, input[i * stride]);
    for (size_t i = 0; i < n; i++)
        output[i * stride] = exp_of_difference(input[i * stride], most);
    const float sum = sum_of_line(output, n, stride);
    for (size_t i = 0; i < n; i++)
        output[i * stride] = oct_one_nan(output[i * stride] / sum);
}

void oct_reference_softmax(size_t outer, size_t n, size_t inner, const float *input, float *output)
{
    for (size_t o = 0; o < outer; o++)
        for (size_t i = 0; i < inner; i++)
            run_line(input + o * n * inner + i, output + o * n * inner + i, n, inner);
}
