/* stream.c - runs batches from a stream through networks, on a thread for each: several batches are
 * under way on every device, and those of a device that fails go to the others. */
#include <stdlib.h>

#include "core/clock.h"
#include "core/desc.h"
#include "network/slot.h"
#include "runtime/runtime.h"

/* What the threads share. */
typedef struct oct_stream_run {
    octet_stream stream;
    const oct_arrays *arrays; /* NULL: the stream's functions */
    octet_run_options options;
    oct_batches batches;
    pthread_mutex_t calling;   /* held while a function of the caller's runs */
    octet_status refused;      /* what such a function failed with; guarded by "calling" */
    octet_network_check check; /* of all batches; guarded by "calling" */
} oct_stream_run;

/* One network and its thread. */
typedef struct oct_worker {
    oct_stream_run *run;
    octet_network *network;
    size_t first, count;     /* the ring of slots with a batch: index of the oldest, and how many */
    size_t done;             /* batches */
    octet_trace_event trace; /* as oct_slot_trace takes it */
    octet_status status;     /* of the device */
    pthread_t thread;
    bool started;
} oct_worker;

/* ---- The caller's functions, one at a time ---- */

/* False when the run is over: no function is called any more. */
static bool begin_call(oct_stream_run *run)
{
    pthread_mutex_lock(&run->calling);
    return run->refused == OCTET_OK;
}

static void end_call(oct_stream_run *run, octet_status status)
{
    if (status != OCTET_OK && run->refused == OCTET_OK) {
        run->refused = status;
        oct_batches_end(&run->batches);
    }
    pthread_mutex_unlock(&run->calling);
}

static bool read_batch(oct_stream_run *run, const oct_slot *slot)
{
    const octet_stream *const stream = &run->stream;
    octet_status status = OCTET_OK;
    const bool goes_on = begin_call(run);
    if (goes_on && run->arrays == NULL)
        status = stream->read(stream->user, slot->batch.first, slot->batch.images, slot->inputs);
    end_call(run, status);
    return goes_on && status == OCTET_OK;
}

static void write_batch(oct_worker *worker, const oct_slot *slot)
{
    oct_stream_run *const run = worker->run;
    const octet_stream *const stream = &run->stream;
    const octet_run_options *const options = &run->options;
    octet_status status = OCTET_OK;
    if (begin_call(run)) {
        if (run->arrays == NULL)
            status = stream->write(stream->user, slot->batch.first, slot->batch.images,
                                   (const void *const *)slot->outputs);
        if (status == OCTET_OK && options->trace != NULL)
            status = oct_slot_trace(worker->network, slot, &worker->trace, options);
        oct_batches_done(&run->batches, &slot->batch);
        oct_check_add(worker->network, &slot->check, &run->check);
        if (status == OCTET_OK && options->progress != NULL)
            options->progress(options->progress_user, oct_batches_done_images(&run->batches),
                              stream->images);
    }
    end_call(run, status);
}

/* ---- One device ---- */

/* The slot "index" places behind the oldest, made on first use. */
static octet_status slot_at(oct_worker *worker, size_t index, oct_slot **slot)
{
    octet_status status = OCTET_OK;
    oct_slot **const place = &worker->network->slots[(worker->first + index) % OCT_SLOTS];
    if (*place == NULL)
        OCT_TRY(oct_slot_create(worker->network, place));
    *slot = *place;
cleanup:
    return status;
}

/* Waits for the oldest batch and hands on its outputs. */
static octet_status finish_oldest(oct_worker *worker)
{
    octet_status status = OCTET_OK;
    oct_slot *const slot = worker->network->slots[worker->first];
    OCT_TRY(oct_slot_wait(slot));
    write_batch(worker, slot);
    worker->first = (worker->first + 1) % OCT_SLOTS; /* from here on it is not to be done again */
    worker->count--;
    worker->done++;
cleanup:
    return status;
}

static octet_status finish_all(oct_worker *worker)
{
    octet_status status = OCTET_OK;
    while (worker->count > 0)
        OCT_TRY(finish_oldest(worker));
cleanup:
    return status;
}

