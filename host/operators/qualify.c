/* qualify.c - finds out what a device can be trusted with: the self-test of its arithmetic, then
 * each dot-product path: known answers first, then speed. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "operators/context.h"
#include "variants/paths.h"
#include "variants/tiles.h"

/* ---- Programs ---- */

#define PROBE_OPTIONS 512

/* One program for both probes of a path: compiling is what takes time. */
static void probe_options(const oct_tile *tile, bool a_signed, char options[PROBE_OPTIONS])
{
    snprintf(options, PROBE_OPTIONS,
             "-D OCT_BUILD_OTHER=1 -D OCT_BUILD_PROBE_DOT=1 -D OCT_BUILD_PROBE_SPEED=1 "
             "-D OCT_A_SIGNED=%d",
             a_signed && !oct_paths[tile->path].pairs);
    oct_tile_options(tile, options, PROBE_OPTIONS);
}

/* The first tile of a path: what it is probed with. */
static const oct_tile *tile_of(size_t path, const oct_traits *traits)
{
    for (size_t i = 0; i < oct_tile_count; i++)
        if (oct_tiles[i].path == path && (oct_tiles[i].kernels & OCT_FOR_MATRIX) &&
            (oct_tiles[i].applicable == NULL || oct_tiles[i].applicable(traits)))
            return &oct_tiles[i];
    return NULL;
}

/* ---- Known answers ---- */

#define DOT_WORDS 64

/* A word along k as the path takes it: bytes, or pairs of differences. Signs and extremes first,
 * then seeded random words. */
static uint32_t test_word(uint32_t *seed, size_t i, bool pairs)
{
    static const uint32_t bytes[] = {0x00000000, 0xffffffff, 0x80808080, 0x7f7f7f7f,
                                     0x80007fff, 0x01020304, 0x807f807f, 0xff00ff00};
    static const uint32_t differences[] = {0x00000000, 0x00ff00ff, 0xff01ff01, 0x00ffff01,
                                           0xff0100ff, 0x00010002, 0xffff0001, 0xff010000};
    *seed = *seed * 1664525u + 1013904223u; /* Numerical Recipes' linear congruence */
    if (i < 8)
        return pairs ? differences[i] : bytes[i];
    if (!pairs)
        return *seed;
    return (((*seed >> 8) % 511 - 255) & 0xffff) | ((*seed >> 20) % 511 - 255) << 16;
}

static int32_t value_in(uint32_t word, size_t i, bool pairs, bool is_signed)
{
    if (pairs)
        return (int16_t)(word >> (16 * i));
    return is_signed ? (int32_t)(int8_t)(word >> (8 * i)) : (int32_t)(uint8_t)(word >> (8 * i));
}

static int32_t expected_dot(int32_t acc, uint32_t a, uint32_t b, const oct_path *path,
                            bool a_signed)
{
    const bool b_signed = !oct_path_swaps(path, a_signed);
    uint32_t sum = (uint32_t)acc;
    for (size_t i = 0; i < (path->pairs ? 2u : 4u); i++)
        sum += (uint32_t)(value_in(a, i, path->pairs, a_signed) *
                          value_in(b, i, path->pairs, b_signed));
    return (int32_t)sum;
}

typedef struct dot_case {
    uint32_t *a, *b;                  /* [words], [words][lanes] */
    int32_t *acc, *expected, *result; /* [words][lanes] */
    size_t words, lanes;
} dot_case;

