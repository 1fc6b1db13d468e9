/* explain_paths.c - see explain_paths.h. */
#include "cli/explain_paths.h"

#include <stdlib.h>
#include <string.h>

#include "cli/explain_observed.h"
#include "cli/explain_sgemm.h"
#include "harness/saturating_path.h"

const char *const oct_path_names[OCT_PATHS] = {"exact", "float", "saturating16"};

/* ---- The exact path's sums ---- */

/* The same layer, as far as its sums. */
static octet_layer sums_of(const octet_layer *layer)
{
    return (octet_layer){.input_type = layer->input_type,
                         .weight_type = layer->weight_type,
                         .output_type = OCTET_S32,
                         .input = layer->input,
                         .weights = layer->weights,
                         .weight_data = layer->weight_data};
}

static octet_status compute_sums(const oct_subject *subject, octet_context *context,
                                 const char *variant, int32_t **sums)
{
    const octet_layer layer = *subject->layer;
    oct_result result = {0};
    *subject->layer = sums_of(&layer);
    const octet_status status = subject->compute(subject->call, context, variant, &result);
    *subject->layer = layer;
    *sums = result.data;
    return status;
}

/* ---- All paths ---- */

static octet_status compute_paths(const oct_subject *subject, octet_context *context,
                                  const char *variant, oct_findings *findings)
{
    octet_status status = OCTET_OK;
    oct_sgemm sgemm = {0};
    OCT_ALLOC(oct_cli_log, findings->real, findings->count);
    OCT_ALLOC(oct_cli_log, findings->saturating_sums, findings->count);
    OCT_TRY(compute_sums(subject, context, variant, &findings->sums));
    OCT_TRY(oct_saturating_path(oct_cli_log, &findings->gather, subject->layer,
                                findings->saturating_sums));
    OCT_TRY(oct_explain_sgemm_open(context, &findings->gather, &sgemm));
    findings->float_path = sgemm.name;
    OCT_TRY(oct_float_path(oct_cli_log, &findings->gather, subject->layer, &sgemm, findings->real));
cleanup:
    oct_explain_sgemm_close(&sgemm);
    return status;
}

oct_element oct_findings_element(const oct_findings *findings, size_t index)
{
    const oct_store_rule *const rule = &findings->rule;
    oct_element element = {.index = index, .place = oct_gather_place(&findings->gather, index)};
    const size_t row = element.place.row, column = element.place.column;
    const int64_t bias = oct_store_bias(rule->layer, column);
    element.accumulator = findings->sums[index] + bias;
    element.saturating = findings->saturating_sums[index] + bias;
    element.stored[OCT_EXACT] = oct_store_sum(rule, row, column, element.accumulator);
    element.stored[OCT_FLOAT] = oct_store_real(rule, row, column, findings->real[index]);
    element.stored[OCT_SATURATING16] = oct_store_sum(rule, row, column, element.saturating);
    return element;
}

/* An 8-bit element keeps the value's low bits, whatever the sign. */
static void put(octet_type type, void *data, size_t index, int32_t value)
{
    if (type == OCTET_S32)
        ((int32_t *)data)[index] = value;
    else
        ((uint8_t *)data)[index] = (uint8_t)value;
}

/* Whether the layer's sum, rounded by the rule of floats, would be what the float path has. */
static bool is_rounding_rule(const oct_findings *findings, const oct_element *element)
{
    octet_layer layer = *findings->rule.layer;
    if (layer.output_type == OCTET_S32 || layer.rounding == OCTET_ROUND_FLOAT32)
        return false;
    layer.rounding = OCTET_ROUND_FLOAT32;
    const oct_store_rule rule = oct_store_rule_of(&layer);
    return oct_store_sum(&rule, element->place.row, element->place.column, element->accumulator)
               .value == element->stored[OCT_FLOAT].value;
}

/* Why the float path has another result for an element. */
static oct_cause float_cause(const oct_findings *findings, const oct_element *element)
{
    if (element->stored[OCT_FLOAT].value == element->stored[OCT_EXACT].value)
        return OCT_CAUSE_NOTHING;
    if (element->accumulator < INT32_MIN || element->accumulator > INT32_MAX)
        return OCT_CAUSE_OVERFLOW;
    return is_rounding_rule(findings, element) ? OCT_CAUSE_ROUNDING_RULE : OCT_CAUSE_FLOAT_SUMS;
}

/* The stored results of the float and the saturating path, why floats differ, and the range of the
 * accumulators. */
