/* probe_dot.c - known answers of a dot-product path, word by word. */
#include <stdio.h>
#include <stdlib.h>

#include "operators/probe.h"

#define DOT_WORDS 64

uint32_t oct_probe_word(uint32_t *seed, size_t i, bool pairs)
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

int32_t oct_probe_dot(int32_t acc, uint32_t a, uint32_t b, const oct_path *path, bool a_signed)
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
        out->a[i] = oct_probe_word(&seed, i, path->pairs);
        for (size_t j = 0; j < out->lanes; j++) {
            const size_t at = i * out->lanes + j;
            out->b[at] = oct_probe_word(&seed, i < 8 ? j : i, path->pairs);
            out->acc[at] = i < 8 ? extremes[j % 2] : (int32_t)oct_probe_word(&seed, 8, false);
            out->expected[at] = oct_probe_dot(out->acc[at], out->a[i], out->b[at], path, a_signed);
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

octet_status oct_probe_check_dots(octet_context *context, const oct_tile *tile, bool a_signed,
                                  oct_kernel *kernel, oct_finding *found)
{
    octet_status status = OCTET_OK;
    dot_case c = {0};
    size_t at = 0, count = 0;
    OCT_TRY(make_dot_case(context, &oct_paths[tile->path], tile->lanes, a_signed, &c));
    OCT_TRY(run_dot_case(context, kernel, &c));
    count = c.words * c.lanes;
    while (at < count && c.result[at] == c.expected[at])
        at++;
    found->right = at == count;
    if (!found->right)
        snprintf(found->wrong, sizeof found->wrong, "0x%08x times 0x%08x plus %d gave %d, not %d",
                 c.a[at / c.lanes], c.b[at], c.acc[at], c.result[at], c.expected[at]);
cleanup:
    free_dot_case(&c);
    return status;
}
