/* run_part.c - see run_part.h. */
#include "cli/run_part.h"

#include <string.h>

#include "cli/number.h"
#include "cli/ranks.h"

octet_status oct_parse_run_part(const oct_option *option, const char *value, void *target)
{
    octet_status status = OCTET_OK;
    const char *const slash = strchr(value, '/');
    int64_t part = -1, parts = 0;
    char left[24] = "";
    if (slash != NULL && (size_t)(slash - value) < sizeof left)
        memcpy(left, value, (size_t)(slash - value));
    OCT_REQUIRE(oct_cli_log,
                slash != NULL && oct_read_integer(left, &part) &&
                    oct_read_integer(slash + 1, &parts) && part >= 0 && part < parts &&
                    parts <= INT32_MAX,
                OCTET_INVALID_ARGUMENT,
                "--%s %s: it must be K/N, part K (counted from 0) of N parts, 2^31 - 1 at most",
                option->name, value);
    *(oct_run_part *)target = (oct_run_part){(size_t)part, (size_t)parts};
cleanup:
    return status;
}

size_t oct_run_part_begin(const oct_run_part *parts, size_t index, size_t images, size_t batch)
{
    const size_t whole = batch > 0 ? batch : 1, count = oct_divide_up(images, whole);
    const size_t each = count / parts->parts, more = count % parts->parts;
    /* without the product index * count; less than a batch beyond the images */
    const size_t begin = (index * each + index * more / parts->parts) * whole;
    return begin < images ? begin : images;
}

octet_status oct_run_parts_check_alike(size_t images, size_t batch)
{
    octet_status status = OCTET_OK;
    const double most_images = oct_ranks_largest((double)images);
    const double most_batch = oct_ranks_largest((double)batch);
    OCT_REQUIRE(oct_cli_log, (double)images == most_images && (double)batch == most_batch,
                OCTET_INVALID_ARGUMENT,
                "process %zu was given %zu images and --batch %zu (0: none), another process %.0f "
                "images or --batch %.0f; all must be given the same",
                oct_rank(), images, batch, most_images, most_batch);
cleanup:
    return oct_ranks_agree(status);
}
