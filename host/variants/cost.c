/* cost.c - what a problem is estimated to take on a row of the table of tiles, and the parts that k is
 * split into. */
#include "core/memory.h"
#include "variants/paths.h"
#include "variants/tiles.h"

#define UNSHARED 8 /* times as long: a GPU's work-items that neither share nor neighbour operands */
#define NARROW 1.5 /* times as long: columns in vectors of x86 that are not the path's widest */
#define MATRIX_LOADS 0.3      /* share of their time that the products of a tile do not hide; ... */
#define DEPTHWISE_LOADS 1.7   /* ... depthwise tiles unpack what they load */
#define AMX_STEP ((size_t)64) /* values of k that its tiles take, or take as long as if they did */
#define UNIT_BYTES 40e9       /* per second from its second cache to one of a GPU's compute units */
#define FINISH_SECONDS 4e-6   /* that another kernel takes at least */
#define MOST_ROWS ((size_t)65535) /* some drivers' limit of a launch's second dimension */
#define MOST_PARTS ((size_t)32)
#define LEAST_PART ((size_t)512) /* values of k that repay a tile's beginning and end */
#define MOST_SUMS 0x1p24         /* of all parts: 64 MiB */

static size_t compute_units(const oct_traits *traits)
{
    return traits->compute_units > 0 ? traits->compute_units : 1;
}

/* Whether work-groups walk along k, slice by slice. Single tiles are not split: on CPUs, whose cores
 * share the columns of few tiles already, nothing was gained. */
static bool has_slices(const oct_tile *tile)
{
    return oct_tile_has_blocks(tile) && tile->kernels != OCT_FOR_DEPTHWISE;
}

static size_t count_blocks(const oct_tile *tile, const oct_tile_problem *problem)
{
    return oct_divide_up(problem->m, oct_tile_rows(tile)) *
           oct_divide_up(problem->n, oct_tile_panel(tile)) * problem->outer;
}

/* Compute units take a block each, wave after wave, the last of which may be nearly empty: how many
 * times as long that makes them all. */
static double waves(const oct_tile *tile, size_t units, const oct_tile_problem *problem,
                    size_t parts)
{
    const size_t count = count_blocks(tile, problem) * parts;
    return count > 0 ? (double)oct_round_up(count, units) / (double)count : 1.0;
}

/* How many times as long the loads of a tile or block make its products: mr words and nv vectors for
 * mr * nv products; rows and columns, as fast as the second cache gives them, for all of theirs. */
static double slowness(const oct_tile *tile, const oct_traits *traits)
{
    const double products = (double)tile->mr * tile->nv, loads = (double)tile->mr + tile->nv;
    const bool blocks = oct_tile_has_blocks(tile);
    const bool depthwise = tile->kernels == OCT_FOR_DEPTHWISE;
    if (!has_slices(tile))
        return (1.0 + (depthwise ? DEPTHWISE_LOADS : MATRIX_LOADS) * loads / products) *
               (!blocks && oct_tile_shares(traits) ? UNSHARED : 1.0);
    const double rows = (double)oct_tile_rows(tile), columns = oct_tile_panel(tile);
    const double unit_products =
        traits->path_gops[tile->path] * 0.5e9 / (double)compute_units(traits);
    return 1.0 + unit_products / UNIT_BYTES * (rows + columns) / (rows * columns);
}

/* Whether the path has rows of more lanes on the device: its speed was measured with those. */
static bool is_narrow(const oct_tile *tile, const oct_traits *traits)
{
    bool narrow = false;
    for (size_t i = 0; traits->native_x86 && i < oct_tile_count; i++)
        narrow |= oct_tiles[i].path == tile->path && oct_tiles[i].lanes > tile->lanes &&
                  oct_tile_suits(&oct_tiles[i], traits);
    return narrow;
}

/* Multiply-adds of whole tiles at the path's measured speed. */
static double product_seconds(const oct_tile *tile, const oct_traits *traits,
                              const oct_tile_problem *problem)
{
    const unsigned columns = oct_tile_panel(tile);
    const bool depthwise = tile->kernels == OCT_FOR_DEPTHWISE;
    const size_t across = depthwise ? oct_round_up(problem->outer, columns)
                                    : oct_round_up(problem->n, columns) * problem->outer;
    const size_t k = oct_path_is_amx(tile->path) ? oct_round_up(problem->k, AMX_STEP) : problem->k;
    const double work =
        (double)oct_round_up(problem->m, oct_tile_rows(tile)) * (double)across * (double)k;
    return 2e-9 * work * slowness(tile, traits) * (is_narrow(tile, traits) ? NARROW : 1.0) /
           traits->path_gops[tile->path];
}

/* Sums of all parts together. */
static double count_sums(const oct_tile *tile, const oct_tile_problem *problem, size_t parts)
{
    return (double)problem->m * (double)oct_round_up(problem->n, oct_tile_panel(tile)) *
           (double)problem->outer * (double)parts;
}

/* All of a problem by blocks. */
static double seconds(const oct_tile *tile, const oct_traits *traits,
                      const oct_tile_problem *problem, size_t parts)
{
    const size_t units = compute_units(traits);
    const double moved = 8.0 * count_sums(tile, problem, parts); /* written and read */
    return product_seconds(tile, traits, problem) * waves(tile, units, problem, parts) +
           (parts > 1 ? FINISH_SECONDS + moved / (UNIT_BYTES * (double)units) : 0.0);
}

size_t oct_tile_parts(const oct_tile *tile, const oct_traits *traits,
                      const oct_tile_problem *problem)
{
    size_t best = 1;
    if (!has_slices(tile) || problem->m > MOST_ROWS)
        return 1;
    if (tile->parts > 0)
        return count_sums(tile, problem, tile->parts) <= MOST_SUMS ? tile->parts : 1;
    double least = seconds(tile, traits, problem, 1);
    for (size_t parts = 2; parts <= MOST_PARTS && problem->k / parts >= LEAST_PART &&
                           count_sums(tile, problem, parts) <= MOST_SUMS;
         parts++) {
        const double estimate = seconds(tile, traits, problem, parts);
        if (estimate < least) {
            best = parts;
            least = estimate;
        }
    }
    return best;
}

double oct_tile_cost(const oct_tile *tile, const oct_traits *traits,
                     const oct_tile_problem *problem)
{
    if (!has_slices(tile))
        return product_seconds(tile, traits, problem); /* by shares, which are nearly even */
    return seconds(tile, traits, problem, oct_tile_parts(tile, traits, problem));
}
