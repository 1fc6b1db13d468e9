/* tune_report.h - what octet tune has found, as text and JSON. */
#ifndef OCT_CLI_TUNE_REPORT_H
#define OCT_CLI_TUNE_REPORT_H

#include "tune/tune.h"

typedef struct oct_tune_report {
    octet_device_info device;
    double seconds; /* all of it took */
    size_t listed;  /* problems asked for */
    const oct_tune_result *results;
    size_t count;
} oct_tune_report;

/* oct_tune_line - one result as a line of text on standard output. */
void oct_tune_heading(const oct_tune_report *report);
void oct_tune_line(const oct_tune_result *result);

/* oct_tune_summary - how many winners were stored, and how much faster they are than the defaults. */
void oct_tune_summary(const oct_tune_report *report);

octet_status oct_tune_json(const oct_tune_report *report);

#endif
