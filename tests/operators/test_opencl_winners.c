/* test_opencl_winners.c - candidates and classes of operators, winners that are kept on disk, and
 * contexts that choose them. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "operators/context.h"
#include "support/rig.h"
#include "support/scratch.h"
#include "variants/tiles.h"

enum { MOST_NAMES = 64, MOST_ENTRIES = 256, M = 33, N = 40, K = 50 };

/* ---- A context with a cache of its own ---- */

static oct_scratch scratch;

static int open_scratch(void **state)
{
    (void)state;
    oct_scratch_open(&scratch);
    return 0;
}

/* The path of the only entry that holds winners; false when there is none. */
static bool find_entry(char path[OCT_SCRATCH_PATH])
{
    char names[MOST_ENTRIES][OCT_SCRATCH_PATH];
    const size_t count = oct_scratch_list(scratch.path, names, MOST_ENTRIES);
    bool found = false;
    assert_in_range(count, 0, MOST_ENTRIES);
    for (size_t i = 0; i < count && !found; i++) {
        size_t size = 0;
        char *const text = oct_scratch_read(oct_scratch_join(scratch.path, names[i], path), &size);
        found = strstr(text, "\nwinners 1\n") != NULL; /* the identity precedes what is not text */
        free(text);
    }
    return found;
}

/* The kernels of earlier tests stay, so that they are not built again. */
static int forget_winners(void **state)
{
    char path[OCT_SCRATCH_PATH];
    (void)state;
    if (find_entry(path))
        assert_int_equal(remove(path), 0);
    return 0;
}

static int close_scratch(void **state)
{
    (void)state;
    oct_scratch_close(&scratch);
    return 0;
}

/* PoCL compiles little again: it has a cache of its own. "directory" NULL: the scratch folder. */
static octet_context *open_context(const char *directory)
{
    octet_context *context = NULL;
    const octet_context_desc desc = {.struct_size = sizeof desc,
                                     .backend = OCTET_BACKEND_OPENCL,
                                     .cache_directory =
                                         directory != NULL ? directory : scratch.path,
                                     .message = oct_rig_listen,
                                     .message_user = &oct_the_rig};
    oct_rig_hush();
    OCT_ASSERT_OK(octet_context_create(&desc, &context));
    return context;
}

static octet_operator *make_gemm(octet_context *context, octet_type input_type, const char *variant)
{
    static const int8_t weights[K * N];
    const octet_gemm_desc desc = {.struct_size = sizeof desc,
                                  .n = N,
                                  .k = K,
                                  .variant = variant,
                                  .layer = {.input_type = input_type,
                                            .weight_type = OCTET_S8,
                                            .output_type = OCTET_S32,
                                            .weight_data = weights}};
    octet_operator *op = NULL;
    OCT_ASSERT_OK(octet_gemm_create(context, &desc, &op));
    return op;
}

static octet_operator *prepare_gemm(octet_context *context, octet_type input_type,
                                    const char *variant)
{
    const octet_shape shape = {2, {M, K}};
    octet_operator *const op = make_gemm(context, input_type, variant);
    OCT_ASSERT_OK(octet_operator_prepare(op, &shape, 1, NULL, 0));
    return op;
}

static size_t list_candidates(const octet_operator *op, const char **names)
{
    size_t count = 0;
    OCT_ASSERT_OK(octet_operator_candidates(op, names, MOST_NAMES, &count));
    assert_in_range(count, 1, MOST_NAMES);
    return count;
}

/* What is chosen unasked in a new context. */
static void chosen_name(const char *directory, octet_type input_type, char name[OCT_TILE_NAME])
{
    octet_context *const context = open_context(directory);
    octet_operator *const op = prepare_gemm(context, input_type, NULL);
    snprintf(name, OCT_TILE_NAME, "%s", octet_operator_variant(op));
    octet_operator_destroy(op);
    octet_context_destroy(context);
}

