/* run_stream.c - see run_stream.h. */
#include "cli/run_stream.h"

#include <stdlib.h>

#include "cli/progress.h"

/* One run. */
typedef struct stream_run {
    oct_run_stream *stream;
    size_t images;
    bool keep;
    oct_progress progress;
} stream_run;

static octet_status read_images(void *user, size_t first, size_t images, void *const *inputs)
{
    const stream_run *const run = user;
    return oct_run_ports_read(&run->stream->inputs, run->stream->first + first, images, inputs);
}

static octet_status write_images(void *user, size_t first, size_t images,
                                 const void *const *outputs)
{
    octet_status status = OCTET_OK;
    stream_run *const run = user;
    oct_run_stream *const stream = run->stream;
    if (!run->keep)
        return OCTET_OK;
    OCT_TRY(oct_run_ports_write(&stream->outputs, stream->written + first, images,
                                first + images == run->images, outputs));
    if (stream->accuracy.labels != NULL)
        OCT_TRY(oct_accuracy_add(&stream->accuracy, stream->first + first, images, outputs[0]));
cleanup:
    return status;
}

static void show_progress(void *user, size_t done, size_t images)
{
    stream_run *const run = user;
    (void)images;
    oct_progress_step(&run->progress, done);
}

octet_status oct_run_stream_run(oct_run_stream *stream, size_t images, bool keep,
                                octet_run_options *options)
{
    octet_status status = OCTET_OK;
    const oct_run_devices *const devices = stream->devices;
    const oct_run_ports *const outputs = &stream->outputs;
    stream_run run = {.stream = stream, .images = images, .keep = keep};
    octet_stream images_of = {.struct_size = sizeof images_of,
                              .images = images,
                              .read = read_images,
                              .write = write_images,
                              .user = &run};
    unsigned char *skip = NULL;
    OCT_ALLOC(oct_cli_log, skip, outputs->count);
    for (size_t i = 1; i < outputs->count; i++) /* the first is what a run is timed with */
        skip[i] = outputs->items[i].path == NULL;
    images_of.skip = skip;
    options->struct_size = sizeof *options;
    options->progress = show_progress;
    options->progress_user = &run;
    oct_progress_start(&run.progress, "run", "images", images);
    status = octet_network_stream(devices->networks, devices->count, &images_of, options);
    oct_progress_end(&run.progress);
    if (keep)
        oct_accuracy_note(&stream->accuracy);
cleanup:
    free(skip);
    return status;
}

void oct_run_stream_release(oct_run_stream *stream)
{
    oct_accuracy_close(&stream->accuracy);
    oct_run_ports_release(&stream->outputs);
    oct_run_ports_release(&stream->inputs);
}
