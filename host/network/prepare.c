/* prepare.c - fixes a batch size: builds the operators for it and allocates what lies between them.
 */
#include <stdlib.h>

#include "network/device.h"
#include "network/slot.h"

/* ---- Operators ---- */

static octet_status prepare_stage(octet_network *network, const oct_stage *stage, size_t images)
{
    octet_status status = OCTET_OK;
    const oct_node *const node = stage->node;
    octet_shape *shapes = NULL, expected = {0}, actual[OCT_MOST_OUTPUTS] = {{0}};
    char a[OCT_SHAPE_TEXT], b[OCT_SHAPE_TEXT];
    OCT_ALLOC(&network->log, shapes, node->input_count);
    for (size_t i = 0; i < node->input_count; i++)
        OCT_REQUIRE(
            &network->log,
            oct_value_stored_shape(oct_graph_input_of(network->graph, node, i), images, &shapes[i]),
            OCTET_INVALID_ARGUMENT, "node '%s': %zu images are too many", node->name, images);
    status = octet_operator_prepare(stage->op, shapes, node->input_count, actual,
                                    oct_node_outputs(node));
    OCT_REQUIRE(&network->log, status == OCTET_OK, status,
                "node '%s': the %s operator refused %zu images", node->name, node->op->name,
                images);
    for (size_t i = 0; i < oct_node_outputs(node); i++) {
        const oct_value *const value = &network->graph->values[node->output + i];
        OCT_REQUIRE(&network->log, oct_value_stored_shape(value, images, &expected),
                    OCTET_INVALID_ARGUMENT, "node '%s': %zu images are too many", node->name,
                    images);
        OCT_REQUIRE(&network->log, oct_shape_equal(&expected, &actual[i]), OCTET_UNSUPPORTED,
                    "node '%s': the %s operator gives %s instead of %s", node->name, node->op->name,
                    oct_shape_text(&actual[i], a), oct_shape_text(&expected, b));
    }
cleanup:
    free(shapes);
    return status;
}

static void release_bindings(octet_network *network)
{
    for (size_t i = 0; i < OCT_SLOTS; i++)
        if (network->slots[i] != NULL)
            oct_binding_release(&network->slots[i]->binding);
}

octet_status oct_network_set_images(octet_network *network, size_t images)
{
    octet_status status = OCTET_OK;
    if (network->images == images)
        return OCTET_OK;
    network->images = 0;
    release_bindings(network);
    for (size_t i = 0; i < network->stage_count; i++)
        OCT_TRY(prepare_stage(network, &network->stages[i], images));
    network->images = images;
cleanup:
    return status;
}

/* ---- Memory ---- */

static octet_status create_block(octet_network *network, size_t bytes, octet_tensor **out)
{
    const octet_shape shape = {.rank = 1, .size = {bytes}};
    network->activation_bytes += bytes; /* fits: a sum of sizes of allocated memory */
    return octet_tensor_create(network->context, OCTET_U8, &shape, out);
}

/* Bytes of every piece of memory; oct_network_set_images made sure that they fit. */
static void measure_items(octet_network *network, size_t batch)
{
    for (size_t i = 0; i < network->stage_count; i++) {
        const oct_node *const node = network->stages[i].node;
        for (size_t j = node->output; j < node->output + oct_node_outputs(node); j++) {
            const oct_storage *const storage = &network->storages[j];
            const oct_value *const value = &network->graph->values[j];
            octet_shape shape = {0};
            if (storage->place != OCT_PLACE_BLOCK)
                continue;
            oct_value_shape(value, batch, &shape);
            oct_shape_bytes(value->type, &shape, &network->items[storage->index].bytes);
        }
    }
}

static octet_status allocate_blocks(octet_network *network, size_t batch)
{
    octet_status status = OCTET_OK;
    size_t *owners = NULL, *bytes = NULL;
    OCT_ALLOC(&network->log, owners, network->item_count);
    OCT_ALLOC(&network->log, bytes, network->item_count);
    OCT_ALLOC(&network->log, network->blocks, network->item_count);
    measure_items(network, batch);
    const size_t count = oct_plan(network->items, network->item_count, owners, bytes);
    for (size_t i = 0; i < count; i++) {
        OCT_TRY(create_block(network, bytes[i], &network->blocks[i]));
        network->block_count++;
    }
cleanup:
    free(owners);
    free(bytes);
    return status;
}

void oct_network_release_memory(octet_network *network)
{
    for (size_t i = 0; i < OCT_SLOTS; i++) {
        oct_slot_destroy(network->slots[i]);
        network->slots[i] = NULL;
    }
    for (size_t i = 0; network->blocks != NULL && i < network->block_count; i++)
        octet_tensor_destroy(network->blocks[i]);
    free(network->blocks);
    network->blocks = NULL;
    network->block_count = 0;
    network->activation_bytes = 0;
    network->batch = network->images = 0;
}

octet_status octet_network_prepare(octet_network *network, size_t batch)
{
    octet_status status = oct_refuse_recording(network->context, "octet_network_prepare");
    if (status != OCTET_OK)
        return status; /* the network is as it was */
    network->implicit = false;
    OCT_REQUIRE(&network->log, batch > 0, OCTET_INVALID_ARGUMENT,
                "network: a batch of 0 images; it must have at least 1");
    OCT_REQUIRE(&network->log, batch == 1 || network->batched, OCTET_INVALID_ARGUMENT,
                "network: a batch of %zu images; this model's input sizes are fixed, so the batch "
                "must be 1",
                batch);
    if (network->batch == batch)
        return oct_network_set_images(network, batch);
    oct_network_release_memory(network);
    OCT_TRY(oct_network_set_images(network, batch));
    OCT_TRY(allocate_blocks(network, batch));
    (void)octet_context_chains(network->context); /* tries one now, not in the first run */
    network->batch = batch;
cleanup:
    if (status != OCTET_OK)
        oct_network_release_memory(network);
    return status;
}
