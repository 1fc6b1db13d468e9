/* tune.c - see tune.h. */
#include "tune/tune.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/contest.h"

#define SAMPLE_SECONDS 1e-3 /* at least, by as many runs as that takes */
#define FAR_BEHIND 3.0      /* times slower than the fastest at a first look: not timed further */

/* A candidate ready to run; release_all lets go of it. */
typedef struct contender {
    oct_case_run run;
    oct_contestant contestant;
} contender;

static void release_all(contender *contenders)
{
    for (size_t i = 0; contenders != NULL && i < OCT_TUNE_CANDIDATES; i++)
        oct_case_run_release(&contenders[i].run);
    free(contenders);
}

/* ---- Candidates ---- */

static octet_status refuse_variant(const oct_tune_plan *plan, const char *const *names,
                                   size_t count, const oct_problem *problem)
{
    char text[1024] = "";
    for (size_t i = 0; i < count; i++) {
        const size_t length = strlen(text);
        snprintf(text + length, sizeof text - length, " %s", names[i]);
    }
    return oct_report(plan->log, OCTET_INVALID_ARGUMENT,
                      "--variant '%s' may not be chosen for problem '%s'; those that may:%s",
                      plan->variant, problem->text, text);
}

/* The usual row, and those that the plan has beside it. */
static octet_status name_candidates(const oct_tune_plan *plan, const char *const *names,
                                    size_t count, oct_tune_result *out)
{
    bool known = plan->variant == NULL;
    for (size_t i = 0; i < count; i++) {
        const bool wanted = plan->variant == NULL || strcmp(plan->variant, names[i]) == 0;
        known |= wanted;
        if (i == 0 || wanted)
            snprintf(out->candidates[out->count++].variant, OCT_TUNE_VARIANT, "%s", names[i]);
    }
    return known ? OCTET_OK : refuse_variant(plan, names, count, &out->problem);
}

static octet_status find_candidates(const oct_tune_plan *plan, const oct_case *c,
                                    oct_tune_result *out)
{
    octet_status status = OCTET_OK;
    const char *names[OCT_TUNE_CANDIDATES];
    oct_case_run run = {0};
    size_t count = 0;
    OCT_TRY(oct_case_prepare(c, plan->context, NULL, &run));
    OCT_TRY(octet_operator_class(run.execution.op, out->class));
    OCT_TRY(octet_operator_candidates(run.execution.op, names, OCT_TUNE_CANDIDATES, &count));
    OCT_TRY(name_candidates(plan, names, count < OCT_TUNE_CANDIDATES ? count : OCT_TUNE_CANDIDATES,
                            out));
cleanup:
    oct_case_run_release(&run);
    return status;
}

/* ---- Timing ---- */

/* Builds and verifies, which also warms up; what is right gets a first look at its speed. */
static octet_status enter(const oct_tune_plan *plan, const oct_case *c, oct_candidate *candidate,
                          contender *entered)
{
    octet_status status = OCTET_OK;
    OCT_TRY(oct_case_prepare(c, plan->context, candidate->variant, &entered->run));
    OCT_TRY(oct_case_judge(c, &entered->run, &candidate->comparison));
    if (candidate->comparison.mismatches > 0)
        goto cleanup;
    oct_contestant_execution(&entered->contestant, &entered->run.execution);
    OCT_TRY(oct_contestant_queue(&entered->contestant, SAMPLE_SECONDS, &candidate->seconds));
cleanup:
    return status;
}

/* Whether timing could show that it wins; the base is what others are compared with. */
static bool is_near(const oct_tune_result *result, size_t index)
{
    double fastest = INFINITY;
    for (size_t i = 0; i < result->count; i++)
        if (result->candidates[i].seconds > 0)
            fastest = fmin(fastest, result->candidates[i].seconds);
    return index == result->base || result->candidates[index].seconds <= FAR_BEHIND * fastest;
}

