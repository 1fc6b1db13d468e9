/* test_commands.c - runs that are recorded and played as one command: the bits of the runs, whatever
 * plays them, and what is refused. */
#include "operators/commands.h"

#include <pthread.h>
#include <stdlib.h>

#include "core/shape.h"
#include "support/rig.h"

enum { ROWS = 37, SIDE = 33, COUNT = ROWS * SIDE, WEIGHTS = SIDE * SIDE, OPERATORS = 6 };
enum { GEMM, GIVEN, LOOKUP, ADD, DEQUANTIZE, QUANTIZE };

/* Operators on tensors; a pass of all runs leaves another x, so that the next gives something else. */
typedef struct line {
    octet_context *context;
    octet_operator *ops[OPERATORS];
    octet_tensor *x, *y, *z, *b, *floats, *q, *scale, *zero;
    octet_commands *commands;
    octet_status status;
} line;

/* What tensors hold in the end. */
typedef struct result {
    uint8_t x[COUNT], y[COUNT], z[COUNT], q[COUNT];
    float floats[COUNT], scale;
    int32_t zero;
    double found;
} result;

static const octet_shape matrix = {2, {ROWS, SIDE}}, square = {2, {SIDE, SIDE}}, single = {1, {1}};
static int8_t weights[WEIGHTS], more_weights[WEIGHTS];
static uint8_t start[COUNT], table[256];

static int fill(void **state)
{
    uint64_t seed = 3;
    for (size_t i = 0; i < WEIGHTS; i++) {
        weights[i] = (int8_t)oct_random_int(&seed, -128, 127);
        more_weights[i] = (int8_t)oct_random_int(&seed, -128, 127);
    }
    for (size_t i = 0; i < COUNT; i++)
        start[i] = (uint8_t)oct_random_int(&seed, 0, 255);
    for (size_t i = 0; i < sizeof table; i++)
        table[i] = (uint8_t)(i * 77 + 5);
    return oct_rig_open(state);
}

/* ---- A line ---- */

static void make_products(line *l, const char *variant)
{
    static const float scale = 1.0f / 64;
    static const int32_t middle = 128;
    octet_gemm_desc desc = {.struct_size = sizeof desc, .n = SIDE, .k = SIDE, .variant = variant};
    desc.layer.input_type = desc.layer.output_type = OCTET_U8;
    desc.layer.weight_type = OCTET_S8;
    desc.layer.input = (octet_quantization){NULL, 0, &middle, 1};
    desc.layer.weights = (octet_quantization){&scale, 1, NULL, 0};
    desc.layer.output = (octet_quantization){NULL, 0, &middle, 1};
    OCT_ASSERT_OK(octet_gemm_create(l->context, &desc, &l->ops[GIVEN]));
    desc.layer.weight_data = weights;
    OCT_ASSERT_OK(octet_gemm_create(l->context, &desc, &l->ops[GEMM]));
}

static void make_operators(line *l, const char *variant)
{
    const octet_lookup_desc lookup = {.struct_size = sizeof lookup,
                                      .input_type = OCTET_U8,
                                      .output_type = OCTET_U8,
                                      .table = table};
    const octet_binary_desc add = {
        .struct_size = sizeof add, .a_type = OCTET_U8, .b_type = OCTET_U8, .output_type = OCTET_U8};
    const octet_dequantize_desc dequantize = {.struct_size = sizeof dequantize,
                                              .input_type = OCTET_U8};
    const octet_quantize_desc quantize = {.struct_size = sizeof quantize,
                                          .output_type = OCTET_U8,
                                          .parameters = OCTET_PARAMETERS_ONNX};
    const octet_shape given[] = {matrix, square}, two[] = {matrix, matrix};
    make_products(l, variant);
    OCT_ASSERT_OK(octet_lookup_create(l->context, &lookup, &l->ops[LOOKUP]));
    OCT_ASSERT_OK(octet_binary_create(l->context, &add, &l->ops[ADD]));
    OCT_ASSERT_OK(octet_dequantize_create(l->context, &dequantize, &l->ops[DEQUANTIZE]));
    OCT_ASSERT_OK(octet_quantize_create(l->context, &quantize, &l->ops[QUANTIZE]));
    for (size_t i = 0; i < OPERATORS; i++)
        OCT_ASSERT_OK(octet_operator_prepare(l->ops[i], i == GIVEN ? given : two,
                                             i == GIVEN || i == ADD ? 2 : 1, NULL, 0));
}

