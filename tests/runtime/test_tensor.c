/* test_tensor.c - tensors, copies to and from them, and events, on every device. */
#include <stdlib.h>

#include "core/shape.h"
#include "support/rig.h"

static octet_tensor *make(octet_context *context, octet_type type, const octet_shape *shape)
{
    octet_tensor *tensor = NULL;
    OCT_ASSERT_OK(octet_tensor_create(context, type, shape, &tensor));
    return tensor;
}

static void tensors_know_type_and_shape(void **state)
{
    static const octet_shape shapes[] = {
        {0, {0}}, {1, {0}}, {2, {3, 5}}, {8, {1, 2, 1, 3, 1, 2, 1, 2}}};
    (void)state;
    for (size_t i = 0; i < oct_the_rig.count * OCT_COUNT(shapes) * 4; i++) {
        const octet_type type = (octet_type)(i % 4);
        const octet_shape *const shape = &shapes[i / 4 % OCT_COUNT(shapes)];
        octet_tensor *const tensor =
            make(oct_the_rig.contexts[i / 4 / OCT_COUNT(shapes)], type, shape);
        const octet_shape found = octet_tensor_shape(tensor);
        assert_int_equal(octet_tensor_type(tensor), type);
        assert_true(oct_shape_equal(&found, shape));
        octet_tensor_destroy(tensor);
    }
}

static void wrong_tensors_are_refused(void **state)
{
    static const struct {
        octet_type type;
        octet_shape shape;
        const char *text;
    } cases[] = {
        {(octet_type)4, {1, {1}}, "type 4"},
        {(octet_type)-1, {1, {1}}, "type -1"},
        {OCTET_S8, {9, {1}}, "rank 9"},
        {OCTET_S8, {2, {SIZE_MAX, 2}}, "too large"},
        {OCTET_S32, {1, {SIZE_MAX / 2}}, "too large"},
    };
    (void)state;
    for (size_t i = 0; i < oct_the_rig.count * OCT_COUNT(cases); i++) {
        const size_t at = i % OCT_COUNT(cases);
        octet_tensor *tensor = NULL;
        OCT_ASSERT_REFUSED(octet_tensor_create(oct_the_rig.contexts[i / OCT_COUNT(cases)],
                                               cases[at].type, &cases[at].shape, &tensor),
                           OCTET_INVALID_ARGUMENT, cases[at].text);
        assert_null(tensor);
    }
}

/* More than any device has, in a shape that is legal. */
static void memory_may_not_suffice(void **state)
{
    const octet_shape huge = {2, {(size_t)1 << 31, (size_t)1 << 24}};
    (void)state;
    for (size_t i = 0; i < oct_the_rig.devices; i++) {
        octet_tensor *tensor = NULL;
        oct_rig_hush();
        const octet_status status =
            octet_tensor_create(oct_the_rig.contexts[i], OCTET_U8, &huge, &tensor);
        assert_true(status == OCTET_OUT_OF_MEMORY || status == OCTET_DEVICE_FAILED);
        assert_null(tensor);
        assert_true(oct_the_rig.said[0] != '\0');
    }
}

static void copies_round_trip(void **state)
{
    static const size_t sizes[] = {0, 1, 3, 64, 100003};
    (void)state;
    for (size_t i = 0; i < oct_the_rig.count * OCT_COUNT(sizes); i++) {
        const size_t count = sizes[i % OCT_COUNT(sizes)];
        const octet_shape shape = {1, {count}};
        octet_tensor *const tensor =
            make(oct_the_rig.contexts[i / OCT_COUNT(sizes)], OCTET_S32, &shape);
        int32_t *const data = calloc(2 * count + 1, sizeof *data), *const back = data + count;
        octet_event *written = NULL, *read = NULL;
        uint64_t seed = 81;
        assert_non_null(data);
        for (size_t j = 0; j < count; j++)
            data[j] = (int32_t)oct_random_bits(&seed);
        OCT_ASSERT_OK(octet_tensor_write(tensor, data, &written));
        OCT_ASSERT_OK(octet_tensor_read(tensor, back, &read));
        OCT_ASSERT_OK(octet_event_wait(written));
        OCT_ASSERT_OK(octet_event_wait(read));
        OCT_ASSERT_OK(octet_event_wait(read)); /* once more does no harm */
        assert_memory_equal(data, back, count * sizeof *data);
        memset(back, 0, count * sizeof *back);
        OCT_ASSERT_OK(octet_tensor_write(tensor, data, NULL));
        OCT_ASSERT_OK(octet_tensor_read(tensor, back, NULL));
        assert_memory_equal(data, back, count * sizeof *data);
        OCT_ASSERT_OK(octet_context_finish(oct_the_rig.contexts[i / OCT_COUNT(sizes)]));
        octet_event_destroy(written);
        octet_event_destroy(read);
        octet_tensor_destroy(tensor);
        free(data);
    }
}

