/* commands.c - runs of operators recorded, and played as a chain, as launches with their arguments set, or,
 * where the reference computes, once more as they were (octet/commands.h). */
#include "operators/commands.h"

#include <stdlib.h>

#include "core/memory.h"

/* ---- Recording ---- */

octet_status octet_commands_begin(octet_context *context, octet_commands **out)
{
    octet_status status = OCTET_OK;
    octet_commands *commands = NULL;
    OCT_REQUIRE(&context->log, !oct_is_recording(), OCTET_INVALID_ARGUMENT,
                "commands: this thread records others already; octet_commands_end comes first");
    OCT_ALLOC(&context->log, commands, 1);
    commands->context = context;
    oct_set_recording(context, commands);
    *out = commands;
cleanup:
    return status;
}

octet_status oct_commands_add(octet_commands *commands, octet_operator *op,
                              oct_buffer *const *inputs, oct_buffer *const *outputs, bool empty)
{
    octet_status status = OCTET_OK;
    oct_call *one = NULL;
    oct_call *const grown =
        oct_grow(commands->calls, commands->count, &commands->capacity, sizeof *grown);
    OCT_REQUIRE(&commands->context->log, grown != NULL, OCTET_OUT_OF_MEMORY,
                "out of host memory: %zu commands", commands->count + 1);
    commands->calls = grown;
    one = &commands->calls[commands->count++];
    *one =
        (oct_call){.op = oct_operator_hold(op), .preparations = op->preparations, .empty = empty};
    for (size_t i = 0; i < op->input_count; i++)
        one->inputs[i] = oct_buffer_hold(inputs[i]);
    for (size_t i = 0; i < op->output_count; i++)
        one->outputs[i] = oct_buffer_hold(outputs[i]);
cleanup:
    return status;
}

octet_status oct_commands_refuse_events(const octet_context *context, const char *name,
                                        size_t wait_count, octet_event *const *event)
{
    octet_status status = OCTET_OK;
    OCT_REQUIRE(&context->log, wait_count == 0 && event == NULL, OCTET_INVALID_ARGUMENT,
                "%s: %s cannot be recorded; give it to octet_commands_run", name,
                event == NULL ? "a wait list" : "an event");
cleanup:
    return status;
}

/* ---- Making one command ---- */

static bool uses_reference(const octet_commands *commands)
{
    bool any = commands->context->traits.type == OCTET_DEVICE_REFERENCE;
    for (size_t i = 0; i < commands->count && !any; i++)
        any = commands->calls[i].op->use_reference;
    return any;
}

/* All calls; with a chain, up to the first that cannot be part of it. */
static octet_status make_calls(const octet_commands *commands, const oct_chain *chain)
{
    octet_status status = OCTET_OK;
    const oct_call *one = NULL;
    for (size_t i = 0; i < commands->count && (chain == NULL || !oct_chain_is_broken(chain)); i++) {
        one = &commands->calls[i];
        if (one->empty)
            continue;
        OCT_TRY(oct_enqueue_barrier(commands->context)); /* the caller's queue may have no order */
        OCT_TRY(oct_operator_compute(one->op, one->inputs, one->outputs));
    }
    if (chain != NULL && oct_chain_is_broken(chain) && one != NULL)
        oct_report(&commands->context->log, OCTET_OK,
                   "commands: the %s operator, variant %s, cannot be part of one command with the "
                   "others, so that every launch is enqueued by itself",
                   one->op->class->name, one->op->variant);
cleanup:
    return status;
}

/* What fails of the chain itself is no error. */
static octet_status make_chain(octet_commands *commands)
{
    octet_status status = OCTET_OK;
    oct_chain *chain = NULL;
    if (oct_chain_begin(commands->context, &chain) != OCTET_OK || chain == NULL)
        return OCTET_OK;
    status = make_calls(commands, chain);
    (void)oct_chain_end(&chain);
    if (status == OCTET_OK)
        commands->chain = chain;
    else
        oct_chain_destroy(chain);
    return status;
}

static octet_status make_launches(octet_commands *commands)
{
    octet_status status = OCTET_OK;
    OCT_TRY(oct_launches_begin(commands->context, &commands->launches));
    status = make_calls(commands, NULL);
    oct_launches_end();
cleanup:
    return status;
}

static octet_status check_preparations(const octet_commands *commands)
{
    octet_status status = OCTET_OK;
    for (size_t i = 0; i < commands->count; i++)
        OCT_REQUIRE(&commands->context->log,
                    commands->calls[i].op->preparations == commands->calls[i].preparations,
                    OCTET_INVALID_ARGUMENT,
                    "commands: the %s operator of run %zu was prepared again since it was recorded",
                    commands->calls[i].op->class->name, i);
cleanup:
    return status;
}

octet_status octet_commands_end(octet_commands *commands)
{
    octet_status status = OCTET_OK;
    octet_context *const context = commands->context;
    OCT_REQUIRE(&context->log, oct_recording(context) == commands, OCTET_INVALID_ARGUMENT,
                "commands: they are not recorded now, or not by this thread");
    oct_set_recording(context, NULL);

    OCT_TRY(check_preparations(commands));
    if (!uses_reference(commands)) {
        OCT_TRY(make_chain(commands));
        if (commands->chain == NULL)
            OCT_TRY(make_launches(commands));
    }
    commands->ready = true;
cleanup:
    return status;
}

/* ---- Running ---- */

static octet_status check_runnable(const octet_commands *commands)
{
    octet_status status = OCTET_OK;
    OCT_TRY(oct_refuse_recording(commands->context, "octet_commands_run"));
    OCT_REQUIRE(&commands->context->log, commands->ready, OCTET_INVALID_ARGUMENT,
                "commands: run before a successful octet_commands_end");
    OCT_TRY(check_preparations(commands));
cleanup:
    return status;
}

static octet_status play(const octet_commands *commands)
{
    return commands->chain != NULL      ? oct_chain_run(commands->chain)
           : commands->launches != NULL ? oct_launches_run(commands->launches)
                                        : make_calls(commands, NULL);
}

octet_status octet_commands_run(octet_commands *commands, octet_event *const *wait,
                                size_t wait_count, octet_event **event)
{
    octet_status status = OCTET_OK;
    octet_context *const context = commands->context;
    octet_event *start = NULL;
    OCT_TRY(check_runnable(commands));
    OCT_TRY(oct_enqueue_begin(context, wait, wait_count, event != NULL ? &start : NULL));
    OCT_TRY(play(commands));
    for (size_t i = 0; i < commands->count; i++)
        commands->calls[i].op->ran = true;
    if (event != NULL)
        OCT_TRY(oct_enqueue_end(context, &start, event));
cleanup:
    octet_event_destroy(start);
    return status;
}

/* ---- The end ---- */

static void release(oct_call *one)
{
    for (size_t i = 0; i < OCT_MAX_INPUTS; i++)
        oct_buffer_destroy(one->inputs[i]);
    for (size_t i = 0; i < OCT_MAX_OUTPUTS; i++)
        oct_buffer_destroy(one->outputs[i]);
    octet_operator_destroy(one->op);
}

void octet_commands_destroy(octet_commands *commands)
{
    if (commands == NULL)
        return;
    if (oct_recording(commands->context) == commands)
        oct_set_recording(commands->context, NULL);
    oct_chain_destroy(commands->chain);
    oct_launches_destroy(commands->launches);
    for (size_t i = 0; i < commands->count; i++)
        release(&commands->calls[i]);
    free(commands->calls);
    free(commands);
}
