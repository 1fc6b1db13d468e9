/* gemm.c - C = op(A) * op(B): acc[i][j] = sum over k of (a[i][k] - z_a) * (b[k][j] - z_b). */
#include "reference/reference.h"

#include "core/memory.h"
#include "core/parallel.h"
#include "reference/access.h"

/* A block of C is summed at a time, so that each difference is formed once per block. */
enum { BLOCK_ROWS = 32, BLOCK_COLUMNS = 64 };

typedef struct product {
    const oct_reference_gemm *gemm;
    const void *a, *b;
    void *c;
} product;

/* out[i] = value - zero point for "count" elements from "first" on; -255..255 fits int16. */
static void subtract(octet_type type, const void *data, size_t first, size_t stride, size_t count,
                     const int32_t *zero_points, size_t zero_stride, int16_t *out)
{
    for (size_t i = 0; i < count; i++)
        out[i] =
            (int16_t)(oct_byte_at(type, data, first + i * stride) - zero_points[i * zero_stride]);
}

static void add_outer_product(size_t rows, size_t columns, const int16_t *a, const int16_t *b,
                              int32_t acc[BLOCK_ROWS][BLOCK_COLUMNS])
{
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++)
            acc[i][j] += a[i] * b[j];
}

static void multiply_block(const product *self, size_t row, size_t column)
{
    const oct_reference_gemm *const gemm = self->gemm;
    const size_t rows = gemm->m - row < BLOCK_ROWS ? gemm->m - row : BLOCK_ROWS;
    const size_t columns = gemm->n - column < BLOCK_COLUMNS ? gemm->n - column : BLOCK_COLUMNS;
    const size_t a_zero_stride = gemm->a_zero_per_row ? 1 : 0;
    int32_t acc[BLOCK_ROWS][BLOCK_COLUMNS] = {{0}};
    int16_t a[BLOCK_ROWS], b[BLOCK_COLUMNS];

    for (size_t k = 0; k < gemm->k; k++) {
        subtract(gemm->a_type, self->a, row * gemm->a_row + k * gemm->a_column, gemm->a_row, rows,
                 gemm->a_zero_points + row * a_zero_stride, a_zero_stride, a);
        subtract(gemm->b_type, self->b, k * gemm->b_row + column * gemm->b_column, gemm->b_column,
                 columns, gemm->b_zero_points + column, 1, b);
        add_outer_product(rows, columns, a, b, acc);
    }

    const size_t size = oct_type(gemm->epilogue.output_type)->size;
    for (size_t i = 0; i < rows; i++) {
        char *const output = (char *)self->c + ((row + i) * gemm->n + column) * size;
        oct_reference_store(&gemm->epilogue, row + i, column, columns, acc[i], output, 1);
    }
}

static void multiply_blocks(void *state, size_t begin, size_t end)
{
    const product *const self = state;
    const size_t across = oct_divide_up(self->gemm->n, BLOCK_COLUMNS);
    for (size_t block = begin; block < end; block++)
        multiply_block(self, block / across * BLOCK_ROWS, block % across * BLOCK_COLUMNS);
}

void oct_reference_gemm_run(const oct_reference_gemm *gemm, const void *a, const void *b, void *c)
{
    const size_t worthwhile = 1 << 20; /* multiplications that repay starting a thread */
    const size_t grain = 1 + worthwhile / (BLOCK_ROWS * BLOCK_COLUMNS) / (gemm->k + 1);
    const size_t blocks =
        oct_divide_up(gemm->m, BLOCK_ROWS) * oct_divide_up(gemm->n, BLOCK_COLUMNS);
    product self = {gemm, a, b, c};
    oct_parallel(blocks, grain, multiply_blocks, &self);
}
