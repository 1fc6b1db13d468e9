/* test_shape.c - Flatten, Reshape, Transpose, Identity, Constant: the right elements in the right
 * places, and no work where none is needed. */
#include "run.h"

enum { IMAGES = 3, MOST = 512 };

/* An input (N,a,b,c) of u8 through one node. "list" is the perm or the shape. */
typedef struct reshaping {
    const char *name, *type;
    int64_t input[4];
    size_t count;
    int64_t list[5], axis;
    size_t rank;
    int64_t output[5]; /* for one image, the first size multiplied by the images */
    size_t layers;     /* operators; a view alone is copied to the output by one */
} reshaping;

/* clang-format off */
static const reshaping reshapings[] = {
    {"flatten", "Flatten", {-1, 2, 3, 4}, 0, {0}, 1, 2, {1, 24}, 1},
    {"flatten at 3", "Flatten", {-1, 2, 3, 4}, 0, {0}, 3, 2, {6, 4}, 1},
    {"flatten at -1", "Flatten", {-1, 2, 3, 4}, 0, {0}, -1, 2, {6, 4}, 1},
    {"copy and rest", "Reshape", {-1, 2, 3, 4}, 2, {0, -1}, 0, 2, {1, 24}, 1},
    {"rest first", "Reshape", {-1, 2, 3, 4}, 3, {-1, 3, 8}, 0, 3, {1, 3, 8}, 1},
    {"rest first, more rows", "Reshape", {-1, 2, 3, 4}, 2, {-1, 8}, 0, 2, {3, 8}, 1},
    {"copies", "Reshape", {-1, 2, 3, 4}, 4, {0, 0, 4, 3}, 0, 4, {1, 2, 4, 3}, 1},
    {"rank 5", "Reshape", {-1, 2, 3, 4}, 5, {0, 2, 1, 3, -1}, 0, 5, {1, 2, 1, 3, 4}, 1},
    {"identity", "Identity", {-1, 2, 3, 4}, 0, {0}, 0, 4, {1, 2, 3, 4}, 1},
    {"to last", "Transpose", {-1, 2, 3, 4}, 4, {0, 2, 3, 1}, 0, 4, {1, 3, 4, 2}, 1},
    {"to first", "Transpose", {-1, 2, 3, 4}, 4, {0, 3, 1, 2}, 0, 4, {1, 4, 2, 3}, 1},
    {"one channel", "Transpose", {-1, 1, 3, 4}, 4, {0, 2, 3, 1}, 0, 4, {1, 3, 4, 1}, 1},
};
/* clang-format on */

static oct_model *make_model(const reshaping *r)
{
    const int64_t count = (int64_t)r->count;
    oct_model *const m = oct_model_create();
    oct_model_input(m, "x", OCT_TYPE(UINT8), 4, r->input);
    const bool reshape = strcmp(r->type, "Reshape") == 0;
    if (reshape)
        oct_model_tensor(m, "list", OCT_TYPE(INT64), 1, &count, r->list,
                         r->count * sizeof r->list[0]);
    Onnx__NodeProto *const node =
        oct_model_node(m, r->type, r->name, reshape ? "x list" : "x", "y");
    if (strcmp(r->type, "Flatten") == 0)
        oct_model_integer(m, node, "axis", r->axis);
    if (strcmp(r->type, "Transpose") == 0)
        oct_model_integers(m, node, "perm", r->count, r->list);
    oct_model_output(m, "y");
    return m;
}

/* Reshaping keeps the sequence; a transposition is written out. */
static void compute(const reshaping *r, const uint8_t *input, uint8_t *output)
{
    const size_t in[4] = {IMAGES, (size_t)r->input[1], (size_t)r->input[2], (size_t)r->input[3]};
    const size_t count = in[0] * in[1] * in[2] * in[3];
    size_t at[4], steps[4], sizes[4];
    memcpy(output, input, count);
    if (strcmp(r->type, "Transpose") != 0)
        return;
    for (size_t i = 0; i < 4; i++) {
        sizes[i] = in[r->list[i]];
        steps[i] = 1;
        for (int64_t j = r->list[i] + 1; j < 4; j++)
            steps[i] *= in[j];
    }
    for (at[0] = 0; at[0] < sizes[0]; at[0]++)
        for (at[1] = 0; at[1] < sizes[1]; at[1]++)
            for (at[2] = 0; at[2] < sizes[2]; at[2]++)
                for (at[3] = 0; at[3] < sizes[3]; at[3]++)
                    *output++ = input[at[0] * steps[0] + at[1] * steps[1] + at[2] * steps[2] +
                                      at[3] * steps[3]];
}

static void check_shape(oct_fixture *fixture, oct_model *m, const reshaping *r)
{
    octet_network *const network = oct_model_load(fixture, fixture->contexts[0], m);
    octet_network_value value;
    assert_int_equal(octet_network_outputs(network, &value, 1), 1);
    assert_true(value.batched && value.shape.rank == r->rank);
    for (size_t i = 0; i < r->rank; i++)
        assert_int_equal(value.shape.size[i], r->output[i]);
    if (octet_network_layers(network) != r->layers)
        fail_msg("%s: %zu layers instead of %zu", r->name, octet_network_layers(network),
                 r->layers);
    octet_network_destroy(network);
}

