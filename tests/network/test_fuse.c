/* test_fuse.c - graphs of float32 arithmetic between 8-bit values after fusing: which nodes are left,
 * what they read, and what is said about the rest. Numbers are checked in tests/onnx/test_qdq*.c. */
#include "build.h"

#include <math.h>

static const octet_shape rows = {2, {1, 8}};
static const float half = 0.5f, quarter = 0.25f;
static const octet_quantize_desc to_half = {
    .struct_size = sizeof to_half, .output_type = OCTET_U8, .output = {&half, 1, NULL, 0}};
static const octet_quantize_desc to_quarter = {
    .struct_size = sizeof to_quarter, .output_type = OCTET_U8, .output = {&quarter, 1, NULL, 0}};
static const octet_dequantize_desc from_half = {
    .struct_size = sizeof from_half, .input_type = OCTET_U8, .input = {&half, 1, NULL, 0}};
static const oct_float_gemm product = {.alpha = 1, .beta = 1};
static const octet_unary_desc relu = {
    .struct_size = sizeof relu, .function = OCTET_CLIP, .alpha = 0, .beta = INFINITY};
static const octet_binary_desc sum = {
    .struct_size = sizeof sum, .a_type = OCTET_F32, .b_type = OCTET_F32, .output_type = OCTET_F32};

/* ---- Building ---- */

/* A graph with the 8-bit input x, and x dequantized. */
static oct_graph *start(oct_fixture *fixture, size_t *x, size_t *floats)
{
    oct_quiet(fixture);
    oct_graph *const graph = oct_build_graph(fixture, fixture->contexts[0]);
    *x = oct_build_input(fixture, graph, OCTET_U8, rows);
    oct_assert_ok(fixture, oct_graph_dequantize(graph, "from x", &from_half, *x, floats));
    return graph;
}

/* Its product with weights (8,8) that are dequantized. */
static size_t multiply(oct_fixture *fixture, oct_graph *graph, size_t floats)
{
    static const uint8_t weights[64] = {1, 2, 3};
    const octet_shape square = {2, {8, 8}};
    size_t w = OCT_NONE, y = OCT_NONE;
    oct_assert_ok(fixture, oct_graph_constant(graph, OCTET_U8, &square, weights, &w));
    oct_assert_ok(fixture, oct_graph_dequantize(graph, "from w", &from_half, w, &w));
    oct_assert_ok(fixture,
                  oct_graph_float_gemm(graph, "product", &product, floats, w, OCT_NONE, &y));
    assert_false(graph->values[y].constant);
    return y;
}

static size_t quantize(oct_fixture *fixture, oct_graph *graph, const octet_quantize_desc *desc,
                       size_t value)
{
    size_t q = OCT_NONE;
    oct_assert_ok(fixture, oct_graph_quantize(graph, "to y", desc, value, &q));
    return q;
}

/* Fails unless fusing leaves these ops, in this order. */
static void assert_fused(oct_fixture *fixture, oct_graph *graph, size_t count,
                         const oct_op *const *ops)
{
    oct_assert_ok(fixture, oct_graph_fuse(graph));
    assert_int_equal(graph->node_count, count);
    for (size_t i = 0; i < count; i++)
        if (graph->nodes[i].op != ops[i])
            fail_msg("node %zu is %s", i, graph->nodes[i].op->name);
}

/* ---- Tests ---- */

/* Two quantizations of one product are two layers, whose weights are the stored ones; the float32
 * weights are never computed. */
static void test_layers(void **state)
{
    oct_fixture *const fixture = *state;
    size_t x, floats, relued;
    oct_graph *const graph = start(fixture, &x, &floats);
    const size_t y = multiply(fixture, graph, floats);
    oct_assert_ok(fixture, oct_graph_unary(graph, "relu", &relu, y, &relued));
    oct_assert_ok(fixture,
                  oct_graph_output(graph, "a", quantize(fixture, graph, &to_half, relued)));
    oct_assert_ok(fixture, oct_graph_output(graph, "b", quantize(fixture, graph, &to_quarter, y)));
    assert_fused(fixture, graph, 2, (const oct_op *const[]){&oct_op_gemm, &oct_op_gemm});
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(graph->nodes[i].name, "product");
        assert_int_equal(graph->nodes[i].inputs[0], x);
        assert_int_equal(graph->outputs.items[i].value, graph->nodes[i].output);
    }
    for (size_t i = 0; i < graph->value_count; i++)
        if (graph->values[i].constant && graph->values[i].type == OCTET_F32)
            assert_null(graph->values[i].data);
    oct_graph_destroy(graph);
}

