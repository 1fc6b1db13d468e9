/* number.c - see number.h. */
#include "cli/number.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

/* strtod and its relatives skip leading space, which is no number here. */
static bool starts(const char *text)
{
    return *text != '\0' && !isspace((unsigned char)*text);
}

bool oct_read_integer(const char *text, int64_t *value)
{
    char *end;
    if (!starts(text))
        return false;
    errno = 0;
    const long long parsed = strtoll(text, &end, 10);
    if (*end != '\0' || errno == ERANGE)
        return false;
    *value = parsed;
    return true;
}

bool oct_read_real(const char *text, double *value)
{
    char *end;
    if (!starts(text))
        return false;
    *value = strtod(text, &end);
    return *end == '\0';
}

bool oct_read_float(const char *text, float *value)
{
    char *end;
    if (!starts(text))
        return false;
    *value = strtof(text, &end);
    return *end == '\0';
}
