/* float_path.c - see float_path.h. */
#include "harness/float_path.h"

#include <stdlib.h>

#include "core/parallel.h"
#include "core/quantization.h"
#include "harness/store_rule.h"
#include "reference/access.h"

/* ---- The product in C ---- */

typedef struct plain_product {
    const oct_sgemm *sizes;
    const float *a, *b;
    float *c;
} plain_product;

static void multiply_rows(void *state, size_t begin, size_t end)
{
    const plain_product *const self = state;
    const size_t n = self->sizes->n, k = self->sizes->k;
    for (size_t i = begin; i < end; i++) {
        float *const c = self->c + i * n;
        for (size_t j = 0; j < n; j++)
            c[j] = 0.0f;
        for (size_t l = 0; l < k; l++)
            for (size_t j = 0; j < n; j++)
                c[j] += self->a[i * k + l] * self->b[l * n + j];
    }
}

octet_status oct_sgemm_plain(const oct_sgemm *sgemm, const float *a, const float *b, float *c)
{
    const size_t worthwhile = 1 << 18; /* multiplications that repay starting a thread */
    plain_product self = {sgemm, a, b, c};
    oct_parallel(sgemm->m, 1 + worthwhile / (sgemm->n * sgemm->k + 1), multiply_rows, &self);
    return OCTET_OK;
}

oct_sgemm oct_sgemm_of(const oct_gather *gather)
{
    return (oct_sgemm){.name = "plain C",
                       .m = oct_gather_rows(gather),
                       .n = oct_gather_n(gather),
                       .k = oct_gather_k(gather),
                       .multiply = oct_sgemm_plain};
}

/* ---- The path ---- */

typedef struct float_path {
    const oct_gather *gather;
    const octet_layer *layer;
    const oct_sgemm *sgemm;
    float *a, *b, *c; /* of one part */
    float *real;      /* of all      */
} float_path;

static float dequantize(octet_type type, const void *data, size_t index,
                        const octet_quantization *quantization, size_t channel)
{
    const int32_t steps = oct_byte_at(type, data, index) - oct_zero_point_at(quantization, channel);
    return oct_scale_at(quantization, channel) * (float)steps;
}

static void dequantize_rows(const float_path *self, const oct_gathered *part)
{
    const size_t k = self->sgemm->k;
    for (size_t i = 0; i < part->rows; i++)
        for (size_t l = 0; l < k; l++)
            self->a[i * k + l] = dequantize(self->gather->input_type, part->a, i * k + l,
                                            &self->layer->input, part->first + i);
}

/* (n, k) becomes (k, n). */
static void dequantize_columns(const float_path *self, const oct_gathered *part)
{
    const size_t n = self->sgemm->n, k = self->sgemm->k;
    for (size_t j = 0; j < n; j++)
        for (size_t l = 0; l < k; l++)
            self->b[l * n + j] = dequantize(self->gather->weight_type, part->b, j * k + l,
                                            &self->layer->weights, part->group * n + j);
}

static void put_results(const float_path *self, const oct_gathered *part)
{
    const size_t n = self->sgemm->n;
    for (size_t i = 0; i < part->rows; i++) {
        for (size_t j = 0; j < n; j++) {
            const oct_place place = {part->image, part->first + i, part->group * n + j};
            const float unit = oct_store_unit(self->layer, place.row, place.column);
            const float bias = (float)oct_store_bias(self->layer, place.column) * unit;
            self->real[oct_gather_index(self->gather, &place)] = self->c[i * n + j] + bias;
        }
    }
}

/* The last part may be short of rows: what stands in the rest of A is multiplied in vain. */
static octet_status compute_part(void *state, const oct_gathered *part)
{
    octet_status status = OCTET_OK;
    const float_path *const self = state;
    dequantize_rows(self, part);
    if (part->new_b)
        dequantize_columns(self, part);
    OCT_TRY(self->sgemm->multiply(self->sgemm, self->a, self->b, self->c));
    put_results(self, part);
cleanup:
    return status;
}

octet_status oct_float_path(const oct_log *log, const oct_gather *gather, const octet_layer *layer,
                            const oct_sgemm *sgemm, float *real)
{
    octet_status status = OCTET_OK;
    float_path self = {.gather = gather, .layer = layer, .sgemm = sgemm, .real = real};
    OCT_ALLOC(log, self.a, sgemm->m * sgemm->k);
    OCT_ALLOC(log, self.b, sgemm->k * sgemm->n);
    OCT_ALLOC(log, self.c, sgemm->m * sgemm->n);
    OCT_TRY(oct_gather_each(log, gather, compute_part, &self));
cleanup:
    free(self.c);
    free(self.b);
    free(self.a);
    return status;
}
