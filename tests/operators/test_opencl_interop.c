/* test_opencl_interop.c - operators on a caller's own OpenCL context, queue, buffers and events. */
#include <stdlib.h>

#include "core/shape.h"
#include "support/opencl_queue.h"

enum { MOST_DEVICES = 8, M = 60, K = 65, N = 33 };

/* ---- One gemm, A(m, k) times known weights, and its answer ---- */

static int8_t weights[K * N];

static octet_operator *make_variant(octet_context *context, size_t m, const char *variant)
{
    octet_gemm_desc desc = {.struct_size = sizeof desc, .n = N, .k = K, .variant = variant};
    const octet_shape shape = {2, {m, K}};
    octet_operator *op = NULL;
    desc.layer.input_type = OCTET_U8;
    desc.layer.weight_type = OCTET_S8;
    desc.layer.output_type = OCTET_S32;
    desc.layer.weights = (octet_quantization){NULL, 0, &(int32_t){3}, 1};
    desc.layer.weight_data = weights;
    OCT_ASSERT_OK(octet_gemm_create(context, &desc, &op));
    OCT_ASSERT_OK(octet_operator_prepare(op, &shape, 1, NULL, 0));
    return op;
}

static octet_operator *make_gemm(octet_context *context, size_t m)
{
    return make_variant(context, m, NULL);
}

static void fill(uint64_t seed, size_t m, uint8_t *a)
{
    for (size_t i = 0; i < m * K; i++)
        a[i] = (uint8_t)oct_random_bits(&seed);
}

static void assert_product(size_t m, const uint8_t *a, const int32_t *c)
{
    for (size_t i = 0; i < m * N; i++) {
        int32_t sum = 0;
        for (size_t k = 0; k < K; k++)
            sum += a[i / N * K + k] * (weights[k * N + i % N] - 3);
        assert_int_equal(c[i], sum);
    }
}

static int open_weights(void **state)
{
    uint64_t seed = 71;
    (void)state;
    for (size_t i = 0; i < K * N; i++)
        weights[i] = (int8_t)oct_random_bits(&seed);
    oct_the_rig.log = (oct_log){oct_rig_listen, &oct_the_rig};
    return 0;
}

/* ---- On each device and each kind of queue ---- */

typedef void (*check_fn)(const oct_own_queue *own);

static void check_everywhere(void **state)
{
    static const cl_command_queue_properties queues[] = {0, CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE,
                                                         CL_QUEUE_PROFILING_ENABLE};
    const check_fn *const check = *state;
    cl_device_id devices[MOST_DEVICES];
    const size_t count = oct_own_devices(devices, MOST_DEVICES);
    for (size_t i = 0; i < count * OCT_COUNT(queues); i++) {
        const size_t kind = i % OCT_COUNT(queues);
        oct_own_queue own;
        oct_rig_hush();
        if (!oct_own_open(&own, devices[i / OCT_COUNT(queues)], queues[kind])) {
            assert_int_not_equal(kind, 0); /* an in-order queue is always there */
            continue;
        }
        (*check)(&own);
        oct_own_close(&own);
    }
}

