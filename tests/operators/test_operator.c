/* test_operator.c - the life cycle that all operators share: create, prepare, run, destroy. */
#include <stdlib.h>

#include "core/shape.h"
#include "support/stage.h"

/* ---- Operators to live with ---- */

static const int8_t weights[6] = {1, -2, 3, 0, 5, 0};

static octet_operator *make_gemm(octet_context *context)
{
    octet_gemm_desc desc = {.struct_size = sizeof desc, .n = 2, .k = 3};
    octet_operator *op = NULL;
    desc.layer.weight_data = weights;
    OCT_ASSERT_OK(octet_gemm_create(context, &desc, &op));
    return op;
}

static octet_operator *make_transpose(octet_context *context)
{
    const octet_permute_desc desc = {.struct_size = sizeof desc, .rank = 2, .order = {1, 0}};
    octet_operator *op = NULL;
    OCT_ASSERT_OK(octet_permute_create(context, &desc, &op));
    return op;
}

static octet_tensor *make_tensor(octet_context *context, octet_type type, const octet_shape *shape)
{
    octet_tensor *tensor = NULL;
    OCT_ASSERT_OK(octet_tensor_create(context, type, shape, &tensor));
    return tensor;
}

static octet_status run(octet_operator *op, octet_tensor *input, octet_tensor *output)
{
    return octet_operator_run(op, &input, 1, &output, 1, NULL, 0, NULL);
}

/* ---- Lives ---- */

static void nothing_is_destroyed(void **state)
{
    (void)state;
    octet_operator_destroy(NULL);
    octet_tensor_destroy(NULL);
    octet_event_destroy(NULL);
    octet_context_destroy(NULL);
}

/* m rows of {1, 2, 3} times a matrix of known columns. */
static void run_rows(octet_operator *op, octet_context *context, size_t m)
{
    const octet_shape in = {2, {m, 3}}, out = {2, {m, 2}};
    octet_tensor *const a = make_tensor(context, OCTET_S8, &in);
    octet_tensor *const c = make_tensor(context, OCTET_S8, &out);
    int8_t data[3 * 40];
    for (size_t i = 0; i < 3 * m; i++)
        data[i] = (int8_t)(1 + i % 3);
    OCT_ASSERT_OK(octet_operator_prepare(op, &in, 1, NULL, 0));
    OCT_ASSERT_OK(octet_tensor_write(a, data, NULL));
    oct_poison(c);
    OCT_ASSERT_OK(run(op, a, c));
    OCT_ASSERT_OK(octet_tensor_read(c, data, NULL));
    for (size_t i = 0; i < m; i++) {
        assert_int_equal(data[2 * i], 1 + 2 * 3 + 3 * 5);
        assert_int_equal(data[2 * i + 1], -2);
    }
    octet_tensor_destroy(a);
    octet_tensor_destroy(c);
}

static void prepare_may_be_called_again(void **state)
{
    static const size_t rows[] = {3, 40, 0, 1, 17, 17};
    (void)state;
    for (size_t i = 0; i < oct_the_rig.count; i++) {
        octet_context *const context = oct_the_rig.contexts[i];
        octet_operator *const op = make_gemm(context);
        for (size_t j = 0; j < OCT_COUNT(rows); j++)
            run_rows(op, context, rows[j]);
        octet_operator_destroy(op);
    }
}

/* The description's arrays are read by create only. */
static void create_copies_what_it_is_given(void **state)
{
    (void)state;
    for (size_t i = 0; i < oct_the_rig.count; i++) {
        octet_context *const context = oct_the_rig.contexts[i];
        int8_t own_weights[6];
        float scales[2] = {1.0f, 1.0f};
        int32_t bias[2] = {0, 0}, zeros[2] = {0, 0};
        octet_operator *op = NULL;
        octet_gemm_desc desc = {.struct_size = sizeof desc, .n = 2, .k = 3};
        memcpy(own_weights, weights, sizeof own_weights);
        desc.layer.weight_data = own_weights;
        desc.layer.bias = bias;
        desc.layer.weights = (octet_quantization){scales, 2, zeros, 2};
        OCT_ASSERT_OK(octet_gemm_create(context, &desc, &op));
        memset(own_weights, 99, sizeof own_weights);
        memset(&desc, 0xff, sizeof desc);
        scales[0] = scales[1] = 33.0f;
        bias[0] = bias[1] = zeros[0] = zeros[1] = 44;
        run_rows(op, context, 5);
        octet_operator_destroy(op);
    }
}

