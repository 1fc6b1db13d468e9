/* test_run.c - running a network: host arrays in any batches, tensors, callbacks, the comparison of
 * every layer, and what is refused. */
#include "build.h"
#include "operators/operator.h"

/* Devices see batches of 3 and a last one of 1 alone: every other size may be another kernel to
 * build. */
enum { IMAGES = 7, BATCH = 3, TENSOR_IMAGES = 1 };

typedef struct images {
    float x[IMAGES * OCT_PIXELS];
    int32_t y[IMAGES * OCT_CLASSES], expected[IMAGES * OCT_CLASSES];
} images;

static octet_status run(octet_network *network, size_t count, images *data,
                        const octet_run_options *options)
{
    const void *const inputs[] = {data->x};
    void *const outputs[] = {data->y};
    memset(data->y, 0xee, sizeof data->y);
    return octet_network_run(network, count, inputs, outputs, options);
}

/* What the reference gives for all images at once. */
static void expect(oct_fixture *fixture, images *data)
{
    octet_network *const network =
        oct_build_network(fixture, fixture->contexts[fixture->count - 1], 0);
    oct_build_images(data->x, IMAGES);
    oct_assert_ok(fixture, run(network, IMAGES, data, NULL));
    memcpy(data->expected, data->y, sizeof data->expected);
    octet_network_destroy(network);
}

/* What layers need for themselves: three channels are packed to words of four for a device. */
static void test_scratch(void **state)
{
    oct_fixture *const fixture = *state;
    for (size_t i = 0; i < fixture->count; i++) {
        octet_network *const network = oct_build_network(fixture, fixture->contexts[i], 0);
        octet_network_memory memory;
        octet_network_memory_use(network, &memory);
        assert_int_equal(memory.scratch, 0);
        oct_assert_ok(fixture, octet_network_prepare(network, BATCH));
        octet_network_memory_use(network, &memory);
        if (i + 1 < fixture->count)
            assert_in_range(memory.scratch, BATCH * 4 * OCT_SIDE * OCT_SIDE, 100000);
        else
            assert_int_equal(memory.scratch, 0);
        octet_network_destroy(network);
    }
}

static void count_images(void *user, size_t done, size_t all)
{
    size_t *const last = user;
    assert_int_equal(all, IMAGES);
    assert_true(done >= *last && done <= all);
    *last = done;
}

/* Every batch size, also larger than the number of images, gives the same; so does running again.
 */
static void test_batches(void **state)
{
    static const size_t batches[] = {BATCH, 1, IMAGES, IMAGES + 1};
    oct_fixture *const fixture = *state;
    images data;
    expect(fixture, &data);
    for (size_t i = 0; i < fixture->count; i++) {
        octet_network *const network = oct_build_network(fixture, fixture->contexts[i], 0);
        const size_t sizes = i + 1 < fixture->count ? 1 : OCT_COUNT(batches);
        for (size_t j = 0; j < sizes; j++) {
            size_t done = 0;
            const octet_run_options options = {
                .struct_size = sizeof options, .progress = count_images, .progress_user = &done};
            oct_assert_ok(fixture, octet_network_prepare(network, batches[j]));
            oct_assert_ok(fixture, run(network, IMAGES, &data, &options));
            assert_memory_equal(data.y, data.expected, sizeof data.y);
            assert_int_equal(done, IMAGES);
            oct_assert_ok(fixture, run(network, IMAGES, &data, NULL));
            assert_memory_equal(data.y, data.expected, sizeof data.y);
        }
        octet_network_destroy(network);
    }
}

/* A batch that a run has chosen grows with later runs; one that the caller has chosen stays. */
static void test_chosen_batch(void **state)
{
    oct_fixture *const fixture = *state;
    octet_context *const reference = fixture->contexts[fixture->count - 1];
    octet_network *const network = oct_build_network(fixture, reference, 0);
    static const size_t runs[][2] = {{1, 1}, {IMAGES, IMAGES}, {2, IMAGES}, {0, IMAGES}};
    images data;
    expect(fixture, &data);
    for (size_t i = 0; i < OCT_COUNT(runs); i++) {
        oct_assert_ok(fixture, run(network, runs[i][0], &data, NULL));
        assert_memory_equal(data.y, data.expected, runs[i][0] * OCT_CLASSES * sizeof data.y[0]);
        assert_int_equal(network->batch, runs[i][1]);
    }
    for (size_t batch = 1; batch <= IMAGES; batch += IMAGES - 1) { /* the last is there already */
        oct_assert_ok(fixture, octet_network_prepare(network, batch));
        oct_assert_ok(fixture, run(network, IMAGES, &data, NULL));
        assert_memory_equal(data.y, data.expected, sizeof data.y);
        assert_int_equal(network->batch, batch);
    }
    octet_network_destroy(network);
}

/* How often an operator of the network is prepared. */
static const oct_operator_class *prepared_class;
static size_t prepares;

