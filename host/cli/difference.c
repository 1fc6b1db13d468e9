/* difference.c - see difference.h. */
#include "cli/difference.h"

#include <stdio.h>
#include <stdlib.h>

void oct_index_of(const octet_shape *shape, size_t flat, size_t index[OCTET_MAX_RANK])
{
    for (size_t d = shape->rank; d-- > 0;) {
        index[d] = flat % shape->size[d];
        flat /= shape->size[d];
    }
}

const char *oct_difference_text(octet_type type, const octet_shape *shape,
                                const octet_comparison *comparison, char text[OCT_DIFFERENCE_TEXT])
{
    return oct_difference_digits(type == OCTET_F32 ? 9 : 10, shape, comparison, text);
}

const char *oct_difference_digits(int digits, const octet_shape *shape,
                                  const octet_comparison *comparison,
                                  char text[OCT_DIFFERENCE_TEXT])
{
    size_t index[OCTET_MAX_RANK], length = 0;
    char place[200] = "";
    oct_index_of(shape, comparison->first, index);
    for (size_t d = 0; d < shape->rank; d++)
        length += (size_t)snprintf(place + length, sizeof place - length, "%s%zu",
                                   d > 0 ? ", " : "", index[d]);
    snprintf(text, OCT_DIFFERENCE_TEXT,
             "element [%s] (flat %zu) is %.*g, expected %.*g; %zu of %zu elements differ, by at "
             "most %.*g",
             place, comparison->first, digits, comparison->actual, digits, comparison->expected,
             comparison->mismatches, comparison->count, digits, comparison->max_difference);
    return text;
}

void oct_check_not_run(const char *what)
{
    oct_cli_note("%s: check not run: it was the reference that computed, so there is nothing to "
                 "compare it with",
                 what);
}

void oct_check_report(const char *what, const char *variant, octet_type type,
                      const octet_shape *shape, const octet_comparison *comparison)
{
    char text[OCT_DIFFERENCE_TEXT];
    if (comparison->mismatches == 0)
        return;
    char *const command = oct_cli_command_line();
    oct_cli_note("%s: variant %s differs from the reference: %s", what, variant,
                 oct_difference_text(type, shape, comparison, text));
    oct_cli_note("reproduce: %s", command != NULL ? command : "(out of memory)");
    free(command);
}
