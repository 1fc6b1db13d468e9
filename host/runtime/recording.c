/* recording.c - whether a thread records commands (operators/commands.c) instead of enqueueing them. */
#include "runtime/runtime.h"

/* Of this thread: others may enqueue on the same context meanwhile. */
static _Thread_local struct {
    const octet_context *context;
    octet_commands *commands; /* NULL: none */
} recorded;

octet_commands *oct_recording(const octet_context *context)
{
    return recorded.context == context ? recorded.commands : NULL;
}

bool oct_is_recording(void)
{
    return recorded.commands != NULL;
}

void oct_set_recording(const octet_context *context, octet_commands *commands)
{
    recorded.context = context;
    recorded.commands = commands;
}

octet_status oct_refuse_recording(const octet_context *context, const char *what)
{
    octet_status status = OCTET_OK;
    OCT_REQUIRE(&context->log, oct_recording(context) == NULL, OCTET_INVALID_ARGUMENT,
                "%s cannot be recorded; this thread records commands until octet_commands_end",
                what);
cleanup:
    return status;
}
