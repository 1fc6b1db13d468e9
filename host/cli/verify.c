/* verify.c - octet verify: random differential testing of devices against the reference. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/problem_args.h"
#include "cli/progress.h"
#include "cli/session.h"
#include "cli/verify_report.h"
#include "core/clock.h"
#include "harness/case.h"
#include "harness/problem_random.h"
#include "harness/shrink.h"

enum { RANDOM_PROBLEMS = 160, MOST_VARIANTS = 256, MOST_DEVICES = 64, MOST_SHRUNK = 3 };
#define STANDARD_SECONDS 40
static const double shrink_seconds = 20;

#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)

typedef struct verify_options {
    bool all_variants, all_devices;
    oct_integer seed;
    double minutes; /* 0: not said */
    oct_common_options common;
} verify_options;

#define FIELD(name) offsetof(verify_options, name)
static const oct_option rows[] = {
    {"all-variants", NULL, oct_parse_flag, FIELD(all_variants),
     .help = "every variant that takes a problem (the chosen one)"},
    {"all-devices", NULL, oct_parse_flag, FIELD(all_devices),
     .help = "every OpenCL device (the best)"},
    {"seed", "S", oct_parse_integer, FIELD(seed), .low = 0, .high = INT64_MAX,
     .help = "of data and random problems (1)"},
    {"minutes", "T", oct_parse_real, FIELD(minutes),
     .help = "go on with random problems for so long"},
};

static oct_usage usage = {
    .command = "verify",
    .purpose =
        "Computes problems on a device and on the reference and compares every bit. Problems are\n"
        "written as benchdnn writes them: MxK:KxN, or mb1ic64ih56oc64kh3ph1. Without any: a\n"
        "standard list of shapes, types and roundings, then random ones; no more are begun "
        "after\n" TEXT(
            STANDARD_SECONDS) " seconds, and the report says how many were run. --all-variants "
                              "runs all of the\nlist however long it takes. Exit status 3: a bit "
                              "differs.",
    .arguments = "[PROBLEM...]",
    .argument = oct_problem_argument,
    .example = "  octet verify\n"
               "  octet verify --all-variants --minutes 10\n"
               "  octet verify --type s8:s8:u8 --zero-points 3:-2:5 --bias 17x65:65x33",
};

/* ---- One device ---- */

typedef struct device_run {
    const verify_options *options;
    octet_context *context, *reference;
    oct_verify_report *report;
    oct_device_report *device;
    uint64_t seed;
} device_run;

/* What is being shrunk: "fails" is asked about simpler problems. */
typedef struct failing_variant {
    const device_run *run;
    const char *variant;
} failing_variant;

/* True when the variant takes the problem and gives other bits than the reference. */
static bool fails(void *state, const oct_problem *problem)
{
    const failing_variant *const failing = state;
    oct_case c = {0};
    oct_case_run run = {0};
    octet_comparison found = {0};
    oct_cli_hold();
    const bool computed =
        oct_case_create(NULL, problem, failing->run->seed, &c) == OCTET_OK &&
        oct_case_expect(&c, failing->run->reference) == OCTET_OK &&
        oct_case_prepare(&c, failing->run->context, failing->variant, &run) == OCTET_OK &&
        oct_case_judge(&c, &run, &found) == OCTET_OK;
    oct_case_run_release(&run);
    oct_case_release(&c);
    oct_cli_release(false);
    return computed && found.mismatches > 0;
}

static octet_status record_failure(const device_run *run, const oct_case *c, const char *variant,
                                   const octet_comparison *found)
{
    failing_variant failing = {run, variant};
    oct_verify_failure failure = {.problem = c->problem,
                                  .shortest = c->problem,
                                  .type = c->layer.output_type,
                                  .shape = oct_case_output(c),
                                  .comparison = *found};
    snprintf(failure.variant, sizeof failure.variant, "%s", variant);
    snprintf(failure.device, sizeof failure.device, "%s", run->device->number);
    if (run->report->failure_count < MOST_SHRUNK) {
        oct_cli_note("%s differs on %s; looking for a shorter problem", variant, c->problem.text);
        oct_problem_shrink(&failure.shortest, fails, &failing, shrink_seconds);
    }
    return oct_verify_report_failure(run->report, &failure, run->seed);
}

