/* test_tiles.c - the table of tiles: names, build options, and the row that gets chosen. */
#include "variants/tiles.h"

#include <stdio.h>
#include <stdlib.h>

#include "runtime/runtime.h"
#include "support/unit.h"
#include "variants/paths.h"

/* ---- Made-up devices ---- */

enum { EVERY_PATH = (1 << OCT_PATH_COUNT) - 1 };

static oct_traits device(octet_device_type type, unsigned paths)
{
    oct_traits traits = {.type = type,
                         .compute_units = 4,
                         .group_items = 1024,
                         .local_bytes = 49152,
                         .own_local = type == OCTET_DEVICE_GPU,
                         .paths = paths,
                         .avx512bw = true};
    for (size_t i = 0; i < oct_path_count; i++)
        traits.path_gops[i] = 10.0 * (double)(i + 1);
    return traits;
}

static const oct_tile_problem problems[] = {
    {.kernels = OCT_FOR_MATRIX, .outer = 1, .m = 1, .n = 1, .k = 1},
    {.kernels = OCT_FOR_MATRIX, .outer = 1, .m = 1000, .n = 1000, .k = 1000},
    {.kernels = OCT_FOR_MATRIX, .outer = 32, .m = 7, .n = 4096, .k = 3},
    {.kernels = OCT_FOR_MATRIX, .outer = 1, .m = 1000003, .n = 1, .k = 65793},
    {.kernels = OCT_FOR_MATRIX, .outer = 0, .m = 0, .n = 0, .k = 1},
    {.kernels = OCT_FOR_MATRIX | OCT_FOR_DEPTHWISE, .outer = 512, .m = 196, .n = 1, .k = 9},
    {.kernels = OCT_FOR_MATRIX | OCT_FOR_DEPTHWISE, .outer = 3, .m = 196, .n = 1, .k = 9},
    {.kernels = OCT_FOR_MATRIX | OCT_FOR_DEPTHWISE,
     .outer = 512,
     .m = 196,
     .n = 1,
     .k = 9,
     .pairs_only = true},
};

/* ---- Names ---- */

static void names_are_unique(void **state)
{
    char a[OCT_TILE_NAME], b[OCT_TILE_NAME];
    (void)state;
    assert_in_range(oct_tile_count, 2, OCT_MAX_VARIANTS);
    for (size_t i = 0; i < oct_tile_count; i++)
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(oct_tile_name(&oct_tiles[i], a),
                                    oct_tile_name(&oct_tiles[j], b));
}

/* A name is its path and its numbers, and finds its row again. */
static void names_say_what_the_row_is(void **state)
{
    const oct_traits all = device(OCTET_DEVICE_GPU, EVERY_PATH);
    (void)state;
    for (size_t i = 0; i + 1 < oct_tile_count; i++) {
        const oct_tile *const tile = &oct_tiles[i];
        const bool depthwise = tile->kernels == OCT_FOR_DEPTHWISE;
        const oct_tile_problem problem = {
            .kernels = tile->kernels, .outer = 1024, .m = 9, .n = 9, .k = 9};
        char name[OCT_TILE_NAME], expected[OCT_TILE_NAME];
        snprintf(expected, sizeof expected, "%s%s_%ux%ux%u", depthwise ? "dw_" : "",
                 oct_paths[tile->path].name, tile->mr, tile->nv, tile->lanes);
        if (oct_tile_has_blocks(tile))
            snprintf(expected + strlen(expected), sizeof expected - strlen(expected), "_%ux%ux%u",
                     tile->gm, tile->gn, tile->gk);
        if (tile->parts > 0)
            snprintf(expected + strlen(expected), sizeof expected - strlen(expected), "_k%u",
                     tile->parts);
        assert_ptr_equal(oct_tile_name(tile, name), name);
        assert_string_equal(name, expected);
        assert_ptr_equal(oct_tile_find(&all, &problem, name), tile);
        name[strlen(name) - 1] = '\0';
        assert_ptr_not_equal(oct_tile_find(&all, &problem, name), tile);
    }
}

