/* test_opencl_launch.c - kernel arguments and sizes on their way to a device. */
#include "runtime/runtime.h"
#include "support/rig.h"
#include "support/scratch.h"

static const char source_text[] =
    "kernel void fill(global int *row, int value) { row[get_global_id(0)] = value; }";

static octet_status fill(oct_kernel *kernel, const oct_buffer *row, size_t count, int64_t value)
{
    const oct_arg args[] = {OCT_BUFFER(row), OCT_INT(value)};
    const size_t global[3] = {count, 1, 1};
    return OCT_LAUNCH(kernel, global, args);
}

typedef struct bench {
    octet_context *context;
    oct_kernel *kernel;
    oct_buffer *row;
} bench;

/* A context that knows nothing but the kernel above. */
static bench open_bench(size_t device)
{
    const char number[] = {(char)('0' + device), '\0'};
    const int32_t row[2] = {7, 7};
    char path[OCT_SCRATCH_PATH];
    oct_scratch scratch;
    bench b = {NULL, NULL, NULL};
    oct_scratch_open(&scratch);
    oct_scratch_write(oct_scratch_join(scratch.path, "kernels.cl", path), source_text,
                      strlen(source_text));
    const octet_context_desc desc = {.struct_size = sizeof desc,
                                     .device = number,
                                     .cache_directory = "",
                                     .kernel_file = path,
                                     .message = oct_rig_listen,
                                     .message_user = &oct_the_rig};
    OCT_ASSERT_OK(oct_context_open(&desc, &b.context));
    oct_scratch_close(&scratch);
    OCT_ASSERT_OK(oct_kernel_create(b.context, "fill", "", &b.kernel));
    OCT_ASSERT_OK(oct_buffer_from_host(b.context, sizeof row, row, &b.row));
    return b;
}

static void close_bench(bench *b)
{
    oct_kernel_destroy(b->kernel);
    oct_buffer_destroy(b->row);
    oct_context_close(b->context);
}

static void assert_row(const bench *b, int32_t first, int32_t second)
{
    int32_t row[2];
    OCT_ASSERT_OK(oct_buffer_read(b->row, sizeof row, row, NULL));
    assert_int_equal(row[0], first);
    assert_int_equal(row[1], second);
}

static void nothing_is_launched_over_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < oct_the_rig.devices; i++) {
        bench b = open_bench(i);
        OCT_ASSERT_OK(fill(b.kernel, b.row, 0, 1));
        assert_row(&b, 7, 7);
        OCT_ASSERT_OK(fill(b.kernel, b.row, 1, 1));
        assert_row(&b, 1, 7);
        close_bench(&b);
    }
}

static void integers_arrive_whole_or_not_at_all(void **state)
{
    static const int64_t ends[] = {INT32_MIN, INT32_MAX};
    static const int64_t beyond[] = {(int64_t)INT32_MIN - 1, (int64_t)INT32_MAX + 1, INT64_MIN,
                                     INT64_MAX, (int64_t)1 << 32};
    (void)state;
    for (size_t i = 0; i < oct_the_rig.devices; i++) {
        bench b = open_bench(i);
        for (size_t j = 0; j < OCT_COUNT(ends); j++) {
            OCT_ASSERT_OK(fill(b.kernel, b.row, 2, ends[j]));
            assert_row(&b, (int32_t)ends[j], (int32_t)ends[j]);
        }
        for (size_t j = 0; j < OCT_COUNT(beyond); j++)
            OCT_ASSERT_REFUSED(fill(b.kernel, b.row, 2, beyond[j]), OCTET_UNSUPPORTED,
                               "fill: argument 1 is ");
        assert_row(&b, INT32_MAX, INT32_MAX);
        OCT_ASSERT_REFUSED(fill(b.kernel, b.row, 2, (int64_t)1 << 31), OCTET_UNSUPPORTED,
                           "argument 1 is 2147483648, beyond what kernels count (2^31 - 1)");
        close_bench(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_launched_over_nothing),
        cmocka_unit_test(integers_arrive_whole_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, oct_rig_open, oct_rig_close);
}
