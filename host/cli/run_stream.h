/* run_stream.h - the images of octet run on their way from the input files to the output files. */
#ifndef OCT_CLI_RUN_STREAM_H
#define OCT_CLI_RUN_STREAM_H

#include "cli/run_accuracy.h"
#include "cli/run_devices.h"
#include "cli/run_ports.h"

typedef struct oct_run_stream {
    const oct_run_devices *devices;
    oct_run_ports inputs, outputs;
    oct_accuracy accuracy;
    size_t first;   /* image of the inputs at which this process's part begins */
    size_t written; /* image of the outputs at which it begins */
} oct_run_stream;

/* oct_run_stream_run - "images" images of the part through the devices, with a progress bar. With
 * "keep" the results are written and counted; otherwise they come back from the device and are
 * dropped. "options" may ask for layers. */
octet_status oct_run_stream_run(oct_run_stream *stream, size_t images, bool keep,
                                octet_run_options *options);

void oct_run_stream_release(oct_run_stream *stream);

#endif