/* Tensors in the middle of buffers; what lies around them keeps its bytes. */
static void offsets(const oct_own_queue *own)
{
    const size_t lead = own->alignment, bytes = M * N * sizeof(int32_t), tail = 77;
    const octet_shape in = {2, {M, K}}, out = {2, {M, N}};
    octet_operator *const op = make_gemm(own->octet, M);
    uint8_t *const a = malloc(lead + M * K), *const c = malloc(lead + bytes + tail);
    assert_true(a != NULL && c != NULL);
    memset(a, 0xee, lead);
    fill(1, M, a + lead);
    memset(c, 0xdd, lead + bytes + tail);
    const cl_mem a_buffer = oct_own_buffer(own, lead + M * K, a);
    const cl_mem c_buffer = oct_own_buffer(own, lead + bytes + tail, c);
    octet_tensor *const x = oct_own_tensor(own, OCTET_U8, &in, a_buffer, lead);
    octet_tensor *const y = oct_own_tensor(own, OCTET_S32, &out, c_buffer, lead);
    cl_event done = NULL;
    OCT_ASSERT_OK(octet_operator_enqueue(op, &x, 1, &y, 1, NULL, 0, &done));
    assert_int_equal(clEnqueueReadBuffer(own->queue, c_buffer, CL_TRUE, 0, lead + bytes + tail, c,
                                         1, &done, NULL),
                     CL_SUCCESS);
    for (size_t i = 0; i < lead; i++)
        assert_int_equal(c[i], 0xdd);
    for (size_t i = 0; i < tail; i++)
        assert_int_equal(c[lead + bytes + i], 0xdd);
    memmove(c, c + lead, bytes); /* aligned for int32_t */
    assert_product(M, a + lead, (const int32_t *)(const void *)c);
    clReleaseEvent(done);
    octet_operator_destroy(op);
    octet_tensor_destroy(x);
    octet_tensor_destroy(y);
    clReleaseMemObject(a_buffer);
    clReleaseMemObject(c_buffer);
    free(a);
    free(c);
}

static cl_int state_of(cl_event event)
{
    cl_int state = CL_COMPLETE;
    assert_int_equal(
        clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof state, &state, NULL),
        CL_SUCCESS);
    return state;
}

/* Enqueued behind an event that nobody has set: the call returns, nothing runs until it is. */
static void events(const oct_own_queue *own)
{
    const octet_shape in = {2, {M, K}}, out = {2, {M, N}};
    octet_operator *const op = make_gemm(own->octet, M);
    uint8_t a[M * K];
    int32_t c[M * N];
    cl_int error = CL_SUCCESS;
    cl_event done = NULL, written = NULL;
    fill(2, M, a);
    const cl_mem a_buffer = oct_own_buffer(own, sizeof a, NULL);
    const cl_mem c_buffer = oct_own_buffer(own, sizeof c, NULL);
    octet_tensor *const x = oct_own_tensor(own, OCTET_U8, &in, a_buffer, 0);
    octet_tensor *const y = oct_own_tensor(own, OCTET_S32, &out, c_buffer, 0);
    const cl_event gate = clCreateUserEvent(own->context, &error);
    assert_int_equal(error, CL_SUCCESS);
    assert_int_equal(
        clEnqueueWriteBuffer(own->queue, a_buffer, CL_FALSE, 0, sizeof a, a, 1, &gate, &written),
        CL_SUCCESS);
    const cl_event wait[] = {gate, written};
    OCT_ASSERT_OK(octet_operator_enqueue(op, &x, 1, &y, 1, wait, 2, &done));
    assert_int_equal(clFlush(own->queue), CL_SUCCESS);
    assert_true(state_of(done) > CL_COMPLETE);
    assert_int_equal(clSetUserEventStatus(gate, CL_COMPLETE), CL_SUCCESS);
    assert_int_equal(clWaitForEvents(1, &done), CL_SUCCESS);
    assert_int_equal(state_of(done), CL_COMPLETE);
    assert_int_equal(
        clEnqueueReadBuffer(own->queue, c_buffer, CL_TRUE, 0, sizeof c, c, 0, NULL, NULL),
        CL_SUCCESS);
    assert_product(M, a, c);
    clReleaseEvent(gate);
    clReleaseEvent(written);
    clReleaseEvent(done);
    octet_operator_destroy(op);
    octet_tensor_destroy(x);
    octet_tensor_destroy(y);
    clReleaseMemObject(a_buffer);
    clReleaseMemObject(c_buffer);
}

enum { RUNS = 8, LARGE = 3000 };

/* One operator, run after run without waiting: its scratch memory serves one run at a time, also on
 * a queue that may reorder. */
