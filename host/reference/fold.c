/* fold.c - means, smallest and largest elements along a dimension, and where these are. */
#include <math.h>

#include "core/floats.h"
#include "reference/access.h"
#include "reference/reference.h"

enum { PARTS = 16 };

/* ---- float32 ---- */

static float combine(octet_reduce_function function, float a, float b)
{
    if (function == OCTET_REDUCE_MEAN)
        return a + b;
    if (isnan(a))
        return a;
    return (function == OCTET_REDUCE_MINIMUM ? a <= b : a >= b) ? a : b;
}

static float fold_line(octet_reduce_function function, const float *input, size_t n, size_t stride)
{
    static const float start[] = {[OCTET_REDUCE_MEAN] = 0.0f,
                                  [OCTET_REDUCE_MINIMUM] = INFINITY,
                                  [OCTET_REDUCE_MAXIMUM] = -INFINITY};
    float parts[PARTS];
    for (size_t i = 0; i < PARTS; i++)
        parts[i] = start[function];
    for (size_t i = 0; i < n; i++)
        parts[i % PARTS] = combine(function, parts[i % PARTS], input[i * stride]);
    for (size_t half = PARTS / 2; half > 0; half /= 2)
        for (size_t i = 0; i < half; i++)
            parts[i] = combine(function, parts[i], parts[i + half]);
    return oct_one_nan(function == OCTET_REDUCE_MEAN ? parts[0] / (float)n : parts[0]);
}

void oct_reference_fold(octet_reduce_function function, size_t outer, size_t n, size_t inner,
                        const float *input, float *output)
{
    for (size_t o = 0; o < outer; o++)
        for (size_t i = 0; i < inner; i++)
            output[o * inner + i] = fold_line(function, input + o * n * inner + i, n, inner);
}

/* ---- Stored values ---- */

static int32_t fold_stored(const oct_reference_stored_fold *fold, const void *input, size_t first)
{
    const oct_type_info *const type = oct_type(fold->output_type);
    int32_t sum = 0, least = INT32_MAX, most = INT32_MIN;
    for (size_t i = 0; i < fold->n; i++) {
        const int32_t stored = oct_byte_at(fold->input_type, input, first + i * fold->inner);
        sum += stored - fold->input_zero_point;
        least = stored < least ? stored : least;
        most = stored > most ? stored : most;
    }
    if (fold->function != OCTET_REDUCE_MEAN)
        return fold->function == OCTET_REDUCE_MINIMUM ? least : most;
    return oct_reference_round_float(sum, fold->multiplier, type->low, type->high,
                                     fold->output_zero_point);
}

void oct_reference_fold_stored(const oct_reference_stored_fold *fold, const void *input,
                               void *output)
{
    for (size_t o = 0; o < fold->outer; o++)
        for (size_t i = 0; i < fold->inner; i++)
            oct_put_byte(output, o * fold->inner + i,
                         fold_stored(fold, input, o * fold->n * fold->inner + i));
}

/* ---- Indices ---- */

static bool is_better(octet_reduce_function function, float a, float best)
{
    if (isnan(best) || isnan(a))
        return isnan(a) && !isnan(best);
    return function == OCTET_REDUCE_MINIMUM_INDEX ? a < best : a > best;
}

static int32_t index_in_line(octet_reduce_function function, octet_type type, size_t n,
                             size_t stride, const void *input, size_t first)
{
    float best = 0.0f;
    int32_t at = 0;
    for (size_t i = 0; i < n; i++) {
        const size_t place = first + i * stride;
        const float v = type == OCTET_F32 ? ((const float *)input)[place]
                                          : (float)oct_byte_at(type, input, place);
        if (i > 0 && !is_better(function, v, best))
            continue;
        best = v;
        at = (int32_t)i;
    }
    return at;
}

bool oct_reduce_is_index(octet_reduce_function function)
{
    return function == OCTET_REDUCE_MINIMUM_INDEX || function == OCTET_REDUCE_MAXIMUM_INDEX;
}

void oct_reference_fold_index(octet_reduce_function function, octet_type type, size_t outer,
                              size_t n, size_t inner, const void *input, int32_t *output)
{
    for (size_t o = 0; o < outer; o++)
        for (size_t i = 0; i < inner; i++)
            output[o * inner + i] =
                index_in_line(function, type, n, inner, input, o * n * inner + i);
}
