/* compare.c - octet compare: do two arrays hold the same bits? */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/difference.h"
#include "cli/json.h"
#include "cli/npy.h"
#include "cli/options.h"

enum { MOST_BINS = 1000 }; /* of the histogram; the rest is counted as "other" */

typedef struct compare_options {
    bool json;
} compare_options;

static const oct_option rows[] = {
    {"json", NULL, oct_parse_flag, offsetof(compare_options, json),
     .help = "one JSON object on standard output, with a histogram"},
};

static const oct_usage usage = {
    .command = "compare",
    .purpose =
        "Compares two arrays bit by bit. Exit status 0: equal, 3: different. Of float64 and\n"
        "float32, or int64 and int32, the wider is converted first, and a note says so.",
    .arguments = "EXPECTED.npy ACTUAL.npy",
    .least = 2,
    .most = 2,
    .example = "  octet compare expected.npy actual.npy --json",
};

static octet_status check_alike(const oct_array *expected, const oct_array *actual)
{
    octet_status status = OCTET_OK;
    char a[OCT_SHAPE_TEXT], b[OCT_SHAPE_TEXT];
    OCT_REQUIRE(oct_cli_log, expected->type == actual->type, OCTET_INVALID_ARGUMENT,
                "compare: '%s' holds %s and '%s' holds %s; the types must be the same",
                expected->path, oct_type(expected->type)->name, actual->path,
                oct_type(actual->type)->name);
    OCT_REQUIRE(
        oct_cli_log, oct_shape_equal(&expected->shape, &actual->shape), OCTET_INVALID_ARGUMENT,
        "compare: '%s' is %s and '%s' is %s; the shapes must be the same", expected->path,
        oct_shape_text(&expected->shape, a), actual->path, oct_shape_text(&actual->shape, b));
cleanup:
    return status;
}

/* Nobody should take it for equality of the bits in the file. */
static octet_status narrow(const char *role, oct_array *array)
{
    if (array->wide)
        oct_cli_note("compare: '%s' holds %s, read as %s", array->path,
                     array->type == OCTET_F32 ? "float64" : "int64",
                     array->type == OCTET_F32 ? "float32" : "int32");
    return oct_array_narrow(role, array);
}

/* Two files of <f8 or two of <i8 are compared as they are; beside another one is converted. */
static octet_status read_both(const char *const *paths, oct_array *expected, oct_array *actual)
{
    octet_status status = OCTET_OK;
    OCT_TRY(oct_npy_read_wide("expected", paths[0], OCT_ACCEPT_ANY, expected));
    OCT_TRY(oct_npy_read_wide("actual", paths[1], OCT_ACCEPT_ANY, actual));
    if (expected->wide && actual->wide && expected->type == actual->type)
        return OCTET_OK;
    OCT_TRY(narrow("expected", expected));
    OCT_TRY(narrow("actual", actual));
cleanup:
    return status;
}

/* ---- Elements ---- */

static size_t element_size(const oct_array *array)
{
    return oct_type(array->type)->size * (array->wide ? 2 : 1);
}

static double value_at(const oct_array *array, size_t i)
{
    switch (array->type) {
    case OCTET_S8:
        return ((const int8_t *)array->data)[i];
    case OCTET_U8:
        return ((const uint8_t *)array->data)[i];
    case OCTET_S32:
        return array->wide ? (double)((const int64_t *)array->data)[i]
                           : ((const int32_t *)array->data)[i];
    default:
        return array->wide ? ((const double *)array->data)[i]
                           : (double)((const float *)array->data)[i];
    }
}

/* actual - expected; of 64-bit integers before they are rounded to double. */
static double difference_at(const oct_array *expected, const oct_array *actual, size_t i)
{
    if (actual->wide && actual->type == OCTET_S32) {
        const int64_t a = ((const int64_t *)actual->data)[i];
        const int64_t e = ((const int64_t *)expected->data)[i];
        return a > e ? (double)((uint64_t)a - (uint64_t)e) : -(double)((uint64_t)e - (uint64_t)a);
    }
    return value_at(actual, i) - value_at(expected, i) + 0.0; /* no -0 */
}

static bool differ_at(const oct_array *expected, const oct_array *actual, size_t i)
{
    const size_t size = element_size(expected);
    return memcmp((const char *)expected->data + i * size, (const char *)actual->data + i * size,
                  size) != 0;
}