static void the_last_row_is_the_reference(void **state)
{
    const oct_tile *const last = &oct_tiles[oct_tile_count - 1];
    const oct_traits nothing = {.type = OCTET_DEVICE_REFERENCE};
    char name[OCT_TILE_NAME];
    (void)state;
    assert_string_equal(oct_tile_name(last, name), "reference");
    assert_true(last->path == OCT_REFERENCE_PATH);
    for (size_t i = 0; i < OCT_COUNT(problems); i++) {
        assert_ptr_equal(oct_tile_choose(&nothing, &problems[i]), last);
        assert_ptr_equal(oct_tile_find(&nothing, &problems[i], "reference"), last);
    }
    for (size_t i = 0; i + 1 < oct_tile_count; i++)
        assert_true(oct_tiles[i].path < oct_path_count);
}

static void unknown_names_find_nothing(void **state)
{
    const oct_traits all = device(OCTET_DEVICE_CPU, EVERY_PATH);
    static const char *const names[] = {
        "", "plain", "plain_", "plain_4x2x8 ", "PLAIN_4x2x8", "plain_0x0x0"};
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(names); i++)
        assert_null(oct_tile_find(&all, &problems[1], names[i]));
}

/* ---- Build options ---- */

/* Section n of kernels.cl, in static memory. */
static const char *section(int number)
{
    static char text[1 << 18];
    char begin[16], end[16];
    FILE *const file = fopen(OCT_SOURCE "/kernels.cl", "rb");
    assert_non_null(file);
    const size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = '\0';
    assert_in_range(length, 1, sizeof text - 2);
    snprintf(begin, sizeof begin, "/* §%d ", number);
    snprintf(end, sizeof end, "/* §%d ", number + 1);
    char *const from = strstr(text, begin), *const to = strstr(text, end);
    assert_true(from != NULL && to != NULL && from < to);
    *to = '\0';
    return from;
}

static void assert_has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("there is no \"%s\"", part);
}

/* Every tunable has a default in §1, which an option may replace. */
static void every_field_is_a_parameter_of_kernels(void **state)
{
    const char *const parameters = section(1);
    (void)state;
#define CHECK(field, define) assert_has(parameters, "#ifndef " #define "\n#define " #define " ");
    OCT_TILE_FIELDS(CHECK)
    OCT_GROUP_FIELDS(CHECK)
#undef CHECK
}

static void every_path_is_a_value_in_kernels(void **state)
{
    const char *const parameters = section(1);
    (void)state;
    for (size_t i = 0; i < oct_path_count; i++) {
        char line[64];
        snprintf(line, sizeof line, "#define %s ", oct_paths[i].define);
        assert_has(parameters, line);
    }
    const char *const abilities = section(2);
    for (size_t i = 0; i < oct_path_count; i++)
        assert_has(abilities, oct_paths[i].define);
}

