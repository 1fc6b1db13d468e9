/* gemm.c - a quantized layer through octet's C API: u8 activations times s8 weights with zero
 * points, a scale per output channel and a bias, requantized to u8; on the best device, and once
 * more on the reference, which must give the same bits.
 *
 *     gcc gemm.c $(pkg-config --cflags --libs octet) -o gemm && ./gemm */
#include <octet/octet.h>
#include <stdio.h>

enum { M = 2, K = 4, N = 3 };

static const uint8_t a[M * K] = {130, 128, 126, 255, 0, 128, 131, 129};
static const int8_t b[K * N] = {10, -20, 30, 1, 2, 3, -4, 5, -6, 100, -100, 50};
static const float a_scale = 0.02f, b_scales[N] = {0.01f, 0.02f, 0.005f}, c_scale = 0.5f;
static const int32_t a_zero = 128, b_zeros[N] = {0, 3, -1}, c_zero = 100;
static const int32_t bias[N] = {1000, -2000, 0}; /* in steps of a_scale * b_scales[n] */

/* Every call gives a status; the message hook below says why. */
#define TRY(call)                                                                                  \
    do {                                                                                           \
        status = (call);                                                                           \
        if (status != OCTET_OK)                                                                    \
            goto cleanup;                                                                          \
    } while (0)

/* Without a hook octet says nothing: no reason for a failure, no word when it falls back. */
static void print_message(void *user, const char *text)
{
    (void)user;
    fprintf(stderr, "octet: %s\n", text);
}

/* C = requantize((A - a_zero) * (B - b_zeros) + bias), by one variant or by the one chosen. */
static octet_status multiply(octet_context *context, const char *variant, uint8_t c[M * N])
{
    /* What is not named is zero, and that is the default. */
    const octet_gemm_desc desc = {.struct_size = sizeof desc,
                                  .layer = {.input_type = OCTET_U8,
                                            .weight_type = OCTET_S8,
                                            .output_type = OCTET_U8,
                                            .input = {&a_scale, 1, &a_zero, 1},
                                            .weights = {b_scales, N, b_zeros, N},
                                            .output = {&c_scale, 1, &c_zero, 1},
                                            .weight_data = b,
                                            .bias = bias,
                                            .bias_type = OCTET_S32},
                                  .n = N,
                                  .k = K,
                                  .variant = variant};
    const octet_shape a_shape = {2, {M, K}};
    octet_shape c_shape;
    octet_status status;
    octet_operator *op = NULL;
    octet_tensor *input = NULL, *output = NULL;
    TRY(octet_gemm_create(context, &desc, &op));               /* checks and packs        */
    TRY(octet_operator_prepare(op, &a_shape, 1, &c_shape, 1)); /* builds; last that does  */
    TRY(octet_tensor_create(context, OCTET_U8, &a_shape, &input));
    TRY(octet_tensor_create(context, OCTET_U8, &c_shape, &output));
    TRY(octet_tensor_write(input, a, NULL));
    TRY(octet_operator_run(op, &input, 1, &output, 1, NULL, 0, NULL)); /* may be repeated     */
    TRY(octet_tensor_read(output, c, NULL));                           /* waits               */
    printf("variant %-20s", octet_operator_variant(op));
    for (int i = 0; i < M * N; i++)
        printf("%4d", c[i]);
    printf("\n");
cleanup:
    octet_tensor_destroy(output);
    octet_tensor_destroy(input);
    octet_operator_destroy(op);
    return status;
}

int main(void)
{
    const octet_context_desc desc = {.struct_size = sizeof desc, .message = print_message};
    octet_context *context = NULL;
    octet_device_info device;
    octet_comparison found = {0};
    octet_status status;
    uint8_t c[M * N], expected[M * N];
    TRY(octet_context_create(&desc, &context)); /* the best device, else the reference */
    octet_context_device(context, &device, NULL);
    printf("octet %s on %s\n", octet_version(), device.name);
    TRY(multiply(context, NULL, c));
    TRY(multiply(context, "reference", expected));
    octet_compare(OCTET_U8, M * N, expected, c, &found);
    printf("%zu of %zu elements differ from the reference\n", found.mismatches, found.count);
cleanup:
    octet_context_destroy(context);
    if (status != OCTET_OK)
        fprintf(stderr, "failed: %s\n", octet_status_text(status));
    return status != OCTET_OK || found.mismatches > 0;
}