static octet_tensor *make_tensor(octet_context *context, octet_type type, const octet_shape *shape)
{
    octet_tensor *tensor = NULL;
    OCT_ASSERT_OK(octet_tensor_create(context, type, shape, &tensor));
    return tensor;
}

/* "variant": of the products. */
static line *open_line(octet_context *context, const char *variant)
{
    line *const l = calloc(1, sizeof *l);
    assert_non_null(l);
    l->context = context;
    make_operators(l, variant);
    l->x = make_tensor(context, OCTET_U8, &matrix);
    l->y = make_tensor(context, OCTET_U8, &matrix);
    l->z = make_tensor(context, OCTET_U8, &matrix);
    l->b = make_tensor(context, OCTET_S8, &square);
    l->floats = make_tensor(context, OCTET_F32, &matrix);
    l->q = make_tensor(context, OCTET_U8, &matrix);
    l->scale = make_tensor(context, OCTET_F32, &single);
    l->zero = make_tensor(context, OCTET_S32, &single);
    OCT_ASSERT_OK(octet_tensor_write(l->x, start, NULL));
    OCT_ASSERT_OK(octet_tensor_write(l->b, more_weights, NULL));
    return l;
}

static void destroy_operators(line *l)
{
    for (size_t i = 0; i < OPERATORS; i++) {
        octet_operator_destroy(l->ops[i]);
        l->ops[i] = NULL;
    }
}

static void close_line(line *l)
{
    octet_commands_destroy(l->commands);
    destroy_operators(l);
    octet_tensor_destroy(l->zero);
    octet_tensor_destroy(l->scale);
    octet_tensor_destroy(l->q);
    octet_tensor_destroy(l->floats);
    octet_tensor_destroy(l->b);
    octet_tensor_destroy(l->z);
    octet_tensor_destroy(l->y);
    octet_tensor_destroy(l->x);
    free(l);
}

static octet_status run_one(line *l, size_t op, octet_tensor *const *inputs, size_t count,
                            octet_tensor *const *outputs, size_t output_count)
{
    return octet_operator_run(l->ops[op], inputs, count, outputs, output_count, NULL, 0, NULL);
}

/* Every run needs what the one before wrote; the first product is run twice, and x is written last. */
static octet_status run_all(line *l)
{
    octet_status status = OCTET_OK;
    octet_tensor *const given[] = {l->z, l->b}, *const both[] = {l->z, l->x};
    octet_tensor *const found[] = {l->q, l->scale, l->zero};
    OCT_TRY(run_one(l, GEMM, &l->x, 1, &l->y, 1));
    OCT_TRY(run_one(l, GEMM, &l->y, 1, &l->z, 1));
    OCT_TRY(run_one(l, GIVEN, given, 2, &l->y, 1));
    OCT_TRY(run_one(l, LOOKUP, &l->y, 1, &l->z, 1));
    OCT_TRY(run_one(l, ADD, both, 2, &l->x, 1));
    OCT_TRY(run_one(l, DEQUANTIZE, &l->x, 1, &l->floats, 1));
    OCT_TRY(run_one(l, QUANTIZE, &l->floats, 1, found, 3));
cleanup:
    return status;
}

static void record(line *l)
{
    OCT_ASSERT_OK(octet_commands_begin(l->context, &l->commands));
    OCT_ASSERT_OK(run_all(l));
    OCT_ASSERT_OK(octet_commands_end(l->commands));
}

