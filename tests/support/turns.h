/* turns.h - which variants compute which layers in a test. A variant needs a program more for each
 * way to store sums and to correct them, which takes a device's compiler a second or two, so that
 * all of them in every test take the better part of an hour. Variants take turns instead:
 *
 * - u8 by s8 to bytes by the float rule, without zero points of weights or rows: all variants;
 * - any other layer: every second variant of gemm, and of conv2d the others; a layer that stores in
 *   the next way (OCT_STORE of kernels.cl) the other way around. So each variant stores in each way
 *   in one of the two; rows for depthwise convolutions, which gemm lacks, in every second way.
 *
 * The reference takes every turn. OCTET_TEST_TURN=1 in the environment swaps the halves;
 * OCTET_TEST_TURN=all has every variant compute everything. */
#ifndef OCT_TESTS_TURNS_H
#define OCT_TESTS_TURNS_H

#include "harness/problem.h"

enum { OCT_MOST_VARIANTS = 128 };

/* The variants of a context for one kind, in the order of octet_list_variants. */
typedef struct oct_turns {
    oct_problem_kind kind;
    const char *names[OCT_MOST_VARIANTS];
    size_t count;
} oct_turns;

/* oct_turns_of - any failure fails the test. */
oct_turns oct_turns_of(octet_context *context, oct_problem_kind kind);

/* oct_has_turn - whether variant "i" computes the layer. */
bool oct_has_turn(const oct_turns *turns, size_t i, const octet_layer *layer);

/* oct_is_depthwise - of a variant's name: a row for depthwise convolutions alone. */
bool oct_is_depthwise(const char *variant);

#endif
