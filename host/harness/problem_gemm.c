/* problem_gemm.c - "MxK:KxN" with batch dimensions in front (problem.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "core/shape.h"
#include "harness/problem.h"

enum { MOST_DIMENSIONS = 8 };

/* Reads "2x3x4" at *at. False at anything that is not a size, or at one that is too large. */
static bool read_sizes(const char **at, octet_shape *shape, bool *large)
{
    shape->rank = 0;
    for (;;) {
        char *end;
        if (**at < '0' || **at > '9' || shape->rank == MOST_DIMENSIONS)
            return false;
        const unsigned long long size = strtoull(*at, &end, 10);
        *large = size > INT32_MAX;
        if (*large)
            return false;
        shape->size[shape->rank++] = (size_t)size;
        *at = end;
        if (**at != 'x')
            return true;
        (*at)++;
    }
}

/* Batch dimensions that A and B share become one. Where only some of an operand's are 1, it is
 * taken as if it were spelled out: the same products, of more data. */
static bool fold_batches(const octet_shape *a, const octet_shape *b, oct_gemm_shape *shape)
{
    size_t batch = 1, a_batch = 1, b_batch = 1;
    for (size_t i = 0; i + 2 < a->rank; i++) {
        const size_t left = a->size[i], right = b->size[i];
        if (left != right && left != 1 && right != 1)
            return false;
        if (!oct_multiply(batch, left != 1 ? left : right, &batch))
            return false;
        a_batch *= left;
        b_batch *= right;
    }
    shape->a_batch = a_batch == 1 ? 1 : batch;
    shape->b_batch = b_batch == 1 ? 1 : batch;
    return true;
}

octet_status oct_problem_parse_gemm(const oct_log *log, const char *text, oct_gemm_shape *shape,
                                    const char **rest)
{
    octet_status status = OCTET_OK;
    const char *at = text;
    octet_shape a, b, c;
    bool large = false, legal = read_sizes(&at, &a, &large) && *at == ':';
    at += legal;
    legal = legal && read_sizes(&at, &b, &large);
    if (legal && *at == ':') { /* the result's sizes follow from the others */
        at++;
        legal = read_sizes(&at, &c, &large);
    }
    OCT_REQUIRE(log, !large, OCTET_INVALID_ARGUMENT,
                "problem '%s': a size is too large (at '%s'); they may be at most %d", text, at,
                INT32_MAX);
    OCT_REQUIRE(log, legal, OCTET_INVALID_ARGUMENT,
                "problem '%s' is not MxK:KxN%s%s%s; batch dimensions go in front", text,
                *at != '\0' ? " (at '" : "", at, *at != '\0' ? "')" : "");
    OCT_REQUIRE(log, a.rank == b.rank && a.rank >= 2, OCTET_INVALID_ARGUMENT,
                "problem '%s': A has %zu dimensions, B %zu; both need the same number, at least 2",
                text, a.rank, b.rank);
    OCT_REQUIRE(log, a.size[a.rank - 1] == b.size[b.rank - 2], OCTET_INVALID_ARGUMENT,
                "problem '%s': K is %zu in A and %zu in B", text, a.size[a.rank - 1],
                b.size[b.rank - 2]);
    OCT_REQUIRE(log, a.size[a.rank - 1] > 0 && b.size[b.rank - 1] > 0, OCTET_INVALID_ARGUMENT,
                "problem '%s': K and N must be at least 1", text);
    OCT_REQUIRE(log, fold_batches(&a, &b, shape), OCTET_INVALID_ARGUMENT,
                "problem '%s': batch dimensions must be equal, or one of them 1", text);
    shape->m = a.size[a.rank - 2];
    shape->k = a.size[a.rank - 1];
    shape->n = b.size[b.rank - 1];
    *rest = at + (*at == '_');
cleanup:
    return status;
}

void oct_problem_write_gemm(const oct_gemm_shape *shape, char line[OCT_PROBLEM_TEXT], size_t length)
{
    char a[32] = "", b[32] = "";
    if (shape->a_batch != 1 || shape->b_batch != 1) {
        snprintf(a, sizeof a, "%zux", shape->a_batch);
        snprintf(b, sizeof b, "%zux", shape->b_batch);
    }
    snprintf(line + length, OCT_PROBLEM_TEXT - length, "%s%zux%zu:%s%zux%zu", a, shape->m, shape->k,
             b, shape->k, shape->n);
}
