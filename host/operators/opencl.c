/* opencl.c - operators on a caller's own queue, with the caller's own events (octet/opencl.h). */
#include "octet/opencl.h"

#include <stdlib.h>

#include "operators/commands.h"
#include "operators/context.h"

octet_status octet_context_from_queue(cl_device_id device, cl_context own_context,
                                      cl_command_queue queue, const octet_context_desc *desc,
                                      octet_context **out)
{
    octet_status status = OCTET_OK;
    octet_context *context = NULL;
    octet_context_desc given;
    OCT_TRY(oct_context_desc_or_default(desc, &given));
    OCT_TRY(oct_context_borrow(device, own_context, queue, &given, &context));
    context->no_chains = "the queue is the caller's";
    OCT_TRY(oct_qualify(context));
    oct_name_variants(context);
    oct_load_winners(context);
    *out = context;
    context = NULL;
cleanup:
    oct_context_close(context);
    return status;
}

/* The events of OpenCL's that "name", of octet_"what", waits for, as our own. */
typedef struct wait_list {
    octet_event *events, **list;
} wait_list;

static void release_list(wait_list *waits)
{
    free(waits->list);
    free(waits->events);
}

static octet_status make_list(octet_context *context, const char *what, const char *name,
                              const cl_event *wait, size_t count, wait_list *out)
{
    octet_status status = OCTET_OK;
    const oct_log *const log = &context->log;
    wait_list made = {NULL, NULL};
    OCT_REQUIRE(
        log, context->info.type != OCTET_DEVICE_REFERENCE, OCTET_INVALID_ARGUMENT,
        "%s: its context runs on the reference, which has no OpenCL events; use octet_%s_run", name,
        what);
    OCT_ALLOC(log, made.events, count);
    OCT_ALLOC(log, made.list, count);
    for (size_t i = 0; i < count; i++) {
        OCT_REQUIRE(log, wait[i] != NULL, OCTET_INVALID_ARGUMENT, "%s: wait event %zu is NULL",
                    name, i);
        made.events[i] = (octet_event){.context = context, .handle = wait[i]};
        made.list[i] = &made.events[i];
    }
    *out = made;
    made = (wait_list){NULL, NULL};
cleanup:
    release_list(&made);
    return status;
}

/* The event's handle becomes the caller's. */
static void hand_over(octet_event *done, cl_event *event)
{
    *event = done->handle;
    done->handle = NULL;
    octet_event_destroy(done);
}

octet_status octet_operator_enqueue(octet_operator *op, octet_tensor *const *inputs,
                                    size_t input_count, octet_tensor *const *outputs,
                                    size_t output_count, const cl_event *wait, size_t wait_count,
                                    cl_event *event)
{
    octet_status status = OCTET_OK;
    octet_event *done = NULL;
    wait_list waits = {NULL, NULL};
    OCT_TRY(make_list(op->context, "operator", op->class->name, wait, wait_count, &waits));
    OCT_TRY(octet_operator_run(op, inputs, input_count, outputs, output_count, waits.list,
                               wait_count, event != NULL ? &done : NULL));
    if (event != NULL)
        hand_over(done, event);
cleanup:
    release_list(&waits);
    return status;
}

octet_status octet_commands_enqueue(octet_commands *commands, const cl_event *wait,
                                    size_t wait_count, cl_event *event)
{
    octet_status status = OCTET_OK;
    octet_event *done = NULL;
    wait_list waits = {NULL, NULL};
    OCT_TRY(make_list(commands->context, "commands", "commands", wait, wait_count, &waits));
    OCT_TRY(octet_commands_run(commands, waits.list, wait_count, event != NULL ? &done : NULL));
    if (event != NULL)
        hand_over(done, event);
cleanup:
    release_list(&waits);
    return status;
}