/* One operator's output is the next one's input, without and with events in between. */
static void operators_form_chains(void **state)
{
    const octet_shape shape = {2, {5, 3}}, turned = {2, {3, 5}};
    (void)state;
    for (size_t i = 0; i < oct_the_rig.count; i++) {
        octet_context *const context = oct_the_rig.contexts[i];
        octet_operator *const there = make_transpose(context), *const back =
                                                                   make_transpose(context);
        octet_tensor *const x = make_tensor(context, OCTET_S8, &shape);
        octet_tensor *const y = make_tensor(context, OCTET_S8, &turned);
        octet_tensor *const z = make_tensor(context, OCTET_S8, &shape);
        octet_event *events[3] = {NULL, NULL, NULL};
        int8_t data[15], result[15] = {0};
        for (int j = 0; j < 15; j++)
            data[j] = (int8_t)(7 * j);
        OCT_ASSERT_OK(octet_operator_prepare(there, &shape, 1, NULL, 0));
        OCT_ASSERT_OK(octet_operator_prepare(back, &turned, 1, NULL, 0));
        OCT_ASSERT_OK(octet_tensor_write(x, data, &events[0]));
        OCT_ASSERT_OK(octet_operator_run(there, &x, 1, &y, 1, events, 1, &events[1]));
        OCT_ASSERT_OK(octet_operator_run(back, &y, 1, &z, 1, events, 2, &events[2]));
        OCT_ASSERT_OK(octet_event_wait(events[2]));
        OCT_ASSERT_OK(octet_tensor_read(z, result, NULL));
        assert_memory_equal(data, result, sizeof data);
        for (size_t j = 0; j < OCT_COUNT(events); j++)
            octet_event_destroy(events[j]);
        octet_operator_destroy(there);
        octet_operator_destroy(back);
        octet_tensor_destroy(x);
        octet_tensor_destroy(y);
        octet_tensor_destroy(z);
    }
}

/* The output of a sum may be one of its inputs. */
static void sums_may_be_in_place(void **state)
{
    enum { COUNT = 100003 };
    static int8_t a[COUNT], b[COUNT], result[COUNT];
    const octet_shape shapes[] = {{1, {COUNT}}, {1, {COUNT}}};
    (void)state;
    for (int i = 0; i < COUNT; i++) {
        a[i] = (int8_t)(i % 121 - 60);
        b[i] = (int8_t)(i % 101 - 50);
    }
    for (size_t i = 0; i < oct_the_rig.count * 2; i++) {
        const octet_binary_desc desc = {.struct_size = sizeof desc};
        octet_context *const context = oct_the_rig.contexts[i / 2];
        octet_tensor *const inputs[] = {make_tensor(context, OCTET_S8, shapes),
                                        make_tensor(context, OCTET_S8, shapes)};
        octet_operator *op = NULL;
        OCT_ASSERT_OK(octet_binary_create(context, &desc, &op));
        OCT_ASSERT_OK(octet_operator_prepare(op, shapes, 2, NULL, 0));
        OCT_ASSERT_OK(octet_tensor_write(inputs[0], a, NULL));
        OCT_ASSERT_OK(octet_tensor_write(inputs[1], b, NULL));
        OCT_ASSERT_OK(octet_operator_run(op, inputs, 2, &inputs[i % 2], 1, NULL, 0, NULL));
        OCT_ASSERT_OK(octet_tensor_read(inputs[i % 2], result, NULL));
        for (size_t j = 0; j < COUNT; j++)
            assert_int_equal(result[j], a[j] + b[j]);
        octet_operator_destroy(op);
        octet_tensor_destroy(inputs[0]);
        octet_tensor_destroy(inputs[1]);
    }
}

