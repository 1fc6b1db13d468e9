/* run_devices.c - see run_devices.h. */
#include "cli/run_devices.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/building.h"

static octet_status reserve(oct_run_devices *devices, size_t most)
{
    octet_status status = OCTET_OK;
    most *= devices->streams; /* small numbers, both */
    OCT_ALLOC(oct_cli_log, devices->contexts, most);
    OCT_ALLOC(oct_cli_log, devices->networks, most);
    OCT_ALLOC(oct_cli_log, devices->infos, most);
cleanup:
    return status;
}

static octet_status open_stream(const oct_common_options *common, oct_run_devices *devices,
                                size_t *index)
{
    octet_status status = OCTET_OK;
    octet_context **const context = &devices->contexts[devices->count];
    OCT_TRY(oct_session_open(common, context));
    octet_context_device(*context, &devices->infos[devices->count], index);
    devices->count++;
cleanup:
    return status;
}

static void close_from(oct_run_devices *devices, size_t first)
{
    while (devices->count > first) {
        octet_network_destroy(devices->networks[--devices->count]);
        octet_context_destroy(devices->contexts[devices->count]);
    }
}

/* One more device, or nothing; "name" NULL is the one that the common options ask for. */
static octet_status open_one(const oct_common_options *common, const char *name,
                             oct_run_devices *devices)
{
    octet_status status = OCTET_OK;
    const size_t first = devices->count;
    oct_common_options own = *common;
    size_t index = 0;
    if (name != NULL)
        own.device = name;
    for (size_t i = 0; i < devices->streams; i++)
        OCT_TRY(open_stream(&own, devices, &index));
    for (size_t i = 0; i < first; i++) {
        octet_device_info info;
        size_t other = 0;
        octet_context_device(devices->contexts[i], &info, &other);
        OCT_REQUIRE(oct_cli_log, other != index, OCTET_INVALID_ARGUMENT,
                    "--devices: '%s' is device %zu, which is in the list already; --streams gives "
                    "a device several batches at once",
                    name, index);
    }
cleanup:
    if (status != OCTET_OK)
        close_from(devices, first);
    return status;
}

/* ---- --devices ---- */

static octet_status open_all(const oct_common_options *common, oct_run_devices *devices)
{
    octet_status status = OCTET_OK, failed = OCTET_OK;
    size_t count = 0;
    OCT_REQUIRE(oct_cli_log, common->backend != OCTET_BACKEND_REFERENCE, OCTET_INVALID_ARGUMENT,
                "--devices all: it means OpenCL devices, which --backend reference rules out");
    OCT_TRY(octet_list_devices(NULL, 0, &count));
    OCT_REQUIRE(oct_cli_log, count > 1, OCTET_NO_DEVICE,
                "--devices all: no OpenCL device was found");
    OCT_TRY(reserve(devices, count));
    for (size_t i = 0; i + 1 < count; i++) { /* the last is the reference */
        char number[24];
        snprintf(number, sizeof number, "%zu", i);
        const octet_status opened = open_one(common, number, devices);
        if (opened == OCTET_OK)
            continue;
        failed = opened;
        oct_cli_note("--devices all: device %zu is left out", i);
    }
    if (devices->count == 0)
        status = failed;
cleanup:
    return status;
}

static octet_status open_listed(const oct_common_options *common, const char *list,
                                oct_run_devices *devices)
{
    octet_status status = OCTET_OK;
    size_t most = 1;
    char *const names = oct_copy_array(list, strlen(list) + 1, 1);
    OCT_REQUIRE(oct_cli_log, names != NULL, OCTET_OUT_OF_MEMORY, "out of host memory");
    for (char *c = names; *c != '\0'; c++)
        most += *c == ',';
    OCT_TRY(reserve(devices, most));
    for (char *name = names; name != NULL;) {
        char *const comma = strchr(name, ',');
        if (comma != NULL)
            *comma = '\0';
        OCT_REQUIRE(oct_cli_log, name[0] != '\0', OCTET_INVALID_ARGUMENT,
                    "--devices is '%s'; it must be all, or numbers in `octet devices` or parts of "
                    "names, with commas between them",
                    list);
        OCT_TRY(open_one(common, name, devices));
        name = comma != NULL ? comma + 1 : NULL;
    }
cleanup:
    free(names);
    return status;
}

octet_status oct_run_devices_open(const oct_common_options *common, const char *list,
                                  size_t streams, oct_run_devices *devices)
{
    octet_status status = OCTET_OK;
    devices->streams = streams;
    OCT_REQUIRE(oct_cli_log, list == NULL || common->device == NULL, OCTET_INVALID_ARGUMENT,
                "--device %s and --devices %s: give one of them", common->device, list);
    if (list == NULL) {
        OCT_TRY(reserve(devices, 1));
        OCT_TRY(open_one(common, NULL, devices));
    } else {
        OCT_TRY(strcmp(list, "all") == 0 ? open_all(common, devices)
                                         : open_listed(common, list, devices));
    }
cleanup:
    return status;
}

/* ---- Networks ---- */

octet_status oct_run_devices_load(const oct_common_options *common, const char *model,
                                  oct_run_devices *devices)
{
    octet_status status = OCTET_OK;
    const octet_network_options how = {.struct_size = sizeof how, .variant = common->variant};
    for (size_t i = 0; i < devices->count; i++) {
        octet_context *const context = devices->contexts[i];
        OCT_TRY(oct_session_require_variant(context, "conv2d", how.variant));
        status = octet_network_load_onnx(context, model, &how, &devices->networks[i]);
        if (status == OCTET_IO_FAILED)
            status = OCTET_INVALID_ARGUMENT;
        OCT_TRY(status);
    }
cleanup:
    return status;
}

octet_status oct_run_devices_prepare(const oct_run_devices *devices, size_t batch)
{
    octet_status status = OCTET_OK;
    for (size_t i = 0; batch > 0 && i < devices->count; i++) {
        oct_building_begin(devices->infos[i].name);
        status = octet_network_prepare(devices->networks[i], batch);
        oct_building_end();
        OCT_TRY(status);
    }
cleanup:
    return status;
}

void oct_run_devices_close(oct_run_devices *devices)
{
    close_from(devices, 0);
    free(devices->infos);
    free(devices->networks);
    free(devices->contexts);
    *devices = (oct_run_devices){0};
}
