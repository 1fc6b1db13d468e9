/* layout.h - what an op's lay_out function is written with. */
#ifndef OCT_NETWORK_LAYOUT_H
#define OCT_NETWORK_LAYOUT_H

#include "network/graph.h"

/* oct_lay_out_as - gives a node all its inputs of rank 4 in one stored order, converted by a node
 * before it where they are in the other, and stores its output (if of rank 4) the same way. */
octet_status oct_lay_out_as(oct_graph *graph, oct_node *node, oct_stored stored);

/* lay_out functions of ops that need the model's order, and of those that work in either. */
octet_status oct_lay_out_plain(oct_graph *graph, oct_node *node);
octet_status oct_lay_out_any(oct_graph *graph, oct_node *node);

/* oct_stored_axis - where dimension "axis" of the model's order is stored. */
size_t oct_stored_axis(oct_stored stored, size_t axis);

/* oct_order_is_trivial - whether reordering the dimensions of "shape" (as they are stored) by
 * "order" moves no element: the dimensions larger than 1, or batched, stay in sequence. */
bool oct_order_is_trivial(const octet_shape *shape, bool batched, const size_t *order);

#endif
