/* tune.c - octet tune: finds the fastest variant for problems, and keeps it for later runs. */
#include <math.h>
#include <stdlib.h>

#include "cli/command.h"
#include "cli/difference.h"
#include "cli/problem_args.h"
#include "cli/progress.h"
#include "cli/session.h"
#include "cli/tune_report.h"
#include "core/clock.h"

#define USUAL_MINUTES 3
static const double most_seconds = 1;   /* of timing per problem */
static const double timing_share = 0.7; /* of a problem's time; the rest builds and verifies */

#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)

typedef struct tune_options {
    double minutes;
    oct_common_options common;
} tune_options;

static const oct_option rows[] = {
    {"minutes", "T", oct_parse_real, offsetof(tune_options, minutes),
     .help = "after which no more problems are begun (" TEXT(USUAL_MINUTES) ")"},
};

static oct_usage usage = {
    .command = "tune",
    .purpose =
        "Finds the fastest variant for problems by trying, and keeps the winners in the cache\n"
        "folder: from then on they are chosen on this device for all problems of the same\n"
        "class, which is those of the same kernel, types and sizes to the nearest power of two.\n"
        "Every candidate is first compared with the reference, bit for bit; then all take turns.\n"
        "The default stays unless another is faster by 3%; problems of one class share a winner.\n"
        "Tuning changes speed, never a result. Without problems: matrix products and layers of\n"
        "well-known networks. Ctrl-C keeps the winners found so far. OCTET_CACHE_DIR= runs a\n"
        "command without winners, --variant with another row; `octet devices` counts winners.\n"
        "With --variant here, that row alone is compared with the default.",
    .arguments = "[PROBLEM...]",
    .argument = oct_problem_argument,
    .example = "  octet tune\n"
               "  octet tune --type u8:s8:u8 mb1ic64ih56oc64kh3ph1 128x768:768x3072\n"
               "  octet tune --minutes 20 --file layers.txt",
};

/* ---- All problems ---- */

static void report_differences(const oct_tune_result *result)
{
    for (size_t i = 0; i < result->count; i++)
        if (result->candidates[i].comparison.mismatches > 0)
            oct_check_report(result->problem.text, result->candidates[i].variant, result->type,
                             &result->shape, &result->candidates[i].comparison);
}

static bool any_different(const oct_tune_report *report)
{
    for (size_t i = 0; i < report->count; i++)
        for (size_t j = 0; j < report->results[i].count; j++)
            if (report->results[i].candidates[j].comparison.mismatches > 0)
                return true;
    return false;
}

static octet_status tune_all(const tune_options *options, oct_tune_plan *plan,
                             const oct_problem_list *list, oct_tune_report *report,
                             oct_tune_result *results)
{
    octet_status status = OCTET_OK;
    const double deadline = oct_now() + 60 * options->minutes;
    oct_scores scores = {0};
    oct_progress progress;
    oct_progress_start(&progress, "tune", "problems", list->count);
    for (size_t i = 0; i < list->count; i++) {
        const double left = deadline - oct_now();
        if (i > 0 && left <= 0) {
            oct_cli_note("tune: time is up after %zu of %zu problems; --minutes allows for more", i,
                         list->count);
            break;
        }
        oct_progress_step(&progress, i);
        plan->seconds = fmin(most_seconds, timing_share * left / (double)(list->count - i));
        OCT_TRY(oct_tune_problem(plan, &list->items[i], &scores, &results[i]));
        report->count++;
        oct_progress_clear();
        if (!options->common.json && i == 0)
            oct_tune_heading(report);
        if (!options->common.json)
            oct_tune_line(&results[i]);
        report_differences(&results[i]);
    }
cleanup:
    oct_progress_end(&progress);
    free(scores.items);
    return status;
}

static octet_status tune(const tune_options *options, const oct_problem_list *list, bool *different)
{
    octet_status status = OCTET_OK;
    const double began = oct_now();
    oct_tune_plan plan = {.log = oct_cli_log, .variant = options->common.variant, .seed = 1};
    oct_tune_report report = {.listed = list->count};
    oct_tune_result *results = NULL;
    OCT_ALLOC(oct_cli_log, results, list->count);
    report.results = results;
    OCT_TRY(oct_session_open(&options->common, &plan.context));
    octet_context_device(plan.context, &report.device, NULL);
    if (report.device.type == OCTET_DEVICE_REFERENCE)
        oct_cli_note("NOTHING IS TUNED: the reference has one variant");
    else
        OCT_TRY(tune_all(options, &plan, list, &report, results));
    report.seconds = oct_now() - began;
    if (!options->common.json)
        oct_tune_summary(&report);
    OCT_TRY(options->common.json ? oct_tune_json(&report) : oct_cli_flush());
    *different = any_different(&report);
cleanup:
    octet_context_destroy(plan.context);
    free(results);
    return status;
}

int oct_cli_tune(int argc, char **argv)
{
    octet_status status = OCTET_OK;
    tune_options options = {.minutes = USUAL_MINUTES};
    bool different = false;
    oct_problem_list list;
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
    if (list.count == 0)
        OCT_TRY(oct_tune_usual(&list));
    OCT_TRY(tune(&options, &list, &different));
cleanup:
    oct_problem_list_release(&list);
    return oct_cli_exit(status, different);
}