static octet_status count_prepare(octet_operator *op)
{
    prepares++;
    return prepared_class->prepare(op);
}

/* A short last batch prepares no operator anew, unless its layers are looked at. */
static void test_short_batch(void **state)
{
    oct_fixture *const fixture = *state;
    images data;
    octet_network_check check;
    const octet_run_options looks = {.struct_size = sizeof looks, .check = &check};
    expect(fixture, &data);
    for (size_t i = 0; i < fixture->count; i++) {
        octet_network *const network = oct_build_network(fixture, fixture->contexts[i], 0);
        octet_operator *const op = network->stages[1].op;
        oct_operator_class counting = *(prepared_class = op->class);
        counting.prepare = count_prepare;
        op->class = &counting;
        prepares = 0;
        oct_assert_ok(fixture, octet_network_prepare(network, BATCH));
        for (int again = 0; again < 3; again++) {
            oct_assert_ok(fixture, run(network, IMAGES, &data, NULL));
            assert_memory_equal(data.y, data.expected, sizeof data.y);
            assert_int_equal(prepares, 1);
        }
        oct_assert_ok(fixture, run(network, IMAGES, &data, &looks));
        assert_memory_equal(data.y, data.expected, sizeof data.y);
        assert_int_equal(check.different, 0);
        assert_int_equal(prepares, 2);
        op->class = prepared_class;
        octet_network_destroy(network);
    }
}

/* No images at all, and an output that nobody wants. */
static void test_nothing(void **state)
{
    oct_fixture *const fixture = *state;
    const size_t last = fixture->count - 1;
    images data;
    expect(fixture, &data);
    for (size_t i = 0; i <= last; i++) {
        octet_network *const network = oct_build_network(fixture, fixture->contexts[i], 0);
        const void *const inputs[] = {data.x};
        void *const nowhere[] = {NULL};
        oct_assert_ok(fixture, run(network, 0, &data, NULL));
        oct_assert_ok(fixture, octet_network_prepare(network, BATCH));
        oct_assert_ok(fixture, run(network, 0, &data, NULL));
        oct_assert_ok(fixture, octet_network_run(network, IMAGES, inputs, nowhere, NULL));
        octet_network_destroy(network);
    }
}

static octet_tensor *tensor(oct_fixture *fixture, size_t index, octet_type type, octet_shape shape)
{
    octet_tensor *made = NULL;
    oct_assert_ok(fixture, octet_tensor_create(fixture->contexts[index], type, &shape, &made));
    return made;
}

/* A caller's own tensors, for a batch smaller than the prepared one. */
static void test_tensors(void **state)
{
    oct_fixture *const fixture = *state;
    images data;
    expect(fixture, &data);
    for (size_t i = 0; i < fixture->count; i++) {
        octet_network *const network = oct_build_network(fixture, fixture->contexts[i], 0);
        octet_tensor *const x =
            tensor(fixture, i, OCTET_F32,
                   (octet_shape){4, {TENSOR_IMAGES, OCT_CHANNELS, OCT_SIDE, OCT_SIDE}});
        octet_tensor *const y =
            tensor(fixture, i, OCTET_S32, (octet_shape){2, {TENSOR_IMAGES, OCT_CLASSES}});
        octet_event *written = NULL, *event = NULL;
        oct_assert_ok(fixture, octet_network_prepare(network, BATCH));
        oct_assert_ok(fixture, octet_tensor_write(x, data.x, &written));
        oct_assert_ok(fixture,
                      octet_network_enqueue(network, TENSOR_IMAGES, &x, &y, &written, 1, &event));
        oct_assert_ok(fixture, octet_event_wait(event));
        oct_assert_ok(fixture, octet_tensor_read(y, data.y, NULL));
        assert_memory_equal(data.y, data.expected, TENSOR_IMAGES * OCT_CLASSES * sizeof data.y[0]);
        assert_int_equal(octet_network_enqueue(network, 2, &x, &y, NULL, 0, NULL),
                         OCTET_INVALID_ARGUMENT);
        oct_assert_said(fixture, "'x' is given as f32 1x3x4x4; it must be f32 2x3x4x4");
        assert_int_equal(octet_network_enqueue(network, BATCH + 1, &x, &y, NULL, 0, NULL),
                         OCTET_INVALID_ARGUMENT);
        octet_event_destroy(event);
        octet_event_destroy(written);
        octet_tensor_destroy(y);
        octet_tensor_destroy(x);
        octet_network_destroy(network);
    }
}

typedef struct seen {
    size_t calls, layers;
    int32_t last[IMAGES * OCT_CLASSES];
} seen;

static void see_layer(void *user, size_t layer, size_t first_image, const octet_tensor *output)
{
    seen *const all = user;
    assert_int_equal(layer, all->calls++ % all->layers);
    if (layer + 1 == all->layers)
        assert_int_equal(octet_tensor_read(output, all->last + first_image * OCT_CLASSES, NULL),
                         OCTET_OK);
}

