/* test_quantize.c - QuantizeLinear and DequantizeLinear: per tensor and along each axis, the types,
 * and the attributes of newer operator sets. */
#include <math.h>

#include "run.h"

enum { IMAGES = 2, COUNT = IMAGES * 3 * 4 * 5 };
static const int64_t image[] = {-1, 3, 4, 5};

/* "axis" 0: per tensor. */
typedef struct quantizing {
    const char *name;
    int64_t axis, opset;
    int type; /* of the 8-bit side; 0: no zero point, so uint8 */
} quantizing;

static const quantizing cases[] = {
    {"u8", 0, 10, OCT_TYPE(UINT8)},     {"s8", 0, 13, OCT_TYPE(INT8)},
    {"no zero point", 0, 13, 0},        {"channels", 1, 13, OCT_TYPE(INT8)},
    {"rows", 2, 13, OCT_TYPE(UINT8)},   {"columns", -1, 19, OCT_TYPE(INT8)},
    {"newest", 1, 25, OCT_TYPE(UINT8)},
};

static const float scales[] = {0.5f, 0.03f, 1.7f, 0.25f, 2.5f};
static const int8_t zeros[] = {3, 0, 9, 1, 100};

/* Which of the parameters element i has. */
static size_t parameter(const quantizing *c, size_t i)
{
    const int64_t axis = c->axis < 0 ? c->axis + 4 : c->axis;
    return axis == 0 ? 0 : axis == 1 ? i / 20 % 3 : axis == 2 ? i / 5 % 4 : i % 5;
}

static oct_model *make_model(const quantizing *c, bool quantize)
{
    const int64_t axis = c->axis < 0 ? c->axis + 4 : c->axis;
    const int64_t count = axis > 0 ? image[axis] : 1;
    const int type = c->type != 0 ? c->type : OCT_TYPE(UINT8);
    oct_model *const m = oct_model_create();
    m->opset.version = c->opset;
    oct_model_input(m, "x", quantize ? OCT_TYPE(FLOAT) : type, 4, image);
    oct_model_tensor(m, "s", OCT_TYPE(FLOAT), axis > 0, &count, scales,
                     (size_t)count * sizeof scales[0]);
    oct_model_tensor(m, "z", type, axis > 0, &count, zeros, (size_t)count);
    Onnx__NodeProto *const node =
        oct_model_node(m, quantize ? "QuantizeLinear" : "DequantizeLinear", "node",
                       c->type != 0 ? "x s z" : "x s", "y");
    if (axis > 0)
        oct_model_integer(m, node, "axis", c->axis);
    if (c->opset >= 21) {
        oct_model_integer(m, node, "block_size", 0);
        oct_model_integer(m, node, "output_dtype", quantize ? OCT_TYPE(UINT8) : OCT_TYPE(FLOAT));
    }
    oct_model_output(m, "y");
    return m;
}

static uint8_t quantize_one(const quantizing *c, size_t i, float x)
{
    const size_t p = parameter(c, i);
    volatile float quotient = x / scales[p];
    const bool is_s8 = c->type == OCT_TYPE(INT8);
    const float low = is_s8 ? -128 : 0, high = is_s8 ? 127 : 255;
    const float q = nearbyintf(quotient) + (float)(c->type != 0 ? zeros[p] : 0);
    return (uint8_t)((int)(q < low ? low : q > high ? high : q) & 0xff);
}

static void test_quantize(void **state)
{
    oct_fixture *const fixture = *state;
    float x[COUNT];
    uint8_t expected[COUNT], actual[COUNT];
    uint64_t seed = 9;
    for (size_t i = 0; i < COUNT; i++)
        x[i] = 0.25f * (float)oct_random_int(&seed, -300, 300);
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        oct_model *const m = make_model(&cases[i], true);
        for (size_t j = 0; j < COUNT; j++)
            expected[j] = quantize_one(&cases[i], j, x[j]);
        for (size_t j = 0; j < fixture->count; j++) {
            oct_model_run(fixture, fixture->contexts[j], m, 1, IMAGES, x, actual);
            if (memcmp(actual, expected, COUNT) != 0)
                fail_msg("%s: quantized differently", cases[i].name);
        }
        oct_model_free(m);
    }
}

static void test_dequantize(void **state)
{
    oct_fixture *const fixture = *state;
    uint8_t q[COUNT];
    float expected[COUNT], actual[COUNT];
    uint64_t seed = 10;
    for (size_t i = 0; i < COUNT; i++)
        q[i] = (uint8_t)oct_random_bits(&seed);
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        const quantizing *const c = &cases[i];
        oct_model *const m = make_model(c, false);
        for (size_t j = 0; j < COUNT; j++) {
            const size_t p = parameter(c, j);
            const int value = c->type == OCT_TYPE(INT8) ? (int8_t)q[j] : q[j];
            expected[j] = (float)(value - (c->type != 0 ? zeros[p] : 0)) * scales[p];
        }
        for (size_t j = 0; j < fixture->count; j++) {
            oct_model_run(fixture, fixture->contexts[j], m, 2, IMAGES, q, actual);
            if (memcmp(actual, expected, sizeof expected) != 0)
                fail_msg("%s: dequantized differently", c->name);
        }
        oct_model_free(m);
    }
}

/* A pool before them stores channels last: the axis still counts as the model does. */
static void test_stored_axis(void **state)
{
    oct_fixture *const fixture = *state;
    static const int64_t three = 3;
    uint8_t q[COUNT];
    float expected[COUNT], actual[COUNT];
    oct_model *const m = oct_model_create();
    oct_model_input(m, "x", OCT_TYPE(UINT8), 4, image);
    oct_model_tensor(m, "s", OCT_TYPE(FLOAT), 1, &three, scales, 3 * sizeof scales[0]);
    oct_model_integers(m, oct_model_node(m, "MaxPool", "pool", "x", "p"), "kernel_shape", 2,
                       (const int64_t[]){1, 1});
    oct_model_integer(m, oct_model_node(m, "DequantizeLinear", "node", "p s", "y"), "axis", 1);
    oct_model_output(m, "y");
    for (size_t i = 0; i < COUNT; i++) {
        q[i] = (uint8_t)(i * 3);
        expected[i] = (float)q[i] * scales[i / 20 % 3];
    }
    for (size_t j = 0; j < fixture->count; j++) {
        oct_model_run(fixture, fixture->contexts[j], m, 2, IMAGES, q, actual);
        assert_memory_equal(actual, expected, sizeof expected);
    }
    oct_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quantize),
        cmocka_unit_test(test_dequantize),
        cmocka_unit_test(test_stored_axis),
    };
    return cmocka_run_group_tests(tests, oct_open_all, oct_close_all);
}
