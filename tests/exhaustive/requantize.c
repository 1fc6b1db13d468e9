/* requantize.c - a proof by trial: every 32-bit accumulator through every rounding rule, on a
 * device and on the reference, against the rules of docs/numbers.md in integers alone.
 *
 *     exhaustive_requantize [DEVICE [RULE]]     the best device, all of its variants; all rules
 *
 * Minutes for each variant and multiplier, and days where one computes blocks by emulation: those end by
 * the same functions, and OCTET_DISABLE leaves them out.
 *
 * Exit status: 0 every bit agrees, 3 some do not, 2 no such device, 1 a failure. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/message.h"
#include "cli/progress.h"
#include "core/check.h"
#include "core/clock.h"
#include "core/parallel.h"
#include "harness/execute.h"

/* One product of ROWS by COLUMNS gives every accumulator once: a row's bytes times the weights are
 * its number, the low half; the column's bias is the high half. */
enum { ROWS = 1 << 16, COLUMNS = 1 << 16, K = 4, RUN_ROWS = 64 };
enum { RUNS = ROWS / RUN_ROWS, RUN = RUN_ROWS * COLUMNS /* accumulators */ };
enum { ZERO_POINT = -7 };

static const int8_t weights_of_column[K] = {1, 127, 127, 2};

static void fill_row(size_t number, uint8_t bytes[K])
{
    bytes[0] = (uint8_t)number;
    bytes[1] = bytes[2] = bytes[3] = (uint8_t)(number >> 8);
}

static int32_t bias_of(size_t column)
{
    return ((int32_t)column - COLUMNS / 2) * ROWS;
}

/* ---- The rules, in integers ---- */

/* factor * 2^-scale: 24 bits for the float rules, 31 for the fixed ones. "shift" is TFLite's. */
typedef struct multiplier {
    int64_t factor;
    int scale, shift;
} multiplier;

/* value / 2^shift, ties to even; shift 1..62. What is added carries over the half where it should.
 */
static uint64_t nearest_even(uint64_t value, int shift)
{
    const uint64_t below_half = (UINT64_C(1) << (shift - 1)) - 1;
    return (value + below_half + (value >> shift & 1)) >> shift;
}

/* As float32 holds a number: its upper 24 bits, the rest rounded away. */
static uint64_t to_float(uint64_t value)
{
    const int excess = 64 - 24 - __builtin_clzll(value | 1);
    return excess > 0 ? nearest_even(value, excess) << excess : value;
}

static int64_t round_float(int32_t acc, multiplier m)
{
    const uint64_t magnitude = (uint64_t)llabs(acc);
    const uint64_t product = to_float(to_float(magnitude) * (uint64_t)m.factor);
    const int64_t rounded = (int64_t)nearest_even(product, m.scale);
    return acc < 0 ? -rounded : rounded;
}

/* Beyond 32 bits the left shift wraps. */
static int64_t round_fixed_twice(int32_t acc, multiplier m)
{
    const int left = m.shift > 0 ? m.shift : 0, right = m.shift < 0 ? -m.shift : 0;
    const int64_t shifted = (int32_t)((uint32_t)acc << left);
    const int64_t high = (shifted * m.factor + (INT64_C(1) << 30)) >> 31;
    const int64_t half = (INT64_C(1) << right) >> 1;
    return high < 0 ? -((half - high) >> right) : (half + high) >> right;
}

/* Beyond 32 bits the result wraps. */
static int64_t round_fixed_once(int32_t acc, multiplier m)
{
    const int64_t half = INT64_C(1) << (m.scale - 1);
    return (int32_t)(uint32_t)(uint64_t)((acc * m.factor + half) >> m.scale);
}

/* The outputs of one run. */
typedef struct run {
    multiplier m;
    int32_t low, high;
    size_t first_row;
    uint8_t *wanted;
} run;

/* A loop per rule, for speed: each has its own "round" inside. */
static inline void fill_outputs(const run *self, size_t begin, size_t end,
                                int64_t (*round_one)(int32_t acc, multiplier m))
{
    for (size_t i = begin; i < end; i++) {
        const int32_t acc = bias_of(i % COLUMNS) + (int32_t)(self->first_row + i / COLUMNS);
        const int64_t q = round_one(acc, self->m) + ZERO_POINT;
        self->wanted[i] = (uint8_t)(q < self->low ? self->low : q > self->high ? self->high : q);
    }
}

