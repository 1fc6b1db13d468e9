/* plan.c - see plan.h. */
#include "network/plan.h"

#include <stdbool.h>

/* Whether block "a" suits better than "b": both large enough, the smaller; else the larger. */
static bool is_better(size_t a, size_t b, size_t wanted)
{
    return a >= wanted && b >= wanted ? a < b : a > b;
}

/* A block that no item before "index" still uses in its first step; "count" where there is none. */
static size_t find_block(const oct_plan_item *items, size_t index, const size_t *owners,
                         const size_t *blocks, size_t count)
{
    size_t best = count;
    for (size_t i = 0; i < count; i++)
        if (items[owners[i]].last < items[index].first &&
            (best == count || is_better(blocks[i], blocks[best], items[index].bytes)))
            best = i;
    return best;
}

size_t oct_plan(oct_plan_item *items, size_t count, size_t *owners, size_t *blocks)
{
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        const size_t block = find_block(items, i, owners, blocks, used);
        if (block == used)
            blocks[used++] = 0;
        if (blocks[block] < items[i].bytes)
            blocks[block] = items[i].bytes;
        owners[block] = i;
        items[i].block = block;
    }
    return used;
}
