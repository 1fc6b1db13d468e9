/* dequantize.c - octet dequantize: 8 bits (or int32) to float32. */
#include <stdio.h>

#include "cli/axis.h"
#include "cli/command.h"
#include "cli/compute.h"
#include "cli/parameters.h"
#include "harness/execute.h"

typedef struct dequantize_options {
    const char *scale, *zero_point;
    oct_integer axis;
    oct_common_options common;
} dequantize_options;

#define FIELD(name) offsetof(dequantize_options, name)
static const oct_option rows[] = {
    {"scale", "S|FILE", oct_parse_text, FIELD(scale),
     .help = "real = scale * (stored - zero point); FILE: with --axis"},
    {"zero-point", "Z|FILE", oct_parse_text, FIELD(zero_point),
     .help = "the stored value of real 0; FILE: with --axis"},
    {"axis", "N", oct_parse_integer, FIELD(axis), .low = -OCTET_MAX_RANK,
     .high = OCTET_MAX_RANK - 1, .help = "every index of axis N has parameters of its own (none)"},
};

static const oct_usage usage = {
    .command = "dequantize",
    .purpose = "Turns stored values back into real ones: real = scale * (stored - zero point).",
    .arguments = "IN.npy OUT.npy",
    .least = 2,
    .most = 2,
    .example = "  octet dequantize q.npy x.npy --scale 0.02 --zero-point 128",
};

typedef struct dequantize_state {
    const dequantize_options *options;
    oct_array input;
    size_t axis;
    oct_parameter_arrays parameters;
} dequantize_state;

static octet_status load(dequantize_state *state, const char *path)
{
    octet_status status = OCTET_OK;
    const dequantize_options *const options = state->options;
    OCT_REQUIRE(oct_cli_log, options->scale != NULL && options->zero_point != NULL,
                OCTET_INVALID_ARGUMENT, "dequantize: --scale and --zero-point must be given");
    OCT_TRY(oct_npy_read("input", path, OCT_ACCEPT_BYTES | OCT_ACCEPT_S32, &state->input));
    OCT_TRY(oct_axis_resolve(&options->axis, &state->input, &state->axis));
    const oct_parameter_request request = {
        "--scale",
        "--zero-point",
        options->scale,
        options->zero_point,
        state->input.type,
        options->axis.given ? "index of the axis" : NULL,
        options->axis.given ? state->input.shape.size[state->axis] : 1};
    OCT_TRY(oct_parameters_read(&request, &state->parameters));
cleanup:
    return status;
}

static octet_status create(const dequantize_state *state, octet_context *context,
                           const char *variant, octet_operator **out)
{
    const octet_dequantize_desc desc = {.struct_size = sizeof desc,
                                        .input_type = state->input.type,
                                        .input = oct_parameters_view(&state->parameters),
                                        .per_axis = state->options->axis.given,
                                        .axis = state->axis,
                                        .variant = variant};
    return octet_dequantize_create(context, &desc, out);
}

static octet_status compute(void *opaque, octet_context *context, const char *variant,
                            oct_result *result)
{
    octet_status status = OCTET_OK;
    const dequantize_state *const state = opaque;
    const oct_array *const input = &state->input;
    const octet_type type = OCTET_F32;
    oct_execution execution = {0};
    octet_tensor *tensor = NULL;
    octet_operator *op = NULL;
    OCT_TRY(oct_upload(context, input->type, &input->shape, input->data, &tensor));
    OCT_TRY(create(state, context, variant, &op));
    OCT_TRY(oct_execution_prepare(&execution, oct_cli_log, context, op, &tensor, 1, &type, 1));
    OCT_TRY(oct_execution_time(&execution, &result->seconds));
    OCT_TRY(oct_download(oct_cli_log, execution.outputs[0], &result->data));
    result->type = type;
    result->shape = execution.output_shapes[0];
    snprintf(result->variant, sizeof result->variant, "%s", octet_operator_variant(execution.op));
cleanup:
    oct_execution_release(&execution);
    octet_tensor_destroy(tensor);
    return status;
}

static octet_status report(const dequantize_state *state, const oct_outcome *outcome)
{
    if (!state->options->common.json) {
        char what[64];
        snprintf(what, sizeof what, "dequantize: %zu elements", state->input.count);
        oct_outcome_print(what, outcome, OCT_NO_PRODUCT);
        oct_outcome_print_file(outcome, NULL);
        return oct_cli_flush();
    }
    cJSON *const root = oct_json_create();
    oct_json_integer(root, "count", (int64_t)state->input.count);
    oct_outcome_json(root, outcome, OCT_NO_PRODUCT);
    const octet_status status = oct_json_print(root);
    cJSON_Delete(root);
    return status;
}

int oct_cli_dequantize(int argc, char **argv)
{
    octet_status status = OCTET_OK;
    dequantize_options options = {0};
    const oct_option_group groups[] = {{NULL, rows, sizeof rows / sizeof rows[0], &options},
                                       oct_common_group(&options.common)};
    const char *paths[2];
    dequantize_state state = {.options = &options};
    oct_outcome outcome = {0};
    const int ended = oct_options_parse(&usage, groups, 2, argc, argv, paths);
    if (ended >= 0)
        return ended;
    OCT_TRY(load(&state, paths[0]));
    OCT_TRY(oct_compute_file(&options.common, "dequantize", compute, &state, paths[1], &outcome));
    OCT_TRY(report(&state, &outcome));
cleanup:
    oct_outcome_release(&outcome);
    oct_parameters_release(&state.parameters);
    oct_array_release(&state.input);
    return oct_cli_exit(status, outcome.different);
}
