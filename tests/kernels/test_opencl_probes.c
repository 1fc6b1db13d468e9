/* test_opencl_probes.c - the arithmetic under the operators: dot products of every usable path and
 * every rule of requantization, through the probe kernels of kernels.cl §9. */
#include <stdio.h>
#include <stdlib.h>

#include "reference/reference.h"
#include "runtime/runtime.h"
#include "support/rig.h"
#include "variants/paths.h"
#include "variants/tiles.h"

enum { OPTIONS = 512 };

static oct_buffer *upload(octet_context *context, size_t bytes, const void *data)
{
    oct_buffer *buffer = NULL;
    OCT_ASSERT_OK(oct_buffer_from_host(context, bytes, data, &buffer));
    return buffer;
}

static void launch(octet_context *context, const char *name, const char *options, size_t items,
                   const oct_arg *args, size_t count)
{
    const size_t global[3] = {items, 1, 1};
    oct_kernel *kernel = NULL;
    OCT_ASSERT_OK(oct_kernel_create(context, name, options, &kernel));
    OCT_ASSERT_OK(oct_launch(kernel, global, args, count));
    OCT_ASSERT_OK(octet_context_finish(context));
    oct_kernel_destroy(kernel);
}

/* The tiles of a device that differ in how they compute: path and lanes. */
typedef void (*tile_fn)(octet_context *context, const oct_tile *tile);

static bool is_first_of_kind(size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (oct_tiles[i].path == oct_tiles[index].path &&
            oct_tiles[i].lanes == oct_tiles[index].lanes &&
            (oct_tiles[i].kernels & OCT_FOR_MATRIX) != 0)
            return false;
    return true;
}

static void for_each_tile(tile_fn check)
{
    for (size_t i = 0; i < oct_the_rig.devices; i++) {
        octet_context *const context = oct_the_rig.contexts[i];
        for (size_t j = 0; j + 1 < oct_tile_count; j++)
            if (oct_tile_is_applicable(&oct_tiles[j], &context->traits, OCT_FOR_MATRIX) &&
                is_first_of_kind(j))
                check(context, &oct_tiles[j]);
    }
}

/* ---- Dot products ---- */

enum { WORDS = 512, MOST_LANES = 16 };

typedef struct dot_case {
    uint32_t a[WORDS], b[WORDS * MOST_LANES];
    int32_t acc[WORDS * MOST_LANES], result[WORDS * MOST_LANES];
} dot_case;

/* Values of one word, by hand: four bytes, or two differences of 16 bits. */
static const struct {
    uint32_t a, b;
    int32_t unsigned_a, signed_a, swapped, unsigned_both, pairs; /* products with acc = 1000 */
} known_words[] = {
    {0x00000000, 0xffffffff, 1000, 1000, 1000, 1000, 1000},
    {0x01010101, 0x01020304, 1010, 1010, 1010, 1010, 1000 + 257 * 258 + 257 * 772},
    {0x80808080, 0x80808080, 1000 - 4 * 128 * 128, 1000 + 4 * 128 * 128, 1000 - 4 * 128 * 128,
     1000 + 4 * 128 * 128, 1000 + 2 * 32640 * 32640},
    {0xffffffff, 0x7f7f7f7f, 1000 + 4 * 255 * 127, 1000 - 4 * 127, 1000 - 4 * 127,
     1000 + 4 * 255 * 127, 1000 - 2 * 32639},
    {0xffffffff, 0x80808080, 1000 - 4 * 255 * 128, 1000 + 4 * 128, 1000 - 4 * 128,
     1000 + 4 * 255 * 128, 1000 + 2 * 32640},
    {0x000000ff, 0x00000080, 1000 - 255 * 128, 1000 + 128, 1000 - 128, 1000 + 255 * 128,
     1000 + 255 * 128},
    {0xff000000, 0x80000000, 1000 - 255 * 128, 1000 + 128, 1000 - 128, 1000 + 255 * 128,
     1000 + 256 * 32768},
};

/* One value of a word: byte or pair i. */
static int32_t value_of(uint32_t word, int i, bool pairs, bool is_signed)
{
    if (pairs)
        return (int16_t)(word >> (16 * i));
    return is_signed ? (int8_t)(word >> (8 * i)) : (uint8_t)(word >> (8 * i));
}

