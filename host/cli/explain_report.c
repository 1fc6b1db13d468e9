/* explain_report.c - see explain_report.h. */
#include "cli/explain_report.h"

#include <stdio.h>
#include <string.h>

#include "cli/difference.h"
#include "harness/saturating_path.h"

enum { MOST_PAIRS = 4 /* shown */, LINE_WIDTH = 100 };

static double operations(const oct_findings *findings)
{
    return 2.0 * (double)findings->count * (double)oct_gather_k(&findings->gather);
}

/* ---- JSON ---- */

static const char *observed_text(const oct_findings *findings)
{
    if (findings->observed.data == NULL)
        return "not given";
    const oct_path path = oct_findings_observed(findings);
    return path == OCT_PATHS ? "none" : oct_path_names[path];
}

static void add_comparison(cJSON *root, const char *before, const char *path,
                           const octet_comparison *comparison)
{
    char name[64];
    snprintf(name, sizeof name, "%s_vs_%s", before, path);
    cJSON *const object = oct_json_object(root, name);
    oct_json_integer(object, "mismatches", (int64_t)comparison->mismatches);
    oct_json_real(object, "max_steps", comparison->max_difference);
}

static void add_accumulator(cJSON *root, const oct_findings *findings)
{
    cJSON *const object = oct_json_object(root, "accumulator");
    if (findings->count > 0) {
        oct_json_integer(object, "min", findings->lowest);
        oct_json_integer(object, "max", findings->highest);
    } else {
        oct_json_null(object, "min");
        oct_json_null(object, "max");
    }
    oct_json_bool(object, "overflows_int32", oct_findings_overflow(findings));
}

/* The element of the verdict. */
static void add_element(cJSON *root, const oct_findings *findings)
{
    if (findings->count == 0) {
        oct_json_null(root, "first");
        return;
    }
    const oct_element element = oct_findings_element(findings, oct_findings_first(findings));
    octet_shape index = {.rank = findings->shape.rank};
    cJSON *const object = oct_json_object(root, "first");
    oct_index_of(&findings->shape, element.index, index.size);
    oct_json_shape(object, "index", &index);
    oct_json_integer(object, "accumulator", element.accumulator);
    oct_json_integer(object, "saturating16_accumulator", element.saturating);
    cJSON *const scaled = oct_json_object(object, "scaled");
    cJSON *const stored = oct_json_object(object, "stored");
    for (size_t path = 0; path < OCT_PATHS; path++) {
        oct_json_real(scaled, oct_path_names[path], element.stored[path].scaled);
        oct_json_integer(stored, oct_path_names[path], element.stored[path].value);
    }
    if (findings->observed.data != NULL)
        oct_json_integer(stored, "observed", oct_element_observed(findings, element.index));
}

octet_status oct_explain_json(const oct_subject *subject, const oct_findings *findings,
                              const oct_outcome *outcome)
{
    char verdict[OCT_VERDICT_TEXT];
    const oct_cause cause = oct_verdict(findings, verdict);
    cJSON *const root = oct_json_create();
    oct_json_text(root, "operation", subject->kind);
    oct_json_shape(root, "output", &findings->shape);
    oct_json_integer(root, "elements", (int64_t)findings->count);
    for (size_t path = OCT_FLOAT; path < OCT_PATHS; path++)
        add_comparison(root, "exact", oct_path_names[path], &findings->versus_exact[path]);
    add_accumulator(root, findings);
    cJSON *const clipped = oct_json_object(root, "clipped");
    oct_json_integer(clipped, "low", (int64_t)findings->clipped_low);
    oct_json_integer(clipped, "high", (int64_t)findings->clipped_high);
    oct_json_text(root, "observed", observed_text(findings));
    for (size_t path = 0; path < OCT_PATHS && findings->observed.data != NULL; path++)
        add_comparison(root, "observed", oct_path_names[path], &findings->observed_versus[path]);
    oct_json_text(root, findings->observed.data != NULL ? "cause" : "possible_cause",
                  oct_cause_names[cause]);
    oct_json_text(root, "verdict", verdict);
    add_element(root, findings);
    oct_json_text(root, "float_path", findings->float_path);
    oct_outcome_json(root, outcome, operations(findings));
    const octet_status status = oct_json_print(root);
    cJSON_Delete(root);
    return status;
}

