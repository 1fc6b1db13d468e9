/* network.c - a small quantized network made by hand of octet's operators: an image is quantized,
 * convolved, pooled, and weighed into scores. What is between the operators stays on the device. It
 * runs on the best device, and once more on the reference, which must give the same bits. (A network
 * in an ONNX file needs none of this: classify.c.)
 *
 *     gcc network.c $(pkg-config --cflags --libs octet) -o network && ./network */
#include <octet/octet.h>
#include <stdio.h>
#include <string.h>

enum { STEPS = 4, IMAGES = 2, SIDE = 8, FILTERS = 4, POOLED = SIDE / 2, CLASSES = 3 };

static const float pixel_scale = 1.0f / 255, filter_scale = 0.02f, edge_scale = 0.01f;
static const float score_scale = 0.005f;

/* What grows to the right, downwards and along both diagonals: 3x3 filters of one channel. */
static const int8_t filters[FILTERS * 9] = {-9, 0, 9, -9, 0,  9,  -9, 0,  9,  -9, -9, -9,
                                            0,  0, 0, 9,  9,  9,  -9, -9, 0,  -9, 0,  9,
                                            0,  9, 9, 0,  -9, -9, 9,  0,  -9, 9,  9,  0};

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

/* ---- The steps ---- */

static octet_quantization scaled(const float *scale)
{
    const octet_quantization quantization = {.scales = scale, .scale_count = 1};
    return quantization;
}

/* Pixels from 0 to 1 become u8. */
static octet_status make_quantize(octet_context *context, octet_operator **out)
{
    const octet_quantize_desc desc = {
        .struct_size = sizeof desc, .output_type = OCTET_U8, .output = scaled(&pixel_scale)};
    return octet_quantize_create(context, &desc, out);
}

/* A 3x3 convolution that keeps the size. Its u8 output ends at 0, real zero: that is a relu. */
static octet_status make_edges(octet_context *context, octet_operator **out)
{
    octet_conv2d_desc desc = {.struct_size = sizeof desc,
                              .input_channels = 1,
                              .output_channels = FILTERS,
                              .kernel = {3, 3},
                              .padding = {1, 1, 1, 1}};
    desc.layer.input_type = desc.layer.output_type = OCTET_U8;
    desc.layer.weight_type = OCTET_S8;
    desc.layer.input = scaled(&pixel_scale);
    desc.layer.weights = scaled(&filter_scale);
    desc.layer.output = scaled(&edge_scale);
    desc.layer.weight_data = filters;
    return octet_conv2d_create(context, &desc, out);
}

static octet_status make_pool(octet_context *context, octet_operator **out)
{
    const octet_max_pool_desc desc = {
        .struct_size = sizeof desc, .type = OCTET_U8, .kernel = {2, 2}, .stride = {2, 2}};
    return octet_max_pool_create(context, &desc, out);
}

/* A window as large as the image weighs all of it; float32 scores come out of the same kernel. */
static octet_status make_scores(octet_context *context, octet_operator **out)
{
    static int8_t weights[CLASSES * POOLED * POOLED * FILTERS];
    octet_conv2d_desc desc = {.struct_size = sizeof desc,
                              .input_channels = FILTERS,
                              .output_channels = CLASSES,
                              .kernel = {POOLED, POOLED}};
    for (int i = 0; i < (int)sizeof weights; i++)
        weights[i] = (int8_t)(i * 37 % 101 - 50);
    desc.layer.input_type = OCTET_U8;
    desc.layer.weight_type = OCTET_S8;
    desc.layer.output_type = OCTET_F32;
    desc.layer.input = scaled(&edge_scale);
    desc.layer.weights = scaled(&score_scale);
    desc.layer.weight_data = weights;
    return octet_conv2d_create(context, &desc, out);
}

static const struct step {
    octet_status (*make)(octet_context *context, octet_operator **out);
    octet_type output;
} steps[STEPS] = {{make_quantize, OCTET_U8},
                  {make_edges, OCTET_U8},
                  {make_pool, OCTET_U8},
                  {make_scores, OCTET_F32}};

/* ---- Running them ---- */

/* Each operator says what shape it gives; the next is prepared for that. tensors[i] enters step i. */
static octet_status build(octet_context *context, octet_operator *operators[STEPS],
                          octet_tensor *tensors[STEPS + 1])
{
    octet_status status = OCTET_OK;
    octet_shape shape = {4, {IMAGES, SIDE, SIDE, 1}};
    TRY(octet_tensor_create(context, OCTET_F32, &shape, &tensors[0]));
    for (int i = 0; i < STEPS; i++) {
        const octet_shape input = shape;
        TRY(steps[i].make(context, &operators[i]));
        TRY(octet_operator_prepare(operators[i], &input, 1, &shape, 1));
        TRY(octet_tensor_create(context, steps[i].output, &shape, &tensors[i + 1]));
    }
cleanup:
    return status;
}

/* Enqueues all steps without waiting; the read at the end waits for them. */
static octet_status classify(octet_backend backend, const float *images, float *scores)
{
    const octet_context_desc how = {
        .struct_size = sizeof how, .backend = backend, .message = print_message};
    octet_context *context = NULL;
    octet_operator *operators[STEPS] = {NULL};
    octet_tensor *tensors[STEPS + 1] = {NULL};
    octet_device_info device;
    octet_status status;

    TRY(octet_context_create(&how, &context));
    octet_context_device(context, &device, NULL);
    TRY(build(context, operators, tensors));
    TRY(octet_tensor_write(tensors[0], images, NULL));
    for (int i = 0; i < STEPS; i++)
        TRY(octet_operator_run(operators[i], &tensors[i], 1, &tensors[i + 1], 1, NULL, 0, NULL));
    TRY(octet_tensor_read(tensors[STEPS], scores, NULL));
    printf("%s, convolution by %s:", device.name, octet_operator_variant(operators[1]));
    for (int i = 0; i < IMAGES * CLASSES; i++)
        printf(" %g", (double)scores[i]);
    printf("\n");

cleanup:
    for (int i = 0; i < STEPS; i++)
        octet_operator_destroy(operators[i]);
    for (int i = 0; i <= STEPS; i++)
        octet_tensor_destroy(tensors[i]);
    octet_context_destroy(context);
    return status;
}

int main(void)
{
    float images[IMAGES * SIDE * SIDE], scores[IMAGES * CLASSES], expected[IMAGES * CLASSES];
    for (int i = 0; i < IMAGES * SIDE * SIDE; i++) /* bright to the right, then downwards */
        images[i] = (float)(i < SIDE * SIDE ? i % SIDE : i / SIDE % SIDE) / (SIDE - 1);
    if (classify(OCTET_BACKEND_AUTO, images, scores) != OCTET_OK ||
        classify(OCTET_BACKEND_REFERENCE, images, expected) != OCTET_OK)
        return 1;
    if (memcmp(scores, expected, sizeof scores) != 0) {
        printf("the device differs from the reference\n");
        return 1;
    }
    printf("every bit agrees\n");
    return 0;
}
