/* run.c - octet run: a quantized ONNX network on arrays, batch by batch. */
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/difference.h"
#include "cli/run_part.h"
#include "cli/run_report.h"
#include "cli/run_trace.h"
#include "core/clock.h"

typedef struct run_options {
    oct_texts inputs, outputs;
    size_t batch, repeat; /* 0: not given */
    size_t streams;
    const char *labels, *devices, *profile;
    oct_run_part shard; /* parts 0: not given */
    oct_common_options common;
} run_options;

enum { MAX_STREAMS = 64 };

#define FIELD(name) offsetof(run_options, name)
static const oct_option rows[] = {
    {"input", "[NAME=]X.npy", oct_parse_texts, FIELD(inputs),
     .help = "one per input, by name or in the model's order"},
    {"output", "[NAME=]Y.npy", oct_parse_texts, FIELD(outputs),
     .help = "where outputs go; those not listed are not written"},
    {"batch", "N", oct_parse_size, FIELD(batch), .low = 1, .high = INT32_MAX,
     .help = "images at a time (all)"},
    {"devices", "LIST", oct_parse_text, FIELD(devices),
     .help = "share the batches between devices: 0,1 or parts of names, or all"},
    {"labels", "L.npy", oct_parse_text, FIELD(labels),
     .help = "the right classes, an integer per image: prints the top-1 accuracy"},
    {"profile", "T.json", oct_parse_text, FIELD(profile),
     .help = "what the device did when, for Perfetto (Chrome's trace events)"},
    {"repeat", "N", oct_parse_size, FIELD(repeat), .low = 1, .high = INT32_MAX,
     .help = "time N runs, after two to warm up"},
    {"streams", "N", oct_parse_size, FIELD(streams), .low = 1, .high = MAX_STREAMS,
     .help = "batches at once on each device, a copy of the weights each (1)"},
    {"shard", "K/N", oct_parse_run_part, FIELD(shard),
     .help = "only part K (from 0) of N of the images, whole batches"},
};

static const oct_usage usage = {
    .command = "run",
    .purpose =
        "Runs a quantized ONNX network on arrays. With --check every layer is compared with\n"
        "the reference, bit by bit.",
    .arguments = "MODEL.onnx",
    .least = 1,
    .most = 1,
    .example = "  octet run digits.onnx --input test-images.npy --labels test-labels.npy --check\n"
               "  octet run model.onnx --input x.npy --output y.npy --batch 32",
};

/* All that a run holds. */
typedef struct run_state {
    size_t images; /* in the input files; this process computes outcome.images of them */
    oct_run_devices devices;
    oct_run_stream stream;
    oct_run_trace trace;
    oct_run_outcome outcome;
} run_state;

/* ---- Before the run ---- */

/* Which images this process computes, and how many at a time: devices and streams share them. */
static octet_status choose_images(const run_options *options, run_state *state, bool batched)
{
    octet_status status = OCTET_OK;
    const oct_run_part ranks = {oct_rank(), oct_rank_count()};
    const oct_run_part *const part = options->shard.parts > 0 ? &options->shard : &ranks;
    OCT_REQUIRE(oct_cli_log, (options->shard.parts == 0 && part->parts == 1) || batched,
                OCTET_INVALID_ARGUMENT,
                "the input sizes of '%s' are fixed, so there is nothing to share between %zu parts",
                state->outcome.model, part->parts);
    const size_t batch = batched ? options->batch : 0;
    state->stream.first = oct_run_part_begin(part, part->part, state->images, batch);
    const size_t end = oct_run_part_begin(part, part->part + 1, state->images, batch);
    const size_t images = end - state->stream.first;
    const size_t most = batch > 0 ? batch : oct_divide_up(images, state->devices.count);
    state->outcome.images = images;
    state->outcome.batch = most < images ? most : images;
cleanup:
    return status;
}

