/* test_opencl_chain.c - chains of launches: what they compute, however often and beside whatever, and
 * when there are none. */
#include <pthread.h>
#include <stdlib.h>

#include "runtime/runtime.h"
#include "support/rig.h"
#include "support/scratch.h"

enum { ENTRIES = 256, COUNT = 1000, STEPS = 60, RUNS = 50, BENCHES = 4 };

static const char lookup_options[] = "-D OCT_BUILD_OTHER=1 -D OCT_BUILD_LOOKUP=1";

/* Bytes that go to and fro between two buffers, through a table each time. */
typedef struct bench {
    octet_context *context; /* of the device, with chains if it can have them */
    oct_kernel *kernel;
    oct_buffer *table, *bytes[2];
    oct_chain *chain;
    octet_status status;
} bench;

static uint8_t table[ENTRIES], start[COUNT];

/* A program may export what it likes: kernels call their own, or bytes would stay what they are. */
__attribute__((visibility("default"))) void oct_lookup_step(const void *from, const void *at);
void oct_lookup_step(const void *from, const void *at)
{
    (void)from, (void)at;
}

static int fill(void **state)
{
    for (size_t i = 0; i < ENTRIES; i++)
        table[i] = (uint8_t)(77 * i + 13);
    for (size_t i = 0; i < COUNT; i++)
        start[i] = (uint8_t)(i * i);
    return oct_rig_open(state);
}

static bench open_bench(size_t device, bool chains)
{
    const char number[] = {(char)('0' + device), '\0'};
    bench b = {NULL, NULL, NULL, {NULL, NULL}, NULL, OCTET_OK};
    const octet_context_desc desc = {.struct_size = sizeof desc,
                                     .device = number,
                                     .message = oct_rig_listen,
                                     .message_user = &oct_the_rig};
    OCT_ASSERT_OK(oct_context_open(&desc, &b.context));
    if (chains)
        oct_context_use_chains(b.context);
    OCT_ASSERT_OK(oct_kernel_create(b.context, "lookup", lookup_options, &b.kernel));
    OCT_ASSERT_OK(oct_buffer_from_host(b.context, sizeof table, table, &b.table));
    for (size_t i = 0; i < 2; i++)
        OCT_ASSERT_OK(oct_buffer_from_host(b.context, sizeof start, start, &b.bytes[i]));
    return b;
}

static void close_bench(bench *b)
{
    oct_chain_destroy(b->chain);
    oct_buffer_destroy(b->bytes[1]);
    oct_buffer_destroy(b->bytes[0]);
    oct_buffer_destroy(b->table);
    oct_kernel_destroy(b->kernel);
    oct_context_close(b->context);
}

/* Launch number "index"; they differ in how many items there are, from a single one to one per byte. */
static octet_status launch(bench *b, size_t index)
{
    const size_t items = index % 4 == 0 ? COUNT : 1 + 7 * (index % 4) * index;
    const oct_arg args[] = {OCT_BUFFER(b->bytes[index % 2]), OCT_BUFFER(b->bytes[1 - index % 2]),
                            OCT_BUFFER(b->table), OCT_INT(COUNT), OCT_INT(items)};
    const size_t global[3] = {oct_divide_up(COUNT, items), 1, 1};
    return OCT_LAUNCH(b->kernel, global, args);
}

static void record(bench *b)
{
    OCT_ASSERT_OK(oct_chain_begin(b->context, &b->chain));
    for (size_t i = 0; i < STEPS; i++)
        OCT_ASSERT_OK(launch(b, i));
    OCT_ASSERT_OK(oct_chain_end(&b->chain));
}

/* Fails unless the bytes went through the table "times" times. */
static void assert_bytes(const bench *b, size_t times)
{
    uint8_t bytes[COUNT], expected[COUNT];
    memcpy(expected, start, sizeof expected);
    for (size_t i = 0; i < times; i++)
        for (size_t j = 0; j < COUNT; j++)
            expected[j] = table[expected[j]];
    OCT_ASSERT_OK(oct_buffer_read(b->bytes[0], sizeof bytes, bytes, NULL));
    assert_memory_equal(bytes, expected, sizeof bytes);
}

/* Devices with chains; at least one, where PoCL makes this processor one. */
static size_t next_device(size_t from)
{
    while (from < oct_the_rig.devices && !oct_the_rig.contexts[from]->chains)
        from++;
    return from;
}

static void there_are_some_where_pocl_is_native(void **state)
{
    (void)state;
    for (size_t i = 0; i < oct_the_rig.count; i++) {
        octet_context *const context = oct_the_rig.contexts[i];
#ifdef __x86_64__
        assert_int_equal(context->chains, context->traits.native_x86);
#else
        assert_false(context->chains);
#endif
        assert_int_equal(octet_context_chains(context) == NULL, context->chains);
    }
}

