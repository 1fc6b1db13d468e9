/* test_reduce.c - ReduceMean, ReduceMin and ReduceMax: of the right elements, in 8 bits where those are
 * around them; ArgMin and ArgMax as the last node. */
#include "qdq.h"

/* "shape": of the result for one image. */
typedef struct reduction {
    const char *name;
    size_t count;
    int64_t axes[3];
    int64_t keep;
    size_t rank, shape[4];
    size_t layers; /* of stored values */
} reduction;

static const reduction reductions[] = {
    {"images", 2, {2, 3}, 1, 4, {1, CHANNELS, 1, 1}, 1},
    {"images, dropped", 2, {-1, -2}, 0, 2, {1, CHANNELS}, 1},
    {"channels", 1, {1}, 0, 3, {1, SIDE, SIDE}, 1},
    {"rows", 1, {2}, 1, 4, {1, CHANNELS, 1, SIDE}, 1},
    {"two apart", 2, {1, 3}, 1, 4, {1, 1, SIDE, 1}, 2},
    {"two apart, dropped", 2, {3, 1}, 0, 2, {1, SIDE}, 2},
    {"all but the images", 3, {1, 2, 3}, 0, 1, {1}, 1},
};
static const char *const types[] = {"ReduceMean", "ReduceMin", "ReduceMax"};

/* "x" to "r". */
static void add_reduction(oct_model *m, const reduction *c, const char *type, const char *x)
{
    Onnx__NodeProto *const node = oct_model_node(m, type, "reduce", x, "r");
    oct_model_integers(m, node, "axes", c->count, c->axes);
    oct_model_integer(m, node, "keepdims", c->keep);
}

/* Whether element "at" of an image counts for result "index". */
static bool counts(const reduction *c, size_t at, size_t index)
{
    const size_t sizes[] = {CHANNELS, SIDE, SIDE};
    size_t place[3], rest = at, result = 0;
    for (size_t d = 3; d-- > 0; rest /= sizes[d])
        place[d] = rest % sizes[d];
    for (size_t d = 0; d < 3; d++) {
        bool folded = false;
        for (size_t i = 0; i < c->count; i++)
            folded = folded || (c->axes[i] + 4) % 4 == (int64_t)d + 1;
        if (!folded)
            result = result * sizes[d] + place[d];
    }
    return result == index;
}

/* Sum of steps, their number, the least and the most, of the elements of one result. */
typedef struct folded {
    int sum, count, least, most;
} folded;

static folded fold(const reduction *c, const uint8_t *image, size_t index)
{
    folded f = {0, 0, 255, 0};
    for (size_t i = 0; i < CHANNELS * PIXELS; i++) {
        if (!counts(c, i, index))
            continue;
        f.sum += image[i] - X_ZERO;
        f.count++;
        f.least = image[i] < f.least ? image[i] : f.least;
        f.most = image[i] > f.most ? image[i] : f.most;
    }
    return f;
}

static uint8_t expect(const folded *f, size_t type)
{
    if (type > 0)
        return (uint8_t)(type == 1 ? f->least : f->most);
    volatile float below = y_scale * (float)f->count, multiplier = x_scale / below;
    volatile float steps = (float)f->sum * multiplier;
    const float q = nearbyintf(steps) + Y_ZERO;
    return (uint8_t)(q < 0 ? 0 : q > 255 ? 255 : q);
}

static size_t result_count(const reduction *c)
{
    size_t count = 1;
    for (size_t i = 0; i < c->rank; i++)
        count *= c->shape[i];
    return count;
}

static void check_shape(oct_fixture *fixture, oct_model *m, const reduction *c)
{
    octet_network *const network = oct_model_load(fixture, fixture->contexts[0], m);
    octet_network_value value;
    assert_int_equal(octet_network_outputs(network, &value, 1), 1);
    if (value.shape.rank != c->rank ||
        memcmp(value.shape.size, c->shape, c->rank * sizeof c->shape[0]) != 0)
        fail_msg("%s: another shape", c->name);
    octet_network_destroy(network);
}

