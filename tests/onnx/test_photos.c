/* test_photos.c - the trained network of examples/photos, with a residual and a depthwise block, on
 * every device, against the outputs that ONNX Runtime recorded. */
#include "network/fixture.h"

enum { IMAGES = 130, PIXELS = 3 * 16 * 16, CLASSES = 2, RIGHT = 128, NPY_HEADER = 128 };

static char *read_array(const char *name, size_t bytes)
{
    char path[512];
    size_t size;
    snprintf(path, sizeof path, "%s/photos/test-%s.npy", OCT_EXAMPLES, name);
    char *const file = oct_read_file(path, &size);
    assert_int_equal(size, NPY_HEADER + bytes);
    memmove(file, file + NPY_HEADER, bytes);
    return file;
}

static octet_network *load(oct_fixture *fixture, octet_context *context)
{
    octet_network *network = NULL;
    oct_quiet(fixture);
    oct_assert_ok(fixture, octet_network_load_onnx(context, OCT_EXAMPLES "/photos/photos.onnx",
                                                   NULL, &network));
    return network;
}

/* All logits are ONNX Runtime's, to the bit, whatever the batch; and each layer is the reference's. */
static void test_recorded(void **state)
{
    static const size_t batches[] = {IMAGES, 1, 32};
    oct_fixture *const fixture = *state;
    char *const images = read_array("images", (size_t)IMAGES * PIXELS);
    char *const expected = read_array("logits", IMAGES * CLASSES * sizeof(float));
    static float logits[IMAGES * CLASSES];
    const void *const inputs[] = {images};
    void *const outputs[] = {logits};
    for (size_t i = 0; i < fixture->count; i++) {
        octet_network *const network = load(fixture, fixture->contexts[i]);
        for (size_t j = 0; j < OCT_COUNT(batches); j++) {
            octet_network_check check;
            const octet_run_options options = {.struct_size = sizeof options, .check = &check};
            memset(logits, 0xff, sizeof logits);
            oct_assert_ok(fixture, octet_network_prepare(network, batches[j]));
            oct_assert_ok(fixture, octet_network_run(network, IMAGES, inputs, outputs,
                                                     batches[j] > 1 ? &options : NULL));
            assert_memory_equal(logits, expected, sizeof logits);
            if (batches[j] > 1 && check.different > 0)
                fail_msg("%s", fixture->said);
        }
        octet_network_destroy(network);
    }
    free(images);
    free(expected);
}

/* The accuracy that the README of the example states, of the recorded logits. */
static void test_accuracy(void **state)
{
    char *const logits_file = read_array("logits", IMAGES * CLASSES * sizeof(float));
    char *const labels_file = read_array("labels", IMAGES * sizeof(int32_t));
    const float *const logits = (const float *)(const void *)logits_file;
    const int32_t *const labels = (const int32_t *)(const void *)labels_file;
    size_t right = 0;
    (void)state;
    for (size_t i = 0; i < IMAGES; i++)
        right += (logits[i * CLASSES + 1] > logits[i * CLASSES]) == (labels[i] == 1);
    assert_int_equal(right, RIGHT);
    free(logits_file);
    free(labels_file);
}

/* The layers are what the README of the example says: nothing is dequantized on the way. */
static void test_layers(void **state)
{
    static const struct {
        const char *op, *name;
    } layers[] = {{"permute", "(to channels last)"},
                  {"conv2d", "stem"},
                  {"conv2d", "inner1"},
                  {"conv2d", "inner2 + residual"},
                  {"conv2d", "depthwise"},
                  {"conv2d", "pointwise"},
                  {"average_pool", "mean"},
                  {"gemm", "fc"},
                  {"dequantize", "logits_DequantizeLinear"}};
    oct_fixture *const fixture = *state;
    octet_network *const network = load(fixture, fixture->contexts[fixture->count - 1]);
    octet_network_value value;
    assert_int_equal(octet_network_inputs(network, &value, 1), 1);
    assert_true(value.type == OCTET_U8 && value.batched && value.shape.rank == 4);
    assert_int_equal(octet_network_layers(network), OCT_COUNT(layers));
    for (size_t i = 0; i < OCT_COUNT(layers); i++) {
        octet_layer_info info;
        oct_assert_ok(fixture, octet_network_layer(network, i, &info));
        assert_string_equal(info.op, layers[i].op);
        assert_string_equal(info.name, layers[i].name);
    }
    octet_network_destroy(network);
}

/* Layers name the nodes that went into them: a value that is gone went where it was read, weights and
 * both sides of the residual among them; a permutation of octet's own has none. */
static void test_sources(void **state)
{
    static const char *const sources[][16] = {
        {NULL},
        {"cast", "stem.bias_DequantizeLinear", "stem.weight_DequantizeLinear",
         "pixels_QuantizeLinear", "pixels_DequantizeLinear", "stem", "stem_relu_QuantizeLinear"},
        {"inner1.bias_DequantizeLinear", "inner1.weight_DequantizeLinear",
         "stem_relu_DequantizeLinear", "inner1", "inner1_relu_QuantizeLinear"},
        {"inner2.bias_DequantizeLinear", "inner2.weight_DequantizeLinear",
         "stem_relu_DequantizeLinear", "inner1_relu_DequantizeLinear", "inner2",
         "inner2_QuantizeLinear", "inner2_DequantizeLinear", "residual",
         "inner2_relu_QuantizeLinear"}};
    oct_fixture *const fixture = *state;
    octet_network *const network = load(fixture, fixture->contexts[fixture->count - 1]);
    for (size_t i = 0; i < OCT_COUNT(sources); i++) {
        octet_layer_info info;
        size_t count = 0;
        while (sources[i][count] != NULL)
            count++;
        oct_assert_ok(fixture, octet_network_layer(network, i, &info));
        assert_int_equal(info.source_count, count);
        for (size_t j = 0; j < count; j++)
            assert_string_equal(info.sources[j], sources[i][j]);
    }
    octet_network_destroy(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layers),
        cmocka_unit_test(test_sources),
        cmocka_unit_test(test_recorded),
        cmocka_unit_test(test_accuracy),
    };
    return cmocka_run_group_tests(tests, oct_open_all, oct_close_all);
}