static void assert_chosen(const char *directory, octet_type input_type, const char *expected)
{
    char name[OCT_TILE_NAME];
    chosen_name(directory, input_type, name);
    assert_string_equal(name, expected);
}

/* Keeps the last candidate for gemms of "input_type", which is not the first, the usual one. */
static void keep_other(octet_type input_type, char usual[OCT_TILE_NAME], char kept[OCT_TILE_NAME])
{
    const char *names[MOST_NAMES];
    octet_context *const context = open_context(NULL);
    octet_operator *op = prepare_gemm(context, input_type, NULL);
    const size_t count = list_candidates(op, names);
    snprintf(usual, OCT_TILE_NAME, "%s", names[0]);
    snprintf(kept, OCT_TILE_NAME, "%s", names[count - 1]);
    octet_operator_destroy(op);
    op = prepare_gemm(context, input_type, kept);
    OCT_ASSERT_OK(octet_operator_keep_variant(op));
    octet_operator_destroy(op);
    octet_context_destroy(context);
}

/* ---- The entry as others may have written it ---- */

static char *identity_of(const octet_context *context)
{
    const char *const device = oct_context_identity(context);
    char *const text = malloc(strlen(device) + 32);
    assert_non_null(text);
    sprintf(text, "%swinners 1\n", device);
    return text;
}

/* Replaces the entry, which must be there. */
static void forge(const char *data)
{
    octet_context *const context = open_context(NULL);
    char *const identity = identity_of(context);
    size_t bytes = 0;
    void *const before = oct_cache_load(&context->cache, identity, &bytes);
    assert_non_null(before);
    free(before);
    assert_true(oct_cache_store(&context->cache, identity, data, strlen(data)));
    free(identity);
    octet_context_destroy(context);
}

/* ---- Candidates and classes ---- */

static void candidates_begin_with_the_usual_row(void **state)
{
    const char *names[MOST_NAMES], *all[MOST_NAMES];
    char usual[OCT_TILE_NAME];
    size_t count = 0, listed = 0, few = 0;
    octet_context *const context = open_context(NULL);
    octet_operator *const op = prepare_gemm(context, OCTET_U8, NULL);
    (void)state;
    count = list_candidates(op, names);
    assert_string_equal(names[0], octet_operator_variant(op));
    snprintf(usual, sizeof usual, "%s", names[0]);
    OCT_ASSERT_OK(octet_list_variants(context, "gemm", all, MOST_NAMES, &listed));
    for (size_t i = 0; i < count; i++) {
        size_t found = 0;
        assert_string_not_equal(names[i], "reference");
        assert_int_not_equal(strncmp(names[i], "emulated", 8), 0);
        for (size_t j = 0; j < listed; j++)
            found += all[j] == names[i];
        assert_int_equal(found, 1);
    }
    names[0] = names[1] = NULL;
    OCT_ASSERT_OK(octet_operator_candidates(op, names, 1, &few));
    assert_int_equal(few, count);
    assert_string_equal(names[0], usual);
    assert_null(names[1]);
    octet_operator_destroy(op);
    octet_context_destroy(context);
}

static void classes_are_named(void **state)
{
    char name[OCTET_CLASS_NAME];
    octet_context *const context = open_context(NULL);
    octet_operator *const op = prepare_gemm(context, OCTET_U8, NULL);
    (void)state;
    OCT_ASSERT_OK(octet_operator_class(op, name));
    assert_string_equal(name, "gemm_u8s8_1x32x32x64");
    octet_operator_destroy(op);
    octet_context_destroy(context);
}