/* Means to other parameters, the smallest and largest to the same. */
static void test_stored(void **state)
{
    oct_fixture *const fixture = *state;
    uint8_t x[X_COUNT], actual[X_COUNT];
    oct_qdq_fill(x, X_COUNT);
    for (size_t i = 0; i < 3 * OCT_COUNT(reductions); i++) {
        const reduction *const c = &reductions[i / 3];
        const size_t count = result_count(c), type = i % 3;
        oct_model *const m = oct_qdq_start(4, oct_qdq_image);
        add_reduction(m, c, types[type], "x_f");
        oct_model_node(m, "QuantizeLinear", "quantize", type == 0 ? "r y_s y_z" : "r x_s x_z", "y");
        oct_model_output(m, "y");
        check_shape(fixture, m, c);
        for (size_t j = 0; j < fixture->count; j++) {
            memset(actual, 0xaa, sizeof actual);
            oct_model_run(fixture, fixture->contexts[j], m, 1, IMAGES, x, actual);
            for (size_t k = 0; k < IMAGES * count; k++) {
                const folded f = fold(c, x + k / count * CHANNELS * PIXELS, k % count);
                if (actual[k] != expect(&f, type))
                    fail_msg("%s of %s: element %zu is %d", types[type], c->name, k, actual[k]);
            }
        }
        if (oct_model_layers(fixture, m) != c->layers)
            fail_msg("%s of %s: %zu layers", types[type], c->name, oct_model_layers(fixture, m));
        oct_model_free(m);
    }
}

/* Of float32: small integers, so that every order gives the same sum. */
static void test_floats(void **state)
{
    oct_fixture *const fixture = *state;
    uint8_t bytes[X_COUNT];
    float x[X_COUNT], actual[X_COUNT];
    oct_qdq_fill(bytes, X_COUNT);
    for (size_t i = 0; i < X_COUNT; i++)
        x[i] = (float)(bytes[i] - X_ZERO);
    for (size_t i = 0; i < 3 * OCT_COUNT(reductions); i++) {
        const reduction *const c = &reductions[i / 3];
        const size_t count = result_count(c);
        oct_model *const m = oct_model_create();
        oct_model_input(m, "x", OCT_TYPE(FLOAT), 4, oct_qdq_image);
        add_reduction(m, c, types[i % 3], "x");
        oct_model_output(m, "r");
        for (size_t j = 0; j < fixture->count; j++) {
            oct_model_run(fixture, fixture->contexts[j], m, 1, IMAGES, x, actual);
            for (size_t k = 0; k < IMAGES * count; k++) {
                const folded f = fold(c, bytes + k / count * CHANNELS * PIXELS, k % count);
                const float expected[] = {(float)f.sum / (float)f.count, (float)(f.least - X_ZERO),
                                          (float)(f.most - X_ZERO)};
                assert_true(actual[k] == expected[i % 3]);
            }
        }
        oct_model_free(m);
    }
}

/* After a pool, which stores channels last, images and channels are folded where they are; two
 * dimensions that are neighbours only in the model's order are not. */
static void test_layout(void **state)
{
    oct_fixture *const fixture = *state;
    static const reduction neighbours = {"h of c and h", 2, {1, 2}, 1, 4, {1, 1, 1, SIDE}, 0};
    static const struct {
        const reduction *reduction;
        size_t layers;
    } cases[] = {{&reductions[0], 3}, {&reductions[2], 3}, {&neighbours, 4}};
    uint8_t x[X_COUNT], actual[X_COUNT];
    oct_qdq_fill(x, X_COUNT);
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        const reduction *const c = cases[i].reduction;
        const size_t count = result_count(c);
        oct_model *const m = oct_model_create();
        oct_model_input(m, "x", OCT_TYPE(UINT8), 4, oct_qdq_image);
        oct_model_integers(m, oct_model_node(m, "MaxPool", "pool", "x", "p"), "kernel_shape", 2,
                           (const int64_t[]){1, 1});
        add_reduction(m, c, "ReduceMax", "p");
        oct_model_output(m, "r");
        oct_model_run(fixture, fixture->contexts[0], m, 1, IMAGES, x, actual);
        for (size_t k = 0; k < IMAGES * count; k++)
            assert_int_equal(actual[k], fold(c, x + k / count * CHANNELS * PIXELS, k % count).most);
        if (oct_model_layers(fixture, m) != cases[i].layers)
            fail_msg("%s: %zu layers", c->name, oct_model_layers(fixture, m));
        oct_model_free(m);
    }
}

/* ---- Indices ---- */

/* The index along "axis" of the first smallest or largest of x, whose elements are few numbers. */
static int32_t index_of(const uint8_t *x, bool largest, size_t axis, size_t image, size_t result)
{
    const size_t inner = axis == 1 ? PIXELS : axis == 2 ? SIDE : 1;
    const size_t n = axis == 1 ? CHANNELS : SIDE;
    const uint8_t *const line =
        x + image * CHANNELS * PIXELS + result / inner * n * inner + result % inner;
    size_t at = 0;
    for (size_t i = 1; i < n; i++)
        if (largest ? line[i * inner] > line[at * inner] : line[i * inner] < line[at * inner])
            at = i;
    return (int32_t)at;
}

