/* problem_list.h - problems gathered from a command line and from files.
 *
 * A file holds problems and options, separated by spaces or lines; "#" begins a comment.
 *
 * benchdnn's own lists are read as they are. Its options that mean something here are translated:
 * --reset, --dt, --mb, --dir, --bia-dt, --attr-zero-points, --attr-post-ops=relu and --batch. The
 * others are passed over, and problems of types or dimensions that octet has not are left out; one
 * message says so. */
#ifndef OCT_HARNESS_PROBLEM_LIST_H
#define OCT_HARNESS_PROBLEM_LIST_H

#include "harness/problem.h"

#define OCT_LIST_TYPES 16

typedef struct oct_problem_list {
    const oct_log *log;
    oct_problem *items;
    size_t count, capacity;
    oct_problem_settings settings; /* of the problems to come */

    /* --dt of benchdnn may name several triples of types: then one problem for each. */
    size_t type_count;                          /* 0: those of the settings */
    oct_problem_settings types[OCT_LIST_TYPES]; /* only their types count */
    bool no_types;                              /* --dt named none that octet has */
} oct_problem_list;

void oct_problem_list_init(oct_problem_list *list, const oct_log *log);
void oct_problem_list_release(oct_problem_list *list);

/* oct_problem_list_add - one shape, with the settings as they are now. */
octet_status oct_problem_list_add(oct_problem_list *list, const char *text);

/* oct_problem_list_append - a copy of a problem as it is. */
octet_status oct_problem_list_append(oct_problem_list *list, const oct_problem *problem);

/* oct_problem_list_file - all of a file. Settings that the file changes are set back after it. */
octet_status oct_problem_list_file(oct_problem_list *list, const char *path);

/* oct_problem_list_line - options and shapes in one text, as in a file. */
octet_status oct_problem_list_line(oct_problem_list *list, const char *line);

#endif
