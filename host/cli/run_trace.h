/* run_trace.h - octet run --profile: what the devices did, in Chrome's trace-event format, which
 * Perfetto opens: a process for each device, a row for each of its queues. */
#ifndef OCT_CLI_RUN_TRACE_H
#define OCT_CLI_RUN_TRACE_H

#include "cli/output.h"
#include "cli/run_stream.h"

typedef struct oct_run_trace {
    oct_output *output; /* NULL: nobody wants a trace */
    const oct_run_stream *stream;
    size_t batch; /* images in one */
    bool begun;   /* an event was written: the next begins with a comma */
    octet_status status;
} oct_run_trace;

/* oct_run_trace_open - creates "path"; "stream", complete, must live as long as the trace. */
octet_status oct_run_trace_open(const char *path, const oct_run_stream *stream, size_t batch,
                                oct_run_trace *trace);

/* oct_run_trace_event - an octet_trace_fn, "user" is the trace. What fails is in trace->status. */
void oct_run_trace_event(void *user, const octet_trace_event *event);

/* oct_run_trace_end - writes the last of the file; oct_run_trace_commit puts it in place. Nothing if
 * it was not opened. */
octet_status oct_run_trace_end(oct_run_trace *trace);
octet_status oct_run_trace_commit(oct_run_trace *trace);
void oct_run_trace_release(oct_run_trace *trace);

#endif
