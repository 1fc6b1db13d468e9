/* test_operator_reference.c - the row "reference" on memory of every device: mapped once, however
 * often it is an operand, and only for what is done with it. */
#include "runtime/backend.h"
#include "support/stage.h"

/* ---- A backend that counts ---- */

enum { MOST_MAPPED = 8 };

static const oct_backend *counted;
static unsigned accesses[MOST_MAPPED];
static size_t mapped;

static octet_status count_map(oct_buffer *buffer, unsigned access, void **memory)
{
    assert_in_range(mapped, 0, MOST_MAPPED - 1);
    accesses[mapped++] = access;
    return counted->map(buffer, access, memory);
}

/* Runs once; what was mapped is in "accesses" afterwards. */
static void run_counted(octet_operator *op, octet_context *context, octet_tensor *const *inputs,
                        size_t input_count, octet_tensor *output)
{
    oct_backend counting = *context->backend;
    counting.map = count_map;
    counted = context->backend;
    mapped = 0;
    context->backend = &counting;
    OCT_ASSERT_OK(octet_operator_run(op, inputs, input_count, &output, 1, NULL, 0, NULL));
    context->backend = counted;
}

/* ---- Operands that share memory ---- */

static octet_tensor *make_tensor(octet_context *context, const octet_shape *shape,
                                 const int8_t *data)
{
    octet_tensor *tensor = NULL;
    OCT_ASSERT_OK(octet_tensor_create(context, OCTET_S8, shape, &tensor));
    OCT_ASSERT_OK(octet_tensor_write(tensor, data, NULL));
    return tensor;
}

static void a_sum_of_one_tensor_with_itself(void **state)
{
    const octet_shape shape = {1, {5}};
    const int8_t data[5] = {0, 1, -2, 50, 100}, sums[5] = {0, 2, -4, 100, 127};
    (void)state;
    for (size_t i = 0; i < oct_the_rig.count; i++) {
        const octet_binary_desc desc = {.struct_size = sizeof desc, .variant = "reference"};
        octet_context *const context = oct_the_rig.contexts[i];
        octet_tensor *const x = make_tensor(context, &shape, data);
        octet_tensor *const y = make_tensor(context, &shape, data);
        octet_operator *op = NULL;
        int8_t result[5];
        OCT_ASSERT_OK(octet_binary_create(context, &desc, &op));
        OCT_ASSERT_OK(octet_operator_prepare(op, (octet_shape[]){shape, shape}, 2, NULL, 0));
        run_counted(op, context, (octet_tensor *[]){x, x}, 2, y);
        assert_int_equal(mapped, 2);
        assert_int_equal(accesses[0], OCT_READ);
        assert_int_equal(accesses[1], OCT_WRITE);
        OCT_ASSERT_OK(octet_tensor_read(y, result, NULL));
        assert_memory_equal(result, sums, sizeof sums);
        run_counted(op, context, (octet_tensor *[]){x, x}, 2, x); /* in place */
        assert_int_equal(mapped, 1);
        assert_int_equal(accesses[0], OCT_READ | OCT_WRITE);
        OCT_ASSERT_OK(octet_tensor_read(x, result, NULL));
        assert_memory_equal(result, sums, sizeof sums);
        octet_operator_destroy(op);
        octet_tensor_destroy(x);
        octet_tensor_destroy(y);
    }
}

static void a_matrix_times_itself(void **state)
{
    const octet_shape shape = {2, {2, 2}};
    const int8_t data[4] = {1, 2, 3, 4}, square[4] = {7, 10, 15, 22};
    (void)state;
    for (size_t i = 0; i < oct_the_rig.count; i++) {
        const octet_gemm_desc desc = {
            .struct_size = sizeof desc, .n = 2, .k = 2, .variant = "reference"};
        octet_context *const context = oct_the_rig.contexts[i];
        octet_tensor *const a = make_tensor(context, &shape, data);
        octet_tensor *const c = make_tensor(context, &shape, data);
        octet_operator *op = NULL;
        int8_t result[4];
        OCT_ASSERT_OK(octet_gemm_create(context, &desc, &op));
        OCT_ASSERT_OK(octet_operator_prepare(op, (octet_shape[]){shape, shape}, 2, NULL, 0));
        run_counted(op, context, (octet_tensor *[]){a, a}, 2, c);
        assert_int_equal(mapped, 2);
        OCT_ASSERT_OK(octet_tensor_read(c, result, NULL));
        assert_memory_equal(result, square, sizeof square);
        octet_operator_destroy(op);
        octet_tensor_destroy(a);
        octet_tensor_destroy(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sum_of_one_tensor_with_itself),
        cmocka_unit_test(a_matrix_times_itself),
    };
    return cmocka_run_group_tests(tests, oct_rig_open, oct_rig_close);
}
