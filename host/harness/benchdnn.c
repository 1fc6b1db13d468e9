/* benchdnn.c - see benchdnn.h. */
#include "harness/benchdnn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/shape.h"
#include "harness/problem_options.h"

/* --dt=u8:s8:u8,s8:s8:f32: every problem that follows is meant once for each. */
static void apply_types(oct_problem_list *list, const char *value)
{
    list->type_count = 0;
    while (*value != '\0') {
        const size_t length = strcspn(value, ",");
        char text[32];
        snprintf(text, sizeof text, "%.*s", (int)(length < 31 ? length : 31), value);
        if (list->type_count < OCT_LIST_TYPES &&
            oct_problem_read_types(text, &list->types[list->type_count]))
            list->type_count++;
        value += length + (value[length] == ',');
    }
    list->no_types = list->type_count == 0;
}

static void apply_images(oct_problem_list *list, const char *value)
{
    list->settings.images = (size_t)strtoul(value, NULL, 10);
}

/* Of the forward directions only FWD_B has a bias. */
static void apply_direction(oct_problem_list *list, const char *value)
{
    list->settings.bias = strcmp(value, "FWD_B") == 0;
}

static void apply_bias_type(oct_problem_list *list, const char *value)
{
    list->settings.bias = strncmp(value, "undef", 5) != 0;
}

/* "src:common:5+wei:common:3:s8+dst:per_dim_1": the common ones, of the first of several choices.
 */
static void apply_zero_points(oct_problem_list *list, const char *value)
{
    oct_problem_settings *const s = &list->settings;
    const struct {
        const char *prefix;
        int32_t *zero;
    } places[] = {{"src:common:", &s->input_zero},
                  {"wei:common:", &s->weight_zero},
                  {"dst:common:", &s->output_zero}};
    const char *const end = value + strcspn(value, ",");
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        const char *const found = strstr(value, places[i].prefix);
        *places[i].zero = found != NULL && found < end
                              ? (int32_t)strtol(found + strlen(places[i].prefix), NULL, 10)
                              : 0;
    }
}

static void apply_post_ops(oct_problem_list *list, const char *value)
{
    list->settings.relu = strcmp(value, "relu") == 0;
}

/* Options without a function are known and mean nothing here: where data lies in memory, which
 * implementation is wanted, how results are printed. */
static const struct {
    const char *name;
    void (*apply)(oct_problem_list *list, const char *value);
} options[] = {
    {"dt", apply_types},
    {"mb", apply_images},
    {"dir", apply_direction},
    {"bia-dt", apply_bias_type},
    {"bia_dt", apply_bias_type},
    {"attr-zero-points", apply_zero_points},
    {"attr-post-ops", apply_post_ops},
    {"cfg", NULL},
    {"alg", NULL},
    {"stag", NULL},
    {"wtag", NULL},
    {"dtag", NULL},
    {"strides", NULL},
    {"match", NULL},
    {"mode", NULL},
    {"impl", NULL},
    {"skip-impl", NULL},
    {"bia_mask", NULL},
    {"bia-mask", NULL},
    {"runtime_dims_masks", NULL},
    {"ctx-init", NULL},
    {"ctx-exe", NULL},
    {"inplace", NULL},
    {"encoding", NULL},
    {"perf-template", NULL},
    {"fix-times-per-prb", NULL},
    {"attr-scales", NULL},
    {"attr-oscale", NULL},
    {"attr-fpmath", NULL},
    {"attr-scratchpad", NULL},
    {"attr-acc-mode", NULL},
    {"attr-dropout", NULL},
    {"attr-deterministic", NULL},
    {"attr-rounding-mode", NULL},
    {"attr-precomputed-reductions", NULL},
};

bool oct_benchdnn_apply(oct_problem_list *list, const char *name, const char *value, bool *ignored)
{
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        if (strcmp(options[i].name, name) != 0)
            continue;
        *ignored = options[i].apply == NULL;
        if (options[i].apply != NULL)
            options[i].apply(list, value);
        return true;
    }
    return false;
}
