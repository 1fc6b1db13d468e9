/* quantize.c - float32 to 8 bits by each quantize rule, and integers back to float32. */
#include "reference/reference.h"

#include <math.h>

#include "reference/access.h"

/* fmaxf and fminf give the number when the other argument is NaN: NaN becomes low. */
int32_t oct_reference_quantize_one(octet_quantize_rule rule, float x, float scale,
                                   int32_t zero_point, int32_t low, int32_t high)
{
    const float reciprocal = 1.0f / scale;
    const float steps = rule == OCTET_QUANTIZE_RECIPROCAL ? x * reciprocal : x / scale;
    const float bounded =
        fminf(fmaxf(steps, (float)(low - zero_point)), (float)(high - zero_point));
    const float rounded = rule == OCTET_QUANTIZE_HALF_AWAY ? roundf(bounded) : nearbyintf(bounded);
    return (int32_t)rounded + zero_point;
}

static int32_t integer_at(octet_type type, const void *data, size_t index)
{
    return type == OCTET_S32 ? ((const int32_t *)data)[index] : oct_byte_at(type, data, index);
}

void oct_reference_quantize_run(const oct_reference_quantize *quantize, const float *input,
                                void *output)
{
    const oct_type_info *const info = oct_type(quantize->type);
    const size_t lines = quantize->inner > 0 ? quantize->outer * quantize->channels : 0;
    for (size_t line = 0; line < lines; line++) {
        const size_t channel = line % quantize->channels;
        for (size_t i = line * quantize->inner; i < (line + 1) * quantize->inner; i++)
            oct_put_byte(
                output, i,
                oct_reference_quantize_one(quantize->rule, input[i], quantize->scales[channel],
                                           quantize->zero_points[channel], info->low, info->high));
    }
}

/* q - z of a 32-bit q needs 33 bits; it is exact before its one rounding to float32. */
void oct_reference_dequantize_run(const oct_reference_quantize *quantize, const void *input,
                                  float *output)
{
    const size_t lines = quantize->inner > 0 ? quantize->outer * quantize->channels : 0;
    for (size_t line = 0; line < lines; line++) {
        const size_t channel = line % quantize->channels;
        const int64_t zero_point = quantize->zero_points[channel];
        for (size_t i = line * quantize->inner; i < (line + 1) * quantize->inner; i++) {
            const int64_t difference = integer_at(quantize->type, input, i) - zero_point;
            output[i] = quantize->scales[channel] * (float)difference;
        }
    }
}
