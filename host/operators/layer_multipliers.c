/* layer_multipliers.c - the multipliers of a layer, by its rounding rule. */
#include <math.h>
#include <stdlib.h>

#include "operators/layer.h"

static double multiplier_of(const oct_layer *layer, float input, float weight)
{
    switch (layer->store) {
    case OCT_STORE_F32:
        return (double)(float)(input * weight);
    case OCT_STORE_ROUND_FLOAT:
        return (double)(layer->rounding == OCTET_ROUND_FLOAT32
                            ? oct_multiplier_divide(input, weight, layer->output_scale)
                            : oct_multiplier_reciprocal(input, weight, layer->output_scale));
    default:
        return oct_multiplier_double(input, weight, layer->output_scale);
    }
}

static octet_status make_multiplier(oct_layer *layer, size_t row, size_t column)
{
    octet_status status = OCTET_OK;
    const size_t at = row * layer->columns + column;
    const size_t given = layer->given_count == 1 ? 0 : column;
    const float input = layer->input_scales[layer->input_scale_count > 1 ? row : 0];
    const double m = multiplier_of(layer, input, layer->weight_scales[column]);
    if (layer->store == OCT_STORE_F32)
        OCT_REQUIRE(layer->log, isnormal((float)m), OCTET_INVALID_ARGUMENT,
                    "%s: input scale times weight scale of channel %zu is %g, not a normal float32",
                    layer->name, column, m);
    else if (layer->given_count == 0)
        OCT_REQUIRE(layer->log, oct_multiplier_is_legal(m), OCTET_INVALID_ARGUMENT,
                    "%s: the requantization multiplier input scale * weight scale / output scale "
                    "of channel %zu is %g; it must be in [2^-32, 256)",
                    layer->name, column, m);
    if (layer->fixed != NULL)
        layer->fixed[at] = layer->given_count > 0
                               ? layer->given_fixed[given]
                               : oct_fixed_from_double(m, layer->store == OCT_STORE_FIXED_SINGLE);
    else
        layer->multipliers[at] =
            layer->given_count > 0 ? layer->given_multipliers[given] : (float)m;
cleanup:
    return status;
}

octet_status oct_layer_set_rows(oct_layer *layer, size_t rows)
{
    octet_status status = OCTET_OK;
    const bool per_row = layer->input_scale_count > 1;
    const bool at_run_time = layer->dynamic_input || layer->dynamic_weights;
    size_t count = 0;
    OCT_REQUIRE(layer->log, !per_row || layer->input_scale_count == rows, OCTET_INVALID_ARGUMENT,
                "%s: %zu input scales for %zu rows", layer->name, layer->input_scale_count, rows);
    OCT_REQUIRE(layer->log, layer->input_zero_count == 1 || layer->input_zero_count == rows,
                OCTET_INVALID_ARGUMENT, "%s: %zu input zero points for %zu rows", layer->name,
                layer->input_zero_count, rows);
    free(layer->multipliers);
    free(layer->fixed);
    layer->multipliers = NULL;
    layer->fixed = NULL;
    layer->multiplier_rows = per_row && layer->given_count == 0 && !at_run_time ? rows : 1;
    OCT_REQUIRE(layer->log, oct_multiply(layer->multiplier_rows, layer->columns, &count),
                OCTET_INVALID_ARGUMENT, "%s: too many multipliers", layer->name);
    if (layer->store == OCT_STORE_S32 || at_run_time)
        return OCTET_OK;
    if (layer->store == OCT_STORE_FIXED_DOUBLE || layer->store == OCT_STORE_FIXED_SINGLE)
        OCT_ALLOC(layer->log, layer->fixed, count);
    else
        OCT_ALLOC(layer->log, layer->multipliers, count);
    for (size_t row = 0; row < layer->multiplier_rows; row++)
        for (size_t column = 0; column < layer->columns; column++)
            OCT_TRY(make_multiplier(layer, row, column));
cleanup:
    return status;
}

static octet_status check_flushing(const oct_layer *layer, const char *what, size_t channel,
                                   float value)
{
    octet_status status = OCTET_OK;
    const float magnitude = fabsf(value);
    OCT_REQUIRE(layer->log, OCT_SAFE_LEAST <= magnitude && magnitude <= OCT_SAFE_MOST,
                OCTET_UNSUPPORTED,
                "%s: %s of channel %zu is %g; this device flushes subnormal numbers, so with "
                "output type f32 it must be 2^-100 to 2^100",
                layer->name, what, channel, (double)value);
cleanup:
    return status;
}

octet_status oct_layer_check_flushing(const oct_layer *layer, const oct_traits *traits)
{
    octet_status status = OCTET_OK;
    const size_t count = layer->multipliers != NULL ? layer->multiplier_rows * layer->columns : 0;
    if (traits->subnormals || layer->store != OCT_STORE_F32)
        return OCTET_OK;
    for (size_t i = 0; i < count; i++)
        OCT_TRY(check_flushing(layer, "input scale times weight scale", i % layer->columns,
                               layer->multipliers[i]));
    for (size_t i = 0; i < layer->columns; i++)
        if (layer->float_bias[i] != 0.0f)
            OCT_TRY(check_flushing(layer, "the bias", i, layer->float_bias[i]));
cleanup:
    return status;
}