static octet_status make_dot_case(octet_context *context, const oct_path *path, size_t lanes,
                                  bool a_signed, dot_case *out)
{
    octet_status status = OCTET_OK;
    static const int32_t extremes[] = {INT32_MAX, INT32_MIN}; /* sums must wrap, not saturate */
    uint32_t seed = 1;
    out->words = DOT_WORDS;
    out->lanes = lanes;
    OCT_ALLOC(&context->log, out->a, out->words);
    OCT_ALLOC(&context->log, out->b, out->words * out->lanes);
    OCT_ALLOC(&context->log, out->acc, out->words * out->lanes);
    OCT_ALLOC(&context->log, out->expected, out->words * out->lanes);
    OCT_ALLOC(&context->log, out->result, out->words * out->lanes);
    for (size_t i = 0; i < out->words; i++) {
        out->a[i] = test_word(&seed, i, path->pairs);
        for (size_t j = 0; j < out->lanes; j++) {
            const size_t at = i * out->lanes + j;
            out->b[at] = test_word(&seed, i < 8 ? j : i, path->pairs);
            out->acc[at] = i < 8 ? extremes[j % 2] : (int32_t)test_word(&seed, 8, false);
            out->expected[at] = expected_dot(out->acc[at], out->a[i], out->b[at], path, a_signed);
        }
    }
cleanup:
    return status;
}

static void free_dot_case(dot_case *c)
{
    free(c->a);
    free(c->b);
    free(c->acc);
    free(c->expected);
    free(c->result);
}

static octet_status run_dot_case(octet_context *context, oct_kernel *kernel, dot_case *c)
{
    octet_status status = OCTET_OK;
    oct_buffer *a = NULL, *b = NULL, *acc = NULL, *result = NULL;
    const size_t bytes = c->words * c->lanes * sizeof *c->b;
    const size_t global[3] = {c->words, 1, 1};
    OCT_TRY(oct_buffer_from_host(context, c->words * sizeof *c->a, c->a, &a));
    OCT_TRY(oct_buffer_from_host(context, bytes, c->b, &b));
    OCT_TRY(oct_buffer_from_host(context, bytes, c->acc, &acc));
    OCT_TRY(oct_buffer_create(context, bytes, &result));
    {
        const oct_arg args[] = {OCT_BUFFER(a), OCT_BUFFER(b), OCT_BUFFER(acc), OCT_BUFFER(result)};
        OCT_TRY(OCT_LAUNCH(kernel, global, args));
    }
    OCT_TRY(oct_enqueue_barrier(context));
    OCT_TRY(oct_buffer_read(result, bytes, c->result, NULL));
cleanup:
    oct_buffer_destroy(a);
    oct_buffer_destroy(b);
    oct_buffer_destroy(acc);
    oct_buffer_destroy(result);
    return status;
}

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

