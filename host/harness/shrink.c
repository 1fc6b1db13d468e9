/* shrink.c - see shrink.h. Each change is tried by itself; one that still fails is kept, and the
 * changes are tried again from the first, until none is left that fails. */
#include "harness/shrink.h"

#include <string.h>

#include "core/clock.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* ---- Sizes ---- */

/* A size and the least it may be. Groups take their channels along, see scale_groups. */
typedef struct size_field {
    size_t offset, least;
} size_field;

#define GEMM(field)                                                                                \
    {                                                                                              \
        offsetof(oct_problem, gemm.field), 1                                                       \
    }
static const size_field gemm_sizes[] = {GEMM(m), GEMM(n), GEMM(k)};

#define CONV(field, least)                                                                         \
    {                                                                                              \
        offsetof(oct_problem, conv2d.field), least                                                 \
    }
static const size_field conv2d_sizes[] = {
    CONV(images, 1),      CONV(in[0], 1),      CONV(in[1], 1),      CONV(kernel[0], 1),
    CONV(kernel[1], 1),   CONV(stride[0], 1),  CONV(stride[1], 1),  CONV(dilation[0], 1),
    CONV(dilation[1], 1), CONV(padding[0], 0), CONV(padding[1], 0), CONV(padding[2], 0),
    CONV(padding[3], 0),
};

enum { STEPS = 3 }; /* to the least, by half, by one */

static size_t smaller(size_t value, size_t least, size_t step)
{
    if (value <= least)
        return value;
    if (step == 0)
        return least;
    const size_t next = step == 1 ? value / 2 : value - 1;
    return next > least ? next : least;
}

static size_t size_at(const oct_problem *problem, const size_field *field)
{
    return *(const size_t *)((const char *)problem + field->offset);
}

/* False when the size is at its least already. */
static bool cut_size(oct_problem *problem, const size_field *field, size_t step)
{
    size_t *const value = (size_t *)((char *)problem + field->offset);
    const size_t before = *value;
    *value = smaller(before, field->least, step);
    return *value != before;
}

static bool cut_batch(oct_problem *problem, size_t step)
{
    oct_gemm_shape *const shape = &problem->gemm;
    const size_t batch = shape->a_batch > shape->b_batch ? shape->a_batch : shape->b_batch;
    const size_t next = smaller(batch, 1, step);
    shape->a_batch = shape->a_batch == 1 ? 1 : next;
    shape->b_batch = shape->b_batch == 1 ? 1 : next;
    return next != batch;
}

/* which: 0 groups, 1 channels per group, 2 output channels per group. */
static bool cut_channels(oct_problem *problem, size_t which, size_t step)
{
    oct_conv2d_shape *const shape = &problem->conv2d;
    size_t parts[] = {shape->groups, shape->channels / shape->groups,
                      shape->out_channels / shape->groups};
    const size_t before = parts[which];
    parts[which] = smaller(before, 1, step);
    shape->groups = parts[0];
    shape->channels = parts[0] * parts[1];
    shape->out_channels = parts[0] * parts[2];
    return parts[which] != before;
}

/* ---- Settings ---- */

/* What goes back to its default, one at a time. */
typedef struct setting_field {
    size_t offset, size;
} setting_field;

#define SETTING(field)                                                                             \
    {                                                                                              \
        offsetof(oct_problem_settings, field), sizeof oct_problem_defaults.field                   \
    }
static const setting_field droppable[] = {
    SETTING(bias),        SETTING(relu),     SETTING(clamp),       SETTING(table),
    SETTING(per_channel), SETTING(per_row),  SETTING(transpose_a), SETTING(transpose_b),
    SETTING(layout),      SETTING(rounding), SETTING(input_zero),  SETTING(weight_zero),
    SETTING(output_zero),
};

/* False when the setting has its default already. */
static bool drop_setting(oct_problem *problem, const setting_field *field)
{
    char *const value = (char *)&problem->settings + field->offset;
    const char *const otherwise = (const char *)&oct_problem_defaults + field->offset;
    if (memcmp(value, otherwise, field->size) == 0)
        return false;
    memcpy(value, otherwise, field->size);
    return true;
}

/* ---- Search ---- */

/* Change number "index"; false when it changes nothing or makes no problem. */
static bool change(oct_problem *problem, size_t index)
{
    if (index < COUNT(droppable))
        return drop_setting(problem, &droppable[index]);
    index -= COUNT(droppable);
    const size_t step = index % STEPS, field = index / STEPS;
    if (problem->kind == OCT_PROBLEM_GEMM)
        return field < COUNT(gemm_sizes) ? cut_size(problem, &gemm_sizes[field], step)
                                         : cut_batch(problem, step);
    if (field < COUNT(conv2d_sizes))
        return size_at(problem, &conv2d_sizes[field]) > 0 &&
               cut_size(problem, &conv2d_sizes[field], step) &&
               oct_problem_settle_conv2d(&problem->conv2d);
    return cut_channels(problem, field - COUNT(conv2d_sizes), step);
}

static size_t change_count(const oct_problem *problem)
{
    const size_t fields =
        problem->kind == OCT_PROBLEM_GEMM ? COUNT(gemm_sizes) + 1 : COUNT(conv2d_sizes) + 3;
    return COUNT(droppable) + STEPS * fields;
}

void oct_problem_shrink(oct_problem *problem, oct_fails_fn fails, void *state, double seconds)
{
    const double deadline = oct_now() + seconds;
    bool changed = true;
    while (changed && oct_now() < deadline) {
        changed = false;
        for (size_t i = 0; i < change_count(problem) && oct_now() < deadline; i++) {
            oct_problem candidate = *problem;
            if (!change(&candidate, i))
                continue;
            char line[OCT_PROBLEM_TEXT];
            memcpy(candidate.text, oct_problem_line(&candidate, line), sizeof line);
            if (!fails(state, &candidate))
                continue;
            *problem = candidate;
            changed = true;
        }
    }
}
