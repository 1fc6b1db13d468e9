/* test_moves.c - Slice, Split, Gather, Pad and Resize to the nearest: the right elements in the right
 * places, of stored values and between DequantizeLinear and QuantizeLinear. */
#include "qdq.h"

enum { MOST_LISTS = 4, MOST_INDICES = 10, MOST = 2048 };

/* An input (N,3,4,4) of u8 through one node with lists of integers for inputs 1 to 4, "floats" if they are
 * scales; those of no count are not given. */
typedef struct move {
    const char *name, *type, *texts; /* texts: attributes, "name value" each */
    struct {
        size_t count;
        int64_t items[8];
    } lists[MOST_LISTS];
    bool floats;
    struct {
        size_t count; /* 0: as it was */
        int indices[MOST_INDICES];
    } expected[3]; /* of dimensions 1 to 3 */
} move;

/* clang-format off */
static const move moves[] = {
    {"slice", "Slice", "", {{2, {1, -1}}, {2, {3, -9}}, {2, {1, -1}}, {2, {1, -2}}}, false,
     {{2, {1, 2}}, {0, {0}}, {2, {3, 1}}}},
    {"slice of all images", "Slice", "", {{2, {0, 1}}, {2, {INT64_MAX, 2}}}, false, {{1, {1}}}},
    {"one step over all", "Slice", "", {{1, {2}}, {1, {INT64_MAX}}, {1, {2}}, {1, {INT64_MAX}}}, false,
     {{0, {0}}, {1, {2}}}},
    {"gather", "Gather", "axis -1", {{3, {3, -4, 3}}}, false, {{0, {0}}, {0, {0}}, {3, {3, 0, 3}}}},
    {"split", "Split", "axis 1", {{2, {2, 1}}}, false, {{2, {0, 1}}}},
    {"pad with zeros", "Pad", "", {{8, {0, 1, 2, 0, 0, 0, 1, -1}}}, false,
     {{4, {-1, 0, 1, 2}}, {7, {-1, -1, 0, 1, 2, 3, -1}}, {3, {0, 1, 2}}}},
    {"pad by reflection", "Pad", "mode reflect", {{8, {0, 2, 0, 3, 0, 2, 1, 0}}}, false,
     {{7, {2, 1, 0, 1, 2, 1, 0}}, {5, {0, 1, 2, 3, 2}}, {7, {3, 2, 1, 0, 1, 2, 3}}}},
    {"pad by more than there is", "Pad", "mode reflect", {{8, {0, 5, 0, 0, 0, 0, 0, 0}}}, false,
     {{8, {1, 0, 1, 2, 1, 0, 1, 2}}}},
    {"pad with the edge", "Pad", "mode edge", {{8, {0, 0, 1, -1, 0, 0, 2, 1}}}, false,
     {{0, {0}}, {7, {0, 0, 1, 2, 3, 3, 3}}, {4, {1, 2, 3, 3}}}},
    {"pad around", "Pad", "mode wrap", {{8, {0, 1, 0, 0, 0, 4, 0, 0}}}, false,
     {{8, {2, 0, 1, 2, 0, 1, 2, 0}}}},
    {"pad two axes", "Pad", "", {{4, {1, 0, 0, 1}}, {0, {0}}, {2, {-1, 1}}}, false,
     {{4, {0, 1, 2, -1}}, {0, {0}}, {5, {-1, 0, 1, 2, 3}}}},
    {"twice as large", "Resize", "nearest_mode floor coordinate_transformation_mode asymmetric",
     {{0, {0}}, {4, {1, 1, 2, 2}}}, true,
     {{0, {0}}, {8, {0, 0, 1, 1, 2, 2, 3, 3}}, {8, {0, 0, 1, 1, 2, 2, 3, 3}}}},
    {"to sizes", "Resize", "axes 23", {{0, {0}}, {0, {0}}, {2, {2, 6}}}, false,
     {{0, {0}}, {2, {0, 2}}, {6, {0, 0, 1, 2, 2, 3}}}},
};
/* clang-format on */

