/* winners.h - which row won when problems were tuned: classes of problems that share a winner, the
 * list of winners, and its text as it is kept on disk.
 *
 * A class is what decides between rows: the kernel, the types, whether only pairs will do, and
 * every size to the nearest power of two (upwards between two). Its name says all of it, as in
 * "gemm_u8s8_1x1024x1024x1024" or "depthwise_u8s8_pairs_32x4096x1x8": outer, m, n and k. */
#ifndef OCT_VARIANTS_WINNERS_H
#define OCT_VARIANTS_WINNERS_H

#include "variants/tiles.h"

#define OCT_CLASS_NAME OCTET_CLASS_NAME
#define OCT_MAX_WINNERS 4096 /* one more, and the oldest goes */

typedef struct oct_winner {
    char class[OCT_CLASS_NAME], variant[OCT_TILE_NAME];
} oct_winner;

/* Oldest first. Starts as {0}; released by free(items). */
typedef struct oct_winners {
    oct_winner *items;
    size_t count;
} oct_winners;

/* oct_class_name - the class of a problem into "name". Returns name. */
const char *oct_class_name(const oct_tile_problem *problem, char name[OCT_CLASS_NAME]);

/* oct_tile_may_win - whether the row fits the problem and may be chosen without being asked for:
 * not the reference, and not for tests. */
bool oct_tile_may_win(const oct_tile *tile, const oct_traits *traits,
                      const oct_tile_problem *problem);

/* oct_winners_find - the row that won the problem's class; NULL when none did, or when it may not
 * win this problem. */
const oct_tile *oct_winners_find(const oct_winners *winners, const oct_traits *traits,
                                 const oct_tile_problem *problem);

/* oct_winners_set - "variant" won "class", whoever did before. False when memory is out. */
bool oct_winners_set(oct_winners *winners, const char *class, const char *variant);

/* oct_winners_write - a line "class variant" for each, in new memory (free() it); NULL when memory
 * is out. oct_winners_read - the reverse, from "bytes" of anything at all; false, and *out
 * untouched, unless all of it is such lines, and no more than OCT_MAX_WINNERS of them. */
char *oct_winners_write(const oct_winners *winners, size_t *bytes);
bool oct_winners_read(const char *text, size_t bytes, oct_winners *out);

#endif
