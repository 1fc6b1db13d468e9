/* quantize.c - octet quantize: float32 to 8 bits, with given parameters or with parameters found
 * from the data. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/axis.h"
#include "cli/command.h"
#include "cli/compute.h"
#include "cli/dynamic.h"
#include "cli/parameters.h"
#include "harness/execute.h"
#include "harness/store_rule.h"

enum { NOT_SAID = -1 };

typedef struct quantize_options {
    int type, rule; /* octet_type, octet_quantize_rule; NOT_SAID */
    const char *scale, *zero_point;
    bool dynamic;
    oct_dynamic_options rules;
    oct_integer axis;
    oct_common_options common;
} quantize_options;

static const oct_choice types[] = {{"u8", OCTET_U8}, {"s8", OCTET_S8}, {NULL, 0}};
static const oct_choice rules[] = {{"reciprocal", OCTET_QUANTIZE_RECIPROCAL},
                                   {"divide", OCTET_QUANTIZE_DIVIDE},
                                   {"half-away", OCTET_QUANTIZE_HALF_AWAY},
                                   {NULL, 0}};

#define FIELD(name) offsetof(quantize_options, name)
static const oct_option rows[] = {
    {"type", "TYPE", oct_parse_choice, FIELD(type), .choices = types,
     .help = "of the result: u8 or s8 (must be given)"},
    {"scale", "S|FILE", oct_parse_text, FIELD(scale),
     .help = "real = scale * (stored - zero point); FILE: with --axis"},
    {"zero-point", "Z|FILE", oct_parse_text, FIELD(zero_point),
     .help = "the stored value of real 0; FILE: with --axis"},
    {"dynamic", NULL, oct_parse_flag, FIELD(dynamic),
     .help = "find scale and zero point from the data instead"},
    OCT_DYNAMIC_ROWS(FIELD(rules)),
    {"rule", "RULE", oct_parse_choice, FIELD(rule), .choices = rules,
     .help = "rounding: divide (ONNX), reciprocal (PyTorch) or half-away\n"
             "                            (TFLite) (divide; reciprocal with --params pytorch)"},
    {"axis", "N", oct_parse_integer, FIELD(axis), .low = -OCTET_MAX_RANK,
     .high = OCTET_MAX_RANK - 1, .help = "every index of axis N has parameters of its own (none)"},
};

static const oct_usage usage = {
    .command = "quantize",
    .purpose = "Quantizes a float32 array: stored = clamp(round(real / scale) + zero point).",
    .arguments = "IN.npy OUT.npy",
    .least = 2,
    .most = 2,
    .example = "  octet quantize x.npy q.npy --type u8 --scale 0.02 --zero-point 128\n"
               "  octet quantize x.npy q.npy --type u8 --dynamic --json",
};

/* ---- Options ---- */

static octet_status check_options(const quantize_options *options)
{
    octet_status status = OCTET_OK;
    OCT_REQUIRE(oct_cli_log, options->type != NOT_SAID, OCTET_INVALID_ARGUMENT,
                "quantize: --type must be given: u8 or s8");
    if (options->dynamic) {
        OCT_REQUIRE(oct_cli_log, options->scale == NULL && options->zero_point == NULL,
                    OCTET_INVALID_ARGUMENT,
                    "quantize: --dynamic finds scale and zero point; do not give them too");
        return oct_dynamic_check(&options->rules, (octet_type)options->type, "--type");
    }
    OCT_REQUIRE(oct_cli_log, options->scale != NULL && options->zero_point != NULL,
                OCTET_INVALID_ARGUMENT,
                "quantize: %s missing: give --scale and --zero-point, or --dynamic to find them",
                options->scale != NULL        ? "--zero-point is"
                : options->zero_point != NULL ? "--scale is"
                                              : "--scale and --zero-point are");
    OCT_REQUIRE(oct_cli_log,
                options->rules.parameters == OCTET_PARAMETERS_GIVEN && !options->rules.reduce_range,
                OCTET_INVALID_ARGUMENT, "quantize: --params and --reduce-range need --dynamic");
cleanup:
    return status;
}

/* ---- State ---- */

typedef struct quantize_state {
    const quantize_options *options;
    oct_array input;
    size_t axis;
    oct_channels channels;
    octet_quantize_rule rule;
    oct_parameter_arrays given;       /* without --dynamic */
    oct_found_parameters *parameters; /* one per channel, given or found */
} quantize_state;

