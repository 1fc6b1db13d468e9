/* layer.c - see layer.h. */
#include "operators/layer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/desc.h"
#include "core/shape.h"
#include "operators/lookup_internal.h"
#include "reference/reference.h"

/* ---- Copies ---- */

static octet_status copy_input(oct_layer *layer, const octet_layer *desc)
{
    octet_status status = OCTET_OK;
    layer->input_scale_count = desc->input.scale_count > 1 ? desc->input.scale_count : 1;
    layer->input_zero_count = desc->input.zero_point_count > 1 ? desc->input.zero_point_count : 1;
    OCT_ALLOC(layer->log, layer->input_scales, layer->input_scale_count);
    OCT_ALLOC(layer->log, layer->input_zeros, layer->input_zero_count);
    for (size_t i = 0; i < layer->input_scale_count; i++)
        layer->input_scales[i] = oct_scale_at(&desc->input, i);
    for (size_t i = 0; i < layer->input_zero_count; i++)
        layer->input_zeros[i] = oct_zero_point_at(&desc->input, i);
cleanup:
    return status;
}

static octet_status copy_columns(oct_layer *layer, const octet_layer *desc)
{
    octet_status status = OCTET_OK;
    const bool float_bias = desc->bias != NULL && desc->bias_type == OCTET_F32;
    OCT_ALLOC(layer->log, layer->weight_scales, layer->columns);
    OCT_ALLOC(layer->log, layer->weight_zeros, layer->columns);
    OCT_ALLOC(layer->log, layer->bias, layer->columns);
    OCT_ALLOC(layer->log, layer->float_bias, layer->columns);
    for (size_t i = 0; i < layer->columns; i++) {
        layer->weight_scales[i] = oct_scale_at(&desc->weights, i);
        layer->weight_zeros[i] = oct_zero_point_at(&desc->weights, i);
        layer->has_weight_zeros |= layer->weight_zeros[i] != 0;
        if (float_bias) {
            layer->float_bias[i] = ((const float *)desc->bias)[i];
            OCT_REQUIRE(layer->log, isfinite(layer->float_bias[i]), OCTET_INVALID_ARGUMENT,
                        "%s: the bias of channel %zu is %g; it must be finite", layer->name, i,
                        (double)layer->float_bias[i]);
        } else if (desc->bias != NULL)
            layer->bias[i] = ((const int32_t *)desc->bias)[i];
    }
cleanup:
    return status;
}

static void copy_output(oct_layer *layer, const octet_layer *desc)
{
    layer->store = oct_store_of(desc->output_type, desc->rounding);
    layer->output_scale = oct_scale_at(&desc->output, 0);
    layer->output_zero = oct_zero_point_at(&desc->output, 0);
    const oct_bounds bounds = oct_stored_bounds(desc->output_type, layer->output_zero, desc->relu,
                                                desc->clamp, desc->clamp_min, desc->clamp_max);
    layer->low = bounds.low;
    layer->high = bounds.high;
    layer->relu = desc->relu && desc->output_type == OCTET_F32;
}

/* Multipliers that the caller made himself. */
static octet_status copy_given(oct_layer *layer, const octet_layer *desc)
{
    octet_status status = OCTET_OK;
    const bool fixed =
        layer->store == OCT_STORE_FIXED_DOUBLE || layer->store == OCT_STORE_FIXED_SINGLE;
    if (desc->multiplier_count == 0)
        return OCTET_OK;
    OCT_REQUIRE(layer->log, layer->store >= OCT_STORE_ROUND_FLOAT, OCTET_INVALID_ARGUMENT,
                "%s: multipliers need output type s8 or u8", layer->name);
    OCT_REQUIRE(layer->log, desc->multiplier_count == 1 || desc->multiplier_count == layer->columns,
                OCTET_INVALID_ARGUMENT,
                "%s: %zu multipliers for %zu output channels; give 1 or %zu", layer->name,
                desc->multiplier_count, layer->columns, layer->columns);
    OCT_REQUIRE(layer->log,
                fixed ? desc->fixed_multipliers != NULL && desc->shifts != NULL
                      : desc->multipliers != NULL,
                OCTET_INVALID_ARGUMENT,
                "%s: the fixed rules take fixed_multipliers and shifts, the float32 rules "
                "multipliers",
                layer->name);
    layer->given_count = desc->multiplier_count;
    if (fixed)
        OCT_ALLOC(layer->log, layer->given_fixed, layer->given_count);
    else
        OCT_ALLOC(layer->log, layer->given_multipliers, layer->given_count);
    for (size_t i = 0; i < layer->given_count; i++) {
        if (!fixed) {
            layer->given_multipliers[i] = desc->multipliers[i];
            OCT_REQUIRE(layer->log, oct_multiplier_is_legal((double)desc->multipliers[i]),
                        OCTET_INVALID_ARGUMENT,
                        "%s: multiplier %g of channel %zu; it must be in [2^-32, 256)", layer->name,
                        (double)desc->multipliers[i], i);
            continue;
        }
        layer->given_fixed[i] = (oct_fixed){desc->fixed_multipliers[i], desc->shifts[i]};
        OCT_REQUIRE(layer->log,
                    desc->fixed_multipliers[i] >= (1 << 30) && desc->shifts[i] >= -31 &&
                        desc->shifts[i] <= 8,
                    OCTET_INVALID_ARGUMENT,
                    "%s: fixed multiplier %d, shift %d of channel %zu; they must be in "
                    "[2^30, 2^31) and [-31, 8]",
                    layer->name, desc->fixed_multipliers[i], desc->shifts[i], i);
    }
cleanup:
    return status;
}

