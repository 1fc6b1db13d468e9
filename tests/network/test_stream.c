/* test_stream.c - images that pass through networks: order, several devices, those that fail, and
 * functions of the caller's that refuse. */
#include "build.h"
#include "runtime/backend.h"

enum { IMAGES = 23, BATCH = 3 };

typedef struct stream_data {
    float x[IMAGES * OCT_PIXELS];
    int32_t y[IMAGES * OCT_CLASSES], expected[IMAGES * OCT_CLASSES];
    size_t read[IMAGES], written[IMAGES]; /* how often */
    size_t next;                          /* where the next write is, if they are in order */
    bool in_order;
    size_t refuse_read, refuse_write; /* the image at which a function fails; IMAGES: none */
} stream_data;

static octet_status read_images(void *user, size_t first, size_t images, void *const *inputs)
{
    stream_data *const data = user;
    assert_true(images <= BATCH && first + images <= IMAGES);
    if (data->refuse_read >= first && data->refuse_read < first + images)
        return OCTET_IO_FAILED;
    for (size_t i = first; i < first + images; i++)
        data->read[i]++;
    memcpy(inputs[0], data->x + first * OCT_PIXELS, images * OCT_PIXELS * sizeof data->x[0]);
    return OCTET_OK;
}

static octet_status write_images(void *user, size_t first, size_t images,
                                 const void *const *outputs)
{
    stream_data *const data = user;
    assert_true(images <= BATCH && first + images <= IMAGES);
    if (data->refuse_write >= first && data->refuse_write < first + images)
        return OCTET_IO_FAILED;
    data->in_order &= first == data->next;
    data->next = first + images;
    for (size_t i = first; i < first + images; i++)
        data->written[i]++;
    if (outputs[0] != NULL)
        memcpy(data->y + first * OCT_CLASSES, outputs[0], images * OCT_CLASSES * sizeof data->y[0]);
    return OCTET_OK;
}

static octet_stream stream_of(stream_data *data)
{
    return (octet_stream){.struct_size = sizeof(octet_stream),
                          .images = IMAGES,
                          .read = read_images,
                          .write = write_images,
                          .user = data};
}

/* Zeroes what a run notes, before the next. */
static void restart(stream_data *data)
{
    memset(data->y, 0xee, sizeof data->y);
    memset(data->read, 0, sizeof data->read);
    memset(data->written, 0, sizeof data->written);
    data->next = 0;
    data->in_order = true;
    data->refuse_read = data->refuse_write = IMAGES;
}

static octet_status run(octet_network *const *networks, size_t count, stream_data *data,
                        const octet_run_options *options)
{
    const octet_stream stream = stream_of(data);
    restart(data);
    return octet_network_stream(networks, count, &stream, options);
}

static void assert_complete(const stream_data *data)
{
    for (size_t i = 0; i < IMAGES; i++)
        assert_int_equal(data->written[i], 1);
    assert_memory_equal(data->y, data->expected, sizeof data->y);
}

static octet_network *build(oct_fixture *fixture, octet_context *context)
{
    octet_network *const network = oct_build_network(fixture, context, 0);
    oct_assert_ok(fixture, octet_network_prepare(network, BATCH));
    return network;
}

/* What the reference gives for all images at once. */
static void expect(oct_fixture *fixture, stream_data *data)
{
    octet_network *const network =
        oct_build_network(fixture, fixture->contexts[fixture->count - 1], 0);
    const void *const inputs[] = {data->x};
    void *const outputs[] = {data->expected};
    *data = (stream_data){.next = 0};
    oct_build_images(data->x, IMAGES);
    oct_assert_ok(fixture, octet_network_run(network, IMAGES, inputs, outputs, NULL));
    octet_network_destroy(network);
}

/* ---- One device ---- */