/* Of stored values, with channels last after a pool in every second case, dequantized, or of float32:
 * the output is declared int64, as ONNX has it. */
static void test_indices(void **state)
{
    oct_fixture *const fixture = *state;
    uint8_t x[X_COUNT];
    int32_t actual[X_COUNT];
    oct_qdq_fill(x, X_COUNT);
    for (size_t i = 0; i < X_COUNT; i++)
        x[i] = (uint8_t)(x[i] % 5 + 40);
    for (int i = 0; i < 24; i++) {
        const bool largest = i % 2 == 0, keep = i / 2 % 2 == 0;
        const size_t axis = 1 + (size_t)i / 4 % 3,
                     count = CHANNELS * PIXELS / (axis == 1 ? CHANNELS : SIDE);
        static const int64_t open[] = {-1, -1, -1, -1};
        oct_model *const m = oct_qdq_start(4, oct_qdq_image);
        oct_model_integers(m, oct_model_node(m, "MaxPool", "pool", "x", "p"), "kernel_shape", 2,
                           (const int64_t[]){1, 1});
        Onnx__NodeProto *const node =
            oct_model_node(m, largest ? "ArgMax" : "ArgMin", "arg", i < 12 ? "x_f" : "p", "y");
        oct_model_integer(m, node, "axis", (int64_t)axis - (i % 3 == 0 ? 4 : 0));
        oct_model_integer(m, node, "keepdims", keep);
        m->outputs[m->graph.n_output++] =
            oct_model_port(m, "y", OCT_TYPE(INT64), keep ? 4 : 3, open);
        if (i < 12) /* of stored values: nothing is dequantized */
            assert_int_equal(oct_model_layers(fixture, m), 1);
        for (size_t j = 0; j < fixture->count; j++) {
            oct_model_run(fixture, fixture->contexts[j], m, 1, IMAGES, x, actual);
            for (size_t k = 0; k < IMAGES * count; k++)
                assert_int_equal(actual[k], index_of(x, largest, axis, k / count, k % count));
        }
        oct_model_free(m);
    }
}

/* Behind the index: it keeps being one, of either integer type. */
static void test_moved_indices(void **state)
{
    static const int64_t open[] = {-1, -1, -1}, swapped[] = {0, 2, 1};
    static const int32_t to[] = {0, OCT_TYPE(INT32), OCT_TYPE(INT64)};
    static const int32_t declared[] = {OCT_TYPE(INT32), OCT_TYPE(INT64)};
    oct_fixture *const fixture = *state;
    uint8_t x[X_COUNT];
    int32_t actual[IMAGES * PIXELS];
    oct_qdq_fill(x, X_COUNT);
    for (size_t i = 0; i < 2 * 2 * OCT_COUNT(to); i++) {
        const bool moved = i % 2 == 1;
        oct_model *const m = oct_qdq_start(4, oct_qdq_image);
        Onnx__NodeProto *const arg = oct_model_node(m, "ArgMax", "arg", "x_f", "a");
        oct_model_integer(m, arg, "axis", 1);
        oct_model_integer(m, arg, "keepdims", 0);
        if (to[i / 4] != 0)
            oct_model_integer(m, oct_model_node(m, "Cast", "cast", "a", "c"), "to", to[i / 4]);
        const char *const last = to[i / 4] != 0 ? "c" : "a";
        if (moved)
            oct_model_integers(m, oct_model_node(m, "Transpose", "turn", last, "y"), "perm", 3,
                               swapped);
        else
            oct_model_node(m, "Identity", "same", last, "y");
        m->outputs[m->graph.n_output++] = oct_model_port(m, "y", declared[i / 2 % 2], 3, open);
        oct_model_run(fixture, fixture->contexts[0], m, 1, IMAGES, x, actual);
        for (size_t k = 0; k < IMAGES * PIXELS; k++) {
            const size_t row = k % PIXELS / SIDE, column = k % SIDE;
            const size_t at = moved ? column * SIDE + row : row * SIDE + column;
            assert_int_equal(actual[k], index_of(x, true, 1, k / PIXELS, at));
        }
        oct_model_free(m);
    }
}