static void consecutive_runs(const oct_own_queue *own)
{
    const octet_shape in = {2, {LARGE, K}}, out = {2, {LARGE, N}};
    octet_operator *const op = make_gemm(own->octet, LARGE);
    octet_tensor *x[RUNS], *y[RUNS];
    uint8_t *const a = malloc(RUNS * LARGE * K);
    int32_t *const c = malloc(LARGE * N * sizeof *c);
    assert_true(a != NULL && c != NULL);
    for (size_t i = 0; i < RUNS; i++) {
        fill(10 + i, LARGE, a + i * LARGE * K);
        OCT_ASSERT_OK(octet_tensor_create(own->octet, OCTET_U8, &in, &x[i]));
        OCT_ASSERT_OK(octet_tensor_create(own->octet, OCTET_S32, &out, &y[i]));
        OCT_ASSERT_OK(octet_tensor_write(x[i], a + i * LARGE * K, NULL));
    }
    for (size_t i = 0; i < RUNS; i++)
        OCT_ASSERT_OK(octet_operator_enqueue(op, &x[i], 1, &y[i], 1, NULL, 0, NULL));
    for (size_t i = 0; i < RUNS; i++) {
        OCT_ASSERT_OK(octet_tensor_read(y[i], c, NULL));
        assert_product(LARGE, a + i * LARGE * K, c);
    }
    for (size_t i = 0; i < RUNS; i++) {
        octet_tensor_destroy(x[i]);
        octet_tensor_destroy(y[i]);
    }
    octet_operator_destroy(op);
    free(a);
    free(c);
}

/* The same recorded, and played before anything is waited for; behind an event that nobody has set. */
static void recorded_runs(const oct_own_queue *own)
{
    enum { PLAYS = 3 };
    const octet_shape in = {2, {LARGE, K}}, out = {2, {LARGE, N}};
    octet_operator *const op = make_gemm(own->octet, LARGE);
    octet_tensor *x[RUNS], *y[RUNS];
    uint8_t *const a = malloc(RUNS * LARGE * K);
    int32_t *const c = malloc(LARGE * N * sizeof *c);
    octet_commands *commands = NULL;
    cl_int error = CL_SUCCESS;
    const cl_event gate = clCreateUserEvent(own->context, &error);
    cl_event done[PLAYS] = {NULL};
    assert_true(a != NULL && c != NULL && error == CL_SUCCESS);
    for (size_t i = 0; i < RUNS; i++) {
        fill(40 + i, LARGE, a + i * LARGE * K);
        OCT_ASSERT_OK(octet_tensor_create(own->octet, OCTET_U8, &in, &x[i]));
        OCT_ASSERT_OK(octet_tensor_create(own->octet, OCTET_S32, &out, &y[i]));
        OCT_ASSERT_OK(octet_tensor_write(x[i], a + i * LARGE * K, NULL));
    }
    OCT_ASSERT_OK(octet_commands_begin(own->octet, &commands));
    for (size_t i = 0; i < RUNS; i++)
        OCT_ASSERT_OK(octet_operator_enqueue(op, &x[i], 1, &y[i], 1, NULL, 0, NULL));
    OCT_ASSERT_OK(octet_commands_end(commands));
    for (size_t i = 0; i < PLAYS; i++)
        OCT_ASSERT_OK(octet_commands_enqueue(commands, &gate, 1, &done[i]));
    assert_int_equal(clFlush(own->queue), CL_SUCCESS);
    assert_true(state_of(done[0]) > CL_COMPLETE);
    assert_int_equal(clSetUserEventStatus(gate, CL_COMPLETE), CL_SUCCESS);
    assert_int_equal(clWaitForEvents(PLAYS, done), CL_SUCCESS);
    for (size_t i = 0; i < RUNS; i++) {
        OCT_ASSERT_OK(octet_tensor_read(y[i], c, NULL));
        assert_product(LARGE, a + i * LARGE * K, c);
        octet_tensor_destroy(x[i]);
        octet_tensor_destroy(y[i]);
    }
    for (size_t i = 0; i < PLAYS; i++)
        clReleaseEvent(done[i]);
    clReleaseEvent(gate);
    octet_commands_destroy(commands);
    octet_operator_destroy(op);
    free(a);
    free(c);
}

