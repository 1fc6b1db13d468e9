/* tune_report.c - see tune_report.h. */
#include "cli/tune_report.h"

#include <math.h>
#include <string.h>

#include "cli/json.h"
#include "harness/problem_options.h"

/* ---- Facts ---- */

static bool has_winner(const oct_tune_result *result)
{
    return result->winner < result->count;
}

/* How many times as fast as the usual row; 0 where one of them is missing or wrong. */
static double gain_of(const oct_tune_result *result)
{
    const double usual = result->candidates[0].seconds;
    return has_winner(result) && usual > 0 ? usual / result->candidates[result->winner].seconds : 0;
}

/* The geometric mean; 0 without any. */
static double mean_gain(const oct_tune_report *report)
{
    double logs = 0;
    size_t count = 0;
    for (size_t i = 0; i < report->count; i++) {
        const double gain = gain_of(&report->results[i]);
        if (gain > 0) {
            logs += log(gain);
            count++;
        }
    }
    return count > 0 ? exp(logs / (double)count) : 0;
}

/* Whether an earlier problem was of the same class, and had a winner. */
static bool is_repeated(const oct_tune_report *report, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (has_winner(&report->results[i]) &&
            strcmp(report->results[i].class, report->results[index].class) == 0)
            return true;
    return false;
}

/* Classes that have a winner now. */
static size_t stored(const oct_tune_report *report)
{
    size_t count = 0;
    for (size_t i = 0; i < report->count; i++)
        count += has_winner(&report->results[i]) && !is_repeated(report, i);
    return count;
}

/* ---- Text ---- */

void oct_tune_heading(const oct_tune_report *report)
{
    oct_cli_print("%s (%s)\n%10s %10s %7s  %-20s  %s\n", report->device.name,
                  report->device.platform, "default ms", "winner ms", "gain", "winner", "problem");
}

void oct_tune_line(const oct_tune_result *result)
{
    char options[OCT_PROBLEM_TEXT];
    const oct_candidate *const usual = &result->candidates[0];
    const oct_candidate *const winner = &result->candidates[result->winner];
    if (!has_winner(result))
        oct_cli_print("%10s %10s %7s  %-20s", "DIFFERENT", "", "", "none");
    else if (gain_of(result) > 0)
        oct_cli_print("%10.4g %10.4g %7.2f  %-20s", 1e3 * usual->seconds, 1e3 * winner->seconds,
                      gain_of(result), result->winner > 0 ? winner->variant : "default kept");
    else
        oct_cli_print("%10s %10.4g %7s  %-20s", "DIFFERENT", 1e3 * winner->seconds, "",
                      winner->variant);
    oct_cli_print("  %s %s\n", oct_problem_options_text(&result->problem, options),
                  result->problem.text);
}

void oct_tune_summary(const oct_tune_report *report)
{
    const size_t classes = stored(report);
    oct_cli_print("%zu of %zu problem%s in %.0f s, winners stored for %zu class%s", report->count,
                  report->listed, report->listed == 1 ? "" : "s", report->seconds, classes,
                  classes == 1 ? "" : "es");
    if (mean_gain(report) > 0)
        oct_cli_print("; they are %.3f times as fast as the defaults (geometric mean)",
                      mean_gain(report));
    oct_cli_print("\n");
}

/* ---- JSON ---- */

static void add_seconds(cJSON *object, const char *name, double seconds)
{
    if (seconds > 0)
        oct_json_real(object, name, seconds);
    else
        oct_json_null(object, name);
}

static void add_candidates(cJSON *item, const oct_tune_result *result)
{
    cJSON *const list = oct_json_array(item, "candidates");
    for (size_t i = 0; i < result->count; i++) {
        const oct_candidate *const candidate = &result->candidates[i];
        cJSON *const one = oct_json_append_object(list);
        oct_json_text(one, "variant", candidate->variant);
        oct_json_text(one, "check", candidate->seconds > 0 ? "equal" : "different");
        add_seconds(one, "seconds", candidate->seconds);
        oct_json_integer(one, "samples", (int64_t)candidate->samples);
    }
}

static void add_result(cJSON *list, const oct_tune_result *result)
{
    cJSON *const item = oct_json_append_object(list);
    char options[OCT_PROBLEM_TEXT];
    const oct_candidate *const winner =
        has_winner(result) ? &result->candidates[result->winner] : NULL;
    oct_json_text(item, "problem", result->problem.text);
    oct_json_text(item, "options", oct_problem_options_text(&result->problem, options));
    oct_json_text(item, "class", result->class);
    oct_json_text(item, "variant", winner != NULL ? winner->variant : NULL);
    oct_json_text(item, "default_variant", result->candidates[0].variant);
    add_seconds(item, "seconds", winner != NULL ? winner->seconds : 0);
    add_seconds(item, "default_seconds", result->candidates[0].seconds);
    add_seconds(item, "gain", gain_of(result));
    add_candidates(item, result);
}

octet_status oct_tune_json(const oct_tune_report *report)
{
    cJSON *const root = oct_json_create();
    oct_json_text(root, "device", report->device.name);
    oct_json_text(root, "platform", report->device.platform);
    oct_json_text(root, "driver", report->device.driver);
    oct_json_real(root, "seconds", report->seconds);
    cJSON *const results = oct_json_array(root, "results");
    for (size_t i = 0; i < report->count; i++)
        add_result(results, &report->results[i]);
    oct_json_integer(root, "problems", (int64_t)report->listed);
    oct_json_integer(root, "stored", (int64_t)stored(report));
    add_seconds(root, "gain", mean_gain(report));
    const octet_status status = oct_json_print(root);
    cJSON_Delete(root);
    return status;
}
