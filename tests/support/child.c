/* child.c - see child.h. */
#include "support/child.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/unit.h"

extern char **environ;

enum { MOST_CHANGES = 8, CHILD_FAILED = 101 };

static char *program;

void oct_child_main(int argc, char **argv, const oct_role *roles, size_t count)
{
    program = argv[0];
    for (size_t i = 0; argc > 1 && i < count; i++) {
        if (strcmp(argv[1], roles[i].name) != 0)
            continue;
        const int status = roles[i].act();
        fflush(stdout);
        exit(status);
    }
}

static bool names_same(const char *a, const char *b)
{
    const size_t length = strcspn(a, "=");
    return strcspn(b, "=") == length && strncmp(a, b, length) == 0;
}

/* The parent's environment with the changes, as one array. */
static const char **make_environment(const char *const *changes)
{
    size_t count = 0, kept = 0;
    while (environ[count] != NULL)
        count++;
    const char **const made = calloc(count + MOST_CHANGES + 1, sizeof *made);
    assert_non_null(made);
    for (size_t i = 0; i < count; i++) {
        bool changed = false;
        for (size_t j = 0; changes[j] != NULL; j++)
            changed = changed || names_same(environ[i], changes[j]);
        if (!changed)
            made[kept++] = environ[i];
    }
    for (size_t j = 0; changes[j] != NULL; j++) {
        assert_in_range(j, 0, MOST_CHANGES - 1);
        if (strchr(changes[j], '=') != NULL)
            made[kept++] = changes[j];
    }
    return made;
}

static void read_all(int from, oct_child *out)
{
    size_t length = 0;
    char rest[256];
    for (;;) {
        const bool room = length + 1 < sizeof out->said;
        const ssize_t got = room ? read(from, out->said + length, sizeof out->said - 1 - length)
                                 : read(from, rest, sizeof rest);
        if (got <= 0)
            break;
        length += room ? (size_t)got : 0;
    }
    out->said[length] = '\0';
}

void oct_child_run(const char *role, const char *const *changes, oct_child *out)
{
    const char **const environment = make_environment(changes);
    char *const arguments[] = {program, (char *)role, NULL}; /* execve writes to none */
    int ends[2], status = 0;
    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)dup2(ends[1], STDOUT_FILENO);
        (void)close(ends[0]);
        (void)close(ends[1]);
        (void)execve(program, arguments, (char **)environment);
        _exit(CHILD_FAILED);
    }
    (void)close(ends[1]);
    read_all(ends[0], out);
    (void)close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    out->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    free(environment);
}
