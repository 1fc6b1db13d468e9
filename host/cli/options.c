/* options.c - see options.h: the line is read with getopt_long, in order. */
#include "cli/options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cli/suggest.h"

enum { MOST_OPTIONS = 96, HELP_ASKED = 'h', MISSING = ':', UNKNOWN = '?', FIRST_ROW = 256 };

/* getopt's array and, beside it, where each entry came from. */
typedef struct option_table {
    size_t count;
    struct option options[MOST_OPTIONS];
    const oct_option *rows[MOST_OPTIONS];
    char *targets[MOST_OPTIONS];
} option_table;

static void add_option(option_table *table, const oct_option *row, void *target)
{
    const size_t i = table->count++;
    table->options[i] =
        (struct option){row->name, row->argument != NULL ? required_argument : no_argument, NULL,
                        FIRST_ROW + (int)i};
    table->rows[i] = row;
    table->targets[i] = (char *)target + row->offset;
}

static void fill_table(option_table *table, const oct_option_group *groups, size_t group_count)
{
    static const oct_option help = {"help", NULL, oct_parse_flag, .help = "this text"};
    static bool asked;
    for (size_t g = 0; g < group_count; g++) {
        for (size_t i = 0; i < groups[g].count && table->count < MOST_OPTIONS - 2; i++)
            add_option(table, &groups[g].options[i], groups[g].target);
    }
    add_option(table, &help, &asked);
    table->options[table->count - 1].val = HELP_ASKED;
    table->options[table->count] = (struct option){0};
}

/* ---- Faults ---- */

/* The name in "--name=value", without dashes and value. */
static void option_name(const char *word, char name[64])
{
    while (*word == '-')
        word++;
    const size_t length = strcspn(word, "=");
    const size_t kept = length < 63 ? length : 63;
    memcpy(name, word, kept);
    name[kept] = '\0';
}

static size_t count_matches(const option_table *table, const char *name, const char *names[2])
{
    size_t count = 0;
    for (size_t i = 0; i < table->count; i++) {
        if (strncmp(table->options[i].name, name, strlen(name)) != 0)
            continue;
        if (count < 2)
            names[count] = table->options[i].name;
        count++;
    }
    return count;
}

static octet_status refuse_option(const oct_usage *usage, const option_table *table,
                                  const char *word)
{
    char name[64];
    const char *names[2] = {NULL, NULL};
    oct_suggestion nearest = {0};
    option_name(word, name);
    const size_t matches = count_matches(table, name, names);
    if (matches == 1)
        return oct_report(oct_cli_log, OCTET_INVALID_ARGUMENT, "%s: --%s takes no value",
                          usage->command, names[0]);
    if (matches > 1)
        return oct_report(oct_cli_log, OCTET_INVALID_ARGUMENT,
                          "%s: --%s could be --%s or --%s; write more of it", usage->command, name,
                          names[0], names[1]);
    for (size_t i = 0; i < table->count; i++)
        oct_suggestion_offer(&nearest, name, table->options[i].name);
    return oct_report(oct_cli_log, OCTET_INVALID_ARGUMENT,
                      "%s: '%s' is no option%s%s (octet %s --help lists all)", usage->command, word,
                      nearest.name != NULL ? "; the nearest is --" : "",
                      nearest.name != NULL ? nearest.name : "", usage->command);
}

static octet_status check_count(const oct_usage *usage, size_t count)
{
    if (count >= usage->least && (count <= usage->most || usage->argument != NULL))
        return OCTET_OK;
    return oct_report(oct_cli_log, OCTET_INVALID_ARGUMENT,
                      "%s: %zu argument%s given; it takes: octet %s %s", usage->command, count,
                      count == 1 ? "" : "s", usage->command, usage->arguments);
}

/* ---- Reading ---- */

typedef struct line_reader {
    const oct_usage *usage;
    const option_table *table;
    const char **positional;
    size_t count;
    bool help;
} line_reader;

static octet_status take_argument(line_reader *reader, const char *text)
{
    const size_t i = reader->count++;
    if (reader->usage->argument != NULL)
        return reader->usage->argument(text, reader->usage->argument_target);
    if (i < reader->usage->most)
        reader->positional[i] = text;
    return OCTET_OK;
}

/* One result of getopt_long; "word" is what it was looking at. */
static octet_status take(line_reader *reader, int found, const char *word)
{
    if (found == 1) /* an argument, in its place among the options */
        return take_argument(reader, optarg);
    if (found == UNKNOWN)
        return refuse_option(reader->usage, reader->table, word);
    if (found == MISSING)
        return oct_report(oct_cli_log, OCTET_INVALID_ARGUMENT, "%s: %s needs a value",
                          reader->usage->command, word);
    const size_t i = (size_t)(found - FIRST_ROW);
    const oct_option *const row = reader->table->rows[i];
    return row->parse(row, optarg, reader->table->targets[i]);
}

static octet_status read_line(line_reader *reader, int argc, char **argv)
{
    octet_status status = OCTET_OK;
    opterr = 0;
    optind = 1;
    while (status == OCTET_OK && !reader->help) {
        const int looking_at = optind;
        const int found = getopt_long(argc, argv, "-:h", reader->table->options, NULL);
        if (found == -1)
            break;
        if (found == HELP_ASKED)
            reader->help = true;
        else
            status = take(reader, found, argv[looking_at]);
    }
    for (int i = optind; status == OCTET_OK && !reader->help && i < argc; i++)
        status = take_argument(reader, argv[i]); /* behind "--" */
    return status;
}

/* ---- Help ---- */

static void print_group(const oct_option_group *group)
{
    oct_cli_print("\n%s:\n", group->title != NULL ? group->title : "Options");
    for (size_t i = 0; i < group->count; i++) {
        const oct_option *const row = &group->options[i];
        char left[64];
        if (row->help == NULL)
            continue;
        snprintf(left, sizeof left, "--%s%s%s", row->name, row->argument != NULL ? " " : "",
                 row->argument != NULL ? row->argument : "");
        if (strlen(left) > 25)
            oct_cli_print("  %s\n  %25s %s\n", left, "", row->help);
        else
            oct_cli_print("  %-25s %s\n", left, row->help);
    }
}

static octet_status print_help(const oct_usage *usage, const oct_option_group *groups,
                               size_t group_count)
{
    oct_cli_print("%s\n\nUsage: octet %s [OPTIONS]%s%s\n", usage->purpose, usage->command,
                  usage->arguments[0] != '\0' ? " " : "", usage->arguments);
    for (size_t g = 0; g < group_count; g++)
        print_group(&groups[g]);
    oct_cli_print("  %-25s %s\n", "-h, --help", "this text");
    oct_cli_print("\nExample:\n%s\n", usage->example);
    return oct_cli_flush();
}

int oct_options_parse(const oct_usage *usage, const oct_option_group *groups, size_t group_count,
                      int argc, char **argv, const char **positional)
{
    option_table table = {0};
    line_reader reader = {usage, &table, positional, 0, false};
    for (size_t i = 0; i < usage->most; i++)
        positional[i] = NULL;
    fill_table(&table, groups, group_count);
    octet_status status = read_line(&reader, argc, argv);
    if (status == OCTET_OK && reader.help)
        return oct_cli_exit(print_help(usage, groups, group_count), false);
    if (status == OCTET_OK)
        status = check_count(usage, reader.count);
    return status == OCTET_OK ? -1 : oct_cli_exit(status, false);
}
