/* explain_verdict.c - why the results differ, in a sentence. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/difference.h"
#include "cli/explain_report.h"

const char *const oct_cause_names[OCT_CAUSES] = {
    [OCT_CAUSE_NOTHING] = "nothing differs",
    [OCT_CAUSE_SATURATION] = "16-bit saturation",
    [OCT_CAUSE_FLOAT_SUMS] = "rounding of float sums",
    [OCT_CAUSE_ROUNDING_RULE] = "the rounding rule",
    [OCT_CAUSE_OVERFLOW] = "overflow of 32 bits",
    [OCT_CAUSE_UNKNOWN] = "unknown",
};

static const char saturating[] =
    "hardware that adds neighbouring u8*s8 products in saturating 16 bits";

const char *oct_index_text(const octet_shape *shape, size_t flat, char text[OCT_INDEX_TEXT])
{
    size_t index[OCTET_MAX_RANK], length = 1;
    oct_index_of(shape, flat, index);
    snprintf(text, OCT_INDEX_TEXT, "[");
    for (size_t d = 0; d < shape->rank; d++)
        length += (size_t)snprintf(text + length, OCT_INDEX_TEXT - length, "%s%zu",
                                   d > 0 ? ", " : "", index[d]);
    snprintf(text + length, OCT_INDEX_TEXT - length, "]");
    return text;
}

int32_t oct_element_observed(const oct_findings *findings, size_t index)
{
    const oct_array *const observed = &findings->observed;
    switch (observed->type) {
    case OCTET_S8:
        return ((const int8_t *)observed->data)[index];
    case OCTET_U8:
        return ((const uint8_t *)observed->data)[index];
    default:
        return ((const int32_t *)observed->data)[index];
    }
}

/* ---- Cause ---- */

static oct_cause cause_of(const oct_findings *findings)
{
    switch (oct_findings_path(findings)) {
    case OCT_EXACT:
        return OCT_CAUSE_NOTHING;
    case OCT_FLOAT:
        return oct_findings_float_cause(findings);
    case OCT_SATURATING16:
        return OCT_CAUSE_SATURATION;
    default:
        return findings->observed_rule != NULL   ? OCT_CAUSE_ROUNDING_RULE
               : findings->observed_distance > 0 ? OCT_CAUSE_FLOAT_SUMS
                                                 : OCT_CAUSE_UNKNOWN;
    }
}

/* ---- Sentence ---- */

static void append(char text[OCT_VERDICT_TEXT], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void append(char text[OCT_VERDICT_TEXT], const char *format, ...)
{
    const size_t length = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + length, OCT_VERDICT_TEXT - length, format, arguments);
    va_end(arguments);
}

/* "in 3 of 16 elements, by up to 2 steps" */
static void append_share(char text[OCT_VERDICT_TEXT], const octet_comparison *versus)
{
    append(text, "in %zu of %zu elements, by up to %.10g step%s", versus->mismatches, versus->count,
           versus->max_difference, versus->max_difference > 1 ? "s" : "");
}

/* What of the float path's differences has the cause that is named, where that is not all. */
static void append_part(char text[OCT_VERDICT_TEXT], const oct_findings *findings)
{
    const oct_cause cause = oct_findings_float_cause(findings);
    const size_t count = findings->float_causes[cause].count;
    if (count < findings->versus_exact[OCT_FLOAT].mismatches)
        append(text, ", %zu of them by %s", count, oct_cause_names[cause]);
}

/* Of a result that no path gives. */
static void append_unmatched(char text[OCT_VERDICT_TEXT], const oct_findings *findings)
{
    const octet_comparison *const versus = &findings->observed_versus[OCT_EXACT];
    if (findings->observed_rule != NULL) {
        append(text, "is what --rounding %s gives; it differs from the exact result ",
               findings->observed_rule);
        append_share(text, versus);
    } else if (findings->observed_distance > 0) {
        append(text,
               "is not the float path's result here, but differs from the exact one in %zu of %zu "
               "elements by 1 step, in each of which the exact value lies within %.9g of a tie: "
               "float32 sums in another order",
               versus->mismatches, versus->count, findings->observed_distance);
    } else {
        append(text,
               "is neither the exact result, nor that of the float path here, nor what %s gives "
               "where products are neighbours by kernel row, column, channel; it differs from the "
               "exact result ",
               saturating);
        append_share(text, versus);
    }
}

