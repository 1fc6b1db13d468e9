/* turns.c - see turns.h. */
#include "support/turns.h"

#include <stdlib.h>

#include "core/quantization.h"
#include "support/rig.h"

oct_turns oct_turns_of(octet_context *context, oct_problem_kind kind)
{
    oct_turns turns = {.kind = kind};
    OCT_ASSERT_OK(octet_list_variants(context, oct_problem_kind_name(kind), turns.names,
                                      OCT_MOST_VARIANTS, &turns.count));
    assert_in_range(turns.count, 1, OCT_MOST_VARIANTS);
    return turns;
}

static bool has_weight_zeros(const octet_layer *layer)
{
    for (size_t i = 0; i < layer->weights.zero_point_count; i++)
        if (layer->weights.zero_points[i] != 0)
            return true;
    return layer->weight_type == OCTET_U8 || layer->dynamic_weights;
}

/* The layer that most networks have. */
static bool is_common(const octet_layer *layer)
{
    return oct_store_of(layer->output_type, layer->rounding) == OCT_STORE_ROUND_FLOAT &&
           layer->sum == NULL && layer->input_type == OCTET_U8 &&
           layer->input.zero_point_count <= 1 && !has_weight_zeros(layer);
}

bool oct_has_turn(const oct_turns *turns, size_t i, const octet_layer *layer)
{
    const char *const turn = getenv("OCTET_TEST_TURN");
    const char *const said = turn != NULL ? turn : "0";
    const size_t left = turns->count - 1 - i; /* alike for gemm and conv2d, which has more rows */
    const size_t half = (size_t)oct_store_of(layer->output_type, layer->rounding) +
                        (turns->kind == OCT_PROBLEM_CONV2D) + (strcmp(said, "1") == 0);
    return left == 0 || is_common(layer) || (left + half) % 2 == 0 || strcmp(said, "all") == 0;
}

bool oct_is_depthwise(const char *variant)
{
    return strncmp(variant, "dw_", 3) == 0;
}