/* Nothing is computed by recording; every run computes all, from what is there then. */
static void runs_are_the_launches(void **state)
{
    (void)state;
    for (size_t i = next_device(0); i < oct_the_rig.devices; i = next_device(i + 1)) {
        bench b = open_bench(i, true);
        record(&b);
        assert_non_null(b.chain);
        assert_bytes(&b, 0);
        for (size_t j = 1; j <= 3; j++) {
            OCT_ASSERT_OK(oct_chain_run(b.chain));
            assert_bytes(&b, j * STEPS);
        }
        for (size_t j = 0; j < RUNS; j++) /* one behind the other */
            OCT_ASSERT_OK(oct_chain_run(b.chain));
        for (size_t j = 0; j < STEPS; j++) /* and the same kernel by itself */
            OCT_ASSERT_OK(launch(&b, j));
        assert_bytes(&b, (RUNS + 4) * STEPS);
        close_bench(&b);
    }
}

/* A chain keeps the buffers it was recorded with. */
static void buffers_may_go_before(void **state)
{
    (void)state;
    for (size_t i = next_device(0); i < oct_the_rig.devices; i = next_device(i + 1)) {
        bench b = open_bench(i, true);
        record(&b);
        oct_buffer_destroy(b.table);
        b.table = NULL;
        OCT_ASSERT_OK(oct_chain_run(b.chain));
        assert_bytes(&b, STEPS);
        close_bench(&b);
    }
}

static void *run_often(void *argument)
{
    bench *const b = argument;
    for (size_t i = 0; i < RUNS && b->status == OCTET_OK; i++) {
        b->status = oct_chain_run(b->chain);
        if (b->status == OCTET_OK && i % 3 == 0)
            b->status = octet_context_finish(b->context);
    }
    return NULL;
}

/* More chains at once than the device has threads: each goes on with those it gets. */
static void several_run_at_once(void **state)
{
    (void)state;
    for (size_t i = next_device(0); i < oct_the_rig.devices; i = next_device(i + 1)) {
        bench benches[BENCHES];
        pthread_t threads[BENCHES];
        for (size_t j = 0; j < BENCHES; j++) {
            benches[j] = open_bench(i, true);
            record(&benches[j]);
        }
        for (size_t j = 0; j < BENCHES; j++)
            assert_int_equal(pthread_create(&threads[j], NULL, run_often, &benches[j]), 0);
        for (size_t j = 0; j < BENCHES; j++) {
            assert_int_equal(pthread_join(threads[j], NULL), 0);
            OCT_ASSERT_OK(benches[j].status);
            assert_bytes(&benches[j], RUNS * STEPS);
            close_bench(&benches[j]);
        }
    }
}

/* Another thread's launches, and another context's, are none of the chain's. */
static void *launch_all(void *argument)
{
    bench *const b = argument;
    for (size_t i = 0; i < STEPS && b->status == OCTET_OK; i++)
        b->status = launch(b, i);
    return NULL;
}