static void append_observed(char text[OCT_VERDICT_TEXT], const oct_findings *findings,
                            oct_cause cause)
{
    const oct_path observed = oct_findings_observed(findings);
    append(text, "%s: '%.400s' ", oct_cause_names[cause], findings->observed.path);
    switch (observed) {
    case OCT_EXACT:
        append(text, "is the exact result");
        return;
    case OCT_FLOAT:
        append(text, "is the result of the float path");
        break;
    case OCT_SATURATING16:
        append(text, "is what %s gives", saturating);
        break;
    default:
        append_unmatched(text, findings);
        return;
    }
    append(text, "; it differs from the exact result ");
    append_share(text, &findings->observed_versus[OCT_EXACT]);
    if (observed == OCT_FLOAT)
        append_part(text, findings);
}

static void append_difference(char text[OCT_VERDICT_TEXT], const octet_comparison *versus)
{
    if (versus->mismatches > 0)
        append_share(text, versus);
    else
        append(text, "nowhere");
}

/* Nobody has shown another result, so nothing is known of where one would come from. */
static void append_paths(char text[OCT_VERDICT_TEXT], const oct_findings *findings, oct_cause cause)
{
    const octet_comparison *const floats = &findings->versus_exact[OCT_FLOAT];
    const octet_comparison *const pairs = &findings->versus_exact[OCT_SATURATING16];
    switch (oct_findings_path(findings)) {
    case OCT_FLOAT:
        append(text,
               "if another result was computed in floats, the cause is %s: they differ from "
               "the exact result ",
               oct_cause_names[cause]);
        append_difference(text, floats);
        append_part(text, findings);
        append(text, "; %s differs ", saturating);
        append_difference(text, pairs);
        break;
    case OCT_SATURATING16:
        append(text,
               "if another result is from %s, the cause is %s: it differs from the exact "
               "result ",
               saturating, oct_cause_names[cause]);
        append_difference(text, pairs);
        append(text, "; floats differ ");
        append_difference(text, floats);
        break;
    default:
        append(text, "%s: exact integers, floats and %s give the same result",
               oct_cause_names[cause], saturating);
    }
}

static void append_element(char text[OCT_VERDICT_TEXT], const oct_findings *findings)
{
    const oct_element element = oct_findings_element(findings, oct_findings_first(findings));
    const oct_stored *const stored = element.stored;
    char place[OCT_INDEX_TEXT];
    append(text,
           "; element %s has accumulator %lld, scaled %.9g, stored as %d exactly, as %d by "
           "floats and as %d by saturating sums (accumulator %lld)",
           oct_index_text(&findings->shape, element.index, place), (long long)element.accumulator,
           stored[OCT_EXACT].scaled, stored[OCT_EXACT].value, stored[OCT_FLOAT].value,
           stored[OCT_SATURATING16].value, (long long)element.saturating);
    if (findings->observed.data != NULL)
        append(text, ", and observed as %d", oct_element_observed(findings, element.index));
}

oct_cause oct_verdict(const oct_findings *findings, char text[OCT_VERDICT_TEXT])
{
    const oct_cause cause = cause_of(findings);
    text[0] = '\0';
    if (findings->observed.data != NULL)
        append_observed(text, findings, cause);
    else
        append_paths(text, findings, cause);
    if (findings->count > 0)
        append_element(text, findings);
    append(text, cause != OCT_CAUSE_NOTHING && findings->observed.data == NULL
                     ? ". --observed tells which a result is."
                     : ".");
    return cause;
}