/* ---- Models ---- */

static void add_texts(oct_model *m, Onnx__NodeProto *node, const char *texts)
{
    char **words;
    const size_t count = oct_model_words(m, texts, &words);
    for (size_t i = 0; i + 1 < count; i += 2)
        if (strcmp(words[i], "axis") == 0)
            oct_model_integer(m, node, words[i], atoi(words[i + 1]));
        else if (strcmp(words[i], "axes") == 0)
            oct_model_integers(m, node, words[i], 2,
                               (const int64_t[]){words[i + 1][0] - '0', words[i + 1][1] - '0'});
        else
            oct_model_string(m, node, words[i], words[i + 1]);
}

static void add_list(oct_model *m, const char *name, const int64_t *items, size_t count,
                     bool floats)
{
    const int64_t size = (int64_t)count;
    float numbers[8];
    for (size_t i = 0; i < count; i++)
        numbers[i] = (float)items[i];
    if (floats)
        oct_model_tensor(m, name, OCT_TYPE(FLOAT), 1, &size, numbers, count * sizeof numbers[0]);
    else
        oct_model_tensor(m, name, OCT_TYPE(INT64), 1, &size, items, count * sizeof items[0]);
}

/* "x" to "moved". */
static void add_move(oct_model *m, const move *c, const char *x)
{
    char inputs[64];
    snprintf(inputs, sizeof inputs, "%s", x);
    for (size_t i = 0; i < MOST_LISTS; i++) {
        char name[4] = "-";
        if (c->lists[i].count > 0) {
            snprintf(name, sizeof name, "l%zu", i);
            add_list(m, name, c->lists[i].items, c->lists[i].count, c->floats);
        }
        strcat(strcat(inputs, " "), name);
    }
    Onnx__NodeProto *const node = oct_model_node(
        m, c->type, "move", inputs, strcmp(c->type, "Split") == 0 ? "moved rest" : "moved");
    while (node->input[node->n_input - 1][0] == '\0')
        node->n_input--;
    add_texts(m, node, c->texts);
    m->opset.version = 19;
}

/* ---- Expectations ---- */

static size_t expect(const move *c, const uint8_t *x, uint8_t fill, uint8_t *y)
{
    static const size_t sizes[] = {CHANNELS, SIDE, SIDE};
    size_t counts[3], count = 0;
    for (size_t d = 0; d < 3; d++)
        counts[d] = c->expected[d].count > 0 ? c->expected[d].count : sizes[d];
    for (size_t i = 0; i < IMAGES * counts[0] * counts[1] * counts[2]; i++) {
        size_t rest = i, from = 0, stride = 1;
        bool inside = true;
        for (size_t d = 3; d-- > 0; stride *= sizes[d]) {
            const int at = c->expected[d].count > 0 ? c->expected[d].indices[rest % counts[d]]
                                                    : (int)(rest % counts[d]);
            inside = inside && at >= 0;
            from += (size_t)at * stride;
            rest /= counts[d];
        }
        y[count++] = inside ? x[rest * stride + from] : fill;
    }
    return count;
}

/* What QuantizeLinear makes of a stored value dequantized. */
static uint8_t requantize(uint8_t x)
{
    volatile float real = x_scale * (float)(x - X_ZERO), steps = real / y_scale;
    const float q = nearbyintf(steps) + Y_ZERO;
    return (uint8_t)(q < 0 ? 0 : q > 255 ? 255 : q);
}

static void run_case(oct_fixture *fixture, oct_model *m, const char *name, size_t layers,
                     const uint8_t *x, const uint8_t *expected, size_t count)
{
    uint8_t actual[MOST];
    for (size_t i = 0; i < fixture->count; i++) {
        memset(actual, 0xaa, sizeof actual);
        oct_model_run(fixture, fixture->contexts[i], m, 1, IMAGES, x, actual);
        if (memcmp(actual, expected, count) != 0)
            fail_msg("%s: computed differently", name);
    }
    if (oct_model_layers(fixture, m) != layers)
        fail_msg("%s: %zu layers instead of %zu", name, oct_model_layers(fixture, m), layers);
}