/* How many images the operators are prepared for when they compute a batch. A short one is computed as
 * if it were whole: preparing for another number packs the weights of every layer anew. That at most
 * doubles what a run computes, for the size is never more than the images of a run. A batch of which
 * something is found that is none of its images', or whose layers are looked at, is computed as it is. */
static size_t computed_images(const oct_worker *worker, const oct_batch *batch)
{
    const oct_stream_run *const run = worker->run;
    const bool as_it_is = worker->network->joins_images || oct_runs_stepwise(&run->options);
    return as_it_is ? batch->images : run->batches.size;
}

/* Reads a batch and enqueues it; gives it back if the device fails. */
static octet_status start_batch(oct_worker *worker, const oct_batch *batch)
{
    octet_status status = OCTET_OK;
    const oct_stream_run *const run = worker->run;
    oct_slot *slot = NULL;
    const size_t images = computed_images(worker, batch);
    if (images != worker->network->images)
        OCT_TRY(finish_all(worker));
    OCT_TRY(oct_network_set_images(worker->network, images));
    OCT_TRY(slot_at(worker, worker->count, &slot));
    OCT_TRY(oct_slot_begin(worker->network, slot, batch, run->arrays, run->stream.skip));
    if (!read_batch(worker->run, slot))
        return OCTET_OK;
    OCT_TRY(oct_slot_compute(worker->network, slot, &run->options));
    worker->count++;
cleanup:
    if (status != OCTET_OK)
        oct_batches_give_back(&worker->run->batches, batch);
    return status;
}

/* One batch is always enqueued behind the one being computed, so that the device need not wait for
 * the host. */
static octet_status run_batches(oct_worker *worker)
{
    octet_status status = OCTET_OK;
    oct_batch batch;
    for (;;) {
        if (worker->count == OCT_SLOTS)
            OCT_TRY(finish_oldest(worker));
        if (oct_batches_take(&worker->run->batches, worker->count == 0, &batch))
            OCT_TRY(start_batch(worker, &batch));
        else if (worker->count > 0)
            OCT_TRY(finish_oldest(worker));
        else
            break;
    }
cleanup:
    return status;
}

/* The batches that a failed device had under way go back, the oldest last, to be taken first. */
static void give_back(oct_worker *worker)
{
    for (size_t i = worker->count; i-- > 0;) {
        const size_t index = (worker->first + i) % OCT_SLOTS;
        oct_batches_give_back(&worker->run->batches, &worker->network->slots[index]->batch);
    }
    worker->count = 0;
}

static void *work(void *argument)
{
    oct_worker *const worker = argument;
    worker->status = run_batches(worker);
    give_back(worker);
    /* Also after a failure: the host's memory must no longer be in use. */
    const octet_status finished = octet_context_finish(worker->network->context);
    worker->status = worker->status == OCTET_OK ? finished : worker->status;
    return NULL;
}

/* ---- All devices ---- */

static octet_status prepare(octet_network *const *networks, size_t count, size_t images,
                            size_t *size)
{
    octet_status status = OCTET_OK;
    const size_t share = oct_divide_up(images, count);
    *size = images;
    for (size_t i = 0; i < count; i++) {
        octet_network *const network = networks[i];
        if (network->batch < share && (network->batch == 0 || network->implicit)) {
            OCT_TRY(octet_network_prepare(network, share));
            network->implicit = true;
        }
        *size = network->batch < *size ? network->batch : *size;
    }
cleanup:
    return status;
}

/* The first worker on this thread, the others on their own. One whose thread cannot be started does
 * nothing, and the others do its share. */
static void run_workers(oct_worker *workers, size_t count)
{
    for (size_t i = 1; i < count; i++)
        workers[i].started = pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0;
    work(&workers[0]);
    for (size_t i = 1; i < count; i++)
        if (workers[i].started)
            pthread_join(workers[i].thread, NULL);
}

/* What became of the run, once all have ended: a device that failed is an error only if its work was
 * not done by others. */
