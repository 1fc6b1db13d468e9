/* self_test.c - known answers for every operation of a device that exactness rests on. */
#include <stdint.h>

#include "operators/context.h"

/* One operation of kernels.cl's self_test, its three words (int32 or the bits of a float32) and the
 * word it must give. */
typedef struct self_test_case {
    uint32_t operation, x, y, z, expected;
    bool subnormal;    /* only for devices that say they keep subnormal numbers */
    const char *wrong; /* what is wrong with the device if the result differs */
} self_test_case;

/* clang-format off */
static const self_test_case cases[] = {
    /* z + x * y, two roundings */
    {0, 0x3f800001, 0x3f800001, 0xbf800002, 0x00000000, false, "a product and a sum were fused although contraction is off"},
    {0, 0x3f7fffff, 0x3f800001, 0xbf800000, 0x00000000, false, "a product and a sum were fused although contraction is off"},
    {0, 0x40490fdb, 0x402df854, 0xc108a2c2, 0xb6000000, false, "a product and a sum were fused although contraction is off"},
    /* fma(x, y, z), one rounding */
    {1, 0x3f800001, 0x3f800001, 0xbf800002, 0x28800000, false, "fma rounds its product"},
    {1, 0x3f7fffff, 0x3f800001, 0xbf800000, 0x337ffffe, false, "fma rounds its product"},
    /* x * y: nearest even, and subnormal numbers */
    {2, 0x3f800001, 0x3fc00000, 0, 0x3fc00002, false, "a product at a tie is not rounded to even"},
    {2, 0x3f800003, 0x3fc00000, 0, 0x3fc00004, false, "a product at a tie is not rounded to even"},
    {2, 0x3f800001, 0x3f800001, 0, 0x3f800002, false, "products are rounded up or not to nearest"},
    {2, 0x3f7fffff, 0x3f7fffff, 0, 0x3f7ffffe, false, "products are truncated or not to nearest"},
    {2, 0x00800000, 0x3f000000, 0, 0x00400000, true, "subnormal products are flushed to zero"},
    {2, 0x00400000, 0x40000000, 0, 0x00800000, true, "subnormal operands are flushed to zero"},
    /* fmin(fmax(x, y), z) and x > y ? x : y skip NaN, keep infinity */
    {3, 0x7fc00000, 0xc3000000, 0x42fe0000, 0xc3000000, false, "fmax does not skip NaN"},
    {3, 0x7f800000, 0xc3000000, 0x42fe0000, 0x42fe0000, false, "fmin mishandles infinity"},
    {3, 0xff800000, 0xc3000000, 0x42fe0000, 0xc3000000, false, "fmax mishandles infinity"},
    {4, 0x7fc00000, 0xc3000000, 0, 0xc3000000, false, "a comparison with NaN is true"},
    {4, 0x7f800000, 0x7f7fffff, 0, 0x7f800000, false, "infinity does not compare as the largest number"},
    /* round: ties away from zero */
    {5, 0x3f000000, 0, 0, 0x3f800000, false, "round does not take ties away from zero"},
    {5, 0xbf000000, 0, 0, 0xbf800000, false, "round does not take ties away from zero"},
    {5, 0x40200000, 0, 0, 0x40400000, false, "round does not take ties away from zero"},
    {5, 0xc0200000, 0, 0, 0xc0400000, false, "round does not take ties away from zero"},
    {5, 0x3effffff, 0, 0, 0x00000000, false, "round takes the number below one half up"},
    /* isnan */
    {6, 0x7fc00000, 0, 0, 1, false, "isnan misses NaN"},
    {6, 0x7f800000, 0, 0, 0, false, "isnan takes infinity for NaN"},
    /* int to float: nearest even above 2^24 */
    {7, 16777217, 0, 0, 0x4b800000, false, "int to float is not rounded to nearest even"},
    {7, 16777219, 0, 0, 0x4b800002, false, "int to float is not rounded to nearest even"},
    {7, 33554435, 0, 0, 0x4c000001, false, "int to float is not rounded to nearest even"},
    {7, 0xfeffffff, 0, 0, 0xcb800000, false, "negative int to float is not rounded to nearest even"},
    {7, 0x7fffffff, 0, 0, 0x4f000000, false, "the largest int to float is not rounded to nearest even"},
    {7, 0x80000000, 0, 0, 0xcf000000, false, "the smallest int to float is wrong"},
    /* a difference of 33 bits to float */
    {8, 0x7fffffff, 0x80000000, 0, 0x4f800000, false, "long to float is wrong"},
    {8, 0x80000000, 0x7fffffff, 0, 0xcf800000, false, "negative long to float is wrong"},
    {8, 0x7fffffff, 0xffffff7f, 0, 0x4f000000, false, "long to float is not rounded to nearest even"},
    /* float to int: nearest even; the builtin and what kernels use */
    {9, 0x3f000000, 0, 0, 0, false, "float to int does not take 0.5 to even"},
    {9, 0x3fc00000, 0, 0, 2, false, "float to int does not take 1.5 to even"},
    {9, 0x40200000, 0, 0, 2, false, "float to int does not take 2.5 to even"},
    {9, 0xbf000000, 0, 0, 0, false, "float to int does not take -0.5 to even"},
    {9, 0xbfc00000, 0, 0, 0xfffffffe, false, "float to int does not take -1.5 to even"},
    {9, 0xc0200000, 0, 0, 0xfffffffe, false, "float to int does not take -2.5 to even"},
    {9, 0x3f7fffff, 0, 0, 1, false, "float to int truncates"},
    {10, 0x3f000000, 0, 0, 0, false, "the nearest integer of 0.5 is not even"},
    {10, 0x3fc00000, 0, 0, 2, false, "the nearest integer of 1.5 is not even"},
    {10, 0x40200000, 0, 0, 2, false, "the nearest integer of 2.5 is not even"},
    {10, 0xbfc00000, 0, 0, 0xfffffffe, false, "the nearest integer of -1.5 is not even"},
    {10, 0xc0200000, 0, 0, 0xfffffffe, false, "the nearest integer of -2.5 is not even"},
    {10, 0x437e8000, 0, 0, 254, false, "the nearest integer of 254.5 is not even"},
    /* x * y requantized to s8 with zero point z */
    {11, 1, 0x3f000000, 0, 0, false, "requantization does not take 0.5 to even"},
    {11, 3, 0x3f000000, 1, 3, false, "requantization adds the zero point before rounding"},
    {11, 0xfffffffb, 0x3f000000, 1, 0xffffffff, false, "requantization of a negative tie is wrong"},
    {11, 44597375, 0x3624c5c2, 0, 110, false, "requantization converts large sums inexactly or without rounding to even"},
    {11, 159819, 0x396f7a31, 0, 36, false, "requantization does not round its product to float32"},
    {11, 510138, 0x39215ad4, 0, 78, false, "requantization does not take 78.5 to even"},
    {11, 510138, 0x39215ad5, 0, 79, false, "requantization truncates"},
    {11, 0x7fffffff, 0x43000000, 5, 127, false, "requantization does not saturate at the top"},
    {11, 0x80000000, 0x43000000, 0xfffffffb, 0xffffff80, false, "requantization does not saturate at the bottom"},
    /* x / y by reciprocal and fma */
    {12, 0x3e8c41db, 0x3b0cceaa, 0, 0x42feffff, false, "the quotient just below 127.5 is not exact: fma or 1/x is too inaccurate"},
    {12, 0x42c80000, 0x40400000, 0, 0x42055555, false, "100 / 3 is not exact: fma or 1/x is too inaccurate"},
    {12, 0x3f800000, 0x3fffffff, 0, 0x3f000001, false, "1 / (2 - 2^-23) is not exact: fma or 1/x is too inaccurate"},
    {12, 0x7f000000, 0x7e800000, 0, 0x40000000, false, "a quotient of large numbers is wrong"},
    {12, 0x01800000, 0x01000000, 0, 0x40000000, false, "a quotient of small numbers is wrong"},
    {12, 0x00c00000, 0x00800000, 0, 0x3fc00000, false, "a quotient of the smallest normal numbers is wrong"},
    /* integers: narrowing of 64 bits, arithmetic shifts, leading zeros, narrowing to 8 bits */
    {13, 0x80000000, 0x7fffffff, 0, 0x80000000, false, "long to int does not keep the low word"},
    {13, 0x7fffffff, 0x7fffffff, 0, 0x00000001, false, "long to int does not keep the low word"},
    {14, 0x80000000, 0x7fffffff, 31, 0x80000001, false, "64-bit products or their shifts are wrong"},
    {14, 0xfffffdad, 1157627904, 31, 0xfffffebf, false, "64-bit products or their shifts are wrong"},
    {15, 0xffffffff, 31, 0, 0xffffffff, false, "right shifts of negative numbers are not arithmetic"},
    {15, 0x80000000, 4, 0, 0xf8000000, false, "right shifts of negative numbers are not arithmetic"},
    {16, 0, 1, 0, 63, false, "clz of 64 bits is wrong"},
    {16, 0x00010000, 0, 0, 15, false, "clz of 64 bits is wrong"},
    {17, 0xffffff80, 0, 0, 0x80, false, "int to uchar does not keep the low byte"},
    {17, 0x000001ff, 0, 0, 0xff, false, "int to uchar does not keep the low byte"},
};
/* clang-format on */

