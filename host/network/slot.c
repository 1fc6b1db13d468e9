/* slot.c - see slot.h. */
#include "network/slot.h"

#include <stdlib.h>

#include "core/clock.h"

/* ---- Life ---- */

static octet_status create_port(const octet_network *network, const oct_port *port, unsigned access,
                                oct_slot_port *made)
{
    octet_status status = OCTET_OK;
    const oct_value *const value = &network->graph->values[port->value];
    octet_shape shape = {0};
    OCT_REQUIRE(&network->log, oct_value_shape(value, network->batch, &shape),
                OCTET_INVALID_ARGUMENT, "'%s': %zu images are too many", port->name,
                network->batch);
    OCT_TRY(octet_tensor_create(network->context, value->type, &shape, &made->tensor));
    made->value = port->value;
    made->access = access;
cleanup:
    return status;
}

static octet_status create_ports(octet_network *network, oct_slot *slot)
{
    octet_status status = OCTET_OK;
    const oct_graph *const graph = network->graph;
    for (size_t i = 0; i < slot->input_count; i++)
        OCT_TRY(create_port(network, &graph->inputs.items[i], OCT_WRITE, &slot->ports[i]));
    for (size_t i = 0; i < slot->output_count; i++)
        OCT_TRY(create_port(network, &graph->outputs.items[i], OCT_READ,
                            &slot->ports[slot->input_count + i]));
    for (size_t i = 0; i < slot->input_count + slot->output_count; i++)
        slot->tensors[i] = slot->ports[i].tensor;
cleanup:
    return status;
}

octet_status oct_slot_create(octet_network *network, oct_slot **out)
{
    octet_status status = OCTET_OK;
    const oct_graph *const graph = network->graph;
    const size_t inputs = graph->inputs.count, outputs = graph->outputs.count;
    oct_slot *slot = NULL;
    OCT_ALLOC(&network->log, slot, 1);
    OCT_ALLOC(&network->log, slot->ports, inputs + outputs);
    slot->input_count = inputs;
    slot->output_count = outputs;
    OCT_ALLOC(&network->log, slot->tensors, inputs + outputs);
    OCT_ALLOC(&network->log, slot->waits, inputs);
    OCT_ALLOC(&network->log, slot->layers, network->stage_count);
    slot->layer_count = network->stage_count;
    OCT_ALLOC(&network->log, slot->inputs, inputs);
    OCT_ALLOC(&network->log, slot->outputs, outputs);
    OCT_TRY(create_ports(network, slot));
    *out = slot;
    slot = NULL;
cleanup:
    oct_slot_destroy(slot);
    return status;
}

static void forget(octet_event **event)
{
    octet_event_destroy(*event);
    *event = NULL;
}

static void forget_layers(oct_slot *slot)
{
    for (size_t i = 0; slot->layers != NULL && i < slot->layer_count; i++)
        forget(&slot->layers[i].event);
}

void oct_slot_destroy(oct_slot *slot)
{
    if (slot == NULL)
        return;
    forget(&slot->computed);
    oct_binding_release(&slot->binding);
    for (size_t i = 0; i < slot->input_count + slot->output_count; i++) {
        forget(&slot->ports[i].copy.event);
        octet_tensor_destroy(slot->ports[i].tensor);
        oct_staging_destroy(&slot->ports[i].staging);
    }
    forget_layers(slot);
    free(slot->outputs);
    free(slot->inputs);
    free(slot->layers);
    free(slot->waits);
    free(slot->tensors);
    free(slot->ports);
    free(slot);
}

/* ---- Host memory ---- */

/* Where image "first" is in an array of all images; what is not batched is whole in every batch. */
static void *at_image(const octet_network *network, const oct_slot_port *port, const void *array,
                      size_t first)
{
    const oct_value *const value = &network->graph->values[port->value];
    size_t bytes = 0;
    if (value->batched)
        oct_shape_bytes(value->type, &value->shape, &bytes);
    return (char *)array + first * bytes;
}

static octet_status own_memory(const octet_network *network, oct_slot_port *port, void **memory)
{
    octet_status status = OCTET_OK;
    if (port->staging.memory == NULL)
        OCT_TRY(oct_staging_create(network->context, port->tensor->bytes, &port->staging));
    *memory = port->staging.memory;
cleanup:
    return status;
}