static void compare(const oct_array *expected, const oct_array *actual, octet_comparison *found)
{
    found->count = expected->count;
    for (size_t i = 0; i < expected->count; i++) {
        if (!differ_at(expected, actual, i))
            continue;
        if (found->mismatches++ == 0) {
            found->first = i;
            found->expected = value_at(expected, i);
            found->actual = value_at(actual, i);
        }
        const double difference = fabs(difference_at(expected, actual, i));
        if (difference > found->max_difference)
            found->max_difference = difference;
    }
}

/* ---- Histogram of actual - expected over the elements that differ ---- */

/* Numbers in order, then whatever is not a number. */
static int by_value(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    if (isnan(a) || isnan(b))
        return (isnan(a) != 0) - (isnan(b) != 0);
    return (a > b) - (a < b);
}

static size_t collect_differences(const oct_array *expected, const oct_array *actual,
                                  double *differences)
{
    size_t count = 0;
    for (size_t i = 0; i < expected->count; i++) {
        if (differ_at(expected, actual, i))
            differences[count++] = difference_at(expected, actual, i);
    }
    return count;
}

static void add_bins(cJSON *histogram, const double *differences, size_t count)
{
    size_t bins = 0, i = 0;
    while (i < count && bins < MOST_BINS) {
        const size_t begin = i;
        char key[40];
        while (i < count && by_value(&differences[i], &differences[begin]) == 0)
            i++;
        snprintf(key, sizeof key, "%.17g", differences[begin]);
        oct_json_integer(histogram, isnan(differences[begin]) ? "nan" : key, (int64_t)(i - begin));
        bins++;
    }
    if (i < count)
        oct_json_integer(histogram, "other", (int64_t)(count - i));
}

static octet_status add_histogram(cJSON *root, const oct_array *expected, const oct_array *actual,
                                  size_t mismatches)
{
    octet_status status = OCTET_OK;
    double *differences = NULL;
    OCT_ALLOC(oct_cli_log, differences, mismatches);
    const size_t count = collect_differences(expected, actual, differences);
    qsort(differences, count, sizeof *differences, by_value);
    add_bins(oct_json_object(root, "histogram"), differences, count);
cleanup:
    free(differences);
    return status;
}

/* ---- Reports ---- */

static void add_first(cJSON *root, const octet_shape *shape, const octet_comparison *found)
{
    octet_shape index = {.rank = shape->rank};
    if (found->mismatches == 0) {
        oct_json_null(root, "first_mismatch");
        oct_json_null(root, "expected");
        oct_json_null(root, "actual");
        return;
    }
    oct_index_of(shape, found->first, index.size);
    oct_json_shape(root, "first_mismatch", &index);
    oct_json_real(root, "expected", found->expected);
    oct_json_real(root, "actual", found->actual);
}

static octet_status print_json(const oct_array *expected, const oct_array *actual,
                               const octet_comparison *found)
{
    octet_status status = OCTET_OK;
    cJSON *const root = oct_json_create();
    oct_json_integer(root, "count", (int64_t)found->count);
    oct_json_integer(root, "mismatches", (int64_t)found->mismatches);
    add_first(root, &expected->shape, found);
    oct_json_real(root, "max_difference", found->max_difference);
    OCT_TRY(add_histogram(root, expected, actual, found->mismatches));
    OCT_TRY(oct_json_print(root));
cleanup:
    cJSON_Delete(root);
    return status;
}

static octet_status print_text(const oct_array *expected, const octet_comparison *found)
{
    char text[OCT_DIFFERENCE_TEXT];
    if (found->mismatches == 0)
        oct_cli_print("equal: all %zu elements\n", found->count);
    else if (expected->wide)
        oct_cli_print("different: %s\n", oct_difference_digits(17, &expected->shape, found, text));
    else
        oct_cli_print("different: %s\n",
                      oct_difference_text(expected->type, &expected->shape, found, text));
    return oct_cli_flush();
}

int oct_cli_compare(int argc, char **argv)
{
    octet_status status = OCTET_OK;
    compare_options options = {0};
    const oct_option_group groups[] = {{NULL, rows, sizeof rows / sizeof rows[0], &options}};
    const char *paths[2];
    oct_array expected = {0}, actual = {0};
    octet_comparison found = {0};
    const int ended = oct_options_parse(&usage, groups, 1, argc, argv, paths);
    if (ended >= 0)
        return ended;
    OCT_TRY(read_both(paths, &expected, &actual));
    OCT_TRY(check_alike(&expected, &actual));
    compare(&expected, &actual, &found);
    OCT_TRY(options.json ? print_json(&expected, &actual, &found) : print_text(&expected, &found));
cleanup:
    oct_array_release(&actual);
    oct_array_release(&expected);
    return oct_cli_exit(status, found.mismatches > 0);
}