/* A pointwise convolution is a product; one with windows is not, nor is a depthwise one. */
static void classes_of_convolutions(void **state)
{
    static const struct {
        size_t groups, kernel;
        const char *name;
    } cases[] = {{1, 1, "gemm_s8s8_1x64x64x64"},
                 {1, 3, "conv2d_s8s8_1x32x64x512"},
                 {64, 3, "depthwise_s8s8_64x32x1x8"}};
    static const int8_t weights[64 * 64 * 9];
    const octet_shape shape = {4, {1, 8, 8, 64}};
    octet_context *const context = open_context(NULL);
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        octet_conv2d_desc desc = {.struct_size = sizeof desc,
                                  .input_channels = 64,
                                  .output_channels = 64,
                                  .groups = cases[i].groups,
                                  .kernel = {cases[i].kernel, cases[i].kernel},
                                  .layer = {.output_type = OCTET_S32, .weight_data = weights}};
        char name[OCTET_CLASS_NAME];
        octet_operator *op = NULL;
        OCT_ASSERT_OK(octet_conv2d_create(context, &desc, &op));
        OCT_ASSERT_OK(octet_operator_prepare(op, &shape, 1, NULL, 0));
        OCT_ASSERT_OK(octet_operator_class(op, name));
        assert_string_equal(name, cases[i].name);
        octet_operator_destroy(op);
    }
    octet_context_destroy(context);
}

static void what_has_no_candidates_is_refused(void **state)
{
    const octet_quantize_desc quantize = {.struct_size = sizeof quantize};
    const octet_shape shape = {1, {4}};
    octet_context *const context = open_context(NULL), *reference = NULL;
    octet_operator *op = make_gemm(context, OCTET_U8, NULL);
    const char *names[1];
    char name[OCTET_CLASS_NAME];
    size_t count = 77;
    (void)state;
    OCT_ASSERT_REFUSED(octet_operator_candidates(op, names, 1, &count), OCTET_INVALID_ARGUMENT,
                       "before a successful prepare");
    OCT_ASSERT_REFUSED(octet_operator_keep_variant(op), OCTET_INVALID_ARGUMENT, "prepare");
    octet_operator_destroy(op);
    OCT_ASSERT_OK(octet_quantize_create(context, &quantize, &op));
    OCT_ASSERT_OK(octet_operator_prepare(op, &shape, 1, NULL, 0));
    OCT_ASSERT_REFUSED(octet_operator_class(op, name), OCTET_UNSUPPORTED, "only gemm and conv2d");
    octet_operator_destroy(op);
    const octet_context_desc desc = {.struct_size = sizeof desc,
                                     .backend = OCTET_BACKEND_REFERENCE,
                                     .message = oct_rig_listen,
                                     .message_user = &oct_the_rig};
    OCT_ASSERT_OK(octet_context_create(&desc, &reference));
    assert_int_equal(octet_context_winners(reference), 0);
    op = prepare_gemm(reference, OCTET_U8, NULL);
    OCT_ASSERT_REFUSED(octet_operator_candidates(op, names, 1, &count), OCTET_UNSUPPORTED,
                       "the reference has one variant");
    assert_int_equal(count, 77);
    octet_operator_destroy(op);
    octet_context_destroy(reference);
    octet_context_destroy(context);
}

/* ---- Keeping and choosing ---- */

static void winners_are_chosen_by_later_contexts(void **state)
{
    char usual[OCT_TILE_NAME], kept[OCT_TILE_NAME], other[OCT_TILE_NAME];
    octet_context *context = NULL;
    octet_operator *op = NULL;
    (void)state;
    chosen_name(NULL, OCTET_S8, other);
    keep_other(OCTET_U8, usual, kept);
    assert_chosen(NULL, OCTET_U8, kept);
    assert_chosen(NULL, OCTET_S8, other); /* another class */
    context = open_context(NULL);
    assert_int_equal(octet_context_winners(context), 1);
    op = prepare_gemm(context, OCTET_U8, usual); /* who asks is given */
    assert_string_equal(octet_operator_variant(op), usual);
    octet_operator_destroy(op);
    octet_context_destroy(context);
}