static void options_name_path_and_fields(void **state)
{
    (void)state;
    for (size_t i = 0; i + 1 < oct_tile_count; i++) {
        const oct_tile *const tile = &oct_tiles[i];
        char options[512] = "before", part[64];
        oct_tile_options(tile, options, sizeof options);
        assert_memory_equal(options, "before ", 7);
        snprintf(part, sizeof part, " -D OCT_PATH=%s ", oct_paths[tile->path].define);
        assert_has(options, part);
#define CHECK(field, define)                                                                       \
    snprintf(part, sizeof part, " -D " #define "=%u", tile->field);                                \
    assert_has(options, part);
        OCT_TILE_FIELDS(CHECK)
        if (oct_tile_has_blocks(tile)) {
            OCT_GROUP_FIELDS(CHECK)
        }
#undef CHECK
        assert_int_equal(strstr(options, "OCT_GM") != NULL, oct_tile_has_blocks(tile));
    }
}

/* What kernels.cl refuses with #error. */
static void every_row_is_legal_for_kernels(void **state)
{
    /* whole warps: OCT_DOWN by OCT_ACROSS; rows and columns of a tile that a work-item has */
    static const struct {
        size_t path;
        unsigned down, across, rows, columns, panel, lanes;
    } warps[] = {
        {OCT_PATH_NV_MMA, 8, 4, 2, 8, 1, 4},         {OCT_PATH_EMULATED_MMA, 8, 4, 2, 8, 1, 4},
        {OCT_PATH_AMD_MFMA, 16, 4, 1, 16, 1, 4},     {OCT_PATH_EMULATED_MFMA, 16, 4, 1, 16, 1, 4},
        {OCT_PATH_AMD_WMMA, 16, 2, 1, 32, 1, 4},     {OCT_PATH_EMULATED_WMMA, 16, 2, 1, 32, 1, 4},
        {OCT_PATH_INTEL_DPAS8, 8, 1, 1, 8, 64, 8},   {OCT_PATH_EMULATED_DPAS8, 8, 1, 1, 8, 64, 8},
        {OCT_PATH_INTEL_DPAS16, 16, 1, 1, 8, 64, 8}, {OCT_PATH_EMULATED_DPAS16, 16, 1, 1, 8, 64, 8},
    };
    (void)state;
    for (size_t i = 0; i + 1 < oct_tile_count; i++) {
        const oct_tile *const tile = &oct_tiles[i];
        if (oct_path_is_amx(tile->path))
            assert_true(tile->mr == 32 && tile->nv % 2 == 0 && tile->lanes == 16 && tile->gm == 1);
        else
            assert_in_range(tile->mr, 1, 16);
        assert_in_range(tile->nv, 1, 8);
        assert_true(tile->lanes == 2 || tile->lanes == 4 || tile->lanes == 8 || tile->lanes == 16);
        assert_int_equal(oct_tile_columns(tile), tile->nv * tile->lanes);
        assert_int_equal(oct_tile_panel(tile), tile->gn * oct_tile_columns(tile));
        if (!oct_tile_has_blocks(tile)) {
            assert_int_equal(tile->gm * tile->gn, 1);
            continue;
        }
        assert_false(oct_paths[tile->path].pairs);
        unsigned lanes = 4;
        for (size_t j = 0; j < OCT_COUNT(warps); j++)
            if (tile->path == warps[j].path)
                lanes = warps[j].lanes;
        assert_int_equal(tile->lanes, lanes);
        if (tile->kernels == OCT_FOR_DEPTHWISE) {
            assert_int_equal(tile->gk, 0);
            continue;
        }
        assert_true(tile->gk >= 4 && tile->gk % 4 == 0);
        assert_int_equal(tile->gm * tile->gn % (tile->gk / 4), 0);
        for (size_t j = 0; j < OCT_COUNT(warps); j++) {
            if (tile->path != warps[j].path)
                continue;
            assert_true(tile->gm % warps[j].down == 0 && tile->gn % warps[j].across == 0);
            assert_int_equal(tile->mr % warps[j].rows, 0);
            assert_int_equal(oct_tile_columns(tile) % warps[j].columns, 0);
            assert_int_equal(oct_tile_panel(tile) % warps[j].panel, 0);
            assert_int_equal(tile->gk, 16);
        }
    }
}

/* ---- Choosing ---- */

/* Whatever works on a device (two paths, or all but two), what is chosen is one of its rows, and none of
 * those for tests. */
static void what_is_chosen_applies(void **state)
{
    static const octet_device_type types[] = {OCTET_DEVICE_GPU, OCTET_DEVICE_CPU,
                                              OCTET_DEVICE_ACCELERATOR};
    (void)state;
    for (size_t pair = 0; pair < 2 * oct_path_count * oct_path_count; pair++) {
        const unsigned two =
            1u << pair / 2 % oct_path_count | 1u << pair / 2 / oct_path_count % oct_path_count;
        const unsigned paths = pair % 2 == 0 ? two : EVERY_PATH & ~two;
        for (size_t i = 0; i < OCT_COUNT(problems) * OCT_COUNT(types); i++) {
            const oct_traits traits = device(types[i % OCT_COUNT(types)], paths);
            const oct_tile_problem *const problem = &problems[i / OCT_COUNT(types)];
            const oct_tile *const tile = oct_tile_choose(&traits, problem);
            assert_non_null(tile);
            assert_true(oct_tile_is_applicable(tile, &traits, problem->kernels));
            if (tile->path == OCT_REFERENCE_PATH)
                continue;
            assert_true(paths >> tile->path & 1u);
            assert_false(oct_paths[tile->path].test_only);
            assert_true(tile->kernels & problem->kernels);
        }
    }
}

static void a_device_with_a_path_is_used(void **state)
{
    (void)state;
    for (size_t path = 0; path < oct_path_count; path++) {
        const oct_traits traits = device(OCTET_DEVICE_GPU, 1u << path);
        for (size_t i = 0; i < OCT_COUNT(problems); i++) {
            const oct_tile *const tile = oct_tile_choose(&traits, &problems[i]);
            assert_int_equal(tile->path == OCT_REFERENCE_PATH, oct_paths[path].test_only);
        }
    }
}

/* The faster of two paths, as measured. */
static void the_faster_path_is_chosen(void **state)
{
    oct_traits traits = device(OCTET_DEVICE_CPU, 1 << OCT_PATH_PLAIN | 1 << OCT_PATH_KHR);
    (void)state;
    traits.path_gops[OCT_PATH_PLAIN] = 1.0;
    traits.path_gops[OCT_PATH_KHR] = 1000.0;
    assert_int_equal(oct_tile_choose(&traits, &problems[1])->path, OCT_PATH_KHR);
    traits.path_gops[OCT_PATH_PLAIN] = 1e6;
    assert_int_equal(oct_tile_choose(&traits, &problems[1])->path, OCT_PATH_PLAIN);
}

static void rows_may_ask_for_more_than_their_path(void **state)
{
    oct_traits traits = device(OCTET_DEVICE_CPU, 1 << OCT_PATH_X86_PMADDWD);
    (void)state;
    traits.avx512bw = false;
    for (size_t i = 0; i < oct_tile_count; i++)
        if (oct_tiles[i].path == OCT_PATH_X86_PMADDWD)
            assert_int_equal(oct_tile_is_applicable(&oct_tiles[i], &traits, oct_tiles[i].kernels),
                             oct_tiles[i].lanes == 8);
    assert_int_equal(oct_tile_choose(&traits, &problems[1])->lanes, 8);
}

/* Of columns or channels, few are computed in vain; vectors half as wide cost more than half. */
static void tiles_fit_the_columns(void **state)
{
    static const struct {
        unsigned kernel;
        size_t n;
        unsigned mr, nv, lanes;
    } cases[] = {{OCT_FOR_MATRIX, 16, 12, 1, 16},   {OCT_FOR_MATRIX, 24, 12, 2, 16},
                 {OCT_FOR_MATRIX, 40, 8, 3, 16},    {OCT_FOR_MATRIX, 64, 6, 4, 16},
                 {OCT_FOR_MATRIX, 80, 12, 1, 16},   {OCT_FOR_MATRIX, 144, 8, 3, 16},
                 {OCT_FOR_MATRIX, 160, 12, 2, 16},  {OCT_FOR_MATRIX, 192, 6, 4, 16},
                 {OCT_FOR_MATRIX, 200, 12, 2, 16},  {OCT_FOR_DEPTHWISE, 16, 4, 1, 16},
                 {OCT_FOR_DEPTHWISE, 32, 4, 4, 8},  {OCT_FOR_DEPTHWISE, 40, 4, 1, 16},
                 {OCT_FOR_DEPTHWISE, 72, 4, 4, 16}, {OCT_FOR_DEPTHWISE, 144, 4, 4, 16}};
    oct_traits traits = device(OCTET_DEVICE_CPU, 1 << OCT_PATH_X86_VNNI);
    (void)state;
    traits.native_x86 = true;
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        const bool depthwise = cases[i].kernel == OCT_FOR_DEPTHWISE;
        const oct_tile_problem problem = {.kernels = cases[i].kernel,
                                          .outer = depthwise ? cases[i].n : 1,
                                          .m = 1200,
                                          .n = depthwise ? 1 : cases[i].n,
                                          .k = 9};
        const oct_tile *const tile = oct_tile_choose(&traits, &problem);
        assert_int_equal(tile->mr, cases[i].mr);
        assert_int_equal(tile->nv, cases[i].nv);
        assert_int_equal(tile->lanes, cases[i].lanes);
    }
}

