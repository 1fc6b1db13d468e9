/* test_graph.c - building graphs: what is checked, folded and removed, and how values are stored.
 */
#include "build.h"
#include "network/layout.h"

static const octet_shape image = {4, {1, OCT_CHANNELS, OCT_SIDE, OCT_SIDE}};

static oct_graph *start(oct_fixture *fixture)
{
    oct_quiet(fixture);
    return oct_build_graph(fixture, fixture->contexts[0]);
}

static void test_sizes(void **state)
{
    oct_fixture *const fixture = *state;
    oct_graph *const graph = start(fixture);
    const octet_shape huge = {3, {(size_t)1 << 30, (size_t)1 << 30, (size_t)1 << 30}};
    const octet_shape scalar = {0, {0}}, other = {2, {1, 47}};
    size_t value = OCT_NONE, view;
    assert_int_equal(oct_graph_input(graph, "huge", OCTET_F32, &huge, false, &value),
                     OCTET_INVALID_ARGUMENT);
    assert_int_equal(oct_graph_input(graph, "scalar", OCTET_F32, &scalar, true, &value),
                     OCTET_INVALID_ARGUMENT);
    assert_int_equal(oct_graph_constant(graph, OCTET_S8, &huge, "", &value),
                     OCTET_INVALID_ARGUMENT);
    value = oct_build_input(fixture, graph, OCTET_U8, image);
    assert_int_equal(oct_graph_view(graph, "v", &other, value, &view), OCTET_INVALID_ARGUMENT);
    oct_assert_said(fixture, "node 'v': 1x3x4x4 cannot be seen as 1x47 for each image");
    assert_int_equal(graph->value_count, 1);
    assert_int_equal(graph->node_count, 0);
    oct_graph_destroy(graph);
}

static void test_orders(void **state)
{
    static const struct {
        octet_shape shape;
        bool batched;
        size_t order[4];
        bool trivial;
    } cases[] = {
        /* clang-format off */
        {{4, {2, 3, 4, 5}}, false, {0, 1, 2, 3}, true},
        {{4, {2, 3, 4, 5}}, false, {0, 2, 3, 1}, false},
        {{4, {2, 1, 4, 5}}, false, {0, 2, 3, 1}, true},
        {{4, {2, 3, 1, 1}}, false, {0, 2, 3, 1}, true},
        {{4, {2, 3, 1, 5}}, false, {0, 2, 1, 3}, true},
        {{4, {1, 3, 1, 5}}, false, {2, 1, 0, 3}, true},
        {{4, {1, 3, 1, 5}}, true, {2, 0, 1, 3}, true},
        {{4, {1, 3, 1, 5}}, true, {1, 0, 2, 3}, false},
        /* clang-format on */
    };
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++)
        assert_int_equal(oct_order_is_trivial(&cases[i].shape, cases[i].batched, cases[i].order),
                         cases[i].trivial);
}

/* Moving the batch, axes along it, and orders that are none. */
static void test_refused(void **state)
{
    oct_fixture *const fixture = *state;
    static const size_t moved[] = {1, 0, 2, 3}, repeated[] = {0, 1, 1, 3};
    static const float scales[] = {1, 2};
    const octet_quantize_desc along = {.struct_size = sizeof along,
                                       .output_type = OCTET_U8,
                                       .output = {scales, 2, NULL, 0},
                                       .per_axis = 1};
    oct_graph *const graph = start(fixture);
    const size_t x = oct_build_input(fixture, graph, OCTET_F32, image);
    size_t y;
    assert_int_equal(oct_graph_permute(graph, "p", moved, x, &y), OCTET_UNSUPPORTED);
    assert_int_equal(oct_graph_permute(graph, "p", repeated, x, &y), OCTET_INVALID_ARGUMENT);
    assert_int_equal(oct_graph_quantize(graph, "q", &along, x, &y), OCTET_UNSUPPORTED);
    oct_assert_said(fixture, "node 'q': parameters along the batch dimension");
    oct_graph_destroy(graph);
}

/* Constants of constants are computed when they are asked for, and only then. */
static void test_fold(void **state)
{
    oct_fixture *const fixture = *state;
    static const float numbers[] = {0, 1, 2, 3, 4, 500}; /* three rows of two */
    static const uint8_t expected[] = {0, 4, 8, 2, 6, 255};
    static const size_t order[] = {1, 0};
    static const float half = 0.5f;
    const octet_quantize_desc quantize = {
        .struct_size = sizeof quantize, .output_type = OCTET_U8, .output = {&half, 1, NULL, 0}};
    const octet_shape shape = {2, {3, 2}}, flat = {1, {6}};
    oct_graph *const graph = start(fixture);
    size_t value = OCT_NONE;
    oct_assert_ok(fixture, oct_graph_constant(graph, OCTET_F32, &shape, numbers, &value));
    oct_assert_ok(fixture, oct_graph_permute(graph, "p", order, value, &value));
    oct_assert_ok(fixture, oct_graph_view(graph, "v", &flat, value, &value));
    oct_assert_ok(fixture, oct_graph_quantize(graph, "q", &quantize, value, &value));
    assert_int_equal(graph->node_count, 0);
    assert_true(graph->values[value].constant);
    assert_null(graph->values[value].data);
    oct_assert_ok(fixture, oct_graph_compute(graph, value));
    assert_memory_equal(graph->values[value].data, expected, sizeof expected);
    oct_graph_destroy(graph);
}

