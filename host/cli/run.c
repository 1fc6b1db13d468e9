/* run.c - octet run: a quantized ONNX network on arrays, batch by batch. */
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/difference.h"
#include "cli/number.h"
#include "cli/progress.h"
#include "cli/run_report.h"
#include "cli/session.h"
#include "core/clock.h"
#include "harness/building.h"

typedef struct shard {
    size_t part, parts; /* parts 0: the whole */
} shard;

typedef struct run_options {
    oct_texts inputs, outputs;
    size_t batch, repeat; /* 0: not given */
    const char *labels;
    shard shard;
    oct_common_options common;
} run_options;

/* "K/N", K counted from 0. */
static octet_status parse_shard(const oct_option *option, const char *value, void *target)
{
    octet_status status = OCTET_OK;
    const char *const slash = strchr(value, '/');
    int64_t part = -1, parts = 0;
    char left[24] = "";
    if (slash != NULL && (size_t)(slash - value) < sizeof left)
        memcpy(left, value, (size_t)(slash - value));
    OCT_REQUIRE(oct_cli_log,
                slash != NULL && oct_read_integer(left, &part) &&
                    oct_read_integer(slash + 1, &parts) && part >= 0 && part < parts,
                OCTET_INVALID_ARGUMENT,
                "--%s %s: it must be K/N, part K (counted from 0) of N parts", option->name, value);
    *(shard *)target = (shard){(size_t)part, (size_t)parts};
cleanup:
    return status;
}

