/* tiles.c - the table of tiles; naming, choosing and finding its rows. */
#include "variants/tiles.h"

#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "variants/paths.h"

static bool has_avx512(const oct_traits *traits)
{
    return traits->avx512bw;
}

const oct_tile oct_tiles[] = {
    /* kernels           path                     mr  nv  lanes  applicable */
    {OCT_FOR_DEPTHWISE,  OCT_PATH_PLAIN,           4,  1, 16,    NULL},
    {OCT_FOR_MATRIX,     OCT_PATH_X86_VNNI,        6,  4, 16,    NULL},
    {OCT_FOR_MATRIX,     OCT_PATH_X86_VNNI,       12,  2, 16,    NULL},
    {OCT_FOR_MATRIX,     OCT_PATH_X86_PMADDWD,     6,  4, 16,    has_avx512},
    {OCT_FOR_MATRIX,     OCT_PATH_X86_PMADDWD,     6,  2,  8,    NULL},
    {OCT_FOR_MATRIX,     OCT_PATH_KHR,             4,  2,  8,    NULL},
    {OCT_FOR_MATRIX,     OCT_PATH_PLAIN,           4,  2,  8,    NULL},
    {OCT_FOR_MATRIX,     OCT_PATH_EMULATED,        6,  4, 16,    NULL},
    {OCT_FOR_MATRIX,     OCT_PATH_EMULATED_PAIRS,  6,  2,  8,    NULL},
    {OCT_FOR_MATRIX | OCT_FOR_DEPTHWISE, OCT_REFERENCE_PATH, 1, 1, 1, NULL},
};
const size_t oct_tile_count = sizeof oct_tiles / sizeof oct_tiles[0];

const char *oct_tile_name(const oct_tile *tile, char name[OCT_TILE_NAME])
{
    size_t length = 0;
    if (tile->path == OCT_REFERENCE_PATH)
        return strcpy(name, "reference");
    length = (size_t)snprintf(name, OCT_TILE_NAME, "%s",
                              tile->kernels == OCT_FOR_DEPTHWISE ? "depthwise"
                                                                 : oct_paths[tile->path].name);
    const char *separator = "_";
#define APPEND(field, define)                                                                      \
    length += (size_t)snprintf(name + length, OCT_TILE_NAME - length, "%s%u", separator,           \
                               tile->field);                                                       \
    separator = "x";
    OCT_TILE_FIELDS(APPEND)
#undef APPEND
    return name;
}

void oct_tile_options(const oct_tile *tile, char *text, size_t capacity)
{
    size_t length = strlen(text);
    length += (size_t)snprintf(text + length, capacity - length, " -D OCT_PATH=%s",
                               oct_paths[tile->path].define);
#define APPEND(field, define)                                                                      \
    length += (size_t)snprintf(text + length, capacity - length, " -D " #define "=%u", tile->field);
    OCT_TILE_FIELDS(APPEND)
#undef APPEND
}

bool oct_tile_is_applicable(const oct_tile *tile, const oct_traits *traits, unsigned kernels)
{
    return (tile->kernels & kernels) != 0 &&
           (tile->path == OCT_REFERENCE_PATH ||
            (oct_path_is_usable(tile->path, traits) &&
             (tile->applicable == NULL || tile->applicable(traits))));
}

/* Estimated time: multiply-adds of whole tiles at the path's measured speed, where a tile keeps the
 * multipliers busy as far as its loads (mr words and nv vectors per mr * nv products) allow. */
static double cost(const oct_tile *tile, const oct_traits *traits, const oct_tile_problem *problem)
{
    const unsigned columns = oct_tile_columns(tile);
    const double work = (double)oct_round_up(problem->m, tile->mr) *
                        (double)oct_round_up(problem->n, columns) * (double)problem->k;
    const double products = (double)tile->mr * tile->nv;
    const double loads = (double)tile->mr + tile->nv;
    /* a depthwise tile fills its columns with channels; a group of one channel fills one column */
    const double outer = tile->kernels == OCT_FOR_DEPTHWISE ? 1.0 / 16 : (double)problem->outer;
    return work * outer * (1.0 + loads / products) / traits->path_gops[tile->path];
}

const oct_tile *oct_tile_choose(const oct_traits *traits, const oct_tile_problem *problem)
{
    const oct_tile *best = &oct_tiles[oct_tile_count - 1];
    double least = 0.0;
    for (size_t i = 0; i + 1 < oct_tile_count; i++) {
        const oct_tile *const tile = &oct_tiles[i];
        if (!oct_tile_is_applicable(tile, traits, problem->kernels) || oct_paths[tile->path].test_only)
            continue;
        const double estimate = cost(tile, traits, problem);
        if (best->path == OCT_REFERENCE_PATH || estimate < least) {
            best = tile;
            least = estimate;
        }
    }
    return best;
}

const oct_tile *oct_tile_find(const oct_traits *traits, const oct_tile_problem *problem,
                              const char *name)
{
    char text[OCT_TILE_NAME];
    for (size_t i = 0; i < oct_tile_count; i++)
        if (strcmp(oct_tile_name(&oct_tiles[i], text), name) == 0 &&
            oct_tile_is_applicable(&oct_tiles[i], traits, problem->kernels))
            return &oct_tiles[i];
    return NULL;
}

size_t oct_tile_rows_per_item(const oct_tile *tile, const oct_traits *traits,
                              const oct_tile_problem *problem)
{
    const size_t tiles = oct_divide_up(problem->m, tile->mr);
    const size_t panels = oct_divide_up(problem->n, oct_tile_columns(tile)) * problem->outer;
    const size_t items = 8 * (traits->compute_units > 0 ? traits->compute_units : 1);
    /* tiles per item such that panels * (tiles / per_item) is about "items" */
    const size_t per_item = panels * tiles / items;
    const size_t most = tiles > 0 ? tiles : 1;
    const size_t bounded = per_item < 1 ? 1 : per_item > most ? most : per_item;
    return bounded * tile->mr;
}
