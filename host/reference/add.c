/* add.c - elementwise sum of two quantized tensors. */
#include "reference/reference.h"

#include "reference/access.h"

void oct_reference_add_run(const oct_reference_add *add, size_t count, const void *a, const void *b,
                           void *output)
{
    for (size_t i = 0; i < count; i++) {
        const int32_t a_steps = oct_byte_at(add->a_type, a, i) - add->a_zero_point;
        const int32_t b_steps = oct_byte_at(add->b_type, b, i) - add->b_zero_point;
        const float a_real = add->a_scale * (float)a_steps;
        const float b_real = add->b_scale * (float)b_steps;
        const float sum = a_real + b_real;
        oct_put_byte(output, i,
                     oct_reference_quantize_one(OCTET_QUANTIZE_RECIPROCAL, sum, add->output_scale,
                                                add->output_zero_point, add->low, add->high));
    }
}
