/* problem_args.c - see problem_args.h: the harness's table of options, as rows of the command line.
 */
#include "cli/problem_args.h"

#include "harness/problem_options.h"

enum { MOST_ROWS = 24 };

octet_status oct_problem_argument(const char *text, void *list)
{
    return oct_problem_list_add(list, text);
}

static octet_status parse_option(const oct_option *option, const char *value, void *target)
{
    oct_problem_list *const list = target;
    const oct_problem_option *const row = option->extra;
    return row->apply(list->log, row, value, &list->settings);
}

static octet_status parse_file(const oct_option *option, const char *value, void *target)
{
    (void)option;
    return oct_problem_list_file(target, value);
}

oct_option_group oct_problem_group(oct_problem_list *list)
{
    static oct_option rows[MOST_ROWS];
    size_t count = 0;
    rows[count++] = (oct_option){"file", "LIST", parse_file,
                                 .help = "problems and options from a file, benchdnn's lists too"};
    for (size_t i = 0; i < oct_problem_option_count && count < MOST_ROWS; i++) {
        const oct_problem_option *const row = &oct_problem_options[i];
        rows[count++] = (oct_option){.name = row->name,
                                     .argument = row->argument,
                                     .parse = parse_option,
                                     .help = row->help,
                                     .extra = row};
    }
    return (oct_option_group){"Problems; each option holds for those that follow it", rows, count,
                              list};
}