static int32_t multiply(int32_t acc, uint32_t a, uint32_t b, bool pairs, bool a_signed, bool swap)
{
    int64_t sum = acc;
    for (int i = 0; i < (pairs ? 2 : 4); i++)
        sum += (int64_t)value_of(a, i, pairs, a_signed) * value_of(b, i, pairs, !swap);
    return (int32_t)(uint32_t)(uint64_t)sum;
}

/* Differences of two bytes, which is what pairs hold. */
static uint32_t draw_word(uint64_t *seed, bool pairs)
{
    if (!pairs)
        return oct_random_bits(seed);
    const uint32_t low = (uint16_t)oct_random_int(seed, -255, 255);
    return low | (uint32_t)(uint16_t)oct_random_int(seed, -255, 255) << 16;
}

static void fill(dot_case *c, size_t lanes, bool pairs)
{
    uint64_t seed = 101;
    for (size_t i = 0; i < WORDS; i++) {
        const bool known = i < OCT_COUNT(known_words);
        c->a[i] = known ? known_words[i].a : draw_word(&seed, pairs);
        for (size_t j = 0; j < lanes; j++) {
            c->b[i * lanes + j] = known ? known_words[i].b : draw_word(&seed, pairs);
            c->acc[i * lanes + j] = known ? 1000 : (int32_t)oct_random_bits(&seed);
        }
    }
}

static void run_dots(octet_context *context, const oct_tile *tile, bool a_signed, dot_case *c)
{
    const size_t bytes = WORDS * tile->lanes * sizeof *c->b;
    char options[OPTIONS];
    oct_buffer *const a = upload(context, sizeof c->a, c->a), *const b =
                                                                  upload(context, bytes, c->b);
    oct_buffer *const acc = upload(context, bytes, c->acc), *const result =
                                                                upload(context, bytes, c->acc);
    const oct_arg args[] = {OCT_BUFFER(a), OCT_BUFFER(b), OCT_BUFFER(acc), OCT_BUFFER(result)};
    /* as the qualification has it, whose program is known by now */
    snprintf(options, sizeof options,
             "-D OCT_BUILD_OTHER=1 -D OCT_BUILD_PROBE_DOT=1 -D OCT_BUILD_PROBE_SPEED=1 "
             "-D OCT_A_SIGNED=%d",
             a_signed);
    oct_tile_options(tile, options, sizeof options);
    launch(context, "probe_dot", options, WORDS, args, OCT_COUNT(args));
    OCT_ASSERT_OK(oct_buffer_read(result, bytes, c->result, NULL));
    oct_buffer_destroy(a);
    oct_buffer_destroy(b);
    oct_buffer_destroy(acc);
    oct_buffer_destroy(result);
}

static void check_dots(octet_context *context, const oct_tile *tile, bool a_signed)
{
    static dot_case c;
    const oct_path *const path = &oct_paths[tile->path];
    /* such a path takes the right as u8 */
    const bool swap = oct_path_swaps(path, a_signed);
    fill(&c, tile->lanes, path->pairs);
    run_dots(context, tile, a_signed, &c);
    for (size_t i = 0; i < WORDS * tile->lanes; i++) {
        const size_t word = i / tile->lanes;
        const int32_t expected = multiply(c.acc[i], c.a[word], c.b[i], path->pairs, a_signed, swap);
        if (c.result[i] != expected)
            fail_msg("%s, %u lanes, a %s: 0x%08x times 0x%08x plus %d gave %d, not %d", path->name,
                     tile->lanes, a_signed ? "signed" : "unsigned", c.a[word], c.b[i], c.acc[i],
                     c.result[i], expected);
        if (word < OCT_COUNT(known_words))
            assert_int_equal(expected, path->pairs ? known_words[word].pairs
                                       : swap      ? a_signed ? known_words[word].swapped
                                                              : known_words[word].unsigned_both
                                       : a_signed  ? known_words[word].signed_a
                                                   : known_words[word].unsigned_a);
    }
}

static void check_both_signs(octet_context *context, const oct_tile *tile)
{
    check_dots(context, tile, false);
    if (!oct_paths[tile->path].pairs)
        check_dots(context, tile, true);
}

static void dot_products_are_exact(void **state)
{
    (void)state;
    for_each_tile(check_both_signs);
}

/* ---- Requantization ---- */

enum { SUMS = 1 << 14, RULES = 3, FORMS = 2 };

