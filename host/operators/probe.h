/* probe.h - what a path is probed with: words (probe_dot.c) and blocks (probe_block.c), asked for by
 * qualify.c. */
#ifndef OCT_OPERATORS_PROBE_H
#define OCT_OPERATORS_PROBE_H

#include "runtime/runtime.h"
#include "variants/paths.h"
#include "variants/tiles.h"

/* What came of known answers. */
typedef struct oct_finding {
    bool right;
    char wrong[120]; /* the first that was not right, in words */
} oct_finding;

/* oct_probe_word - a word along k as the path takes it: bytes, or pairs of differences. Signs and
 * extremes first (i below 8), then seeded random words. */
uint32_t oct_probe_word(uint32_t *seed, size_t i, bool pairs);

/* oct_probe_dot - acc + the dot product of two words on the path, modulo 2^32. */
int32_t oct_probe_dot(int32_t acc, uint32_t a, uint32_t b, const oct_path *path, bool a_signed);

/* oct_probe_time - best of a few launches, in 10^9 operations per second; 0 when something fails.
 * The last argument counts rounds of so many operations; it is set so that a clock sees a launch. */
double oct_probe_time(octet_context *context, oct_kernel *kernel, const size_t global[3],
                      oct_arg *args, size_t count, double operations);

/* oct_probe_check_dots - whether words meet words as the path has it ("kernel" is probe_dot). */
octet_status oct_probe_check_dots(octet_context *context, const oct_tile *tile, bool a_signed,
                                  oct_kernel *kernel, oct_finding *found);

/* oct_probe_has_block - whether the tile is probed by products of a block: of a work-group, or of tiles
 * of AMX. */
bool oct_probe_has_block(const oct_tile *tile);

/* oct_probe_check_block - whether a block of the tile ("kernel" is probe_block) is right. */
octet_status oct_probe_check_block(octet_context *context, const oct_tile *tile, bool a_signed,
                                   oct_kernel *kernel, oct_finding *found);

/* oct_probe_time_blocks - the speed of blocks that keep every compute unit busy. */
double oct_probe_time_blocks(octet_context *context, const oct_tile *tile, oct_kernel *kernel);

#endif
