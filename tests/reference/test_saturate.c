/* test_saturate.c - the model of saturating 16-bit pairs: by hand, the golden case, and exact sums
 * where no pair can saturate. */
#include "reference/reference.h"

#include "support/golden.h"
#include "support/unit.h"

enum { MOST_SIZE = 40, GOLDEN_TAPS = 25 };

static const int32_t zeros[MOST_SIZE];

/* Row-major operands, k last in both, no zero points. */
static oct_reference_saturating plain_product(octet_type a_type, octet_type b_type, size_t m,
                                              size_t n, size_t k)
{
    return (oct_reference_saturating){.a_type = a_type,
                                      .b_type = b_type,
                                      .m = m,
                                      .n = n,
                                      .k = k,
                                      .a_zero_points = zeros,
                                      .b_zero_points = zeros};
}

static void sixteen_bits_by_hand(void **state)
{
    (void)state;
    assert_int_equal(oct_reference_saturate(0), 0);
    assert_int_equal(oct_reference_saturate(32767), 32767);
    assert_int_equal(oct_reference_saturate(32768), 32767);
    assert_int_equal(oct_reference_saturate(-32768), -32768);
    assert_int_equal(oct_reference_saturate(-32769), -32768);
    assert_int_equal(oct_reference_saturate(2 * 255 * 127), 32767);
}

/* One row of A times one of B, up to six products. */
typedef struct hand_case {
    const char *what;
    octet_type a_type, b_type;
    size_t k;
    int32_t a[6], b[6], a_zero, b_zero, expected;
} hand_case;

static const hand_case hand_cases[] = {
    {"one product fits", OCTET_U8, OCTET_S8, 1, {255}, {127}, 0, 0, 32385},
    {"a pair too large", OCTET_U8, OCTET_S8, 2, {255, 255}, {127, 127}, 0, 0, 32767},
    {"a pair too small", OCTET_U8, OCTET_S8, 2, {255, 255}, {-128, -128}, 0, 0, -32768},
    {"opposite signs in a pair", OCTET_U8, OCTET_S8, 2, {255, 255}, {127, -128}, 0, 0, -255},
    {"an odd last product stands alone",
     OCTET_U8,
     OCTET_S8,
     3,
     {255, 255, 255},
     {127, 127, 127},
     0,
     0,
     32767 + 32385},
    {"pairs are (0,1) and (2,3)",
     OCTET_U8,
     OCTET_S8,
     4,
     {0, 255, 255, 0},
     {127, 127, 127, 127},
     0,
     0,
     2 * 32385},
    /* raw 32767 - (2 * 510 + 10 * 254 - 2 * 10 * 2) */
    {"zero points go by the expansion",
     OCTET_U8,
     OCTET_S8,
     2,
     {255, 255},
     {127, 127},
     10,
     2,
     32767 - 1020 - 2540 + 40},
    /* s8 127 is u8 255, its zero point 128: 32767 - 128 * 254 instead of 2 * 127 * 127 */
    {"s8 activations are u8 less 128",
     OCTET_S8,
     OCTET_S8,
     2,
     {127, 127},
     {127, 127},
     0,
     0,
     32767 - 32512},
    /* u8 255 is s8 127, its zero point -128: 32767 + 128 * 510 instead of 2 * 255 * 255 */
    {"u8 weights are s8 plus 128",
     OCTET_U8,
     OCTET_U8,
     2,
     {255, 255},
     {255, 255},
     0,
     0,
     32767 + 65280},
    /* raw 0 * -128 twice: -(-128) * 0 - 128 * -256 + 2 * 128 * -128 */
    {"both, and nothing is lost", OCTET_S8, OCTET_U8, 2, {-128, -128}, {0, 0}, 0, 0, 0},
};

static void pairs_by_hand(void **state)
{
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(hand_cases); i++) {
        const hand_case *const c = &hand_cases[i];
        uint8_t a[6], b[6];
        int32_t acc = 1;
        for (size_t k = 0; k < c->k; k++) {
            a[k] = (uint8_t)c->a[k];
            b[k] = (uint8_t)c->b[k];
        }
        oct_reference_saturating product = plain_product(c->a_type, c->b_type, 1, 1, c->k);
        product.a_zero_points = &c->a_zero;
        product.b_zero_points = &c->b_zero;
        oct_reference_saturating_run(&product, a, b, &acc);
        if (acc != c->expected)
            fail_msg("%s: %d instead of %d", c->what, acc, c->expected);
    }
}

