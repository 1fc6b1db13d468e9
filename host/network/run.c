/* run.c - runs a network on host arrays, or on tensors on the device. */
#include <stdlib.h>

#include "core/clock.h"
#include "network/slot.h"
#include "operators/commands.h"
#include "runtime/runtime.h"

octet_status oct_stage_run(const octet_network *network, const oct_stage *stage,
                           const oct_binding *binding, oct_span *span)
{
    octet_tensor *const *const inputs = &binding->arguments[stage->arguments];
    const oct_node *const node = stage->node;
    const size_t count = node->input_count;
    if (span != NULL)
        span->start = oct_now();
    const octet_status status =
        octet_operator_run(stage->op, inputs, count, inputs + count, oct_node_outputs(node), NULL,
                           0, span != NULL ? &span->event : NULL);
    if (span != NULL)
        span->end = oct_now();
    if (status != OCTET_OK)
        oct_report(&network->log, status, "node '%s': the %s operator failed", node->name,
                   node->op->name);
    return status;
}

octet_status oct_network_run_stages(const octet_network *network, const oct_binding *binding,
                                    oct_span *spans)
{
    octet_status status = OCTET_OK;
    for (size_t i = 0; i < network->stage_count; i++)
        OCT_TRY(
            oct_stage_run(network, &network->stages[i], binding, spans != NULL ? &spans[i] : NULL));
cleanup:
    return status;
}

static bool uses_reference(const octet_network *network)
{
    bool any = false;
    for (size_t i = 0; i < network->stage_count && !any; i++)
        any = network->stages[i].op->use_reference;
    return any;
}

/* Stops at the first layer that cannot be part of the chain. */
static octet_status record_stages(octet_network *network, const oct_binding *binding,
                                  const oct_chain *chain)
{
    octet_status status = OCTET_OK;
    const oct_stage *stage = NULL;
    for (size_t i = 0; i < network->stage_count && !oct_chain_is_broken(chain); i++) {
        stage = &network->stages[i];
        OCT_TRY(oct_stage_run(network, stage, binding, NULL));
    }
    if (stage != NULL && oct_chain_is_broken(chain) && !network->told_of_chain) {
        network->told_of_chain = true;
        oct_report(&network->log, OCTET_OK,
                   "node '%s': the %s operator, variant %s, cannot be part of one command with the "
                   "other layers, so that every layer is launched by itself",
                   stage->node->name, stage->node->op->name, octet_operator_variant(stage->op));
    }
cleanup:
    return status;
}

/* What fails of the chain itself is no error: its layers are launched then. */
octet_status oct_network_record(octet_network *network, oct_binding *binding)
{
    octet_status status = OCTET_OK;
    oct_chain *chain = NULL;
    if (binding->recorded)
        return OCTET_OK;
    binding->recorded = true;
    if (uses_reference(network)) /* which computes when it is enqueued */
        return OCTET_OK;
    if (oct_chain_begin(network->context, &chain) != OCTET_OK || chain == NULL)
        return OCTET_OK;
    status = record_stages(network, binding, chain);
    (void)oct_chain_end(&chain);
    if (status == OCTET_OK) {
        binding->chain = chain;
        return OCTET_OK;
    }
    oct_chain_destroy(chain);
    binding->recorded = false;
    return status;
}

octet_status oct_network_run_whole(octet_network *network, oct_binding *binding)
{
    octet_status status = OCTET_OK;
    if (binding->ran)
        OCT_TRY(oct_network_record(network, binding));
    binding->ran = true;
    status = binding->chain != NULL ? oct_chain_run(binding->chain)
                                    : oct_network_run_stages(network, binding, NULL);
cleanup:
    return status;
}

octet_status oct_network_check_runnable(const octet_network *network, size_t images)
{
    octet_status status = OCTET_OK;
    for (size_t i = 0; i < network->unsupported_count; i++)
        oct_report(&network->log, OCTET_OK, "%s", network->unsupported[i]);
    OCT_REQUIRE(&network->log, network->unsupported_count == 0, OCTET_UNSUPPORTED,
                "network: it has parts that octet lacks, so it cannot run");
    OCT_REQUIRE(&network->log, network->batched || images == 1, OCTET_INVALID_ARGUMENT,
                "network: %zu images; this model's input sizes are fixed, so it takes 1", images);
cleanup:
    return status;
}

/* ---- Host arrays ---- */

