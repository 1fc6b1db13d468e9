/* test_gemm.c - matrix products: by hand, against sums in int64, and the golden product. */
#include "reference/reference.h"

#include <math.h>
#include <stdlib.h>

#include "support/golden.h"
#include "support/unit.h"

enum { MOST_SIZE = 130 };

static const int32_t zeros[MOST_SIZE];

/* A product into S32 without bias; both operands row-major, not transposed. */
static oct_reference_gemm plain_gemm(octet_type a_type, octet_type b_type, size_t m, size_t n,
                                     size_t k)
{
    return (oct_reference_gemm){
        .a_type = a_type,
        .b_type = b_type,
        .m = m,
        .n = n,
        .k = k,
        .a_row = k,
        .a_column = 1,
        .b_row = n,
        .b_column = 1,
        .a_zero_points = zeros,
        .b_zero_points = zeros,
        .epilogue = {.store = OCT_STORE_S32,
                     .output_type = OCTET_S32,
                     .columns = n,
                     .rows = 1,
                     .bias = zeros},
    };
}

static void two_by_two_by_hand(void **state)
{
    const int8_t a[] = {1, -2, 3, 4, 5, -6};   /* 2x3 */
    const uint8_t b[] = {1, 200, 3, 4, 0, 10}; /* 3x2 */
    const int32_t raw[] = {-5, 222, 19, 760}, a_zero = 1, b_zeros[] = {2, 100};
    const int32_t bias[] = {1000, -1000};
    /* a - 1 = 0 -3 2, 3 4 -7; b - (2, 100) = -1 100, 1 -96, -2 -90 */
    const int32_t expected[] = {-3 - 4 + 1000, 288 - 180 - 1000, -3 + 4 + 14 + 1000,
                                300 - 384 + 630 - 1000};
    oct_reference_gemm gemm = plain_gemm(OCTET_S8, OCTET_U8, 2, 2, 3);
    int32_t c[4];
    (void)state;
    oct_reference_gemm_run(&gemm, a, b, c);
    assert_memory_equal(c, raw, sizeof raw);
    gemm.a_zero_points = &a_zero;
    gemm.b_zero_points = b_zeros;
    gemm.epilogue.bias = bias;
    oct_reference_gemm_run(&gemm, a, b, c);
    assert_memory_equal(c, expected, sizeof expected);
}

/* The extreme sums at the largest K: one more product would not fit 32 bits. */
static void the_largest_k_does_not_overflow(void **state)
{
    static const struct {
        octet_type a_type, b_type;
        uint8_t a, b;
        int32_t a_zero, b_zero;
        size_t k;
        int32_t expected;
    } cases[] = {
        {OCTET_S8, OCTET_S8, 0x80, 0x80, 0, 0, 131071, 2147467264},
        {OCTET_S8, OCTET_S8, 0x80, 0x7f, 0, 0, 131071, -2130690176},
        {OCTET_U8, OCTET_S8, 255, 0x80, 0, 0, 65793, -2147483520},
        {OCTET_U8, OCTET_U8, 255, 255, 0, 0, 33025, 2147450625},
        {OCTET_S8, OCTET_S8, 0x80, 0x80, 127, 127, 33025, 2147450625},
        {OCTET_U8, OCTET_S8, 0, 0x7f, 255, -128, 33025, -2147450625},
    };
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        oct_reference_gemm gemm = plain_gemm(cases[i].a_type, cases[i].b_type, 1, 1, cases[i].k);
        uint8_t *const a = malloc(cases[i].k), *const b = malloc(cases[i].k);
        int32_t c;
        assert_true(a != NULL && b != NULL);
        memset(a, cases[i].a, cases[i].k);
        memset(b, cases[i].b, cases[i].k);
        gemm.a_zero_points = &cases[i].a_zero;
        gemm.b_zero_points = &cases[i].b_zero;
        oct_reference_gemm_run(&gemm, a, b, &c);
        assert_int_equal(c, cases[i].expected);
        free(a);
        free(b);
    }
}

/* Sizes around the edges of blocks. Types, transposes and zero points go round with the case. */
typedef struct shape_case {
    const char *name;
    size_t m, n, k;
} shape_case;