/* Its paths are measured anew, so the usual row may be another. */
static void without_a_cache_there_are_no_winners(void **state)
{
    char usual[OCT_TILE_NAME], kept[OCT_TILE_NAME];
    const char *names[MOST_NAMES];
    octet_context *context = NULL;
    (void)state;
    keep_other(OCTET_U8, usual, kept);
    context = open_context("");
    assert_int_equal(octet_context_winners(context), 0);
    octet_operator *const op = prepare_gemm(context, OCTET_U8, NULL);
    (void)list_candidates(op, names);
    assert_string_equal(octet_operator_variant(op), names[0]);
    octet_operator_destroy(op);
    octet_context_destroy(context);
}

/* A context that exists goes on choosing as before. */
static void contexts_do_not_change(void **state)
{
    char usual[OCT_TILE_NAME], kept[OCT_TILE_NAME];
    octet_context *const context = open_context(NULL);
    (void)state;
    keep_other(OCTET_U8, usual, kept);
    octet_operator *const op = prepare_gemm(context, OCTET_U8, NULL);
    assert_string_equal(octet_operator_variant(op), usual);
    assert_int_equal(octet_context_winners(context), 0);
    octet_operator_destroy(op);
    octet_context_destroy(context);
}

static void classes_are_kept_beside_each_other(void **state)
{
    char usual[OCT_TILE_NAME], u8[OCT_TILE_NAME], s8[OCT_TILE_NAME];
    octet_context *context = NULL;
    octet_operator *op = NULL;
    (void)state;
    keep_other(OCTET_U8, usual, u8);
    keep_other(OCTET_S8, usual, s8);
    assert_chosen(NULL, OCTET_U8, u8);
    assert_chosen(NULL, OCTET_S8, s8);
    context = open_context(NULL);
    assert_int_equal(octet_context_winners(context), 2);
    op = prepare_gemm(context, OCTET_S8, usual); /* the second winner of a class */
    OCT_ASSERT_OK(octet_operator_keep_variant(op));
    octet_operator_destroy(op);
    octet_context_destroy(context);
    assert_chosen(NULL, OCTET_S8, usual);
    assert_chosen(NULL, OCTET_U8, u8);
}

/* Rows that are never chosen unasked; no cache; a cache that cannot be written. */
static void what_cannot_be_kept_is_refused(void **state)
{
    static const char *const names[] = {"reference", "emulated_4x2x8"};
    octet_context *context = open_context(NULL);
    octet_operator *op = NULL;
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(names); i++) {
        op = prepare_gemm(context, OCTET_U8, names[i]);
        OCT_ASSERT_REFUSED(octet_operator_keep_variant(op), OCTET_UNSUPPORTED, names[i]);
        octet_operator_destroy(op);
    }
    octet_context_destroy(context);
    context = open_context("");
    op = prepare_gemm(context, OCTET_U8, NULL);
    OCT_ASSERT_REFUSED(octet_operator_keep_variant(op), OCTET_UNSUPPORTED, "no cache");
    octet_operator_destroy(op);
    octet_context_destroy(context);
    context = open_context("/dev/null/cache");
    op = prepare_gemm(context, OCTET_U8, NULL);
    OCT_ASSERT_REFUSED(octet_operator_keep_variant(op), OCTET_IO_FAILED, "/dev/null/cache");
    octet_operator_destroy(op);
    octet_context_destroy(context);
}

/* ---- What else an entry may hold ---- */

static void entries_of_rubbish_count_as_none(void **state)
{
    static const char *const texts[] = {
        "",
        "rubbish",
        "gemm_u8s8_1x32x32x64 reference\n",
        "gemm_u8s8_1x32x32x64 emulated_4x2x8\n",
        "gemm_u8s8_1x32x32x64 no_such_row\n",
        "gemm_u8s8_1x32x32x64 dw_plain_4x1x8\n",
        "gemm_u8s8_1x32x32x64 plain_4x2x8\nrubbish",
    };
    char usual[OCT_TILE_NAME], kept[OCT_TILE_NAME];
    (void)state;
    keep_other(OCTET_U8, usual, kept);
    for (size_t i = 0; i < OCT_COUNT(texts); i++) {
        forge(texts[i]);
        assert_chosen(NULL, OCTET_U8, usual);
    }
    keep_other(OCTET_U8, usual, kept); /* and are replaced */
    assert_chosen(NULL, OCTET_U8, kept);
}