/* With transfers in the order of all commands, and on queues of their own. */
static void test_in_order(void **state)
{
    oct_fixture *const fixture = *state;
    stream_data data;
    expect(fixture, &data);
    for (size_t i = 0; i < fixture->count; i++) {
        octet_context *const context = fixture->contexts[i];
        const bool beside = context->transfers_beside;
        octet_network *const network = build(fixture, context);
        for (int way = 0; way < (i + 1 < fixture->count ? 2 : 1); way++) {
            context->transfers_beside = way == 1;
            oct_assert_ok(fixture, run(&network, 1, &data, NULL));
            assert_complete(&data);
            assert_true(data.in_order);
        }
        context->transfers_beside = beside;
        octet_network_destroy(network);
    }
}

static void count_images(void *user, size_t done, size_t all)
{
    size_t *const last = user;
    assert_int_equal(all, IMAGES);
    assert_true(done > *last && done <= all);
    *last = done;
}

static void test_options(void **state)
{
    static const unsigned char skip[] = {1};
    oct_fixture *const fixture = *state;
    stream_data data;
    expect(fixture, &data);
    for (size_t i = 0; i < fixture->count; i++) {
        octet_network *const network = build(fixture, fixture->contexts[i]);
        octet_network_check check;
        octet_layer_info info;
        size_t done = 0;
        const octet_run_options options = {.struct_size = sizeof options,
                                           .progress = count_images,
                                           .progress_user = &done,
                                           .time_layers = 1,
                                           .check = &check};
        octet_stream stream = stream_of(&data);
        oct_assert_ok(fixture, run(&network, 1, &data, &options));
        assert_complete(&data);
        assert_int_equal(done, IMAGES);
        assert_int_equal(check.compared,
                         (IMAGES + BATCH - 1) / BATCH * octet_network_layers(network));
        assert_int_equal(check.different, 0);
        octet_network_layer(network, 2, &info);
        assert_true(info.seconds > 0);
        stream.skip = skip;
        restart(&data);
        oct_assert_ok(fixture, octet_network_stream(&network, 1, &stream, NULL));
        assert_int_equal(data.next, IMAGES);
        assert_int_equal(data.y[0], (int32_t)0xeeeeeeee);
        octet_network_destroy(network);
    }
}

/* ---- Traces ---- */

typedef struct traced {
    size_t layers, calls;
    bool beside;
    double begun; /* of the span before in the batch */
} traced;

/* Each batch is its input, its layers and its output, in this order also in time. */
static void see_span(void *user, const octet_trace_event *event)
{
    traced *const all = user;
    const size_t at = all->calls++ % (all->layers + 2),
                 batch = (all->calls - 1) / (all->layers + 2);
    const bool input = at == 0, output = at == all->layers + 1;
    assert_int_equal(event->kind, input    ? OCTET_TRACE_INPUT
                                  : output ? OCTET_TRACE_OUTPUT
                                           : OCTET_TRACE_LAYER);
    assert_int_equal(event->index, input || output ? 0 : at - 1);
    assert_int_equal(event->queue, all->beside && input ? 1 : all->beside && output ? 2 : 0);
    assert_int_equal(event->network, 0);
    assert_int_equal(event->first_image, batch * BATCH);
    assert_true(event->start >= 0 && event->end >= event->start);
    assert_true(input || event->start >= all->begun);
    all->begun = event->start;
}

static octet_context *open_profiling(const octet_context *like)
{
    octet_context_desc desc = {.struct_size = sizeof desc, .profiling = 1};
    octet_context *context = NULL;
    octet_device_info info;
    char number[24];
    size_t index = 0;
    octet_context_device(like, &info, &index);
    snprintf(number, sizeof number, "%zu", index);
    desc.device = number;
    assert_int_equal(octet_context_create(&desc, &context), OCTET_OK);
    return context;
}