static const shape_case shapes[] = {
    {"1x1:1x1", 1, 1, 1},        {"1x3:3x1", 1, 1, 3},
    {"1x7:7x130", 1, 130, 7},    {"31x5:5x63", 31, 63, 5},
    {"32x16:16x64", 32, 64, 16}, {"33x17:17x65", 33, 65, 17},
    {"64x1:1x128", 64, 128, 1},  {"65x130:130x129", 65, 129, 130},
    {"130x33:33x1", 130, 1, 33}, {"100x64:64x100", 100, 100, 64},
    {"0x5:5x3", 0, 3, 5},        {"5x3:3x0", 5, 0, 3},
    {"2x0:0x3", 2, 3, 0},
};

typedef struct operands {
    uint8_t a[MOST_SIZE * MOST_SIZE], b[MOST_SIZE * MOST_SIZE];
    int32_t a_zeros[MOST_SIZE], b_zeros[MOST_SIZE], bias[MOST_SIZE];
} operands;

static int64_t value_of(octet_type type, uint8_t byte)
{
    return type == OCTET_S8 && byte > 127 ? (int64_t)byte - 256 : byte;
}

static int64_t sum_of(const oct_reference_gemm *gemm, const operands *data, size_t i, size_t j)
{
    int64_t sum = gemm->epilogue.bias[j];
    for (size_t k = 0; k < gemm->k; k++) {
        const uint8_t a = data->a[i * gemm->a_row + k * gemm->a_column];
        const uint8_t b = data->b[k * gemm->b_row + j * gemm->b_column];
        sum += (value_of(gemm->a_type, a) - gemm->a_zero_points[gemm->a_zero_per_row ? i : 0]) *
               (value_of(gemm->b_type, b) - gemm->b_zero_points[j]);
    }
    return sum;
}

static int32_t any_value(octet_type type, uint64_t *seed)
{
    return oct_random_int(seed, oct_type(type)->low, oct_type(type)->high);
}

static void fill(const oct_reference_gemm *gemm, operands *data, uint64_t *seed)
{
    for (size_t i = 0; i < sizeof data->a; i++) {
        data->a[i] = (uint8_t)oct_random_bits(seed);
        data->b[i] = (uint8_t)oct_random_bits(seed);
    }
    for (size_t i = 0; i < MOST_SIZE; i++) {
        data->a_zeros[i] = any_value(gemm->a_type, seed);
        data->b_zeros[i] = any_value(gemm->b_type, seed);
        data->bias[i] = oct_random_int(seed, -1000000, 1000000);
    }
}

static void transpose(size_t *row, size_t *column, size_t rows)
{
    *row = 1;
    *column = rows;
}

static void assert_product(const oct_reference_gemm *gemm, const operands *data)
{
    static int32_t c[MOST_SIZE * MOST_SIZE + 1];
    const size_t count = gemm->m * gemm->n;
    c[count] = 12345;
    oct_reference_gemm_run(gemm, data->a, data->b, c);
    assert_int_equal(c[count], 12345);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(c[i], sum_of(gemm, data, i / gemm->n, i % gemm->n));
}

static void sums_equal_int64(void **state)
{
    static operands data;
    const shape_case *const shape = *state;
    uint64_t seed = 3;
    for (unsigned bits = 0; bits < 32; bits++) {
        oct_reference_gemm gemm =
            plain_gemm(bits & 1 ? OCTET_U8 : OCTET_S8, bits & 2 ? OCTET_U8 : OCTET_S8, shape->m,
                       shape->n, shape->k);
        if (bits & 4)
            transpose(&gemm.a_row, &gemm.a_column, gemm.m);
        if (bits & 8)
            transpose(&gemm.b_row, &gemm.b_column, gemm.k);
        fill(&gemm, &data, &seed);
        gemm.a_zero_per_row = (bits & 16) != 0;
        gemm.a_zero_points = data.a_zeros;
        gemm.b_zero_points = data.b_zeros;
        gemm.epilogue.bias = data.bias;
        assert_product(&gemm, &data);
    }
}

/* Row 33 and column 65 lie in the second blocks; their multipliers must be their own. */
static void outputs_use_the_multiplier_of_their_row_and_column(void **state)
{
    enum { ROWS = 40, COLUMNS = 70 };
    static float multipliers[ROWS * COLUMNS];
    static int8_t c[ROWS * COLUMNS];
    oct_reference_gemm gemm = plain_gemm(OCTET_S8, OCTET_S8, ROWS, COLUMNS, 1);
    int8_t a[ROWS], b[COLUMNS];
    (void)state;
    memset(a, 1, sizeof a);
    memset(b, 16, sizeof b);
    for (size_t i = 0; i < ROWS * COLUMNS; i++)
        multipliers[i] = (float)(i / COLUMNS % 7) * 0.5f + (float)(i % COLUMNS % 5);
    gemm.epilogue.store = OCT_STORE_ROUND_FLOAT;
    gemm.epilogue.output_type = OCTET_S8;
    gemm.epilogue.rows = ROWS;
    gemm.epilogue.multipliers = multipliers;
    gemm.epilogue.low = -128;
    gemm.epilogue.high = 127;
    oct_reference_gemm_run(&gemm, a, b, c);
    for (size_t i = 0; i < ROWS * COLUMNS; i++)
        assert_int_equal(c[i], i / COLUMNS % 7 * 8 + i % COLUMNS % 5 * 16);
}

