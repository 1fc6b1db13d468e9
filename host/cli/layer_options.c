/* layer_options.c - see layer_options.h. */
#include "cli/layer_options.h"

#include <math.h>
#include <stdio.h>

#include "core/quantization.h"

static const oct_choice types[] = {
    {"s32", OCTET_S32}, {"s8", OCTET_S8}, {"u8", OCTET_U8}, {"f32", OCTET_F32}, {NULL, 0}};
static const oct_choice roundings[] = {{"float32", OCTET_ROUND_FLOAT32},
                                       {"float32-reciprocal", OCTET_ROUND_FLOAT32_RECIPROCAL},
                                       {"fixed-double", OCTET_ROUND_FIXED_DOUBLE},
                                       {"fixed-single", OCTET_ROUND_FIXED_SINGLE},
                                       {NULL, 0}};

#define FIELD(name) offsetof(oct_layer_options, name)
static const oct_option rows[] = {
    {"out-type", "TYPE", oct_parse_choice, FIELD(out_type), .choices = types,
     .help = "s32, s8, u8 or f32 (s32)"},
    {"out-scale", "S", oct_parse_text, FIELD(out_scale), .help = "of s8 and u8 (1)"},
    {"out-zero-point", "Z", oct_parse_text, FIELD(out_zero_point), .help = "of s8 and u8 (0)"},
    {"bias", "FILE", oct_parse_text, FIELD(bias),
     .help = "int32 or int64, one per output channel; float32 too with f32 (none)"},
    {"relu", NULL, oct_parse_flag, FIELD(relu), .help = "nothing below real zero; s8, u8, f32"},
    {"clamp-min", "Q", oct_parse_integer, FIELD(clamp_min), .low = INT32_MIN, .high = INT32_MAX,
     .help = "smallest stored value; s8, u8 (the type's)"},
    {"clamp-max", "Q", oct_parse_integer, FIELD(clamp_max), .low = INT32_MIN, .high = INT32_MAX,
     .help = "largest stored value; s8, u8 (the type's)"},
    {"rounding", "RULE", oct_parse_choice, FIELD(rounding), .choices = roundings,
     .help = "to s8 and u8: float32, float32-reciprocal, fixed-double\n"
             "                            or fixed-single (float32)"},
};

oct_option_group oct_layer_group(oct_layer_options *options)
{
    return (oct_option_group){"Output", rows, sizeof rows / sizeof rows[0], options};
}

/* ---- Output ---- */

static octet_status read_output(const oct_layer_options *options, oct_parameter_arrays *output)
{
    const oct_parameter_request request = {"--out-scale",
                                           "--out-zero-point",
                                           options->out_scale,
                                           options->out_zero_point,
                                           (octet_type)options->out_type,
                                           NULL,
                                           1};
    if (oct_type_is_byte((octet_type)options->out_type))
        return oct_parameters_read(&request, output);
    if (options->out_scale != NULL || options->out_zero_point != NULL)
        oct_cli_note("--out-scale and --out-zero-point have no part in --out-type %s",
                     oct_type((octet_type)options->out_type)->name);
    return OCTET_OK;
}

static octet_status read_clamp(const oct_layer_options *options, octet_layer *layer)
{
    octet_status status = OCTET_OK;
    const oct_type_info *const type = oct_type((octet_type)options->out_type);
    OCT_REQUIRE(oct_cli_log, !options->relu || options->out_type != OCTET_S32,
                OCTET_INVALID_ARGUMENT,
                "--relu needs --out-type s8, u8 or f32; s32 holds plain accumulators");
    layer->relu = options->relu;
    if (!options->clamp_min.given && !options->clamp_max.given)
        return OCTET_OK;
    OCT_REQUIRE(
        oct_cli_log, oct_type_is_byte((octet_type)options->out_type), OCTET_INVALID_ARGUMENT,
        "--clamp-min and --clamp-max are stored values of s8 and u8; --out-type is %s", type->name);
    const int64_t low = options->clamp_min.given ? options->clamp_min.value : type->low;
    const int64_t high = options->clamp_max.given ? options->clamp_max.value : type->high;
    OCT_REQUIRE(oct_cli_log, type->low <= low && low <= high && high <= type->high,
                OCTET_INVALID_ARGUMENT,
                "--clamp-min %lld, --clamp-max %lld: they must rise and lie within %s's %d to %d",
                (long long)low, (long long)high, type->name, type->low, type->high);
    layer->clamp = 1;
    layer->clamp_min = (int32_t)low;
    layer->clamp_max = (int32_t)high;
cleanup:
    return status;
}

