/* test_operator.c - the life cycle that all operators share, and how its misuse is refused. */
#include <stdlib.h>

#include "core/shape.h"
#include "support/stage.h"

/* ---- An operator of each kind ---- */

static const int8_t weights[64] = {1, -2, 3, 0, 5};
static const octet_layer layer = {.weight_data = weights};

static octet_status make_gemm(octet_context *context, size_t size, const char *variant,
                              octet_operator **out)
{
    const octet_gemm_desc desc = {
        .struct_size = size, .n = 2, .k = 3, .layer = layer, .variant = variant};
    return octet_gemm_create(context, &desc, out);
}

static octet_status make_conv2d(octet_context *context, size_t size, const char *variant,
                                octet_operator **out)
{
    const octet_conv2d_desc desc = {.struct_size = size,
                                    .input_channels = 3,
                                    .output_channels = 2,
                                    .kernel = {1, 1},
                                    .layer = layer,
                                    .variant = variant};
    return octet_conv2d_create(context, &desc, out);
}

static octet_status make_quantize(octet_context *context, size_t size, const char *variant,
                                  octet_operator **out)
{
    const octet_quantize_desc desc = {.struct_size = size, .variant = variant};
    return octet_quantize_create(context, &desc, out);
}

static octet_status make_dequantize(octet_context *context, size_t size, const char *variant,
                                    octet_operator **out)
{
    const octet_dequantize_desc desc = {.struct_size = size, .variant = variant};
    return octet_dequantize_create(context, &desc, out);
}

static octet_status make_max_pool(octet_context *context, size_t size, const char *variant,
                                  octet_operator **out)
{
    const octet_max_pool_desc desc = {.struct_size = size, .kernel = {1, 1}, .variant = variant};
    return octet_max_pool_create(context, &desc, out);
}

static octet_status make_add(octet_context *context, size_t size, const char *variant,
                             octet_operator **out)
{
    const octet_add_desc desc = {.struct_size = size, .variant = variant};
    return octet_add_create(context, &desc, out);
}

static octet_status make_permute(octet_context *context, size_t size, const char *variant,
                                 octet_operator **out)
{
    const octet_permute_desc desc = {
        .struct_size = size, .rank = 2, .order = {1, 0}, .variant = variant};
    return octet_permute_create(context, &desc, out);
}

static const struct kind {
    const char *name;
    octet_status (*make)(octet_context *context, size_t size, const char *variant,
                         octet_operator **out);
    size_t size; /* of the description */
    octet_shape input, output;
    octet_type type, output_type;
    size_t inputs;
} kinds[] = {
    {"gemm", make_gemm, sizeof(octet_gemm_desc), {2, {5, 3}}, {2, {5, 2}}, OCTET_S8, OCTET_S8, 1},
    {"conv2d",
     make_conv2d,
     sizeof(octet_conv2d_desc),
     {4, {1, 2, 2, 3}},
     {4, {1, 2, 2, 2}},
     OCTET_S8,
     OCTET_S8,
     1},
    {"quantize",
     make_quantize,
     sizeof(octet_quantize_desc),
     {2, {5, 3}},
     {2, {5, 3}},
     OCTET_F32,
     OCTET_S8,
     1},
    {"dequantize",
     make_dequantize,
     sizeof(octet_dequantize_desc),
     {2, {5, 3}},
     {2, {5, 3}},
     OCTET_S8,
     OCTET_F32,
     1},
    {"max_pool",
     make_max_pool,
     sizeof(octet_max_pool_desc),
     {4, {1, 2, 2, 3}},
     {4, {1, 2, 2, 3}},
     OCTET_S8,
     OCTET_S8,
     1},
    {"add", make_add, sizeof(octet_add_desc), {2, {5, 3}}, {2, {5, 3}}, OCTET_S8, OCTET_S8, 2},
    {"permute",
     make_permute,
     sizeof(octet_permute_desc),
     {2, {5, 3}},
     {2, {3, 5}},
     OCTET_S8,
     OCTET_S8,
     1},
};