typedef struct sums {
    size_t count;                       /* a multiple of the lanes */
    int32_t acc[SUMS], low, high, zero; /* bounds are less the zero point */
    float multiplier[SUMS];
    oct_fixed fixed[SUMS];
    int32_t result[FORMS * RULES * SUMS];
} sums;

static void run_sums(octet_context *context, const oct_tile *tile, sums *s)
{
    const size_t bytes = s->count * sizeof *s->acc;
    char options[OPTIONS] = "-D OCT_BUILD_OTHER=1 -D OCT_BUILD_PROBE_REQUANTIZE=1";
    oct_buffer *const acc = upload(context, bytes, s->acc);
    oct_buffer *const multiplier = upload(context, bytes, s->multiplier);
    oct_buffer *const fixed = upload(context, 2 * bytes, s->fixed);
    oct_buffer *const result = upload(context, FORMS * RULES * bytes, s->result);
    const oct_arg args[] = {OCT_BUFFER(acc),    OCT_BUFFER(multiplier), OCT_BUFFER(fixed),
                            OCT_BUFFER(result), OCT_INT(s->low),        OCT_INT(s->high),
                            OCT_INT(s->zero)};
    oct_tile_options(tile, options, sizeof options);
    launch(context, "probe_requantize", options, s->count / tile->lanes, args, OCT_COUNT(args));
    OCT_ASSERT_OK(oct_buffer_read(result, FORMS * RULES * bytes, s->result, NULL));
    oct_buffer_destroy(acc);
    oct_buffer_destroy(multiplier);
    oct_buffer_destroy(fixed);
    oct_buffer_destroy(result);
}

static const char *const rule_names[RULES] = {"float32", "fixed, two roundings",
                                              "fixed, one rounding"};

static void assert_result(const sums *s, size_t rule, size_t i, int32_t expected)
{
    for (size_t form = 0; form < FORMS; form++) {
        const int32_t actual = s->result[(form * RULES + rule) * s->count + i];
        if (actual != expected)
            fail_msg("%s, %s: %d gave %d, not %d (multiplier %a, M %d, shift %d, %d..%d, zero %d)",
                     rule_names[rule], form == 0 ? "scalar" : "vector", s->acc[i], actual, expected,
                     (double)s->multiplier[i], s->fixed[i].multiplier, s->fixed[i].shift, s->low,
                     s->high, s->zero);
    }
}

/* Ties, where the rules part; values that float32 rounds; values that two roundings miss. */
static const struct {
    int32_t acc, zero;
    uint32_t multiplier; /* bits */
    oct_fixed fixed;
    int32_t expected[RULES];
} literals[] = {
    {1, 0, 0x3f000000, {1 << 30, 0}, {0, 1, 1}},
    {3, 0, 0x3f000000, {1 << 30, 0}, {2, 2, 2}},
    {5, 0, 0x3f000000, {1 << 30, 0}, {2, 3, 3}},
    {-1, 0, 0x3f000000, {1 << 30, 0}, {0, 0, 0}},
    {-3, 0, 0x3f000000, {1 << 30, 0}, {-2, -1, -1}},
    {-5, 0, 0x3f000000, {1 << 30, 0}, {-2, -2, -2}},
    {2, 0, 0x3e800000, {1 << 30, -1}, {0, 1, 1}},
    {-2, 0, 0x3e800000, {1 << 30, -1}, {0, -1, 0}},
    {-6, 0, 0x3e800000, {1 << 30, -1}, {-2, -2, -1}},
    {-20, 0, 0x3e000000, {1 << 30, -2}, {-2, -3, -2}},
    {1, 1, 0x3f000000, {1 << 30, 0}, {1, 2, 2}},
    {3, 1, 0x3f000000, {1 << 30, 0}, {3, 3, 3}},
    {5, 1, 0x3f000000, {1 << 30, 0}, {3, 4, 4}},
    {-1, 1, 0x3f000000, {1 << 30, 0}, {1, 1, 1}},
    {-2, 1, 0x3e800000, {1 << 30, -1}, {1, 0, 1}},
    {510138, 0, 0x39215ad4, {1 << 30, -31}, {78, 0, 0}},
    {510138, 0, 0x39215ad5, {1 << 30, -31}, {79, 0, 0}},
    {159819, 0, 0x396f7a31, {1 << 30, 0}, {36, 127, 127}},
    {44597375, 0, 0x3624c5c2, {1382211840, -18}, {110, 110, 109}},
    {-595, 0, 0x3e000000, {1157627904, -2}, {-74, -80, -80}},
    {428, 0, 0x3e8a0000, {1157627904, -1}, {115, 116, 115}},
    {0, -128, 0x3f800000, {1 << 30, 1}, {-128, -128, -128}},
    {INT32_MAX, 7, 0x43700000, {INT32_MAX, 0}, {127, 127, 127}},
    {INT32_MIN, 7, 0x43700000, {INT32_MAX, 0}, {-128, -128, -128}},
    {INT32_MAX, 0, 0x2f800000, {1 << 30, -31}, {0, 1, 0}},
    {INT32_MIN, 0, 0x2f800000, {1 << 30, -31}, {0, -1, 0}},
    {12345, 3, 0x3a000000, {0, 0}, {9, 3, 3}},
};