static void test_callback_and_times(void **state)
{
    oct_fixture *const fixture = *state;
    images data;
    expect(fixture, &data);
    for (size_t i = 0; i < fixture->count; i++) {
        octet_network *const network = oct_build_network(fixture, fixture->contexts[i], 0);
        seen all = {.layers = octet_network_layers(network)};
        octet_layer_info info;
        const octet_run_options options = {.struct_size = sizeof options,
                                           .layer = see_layer,
                                           .layer_user = &all,
                                           .time_layers = 1};
        oct_assert_ok(fixture, octet_network_prepare(network, BATCH));
        oct_assert_ok(fixture, run(network, IMAGES, &data, &options));
        assert_int_equal(all.calls, 3 * all.layers);
        assert_memory_equal(all.last, data.expected, sizeof data.expected);
        octet_network_layer(network, 1, &info);
        assert_string_equal(info.name, "conv");
        assert_true(info.seconds > 0);
        octet_network_destroy(network);
    }
}

/* A layer that computes something else than its reference is named, with the first wrong element in
 * the model's order. The reference of the convolution is taken from a network with another bias. */
static void test_check_finds(void **state)
{
    oct_fixture *const fixture = *state;
    octet_context *const context = fixture->contexts[fixture->count - 1];
    images data;
    octet_network_check check;
    const octet_run_options options = {.struct_size = sizeof options, .check = &check};
    expect(fixture, &data);
    octet_network *const network = oct_build_network(fixture, context, 0);
    octet_network *const other = oct_build_network(fixture, context, 1);
    assert_string_equal(network->stages[1].node->name, "conv");
    network->stages[1].twin = other->stages[1].op;
    other->stages[1].op = NULL;
    oct_assert_ok(fixture, octet_network_prepare(network, BATCH));
    oct_quiet(fixture);
    oct_assert_ok(fixture, run(network, IMAGES, &data, &options));
    assert_memory_equal(data.y, data.expected, sizeof data.y);
    assert_int_equal(check.compared, 3 * octet_network_layers(network));
    assert_int_equal(check.different, 3);
    assert_int_equal(check.layer, 1);
    assert_int_equal(check.rank, 4);
    assert_true(check.comparison.mismatches > 0);
    oct_assert_said(fixture, "layer 1 'conv' (conv2d, variant reference) differs");
    octet_network_destroy(other);
    octet_network_destroy(network);
}

static void test_refused(void **state)
{
    oct_fixture *const fixture = *state;
    octet_network *const network = oct_build_network(fixture, fixture->contexts[0], 0);
    images data = {.x = {0}};
    const octet_run_options wrong = {.struct_size = 3};
    assert_int_equal(octet_network_prepare(network, 0), OCTET_INVALID_ARGUMENT);
    assert_int_equal(octet_network_prepare(network, SIZE_MAX / 16), OCTET_INVALID_ARGUMENT);
    oct_assert_said(fixture, "images are too many");
    assert_int_equal(run(network, 1, &data, &wrong), OCTET_INVALID_ARGUMENT);
    struct {
        octet_run_options options;
        size_t more;
    } later = {{.struct_size = sizeof later}, 1};
    assert_int_equal(run(network, 1, &data, &later.options), OCTET_UNSUPPORTED);
    later.more = 0;
    oct_assert_ok(fixture, run(network, 1, &data, &later.options));
    octet_layer_info info = {.name = "untouched"};
    assert_int_equal(octet_network_layer(network, octet_network_layers(network), &info),
                     OCTET_INVALID_ARGUMENT);
    assert_string_equal(info.name, "untouched");
    octet_tensor *const nothing = NULL;
    assert_int_equal(octet_network_enqueue(network, 1, &nothing, &nothing, NULL, 0, NULL),
                     OCTET_INVALID_ARGUMENT);
    oct_assert_said(fixture, "' is NULL");
    const void *const missing[] = {NULL};
    void *const outputs[] = {data.y};
    assert_int_equal(octet_network_run(network, 1, missing, outputs, NULL), OCTET_INVALID_ARGUMENT);
    oct_assert_said(fixture, "the array of input 'x' is NULL");
    assert_int_equal(octet_network_run(network, 1, NULL, outputs, NULL), OCTET_INVALID_ARGUMENT);
    oct_assert_ok(fixture, octet_network_run(network, 0, NULL, NULL, NULL));
    oct_assert_ok(fixture, run(network, 1, &data, NULL)); /* nothing above broke it */
    octet_network_destroy(network);
    octet_network_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scratch),
        cmocka_unit_test(test_batches),
        cmocka_unit_test(test_chosen_batch),
        cmocka_unit_test(test_short_batch),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_tensors),
        cmocka_unit_test(test_callback_and_times),
        cmocka_unit_test(test_check_finds),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, oct_open_all, oct_close_all);
}
