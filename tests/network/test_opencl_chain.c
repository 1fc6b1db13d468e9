/* test_opencl_chain.c - networks whose layers are one command: the same bits as layer by layer, in whole
 * and in short batches, of several networks at once, and when they are layers again. */
#include "build.h"
#include "network/slot.h"
#include "operators/operator.h"
#include "support/scratch.h"

enum { IMAGES = 10, BATCH = 3 };

typedef struct images {
    float x[IMAGES * OCT_PIXELS];
    int32_t y[IMAGES * OCT_CLASSES], expected[IMAGES * OCT_CLASSES];
} images;

static void run(oct_fixture *fixture, octet_network *network, images *data,
                const octet_run_options *options)
{
    const void *const inputs[] = {data->x};
    void *const outputs[] = {data->y};
    memset(data->y, 0xee, sizeof data->y);
    oct_assert_ok(fixture, octet_network_run(network, IMAGES, inputs, outputs, options));
    assert_memory_equal(data->y, data->expected, sizeof data->y);
}

/* What the reference gives. */
static void expect(oct_fixture *fixture, images *data)
{
    octet_network *const network =
        oct_build_network(fixture, fixture->contexts[fixture->count - 1], 0);
    const void *const inputs[] = {data->x};
    void *const outputs[] = {data->expected};
    oct_build_images(data->x, IMAGES);
    oct_assert_ok(fixture, octet_network_run(network, IMAGES, inputs, outputs, NULL));
    octet_network_destroy(network);
}

/* How many of the network's batches under way have a chain. */
static size_t chains(const octet_network *network)
{
    size_t count = 0;
    for (size_t i = 0; i < OCT_SLOTS; i++)
        count += network->slots[i] != NULL && network->slots[i]->binding.chain != NULL;
    return count;
}

/* Short last batches, the same chain again, layers looked at in between, other batches. What runs once has
 * none: of four batches the first and the last are in the same slot. */
static void test_bits(void **state)
{
    oct_fixture *const fixture = *state;
    images data;
    octet_network_check check;
    const octet_run_options looks = {.struct_size = sizeof looks, .check = &check};
    expect(fixture, &data);
    for (size_t i = 0; i < fixture->count; i++) {
        octet_network *const network = oct_build_network(fixture, fixture->contexts[i], 0);
        const size_t all = fixture->contexts[i]->chains ? OCT_SLOTS : 0;
        oct_assert_ok(fixture, octet_network_prepare(network, BATCH));
        run(fixture, network, &data, NULL);
        assert_int_equal(chains(network), all > 0);
        run(fixture, network, &data, NULL);
        assert_int_equal(chains(network), all);
        run(fixture, network, &data, NULL);
        run(fixture, network, &data, &looks);
        assert_int_equal(check.different, 0);
        run(fixture, network, &data, NULL); /* all anew, after a short batch by itself */
        run(fixture, network, &data, NULL);
        assert_int_equal(chains(network), all);
        oct_assert_ok(fixture, octet_network_prepare(network, 1));
        assert_int_equal(chains(network), 0);
        run(fixture, network, &data, NULL);
        assert_int_equal(chains(network), all);
        octet_network_destroy(network);
    }
}

/* What chains rest on can be switched off. */
static void test_switch(void **state)
{
    oct_fixture *const fixture = *state;
    images data;
    expect(fixture, &data);
    assert_int_equal(setenv("OCTET_DISABLE", "chain", 1), 0);
    for (size_t i = 0; i + 1 < fixture->count; i++) {
        oct_fixture plain = {.count = 0};
        oct_open(&plain, i);
        assert_string_equal(plain.said, "");
        assert_string_equal(octet_context_chains(plain.contexts[0]), "switched off: OCTET_DISABLE");
        octet_network *const network = oct_build_network(&plain, plain.contexts[0], 0);
        oct_assert_ok(&plain, octet_network_prepare(network, BATCH));
        run(&plain, network, &data, NULL);
        assert_int_equal(chains(network), 0);
        octet_network_destroy(network);
        octet_context_destroy(plain.contexts[0]);
    }
    assert_int_equal(unsetenv("OCTET_DISABLE"), 0);
}

/* The reference computes when it is enqueued, so that it cannot be recorded. */
static void test_reference_layer(void **state)
{
    oct_fixture *const fixture = *state;
    images data;
    expect(fixture, &data);
    for (size_t i = 0; i + 1 < fixture->count; i++) {
        octet_network *const network = oct_build_network(fixture, fixture->contexts[i], 0);
        oct_stage *const last = &network->stages[network->stage_count - 1];
        strcpy(last->op->wish, "reference");
        oct_assert_ok(fixture, octet_network_prepare(network, BATCH));
        run(fixture, network, &data, NULL);
        assert_int_equal(chains(network), 0);
        octet_network_destroy(network);
    }
}

/* Where the file's kernel is named so that it begins no line, which steps must: it is a launch. */
static void write_kernels(const char *path, const char *kernel)
{
    size_t size = 0;
    char *const text = oct_scratch_read(OCT_SOURCE "/kernels.cl", &size);
    char *const line = strstr(text, kernel);
    assert_non_null(line);
    *line = ' ';
    oct_scratch_write(path, text, size);
    free(text);
}

