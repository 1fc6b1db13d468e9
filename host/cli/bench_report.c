/* bench_report.c - see bench_report.h. */
#include "cli/bench_report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/json.h"
#include "harness/problem_options.h"

double oct_bench_gops(const oct_problem *problem, const oct_timing *timing)
{
    return timing->median > 0 ? oct_problem_operations(problem) / timing->median / 1e9 : 0;
}

static double of_limit(const oct_bench_report *report, const oct_bench_result *result)
{
    return report->limit > 0 ? oct_bench_gops(&result->problem, &result->own) / report->limit : 0;
}

/* In parts of the median. */
static double spread(const oct_timing *timing)
{
    return (timing->high - timing->low) / timing->median;
}

/* Marks a figure that means little: the machine had other things to do. */
static char mark(const oct_timing *timing)
{
    return spread(timing) > 0.5 ? '!' : ' ';
}

static bool is_marked(const oct_bench_report *report, const oct_bench_result *result)
{
    bool marked = !result->different && mark(&result->own) == '!';
    for (size_t p = 0; p < report->plan->peer_count; p++)
        marked |= result->peers[p].samples > 0 && mark(&result->peers[p]) == '!';
    return marked;
}

/* A peer's times over octet's. */
typedef struct ratios {
    size_t problems;     /* that both computed */
    double mean, lowest; /* geometric mean */
} ratios;

static ratios compare_with(const oct_bench_report *report, size_t peer)
{
    ratios r = {.lowest = INFINITY};
    double logs = 0;
    for (size_t i = 0; i < report->count; i++) {
        const oct_bench_result *const result = &report->results[i];
        if (result->peers[peer].samples == 0)
            continue;
        const double ratio = result->peers[peer].median / result->own.median;
        logs += log(ratio);
        r.lowest = fmin(r.lowest, ratio);
        r.problems++;
    }
    r.mean = exp(logs / (double)r.problems);
    return r;
}

/* Seconds of every problem as often as its network has it. */
static double pass_seconds(const oct_bench_report *report)
{
    double seconds = 0;
    for (size_t i = 0; i < report->count; i++)
        seconds += report->results[i].own.median * (double)report->results[i].problem.repeat;
    return seconds;
}

/* ---- Text ---- */

void oct_bench_heading(const oct_bench_report *report)
{
    oct_cli_print("%s (%s)", report->device.name, report->device.platform);
    if (report->limit > 0)
        oct_cli_print(", limit %.0f GOPS", report->limit);
    oct_cli_print("\n");
    for (size_t p = 0; p < report->plan->peer_count; p++) {
        const oct_peer *const peer = report->plan->peers[p];
        char more[160] = "";
        if (peer->describe != NULL)
            peer->describe(more, sizeof more);
        oct_cli_print("against %s: %s%s%s\n", peer->name, peer->what, more[0] != '\0' ? ", " : "",
                      more);
    }
    oct_cli_print("%10s %10s %8s %8s  %s\n", "GOPS", "ms", "spread", "of limit", "problem");
}

static void print_peers(const oct_bench_report *report, const oct_bench_result *result)
{
    for (size_t p = 0; p < report->plan->peer_count; p++) {
        const oct_timing *const timing = &result->peers[p];
        if (timing->samples > 0)
            oct_cli_print("; %s %.1f GOPS%s (octet x %.2f)", report->plan->peers[p]->name,
                          oct_bench_gops(&result->problem, timing), mark(timing) == '!' ? "!" : "",
                          timing->median / result->own.median);
    }
}

void oct_bench_line(const oct_bench_report *report, const oct_bench_result *result)
{
    const oct_timing *const own = &result->own;
    char options[OCT_PROBLEM_TEXT];
    if (result->different)
        oct_cli_print("%10s %10s %8s %8s", "DIFFERENT", "", "", "");
    else
        oct_cli_print("%10.1f %10.4g %7.0f%%%c%7.0f%%", oct_bench_gops(&result->problem, own),
                      1e3 * own->median, 100 * spread(own), mark(own),
                      100 * of_limit(report, result));
    oct_cli_print("  %s %s (%s)", oct_problem_options_text(&result->problem, options),
                  result->problem.text, result->variant);
    print_peers(report, result);
    oct_cli_print("\n");
}

void oct_bench_summary(const oct_bench_report *report)
{
    if (report->count < 2)
        return;
    oct_cli_print("%zu problems, %.4g ms with repetitions", report->count,
                  1e3 * pass_seconds(report));
    for (size_t p = 0; p < report->plan->peer_count; p++) {
        const ratios r = compare_with(report, p);
        if (r.problems > 0)
            oct_cli_print("; octet x %.2f of %s (geometric mean of %zu, lowest %.2f)", r.mean,
                          report->plan->peers[p]->name, r.problems, r.lowest);
    }
    size_t marked = 0;
    for (size_t i = 0; i < report->count; i++)
        marked += is_marked(report, &report->results[i]);
    if (marked > 0)
        oct_cli_print("; %zu marked '!': times differed by more than half, other work was done "
                      "beside",
                      marked);
    oct_cli_print("\n");
}

