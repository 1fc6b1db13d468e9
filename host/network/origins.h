/* origins.h - which nodes of the model end up in which node of the graph, while fuse.c rewrites it. */
#ifndef OCT_NETWORK_ORIGINS_H
#define OCT_NETWORK_ORIGINS_H

#include "network/graph.h"

typedef struct oct_origins {
    const oct_node **makers; /* [count]: what made each value before the first pass, or NULL */
    size_t *now;             /* [count]: the value that stands for each since */
    size_t count;            /* values */
} oct_origins;

/* oct_origins_begin - before the first pass; oct_origins_release after the last, or after a failure. */
octet_status oct_origins_begin(const oct_graph *graph, oct_origins *origins);
void oct_origins_release(oct_origins *origins);

/* oct_origins_follow - after a pass: "stands_for" has a value for each there was before it. */
void oct_origins_follow(oct_origins *origins, const size_t *stands_for);

/* oct_origins_settle - gives every node of the graph its sources. */
octet_status oct_origins_settle(oct_graph *graph, const oct_origins *origins);

#endif