static void open_with_kernels(oct_fixture *fixture, size_t device, const char *kernel)
{
    const char number[] = {(char)('0' + device), '\0'};
    char path[OCT_SCRATCH_PATH];
    oct_scratch scratch;
    oct_scratch_open(&scratch);
    write_kernels(oct_scratch_join(scratch.path, "kernels.cl", path), kernel);
    const octet_context_desc desc = {.struct_size = sizeof desc,
                                     .device = number,
                                     .kernel_file = path,
                                     .message = oct_listen,
                                     .message_user = fixture};
    oct_assert_ok(fixture, octet_context_create(&desc, &fixture->contexts[fixture->count++]));
    oct_scratch_close(&scratch);
}

/* One layer of which launches cannot be recorded: it is named, once, and all are launched. */
static void test_layer_that_is_no_step(void **state)
{
    oct_fixture *const fixture = *state;
    images data;
    expect(fixture, &data);
    for (size_t i = 0; i + 1 < fixture->count; i++) {
        oct_fixture other = {.count = 0};
        if (!fixture->contexts[i]->chains)
            continue;
        open_with_kernels(&other, i, "\nkernel void quantize_last(");
        octet_network *const network = oct_build_network(&other, other.contexts[0], 0);
        oct_assert_ok(&other, octet_network_prepare(network, BATCH));
        run(&other, network, &data, NULL);
        assert_int_equal(chains(network), 0);
        oct_assert_said(&other, "the quantize operator, variant opencl, cannot be part");
        oct_quiet(&other);
        run(&other, network, &data, NULL);
        assert_string_equal(other.said, "");
        octet_network_destroy(network);
        octet_context_destroy(other.contexts[0]);
    }
}

/* A chain that computes something else, that of another batch, is found; what the layers gave stays. */
static void test_check(void **state)
{
    enum { TWO_BATCHES = 2 * BATCH };
    oct_fixture *const fixture = *state;
    images data;
    octet_network_check check;
    const octet_run_options looks = {.struct_size = sizeof looks, .check = &check};
    const void *const inputs[] = {data.x};
    void *const outputs[] = {data.y};
    expect(fixture, &data);
    for (size_t i = 0; i + 1 < fixture->count; i++) {
        octet_network *const network = oct_build_network(fixture, fixture->contexts[i], 0);
        if (!fixture->contexts[i]->chains) {
            octet_network_destroy(network);
            continue;
        }
        oct_assert_ok(fixture, octet_network_prepare(network, BATCH));
        oct_assert_ok(fixture, octet_network_run(network, TWO_BATCHES, inputs, outputs, &looks));
        assert_int_equal(check.different, 0);
        assert_int_equal(check.whole, 2);
        oct_chain *const first = network->slots[0]->binding.chain;
        network->slots[0]->binding.chain = network->slots[1]->binding.chain;
        network->slots[1]->binding.chain = first;
        oct_quiet(fixture);
        memset(data.y, 0xee, sizeof data.y);
        oct_assert_ok(fixture, octet_network_run(network, TWO_BATCHES, inputs, outputs, &looks));
        assert_int_equal(check.different, 2);
        assert_int_equal(check.compared, 2 * octet_network_layers(network));
        assert_int_equal(check.layer, octet_network_layers(network));
        oct_assert_said(fixture, "all layers as one command: output");
        assert_memory_equal(data.y, data.expected, TWO_BATCHES * OCT_CLASSES * sizeof data.y[0]);
        octet_network_destroy(network);
    }
}

/* Two networks on two contexts of one device, each on a thread of its own. */
static void test_streams(void **state)
{
    oct_fixture *const fixture = *state;
    images data;
    expect(fixture, &data);
    for (size_t i = 0; i + 1 < fixture->count; i++) {
        const void *const inputs[] = {data.x};
        void *const outputs[] = {data.y};
        const oct_arrays arrays = {inputs, outputs};
        const octet_stream stream = {.struct_size = sizeof stream, .images = IMAGES};
        octet_network *networks[2];
        oct_fixture other = {.count = 0};
        oct_open(&other, i);
        networks[0] = oct_build_network(fixture, fixture->contexts[i], 0);
        networks[1] = oct_build_network(&other, other.contexts[0], 0);
        for (size_t j = 0; j < 2; j++)
            oct_assert_ok(fixture, octet_network_prepare(networks[j], 1));
        for (int again = 0; again < 20; again++) {
            memset(data.y, 0xee, sizeof data.y);
            oct_assert_ok(fixture, oct_network_stream(networks, 2, &stream, &arrays, NULL));
            assert_memory_equal(data.y, data.expected, sizeof data.y);
        }
        assert_true(!other.contexts[0]->chains || chains(networks[0]) + chains(networks[1]) > 0);
        octet_network_destroy(networks[1]);
        octet_network_destroy(networks[0]);
        octet_context_destroy(other.contexts[0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bits),
        cmocka_unit_test(test_switch),
        cmocka_unit_test(test_reference_layer),
        cmocka_unit_test(test_layer_that_is_no_step),
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_streams),
    };
    return cmocka_run_group_tests(tests, oct_open_all, oct_close_all);
}