/* Without images no layer runs, so that only what would be empty has a value. */
static octet_status check_empty(const octet_network *network, void *const *outputs)
{
    octet_status status = OCTET_OK;
    const oct_ports *const ports = &network->graph->outputs;
    for (size_t i = 0; outputs != NULL && i < ports->count; i++)
        OCT_REQUIRE(&network->log,
                    outputs[i] == NULL || network->graph->values[ports->items[i].value].batched,
                    OCTET_INVALID_ARGUMENT,
                    "network: 0 images; output '%s' has no batch dimension, so that without images "
                    "nothing computes it",
                    ports->items[i].name);
cleanup:
    return status;
}

octet_status octet_network_run(octet_network *network, size_t images, const void *const *inputs,
                               void *const *outputs, const octet_run_options *options)
{
    octet_status status = OCTET_OK;
    const oct_arrays arrays = {inputs, outputs};
    octet_stream stream = {.struct_size = sizeof stream, .images = images};
    unsigned char *skip = NULL;
    if (images == 0)
        OCT_TRY(check_empty(network, outputs));
    OCT_ALLOC(&network->log, skip, network->graph->outputs.count);
    for (size_t i = 0; i < network->graph->outputs.count; i++)
        skip[i] = outputs == NULL || outputs[i] == NULL;
    stream.skip = skip;
    OCT_TRY(oct_network_stream(&network, 1, &stream, &arrays, options));
cleanup:
    free(skip);
    return status;
}

/* ---- Tensors ---- */

static octet_status check_tensors(const octet_network *network, size_t images,
                                  const oct_ports *ports, octet_tensor *const *tensors)
{
    octet_status status = OCTET_OK;
    for (size_t i = 0; i < ports->count; i++) {
        const oct_value *const value = &network->graph->values[ports->items[i].value];
        const char *const name = ports->items[i].name;
        octet_shape given = {0}, wanted = {0};
        char a[OCT_SHAPE_TEXT], b[OCT_SHAPE_TEXT];
        OCT_REQUIRE(&network->log, tensors[i] != NULL, OCTET_INVALID_ARGUMENT,
                    "the tensor of '%s' is NULL", name);
        OCT_REQUIRE(&network->log, tensors[i]->context == network->context, OCTET_INVALID_ARGUMENT,
                    "the tensor of '%s' belongs to another context", name);
        given = octet_tensor_shape(tensors[i]);
        OCT_REQUIRE(&network->log,
                    oct_value_shape(value, images, &wanted) &&
                        octet_tensor_type(tensors[i]) == value->type &&
                        oct_shape_equal(&given, &wanted),
                    OCTET_INVALID_ARGUMENT, "'%s' is given as %s %s; it must be %s %s", name,
                    oct_type(octet_tensor_type(tensors[i]))->name, oct_shape_text(&given, a),
                    oct_type(value->type)->name, oct_shape_text(&wanted, b));
    }
cleanup:
    return status;
}

/* All layers as runs of operators; a thread that records commands records these. */
static octet_status enqueue(octet_network *network, const oct_binding *binding,
                            octet_event *const *wait, size_t wait_count, octet_event **event)
{
    octet_status status = OCTET_OK;
    octet_event *start = NULL;
    if (oct_recording(network->context) != NULL) {
        OCT_TRY(oct_commands_refuse_events(network->context, "network", wait_count, event));
        OCT_TRY(oct_network_run_stages(network, binding, NULL));
        goto cleanup;
    }
    OCT_TRY(oct_enqueue_begin(network->context, wait, wait_count, event != NULL ? &start : NULL));
    OCT_TRY(oct_network_run_stages(network, binding, NULL));
    if (event != NULL)
        OCT_TRY(oct_enqueue_end(network->context, &start, event));
cleanup:
    octet_event_destroy(start);
    return status;
}

octet_status octet_network_enqueue(octet_network *network, size_t images,
                                   octet_tensor *const *inputs, octet_tensor *const *outputs,
                                   octet_event *const *wait, size_t wait_count, octet_event **event)
{
    octet_status status = OCTET_OK;
    oct_binding binding = {0};
    OCT_TRY(oct_network_check_runnable(network, images));
    OCT_REQUIRE(&network->log, images > 0 && images <= network->batch, OCTET_INVALID_ARGUMENT,
                "network: a batch of %zu images; it is prepared for 1 to %zu", images,
                network->batch);
    OCT_TRY(check_tensors(network, images, &network->graph->inputs, inputs));
    OCT_TRY(check_tensors(network, images, &network->graph->outputs, outputs));
    if (network->images != images)
        OCT_TRY(oct_refuse_recording(network->context,
                                     "network: preparing it for another number of images"));
    OCT_TRY(oct_network_set_images(network, images));
    OCT_TRY(oct_binding_create(network, inputs, outputs, &binding));
    OCT_TRY(enqueue(network, &binding, wait, wait_count, event));
cleanup:
    oct_binding_release(&binding);
    return status;
}
