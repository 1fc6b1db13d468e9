/* session.c - see session.h. */
#include "cli/session.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cli/output.h"
#include "harness/building.h"

enum { MOST_VARIANTS = 256 };

static const oct_choice backends[] = {{"auto", OCTET_BACKEND_AUTO},
                                      {"opencl", OCTET_BACKEND_OPENCL},
                                      {"reference", OCTET_BACKEND_REFERENCE},
                                      {NULL, 0}};

#define FIELD(name) offsetof(oct_common_options, name)
static const oct_option common_rows[] = {
    {"check", NULL, oct_parse_flag, FIELD(check), .help = NULL}, /* for those that always do */
    {"backend", "NAME", oct_parse_choice, FIELD(backend), .choices = backends,
     .help = "auto, opencl or reference (auto: the best device, else the\n"
             "                            reference)"},
    {"device", "N|TEXT", oct_parse_text, FIELD(device),
     .help = "its number in `octet devices`, or part of its name"},
    {"variant", "NAME", oct_parse_text, FIELD(variant),
     .help = "one row of the variant table (chosen by size)"},
    {"json", NULL, oct_parse_flag, FIELD(json), .help = "one JSON object on standard output"},
    {"check", NULL, oct_parse_flag, FIELD(check),
     .help = "compute on the reference too; exit 3 if a bit differs"},
};
enum { SHOWN_ROWS = sizeof common_rows / sizeof common_rows[0] - 1 };

oct_option_group oct_common_group(oct_common_options *options)
{
    return (oct_option_group){"Where and how", common_rows + 1, SHOWN_ROWS, options};
}

oct_option_group oct_checking_group(oct_common_options *options)
{
    return (oct_option_group){"Where and how", common_rows, SHOWN_ROWS, options};
}

octet_status oct_session_open(const oct_common_options *options, octet_context **out)
{
    const octet_context_desc desc = {.struct_size = sizeof desc,
                                     .backend = (octet_backend)options->backend,
                                     .device = options->device,
                                     .profiling = options->profiling,
                                     .message = oct_cli_log->message,
                                     .message_user = oct_cli_log->user};
    const char *const device = options->device != NULL ? options->device : "the best device";
    char wanted[160];
    snprintf(wanted, sizeof wanted, "%s%s", isdigit((unsigned char)device[0]) ? "device " : "",
             device);
    if (options->backend != OCTET_BACKEND_REFERENCE)
        oct_building_begin(wanted);
    const octet_status status = octet_context_create(&desc, out);
    oct_building_end();
    oct_output_handle_signals();
    return status;
}

/* Kinds without a table of variants have none to list. */
static size_t list_variants(octet_context *context, const char *kind, const char **names)
{
    size_t count = 0;
    if (strcmp(kind, "gemm") != 0 && strcmp(kind, "conv2d") != 0)
        return 0;
    if (octet_list_variants(context, kind, names, MOST_VARIANTS, &count) != OCTET_OK)
        return 0;
    return count < MOST_VARIANTS ? count : MOST_VARIANTS;
}

static void join(const char *const *names, size_t count, char *text, size_t size)
{
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < count && length + 1 < size; i++)
        length +=
            (size_t)snprintf(text + length, size - length, "%s%s", i > 0 ? " " : "", names[i]);
}

void oct_session_list_variants(octet_context *context, const char *kind)
{
    const char *names[MOST_VARIANTS];
    char text[1600];
    const size_t count = list_variants(context, kind, names);
    if (count == 0)
        return;
    join(names, count, text, sizeof text);
    oct_cli_note("%s variants on this device: %s", kind, text);
}

octet_status oct_session_require_variant(octet_context *context, const char *kind,
                                         const char *variant)
{
    const char *names[MOST_VARIANTS];
    const size_t count = variant != NULL ? list_variants(context, kind, names) : 0;
    if (count == 0) /* nothing to look in: creating the operator decides */
        return OCTET_OK;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], variant) == 0)
            return OCTET_OK;
    }
    oct_cli_note("--variant '%s' is no %s variant on this device", variant, kind);
    oct_session_list_variants(context, kind);
    return OCTET_INVALID_ARGUMENT;
}
