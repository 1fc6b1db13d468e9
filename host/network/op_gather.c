/* op_gather.c - the node that picks elements along each axis: slices, padding, nearest neighbours. It
 * works in any stored order, with its tables in that order too. */
#include <string.h>

#include "network/layout.h"
#include "network/ops.h"

static void gather_keep(oct_graph *graph, void *description)
{
    octet_gather_desc *const desc = description;
    for (size_t i = 0; i < desc->rank; i++)
        if (desc->indices[i] != NULL)
            desc->indices[i] =
                oct_graph_keep(graph, desc->indices[i], desc->sizes[i], sizeof(int32_t));
}

static octet_status gather_infer(const oct_graph *graph, const oct_node *node, oct_value *output)
{
    octet_status status = OCTET_OK;
    const octet_gather_desc *const desc = node->desc;
    const oct_value *const x = oct_graph_input_of(graph, node, 0);
    OCT_REQUIRE(&graph->log, desc->rank == x->shape.rank && desc->type == x->type,
                OCTET_INVALID_ARGUMENT,
                "node '%s': tables for %zu dimensions of %s; its input has %zu of %s", node->name,
                desc->rank, oct_type(desc->type)->name, x->shape.rank, oct_type(x->type)->name);
    OCT_REQUIRE(&graph->log, !x->batched || desc->indices[0] == NULL, OCTET_UNSUPPORTED,
                "node '%s': it picks elements of the open first dimension", node->name);
    *output =
        (oct_value){.type = x->type, .shape = x->shape, .batched = x->batched, .index = x->index};
    for (size_t i = 0; i < desc->rank; i++) {
        if (desc->indices[i] == NULL)
            continue;
        output->shape.size[i] = desc->sizes[i];
        for (size_t j = 0; j < desc->sizes[i]; j++)
            OCT_REQUIRE(
                &graph->log,
                desc->indices[i][j] >= -1 && desc->indices[i][j] < (int64_t)x->shape.size[i],
                OCTET_INVALID_ARGUMENT, "node '%s': index %d of dimension %zu, whose size is %zu",
                node->name, (int)desc->indices[i][j], i, x->shape.size[i]);
    }
cleanup:
    return status;
}

static octet_status gather_lay_out(oct_graph *graph, oct_node *node)
{
    octet_gather_desc *const desc = node->desc;
    const octet_gather_desc model = *desc;
    const oct_stored stored = oct_graph_input_of(graph, node, 0)->stored;
    for (size_t i = 0; i < desc->rank; i++) {
        desc->sizes[oct_stored_axis(stored, i)] = model.sizes[i];
        desc->indices[oct_stored_axis(stored, i)] = model.indices[i];
    }
    return oct_lay_out_any(graph, node);
}

static octet_status gather_create(octet_context *context, const oct_node *node, const char *variant,
                                  octet_operator **out)
{
    octet_gather_desc desc = *(const octet_gather_desc *)node->desc;
    desc.variant = variant;
    return octet_gather_create(context, &desc, out);
}

const oct_op oct_op_gather = {
    .name = "gather",
    .desc_size = sizeof(octet_gather_desc),
    .keep = gather_keep,
    .infer = gather_infer,
    .lay_out = gather_lay_out,
    .create = gather_create,
    .describe = NULL,
};

/* Whether a table has every index of a dimension in its place. */
static bool changes_nothing(const int32_t *indices, size_t count, size_t size)
{
    bool same = count == size;
    for (size_t i = 0; same && i < count; i++)
        same = indices[i] >= 0 && (size_t)indices[i] == i;
    return same;
}

octet_status oct_graph_gather(oct_graph *graph, const char *name, const octet_gather_desc *given,
                              size_t x, size_t *y)
{
    const octet_shape shape = graph->values[x].shape;
    octet_gather_desc desc = *given;
    bool is_view = desc.rank == shape.rank;
    for (size_t i = 0; i < desc.rank && i < shape.rank; i++) {
        if (desc.indices[i] != NULL &&
            changes_nothing(desc.indices[i], desc.sizes[i], shape.size[i]))
            desc.indices[i] = NULL;
        is_view = is_view && desc.indices[i] == NULL;
    }
    return is_view ? oct_graph_view(graph, name, &shape, x, y)
                   : oct_graph_add(graph, &oct_op_gather, name, &desc, &x, 1, y);
}

bool oct_gather_has_outside(const octet_gather_desc *desc)
{
    for (size_t i = 0; i < desc->rank; i++)
        for (size_t j = 0; desc->indices[i] != NULL && j < desc->sizes[i]; j++)
            if (desc->indices[i][j] < 0)
                return true;
    return false;
}