static void test_trace(void **state)
{
    oct_fixture *const fixture = *state;
    stream_data data;
    expect(fixture, &data);
    for (size_t i = 0; i < fixture->count; i++) {
        octet_context *const context = open_profiling(fixture->contexts[i]);
        octet_network *const network = build(fixture, context);
        for (int way = 0; way < (i + 1 < fixture->count ? 2 : 1); way++) {
            traced all = {.layers = octet_network_layers(network), .beside = way == 1};
            const octet_run_options options = {
                .struct_size = sizeof options, .trace = see_span, .trace_user = &all};
            context->transfers_beside = all.beside;
            oct_assert_ok(fixture, run(&network, 1, &data, &options));
            assert_complete(&data);
            assert_int_equal(all.calls, (IMAGES + BATCH - 1) / BATCH * (all.layers + 2));
        }
        octet_network_destroy(network);
        octet_context_destroy(context);
    }
}

/* A device whose context keeps no times cannot be traced. */
static void test_trace_without_times(void **state)
{
    oct_fixture *const fixture = *state;
    stream_data data;
    expect(fixture, &data);
    for (size_t i = 0; i + 1 < fixture->count; i++) {
        octet_network *const network = build(fixture, fixture->contexts[i]);
        traced all = {.layers = octet_network_layers(network)};
        const octet_run_options options = {
            .struct_size = sizeof options, .trace = see_span, .trace_user = &all};
        assert_int_equal(run(&network, 1, &data, &options), OCTET_UNSUPPORTED);
        oct_assert_said(fixture, "profiling");
        assert_int_equal(all.calls, 0);
        octet_network_destroy(network);
    }
}

/* ---- Several devices ---- */

/* A network on every context, the reference among them. */
static size_t build_all(oct_fixture *fixture, octet_network **networks)
{
    for (size_t i = 0; i < fixture->count; i++)
        networks[i] = build(fixture, fixture->contexts[i]);
    return fixture->count;
}

static void destroy_all(octet_network **networks, size_t count)
{
    for (size_t i = 0; i < count; i++)
        octet_network_destroy(networks[i]);
}

static void test_several(void **state)
{
    oct_fixture *const fixture = *state;
    octet_network *networks[OCT_MOST_CONTEXTS];
    stream_data data;
    octet_network_check check;
    const octet_run_options options = {.struct_size = sizeof options, .check = &check};
    expect(fixture, &data);
    const size_t count = build_all(fixture, networks);
    for (size_t used = 1; used <= count; used++) {
        oct_assert_ok(fixture, run(networks, used, &data, NULL));
        assert_complete(&data);
    }
    oct_assert_ok(fixture, run(networks, count, &data, &options));
    assert_complete(&data);
    assert_int_equal(check.compared,
                     (IMAGES + BATCH - 1) / BATCH * octet_network_layers(networks[0]));
    assert_int_equal(check.different, 0);
    destroy_all(networks, count);
}

/* Devices that fail: their backends' reads do, from one on that is counted down. */
static const oct_backend *working[OCT_MOST_CONTEXTS];
static size_t reads_left[OCT_MOST_CONTEXTS];
static octet_context *const *all_contexts;

static octet_status failing_read(const oct_buffer *buffer, size_t bytes, void *data, void **event)
{
    size_t i = 0;
    while (all_contexts[i] != buffer->context)
        i++;
    if (reads_left[i] == 0)
        return oct_report(&buffer->context->log, OCTET_DEVICE_FAILED, "this device is gone");
    reads_left[i]--;
    return working[i]->read(buffer, bytes, data, event);
}

/* One device of all fails after some batches: the others do its work. Then all fail. */
static void test_failing(void **state)
{
    oct_fixture *const fixture = *state;
    octet_network *networks[OCT_MOST_CONTEXTS];
    oct_backend failing[OCT_MOST_CONTEXTS];
    stream_data data;
    expect(fixture, &data);
    const size_t count = build_all(fixture, networks);
    all_contexts = fixture->contexts;
    for (size_t i = 0; i < count; i++) {
        working[i] = fixture->contexts[i]->backend;
        failing[i] = *working[i];
        failing[i].read = failing_read;
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t reads = 0; reads < 3; reads++) {
            reads_left[i] = reads;
            fixture->contexts[i]->backend = &failing[i];
            oct_quiet(fixture);
            const octet_status status = run(networks, count, &data, NULL);
            fixture->contexts[i]->backend = working[i];
            oct_assert_ok(fixture, count > 1 ? status : OCTET_OK);
            if (count > 1)
                assert_complete(&data);
        }
    }
    for (size_t i = 0; i < count; i++) {
        reads_left[i] = 1;
        fixture->contexts[i]->backend = &failing[i];
    }
    assert_int_equal(run(networks, count, &data, NULL), OCTET_DEVICE_FAILED);
    oct_assert_said(fixture, "this device is gone");
    for (size_t i = 0; i < IMAGES; i++)
        assert_true(data.written[i] <= 1);
    for (size_t i = 0; i < count; i++)
        fixture->contexts[i]->backend = working[i];
    oct_assert_ok(fixture, run(networks, count, &data, NULL)); /* they can be used again */
    assert_complete(&data);
    destroy_all(networks, count);
}

