/* qualify.c - finds out what a device can be trusted with: the self-test of its arithmetic, then
 * each dot-product path: known answers first, then speed. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "operators/context.h"
#include "operators/probe.h"

/* ---- Programs ---- */

#define PROBE_OPTIONS 512

/* One program for the probes of a path: compiling is what takes time. */
static void probe_options(const oct_tile *tile, bool a_signed, char options[PROBE_OPTIONS])
{
    snprintf(options, PROBE_OPTIONS,
             "-D OCT_BUILD_OTHER=1 -D OCT_BUILD_PROBE_DOT=1 -D OCT_BUILD_PROBE_%s=1 "
             "-D OCT_A_SIGNED=%d",
             oct_probe_has_block(tile) ? "BLOCK" : "SPEED",
             a_signed && !oct_paths[tile->path].pairs);
    oct_tile_options(tile, options, PROBE_OPTIONS);
}

/* The first tile of a path: what it is probed with. */
static const oct_tile *tile_of(size_t path, const oct_traits *traits)
{
    for (size_t i = 0; i < oct_tile_count; i++)
        if (oct_tiles[i].path == path && (oct_tiles[i].kernels & OCT_FOR_MATRIX) &&
            oct_tile_suits(&oct_tiles[i], traits))
            return &oct_tiles[i];
    return NULL;
}

/* ---- Known answers ---- */

/* Keeps the first message of a probe that fails instead of alarming the caller with it. */
typedef struct first_message {
    char text[160];
} first_message;

static void keep_first(void *user, const char *text)
{
    first_message *const first = user;
    if (first->text[0] == '\0')
        snprintf(first->text, sizeof first->text, "%s", text);
}

/* How a trial ended. Memory that ran out or a launch that failed today may not tomorrow. */
typedef enum verdict { UNDECIDED, WRONG, RIGHT } verdict;

/* A kernel that has known answers. */
typedef struct known_answers {
    const char *kernel;
    octet_status (*check)(octet_context *context, const oct_tile *tile, bool a_signed,
                          oct_kernel *kernel, oct_finding *found);
} known_answers;

static const known_answers of_dots = {"probe_dot", oct_probe_check_dots};
static const known_answers of_block = {"probe_block", oct_probe_check_block};

/* Whether the path gives every known answer for one sign of a; "reason" says what it got wrong. */
static verdict try_answers(octet_context *context, const known_answers *answers,
                           const oct_tile *tile, bool a_signed, char *reason, size_t capacity)
{
    const oct_log log = context->log;
    first_message first = {""};
    oct_finding found = {0};
    oct_kernel *kernel = NULL;
    char options[PROBE_OPTIONS];
    verdict result = UNDECIDED;
    probe_options(tile, a_signed, options);
    context->log = (oct_log){keep_first, &first};
    const octet_status built = oct_kernel_create(context, answers->kernel, options, &kernel);
    if (built != OCTET_OK) {
        result = built == OCTET_DEVICE_FAILED ? WRONG : UNDECIDED;
        snprintf(reason, capacity, "its probe does not build: %s", first.text);
    } else if (answers->check(context, tile, a_signed, kernel, &found) != OCTET_OK) {
        snprintf(reason, capacity, "its probe does not run: %s", first.text);
    } else {
        result = found.right ? RIGHT : WRONG;
        if (!found.right)
            snprintf(reason, capacity, "wrong: %s", found.wrong);
    }
    context->log = log;
    oct_kernel_destroy(kernel);
    return result;
}

/* ---- Speed ---- */

#define SPEED_WORDS 64     /* k words of the panel: fits the first cache with room */
#define SPEED_TRIALS 12    /* launches */
#define SPEED_SECONDS 4e-3 /* of one, at least: threads may take a while to wake up */

/* Work-items for each compute unit: of a CPU's core, or of a GPU's multiprocessor. */
static size_t items_per_unit(const octet_context *context)
{
    return context->traits.type == OCTET_DEVICE_GPU ? 512 : 4;
}