/* What follows the layer in its kernel, and the type that the last of it stores. */
static octet_status copy_followers(oct_layer *layer, const octet_layer *desc)
{
    octet_status status = OCTET_OK;
    octet_lookup_desc lookup;
    OCT_TRY(oct_sum_create(&layer->sum, layer->log, layer->name, desc));
    layer->stored_type = layer->sum.wanted ? layer->sum.what.output_type : layer->output_type;
    if (desc->lookup == NULL)
        return OCTET_OK;
    OCT_TRY(oct_desc_copy(layer->log, layer->name, desc->lookup, sizeof lookup, sizeof lookup,
                          &lookup));
    OCT_TRY(oct_lookup_check(layer->log, &lookup));
    OCT_REQUIRE(layer->log, lookup.input_type == layer->stored_type, OCTET_INVALID_ARGUMENT,
                "%s: the lookup takes %s; what it follows is %s", layer->name,
                oct_type(lookup.input_type)->name, oct_type(layer->stored_type)->name);
    layer->stored_type = lookup.output_type;
    layer->table = oct_copy_array(lookup.table, OCT_TABLE_BYTES, 1);
    OCT_REQUIRE(layer->log, layer->table != NULL, OCTET_OUT_OF_MEMORY,
                "%s: out of host memory: %d bytes of a table", layer->name, OCT_TABLE_BYTES);
cleanup:
    return status;
}

/* ---- Life cycle ---- */

octet_status oct_layer_create(oct_layer *layer, const oct_log *log, const char *name,
                              const octet_layer *desc, size_t columns, size_t weight_bytes,
                              bool per_row)
{
    octet_status status = OCTET_OK;
    *layer = (oct_layer){.log = log, .name = name, .columns = columns};
    OCT_TRY(oct_layer_check(layer, desc, per_row));
    layer->input_type = desc->input_type;
    layer->weight_type = desc->weight_type;
    layer->output_type = desc->output_type;
    layer->rounding = desc->rounding;
    layer->dynamic_input = desc->dynamic_input != 0;
    layer->dynamic_weights = desc->dynamic_weights != 0;
    OCT_TRY(copy_input(layer, desc));
    OCT_TRY(copy_columns(layer, desc));
    copy_output(layer, desc);
    OCT_TRY(copy_given(layer, desc));
    OCT_TRY(copy_followers(layer, desc));
    if (desc->weight_data != NULL) {
        layer->weights = oct_copy_array(desc->weight_data, weight_bytes, 1);
        OCT_REQUIRE(log, layer->weights != NULL, OCTET_OUT_OF_MEMORY,
                    "%s: out of host memory: %zu bytes of weights", name, weight_bytes);
    }
cleanup:
    return status;
}

void oct_layer_destroy(oct_layer *layer)
{
    free(layer->input_scales);
    free(layer->input_zeros);
    free(layer->weight_scales);
    free(layer->weight_zeros);
    free(layer->bias);
    free(layer->float_bias);
    free(layer->given_multipliers);
    free(layer->given_fixed);
    free(layer->multipliers);
    free(layer->fixed);
    free(layer->table);
    free(layer->weights);
}

/* ---- Use ---- */

octet_status oct_layer_check_k(const oct_layer *layer, size_t k)
{
    octet_status status = OCTET_OK;
    const octet_quantization input = {NULL, 0, layer->input_zeros, layer->input_zero_count};
    const octet_quantization weights = {NULL, 0, layer->weight_zeros, layer->columns};
    const size_t largest =
        oct_largest_k_of(layer->input_type, layer->dynamic_input ? NULL : &input,
                         layer->weight_type, layer->dynamic_weights ? NULL : &weights);
    OCT_REQUIRE(layer->log, k <= largest, OCTET_INVALID_ARGUMENT,
                "%s: k is %zu; with these types and zero points a sum of more than %zu products "
                "could overflow 32 bits",
                layer->name, k, largest);
cleanup:
    return status;
}

void oct_layer_options(const oct_layer *layer, const oct_traits *traits, char *text,
                       size_t capacity)
{
    const size_t length = strlen(text);
    if (layer->table != NULL)
        snprintf(text + length, capacity - length, " -D OCT_TABLE=%d",
                 traits->native_x86 && traits->avx512vbmi ? 3
                 : traits->native_x86 && traits->avx2     ? 2
                                                          : 1);
}

octet_status oct_layer_upload_table(const oct_layer *layer, octet_context *context,
                                    oct_buffer **out)
{
    return layer->table != NULL ? oct_buffer_from_host(context, OCT_TABLE_BYTES, layer->table, out)
                                : OCTET_OK;
}

void oct_layer_look_up(const oct_layer *layer, const octet_shape *shape, void *output)
{
    size_t count = 0;
    (void)oct_shape_count(shape, &count); /* fits: the output has been allocated */
    if (layer->table != NULL)
        oct_reference_lookup(layer->table, count, output, output);
}

oct_epilogue oct_layer_epilogue(const oct_layer *layer)
{
    return (oct_epilogue){.store = layer->store,
                          .output_type = layer->output_type,
                          .columns = layer->columns,
                          .rows = layer->multiplier_rows,
                          .bias = layer->bias,
                          .float_bias = layer->float_bias,
                          .multipliers = layer->multipliers,
                          .fixed = layer->fixed,
                          .zero_point = layer->output_zero,
                          .low = layer->low,
                          .high = layer->high,
                          .relu = layer->relu};
}
