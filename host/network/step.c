/* step.c - runs a batch one layer at a time, so that each can be timed, compared and looked at. */
#include "core/clock.h"
#include "network/slot.h"

static octet_status step_one(octet_network *network, oct_slot *slot, size_t index,
                             const octet_run_options *options)
{
    octet_status status = OCTET_OK;
    oct_stage *const stage = &network->stages[index];
    const oct_binding *const binding = &slot->binding;
    const size_t first_image = slot->batch.first;
    const double start = oct_now();
    OCT_TRY(oct_stage_run(network, stage, binding, NULL));
    OCT_TRY(octet_context_finish(network->context));
    if (options->time_layers)
        stage->seconds += oct_now() - start;
    if (options->check != NULL)
        OCT_TRY(oct_stage_check(network, binding, index, first_image, &slot->check));
    if (options->layer != NULL)
        options->layer(options->layer_user, index, first_image,
                       binding->views[stage->node->output]);
cleanup:
    return status;
}

octet_status oct_network_step(octet_network *network, oct_slot *slot,
                              const octet_run_options *options)
{
    octet_status status = OCTET_OK;
    OCT_TRY(octet_context_finish(network->context)); /* the first layer's time begins after it */
    for (size_t i = 0; i < network->stage_count; i++)
        OCT_TRY(step_one(network, slot, i, options));
    if (options->check != NULL)
        OCT_TRY(oct_slot_check_whole(network, slot));
cleanup:
    return status;
}