static octet_status gather(const run_options *options, run_state *state)
{
    octet_status status = OCTET_OK;
    const octet_network *const network = state->devices.networks[0];
    oct_run_stream *const stream = &state->stream;
    bool batched = false;
    stream->devices = &state->devices;
    OCT_TRY(oct_run_ports_describe(network, false, &stream->inputs));
    OCT_TRY(oct_run_ports_describe(network, true, &stream->outputs));
    OCT_TRY(oct_run_ports_assign(&stream->inputs, "input", &options->inputs));
    OCT_TRY(oct_run_ports_assign(&stream->outputs, "output", &options->outputs));
    OCT_TRY(oct_run_ports_check_distinct(&stream->outputs, options->profile));
    OCT_TRY(oct_run_ports_check_kept(&stream->inputs, &stream->outputs, state->outcome.model,
                                     options->labels, options->profile));
    OCT_TRY(oct_run_ports_open_inputs(&stream->inputs, &state->images, &batched));
    if (options->labels != NULL)
        OCT_TRY(oct_accuracy_open(options->labels, &stream->outputs.items[0].value, state->images,
                                  &stream->accuracy));
    OCT_TRY(choose_images(options, state, batched));
    const bool shared = oct_rank_count() > 1; /* one file for all parts */
    stream->written = shared ? stream->first : 0;
    OCT_TRY(oct_run_ports_size_outputs(&stream->outputs,
                                       shared ? state->images : state->outcome.images));
    if (state->outcome.traced)
        OCT_TRY(oct_run_trace_open(options->profile, stream, state->outcome.batch, &state->trace));
cleanup:
    return status;
}

/* Scales and zero points found from the data hold for all images of a batch. */
static bool finds_parameters(const octet_network *network)
{
    octet_layer_info info;
    for (size_t i = 0; i < octet_network_layers(network); i++)
        if (octet_network_layer(network, i, &info) == OCTET_OK &&
            strcmp(info.op, "quantize") == 0 && info.batched && info.output.scale_count == 0)
            return true;
    return false;
}

static void note_batch(const run_state *state)
{
    if (oct_rank() == 0 && state->outcome.batch > 1 && finds_parameters(state->devices.networks[0]))
        oct_cli_note("run: DynamicQuantizeLinear finds its parameters from all %zu images of a "
                     "batch together; with another --batch, --streams, --devices or --shard the "
                     "batches and so the results differ",
                     state->outcome.batch);
}

/* ---- The run ---- */

static bool runs_on_reference(const run_state *state)
{
    const oct_run_devices *const devices = &state->devices;
    return devices->count == devices->streams && devices->infos[0].type == OCTET_DEVICE_REFERENCE;
}

static octet_status run_again(run_state *state, size_t times)
{
    octet_status status = OCTET_OK;
    for (size_t i = 0; i < times; i++) {
        octet_run_options plain = {0};
        OCT_TRY(oct_run_stream_run(&state->stream, state->outcome.images, false, &plain));
    }
cleanup:
    return status;
}

/* The second run, in which devices may record layers as one command, is not timed either. */
static octet_status time_runs(run_state *state, size_t repeat)
{
    octet_status status = OCTET_OK;
    if (!runs_on_reference(state))
        OCT_TRY(run_again(state, 1));
    const double start = oct_now();
    OCT_TRY(run_again(state, repeat));
    state->outcome.seconds = (oct_now() - start) / (double)repeat;
cleanup:
    return status;
}

/* Layer by layer: --check compares all images, and what is written is what was compared; --json
 * alone times the layers of the first device on one batch. */
static octet_status look_at_layers(const run_options *options, run_state *state, bool check)
{
    octet_status status = OCTET_OK;
    oct_run_outcome *const outcome = &state->outcome;
    octet_run_options layers = {.time_layers = 1};
    oct_run_devices first = state->devices;
    first.count = 1;
    if (check)
        layers.check = &outcome->check;
    else if (!options->common.json || outcome->images == 0)
        return OCTET_OK;
    else
        state->stream.devices = &first;
    const size_t images = check ? outcome->images : outcome->batch;
    OCT_TRY(oct_run_stream_run(&state->stream, images, check, &layers));
    outcome->checked = check;
    if (outcome->batch > 0)
        outcome->timed_images = (double)images / (double)oct_divide_up(images, outcome->batch);
cleanup:
    state->stream.devices = &state->devices;
    return status;
}

static octet_status compute(const run_options *options, run_state *state, double start)
{
    octet_status status = OCTET_OK;
    oct_run_outcome *const outcome = &state->outcome;
    octet_run_options plain = {.trace_user = &state->trace};
    const bool check = options->common.check && !runs_on_reference(state);
    if (options->common.check && !check)
        oct_check_not_run("run");
    OCT_TRY(oct_run_devices_prepare(&state->devices, outcome->batch));
    if (outcome->traced)
        plain.trace = oct_run_trace_event;
    const double prepared = oct_now();
    OCT_TRY(oct_run_stream_run(&state->stream, outcome->images, !check, &plain));
    outcome->seconds = oct_now() - prepared;
    outcome->first_run_seconds = oct_now() - start;
    if (options->repeat > 0)
        OCT_TRY(time_runs(state, options->repeat));
    OCT_TRY(look_at_layers(options, state, check));
    outcome->repeat = options->repeat;
cleanup:
    return status;
}

