/* options.h - the options of a command, described once: getopt's array, the --help text and the
 * parsing are made from the same rows.
 *
 *     typedef struct compare_options { bool json; } compare_options;
 *     #define FIELD(name) offsetof(compare_options, name)
 *     static const oct_option rows[] = {
 *         {"json", NULL, oct_parse_flag, FIELD(json), .help = "one JSON object"},
 *     };
 *     const oct_option_group groups[] = {{NULL, rows, 1, &options}};
 *     const int ended = oct_options_parse(&usage, groups, 1, argc, argv, positional);
 *     if (ended >= 0)
 *         return ended; */
#ifndef OCT_CLI_OPTIONS_H
#define OCT_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/message.h"

typedef struct oct_option oct_option;

/* Stores "value" (NULL for a flag) into "target", the group's target plus the option's offset.
 * Reports what is wrong with it: the option, the value, and what it may be. */
typedef octet_status oct_option_parse_fn(const oct_option *option, const char *value, void *target);

typedef struct oct_choice {
    const char *name; /* NULL ends a list */
    int value;
} oct_choice;

struct oct_option {
    const char *name;     /* without the dashes */
    const char *argument; /* as --help prints it; NULL: a flag */
    oct_option_parse_fn *parse;
    size_t offset;     /* of the field in the group's target */
    const char *help;  /* one line, with the default; NULL: not shown */
    int64_t low, high; /* of whole numbers */
    const oct_choice *choices;
    const void *extra; /* for a parse function of one's own */
};

/* Rows that share a target and a heading. */
typedef struct oct_option_group {
    const char *title; /* NULL: "Options" */
    const oct_option *options;
    size_t count;
    void *target;
} oct_option_group;

typedef struct oct_usage {
    const char *command;
    const char *purpose;   /* a sentence or two */
    const char *arguments; /* "A.npy B.npy OUT.npy" */
    size_t least, most;    /* positional arguments */
    const char *example;   /* lines that begin with two spaces */

    /* Set where options and arguments mix in order (verify, bench): called for each argument as it
     * is met, after the options before it; "most" does not count then. */
    octet_status (*argument)(const char *text, void *target);
    void *argument_target;
} oct_usage;

/* Room for the groups of any command. */
#define OCT_MAX_GROUPS 6

/* oct_options_parse - reads a command's line. --help and -h are added to every command. Returns -1 to go
 * on, with "positional" (room for usage->most) filled and NULL where nothing was given; otherwise
 * the exit status to return at once. An abbreviation of a name that fits no other is accepted. */
int oct_options_parse(const oct_usage *usage, const oct_option_group *groups, size_t group_count,
                      int argc, char **argv, const char **positional);

/* ---- Kinds of values: what "target" points to ---- */

/* A whole number that may be missing. */
typedef struct oct_integer {
    bool given;
    int64_t value;
} oct_integer;

/* An option that may be repeated. */
#define OCT_MAX_TEXTS 64
typedef struct oct_texts {
    size_t count;
    const char *items[OCT_MAX_TEXTS]; /* point into argv */
} oct_texts;

/* A comma list of whole numbers. */
#define OCT_MAX_LIST 8
typedef struct oct_list {
    size_t count;
    size_t values[OCT_MAX_LIST];
} oct_list;

/* Parse functions, each with what its target is. Whole numbers lie in low..high of the row. */
oct_option_parse_fn oct_parse_flag;    /* bool            */
oct_option_parse_fn oct_parse_text;    /* const char *    */
oct_option_parse_fn oct_parse_texts;   /* oct_texts       */
oct_option_parse_fn oct_parse_choice;  /* int             */
oct_option_parse_fn oct_parse_size;    /* size_t          */
oct_option_parse_fn oct_parse_integer; /* oct_integer     */
oct_option_parse_fn oct_parse_real;    /* double, above 0 */
oct_option_parse_fn oct_parse_list;    /* oct_list        */

#endif