/* A value that is quantized anew for each of its users is made once. */
static void test_twins(void **state)
{
    oct_fixture *const fixture = *state;
    size_t x, floats;
    oct_graph *const graph = start(fixture, &x, &floats);
    const size_t y = multiply(fixture, graph, floats);
    const octet_quantize_desc *const descs[] = {&to_half, &to_quarter, &to_half};
    for (size_t i = 0; i < OCT_COUNT(descs); i++)
        oct_assert_ok(fixture, oct_graph_output(graph, "y", quantize(fixture, graph, descs[i], y)));
    assert_fused(fixture, graph, 2, (const oct_op *const[]){&oct_op_gemm, &oct_op_gemm});
    assert_int_equal(graph->outputs.items[0].value, graph->outputs.items[2].value);
    assert_int_not_equal(graph->outputs.items[0].value, graph->outputs.items[1].value);
    oct_graph_destroy(graph);
}

/* Views move behind what works element by element, alone or on two alike, and vanish where they meet. */
static void test_views(void **state)
{
    oct_fixture *const fixture = *state;
    const octet_shape long_rows = {3, {1, 2, 4}};
    size_t x, floats, seen, other, y;
    oct_graph *const graph = start(fixture, &x, &floats);
    oct_assert_ok(fixture, oct_graph_view(graph, "there", &long_rows, floats, &seen));
    oct_assert_ok(fixture, oct_graph_unary(graph, "relu", &relu, seen, &other));
    oct_assert_ok(fixture, oct_graph_binary(graph, "sum", &sum, seen, other, &y));
    oct_assert_ok(fixture, oct_graph_view(graph, "back", &rows, y, &y));
    oct_assert_ok(fixture, oct_graph_output(graph, "y", y));
    assert_fused(fixture, graph, 3,
                 (const oct_op *const[]){&oct_op_dequantize, &oct_op_unary, &oct_op_binary});
    assert_int_equal(graph->nodes[1].inputs[0], graph->nodes[0].output);
    assert_true(oct_shape_equal(&graph->values[graph->outputs.items[0].value].shape, &rows));
    oct_graph_destroy(graph);
}

/* A sum with what has no images stays behind its views, if before them the images are not the first
 * dimension of both. */
static void test_views_of_images(void **state)
{
    oct_fixture *const fixture = *state;
    const octet_shape square = {2, {2, 2}}, flat = {2, {1, 4}};
    oct_graph *const graph = oct_build_graph(fixture, fixture->contexts[0]);
    size_t a = OCT_NONE, b = OCT_NONE, y = OCT_NONE;
    oct_assert_ok(fixture, oct_graph_input(graph, "a", OCTET_F32, &square, true, &a));
    oct_assert_ok(fixture, oct_graph_input(graph, "b", OCTET_F32, &square, false, &b));
    oct_assert_ok(fixture, oct_graph_view(graph, "flat a", &flat, a, &a));
    oct_assert_ok(fixture, oct_graph_view(graph, "flat b", &flat, b, &b));
    oct_assert_ok(fixture, oct_graph_binary(graph, "sum", &sum, a, b, &y));
    oct_assert_ok(fixture, oct_graph_output(graph, "y", y));
    assert_fused(fixture, graph, 3,
                 (const oct_op *const[]){&oct_op_view, &oct_op_view, &oct_op_binary});
    assert_true(graph->values[graph->outputs.items[0].value].batched);
    oct_graph_destroy(graph);
}

