/* opencl.c - operators on a caller's own queue, with the caller's own events (octet/opencl.h). */
#include "octet/opencl.h"

#include <stdlib.h>

#include "operators/context.h"
#include "operators/operator.h"

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

octet_status octet_operator_enqueue(octet_operator *op, octet_tensor *const *inputs,
                                    size_t input_count, octet_tensor *const *outputs,
                                    size_t output_count, const cl_event *wait, size_t wait_count,
                                    cl_event *event)
{
    octet_status status = OCTET_OK;
    const oct_log *const log = &op->context->log;
    octet_event *events = NULL, **list = NULL, *done = NULL;
    OCT_REQUIRE(log, op->context->info.type != OCTET_DEVICE_REFERENCE, OCTET_INVALID_ARGUMENT,
                "%s: its context runs on the reference, which has no OpenCL events; use "
                "octet_operator_run",
                op->class->name);
    OCT_ALLOC(log, events, wait_count);
    OCT_ALLOC(log, list, wait_count);
    for (size_t i = 0; i < wait_count; i++) {
        OCT_REQUIRE(log, wait[i] != NULL, OCTET_INVALID_ARGUMENT, "%s: wait event %zu is NULL",
                    op->class->name, i);
        events[i] = (octet_event){.context = op->context, .handle = wait[i]};
        list[i] = &events[i];
    }
    OCT_TRY(octet_operator_run(op, inputs, input_count, outputs, output_count, list, wait_count,
                               event != NULL ? &done : NULL));
    if (event != NULL) {
        *event = done->handle;
        done->handle = NULL; /* the caller's now */
    }
cleanup:
    octet_event_destroy(done);
    free(list);
    free(events);
    return status;
}
