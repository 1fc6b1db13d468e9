/* problem.c - see problem.h. */
#include "harness/problem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "core/quantization.h"
#include "core/shape.h"
#include "harness/problem_options.h"

const oct_problem_settings oct_problem_defaults = {
    .input_type = OCTET_U8,
    .weight_type = OCTET_S8,
    .output_type = OCTET_S8,
};

const char *oct_problem_kind_name(oct_problem_kind kind)
{
    static const char *const names[] = {"gemm", "conv2d"};
    return names[kind];
}

/* ---- Reading ---- */

/* "n" and a name, in quotes or not; a number behind its last "*" is the repeat count. */
static octet_status read_name(const oct_log *log, const char *text, const char *rest,
                              size_t *repeat)
{
    octet_status status = OCTET_OK;
    const char *const star = strrchr(rest, '*');
    char *end = NULL;
    *repeat = 1;
    OCT_REQUIRE(log, *rest == '\0' || *rest == 'n' || *rest == '*', OCTET_INVALID_ARGUMENT,
                "problem '%s': '%s' is not understood", text, rest);
    if (star == NULL)
        return OCTET_OK;
    const unsigned long long count = strtoull(star + 1, &end, 10);
    const bool whole = end != star + 1 && (*end == '\0' || strcmp(end, "\"") == 0);
    OCT_REQUIRE(log, whole || *rest == 'n', OCTET_INVALID_ARGUMENT,
                "problem '%s': '%s' must end in a repeat count", text, rest);
    if (whole && count > 0)
        *repeat = (size_t)count;
cleanup:
    return status;
}

octet_status oct_problem_parse(const oct_log *log, const char *text,
                               const oct_problem_settings *settings, oct_problem *out)
{
    octet_status status = OCTET_OK;
    oct_problem problem = {.settings = *settings};
    const char *rest = text;
    if (*text >= '0' && *text <= '9') {
        problem.kind = OCT_PROBLEM_GEMM;
        OCT_TRY(oct_problem_parse_gemm(log, text, &problem.gemm, &rest));
    } else {
        problem.kind = OCT_PROBLEM_CONV2D;
        OCT_TRY(oct_problem_parse_conv2d(log, text, &problem.conv2d, &rest));
        if (settings->images > 0)
            problem.conv2d.images = settings->images;
    }
    OCT_TRY(read_name(log, text, rest, &problem.repeat));
    snprintf(problem.text, sizeof problem.text, "%s", text);
    OCT_TRY(oct_problem_check(log, &problem));
    *out = problem;
cleanup:
    return status;
}

/* ---- Checking ---- */

static octet_status check_zero(const oct_log *log, const char *name, octet_type type, int32_t zero)
{
    octet_status status = OCTET_OK;
    const oct_type_info *const info = oct_type(type);
    OCT_REQUIRE(log, !oct_type_is_byte(type) || (zero >= info->low && zero <= info->high),
                OCTET_INVALID_ARGUMENT, "--zero-points: %s is %d; %s takes %d to %d", name, zero,
                info->name, info->low, info->high);
cleanup:
    return status;
}

static octet_status check_conv2d(const oct_log *log, const oct_problem *problem)
{
    octet_status status = OCTET_OK;
    const oct_conv2d_shape *const shape = &problem->conv2d;
    OCT_REQUIRE(log,
                shape->channels % shape->groups == 0 && shape->out_channels % shape->groups == 0,
                OCTET_INVALID_ARGUMENT, "problem '%s': %zu groups do not divide ic %zu and oc %zu",
                problem->text, shape->groups, shape->channels, shape->out_channels);
cleanup:
    return status;
}

/* The bound for the zero points asked for; those drawn per channel or row may lower it by little,
 * which the library sees. */
static octet_status check_k(const oct_log *log, const oct_problem *problem)
{
    octet_status status = OCTET_OK;
    const oct_problem_settings *const s = &problem->settings;
    const size_t k = oct_problem_k(problem);
    const size_t largest = oct_largest_k(s->input_type, s->input_zero, s->input_zero,
                                         s->weight_type, s->weight_zero, s->weight_zero);
    OCT_REQUIRE(log, k <= largest, OCTET_INVALID_ARGUMENT,
                "problem '%s': k is %zu; for these types and zero points it must be at most %zu, "
                "so that sums fit in int32",
                problem->text, k, largest);
cleanup:
    return status;
}

octet_status oct_problem_check(const oct_log *log, const oct_problem *problem)
{
    octet_status status = OCTET_OK;
    const oct_problem_settings *const s = &problem->settings;
    const oct_type_info *const output = oct_type(s->output_type);
    OCT_TRY(check_zero(log, "the input's", s->input_type, s->input_zero));
    OCT_TRY(check_zero(log, "the weights'", s->weight_type, s->weight_zero));
    OCT_TRY(check_zero(log, "the output's", s->output_type, s->output_zero));
    OCT_REQUIRE(log,
                !s->clamp || !oct_type_is_byte(s->output_type) ||
                    (output->low <= s->clamp_min && s->clamp_min <= s->clamp_max &&
                     s->clamp_max <= output->high),
                OCTET_INVALID_ARGUMENT,
                "--clamp is %d:%d; it must rise and lie within %s's %d to %d", s->clamp_min,
                s->clamp_max, output->name, output->low, output->high);
    OCT_REQUIRE(log, !s->relu || s->output_type != OCTET_S32, OCTET_INVALID_ARGUMENT,
                "--relu needs an output of type s8, u8 or f32; s32 holds plain accumulators");
    OCT_REQUIRE(log, !s->table || oct_type_is_byte(s->output_type), OCTET_INVALID_ARGUMENT,
                "--table needs an output of type s8 or u8, not %s", output->name);
    if (problem->kind == OCT_PROBLEM_CONV2D)
        OCT_TRY(check_conv2d(log, problem));
    OCT_TRY(check_k(log, problem));
cleanup:
    return status;
}

/* ---- Facts ---- */

size_t oct_problem_k(const oct_problem *problem)
{
    const oct_conv2d_shape *const shape = &problem->conv2d;
    if (problem->kind == OCT_PROBLEM_GEMM)
        return problem->gemm.k;
    return shape->channels / shape->groups * shape->kernel[0] * shape->kernel[1];
}

size_t oct_problem_columns(const oct_problem *problem)
{
    return problem->kind == OCT_PROBLEM_GEMM ? problem->gemm.n : problem->conv2d.out_channels;
}

double oct_problem_operations(const oct_problem *problem)
{
    const oct_gemm_shape *const gemm = &problem->gemm;
    const oct_conv2d_shape *const conv2d = &problem->conv2d;
    const double sums =
        problem->kind == OCT_PROBLEM_GEMM
            ? (double)(gemm->a_batch != 1 ? gemm->a_batch : gemm->b_batch) * (double)gemm->m
            : (double)conv2d->images * (double)conv2d->out[0] * (double)conv2d->out[1];
    return 2.0 * sums * (double)oct_problem_columns(problem) * (double)oct_problem_k(problem);
}

const char *oct_problem_line(const oct_problem *problem, char line[OCT_PROBLEM_TEXT])
{
    const size_t length = oct_problem_write_settings(&problem->settings, line);
    if (problem->kind == OCT_PROBLEM_GEMM)
        oct_problem_write_gemm(&problem->gemm, line, length);
    else
        oct_problem_write_conv2d(&problem->conv2d, line, length);
    return line;
}
