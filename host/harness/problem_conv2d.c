/* problem_conv2d.c - "mb8_ic64ih56_oc64oh56_kh3ph1" and what may be left out of it (problem.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "harness/problem.h"

/* What is written about one spatial dimension; ABSENT where nothing is. */
enum { ABSENT = -1, DEPTH = 0, HEIGHT = 1, WIDTH = 2, DIMENSIONS = 3 };
typedef struct spatial {
    int64_t in, out, kernel, stride, padding, dilation;
} spatial;

typedef struct description {
    int64_t groups, images, channels, out_channels;
    spatial at[DIMENSIONS];
} description;

/* ---- Letters ---- */

typedef struct letter_pair {
    const char *name;
    size_t offset; /* in description */
} letter_pair;

#define PLAIN(field) offsetof(description, field)
#define AT(dimension, field) (offsetof(description, at[dimension]) + offsetof(spatial, field))
static const letter_pair pairs[] = {
    {"mb", PLAIN(images)},       {"ic", PLAIN(channels)},      {"oc", PLAIN(out_channels)},
    {"id", AT(DEPTH, in)},       {"ih", AT(HEIGHT, in)},       {"iw", AT(WIDTH, in)},
    {"od", AT(DEPTH, out)},      {"oh", AT(HEIGHT, out)},      {"ow", AT(WIDTH, out)},
    {"kd", AT(DEPTH, kernel)},   {"kh", AT(HEIGHT, kernel)},   {"kw", AT(WIDTH, kernel)},
    {"sd", AT(DEPTH, stride)},   {"sh", AT(HEIGHT, stride)},   {"sw", AT(WIDTH, stride)},
    {"pd", AT(DEPTH, padding)},  {"ph", AT(HEIGHT, padding)},  {"pw", AT(WIDTH, padding)},
    {"dd", AT(DEPTH, dilation)}, {"dh", AT(HEIGHT, dilation)}, {"dw", AT(WIDTH, dilation)},
    {"g", PLAIN(groups)},
};

/* Takes one "name123" at *at. False at anything else, or at a number that is too large. */
static bool take_pair(const char **at, description *found, bool *large)
{
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        const size_t length = strlen(pairs[i].name);
        char *end;
        if (strncmp(*at, pairs[i].name, length) != 0)
            continue;
        const char *const digits = *at + length;
        if (*digits < '0' || *digits > '9')
            return false;
        const long long value = strtoll(digits, &end, 10);
        *large = value > INT32_MAX;
        if (*large)
            return false;
        *(int64_t *)((char *)found + pairs[i].offset) = value;
        *at = end;
        return true;
    }
    return false;
}

static octet_status read_pairs(const oct_log *log, const char *text, description *found,
                               const char **rest)
{
    const char *at = text;
    bool large = false;
    while (*at != '\0' && *at != 'n' && *at != '*') {
        if (*at == '_')
            at++;
        else if (take_pair(&at, found, &large))
            continue;
        else if (large)
            return oct_report(log, OCTET_INVALID_ARGUMENT,
                              "problem '%s': a size is too large (at '%s'); they may be at most %d",
                              text, at, INT32_MAX);
        else
            return oct_report(log, OCTET_INVALID_ARGUMENT,
                              "problem '%s' is neither MxK:KxN nor a convolution such as "
                              "mb1ic64ih56oc64oh56kh3ph1%s%s%s",
                              text, *at != '\0' ? " (at '" : "", at, *at != '\0' ? "')" : "");
    }
    *rest = at;
    return OCTET_OK;
}

/* ---- What was left out ---- */

static bool is_absent(const spatial *s)
{
    return s->in <= 0 && s->out <= 0 && s->kernel <= 0 && s->dilation <= 0 && s->padding <= 0 &&
           (s->stride == ABSENT || s->stride == 1);
}

/* A third dimension of size 1 that nothing moves along. */
static bool is_flat(const spatial *s)
{
    return is_absent(s) || (s->in == 1 && s->kernel == 1 && s->out <= 1 && s->padding <= 0);
}

static int64_t or_default(int64_t value, int64_t otherwise)
{
    return value == ABSENT ? otherwise : value;
}

/* Rows that a window covers; the dilation still counts from 0. */
static int64_t extent(const spatial *s)
{
    return (s->kernel - 1) * (s->dilation + 1) + 1;
}

/* The output from the padding, or the padding (equal on both sides, rounded down) from the output.
 */
static bool complete(spatial *s)
{
    s->stride = or_default(s->stride, 1);
    s->dilation = or_default(s->dilation, 0);
    if (s->in <= 0 || s->kernel <= 0 || s->stride <= 0)
        return false;
    if (s->out <= 0) {
        s->padding = or_default(s->padding, 0);
        const int64_t span = s->in - extent(s) + 2 * s->padding;
        s->out = span >= 0 ? span / s->stride + 1 : 0;
    } else if (s->padding == ABSENT) {
        s->padding = ((s->out - 1) * s->stride - s->in + extent(s)) / 2;
        s->padding = s->padding > 0 ? s->padding : 0;
    }
    return s->out > 0;
}

