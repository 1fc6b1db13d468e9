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

/* A heading of several lines: what is left out of a convolution is in brackets. */
static const char heading[] =
    "Problems: products MxK:KxN, and convolutions written as benchdnn writes them, as\n"
    "mb1ic64ih56oc64kh3ph1: mb images (2), ic oc channels in and out, ih iw height and width,\n"
    "kh kw of the filter, sh sw stride (1), ph pw padding (0), dh dw dilation (0: none),\n"
    "g groups (1); a width left out is the height. Either may end in n\"conv1*2\": a name, and\n"
    "how often it is repeated in a network. Each option holds for the problems that follow it";

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
    return (oct_option_group){heading, rows, count, list};
}