#define FIELD(name) offsetof(run_options, name)
static const oct_option rows[] = {
    {"input", "[NAME=]X.npy", oct_parse_texts, FIELD(inputs),
     .help = "one per input, by name or in the model's order"},
    {"output", "[NAME=]Y.npy", oct_parse_texts, FIELD(outputs),
     .help = "where outputs go; those not listed are not written"},
    {"batch", "N", oct_parse_size, FIELD(batch), .low = 1, .high = INT32_MAX,
     .help = "images at a time (all)"},
    {"labels", "L.npy", oct_parse_text, FIELD(labels),
     .help = "the right classes: prints the top-1 accuracy"},
    {"repeat", "N", oct_parse_size, FIELD(repeat), .low = 1, .high = INT32_MAX,
     .help = "time N runs after one warm-up"},
    {"shard", "K/N", parse_shard, FIELD(shard),
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
    octet_context *context;
    octet_network *network;
    oct_run_ports inputs, outputs;
    oct_array labels;
    size_t first; /* image of the inputs: where this part begins */
    bool batched;
    oct_run_outcome outcome;
} run_state;

/* ---- Before the run ---- */

/* A model that cannot be opened is the user's fault, like any input. */
static octet_status load(const run_options *options, const char *path, run_state *state)
{
    octet_status status = OCTET_OK;
    const octet_network_options how = {.struct_size = sizeof how,
                                       .variant = options->common.variant};
    OCT_TRY(oct_session_open(&options->common, &state->context));
    octet_context_device(state->context, &state->outcome.device, NULL);
    OCT_TRY(oct_session_require_variant(state->context, "conv2d", how.variant));
    status = octet_network_load_onnx(state->context, path, &how, &state->network);
    if (status == OCTET_IO_FAILED)
        status = OCTET_INVALID_ARGUMENT;
cleanup:
    return status;
}

static octet_status read_labels(const run_options *options, run_state *state)
{
    octet_status status = OCTET_OK;
    if (options->labels == NULL)
        return OCTET_OK;
    OCT_TRY(oct_npy_read("--labels", options->labels, OCT_ACCEPT_S32 | OCT_ACCEPT_BYTES,
                         &state->labels));
    state->outcome.labelled = true;
cleanup:
    return status;
}

/* Part K of N of the labels goes with part K of N of the images. */
static octet_status cut_labels(run_state *state, size_t images)
{
    octet_status status = OCTET_OK;
    oct_array *const labels = &state->labels;
    const size_t size = oct_type(labels->type)->size;
    OCT_REQUIRE(oct_cli_log, labels->count == images, OCTET_INVALID_ARGUMENT,
                "--labels '%s' holds %zu labels for %zu images", labels->path, labels->count,
                images);
    labels->count = labels->shape.size[0] = state->outcome.images;
    memmove(labels->data, (char *)labels->data + state->first * size, labels->count * size);
cleanup:
    return status;
}

/* Which images this process computes, and how many at a time. */
static octet_status choose_images(const run_options *options, run_state *state, size_t images)
{
    octet_status status = OCTET_OK;
    const shard *const part = &options->shard;
    const size_t parts = part->parts > 0 ? part->parts : 1;
    OCT_REQUIRE(oct_cli_log, part->parts == 0 || state->batched, OCTET_INVALID_ARGUMENT,
                "--shard: the input sizes of '%s' are fixed, so there is nothing to share",
                state->outcome.model);
    const size_t wanted =
        options->batch > 0 && state->batched ? options->batch : oct_divide_up(images, parts);
    const size_t batch = wanted < images ? wanted : images;
    const size_t batches = batch > 0 ? oct_divide_up(images, batch) : 0;
    /* Part k begins at batch floor(k * batches / parts), without the product. */
    const size_t each = batches / parts, more = batches % parts;
    const size_t begin = part->part * each + part->part * more / parts;
    const size_t end = (part->part + 1) * each + (part->part + 1) * more / parts;
    const size_t last = end * batch < images ? end * batch : images;
    state->first = begin * batch;
    state->outcome.images = last > state->first ? last - state->first : 0;
    state->outcome.batch = batch < state->outcome.images ? batch : state->outcome.images;
    if (state->labels.data != NULL && part->parts > 0)
        OCT_TRY(cut_labels(state, images));
cleanup:
    return status;
}

static octet_status gather(const run_options *options, run_state *state)
{
    octet_status status = OCTET_OK;
    size_t images = 1;
    OCT_TRY(oct_run_ports_describe(state->network, false, &state->inputs));
    OCT_TRY(oct_run_ports_describe(state->network, true, &state->outputs));
    OCT_TRY(oct_run_ports_assign(&state->inputs, "input", &options->inputs));
    OCT_TRY(oct_run_ports_assign(&state->outputs, "output", &options->outputs));
    OCT_TRY(oct_run_ports_read(&state->inputs, &images, &state->batched));
    OCT_TRY(read_labels(options, state));
    OCT_TRY(choose_images(options, state, images));
    OCT_TRY(oct_run_ports_allocate(&state->outputs, state->outcome.images));
    if (options->labels != NULL) /* labels that do not fit are found before the long work */
        OCT_TRY(oct_run_count_right(&state->outputs, &state->labels, &state->outcome.right));
    OCT_TRY(oct_run_ports_open(&state->outputs));
cleanup:
    return status;
}

/* ---- The run ---- */

static void show_progress(void *user, size_t done, size_t images)
{
    (void)images;
    oct_progress_step(user, done);
}

/* Runs "images" images of this part; without "outputs" the results stay on the device. */
static octet_status run_once(run_state *state, size_t images, bool outputs,
                             octet_run_options *options)
{
    octet_status status = OCTET_OK;
    const void **from = NULL;
    void **to = NULL;
    oct_progress progress;
    OCT_ALLOC(oct_cli_log, from, state->inputs.count);
    OCT_ALLOC(oct_cli_log, to, state->outputs.count);
    for (size_t i = 0; i < state->inputs.count; i++)
        from[i] = oct_run_port_at(&state->inputs.items[i], state->first);
    for (size_t i = 0; outputs && i < state->outputs.count; i++)
        to[i] = oct_run_port_at(&state->outputs.items[i], 0);
    options->struct_size = sizeof *options;
    options->progress = show_progress;
    options->progress_user = &progress;
    oct_progress_start(&progress, "run", "images", images);
    status = octet_network_run(state->network, images, from, to, options);
    oct_progress_end(&progress);
cleanup:
    free(from);
    free(to);
    return status;
}

static octet_status time_runs(run_state *state, size_t repeat)
{
    octet_status status = OCTET_OK;
    const double start = oct_now();
    for (size_t i = 0; i < repeat; i++) {
        octet_run_options plain = {0};
        OCT_TRY(run_once(state, state->outcome.images, true, &plain));
    }
    state->outcome.seconds = (oct_now() - start) / (double)repeat;
cleanup:
    return status;
}

/* Layer by layer: --check compares all images, and what is written is what was compared; --json
 * alone times the layers on one batch. */
static octet_status look_at_layers(const run_options *options, run_state *state)
{
    octet_status status = OCTET_OK;
    oct_run_outcome *const outcome = &state->outcome;
    octet_run_options layers = {.time_layers = 1};
    const bool on_reference = outcome->device.type == OCTET_DEVICE_REFERENCE;
    const bool check = options->common.check && !on_reference;
    if (options->common.check && on_reference)
        oct_check_not_run("run");
    if (check)
        layers.check = &outcome->check;
    else if (!options->common.json || outcome->images == 0)
        return OCTET_OK;
    const size_t images = check ? outcome->images : outcome->batch;
    OCT_TRY(run_once(state, images, check, &layers));
    outcome->checked = check;
    if (outcome->batch > 0)
        outcome->timed_images = (double)images / (double)oct_divide_up(images, outcome->batch);
cleanup:
    return status;
}

static octet_status compute(const run_options *options, run_state *state, double start)
{
    octet_status status = OCTET_OK;
    oct_run_outcome *const outcome = &state->outcome;
    octet_run_options plain = {0};
    oct_building_begin(outcome->device.name);
    if (outcome->batch > 0)
        OCT_TRY(octet_network_prepare(state->network, outcome->batch));
    oct_building_end();
    const double prepared = oct_now();
    OCT_TRY(run_once(state, outcome->images, true, &plain));
    outcome->seconds = oct_now() - prepared;
    outcome->first_run_seconds = oct_now() - start;
    if (options->repeat > 0)
        OCT_TRY(time_runs(state, options->repeat));
    OCT_TRY(look_at_layers(options, state));
    if (options->labels != NULL)
        OCT_TRY(oct_run_count_right(&state->outputs, &state->labels, &outcome->right));
    outcome->labels = state->labels.count;
    outcome->repeat = options->repeat;
cleanup:
    return status;
}

/* ---- After the run ---- */

static octet_status finish(const run_options *options, run_state *state)
{
    octet_status status = OCTET_OK;
    state->outcome.network = state->network;
    state->outcome.inputs = &state->inputs;
    state->outcome.outputs = &state->outputs;
    OCT_TRY(oct_run_ports_write(&state->outputs));
    OCT_TRY(oct_run_ports_commit(&state->outputs));
    if (state->outcome.check.different > 0) {
        char *const command = oct_cli_command_line();
        oct_cli_note("reproduce: %s", command != NULL ? command : "(out of memory)");
        free(command);
    }
    OCT_TRY(options->common.json ? oct_run_print_json(&state->outcome)
                                 : oct_run_print_text(&state->outcome));
cleanup:
    return status;
}

int oct_cli_run(int argc, char **argv)
{
    octet_status status = OCTET_OK;
    run_options options = {0};
    const oct_option_group groups[] = {{NULL, rows, sizeof rows / sizeof rows[0], &options},
                                       oct_common_group(&options.common)};
    run_state state = {0};
    const int ended = oct_options_parse(&usage, groups, 2, argc, argv, &state.outcome.model);
    if (ended >= 0)
        return ended;
    const double start = oct_now();
    OCT_TRY(load(&options, state.outcome.model, &state));
    OCT_TRY(gather(&options, &state));
    status = compute(&options, &state, start);
    OCT_REQUIRE(oct_cli_log, status == OCTET_OK, status, "run: model '%s' failed",
                state.outcome.model);
    OCT_TRY(finish(&options, &state));
cleanup:
    oct_run_ports_release(&state.outputs);
    oct_run_ports_release(&state.inputs);
    oct_array_release(&state.labels);
    octet_network_destroy(state.network);
    octet_context_destroy(state.context);
    return oct_cli_exit(status, state.outcome.check.different > 0);
}