/* ---- Tests ---- */

static void test_stored(void **state)
{
    oct_fixture *const fixture = *state;
    uint8_t x[X_COUNT], expected[MOST];
    oct_qdq_fill(x, X_COUNT);
    for (size_t i = 0; i < OCT_COUNT(moves); i++) {
        oct_model *const m = oct_model_create();
        oct_model_input(m, "x", OCT_TYPE(UINT8), 4, oct_qdq_image);
        add_move(m, &moves[i], "x");
        oct_model_output(m, "moved");
        const size_t count = expect(&moves[i], x, 0, expected);
        run_case(fixture, m, moves[i].name, 1, x, expected, count);
        oct_model_free(m);
    }
}

/* With the same parameters nothing but the move remains; with others a table after it. Zero is the zero
 * point. */
static void test_between(void **state)
{
    oct_fixture *const fixture = *state;
    uint8_t x[X_COUNT], expected[MOST];
    oct_qdq_fill(x, X_COUNT);
    for (size_t i = 0; i < 2 * OCT_COUNT(moves); i++) {
        const move *const c = &moves[i / 2];
        const bool same = i % 2 == 0;
        oct_model *const m = oct_qdq_start(4, oct_qdq_image);
        add_move(m, c, "x_f");
        if (same) {
            oct_model_node(m, "QuantizeLinear", "quantize", "moved x_s x_z", "y");
            oct_model_output(m, "y");
        } else {
            oct_qdq_quantize(m, "moved");
        }
        const size_t count = expect(c, x, X_ZERO, expected);
        for (size_t j = 0; j < count && !same; j++)
            expected[j] = requantize(expected[j]);
        run_case(fixture, m, c->name, same ? 1 : 2, x, expected, count);
        oct_model_free(m);
    }
}

/* A value that has no stored one before, but after: quantized there. */
static void test_fill(void **state)
{
    oct_fixture *const fixture = *state;
    const move *const pad = &moves[5];
    uint8_t x[X_COUNT], expected[MOST];
    oct_qdq_fill(x, X_COUNT);
    for (size_t same = 0; same < 2; same++) {
        oct_model *const m = oct_qdq_start(4, oct_qdq_image);
        add_move(m, pad, "x_f");
        oct_model_scale(m, "fill", -17.03f);
        oct_small_node(m, "move")->n_input = 3;
        oct_small_node(m, "move")->input[2] = oct_model_text(m, "fill");
        oct_model_node(m, "QuantizeLinear", "quantize", same ? "moved x_s x_z" : "moved y_s y_z",
                       "y");
        oct_model_output(m, "y");
        for (size_t i = 0; i < X_COUNT; i++)
            expected[MOST - X_COUNT + i] = same ? x[i] : requantize(x[i]);
        const size_t count =
            expect(pad, expected + MOST - X_COUNT, same ? 0 : Y_ZERO - 57, expected);
        assert_true(count <= MOST - X_COUNT);
        run_case(fixture, m, "fill", same ? 1 : 2, x, expected, count);
        oct_model_free(m);
    }
}

/* Pads and a resize between pools, which store channels last, move nothing else. */
static void test_layout(void **state)
{
    oct_fixture *const fixture = *state;
    uint8_t x[X_COUNT], expected[MOST];
    oct_model *const m = oct_model_create();
    oct_model_input(m, "x", OCT_TYPE(UINT8), 4, oct_qdq_image);
    oct_model_integers(m, oct_model_node(m, "MaxPool", "first", "x", "p"), "kernel_shape", 2,
                       (const int64_t[]){1, 1});
    add_move(m, &moves[6], "p");
    oct_model_integers(m, oct_model_node(m, "MaxPool", "last", "moved", "y"), "kernel_shape", 2,
                       (const int64_t[]){1, 1});
    oct_model_output(m, "y");
    oct_qdq_fill(x, X_COUNT);
    const size_t count = expect(&moves[6], x, 0, expected);
    run_case(fixture, m, "between pools", 5, x, expected, count); /* to channels last and back */
    oct_model_free(m);
}

