/* variants.c - the rows of the tile table as a caller sees them. */
#include <assert.h>
#include <string.h>

#include "operators/context.h"
#include "variants/tiles.h"

static_assert(OCT_TILE_NAME == OCT_VARIANT_NAME, "a tile's name is a variant's name");

void oct_name_variants(octet_context *context)
{
    for (size_t i = 0; i < oct_tile_count; i++)
        (void)oct_tile_name(&oct_tiles[i], context->variants[i]);
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