/* ---- After the run ---- */

/* The figures of all processes. */
static void add_up(run_state *state)
{
    oct_run_outcome *const outcome = &state->outcome;
    oct_accuracy *const accuracy = &state->stream.accuracy;
    uint64_t sums[] = {outcome->images,         accuracy->right,          accuracy->counted,
                       outcome->check.compared, outcome->check.different, outcome->check.whole};
    oct_ranks_sum(sums, sizeof sums / sizeof sums[0]);
    outcome->images = (size_t)sums[0];
    accuracy->right = (size_t)sums[1];
    accuracy->counted = (size_t)sums[2];
    outcome->check.compared = (size_t)sums[3];
    outcome->check.different = (size_t)sums[4];
    outcome->check.whole = (size_t)sums[5];
    outcome->seconds = oct_ranks_largest(outcome->seconds);
    outcome->first_run_seconds = oct_ranks_largest(outcome->first_run_seconds);
    outcome->batch = (size_t)oct_ranks_largest((double)outcome->batch);
    outcome->processes = oct_rank_count();
}

static octet_status finish(const run_options *options, run_state *state)
{
    octet_status status = OCTET_OK;
    const bool differed_here = state->outcome.check.different > 0;
    OCT_TRY(oct_ranks_agree(oct_run_trace_end(&state->trace)));
    add_up(state);
    OCT_REQUIRE(oct_cli_log, options->shard.parts > 0 || state->outcome.images == state->images,
                OCTET_IO_FAILED, "run: %zu images were computed; the inputs hold %zu",
                state->outcome.images, state->images);
    OCT_TRY(oct_run_ports_commit(&state->stream.outputs));
    OCT_TRY(oct_ranks_agree(oct_run_trace_commit(&state->trace)));
    if (differed_here) {
        char *const command = oct_cli_command_line();
        oct_cli_note("reproduce: %s", command != NULL ? command : "(out of memory)");
        free(command);
    }
    if (oct_rank() == 0)
        OCT_TRY(options->common.json ? oct_run_print_json(&state->outcome, &state->stream)
                                     : oct_run_print_text(&state->outcome, &state->stream));
cleanup:
    return status;
}

/* Everything before the first output file. */
static octet_status set_up(run_options *options, run_state *state)
{
    octet_status status = OCTET_OK;
    state->outcome.traced = options->profile != NULL && oct_rank() == 0;
    options->common.profiling = state->outcome.traced;
    OCT_TRY(oct_run_devices_open(&options->common, options->devices, options->streams,
                                 &state->devices));
    OCT_TRY(oct_run_devices_load(&options->common, state->outcome.model, &state->devices));
    OCT_TRY(gather(options, state));
cleanup:
    return oct_ranks_agree(status);
}

static void release(run_state *state)
{
    oct_run_trace_release(&state->trace);
    oct_run_stream_release(&state->stream);
    oct_run_devices_close(&state->devices);
}

int oct_cli_run(int argc, char **argv)
{
    octet_status status = OCTET_OK;
    run_options options = {.streams = 1};
    const oct_option_group groups[] = {{NULL, rows, sizeof rows / sizeof rows[0], &options},
                                       oct_common_group(&options.common)};
    run_state state = {0};
    const int ended = oct_options_parse(&usage, groups, 2, argc, argv, &state.outcome.model);
    if (ended >= 0)
        return ended;
    const double start = oct_now();
    OCT_TRY(oct_ranks_join(options.shard.parts > 0));
    OCT_TRY(set_up(&options, &state));
    OCT_TRY(oct_run_parts_check_alike(state.images, options.batch));
    OCT_TRY(oct_run_ports_open_outputs(&state.stream.outputs));
    note_batch(&state);
    status = compute(&options, &state, start);
    if (status != OCTET_OK) {
        oct_cli_note("run: model '%s' failed", state.outcome.model);
        oct_output_remove_all();
        oct_ranks_abort(oct_cli_exit(status, false)); /* the others may have long work to do */
    }
    OCT_TRY(status);
    OCT_TRY(finish(&options, &state));
cleanup:
    release(&state);
    oct_ranks_leave();
    return oct_cli_exit(status, state.outcome.check.different > 0);
}
