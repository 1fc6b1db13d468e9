/* run.h - loads and runs a model that was built in memory. */
#ifndef OCT_TESTS_ONNX_RUN_H
#define OCT_TESTS_ONNX_RUN_H

#include "model.h"
#include "core/shape.h"
#include "network/fixture.h"

static inline octet_network *oct_model_load(oct_fixture *fixture, octet_context *context,
                                            oct_model *m)
{
    octet_network *network = NULL;
    size_t size;
    const uint8_t *const bytes = oct_model_pack(m, &size);
    oct_quiet(fixture);
    oct_assert_ok(fixture, octet_network_load_onnx_memory(context, bytes, size, NULL, &network));
    return network;
}

/* The same again with nothing asked for, so that layers need not run one by one. */
static inline void oct_model_run_whole(oct_fixture *fixture, octet_network *network, size_t images,
                                       const void *input, const void *expected)
{
    octet_network_value value;
    octet_shape shape;
    size_t bytes = 0;
    assert_int_equal(octet_network_outputs(network, &value, 1), 1);
    shape = value.shape;
    if (value.batched)
        shape.size[0] *= images;
    assert_true(oct_shape_bytes(value.type, &shape, &bytes));
    void *const output = malloc(bytes + 1);
    assert_non_null(output);
    memset(output, 0xee, bytes + 1);
    oct_assert_ok(fixture, octet_network_run(network, images, &input, &output, NULL));
    assert_memory_equal(output, expected, bytes);
    free(output);
}

/* Runs "images" images in batches of "batch" from one input to one output, every layer checked. */
static inline void oct_model_run(oct_fixture *fixture, octet_context *context, oct_model *m,
                                 size_t batch, size_t images, const void *input, void *output)
{
    octet_network *const network = oct_model_load(fixture, context, m);
    octet_network_check check;
    const octet_run_options options = {.struct_size = sizeof options, .check = &check};
    oct_assert_ok(fixture, octet_network_prepare(network, batch));
    oct_assert_ok(fixture, octet_network_run(network, images, &input, &output, &options));
    if (check.different > 0)
        fail_msg("%s", fixture->said);
    oct_model_run_whole(fixture, network, images, input, output);
    octet_network_destroy(network);
}

/* oct_model_assert_unsupported - fails unless the reason of part "index" contains "text". */
static inline void oct_model_assert_unsupported(const octet_network *network, size_t index,
                                                const char *text)
{
    const char *reason = "";
    assert_int_equal(octet_network_unsupported(network, index, &reason), OCTET_OK);
    assert_non_null(strstr(reason, text));
}

/* oct_model_layers - how many operators the model becomes. */
static inline size_t oct_model_layers(oct_fixture *fixture, oct_model *m)
{
    octet_network *const network = oct_model_load(fixture, fixture->contexts[0], m);
    const size_t layers = octet_network_layers(network);
    octet_network_destroy(network);
    return layers;
}

#endif