/* Both outputs of a split, an index without a dimension, a matrix of indices. */
static void test_shapes(void **state)
{
    oct_fixture *const fixture = *state;
    static const int64_t indices[] = {1, 0, 0, 3, 2, 1}, matrix[] = {2, 3}, one = -1;
    uint8_t x[X_COUNT], y[3][MOST];
    const void *const inputs[] = {x};
    void *const outputs[] = {y[0], y[1], y[2]};
    octet_network_value values[3];
    oct_model *const m = oct_model_create();
    oct_model_input(m, "x", OCT_TYPE(UINT8), 4, oct_qdq_image);
    oct_model_tensor(m, "matrix", OCT_TYPE(INT64), 2, matrix, indices, sizeof indices);
    oct_model_tensor(m, "one", OCT_TYPE(INT64), 0, NULL, &one, sizeof one);
    oct_model_integer(m, oct_model_node(m, "Split", "split", "x", "other part"), "axis", 3);
    oct_model_integer(m, oct_model_node(m, "Gather", "one", "x one", "line"), "axis", 1);
    oct_model_integer(m, oct_model_node(m, "Gather", "many", "x matrix", "table"), "axis", 2);
    oct_model_output(m, "part");
    oct_model_output(m, "line");
    oct_model_output(m, "table");
    oct_qdq_fill(x, X_COUNT);
    for (size_t j = 0; j < fixture->count; j++) {
        octet_network *const network = oct_model_load(fixture, fixture->contexts[j], m);
        assert_int_equal(octet_network_outputs(network, values, 3), 3);
        oct_assert_ok(fixture, octet_network_run(network, IMAGES, inputs, outputs, NULL));
        octet_network_destroy(network);
        for (size_t i = 0; i < X_COUNT / 2; i++)
            assert_int_equal(y[0][i], x[i / 2 * 4 + 2 + i % 2]);
        for (size_t i = 0; i < IMAGES * PIXELS; i++)
            assert_int_equal(y[1][i], x[(i / PIXELS * CHANNELS + 2) * PIXELS + i % PIXELS]);
        for (size_t i = 0; i < X_COUNT / SIDE * OCT_COUNT(indices); i++) {
            const size_t row = (size_t)indices[i / SIDE % OCT_COUNT(indices)];
            assert_int_equal(y[2][i],
                             x[(i / SIDE / OCT_COUNT(indices) * SIDE + row) * SIDE + i % SIDE]);
        }
    }
    assert_int_equal(values[1].shape.rank, 3);
    assert_int_equal(values[2].shape.rank, 5);
    assert_int_equal(values[2].shape.size[3], 3);
    oct_model_free(m);
}

/* Until version 10 pads were attributes, and Resize had its scales second. */
static void test_older(void **state)
{
    oct_fixture *const fixture = *state;
    static const int64_t four = 4, pads[] = {0, 0, 0, 1, 0, 0, 0, 0};
    static const float scales[] = {1, 1, 0.5f, 1};
    const move expected_move = {.expected = {{0, {0}}, {2, {0, 2}}, {5, {-1, 0, 1, 2, 3}}}};
    uint8_t x[X_COUNT], expected[MOST];
    oct_model *const m = oct_model_create();
    m->opset.version = 10;
    oct_model_input(m, "x", OCT_TYPE(UINT8), 4, oct_qdq_image);
    oct_model_tensor(m, "scales", OCT_TYPE(FLOAT), 1, &four, scales, sizeof scales);
    Onnx__NodeProto *const pad = oct_model_node(m, "Pad", "pad", "x", "p");
    oct_model_integers(m, pad, "pads", 8, pads);
    oct_model_float(m, pad, "value", 5.0f);
    oct_model_node(m, "Resize", "resize", "p scales", "y");
    oct_model_output(m, "y");
    oct_qdq_fill(x, X_COUNT);
    const size_t count = expect(&expected_move, x, 5, expected);
    run_case(fixture, m, "older", 2, x, expected, count);
    oct_model_free(m);
}

