/* layer_check.c - refuses a description of a layer that contradicts itself or its types. */
#include <stdio.h>

#include "operators/layer.h"

static octet_status check_types(const oct_layer *layer, const octet_layer *desc)
{
    octet_status status = OCTET_OK;
    OCT_REQUIRE(layer->log, oct_type_is_byte(desc->input_type), OCTET_INVALID_ARGUMENT,
                "%s: input type must be s8 or u8", layer->name);
    OCT_REQUIRE(layer->log, oct_type_is_byte(desc->weight_type), OCTET_INVALID_ARGUMENT,
                "%s: weight type must be s8 or u8", layer->name);
    OCT_REQUIRE(layer->log, oct_type_is_valid(desc->output_type), OCTET_INVALID_ARGUMENT,
                "%s: output type must be s32, f32, s8 or u8", layer->name);
    OCT_REQUIRE(layer->log, (unsigned)desc->rounding <= OCTET_ROUND_FIXED_SINGLE,
                OCTET_INVALID_ARGUMENT, "%s: rounding %d is not an octet_rounding", layer->name,
                (int)desc->rounding);
    OCT_REQUIRE(layer->log,
                !(desc->dynamic_input || desc->dynamic_weights) ||
                    !oct_type_is_byte(desc->output_type),
                OCTET_UNSUPPORTED,
                "%s: output type %s needs a multiplier, and parameters found at run time give "
                "none; use s32 or f32",
                layer->name, oct_type(desc->output_type)->name);
cleanup:
    return status;
}

/* Parameters come with the description or at run time, not both. */
static octet_status check_dynamic(const oct_layer *layer, const octet_layer *desc)
{
    octet_status status = OCTET_OK;
    OCT_REQUIRE(layer->log, !desc->dynamic_input || !oct_quantization_is_given(&desc->input),
                OCTET_INVALID_ARGUMENT,
                "%s: a dynamic input has its scale and zero point at run time, so the description "
                "must not give them",
                layer->name);
    OCT_REQUIRE(layer->log, !desc->dynamic_weights || !oct_quantization_is_given(&desc->weights),
                OCTET_INVALID_ARGUMENT,
                "%s: dynamic weights have their scale and zero point at run time, so the "
                "description must not give them",
                layer->name);
    OCT_REQUIRE(
        layer->log, !desc->dynamic_weights || desc->weight_data == NULL, OCTET_INVALID_ARGUMENT,
        "%s: dynamic weights are given at run time, so weight_data must be NULL", layer->name);
cleanup:
    return status;
}

static octet_status check_parameters(const oct_layer *layer, const octet_layer *desc, bool per_row)
{
    octet_status status = OCTET_OK;
    const bool bytes = oct_type_is_byte(desc->output_type);
    char name[64];
    size_t rows = 1;
    if (per_row && desc->input.scale_count > rows)
        rows = desc->input.scale_count;
    if (per_row && desc->input.zero_point_count > rows)
        rows = desc->input.zero_point_count;
    snprintf(name, sizeof name, "%s: input", layer->name);
    OCT_TRY(oct_check_quantization(layer->log, name, &desc->input, desc->input_type, rows));
    snprintf(name, sizeof name, "%s: weights", layer->name);
    OCT_TRY(oct_check_quantization(layer->log, name, &desc->weights, desc->weight_type,
                                   layer->columns));
    snprintf(name, sizeof name, "%s: output", layer->name);
    OCT_TRY(oct_check_quantization(layer->log, name, &desc->output,
                                   bytes ? desc->output_type : OCTET_S32, 1));
    OCT_REQUIRE(layer->log, bytes || oct_zero_point_at(&desc->output, 0) == 0,
                OCTET_INVALID_ARGUMENT, "%s: zero point %d has no meaning with output type %s",
                name, (int)oct_zero_point_at(&desc->output, 0), oct_type(desc->output_type)->name);
cleanup:
    return status;
}

static octet_status check_bias(const oct_layer *layer, const octet_layer *desc)
{
    octet_status status = OCTET_OK;
    if (desc->bias == NULL || desc->bias_type != OCTET_F32)
        OCT_REQUIRE(layer->log,
                    desc->bias == NULL || desc->bias_type == OCTET_S32 ||
                        desc->bias_type == OCTET_S8,
                    OCTET_INVALID_ARGUMENT,
                    "%s: bias type must be s32, or f32 with output type f32", layer->name);
    else
        OCT_REQUIRE(layer->log, desc->output_type == OCTET_F32, OCTET_INVALID_ARGUMENT,
                    "%s: a float32 bias needs output type f32; output type %s takes an s32 bias",
                    layer->name, oct_type(desc->output_type)->name);
cleanup:
    return status;
}

static octet_status check_clamp(const oct_layer *layer, const octet_layer *desc)
{
    octet_status status = OCTET_OK;
    OCT_REQUIRE(layer->log, !desc->relu || desc->output_type != OCTET_S32, OCTET_INVALID_ARGUMENT,
                "%s: relu needs output type f32, s8 or u8", layer->name);
    if (!desc->clamp)
        return OCTET_OK;
    OCT_REQUIRE(layer->log, oct_type_is_byte(desc->output_type), OCTET_INVALID_ARGUMENT,
                "%s: a clamp needs output type s8 or u8, not %s", layer->name,
                oct_type(desc->output_type)->name);
    OCT_TRY(oct_check_clamp(layer->log, layer->name, desc->output_type,
                            oct_zero_point_at(&desc->output, 0), desc->relu, desc->clamp_min,
                            desc->clamp_max));
cleanup:
    return status;
}

octet_status oct_layer_check(const oct_layer *layer, const octet_layer *desc, bool per_row)
{
    octet_status status = OCTET_OK;
    OCT_TRY(check_types(layer, desc));
    OCT_TRY(check_dynamic(layer, desc));
    OCT_TRY(check_parameters(layer, desc, per_row));
    OCT_TRY(check_bias(layer, desc));
    OCT_TRY(check_clamp(layer, desc));
cleanup:
    return status;
}
