/* plan.h - which values share memory: pure, so that it can be tested without a device. */
#ifndef OCT_NETWORK_PLAN_H
#define OCT_NETWORK_PLAN_H

#include <stddef.h>

/* One piece of memory that is needed from step "first", which writes it, to step "last", which is
 * the last to read it. */
typedef struct oct_plan_item {
    size_t bytes, first, last;
    size_t block; /* set by oct_plan */
} oct_plan_item;

/* oct_plan - gives every item a block, no block to two items whose steps overlap, and keeps the sum
 * of the blocks small: the best-fitting free block, or else the largest one, grown. "items" are in
 * order of "first"; "blocks" gets the sizes in bytes and "owners" the item that has each block
 * last, both with room for "count". Returns the number of blocks. */
size_t oct_plan(oct_plan_item *items, size_t count, size_t *owners, size_t *blocks);

#endif
