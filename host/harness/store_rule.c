/* store_rule.c - see store_rule.h. */
#include "harness/store_rule.h"

#include <math.h>

#include "core/quantization.h"
#include "reference/reference.h"

/* Beyond every bound of 8 bits, and exact in float32. */
static const int32_t far_low = -(1 << 30), far_high = 1 << 30;

/* The largest int32 that is a float32 too. */
static const int32_t highest_float = 0x7fffff80;

oct_store_rule oct_store_rule_of(const octet_layer *layer)
{
    const int32_t zero = oct_zero_point_at(&layer->output, 0);
    const oct_bounds bounds = oct_stored_bounds(layer->output_type, zero, layer->relu, layer->clamp,
                                                layer->clamp_min, layer->clamp_max);
    return (oct_store_rule){layer, oct_store_of(layer->output_type, layer->rounding), zero,
                            bounds.low, bounds.high};
}

int32_t oct_store_bias(const octet_layer *layer, size_t column)
{
    return layer->bias != NULL ? ((const int32_t *)layer->bias)[column] : 0;
}

float oct_store_unit(const octet_layer *layer, size_t row, size_t column)
{
    return oct_scale_at(&layer->input, row) * oct_scale_at(&layer->weights, column);
}

static int side(const oct_store_rule *rule, int64_t rounded)
{
    return (rounded > rule->high) - (rounded < rule->low);
}

static int32_t clamped(const oct_store_rule *rule, int64_t rounded)
{
    const int where = side(rule, rounded);
    return where < 0 ? rule->low : where > 0 ? rule->high : (int32_t)rounded;
}

/* ---- From a sum ---- */

static oct_stored store_float(const oct_store_rule *rule, float multiplier, int32_t sum)
{
    const int32_t z = rule->zero_point;
    const int64_t steps = oct_reference_round_float(sum, multiplier, far_low, far_high, 0);
    return (oct_stored){.scaled = (double)((float)sum * multiplier),
                        .clipped = side(rule, steps + z),
                        .value =
                            oct_reference_round_float(sum, multiplier, rule->low, rule->high, z)};
}

static oct_stored store_fixed(const oct_store_rule *rule, double multiplier, int32_t sum)
{
    const bool single = rule->store == OCT_STORE_FIXED_SINGLE;
    const oct_fixed fixed = oct_fixed_from_double(multiplier, single);
    const int64_t steps =
        single ? oct_reference_fixed_single(sum, fixed) : oct_reference_fixed_double(sum, fixed);
    return (oct_stored){.scaled = ldexp((double)sum * fixed.multiplier, fixed.shift - 31),
                        .clipped = side(rule, steps + rule->zero_point),
                        .value = clamped(rule, steps + rule->zero_point)};
}

oct_stored oct_store_sum(const oct_store_rule *rule, size_t row, size_t column, int64_t sum)
{
    const octet_layer *const layer = rule->layer;
    const int32_t wrapped = (int32_t)(uint32_t)(uint64_t)sum;
    const float input = oct_scale_at(&layer->input, row);
    const float weight = oct_scale_at(&layer->weights, column);
    const float output = oct_scale_at(&layer->output, 0);
    if (rule->store == OCT_STORE_S32)
        return (oct_stored){.scaled = wrapped, .value = wrapped};
    if (rule->store != OCT_STORE_ROUND_FLOAT)
        return store_fixed(rule, oct_multiplier_double(input, weight, output), wrapped);
    return store_float(rule,
                       layer->rounding == OCTET_ROUND_FLOAT32
                           ? oct_multiplier_divide(input, weight, output)
                           : oct_multiplier_reciprocal(input, weight, output),
                       wrapped);
}

/* ---- From a float ---- */

static int32_t quantize(float real, float scale, int32_t zero_point, int32_t low, int32_t high)
{
    return oct_reference_quantize_one(OCTET_QUANTIZE_DIVIDE, real, scale, zero_point, low, high);
}

oct_stored oct_store_real(const oct_store_rule *rule, size_t row, size_t column, float real)
{
    const int32_t z = rule->zero_point;
    if (rule->store == OCT_STORE_S32) {
        const float unit = oct_store_unit(rule->layer, row, column);
        return (oct_stored){.scaled = (double)(real / unit),
                            .value = quantize(real, unit, 0, INT32_MIN, highest_float)};
    }
    const float scale = oct_scale_at(&rule->layer->output, 0);
    const int64_t steps = quantize(real, scale, 0, far_low, far_high);
    return (oct_stored){.scaled = (double)(real / scale),
                        .clipped = side(rule, steps + z),
                        .value = quantize(real, scale, z, rule->low, rule->high)};
}

bool oct_store_fits(octet_quantize_rule rule, float x, float scale, int32_t zero_point,
                    octet_type type)
{
    const int32_t steps = oct_reference_quantize_one(rule, x, scale, 0, far_low, far_high);
    const int32_t value = steps + zero_point;
    return oct_type(type)->low <= value && value <= oct_type(type)->high;
}
