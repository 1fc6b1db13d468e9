/* case_data.c - see case_data.h. */
#include "harness/case_data.h"

#include <math.h>

#include "core/shape.h"
#include "harness/random.h"

size_t oct_case_rows(const oct_case *c)
{
    const bool per_row = c->problem.settings.per_row && c->problem.kind == OCT_PROBLEM_GEMM;
    return per_row && c->problem.gemm.m > 0 ? c->problem.gemm.m : 1;
}

size_t oct_case_columns(const oct_case *c)
{
    return c->problem.settings.per_channel ? oct_problem_columns(&c->problem) : 1;
}

/* ---- Stored values ---- */

/* An extreme in one of eight, the zero point in one of sixteen, else anything; in stretches mostly
 * the zero point, without which sums of many values that all lie on one side of it would be alike.
 */
static void fill_bytes(oct_random *random, octet_type type, int32_t zero, size_t count,
                       unsigned char *out)
{
    const oct_type_info *const info = oct_type(type);
    static const unsigned zeros_of_16[] = {1, 1, 8, 15};
    unsigned zeros = 1;
    for (size_t i = 0, stretch = 0; i < count; i++, stretch--) {
        const uint64_t draw = oct_random_next(random);
        const unsigned kind = (unsigned)(draw >> 60);
        int32_t value = info->low + (int32_t)(draw & 0xff);
        if (stretch == 0) {
            stretch = 1 + ((draw >> 8) & 1023);
            zeros = zeros_of_16[(draw >> 18) & 3];
        }
        if (kind < zeros)
            value = zero;
        else if ((draw >> 20 & 7) == 0)
            value = (draw >> 23 & 1) != 0 ? info->low : info->high;
        out[i] = (unsigned char)value;
    }
}

static octet_status make_bytes(const oct_case *c, oct_random *random, octet_type type, int32_t zero,
                               const octet_shape *shape, void **out)
{
    octet_status status = OCTET_OK;
    size_t count = 0;
    unsigned char *bytes = NULL;
    OCT_REQUIRE(c->log, oct_shape_count(shape, &count), OCTET_INVALID_ARGUMENT,
                "problem '%s' is too large for this machine's addresses", c->problem.text);
    OCT_ALLOC(c->log, bytes, count);
    fill_bytes(random, type, zero, count, bytes);
    *out = bytes;
cleanup:
    return status;
}

/* ---- Parameters ---- */

/* A scale with all bits of its mantissa in use, around "middle". */
static float draw_scale(oct_random *random, double middle)
{
    return (float)(middle * exp2(2 * oct_random_unit(random) - 1));
}

static int32_t within(octet_type type, int64_t value)
{
    const oct_type_info *const info = oct_type(type);
    return (int32_t)(value < info->low ? info->low : value > info->high ? info->high : value);
}

/* One zero point for all stays what was asked for. Several of them lie near it; none where 0 was
 * asked for, because kernels treat "no zero point" specially. */
static octet_status make_parameters(const oct_case *c, oct_random *random, octet_type type,
                                    int32_t zero, size_t count, float **scales, int32_t **zeros)
{
    octet_status status = OCTET_OK;
    const int64_t spread = count > 1 && zero != 0 ? 2 : 0;
    OCT_ALLOC(c->log, *scales, count);
    OCT_ALLOC(c->log, *zeros, count);
    for (size_t i = 0; i < count; i++) {
        (*scales)[i] = draw_scale(random, 1.0 / 128);
        (*zeros)[i] = within(type, zero + oct_random_between(random, -spread, spread));
    }
cleanup:
    return status;
}

/* Mean of (stored - zero) for values anywhere in the type, and its mean square. */
static void moments(octet_type type, int32_t zero, double *mean, double *square)
{
    const oct_type_info *const info = oct_type(type);
    *mean = 0.5 * ((double)info->low + info->high) - zero;
    *square = *mean * *mean + 256.0 * 256.0 / 12.0;
}

/* How far from 0 accumulators get: the mean and some deviations. */
static double typical_sum(const oct_problem *problem)
{
    const oct_problem_settings *const s = &problem->settings;
    const double k = (double)oct_problem_k(problem);
    double x, xx, w, ww;
    moments(s->input_type, s->input_zero, &x, &xx);
    moments(s->weight_type, s->weight_zero, &w, &ww);
    const double mean = x * w, deviation = sqrt(xx * ww - mean * mean);
    return fabs(k * mean) + 2.5 * sqrt(k) * deviation;
}

/* Typical sums fill the output's range; in one of eight cases they are far wider or narrower, so
 * that clamping and large shifts are met. */
static void make_output(oct_case *c, oct_random *random)
{
    const oct_problem_settings *const s = &c->problem.settings;
    const double fits = 127.0 / typical_sum(&c->problem);
    const double factor =
        oct_random_below(random, 8) == 0 ? exp2(16 * oct_random_unit(random) - 8) : 1.0;
    /* The scales of input and weights vary by 4, and a multiplier must be in [2^-32, 256). */
    const double multiplier = fmax(fmin(fits * factor, 60.0), exp2(-29));
    c->output_scale = (float)(1.0 / 128 / 128 / multiplier);
    c->output_zero = oct_type_is_byte(s->output_type) ? s->output_zero : 0;
}

static octet_status make_bias(oct_case *c, oct_random *random)
{
    octet_status status = OCTET_OK;
    const size_t columns = oct_problem_columns(&c->problem);
    const double reach = 0.25 * typical_sum(&c->problem) + 2;
    int32_t *whole = NULL;
    if (!c->problem.settings.bias)
        return OCTET_OK;
    OCT_ALLOC(c->log, whole, columns);
    c->bias = whole;
    for (size_t i = 0; i < columns; i++) {
        const double value = reach * (2 * oct_random_unit(random) - 1);
        if (c->problem.settings.output_type == OCTET_F32)
            ((float *)c->bias)[i] = (float)(value / 128 / 128);
        else
            whole[i] = (int32_t)value;
    }
cleanup:
    return status;
}

octet_status oct_case_fill(oct_case *c, uint64_t seed)
{
    octet_status status = OCTET_OK;
    const oct_problem_settings *const s = &c->problem.settings;
    char line[OCT_PROBLEM_TEXT];
    oct_random random = oct_random_of(seed, oct_problem_line(&c->problem, line));
    OCT_TRY(make_bytes(c, &random, s->input_type, s->input_zero, &c->input_shape, &c->input));
    OCT_TRY(make_bytes(c, &random, s->weight_type, s->weight_zero, &c->weight_shape, &c->weights));
    OCT_TRY(make_parameters(c, &random, s->input_type, s->input_zero, oct_case_rows(c),
                            &c->input_scales, &c->input_zeros));
    OCT_TRY(make_parameters(c, &random, s->weight_type, s->weight_zero, oct_case_columns(c),
                            &c->weight_scales, &c->weight_zeros));
    make_output(c, &random);
    OCT_TRY(make_bias(c, &random));
    if (s->table)
        fill_bytes(&random, s->output_type, c->output_zero, sizeof c->table, c->table);
cleanup:
    return status;
}