/* ---- The golden product: x1 (1x10) times x2 (10x10) ---- */

enum { K = 10, N = 10 };

typedef struct golden_case {
    cJSON *root;
    const cJSON *x1, *x2, *product;
    int8_t q1[K], q2[K * N];
    int32_t acc[N];
} golden_case;

static void load_bytes(const cJSON *matrix, size_t count, int8_t *bytes)
{
    int32_t values[K * N];
    oct_golden_ints(matrix, "quantized", count, values);
    for (size_t i = 0; i < count; i++)
        bytes[i] = (int8_t)values[i];
}

static int load_golden(void **state)
{
    static golden_case golden;
    golden.root = oct_golden_load("seed2.json");
    golden.x1 = oct_golden_at(golden.root, "quantization.x1");
    golden.x2 = oct_golden_at(golden.root, "quantization.x2");
    golden.product = oct_golden_at(golden.root, "product");
    load_bytes(golden.x1, K, golden.q1);
    load_bytes(golden.x2, K * N, golden.q2);
    oct_golden_ints(golden.product, "acc", N, golden.acc);
    *state = &golden;
    return 0;
}

static int free_golden(void **state)
{
    cJSON_Delete(((golden_case *)*state)->root);
    return 0;
}

static void golden_sums(void **state)
{
    const golden_case *const golden = *state;
    const int32_t z1 = oct_golden_int(golden->x1, "printed.zero_point");
    const int32_t z2 = oct_golden_int(golden->x2, "printed.zero_point");
    int32_t b_zeros[N], raw[N], expected_raw[N], column_sums[N], row_sum, c[N];
    oct_reference_gemm gemm = plain_gemm(OCTET_S8, OCTET_S8, 1, N, K);
    for (size_t j = 0; j < N; j++)
        b_zeros[j] = z2;

    oct_golden_ints(golden->product, "raw_sum_q1_q2", N, expected_raw);
    oct_reference_gemm_run(&gemm, golden->q1, golden->q2, raw);
    assert_memory_equal(raw, expected_raw, sizeof raw);

    gemm.a_zero_points = &z1;
    gemm.b_zero_points = b_zeros;
    oct_reference_gemm_run(&gemm, golden->q1, golden->q2, c);
    assert_memory_equal(c, golden->acc, sizeof c);

    oct_golden_ints(golden->product, "row_sum_q1", 1, &row_sum);
    oct_golden_ints(golden->product, "col_sum_q2", N, column_sums);
    const int32_t term = oct_golden_int(golden->product, "zero_point_product_term");
    assert_int_equal(oct_golden_int(golden->product, "K"), K);
    assert_int_equal(term, K * z1 * z2);
    for (size_t j = 0; j < N; j++)
        assert_int_equal(c[j], raw[j] - z2 * row_sum - z1 * column_sums[j] + term);
}

/* The sums of rows and columns are products with ones. */
static void golden_row_and_column_sums(void **state)
{
    const golden_case *const golden = *state;
    const oct_reference_gemm rows = plain_gemm(OCTET_S8, OCTET_S8, 1, 1, K);
    const oct_reference_gemm columns = plain_gemm(OCTET_S8, OCTET_S8, 1, N, K);
    int32_t expected_row, expected_columns[N], row, sums[N];
    int8_t ones[K];
    memset(ones, 1, sizeof ones);
    oct_golden_ints(golden->product, "row_sum_q1", 1, &expected_row);
    oct_golden_ints(golden->product, "col_sum_q2", N, expected_columns);
    oct_reference_gemm_run(&rows, golden->q1, ones, &row);
    oct_reference_gemm_run(&columns, ones, golden->q2, sums);
    assert_int_equal(row, expected_row);
    assert_memory_equal(sums, expected_columns, sizeof sums);
}

