/* same_file.c - see same_file.h. */
#define _XOPEN_SOURCE 700 /* realpath */
#include "cli/same_file.h"

#include <stdlib.h>
#include <string.h>

/* The path in full, without symbolic links: of a file that does not exist, its folder's and its name.
 * NULL where there is no such folder either. */
static char *resolve(const char *path)
{
    char *const real = realpath(path, NULL);
    const char *const slash = strrchr(path, '/');
    const char *const name = slash != NULL ? slash + 1 : path;
    if (real != NULL)
        return real;
    char *const folder = slash != NULL ? strndup(path, (size_t)(name - path)) : strdup(".");
    char *const whole = folder != NULL ? realpath(folder, NULL) : NULL;
    const size_t length = whole != NULL ? strlen(whole) : 0;
    char *const joined = whole != NULL ? malloc(length + 1 + strlen(name) + 1) : NULL;
    if (joined != NULL) {
        memcpy(joined, whole, length);
        joined[length] = '/';
        memcpy(joined + length + 1, name, strlen(name) + 1);
    }
    free(whole);
    free(folder);
    return joined;
}

bool oct_same_file(const char *a, const char *b)
{
    char *const left = resolve(a), *const right = resolve(b);
    const bool same = left != NULL && right != NULL ? strcmp(left, right) == 0 : strcmp(a, b) == 0;
    free(right);
    free(left);
    return same;
}
