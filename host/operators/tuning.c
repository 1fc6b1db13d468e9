/* tuning.c - which rows an operator may choose between, and the winners that are kept on disk: one
 * entry of the cache for each device, which contexts read when they are created. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "operators/context.h"
#include "operators/operator.h"
#include "variants/winners.h"

/* ---- The entry ---- */

static char *winners_identity(const octet_context *context)
{
    const char *const device = oct_context_identity(context);
    const size_t bytes = strlen(device) + 32;
    char *text = oct_allocate(bytes, 1);
    if (text != NULL)
        snprintf(text, bytes, "%swinners 1\n", device);
    return text;
}

/* None where the entry is missing or is not what such an entry holds. */
static oct_winners load(const octet_context *context, const char *identity)
{
    oct_winners winners = {0};
    size_t bytes = 0;
    char *const text = oct_cache_load(&context->cache, identity, &bytes);
    if (text != NULL)
        (void)oct_winners_read(text, bytes, &winners);
    free(text);
    return winners;
}

static bool store(const octet_context *context, const char *identity, const oct_winners *winners)
{
    size_t bytes = 0;
    char *const text = oct_winners_write(winners, &bytes);
    const bool stored = text != NULL && oct_cache_store(&context->cache, identity, text, bytes);
    free(text);
    return stored;
}

void oct_load_winners(octet_context *context)
{
    char *identity = NULL;
    if (context->traits.type == OCTET_DEVICE_REFERENCE)
        return;
    identity = winners_identity(context);
    if (identity != NULL) {
        const oct_winners winners = load(context, identity);
        context->winners = winners.items;
        context->winner_count = winners.count;
    }
    free(identity);
}

size_t octet_context_winners(const octet_context *context)
{
    return context->winner_count;
}

/* ---- Operators ---- */

/* What has no rows to choose between: other kinds, and everything on the reference. */
static octet_status check_tunable(const octet_operator *op)
{
    octet_status status = OCTET_OK;
    const oct_log *const log = &op->context->log;
    OCT_REQUIRE(log, op->prepared, OCTET_INVALID_ARGUMENT, "%s: tuned before a successful prepare",
                op->class->name);
    OCT_REQUIRE(log, op->tile_problem.kernels != 0, OCTET_UNSUPPORTED,
                "%s: only gemm and conv2d have variants to choose between", op->class->name);
    OCT_REQUIRE(log, op->context->traits.type != OCTET_DEVICE_REFERENCE, OCTET_UNSUPPORTED,
                "%s: the reference has one variant, which leaves nothing to choose",
                op->class->name);
cleanup:
    return status;
}

octet_status octet_operator_candidates(const octet_operator *op, const char **names,
                                       size_t capacity, size_t *count)
{
    octet_status status = OCTET_OK;
    const octet_context *const context = op->context;
    const oct_tile *usual = NULL;
    size_t found = 0;
    OCT_TRY(check_tunable(op));
    usual = oct_tile_choose(&context->traits, &op->tile_problem);
    if (capacity > 0)
        names[0] = context->variants[usual - oct_tiles];
    found = 1;
    for (size_t i = 0; i < oct_tile_count; i++) {
        if (&oct_tiles[i] == usual ||
            !oct_tile_may_win(&oct_tiles[i], &context->traits, &op->tile_problem))
            continue;
        if (found < capacity)
            names[found] = context->variants[i];
        found++;
    }
    *count = found;
cleanup:
    return status;
}

octet_status octet_operator_class(const octet_operator *op, char name[OCTET_CLASS_NAME])
{
    octet_status status = OCTET_OK;
    OCT_TRY(check_tunable(op));
    oct_class_name(&op->tile_problem, name);
cleanup:
    return status;
}

octet_status octet_operator_keep_variant(const octet_operator *op)
{
    octet_status status = OCTET_OK;
    const octet_context *const context = op->context;
    const oct_log *const log = &context->log;
    char class[OCT_CLASS_NAME];
    char *identity = NULL;
    oct_winners winners = {0};
    const oct_tile *tile = NULL;
    int lock = -1;
    OCT_TRY(check_tunable(op));
    tile = oct_tile_find(&context->traits, &op->tile_problem, op->variant);
    OCT_REQUIRE(log, tile != NULL && oct_tile_may_win(tile, &context->traits, &op->tile_problem),
                OCTET_UNSUPPORTED, "%s: variant \"%s\" is never chosen unasked, so it is not kept",
                op->class->name, op->variant);
    OCT_REQUIRE(log, context->cache.directory != NULL, OCTET_UNSUPPORTED,
                "%s: the context has no cache to keep winners in; OCTET_CACHE_DIR, or "
                "cache_directory of its description, names a folder for it",
                op->class->name);
    identity = winners_identity(context);
    OCT_REQUIRE(log, identity != NULL, OCTET_OUT_OF_MEMORY, "out of host memory");
    lock = oct_cache_lock(&context->cache);
    winners = load(context, identity);
    OCT_REQUIRE(log,
                oct_winners_set(&winners, oct_class_name(&op->tile_problem, class), op->variant),
                OCTET_OUT_OF_MEMORY, "out of host memory: %zu winners", winners.count);
    OCT_REQUIRE(log, store(context, identity, &winners), OCTET_IO_FAILED,
                "winners cannot be written to the cache folder \"%s\"", context->cache.directory);
cleanup:
    oct_cache_unlock(lock);
    free(winners.items);
    free(identity);
    return status;
}