static void explain_refusal(const device_run *run, const oct_case *c, const char *variant)
{
    char line[OCT_PROBLEM_TEXT];
    oct_cli_note("refused: %s", oct_problem_line(&c->problem, line));
    if (variant != NULL)
        oct_session_list_variants(run->context, oct_problem_kind_name(c->problem.kind));
}

/* One variant (NULL: the chosen one). A variant that does not take the problem is counted apart. */
static octet_status verify_variant(device_run *run, oct_case *c, const char *variant)
{
    octet_status status = OCTET_OK;
    oct_case_run ready = {0};
    octet_comparison found = {0};
    char name[64] = "";
    oct_cli_hold();
    status = oct_case_prepare(c, run->context, variant, &ready);
    const bool refused = status == OCTET_UNSUPPORTED || status == OCTET_INVALID_ARGUMENT;
    const bool skipped = refused && variant != NULL && run->options->all_variants;
    oct_cli_release(status != OCTET_OK && !skipped);
    if (skipped) {
        run->device->not_taken++;
        status = OCTET_OK;
        goto cleanup;
    }
    if (refused)
        explain_refusal(run, c, variant);
    OCT_TRY(status);
    snprintf(name, sizeof name, "%s", octet_operator_variant(ready.execution.op));
    if (strcmp(name, "reference") == 0) /* nothing to compare */
        goto cleanup;
    OCT_TRY(oct_case_judge(c, &ready, &found));
    run->device->compared++;
    if (found.mismatches > 0)
        OCT_TRY(record_failure(run, c, name, &found));
cleanup:
    oct_case_run_release(&ready);
    return status;
}

static octet_status verify_all_variants(device_run *run, oct_case *c)
{
    octet_status status = OCTET_OK;
    const char *names[MOST_VARIANTS];
    size_t count = 0;
    OCT_TRY(octet_list_variants(run->context, oct_problem_kind_name(c->problem.kind), names,
                                MOST_VARIANTS, &count));
    for (size_t i = 0; i < count && i < MOST_VARIANTS; i++) {
        if (strcmp(names[i], "reference") != 0)
            OCT_TRY(verify_variant(run, c, names[i]));
    }
cleanup:
    return status;
}

static octet_status verify_problem(device_run *run, const oct_problem *problem)
{
    octet_status status = OCTET_OK;
    oct_case c = {0};
    OCT_TRY(oct_case_create(oct_cli_log, problem, run->seed, &c));
    OCT_TRY(oct_case_expect(&c, run->reference));
    run->device->problems++;
    OCT_TRY(run->options->all_variants ? verify_all_variants(run, &c)
                                       : verify_variant(run, &c, run->options->common.variant));
cleanup:
    oct_case_release(&c);
    return status;
}

/* What was asked for is done however long it takes; the standard list keeps its promise of a
 * minute. */
static octet_status verify_list(device_run *run, const oct_problem_list *list, double deadline)
{
    octet_status status = OCTET_OK;
    oct_progress progress;
    oct_progress_start(&progress, "verify", "problems", list->count);
    for (size_t i = 0; i < list->count; i++) {
        if (oct_now() >= deadline) {
            oct_cli_note("verify: time is up after %zu of the %zu standard problems; the programs "
                         "built so far are kept, so another run gets further",
                         i, list->count);
            break;
        }
        oct_progress_step(&progress, i);
        OCT_TRY(verify_problem(run, &list->items[i]));
    }
    run->device->listed = run->device->problems;
cleanup:
    oct_progress_end(&progress);
    return status;
}

/* Random problems, up to "most", while time lasts. */
static octet_status verify_random(device_run *run, size_t most, double deadline)
{
    octet_status status = OCTET_OK;
    oct_random random = oct_random_of(run->seed, "verify");
    oct_progress progress;
    oct_progress_start(&progress, "verify", "random problems", most == SIZE_MAX ? 0 : most);
    for (size_t i = 0; i < most && oct_now() < deadline; i++) {
        oct_problem problem;
        oct_problem_draw(&random, &problem);
        oct_progress_step(&progress, i);
        OCT_TRY(verify_problem(run, &problem));
    }
cleanup:
    oct_progress_end(&progress);
    return status;
}

/* ---- Devices ---- */

/* What every device goes through. */
typedef struct verify_plan {
    const oct_problem_list *list;
    bool standard;          /* the list is the standard one */
    bool brief;             /* the list, too, ends when time is up */
    size_t random_problems; /* after the list, at most */
    double seconds;         /* after which no more begin */
} verify_plan;

