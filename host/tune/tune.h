/* tune.h - tuning one problem: every candidate is verified, then all are timed in turns, and the
 * winner of the problem's class is kept where later contexts find it. */
#ifndef OCT_TUNE_TUNE_H
#define OCT_TUNE_TUNE_H

#include "harness/case.h"
#include "harness/problem_list.h"
#include "tune/scores.h"

enum { OCT_TUNE_CANDIDATES = 64 };

/* One row that may be chosen for a problem. */
typedef struct oct_candidate {
    char variant[OCT_TUNE_VARIANT];
    double seconds; /* of one run; 0: its result was wrong */
    double lead;    /* the share of turns in which it was faster than the base */
    size_t samples; /* that seconds is the median of; 0: a first look showed it far behind */
    octet_comparison comparison;
} oct_candidate;

typedef struct oct_tune_result {
    oct_problem problem;
    octet_type type; /* of the result */
    octet_shape shape;
    char class[OCTET_CLASS_NAME];
    size_t base;          /* the candidate that others are measured by: the first that is right */
    size_t count, winner; /* "winner" is "count" when no candidate is right */
    oct_candidate candidates[OCT_TUNE_CANDIDATES]; /* the first is the usual one */
} oct_tune_result;

typedef struct oct_tune_plan {
    const oct_log *log;
    octet_context *context; /* on a device */
    const char *variant;    /* the only candidate beside the usual one; NULL: all */
    double seconds;         /* of timing per problem, at least */
    uint64_t seed;
} oct_tune_plan;

/* oct_tune_problem - fills "out", adds to the scores of its class, and keeps the class' winner. */
octet_status oct_tune_problem(const oct_tune_plan *plan, const oct_problem *problem,
                              oct_scores *scores, oct_tune_result *out);

/* oct_tune_usual - appends the problems that are tuned when none is named: matrix products and the
 * layers of well-known networks, with activations of both signs. */
octet_status oct_tune_usual(oct_problem_list *list);

#endif