static void test_reshapings(void **state)
{
    oct_fixture *const fixture = *state;
    uint8_t input[MOST], expected[MOST], actual[MOST];
    for (size_t i = 0; i < MOST; i++)
        input[i] = (uint8_t)(i * 7 + i / 256);
    for (size_t i = 0; i < OCT_COUNT(reshapings); i++) {
        const reshaping *const r = &reshapings[i];
        oct_model *const m = make_model(r);
        check_shape(fixture, m, r);
        compute(r, input, expected);
        for (size_t j = 0; j < fixture->count; j++) {
            memset(actual, 0, sizeof actual);
            oct_model_run(fixture, fixture->contexts[j], m, 2, IMAGES, input, actual);
            if (memcmp(actual, expected,
                       IMAGES * (size_t)(r->input[1] * r->input[2] * r->input[3])) != 0)
                fail_msg("%s: wrong elements", r->name);
        }
        oct_model_free(m);
    }
}

static const int64_t image[] = {-1, 2, 3, 4};

/* Pools store channels last; the model's own transposition to that order then moves nothing, and a
 * flatten of a single channel or pixel neither. */
static void test_free_transposition(void **state)
{
    oct_fixture *const fixture = *state;
    static const int64_t ones[] = {1, 1}, perm[] = {0, 2, 3, 1};
    uint8_t input[MOST], output[MOST];
    oct_model *const m = oct_model_create();
    oct_model_input(m, "x", OCT_TYPE(UINT8), 4, image);
    oct_model_integers(m, oct_model_node(m, "MaxPool", "pool", "x", "p"), "kernel_shape", 2, ones);
    oct_model_integers(m, oct_model_node(m, "Transpose", "to last", "p", "y"), "perm", 4, perm);
    oct_model_output(m, "y");
    assert_int_equal(oct_model_layers(fixture, m), 2); /* (to channels last), pool */
    for (size_t i = 0; i < MOST; i++)
        input[i] = (uint8_t)i;
    oct_model_run(fixture, fixture->contexts[0], m, 2, 2, input, output);
    for (size_t i = 0; i < 2 * 24; i++)
        assert_int_equal(output[i], i / 24 * 24 + i % 24 % 2 * 12 + i % 24 / 2);
    oct_model_free(m);
}

/* The same value twice as an output, an input as an output, and an input that nobody uses. */
static void test_shared_outputs(void **state)
{
    oct_fixture *const fixture = *state;
    uint8_t x[24], unused[24] = {0}, y[3][24];
    const void *const inputs[] = {x, unused};
    void *const outputs[] = {y[0], y[1], y[2]};
    oct_model *const m = oct_model_create();
    oct_model_input(m, "x", OCT_TYPE(UINT8), 4, image);
    oct_model_input(m, "unused", OCT_TYPE(UINT8), 4, image);
    oct_model_integers(m, oct_model_node(m, "MaxPool", "pool", "x", "p"), "kernel_shape", 2,
                       (const int64_t[]){1, 1});
    oct_model_output(m, "p");
    oct_model_output(m, "p");
    oct_model_output(m, "x");
    for (size_t i = 0; i < sizeof x; i++)
        x[i] = (uint8_t)(200 - i);
    for (size_t j = 0; j < fixture->count; j++) {
        octet_network *const network = oct_model_load(fixture, fixture->contexts[j], m);
        memset(y, 0, sizeof y);
        oct_assert_ok(fixture, octet_network_run(network, 1, inputs, outputs, NULL));
        for (size_t i = 0; i < 3; i++)
            assert_memory_equal(y[i], x, sizeof x);
        octet_network_destroy(network);
    }
    oct_model_free(m);
}

/* Constants: a Constant node as shape and as scale, nodes out of order, initializers that are
 * listed as inputs too, weights quantized by a node. */
static void test_constants(void **state)
{
    oct_fixture *const fixture = *state;
    static const int64_t sizes[] = {-1, 4}, matrix[] = {4, 2}, shape[] = {0, 2, 1};
    static const float weights[] = {1, -1, 2, -2, 3, -3, 4, -4};
    static const uint8_t input[] = {1, 2, 3, 4, 5, 6, 7, 8};
    static const int32_t expected[] = {30, -30, 70, -70};
    int32_t output[4];
    oct_model *const m = oct_model_create();
    oct_model_input(m, "x", OCT_TYPE(UINT8), 2, sizes);
    oct_model_input(m, "w", OCT_TYPE(FLOAT), 2, matrix);
    oct_model_tensor(m, "w", OCT_TYPE(FLOAT), 2, matrix, weights, sizeof weights);
    oct_model_zero(m, "z", OCT_TYPE(INT8), 0);
    oct_model_node(m, "Reshape", "reshape", "c shape", "y"); /* before what it needs */
    oct_model_node(m, "MatMulInteger", "product", "x wq", "c");
    oct_model_node(m, "QuantizeLinear", "quantize", "w one z", "wq");
    Onnx__AttributeProto *const one =
        oct_model_attribute(m, oct_model_node(m, "Constant", "one", "", "one"), "value_float",
                            ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT);
    one->has_f = 1;
    one->f = 1.0f;
    oct_model_integers(m, oct_model_node(m, "Constant", "shape", "", "shape"), "value_ints", 3,
                       shape);
    oct_model_output(m, "y");
    assert_int_equal(oct_model_layers(fixture, m), 1); /* the product alone */
    for (size_t j = 0; j < fixture->count; j++) {
        oct_model_run(fixture, fixture->contexts[j], m, 2, 2, input, output);
        assert_memory_equal(output, expected, sizeof expected);
    }
    oct_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reshapings),
        cmocka_unit_test(test_free_transposition),
        cmocka_unit_test(test_shared_outputs),
        cmocka_unit_test(test_constants),
    };
    return cmocka_run_group_tests(tests, oct_open_all, oct_close_all);
}