static result *read_all(line *l)
{
    result *const read = calloc(1, sizeof *read);
    int legal = 0;
    assert_non_null(read);
    OCT_ASSERT_OK(octet_tensor_read(l->x, read->x, NULL));
    OCT_ASSERT_OK(octet_tensor_read(l->y, read->y, NULL));
    OCT_ASSERT_OK(octet_tensor_read(l->z, read->z, NULL));
    OCT_ASSERT_OK(octet_tensor_read(l->q, read->q, NULL));
    OCT_ASSERT_OK(octet_tensor_read(l->floats, read->floats, NULL));
    OCT_ASSERT_OK(octet_tensor_read(l->scale, &read->scale, NULL));
    OCT_ASSERT_OK(octet_tensor_read(l->zero, &read->zero, NULL));
    if (l->ops[QUANTIZE] != NULL)
        OCT_ASSERT_OK(octet_quantize_found(l->ops[QUANTIZE], &read->found, 1, &legal));
    return read;
}

/* What the reference has after "passes" of all runs. */
static result *expect(size_t passes)
{
    line *const l = open_line(oct_the_rig.reference, NULL);
    for (size_t i = 0; i < passes; i++)
        OCT_ASSERT_OK(run_all(l));
    result *const expected = read_all(l);
    close_line(l);
    return expected;
}

static void assert_passes(line *l, size_t passes)
{
    result *const expected = expect(passes), *const actual = read_all(l);
    if (l->ops[QUANTIZE] == NULL)
        actual->found = expected->found;
    assert_memory_equal(actual, expected, sizeof *expected);
    free(actual);
    free(expected);
}

/* ---- Every context, and the devices once more without chains ---- */

static octet_context *open_without_chains(size_t device)
{
    const char number[] = {(char)('0' + device), '\0'};
    const octet_context_desc desc = {.struct_size = sizeof desc,
                                     .device = number,
                                     .message = oct_rig_listen,
                                     .message_user = &oct_the_rig};
    octet_context *context = NULL;
    assert_int_equal(setenv("OCTET_DISABLE", "chain", 1), 0);
    OCT_ASSERT_OK(octet_context_create(&desc, &context));
    assert_int_equal(setenv("OCTET_DISABLE", OCT_RIG_DISABLED, 1), 0);
    assert_non_null(octet_context_chains(context));
    return context;
}

static void on_all(void (*test)(octet_context *context))
{
    for (size_t i = 0; i < oct_the_rig.count; i++)
        test(oct_the_rig.contexts[i]);
    for (size_t i = 0; i < oct_the_rig.devices; i++) {
        octet_context *const context = open_without_chains(i);
        test(context);
        octet_context_destroy(context);
    }
}

/* ---- Bits ---- */

static void play(octet_context *context)
{
    enum { PLAYS = 30 };
    const bool chained = octet_context_chains(context) == NULL;
    line *const l = open_line(context, NULL);
    record(l);
    assert_int_equal(l->commands->chain != NULL, chained);
    assert_int_equal(l->commands->launches != NULL, !chained && context != oct_the_rig.reference);
    OCT_ASSERT_OK(octet_commands_run(l->commands, NULL, 0, NULL));
    assert_passes(l, 1); /* and recording computed nothing */
    for (size_t i = 1; i < PLAYS; i++)
        OCT_ASSERT_OK(octet_commands_run(l->commands, NULL, 0, NULL));
    assert_passes(l, PLAYS);
    OCT_ASSERT_OK(run_all(l)); /* by themselves in between */
    OCT_ASSERT_OK(octet_commands_run(l->commands, NULL, 0, NULL));
    assert_passes(l, PLAYS + 2);
    OCT_ASSERT_OK(octet_tensor_write(l->x, start, NULL));
    OCT_ASSERT_OK(octet_commands_run(l->commands, NULL, 0, NULL));
    assert_passes(l, 1); /* contents are those of the time of the run */
    close_line(l);
}

static void they_give_what_the_runs_give(void **state)
{
    (void)state;
    on_all(play);
}

