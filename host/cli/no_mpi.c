/* no_mpi.c - ranks.h in a build without MPI: one process. */
#include <stdlib.h>

#include "cli/ranks.h"

octet_status oct_ranks_join(bool alone)
{
    const char *const count = getenv("OMPI_COMM_WORLD_SIZE");
    if (!alone && count != NULL && strtol(count, NULL, 10) > 1)
        oct_cli_note("this octet was built without MPI: each of the %s processes does all the work "
                     "(cmake -DOCTET_MPI=ON, or --shard)",
                     count);
    return OCTET_OK;
}

size_t oct_rank(void)
{
    return 0;
}

size_t oct_rank_count(void)
{
    return 1;
}

octet_status oct_ranks_agree(octet_status status)
{
    return status;
}

void oct_ranks_sum(uint64_t *values, size_t count)
{
    (void)values, (void)count;
}

double oct_ranks_largest(double value)
{
    return value;
}

void oct_ranks_leave(void)
{
}

void oct_ranks_abort(int exit_status)
{
    (void)exit_status;
}

octet_status oct_shared_open(const char *path, size_t begin, oct_shared **out)
{
    (void)begin, (void)out;
    return oct_report(oct_cli_log, OCTET_UNSUPPORTED, "'%s': this octet was built without MPI",
                      path);
}

octet_status oct_shared_write_at(oct_shared *shared, size_t offset, const void *data, size_t size)
{
    (void)shared, (void)offset, (void)data, (void)size;
    return OCTET_UNSUPPORTED;
}

octet_status oct_shared_close(oct_shared *shared)
{
    (void)shared;
    return OCTET_OK;
}