/* ---- Refusals, for each kind on each context ---- */

static octet_operator *make(const struct kind *kind, octet_context *context)
{
    octet_operator *op = NULL;
    OCT_ASSERT_OK(kind->make(context, kind->size, NULL, &op));
    return op;
}

static octet_operator *make_prepared(const struct kind *kind, octet_context *context)
{
    octet_operator *const op = make(kind, context);
    const octet_shape shapes[] = {kind->input, kind->input};
    octet_shape output = {0};
    OCT_ASSERT_OK(octet_operator_prepare(op, shapes, kind->inputs, &output, 1));
    assert_true(oct_shape_equal(&output, &kind->output));
    return op;
}

static octet_tensor *make_tensor(octet_context *context, octet_type type, const octet_shape *shape)
{
    octet_tensor *tensor = NULL;
    OCT_ASSERT_OK(octet_tensor_create(context, type, shape, &tensor));
    return tensor;
}

static void wrong_struct_sizes(const struct kind *kind, octet_context *context)
{
    const size_t sizes[] = {0, kind->size - 8, kind->size + 8};
    octet_operator *const untouched = (octet_operator *)&oct_the_rig, *op = untouched;
    for (size_t i = 0; i < OCT_COUNT(sizes); i++) {
        OCT_ASSERT_REFUSED(kind->make(context, sizes[i], NULL, &op), OCTET_INVALID_ARGUMENT,
                           "struct_size is ");
        assert_ptr_equal(op, untouched);
    }
}

static void unknown_variants(const struct kind *kind, octet_context *context)
{
    static const char *const names[] = {"no_such_row",
                                        "a name that is far longer than any row of any table is"};
    const octet_shape shapes[] = {kind->input, kind->input};
    for (size_t i = 0; i < OCT_COUNT(names); i++) {
        octet_operator *op = NULL;
        oct_rig_hush();
        octet_status status = kind->make(context, kind->size, names[i], &op);
        if (status == OCTET_OK)
            status = octet_operator_prepare(op, shapes, kind->inputs, NULL, 0);
        assert_int_equal(status, OCTET_INVALID_ARGUMENT);
        assert_non_null(strstr(oct_the_rig.said, kind->name));
        assert_non_null(strstr(oct_the_rig.said, i == 0 ? names[0] : "a name that "));
        octet_operator_destroy(op);
    }
}

static void wrong_lists_of_shapes(const struct kind *kind, octet_context *context)
{
    octet_operator *const op = make(kind, context);
    const octet_shape shapes[3] = {kind->input, kind->input, kind->input};
    octet_shape outputs[2] = {{7, {0}}, {7, {0}}};
    octet_shape ninth = {9, {1, 1, 1, 1, 1, 1, 1, 1}}, huge = {3, {SIZE_MAX, SIZE_MAX, 2}};
    OCT_ASSERT_REFUSED(octet_operator_prepare(op, shapes, kind->inputs + 1, outputs, 1),
                       OCTET_INVALID_ARGUMENT, "input shapes were given");
    OCT_ASSERT_REFUSED(octet_operator_prepare(op, shapes, 0, outputs, 1), OCTET_INVALID_ARGUMENT,
                       "0 input shapes were given");
    OCT_ASSERT_REFUSED(octet_operator_prepare(op, shapes, kind->inputs, outputs, 2),
                       OCTET_INVALID_ARGUMENT, "room for 2 output shapes");
    const octet_shape nine[] = {ninth, ninth}, large[] = {huge, huge};
    OCT_ASSERT_REFUSED(octet_operator_prepare(op, nine, kind->inputs, outputs, 1),
                       OCTET_INVALID_ARGUMENT, "input 0");
    OCT_ASSERT_REFUSED(octet_operator_prepare(op, large, kind->inputs, outputs, 1),
                       OCTET_INVALID_ARGUMENT, "input 0");
    assert_int_equal(outputs[0].rank, 7);
    octet_operator_destroy(op);
}

