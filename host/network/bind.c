/* bind.c - gives every value of a batch its tensor: a view of a block, of a constant, or of a
 * caller's input or output. */
#include <stdlib.h>

#include "network/device.h"
#include "network/network.h"

static octet_tensor *base_of(const octet_network *network, const oct_storage *storage,
                             octet_tensor *const *inputs, octet_tensor *const *outputs)
{
    switch (storage->place) {
    case OCT_PLACE_BLOCK:
        return network->blocks[network->items[storage->index].block];
    case OCT_PLACE_INPUT:
        return inputs[storage->index];
    case OCT_PLACE_OUTPUT:
        return outputs[storage->index];
    case OCT_PLACE_CONSTANT:
        return network->constants[storage->index];
    default:
        return NULL;
    }
}

static void gather_arguments(const octet_network *network, oct_binding *binding)
{
    for (size_t i = 0; i < network->stage_count; i++) {
        const oct_stage *const stage = &network->stages[i];
        octet_tensor **const arguments = &binding->arguments[stage->arguments];
        for (size_t j = 0; j < stage->node->input_count; j++)
            arguments[j] = binding->views[stage->node->inputs[j]];
        for (size_t j = 0; j < oct_node_outputs(stage->node); j++)
            arguments[stage->node->input_count + j] = binding->views[stage->node->output + j];
    }
}

octet_status oct_binding_create(octet_network *network, octet_tensor *const *inputs,
                                octet_tensor *const *outputs, oct_binding *binding)
{
    octet_status status = OCTET_OK;
    oct_binding made = {.count = network->graph->value_count};
    OCT_ALLOC(&network->log, made.views, made.count);
    OCT_ALLOC(&network->log, made.arguments, network->argument_count);
    for (size_t i = 0; i < made.count; i++) {
        const oct_value *const value = &network->graph->values[i];
        const octet_tensor *const base = base_of(network, &network->storages[i], inputs, outputs);
        octet_shape shape = {0};
        if (base == NULL)
            continue;
        oct_value_stored_shape(value, network->images, &shape); /* fits: it is prepared for it */
        made.views[i] = oct_tensor_view(base, value->type, &shape);
        OCT_REQUIRE(&network->log, made.views[i] != NULL, OCTET_OUT_OF_MEMORY,
                    "out of host memory: tensors of a batch");
    }
    gather_arguments(network, &made);
    *binding = made;
    made = (oct_binding){0};
cleanup:
    oct_binding_release(&made);
    return status;
}

void oct_binding_release(oct_binding *binding)
{
    oct_chain_destroy(binding->chain);
    for (size_t i = 0; binding->views != NULL && i < binding->count; i++)
        oct_tensor_view_destroy(binding->views[i]);
    free(binding->views);
    free(binding->arguments);
    *binding = (oct_binding){0};
}