/* Where one variant is the reference, the runs are made again: those before it keep their order, for they
 * share the operator's scratch memory. */
static void recorded_runs_beside_the_reference(const oct_own_queue *own)
{
    const octet_shape in = {2, {LARGE, K}}, out = {2, {LARGE, N}};
    octet_operator *const op = make_gemm(own->octet, LARGE);
    octet_operator *const last = make_variant(own->octet, LARGE, "reference");
    octet_tensor *x[RUNS], *y[RUNS + 1];
    uint8_t *const a = malloc(RUNS * LARGE * K);
    int32_t *const c = malloc(LARGE * N * sizeof *c);
    octet_commands *commands = NULL;
    assert_true(a != NULL && c != NULL);
    OCT_ASSERT_OK(octet_tensor_create(own->octet, OCTET_S32, &out, &y[RUNS]));
    for (size_t i = 0; i < RUNS; i++) {
        fill(80 + i, LARGE, a + i * LARGE * K);
        OCT_ASSERT_OK(octet_tensor_create(own->octet, OCTET_U8, &in, &x[i]));
        OCT_ASSERT_OK(octet_tensor_create(own->octet, OCTET_S32, &out, &y[i]));
        OCT_ASSERT_OK(octet_tensor_write(x[i], a + i * LARGE * K, NULL));
    }
    OCT_ASSERT_OK(octet_commands_begin(own->octet, &commands));
    for (size_t i = 0; i < RUNS; i++)
        OCT_ASSERT_OK(octet_operator_run(op, &x[i], 1, &y[i], 1, NULL, 0, NULL));
    OCT_ASSERT_OK(octet_operator_run(last, &x[0], 1, &y[RUNS], 1, NULL, 0, NULL));
    OCT_ASSERT_OK(octet_commands_end(commands));
    OCT_ASSERT_OK(octet_commands_run(commands, NULL, 0, NULL));
    for (size_t i = 0; i <= RUNS; i++) {
        OCT_ASSERT_OK(octet_tensor_read(y[i], c, NULL));
        assert_product(LARGE, a + i % RUNS * LARGE * K, c);
        octet_tensor_destroy(y[i]);
    }
    for (size_t i = 0; i < RUNS; i++)
        octet_tensor_destroy(x[i]);
    octet_commands_destroy(commands);
    octet_operator_destroy(last);
    octet_operator_destroy(op);
    free(a);
    free(c);
}

/* A tensor is overwritten after everything that was enqueued before has read it. */
static void writes_wait_for_readers(const oct_own_queue *own)
{
    const octet_shape in = {2, {LARGE, K}}, out = {2, {LARGE, N}};
    octet_operator *const op = make_gemm(own->octet, LARGE);
    octet_tensor *x = NULL, *y[2] = {NULL, NULL};
    uint8_t *const a = malloc(2 * LARGE * K);
    int32_t *const c = malloc(LARGE * N * sizeof *c);
    assert_true(a != NULL && c != NULL);
    OCT_ASSERT_OK(octet_tensor_create(own->octet, OCTET_U8, &in, &x));
    for (size_t i = 0; i < 2; i++) {
        octet_event *event = NULL;
        fill(30 + i, LARGE, a + i * LARGE * K);
        OCT_ASSERT_OK(octet_tensor_create(own->octet, OCTET_S32, &out, &y[i]));
        OCT_ASSERT_OK(octet_tensor_write(x, a + i * LARGE * K, i == 0 ? NULL : &event));
        OCT_ASSERT_OK(octet_operator_run(op, &x, 1, &y[i], 1, NULL, 0, NULL));
        octet_event_destroy(event);
    }
    for (size_t i = 0; i < 2; i++) {
        OCT_ASSERT_OK(octet_tensor_read(y[i], c, NULL));
        assert_product(LARGE, a + i * LARGE * K, c);
        octet_tensor_destroy(y[i]);
    }
    octet_tensor_destroy(x);
    octet_operator_destroy(op);
    free(a);
    free(c);
}