/* ---- Text ---- */

static void print_comparison(const char *name, const octet_comparison *comparison)
{
    char share[64], steps[64];
    snprintf(share, sizeof share, "%zu of %zu", comparison->mismatches, comparison->count);
    snprintf(steps, sizeof steps, "%.10g step%s", comparison->max_difference,
             comparison->max_difference == 1 ? "" : "s");
    oct_cli_print("  %-14s%18s%14s   ", name, share, steps);
}

static void print_paths(const oct_findings *findings)
{
    oct_cli_print("\n  %-14s%18s%14s\n", "path", "differs from exact", "by up to");
    print_comparison("float", &findings->versus_exact[OCT_FLOAT]);
    oct_cli_print("dequantized, multiplied in float32 (%s), quantized\n", findings->float_path);
    print_comparison("saturating16", &findings->versus_exact[OCT_SATURATING16]);
    oct_cli_print("neighbouring u8*s8 products added in saturating 16 bits\n");
    if (findings->observed.data == NULL)
        return;
    print_comparison("observed", &findings->observed_versus[OCT_EXACT]);
    oct_cli_print("'%s': %s\n", findings->observed.path, observed_text(findings));
}

static void print_ranges(const oct_findings *findings)
{
    const oct_store_rule *const rule = &findings->rule;
    oct_cli_print("\n  accumulators  %lld to %lld%s\n", (long long)findings->lowest,
                  (long long)findings->highest,
                  oct_findings_overflow(findings) ? ": some leave 32 bits and wrap" : "");
    if (rule->store == OCT_STORE_S32)
        return;
    oct_cli_print("  clipped       %zu below %d, %zu above %d\n", findings->clipped_low, rule->low,
                  findings->clipped_high, rule->high);
}

static void print_stored(const char *name, const char *accumulator, const oct_stored *stored)
{
    oct_cli_print("    %-14s%14s%16.9g%10d\n", name, accumulator, stored->scaled, stored->value);
}

static void print_element(const oct_findings *findings, const oct_element *element)
{
    char place[OCT_INDEX_TEXT], exact[24], pairs[24];
    snprintf(exact, sizeof exact, "%lld", (long long)element->accumulator);
    snprintf(pairs, sizeof pairs, "%lld", (long long)element->saturating);
    oct_cli_print("\n  Element %s:\n    %-14s%14s%16s%10s\n",
                  oct_index_text(&findings->shape, element->index, place), "", "accumulator",
                  "scaled", "stored");
    print_stored("exact", exact, &element->stored[OCT_EXACT]);
    print_stored("float", "", &element->stored[OCT_FLOAT]);
    print_stored("saturating16", pairs, &element->stored[OCT_SATURATING16]);
    if (findings->observed.data != NULL)
        oct_cli_print("    %-14s%40d\n", "observed",
                      oct_element_observed(findings, element->index));
}

/* Values with which two products stay within 16 bits: 0..127 times any, and any times -64..64, as
 * hardware has them. torch's reduce_range makes the former of u8. */
static void print_advice(const oct_gather *gather)
{
    oct_cli_print("  x in %s or w in %s rules that out; x86 with VNNI\n"
                  "  and ARM have no 16-bit sums.\n",
                  gather->input_type == OCTET_U8 ? "0..127 (PyTorch: reduce_range)" : "-128..-1",
                  gather->weight_type == OCTET_S8 ? "-64..64" : "64..192");
}