static void fill_float(void *state, size_t begin, size_t end)
{
    fill_outputs(state, begin, end, round_float);
}

static void fill_fixed_twice(void *state, size_t begin, size_t end)
{
    fill_outputs(state, begin, end, round_fixed_twice);
}

static void fill_fixed_once(void *state, size_t begin, size_t end)
{
    fill_outputs(state, begin, end, round_fixed_once);
}

/* ---- Multipliers ---- */

static multiplier split_float(float m)
{
    int exponent = 0;
    const double fraction = frexp((double)m, &exponent);
    return (multiplier){(int64_t)(fraction * 0x1p24), 24 - exponent, 0};
}

static multiplier make_divided(float x, float w, float y)
{
    const float both = x * w;
    return split_float(both / y);
}

static multiplier make_reciprocal(float x, float w, float y)
{
    const float both = w * x, reciprocal = 1.0f / y;
    return split_float(both * reciprocal);
}

static multiplier make_fixed(float x, float w, float y)
{
    int shift = 0;
    const double fraction = frexp((double)x * (double)w / (double)y, &shift);
    const int64_t factor = llround(fraction * 0x1p31);
    const int carry = factor >> 31 != 0;
    return (multiplier){factor >> carry, 31 - shift - carry, shift + carry};
}

static const struct rule {
    const char *name;
    multiplier (*make)(float x, float w, float y);
    oct_range_fn fill; /* of a run */
} rules[] = {
    [OCTET_ROUND_FLOAT32] = {"float32", make_divided, fill_float},
    [OCTET_ROUND_FLOAT32_RECIPROCAL] = {"float32-reciprocal", make_reciprocal, fill_float},
    [OCTET_ROUND_FIXED_DOUBLE] = {"fixed-double", make_fixed, fill_fixed_twice},
    [OCTET_ROUND_FIXED_SINGLE] = {"fixed-single", make_fixed, fill_fixed_once},
};

/* The output's bounds, then scales. A multiplier of 2^-24 spreads all accumulators over all
 * outputs; two at the same scales show where the rules part. */
static const struct trial {
    octet_rounding rounding;
    int32_t low, high;
    float x, w, y;
} trials[] = {
    /* clang-format off */
    {OCTET_ROUND_FLOAT32,            -128, 127, 0x1p-12f,        0x1p-12f,       1.0f},           /* every tie */
    {OCTET_ROUND_FLOAT32,            -128, 127, 0x1.000002p-32f, 1.0f,           1.0f},           /* next to the smallest */
    {OCTET_ROUND_FLOAT32,            -128, 127, 0x1.fffffep7f,   1.0f,           1.0f},           /* the largest */
    {OCTET_ROUND_FLOAT32,            -128, 127, 0x1.4840e8p-9f,  0x1.6db12ap-8f, 0x1.73f972p-4f}, /* 0x39215ad4 ... */
    {OCTET_ROUND_FLOAT32,            0,    127, 1.0f,            1.0f,           1.0f},           /* above z_y */
    {OCTET_ROUND_FLOAT32_RECIPROCAL, -128, 127, 0x1.4840e8p-9f,  0x1.6db12ap-8f, 0x1.73f972p-4f}, /* ... 0x39215ad5 */
    {OCTET_ROUND_FLOAT32_RECIPROCAL, -128, 127, 0x1p-3f,         0x1p-3f,        0x1p-6f},        /* 1 */
    {OCTET_ROUND_FLOAT32_RECIPROCAL, -128, 127, 0x1.6a09e7p-12f, 0x1.8p-13f,     0x1.19999ap0f},
    {OCTET_ROUND_FIXED_DOUBLE,       -128, 127, 0x1p-24f,        1.0f,           1.0f},           /* ties away */
    {OCTET_ROUND_FIXED_DOUBLE,       -128, 127, 0x1.fffffep7f,   1.0f,           1.0f},           /* shift 8; wraps */
    {OCTET_ROUND_FIXED_DOUBLE,       -128, 127, 0x1.6a09e7p-12f, 0x1.8p-13f,     0x1.19999ap0f},
    {OCTET_ROUND_FIXED_SINGLE,       -128, 127, 0x1p-24f,        1.0f,           1.0f},           /* ties up */
    {OCTET_ROUND_FIXED_SINGLE,       -128, 127, 0x1.000002p-32f, 1.0f,           1.0f},           /* shift -31 */
    {OCTET_ROUND_FIXED_SINGLE,       -128, 127, 0x1.91eb86p3f,   0x1.8p2f,       0x1.19999ap0f},  /* shift 7; wraps */
    /* clang-format on */
};
enum { TRIALS = sizeof trials / sizeof trials[0], MULTIPLIER_TEXT = 48 };