static void play_without_objects(octet_context *context)
{
    line *const l = open_line(context, NULL);
    record(l);
    destroy_operators(l);
    octet_tensor_destroy(l->b);
    l->b = NULL;
    OCT_ASSERT_OK(octet_commands_run(l->commands, NULL, 0, NULL));
    OCT_ASSERT_OK(octet_commands_run(l->commands, NULL, 0, NULL));
    assert_passes(l, 2);
    close_line(l);
}

static void operators_and_tensors_may_go_before(void **state)
{
    (void)state;
    on_all(play_without_objects);
}

/* A product on the reference among kernels. */
static void play_mixed(octet_context *context)
{
    line *const l = open_line(context, "reference");
    record(l);
    assert_null(l->commands->chain);
    assert_null(l->commands->launches);
    for (size_t i = 0; i < 3; i++)
        OCT_ASSERT_OK(octet_commands_run(l->commands, NULL, 0, NULL));
    assert_passes(l, 3);
    close_line(l);
}

static void reference_variants_compute_each_time(void **state)
{
    (void)state;
    on_all(play_mixed);
}

static void play_nothing(octet_context *context)
{
    const octet_lookup_desc lookup = {.struct_size = sizeof lookup,
                                      .input_type = OCTET_U8,
                                      .output_type = OCTET_U8,
                                      .table = table};
    const octet_shape none = {2, {0, SIDE}};
    octet_operator *op = NULL;
    octet_commands *commands[2] = {NULL, NULL};
    octet_tensor *const x = make_tensor(context, OCTET_U8, &none);
    octet_tensor *const y = make_tensor(context, OCTET_U8, &none);
    OCT_ASSERT_OK(octet_lookup_create(context, &lookup, &op));
    OCT_ASSERT_OK(octet_operator_prepare(op, &none, 1, NULL, 0));
    for (size_t i = 0; i < 2; i++) {
        octet_event *event = NULL;
        OCT_ASSERT_OK(octet_commands_begin(context, &commands[i]));
        if (i == 1)
            OCT_ASSERT_OK(octet_operator_run(op, &x, 1, &y, 1, NULL, 0, NULL));
        OCT_ASSERT_OK(octet_commands_end(commands[i]));
        OCT_ASSERT_OK(octet_commands_run(commands[i], NULL, 0, &event));
        OCT_ASSERT_OK(octet_event_wait(event));
        octet_event_destroy(event);
        octet_commands_destroy(commands[i]);
    }
    octet_operator_destroy(op);
    octet_tensor_destroy(y);
    octet_tensor_destroy(x);
}

static void there_may_be_nothing_to_do(void **state)
{
    (void)state;
    on_all(play_nothing);
}

/* Two lines, each behind the other's event. */
static void play_behind_events(octet_context *context)
{
    enum { PLAYS = 5 };
    line *const lines[2] = {open_line(context, NULL), open_line(context, NULL)};
    octet_event *last = NULL, *next = NULL;
    for (size_t i = 0; i < 2; i++)
        record(lines[i]);
    for (size_t i = 0; i < 2 * PLAYS; i++) {
        OCT_ASSERT_OK(octet_commands_run(lines[i % 2]->commands, &last, last != NULL, &next));
        octet_event_destroy(last);
        last = next;
    }
    OCT_ASSERT_OK(octet_event_wait(last));
    octet_event_destroy(last);
    for (size_t i = 0; i < 2; i++) {
        assert_passes(lines[i], PLAYS);
        close_line(lines[i]);
    }
}

static void events_are_those_of_the_whole(void **state)
{
    (void)state;
    on_all(play_behind_events);
}

static void *run_elsewhere(void *argument)
{
    line *const l = argument;
    l->status = run_all(l);
    return NULL;
}

