/* bench_report.h - what octet bench has measured, as text, CSV and JSON. */
#ifndef OCT_CLI_BENCH_REPORT_H
#define OCT_CLI_BENCH_REPORT_H

#include "cli/bench_measure.h"
#include "cli/output.h"

typedef struct oct_bench_report {
    octet_device_info device;
    double limit; /* 10^9 operations per second; 0: unknown */
    const oct_bench_plan *plan;
    const oct_bench_result *results;
    size_t count;
} oct_bench_report;

/* oct_bench_gops - 0 when it was not timed. */
double oct_bench_gops(const oct_problem *problem, const oct_timing *timing);

/* oct_bench_line - one result as a line of text on standard output. */
void oct_bench_heading(const oct_bench_report *report);
void oct_bench_line(const oct_bench_report *report, const oct_bench_result *result);

/* oct_bench_summary - over all results: the time of one pass, and each peer's times over octet's. */
void oct_bench_summary(const oct_bench_report *report);

octet_status oct_bench_json(const oct_bench_report *report);
void oct_bench_csv(const oct_bench_report *report, FILE *file);

#endif