/* ---- Linear ---- */

/* Twice as large by half pixels: quarters of the way, but at the ends. */
static double interpolated(const uint8_t *image, size_t row, size_t column)
{
    double sum = 0;
    for (size_t i = 0; i < 4; i++) {
        const double at[2] = {((double)row + 0.5) / 2 - 0.5, ((double)column + 0.5) / 2 - 0.5};
        double weight = 1;
        size_t place[2];
        for (size_t d = 0; d < 2; d++) {
            const double bounded = fmin(fmax(at[d], 0), SIDE - 1), below = floor(bounded);
            const bool second = (d == 0 ? i / 2 : i % 2) == 1;
            weight *= second ? bounded - below : 1 - (bounded - below);
            place[d] = (size_t)below + (second && below < SIDE - 1);
        }
        sum += weight * (image[place[0] * SIDE + place[1]] - X_ZERO);
    }
    return sum * (double)x_scale;
}

/* Between 8-bit values in one layer, wherever the channels are; and to float32. */
static void test_linear(void **state)
{
    oct_fixture *const fixture = *state;
    static const move twice = {.type = "Resize",
                               .texts = "mode linear",
                               .floats = true,
                               .lists = {{0, {0}}, {4, {1, 1, 2, 2}}}};
    enum { COUNT = IMAGES * CHANNELS * 4 * SIDE * SIDE };
    uint8_t x[X_COUNT], stored[COUNT];
    float real[COUNT];
    oct_qdq_fill(x, X_COUNT);
    for (size_t i = 0; i < 4; i++) {
        const bool pooled = i % 2 == 1, to_float = i / 2 == 1;
        oct_model *const m = oct_qdq_start(4, oct_qdq_image);
        if (pooled)
            oct_model_integers(m, oct_model_node(m, "MaxPool", "pool", "x_f", "p"), "kernel_shape",
                               2, (const int64_t[]){1, 1});
        add_move(m, &twice, pooled ? "p" : "x_f");
        if (to_float)
            oct_model_output(m, "moved");
        else
            oct_qdq_quantize(m, "moved");
        for (size_t j = 0; j < fixture->count; j++) {
            oct_model_run(fixture, fixture->contexts[j], m, 1, IMAGES, x,
                          to_float ? (void *)real : stored);
            for (size_t k = 0; k < COUNT; k++) {
                const double wanted = interpolated(x + k / (4 * PIXELS) * PIXELS,
                                                   k / (2 * SIDE) % (2 * SIDE), k % (2 * SIDE));
                const double bounded = fmin(fmax(wanted / (double)y_scale + Y_ZERO, 0), 255);
                if (to_float ? fabs((double)real[k] - wanted) > 1e-5
                             : fabs(stored[k] - bounded) > 0.5001)
                    fail_msg("case %zu, element %zu: %g instead of %g", i, k,
                             to_float ? (double)real[k] : stored[k], wanted);
            }
        }
        /* the resize, dequantized before, or pooled and back to channels first */
        assert_int_equal(oct_model_layers(fixture, m), 1 + to_float + 3 * pooled);
        oct_model_free(m);
    }
}