static octet_status read_bias(const oct_layer_options *options, size_t channels,
                              const char *channel, oct_array *bias, octet_layer *layer)
{
    octet_status status = OCTET_OK;
    char shape[OCT_SHAPE_TEXT];
    if (options->bias == NULL)
        return OCTET_OK;
    OCT_TRY(oct_npy_read("--bias", options->bias, OCT_ACCEPT_S32 | OCT_ACCEPT_F32, bias));
    OCT_REQUIRE(oct_cli_log, bias->type == OCTET_S32 || options->out_type == OCTET_F32,
                OCTET_INVALID_ARGUMENT,
                "--bias '%s' holds float32 (<f4); with --out-type %s it must be int32 (<i4) in "
                "units of the two input scales: RNE(bias / f32(s_x * s_w)), docs/numbers.md",
                options->bias, oct_type((octet_type)options->out_type)->name);
    OCT_REQUIRE(oct_cli_log, bias->shape.rank == 1 && bias->count == channels,
                OCTET_INVALID_ARGUMENT,
                "--bias '%s' is %s; it must have one dimension with a value for each %s, that is "
                "%zu",
                options->bias, oct_shape_text(&bias->shape, shape), channel, channels);
    layer->bias = bias->data;
    layer->bias_type = bias->type;
cleanup:
    return status;
}

octet_status oct_layer_read(const oct_layer_options *options, size_t channels, const char *channel,
                            oct_layer_arrays *arrays, octet_layer *layer)
{
    octet_status status = OCTET_OK;
    OCT_TRY(read_output(options, &arrays->output));
    OCT_TRY(read_clamp(options, layer));
    OCT_TRY(read_bias(options, channels, channel, &arrays->bias, layer));
    layer->output_type = (octet_type)options->out_type;
    layer->rounding = (octet_rounding)options->rounding;
    layer->input = oct_parameters_view(&arrays->input);
    layer->weights = oct_parameters_view(&arrays->weights);
    layer->output = oct_parameters_view(&arrays->output);
cleanup:
    return status;
}

/* ---- Multipliers ---- */

/* The smallest or the largest scale. */
static float extreme_scale(const octet_quantization *quantization, bool largest)
{
    float found = oct_scale_at(quantization, 0);
    for (size_t i = 1; i < quantization->scale_count; i++) {
        const float scale = quantization->scales[i];
        found = (scale > found) == largest ? scale : found;
    }
    return found;
}

static double multiplier_of(const octet_layer *layer, float input, float weight)
{
    const float output = oct_scale_at(&layer->output, 0);
    if (layer->output_type == OCTET_F32)
        return (double)(input * weight);
    if (layer->rounding == OCTET_ROUND_FLOAT32)
        return (double)oct_multiplier_divide(input, weight, output);
    if (layer->rounding == OCTET_ROUND_FLOAT32_RECIPROCAL)
        return (double)oct_multiplier_reciprocal(input, weight, output);
    return oct_multiplier_double(input, weight, output);
}

/* Multipliers grow with either scale, so the ends of both ranges decide. */
octet_status oct_layer_check_multiplier(const char *input_option, const char *weight_option,
                                        const octet_layer *layer)
{
    octet_status status = OCTET_OK;
    const bool real = layer->output_type == OCTET_F32;
    char divisor[48] = "";
    if (layer->output_type == OCTET_S32 || layer->dynamic_input || layer->dynamic_weights)
        return OCTET_OK;
    if (!real)
        snprintf(divisor, sizeof divisor, " / --out-scale %.9g",
                 (double)oct_scale_at(&layer->output, 0));
    for (int largest = 0; largest < 2; largest++) {
        const float input = extreme_scale(&layer->input, largest != 0);
        const float weight = extreme_scale(&layer->weights, largest != 0);
        const double multiplier = multiplier_of(layer, input, weight);
        OCT_REQUIRE(
            oct_cli_log, real ? isnormal((float)multiplier) : oct_multiplier_is_legal(multiplier),
            OCTET_INVALID_ARGUMENT, "the multiplier %s %.9g * %s %.9g%s is %.9g; it must %s",
            input_option, (double)input, weight_option, (double)weight, divisor, multiplier,
            real ? "be a normal float32" : "lie in [2^-32, 256)");
    }
cleanup:
    return status;
}

void oct_layer_arrays_release(oct_layer_arrays *arrays)
{
    oct_array_release(&arrays->bias);
    oct_parameters_release(&arrays->output);
    oct_parameters_release(&arrays->weights);
    oct_parameters_release(&arrays->input);
}
