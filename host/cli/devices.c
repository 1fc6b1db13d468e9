/* devices.c - octet devices: what can compute here, and which dot-product path each device uses. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/command.h"
#include "cli/json.h"
#include "cli/options.h"
#include "core/build.h"
#include "harness/building.h"

enum { MOST_PROBES = 32 };

typedef struct devices_options {
    bool json, probe;
} devices_options;

static const oct_option rows[] = {
    {"probe", NULL, oct_parse_flag, offsetof(devices_options, probe),
     .help = "measure every path now, instead of remembering"},
    {"json", NULL, oct_parse_flag, offsetof(devices_options, json),
     .help = "one JSON object on standard output"},
};

static const oct_usage usage = {
    .command = "devices",
    .purpose =
        "Lists every OpenCL device, and last the reference that runs on the CPU. Each device\n"
        "passes a self-test, and the fastest way it multiplies 8-bit numbers correctly is\n"
        "found by trying; --probe shows all that were tried.",
    .arguments = "",
    .example = "  octet devices\n  octet devices --probe",
};

/* One device and what was found out about it. */
typedef struct device_row {
    octet_device_info info;
    bool selected; /* the one that --backend auto takes */
    bool opened;   /* false: it failed; standard error says why */
    octet_probe probes[MOST_PROBES];
    size_t probe_count;
    size_t winners; /* classes of problems that were tuned */
    bool chains;    /* octet_context_chains: with --probe */
    const char *no_chains;
} device_row;

static const char *const type_names[] = {
    [OCTET_DEVICE_GPU] = "gpu",
    [OCTET_DEVICE_CPU] = "cpu",
    [OCTET_DEVICE_ACCELERATOR] = "accelerator",
    [OCTET_DEVICE_REFERENCE] = "reference",
};

/* ---- Finding out ---- */

/* Of a context that remembers, as other commands open it. */
static size_t count_winners(const char *number)
{
    octet_context *context = NULL;
    const octet_context_desc desc = {.struct_size = sizeof desc, .device = number};
    const size_t count =
        octet_context_create(&desc, &context) == OCTET_OK ? octet_context_winners(context) : 0;
    octet_context_destroy(context);
    return count;
}

/* A device that cannot be opened stays in the list. */
static void examine(device_row *row, size_t index, bool fresh)
{
    char number[24];
    octet_context *context = NULL;
    snprintf(number, sizeof number, "%zu", index);
    const bool reference = row->info.type == OCTET_DEVICE_REFERENCE;
    const octet_context_desc desc = {.struct_size = sizeof desc,
                                     .backend =
                                         reference ? OCTET_BACKEND_REFERENCE : OCTET_BACKEND_OPENCL,
                                     .device = number,
                                     .cache_directory = fresh ? "" : NULL,
                                     .message = oct_cli_log->message,
                                     .message_user = oct_cli_log->user};
    oct_building_begin(row->info.name);
    row->opened = octet_context_create(&desc, &context) == OCTET_OK;
    oct_building_end();
    if (row->opened) {
        octet_context_probes(context, row->probes, MOST_PROBES, &row->probe_count);
        row->winners = fresh ? count_winners(number) : octet_context_winners(context);
        row->no_chains = fresh && !reference ? octet_context_chains(context) : NULL;
        row->chains = fresh && !reference && row->no_chains == NULL;
    }
    if (row->probe_count > MOST_PROBES)
        row->probe_count = MOST_PROBES;
    octet_context_destroy(context);
}

/* What "auto" would open. No messages: each device has had its turn to complain. */
static size_t selected_index(size_t fallback)
{
    octet_context *context = NULL;
    octet_device_info info;
    size_t index = fallback;
    if (octet_context_create(NULL, &context) == OCTET_OK)
        octet_context_device(context, &info, &index);
    octet_context_destroy(context);
    return index;
}

static octet_status list_devices(octet_device_info **infos, size_t *count)
{
    octet_status status = OCTET_OK;
    OCT_TRY(octet_list_devices(NULL, 0, count));
    OCT_ALLOC(oct_cli_log, *infos, *count);
    OCT_TRY(octet_list_devices(*infos, *count, count));
cleanup:
    return status;
}

static octet_status gather(bool fresh, device_row **rows_out, size_t *count)
{
    octet_status status = OCTET_OK;
    octet_device_info *infos = NULL;
    OCT_TRY(list_devices(&infos, count));
    OCT_ALLOC(oct_cli_log, *rows_out, *count);
    for (size_t i = 0; i < *count; i++) {
        (*rows_out)[i].info = infos[i];
        examine(&(*rows_out)[i], i, fresh);
    }
    (*rows_out)[selected_index(*count - 1)].selected = true;
cleanup:
    free(infos);
    return status;
}

/* The path in use; NULL when there is none. */
static const octet_probe *kept_probe(const device_row *row)
{
    for (size_t i = 0; i < row->probe_count; i++) {
        if (row->probes[i].kept)
            return &row->probes[i];
    }
    return NULL;
}

static const char *kept_path(const device_row *row)
{
    const octet_probe *const kept = kept_probe(row);
    if (kept != NULL)
        return kept->path;
    return row->info.type == OCTET_DEVICE_REFERENCE ? "reference" : NULL;
}

