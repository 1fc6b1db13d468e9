/* reduce.c - the range of float32 data, for choosing quantization parameters. */
#include "reference/reference.h"

#include <math.h>

typedef struct range {
    float min, max;
    bool finite; /* every element was */
} range;

static range range_of_channel(size_t outer, size_t channels, size_t inner, size_t channel,
                              const float *input)
{
    range result = {.min = INFINITY, .max = -INFINITY, .finite = true};
    for (size_t o = 0; inner > 0 && o < outer; o++) {
        for (size_t i = 0; i < inner; i++) {
            const float x = input[(o * channels + channel) * inner + i];
            if (x < result.min) /* a comparison skips every NaN; fminf not the signalling ones */
                result.min = x;
            if (x > result.max)
                result.max = x;
            result.finite = result.finite && isfinite(x);
        }
    }
    if (result.min > result.max) /* no element, or nothing but NaN */
        result.min = result.max = 0.0f;
    return result;
}

void oct_reference_min_max(size_t outer, size_t channels, size_t inner, const float *input,
                           float *min, float *max, bool *finite)
{
    *finite = true;
    for (size_t c = 0; c < channels; c++) {
        const range found = range_of_channel(outer, channels, inner, c, input);
        min[c] = found.min;
        max[c] = found.max;
        *finite = *finite && found.finite;
    }
}
