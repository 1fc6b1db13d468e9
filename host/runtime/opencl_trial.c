/* opencl_trial.c - whether a context has chains: a small one is computed before the first that counts. */
#include "runtime/opencl.h"

enum { TRIAL_ITEMS = 20, TRIAL_STEPS = 3 };

static octet_status run_trial(octet_context *context, oct_kernel *kernel, oct_buffer *numbers)
{
    octet_status status = OCTET_OK;
    const size_t global[3] = {TRIAL_ITEMS / 2, 2, 1};
    oct_chain *chain = NULL;
    OCT_TRY(oct_cl_begin_chain(context, &chain));
    for (int i = 0; i < TRIAL_STEPS && status == OCTET_OK; i++) {
        const oct_arg args[] = {OCT_BUFFER(numbers), OCT_INT(i)};
        status = OCT_LAUNCH(kernel, global, args);
    }
    const octet_status ended = oct_chain_end(&chain);
    OCT_TRY(status);
    OCT_TRY(ended);
    if (chain != NULL)
        OCT_TRY(oct_chain_run(chain));
cleanup:
    oct_chain_destroy(chain);
    return status;
}

/* Known answers of a chain that depends on its order. */
static bool is_computed(octet_context *context)
{
    octet_status status = OCTET_OK;
    int32_t numbers[TRIAL_ITEMS];
    oct_kernel *kernel = NULL;
    oct_buffer *buffer = NULL;
    for (int32_t i = 0; i < TRIAL_ITEMS; i++)
        numbers[i] = i;
    OCT_TRY(oct_kernel_create(context, "try_chain", OCT_CHAIN_OPTIONS, &kernel));
    OCT_TRY(oct_buffer_from_host(context, sizeof numbers, numbers, &buffer));
    OCT_TRY(run_trial(context, kernel, buffer));
    OCT_TRY(oct_buffer_read(buffer, sizeof numbers, numbers, NULL));
    for (int32_t i = 0; i < TRIAL_ITEMS && status == OCTET_OK; i++)
        if (numbers[i] != ((i * 3 + 0) * 3 + 1) * 3 + 2)
            status = OCTET_MISCOMPUTED;
cleanup:
    oct_buffer_destroy(buffer);
    oct_kernel_destroy(kernel);
    return status == OCTET_OK;
}

void oct_context_use_chains(octet_context *context)
{
#ifdef __x86_64__
    if (!context->traits.native_x86)
        context->no_chains = "the device is not PoCL's of this x86-64 processor";
    else if (!oct_cl_of(context)->owned)
        context->no_chains = "the queue is the caller's";
    context->chains = context->no_chains == NULL;
#else
    context->no_chains = "this processor is not an x86-64";
#endif
}

const char *octet_context_chains(octet_context *context)
{
    oct_cl *const cl = oct_cl_of(context);
    if (!context->chains)
        return context->no_chains != NULL ? context->no_chains : "not asked for";
    pthread_mutex_lock(&cl->trial_lock);
    if (cl->trial == OCT_TRIAL_AHEAD)
        cl->trial = is_computed(context) ? OCT_TRIAL_PASSED : OCT_TRIAL_FAILED;
    const bool passed = cl->trial == OCT_TRIAL_PASSED;
    pthread_mutex_unlock(&cl->trial_lock);
    return passed ? NULL : "the device did not compute one right";
}