/* The given parameters in the form of found ones, for the report. */
static octet_status spread_given(quantize_state *state)
{
    octet_status status = OCTET_OK;
    const octet_quantization view = oct_parameters_view(&state->given);
    OCT_ALLOC(oct_cli_log, state->parameters, state->channels.count);
    for (size_t c = 0; c < state->channels.count; c++) {
        state->parameters[c].scale = (double)oct_scale_at(&view, c);
        state->parameters[c].zero_point = oct_zero_point_at(&view, c);
    }
cleanup:
    return status;
}

static octet_status find_parameters(quantize_state *state)
{
    const quantize_options *const options = state->options;
    const octet_type type = (octet_type)options->type;
    if (options->dynamic)
        return oct_dynamic_choose(&options->rules, type, &state->input, state->channels,
                                  &state->parameters);
    const oct_parameter_request request = {"--scale",
                                           "--zero-point",
                                           options->scale,
                                           options->zero_point,
                                           type,
                                           options->axis.given ? "index of the axis" : NULL,
                                           state->channels.count};
    const octet_status status = oct_parameters_read(&request, &state->given);
    return status == OCTET_OK ? spread_given(state) : status;
}

static octet_status load(quantize_state *state, const char *path)
{
    octet_status status = OCTET_OK;
    const quantize_options *const options = state->options;
    OCT_TRY(oct_npy_read("input", path, OCT_ACCEPT_F32, &state->input));
    OCT_TRY(oct_axis_resolve(&options->axis, &state->input, &state->axis));
    state->channels = options->axis.given ? oct_channels_of_axis(&state->input.shape, state->axis)
                                          : oct_channels_whole(&state->input.shape);
    state->rule = OCTET_QUANTIZE_DIVIDE;
    if (options->dynamic)
        state->rule = oct_dynamic_rule(&options->rules);
    if (options->rule != NOT_SAID)
        state->rule = (octet_quantize_rule)options->rule;
    OCT_TRY(find_parameters(state));
cleanup:
    return status;
}

static void release(quantize_state *state)
{
    free(state->parameters);
    oct_parameters_release(&state->given);
    oct_array_release(&state->input);
}

/* ---- Computing ---- */

static octet_status create(const quantize_state *state, octet_context *context, const char *variant,
                           octet_operator **out)
{
    const quantize_options *const options = state->options;
    const octet_quantize_desc desc = {
        .struct_size = sizeof desc,
        .output_type = (octet_type)options->type,
        .output = oct_parameters_view(&state->given),
        .rule = state->rule,
        .parameters =
            options->dynamic ? oct_dynamic_parameters(&options->rules) : OCTET_PARAMETERS_GIVEN,
        .reduce_range = options->rules.reduce_range,
        .per_axis = options->axis.given,
        .axis = state->axis,
        .variant = variant,
    };
    return octet_quantize_create(context, &desc, out);
}

/* The device must have found what the report will say. */
static octet_status check_found(const quantize_state *state, const oct_execution *execution)
{
    octet_status status = OCTET_OK;
    void *scales = NULL, *zero_points = NULL;
    if (!state->options->dynamic)
        return OCTET_OK;
    OCT_TRY(oct_download(oct_cli_log, execution->outputs[1], &scales));
    OCT_TRY(oct_download(oct_cli_log, execution->outputs[2], &zero_points));
    for (size_t c = 0; c < state->channels.count; c++)
        OCT_REQUIRE(oct_cli_log,
                    ((const float *)scales)[c] == (float)state->parameters[c].scale &&
                        ((const int32_t *)zero_points)[c] == state->parameters[c].zero_point,
                    OCTET_DEVICE_FAILED,
                    "quantize: the device found scale %.9g, zero point %d where the rule gives "
                    "%.9g, %d",
                    (double)((const float *)scales)[c], ((const int32_t *)zero_points)[c],
                    state->parameters[c].scale, state->parameters[c].zero_point);
cleanup:
    free(scales);
    free(zero_points);
    return status;
}

static octet_status compute(void *opaque, octet_context *context, const char *variant,
                            oct_result *result)
{
    octet_status status = OCTET_OK;
    const quantize_state *const state = opaque;
    const octet_type types_out[] = {(octet_type)state->options->type, OCTET_F32, OCTET_S32};
    oct_execution execution = {0};
    octet_tensor *input = NULL;
    octet_operator *op = NULL;
    OCT_TRY(oct_upload(context, OCTET_F32, &state->input.shape, state->input.data, &input));
    OCT_TRY(create(state, context, variant, &op));
    OCT_TRY(oct_execution_prepare(&execution, oct_cli_log, context, op, &input, 1, types_out,
                                  state->options->dynamic ? 3 : 1));
    OCT_TRY(oct_execution_time(&execution, &result->seconds));
    OCT_TRY(check_found(state, &execution));
    OCT_TRY(oct_download(oct_cli_log, execution.outputs[0], &result->data));
    result->type = types_out[0];
    result->shape = execution.output_shapes[0];
    snprintf(result->variant, sizeof result->variant, "%s", octet_operator_variant(execution.op));
cleanup:
    oct_execution_release(&execution);
    octet_tensor_destroy(input);
    return status;
}