/* Blocks are for GPUs, whose work-items load nothing fast alone, and for products that fill them. */
static void blocks_are_chosen_on_gpus(void **state)
{
    const unsigned paths = 1 << OCT_PATH_PLAIN | 1 << OCT_PATH_KHR;
    const oct_traits gpu = device(OCTET_DEVICE_GPU, paths), cpu = device(OCTET_DEVICE_CPU, paths);
    (void)state;
    assert_true(oct_tile_has_blocks(oct_tile_choose(&gpu, &problems[1])));
    assert_true(oct_tile_has_blocks(oct_tile_choose(&gpu, &problems[5])));
    assert_int_equal(oct_tile_choose(&gpu, &problems[5])->kernels, OCT_FOR_DEPTHWISE);
    for (size_t i = 0; i < OCT_COUNT(problems); i++)
        assert_false(oct_tile_has_blocks(oct_tile_choose(&cpu, &problems[i])));
}

/* The larger a product, the larger the block; of few rows, one of few rows. Where blocks are fewer than
 * compute units, k is split if it is long, so that about every unit has one. */
static void blocks_fit_the_problem(void **state)
{
    static const struct {
        size_t m, n, k;
        unsigned rows, columns;
        size_t parts;
    } cases[] = {{8192, 8192, 4096, 256, 128, 1}, {4096, 4096, 4096, 256, 128, 1},
                 {2048, 2048, 4096, 256, 128, 1}, {1024, 1024, 4096, 256, 128, 4},
                 {512, 512, 4096, 128, 128, 8},   {1024, 1024, 512, 64, 64, 1},
                 {16, 65536, 4096, 16, 256, 1},   {16, 4096, 4096, 16, 256, 8},
                 {64, 64, 8192, 64, 64, 16},      {64, 64, 1000, 64, 64, 1}};
    oct_traits traits = device(OCTET_DEVICE_GPU, 1 << OCT_PATH_NV_MMA | 1 << OCT_PATH_PLAIN);
    (void)state;
    traits.compute_units = 132;
    traits.path_gops[OCT_PATH_NV_MMA] = 1e6;
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        const oct_tile_problem problem = {.kernels = OCT_FOR_MATRIX,
                                          .outer = 1,
                                          .m = cases[i].m,
                                          .n = cases[i].n,
                                          .k = cases[i].k};
        const oct_tile *const tile = oct_tile_choose(&traits, &problem);
        assert_int_equal(tile->path, OCT_PATH_NV_MMA);
        assert_int_equal(oct_tile_rows(tile), cases[i].rows);
        assert_int_equal(oct_tile_panel(tile), cases[i].columns);
        assert_int_equal(oct_tile_parts(tile, &traits, &problem), cases[i].parts);
    }
}