/* Those candidates take turns; the first is what others are compared with. */
static octet_status time_turns(const oct_tune_plan *plan, const contender *contenders,
                               const size_t *indices, size_t count, oct_tune_result *result)
{
    octet_status status = OCTET_OK;
    const oct_turns turns = {.seconds = plan->seconds / 2}; /* of two contests */
    oct_contestant *all = NULL;
    OCT_ALLOC(plan->log, all, count);
    for (size_t i = 0; i < count; i++)
        all[i] = contenders[indices[i]].contestant;
    OCT_TRY(oct_contest(all, count, &turns));
    for (size_t i = 0; i < count; i++) /* before any is sorted */
        result->candidates[indices[i]].lead = oct_contest_lead(&all[i], &all[0]);
    for (size_t i = 0; i < count; i++) {
        const oct_timing timing = oct_contestant_timing(&all[i]);
        result->candidates[indices[i]].seconds = timing.median;
        result->candidates[indices[i]].samples = timing.samples;
    }
cleanup:
    free(all);
    return status;
}

static octet_status time_near(const oct_tune_plan *plan, const contender *contenders,
                              oct_tune_result *result)
{
    size_t indices[OCT_TUNE_CANDIDATES], near = 0;
    for (size_t i = 0; i < result->count; i++)
        if (contenders[i].contestant.state != NULL && is_near(result, i))
            indices[near++] = i;
    return time_turns(plan, contenders, indices, near, result);
}

/* ---- The winner ---- */

static double gain_of(const oct_tune_result *result, size_t index)
{
    const oct_candidate *const one = &result->candidates[index];
    return one->seconds > 0 ? oct_tune_gain(result->candidates[result->base].seconds, one->seconds,
                                            one->lead, one->samples)
                            : -INFINITY;
}

/* Among several somebody wins by chance: the best meets the base once more, and what comes of that
 * counts; gains of the others are not borne out. */
static octet_status confirm(const oct_tune_plan *plan, const contender *contenders,
                            oct_tune_result *result)
{
    size_t pair[2] = {result->base, result->base};
    for (size_t i = 0; i < result->count; i++)
        if (gain_of(result, i) > gain_of(result, pair[1]))
            pair[1] = i;
    for (size_t i = 0; i < result->count; i++)
        result->candidates[i].lead *= i == pair[1];
    return pair[1] == result->base ? OCTET_OK : time_turns(plan, contenders, pair, 2, result);
}

/* Adds the problem to the scores of its class. */
static octet_status add_scores(const oct_tune_plan *plan, oct_scores *scores,
                               const oct_tune_result *result)
{
    octet_status status = OCTET_OK;
    for (size_t i = 0; i < result->count; i++) {
        OCT_REQUIRE(plan->log,
                    oct_scores_add(scores, result->class, result->candidates[i].variant,
                                   gain_of(result, i), (double)result->problem.repeat),
                    OCTET_OUT_OF_MEMORY, "out of host memory: %zu scores", scores->count);
    }
cleanup:
    return status;
}

static size_t winner_of(const oct_scores *scores, const oct_tune_result *result)
{
    double gains[OCT_TUNE_CANDIDATES];
    for (size_t i = 0; i < result->count; i++)
        gains[i] = oct_scores_gain(scores, result->class, result->candidates[i].variant);
    return oct_tune_winner(gains, result->count);
}

octet_status oct_tune_problem(const oct_tune_plan *plan, const oct_problem *problem,
                              oct_scores *scores, oct_tune_result *out)
{
    octet_status status = OCTET_OK;
    oct_case c = {0};
    contender *contenders = NULL;
    *out = (oct_tune_result){.problem = *problem, .type = problem->settings.output_type};
    OCT_ALLOC(plan->log, contenders, OCT_TUNE_CANDIDATES);
    OCT_TRY(oct_case_create(plan->log, problem, plan->seed, &c));
    out->shape = oct_case_output(&c);
    OCT_TRY(find_candidates(plan, &c, out));
    OCT_TRY(oct_case_expect(&c, plan->context));
    for (size_t i = 0; i < out->count; i++)
        OCT_TRY(enter(plan, &c, &out->candidates[i], &contenders[i]));
    while (out->base + 1 < out->count && !(out->candidates[out->base].seconds > 0))
        out->base++;
    OCT_TRY(time_near(plan, contenders, out));
    OCT_TRY(confirm(plan, contenders, out));
    OCT_TRY(add_scores(plan, scores, out));
    out->winner = winner_of(scores, out);
    if (out->winner < out->count)
        OCT_TRY(octet_operator_keep_variant(contenders[out->winner].run.execution.op));
cleanup:
    release_all(contenders);
    oct_case_release(&c);
    return status;
}
