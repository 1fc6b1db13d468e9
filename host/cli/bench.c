/* bench.c - octet bench: how fast problems are solved, beside the device's limit and other
 * libraries. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/bench_report.h"
#include "cli/command.h"
#include "cli/difference.h"
#include "cli/problem_args.h"
#include "cli/progress.h"
#include "cli/session.h"

enum { MOST_PROBES = 32 };

typedef struct bench_options {
    const char *csv;
    oct_bench_plan plan; /* peers and seconds come from options */
    oct_common_options common;
} bench_options;

static octet_status parse_against(const oct_option *option, const char *value, void *target);
static char against_help[128]; /* made by describe_peers */

#define FIELD(name) offsetof(bench_options, name)
static const oct_option rows[] = {
    {"csv", "FILE", oct_parse_text, FIELD(csv), .help = "the results as a table (none)"},
    {"against", "NAMES", parse_against, FIELD(plan), .help = against_help},
    {"wait", NULL, oct_parse_flag, FIELD(plan.wait),
     .help = "wait for every run: adds the latency of a launch. Otherwise\n"
             "                            as many as last 4 ms, 400 at most, are recorded and\n"
             "                            played as one command, as the layers of a network are"},
    {"seconds", "T", oct_parse_real, FIELD(plan.seconds),
     .help = "of measuring per problem, or 1000 samples (0.5)"},
};

static oct_usage usage = {
    .command = "bench",
    .purpose =
        "Times problems, each after its result was compared with the reference. Building is\n"
        "never timed. Without problems: a short list. The columns:\n"
        "  GOPS      10^9 operations per second, a multiplication and an addition each, at the\n"
        "            median of many runs\n"
        "  spread    from the fastest to the slowest of the middle eight tenths of the runs, as a\n"
        "            share of the median; above 50%, marked with !, the machine was busy\n"
        "  of limit  GOPS as a share of the device's limit: what its fastest dot-product path\n"
        "            reached just before, on data that stay in the first cache",
    .arguments = "[PROBLEM...]",
    .argument = oct_problem_argument,
    .example = "  octet bench 1024x1024:1024x1024\n"
               "  octet bench --type u8:s8:u8 mb1ic64ih56oc64kh3ph1 --against openblas --csv t.csv",
};

/* What is timed when nothing is named: squares, and layers of ResNet-50 and MobileNet. */
static const char *const usual[] = {
    "512x512:512x512",          "1024x1024:1024x1024",     "2048x2048:2048x2048",
    "mb1ic3ih224oc64kh7sh2ph3", "mb1ic64ih56oc64kh1",      "mb1ic64ih56oc64kh3ph1",
    "mb1ic256ih14oc1024kh1",    "mb1ic256ih14oc256kh3ph1", "g32mb1ic32ih112oc32kh3ph1",
};

/* ---- Peers ---- */

/* "onednn,openblas", or "none". */
static const char *peer_names(char text[64])
{
    size_t length = 0;
    snprintf(text, 64, "none");
    for (size_t i = 0; oct_peers[i] != NULL; i++)
        length += (size_t)snprintf(text + length, 64 - length, "%s%s", i > 0 ? "," : "",
                                   oct_peers[i]->name);
    return text;
}

static void describe_peers(void)
{
    char names[64];
    snprintf(against_help, sizeof against_help, "time these too; compiled in: %s (none)",
             peer_names(names));
}

static octet_status refuse_peer(const char *name)
{
    char names[64];
    return oct_report(oct_cli_log, OCTET_INVALID_ARGUMENT,
                      "--against '%s': not compiled in; libdnnl-dev (onednn), libopenblas-dev and "
                      "libclblast-dev, where installed, are when octet is built again; this "
                      "program has: %s",
                      name, peer_names(names));
}

static octet_status add_peer(oct_bench_plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->peer_count; i++) {
        if (strcmp(plan->peers[i]->name, name) == 0)
            return OCTET_OK;
    }
    for (size_t i = 0; oct_peers[i] != NULL; i++) {
        if (strcmp(oct_peers[i]->name, name) == 0) {
            plan->peers[plan->peer_count++] = oct_peers[i];
            return OCTET_OK;
        }
    }
    return refuse_peer(name);
}

static octet_status parse_against(const oct_option *option, const char *value, void *target)
{
    octet_status status = OCTET_OK;
    (void)option;
    for (;;) {
        char name[32];
        const size_t length = strcspn(value, ",");
        snprintf(name, sizeof name, "%.*s", (int)(length < 31 ? length : 31), value);
        OCT_TRY(add_peer(target, name));
        if (value[length] == '\0')
            break;
        value += length + 1;
    }
cleanup:
    return status;
}