static void record_beside(octet_context *context)
{
    line *const l = open_line(context, NULL), *const other = open_line(context, NULL);
    pthread_t thread;
    OCT_ASSERT_OK(octet_commands_begin(context, &l->commands));
    assert_int_equal(pthread_create(&thread, NULL, run_elsewhere, other), 0);
    OCT_ASSERT_OK(run_all(l));
    assert_int_equal(pthread_join(thread, NULL), 0);
    OCT_ASSERT_OK(octet_commands_end(l->commands));
    OCT_ASSERT_OK(other->status);
    assert_passes(other, 1);
    OCT_ASSERT_OK(octet_commands_run(l->commands, NULL, 0, NULL));
    assert_passes(l, 1);
    close_line(other);
    close_line(l);
}

static void other_threads_go_on(void **state)
{
    (void)state;
    on_all(record_beside);
}

/* ---- Refusals ---- */

static void refuse_while_recording(octet_context *context)
{
    line *const l = open_line(context, NULL);
    octet_commands *more = NULL;
    octet_event *event = NULL;
    uint8_t bytes[COUNT];
    double scale = 0;
    int legal = 0;
    OCT_ASSERT_OK(octet_commands_begin(context, &l->commands));
    OCT_ASSERT_REFUSED(octet_commands_begin(context, &more), OCTET_INVALID_ARGUMENT,
                       "this thread records others already");
    assert_null(more);
    OCT_ASSERT_REFUSED(octet_commands_run(l->commands, NULL, 0, NULL), OCTET_INVALID_ARGUMENT,
                       "octet_commands_run cannot be recorded");
    OCT_ASSERT_REFUSED(octet_tensor_write(l->x, bytes, NULL), OCTET_INVALID_ARGUMENT,
                       "a copy from or to host memory cannot be recorded");
    OCT_ASSERT_REFUSED(octet_tensor_read(l->x, bytes, &event), OCTET_INVALID_ARGUMENT, "a copy");
    assert_null(event);
    OCT_ASSERT_REFUSED(octet_operator_prepare(l->ops[LOOKUP], &matrix, 1, NULL, 0),
                       OCTET_INVALID_ARGUMENT, "octet_operator_prepare cannot be recorded");
    OCT_ASSERT_REFUSED(octet_quantize_found(l->ops[QUANTIZE], &scale, 1, &legal),
                       OCTET_INVALID_ARGUMENT, "octet_quantize_found cannot");
    OCT_ASSERT_REFUSED(octet_operator_run(l->ops[GEMM], &l->x, 1, &l->y, 1, NULL, 0, &event),
                       OCTET_INVALID_ARGUMENT,
                       "gemm: an event cannot be recorded; give it to octet_commands_run");
    OCT_ASSERT_REFUSED(octet_operator_run(l->ops[GEMM], &l->x, 1, &l->y, 1, &event, 1, NULL),
                       OCTET_INVALID_ARGUMENT, "gemm: a wait list cannot be recorded");
    OCT_ASSERT_REFUSED(octet_operator_run(l->ops[GEMM], &l->b, 1, &l->y, 1, NULL, 0, NULL),
                       OCTET_INVALID_ARGUMENT, "gemm: input 0 is s8 33x33; prepared for");
    OCT_ASSERT_OK(octet_context_finish(context));
    OCT_ASSERT_OK(run_all(l)); /* all that is recorded */
    OCT_ASSERT_OK(octet_commands_end(l->commands));
    OCT_ASSERT_OK(octet_commands_run(l->commands, NULL, 0, NULL));
    assert_passes(l, 1);
    close_line(l);
}

static void what_is_no_run_is_refused(void **state)
{
    (void)state;
    on_all(refuse_while_recording);
}

static void *end_elsewhere(void *argument)
{
    line *const l = argument;
    l->status = octet_commands_end(l->commands);
    return NULL;
}

