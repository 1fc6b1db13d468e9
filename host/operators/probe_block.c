/* probe_block.c - known answers and speed of a block: tiles of a work-group, with all that lies
 * between memory and their multipliers. */
#include <stdio.h>
#include <stdlib.h>

#include "operators/probe.h"

/* ---- Operands ---- */

#define AMX_WORDS ((size_t)128) /* OCT_PROBE_WORDS of kernels.cl */

bool oct_probe_has_block(const oct_tile *tile)
{
    return oct_tile_has_blocks(tile) || oct_path_is_amx(tile->path);
}

typedef struct block_case {
    size_t rows, columns, words; /* of the block; of k */
    uint32_t *a, *b;             /* [rows][words], [words][columns] */
    oct_buffer *a_buffer, *b_buffer;
} block_case;

static void fill(block_case *c)
{
    uint32_t seed = 1;
    for (size_t i = 0; i < c->rows * c->words; i++)
        c->a[i] = oct_probe_word(&seed, i % 11, false);
    for (size_t i = 0; i < c->words * c->columns; i++)
        c->b[i] = oct_probe_word(&seed, i % 13, false);
}

static octet_status make_case(octet_context *context, const oct_tile *tile, block_case *c)
{
    octet_status status = OCTET_OK;
    c->rows = (size_t)tile->mr * tile->gm;
    c->columns = oct_tile_panel(tile);
    c->words = oct_tile_has_blocks(tile) ? tile->gk : AMX_WORDS;
    OCT_ALLOC(&context->log, c->a, c->rows * c->words);
    OCT_ALLOC(&context->log, c->b, c->words * c->columns);
    fill(c);
    OCT_TRY(oct_buffer_from_host(context, c->rows * c->words * sizeof *c->a, c->a, &c->a_buffer));
    OCT_TRY(
        oct_buffer_from_host(context, c->words * c->columns * sizeof *c->b, c->b, &c->b_buffer));
cleanup:
    return status;
}

static void release_case(block_case *c)
{
    free(c->a);
    free(c->b);
    oct_buffer_destroy(c->a_buffer);
    oct_buffer_destroy(c->b_buffer);
}

/* ---- Known answers ---- */

static int32_t expected(const block_case *c, size_t row, size_t column, const oct_path *path,
                        bool a_signed)
{
    const bool flips = oct_path_flips(path, a_signed);
    int32_t sum = 0;
    for (size_t k = 0; k < c->words; k++)
        sum = oct_probe_dot(sum, c->a[row * c->words + k] ^ (flips ? 0x80808080 : 0),
                            c->b[k * c->columns + column], path, a_signed || flips);
    return sum;
}

static void compare(const block_case *c, const oct_path *path, bool a_signed, const int32_t *result,
                    oct_finding *found)
{
    size_t at = 0;
    const size_t count = c->rows * c->columns;
    while (at < count &&
           result[at] == expected(c, at / c->columns, at % c->columns, path, a_signed))
        at++;
    found->right = at == count;
    if (!found->right)
        snprintf(found->wrong, sizeof found->wrong, "row %zu, column %zu of a block is %d, not %d",
                 at / c->columns, at % c->columns, result[at],
                 expected(c, at / c->columns, at % c->columns, path, a_signed));
}

octet_status oct_probe_check_block(octet_context *context, const oct_tile *tile, bool a_signed,
                                   oct_kernel *kernel, oct_finding *found)
{
    octet_status status = OCTET_OK;
    const size_t global[3] = {(size_t)tile->gm * tile->gn, 1, 1};
    block_case c = {0};
    oct_buffer *output = NULL;
    int32_t *result = NULL;
    size_t bytes = 0;
    OCT_TRY(make_case(context, tile, &c));
    bytes = c.rows * c.columns * sizeof *result;
    OCT_ALLOC(&context->log, result, c.rows * c.columns);
    OCT_TRY(oct_buffer_create(context, bytes, &output));
    {
        const oct_arg args[] = {OCT_BUFFER(c.a_buffer), OCT_BUFFER(c.b_buffer), OCT_BUFFER(output),
                                OCT_INT(1)};
        OCT_TRY(OCT_LAUNCH(kernel, global, args));
    }
    OCT_TRY(oct_enqueue_barrier(context));
    OCT_TRY(oct_buffer_read(output, bytes, result, NULL));
    compare(&c, &oct_paths[tile->path], a_signed, result, found);
cleanup:
    free(result);
    oct_buffer_destroy(output);
    release_case(&c);
    return status;
}

/* ---- Speed ---- */

#define BLOCKS_PER_UNIT 4 /* more than a compute unit takes at a time, and nearly even shares */

double oct_probe_time_blocks(octet_context *context, const oct_tile *tile, oct_kernel *kernel)
{
    octet_status status = OCTET_OK;
    const size_t units = context->traits.compute_units > 0 ? context->traits.compute_units : 1;
    const size_t blocks = BLOCKS_PER_UNIT * units;
    const size_t global[3] = {blocks * tile->gm * tile->gn, 1, 1};
    block_case c = {0};
    oct_buffer *output = NULL;
    double gops = 0.0;
    OCT_TRY(make_case(context, tile, &c));
    OCT_TRY(oct_buffer_create(context, blocks * c.rows * c.columns * sizeof(int32_t), &output));
    {
        oct_arg args[] = {OCT_BUFFER(c.a_buffer), OCT_BUFFER(c.b_buffer), OCT_BUFFER(output),
                          OCT_INT(0)};
        gops = oct_probe_time(context, kernel, global, args, sizeof args / sizeof args[0],
                              8.0 * (double)(c.words * c.rows * c.columns * blocks));
    }
cleanup:
    oct_buffer_destroy(output);
    release_case(&c);
    return gops;
}