/* However long a row of them is, computing its end does not recurse along it. */
static void test_fold_deep(void **state)
{
    oct_fixture *const fixture = *state;
    static const uint8_t numbers[] = {7, 8, 9};
    const octet_shape shape = {1, {3}};
    oct_graph *const graph = start(fixture);
    size_t value = OCT_NONE;
    oct_assert_ok(fixture, oct_graph_constant(graph, OCTET_U8, &shape, numbers, &value));
    for (size_t i = 0; i < 1000; i++) {
        oct_assert_ok(fixture, oct_graph_view(graph, "v", &shape, value, &value));
        assert_true(graph->values[value].depth < 64);
    }
    oct_assert_ok(fixture, oct_graph_compute(graph, value));
    assert_memory_equal(graph->values[value].data, numbers, sizeof numbers);
    oct_graph_destroy(graph);
}

/* What no output needs goes; what is left keeps its order. */
static void test_prune(void **state)
{
    oct_fixture *const fixture = *state;
    oct_graph *const graph = start(fixture);
    const octet_shape flat = {2, {1, OCT_PIXELS}};
    const size_t x = oct_build_input(fixture, graph, OCTET_U8, image);
    size_t used, unused, unused_too;
    oct_assert_ok(fixture, oct_graph_view(graph, "unused", &flat, x, &unused));
    oct_assert_ok(fixture, oct_graph_view(graph, "a", &flat, x, &used));
    oct_assert_ok(fixture, oct_graph_view(graph, "unused too", &image, used, &unused_too));
    oct_assert_ok(fixture, oct_graph_view(graph, "b", &image, used, &used));
    oct_assert_ok(fixture, oct_graph_output(graph, "y", used));
    oct_assert_ok(fixture, oct_graph_prune(graph, NULL));
    assert_int_equal(graph->node_count, 2);
    assert_string_equal(graph->nodes[0].name, "a");
    assert_string_equal(graph->nodes[1].name, "b");
    oct_graph_destroy(graph);
}

static size_t count_nodes(const oct_graph *graph, const oct_op *op)
{
    size_t count = 0;
    for (size_t i = 0; i < graph->node_count; i++)
        count += graph->nodes[i].op == op;
    return count;
}

/* Two convolutions of one input share its conversion, and nothing is converted between layers that
 * store channels last. */
static void test_layout(void **state)
{
    oct_fixture *const fixture = *state;
    oct_graph *const graph = start(fixture);
    const octet_max_pool_desc pool = {
        .struct_size = sizeof pool, .type = OCTET_U8, .layout = OCTET_NCHW, .kernel = {2, 2}};
    const size_t x = oct_build_input(fixture, graph, OCTET_U8, image);
    const size_t left = oct_build_conv(fixture, graph, x, 1);
    const size_t right = oct_build_conv(fixture, graph, x, 2);
    size_t pooled;
    oct_assert_ok(fixture, oct_graph_max_pool(graph, "pool", &pool, right, &pooled));
    oct_assert_ok(fixture, oct_graph_output(graph, "left", left));
    oct_assert_ok(fixture, oct_graph_output(graph, "right", pooled));
    oct_assert_ok(fixture, oct_graph_lay_out(graph));
    assert_int_equal(count_nodes(graph, &oct_op_conv2d), 2);
    assert_int_equal(count_nodes(graph, &oct_op_permute), 1 + 2); /* the input, both outputs */
    assert_int_equal(count_nodes(graph, &oct_op_view), 0);
    for (size_t i = 0; i < graph->outputs.count; i++)
        assert_int_equal(graph->values[graph->outputs.items[i].value].stored, OCT_STORED_PLAIN);
    oct_graph_destroy(graph);
}

/* A quantize node stores channels last itself; in the model's order too only where that is read. */
static void test_quantized_images(void **state)
{
    static const float half = 0.5f;
    const octet_quantize_desc quantize = {
        .struct_size = sizeof quantize, .output_type = OCTET_U8, .output = {&half, 1, NULL, 0}};
    for (size_t both = 0; both < 2; both++) {
        oct_fixture *const fixture = *state;
        oct_graph *const graph = start(fixture);
        const size_t x = oct_build_input(fixture, graph, OCTET_F32, image);
        size_t q;
        oct_assert_ok(fixture, oct_graph_quantize(graph, "q", &quantize, x, &q));
        oct_assert_ok(fixture, oct_graph_output(graph, "y", oct_build_conv(fixture, graph, q, 1)));
        if (both)
            oct_assert_ok(fixture, oct_graph_output(graph, "q", q));
        oct_assert_ok(fixture, oct_graph_lay_out(graph));
        assert_int_equal(count_nodes(graph, &oct_op_quantize), 1 + both);
        assert_int_equal(count_nodes(graph, &oct_op_permute), 1); /* of y */
        assert_string_equal(graph->nodes[both].name, "q (to channels last)");
        assert_int_equal(graph->nodes[both].inputs[0], x);
        oct_graph_destroy(graph);
    }
}

/* A network keeps what its layers say, and nothing that they were built from. */
static void test_settled(void **state)
{
    oct_fixture *const fixture = *state;
    octet_network *const network =
        oct_build_network(fixture, fixture->contexts[fixture->count - 1], 0);
    const oct_graph *const graph = network->graph;
    for (size_t i = 0; i < graph->value_count; i++) {
        assert_null(graph->values[i].data);
        assert_null(graph->values[i].maker);
    }
    assert_string_equal(graph->inputs.items[0].name, "x");
    assert_string_equal(graph->outputs.items[0].name, "y");
    octet_network_destroy(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),     cmocka_unit_test(test_orders),
        cmocka_unit_test(test_refused),   cmocka_unit_test(test_fold),
        cmocka_unit_test(test_fold_deep), cmocka_unit_test(test_prune),
        cmocka_unit_test(test_layout),    cmocka_unit_test(test_quantized_images),
        cmocka_unit_test(test_settled),
    };
    return cmocka_run_group_tests(tests, oct_open_reference, oct_close_all);
}
