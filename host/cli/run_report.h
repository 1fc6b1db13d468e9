/* run_report.h - what octet run tells at its end. */
#ifndef OCT_CLI_RUN_REPORT_H
#define OCT_CLI_RUN_REPORT_H

#include "cli/run_stream.h"

typedef struct oct_run_outcome {
    const char *model;
    size_t images, batch;     /* a batch of 0: there are no images */
    size_t repeat;            /* timed runs after the first; 0: the first itself */
    double seconds;           /* one run; the mean of those with --repeat */
    double first_run_seconds; /* from opening the device to the first outputs */
    double timed_images;      /* how many the layers' seconds are for, on average; 0: not timed */
    bool checked, traced;
    size_t processes; /* that share the images; the figures are those of all */
    octet_network_check check;
} oct_run_outcome;

octet_status oct_run_print_json(const oct_run_outcome *outcome, const oct_run_stream *stream);
octet_status oct_run_print_text(const oct_run_outcome *outcome, const oct_run_stream *stream);

#endif