/* Forced parts are those of the row, unless their sums take too much memory; the sums of others, and
 * parts of a useful length, are seen to as well. */
static void parts_are_of_use(void **state)
{
    (void)state;
    for (size_t i = 0; i < oct_tile_count * OCT_COUNT(problems); i++) {
        const oct_tile *const tile = &oct_tiles[i % oct_tile_count];
        const oct_tile_problem *const problem = &problems[i / oct_tile_count];
        const oct_traits traits = device(OCTET_DEVICE_GPU, EVERY_PATH);
        const size_t parts = oct_tile_parts(tile, &traits, problem);
        const double sums = (double)problem->m * (double)problem->outer * (double)parts *
                            (double)(problem->n + oct_tile_panel(tile));
        assert_in_range(parts, 1, 32);
        if (!oct_tile_has_blocks(tile) || tile->kernels == OCT_FOR_DEPTHWISE)
            assert_int_equal(parts, 1);
        else if (parts > 1)
            assert_true(sums < 0x1p25 && (tile->parts == parts || problem->k / parts >= 512));
        else if (tile->parts > 1)
            assert_true(sums * tile->parts > 0x1p24 || problem->m > 65535);
    }
}

/* A device whose work-groups are smaller, or whose local memory is. */
static void blocks_need_room(void **state)
{
    (void)state;
    for (size_t i = 0; i + 1 < oct_tile_count; i++) {
        const oct_tile *const tile = &oct_tiles[i];
        const size_t items = (size_t)tile->gm * tile->gn;
        oct_traits traits = device(OCTET_DEVICE_GPU, EVERY_PATH);
        if (!oct_tile_has_blocks(tile) || tile->kernels == OCT_FOR_DEPTHWISE)
            continue;
        traits.group_items = items;
        traits.local_bytes = 4 * oct_tile_local_words(tile);
        assert_true(oct_tile_is_applicable(tile, &traits, OCT_FOR_MATRIX));
        traits.local_bytes--;
        assert_false(oct_tile_is_applicable(tile, &traits, OCT_FOR_MATRIX));
        traits.local_bytes++;
        traits.group_items--;
        assert_false(oct_tile_is_applicable(tile, &traits, OCT_FOR_MATRIX));
    }
}