static void only_what_is_meant_is_recorded(void **state)
{
    (void)state;
    for (size_t i = next_device(0); i < oct_the_rig.devices; i = next_device(i + 1)) {
        bench b = open_bench(i, true), other = open_bench(i, true);
        pthread_t thread;
        OCT_ASSERT_OK(oct_chain_begin(b.context, &b.chain));
        launch_all(&other);
        assert_int_equal(pthread_create(&thread, NULL, launch_all, &b), 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
        OCT_ASSERT_OK(oct_chain_end(&b.chain));
        OCT_ASSERT_OK(other.status);
        OCT_ASSERT_OK(b.status);
        assert_bytes(&other, STEPS);
        assert_bytes(&b, STEPS);
        close_bench(&other);
        close_bench(&b);
    }
}

static void a_kernel_that_is_no_step_ends_it(void **state)
{
    static const size_t one[3] = {1, 1, 1};
    (void)state;
    for (size_t i = next_device(0); i < oct_the_rig.devices; i = next_device(i + 1)) {
        bench b = open_bench(i, true);
        oct_kernel *plain = NULL;
        OCT_ASSERT_OK(oct_kernel_create(b.context, "locate_buffer",
                                        "-D OCT_BUILD_OTHER=1 -D OCT_BUILD_CHAIN=1", &plain));
        const oct_arg args[] = {OCT_BUFFER(b.table), OCT_BUFFER(b.bytes[0]), OCT_INT(0)};
        OCT_ASSERT_OK(oct_chain_begin(b.context, &b.chain));
        OCT_ASSERT_OK(launch(&b, 0));
        OCT_ASSERT_OK(OCT_LAUNCH(plain, one, args));
        OCT_ASSERT_OK(launch(&b, 1));
        OCT_ASSERT_OK(oct_chain_end(&b.chain));
        assert_null(b.chain);
        assert_bytes(&b, 0);
        OCT_ASSERT_OK(launch(&b, 0)); /* launched again */
        OCT_ASSERT_OK(launch(&b, 1));
        assert_bytes(&b, 2);
        oct_kernel_destroy(plain);
        close_bench(&b);
    }
}

/* kernels.cl with a kernel whose id another function asks for, which steps do not have. */
static const char asks_elsewhere[] =
    "\n#if OCT_BUILD_NUMBER\n"
    "size_t place(void);\nsize_t place(void)\n{\n    return get_global_id(0);\n}\n"
    "kernel void number_all(global int *numbers)\n{\n    numbers[place()] = (int)place();\n}\n"
    "#endif\n";

static octet_context *open_file(size_t device)
{
    const char number[] = {(char)('0' + device), '\0'};
    char path[OCT_SCRATCH_PATH];
    octet_context *context = NULL;
    oct_scratch scratch;
    size_t size = 0;
    char *const text = oct_scratch_read(OCT_SOURCE "/kernels.cl", &size);
    char *const whole = malloc(size + sizeof asks_elsewhere);
    assert_non_null(whole);
    memcpy(whole, text, size);
    memcpy(whole + size, asks_elsewhere, sizeof asks_elsewhere);
    oct_scratch_open(&scratch);
    oct_scratch_write(oct_scratch_join(scratch.path, "kernels.cl", path), whole,
                      size + strlen(asks_elsewhere));
    const octet_context_desc desc = {.struct_size = sizeof desc,
                                     .device = number,
                                     .cache_directory = "",
                                     .kernel_file = path,
                                     .message = oct_rig_listen,
                                     .message_user = &oct_the_rig};
    OCT_ASSERT_OK(oct_context_open(&desc, &context));
    oct_context_use_chains(context);
    oct_scratch_close(&scratch);
    free(whole);
    free(text);
    return context;
}

static void what_does_not_build_as_a_step_is_launched(void **state)
{
    enum { NUMBERS = 4 };
    static const char options[] = "-D OCT_BUILD_OTHER=1 -D OCT_BUILD_NUMBER=1",
                      said[] = "kernel number_all: it does not";
    (void)state;
    for (size_t i = next_device(0); i < oct_the_rig.devices; i = next_device(i + 1)) {
        const size_t global[3] = {NUMBERS, 1, 1};
        int32_t numbers[NUMBERS] = {0};
        octet_context *const context = open_file(i);
        oct_kernel *kernel = NULL, *again = NULL, *wrong = NULL;
        oct_buffer *buffer = NULL;
        oct_rig_hush();
        OCT_ASSERT_OK(oct_kernel_create(context, "number_all", options, &kernel));
        assert_non_null(strstr(oct_the_rig.said, said));
        assert_null(strstr(oct_the_rig.said, "error"));
        oct_rig_hush();
        OCT_ASSERT_OK(oct_kernel_create(context, "number_all", options, &again));
        assert_string_equal(oct_the_rig.said, "");
        OCT_ASSERT_REFUSED(oct_kernel_create(context, "number_none", options, &wrong),
                           OCTET_DEVICE_FAILED, "number_none");
        OCT_ASSERT_OK(oct_buffer_from_host(context, sizeof numbers, numbers, &buffer));
        const oct_arg args[] = {OCT_BUFFER(buffer)};
        OCT_ASSERT_OK(OCT_LAUNCH(kernel, global, args));
        OCT_ASSERT_OK(oct_buffer_read(buffer, sizeof numbers, numbers, NULL));
        for (int32_t j = 0; j < NUMBERS; j++)
            assert_int_equal(numbers[j], j);
        oct_buffer_destroy(buffer);
        oct_kernel_destroy(again);
        oct_kernel_destroy(kernel);
        oct_context_close(context);
    }
}

static void integers_are_whole_here_too(void **state)
{
    (void)state;
    for (size_t i = next_device(0); i < oct_the_rig.devices; i = next_device(i + 1)) {
        bench b = open_bench(i, true);
        const size_t one[3] = {1, 1, 1};
        const oct_arg args[] = {OCT_BUFFER(b.bytes[0]), OCT_BUFFER(b.bytes[1]), OCT_BUFFER(b.table),
                                OCT_INT((int64_t)1 << 31), OCT_INT(1)};
        OCT_ASSERT_OK(oct_chain_begin(b.context, &b.chain));
        OCT_ASSERT_OK(launch(&b, 0));
        OCT_ASSERT_REFUSED(OCT_LAUNCH(b.kernel, one, args), OCTET_UNSUPPORTED,
                           "lookup: argument 3 is 2147483648");
        OCT_ASSERT_OK(oct_chain_end(&b.chain));
        close_bench(&b);
    }
}

static void without_them_launches_are_launches(void **state)
{
    (void)state;
    for (size_t i = 0; i < oct_the_rig.devices; i++) {
        bench b = open_bench(i, false);
        record(&b);
        assert_null(b.chain);
        assert_non_null(octet_context_chains(b.context));
        assert_bytes(&b, STEPS);
        close_bench(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_are_some_where_pocl_is_native),
        cmocka_unit_test(runs_are_the_launches),
        cmocka_unit_test(buffers_may_go_before),
        cmocka_unit_test(several_run_at_once),
        cmocka_unit_test(only_what_is_meant_is_recorded),
        cmocka_unit_test(a_kernel_that_is_no_step_ends_it),
        cmocka_unit_test(what_does_not_build_as_a_step_is_launched),
        cmocka_unit_test(integers_are_whole_here_too),
        cmocka_unit_test(without_them_launches_are_launches),
    };
    return cmocka_run_group_tests(tests, fill, oct_rig_close);
}