static octet_status verify_device(const verify_options *options, const char *device,
                                  const verify_plan *plan, octet_context *reference,
                                  oct_verify_report *report)
{
    octet_status status = OCTET_OK;
    oct_common_options wish = options->common;
    const double deadline = oct_now() + plan->seconds;
    device_run run = {.options = options, .reference = reference, .report = report};
    octet_device_info info;
    size_t number;
    if (device != NULL)
        wish.device = device;
    run.seed = options->seed.given ? (uint64_t)options->seed.value : 1;
    OCT_TRY(oct_session_open(&wish, &run.context));
    octet_context_device(run.context, &info, &number);
    run.device = oct_verify_report_device(report, &info, number);
    const bool on_reference = info.type == OCTET_DEVICE_REFERENCE;
    if (plan->standard)
        run.device->standard = plan->list->count;
    if (!on_reference || !plan->standard) /* what was named is at least looked at */
        OCT_TRY(verify_list(&run, plan->list, plan->brief ? deadline : INFINITY));
    if (!on_reference)
        OCT_TRY(verify_random(&run, plan->random_problems, deadline));
cleanup:
    octet_context_destroy(run.context);
    return status;
}

/* Every OpenCL device; the reference, which is not compared with itself, if it is all there is. */
static octet_status verify_devices(const verify_options *options, verify_plan plan,
                                   octet_context *reference, oct_verify_report *report)
{
    octet_status status = OCTET_OK;
    octet_device_info infos[MOST_DEVICES];
    size_t count = 0;
    if (!options->all_devices)
        return verify_device(options, NULL, &plan, reference, report);
    OCT_TRY(octet_list_devices(infos, MOST_DEVICES, &count));
    const size_t devices = count > 1 ? count - 1 : 1;
    plan.seconds /= (double)devices;
    for (size_t i = 0; i < devices && i < OCT_MOST_DEVICE_REPORTS; i++) {
        char number[24];
        snprintf(number, sizeof number, "%zu", i);
        OCT_TRY(verify_device(options, number, &plan, reference, report));
    }
cleanup:
    return status;
}

/* Without problems: the standard list, and random ones as far as the time allows. */
static octet_status make_plan(const verify_options *options, oct_problem_list *list,
                              verify_plan *plan)
{
    octet_status status = OCTET_OK;
    const bool timed = options->minutes > 0;
    *plan = (verify_plan){
        .list = list, .random_problems = timed ? SIZE_MAX : 0, .seconds = 60 * options->minutes};
    if (list->count > 0 || timed)
        return OCTET_OK;
    OCT_TRY(oct_problem_list_standard(list));
    plan->standard = true;
    plan->brief = !options->all_variants;
    plan->random_problems = RANDOM_PROBLEMS;
    plan->seconds = STANDARD_SECONDS;
cleanup:
    return status;
}

static octet_status check_variant(const verify_options *options)
{
    octet_status status = OCTET_OK;
    OCT_REQUIRE(oct_cli_log, !options->all_variants || options->common.variant == NULL,
                OCTET_INVALID_ARGUMENT, "verify: --variant and --all-variants exclude each other");
cleanup:
    return status;
}

int oct_cli_verify(int argc, char **argv)
{
    octet_status status = OCTET_OK;
    verify_options options = {0};
    oct_problem_list list;
    oct_problem_list_init(&list, oct_cli_log);
    usage.argument_target = &list;
    const oct_option_group groups[] = {{NULL, rows, sizeof rows / sizeof rows[0], &options},
                                       oct_problem_group(&list),
                                       oct_checking_group(&options.common)};
    const oct_common_options on_reference = {.backend = OCTET_BACKEND_REFERENCE};
    octet_context *reference = NULL;
    verify_plan plan;
    oct_verify_report report = {.started = oct_now()};
    const int ended = oct_options_parse(&usage, groups, 3, argc, argv, NULL);
    if (ended >= 0) {
        oct_problem_list_release(&list);
        return ended;
    }
    OCT_TRY(check_variant(&options));
    OCT_TRY(make_plan(&options, &list, &plan));
    OCT_TRY(oct_session_open(&on_reference, &reference));
    OCT_TRY(verify_devices(&options, plan, reference, &report));
    OCT_TRY(oct_verify_report_print(&report, options.common.json));
cleanup:
    octet_context_destroy(reference);
    oct_problem_list_release(&list);
    oct_verify_report_release(&report);
    return oct_cli_exit(status, report.failure_count > 0);
}