static void damaged_entries_count_as_none(void **state)
{
    char usual[OCT_TILE_NAME], kept[OCT_TILE_NAME], path[OCT_SCRATCH_PATH];
    size_t size = 0;
    (void)state;
    keep_other(OCTET_U8, usual, kept);
    assert_true(find_entry(path));
    char *const data = oct_scratch_read(path, &size);
    data[size - 2] ^= 1;
    oct_scratch_write(path, data, size);
    assert_chosen(NULL, OCTET_U8, usual);
    data[size - 2] ^= 1;
    oct_scratch_write(path, data, size / 2);
    assert_chosen(NULL, OCTET_U8, usual);
    oct_scratch_write(path, data, size);
    assert_chosen(NULL, OCTET_U8, kept);
    free(data);
}

/* Another kernels.cl is another thing to tune. */
static void other_kernels_have_other_winners(void **state)
{
    char usual[OCT_TILE_NAME], kept[OCT_TILE_NAME], path[OCT_SCRATCH_PATH];
    oct_scratch folder;
    size_t size = 0;
    char *const text = oct_scratch_read(OCT_SOURCE "/kernels.cl", &size);
    octet_context *context = NULL;
    (void)state;
    keep_other(OCTET_U8, usual, kept);
    oct_scratch_open(&folder);
    oct_scratch_write(oct_scratch_join(folder.path, "kernels.cl", path), text, size);
    const octet_context_desc desc = {.struct_size = sizeof desc,
                                     .backend = OCTET_BACKEND_OPENCL,
                                     .cache_directory = scratch.path,
                                     .kernel_file = path,
                                     .message = oct_rig_listen,
                                     .message_user = &oct_the_rig};
    OCT_ASSERT_OK(octet_context_create(&desc, &context));
    assert_int_equal(octet_context_winners(context), 0);
    octet_context_destroy(context);
    oct_scratch_close(&folder);
    free(text);
}

/* A winner that is switched off is not chosen, and is back when it is not. Where the device has but
 * one row, there is nothing else to open a context with. */
static void winners_may_be_switched_off(void **state)
{
    const octet_context_desc desc = {.struct_size = sizeof desc,
                                     .backend = OCTET_BACKEND_OPENCL,
                                     .cache_directory = scratch.path};
    char usual[OCT_TILE_NAME], kept[OCT_TILE_NAME];
    octet_context *context = NULL;
    (void)state;
    keep_other(OCTET_U8, usual, kept);
    assert_int_equal(setenv("OCTET_DISABLE", kept, 1), 0);
    if (strcmp(usual, kept) != 0)
        assert_chosen(NULL, OCTET_U8, usual);
    else
        assert_int_equal(octet_context_create(&desc, &context), OCTET_MISCOMPUTED);
    assert_int_equal(unsetenv("OCTET_DISABLE"), 0);
    assert_chosen(NULL, OCTET_U8, kept);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, forget_winners)
    const struct CMUnitTest tests[] = {
        TEST(candidates_begin_with_the_usual_row),
        TEST(classes_are_named),
        TEST(classes_of_convolutions),
        TEST(what_has_no_candidates_is_refused),
        TEST(winners_are_chosen_by_later_contexts),
        TEST(without_a_cache_there_are_no_winners),
        TEST(contexts_do_not_change),
        TEST(classes_are_kept_beside_each_other),
        TEST(what_cannot_be_kept_is_refused),
        TEST(entries_of_rubbish_count_as_none),
        TEST(damaged_entries_count_as_none),
        TEST(other_kernels_have_other_winners),
        TEST(winners_may_be_switched_off),
    };
    return cmocka_run_group_tests(tests, open_scratch, close_scratch);
}