static void refuse_wrong_order(octet_context *context)
{
    line *const l = open_line(context, NULL);
    pthread_t thread;
    OCT_ASSERT_OK(octet_commands_begin(context, &l->commands));
    oct_rig_hush();
    assert_int_equal(pthread_create(&thread, NULL, end_elsewhere, l), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(l->status, OCTET_INVALID_ARGUMENT);
    assert_non_null(strstr(oct_the_rig.said, "not by this thread"));
    octet_commands_destroy(l->commands); /* instead of end: this thread enqueues again */
    OCT_ASSERT_OK(run_all(l));
    assert_passes(l, 1);
    record(l);
    OCT_ASSERT_REFUSED(octet_commands_end(l->commands), OCTET_INVALID_ARGUMENT,
                       "they are not recorded now");
    OCT_ASSERT_OK(octet_commands_run(l->commands, NULL, 0, NULL));
    assert_passes(l, 2);
    OCT_ASSERT_OK(octet_operator_prepare(l->ops[LOOKUP], &matrix, 1, NULL, 0));
    OCT_ASSERT_REFUSED(octet_commands_run(l->commands, NULL, 0, NULL), OCTET_INVALID_ARGUMENT,
                       "the lookup operator of run 3 was prepared again");
    assert_passes(l, 2);
    close_line(l);
}

static void *prepare_elsewhere(void *argument)
{
    static const octet_shape longer = {2, {ROWS, SIDE + 1}};
    line *const l = argument;
    l->status = octet_operator_prepare(l->ops[0], &longer, 1, NULL, 0);
    return NULL;
}

/* A product whose preparation failed since it was recorded: nothing is left to make a command of. */
static void refuse_lost_operator(octet_context *context)
{
    line *const l = open_line(context, NULL);
    pthread_t thread;
    OCT_ASSERT_OK(octet_commands_begin(context, &l->commands));
    OCT_ASSERT_OK(run_all(l));
    oct_rig_hush();
    assert_int_equal(pthread_create(&thread, NULL, prepare_elsewhere, l), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(l->status, OCTET_INVALID_ARGUMENT);
    OCT_ASSERT_REFUSED(octet_commands_end(l->commands), OCTET_INVALID_ARGUMENT,
                       "was prepared again");
    OCT_ASSERT_REFUSED(octet_commands_run(l->commands, NULL, 0, NULL), OCTET_INVALID_ARGUMENT,
                       "before a successful octet_commands_end");
    close_line(l);
}

static void the_wrong_order_is_refused(void **state)
{
    (void)state;
    on_all(refuse_wrong_order);
    on_all(refuse_lost_operator);
}

static void a_thread_records_on_one_context(void **state)
{
    octet_context *const first = oct_the_rig.contexts[0], *const other = open_without_chains(0);
    line *const l = open_line(first, NULL), *const beside = open_line(other, NULL);
    (void)state;
    OCT_ASSERT_OK(octet_commands_begin(first, &l->commands));
    OCT_ASSERT_REFUSED(octet_commands_begin(other, &beside->commands), OCTET_INVALID_ARGUMENT,
                       "this thread records others already");
    OCT_ASSERT_OK(run_all(beside)); /* of another context: enqueued */
    OCT_ASSERT_OK(run_all(l));
    OCT_ASSERT_OK(octet_commands_end(l->commands));
    assert_passes(beside, 1);
    OCT_ASSERT_OK(octet_commands_run(l->commands, NULL, 0, NULL));
    assert_passes(l, 1);
    close_line(beside);
    close_line(l);
    octet_context_destroy(other);
}

static void none_are_destroyed(void **state)
{
    (void)state;
    octet_commands_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_give_what_the_runs_give),
        cmocka_unit_test(operators_and_tensors_may_go_before),
        cmocka_unit_test(reference_variants_compute_each_time),
        cmocka_unit_test(there_may_be_nothing_to_do),
        cmocka_unit_test(events_are_those_of_the_whole),
        cmocka_unit_test(other_threads_go_on),
        cmocka_unit_test(what_is_no_run_is_refused),
        cmocka_unit_test(the_wrong_order_is_refused),
        cmocka_unit_test(a_thread_records_on_one_context),
        cmocka_unit_test(none_are_destroyed),
    };
    return cmocka_run_group_tests(tests, fill, oct_rig_close);
}
