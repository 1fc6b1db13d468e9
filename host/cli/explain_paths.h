/* explain_paths.h - a layer computed three ways, and what the results have to do with each other.
 */
#ifndef OCT_CLI_EXPLAIN_PATHS_H
#define OCT_CLI_EXPLAIN_PATHS_H

#include "cli/compute.h"
#include "cli/npy.h"
#include "harness/gather.h"
#include "harness/store_rule.h"

typedef enum oct_path { OCT_EXACT = 0, OCT_FLOAT, OCT_SATURATING16, OCT_PATHS } oct_path;

extern const char *const oct_path_names[OCT_PATHS]; /* "exact", "float", "saturating16" */

/* What makes results differ. */
typedef enum oct_cause {
    OCT_CAUSE_NOTHING = 0,
    OCT_CAUSE_SATURATION,
    OCT_CAUSE_FLOAT_SUMS,
    OCT_CAUSE_ROUNDING_RULE, /* one of the layer's own that floats do not follow */
    OCT_CAUSE_OVERFLOW,
    OCT_CAUSE_UNKNOWN, /* of an observed array */
    OCT_CAUSES
} oct_cause;

/* Elements that differ for one cause, and the first of them. */
typedef struct oct_share {
    size_t count, first;
} oct_share;

/* One call of octet gemm or conv2d that is to be explained. */
typedef struct oct_subject {
    const char *kind;    /* "gemm" */
    oct_compute compute; /* the command's, with "call" */
    void *call;
    octet_layer *layer; /* inside the call's description */
    void (*describe)(const void *call, const octet_shape *output, oct_gather *gather);
} oct_subject;

/* What was found. Starts as {0}. */
typedef struct oct_findings {
    bool complete;
    octet_shape shape; /* of the result */
    size_t count;
    oct_gather gather;
    oct_store_rule rule;
    const char *float_path;          /* "clblast" or "plain C"                       */
    int32_t *sums, *saturating_sums; /* [count] without bias                         */
    float *real;                     /* [count] of the float path                    */
    void *stored[OCT_PATHS];         /* [count] of the output type                   */
    octet_comparison versus_exact[OCT_PATHS];
    oct_share float_causes[OCT_CAUSES]; /* of the float path's differences           */
    int64_t lowest, highest;            /* accumulators, bias included, before they wrap        */
    size_t clipped_low, clipped_high;
    oct_array observed; /* without data: none was given                */
    octet_comparison observed_versus[OCT_PATHS];
    const char *observed_rule; /* another --rounding that gives the observed array, or NULL */
    double observed_distance;  /* more than 0: it may be of floats whose sums were added in another
                                  order; no exact value that it rounds otherwise is farther, in
                                  steps, from a tie */
} oct_findings;

/* oct_findings_make - everything; "findings->observed" may have been read before. "exact" is the
 * result on "context". */
octet_status oct_findings_make(const oct_subject *subject, octet_context *context,
                               const char *variant, const oct_result *exact,
                               oct_findings *findings);
void oct_findings_release(oct_findings *findings);

bool oct_findings_overflow(const oct_findings *findings);

/* oct_findings_observed - the first path that the observed array agrees with in all elements;
 * OCT_PATHS when it is none. */
oct_path oct_findings_observed(const oct_findings *findings);

/* oct_findings_path - what there is to explain: the path that the observed array was recognized as
 * (OCT_PATHS: none of them); without one the path that differs most from the exact result;
 * OCT_EXACT where nothing differs. */
oct_path oct_findings_path(const oct_findings *findings);

/* oct_findings_float_cause - why the float path differs from the exact one in most of the elements
 * where it does. */
oct_cause oct_findings_float_cause(const oct_findings *findings);

/* oct_findings_first - the first element that shows it, else 0. */
size_t oct_findings_first(const oct_findings *findings);

/* One element by all paths. */
typedef struct oct_element {
    size_t index;
    oct_place place;
    int64_t accumulator, saturating; /* bias included */
    oct_stored stored[OCT_PATHS];
} oct_element;

/* oct_findings_element - there must be one. */
oct_element oct_findings_element(const oct_findings *findings, size_t index);

#endif
