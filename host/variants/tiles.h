/* tiles.h - the variants of gemm and conv2d: a dot-product path with tile sizes. The last row is
 * the reference. */
#ifndef OCT_VARIANTS_TILES_H
#define OCT_VARIANTS_TILES_H

#include <stdbool.h>
#include <stddef.h>

#include "core/traits.h"

/* Every tunable of a tile, once: X(field, name in kernels.cl §1). The printable name, the -D
 * options and the test that kernels.cl knows each of them are made from this list. */
#define OCT_TILE_FIELDS(X)                                                                         \
    X(mr, OCT_MR)       /* rows of a tile */                                                       \
    X(nv, OCT_NV)       /* vectors of columns of a tile */                                         \
    X(lanes, OCT_LANES) /* columns per vector */

/* The same of the work-groups that compute a block of tiles; names and options have them only where
 * there are such. */
#define OCT_GROUP_FIELDS(X)                                                                        \
    X(gm, OCT_GM) /* tiles of a block: down; 1: work-items do not share operands ... */            \
    X(gn, OCT_GN) /* ... and across */                                                             \
    X(gk, OCT_GK) /* words of k in local memory at a time; 0: depthwise, which needs none */

/* The kernels that a tile serves. */
enum { OCT_FOR_MATRIX = 1 /* gemm, conv2d */, OCT_FOR_DEPTHWISE = 2 };

typedef struct oct_tile {
    unsigned kernels; /* OCT_FOR_… */
    size_t path;      /* index in oct_paths; OCT_REFERENCE_PATH: the reference */
#define OCT_TILE_MEMBER(field, define) unsigned field;
    OCT_TILE_FIELDS(OCT_TILE_MEMBER)
    OCT_GROUP_FIELDS(OCT_TILE_MEMBER)
#undef OCT_TILE_MEMBER
    unsigned
        parts; /* of blocks: that k is split into, where it is long enough; 0: as many as pay */
    bool (*applicable)(
        const oct_traits *traits); /* beyond the path's own precondition; may be NULL */
} oct_tile;

#define OCT_REFERENCE_PATH ((size_t)-1)

/* The work a tile is chosen for: "outer" (batch or groups) matrix products, or for depthwise m
 * pixels of "outer" channels with k taps. "kernels" are those that can do it. */
typedef struct oct_tile_problem {
    unsigned kernels;
    size_t outer, m, n, k;
    bool pairs_only; /* depthwise: the weights' zero points need words that hold differences */
    bool windows;    /* rows of the input are gathered from the pixels of windows */
    octet_type input_type, weight_type; /* S8 or U8 */
} oct_tile_problem;

/* oct_tile_name - "x86_vnni_6x4x16", "khr_8x2x4_16x16x16" (a block of tiles), "emulated_2x2x4_8x4x8_k3"
 * (k always in parts), "dw_plain_4x1x8" or "reference" into "name". Returns name. */
#define OCT_TILE_NAME 48
const char *oct_tile_name(const oct_tile *tile, char name[OCT_TILE_NAME]);

/* cost.c: oct_tile_cost - the estimated seconds of a problem on a row, for comparison with other rows.
 * oct_tile_parts - the parts that k is split into, so that few tiles and a long k keep every compute
 * unit busy; sums of parts are added by a second kernel. At least 1. */
double oct_tile_cost(const oct_tile *tile, const oct_traits *traits,
                     const oct_tile_problem *problem);
size_t oct_tile_parts(const oct_tile *tile, const oct_traits *traits,
                      const oct_tile_problem *problem);

/* oct_tile_options - " -D OCT_PATH=… -D OCT_MR=…" appended to a text of "capacity" bytes. */
void oct_tile_options(const oct_tile *tile, char *text, size_t capacity);

/* oct_tile_local_words - of local memory that a work-group needs: two slices of the operands, and what
 * emulated warps tell each other. */
size_t oct_tile_local_words(const oct_tile *tile);

/* oct_tile_suits - whether the device has what the row asks for besides its path. */
bool oct_tile_suits(const oct_tile *tile, const oct_traits *traits);

/* oct_tile_is_applicable - a row of oct_tiles that is not switched off and that the device can run.
 */
bool oct_tile_is_applicable(const oct_tile *tile, const oct_traits *traits, unsigned kernels);

/* oct_tile_choose - the applicable row of least cost that is not for tests only; on the reference
 * backend the reference. */
const oct_tile *oct_tile_choose(const oct_traits *traits, const oct_tile_problem *problem);

/* oct_tile_widest - the applicable row of single tiles whose path and lanes suit work on single
 * elements, where no products are; NULL when no path is known to work. */
const oct_tile *oct_tile_widest(const oct_traits *traits);

/* oct_tile_find - the applicable row of that name for the problem, or NULL. */
const oct_tile *oct_tile_find(const oct_traits *traits, const oct_tile_problem *problem,
                              const char *name);

/* The part of the result that one work-item computes: rows, a multiple of mr, against so many
 * panels of columns. Of blocks: the strip whose blocks are computed side by side, rows of whole
 * blocks against all panels. */
typedef struct oct_tile_share {
    size_t rows, panels;
} oct_tile_share;

/* oct_tile_split - shares large enough to pay for a work-item, small enough to keep every compute
 * unit busy; on CPUs as many panels as the second cache holds, so that a row's words are read once.
 */
oct_tile_share oct_tile_split(const oct_tile *tile, const oct_traits *traits,
                              const oct_tile_problem *problem);

/* oct_tile_items - the work-items of a problem shared so, in three dimensions. */
void oct_tile_items(const oct_tile *tile, const oct_tile_problem *problem, oct_tile_share share,
                    size_t items[3]);

/* Whether the device's work-items gain by sharing operands: a GPU's do, those of a CPU find them in its
 * caches. */
static inline bool oct_tile_shares(const oct_traits *traits)
{
    return traits->type == OCTET_DEVICE_GPU && traits->own_local;
}

/* Whether work-groups compute blocks of tiles. */
static inline bool oct_tile_has_blocks(const oct_tile *tile)
{
    return tile->gm > 1;
}

static inline unsigned oct_tile_columns(const oct_tile *tile)
{
    return tile->nv * tile->lanes;
}

/* Rows of a tile, or of a block. */
static inline size_t oct_tile_rows(const oct_tile *tile)
{
    return (size_t)tile->mr * tile->gm;
}

/* Columns that are packed side by side: of a tile, or of a block. */
static inline unsigned oct_tile_panel(const oct_tile *tile)
{
    return tile->gn * oct_tile_columns(tile);
}

extern const oct_tile oct_tiles[];
extern const size_t oct_tile_count;

#endif