static void buffers_have_ends(const oct_own_queue *own)
{
    const octet_shape all = {1, {1000}}, less = {1, {1000 - own->alignment}}, more = {1, {1001}};
    const octet_shape words = {1, {251}}, nothing = {1, {0}};
    const cl_mem buffer = oct_own_buffer(own, 1000, NULL);
    octet_tensor *tensor = NULL;
    OCT_ASSERT_REFUSED(octet_tensor_from_buffer(own->octet, OCTET_U8, &more, buffer, 0, &tensor),
                       OCTET_INVALID_ARGUMENT,
                       "1001 bytes from offset 0 pass the end of a buffer of 1000");
    OCT_ASSERT_REFUSED(octet_tensor_from_buffer(own->octet, OCTET_S32, &words, buffer, 0, &tensor),
                       OCTET_INVALID_ARGUMENT, "1004 bytes");
    OCT_ASSERT_REFUSED(
        octet_tensor_from_buffer(own->octet, OCTET_U8, &all, buffer, own->alignment, &tensor),
        OCTET_INVALID_ARGUMENT, "pass the end");
    OCT_ASSERT_REFUSED(
        octet_tensor_from_buffer(own->octet, OCTET_U8, &all, buffer, SIZE_MAX, &tensor),
        OCTET_INVALID_ARGUMENT, "pass the end");
    OCT_ASSERT_REFUSED(
        octet_tensor_from_buffer(own->octet, (octet_type)9, &all, buffer, 0, &tensor),
        OCTET_INVALID_ARGUMENT, "type or shape");
    assert_null(tensor);
    tensor = oct_own_tensor(own, OCTET_U8, &all, buffer, 0);
    octet_tensor_destroy(tensor);
    tensor = oct_own_tensor(own, OCTET_U8, &less, buffer, own->alignment);
    octet_tensor_destroy(tensor);
    tensor = oct_own_tensor(own, OCTET_U8, &nothing, buffer, 1000);
    octet_tensor_destroy(tensor);
    assert_int_equal(clReleaseMemObject(buffer), CL_SUCCESS);
}

/* Kernels are tried once, on tensors of the prepared shapes, when they are new. There may be room for
 * what the operator needs itself and not for those. */
static void prepare_needs_no_room_for_tensors(const oct_own_queue *own)
{
    const octet_shape shapes[] = {{2, {1 << 20, 1}}, {3, {1 << 10, 1, 512}}};
    const octet_gemm_desc desc = {.struct_size = sizeof desc,
                                  .n = 512,
                                  .k = 1,
                                  .layer = {.output_type = OCTET_S32}}; /* 2 TiB of results */
    octet_operator *op = NULL;
    OCT_ASSERT_OK(octet_gemm_create(own->octet, &desc, &op));
    oct_rig_hush();
    OCT_ASSERT_OK(octet_operator_prepare(op, shapes, 2, NULL, 0));
    assert_non_null(strstr(oct_the_rig.said, "gemm: memory does not suffice to try its kernels"));
    octet_operator_destroy(op);
}

/* Memory that kernels may only read, in whole and from an offset on. */
static void buffers_may_be_read_only(const oct_own_queue *own)
{
    const octet_shape in = {2, {M, K}}, out = {2, {M, N}};
    const size_t offsets[] = {0, own->alignment};
    octet_operator *const op = make_gemm(own->octet, M);
    octet_tensor *y = NULL;
    cl_int error = CL_SUCCESS;
    uint8_t *const a = malloc(own->alignment + M * K);
    int32_t c[M * N];
    assert_non_null(a);
    fill(3, M, a + own->alignment);
    fill(3, M, a);
    OCT_ASSERT_OK(octet_tensor_create(own->octet, OCTET_S32, &out, &y));
    const cl_mem buffer = clCreateBuffer(own->context, CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR,
                                         own->alignment + M * K, a, &error);
    assert_int_equal(error, CL_SUCCESS);
    for (size_t i = 0; i < OCT_COUNT(offsets); i++) {
        octet_tensor *const x = oct_own_tensor(own, OCTET_U8, &in, buffer, offsets[i]);
        OCT_ASSERT_OK(octet_operator_enqueue(op, &x, 1, &y, 1, NULL, 0, NULL));
        OCT_ASSERT_OK(octet_tensor_read(y, c, NULL));
        assert_product(M, a + offsets[i], c);
        octet_tensor_destroy(x);
    }
    octet_operator_destroy(op);
    octet_tensor_destroy(y);
    clReleaseMemObject(buffer);
    free(a);
}

