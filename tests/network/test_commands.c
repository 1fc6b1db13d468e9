/* test_commands.c - octet_network_enqueue recorded: the bits of a batch, again and again, and what is
 * refused meanwhile. */
#include "build.h"
#include "network/slot.h"
#include "operators/commands.h"

enum { IMAGES = 12, BATCH = 3 };

typedef struct images {
    float x[IMAGES * OCT_PIXELS];
    int32_t y[IMAGES * OCT_CLASSES], expected[IMAGES * OCT_CLASSES];
} images;

/* A network with tensors for a batch. */
typedef struct bench {
    oct_fixture *fixture;
    octet_network *network;
    octet_tensor *x, *y;
    octet_commands *commands;
} bench;

static octet_status run_all(octet_network *network, images *data, int32_t *y)
{
    const void *const inputs[] = {data->x};
    void *const outputs[] = {y};
    return octet_network_run(network, IMAGES, inputs, outputs, NULL);
}

/* What the reference gives. */
static void expect(oct_fixture *fixture, images *data)
{
    octet_network *const network =
        oct_build_network(fixture, fixture->contexts[fixture->count - 1], 0);
    oct_build_images(data->x, IMAGES);
    oct_assert_ok(fixture, run_all(network, data, data->expected));
    octet_network_destroy(network);
}

static bench open_bench(oct_fixture *fixture, size_t index)
{
    const octet_shape in = {4, {BATCH, OCT_CHANNELS, OCT_SIDE, OCT_SIDE}};
    const octet_shape out = {2, {BATCH, OCT_CLASSES}};
    octet_context *const context = fixture->contexts[index];
    bench b = {.fixture = fixture, .network = oct_build_network(fixture, context, 0)};
    oct_assert_ok(fixture, octet_network_prepare(b.network, BATCH));
    oct_assert_ok(fixture, octet_tensor_create(context, OCTET_F32, &in, &b.x));
    oct_assert_ok(fixture, octet_tensor_create(context, OCTET_S32, &out, &b.y));
    oct_assert_ok(fixture, octet_commands_begin(context, &b.commands));
    return b;
}

static void close_bench(bench *b)
{
    octet_commands_destroy(b->commands);
    octet_tensor_destroy(b->y);
    octet_tensor_destroy(b->x);
    octet_network_destroy(b->network);
}

static octet_status enqueue(bench *b, octet_event **event)
{
    return octet_network_enqueue(b->network, BATCH, &b->x, &b->y, NULL, 0, event);
}

static void assert_refused(const bench *b, octet_status status, const char *text)
{
    assert_int_equal(status, OCTET_INVALID_ARGUMENT);
    oct_assert_said(b->fixture, text);
    oct_quiet(b->fixture);
}

/* Every batch of all images. */
static void play(const bench *b, images *data)
{
    for (size_t first = 0; first < IMAGES; first += BATCH) {
        int32_t y[BATCH * OCT_CLASSES];
        oct_assert_ok(b->fixture, octet_tensor_write(b->x, data->x + first * OCT_PIXELS, NULL));
        oct_assert_ok(b->fixture, octet_commands_run(b->commands, NULL, 0, NULL));
        oct_assert_ok(b->fixture, octet_tensor_read(b->y, y, NULL));
        assert_memory_equal(y, data->expected + first * OCT_CLASSES, sizeof y);
    }
}

static void batches_are_played(void **state)
{
    oct_fixture *const fixture = *state;
    images data;
    expect(fixture, &data);
    for (size_t i = 0; i < fixture->count; i++) {
        octet_context *const context = fixture->contexts[i];
        bench b = open_bench(fixture, i);
        oct_assert_ok(fixture, enqueue(&b, NULL));
        oct_assert_ok(fixture, octet_commands_end(b.commands));
        assert_int_equal(b.commands->chain != NULL, octet_context_chains(context) == NULL);
        play(&b, &data);
        oct_assert_ok(fixture, run_all(b.network, &data, data.y)); /* between the layers' memory */
        assert_memory_equal(data.y, data.expected, sizeof data.y);
        play(&b, &data);
        octet_network_destroy(b.network);
        b.network = NULL;
        play(&b, &data);
        close_bench(&b);
    }
}

static void what_cannot_be_recorded_is_refused(void **state)
{
    oct_fixture *const fixture = *state;
    const octet_shape in = {4, {1, OCT_CHANNELS, OCT_SIDE, OCT_SIDE}}, out = {2, {1, OCT_CLASSES}};
    images data;
    expect(fixture, &data);
    oct_quiet(fixture);
    for (size_t i = 0; i < fixture->count; i++) {
        bench b = open_bench(fixture, i);
        octet_tensor *x = NULL, *y = NULL;
        octet_event *event = NULL;
        oct_assert_ok(fixture, octet_tensor_create(fixture->contexts[i], OCTET_F32, &in, &x));
        oct_assert_ok(fixture, octet_tensor_create(fixture->contexts[i], OCTET_S32, &out, &y));
        assert_refused(&b, octet_network_enqueue(b.network, 1, &x, &y, NULL, 0, NULL),
                       "preparing it for another number of images cannot be recorded");
        assert_refused(&b, octet_network_prepare(b.network, 1), "octet_network_prepare cannot");
        assert_refused(&b, run_all(b.network, &data, data.y), "a run on host arrays cannot");
        assert_refused(&b, enqueue(&b, &event), "network: an event cannot be recorded");
        oct_assert_ok(fixture, enqueue(&b, NULL));
        oct_assert_ok(fixture, octet_commands_end(b.commands));
        play(&b, &data);
        oct_assert_ok(fixture, octet_network_prepare(b.network, 1));
        assert_refused(&b, octet_commands_run(b.commands, NULL, 0, NULL), "was prepared again");
        octet_tensor_destroy(y);
        octet_tensor_destroy(x);
        close_bench(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches_are_played),
        cmocka_unit_test(what_cannot_be_recorded_is_refused),
    };
    return cmocka_run_group_tests(tests, oct_open_all, oct_close_all);
}
