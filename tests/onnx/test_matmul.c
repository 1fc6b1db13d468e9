/* test_matmul.c - QLinearMatMul and MatMulInteger against the formula. What counts here is how
 * the model is read; tests/operators runs the kernels on every device. */
#include <math.h>

#include "run.h"

enum { IMAGES = 3, MOST = 1024, MOST_COLUMNS = 16 };

/* Sizes of A as the model has them: -1 stands for the images. B is (k,n), or (images,k,n) as a
 * second input of the model where "dynamic". */
typedef struct product {
    const char *name;
    size_t rank;
    int64_t sizes[4];
    int64_t n;
    bool per_column, integer, dynamic;
} product;

/* clang-format off */
static const product products[] = {
    {"vector", 2, {-1, 7}, 1, false, false, false},
    {"matrix, per column", 2, {-1, 16}, 10, true, false, false},
    {"three dimensions", 3, {-1, 4, 5}, 6, true, false, false},
    {"four dimensions", 4, {-1, 2, 3, 5}, 4, false, false, false},
    {"integer", 2, {-1, 9}, 5, false, true, false},
    {"integer, three dimensions", 3, {-1, 3, 9}, 5, false, true, false},
    {"both run-time", 3, {-1, 4, 5}, 6, false, false, true},
    {"both run-time, integer", 3, {-1, 2, 8}, 3, false, true, true},
};
/* clang-format on */

typedef struct data {
    uint8_t a[MOST];
    int8_t b[MOST];
    float b_scales[MOST_COLUMNS];
} data;

static const float a_scale = 0.04f, c_scale = 0.7f;
enum { A_ZERO = 113, B_ZERO = -5, C_ZERO = -30 };

static size_t rows_of(const product *p)
{
    size_t rows = 1;
    for (size_t i = 1; i + 1 < p->rank; i++)
        rows *= (size_t)p->sizes[i];
    return rows; /* of one image */
}

static int8_t requantize(const product *p, const data *d, size_t column, int32_t sum)
{
    volatile float scale = a_scale * d->b_scales[p->per_column ? column : 0];
    volatile float multiplier = scale / c_scale;
    volatile float scaled = (float)sum * multiplier;
    const float q = nearbyintf(scaled) + C_ZERO;
    return (int8_t)(q < -128 ? -128 : q > 127 ? 127 : q);
}

static void compute(const product *p, const data *d, void *c)
{
    const size_t k = (size_t)p->sizes[p->rank - 1], n = (size_t)p->n, rows = rows_of(p);
    for (size_t row = 0; row < IMAGES * rows; row++)
        for (size_t column = 0; column < n; column++) {
            const int8_t *const b = d->b + (p->dynamic ? row / rows * k * n : 0);
            int32_t sum = 0;
            for (size_t i = 0; i < k; i++)
                sum += (d->a[row * k + i] - A_ZERO) * (b[i * n + column] - B_ZERO);
            if (p->integer)
                ((int32_t *)c)[row * n + column] = sum;
            else
                ((int8_t *)c)[row * n + column] = requantize(p, d, column, sum);
        }
}

static oct_model *make_model(const product *p, const data *d)
{
    const int64_t k = p->sizes[p->rank - 1], matrix[] = {k, p->n}, batch[] = {-1, k, p->n};
    const int64_t scales = p->per_column ? p->n : 1;
    oct_model *const m = oct_model_create();
    oct_model_input(m, "a", OCT_TYPE(UINT8), p->rank, p->sizes);
    if (p->dynamic)
        oct_model_input(m, "b", OCT_TYPE(INT8), 3, batch);
    else
        oct_model_tensor(m, "b", OCT_TYPE(INT8), 2, matrix, d->b, (size_t)(k * p->n));
    oct_model_scale(m, "sa", a_scale);
    oct_model_zero(m, "za", OCT_TYPE(UINT8), A_ZERO);
    oct_model_tensor(m, "sb", OCT_TYPE(FLOAT), 1, &scales, d->b_scales,
                     (size_t)scales * sizeof(float));
    oct_model_zero(m, "zb", OCT_TYPE(INT8), B_ZERO);
    oct_model_scale(m, "sc", c_scale);
    oct_model_zero(m, "zc", OCT_TYPE(INT8), C_ZERO);
    if (p->integer)
        oct_model_node(m, "MatMulInteger", "product", "a b za zb", "c");
    else
        oct_model_node(m, "QLinearMatMul", "product", "a sa za b sb zb sc zc", "c");
    oct_model_output(m, "c");
    return m;
}

static void run_product(oct_fixture *fixture, octet_context *context, const product *p,
                        const data *d)
{
    static int32_t expected[MOST], actual[MOST];
    const size_t count = IMAGES * rows_of(p) * (size_t)p->n;
    const void *const inputs[] = {d->a, d->b};
    void *const outputs[] = {actual};
    octet_comparison found;
    oct_model *const m = make_model(p, d);
    octet_network *const network = oct_model_load(fixture, context, m);
    oct_assert_ok(fixture, octet_network_prepare(network, 2)); /* 3 images: 2, then 1 */
    oct_assert_ok(fixture, octet_network_run(network, IMAGES, inputs, outputs, NULL));
    compute(p, d, expected);
    octet_compare(p->integer ? OCTET_S32 : OCTET_S8, count, expected, actual, &found);
    if (found.mismatches > 0)
        fail_msg("%s: %zu of %zu differ, first at %zu: %g instead of %g", p->name, found.mismatches,
                 count, found.first, found.actual, found.expected);
    octet_network_destroy(network);
    oct_model_free(m);
}

static void test_products(void **state)
{
    oct_fixture *const fixture = *state;
    static data d;
    uint64_t seed = 3;
    for (size_t i = 0; i < MOST; i++) {
        d.a[i] = (uint8_t)oct_random_bits(&seed);
        d.b[i] = (int8_t)oct_random_int(&seed, -128, 127);
    }
    for (size_t i = 0; i < MOST_COLUMNS; i++)
        d.b_scales[i] = 0.02f * (float)oct_random_int(&seed, 1, 9);
    for (size_t i = 0; i < OCT_COUNT(products); i++)
        for (size_t j = 0; j < fixture->count; j++)
            run_product(fixture, fixture->contexts[j], &products[i], &d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_products)};
    return cmocka_run_group_tests(tests, oct_open_reference, oct_close_all);
}