static void check_literals(octet_context *context, const oct_tile *tile)
{
    static sums s;
    s.count = tile->lanes;
    for (size_t i = 0; i < OCT_COUNT(literals); i++) {
        s.zero = literals[i].zero;
        s.low = -128 - s.zero;
        s.high = 127 - s.zero;
        for (size_t j = 0; j < s.count; j++) {
            s.acc[j] = literals[i].acc;
            s.multiplier[j] = oct_float_of(literals[i].multiplier);
            s.fixed[j] = literals[i].fixed;
        }
        run_sums(context, tile, &s);
        for (size_t j = 0; j < RULES * s.count; j++)
            assert_result(&s, j % RULES, j / RULES, literals[i].expected[j % RULES]);
    }
}

static void known_sums_are_requantized(void **state)
{
    (void)state;
    for_each_tile(check_literals);
}

static int32_t between(int32_t value, int32_t low, int32_t high)
{
    return value < low ? low : value > high ? high : value;
}

/* Sums and multipliers of all sizes, so that results fall inside the bounds as well as beyond. */
static void draw_sums(sums *s, uint64_t *seed)
{
    static const int32_t zeros[] = {0, 1, -128, 127, 128, 255};
    s->zero = zeros[oct_random_bits(seed) % OCT_COUNT(zeros)];
    s->low = (s->zero > 127 ? 0 : -128) - s->zero;
    s->high = s->low + 255;
    for (size_t i = 0; i < s->count; i++) {
        const int bits = oct_random_int(seed, 0, 31);
        s->acc[i] = (int32_t)oct_random_bits(seed) >> bits;
        /* about 2^(bits - 23), which brings the product near 8 bits, or anything */
        const int exponent = i % 4 == 0 ? oct_random_int(seed, -32, 7)
                                        : between(bits - 24 + oct_random_int(seed, 0, 2), -32, 7);
        s->multiplier[i] =
            oct_float_of((uint32_t)(exponent + 127) << 23 | oct_random_bits(seed) >> 9);
        s->fixed[i] = (oct_fixed){oct_random_int(seed, 1 << 30, INT32_MAX), exponent + 1};
        if (i % 16 == 0)
            s->acc[i] = i % 32 == 0 ? INT32_MAX : INT32_MIN;
    }
}

static void check_random_sums(octet_context *context, const oct_tile *tile)
{
    static sums s;
    uint64_t seed = 111;
    for (int round = 0; round < 6; round++) {
        s.count = SUMS;
        draw_sums(&s, &seed);
        run_sums(context, tile, &s);
        for (size_t i = 0; i < s.count; i++) {
            const int32_t twice = oct_reference_fixed_double(s.acc[i], s.fixed[i]);
            const int32_t once = oct_reference_fixed_single(s.acc[i], s.fixed[i]);
            assert_result(&s, 0, i,
                          oct_reference_round_float(s.acc[i], s.multiplier[i], s.low + s.zero,
                                                    s.high + s.zero, s.zero));
            assert_result(&s, 1, i, between(twice, s.low, s.high) + s.zero);
            assert_result(&s, 2, i, between(once, s.low, s.high) + s.zero);
        }
    }
}

static void all_sums_are_requantized_as_by_the_reference(void **state)
{
    (void)state;
    for_each_tile(check_random_sums);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dot_products_are_exact),
        cmocka_unit_test(known_sums_are_requantized),
        cmocka_unit_test(all_sums_are_requantized_as_by_the_reference),
    };
    return cmocka_run_group_tests(tests, oct_rig_open, oct_rig_close);
}