/* ---- Refusals ---- */

/* What a function of the caller's returns ends the run, whatever the number of devices. */
static void test_functions_that_fail(void **state)
{
    oct_fixture *const fixture = *state;
    octet_network *networks[OCT_MOST_CONTEXTS];
    stream_data data;
    expect(fixture, &data);
    const size_t count = build_all(fixture, networks);
    const octet_stream stream = stream_of(&data);
    for (size_t used = 1; used <= count; used++) {
        for (size_t image = 0; image < IMAGES; image += IMAGES / 2) {
            restart(&data);
            data.refuse_read = image;
            assert_int_equal(octet_network_stream(networks, used, &stream, NULL), OCTET_IO_FAILED);
            restart(&data);
            data.refuse_write = image;
            assert_int_equal(octet_network_stream(networks, used, &stream, NULL), OCTET_IO_FAILED);
        }
    }
    oct_assert_ok(fixture, run(networks, count, &data, NULL));
    assert_complete(&data);
    destroy_all(networks, count);
}

static void see_layer(void *user, size_t layer, size_t first_image, const octet_tensor *output)
{
    (void)user, (void)layer, (void)first_image, (void)output;
}

static void test_refused(void **state)
{
    oct_fixture *const fixture = *state;
    octet_context *const context = fixture->contexts[0];
    octet_network *const networks[] = {build(fixture, context), build(fixture, context)};
    const octet_run_options layers = {.struct_size = sizeof layers, .layer = see_layer};
    const octet_stream wrong = {.struct_size = 3};
    stream_data data;
    assert_int_equal(octet_network_stream(networks, 0, &wrong, NULL), OCTET_INVALID_ARGUMENT);
    assert_int_equal(octet_network_stream(networks, 1, &wrong, NULL), OCTET_INVALID_ARGUMENT);
    oct_assert_said(fixture, "network: stream");
    assert_int_equal(run(networks, 2, &data, NULL), OCTET_INVALID_ARGUMENT);
    oct_assert_said(fixture, "networks 0 and 1 share a context");
    assert_int_equal(run(networks, 2, &data, &layers), OCTET_INVALID_ARGUMENT);
    oct_assert_said(fixture, "layer is given with 2 networks");
    octet_stream stream = stream_of(&data);
    stream.read = NULL;
    assert_int_equal(octet_network_stream(networks, 1, &stream, NULL), OCTET_INVALID_ARGUMENT);
    oct_assert_said(fixture, "stream: read is NULL");
    stream = stream_of(&data);
    stream.write = NULL;
    assert_int_equal(octet_network_stream(networks, 1, &stream, NULL), OCTET_INVALID_ARGUMENT);
    oct_assert_said(fixture, "stream: write is NULL");
    stream.read = NULL;
    stream.images = 0; /* nothing is called */
    oct_assert_ok(fixture, octet_network_stream(networks, 1, &stream, NULL));
    octet_network_destroy(networks[0]);
    octet_network_destroy(networks[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_order),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_trace),
        cmocka_unit_test(test_trace_without_times),
        cmocka_unit_test(test_several),
        cmocka_unit_test(test_failing),
        cmocka_unit_test(test_functions_that_fail),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, oct_open_all, oct_close_all);
}
