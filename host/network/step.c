/* step.c - runs a batch one layer at a time, so that each can be timed, compared and looked at. */
#include "core/clock.h"
#include "network/network.h"

static octet_status step_one(octet_network *network, size_t index, size_t first_image,
                             const octet_run_options *options)
{
    octet_status status = OCTET_OK;
    oct_stage *const stage = &network->stages[index];
    const oct_binding *const binding = &network->binding;
    const double start = oct_now();
    OCT_TRY(oct_stage_run(network, stage, binding));
    OCT_TRY(octet_context_finish(network->context));
    if (options->time_layers)
        stage->seconds += oct_now() - start;
    if (options->check != NULL)
        OCT_TRY(oct_stage_check(network, index, first_image, options->check));
    if (options->layer != NULL)
        options->layer(options->layer_user, index, first_image,
                       binding->views[stage->node->output]);
cleanup:
    return status;
}

octet_status oct_network_step(octet_network *network, size_t first_image,
                              const octet_run_options *options)
{
    octet_status status = OCTET_OK;
    OCT_TRY(octet_context_finish(network->context)); /* the first layer's time begins after it */
    for (size_t i = 0; i < network->stage_count; i++)
        OCT_TRY(step_one(network, i, first_image, options));
cleanup:
    return status;
}
