/* explain_observed.c - see explain_observed.h. */
#include "cli/explain_observed.h"

#include <math.h>
#include <stdlib.h>

#include "cli/explain_report.h"
#include "core/quantization.h"
#include "harness/problem.h"

/* ---- Another rounding rule ---- */

static double multiplier_at(const octet_layer *layer, const oct_place *place)
{
    return oct_multiplier_double(oct_scale_at(&layer->input, place->row),
                                 oct_scale_at(&layer->weights, place->column),
                                 oct_scale_at(&layer->output, 0));
}

/* Whether it is the exact sums, rounded by a rule; not all scales that are legal by one are by
 * another. */
static bool is_by_rule(const oct_findings *findings, octet_rounding rounding)
{
    octet_layer layer = *findings->rule.layer;
    layer.rounding = rounding;
    const oct_store_rule rule = oct_store_rule_of(&layer);
    for (size_t i = 0; i < findings->count; i++) {
        const oct_place place = oct_gather_place(&findings->gather, i);
        const int64_t sum = findings->sums[i] + (int64_t)oct_store_bias(&layer, place.column);
        if (!oct_multiplier_is_legal(multiplier_at(&layer, &place)) ||
            oct_store_sum(&rule, place.row, place.column, sum).value !=
                oct_element_observed(findings, i))
            return false;
    }
    return true;
}

static const char *rule_of(const oct_findings *findings)
{
    for (size_t i = 0; oct_rounding_name(i) != NULL; i++)
        if (is_by_rule(findings, (octet_rounding)i))
            return oct_rounding_name(i);
    return NULL;
}

/* ---- Float sums in another order ---- */

/* Beyond this, in steps, a result that is one step off for any other reason would often seem to be
 * of floats. */
static const double widest = 0.125;

static int32_t byte_at(octet_type type, const uint8_t *data, size_t index)
{
    return type == OCTET_S8 ? (int8_t)data[index] : data[index];
}

/* By how much the sum behind an element may err in floats, in units of the exact one. Each rounding
 * errs by at most u = 2^-24 of what it rounds, up or down, so that errors add up like a random
 * walk: to more than 4 * u * sqrt(sum of the squares of what is rounded) hardly ever (Higham, Mary,
 * SIAM J. Sci. Comput. 41, 2019, A2815). Rounded are each product, with both its factors; up to k
 * partial sums, whose squares are in a random order (S^2 + Q) / 2 on average at most, for S the sum
 * and Q the terms' squares added; and S by the bias, the division and the exact path itself. That
 * is less than (k + 5) * (S^2 + Q) together. "a" and "b" have room for k bytes. */
static double error_of(const oct_findings *findings, const oct_element *element, uint8_t *a,
                       uint8_t *b)
{
    const oct_gather *const gather = &findings->gather;
    const octet_layer *const layer = findings->rule.layer;
    const size_t k = oct_gather_k(gather);
    const int32_t a_zero = oct_zero_point_at(&layer->input, element->place.row);
    const int32_t b_zero = oct_zero_point_at(&layer->weights, element->place.column);
    const double sum = (double)element->accumulator;
    const double bias = oct_store_bias(layer, element->place.column);
    double squares = bias * bias;
    oct_gather_one(gather, &element->place, a, b);
    for (size_t i = 0; i < k; i++) {
        const double term = (double)(byte_at(gather->input_type, a, i) - a_zero) *
                            (byte_at(gather->weight_type, b, i) - b_zero);
        squares += term * term;
    }
    return ldexp(4, -24) * sqrt(((double)k + 5) * (sum * sum + squares));
}

/* How far, in steps, the exact value of an element lies from the tie between what is stored of it
 * and what was observed, a step apart; less than 0 where that is more than floats err. */
static double tie_distance(const oct_findings *findings, const oct_element *element,
                           int32_t observed, uint8_t *a, uint8_t *b)
{
    const double multiplier = multiplier_at(findings->rule.layer, &element->place);
    const double tie =
        0.5 * (element->stored[OCT_EXACT].value + observed) - findings->rule.zero_point;
    const double distance = fabs((double)element->accumulator * multiplier - tie);
    const double error = multiplier * error_of(findings, element, a, b);
    return distance <= error && distance <= widest ? distance : -1;
}

/* The largest distance; 0, where all are ties or one is not near enough, is not of floats. */
static double largest_distance(const oct_findings *findings, uint8_t *a, uint8_t *b)
{
    double largest = 0;
    for (size_t i = 0; i < findings->count; i++) {
        const oct_element element = oct_findings_element(findings, i);
        const int32_t observed = oct_element_observed(findings, i);
        if (observed == element.stored[OCT_EXACT].value)
            continue;
        const double distance = tie_distance(findings, &element, observed, a, b);
        if (distance < 0)
            return 0;
        largest = fmax(largest, distance);
    }
    return largest;
}

octet_status oct_findings_observe(oct_findings *findings)
{
    octet_status status = OCTET_OK;
    uint8_t *a = NULL, *b = NULL;
    if (findings->observed.data == NULL || oct_findings_observed(findings) != OCT_PATHS ||
        findings->rule.layer->output_type == OCTET_S32)
        goto cleanup;
    findings->observed_rule = rule_of(findings);
    if (findings->observed_rule != NULL || findings->observed_versus[OCT_EXACT].max_difference > 1)
        goto cleanup;
    OCT_ALLOC(oct_cli_log, a, oct_gather_k(&findings->gather));
    OCT_ALLOC(oct_cli_log, b, oct_gather_k(&findings->gather));
    findings->observed_distance = largest_distance(findings, a, b);
cleanup:
    free(b);
    free(a);
    return status;
}