static oct_model *spoilt_index(void)
{
    oct_model *const m = oct_qdq_start(4, oct_qdq_image);
    oct_model_integer(m, oct_model_node(m, "ArgMax", "arg", "x_f", "y"), "axis", 1);
    oct_model_output(m, "y");
    return m;
}
static void of_images(oct_model *m)
{
    oct_small_node(m, "arg")->attribute[0]->i = 0;
}
static void no_axis(oct_model *m)
{
    oct_small_node(m, "arg")->attribute[0]->i = 4;
}
static void last_one(oct_model *m)
{
    oct_model_integer(m, oct_small_node(m, "arg"), "select_last_index", 1);
}
static void declared(oct_model *m)
{
    static const int64_t open[] = {-1, -1, -1, -1};
    m->outputs[0] = oct_model_port(m, "y", OCT_TYPE(FLOAT), 4, open);
}
static void to_bytes(oct_model *m)
{
    oct_model_integer(m, oct_model_node(m, "Cast", "cast", "y", "c"), "to", OCT_TYPE(UINT8));
    m->outputs[0]->name = oct_model_text(m, "c");
}

static void test_index_refusals(void **state)
{
    static const oct_refusal refusals[] = {
        {"images", of_images, OCTET_UNSUPPORTED, "it folds the open first dimension"},
        {"axis", no_axis, OCTET_INVALID_ARGUMENT, "axis 4 of 4 dimensions"},
        {"last", last_one, OCTET_UNSUPPORTED, "its attribute 'select_last_index' is 1"},
        {"declared", declared, OCTET_INVALID_ARGUMENT, "output 'y' is declared float"},
        {"bytes", to_bytes, OCTET_UNSUPPORTED, "it must be to float, int32 or int64"},
    };
    for (size_t i = 0; i < OCT_COUNT(refusals); i++)
        oct_refuse_from(*state, spoilt_index(), &refusals[i]);
}

/* ---- Axes ---- */

/* No axes: all, or with noop_with_empty_axes none; since version 18 they are an input. */
static void test_axes(void **state)
{
    oct_fixture *const fixture = *state;
    static const int64_t shape[] = {2, 3}, one[] = {1}, axis = -1;
    static const float x[] = {1, 2, 3, 4, 5, 9};
    float y[6];
    for (int i = 0; i < 3; i++) {
        oct_model *const m = oct_model_create();
        m->opset.version = 18;
        oct_model_input(m, "x", OCT_TYPE(FLOAT), 2, shape);
        oct_model_tensor(m, "axes", OCT_TYPE(INT64), 1, one, &axis, sizeof axis);
        Onnx__NodeProto *const node =
            oct_model_node(m, "ReduceMean", "mean", i == 2 ? "x axes" : "x", "y");
        if (i == 1)
            oct_model_integer(m, node, "noop_with_empty_axes", 1);
        oct_model_output(m, "y");
        oct_model_run(fixture, fixture->contexts[0], m, 1, 1, x, y);
        if (i == 0)
            assert_true(y[0] == 4.0f);
        else if (i == 1)
            assert_memory_equal(y, x, sizeof x);
        else
            assert_true(y[0] == 2.0f && y[1] == 6.0f);
        oct_model_free(m);
    }
}

static oct_model *spoilt(void)
{
    oct_model *const m = oct_qdq_start(4, oct_qdq_image);
    add_reduction(m, &reductions[0], "ReduceMean", "x_f");
    oct_qdq_quantize(m, "r");
    return m;
}
static void images(oct_model *m)
{
    oct_small_node(m, "reduce")->attribute[0]->ints[0] = 0;
}
static void twice(oct_model *m)
{
    oct_small_node(m, "reduce")->attribute[0]->ints[0] = -1;
}
static void outside(oct_model *m)
{
    oct_small_node(m, "reduce")->attribute[0]->ints[0] = 4;
}
static void stored_mean(oct_model *m)
{
    oct_small_node(m, "reduce")->input[0] = oct_model_text(m, "x");
}

static void test_refusals(void **state)
{
    static const oct_refusal refusals[] = {
        {"images", images, OCTET_UNSUPPORTED, "it folds the open first dimension"},
        {"twice", twice, OCTET_INVALID_ARGUMENT, "axis 3 is there twice"},
        {"outside", outside, OCTET_INVALID_ARGUMENT, "axis 4 of 4 dimensions"},
        {"stored mean", stored_mean, OCTET_UNSUPPORTED, "its input is u8; it must be float"},
    };
    for (size_t i = 0; i < OCT_COUNT(refusals); i++)
        oct_refuse_from(*state, spoilt(), &refusals[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stored),        cmocka_unit_test(test_floats),
        cmocka_unit_test(test_layout),        cmocka_unit_test(test_axes),
        cmocka_unit_test(test_refusals),      cmocka_unit_test(test_indices),
        cmocka_unit_test(test_moved_indices), cmocka_unit_test(test_index_refusals),
    };
    return cmocka_run_group_tests(tests, oct_open_all, oct_close_all);
}