#define CASES (sizeof cases / sizeof cases[0])

static octet_status run_cases(octet_context *context, uint32_t results[CASES])
{
    octet_status status = OCTET_OK;
    const size_t global[3] = {CASES, 1, 1};
    uint32_t words[CASES][4];
    oct_kernel *kernel = NULL;
    oct_buffer *in = NULL, *out = NULL;
    for (size_t i = 0; i < CASES; i++) {
        words[i][0] = cases[i].operation;
        words[i][1] = cases[i].x;
        words[i][2] = cases[i].y;
        words[i][3] = cases[i].z;
    }
    OCT_TRY(oct_kernel_create(context, "self_test", "-D OCT_BUILD_OTHER=1 -D OCT_BUILD_SELF_TEST=1",
                              &kernel));
    OCT_TRY(oct_buffer_from_host(context, sizeof words, words, &in));
    OCT_TRY(oct_buffer_create(context, CASES * sizeof *results, &out));
    {
        const oct_arg args[] = {OCT_BUFFER(in), OCT_BUFFER(out)};
        OCT_TRY(OCT_LAUNCH(kernel, global, args));
    }
    OCT_TRY(oct_enqueue_barrier(context));
    OCT_TRY(oct_buffer_read(out, CASES * sizeof *results, results, NULL));
cleanup:
    oct_buffer_destroy(in);
    oct_buffer_destroy(out);
    oct_kernel_destroy(kernel);
    return status;
}

octet_status oct_self_test(octet_context *context)
{
    octet_status status = OCTET_OK;
    uint32_t results[CASES];
    OCT_TRY(run_cases(context, results));
    for (size_t i = 0; i < CASES; i++)
        OCT_REQUIRE(&context->log,
                    results[i] == cases[i].expected ||
                        (cases[i].subnormal && !context->traits.subnormals),
                    OCTET_MISCOMPUTED,
                    "device %s cannot be used: %s (self-test %zu: operation %u of 0x%08x, 0x%08x, "
                    "0x%08x gave 0x%08x, not 0x%08x)",
                    context->info.name, cases[i].wrong, i, cases[i].operation, cases[i].x,
                    cases[i].y, cases[i].z, results[i], cases[i].expected);
cleanup:
    return status;
}