/* Half a minute of sound. */
static void test_long_line(void **state)
{
    enum { LENGTH = 1500000, FIRST = 3, LAST = LENGTH - 7, LONG = LAST - FIRST };
    oct_fixture *const fixture = *state;
    uint8_t *const x = malloc(LENGTH), *const y = malloc(LENGTH);
    assert_true(x != NULL && y != NULL);
    for (size_t i = 0; i < LENGTH; i++)
        x[i] = (uint8_t)(i * 7 + i / 256);
    oct_model *const m = oct_model_create();
    const int64_t bounds[] = {FIRST, LAST, 1};
    const char *const names[] = {"first", "last", "axis"};
    oct_model_input(m, "x", OCT_TYPE(UINT8), 2, (const int64_t[]){-1, LENGTH});
    for (size_t i = 0; i < 3; i++)
        oct_model_tensor(m, names[i], OCT_TYPE(INT64), 1, &(int64_t){1}, &bounds[i], 8);
    oct_model_node(m, "Slice", "slice", "x first last axis", "y");
    oct_model_output(m, "y");
    for (size_t i = 0; i < fixture->count; i++) {
        oct_model_run(fixture, fixture->contexts[i], m, 1, 1, x, y);
        assert_memory_equal(y, x + FIRST, LONG);
    }
    oct_model_free(m);
    free(x);
    free(y);
}

/* ---- Refusals ---- */