double oct_probe_time(octet_context *context, oct_kernel *kernel, const size_t global[3],
                      oct_arg *args, size_t count, double operations)
{
    octet_status status = OCTET_OK;
    int64_t *const rounds = &args[count - 1].value.i;
    double best = 0.0;
    *rounds = 8;
    for (int trial = 0; trial < SPEED_TRIALS; trial++) {
        const double start = oct_now();
        OCT_TRY(oct_launch(kernel, global, args, count));
        OCT_TRY(octet_context_finish(context));
        const double seconds = oct_now() - start;
        if (trial > 0 && seconds > 0.0) /* the first launch may compile */
            best = fmax(best, operations * (double)*rounds / seconds * 1e-9);
        if (trial > 0 && seconds < SPEED_SECONDS && *rounds < 1 << 16)
            *rounds *= 4;
    }
cleanup:
    return status == OCTET_OK ? best : 0.0;
}

/* Single tiles that keep every compute unit busy. */
static double time_tiles(octet_context *context, const oct_tile *tile, oct_kernel *kernel)
{
    octet_status status = OCTET_OK;
    const size_t columns = oct_tile_columns(tile);
    const size_t items = items_per_unit(context) *
                         (context->traits.compute_units > 0 ? context->traits.compute_units : 1);
    const size_t global[3] = {items, 1, 1};
    const double operations = 2.0 * (oct_paths[tile->path].pairs ? 2 : 4) * SPEED_WORDS * tile->mr *
                              (double)columns * (double)items;
    oct_buffer *a = NULL, *b = NULL, *offset = NULL, *result = NULL;
    uint32_t *zeros = NULL;
    double gops = 0.0;
    OCT_ALLOC(&context->log, zeros, SPEED_WORDS * (tile->mr + columns));
    OCT_TRY(oct_buffer_from_host(context, 4 * SPEED_WORDS * tile->mr, zeros, &a));
    OCT_TRY(oct_buffer_from_host(context, 4 * SPEED_WORDS * columns, zeros, &b));
    OCT_TRY(oct_buffer_from_host(context, 4 * columns, zeros, &offset));
    OCT_TRY(oct_buffer_create(context, items * tile->mr * columns * 4, &result));
    {
        oct_arg args[] = {OCT_BUFFER(a),      OCT_BUFFER(b),        OCT_BUFFER(offset),
                          OCT_BUFFER(result), OCT_INT(SPEED_WORDS), OCT_INT(0)};
        gops =
            oct_probe_time(context, kernel, global, args, sizeof args / sizeof args[0], operations);
    }
cleanup:
    free(zeros);
    oct_buffer_destroy(a);
    oct_buffer_destroy(b);
    oct_buffer_destroy(offset);
    oct_buffer_destroy(result);
    return gops;
}

/* In 10^9 operations per second; 0 when something fails. */
static double measure_speed(octet_context *context, const oct_tile *tile)
{
    const bool has_blocks = oct_probe_has_block(tile);
    char options[PROBE_OPTIONS];
    oct_kernel *kernel = NULL;
    double gops = 0.0;
    probe_options(tile, false, options);
    if (oct_kernel_create(context, has_blocks ? "probe_block" : "probe_speed", options, &kernel) ==
        OCTET_OK)
        gops = has_blocks ? oct_probe_time_blocks(context, tile, kernel)
                          : time_tiles(context, tile, kernel);
    oct_kernel_destroy(kernel);
    return gops;
}

/* ---- Probes ---- */

/* Every known answer, for both signs of a. */
static verdict try_path(octet_context *context, const oct_tile *tile, octet_probe *probe)
{
    const bool pairs = oct_paths[tile->path].pairs;
    verdict answers = RIGHT;
    for (int a_signed = 0; answers == RIGHT && a_signed < (pairs ? 1 : 2); a_signed++) {
        answers = try_answers(context, &of_dots, tile, a_signed != 0, probe->reason,
                              sizeof probe->reason);
        if (answers == RIGHT && oct_probe_has_block(tile))
            answers = try_answers(context, &of_block, tile, a_signed != 0, probe->reason,
                                  sizeof probe->reason);
    }
    return answers;
}

