/* run_trace.c - see run_trace.h. Each event is a line, written when it is told, so that a trace of any
 * length takes no memory. */
#include "cli/run_trace.h"

#include <string.h>

#include "cli/json.h"

enum { QUEUES = 3 };

/* ---- Lines ---- */

/* Adds an event, which it deletes. */
static void write_line(oct_run_trace *trace, cJSON *event)
{
    octet_status status = trace->status;
    char *text = NULL;
    if (status != OCTET_OK) /* a file that could not be written once is said to be so once */
        goto cleanup;
    text = cJSON_PrintUnformatted(event);
    OCT_REQUIRE(oct_cli_log, text != NULL, OCTET_OUT_OF_MEMORY, "out of host memory");
    OCT_TRY(oct_output_write(trace->output, trace->begun ? ",\n" : "\n", trace->begun ? 2 : 1));
    OCT_TRY(oct_output_write(trace->output, text, strlen(text)));
    trace->begun = true;
cleanup:
    trace->status = status;
    cJSON_free(text);
    cJSON_Delete(event);
}

/* An event of phase "phase" in a row. */
static cJSON *line(const char *phase, const char *name, size_t device, size_t queue)
{
    cJSON *const event = oct_json_create();
    oct_json_text(event, "ph", phase);
    oct_json_text(event, "name", name);
    oct_json_integer(event, "pid", (int64_t)device);
    oct_json_integer(event, "tid", (int64_t)queue);
    return event;
}

static void name_rows(oct_run_trace *trace)
{
    static const char *const rows[QUEUES] = {"queue", "copies to the device",
                                             "copies from the device"};
    const oct_run_devices *const devices = trace->stream->devices;
    for (size_t i = 0; i < devices->count; i++) {
        cJSON *const process = line("M", "process_name", i, 0);
        char name[sizeof devices->infos[i].name + 32];
        snprintf(name, sizeof name, devices->streams > 1 ? "%s, stream %zu" : "%s",
                 devices->infos[i].name, i % devices->streams);
        oct_json_text(oct_json_object(process, "args"), "name", name);
        write_line(trace, process);
        for (size_t queue = 0; queue < QUEUES; queue++) {
            cJSON *const thread = line("M", "thread_name", i, queue);
            oct_json_text(oct_json_object(thread, "args"), "name", rows[queue]);
            write_line(trace, thread);
        }
    }
}

/* ---- The file ---- */

octet_status oct_run_trace_open(const char *path, const oct_run_stream *stream, size_t batch,
                                oct_run_trace *trace)
{
    static const char head[] = "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[";
    octet_status status = OCTET_OK;
    *trace = (oct_run_trace){.stream = stream, .batch = batch};
    OCT_TRY(oct_output_open(path, &trace->output));
    OCT_TRY(oct_output_write(trace->output, head, sizeof head - 1));
    name_rows(trace);
    status = trace->status;
cleanup:
    return status;
}

void oct_run_trace_event(void *user, const octet_trace_event *event)
{
    oct_run_trace *const trace = user;
    const char *name, *category;
    octet_layer_info layer = {.variant = NULL};
    if (event->kind == OCTET_TRACE_LAYER) {
        (void)octet_network_layer(trace->stream->devices->networks[event->network], event->index,
                                  &layer);
        name = layer.name;
        category = layer.op;
    } else {
        const bool input = event->kind == OCTET_TRACE_INPUT;
        const oct_run_ports *const ports = input ? &trace->stream->inputs : &trace->stream->outputs;
        name = ports->items[event->index].value.name;
        category = input ? "input" : "output";
    }
    cJSON *const span = line("X", name, event->network, event->queue);
    oct_json_text(span, "cat", category);
    oct_json_real(span, "ts", event->start * 1e6);
    oct_json_real(span, "dur", (event->end - event->start) * 1e6);
    cJSON *const args = oct_json_object(span, "args");
    oct_json_text(args, "op", category);
    if (layer.variant != NULL)
        oct_json_text(args, "variant", layer.variant);
    oct_json_integer(args, "batch", (int64_t)(event->first_image / trace->batch));
    oct_json_integer(args, "first_image", (int64_t)(trace->stream->first + event->first_image));
    oct_json_integer(args, "images", (int64_t)event->images);
    write_line(trace, span);
}

octet_status oct_run_trace_end(oct_run_trace *trace)
{
    octet_status status = OCTET_OK;
    if (trace->output == NULL)
        return OCTET_OK;
    OCT_TRY(trace->status);
    OCT_TRY(oct_output_write(trace->output, "\n]}\n", 4));
    OCT_TRY(oct_output_flush(trace->output));
cleanup:
    return status;
}

octet_status oct_run_trace_commit(oct_run_trace *trace)
{
    return trace->output != NULL ? oct_output_commit(trace->output) : OCTET_OK;
}

void oct_run_trace_release(oct_run_trace *trace)
{
    oct_output_destroy(trace->output);
    *trace = (oct_run_trace){0};
}