/* Whether the path gives every known answer for one sign of a; "reason" says what it got wrong. */
static verdict try_answers(octet_context *context, const oct_tile *tile, bool a_signed,
                           char *reason, size_t capacity)
{
    const oct_path *const path = &oct_paths[tile->path];
    const oct_log log = context->log;
    first_message first = {""};
    oct_kernel *kernel = NULL;
    dot_case c = {0};
    char options[PROBE_OPTIONS];
    verdict result = UNDECIDED;
    probe_options(tile, a_signed, options);
    context->log = (oct_log){keep_first, &first};
    const octet_status built = oct_kernel_create(context, "probe_dot", options, &kernel);
    if (built != OCTET_OK) {
        result = built == OCTET_DEVICE_FAILED ? WRONG : UNDECIDED;
        snprintf(reason, capacity, "its probe does not build: %s", first.text);
    } else if (make_dot_case(context, path, tile->lanes, a_signed, &c) != OCTET_OK ||
               run_dot_case(context, kernel, &c) != OCTET_OK) {
        snprintf(reason, capacity, "its probe does not run: %s", first.text);
    } else {
        size_t at = 0;
        const size_t count = c.words * c.lanes;
        while (at < count && c.result[at] == c.expected[at])
            at++;
        result = at == count ? RIGHT : WRONG;
        if (result == WRONG)
            snprintf(reason, capacity, "wrong: 0x%08x times 0x%08x plus %d gave %d, not %d",
                     c.a[at / c.lanes], c.b[at], c.acc[at], c.result[at], c.expected[at]);
    }
    context->log = log;
    free_dot_case(&c);
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

/* Best of a few launches that keep every compute unit busy, in 10^9 operations per second; 0 when
 * something fails. Each launch is made long enough for a clock to see. */
static double measure_speed(octet_context *context, const oct_path *path, const oct_tile *tile)
{
    octet_status status = OCTET_OK;
    char options[PROBE_OPTIONS];
    const size_t columns = oct_tile_columns(tile);
    const size_t items = items_per_unit(context) *
                         (context->traits.compute_units > 0 ? context->traits.compute_units : 1);
    const size_t global[3] = {items, 1, 1};
    const double operations =
        2.0 * (path->pairs ? 2 : 4) * SPEED_WORDS * tile->mr * (double)columns * (double)items;
    oct_kernel *kernel = NULL;
    oct_buffer *a = NULL, *b = NULL, *offset = NULL, *result = NULL;
    uint32_t *zeros = NULL;
    double best = 0.0;
    int32_t rounds = 8;
    probe_options(tile, false, options);
    OCT_TRY(oct_kernel_create(context, "probe_speed", options, &kernel));
    OCT_ALLOC(&context->log, zeros, SPEED_WORDS * (tile->mr + columns));
    OCT_TRY(oct_buffer_from_host(context, 4 * SPEED_WORDS * tile->mr, zeros, &a));
    OCT_TRY(oct_buffer_from_host(context, 4 * SPEED_WORDS * columns, zeros, &b));
    OCT_TRY(oct_buffer_from_host(context, 4 * columns, zeros, &offset));
    OCT_TRY(oct_buffer_create(context, items * tile->mr * columns * 4, &result));
    for (int trial = 0; trial < SPEED_TRIALS; trial++) {
        const oct_arg args[] = {OCT_BUFFER(a),      OCT_BUFFER(b),        OCT_BUFFER(offset),
                                OCT_BUFFER(result), OCT_INT(SPEED_WORDS), OCT_INT(rounds)};
        const double start = oct_now();
        OCT_TRY(OCT_LAUNCH(kernel, global, args));
        OCT_TRY(octet_context_finish(context));
        const double seconds = oct_now() - start;
        if (trial > 0 && seconds > 0.0) /* the first launch may compile */
            best = fmax(best, operations * rounds / seconds * 1e-9);
        if (trial > 0 && seconds < SPEED_SECONDS && rounds < 1 << 16)
            rounds *= 4;
    }
cleanup:
    free(zeros);
    oct_buffer_destroy(a);
    oct_buffer_destroy(b);
    oct_buffer_destroy(offset);
    oct_buffer_destroy(result);
    oct_kernel_destroy(kernel);
    return status == OCTET_OK ? best : 0.0;
}

/* ---- Probes ---- */

/* False: it came to no verdict that holds another time. */
static bool probe_path(octet_context *context, size_t index, octet_probe *probe)
{
    const oct_path *const path = &oct_paths[index];
    const oct_tile *const tile = tile_of(index, &context->traits);
    verdict answers = UNDECIDED;
    *probe = (octet_probe){.works = 0};
    snprintf(probe->path, sizeof probe->path, "%s", path->name);
    if (tile == NULL || !path->possible(&context->traits)) {
        snprintf(probe->reason, sizeof probe->reason, "needs %s", path->needs);
        return true;
    }
    if (path->test_only) { /* never chosen, so nobody waits for its probe to compile */
        probe->works = 1;
        snprintf(probe->reason, sizeof probe->reason, "not tried: for tests only");
        return true;
    }
    answers = try_answers(context, tile, false, probe->reason, sizeof probe->reason);
    if (answers == RIGHT && !path->pairs)
        answers = try_answers(context, tile, true, probe->reason, sizeof probe->reason);
    if (answers != RIGHT)
        return answers == WRONG;
    probe->gops = measure_speed(context, path, tile);
    probe->works = probe->gops > 0.0;
    if (!probe->works)
        snprintf(probe->reason, sizeof probe->reason, "its speed could not be measured");
    return probe->works;
}

/* ---- Remembering ---- */

static char *probes_identity(const octet_context *context)
{
    const char *const device = oct_context_identity(context);
    const size_t bytes = strlen(device) + 64;
    char *text = oct_allocate(bytes, 1);
    if (text != NULL)
        snprintf(text, bytes, "%sprobes %zu of %zu bytes\n", device, oct_path_count,
                 sizeof(octet_probe));
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