/* ---- Report ---- */

/* Elements that did not fit the type; a NaN fits none. */
static size_t count_clipped(const quantize_state *state)
{
    const octet_type type = (octet_type)state->options->type;
    const oct_channels channels = state->channels;
    const float *x = state->input.data;
    size_t clipped = 0;
    for (size_t o = 0; state->input.count > 0 && o < channels.outer; o++) {
        for (size_t c = 0; c < channels.count; c++) {
            const oct_found_parameters *const p = &state->parameters[c];
            for (size_t i = 0; i < channels.inner; i++)
                clipped += !oct_store_fits(state->rule, *x++, (float)p->scale, p->zero_point, type);
        }
    }
    return clipped;
}

static void scale_bits(double scale, char text[16])
{
    const float narrow = (float)scale;
    uint32_t bits;
    memcpy(&bits, &narrow, sizeof bits);
    snprintf(text, 16, "0x%08x", (unsigned)bits);
}

static void add_parameters(cJSON *root, const quantize_state *state)
{
    char bits[16];
    if (!state->options->axis.given) {
        scale_bits(state->parameters[0].scale, bits);
        oct_json_real(root, "scale", state->parameters[0].scale);
        oct_json_text(root, "scale_bits", bits);
        oct_json_integer(root, "zero_point", state->parameters[0].zero_point);
        return;
    }
    cJSON *const scales = oct_json_array(root, "scale");
    cJSON *const all_bits = oct_json_array(root, "scale_bits");
    cJSON *const zero_points = oct_json_array(root, "zero_point");
    for (size_t c = 0; c < state->channels.count; c++) {
        scale_bits(state->parameters[c].scale, bits);
        oct_json_append_real(scales, state->parameters[c].scale);
        oct_json_append_text(all_bits, bits);
        oct_json_append_integer(zero_points, state->parameters[c].zero_point);
    }
}

static octet_status report(const quantize_state *state, const oct_outcome *outcome)
{
    const size_t clipped = count_clipped(state);
    if (!state->options->common.json) {
        char what[160];
        snprintf(what, sizeof what,
                 "quantize: %zu elements, %zu clipped, scale %.9g, zero point %d%s",
                 state->input.count, clipped,
                 state->channels.count > 0 ? state->parameters[0].scale : 0.0,
                 state->channels.count > 0 ? state->parameters[0].zero_point : 0,
                 state->channels.count > 1 ? " and others" : "");
        oct_outcome_print(what, outcome, OCT_NO_PRODUCT);
        oct_outcome_print_file(outcome, NULL);
        return oct_cli_flush();
    }
    cJSON *const root = oct_json_create();
    add_parameters(root, state);
    oct_json_integer(root, "count", (int64_t)state->input.count);
    oct_json_integer(root, "clipped", (int64_t)clipped);
    oct_outcome_json(root, outcome, OCT_NO_PRODUCT);
    const octet_status status = oct_json_print(root);
    cJSON_Delete(root);
    return status;
}

int oct_cli_quantize(int argc, char **argv)
{
    octet_status status = OCTET_OK;
    quantize_options options = {.type = NOT_SAID, .rule = NOT_SAID};
    const oct_option_group groups[] = {{NULL, rows, sizeof rows / sizeof rows[0], &options},
                                       oct_common_group(&options.common)};
    const char *paths[2];
    quantize_state state = {.options = &options};
    oct_outcome outcome = {0};
    const int ended = oct_options_parse(&usage, groups, 2, argc, argv, paths);
    if (ended >= 0)
        return ended;
    OCT_TRY(check_options(&options));
    OCT_TRY(load(&state, paths[0]));
    OCT_TRY(oct_compute_file(&options.common, "quantize", compute, &state, paths[1], &outcome));
    OCT_TRY(report(&state, &outcome));
cleanup:
    oct_outcome_release(&outcome);
    release(&state);
    return oct_cli_exit(status, outcome.different);
}
