/* run.c - runs a prepared network: batches of host arrays, or tensors on the device. */
#include <stdlib.h>

#include "core/desc.h"
#include "network/network.h"
#include "runtime/runtime.h"

octet_status oct_stage_run(const octet_network *network, const oct_stage *stage,
                           const oct_binding *binding)
{
    octet_tensor *const *const inputs = &binding->arguments[stage->arguments];
    const oct_node *const node = stage->node;
    const size_t count = node->input_count;
    const octet_status status =
        octet_operator_run(stage->op, inputs, count, inputs + count, 1, NULL, 0, NULL);
    if (status != OCTET_OK)
        oct_report(&network->log, status, "node '%s': the %s operator failed", node->name,
                   node->op->name);
    return status;
}

static octet_status run_stages(const octet_network *network, const oct_binding *binding)
{
    octet_status status = OCTET_OK;
    for (size_t i = 0; i < network->stage_count; i++)
        OCT_TRY(oct_stage_run(network, &network->stages[i], binding));
cleanup:
    return status;
}

static octet_status check_runnable(const octet_network *network, size_t images)
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

static octet_status create_ports(octet_network *network, const oct_ports *ports,
                                 octet_tensor ***tensors)
{
    octet_status status = OCTET_OK;
    OCT_ALLOC(&network->log, *tensors, ports->count);
    for (size_t i = 0; i < ports->count; i++) {
        const oct_value *const value = &network->graph->values[ports->items[i].value];
        octet_shape shape = {0};
        OCT_REQUIRE(&network->log, oct_value_shape(value, network->batch, &shape),
                    OCTET_INVALID_ARGUMENT, "'%s': %zu images are too many", ports->items[i].name,
                    network->batch);
        OCT_TRY(octet_tensor_create(network->context, value->type, &shape, &(*tensors)[i]));
    }
cleanup:
    return status;
}

/* Everything that a batch of "images" needs, as far as it is not there yet. */
static octet_status bind_images(octet_network *network, size_t images)
{
    octet_status status = OCTET_OK;
    OCT_TRY(oct_network_set_images(network, images));
    if (network->inputs == NULL)
        OCT_TRY(create_ports(network, &network->graph->inputs, &network->inputs));
    if (network->outputs == NULL)
        OCT_TRY(create_ports(network, &network->graph->outputs, &network->outputs));
    if (network->binding.views == NULL)
        OCT_TRY(oct_binding_create(network, network->inputs, network->outputs, &network->binding));
cleanup:
    return status;
}

/* Bytes of one image of a port; 0 where the port has no batch dimension, and is the same for all.
 */
static size_t image_bytes(const octet_network *network, const oct_port *port)
{
    const oct_value *const value = &network->graph->values[port->value];
    size_t bytes = 0;
    if (value->batched)
        oct_shape_bytes(value->type, &value->shape, &bytes);
    return bytes;
}

/* Enqueues the transfers of a batch; the arrays must stay as they are until the batch is done. */
static octet_status write_inputs(octet_network *network, size_t first, const void *const *inputs)
{
    octet_status status = OCTET_OK;
    const oct_ports *const ports = &network->graph->inputs;
    for (size_t i = 0; i < ports->count; i++) {
        const char *const data =
            (const char *)inputs[i] + first * image_bytes(network, &ports->items[i]);
        octet_event *event = NULL;
        OCT_TRY(octet_tensor_write(network->binding.views[ports->items[i].value], data, &event));
        octet_event_destroy(event);
    }
cleanup:
    return status;
}

/* "last" becomes the event of the last transfer; NULL where no output is wanted and all is done. */
static octet_status read_outputs(octet_network *network, size_t first, void *const *outputs,
                                 octet_event **last)
{
    octet_status status = OCTET_OK;
    const oct_ports *const ports = &network->graph->outputs;
    octet_event *event = NULL;
    for (size_t i = 0; i < ports->count; i++) {
        if (outputs[i] == NULL)
            continue;
        char *const data = (char *)outputs[i] + first * image_bytes(network, &ports->items[i]);
        octet_event_destroy(event);
        event = NULL;
        OCT_TRY(octet_tensor_read(network->binding.views[ports->items[i].value], data, &event));
    }
    if (event == NULL)
        OCT_TRY(octet_context_finish(network->context));
    *last = event;
    event = NULL;
cleanup:
    octet_event_destroy(event);
    return status;
}