/* The row "reference" on a buffer that the host may only read. */
static void the_reference_only_reads_inputs(const oct_own_queue *own)
{
    const octet_permute_desc desc = {
        .struct_size = sizeof desc, .rank = 2, .order = {1, 0}, .variant = "reference"};
    const octet_shape in = {2, {2, 3}}, out = {2, {3, 2}};
    int8_t data[6] = {1, 2, 3, 4, 5, 6}, result[6];
    const int8_t turned[6] = {1, 4, 2, 5, 3, 6};
    octet_operator *op = NULL;
    octet_tensor *y = NULL;
    cl_int error = CL_SUCCESS;
    const cl_mem buffer = clCreateBuffer(own->context, CL_MEM_HOST_READ_ONLY | CL_MEM_COPY_HOST_PTR,
                                         sizeof data, data, &error);
    assert_int_equal(error, CL_SUCCESS);
    octet_tensor *const x = oct_own_tensor(own, OCTET_S8, &in, buffer, 0);
    OCT_ASSERT_OK(octet_tensor_create(own->octet, OCTET_S8, &out, &y));
    OCT_ASSERT_OK(octet_permute_create(own->octet, &desc, &op));
    OCT_ASSERT_OK(octet_operator_prepare(op, &in, 1, NULL, 0));
    OCT_ASSERT_OK(octet_operator_run(op, &x, 1, &y, 1, NULL, 0, NULL));
    OCT_ASSERT_OK(octet_tensor_read(y, result, NULL));
    assert_memory_equal(result, turned, sizeof turned);
    octet_operator_destroy(op);
    octet_tensor_destroy(x);
    octet_tensor_destroy(y);
    clReleaseMemObject(buffer);
}

/* Buffers and events mean nothing to the reference, nor those of another OpenCL context to this. */
static void strangers_are_refused(const oct_own_queue *own)
{
    const octet_context_desc desc = {.struct_size = sizeof desc,
                                     .backend = OCTET_BACKEND_REFERENCE,
                                     .message = oct_rig_listen,
                                     .message_user = &oct_the_rig};
    const octet_shape shape = {1, {5}}, in = {2, {M, K}}, out = {2, {M, N}};
    const cl_mem buffer = oct_own_buffer(own, 5, NULL);
    octet_context *reference = NULL;
    octet_tensor *tensor = NULL, *x = NULL, *y = NULL;
    octet_operator *op = NULL;
    cl_event done = NULL;
    cl_int error = CL_SUCCESS;
    OCT_ASSERT_OK(octet_context_create(&desc, &reference));
    OCT_ASSERT_REFUSED(octet_tensor_from_buffer(reference, OCTET_U8, &shape, buffer, 0, &tensor),
                       OCTET_INVALID_ARGUMENT, "the context runs on the reference");
    op = make_gemm(reference, M);
    OCT_ASSERT_OK(octet_tensor_create(reference, OCTET_U8, &in, &x));
    OCT_ASSERT_OK(octet_tensor_create(reference, OCTET_S32, &out, &y));
    OCT_ASSERT_REFUSED(octet_operator_enqueue(op, &x, 1, &y, 1, NULL, 0, &done),
                       OCTET_INVALID_ARGUMENT, "gemm: its context runs on the reference");
    octet_operator_destroy(op);
    octet_tensor_destroy(x);
    octet_tensor_destroy(y);
    octet_context_destroy(reference);

    const cl_context other = clCreateContext(NULL, 1, &own->device, NULL, NULL, &error);
    const cl_mem strange = clCreateBuffer(other, CL_MEM_READ_WRITE, 5, NULL, &error);
    assert_int_equal(error, CL_SUCCESS);
    OCT_ASSERT_REFUSED(octet_tensor_from_buffer(own->octet, OCTET_U8, &shape, strange, 0, &tensor),
                       OCTET_INVALID_ARGUMENT, "the buffer belongs to another OpenCL context");
    reference = NULL;
    OCT_ASSERT_REFUSED(octet_context_from_queue(own->device, other, own->queue, &desc, &reference),
                       OCTET_INVALID_ARGUMENT, "the queue belongs to another OpenCL context");
    assert_null(reference);
    assert_null(tensor);
    assert_null(done);
    clReleaseMemObject(strange);
    clReleaseContext(other);
    clReleaseMemObject(buffer);
}

