/* tiles.c - the table of tiles; naming, choosing and finding its rows. */
#include "variants/tiles.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "variants/paths.h"

static bool has_avx512(const oct_traits *traits)
{
    return traits->avx512bw;
}

static bool has_own_local(const oct_traits *traits)
{
    return oct_tile_shares(traits);
}

/* clang-format off */
const oct_tile oct_tiles[] = {
    /* kernels           path                     mr  nv  lanes  gm  gn  gk parts  applicable */
    {OCT_FOR_DEPTHWISE,  OCT_PATH_X86_VNNI,        4,  4, 16,     1,  1,  0,  0, NULL},
    {OCT_FOR_DEPTHWISE,  OCT_PATH_X86_VNNI,        4,  4,  8,     1,  1,  0,  0, NULL},
    {OCT_FOR_DEPTHWISE,  OCT_PATH_X86_VNNI,        4,  1, 16,     1,  1,  0,  0, NULL},
    {OCT_FOR_DEPTHWISE,  OCT_PATH_X86_AVXVNNI,     2,  4,  8,     1,  1,  0,  0, NULL},
    {OCT_FOR_DEPTHWISE,  OCT_PATH_X86_AVXVNNI,     4,  1,  8,     1,  1,  0,  0, NULL},
    {OCT_FOR_DEPTHWISE,  OCT_PATH_X86_PMADDWD,     4,  1, 16,     1,  1,  0,  0, has_avx512},
    {OCT_FOR_DEPTHWISE,  OCT_PATH_X86_PMADDWD,     4,  1,  8,     1,  1,  0,  0, NULL},
    {OCT_FOR_DEPTHWISE,  OCT_PATH_PLAIN,           4,  1,  8,     1,  1,  0,  0, NULL},
    {OCT_FOR_DEPTHWISE,  OCT_PATH_NV_DP4A,         4,  1,  4,     8, 16,  0,  0, has_own_local},
    {OCT_FOR_DEPTHWISE,  OCT_PATH_AMD_SUDOT4,      4,  1,  4,     8, 16,  0,  0, has_own_local},
    {OCT_FOR_DEPTHWISE,  OCT_PATH_KHR,             4,  1,  4,     8, 16,  0,  0, has_own_local},
    {OCT_FOR_DEPTHWISE,  OCT_PATH_PLAIN,           4,  1,  4,     8, 16,  0,  0, has_own_local},
    {OCT_FOR_DEPTHWISE,  OCT_PATH_EMULATED,        4,  1,  4,     2,  4,  0,  0, NULL},
    {OCT_FOR_DEPTHWISE,  OCT_PATH_EMULATED_PAIRS,  4,  1,  8,     1,  1,  0,  0, NULL},
    {OCT_FOR_MATRIX,     OCT_PATH_X86_VNNI,        6,  4, 16,     1,  1,  0,  0, NULL},
    {OCT_FOR_MATRIX,     OCT_PATH_X86_VNNI,       12,  2, 16,     1,  1,  0,  0, NULL},
    {OCT_FOR_MATRIX,     OCT_PATH_X86_VNNI,        8,  3, 16,     1,  1,  0,  0, NULL},
    {OCT_FOR_MATRIX,     OCT_PATH_X86_VNNI,       12,  1, 16,     1,  1,  0,  0, NULL},
    {OCT_FOR_MATRIX,     OCT_PATH_X86_AVXVNNI,     6,  2,  8,     1,  1,  0,  0, NULL},
    {OCT_FOR_MATRIX,     OCT_PATH_X86_AMX,        32,  4, 16,     1,  1,  0,  0, NULL},
    {OCT_FOR_MATRIX,     OCT_PATH_X86_PMADDWD,     6,  4, 16,     1,  1,  0,  0, has_avx512},
    {OCT_FOR_MATRIX,     OCT_PATH_X86_PMADDWD,     6,  2,  8,     1,  1,  0,  0, NULL},
    {OCT_FOR_MATRIX,     OCT_PATH_NV_MMA,          8,  4,  4,    32,  8, 16,  0, has_own_local},
    {OCT_FOR_MATRIX,     OCT_PATH_NV_MMA,          8,  4,  4,    16,  8, 16,  0, has_own_local},
    {OCT_FOR_MATRIX,     OCT_PATH_NV_MMA,          4,  2,  4,    16,  8, 16,  0, has_own_local},
    {OCT_FOR_MATRIX,     OCT_PATH_NV_MMA,          2,  4,  4,     8, 16, 16,  0, has_own_local},
    {OCT_FOR_MATRIX,     OCT_PATH_NV_DP4A,         8,  2,  4,    16, 16, 16,  0, has_own_local},
    {OCT_FOR_MATRIX,     OCT_PATH_NV_DP4A,         4,  2,  4,    16,  8, 16,  0, has_own_local},
    {OCT_FOR_MATRIX,     OCT_PATH_NV_DP4A,         2,  2,  4,     8, 16, 16,  0, has_own_local},
    {OCT_FOR_MATRIX,     OCT_PATH_NV_DP4A,         4,  2,  8,     1,  1,  0,  0, NULL},
    {OCT_FOR_MATRIX,     OCT_PATH_AMD_MFMA,        4,  4,  4,    32,  8, 16,  0, has_own_local},
    {OCT_FOR_MATRIX,     OCT_PATH_AMD_MFMA,        2,  4,  4,    32,  4, 16,  0, has_own_local},
    {OCT_FOR_MATRIX,     OCT_PATH_AMD_WMMA,        2,  8,  4,    64,  4, 16,  0, has_own_local},
    {OCT_FOR_MATRIX,     OCT_PATH_AMD_WMMA,        2,  8,  4,    32,  2, 16,  0, has_own_local},
    {OCT_FOR_MATRIX,     OCT_PATH_INTEL_DPAS8,     2,  4,  8,    64,  4, 16,  0, has_own_local},
    {OCT_FOR_MATRIX,     OCT_PATH_INTEL_DPAS8,     2,  4,  8,    32,  4, 16,  0, has_own_local},
    {OCT_FOR_MATRIX,     OCT_PATH_INTEL_DPAS8,     1,  4,  8,    16,  8, 16,  0, has_own_local},
    {OCT_FOR_MATRIX,     OCT_PATH_INTEL_DPAS16,    2,  4,  8,    64,  4, 16,  0, has_own_local},
    {OCT_FOR_MATRIX,     OCT_PATH_INTEL_DPAS16,    2,  4,  8,    32,  4, 16,  0, has_own_local},
    {OCT_FOR_MATRIX,     OCT_PATH_INTEL_DPAS16,    1,  4,  8,    16,  8, 16,  0, has_own_local},
    {OCT_FOR_MATRIX,     OCT_PATH_AMD_SDOT4,       8,  2,  4,    16, 16, 16,  0, has_own_local},
    {OCT_FOR_MATRIX,     OCT_PATH_AMD_SDOT4,       4,  2,  4,    16,  8, 16,  0, has_own_local},
    {OCT_FOR_MATRIX,     OCT_PATH_AMD_SDOT4,       2,  2,  4,     8, 16, 16,  0, has_own_local},
    {OCT_FOR_MATRIX,     OCT_PATH_AMD_SDOT4,       4,  2,  8,     1,  1,  0,  0, NULL},
    {OCT_FOR_MATRIX,     OCT_PATH_AMD_SUDOT4,      8,  2,  4,    16, 16, 16,  0, has_own_local},
    {OCT_FOR_MATRIX,     OCT_PATH_AMD_SUDOT4,      4,  2,  4,    16,  8, 16,  0, has_own_local},
    {OCT_FOR_MATRIX,     OCT_PATH_AMD_SUDOT4,      2,  2,  4,     8, 16, 16,  0, has_own_local},
    {OCT_FOR_MATRIX,     OCT_PATH_AMD_SUDOT4,      4,  2,  8,     1,  1,  0,  0, NULL},
    {OCT_FOR_MATRIX,     OCT_PATH_KHR,             8,  2,  4,    16, 16, 16,  0, has_own_local},
    {OCT_FOR_MATRIX,     OCT_PATH_KHR,             4,  2,  4,    16,  8, 16,  0, has_own_local},
    {OCT_FOR_MATRIX,     OCT_PATH_KHR,             2,  2,  4,     8, 16, 16,  0, has_own_local},
    {OCT_FOR_MATRIX,     OCT_PATH_KHR,             4,  2,  8,     1,  1,  0,  0, NULL},
    {OCT_FOR_MATRIX,     OCT_PATH_ARM,             4,  2,  8,     1,  1,  0,  0, NULL},
    {OCT_FOR_MATRIX,     OCT_PATH_QCOM,            4,  2,  4,    16,  8, 16,  0, has_own_local},
    {OCT_FOR_MATRIX,     OCT_PATH_QCOM,            4,  2,  8,     1,  1,  0,  0, NULL},
    {OCT_FOR_MATRIX,     OCT_PATH_PLAIN,           4,  2,  4,    16,  8,  4,  0, has_own_local},
    {OCT_FOR_MATRIX,     OCT_PATH_PLAIN,           4,  2,  8,     1,  1,  0,  0, NULL},
    {OCT_FOR_MATRIX,     OCT_PATH_EMULATED,        4,  2,  8,     1,  1,  0,  0, NULL},
    {OCT_FOR_MATRIX,     OCT_PATH_EMULATED,        2,  2,  4,     8,  4,  8,  0, NULL},
    {OCT_FOR_MATRIX,     OCT_PATH_EMULATED,        2,  2,  4,     8,  4,  8,  3, NULL},
    {OCT_FOR_MATRIX,     OCT_PATH_EMULATED_PAIRS,  6,  2,  8,     1,  1,  0,  0, NULL},
    {OCT_FOR_MATRIX,     OCT_PATH_EMULATED_MMA,    4,  4,  4,     8,  8, 16,  0, NULL},
    {OCT_FOR_MATRIX,     OCT_PATH_EMULATED_MFMA,   1,  4,  4,    32,  4, 16,  0, NULL},
    {OCT_FOR_MATRIX,     OCT_PATH_EMULATED_WMMA,   1,  8,  4,    16,  4, 16,  0, NULL},
    {OCT_FOR_MATRIX,     OCT_PATH_EMULATED_DPAS8,  2,  4,  8,    16,  2, 16,  0, NULL},
    {OCT_FOR_MATRIX,     OCT_PATH_EMULATED_DPAS16, 1,  4,  8,    32,  2, 16,  0, NULL},
    {OCT_FOR_MATRIX,     OCT_PATH_EMULATED_AMX,   32,  4, 16,     1,  1,  0,  0, NULL},
    {OCT_FOR_MATRIX | OCT_FOR_DEPTHWISE, OCT_REFERENCE_PATH, 1, 1, 1, 1, 1, 0, 1, NULL},
};
/* clang-format on */
const size_t oct_tile_count = sizeof oct_tiles / sizeof oct_tiles[0];
static_assert(sizeof oct_tiles / sizeof oct_tiles[0] <= OCT_MAX_VARIANTS, "contexts have room");

