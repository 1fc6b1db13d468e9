/* problem_options.c - see problem_options.h. */
#include "harness/problem_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/shape.h"

static const char *const rounding_names[] = {
    [OCTET_ROUND_FLOAT32] = "float32",
    [OCTET_ROUND_FLOAT32_RECIPROCAL] = "float32-reciprocal",
    [OCTET_ROUND_FIXED_DOUBLE] = "fixed-double",
    [OCTET_ROUND_FIXED_SINGLE] = "fixed-single",
};
const char *oct_rounding_name(size_t rounding)
{
    return rounding < sizeof rounding_names / sizeof rounding_names[0] ? rounding_names[rounding]
                                                                       : NULL;
}

static const char *const layout_names[] = {[OCTET_NHWC] = "nhwc", [OCTET_NCHW] = "nchw"};

static octet_status refuse(const oct_log *log, const oct_problem_option *option, const char *value)
{
    return oct_report(log, OCTET_INVALID_ARGUMENT, "--%s is '%s'; it must be %s", option->name,
                      value, option->argument);
}

/* ---- Values ---- */

/* Up to "most" whole numbers separated by ":". Returns how many, 0 when anything else is there. */
static size_t read_numbers(const char *text, size_t most, int32_t *numbers)
{
    size_t count = 0;
    for (;;) {
        char *end;
        const long long value = strtoll(text, &end, 10);
        if (end == text || count == most || value < INT32_MIN || value > INT32_MAX)
            return 0;
        numbers[count++] = (int32_t)value;
        if (*end == '\0')
            return count;
        if (*end != ':')
            return 0;
        text = end + 1;
    }
}

static bool read_type(const char *text, size_t length, octet_type *type)
{
    for (int i = OCTET_S8; i <= OCTET_F32; i++) {
        const char *const name = oct_type((octet_type)i)->name;
        if (strlen(name) == length && strncmp(name, text, length) == 0) {
            *type = (octet_type)i;
            return true;
        }
    }
    return false;
}

bool oct_problem_read_types(const char *text, oct_problem_settings *settings)
{
    octet_type types[3];
    for (size_t i = 0; i < 3; i++) {
        const size_t length = strcspn(text, ":");
        if (!read_type(text, length, &types[i]) || (i < 2) != (text[length] == ':'))
            return false;
        text += length + 1;
    }
    if (!oct_type_is_byte(types[0]) || !oct_type_is_byte(types[1]))
        return false;
    settings->input_type = types[0];
    settings->weight_type = types[1];
    settings->output_type = types[2];
    return true;
}

/* ---- Options ---- */

/* Says which of three types is none that it may be; a wrong number of them is refused as a whole. */
static octet_status refuse_types(const oct_log *log, const oct_problem_option *option,
                                 const char *value)
{
    static const char *const parts[] = {"input", "weights", "output"};
    const char *at = value;
    for (size_t i = 0; i < 3; i++) {
        const size_t length = strcspn(at, ":");
        octet_type type;
        if (!read_type(at, length, &type) || (i < 2 && !oct_type_is_byte(type)))
            return oct_report(log, OCTET_INVALID_ARGUMENT,
                              "--type is '%s': its %s, '%.*s', must be %s", value, parts[i],
                              (int)length, at, i < 2 ? "u8 or s8" : "u8, s8, s32 or f32");
        at += length;
        if ((i < 2) != (*at == ':'))
            break;
        at += i < 2;
    }
    return refuse(log, option, value);
}

static octet_status apply_types(const oct_log *log, const oct_problem_option *option,
                                const char *value, oct_problem_settings *settings)
{
    return oct_problem_read_types(value, settings) ? OCTET_OK : refuse_types(log, option, value);
}

static octet_status apply_zero_points(const oct_log *log, const oct_problem_option *option,
                                      const char *value, oct_problem_settings *settings)
{
    int32_t zeros[3];
    if (read_numbers(value, 3, zeros) != 3)
        return refuse(log, option, value);
    settings->input_zero = zeros[0];
    settings->weight_zero = zeros[1];
    settings->output_zero = zeros[2];
    return OCTET_OK;
}

static octet_status apply_clamp(const oct_log *log, const oct_problem_option *option,
                                const char *value, oct_problem_settings *settings)
{
    int32_t bounds[2];
    if (read_numbers(value, 2, bounds) != 2)
        return refuse(log, option, value);
    settings->clamp = true;
    settings->clamp_min = bounds[0];
    settings->clamp_max = bounds[1];
    return OCTET_OK;
}

static octet_status apply_rounding(const oct_log *log, const oct_problem_option *option,
                                   const char *value, oct_problem_settings *settings)
{
    for (int i = OCTET_ROUND_FLOAT32; i <= OCTET_ROUND_FIXED_SINGLE; i++) {
        if (strcmp(rounding_names[i], value) == 0) {
            settings->rounding = (octet_rounding)i;
            return OCTET_OK;
        }
    }
    return refuse(log, option, value);
}