/* A depthwise row needs channels enough for its columns, and words for differences. */
static void depthwise_rows_refuse_what_they_cannot(void **state)
{
    const oct_traits traits = device(OCTET_DEVICE_GPU, EVERY_PATH);
    (void)state;
    for (size_t i = 0; i + 1 < oct_tile_count; i++) {
        const oct_tile *const tile = &oct_tiles[i];
        oct_tile_problem problem = {.kernels = OCT_FOR_MATRIX | OCT_FOR_DEPTHWISE,
                                    .outer = oct_tile_columns(tile),
                                    .m = 100,
                                    .n = 1,
                                    .k = 9};
        char name[OCT_TILE_NAME];
        if (tile->kernels != OCT_FOR_DEPTHWISE)
            continue;
        oct_tile_name(tile, name);
        assert_ptr_equal(oct_tile_find(&traits, &problem, name), tile);
        problem.pairs_only = true;
        assert_int_equal(oct_tile_find(&traits, &problem, name) == tile,
                         oct_paths[tile->path].pairs);
        problem.pairs_only = false;
        problem.kernels = OCT_FOR_MATRIX;
        assert_null(oct_tile_find(&traits, &problem, name));
    }
}

/* Tiles of AMX take 32 rows and 64 values of k, or as long as if they did: few rows and a short k are
 * VNNI's, the rest, at several times its rate, is theirs. */
