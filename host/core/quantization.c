/* quantization.c - checks, requantization multipliers and parameters chosen from data. */
#include "core/quantization.h"

#include <math.h>

#include "core/check.h"
#include "core/floats.h"

static octet_status check_count(const oct_log *log, const char *name, const char *what,
                                size_t count, const void *values, size_t channels)
{
    octet_status status = OCTET_OK;
    OCT_REQUIRE(log, count <= 1 || channels > 1, OCTET_INVALID_ARGUMENT,
                "%s: there are %zu %ss; there must be 0 or 1", name, count, what);
    OCT_REQUIRE(log, count <= 1 || count == channels, OCTET_INVALID_ARGUMENT,
                "%s: there are %zu %ss; there must be 0, 1 or %zu", name, count, what, channels);
    OCT_REQUIRE(log, count == 0 || values != NULL, OCTET_INVALID_ARGUMENT,
                "%s: the array of %zu %ss is NULL", name, count, what);
cleanup:
    return status;
}

octet_status oct_check_quantization(const oct_log *log, const char *name,
                                    const octet_quantization *quantization, octet_type type,
                                    size_t channels)
{
    octet_status status = OCTET_OK;
    const oct_type_info *const info = oct_type(type);
    OCT_TRY(
        check_count(log, name, "scale", quantization->scale_count, quantization->scales, channels));
    OCT_TRY(check_count(log, name, "zero point", quantization->zero_point_count,
                        quantization->zero_points, channels));
    for (size_t i = 0; i < quantization->scale_count; i++) {
        const float scale = quantization->scales[i];
        OCT_REQUIRE(log, isnormal(scale) && scale > 0.0f, OCTET_INVALID_ARGUMENT,
                    "%s: scale %zu is %g; it must be finite, normal and positive", name, i,
                    (double)scale);
    }
    for (size_t i = 0; i < quantization->zero_point_count; i++) {
        const int32_t zero_point = quantization->zero_points[i];
        OCT_REQUIRE(log, info->low <= zero_point && zero_point <= info->high,
                    OCTET_INVALID_ARGUMENT, "%s: zero point %zu is %d; for %s it must be %d to %d",
                    name, i, (int)zero_point, info->name, (int)info->low, (int)info->high);
    }
cleanup:
    return status;
}

bool oct_quantization_is_given(const octet_quantization *quantization)
{
    return quantization->scale_count > 0 || quantization->zero_point_count > 0;
}

float oct_scale_at(const octet_quantization *quantization, size_t i)
{
    if (quantization->scale_count == 0)
        return 1.0f;
    return quantization->scales[quantization->scale_count > 1 ? i : 0];
}

int32_t oct_zero_point_at(const octet_quantization *quantization, size_t i)
{
    if (quantization->zero_point_count == 0)
        return 0;
    return quantization->zero_points[quantization->zero_point_count > 1 ? i : 0];
}

bool oct_quantization_is_same(const octet_quantization *a, const octet_quantization *b)
{
    return oct_scale_at(a, 0) == oct_scale_at(b, 0) &&
           oct_zero_point_at(a, 0) == oct_zero_point_at(b, 0);
}

octet_status oct_check_clamp(const oct_log *log, const char *name, octet_type type,
                             int32_t zero_point, bool relu, int32_t min, int32_t max)
{
    octet_status status = OCTET_OK;
    const oct_type_info *const info = oct_type(type);
    OCT_REQUIRE(log, info->low <= min && min <= max && max <= info->high, OCTET_INVALID_ARGUMENT,
                "%s: clamp %d..%d must rise and lie within %s's %d..%d", name, min, max, info->name,
                info->low, info->high);
    OCT_REQUIRE(log, !relu || zero_point <= max, OCTET_INVALID_ARGUMENT,
                "%s: relu starts at the output zero point %d, above the clamp's maximum %d", name,
                zero_point, max);
cleanup:
    return status;
}

oct_bounds oct_stored_bounds(octet_type type, int32_t zero_point, bool relu, bool clamp,
                             int32_t min, int32_t max)
{
    const oct_type_info *const info = oct_type(type);
    oct_bounds bounds = {info->low, info->high};
    if (clamp)
        bounds = (oct_bounds){min, max};
    if (relu && bounds.low < zero_point)
        bounds.low = zero_point;
    return bounds;
}

oct_store oct_store_of(octet_type output, octet_rounding rounding)
{
    static const oct_store stores[] = {
        [OCTET_ROUND_FLOAT32] = OCT_STORE_ROUND_FLOAT,
        [OCTET_ROUND_FLOAT32_RECIPROCAL] = OCT_STORE_ROUND_FLOAT,
        [OCTET_ROUND_FIXED_DOUBLE] = OCT_STORE_FIXED_DOUBLE,
        [OCTET_ROUND_FIXED_SINGLE] = OCT_STORE_FIXED_SINGLE,
    };
    if (output == OCTET_S32)
        return OCT_STORE_S32;
    return output == OCTET_F32 ? OCT_STORE_F32 : stores[rounding];
}

