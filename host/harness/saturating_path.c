/* saturating_path.c - see saturating_path.h. */
#include "harness/saturating_path.h"

#include <stdlib.h>

#include "core/quantization.h"
#include "reference/access.h"
#include "reference/reference.h"

typedef struct saturating_path {
    const oct_gather *gather;
    const octet_layer *layer;
    int32_t *input_zeros;  /* [m] of an image, when they vary by row */
    int32_t *weight_zeros; /* [n] of one group                       */
    int32_t *part_sums;    /* (rows, n)                              */
    int32_t *sums;
} saturating_path;

static oct_reference_saturating product_of(const saturating_path *self, const oct_gathered *part)
{
    const bool per_row = self->layer->input.zero_point_count > 1;
    return (oct_reference_saturating){.a_type = self->gather->input_type,
                                      .b_type = self->gather->weight_type,
                                      .m = part->rows,
                                      .n = oct_gather_n(self->gather),
                                      .k = oct_gather_k(self->gather),
                                      .a_zero_points =
                                          self->input_zeros + (per_row ? part->first : 0),
                                      .a_zero_per_row = per_row,
                                      .b_zero_points = self->weight_zeros};
}

static octet_status compute_part(void *state, const oct_gathered *part)
{
    const saturating_path *const self = state;
    const size_t n = oct_gather_n(self->gather);
    for (size_t j = 0; j < n; j++)
        self->weight_zeros[j] = oct_zero_point_at(&self->layer->weights, part->group * n + j);
    const oct_reference_saturating product = product_of(self, part);
    oct_reference_saturating_run(&product, part->a, part->b, self->part_sums);
    for (size_t i = 0; i < part->rows; i++) {
        for (size_t j = 0; j < n; j++) {
            const oct_place place = {part->image, part->first + i, part->group * n + j};
            self->sums[oct_gather_index(self->gather, &place)] = self->part_sums[i * n + j];
        }
    }
    return OCTET_OK;
}

octet_status oct_saturating_path(const oct_log *log, const oct_gather *gather,
                                 const octet_layer *layer, int32_t *sums)
{
    octet_status status = OCTET_OK;
    const size_t zeros = layer->input.zero_point_count > 1 ? layer->input.zero_point_count : 1;
    saturating_path self = {.gather = gather, .layer = layer, .sums = sums};
    OCT_ALLOC(log, self.input_zeros, zeros);
    OCT_ALLOC(log, self.weight_zeros, oct_gather_n(gather));
    OCT_ALLOC(log, self.part_sums, oct_gather_rows(gather) * oct_gather_n(gather));
    for (size_t i = 0; i < zeros; i++)
        self.input_zeros[i] = oct_zero_point_at(&layer->input, i);
    OCT_TRY(oct_gather_each(log, gather, compute_part, &self));
cleanup:
    free(self.part_sums);
    free(self.weight_zeros);
    free(self.input_zeros);
    return status;
}

/* ---- One result ---- */

static oct_pair pair_at(const oct_gather *gather, const void *a, const void *b, size_t at)
{
    oct_pair pair = {0};
    for (size_t i = 0; i < 2 && at + i < oct_gather_k(gather); i++) {
        pair.x[i] = oct_byte_at(gather->input_type, a, at + i);
        pair.w[i] = oct_byte_at(gather->weight_type, b, at + i);
        pair.x[i] += gather->input_type == OCTET_S8 ? 128 : 0;
        pair.w[i] -= gather->weight_type == OCTET_U8 ? 128 : 0;
        pair.sum += pair.x[i] * pair.w[i];
    }
    pair.kept = oct_reference_saturate(pair.sum);
    return pair;
}

octet_status oct_lossy_pairs(const oct_log *log, const oct_gather *gather, const oct_place *place,
                             oct_pair *pairs, size_t capacity, size_t *count)
{
    octet_status status = OCTET_OK;
    const size_t k = oct_gather_k(gather);
    uint8_t *a = NULL, *b = NULL;
    OCT_ALLOC(log, a, k);
    OCT_ALLOC(log, b, k);
    oct_gather_one(gather, place, a, b);
    *count = 0;
    for (size_t at = 0; at < k; at += 2) {
        const oct_pair pair = pair_at(gather, a, b, at);
        if (pair.kept == pair.sum)
            continue;
        if (*count < capacity)
            pairs[*count] = pair;
        ++*count;
    }
cleanup:
    free(b);
    free(a);
    return status;
}