/* A relu ends a float32 layer; one that other nodes read too is another layer. */
static void test_floats(void **state)
{
    oct_fixture *const fixture = *state;
    for (size_t both = 0; both < 2; both++) {
        size_t x, floats, relued;
        oct_graph *const graph = start(fixture, &x, &floats);
        const size_t y = multiply(fixture, graph, floats);
        oct_assert_ok(fixture, oct_graph_unary(graph, "relu", &relu, y, &relued));
        oct_assert_ok(fixture, oct_graph_output(graph, "a", relued));
        if (both == 1)
            oct_assert_ok(fixture, oct_graph_output(graph, "b", y));
        assert_fused(fixture, graph, 1 + both, (const oct_op *const[]){&oct_op_gemm, &oct_op_gemm});
        oct_graph_destroy(graph);
    }
}

/* Quantizing what was dequantized: the same, and nothing is left; another scale, or one whose steps are
 * infinite, and a table. */
static void test_inverse(void **state)
{
    oct_fixture *const fixture = *state;
    static const float huge = 0x1p125f;
    octet_quantize_desc to_huge = to_half;
    octet_dequantize_desc from_huge = from_half;
    to_huge.output.scales = from_huge.input.scales = &huge;
    const struct {
        const octet_dequantize_desc *from;
        const octet_quantize_desc *to;
        size_t nodes;
    } cases[] = {
        {&from_half, &to_half, 0}, {&from_half, &to_quarter, 1}, {&from_huge, &to_huge, 1}};
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        size_t x, value;
        oct_graph *const graph = start(fixture, &x, &value);
        oct_assert_ok(fixture, oct_graph_dequantize(graph, "d", cases[i].from, x, &value));
        oct_assert_ok(fixture,
                      oct_graph_output(graph, "y", quantize(fixture, graph, cases[i].to, value)));
        assert_fused(fixture, graph, cases[i].nodes, (const oct_op *const[]){&oct_op_lookup});
        assert_int_equal(graph->outputs.items[0].value == x, cases[i].nodes == 0);
        oct_graph_destroy(graph);
    }
}

/* Weights behind a transposition of floats: the stored ones are transposed. */
static void test_moved_weights(void **state)
{
    oct_fixture *const fixture = *state;
    static const uint8_t weights[16] = {1, 2, 3, 4, 5, 6, 7, 8};
    static const float scales[2] = {0.5f, 2.0f};
    static const size_t order[2] = {1, 0};
    const octet_shape tall = {2, {2, 8}};
    const octet_dequantize_desc from_two = {.struct_size = sizeof from_two,
                                            .input_type = OCTET_U8,
                                            .input = {scales, 2, NULL, 0},
                                            .per_axis = 1,
                                            .axis = 0};
    size_t x, floats, w, y;
    oct_graph *const graph = start(fixture, &x, &floats);
    oct_assert_ok(fixture, oct_graph_constant(graph, OCTET_U8, &tall, weights, &w));
    oct_assert_ok(fixture, oct_graph_dequantize(graph, "from w", &from_two, w, &w));
    oct_assert_ok(fixture, oct_graph_permute(graph, "t", order, w, &w));
    oct_assert_ok(fixture, oct_graph_float_gemm(graph, "p", &product, floats, w, OCT_NONE, &y));
    oct_assert_ok(fixture, oct_graph_output(graph, "y", quantize(fixture, graph, &to_half, y)));
    assert_fused(fixture, graph, 1, (const oct_op *const[]){&oct_op_gemm});
    const octet_gemm_desc *const desc = graph->nodes[0].desc;
    assert_int_equal(desc->n, 2);
    assert_int_equal(((const uint8_t *)desc->layer.weight_data)[1], weights[8]);
    assert_true(desc->layer.weights.scales[1] == 2.0f);
    oct_graph_destroy(graph);
}