/* The tensor keeps the buffer that its creator lets go. */
static void buffers_are_retained(const oct_own_queue *own)
{
    const octet_shape shape = {1, {5}};
    const uint8_t data[5] = {1, 2, 3, 4, 5};
    uint8_t result[5] = {0};
    const cl_mem buffer = oct_own_buffer(own, sizeof data, data);
    octet_tensor *const tensor = oct_own_tensor(own, OCTET_U8, &shape, buffer, 0);
    assert_int_equal(clReleaseMemObject(buffer), CL_SUCCESS);
    OCT_ASSERT_OK(octet_tensor_read(tensor, result, NULL));
    assert_memory_equal(result, data, sizeof data);
    octet_tensor_destroy(tensor);
}

static void the_device_is_named(const oct_own_queue *own)
{
    octet_device_info info = {.type = OCTET_DEVICE_REFERENCE}, listed[MOST_DEVICES + 1];
    size_t index = 99, count = 0;
    octet_context_device(own->octet, &info, &index);
    OCT_ASSERT_OK(octet_list_devices(listed, MOST_DEVICES + 1, &count));
    assert_true(index + 1 < count);
    assert_string_equal(info.name, listed[index].name);
}

static void unknown_devices_are_refused(const oct_own_queue *own)
{
    octet_context *context = NULL;
    const octet_context_desc desc = {
        .struct_size = sizeof desc, .message = oct_rig_listen, .message_user = &oct_the_rig};
    octet_context_desc old = desc;
    old.struct_size -= 8;
    OCT_ASSERT_REFUSED(octet_context_from_queue(NULL, own->context, own->queue, &desc, &context),
                       OCTET_INVALID_ARGUMENT, "the device is none of");
    assert_int_equal(
        octet_context_from_queue(own->device, own->context, own->queue, &old, &context),
        OCTET_INVALID_ARGUMENT);
    assert_null(context);
}

int main(void)
{
    static const struct {
        const char *name;
        check_fn check;
    } checks[] = {
        {"offsets", offsets},
        {"events", events},
        {"consecutive runs", consecutive_runs},
        {"recorded runs", recorded_runs},
        {"recorded runs beside the reference", recorded_runs_beside_the_reference},
        {"writes wait for readers", writes_wait_for_readers},
        {"buffers have ends", buffers_have_ends},
        {"prepare needs no room for tensors", prepare_needs_no_room_for_tensors},
        {"buffers may be read-only", buffers_may_be_read_only},
        {"the reference only reads inputs", the_reference_only_reads_inputs},
        {"strangers are refused", strangers_are_refused},
        {"buffers are retained", buffers_are_retained},
        {"the device is named", the_device_is_named},
        {"unknown devices are refused", unknown_devices_are_refused},
    };
    struct CMUnitTest tests[OCT_COUNT(checks)];
    for (size_t i = 0; i < OCT_COUNT(checks); i++)
        tests[i] = (struct CMUnitTest){checks[i].name, check_everywhere, NULL, NULL,
                                       (void *)&checks[i].check}; /* read only */
    return cmocka_run_group_tests(tests, open_weights, NULL);
}
