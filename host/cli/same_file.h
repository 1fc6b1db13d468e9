/* same_file.h - whether two paths name one file, also one that is not there yet. */
#ifndef OCT_CLI_SAME_FILE_H
#define OCT_CLI_SAME_FILE_H

#include <stdbool.h>

/* oct_same_file - compares what the paths resolve to: "y.npy", "./y.npy", and what leads there by
 * symbolic links. Paths that resolve to nothing, or where memory is out, are compared as text. */
bool oct_same_file(const char *a, const char *b);

#endif
