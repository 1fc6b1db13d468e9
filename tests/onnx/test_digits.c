/* test_digits.c - the trained network of examples/digits, end to end, on every device. */
#include "network/fixture.h"

enum { IMAGES = 500, PIXELS = 64, CLASSES = 10, NPY_HEADER = 128 };

typedef struct digits {
    char *images_file, *labels_file;
    const float *images;
    const int32_t *labels;
} digits;

static digits load_digits(void)
{
    digits d;
    size_t size;
    d.images_file = oct_read_file(OCT_EXAMPLES "/digits/test-images.npy", &size);
    assert_int_equal(size, NPY_HEADER + IMAGES * PIXELS * sizeof(float));
    d.labels_file = oct_read_file(OCT_EXAMPLES "/digits/test-labels.npy", &size);
    assert_int_equal(size, NPY_HEADER + IMAGES * sizeof(int32_t));
    d.images = (const float *)(const void *)(d.images_file + NPY_HEADER);
    d.labels = (const int32_t *)(const void *)(d.labels_file + NPY_HEADER);
    return d;
}

static void free_digits(digits *d)
{
    free(d->images_file);
    free(d->labels_file);
}

static octet_network *load(oct_fixture *fixture, octet_context *context)
{
    octet_network *network = NULL;
    oct_quiet(fixture);
    oct_assert_ok(fixture, octet_network_load_onnx(context, OCT_EXAMPLES "/digits/digits.onnx",
                                                   NULL, &network));
    return network;
}

static void run(oct_fixture *fixture, octet_network *network, const digits *d, size_t batch,
                octet_network_check *check, float *logits)
{
    const void *const inputs[] = {d->images};
    void *const outputs[] = {logits};
    const octet_run_options options = {.struct_size = sizeof options, .check = check};
    oct_assert_ok(fixture, octet_network_prepare(network, batch));
    oct_assert_ok(fixture, octet_network_run(network, IMAGES, inputs, outputs, &options));
}

static size_t count_right(const float *logits, const int32_t *labels)
{
    size_t right = 0;
    for (size_t i = 0; i < IMAGES; i++) {
        const float *const row = logits + i * CLASSES;
        int32_t best = 0;
        for (int32_t j = 1; j < CLASSES; j++)
            best = row[j] > row[best] ? j : best;
        right += best == labels[i];
    }
    return right;
}

/* Every device, batched and not, gives the reference's bits, and most digits are right. */
static void test_same_bits(void **state)
{
    static const size_t batches[] = {IMAGES, 1, 7};
    oct_fixture *const fixture = *state;
    static float expected[IMAGES * CLASSES], logits[IMAGES * CLASSES];
    digits d = load_digits();
    octet_network *network = load(fixture, fixture->contexts[fixture->count - 1]);
    run(fixture, network, &d, IMAGES, NULL, expected);
    octet_network_destroy(network);
    assert_true(count_right(expected, d.labels) >= 97 * IMAGES / 100);
    for (size_t i = 0; i < fixture->count; i++) {
        network = load(fixture, fixture->contexts[i]);
        for (size_t j = 0; j < OCT_COUNT(batches); j++) {
            memset(logits, 0xff, sizeof logits);
            run(fixture, network, &d, batches[j], NULL, logits);
            assert_memory_equal(logits, expected, sizeof logits);
        }
        octet_network_destroy(network);
    }
    free_digits(&d);
}

static void test_every_layer(void **state)
{
    oct_fixture *const fixture = *state;
    static float logits[IMAGES * CLASSES];
    digits d = load_digits();
    for (size_t i = 0; i < fixture->count; i++) {
        octet_network *const network = load(fixture, fixture->contexts[i]);
        octet_network_check check;
        run(fixture, network, &d, 7, &check, logits);
        assert_int_equal(check.compared, (IMAGES + 6) / 7 * octet_network_layers(network));
        if (check.different > 0)
            fail_msg("%s", fixture->said);
        octet_network_destroy(network);
    }
    free_digits(&d);
}

/* The layers are what the README of the example says, and little moves between them. */
static void test_layers(void **state)
{
    static const char *const ops[] = {"quantize", "conv2d",  "conv2d", "max_pool",  "conv2d",
                                      "max_pool", "permute", "gemm",   "dequantize"};
    oct_fixture *const fixture = *state;
    octet_network *const network = load(fixture, fixture->contexts[fixture->count - 1]);
    octet_network_value value;
    octet_layer_info info;
    octet_network_memory memory;
    assert_int_equal(octet_network_inputs(network, &value, 1), 1);
    assert_string_equal(value.name, "images");
    assert_true(value.type == OCTET_F32 && value.batched && value.shape.rank == 4);
    assert_int_equal(octet_network_outputs(network, &value, 1), 1);
    assert_string_equal(value.name, "logits");
    assert_int_equal(octet_network_layers(network), OCT_COUNT(ops));
    for (size_t i = 0; i < OCT_COUNT(ops); i++) {
        octet_network_layer(network, i, &info);
        assert_string_equal(info.op, ops[i]);
        assert_string_equal(info.variant, "");
    }
    octet_network_layer(network, 2, &info);
    assert_string_equal(info.name, "conv2");
    assert_int_equal(info.macs, 8 * 8 * 32 * 9 * 16);
    assert_int_equal(info.weight_bytes, 32 * 9 * 16 + 32 * 4);
    assert_int_equal(info.weights.scale_count, 32);
    assert_int_equal(info.output_shape.size[1], 32);
    oct_assert_ok(fixture, octet_network_prepare(network, 10));
    octet_network_layer(network, 2, &info);
    assert_string_equal(info.variant, "reference");
    octet_network_memory_use(network, &memory);
    assert_int_equal(memory.weights, 9 * 16 + 9 * 16 * 32 + 9 * 32 * 32 + 1280 + 4 * (16 + 64));
    assert_int_equal(memory.activations, 10 * (1024 + 2048));
    assert_true(memory.unshared > memory.activations);
    octet_network_destroy(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layers),
        cmocka_unit_test(test_same_bits),
        cmocka_unit_test(test_every_layer),
    };
    return cmocka_run_group_tests(tests, oct_open_all, oct_close_all);
}