static octet_status run(octet_operator *op, octet_tensor *const *inputs, size_t input_count,
                        octet_tensor *output)
{
    return octet_operator_run(op, inputs, input_count, &output, 1, NULL, 0, NULL);
}

static void wrong_tensors(const struct kind *kind, octet_context *context)
{
    octet_operator *const op = make_prepared(kind, context);
    octet_shape other = kind->input;
    other.size[0]++;
    octet_tensor *const good = make_tensor(context, kind->type, &kind->input);
    octet_tensor *const result = make_tensor(context, kind->output_type, &kind->output);
    octet_tensor *const typed = make_tensor(context, OCTET_S32, &kind->input);
    octet_tensor *const shaped = make_tensor(context, kind->type, &other);
    octet_tensor *inputs[] = {typed, good, good};
    OCT_ASSERT_REFUSED(run(op, inputs, kind->inputs, result), OCTET_INVALID_ARGUMENT,
                       "input 0 is s32");
    inputs[0] = shaped;
    OCT_ASSERT_REFUSED(run(op, inputs, kind->inputs, result), OCTET_INVALID_ARGUMENT,
                       "input 0 is ");
    inputs[0] = good;
    OCT_ASSERT_REFUSED(run(op, inputs, kind->inputs, typed), OCTET_INVALID_ARGUMENT,
                       "output 0 is s32");
    OCT_ASSERT_REFUSED(run(op, inputs, kind->inputs + 1, result), OCTET_INVALID_ARGUMENT,
                       "inputs given");
    OCT_ASSERT_REFUSED(octet_operator_run(op, inputs, kind->inputs, NULL, 0, NULL, 0, NULL),
                       OCTET_INVALID_ARGUMENT, "0 outputs given");
    OCT_ASSERT_OK(run(op, inputs, kind->inputs, result));
    octet_operator_destroy(op);
    octet_tensor_destroy(good);
    octet_tensor_destroy(result);
    octet_tensor_destroy(typed);
    octet_tensor_destroy(shaped);
}

static void tensors_of_another_context(const struct kind *kind, octet_context *context)
{
    const octet_context_desc desc = {.struct_size = sizeof desc,
                                     .backend = OCTET_BACKEND_REFERENCE};
    octet_operator *const op = make_prepared(kind, context);
    octet_context *stranger = NULL;
    OCT_ASSERT_OK(octet_context_create(&desc, &stranger));
    octet_tensor *const good = make_tensor(context, kind->type, &kind->input);
    octet_tensor *const strange = make_tensor(stranger, kind->type, &kind->input);
    octet_tensor *const result = make_tensor(stranger, kind->output_type, &kind->output);
    octet_tensor *inputs[] = {strange, strange};
    OCT_ASSERT_REFUSED(run(op, inputs, kind->inputs, result), OCTET_INVALID_ARGUMENT,
                       "input 0 belongs to another context");
    inputs[0] = inputs[1] = good;
    OCT_ASSERT_REFUSED(run(op, inputs, kind->inputs, result), OCTET_INVALID_ARGUMENT,
                       "output 0 belongs to another context");
    octet_operator_destroy(op);
    octet_tensor_destroy(good);
    octet_tensor_destroy(strange);
    octet_tensor_destroy(result);
    octet_context_destroy(stranger);
}