static void store_all(oct_findings *findings)
{
    const octet_type type = findings->rule.layer->output_type;
    for (size_t i = 0; i < findings->count; i++) {
        const oct_element element = oct_findings_element(findings, i);
        const int64_t acc = element.accumulator;
        const int clipped = element.stored[OCT_EXACT].clipped;
        oct_share *const share = &findings->float_causes[float_cause(findings, &element)];
        share->first = share->count++ == 0 ? i : share->first;
        put(type, findings->stored[OCT_FLOAT], i, element.stored[OCT_FLOAT].value);
        put(type, findings->stored[OCT_SATURATING16], i, element.stored[OCT_SATURATING16].value);
        findings->lowest = i == 0 || acc < findings->lowest ? acc : findings->lowest;
        findings->highest = i == 0 || acc > findings->highest ? acc : findings->highest;
        findings->clipped_low += clipped < 0;
        findings->clipped_high += clipped > 0;
    }
}

/* ---- Comparisons ---- */

static octet_status check_observed(const oct_findings *findings)
{
    octet_status status = OCTET_OK;
    const oct_array *const observed = &findings->observed;
    char given[OCT_SHAPE_TEXT], result[OCT_SHAPE_TEXT];
    OCT_REQUIRE(oct_cli_log,
                observed->data == NULL || oct_shape_equal(&observed->shape, &findings->shape),
                OCTET_INVALID_ARGUMENT, "--observed '%s' is %s; the result is %s", observed->path,
                oct_shape_text(&observed->shape, given), oct_shape_text(&findings->shape, result));
cleanup:
    return status;
}

static void compare_all(oct_findings *findings)
{
    const octet_type type = findings->rule.layer->output_type;
    for (size_t path = 0; path < OCT_PATHS; path++) {
        octet_compare(type, findings->count, findings->stored[OCT_EXACT], findings->stored[path],
                      &findings->versus_exact[path]);
        if (findings->observed.data != NULL)
            octet_compare(type, findings->count, findings->stored[path], findings->observed.data,
                          &findings->observed_versus[path]);
    }
}

octet_status oct_findings_make(const oct_subject *subject, octet_context *context,
                               const char *variant, const oct_result *exact, oct_findings *findings)
{
    octet_status status = OCTET_OK;
    const size_t size = oct_type(exact->type)->size;
    findings->shape = exact->shape;
    findings->rule = oct_store_rule_of(subject->layer);
    oct_shape_count(&exact->shape, &findings->count);
    OCT_TRY(check_observed(findings));
    for (size_t path = 0; path < OCT_PATHS; path++) {
        findings->stored[path] = oct_allocate(findings->count, size);
        OCT_REQUIRE(oct_cli_log, findings->stored[path] != NULL, OCTET_OUT_OF_MEMORY,
                    "out of host memory: %zu elements of %zu bytes", findings->count, size);
    }
    memcpy(findings->stored[OCT_EXACT], exact->data, findings->count * size);
    subject->describe(subject->call, &exact->shape, &findings->gather);
    OCT_TRY(compute_paths(subject, context, variant, findings));
    store_all(findings);
    compare_all(findings);
    OCT_TRY(oct_findings_observe(findings));
    findings->complete = true;
cleanup:
    return status;
}

void oct_findings_release(oct_findings *findings)
{
    oct_array_release(&findings->observed);
    for (size_t path = 0; path < OCT_PATHS; path++)
        free(findings->stored[path]);
    free(findings->real);
    free(findings->saturating_sums);
    free(findings->sums);
    *findings = (oct_findings){0};
}

/* ---- Questions ---- */

bool oct_findings_overflow(const oct_findings *findings)
{
    return findings->lowest < INT32_MIN || findings->highest > INT32_MAX;
}

oct_path oct_findings_observed(const oct_findings *findings)
{
    oct_path path = OCT_EXACT;
    while (path < OCT_PATHS && findings->observed_versus[path].mismatches > 0)
        path++;
    return path;
}

oct_path oct_findings_path(const oct_findings *findings)
{
    const size_t floats = findings->versus_exact[OCT_FLOAT].mismatches;
    const size_t pairs = findings->versus_exact[OCT_SATURATING16].mismatches;
    if (findings->observed.data != NULL)
        return oct_findings_observed(findings);
    if (floats > pairs || findings->float_causes[OCT_CAUSE_OVERFLOW].count > 0)
        return OCT_FLOAT;
    return pairs > 0 ? OCT_SATURATING16 : OCT_EXACT;
}

oct_cause oct_findings_float_cause(const oct_findings *findings)
{
    oct_cause cause = OCT_CAUSE_FLOAT_SUMS;
    for (oct_cause i = OCT_CAUSE_ROUNDING_RULE; i <= OCT_CAUSE_OVERFLOW; i++)
        if (findings->float_causes[i].count > findings->float_causes[cause].count)
            cause = i;
    return cause;
}

size_t oct_findings_first(const oct_findings *findings)
{
    const oct_path path = oct_findings_path(findings);
    if (path == OCT_PATHS)
        return findings->observed_versus[OCT_EXACT].first;
    if (path == OCT_EXACT) /* of the observed array: where the others would not have been */
        return findings->versus_exact[OCT_SATURATING16].first;
    if (path == OCT_FLOAT)
        return findings->float_causes[oct_findings_float_cause(findings)].first;
    return findings->versus_exact[path].first;
}