static octet_status print_pairs(const oct_findings *findings, const oct_element *element)
{
    octet_status status = OCTET_OK;
    const size_t all = oct_divide_up(oct_gather_k(&findings->gather), 2);
    oct_pair pairs[MOST_PAIRS];
    size_t count = 0;
    OCT_TRY(oct_lossy_pairs(oct_cli_log, &findings->gather, &element->place, pairs, MOST_PAIRS,
                            &count));
    if (count == 0)
        goto cleanup;
    oct_cli_print("\n  %zu of its %zu pairs of products leave 16 bits%s%s:\n", count, all,
                  findings->gather.input_type == OCTET_S8 ? ", x + 128" : "",
                  findings->gather.weight_type == OCTET_U8 ? ", w - 128" : "");
    for (size_t i = 0; i < count && i < MOST_PAIRS; i++)
        oct_cli_print("    %d*%d + %d*%d = %d, kept as %d\n", pairs[i].x[0], pairs[i].w[0],
                      pairs[i].x[1], pairs[i].w[1], pairs[i].sum, pairs[i].kept);
    if (count > MOST_PAIRS)
        oct_cli_print("    and %zu more\n", count - MOST_PAIRS);
    print_advice(&findings->gather);
cleanup:
    return status;
}

/* Words in lines of the width of the table above, from a column on. */
static void print_wrapped(size_t column, const char *text)
{
    while (*text != '\0') {
        const size_t length = strcspn(text, " ");
        if (column + 1 + length > LINE_WIDTH) {
            oct_cli_print("\n ");
            column = 1;
        }
        oct_cli_print(" %.*s", (int)length, text);
        column += 1 + length;
        text += length + (text[length] == ' ');
    }
    oct_cli_print("\n");
}

/* For a result that no path gives: how those who compute one most often differ. */
static void print_checklist(void)
{
    oct_cli_print(
        "\n  To check, where the result was computed and in the options here:\n"
        "    scales        of x, w and the output; per tensor or per channel\n"
        "    zero points   of both inputs and of the output; a sign turned, s8 taken for u8\n"
        "    padding       its order T,L,B,R; padded taps hold x's zero point, not the stored 0\n"
        "    layout        nhwc or nchw, of both inputs; --transpose-a, --transpose-b\n"
        "    rounding      --rounding: which rule (docs/numbers.md) the other software follows\n"
        "    bias          int32 in units of the product of the input scales, given to both\n"
        "    saturation    other kernels pair other products (channels padded to 4, depthwise): "
        "do\n"
        "                  the elements that differ have pairs that leave 16 bits? Is the result\n"
        "                  exact where u8 x is in 0..127?\n");
}

static void print_heading(const oct_subject *subject, const oct_findings *findings,
                          const oct_outcome *outcome)
{
    char shape[OCT_SHAPE_TEXT];
    oct_cli_print("%s to %s, sums of %zu products; exact by ", subject->kind,
                  oct_shape_text(&findings->shape, shape), oct_gather_k(&findings->gather));
    if (strcmp(outcome->result.variant, "reference") == 0)
        oct_cli_print("the reference");
    else
        oct_cli_print("variant %s on %s", outcome->result.variant, outcome->device.name);
    oct_cli_print("%s\n", !outcome->checked    ? ""
                          : outcome->different ? "; --check: different"
                                               : "; --check: equal");
}

octet_status oct_explain_text(const oct_subject *subject, const oct_findings *findings,
                              const oct_outcome *outcome)
{
    octet_status status = OCTET_OK;
    char verdict[OCT_VERDICT_TEXT];
    print_heading(subject, findings, outcome);
    print_paths(findings);
    if (findings->count > 0) {
        const oct_element element = oct_findings_element(findings, oct_findings_first(findings));
        print_ranges(findings);
        print_element(findings, &element);
        OCT_TRY(print_pairs(findings, &element));
    }
    const oct_cause cause = oct_verdict(findings, verdict);
    oct_cli_print("\nVerdict:");
    print_wrapped(sizeof "Verdict:" - 1, verdict);
    if (cause == OCT_CAUSE_UNKNOWN)
        print_checklist();
    OCT_TRY(oct_cli_flush());
cleanup:
    return status;
}
