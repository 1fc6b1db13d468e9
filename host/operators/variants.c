/* variants.c - the rows of the tile table as a caller sees them. */
#include <assert.h>
#include <string.h>

#include "operators/context.h"
#include "operators/operator.h"
#include "variants/winners.h"

static_assert(OCT_TILE_NAME == OCT_VARIANT_NAME, "a tile's name is a variant's name");

void oct_name_variants(octet_context *context)
{
    for (size_t i = 0; i < oct_tile_count; i++)
        (void)oct_tile_name(&oct_tiles[i], context->variants[i]);
}

octet_status oct_operator_choose_tile(octet_operator *op, const oct_tile_problem *problem,
                                      const oct_tile **tile)
{
    octet_status status = OCTET_OK;
    const octet_context *const context = op->context;
    const char *const wish = op->wish;
    const oct_winners winners = {context->winners, context->winner_count};
    *tile = wish[0] != '\0' ? oct_tile_find(&context->traits, problem, wish)
                            : oct_winners_find(&winners, &context->traits, problem);
    if (*tile == NULL && wish[0] == '\0')
        *tile = oct_tile_choose(&context->traits, problem);
    OCT_REQUIRE(&context->log, *tile != NULL, OCTET_INVALID_ARGUMENT,
                "%s: variant \"%s\" is unknown, or not for this device or problem", op->class->name,
                wish);
    oct_tile_name(*tile, op->variant);
    op->use_reference = (*tile)->path == OCT_REFERENCE_PATH;
    op->tile_problem = *problem;
cleanup:
    return status;
}

octet_status octet_list_variants(octet_context *context, const char *kind, const char **names,
                                 size_t capacity, size_t *count)
{
    octet_status status = OCTET_OK;
    static const struct {
        const char *kind;
        unsigned kernels;
    } kinds[] = {{"gemm", OCT_FOR_MATRIX}, {"conv2d", OCT_FOR_MATRIX | OCT_FOR_DEPTHWISE}};
    unsigned kernels = 0;
    size_t found = 0;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kind, kinds[i].kind) == 0)
            kernels = kinds[i].kernels;
    OCT_REQUIRE(&context->log, kernels != 0, OCTET_INVALID_ARGUMENT,
                "variants: kind \"%s\" is neither gemm nor conv2d", kind);
    for (size_t i = 0; i < oct_tile_count; i++) {
        if (!oct_tile_is_applicable(&oct_tiles[i], &context->traits, kernels))
            continue;
        if (found < capacity)
            names[found] = context->variants[i];
        found++;
    }
    *count = found;
cleanup:
    return status;
}