/* Stores the golden product as F32 and compares with both published forms. */
static void assert_dequantized(const golden_case *golden, float scale1, float scale2,
                               const char *field, float *output)
{
    const cJSON *const expected = oct_golden_at(golden->product, field);
    const int32_t z1 = oct_golden_int(golden->x1, "printed.zero_point");
    const int32_t z2 = oct_golden_int(golden->x2, "printed.zero_point");
    const float no_bias[N] = {0};
    uint32_t combined[N], separate[N];
    int32_t b_zeros[N];
    float scales[N];
    oct_reference_gemm gemm = plain_gemm(OCTET_S8, OCTET_S8, 1, N, K);
    for (size_t j = 0; j < N; j++) {
        scales[j] = scale1 * scale2;
        b_zeros[j] = z2;
    }
    gemm.a_zero_points = &z1;
    gemm.b_zero_points = b_zeros;
    gemm.epilogue.store = OCT_STORE_F32;
    gemm.epilogue.output_type = OCTET_F32;
    gemm.epilogue.multipliers = scales;
    gemm.epilogue.float_bias = no_bias;
    oct_reference_gemm_run(&gemm, golden->q1, golden->q2, output);
    oct_golden_bits(expected, "float32_bits_one_combined_scale", N, combined);
    oct_golden_bits(expected, "float32_bits_two_multiplies", N, separate);
    for (size_t j = 0; j < N; j++) {
        const float once = (float)golden->acc[j] * scale1;
        assert_int_equal(oct_bits_of(output[j]), combined[j]);
        assert_int_equal(oct_bits_of(once * scale2), separate[j]);
    }
}

static void golden_dequantized_product(void **state)
{
    const golden_case *const golden = *state;
    double published[N], exact[N], rounded[N];
    float output[N];

    assert_dequantized(golden, (float)oct_golden_number(golden->x1, "printed.scale"),
                       (float)oct_golden_number(golden->x2, "printed.scale"),
                       "dequantized_printed_scales", output);
    oct_golden_numbers(golden->product, "dequantized_printed_scales.values_four_decimals", N,
                       rounded);
    oct_golden_numbers(golden->product, "float_product_printed", N, published);
    oct_golden_numbers(golden->product, "float_product_of_four_decimal_inputs", N, exact);
    const double bound =
        oct_golden_number(golden->product, "max_abs_difference_quantized_vs_float_printed");
    double largest = 0.0;
    for (size_t j = 0; j < N; j++) {
        assert_true(fabs((double)output[j] - rounded[j]) < 0.00005001);
        assert_true(fabs(rounded[j] - published[j]) <= bound);
        assert_true(fabs((double)output[j] - exact[j]) < bound + 0.001);
        largest = fmax(largest, fabs(rounded[j] - published[j]));
    }
    assert_true(largest == bound);

    assert_dequantized(golden,
                       oct_golden_float(golden->x1, "from_four_decimal_inputs.scale_float32"),
                       oct_golden_float(golden->x2, "from_four_decimal_inputs.scale_float32"),
                       "dequantized_scales_from_four_decimal_inputs", output);
}

static void golden_float_product(void **state)
{
    const golden_case *const golden = *state;
    double x1[K], x2[K * N], expected[N];
    oct_golden_numbers(golden->root, "inputs.x1.data", K, x1);
    oct_golden_numbers(golden->root, "inputs.x2.data", K * N, x2);
    oct_golden_numbers(golden->product, "float_product_of_four_decimal_inputs", N, expected);
    for (size_t j = 0; j < N; j++) {
        double sum = 0.0;
        for (size_t k = 0; k < K; k++)
            sum += x1[k] * x2[k * N + j];
        assert_true(fabs(sum - expected[j]) < 1e-9);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_by_two_by_hand),
        cmocka_unit_test(the_largest_k_does_not_overflow),
        cmocka_unit_test(outputs_use_the_multiplier_of_their_row_and_column),
    };
    const struct CMUnitTest golden_tests[] = {
        cmocka_unit_test(golden_sums),
        cmocka_unit_test(golden_row_and_column_sums),
        cmocka_unit_test(golden_dequantized_product),
        cmocka_unit_test(golden_float_product),
    };
    struct CMUnitTest shape_tests[OCT_COUNT(shapes)];
    for (size_t i = 0; i < OCT_COUNT(shapes); i++)
        shape_tests[i] = (struct CMUnitTest){.name = shapes[i].name,
                                             .test_func = sums_equal_int64,
                                             .initial_state = (void *)&shapes[i]};
    return cmocka_run_group_tests(tests, NULL, NULL) +
           cmocka_run_group_tests(golden_tests, load_golden, free_golden) +
           cmocka_run_group_tests(shape_tests, NULL, NULL);
}
