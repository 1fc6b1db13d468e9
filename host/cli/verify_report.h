/* verify_report.h - what octet verify has found. */
#ifndef OCT_CLI_VERIFY_REPORT_H
#define OCT_CLI_VERIFY_REPORT_H

#include "cli/message.h"
#include "harness/problem.h"

#define OCT_MOST_DEVICE_REPORTS 32

typedef struct oct_device_report {
    octet_device_info info;
    char number[24];
    size_t problems, compared; /* variants count one by one; the reference not at all */
    size_t listed;             /* of the problems, those named or of the standard list */
    size_t standard;           /* length of the standard list; 0: it was not asked for */
    size_t not_taken;          /* variants that do not take a problem */
} oct_device_report;

typedef struct oct_verify_failure {
    oct_problem problem, shortest;
    char variant[64], device[24];
    octet_type type;
    octet_shape shape; /* of the problem's result */
    octet_comparison comparison;
    char *command; /* set by oct_verify_report_failure */
} oct_verify_failure;

/* Starts as {.started = oct_now()}. */
typedef struct oct_verify_report {
    double started;
    oct_device_report devices[OCT_MOST_DEVICE_REPORTS];
    size_t device_count;
    oct_verify_failure *failures;
    size_t failure_count;
} oct_verify_report;

/* oct_verify_report_device - a line for one more device; valid as long as the report. */
oct_device_report *oct_verify_report_device(oct_verify_report *report,
                                            const octet_device_info *info, size_t number);

/* oct_verify_report_failure - keeps a copy and says it on standard error, with the command that
 * shows it again. */
octet_status oct_verify_report_failure(oct_verify_report *report, const oct_verify_failure *failure,
                                       uint64_t seed);

octet_status oct_verify_report_print(const oct_verify_report *report, bool json);
void oct_verify_report_release(oct_verify_report *report);

#endif
