/* commands.h - what operators and networks tell of their runs while commands are recorded. */
#ifndef OCT_OPERATORS_COMMANDS_H
#define OCT_OPERATORS_COMMANDS_H

#include "operators/operator.h"

/* A run of an operator; all of it is held. */
typedef struct oct_call {
    octet_operator *op;
    size_t preparations; /* the operator's, then */
    bool empty;          /* there is nothing to compute */
    oct_buffer *inputs[OCT_MAX_INPUTS], *outputs[OCT_MAX_OUTPUTS];
} oct_call;

struct octet_commands {
    octet_context *context;
    oct_call *calls;
    size_t count, capacity;
    bool ready;             /* octet_commands_end made one of these: */
    oct_chain *chain;       /* all calls, or NULL: */
    oct_launches *launches; /* what they launch, or NULL: the calls are made again */
};

/* oct_commands_add - records a run of an operator, which was checked; "empty": there is nothing to compute.
 * The operator and the buffers are held. */
octet_status oct_commands_add(octet_commands *commands, octet_operator *op,
                              oct_buffer *const *inputs, oct_buffer *const *outputs, bool empty);

/* oct_commands_refuse_events - what "name" is enqueued with cannot be recorded. */
octet_status oct_commands_refuse_events(const octet_context *context, const char *name,
                                        size_t wait_count, octet_event *const *event);

#endif