static const char *multiplier_text(octet_rounding rounding, multiplier m,
                                   char text[MULTIPLIER_TEXT])
{
    const float value = ldexpf((float)m.factor, -m.scale);
    uint32_t bits = 0;
    memcpy(&bits, &value, sizeof bits);
    if (rounding < OCTET_ROUND_FIXED_DOUBLE)
        snprintf(text, MULTIPLIER_TEXT, "0x%08x", bits);
    else
        snprintf(text, MULTIPLIER_TEXT, "M 0x%08x, shift %d", (unsigned)m.factor, m.shift);
    return text;
}

/* ---- A trial ---- */

enum { MOST_SIDES = 65 };

/* The same on every side. */
typedef struct operands {
    int8_t weights[K * COLUMNS];
    int32_t bias[COLUMNS];
    uint8_t input[RUN_ROWS * K];
    uint8_t wanted[RUN], found[RUN];
} operands;

/* A variant of the device, or the reference. */
typedef struct side {
    octet_context *context;
    const char *variant;
    octet_tensor *input; /* shared by all */
    oct_execution execution;
} side;

static void fill_columns(operands *o)
{
    for (size_t i = 0; i < COLUMNS; i++) {
        o->bias[i] = bias_of(i);
        for (size_t k = 0; k < K; k++)
            o->weights[k * COLUMNS + i] = weights_of_column[k];
    }
}

static octet_status prepare(side *self, const struct trial *trial, const operands *o)
{
    octet_status status = OCTET_OK;
    static const int32_t zero_point = ZERO_POINT;
    static const octet_type output = OCTET_S8;
    octet_operator *op = NULL;
    octet_gemm_desc desc = {
        .struct_size = sizeof desc, .n = COLUMNS, .k = K, .variant = self->variant};
    desc.layer = (octet_layer){.input_type = OCTET_U8,
                               .output_type = output,
                               .input = {&trial->x, 1, NULL, 0},
                               .weights = {&trial->w, 1, NULL, 0},
                               .output = {&trial->y, 1, &zero_point, 1},
                               .rounding = trial->rounding,
                               .clamp = 1,
                               .clamp_min = trial->low,
                               .clamp_max = trial->high,
                               .weight_data = o->weights,
                               .bias = o->bias};
    OCT_TRY(octet_gemm_create(self->context, &desc, &op));
    OCT_TRY(oct_execution_prepare(&self->execution, oct_cli_log, self->context, op, &self->input, 1,
                                  &output, 1));
cleanup:
    return status;
}

/* Adds to *mismatches; shows the first of a run. */
static octet_status compare(side *self, operands *o, const run *now, size_t *mismatches)
{
    octet_status status = OCTET_OK;
    octet_comparison found;
    OCT_TRY(octet_tensor_write(self->input, o->input, NULL));
    OCT_TRY(oct_execution_enqueue(&self->execution));
    OCT_TRY(octet_tensor_read(self->execution.outputs[0], o->found, NULL));
    if (memcmp(o->wanted, o->found, RUN) == 0)
        goto cleanup;
    octet_compare(OCTET_S8, RUN, o->wanted, o->found, &found);
    oct_cli_note("%s: %zu of %zu differ, the first for %d: %.0f instead of %.0f", self->variant,
                 found.mismatches, found.count,
                 bias_of(found.first % COLUMNS) + (int32_t)(now->first_row + found.first / COLUMNS),
                 found.actual, found.expected);
    *mismatches += found.mismatches;
cleanup:
    return status;
}