static octet_status place_memory(const octet_network *network, oct_slot *slot,
                                 const oct_arrays *arrays, const unsigned char *skip)
{
    octet_status status = OCTET_OK;
    const size_t first = slot->batch.first;
    for (size_t i = 0; i < slot->input_count; i++) {
        oct_slot_port *const port = &slot->ports[i];
        if (arrays != NULL)
            slot->inputs[i] = at_image(network, port, arrays->inputs[i], first);
        else
            OCT_TRY(own_memory(network, port, &slot->inputs[i]));
    }
    for (size_t i = 0; i < slot->output_count; i++) {
        oct_slot_port *const port = &slot->ports[slot->input_count + i];
        slot->outputs[i] = NULL;
        if (skip != NULL && skip[i])
            continue;
        if (arrays != NULL)
            slot->outputs[i] = at_image(network, port, arrays->outputs[i], first);
        else
            OCT_TRY(own_memory(network, port, &slot->outputs[i]));
    }
cleanup:
    return status;
}

/* ---- A batch ---- */

octet_status oct_slot_begin(octet_network *network, oct_slot *slot, const oct_batch *batch,
                            const oct_arrays *arrays, const unsigned char *skip)
{
    octet_status status = OCTET_OK;
    slot->batch = *batch;
    slot->check = (octet_network_check){0};
    forget(&slot->computed);
    forget_layers(slot);
    OCT_TRY(place_memory(network, slot, arrays, skip));
    if (slot->binding.views == NULL)
        OCT_TRY(oct_binding_create(network, slot->tensors, slot->tensors + slot->input_count,
                                   &slot->binding));
cleanup:
    return status;
}

/* Copies the images of the batch, or all of what is not batched. */
static octet_status transfer(const octet_network *network, oct_slot *slot, oct_slot_port *port,
                             void *memory)
{
    const octet_tensor *const tensor = slot->binding.views[port->value];
    const bool batched = network->graph->values[port->value].batched;
    const size_t bytes =
        batched ? tensor->bytes / network->images * slot->batch.images : tensor->bytes;
    forget(&port->copy.event);
    port->copy.start = oct_now();
    const octet_status status = oct_buffer_transfer(tensor->buffer, bytes, port->access, memory,
                                                    slot->computed, &port->copy.event);
    port->copy.end = oct_now();
    return status;
}

bool oct_runs_stepwise(const octet_run_options *options)
{
    return options->layer != NULL || options->check != NULL || options->time_layers;
}

/* The layers, after the inputs' copies where the order of commands does not see to that. */
static octet_status enqueue_layers(octet_network *network, oct_slot *slot,
                                   const octet_run_options *options)
{
    octet_status status = OCTET_OK;
    octet_context *const context = network->context;
    bool wanted = false;
    octet_event *start = NULL;
    if (context->transfers_beside) {
        for (size_t i = 0; i < slot->input_count; i++)
            slot->waits[i] = slot->ports[i].copy.event;
        OCT_TRY(oct_enqueue_begin(context, slot->waits, slot->input_count, NULL));
    }
    OCT_TRY(oct_runs_stepwise(options) ? oct_network_step(network, slot, options)
            : options->trace != NULL ? oct_network_run_stages(network, &slot->binding, slot->layers)
                                     : oct_network_run_whole(network, &slot->binding));
    for (size_t i = 0; i < slot->output_count; i++)
        wanted |= slot->outputs[i] != NULL;
    if (context->transfers_beside || !wanted)
        OCT_TRY(oct_enqueue_end(context, &start, &slot->computed));
cleanup:
    return status;
}

octet_status oct_slot_compute(octet_network *network, oct_slot *slot,
                              const octet_run_options *options)
{
    octet_status status = OCTET_OK;
    for (size_t i = 0; i < slot->input_count; i++)
        OCT_TRY(transfer(network, slot, &slot->ports[i], slot->inputs[i]));
    OCT_TRY(enqueue_layers(network, slot, options));
    for (size_t i = 0; i < slot->output_count; i++)
        if (slot->outputs[i] != NULL)
            OCT_TRY(transfer(network, slot, &slot->ports[slot->input_count + i], slot->outputs[i]));
cleanup:
    return status;
}

octet_status oct_slot_wait(oct_slot *slot)
{
    octet_status status = OCTET_OK;
    for (size_t i = 0; i < slot->output_count; i++)
        if (slot->outputs[i] != NULL)
            OCT_TRY(octet_event_wait(slot->ports[slot->input_count + i].copy.event));
    if (slot->computed != NULL)
        OCT_TRY(octet_event_wait(slot->computed));
cleanup:
    return status;
}