/* An operator that was never prepared, and one whose last prepare failed. */
static void unprepared_operators(const struct kind *kind, octet_context *context)
{
    octet_operator *const op = make(kind, context);
    const octet_shape shapes[] = {kind->input, kind->input};
    octet_tensor *const good = make_tensor(context, kind->type, &kind->input);
    octet_tensor *const result = make_tensor(context, kind->output_type, &kind->output);
    octet_tensor *const inputs[] = {good, good};
    octet_event *event = NULL;
    assert_string_equal(octet_operator_variant(op), "");
    OCT_ASSERT_REFUSED(run(op, inputs, kind->inputs, result), OCTET_INVALID_ARGUMENT,
                       "run before a successful prepare");
    OCT_ASSERT_OK(octet_operator_prepare(op, shapes, kind->inputs, NULL, 0));
    OCT_ASSERT_OK(run(op, inputs, kind->inputs, result));
    oct_rig_hush();
    assert_int_not_equal(octet_operator_prepare(op, shapes, 0, NULL, 0), OCTET_OK);
    OCT_ASSERT_REFUSED(octet_operator_run(op, inputs, kind->inputs, &result, 1, NULL, 0, &event),
                       OCTET_INVALID_ARGUMENT, "run before a successful prepare");
    assert_null(event);
    octet_operator_destroy(op);
    octet_tensor_destroy(good);
    octet_tensor_destroy(result);
}

static void misuse_is_refused(void **state)
{
    static void (*const checks[])(const struct kind *, octet_context *) = {
        wrong_struct_sizes, unknown_variants,           wrong_lists_of_shapes,
        wrong_tensors,      tensors_of_another_context, unprepared_operators};
    for (size_t i = 0; i < oct_the_rig.count * OCT_COUNT(checks); i++)
        checks[i % OCT_COUNT(checks)](*state, oct_the_rig.contexts[i / OCT_COUNT(checks)]);
}

/* ---- Legal lives ---- */

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
    OCT_ASSERT_OK(run(op, &a, 1, c));
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
        octet_operator *const op = make(&kinds[0], context);
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
        octet_gemm_desc desc = {.struct_size = sizeof desc, .n = 2, .k = 3, .layer = layer};
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
        octet_operator *const there = make(&kinds[6], context), *const back =
                                                                    make(&kinds[6], context);
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

/* An empty batch: nothing is computed, and whoever waits for it goes on. */
static void empty_outputs_have_events(void **state)
{
    const octet_shape in = {2, {0, 3}}, out = {2, {0, 2}};
    (void)state;
    for (size_t i = 0; i < oct_the_rig.count; i++) {
        octet_context *const context = oct_the_rig.contexts[i];
        octet_operator *const op = make(&kinds[0], context);
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

static void the_chosen_row_is_one_of_the_list(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * oct_the_rig.count; i++) {
        octet_context *const context = oct_the_rig.contexts[i / 2];
        octet_operator *const op = make_prepared(&kinds[i % 2], context);
        const char *const chosen = octet_operator_variant(op), *names[64];
        size_t count = 0, found = 0;
        OCT_ASSERT_OK(octet_list_variants(context, kinds[i % 2].name, names, 64, &count));
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
    octet_operator *const op = make_prepared(&kinds[0], oct_the_rig.reference);
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
    enum { OTHERS = 8 };
    struct CMUnitTest tests[OTHERS + OCT_COUNT(kinds)] = {
        cmocka_unit_test(nothing_is_destroyed),
        cmocka_unit_test(prepare_may_be_called_again),
        cmocka_unit_test(create_copies_what_it_is_given),
        cmocka_unit_test(operators_form_chains),
        cmocka_unit_test(empty_outputs_have_events),
        cmocka_unit_test(the_chosen_row_is_one_of_the_list),
        cmocka_unit_test(lists_of_variants_respect_their_capacity),
        cmocka_unit_test(only_quantize_finds_parameters),
    };
    for (size_t i = 0; i < OCT_COUNT(kinds); i++)
        tests[OTHERS + i] = (struct CMUnitTest){kinds[i].name, misuse_is_refused, NULL, NULL,
                                                (void *)&kinds[i]}; /* read only */
    return cmocka_run_group_tests(tests, oct_rig_open, oct_rig_close);
}
