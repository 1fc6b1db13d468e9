/* opencl.c - octet on a program's own OpenCL context, queue and buffers: it waits for the program's
 * event, hands back one of its own, and in between neither copies nor blocks.
 *
 *     gcc opencl.c $(pkg-config --cflags --libs octet) -lOpenCL -o opencl && ./opencl */
#define CL_TARGET_OPENCL_VERSION 120 /* what octet needs; else CL/cl.h says which it chose */
#include <octet/opencl.h>
#include <stdio.h>

enum { M = 4, K = 8, N = 4, MOST_PLATFORMS = 8 };

static const int8_t b[K * N] = {1, -2, 3, -4, 5, -6, 7, -8, 9,  -10, 11, -12, 13, -14, 15, -16,
                                2, -1, 4, -3, 6, -5, 8, -7, 10, -9,  12, -11, 14, -13, 16, -15};

/* An octet_status or a cl_int: 0 is success in both. */
#define TRY(call)                                                                                  \
    do {                                                                                           \
        const int answer = (int)(call);                                                            \
        if (answer != 0) {                                                                         \
            fprintf(stderr, "%s: %d\n", #call, answer);                                            \
            goto cleanup;                                                                          \
        }                                                                                          \
    } while (0)

static void print_message(void *user, const char *text)
{
    (void)user;
    fprintf(stderr, "octet: %s\n", text);
}

/* The first device of any platform; NULL when there is none. */
static cl_device_id find_device(void)
{
    cl_platform_id platforms[MOST_PLATFORMS];
    cl_uint count = 0;
    cl_device_id device = NULL;
    if (clGetPlatformIDs(MOST_PLATFORMS, platforms, &count) != CL_SUCCESS)
        return NULL;
    for (cl_uint i = 0; i < count && i < MOST_PLATFORMS && device == NULL; i++)
        if (clGetDeviceIDs(platforms[i], CL_DEVICE_TYPE_ALL, 1, &device, NULL) != CL_SUCCESS)
            device = NULL;
    return device;
}

/* Elements of C that are not the sum written out. */
static int count_wrong(const uint8_t *a, const int32_t *c)
{
    int wrong = 0;
    for (int i = 0; i < M * N; i++) {
        int32_t sum = 0;
        for (int k = 0; k < K; k++)
            sum += a[i / N * K + k] * b[k * N + i % N];
        wrong += c[i] != sum;
    }
    return wrong;
}

int main(void)
{
    const octet_context_desc how = {.struct_size = sizeof how, .message = print_message};
    const octet_gemm_desc desc = {.struct_size = sizeof desc,
                                  .layer = {.input_type = OCTET_U8,
                                            .weight_type = OCTET_S8,
                                            .output_type = OCTET_S32,
                                            .weight_data = b},
                                  .n = N,
                                  .k = K};
    const octet_shape a_shape = {2, {M, K}}, c_shape = {2, {M, N}};
    cl_device_id device = find_device();
    cl_context cl = NULL;
    cl_command_queue queue = NULL;
    cl_mem a_buffer = NULL, c_buffer = NULL;
    cl_event written = NULL, computed = NULL;
    cl_int failed = CL_SUCCESS;
    octet_context *context = NULL;
    octet_operator *op = NULL;
    octet_tensor *x = NULL, *y = NULL;
    uint8_t a[M * K];
    int32_t c[M * N];
    int wrong = -1;
    if (device == NULL) {
        fprintf(stderr, "no OpenCL device\n");
        return 1;
    }
    for (int i = 0; i < M * K; i++)
        a[i] = (uint8_t)(7 * i);

    /* The program's own. */
    cl = clCreateContext(NULL, 1, &device, NULL, NULL, &failed);
    TRY(failed);
    queue = clCreateCommandQueue(cl, device, 0, &failed);
    TRY(failed);
    a_buffer = clCreateBuffer(cl, CL_MEM_READ_ONLY, sizeof a, NULL, &failed);
    TRY(failed);
    c_buffer = clCreateBuffer(cl, CL_MEM_WRITE_ONLY, sizeof c, NULL, &failed);
    TRY(failed);

    /* Octet's, made once: what is built is built here. */
    TRY(octet_context_from_queue(device, cl, queue, &how, &context));
    TRY(octet_gemm_create(context, &desc, &op));
    TRY(octet_operator_prepare(op, &a_shape, 1, NULL, 0));
    TRY(octet_tensor_from_buffer(context, OCTET_U8, &a_shape, a_buffer, 0, &x));
    TRY(octet_tensor_from_buffer(context, OCTET_S32, &c_shape, c_buffer, 0, &y));

    /* A chain of events: written, computed, read. */
    TRY(clEnqueueWriteBuffer(queue, a_buffer, CL_FALSE, 0, sizeof a, a, 0, NULL, &written));
    TRY(octet_operator_enqueue(op, &x, 1, &y, 1, &written, 1, &computed));
    TRY(clEnqueueReadBuffer(queue, c_buffer, CL_TRUE, 0, sizeof c, c, 1, &computed, NULL));
    wrong = count_wrong(a, c);
    printf("octet %s on a queue of one's own: %d of %d sums are wrong\n", octet_version(), wrong,
           M * N);
cleanup:
    octet_tensor_destroy(y);
    octet_tensor_destroy(x);
    octet_operator_destroy(op);
    octet_context_destroy(context);
    if (computed != NULL)
        clReleaseEvent(computed);
    if (written != NULL)
        clReleaseEvent(written);
    if (c_buffer != NULL)
        clReleaseMemObject(c_buffer);
    if (a_buffer != NULL)
        clReleaseMemObject(a_buffer);
    if (queue != NULL)
        clReleaseCommandQueue(queue);
    if (cl != NULL)
        clReleaseContext(cl);
    return wrong != 0;
}