/* ---- JSON ---- */

static void add_result(cJSON *list, const oct_bench_report *report, const oct_bench_result *result)
{
    cJSON *const item = oct_json_append_object(list);
    char options[OCT_PROBLEM_TEXT];
    oct_json_text(item, "problem", result->problem.text);
    oct_json_text(item, "options", oct_problem_options_text(&result->problem, options));
    oct_json_integer(item, "repeat", (int64_t)result->problem.repeat);
    oct_json_text(item, "variant", result->variant);
    oct_json_text(item, "check", result->different ? "different" : "equal");
    if (result->different) {
        oct_json_null(item, "seconds");
        oct_json_null(item, "gops");
        return;
    }
    oct_json_real(item, "seconds", result->own.median);
    oct_json_real(item, "seconds_low", result->own.low);
    oct_json_real(item, "seconds_high", result->own.high);
    oct_json_integer(item, "samples", (int64_t)result->own.samples);
    oct_json_real(item, "gops", oct_bench_gops(&result->problem, &result->own));
    if (report->limit > 0)
        oct_json_real(item, "of_limit", of_limit(report, result));
    else
        oct_json_null(item, "of_limit");
    cJSON *const against = oct_json_object(item, "against");
    for (size_t p = 0; p < report->plan->peer_count; p++) {
        if (result->peers[p].samples > 0)
            oct_json_real(against, report->plan->peers[p]->name, result->peers[p].median);
    }
}

octet_status oct_bench_json(const oct_bench_report *report)
{
    cJSON *const root = oct_json_create();
    oct_json_text(root, "device", report->device.name);
    oct_json_text(root, "platform", report->device.platform);
    oct_json_text(root, "driver", report->device.driver);
    if (report->limit > 0)
        oct_json_real(root, "limit_gops", report->limit);
    else
        oct_json_null(root, "limit_gops");
    cJSON *const results = oct_json_array(root, "results");
    for (size_t i = 0; i < report->count; i++)
        add_result(results, report, &report->results[i]);
    oct_json_real(root, "pass_seconds", pass_seconds(report));
    cJSON *const against = oct_json_object(root, "against");
    for (size_t p = 0; p < report->plan->peer_count; p++) {
        const ratios r = compare_with(report, p);
        if (r.problems == 0)
            continue;
        cJSON *const item = oct_json_object(against, report->plan->peers[p]->name);
        oct_json_integer(item, "problems", (int64_t)r.problems);
        oct_json_real(item, "geometric_mean", r.mean);
        oct_json_real(item, "lowest", r.lowest);
    }
    const octet_status status = oct_json_print(root);
    cJSON_Delete(root);
    return status;
}

/* ---- CSV ---- */

/* In quotes, with quotes doubled: names and options hold commas and spaces. */
static void write_field(FILE *file, const char *text)
{
    fputc('"', file);
    for (; *text != '\0'; text++) {
        if (*text == '"')
            fputc('"', file);
        fputc(*text, file);
    }
    fputc('"', file);
}

static void write_row(FILE *file, const oct_bench_report *report, const oct_bench_result *result)
{
    char options[OCT_PROBLEM_TEXT];
    write_field(file, report->device.name);
    fputc(',', file);
    write_field(file, result->problem.text);
    fputc(',', file);
    write_field(file, oct_problem_options_text(&result->problem, options));
    fputc(',', file);
    write_field(file, result->variant);
    fprintf(file, ",%zu,%s,%.9g,%.9g,%.9g,%zu,%.9g,%.9g", result->problem.repeat,
            result->different ? "different" : "equal", result->own.median, result->own.low,
            result->own.high, result->own.samples, oct_bench_gops(&result->problem, &result->own),
            of_limit(report, result));
    for (size_t p = 0; p < report->plan->peer_count; p++) {
        fputc(',', file);
        if (result->peers[p].samples > 0)
            fprintf(file, "%.9g", result->peers[p].median);
    }
    fputc('\n', file);
}

void oct_bench_csv(const oct_bench_report *report, FILE *file)
{
    fputs(
        "device,problem,options,variant,repeat,check,seconds,seconds_low,seconds_high,samples,gops,"
        "of_limit",
        file);
    for (size_t p = 0; p < report->plan->peer_count; p++)
        fprintf(file, ",%s_seconds", report->plan->peers[p]->name);
    fputc('\n', file);
    for (size_t i = 0; i < report->count; i++)
        write_row(file, report, &report->results[i]);
}