/* ---- The limit ---- */

/* The kept path's speed, measured now: a second context that remembers nothing probes afresh. */
static double measure_limit(size_t index)
{
    char number[24];
    octet_probe probes[MOST_PROBES];
    octet_context *context = NULL;
    double best = 0;
    size_t count = 0;
    snprintf(number, sizeof number, "%zu", index);
    const octet_context_desc desc = {
        .struct_size = sizeof desc, .device = number, .cache_directory = ""};
    if (octet_context_create(&desc, &context) == OCTET_OK)
        octet_context_probes(context, probes, MOST_PROBES, &count);
    for (size_t i = 0; i < count && i < MOST_PROBES; i++) {
        if (probes[i].kept && probes[i].gops > best)
            best = probes[i].gops;
    }
    octet_context_destroy(context);
    return best;
}

/* ---- All problems ---- */

static octet_status measure_all(const bench_options *options, const oct_problem_list *list,
                                oct_bench_report *report, oct_bench_result *results)
{
    octet_status status = OCTET_OK;
    oct_progress progress;
    oct_progress_start(&progress, "bench", "problems", list->count);
    for (size_t i = 0; i < list->count; i++) {
        oct_bench_result *const result = &results[i];
        oct_progress_step(&progress, i);
        OCT_TRY(oct_bench_measure(&options->plan, &list->items[i], result));
        report->count++;
        oct_progress_clear();
        if (!options->common.json)
            oct_bench_line(report, result);
        if (result->different)
            oct_check_report(result->problem.text, result->variant, result->type, &result->shape,
                             &result->comparison);
    }
cleanup:
    oct_progress_end(&progress);
    return status;
}

static bool any_different(const oct_bench_report *report)
{
    for (size_t i = 0; i < report->count; i++) {
        if (report->results[i].different)
            return true;
    }
    return false;
}

static octet_status bench(bench_options *options, const oct_problem_list *list, oct_output *csv,
                          bool *different)
{
    octet_status status = OCTET_OK;
    oct_bench_report report = {.plan = &options->plan};
    oct_bench_result *results = NULL;
    size_t index = 0;
    OCT_ALLOC(oct_cli_log, results, list->count);
    report.results = results;
    OCT_TRY(oct_session_open(&options->common, &options->plan.context));
    octet_context_device(options->plan.context, &report.device, &index);
    if (report.device.type != OCTET_DEVICE_REFERENCE)
        report.limit = measure_limit(index);
    if (!options->common.json)
        oct_bench_heading(&report);
    OCT_TRY(measure_all(options, list, &report, results));
    if (!options->common.json)
        oct_bench_summary(&report);
    if (csv != NULL)
        oct_bench_csv(&report, oct_output_file(csv));
    if (csv != NULL)
        OCT_TRY(oct_output_commit(csv));
    OCT_TRY(options->common.json ? oct_bench_json(&report) : oct_cli_flush());
    *different = any_different(&report);
cleanup:
    octet_context_destroy(options->plan.context);
    free(results);
    return status;
}

static octet_status add_usual(oct_problem_list *list)
{
    octet_status status = OCTET_OK;
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
        OCT_TRY(oct_problem_list_add(list, usual[i]));
cleanup:
    return status;
}

int oct_cli_bench(int argc, char **argv)
{
    octet_status status = OCTET_OK;
    bench_options options = {.plan = {.seconds = 0.5, .seed = 1}};
    bool different = false;
    oct_output *csv = NULL;
    oct_problem_list list;
    describe_peers();
    oct_problem_list_init(&list, oct_cli_log);
    usage.argument_target = &list;
    const oct_option_group groups[] = {{NULL, rows, sizeof rows / sizeof rows[0], &options},
                                       oct_problem_group(&list),
                                       oct_checking_group(&options.common)};
    const int ended = oct_options_parse(&usage, groups, 3, argc, argv, NULL);
    if (ended >= 0) {
        oct_problem_list_release(&list);
        return ended;
    }
    options.plan.variant = options.common.variant;
    if (list.count == 0)
        OCT_TRY(add_usual(&list));
    if (options.csv != NULL)
        OCT_TRY(oct_output_open(options.csv, &csv));
    OCT_TRY(bench(&options, &list, csv, &different));
cleanup:
    oct_output_destroy(csv);
    oct_problem_list_release(&list);
    return oct_cli_exit(status, different);
}