static void amx_wins_where_its_tiles_are_full(void **state)
{
    static const struct {
        oct_tile_problem problem;
        size_t path;
    } cases[] = {
        {{.outer = 1, .m = 1024, .n = 1024, .k = 1024}, OCT_PATH_X86_AMX},
        {{.outer = 1, .m = 49, .n = 512, .k = 4608}, OCT_PATH_X86_AMX},
        {{.outer = 1, .m = 3136, .n = 64, .k = 64}, OCT_PATH_X86_AMX},
        {{.outer = 1, .m = 12544, .n = 16, .k = 16}, OCT_PATH_X86_VNNI},
        {{.outer = 1, .m = 1, .n = 1000, .k = 2048}, OCT_PATH_X86_VNNI},
    };
    oct_traits traits = device(OCTET_DEVICE_CPU, 1u << OCT_PATH_X86_AMX | 1u << OCT_PATH_X86_VNNI);
    (void)state;
    traits.path_gops[OCT_PATH_X86_VNNI] = 1000.0;
    traits.path_gops[OCT_PATH_X86_AMX] = 4000.0;
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        oct_tile_problem problem = cases[i].problem;
        problem.kernels = OCT_FOR_MATRIX;
        assert_int_equal(oct_tile_choose(&traits, &problem)->path, cases[i].path);
    }
}

/* ---- Shares ---- */

/* Whole tiles of rows, and panels that exist; work-items for every share, or every tile of blocks. */
static void shares_are_whole_tiles(void **state)
{
    static const size_t units[] = {0, 1, 2, 64, 10000};
    (void)state;
    for (size_t i = 0; i < oct_tile_count * OCT_COUNT(problems) * OCT_COUNT(units) * 2; i++) {
        const oct_tile *const tile = &oct_tiles[i / 2 % oct_tile_count];
        const oct_tile_problem *const problem =
            &problems[i / 2 / oct_tile_count % OCT_COUNT(problems)];
        oct_traits traits = device(i % 2 == 0 ? OCTET_DEVICE_CPU : OCTET_DEVICE_GPU, EVERY_PATH);
        traits.compute_units = units[i / 2 / oct_tile_count / OCT_COUNT(problems)];
        if (problem->n == 0)
            continue; /* nobody shares nothing */
        const oct_tile_share share = oct_tile_split(tile, &traits, problem);
        const size_t columns = oct_tile_panel(tile), rows = (size_t)tile->mr * tile->gm;
        const size_t panels = (problem->n + columns - 1) / columns;
        size_t items[3];
        assert_true(share.rows >= rows && share.rows % rows == 0);
        assert_true(share.panels >= 1 && share.panels <= (panels > 0 ? panels : 1));
        oct_tile_items(tile, problem, share, items);
        assert_int_equal(items[2], problem->outer);
        if (oct_tile_has_blocks(tile)) {
            assert_int_equal(share.panels, panels);
            assert_int_equal(items[0] * items[1],
                             (problem->m + rows - 1) / rows * panels * tile->gm * tile->gn);
        } else {
            assert_true(items[0] * share.rows >= problem->m && items[1] * share.panels >= panels);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_unique),
        cmocka_unit_test(names_say_what_the_row_is),
        cmocka_unit_test(the_last_row_is_the_reference),
        cmocka_unit_test(unknown_names_find_nothing),
        cmocka_unit_test(every_field_is_a_parameter_of_kernels),
        cmocka_unit_test(every_path_is_a_value_in_kernels),
        cmocka_unit_test(options_name_path_and_fields),
        cmocka_unit_test(every_row_is_legal_for_kernels),
        cmocka_unit_test(what_is_chosen_applies),
        cmocka_unit_test(a_device_with_a_path_is_used),
        cmocka_unit_test(the_faster_path_is_chosen),
        cmocka_unit_test(rows_may_ask_for_more_than_their_path),
        cmocka_unit_test(tiles_fit_the_columns),
        cmocka_unit_test(blocks_are_chosen_on_gpus),
        cmocka_unit_test(blocks_fit_the_problem),
        cmocka_unit_test(parts_are_of_use),
        cmocka_unit_test(blocks_need_room),
        cmocka_unit_test(depthwise_rows_refuse_what_they_cannot),
        cmocka_unit_test(amx_wins_where_its_tiles_are_full),
        cmocka_unit_test(shares_are_whole_tiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
