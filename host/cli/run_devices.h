/* run_devices.h - the devices that share the images of octet run: on each as many streams as asked for,
 * which are contexts, each with its own queue and its own copy of the network. */
#ifndef OCT_CLI_RUN_DEVICES_H
#define OCT_CLI_RUN_DEVICES_H

#include "cli/session.h"
#include "octet/network.h"

typedef struct oct_run_devices {
    octet_context **contexts; /* [count]; those of one device follow each other */
    octet_network **networks; /* [count] */
    octet_device_info *infos; /* [count] */
    size_t count;
    size_t streams; /* of each device; at least 1 */
} oct_run_devices;

/* oct_run_devices_open - the devices that "list" names (--devices: "all", or what --device takes,
 * with commas between), or the one of the common options where "list" is NULL, "streams" times each.
 * Of "all", those that cannot be opened are left out, with a message. */
octet_status oct_run_devices_open(const oct_common_options *common, const char *list,
                                  size_t streams, oct_run_devices *devices);

/* oct_run_devices_load - the model on each. A file that cannot be opened is the user's fault. */
octet_status oct_run_devices_load(const oct_common_options *common, const char *model,
                                  oct_run_devices *devices);

/* oct_run_devices_prepare - builds kernels and allocates, for "batch" images at once. */
octet_status oct_run_devices_prepare(const oct_run_devices *devices, size_t batch);

void oct_run_devices_close(oct_run_devices *devices);

#endif