static octet_status apply_layout(const oct_log *log, const oct_problem_option *option,
                                 const char *value, oct_problem_settings *settings)
{
    for (int i = OCTET_NHWC; i <= OCTET_NCHW; i++) {
        if (strcmp(layout_names[i], value) == 0) {
            settings->layout = (octet_layout)i;
            return OCTET_OK;
        }
    }
    return refuse(log, option, value);
}

static octet_status apply_images(const oct_log *log, const oct_problem_option *option,
                                 const char *value, oct_problem_settings *settings)
{
    int32_t images;
    if (read_numbers(value, 1, &images) != 1 || images < 0)
        return refuse(log, option, value);
    settings->images = (size_t)images;
    return OCTET_OK;
}

static octet_status apply_flag(const oct_log *log, const oct_problem_option *option,
                               const char *value, oct_problem_settings *settings)
{
    (void)log;
    (void)value;
    *(bool *)((char *)settings + option->offset) = true;
    return OCTET_OK;
}

static octet_status apply_reset(const oct_log *log, const oct_problem_option *option,
                                const char *value, oct_problem_settings *settings)
{
    (void)log;
    (void)option;
    (void)value;
    *settings = oct_problem_defaults;
    return OCTET_OK;
}

#define FIELD(name) offsetof(oct_problem_settings, name)
const oct_problem_option oct_problem_options[] = {
    {"type", "IN:W:OUT", apply_types, "u8 or s8 twice; u8, s8, s32 or f32 (u8:s8:s8)", 0},
    {"zero-points", "X:W:Y", apply_zero_points, "of input, weights, output (0:0:0)", 0},
    {"per-channel", NULL, apply_flag, "weight parameters per output channel", FIELD(per_channel)},
    {"per-row", NULL, apply_flag, "gemm: parameters per row of A", FIELD(per_row)},
    {"bias", NULL, apply_flag, "with a bias", FIELD(bias)},
    {"relu", NULL, apply_flag, "nothing below real zero (not with s32)", FIELD(relu)},
    {"table", NULL, apply_flag, "a table of random bytes follows (u8, s8)", FIELD(table)},
    {"clamp", "LOW:HIGH", apply_clamp, "bounds of stored values (u8, s8)", 0},
    {"rounding", "RULE", apply_rounding,
     "float32, float32-reciprocal, fixed-double or fixed-single\n"
     "                            (float32)",
     0},
    {"layout", "LAYOUT", apply_layout, "conv2d: nhwc or nchw (nhwc)", 0},
    {"transpose-a", NULL, apply_flag, "gemm: A is stored as (K,M)", FIELD(transpose_a)},
    {"transpose-b", NULL, apply_flag, "gemm: B is stored as (N,K)", FIELD(transpose_b)},
    {"mb", "N", apply_images, "conv2d: images, instead of what problems say", 0},
    {"reset", NULL, apply_reset, "all of these back to their defaults", 0},
};
const size_t oct_problem_option_count = sizeof oct_problem_options / sizeof oct_problem_options[0];

const oct_problem_option *oct_problem_option_find(const char *name)
{
    for (size_t i = 0; i < oct_problem_option_count; i++) {
        if (strcmp(oct_problem_options[i].name, name) == 0)
            return &oct_problem_options[i];
    }
    return NULL;
}

/* ---- Writing ---- */

static size_t write_flags(const oct_problem_settings *settings, char *line, size_t length)
{
    for (size_t i = 0; i < oct_problem_option_count; i++) {
        const oct_problem_option *const option = &oct_problem_options[i];
        if (option->apply == apply_flag && *(const bool *)((const char *)settings + option->offset))
            length +=
                (size_t)snprintf(line + length, OCT_PROBLEM_TEXT - length, "--%s ", option->name);
    }
    return length;
}

size_t oct_problem_write_settings(const oct_problem_settings *s, char line[OCT_PROBLEM_TEXT])
{
    size_t length =
        (size_t)snprintf(line, OCT_PROBLEM_TEXT, "--type %s:%s:%s ", oct_type(s->input_type)->name,
                         oct_type(s->weight_type)->name, oct_type(s->output_type)->name);
    if (s->input_zero != 0 || s->weight_zero != 0 || s->output_zero != 0)
        length +=
            (size_t)snprintf(line + length, OCT_PROBLEM_TEXT - length, "--zero-points %d:%d:%d ",
                             s->input_zero, s->weight_zero, s->output_zero);
    length = write_flags(s, line, length);
    if (s->clamp)
        length += (size_t)snprintf(line + length, OCT_PROBLEM_TEXT - length, "--clamp %d:%d ",
                                   s->clamp_min, s->clamp_max);
    if (s->rounding != OCTET_ROUND_FLOAT32)
        length += (size_t)snprintf(line + length, OCT_PROBLEM_TEXT - length, "--rounding %s ",
                                   rounding_names[s->rounding]);
    if (s->layout != OCTET_NHWC)
        length += (size_t)snprintf(line + length, OCT_PROBLEM_TEXT - length, "--layout %s ",
                                   layout_names[s->layout]);
    return length;
}

const char *oct_problem_options_text(const oct_problem *problem, char text[OCT_PROBLEM_TEXT])
{
    const size_t length = oct_problem_write_settings(&problem->settings, text);
    if (length > 0)
        text[length - 1] = '\0';
    return text;
}