static void golden_sums(void **state)
{
    cJSON *const root = oct_golden_load("seed1.json");
    int32_t input[GOLDEN_TAPS], weights[GOLDEN_TAPS], acc;
    uint8_t a[GOLDEN_TAPS];
    int8_t b[GOLDEN_TAPS];
    (void)state;
    oct_golden_ints(root, "input.data", GOLDEN_TAPS, input);
    oct_golden_ints(root, "weight.data", GOLDEN_TAPS, weights);
    for (size_t i = 0; i < GOLDEN_TAPS; i++) {
        a[i] = (uint8_t)input[i];
        b[i] = (int8_t)weights[i];
    }
    oct_reference_saturating product = plain_product(OCTET_U8, OCTET_S8, 1, 1, GOLDEN_TAPS);
    oct_reference_saturating_run(&product, a, b, &acc);
    assert_int_equal(acc, -53736);
    assert_int_equal(acc, oct_golden_int(root, "integer_terms.pairwise_int16_saturated_"
                                               "sum_input_times_weight"));

    const int32_t a_zero = oct_golden_int(root, "input.zero_point");
    const cJSON *c;
    cJSON_ArrayForEach(c, oct_golden_at(root, "cases"))
    {
        const int32_t b_zero = oct_golden_int(c, "weight_zero_point");
        product.a_zero_points = &a_zero;
        product.b_zero_points = &b_zero;
        oct_reference_saturating_run(&product, a, b, &acc);
        assert_int_equal(acc, oct_golden_int(c, "wrong_if_pairwise_int16_saturation.acc"));
    }
    cJSON_Delete(root);
}

/* ---- No pair can saturate: the exact sums ---- */

typedef struct shape_case {
    const char *name;
    octet_type a_type, b_type;
    size_t m, n, k;
    bool a_zero_per_row;
} shape_case;

static const shape_case shapes[] = {
    {"1x1:1x1", OCTET_U8, OCTET_S8, 1, 1, 1, false},
    {"3x7:7x5", OCTET_U8, OCTET_S8, 3, 5, 7, true},
    {"17x33:33x40 s8", OCTET_S8, OCTET_S8, 17, 40, 33, false},
    {"40x8:8x1 s8 u8", OCTET_S8, OCTET_U8, 40, 1, 8, true},
    {"9x40:40x9 u8 u8", OCTET_U8, OCTET_U8, 9, 9, 40, false},
    {"0x5:5x3", OCTET_U8, OCTET_S8, 0, 3, 5, false},
    {"2x0:0x3", OCTET_U8, OCTET_S8, 2, 3, 0, false},
};

typedef struct operands {
    uint8_t a[MOST_SIZE * MOST_SIZE], b[MOST_SIZE * MOST_SIZE];
    int32_t a_zeros[MOST_SIZE], b_zeros[MOST_SIZE];
} operands;

/* Weights that are -64..64 as s8, so that two products never leave 16 bits. */
static void fill(const shape_case *shape, operands *data)
{
    uint64_t seed = 7;
    const int32_t to_u8 = shape->b_type == OCTET_U8 ? 128 : 0;
    for (size_t i = 0; i < sizeof data->a; i++) {
        data->a[i] = (uint8_t)oct_random_bits(&seed);
        data->b[i] = (uint8_t)(oct_random_int(&seed, -64, 64) + to_u8);
    }
    for (size_t i = 0; i < MOST_SIZE; i++) {
        data->a_zeros[i] =
            oct_random_int(&seed, oct_type(shape->a_type)->low, oct_type(shape->a_type)->high);
        data->b_zeros[i] =
            oct_random_int(&seed, oct_type(shape->b_type)->low, oct_type(shape->b_type)->high);
    }
}

static int64_t value_of(octet_type type, uint8_t byte)
{
    return type == OCTET_S8 && byte > 127 ? (int64_t)byte - 256 : byte;
}

static int64_t exact_sum(const shape_case *shape, const operands *data, size_t i, size_t j)
{
    int64_t sum = 0;
    for (size_t k = 0; k < shape->k; k++)
        sum += (value_of(shape->a_type, data->a[i * shape->k + k]) -
                data->a_zeros[shape->a_zero_per_row ? i : 0]) *
               (value_of(shape->b_type, data->b[j * shape->k + k]) - data->b_zeros[j]);
    return sum;
}

static void small_weights_are_exact(void **state)
{
    const shape_case *const shape = *state;
    static operands data;
    static int32_t acc[MOST_SIZE * MOST_SIZE + 1];
    oct_reference_saturating product =
        plain_product(shape->a_type, shape->b_type, shape->m, shape->n, shape->k);
    fill(shape, &data);
    product.a_zero_points = data.a_zeros;
    product.a_zero_per_row = shape->a_zero_per_row;
    product.b_zero_points = data.b_zeros;
    acc[shape->m * shape->n] = 12345;
    oct_reference_saturating_run(&product, data.a, data.b, acc);
    assert_int_equal(acc[shape->m * shape->n], 12345);
    for (size_t i = 0; i < shape->m; i++)
        for (size_t j = 0; j < shape->n; j++)
            assert_int_equal(acc[i * shape->n + j], exact_sum(shape, &data, i, j));
}

int main(void)
{
    const struct CMUnitTest by_hand[] = {
        cmocka_unit_test(sixteen_bits_by_hand),
        cmocka_unit_test(pairs_by_hand),
        cmocka_unit_test(golden_sums),
    };
    struct CMUnitTest by_shape[OCT_COUNT(shapes)];
    for (size_t i = 0; i < OCT_COUNT(shapes); i++)
        by_shape[i] = (struct CMUnitTest){.name = shapes[i].name,
                                          .test_func = small_weights_are_exact,
                                          .initial_state = (void *)(uintptr_t)&shapes[i]};
    const int failed = cmocka_run_group_tests(by_hand, NULL, NULL);
    return failed + cmocka_run_group_tests(by_shape, NULL, NULL);
}