/* ---- JSON ---- */

static void add_probes(cJSON *device, const device_row *row)
{
    cJSON *const list = oct_json_array(device, "probes");
    for (size_t i = 0; i < row->probe_count; i++) {
        const octet_probe *const probe = &row->probes[i];
        cJSON *const item = oct_json_append_object(list);
        oct_json_text(item, "path", probe->path);
        oct_json_bool(item, "works", probe->works != 0);
        if (probe->gops > 0)
            oct_json_real(item, "gops", probe->gops);
        else
            oct_json_null(item, "gops");
        oct_json_text(item, "reason", probe->reason);
    }
}

static void add_device(cJSON *list, size_t index, const device_row *row)
{
    cJSON *const device = oct_json_append_object(list);
    oct_json_integer(device, "index", (int64_t)index);
    oct_json_text(device, "name", row->info.name);
    oct_json_text(device, "platform", row->info.platform);
    oct_json_text(device, "vendor", row->info.vendor);
    oct_json_text(device, "driver", row->info.driver);
    oct_json_text(device, "type", type_names[row->info.type]);
    oct_json_integer(device, "compute_units", row->info.compute_units);
    oct_json_integer(device, "global_memory_bytes", (int64_t)row->info.global_memory_bytes);
    oct_json_integer(device, "local_memory_bytes", (int64_t)row->info.local_memory_bytes);
    oct_json_text(device, "dot_product", kept_path(row));
    oct_json_bool(device, "selected", row->selected);
    oct_json_bool(device, "usable", row->opened);
    oct_json_integer(device, "tuned_classes", (int64_t)row->winners);
    oct_json_text(device, "chain", row->chains ? "works" : row->no_chains);
    add_probes(device, row);
}

static octet_status print_json(const device_row *device_rows, size_t count)
{
    cJSON *const root = oct_json_create();
    cJSON *const list = oct_json_array(root, "devices");
    for (size_t i = 0; i < count; i++)
        add_device(list, i, &device_rows[i]);
    const octet_status status = oct_json_print(root);
    cJSON_Delete(root);
    return status;
}

/* ---- Text ---- */

static void print_probes(const device_row *row)
{
    for (size_t i = 0; i < row->probe_count; i++) {
        const octet_probe *const probe = &row->probes[i];
        const bool timed = probe->gops > 0; /* what works and was not timed was not tried */
        oct_cli_print("      %-14s %-5s", probe->path,
                      !probe->works ? "no"
                      : timed       ? "works"
                                    : "-");
        if (timed)
            oct_cli_print(" %8.1f GOPS", probe->gops);
        else
            oct_cli_print(" %13s", "");
        oct_cli_print("  %s\n", probe->reason);
    }
}

/* Whether layers of networks are one command. */
static void print_chains(const device_row *row)
{
    if (row->chains || row->no_chains != NULL)
        oct_cli_print("      %-14s %-5s %13s  %s\n", "chain", row->chains ? "works" : "no", "",
                      row->chains ? "layers of networks are one command" : row->no_chains);
}

/* "x86_vnni, 659 GOPS", as it was measured when the device was qualified. */
static void print_kept(const device_row *row)
{
    const octet_probe *const kept = kept_probe(row);
    oct_cli_print("; dot product: %s", kept != NULL ? kept->path : "none, not usable");
    if (kept != NULL && kept->gops > 0)
        oct_cli_print(", %.0f GOPS", kept->gops);
    oct_cli_print("\n");
}

static octet_status print_text(const device_row *device_rows, size_t count, bool probes)
{
    for (size_t i = 0; i < count; i++) {
        const device_row *const row = &device_rows[i];
        oct_cli_print("%c %2zu  %s (%s)\n", row->selected ? '*' : ' ', i, row->info.name,
                      type_names[row->info.type]);
        if (row->info.type != OCTET_DEVICE_REFERENCE) {
            oct_cli_print("      %s, %s; %u compute units, %.1f GiB", row->info.platform,
                          row->info.driver, row->info.compute_units,
                          (double)row->info.global_memory_bytes / (1024.0 * 1024 * 1024));
            print_kept(row);
        }
        if (row->winners > 0)
            oct_cli_print("      tuned for %zu class%s of problems\n", row->winners,
                          row->winners == 1 ? "" : "es");
        if (probes) {
            print_probes(row);
            print_chains(row);
        }
    }
    oct_cli_print("* is what --backend auto takes; --device takes a number or part of a name\n");
    return oct_cli_flush();
}

int oct_cli_devices(int argc, char **argv)
{
    octet_status status = OCTET_OK;
    devices_options options = {0};
    const oct_option_group groups[] = {{NULL, rows, sizeof rows / sizeof rows[0], &options}};
    device_row *device_rows = NULL;
    size_t count = 0;
    const int ended = oct_options_parse(&usage, groups, 1, argc, argv, NULL);
    if (ended >= 0)
        return ended;
    OCT_TRY(gather(options.probe, &device_rows, &count));
    if (count == 1)
        oct_cli_note(OCT_NO_DEVICE_TEXT);
    OCT_TRY(options.json ? print_json(device_rows, count)
                         : print_text(device_rows, count, options.probe));
cleanup:
    free(device_rows);
    return oct_cli_exit(status, false);
}
