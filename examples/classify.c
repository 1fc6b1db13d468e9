/* classify.c - a quantized network from an ONNX file: load it, prepare it for a number of images at a
 * time, run all images through it and print which class each is of. Every layer is computed once more
 * by the reference, which must give the same bits.
 *
 *     gcc classify.c $(pkg-config --cflags --libs octet) -o classify
 *     ./classify digits/digits.onnx digits/test-images.npy */
#include <octet/network.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AT_A_TIME = 100, MOST_IMAGES = 1000, PIXELS = 8 * 8, CLASSES = 10 };

static float images[MOST_IMAGES * PIXELS], scores[MOST_IMAGES * CLASSES];

/* Without a hook octet says nothing: no reason for a failure, no word when it falls back. */
static void print_message(void *user, const char *text)
{
    (void)user;
    fprintf(stderr, "octet: %s\n", text);
}

/* Images of a .npy file of float32: a header that names the type, as long as bytes 8 and 9 say. */
static size_t read_images(const char *path)
{
    unsigned char start[10] = {0};
    char type[20] = "";
    size_t count = 0;
    FILE *const file = fopen(path, "rb");
    if (file != NULL && fread(start, sizeof start, 1, file) == 1 &&
        fread(type, sizeof type - 1, 1, file) == 1 && strstr(type, "'<f4'") != NULL &&
        fseek(file, (long)sizeof start + start[8] + 256 * start[9], SEEK_SET) == 0)
        count = fread(images, PIXELS * sizeof *images, MOST_IMAGES, file);
    if (count == 0)
        fprintf(stderr, "classify: '%s' holds no float32 images\n", path);
    if (file != NULL)
        fclose(file);
    return count;
}

/* Whether the arrays above are what the network takes and gives: float32, for each image. */
static int fits(const octet_network *network)
{
    octet_network_value x, y;
    return octet_network_inputs(network, &x, 1) == 1 &&
           octet_network_outputs(network, &y, 1) == 1 && x.type == OCTET_F32 && x.batched &&
           x.shape.rank == 4 && x.shape.size[0] == 1 &&
           x.shape.size[1] * x.shape.size[2] * x.shape.size[3] == PIXELS && y.type == OCTET_F32 &&
           y.batched && y.shape.rank == 2 && y.shape.size[0] == 1 && y.shape.size[1] == CLASSES;
}

static int best_class(const float *score)
{
    int best = 0;
    for (int i = 1; i < CLASSES; i++)
        best = score[i] > score[best] ? i : best;
    return best;
}

int main(int argc, char **argv)
{
    const octet_context_desc how = {.struct_size = sizeof how, .message = print_message};
    octet_network_check check = {0}; /* what the comparison with the reference found */
    const octet_run_options options = {.struct_size = sizeof options, .check = &check};
    const void *const inputs[] = {images};
    void *const outputs[] = {scores};
    octet_context *context = NULL;
    octet_network *network = NULL;
    const size_t count = argc == 3 ? read_images(argv[2]) : 0;
    const int ok = count > 0 && octet_context_create(&how, &context) == OCTET_OK &&
                   octet_network_load_onnx(context, argv[1], NULL, &network) == OCTET_OK &&
                   fits(network) && octet_network_prepare(network, AT_A_TIME) == OCTET_OK &&
                   octet_network_run(network, count, inputs, outputs, &options) == OCTET_OK &&
                   check.different == 0;
    for (size_t i = 0; ok && i < count; i++)
        printf("%d%c", best_class(scores + i * CLASSES),
               (i + 1) % 50 == 0 || i + 1 == count ? '\n' : ' ');
    if (ok)
        printf("all layers equal the reference, bit for bit\n");
    else if (argc != 3)
        fprintf(stderr, "usage: classify digits.onnx test-images.npy, of examples/digits\n");
    octet_network_destroy(network);
    octet_context_destroy(context);
    return !ok;
}
