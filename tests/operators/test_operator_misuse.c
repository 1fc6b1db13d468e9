/* test_operator_misuse.c - what the life cycle that all operators share refuses, for each kind. */
#include <stdlib.h>

#include "core/shape.h"
#include "support/rig.h"

/* ---- An operator of each kind ---- */

static const int8_t weights[64] = {1, -2, 3, 0, 5};
static const uint8_t table[256];
static const octet_layer layer = {.weight_data = weights};

/* What a caller with a later header sets in a field that this version does not know. */
static unsigned char unknown;

#define MAKE(kind, ...)                                                                            \
    static octet_status make_##kind(octet_context *context, size_t size, const char *variant,      \
                                    octet_operator **out)                                          \
    {                                                                                              \
        const struct {                                                                             \
            octet_##kind##_desc desc;                                                              \
            unsigned char later[64];                                                               \
        } given = {{.struct_size = size, .variant = variant, __VA_ARGS__}, {unknown}};             \
        return octet_##kind##_create(context, &given.desc, out);                                   \
    }

static const int32_t middle[] = {1, 0};
static const float half[] = {0.5f, 0.5f};
MAKE(gemm, .n = 2, .k = 3, .layer = layer)
MAKE(conv2d, .input_channels = 3, .output_channels = 2, .kernel = {1, 1}, .layer = layer)
MAKE(quantize, .output_type = OCTET_S8)
MAKE(dequantize, .input_type = OCTET_S8)
MAKE(max_pool, .kernel = {1, 1})
MAKE(average_pool, .kernel = {1, 1})
MAKE(binary, .output_type = OCTET_S8)
MAKE(lookup, .table = table)
MAKE(unary, .function = OCTET_NEGATE)
MAKE(softmax, .type = OCTET_F32, .axis = 1)
MAKE(concat, .input_count = 2)
MAKE(permute, .rank = 2, .order = {1, 0})
MAKE(reduce, .axes = 1)
MAKE(interpolate, .rows = {1, middle, middle, half, half},
     .columns = {2, middle, middle, half, half})
MAKE(gather, .rank = 2, .sizes = {0, 4}, .indices = {NULL, (const int32_t[]){2, -1, 0, 0}})

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
    {"average_pool",
     make_average_pool,
     sizeof(octet_average_pool_desc),
     {4, {1, 2, 2, 3}},
     {4, {1, 2, 2, 3}},
     OCTET_S8,
     OCTET_S8,
     1},
    {"binary",
     make_binary,
     sizeof(octet_binary_desc),
     {2, {5, 3}},
     {2, {5, 3}},
     OCTET_S8,
     OCTET_S8,
     2},
    {"lookup",
     make_lookup,
     sizeof(octet_lookup_desc),
     {2, {5, 3}},
     {2, {5, 3}},
     OCTET_S8,
     OCTET_S8,
     1},
    {"unary",
     make_unary,
     sizeof(octet_unary_desc),
     {2, {5, 3}},
     {2, {5, 3}},
     OCTET_F32,
     OCTET_F32,
     1},
    {"softmax",
     make_softmax,
     sizeof(octet_softmax_desc),
     {2, {5, 3}},
     {2, {5, 3}},
     OCTET_F32,
     OCTET_F32,
     1},
    {"concat",
     make_concat,
     sizeof(octet_concat_desc),
     {2, {5, 3}},
     {2, {10, 3}},
     OCTET_S8,
     OCTET_S8,
     2},
    {"permute",
     make_permute,
     sizeof(octet_permute_desc),
     {2, {5, 3}},
     {2, {3, 5}},
     OCTET_S8,
     OCTET_S8,
     1},
    {"reduce",
     make_reduce,
     sizeof(octet_reduce_desc),
     {2, {5, 3}},
     {2, {1, 3}},
     OCTET_S8,
     OCTET_S8,
     1},
    {"interpolate",
     make_interpolate,
     sizeof(octet_interpolate_desc),
     {2, {5, 3}},
     {2, {1, 2}},
     OCTET_S8,
     OCTET_S8,
     1},
    {"gather",
     make_gather,
     sizeof(octet_gather_desc),
     {2, {5, 3}},
     {2, {5, 4}},
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
    const size_t sizes[] = {0, kind->size - 8, 5000};
    octet_operator *const untouched = (octet_operator *)&oct_the_rig, *op = untouched;
    for (size_t i = 0; i < OCT_COUNT(sizes); i++) {
        OCT_ASSERT_REFUSED(kind->make(context, sizes[i], NULL, &op), OCTET_INVALID_ARGUMENT,
                           "struct_size is ");
        assert_ptr_equal(op, untouched);
    }
}

