/* saturating_path.h - a layer's sums on hardware that adds neighbouring u8 * s8 products in
 * saturating 16 bits (host/reference/saturate.c). For octet explain. */
#ifndef OCT_HARNESS_SATURATING_PATH_H
#define OCT_HARNESS_SATURATING_PATH_H

#include "harness/gather.h"

/* oct_saturating_path - sums without bias, in the order of the layer's output. */
octet_status oct_saturating_path(const oct_log *log, const oct_gather *gather,
                                 const octet_layer *layer, int32_t *sums);

/* Two neighbouring products, x as u8 and w as s8; the second of an odd last pair is 0 * 0. */
typedef struct oct_pair {
    int32_t x[2], w[2];
    int32_t sum, kept; /* exact, and what 16 bits hold of it */
} oct_pair;

/* oct_lossy_pairs - the pairs behind one result that leave 16 bits: the first "capacity" of them,
 * and how many there are. */
octet_status oct_lossy_pairs(const oct_log *log, const oct_gather *gather, const oct_place *place,
                             oct_pair *pairs, size_t capacity, size_t *count);

#endif
