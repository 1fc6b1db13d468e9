/* ranks.h - the processes of one job that an MPI launcher started together. There is one process, and
 * every call is trivial, in a build without MPI (no_mpi.c) and where no launcher was at work. Main
 * thread, but for oct_shared_write_at: any, one at a time. */
#ifndef OCT_CLI_RANKS_H
#define OCT_CLI_RANKS_H

#include <stdint.h>

#include "cli/message.h"

/* oct_ranks_join - finds the other processes; before all other calls. "alone": the command line says
 * what this process is to do, so that it needs no others. */
octet_status oct_ranks_join(bool alone);
size_t oct_rank(void); /* of this process, from 0 */
size_t oct_rank_count(void);

/* Calls that return when every process has made them. oct_ranks_agree - OCTET_OK if all give it, else
 * one of the failures. oct_ranks_sum - adds up each of the values over all. oct_ranks_largest - the
 * largest value of all. */
octet_status oct_ranks_agree(octet_status status);
void oct_ranks_sum(uint64_t *values, size_t count);
double oct_ranks_largest(double value);

/* oct_ranks_leave - at the end of the program, when all have agreed. */
void oct_ranks_leave(void);

/* oct_ranks_abort - ends the whole job with this exit status, although the others have not agreed.
 * Returns where this process is the only one. */
void oct_ranks_abort(int exit_status);

/* A file that all processes write to at places of their own. oct_shared_open and _close return when
 * every process has called them; "path" and "begin" are those of process 0: a file that exists, and
 * the byte that offsets count from. */
typedef struct oct_shared oct_shared;
octet_status oct_shared_open(const char *path, size_t begin, oct_shared **out);
octet_status oct_shared_write_at(oct_shared *shared, size_t offset, const void *data, size_t size);
octet_status oct_shared_close(oct_shared *shared);

#endif