float oct_multiplier_divide(float input, float weight, float output)
{
    return (input * weight) / output;
}

float oct_multiplier_reciprocal(float input, float weight, float output)
{
    return (weight * input) * (1.0f / output);
}

double oct_multiplier_double(float input, float weight, float output)
{
    return (double)input * (double)weight / (double)output;
}

bool oct_multiplier_is_legal(double multiplier)
{
    return multiplier >= 0x1p-32 && multiplier < 256.0;
}

oct_fixed oct_fixed_from_double(double d, bool single_rounding)
{
    const int64_t one = INT64_C(1) << 31;
    int shift = 0;
    int64_t multiplier = (int64_t)round(frexp(d, &shift) * (double)one);
    if (multiplier == one) {
        multiplier /= 2;
        shift++;
    }
    if (shift < -31)
        return (oct_fixed){0, 0};
    if (single_rounding && shift > 30)
        return (oct_fixed){INT32_MAX, 30};
    return (oct_fixed){(int32_t)multiplier, shift};
}

/* Largest |value - zero point| over the values of "type" and zero points of low..high. */
static int64_t largest_difference(octet_type type, int32_t low, int32_t high)
{
    const int64_t above = (int64_t)oct_type(type)->high - low;
    const int64_t below = (int64_t)high - oct_type(type)->low;
    return above > below ? above : below;
}

size_t oct_largest_k(octet_type input, int32_t input_zero_low, int32_t input_zero_high,
                     octet_type weight, int32_t weight_zero_low, int32_t weight_zero_high)
{
    const int64_t product = largest_difference(input, input_zero_low, input_zero_high) *
                            largest_difference(weight, weight_zero_low, weight_zero_high);
    return (size_t)(INT32_MAX / product);
}

/* The smallest and largest zero point; NULL: any of the type. */
static void zero_point_range(const octet_quantization *quantization, octet_type type, int32_t *low,
                             int32_t *high)
{
    if (quantization == NULL) {
        *low = oct_type(type)->low;
        *high = oct_type(type)->high;
        return;
    }
    *low = *high = oct_zero_point_at(quantization, 0);
    for (size_t i = 1; i < quantization->zero_point_count; i++) {
        const int32_t zero_point = quantization->zero_points[i];
        *low = zero_point < *low ? zero_point : *low;
        *high = zero_point > *high ? zero_point : *high;
    }
}

size_t oct_largest_k_of(octet_type input, const octet_quantization *input_parameters,
                        octet_type weight, const octet_quantization *weight_parameters)
{
    int32_t input_low, input_high, weight_low, weight_high;
    zero_point_range(input_parameters, input, &input_low, &input_high);
    zero_point_range(weight_parameters, weight, &weight_low, &weight_high);
    return oct_largest_k(input, input_low, input_high, weight, weight_low, weight_high);
}

/* torch keeps scales from becoming so small that their reciprocals lose the range of float32. */
static const float smallest_scale = 6.1e-5f;

/* Widens min..max, whose scale is "scale", to the range that the smallest scale covers. */
static void widen_range(float *min, float *max, double scale, int32_t levels)
{
    if (*min == 0.0f) {
        *max = smallest_scale * (float)levels;
    } else if (*max == 0.0f) {
        *min = -smallest_scale * (float)levels;
    } else {
        const float factor = smallest_scale / (float)scale;
        *min *= factor;
        *max *= factor;
    }
}

/* The zero point computed from the end of the range where float64 loses less. */
static int32_t choose_zero_point(double min, double max, double scale, int32_t low, int32_t high)
{
    const double from_min = low - min / scale;
    const double from_max = high - max / scale;
    const double min_error = fabs((double)low) - fabs(min / scale);
    const double max_error = fabs((double)high) - fabs(max / scale);
    const double zero_point = min_error < max_error ? from_min : from_max;
    return (int32_t)nearbyint(fmin(fmax(zero_point, low), high));
}

oct_found_parameters oct_choose_pytorch(float min, float max, octet_type type, bool reduce_range)
{
    const int32_t low = oct_type(type)->low / (reduce_range ? 2 : 1);
    const int32_t high = oct_type(type)->high / (reduce_range ? 2 : 1);
    min = fminf(min, 0.0f);
    max = fmaxf(max, 0.0f);
    double scale = ((double)max - (double)min) / (high - low);
    if ((float)scale == 0.0f || isinf(1.0f / (float)scale))
        scale = 0.1;
    if (scale < (double)smallest_scale) {
        widen_range(&min, &max, scale, high - low);
        scale = (double)smallest_scale;
    }
    return (oct_found_parameters){scale,
                                  choose_zero_point((double)min, (double)max, scale, low, high)};
}

oct_found_parameters oct_choose_onnx(float min, float max)
{
    min = fminf(min, 0.0f);
    max = fmaxf(max, 0.0f);
    const float scale = min == max ? 1.0f : (max - min) / 255.0f;
    const float zero_point = fminf(fmaxf(0.0f - min / scale, 0.0f), 255.0f);
    return (oct_found_parameters){(double)scale, (int32_t)nearbyintf(zero_point)};
}