static octet_status try_all(size_t number, side *sides, size_t count, operands *o,
                            oct_progress *progress, size_t *mismatches)
{
    octet_status status = OCTET_OK;
    const struct trial *const trial = &trials[number];
    const struct rule *const rule = &rules[trial->rounding];
    run now = {.m = rule->make(trial->x, trial->w, trial->y),
               .low = trial->low,
               .high = trial->high,
               .wanted = o->wanted};
    const double started = oct_now();
    const size_t before = *mismatches;
    char text[MULTIPLIER_TEXT];
    for (size_t i = 0; i < count; i++)
        OCT_TRY(prepare(&sides[i], trial, o));
    for (size_t i = 0; i < RUNS; i++, now.first_row += RUN_ROWS) {
        oct_progress_step(progress, number * RUNS + i);
        for (size_t j = 0; j < RUN_ROWS; j++)
            fill_row(now.first_row + j, o->input + j * K);
        oct_parallel(RUN, RUN / 64, rule->fill, &now);
        for (size_t j = 0; j < count; j++)
            OCT_TRY(compare(&sides[j], o, &now, mismatches));
    }
    oct_progress_clear();
    printf("| %s | %s | %d..%d | %zu | %zu | %.0f |\n", rule->name,
           multiplier_text(trial->rounding, now.m, text), trial->low, trial->high,
           (size_t)RUNS * RUN, *mismatches - before, oct_now() - started);
    fflush(stdout);
cleanup:
    for (size_t i = 0; i < count; i++)
        oct_execution_release(&sides[i].execution);
    return status;
}

/* ---- All of it ---- */

static octet_status open_device(const char *device, octet_context **context, octet_tensor **input)
{
    octet_status status = OCTET_OK;
    static const octet_shape shape = {2, {RUN_ROWS, K}};
    const octet_context_desc desc = {.struct_size = sizeof desc,
                                     .device = device,
                                     .message = oct_cli_log->message,
                                     .message_user = oct_cli_log->user};
    OCT_TRY(octet_context_create(&desc, context));
    OCT_TRY(octet_tensor_create(*context, OCTET_U8, &shape, input));
cleanup:
    return status;
}

/* The variants of a device, the last of which is the reference. */
static octet_status list_sides(octet_context *context, octet_tensor *input, side *sides,
                               size_t *count)
{
    octet_status status = OCTET_OK;
    const char *names[MOST_SIDES];
    octet_device_info info;
    OCT_TRY(octet_list_variants(context, "gemm", names, MOST_SIDES, count));
    octet_context_device(context, &info, NULL);
    printf("%s (%s, %s):", info.name, info.platform, info.driver);
    for (size_t i = 0; i < *count; i++) {
        sides[i] = (side){.context = context, .variant = names[i], .input = input};
        printf(" %s", names[i]);
    }
    printf("\n\n| rule | multiplier | outputs | accumulators | mismatches | seconds |\n"
           "|---|---|---|---|---|---|\n");
cleanup:
    return status;
}

int main(int argc, char **argv)
{
    octet_status status = OCTET_OK;
    octet_context *context = NULL;
    octet_tensor *input = NULL;
    operands *o = NULL;
    side sides[MOST_SIDES];
    oct_progress progress;
    size_t count = 0, mismatches = 0;
    OCT_TRY(open_device(argc > 1 ? argv[1] : NULL, &context, &input));
    OCT_TRY(list_sides(context, input, sides, &count));
    OCT_ALLOC(oct_cli_log, o, 1);
    fill_columns(o);
    oct_progress_start(&progress, "requantize", "runs", (size_t)TRIALS * RUNS);
    for (size_t i = 0; i < TRIALS; i++)
        if (argc < 3 || strcmp(rules[trials[i].rounding].name, argv[2]) == 0)
            OCT_TRY(try_all(i, sides, count, o, &progress, &mismatches));
cleanup:
    free(o);
    octet_tensor_destroy(input);
    octet_context_destroy(context);
    return oct_cli_exit(status, mismatches > 0);
}