/* Into the shape's axis (0: height, 1: width). Padding behind is what the output needs; rows that
 * no window reaches are left out of the input. */
static void set_axis(const spatial *s, size_t axis, oct_conv2d_shape *shape)
{
    const int64_t behind = (s->out - 1) * s->stride + extent(s) - s->in - s->padding;
    shape->in[axis] = (size_t)(behind <= -s->stride ? s->in + behind : s->in);
    shape->out[axis] = (size_t)s->out;
    shape->kernel[axis] = (size_t)s->kernel;
    shape->stride[axis] = (size_t)s->stride;
    shape->dilation[axis] = (size_t)s->dilation + 1;
    shape->padding[axis] = (size_t)s->padding;
    shape->padding[axis + 2] = (size_t)(behind > 0 ? behind : 0);
}

static octet_status set_axes(const oct_log *log, const char *text, description *found,
                             oct_conv2d_shape *shape)
{
    static const spatial flat = {.in = 1, .out = 1, .kernel = 1, .stride = 1};
    octet_status status = OCTET_OK;
    spatial *const height = &found->at[HEIGHT], *const width = &found->at[WIDTH];
    OCT_REQUIRE(log, is_flat(&found->at[DEPTH]), OCTET_UNSUPPORTED,
                "problem '%s' has a depth; octet convolves in two dimensions", text);
    OCT_REQUIRE(log, !is_absent(height) || !is_absent(width), OCTET_INVALID_ARGUMENT,
                "problem '%s' lacks ih and kh", text);
    if (is_absent(height))
        *height = flat;
    OCT_REQUIRE(log, complete(height), OCTET_INVALID_ARGUMENT,
                "problem '%s': ih and kh must be given, and a window must fit", text);
    if (is_absent(width))
        *width = *height;
    OCT_REQUIRE(log, complete(width), OCTET_INVALID_ARGUMENT,
                "problem '%s': iw and kw must be given, and a window must fit", text);
    set_axis(height, 0, shape);
    set_axis(width, 1, shape);
cleanup:
    return status;
}

octet_status oct_problem_parse_conv2d(const oct_log *log, const char *text, oct_conv2d_shape *shape,
                                      const char **rest)
{
    octet_status status = OCTET_OK;
    static const spatial nothing = {ABSENT, ABSENT, ABSENT, ABSENT, ABSENT, ABSENT};
    description found = {1, 2, 0, 0, {nothing, nothing, nothing}};
    OCT_TRY(read_pairs(log, text, &found, rest));
    OCT_REQUIRE(log, found.channels > 0 && found.out_channels > 0 && found.groups > 0,
                OCTET_INVALID_ARGUMENT, "problem '%s': ic, oc and g must be at least 1", text);
    OCT_TRY(set_axes(log, text, &found, shape));
    shape->images = (size_t)found.images;
    shape->groups = (size_t)found.groups;
    shape->channels = (size_t)found.channels;
    shape->out_channels = (size_t)found.out_channels;
cleanup:
    return status;
}

bool oct_problem_settle_conv2d(oct_conv2d_shape *shape)
{
    for (size_t axis = 0; axis < 2; axis++) {
        const size_t window = (shape->kernel[axis] - 1) * shape->dilation[axis] + 1;
        const size_t front = shape->in[axis] + shape->padding[axis];
        const size_t padded = front + shape->padding[axis + 2];
        if (padded < window)
            return false;
        shape->out[axis] = (padded - window) / shape->stride[axis] + 1;
        const size_t reach = (shape->out[axis] - 1) * shape->stride[axis] + window;
        shape->padding[axis + 2] = reach > front ? reach - front : 0;
    }
    return true;
}

/* ---- Writing ---- */

void oct_problem_write_conv2d(const oct_conv2d_shape *shape, char line[OCT_PROBLEM_TEXT],
                              size_t length)
{
    char groups[32] = "";
    if (shape->groups != 1)
        snprintf(groups, sizeof groups, "g%zu", shape->groups);
    length += (size_t)snprintf(line + length, OCT_PROBLEM_TEXT - length, "%smb%zuic%zuoc%zu",
                               groups, shape->images, shape->channels, shape->out_channels);
    for (size_t axis = 0; axis < 2; axis++) {
        const char letter = "hw"[axis];
        length += (size_t)snprintf(
            line + length, OCT_PROBLEM_TEXT - length, "_i%c%zuo%c%zuk%c%zus%c%zud%c%zup%c%zu",
            letter, shape->in[axis], letter, shape->out[axis], letter, shape->kernel[axis], letter,
            shape->stride[axis], letter, shape->dilation[axis] - 1, letter, shape->padding[axis]);
    }
}