/* A softmax of one type is one of its bytes; of another it stays between them. */
static void test_softmax(void **state)
{
    static const octet_softmax_desc softmax = {
        .struct_size = sizeof softmax, .type = OCTET_F32, .axis = 1};
    static const octet_quantize_desc to_signed = {
        .struct_size = sizeof to_signed, .output_type = OCTET_S8, .output = {&half, 1, NULL, 0}};
    oct_fixture *const fixture = *state;
    size_t x, floats, y;
    oct_graph *graph = start(fixture, &x, &floats);
    oct_assert_ok(fixture, oct_graph_softmax(graph, "softmax", &softmax, floats, &y));
    oct_assert_ok(fixture, oct_graph_output(graph, "y", quantize(fixture, graph, &to_quarter, y)));
    assert_fused(fixture, graph, 1, (const oct_op *const[]){&oct_op_softmax});
    assert_int_equal(((const octet_softmax_desc *)graph->nodes[0].desc)->type, OCTET_U8);
    oct_graph_destroy(graph);
    graph = start(fixture, &x, &floats);
    oct_assert_ok(fixture, oct_graph_softmax(graph, "softmax", &softmax, floats, &y));
    oct_assert_ok(fixture, oct_graph_output(graph, "y", quantize(fixture, graph, &to_signed, y)));
    assert_fused(fixture, graph, 3,
                 (const oct_op *const[]){&oct_op_dequantize, &oct_op_softmax, &oct_op_quantize});
    oct_graph_destroy(graph);
}

/* The row that quantize_dynamic writes is one layer; without a user of its own for each value it is
 * not. */
static void test_found(void **state)
{
    static const int8_t weights[64] = {1, 2, 3};
    static const float numbers[8] = {0.5f, 1};
    static const octet_dequantize_desc cast = {.struct_size = sizeof cast, .input_type = OCTET_S32};
    const octet_shape number = {0, {0}}, vector = {1, {8}};
    octet_binary_desc both = {.struct_size = sizeof both,
                              .function = OCTET_MULTIPLY,
                              .a_type = OCTET_F32,
                              .b_type = OCTET_F32,
                              .output_type = OCTET_F32};
    octet_gemm_desc desc = {.struct_size = sizeof desc, .n = 8, .k = 8};
    desc.layer.input_type = OCTET_U8;
    desc.layer.output_type = OCTET_S32;
    desc.layer.weight_data = weights;
    desc.layer.dynamic_input = 1;
    for (int shared = 0; shared < 2; shared++) {
        oct_fixture *const fixture = *state;
        oct_found q, none = {OCT_NONE, OCT_NONE, OCT_NONE};
        size_t x, y, scale, w, bias;
        oct_quiet(fixture);
        oct_graph *const graph = oct_build_graph(fixture, fixture->contexts[0]);
        x = oct_build_input(fixture, graph, OCTET_F32, rows);
        oct_assert_ok(fixture, oct_graph_quantize_found(graph, "quantize", x, &q));
        oct_assert_ok(fixture, oct_graph_gemm_found(graph, "product", &desc, &q, &none, &y));
        oct_assert_ok(fixture, oct_graph_dequantize(graph, "cast", &cast, y, &y));
        oct_assert_ok(fixture, oct_graph_constant(graph, OCTET_F32, &number, numbers, &w));
        oct_assert_ok(fixture, oct_graph_view(graph, "one", &number, q.scale, &scale));
        both.function = OCTET_MULTIPLY;
        oct_assert_ok(fixture, oct_graph_binary(graph, "scales", &both, scale, w, &scale));
        oct_assert_ok(fixture, oct_graph_binary(graph, "scale", &both, y, scale, &y));
        if (shared)
            oct_assert_ok(fixture, oct_graph_output(graph, "scaled", y));
        both.function = OCTET_ADD;
        oct_assert_ok(fixture, oct_graph_constant(graph, OCTET_F32, &vector, numbers, &bias));
        oct_assert_ok(fixture, oct_graph_binary(graph, "bias", &both, bias, y, &y));
        oct_assert_ok(fixture, oct_graph_unary(graph, "relu", &relu, y, &y));
        oct_assert_ok(fixture, oct_graph_output(graph, "y", y));
        const oct_op *const apart[] = {&oct_op_quantize_found, &oct_op_gemm, &oct_op_binary,
                                       &oct_op_unary};
        assert_fused(fixture, graph, shared ? 4 : 2, apart);
        const octet_layer *const layer = &((const octet_gemm_desc *)graph->nodes[1].desc)->layer;
        assert_int_equal(layer->output_type, OCTET_F32);
        assert_true(layer->weights.scales[0] == 0.5f);
        assert_int_equal(layer->relu, !shared);
        assert_int_equal(layer->bias != NULL, !shared);
        assert_int_equal(graph->nodes[1].inputs[1], q.scale);
        oct_graph_destroy(graph);
    }
}

