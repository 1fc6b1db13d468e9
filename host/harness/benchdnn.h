/* benchdnn.h - what options of benchdnn's published lists mean for octet. */
#ifndef OCT_HARNESS_BENCHDNN_H
#define OCT_HARNESS_BENCHDNN_H

#include "harness/problem_list.h"

/* oct_benchdnn_apply - takes "--name=value" if it is benchdnn's; "ignored" tells that it has no
 * meaning here. False when benchdnn has no such option. --batch is not taken: it needs the list's
 * folder. */
bool oct_benchdnn_apply(oct_problem_list *list, const char *name, const char *value, bool *ignored);

#endif