static void nothing_cannot_be_copied(void **state)
{
    const octet_shape shape = {1, {5}};
    uint8_t data[5] = {0};
    (void)state;
    assert_int_equal(octet_tensor_write(NULL, data, NULL), OCTET_INVALID_ARGUMENT);
    assert_int_equal(octet_tensor_read(NULL, data, NULL), OCTET_INVALID_ARGUMENT);
    for (size_t i = 0; i < oct_the_rig.count; i++) {
        octet_tensor *const tensor = make(oct_the_rig.contexts[i], OCTET_U8, &shape);
        octet_event *event = NULL;
        OCT_ASSERT_REFUSED(octet_tensor_write(tensor, NULL, &event), OCTET_INVALID_ARGUMENT,
                           "the data of 5 bytes is NULL");
        OCT_ASSERT_REFUSED(octet_tensor_read(tensor, NULL, NULL), OCTET_INVALID_ARGUMENT,
                           "the data of 5 bytes is NULL");
        assert_null(event);
        octet_tensor_destroy(tensor);
    }
}

/* Device times of a copy, in a context with profiling and in one without. */
static octet_status time_copy(octet_context *context, size_t count, double *start, double *end)
{
    static const uint8_t data[1000];
    const octet_shape shape = {1, {count}};
    octet_tensor *const tensor = make(context, OCTET_U8, &shape);
    octet_event *event = NULL;
    OCT_ASSERT_OK(octet_tensor_write(tensor, data, &event));
    OCT_ASSERT_OK(octet_event_wait(event));
    const octet_status status = octet_event_seconds(event, start, end);
    octet_event_destroy(event);
    octet_tensor_destroy(tensor);
    return status;
}

static void events_have_times_if_asked_for(void **state)
{
    (void)state;
    for (size_t i = 0; i < oct_the_rig.devices; i++) {
        const char number[] = {(char)('0' + i), '\0'};
        const octet_context_desc desc = {.struct_size = sizeof desc,
                                         .device = number,
                                         .profiling = 1,
                                         .message = oct_rig_listen,
                                         .message_user = &oct_the_rig};
        octet_context *context = NULL;
        double start = -1.0, end = -1.0;
        OCT_ASSERT_OK(octet_context_create(&desc, &context));
        OCT_ASSERT_OK(time_copy(context, 1000, &start, &end));
        assert_true(start >= 0.0 && end >= start && end - start < 10.0);
        OCT_ASSERT_REFUSED(time_copy(context, 0, &start, &end), OCTET_UNSUPPORTED,
                           "no device time");
        octet_context_destroy(context);
    }
}

static void events_have_no_times_otherwise(void **state)
{
    (void)state;
    for (size_t i = 0; i < oct_the_rig.count; i++) {
        double start = 7.0, end = 8.0;
        OCT_ASSERT_REFUSED(time_copy(oct_the_rig.contexts[i], 1000, &start, &end),
                           OCTET_UNSUPPORTED, "no device time");
        assert_true(start == 7.0 && end == 8.0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tensors_know_type_and_shape),
        cmocka_unit_test(wrong_tensors_are_refused),
        cmocka_unit_test(memory_may_not_suffice),
        cmocka_unit_test(copies_round_trip),
        cmocka_unit_test(nothing_cannot_be_copied),
        cmocka_unit_test(events_have_times_if_asked_for),
        cmocka_unit_test(events_have_no_times_otherwise),
    };
    return cmocka_run_group_tests(tests, oct_rig_open, oct_rig_close);
}
