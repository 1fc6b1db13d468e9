/* mpi.c - ranks.h on MPI. It begins only where a launcher has set its variables: a program that was
 * started alone needs none of it, and MPI would take a moment to find that out. */
#include <mpi.h>
#include <stdlib.h>
#include <string.h>

#include "cli/ranks.h"

static int rank, count = 1;
static bool joined;

static bool was_launched(void)
{
    static const char *const names[] = {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (getenv(names[i]) != NULL)
            return true;
    return false;
}

octet_status oct_ranks_join(bool alone)
{
    octet_status status = OCTET_OK;
    int provided = MPI_THREAD_SINGLE;
    if (!was_launched())
        return OCTET_OK;
    OCT_REQUIRE(oct_cli_log,
                MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &provided) == MPI_SUCCESS &&
                    provided >= MPI_THREAD_SERIALIZED,
                OCTET_UNSUPPORTED, "this MPI does not let threads write in turns");
    joined = true;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &count);
    OCT_REQUIRE(oct_cli_log, !alone || count == 1, OCTET_INVALID_ARGUMENT,
                "--shard: the %d processes of this job share the images by themselves", count);
cleanup:
    return status;
}

size_t oct_rank(void)
{
    return (size_t)rank;
}

size_t oct_rank_count(void)
{
    return (size_t)count;
}

octet_status oct_ranks_agree(octet_status status)
{
    int mine = (int)status, gravest = (int)status;
    if (count > 1)
        MPI_Allreduce(&mine, &gravest, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
    return (octet_status)gravest;
}

void oct_ranks_sum(uint64_t *values, size_t number)
{
    if (count > 1)
        MPI_Allreduce(MPI_IN_PLACE, values, (int)number, MPI_UINT64_T, MPI_SUM, MPI_COMM_WORLD);
}

double oct_ranks_largest(double value)
{
    double largest = value;
    if (count > 1)
        MPI_Allreduce(&value, &largest, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
    return largest;
}

void oct_ranks_leave(void)
{
    if (joined)
        MPI_Finalize();
}

void oct_ranks_abort(int exit_status)
{
    if (count > 1)
        MPI_Abort(MPI_COMM_WORLD, exit_status);
}

/* ---- Shared files ---- */

/* MPI counts bytes in an int. */
enum { MOST_BYTES = 1 << 30 };

struct oct_shared {
    MPI_File file;
    char *path;
    size_t begin;
};

static octet_status report(const oct_shared *shared, int error, const char *what)
{
    char text[MPI_MAX_ERROR_STRING] = "";
    int length = 0;
    MPI_Error_string(error, text, &length);
    return oct_report(oct_cli_log, OCTET_IO_FAILED, "output '%s' %s: %s", shared->path, what, text);
}

/* What process 0 knows, on all. */
static octet_status tell_all(const char *path, size_t begin, oct_shared *shared)
{
    octet_status status = OCTET_OK;
    uint64_t sizes[2] = {0, begin};
    if (rank == 0)
        sizes[0] = strlen(path) + 1;
    MPI_Bcast(sizes, 2, MPI_UINT64_T, 0, MPI_COMM_WORLD);
    shared->begin = (size_t)sizes[1];
    shared->path = oct_allocate((size_t)sizes[0], 1);
    if (shared->path == NULL)
        status = oct_report(oct_cli_log, OCTET_OUT_OF_MEMORY, "out of host memory");
    OCT_TRY(oct_ranks_agree(status));
    if (rank == 0)
        memcpy(shared->path, path, (size_t)sizes[0]);
    MPI_Bcast(shared->path, (int)sizes[0], MPI_CHAR, 0, MPI_COMM_WORLD);
cleanup:
    return status;
}

octet_status oct_shared_open(const char *path, size_t begin, oct_shared **out)
{
    octet_status status = OCTET_OK;
    oct_shared *shared = oct_allocate(1, sizeof *shared);
    if (shared == NULL)
        status = oct_report(oct_cli_log, OCTET_OUT_OF_MEMORY, "out of host memory");
    OCT_TRY(oct_ranks_agree(status));
    shared->file = MPI_FILE_NULL;
    OCT_TRY(tell_all(path, begin, shared));
    const int error =
        MPI_File_open(MPI_COMM_WORLD, shared->path, MPI_MODE_WRONLY, MPI_INFO_NULL, &shared->file);
    if (error != MPI_SUCCESS)
        status = report(shared, error, "cannot be opened by all processes");
    OCT_TRY(oct_ranks_agree(status));
    *out = shared;
    shared = NULL;
cleanup:
    if (shared != NULL)
        free(shared->path);
    free(shared);
    return status;
}

octet_status oct_shared_write_at(oct_shared *shared, size_t offset, const void *data, size_t size)
{
    const char *from = data;
    while (size > 0) {
        const int bytes = size < MOST_BYTES ? (int)size : MOST_BYTES;
        const int error = MPI_File_write_at(shared->file, (MPI_Offset)(shared->begin + offset),
                                            from, bytes, MPI_BYTE, MPI_STATUS_IGNORE);
        if (error != MPI_SUCCESS)
            return report(shared, error, "cannot be written");
        from += bytes;
        offset += (size_t)bytes;
        size -= (size_t)bytes;
    }
    return OCTET_OK;
}

octet_status oct_shared_close(oct_shared *shared)
{
    octet_status status = OCTET_OK;
    const int error = MPI_File_close(&shared->file);
    if (error != MPI_SUCCESS)
        status = report(shared, error, "cannot be written");
    free(shared->path);
    free(shared);
    return status;
}