/* An empty batch: nothing is computed, and whoever waits for it goes on. */
static void empty_outputs_have_events(void **state)
{
    const octet_shape in = {2, {0, 3}}, out = {2, {0, 2}};
    (void)state;
    for (size_t i = 0; i < oct_the_rig.count; i++) {
        octet_context *const context = oct_the_rig.contexts[i];
        octet_operator *const op = make_gemm(context);
        octet_tensor *const a = make_tensor(context, OCTET_S8, &in);
        octet_tensor *const c = make_tensor(context, OCTET_S8, &out);
        octet_event *event = NULL;
        octet_shape shape = {0};
        OCT_ASSERT_OK(octet_operator_prepare(op, &in, 1, &shape, 1));
        assert_true(oct_shape_equal(&shape, &out));
        OCT_ASSERT_OK(octet_operator_run(op, &a, 1, &c, 1, NULL, 0, &event));
        OCT_ASSERT_OK(octet_event_wait(event));
        OCT_ASSERT_OK(octet_tensor_read(c, &shape, NULL));
        octet_event_destroy(event);
        octet_operator_destroy(op);
        octet_tensor_destroy(a);
        octet_tensor_destroy(c);
    }
}

/* ---- Variants ---- */

/* For all sizes: what is chosen may depend on them. */
static void the_chosen_row_is_one_of_the_list(void **state)
{
    static const size_t rows[] = {1, 5, 1000};
    (void)state;
    for (size_t i = 0; i < oct_the_rig.count * OCT_COUNT(rows); i++) {
        octet_context *const context = oct_the_rig.contexts[i / OCT_COUNT(rows)];
        const octet_shape shape = {2, {rows[i % OCT_COUNT(rows)], 3}};
        octet_operator *const op = make_gemm(context);
        const char *names[64];
        size_t count = 0, found = 0;
        OCT_ASSERT_OK(octet_operator_prepare(op, &shape, 1, NULL, 0));
        const char *const chosen = octet_operator_variant(op);
        OCT_ASSERT_OK(octet_list_variants(context, "gemm", names, 64, &count));
        for (size_t j = 0; j < count; j++)
            found += strcmp(names[j], chosen) == 0;
        assert_int_equal(found, 1);
        assert_true(strncmp(chosen, "emulated", 8) != 0);
        assert_int_equal(strcmp(chosen, "reference") == 0, context == oct_the_rig.reference);
        octet_operator_destroy(op);
    }
}

static void lists_of_variants_respect_their_capacity(void **state)
{
    octet_context *const context = oct_the_rig.reference;
    const char *names[2] = {NULL, "untouched"};
    size_t count = 77;
    (void)state;
    OCT_ASSERT_REFUSED(octet_list_variants(context, "pool", names, 2, &count),
                       OCTET_INVALID_ARGUMENT, "\"pool\" is neither gemm nor conv2d");
    assert_int_equal(count, 77);
    OCT_ASSERT_OK(octet_list_variants(context, "gemm", NULL, 0, &count));
    assert_int_equal(count, 1);
    OCT_ASSERT_OK(octet_list_variants(context, "conv2d", names, 2, &count));
    assert_int_equal(count, 1);
    assert_string_equal(names[0], "reference");
    assert_string_equal(names[1], "untouched");
}

static void only_quantize_finds_parameters(void **state)
{
    octet_operator *const op = make_gemm(oct_the_rig.reference);
    double scale = 7.0;
    int finite = 7;
    (void)state;
    OCT_ASSERT_REFUSED(octet_quantize_found(op, &scale, 1, &finite), OCTET_INVALID_ARGUMENT,
                       "found no parameters");
    assert_true(scale == 7.0 && finite == 7);
    octet_operator_destroy(op);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_destroyed),
        cmocka_unit_test(prepare_may_be_called_again),
        cmocka_unit_test(create_copies_what_it_is_given),
        cmocka_unit_test(operators_form_chains),
        cmocka_unit_test(sums_may_be_in_place),
        cmocka_unit_test(empty_outputs_have_events),
        cmocka_unit_test(the_chosen_row_is_one_of_the_list),
        cmocka_unit_test(lists_of_variants_respect_their_capacity),
        cmocka_unit_test(only_quantize_finds_parameters),
    };
    return cmocka_run_group_tests(tests, oct_rig_open, oct_rig_close);
}