static octet_status conclude(oct_stream_run *run, const oct_worker *workers, size_t count)
{
    const bool complete = oct_batches_done_images(&run->batches) == run->stream.images;
    octet_status failed = OCTET_OK;
    for (size_t i = 0; i < count; i++) {
        const octet_network *const network = workers[i].network;
        if (workers[i].status == OCTET_OK)
            continue;
        failed = workers[i].status;
        if (count > 1)
            oct_report(&network->log, OCTET_OK, "device '%s': %s%s", network->context->info.name,
                       octet_status_text(failed),
                       complete ? "; the others computed what it had not finished" : "");
    }
    if (run->refused != OCTET_OK)
        return run->refused;
    return complete ? OCTET_OK : failed;
}

static void reset_times(octet_network *network)
{
    for (size_t i = 0; i < network->stage_count; i++)
        network->stages[i].seconds = 0;
}

static void average_times(const oct_worker *worker)
{
    for (size_t i = 0; worker->done > 0 && i < worker->network->stage_count; i++)
        worker->network->stages[i].seconds /= (double)worker->done;
}

static octet_status run_stream(oct_stream_run *run, octet_network *const *networks, size_t count)
{
    octet_status status = OCTET_OK;
    const oct_log *const log = &networks[0]->log;
    const bool timed = run->options.time_layers != 0;
    oct_worker *workers = NULL;
    double began;
    OCT_ALLOC(log, workers, count);
    for (size_t i = 0; i < count; i++) {
        workers[i] = (oct_worker){.run = run, .network = networks[i], .trace.network = i};
        if (run->options.trace != NULL)
            OCT_TRY(oct_trace_clock(networks[i], &workers[i].trace.start));
        if (timed)
            reset_times(networks[i]);
    }
    began = oct_now();
    for (size_t i = 0; i < count; i++)
        workers[i].trace.start -= began;
    OCT_REQUIRE(log, pthread_mutex_init(&run->calling, NULL) == 0, OCTET_OUT_OF_MEMORY,
                "a mutex could not be made");
    run_workers(workers, count);
    pthread_mutex_destroy(&run->calling);
    for (size_t i = 0; timed && i < count; i++)
        average_times(&workers[i]);
    status = conclude(run, workers, count);
cleanup:
    free(workers);
    return status;
}

static octet_status copy_descriptions(const oct_log *log, const octet_stream *given,
                                      const octet_run_options *options, oct_stream_run *run)
{
    octet_status status = OCTET_OK;
    run->stream.struct_size = sizeof run->stream;
    run->options.struct_size = sizeof run->options;
    OCT_TRY(oct_desc_copy(log, "network: stream", given, sizeof run->stream, sizeof run->stream,
                          &run->stream));
    if (options != NULL)
        OCT_TRY(oct_desc_copy(log, "network: options", options, offsetof(octet_run_options, trace),
                              sizeof run->options, &run->options));
cleanup:
    return status;
}

octet_status oct_network_stream(octet_network *const *networks, size_t count,
                                const octet_stream *stream, const oct_arrays *arrays,
                                const octet_run_options *options)
{
    octet_status status = OCTET_OK;
    oct_stream_run run = {.arrays = arrays};
    size_t size = 0;
    if (count == 0) /* nobody to tell of it */
        return OCTET_INVALID_ARGUMENT;
    OCT_TRY(copy_descriptions(&networks[0]->log, stream, options, &run));
    OCT_TRY(oct_stream_check(networks, count, &run.stream, arrays, &run.options));
    if (run.options.check != NULL)
        *run.options.check = (octet_network_check){0};
    OCT_TRY(prepare(networks, count, run.stream.images, &size));
    OCT_TRY(oct_batches_create(&run.batches, &networks[0]->log, run.stream.images, size,
                               count * (OCT_SLOTS + 1)));
    status = run_stream(&run, networks, count);
    oct_batches_destroy(&run.batches);
    if (run.options.check != NULL)
        *run.options.check = run.check;
cleanup:
    return status;
}

octet_status octet_network_stream(octet_network *const *networks, size_t count,
                                  const octet_stream *stream, const octet_run_options *options)
{
    return oct_network_stream(networks, count, stream, NULL, options);
}
