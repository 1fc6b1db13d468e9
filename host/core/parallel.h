/* parallel.h - splits a range of independent work over the machine's cores. */
#ifndef OCT_CORE_PARALLEL_H
#define OCT_CORE_PARALLEL_H

#include <stddef.h>

/* Does items [begin, end) of a range. */
typedef void (*oct_range_fn)(void *state, size_t begin, size_t end);

/* oct_parallel - calls "work" on parts that cover [0, count) exactly once, on up to one thread per
 * online core, and returns when all are done. Runs on the calling thread alone where a thread
 * cannot be started or "grain" items (the smallest part worth a thread) are all there is. */
void oct_parallel(size_t count, size_t grain, oct_range_fn work, void *state);

#endif