/* False: it came to no verdict that holds another time. */
static bool probe_path(octet_context *context, size_t index, octet_probe *probe)
{
    const oct_path *const path = &oct_paths[index];
    const oct_tile *const tile = tile_of(index, &context->traits);
    verdict answers = UNDECIDED;
    *probe = (octet_probe){.works = 0};
    snprintf(probe->path, sizeof probe->path, "%s", path->name);
    if (!path->possible(&context->traits)) {
        snprintf(probe->reason, sizeof probe->reason, "needs %s", path->needs);
        return true;
    }
    if (tile == NULL) {
        snprintf(probe->reason, sizeof probe->reason,
                 "needs a tile for %zu bytes of local memory%s and groups of %zu work-items; there "
                 "is none",
                 context->traits.local_bytes,
                 context->traits.own_local ? "" : " (kept in global memory)",
                 context->traits.group_items);
        return true;
    }
    if (path->test_only) { /* never chosen, so nobody waits for its probe to compile */
        probe->works = 1;
        snprintf(probe->reason, sizeof probe->reason, "not tried: for tests only");
        return true;
    }
    answers = try_path(context, tile, probe);
    if (answers != RIGHT)
        return answers == WRONG;
    probe->gops = measure_speed(context, tile);
    probe->works = probe->gops > 0.0;
    if (!probe->works)
        snprintf(probe->reason, sizeof probe->reason, "its speed could not be measured");
    return probe->works;
}

/* ---- Remembering ---- */

/* Also of what may be probed: an OS may grant today what it did not. */
static char *probes_identity(const octet_context *context)
{
    const char *const device = oct_context_identity(context);
    const size_t bytes = strlen(device) + 96;
    char *text = oct_allocate(bytes, 1);
    unsigned possible = 0;
    for (size_t i = 0; i < oct_path_count; i++)
        possible |= (unsigned)oct_paths[i].possible(&context->traits) << i;
    if (text != NULL)
        snprintf(text, bytes, "%sprobes %zu of %zu bytes, possible %x\n", device, oct_path_count,
                 sizeof(octet_probe), possible);
    return text;
}

/* What a cache holds is not trusted to be text, to be for these rows or to be possible here. */
static bool load_probes(octet_context *context, const char *identity)
{
    size_t bytes = 0;
    octet_probe *const stored = oct_cache_load(&context->cache, identity, &bytes);
    bool usable = stored != NULL && bytes == oct_path_count * sizeof *stored;
    for (size_t i = 0; usable && i < oct_path_count; i++) {
        stored[i].path[sizeof stored[i].path - 1] = '\0';
        stored[i].reason[sizeof stored[i].reason - 1] = '\0';
        usable = strcmp(stored[i].path, oct_paths[i].name) == 0 && isfinite(stored[i].gops) &&
                 (!stored[i].works || oct_paths[i].possible(&context->traits));
    }
    if (usable)
        memcpy(context->probes, stored, bytes);
    free(stored);
    return usable;
}

octet_status oct_qualify(octet_context *context)
{
    octet_status status = OCTET_OK;
    char *identity = NULL;
    bool decided = true;
    if (context->traits.type == OCTET_DEVICE_REFERENCE)
        return OCTET_OK;
    context->probe_count = oct_path_count;
    identity = probes_identity(context);
    if (identity == NULL || !load_probes(context, identity)) {
        OCT_TRY(oct_self_test(context));
        for (size_t i = 0; i < oct_path_count; i++)
            decided &= probe_path(context, i, &context->probes[i]);
        if (identity != NULL && decided)
            oct_cache_store(&context->cache, identity, context->probes,
                            oct_path_count * sizeof context->probes[0]);
    }
    OCT_REQUIRE(&context->log, oct_keep_fastest(context), OCTET_MISCOMPUTED,
                "device %s: no dot-product path that gives right answers is left; plain: %s",
                context->info.name, context->probes[OCT_PATH_PLAIN].reason);
cleanup:
    free(identity);
    return status;
}
