/* interpolate.c - weighted sums of four neighbours. */
#include "core/floats.h"
#include "reference/access.h"
#include "reference/reference.h"

static float number_at(const oct_reference_interpolate *p, const void *input, size_t index)
{
    if (p->input_type == OCTET_F32)
        return ((const float *)input)[index];
    const int32_t stored = oct_byte_at(p->input_type, input, index);
    return p->input_scale * (float)(stored - p->input_zero_point);
}

/* Element c of the output's pixel. */
static float sum_at(const oct_reference_interpolate *p, const void *input, size_t image, size_t row,
                    size_t column, size_t c)
{
    const octet_interpolation *const rows = &p->rows, *const columns = &p->columns;
    const int32_t at_rows[2] = {rows->first[row], rows->second[row]};
    const int32_t at_columns[2] = {columns->first[column], columns->second[column]};
    const float u[2] = {rows->first_weight[row], rows->second_weight[row]};
    const float v[2] = {columns->first_weight[column], columns->second_weight[column]};
    float sum = 0.0f;
    for (size_t i = 0; i < 4; i++) {
        const size_t line = image * p->height + (size_t)at_rows[i / 2];
        const size_t pixel = line * p->width + (size_t)at_columns[i % 2];
        const float weight = v[i % 2] * u[i / 2];
        const float term = weight * number_at(p, input, pixel * p->inner + c);
        sum = i == 0 ? term : sum + term;
    }
    return sum;
}

void oct_reference_interpolate_run(const oct_reference_interpolate *p, const void *input,
                                   void *output)
{
    const oct_type_info *const type = oct_type(p->output_type);
    const size_t rows = p->rows.size, columns = p->columns.size;
    for (size_t i = 0; i < p->outer * rows * columns * p->inner; i++) {
        const size_t pixel = i / p->inner, line = pixel / columns;
        const float sum = sum_at(p, input, line / rows, line % rows, pixel % columns, i % p->inner);
        if (p->output_type == OCTET_F32)
            ((float *)output)[i] = oct_one_nan(sum);
        else
            oct_put_byte(output, i,
                         oct_reference_quantize_one(OCTET_QUANTIZE_DIVIDE, sum, p->output_scale,
                                                    p->output_zero_point, type->low, type->high));
    }
}
