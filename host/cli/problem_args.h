/* problem_args.h - problems on a command line: shapes, --file, and options that hold for what
 * follows them. For verify, bench and tune. */
#ifndef OCT_CLI_PROBLEM_ARGS_H
#define OCT_CLI_PROBLEM_ARGS_H

#include "cli/options.h"
#include "harness/problem_list.h"

/* oct_problem_group - the options, which fill "list" in the order of the line. */
oct_option_group oct_problem_group(oct_problem_list *list);

/* oct_problem_argument - for oct_usage.argument, with the list as its target. */
octet_status oct_problem_argument(const char *text, void *list);

#endif
