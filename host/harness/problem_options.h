/* problem_options.h - the options of problems: one table, read by the command line and by lists. */
#ifndef OCT_HARNESS_PROBLEM_OPTIONS_H
#define OCT_HARNESS_PROBLEM_OPTIONS_H

#include "harness/problem.h"

typedef struct oct_problem_option {
    const char *name;     /* without dashes */
    const char *argument; /* as help prints it; NULL: a flag */
    octet_status (*apply)(const oct_log *log, const struct oct_problem_option *option,
                          const char *value, oct_problem_settings *settings);
    const char *help;
    size_t offset; /* of a flag's field */
} oct_problem_option;

extern const oct_problem_option oct_problem_options[];
extern const size_t oct_problem_option_count;

/* oct_problem_option_find - NULL when no option has this name. */
const oct_problem_option *oct_problem_option_find(const char *name);

/* oct_problem_read_types - "u8:s8:s32"; false when it names a type that the place cannot have. */
bool oct_problem_read_types(const char *text, oct_problem_settings *settings);

/* oct_problem_write_settings - the options that differ from the default, each followed by a space.
 * Returns the length. */
size_t oct_problem_write_settings(const oct_problem_settings *settings,
                                  char line[OCT_PROBLEM_TEXT]);

/* oct_problem_options_text - the same without the last space. Returns text. */
const char *oct_problem_options_text(const oct_problem *problem, char text[OCT_PROBLEM_TEXT]);

#endif
