/* scratch.h - a directory of a test's own. */
#ifndef OCT_TESTS_SCRATCH_H
#define OCT_TESTS_SCRATCH_H

#include <stddef.h>

enum { OCT_SCRATCH_PATH = 256 };

typedef struct oct_scratch {
    char path[OCT_SCRATCH_PATH];
} oct_scratch;

/* oct_scratch_open - a new, empty directory; oct_scratch_close removes it with all in it. */
void oct_scratch_open(oct_scratch *scratch);
void oct_scratch_close(oct_scratch *scratch);

/* oct_scratch_join - "directory/name" into "path". Returns path. */
const char *oct_scratch_join(const char *directory, const char *name, char path[OCT_SCRATCH_PATH]);

/* oct_scratch_write - a file of "size" bytes; oct_scratch_read - all of one, freed by the caller.
 */
void oct_scratch_write(const char *path, const void *data, size_t size);
void *oct_scratch_read(const char *path, size_t *size);

/* oct_scratch_list - names of the files in a directory, up to "capacity" of them; how many there
 * are. A directory that does not exist has none. */
size_t oct_scratch_list(const char *directory, char names[][OCT_SCRATCH_PATH], size_t capacity);

#endif
