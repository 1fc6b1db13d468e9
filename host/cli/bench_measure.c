/* bench_measure.c - see bench_measure.h. */
#include "cli/bench_measure.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/message.h"

enum { TURNS = 5 };

/* Beside which a thread that begins 40 microseconds late is little. */
static const double sample_seconds = 4e-3;

static octet_status create_peers(const oct_bench_plan *plan, const oct_problem *problem,
                                 oct_contestant *peers)
{
    octet_status status = OCTET_OK;
    octet_device_info device;
    octet_context_device(plan->context, &device, NULL);
    for (size_t i = 0; i < plan->peer_count; i++) {
        peers[i].run = plan->peers[i]->run;
        peers[i].finish = plan->peers[i]->finish;
        OCT_TRY(plan->peers[i]->create(oct_cli_log, problem, &device, &peers[i].state));
    }
cleanup:
    return status;
}

static octet_status judge(const oct_case *c, oct_case_run *run, oct_bench_result *out)
{
    const octet_status status = oct_case_judge(c, run, &out->comparison);
    out->different = status == OCTET_OK && out->comparison.mismatches > 0;
    return status;
}

static octet_status time_all(const oct_bench_plan *plan, const oct_case *c, oct_case_run *run,
                             oct_bench_result *out)
{
    octet_status status = OCTET_OK;
    const size_t count = 1 + plan->peer_count;
    const oct_turns turns = {plan->seconds, plan->seconds / (double)(count * TURNS),
                             .settle = count > 1};
    oct_contestant *all = NULL;
    OCT_ALLOC(oct_cli_log, all, 1 + OCT_MOST_PEERS);
    oct_contestant_execution(&all[0], &run->execution);
    OCT_TRY(create_peers(plan, &out->problem, all + 1));
    for (size_t i = 0; i < count; i++) {
        if (all[i].state != NULL && !plan->wait)
            OCT_TRY(oct_contestant_queue(&all[i], sample_seconds, NULL));
    }
    OCT_TRY(judge(c, run, out)); /* as it is played from now on */
    if (out->different)
        goto cleanup;
    OCT_TRY(oct_contest(all, count, &turns));
    out->own = oct_contestant_timing(&all[0]);
    for (size_t p = 0; p < plan->peer_count; p++)
        out->peers[p] = oct_contestant_timing(&all[1 + p]);
cleanup:
    for (size_t p = 0; all != NULL && p < plan->peer_count; p++)
        plan->peers[p]->destroy(all[1 + p].state);
    free(all);
    return status;
}

octet_status oct_bench_measure(const oct_bench_plan *plan, const oct_problem *problem,
                               oct_bench_result *out)
{
    octet_status status = OCTET_OK;
    oct_case c = {0};
    oct_case_run run = {0};
    *out = (oct_bench_result){.problem = *problem, .type = problem->settings.output_type};
    OCT_TRY(oct_case_create(oct_cli_log, problem, plan->seed, &c));
    OCT_TRY(oct_case_prepare(&c, plan->context, plan->variant, &run));
    snprintf(out->variant, sizeof out->variant, "%s", octet_operator_variant(run.execution.op));
    out->shape = oct_case_output(&c);
    OCT_TRY(oct_case_expect(&c, plan->context));
    OCT_TRY(judge(&c, &run, out)); /* also the warm-up */
    if (!out->different)
        OCT_TRY(time_all(plan, &c, &run, out));
cleanup:
    oct_case_run_release(&run);
    oct_case_release(&c);
    return status;
}
