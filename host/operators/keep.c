/* keep.c - which of the dot-product paths that work a context keeps. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "operators/context.h"
#include "variants/paths.h"
#include "variants/tiles.h"

/* Whether a matrix product may use the path: not all of its rows are switched off. */
static bool has_row(size_t path, const oct_traits *traits)
{
    for (size_t i = 0; i < oct_tile_count; i++)
        if (oct_tiles[i].path == path &&
            oct_tile_is_applicable(&oct_tiles[i], traits, OCT_FOR_MATRIX))
            return true;
    return false;
}

/* Behind the reason: those of the path's rows that are switched off. */
static void add_rows_off(octet_probe *probe, size_t path, const oct_traits *traits)
{
    const size_t capacity = sizeof probe->reason;
    const char *separator = "; switched off by " OCT_SWITCHES ": ";
    char name[OCT_TILE_NAME];
    for (size_t i = 0; i < oct_tile_count; i++) {
        const size_t length = strlen(probe->reason);
        if (oct_tiles[i].path != path || !traits->tiles_off[i])
            continue;
        snprintf(probe->reason + length, capacity - length, "%s%s",
                 length > 0 ? separator : separator + 2, oct_tile_name(&oct_tiles[i], name));
        separator = ", ";
    }
}

static void write_reason(octet_probe *probe, size_t path, const octet_probe *kept,
                         const oct_traits *traits)
{
    const size_t capacity = sizeof probe->reason;
    if (probe == kept)
        snprintf(probe->reason, capacity, "the fastest that is correct");
    else if (probe->works && !oct_paths[path].test_only && has_row(path, traits))
        snprintf(probe->reason, capacity, "correct, but slower than %s", kept->path);
    else if (probe->works && !oct_paths[path].test_only)
        snprintf(probe->reason, capacity, "correct, but without a variant for matrix products");
}

bool oct_keep_fastest(octet_context *context)
{
    oct_traits *const traits = &context->traits;
    octet_probe *const probes = context->probes;
    size_t best = SIZE_MAX;
    traits->paths = 0;
    oct_switch_tiles_off(traits, &context->log);
    for (size_t i = 0; i < context->probe_count; i++) {
        probes[i].kept = 0;
        if (oct_is_switched_off(probes[i].path)) {
            probes[i].works = 0;
            snprintf(probes[i].reason, sizeof probes[i].reason, "switched off by %s", OCT_SWITCHES);
        }
        if (!probes[i].works)
            continue;
        traits->paths |= 1u << i;
        traits->path_gops[i] = probes[i].gops > 0.0 ? probes[i].gops : 1.0;
        if (!oct_paths[i].test_only && has_row(i, traits) &&
            (best == SIZE_MAX || probes[i].gops > probes[best].gops))
            best = i;
    }
    for (size_t i = 0; i < context->probe_count && best != SIZE_MAX; i++) {
        probes[i].kept = i == best;
        write_reason(&probes[i], i, &probes[best], traits);
    }
    for (size_t i = 0; i < context->probe_count; i++)
        add_rows_off(&probes[i], i, traits);
    return best != SIZE_MAX;
}
