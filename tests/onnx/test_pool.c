/* test_pool.c - MaxPool against the definition, on every device. */
#include "run.h"

enum { IMAGES = 3, CHANNELS = 5, MOST = 1024 };

typedef struct pool {
    const char *name;
    int64_t size[2], kernel[2], stride[2], dilation[2], pads[4], out[2];
    int64_t ceil;
    int low; /* smallest value of the type: 0 or -128 */
} pool;

/* clang-format off */
static const pool pools[] = {
    {"2x2", {6, 6}, {2, 2}, {2, 2}, {1, 1}, {0}, {3, 3}, 0, 0},
    {"s8", {6, 6}, {2, 2}, {2, 2}, {1, 1}, {0}, {3, 3}, 0, -128},
    {"overlapping", {5, 6}, {3, 2}, {1, 1}, {1, 1}, {1, 0, 1, 1}, {5, 6}, 0, 0},
    {"dilated", {7, 7}, {2, 3}, {2, 1}, {3, 2}, {0}, {2, 3}, 0, -128},
    {"floor", {6, 7}, {3, 3}, {2, 2}, {1, 1}, {0}, {2, 3}, 0, 0},
    {"ceil", {6, 7}, {3, 3}, {2, 2}, {1, 1}, {0}, {3, 3}, 1, 0},
    {"GlobalMaxPool", {4, 3}, {4, 3}, {1, 1}, {1, 1}, {0}, {1, 1}, 0, 0},
    {"global", {4, 3}, {4, 3}, {1, 1}, {1, 1}, {0}, {1, 1}, 0, -128},
};
/* clang-format on */

/* The largest value of one window, over its taps inside the input. */
static int largest(const pool *p, const uint8_t *plane, int64_t y, int64_t x)
{
    int most = p->low;
    for (int64_t ky = 0; ky < p->kernel[0]; ky++)
        for (int64_t kx = 0; kx < p->kernel[1]; kx++) {
            const int64_t iy = y * p->stride[0] + ky * p->dilation[0] - p->pads[0];
            const int64_t ix = x * p->stride[1] + kx * p->dilation[1] - p->pads[1];
            if (iy < 0 || ix < 0 || iy >= p->size[0] || ix >= p->size[1])
                continue;
            const uint8_t bits = plane[iy * p->size[1] + ix];
            const int value = p->low == 0 ? bits : (int8_t)bits;
            most = value > most ? value : most;
        }
    return most;
}

static void compute(const pool *p, const uint8_t *input, uint8_t *output)
{
    for (int64_t plane = 0; plane < IMAGES * CHANNELS; plane++)
        for (int64_t y = 0; y < p->out[0]; y++)
            for (int64_t x = 0; x < p->out[1]; x++)
                *output++ =
                    (uint8_t)(largest(p, input + plane * p->size[0] * p->size[1], y, x) & 0xff);
}

static oct_model *make_model(const pool *p)
{
    const int64_t sizes[] = {-1, CHANNELS, p->size[0], p->size[1]};
    const int type = p->low == 0 ? OCT_TYPE(UINT8) : OCT_TYPE(INT8);
    const int64_t result[] = {-1, CHANNELS, p->out[0], p->out[1]};
    oct_model *const m = oct_model_create();
    oct_model_input(m, "x", type, 4, sizes);
    const bool global = strcmp(p->name, "GlobalMaxPool") == 0;
    Onnx__NodeProto *const node = oct_model_node(m, global ? p->name : "MaxPool", "pool", "x", "y");
    if (!global) {
        oct_model_integers(m, node, "kernel_shape", 2, p->kernel);
        oct_model_integers(m, node, "strides", 2, p->stride);
        oct_model_integers(m, node, "dilations", 2, p->dilation);
        oct_model_integers(m, node, "pads", 4, p->pads);
        oct_model_integer(m, node, "ceil_mode", p->ceil);
    }
    m->outputs[m->graph.n_output++] = oct_model_port(m, "y", type, 4, result);
    return m;
}

static void test_pools(void **state)
{
    oct_fixture *const fixture = *state;
    uint8_t input[MOST], expected[MOST] = {0}, actual[MOST];
    uint64_t seed = 5;
    for (size_t i = 0; i < MOST; i++)
        input[i] = (uint8_t)oct_random_bits(&seed);
    for (size_t i = 0; i < OCT_COUNT(pools); i++) {
        const pool *const p = &pools[i];
        oct_model *const m = make_model(p);
        compute(p, input, expected);
        for (size_t j = 0; j < fixture->count; j++) {
            memset(actual, 0xaa, sizeof actual);
            oct_model_run(fixture, fixture->contexts[j], m, 2, IMAGES, input, actual);
            if (memcmp(actual, expected, (size_t)(IMAGES * CHANNELS * p->out[0] * p->out[1])) != 0)
                fail_msg("%s: differs from the definition", p->name);
        }
        oct_model_free(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_pools)};
    return cmocka_run_group_tests(tests, oct_open_all, oct_close_all);
}
