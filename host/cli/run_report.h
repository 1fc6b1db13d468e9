/* run_report.h - what octet run tells at its end. */
#ifndef OCT_CLI_RUN_REPORT_H
#define OCT_CLI_RUN_REPORT_H

#include "cli/run_ports.h"

typedef struct oct_run_outcome {
    const char *model;
    octet_device_info device;
    const octet_network *network;
    const oct_run_ports *inputs, *outputs;
    size_t images, batch; /* a batch of 0: there are no images */
    size_t repeat;        /* timed runs after the first; 0: the first itself */
    double seconds;       /* one run; the mean of those with --repeat */
    double first_run_seconds;
    double timed_images; /* how many the layers' seconds are for, on average; 0: not timed */
    bool labelled;
    size_t right, labels;
    bool checked;
    octet_network_check check;
} oct_run_outcome;

/* oct_run_count_right - how often the largest number along the first output's last axis is where
 * the label says; "labels" is an array of integers, one per row. */
octet_status oct_run_count_right(const oct_run_ports *outputs, const oct_array *labels,
                                 size_t *right);

octet_status oct_run_print_json(const oct_run_outcome *outcome);
octet_status oct_run_print_text(const oct_run_outcome *outcome);

#endif