/* Waits for a batch's event, if any, and tells that "done" images of all are complete. */
static octet_status complete(octet_event **event, size_t done, size_t images,
                             const octet_run_options *options)
{
    octet_status status = OCTET_OK;
    if (*event != NULL)
        OCT_TRY(octet_event_wait(*event));
    if (options->progress != NULL && done > 0)
        options->progress(options->progress_user, done, images);
cleanup:
    octet_event_destroy(*event);
    *event = NULL;
    return status;
}

static bool runs_stepwise(const octet_run_options *options)
{
    return options->layer != NULL || options->check != NULL || options->time_layers;
}

/* One batch is always enqueued behind the one being computed, so the device need not wait for the
 * host. */
static octet_status run_batches(octet_network *network, size_t images, const void *const *inputs,
                                void *const *outputs, const octet_run_options *options)
{
    octet_status status = OCTET_OK;
    octet_event *before = NULL, *event = NULL; /* of the batch before, and of this one */
    for (size_t first = 0; first < images;) {
        const size_t left = images - first;
        const size_t count = left < network->batch ? left : network->batch;
        if (count != network->images) /* a short last batch: nothing may be under way */
            OCT_TRY(complete(&before, first, images, options));
        OCT_TRY(bind_images(network, count));
        OCT_TRY(write_inputs(network, first, inputs));
        OCT_TRY(runs_stepwise(options) ? oct_network_step(network, first, options)
                                       : run_stages(network, &network->binding));
        OCT_TRY(read_outputs(network, first, outputs, &event));
        OCT_TRY(complete(&before, first, images, options));
        before = event;
        event = NULL;
        first += count;
    }
    OCT_TRY(complete(&before, images, images, options));
cleanup:
    octet_event_destroy(event);
    octet_event_destroy(before);
    return status;
}

octet_status octet_network_run(octet_network *network, size_t images, const void *const *inputs,
                               void *const *outputs, const octet_run_options *given)
{
    octet_status status = OCTET_OK, finished;
    octet_run_options copy = {.struct_size = sizeof copy};
    const octet_run_options *const options = &copy;
    if (given != NULL)
        OCT_TRY(oct_desc_copy(&network->log, "network: options", given, sizeof copy, sizeof copy,
                              &copy));
    if (options->check != NULL)
        *options->check = (octet_network_check){0};
    for (size_t i = 0; options->time_layers && i < network->stage_count; i++)
        network->stages[i].seconds = 0;
    OCT_TRY(check_runnable(network, images));
    if (network->batch == 0 && images > 0)
        OCT_TRY(octet_network_prepare(network, images));
    status = run_batches(network, images, inputs, outputs, options);
    /* Also after a failure: the caller's arrays must no longer be in use. */
    finished = octet_context_finish(network->context);
    status = status == OCTET_OK ? finished : status;
    for (size_t i = 0; options->time_layers && images > 0 && i < network->stage_count; i++)
        network->stages[i].seconds /= (double)oct_divide_up(images, network->batch);
cleanup:
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

octet_status octet_network_enqueue(octet_network *network, size_t images,
                                   octet_tensor *const *inputs, octet_tensor *const *outputs,
                                   octet_event *const *wait, size_t wait_count, octet_event **event)
{
    octet_status status = OCTET_OK;
    oct_binding binding = {0};
    octet_event *start = NULL;
    OCT_TRY(check_runnable(network, images));
    OCT_REQUIRE(&network->log, images > 0 && images <= network->batch, OCTET_INVALID_ARGUMENT,
                "network: a batch of %zu images; it is prepared for 1 to %zu", images,
                network->batch);
    OCT_TRY(check_tensors(network, images, &network->graph->inputs, inputs));
    OCT_TRY(check_tensors(network, images, &network->graph->outputs, outputs));
    OCT_TRY(oct_network_set_images(network, images));
    OCT_TRY(oct_binding_create(network, inputs, outputs, &binding));
    OCT_TRY(oct_enqueue_begin(network->context, wait, wait_count, event != NULL ? &start : NULL));
    OCT_TRY(run_stages(network, &binding));
    if (event != NULL)
        OCT_TRY(oct_enqueue_end(network->context, &start, event));
cleanup:
    octet_event_destroy(start);
    oct_binding_release(&binding);
    return status;
}
