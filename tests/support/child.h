/* child.h - the test program once more, as a process with another environment: drivers and loaders
 * read theirs only once. */
#ifndef OCT_TESTS_CHILD_H
#define OCT_TESTS_CHILD_H

#include <stddef.h>

/* What a child does; what it prints reaches its parent. */
typedef struct oct_role {
    const char *name;
    int (*act)(void); /* gives the exit status, 0..100 */
} oct_role;

typedef struct oct_child {
    int status;       /* the exit status; -1: ended by a signal */
    char said[16384]; /* what it printed, cut if longer         */
} oct_child;

/* oct_child_main - to be called first by main: plays the role that the command line names and ends
 * the process, or returns. */
void oct_child_main(int argc, char **argv, const oct_role *roles, size_t count);

/* oct_child_run - "changes" are texts "NAME=VALUE", or "NAME" for one to be left out; NULL ends
 * them. */
void oct_child_run(const char *role, const char *const *changes, oct_child *out);

#endif