/* A table after a product that nothing else reads is part of it, behind a view too; otherwise it
 * stays. */
static void test_tables(void **state)
{
    static const uint8_t entries[256] = {3, 1, 2};
    static const octet_lookup_desc lookup = {.struct_size = sizeof lookup,
                                             .input_type = OCTET_U8,
                                             .output_type = OCTET_S8,
                                             .table = entries};
    enum { ALONE, VIEWED, SHARED, CASES };
    const octet_shape eight = {2, {8, 1}};
    for (int i = 0; i < CASES; i++) {
        oct_fixture *const fixture = *state;
        size_t x, floats, y;
        oct_graph *const graph = start(fixture, &x, &floats);
        const size_t q = quantize(fixture, graph, &to_half, multiply(fixture, graph, floats));
        size_t seen = q;
        if (i == VIEWED)
            oct_assert_ok(fixture, oct_graph_view(graph, "view", &eight, q, &seen));
        oct_assert_ok(fixture, oct_graph_lookup(graph, "table", &lookup, seen, &y));
        oct_assert_ok(fixture, oct_graph_output(graph, "y", y));
        if (i == SHARED)
            oct_assert_ok(fixture, oct_graph_output(graph, "q", q));
        const oct_op *const left[] = {&oct_op_gemm, i == VIEWED ? &oct_op_view : &oct_op_lookup};
        assert_fused(fixture, graph, i == ALONE ? 1 : 2, left);
        const octet_layer *const layer = &((const octet_gemm_desc *)graph->nodes[0].desc)->layer;
        assert_int_equal(layer->lookup != NULL, i != SHARED);
        assert_int_equal(graph->values[graph->outputs.items[0].value].type, OCTET_S8);
        if (i != SHARED) {
            assert_string_equal(graph->nodes[0].name, "product + table");
            assert_memory_equal(layer->lookup->table, entries, sizeof entries);
        }
        oct_graph_destroy(graph);
    }
}

/* A node that cannot be fused goes with all that comes from it; it is told once. */
static void test_left_over(void **state)
{
    oct_fixture *const fixture = *state;
    size_t x, floats, f;
    oct_graph *const graph = start(fixture, &x, &floats);
    oct_assert_ok(fixture, oct_graph_input(graph, "f", OCTET_F32, &rows, true, &f));
    const size_t y = multiply(fixture, graph, f);
    oct_assert_ok(fixture, oct_graph_output(graph, "a", multiply(fixture, graph, y)));
    oct_assert_ok(fixture, oct_graph_output(graph, "b", floats));
    assert_fused(fixture, graph, 1, (const oct_op *const[]){&oct_op_dequantize});
    assert_int_equal(graph->unsupported_count, 1);
    assert_non_null(strstr(graph->unsupported[0], "node 'product': octet has no float gemm"));
    assert_int_equal(graph->outputs.count, 1);
    assert_string_equal(graph->outputs.items[0].name, "b");
    oct_graph_destroy(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layers),        cmocka_unit_test(test_twins),
        cmocka_unit_test(test_views),         cmocka_unit_test(test_views_of_images),
        cmocka_unit_test(test_floats),        cmocka_unit_test(test_inverse),
        cmocka_unit_test(test_moved_weights), cmocka_unit_test(test_softmax),
        cmocka_unit_test(test_found),         cmocka_unit_test(test_tables),
        cmocka_unit_test(test_left_over),
    };
    return cmocka_run_group_tests(tests, oct_open_reference, oct_close_all);
}