static const struct {
    move move;
    octet_status status;
    const char *said;
} refusals[] = {
    /* clang-format off */
    {{"images", "Slice", "", {{1, {0}}, {1, {1}}}, false, {{0}}}, OCTET_UNSUPPORTED,
     "a part of the open first dimension"},
    {{"nothing", "Slice", "", {{1, {3}}, {1, {3}}, {1, {2}}}, false, {{0}}}, OCTET_UNSUPPORTED,
     "nothing is left of dimension 2"},
    {{"no step", "Slice", "", {{1, {0}}, {1, {3}}, {1, {2}}, {1, {0}}}, false, {{0}}},
     OCTET_INVALID_ARGUMENT, "a step of 0"},
    {{"an axis twice", "Slice", "", {{2, {0, 0}}, {2, {3, 3}}, {2, {2, -2}}}, false, {{0}}},
     OCTET_INVALID_ARGUMENT, "axis 2 is there twice"},
    {{"ends", "Slice", "", {{2, {0, 0}}, {1, {3}}}, false, {{0}}}, OCTET_INVALID_ARGUMENT,
     "2 starts and 1 ends"},
    {{"axes", "Slice", "", {{1, {0}}, {1, {3}}, {1, {4}}}, false, {{0}}}, OCTET_INVALID_ARGUMENT,
     "axis 4 of 4 dimensions"},
    {{"index", "Gather", "axis 1", {{1, {3}}}, false, {{0}}}, OCTET_INVALID_ARGUMENT,
     "its index 0 is 3; dimension 1 is 3"},
    {{"far axis", "Gather", "axis -5", {{1, {0}}}, false, {{0}}}, OCTET_INVALID_ARGUMENT,
     "axis -5 of 4 dimensions"},
    {{"float indices", "Gather", "axis 1", {{1, {0}}}, true, {{0}}}, OCTET_INVALID_ARGUMENT,
     "its indices is f32"},
    {{"lengths", "Split", "axis 1", {{2, {1, 1}}}, false, {{0}}}, OCTET_INVALID_ARGUMENT,
     "its parts are 2 long together; dimension 1 is 3"},
    {{"long part", "Split", "axis 1", {{2, {2, INT64_MAX}}}, false, {{0}}}, OCTET_INVALID_ARGUMENT,
     "1 of dimension 1 are left"},
    {{"parts", "Split", "axis 1", {{1, {3}}}, false, {{0}}}, OCTET_INVALID_ARGUMENT,
     "1 lengths for 2 outputs"},
    {{"uneven", "Split", "axis 1", {{0, {0}}}, false, {{0}}}, OCTET_INVALID_ARGUMENT,
     "2 outputs for a size of 3"},
    {{"mode", "Pad", "mode some", {{8, {0}}}, false, {{0}}}, OCTET_INVALID_ARGUMENT,
     "its attribute 'mode' is 'some'"},
    {{"pads", "Pad", "", {{7, {0}}}, false, {{0}}}, OCTET_INVALID_ARGUMENT,
     "7 pads for 4 of 4 dimensions"},
    {{"padded images", "Pad", "", {{8, {1}}}, false, {{0}}}, OCTET_UNSUPPORTED,
     "pads the open first dimension"},
    {{"cut away", "Pad", "", {{8, {0, -2, 0, 0, 0, -1, 0, 0}}}, false, {{0}}},
     OCTET_INVALID_ARGUMENT, "pads of -2 and -1 for dimension 1 of 3"},
    {{"far", "Pad", "", {{8, {0, 0, 0, 0, 0, INT64_MIN, 0, 0}}}, false, {{0}}},
     OCTET_INVALID_ARGUMENT, "pads of 0 and -9223372036854775808 for dimension 1 of 3"},
    {{"endless", "Pad", "", {{8, {0, 0, 0, INT32_MAX, 0, 0, 0, 0}}}, false, {{0}}},
     OCTET_UNSUPPORTED, "makes dimension 3 2147483651 long"},
    {{"cubic", "Resize", "mode cubic", {{0, {0}}, {4, {1, 1, 2, 2}}}, true, {{0}}},
     OCTET_UNSUPPORTED, "its attribute 'mode' is 'cubic'"},
    {{"linear of stored values", "Resize", "mode linear", {{0, {0}}, {4, {1, 1, 2, 2}}}, true, {{0}}},
     OCTET_UNSUPPORTED, "linear, of u8"},
    {{"roi", "Resize", "coordinate_transformation_mode tf_crop_and_resize",
      {{0, {0}}, {4, {1, 1, 2, 2}}}, true, {{0}}}, OCTET_UNSUPPORTED, "'tf_crop_and_resize'"},
    {{"no sizes", "Resize", "", {{0}}, false, {{0}}}, OCTET_INVALID_ARGUMENT,
     "scales or sizes, and not both"},
    {{"images resized", "Resize", "", {{0, {0}}, {4, {2, 1, 2, 2}}}, true, {{0}}},
     OCTET_UNSUPPORTED, "resizes the open first dimension"},
    {{"a scale below 0", "Resize", "", {{0, {0}}, {4, {1, 1, -2, 2}}}, true, {{0}}},
     OCTET_INVALID_ARGUMENT, "a scale of -2 for dimension 2 of 4"},
    {{"scales", "Resize", "", {{0, {0}}, {3, {1, 1, 2}}}, true, {{0}}}, OCTET_INVALID_ARGUMENT,
     "3 scales or sizes for 4 of 4"},
    {{"large", "Resize", "", {{0, {0}}, {4, {1, 1, 1000000000, 1}}}, true, {{0}}},
     OCTET_INVALID_ARGUMENT, "a scale of 1e+09 for dimension 2 of 4"},
    /* clang-format on */
};

static void test_refusals(void **state)
{
    oct_fixture *const fixture = *state;
    for (size_t i = 0; i < OCT_COUNT(refusals); i++) {
        oct_model *const m = oct_model_create();
        octet_network *network = NULL;
        size_t size;
        oct_model_input(m, "x", OCT_TYPE(UINT8), 4, oct_qdq_image);
        add_move(m, &refusals[i].move, "x");
        oct_model_output(m, "moved");
        const uint8_t *const bytes = oct_model_pack(m, &size);
        oct_quiet(fixture);
        const octet_status status =
            octet_network_load_onnx_memory(fixture->contexts[0], bytes, size, NULL, &network);
        if (status != refusals[i].status)
            fail_msg("%s: %s; messages:\n%s", refusals[i].move.name, octet_status_text(status),
                     fixture->said);
        oct_assert_said(fixture, refusals[i].said);
        octet_network_destroy(network);
        oct_model_free(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stored),   cmocka_unit_test(test_between),
        cmocka_unit_test(test_fill),     cmocka_unit_test(test_layout),
        cmocka_unit_test(test_shapes),   cmocka_unit_test(test_older),
        cmocka_unit_test(test_linear),   cmocka_unit_test(test_long_line),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, oct_open_all, oct_close_all);
}
