/* verify_report.c - see verify_report.h. */
#include "cli/verify_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/difference.h"
#include "cli/json.h"
#include "core/clock.h"

oct_device_report *oct_verify_report_device(oct_verify_report *report,
                                            const octet_device_info *info, size_t number)
{
    oct_device_report *const device = &report->devices[report->device_count++];
    *device = (oct_device_report){.info = *info};
    snprintf(device->number, sizeof device->number, "%zu", number);
    return device;
}

static octet_status make_command(const oct_verify_failure *failure, uint64_t seed, char **out)
{
    octet_status status = OCTET_OK;
    enum { SIZE = OCT_PROBLEM_TEXT + 200 };
    char line[OCT_PROBLEM_TEXT];
    OCT_ALLOC(oct_cli_log, *out, SIZE);
    snprintf(*out, SIZE, "octet verify --device %s --variant %s --seed %" PRIu64 " %s",
             failure->device, failure->variant, seed, oct_problem_line(&failure->shortest, line));
cleanup:
    return status;
}

octet_status oct_verify_report_failure(oct_verify_report *report, const oct_verify_failure *failure,
                                       uint64_t seed)
{
    octet_status status = OCTET_OK;
    char text[OCT_DIFFERENCE_TEXT], line[OCT_PROBLEM_TEXT];
    oct_verify_failure *const grown =
        realloc(report->failures, (report->failure_count + 1) * sizeof *grown);
    OCT_REQUIRE(oct_cli_log, grown != NULL, OCTET_OUT_OF_MEMORY, "out of host memory");
    report->failures = grown;
    oct_verify_failure *const kept = &grown[report->failure_count];
    *kept = *failure;
    OCT_TRY(make_command(failure, seed, &kept->command));
    report->failure_count++;
    oct_cli_note("FAILED %s, variant %s: %s", oct_problem_line(&failure->problem, line),
                 failure->variant,
                 oct_difference_text(failure->type, &failure->shape, &failure->comparison, text));
    oct_cli_note("shortest failing problem: %s", oct_problem_line(&failure->shortest, line));
    oct_cli_note("reproduce: %s", kept->command);
cleanup:
    return status;
}

/* ---- Printing ---- */

static void add_failure(cJSON *list, const oct_verify_failure *failure)
{
    cJSON *const item = oct_json_append_object(list);
    char line[OCT_PROBLEM_TEXT];
    oct_json_text(item, "problem", oct_problem_line(&failure->problem, line));
    oct_json_text(item, "shortest", oct_problem_line(&failure->shortest, line));
    oct_json_text(item, "device", failure->device);
    oct_json_text(item, "variant", failure->variant);
    oct_json_integer(item, "mismatches", (int64_t)failure->comparison.mismatches);
    oct_json_real(item, "expected", failure->comparison.expected);
    oct_json_real(item, "actual", failure->comparison.actual);
    oct_json_text(item, "command", failure->command);
}

static void add_device(cJSON *list, const oct_device_report *device)
{
    cJSON *const item = oct_json_append_object(list);
    oct_json_text(item, "device", device->info.name);
    oct_json_text(item, "platform", device->info.platform);
    oct_json_integer(item, "problems", (int64_t)device->problems);
    if (device->standard > 0) {
        oct_json_integer(item, "standard_problems", (int64_t)device->standard);
        oct_json_integer(item, "standard_problems_run", (int64_t)device->listed);
    }
    oct_json_integer(item, "compared", (int64_t)device->compared);
    oct_json_integer(item, "not_taken", (int64_t)device->not_taken);
}

static size_t comparisons(const oct_verify_report *report)
{
    size_t count = 0;
    for (size_t i = 0; i < report->device_count; i++)
        count += report->devices[i].compared;
    return count;
}

static octet_status print_json(const oct_verify_report *report)
{
    cJSON *const root = oct_json_create();
    cJSON *const devices = oct_json_array(root, "devices");
    cJSON *const failures = oct_json_array(root, "failures");
    for (size_t i = 0; i < report->device_count; i++)
        add_device(devices, &report->devices[i]);
    for (size_t i = 0; i < report->failure_count; i++)
        add_failure(failures, &report->failures[i]);
    oct_json_real(root, "seconds", oct_now() - report->started);
    oct_json_text(root, "check",
                  report->failure_count > 0  ? "different"
                  : comparisons(report) == 0 ? "not run"
                                             : "equal");
    const octet_status status = oct_json_print(root);
    cJSON_Delete(root);
    return status;
}

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

static void print_device(const oct_device_report *device)
{
    const size_t random = device->problems - device->listed;
    oct_cli_print("%s: ", device->info.name);
    if (device->standard > 0)
        oct_cli_print("%zu of the %zu standard problems and %zu random one%s", device->listed,
                      device->standard, random, plural(random));
    else
        oct_cli_print("%zu problem%s", device->problems, plural(device->problems));
    oct_cli_print(", %zu comparison%s\n", device->compared, plural(device->compared));
}

octet_status oct_verify_report_print(const oct_verify_report *report, bool json)
{
    if (json)
        return print_json(report);
    const double seconds = oct_now() - report->started;
    for (size_t i = 0; i < report->device_count; i++)
        print_device(&report->devices[i]);
    if (report->failure_count > 0)
        oct_cli_print("%zu comparison%s FAILED (%.1f s)\n", report->failure_count,
                      plural(report->failure_count), seconds);
    else if (comparisons(report) == 0)
        oct_cli_print("NOTHING WAS COMPARED: it is the reference that others are compared with "
                      "(--backend opencl fails where there is no device)\n");
    else
        oct_cli_print("every bit equals the reference (%.1f s)\n", seconds);
    return oct_cli_flush();
}

void oct_verify_report_release(oct_verify_report *report)
{
    for (size_t i = 0; i < report->failure_count; i++)
        free(report->failures[i].command);
    free(report->failures);
    report->failures = NULL;
}