static void later_descriptions(const struct kind *kind, octet_context *context)
{
    octet_operator *op = NULL;
    OCT_ASSERT_OK(kind->make(context, kind->size + 64, NULL, &op));
    octet_operator_destroy(op);
    op = NULL;
    unknown = 1;
    OCT_ASSERT_REFUSED(kind->make(context, kind->size + 64, NULL, &op), OCTET_UNSUPPORTED,
                       "the description of ");
    OCT_ASSERT_OK(kind->make(context, kind->size, NULL, &op));
    unknown = 0;
    octet_operator_destroy(op);
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
    inputs[0] = NULL;
    OCT_ASSERT_REFUSED(run(op, inputs, kind->inputs, result), OCTET_INVALID_ARGUMENT,
                       "input 0 is NULL");
    inputs[0] = good;
    OCT_ASSERT_REFUSED(run(op, inputs, kind->inputs, NULL), OCTET_INVALID_ARGUMENT,
                       "output 0 is NULL");
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

static void strange_events(const struct kind *kind, octet_context *context)
{
    const octet_context_desc desc = {.struct_size = sizeof desc,
                                     .backend = OCTET_BACKEND_REFERENCE};
    octet_operator *const op = make_prepared(kind, context);
    octet_context *stranger = NULL;
    OCT_ASSERT_OK(octet_context_create(&desc, &stranger));
    octet_tensor *const good = make_tensor(context, kind->type, &kind->input);
    octet_tensor *const result = make_tensor(context, kind->output_type, &kind->output);
    octet_tensor *const strange = make_tensor(stranger, OCTET_S8, &(octet_shape){1, {1}});
    octet_tensor *const inputs[] = {good, good};
    octet_event *wait[2] = {NULL, NULL}, *event = NULL;
    OCT_ASSERT_OK(octet_tensor_write(strange, "x", &wait[0]));
    OCT_ASSERT_REFUSED(octet_operator_run(op, inputs, kind->inputs, &result, 1, wait, 1, &event),
                       OCTET_INVALID_ARGUMENT, "wait event 0 belongs to another context");
    OCT_ASSERT_REFUSED(
        octet_operator_run(op, inputs, kind->inputs, &result, 1, &wait[1], 1, &event),
        OCTET_INVALID_ARGUMENT, "wait event 0 is NULL");
    assert_null(event);
    octet_event_destroy(wait[0]);
    octet_operator_destroy(op);
    octet_tensor_destroy(good);
    octet_tensor_destroy(result);
    octet_tensor_destroy(strange);
    octet_context_destroy(stranger);
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
        wrong_struct_sizes, later_descriptions, unknown_variants,           wrong_lists_of_shapes,
        wrong_tensors,      strange_events,     tensors_of_another_context, unprepared_operators};
    for (size_t i = 0; i < oct_the_rig.count * OCT_COUNT(checks); i++)
        checks[i % OCT_COUNT(checks)](*state, oct_the_rig.contexts[i / OCT_COUNT(checks)]);
}

int main(void)
{
    struct CMUnitTest tests[OCT_COUNT(kinds)];
    for (size_t i = 0; i < OCT_COUNT(kinds); i++)
        tests[i] = (struct CMUnitTest){kinds[i].name, misuse_is_refused, NULL, NULL,
                                       (void *)&kinds[i]}; /* read only */
    return cmocka_run_group_tests(tests, oct_rig_open, oct_rig_close);
}