const char *oct_tile_name(const oct_tile *tile, char name[OCT_TILE_NAME])
{
    size_t length = 0;
    if (tile->path == OCT_REFERENCE_PATH)
        return strcpy(name, "reference");
    length = (size_t)snprintf(name, OCT_TILE_NAME, "%s%s",
                              tile->kernels == OCT_FOR_DEPTHWISE ? "dw_" : "",
                              oct_paths[tile->path].name);
    const char *separator = "_";
#define APPEND(field, define)                                                                      \
    length +=                                                                                      \
        (size_t)snprintf(name + length, OCT_TILE_NAME - length, "%s%u", separator, tile->field);   \
    separator = "x";
    OCT_TILE_FIELDS(APPEND)
    separator = "_";
    if (oct_tile_has_blocks(tile)) {
        OCT_GROUP_FIELDS(APPEND)
    }
#undef APPEND
    if (tile->parts > 0)
        snprintf(name + length, OCT_TILE_NAME - length, "_k%u", tile->parts);
    return name;
}

void oct_tile_options(const oct_tile *tile, char *text, size_t capacity)
{
    size_t length = strlen(text);
    length += (size_t)snprintf(text + length, capacity - length, " %s -D OCT_PATH=%s",
                               oct_paths[tile->path].options, oct_paths[tile->path].define);
#define APPEND(field, define)                                                                      \
    length += (size_t)snprintf(text + length, capacity - length, " -D " #define "=%u", tile->field);
    OCT_TILE_FIELDS(APPEND)
    if (oct_tile_has_blocks(tile)) {
        OCT_GROUP_FIELDS(APPEND)
    }
#undef APPEND
}

/* Words that a work-item of an emulated warp tells the others: of its rows and of its columns. */
static size_t fragment_words(const oct_tile *tile)
{
    const size_t columns = oct_tile_columns(tile);
    switch (tile->path) {
    case OCT_PATH_EMULATED_MMA:
        return 2 * tile->mr + columns;
    case OCT_PATH_EMULATED_MFMA:
        return tile->mr + columns / 4;
    case OCT_PATH_EMULATED_WMMA:
        return 4 * tile->mr + columns / 2;
    case OCT_PATH_EMULATED_DPAS8:
    case OCT_PATH_EMULATED_DPAS16: /* halves, but as many as fill whole vectors of words */
        return 8 * tile->mr + columns;
    default:
        return 0;
    }
}

size_t oct_tile_local_words(const oct_tile *tile)
{
    const size_t items = (size_t)tile->gm * tile->gn;
    const size_t slice = (oct_tile_rows(tile) + oct_tile_panel(tile)) * tile->gk;
    return 2 * slice + items * fragment_words(tile);
}

static bool has_room(const oct_tile *tile, const oct_traits *traits)
{
    return !oct_tile_has_blocks(tile) || ((size_t)tile->gm * tile->gn <= traits->group_items &&
                                          4 * oct_tile_local_words(tile) <= traits->local_bytes);
}

bool oct_tile_suits(const oct_tile *tile, const oct_traits *traits)
{
    return has_room(tile, traits) && (tile->applicable == NULL || tile->applicable(traits));
}

bool oct_tile_is_applicable(const oct_tile *tile, const oct_traits *traits, unsigned kernels)
{
    return (tile->kernels & kernels) != 0 && !traits->tiles_off[tile - oct_tiles] &&
           (tile->path == OCT_REFERENCE_PATH ||
            (oct_path_is_usable(tile->path, traits) && oct_tile_suits(tile, traits)));
}

/* Whether a row can do the problem at all: a depthwise tile works on whole panels of channels. */
static bool fits(const oct_tile *tile, const oct_traits *traits, const oct_tile_problem *problem)
{
    if (!oct_tile_is_applicable(tile, traits, problem->kernels))
        return false;
    if (tile->kernels != OCT_FOR_DEPTHWISE)
        return true;
    return problem->outer >= oct_tile_columns(tile) &&
           (!problem->pairs_only || oct_paths[tile->path].pairs);
}

const oct_tile *oct_tile_choose(const oct_traits *traits, const oct_tile_problem *problem)
{
    const oct_tile *best = &oct_tiles[oct_tile_count - 1];
    double least = 0.0;
    for (size_t i = 0; i + 1 < oct_tile_count; i++) {
        const oct_tile *const tile = &oct_tiles[i];
        if (!fits(tile, traits, problem) || oct_paths[tile->path].test_only)
            continue;
        const double estimate = oct_tile_cost(tile, traits, problem);
        if (best->path == OCT_REFERENCE_PATH || estimate < least) {
            best = tile;
            least = estimate;
        }
    }
    return best;
}

const oct_tile *oct_tile_widest(const oct_traits *traits)
{
    const oct_tile *widest = NULL;
    for (size_t i = 0; i + 1 < oct_tile_count; i++) {
        const oct_tile *const tile = &oct_tiles[i];
        if (oct_tile_is_applicable(tile, traits, OCT_FOR_MATRIX) && !oct_tile_has_blocks(tile) &&
            !oct_paths[tile->path].test_only && (widest == NULL || tile->lanes > widest->lanes))
            widest = tile;
    }
    return widest;
}

const oct_tile *oct_tile_find(const oct_traits *traits, const oct_tile_problem *problem,
                              const char *name)
{
    char text[OCT_TILE_NAME];
    for (size_t i = 0; i < oct_tile_count; i++)
        if (strcmp(oct_tile_name(&oct_tiles[i], text), name) == 0 &&
            fits(&oct_tiles[i], traits, problem))
            return &oct_tiles[i];
    return NULL;
}

#define STRIP_BLOCKS ((size_t)8) /* of rows: with as many panels, a square that caches hold */

static oct_tile_share strip(const oct_tile *tile, const oct_tile_problem *problem)
{
    return (oct_tile_share){STRIP_BLOCKS * tile->mr * tile->gm,
                            oct_divide_up(problem->n, oct_tile_panel(tile))};
}

#define PANEL_BYTES ((size_t)1 << 20)    /* of the weights a CPU's work-item returns to */
#define LEAST_PRODUCTS ((size_t)1 << 18) /* that repay a work-item: a microsecond of a CPU core */

/* A CPU's driver may hand half of what is left to the first thread that asks, up to some dozens of
 * work-items (PoCL does): equal shares, and more of them than that where the work allows. */
oct_tile_share oct_tile_split(const oct_tile *tile, const oct_traits *traits,
                              const oct_tile_problem *problem)
{
    const bool on_cpu = traits->type == OCTET_DEVICE_CPU;
    if (oct_tile_has_blocks(tile))
        return strip(tile, problem);
    const size_t units = traits->compute_units > 0 ? traits->compute_units : 1;
    const size_t row_tiles = oct_divide_up(problem->m, tile->mr);
    const size_t panels = oct_divide_up(problem->n, oct_tile_columns(tile));
    const size_t panel_products = problem->k * oct_tile_columns(tile);
    const size_t fit = on_cpu ? PANEL_BYTES / (panel_products + 1) + 1 : 1;
    size_t column_shares = oct_divide_up(panels, fit);
    while (column_shares < panels && row_tiles * column_shares * problem->outer < 2 * units)
        column_shares++;
    const size_t per_item = oct_divide_up(panels, column_shares);
    const size_t tiles = row_tiles * oct_divide_up(panels, per_item) * problem->outer;
    const size_t busy = tiles / (2 * units), many = tiles / ((on_cpu ? 256 : 8) * units);
    const size_t worthy = LEAST_PRODUCTS / (panel_products * per_item * tile->mr + 1);
    size_t tiles_per_item = many > worthy ? many : worthy;
    if (tiles_per_item > busy)
        tiles_per_item = busy;
    return (oct_tile_share){(tiles_per_item > 0 ? tiles_per_item : 1) * tile->mr, per_item};
}

void oct_tile_items(const oct_tile *tile, const oct_tile_problem *problem, oct_tile_share share,
                    size_t items[3])
{
    const size_t panels = oct_divide_up(problem->n, oct_tile_panel(tile));
    const size_t blocks = oct_divide_up(problem->m, oct_tile_rows(tile)) * panels;
    const bool has_blocks = oct_tile_has_blocks(tile);
    items[0] = has_blocks ? blocks * tile->gm * tile->gn : oct_divide_up(problem->m, share.rows);
    items[1] = has_blocks ? 1 : oct_divide_up(panels, share.panels);
    items[2] = problem->outer;
}
