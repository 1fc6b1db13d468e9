/* compute.c - see compute.h. */
#include "cli/compute.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/difference.h"
#include "cli/npy.h"
#include "harness/store_rule.h"

static octet_status compute_and_explain(octet_context *context, const char *kind,
                                        const char *variant, oct_compute compute, void *state,
                                        oct_result *result)
{
    const octet_status status = compute(state, context, variant, result);
    if (status == OCTET_UNSUPPORTED && variant != NULL)
        oct_session_list_variants(context, kind);
    return status;
}

/* Computes once more with the reference and compares, unless it was the reference that computed. */
static octet_status check(octet_context *context, const char *kind, oct_compute compute,
                          void *state, oct_outcome *outcome)
{
    octet_status status = OCTET_OK;
    oct_result expected = {0};
    octet_comparison found;
    size_t count = 0;
    if (strcmp(outcome->result.variant, "reference") == 0) {
        oct_check_not_run(kind);
        return OCTET_OK;
    }
    OCT_TRY(compute(state, context, "reference", &expected));
    oct_shape_count(&expected.shape, &count);
    octet_compare(expected.type, count, expected.data, outcome->result.data, &found);
    outcome->checked = true;
    outcome->different = found.mismatches > 0;
    oct_check_report(kind, outcome->result.variant, expected.type, &expected.shape, &found);
cleanup:
    free(expected.data);
    return status;
}

octet_status oct_compute_file(const oct_common_options *options, const char *kind,
                              oct_compute compute, void *state, const char *path,
                              oct_outcome *outcome)
{
    octet_status status = OCTET_OK;
    octet_context *context = NULL;
    oct_output *output = NULL;
    oct_result *const result = &outcome->result;
    outcome->path = path;
    OCT_TRY(oct_session_open(options, &context));
    OCT_TRY(oct_session_require_variant(context, kind, options->variant));
    OCT_TRY(oct_output_open(path, &output));
    octet_context_device(context, &outcome->device, NULL);
    OCT_TRY(compute_and_explain(context, kind, options->variant, compute, state, result));
    if (options->check)
        OCT_TRY(check(context, kind, compute, state, outcome));
    OCT_TRY(oct_npy_write(output, result->type, &result->shape, result->data));
    OCT_TRY(oct_output_commit(output));
cleanup:
    oct_output_destroy(output);
    octet_context_destroy(context);
    return status;
}

/* ---- Reports ---- */

static const char *check_text(const oct_outcome *outcome)
{
    if (!outcome->checked)
        return "not run";
    return outcome->different ? "different" : "equal";
}

/* Whether the reference computed: there was no device, or --variant asked for it. */
static bool is_reference(const oct_outcome *outcome)
{
    return outcome->device.type == OCTET_DEVICE_REFERENCE ||
           strcmp(outcome->result.variant, "reference") == 0;
}

static const char *backend_text(const oct_outcome *outcome)
{
    return outcome->device.type == OCTET_DEVICE_REFERENCE ? "reference" : "opencl";
}

/* "opencl: DEVICE, variant NAME", or who computed instead of it. */
static void print_where(const oct_outcome *outcome)
{
    if (is_reference(outcome))
        oct_cli_print("computed by the reference");
    else
        oct_cli_print("opencl: %s, variant %s", outcome->device.name, outcome->result.variant);
}

static double gops(const oct_outcome *outcome, double operations)
{
    return outcome->result.seconds > 0 ? operations / outcome->result.seconds / 1e9 : 0;
}

void oct_outcome_json(cJSON *object, const oct_outcome *outcome, double operations)
{
    oct_json_text(object, "backend", backend_text(outcome));
    oct_json_text(object, "device", outcome->device.name);
    oct_json_text(object, "variant", outcome->result.variant);
    oct_json_real(object, "seconds", outcome->result.seconds);
    if (operations >= 0)
        oct_json_real(object, "gops", gops(outcome, operations));
    oct_json_text(object, "check", check_text(outcome));
}

void oct_outcome_print(const char *what, const oct_outcome *outcome, double operations)
{
    char speed[32] = "";
    if (operations >= 0)
        snprintf(speed, sizeof speed, ", %.3g GOPS", gops(outcome, operations));
    oct_cli_print("%s: %.3g s%s; ", what, outcome->result.seconds, speed);
    print_where(outcome);
    oct_cli_print("; check: %s\n", check_text(outcome));
}

/* ---- Results at the ends of their range ---- */

/* Elements of one stored value; 8-bit types are alike but for the sign. */
static size_t count_of(const oct_result *result, int32_t value)
{
    const uint8_t *const data = result->data, wanted = (uint8_t)value;
    size_t elements = 0, count = 0;
    oct_shape_count(&result->shape, &elements);
    for (size_t i = 0; i < elements; i++)
        count += data[i] == wanted;
    return count;
}

void oct_outcome_limits_json(cJSON *object, const oct_outcome *outcome, const octet_layer *layer)
{
    if (!oct_type_is_byte(outcome->result.type))
        return;
    const oct_store_rule rule = oct_store_rule_of(layer);
    cJSON *const item = oct_json_object(object, "at_limits");
    oct_json_integer(item, "low", (int64_t)count_of(&outcome->result, rule.low));
    oct_json_integer(item, "high", (int64_t)count_of(&outcome->result, rule.high));
}

void oct_outcome_print_file(const oct_outcome *outcome, const octet_layer *layer)
{
    const oct_result *const result = &outcome->result;
    char shape[OCT_SHAPE_TEXT];
    oct_cli_print("  %s: %s %s", outcome->path, oct_type(result->type)->name,
                  oct_shape_text(&result->shape, shape));
    if (layer != NULL && oct_type_is_byte(result->type)) {
        const oct_store_rule rule = oct_store_rule_of(layer);
        oct_cli_print(", %zu at the lower limit %d, %zu at the upper limit %d",
                      count_of(result, rule.low), rule.low, count_of(result, rule.high), rule.high);
    }
    oct_cli_print("\n");
}

void oct_outcome_release(oct_outcome *outcome)
{
    free(outcome->result.data);
    outcome->result.data = NULL;
}
