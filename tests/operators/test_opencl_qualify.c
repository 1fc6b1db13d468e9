/* test_opencl_qualify.c - which dot-product paths a context keeps, how they are switched off, and
 * what is remembered of them. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "operators/context.h"
#include "support/rig.h"
#include "support/scratch.h"

enum { MOST_PROBES = 32, MOST_VARIANTS = 64, MOST_ENTRIES = 128 };

static octet_context *create(const octet_context_desc *desc)
{
    octet_context *context = NULL;
    oct_rig_hush();
    OCT_ASSERT_OK(octet_context_create(desc, &context));
    return context;
}

static octet_context_desc describe(void)
{
    return (octet_context_desc){.struct_size = sizeof(octet_context_desc),
                                .backend = OCTET_BACKEND_OPENCL,
                                .message = oct_rig_listen,
                                .message_user = &oct_the_rig};
}

/* ---- Verdicts ---- */

static size_t find_probe(const octet_probe *probes, size_t count, const char *path)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(probes[i].path, path) == 0)
            return i;
    fail_msg("there is no path %s", path);
    return count;
}

static size_t probe(octet_context *context, octet_probe *probes)
{
    size_t count = 0;
    octet_context_probes(context, probes, MOST_PROBES, &count);
    assert_in_range(count, 1, MOST_PROBES);
    return count;
}

/* One path is kept, it works, none that works is faster; every other has a reason. */
static void every_path_has_a_verdict(void **state)
{
    const octet_context_desc desc = describe();
    octet_probe probes[MOST_PROBES];
    size_t kept = 0;
    octet_context *const context = create(&desc);
    const size_t count = probe(context, probes);
    (void)state;
    for (size_t i = 0; i < count; i++) {
        assert_true(probes[i].reason[0] != '\0');
        const bool for_tests = strncmp(probes[i].path, "emulated", 8) == 0;
        assert_int_equal(probes[i].gops > 0.0, probes[i].works && !for_tests);
        assert_true(!probes[i].kept || probes[i].works);
        kept += probes[i].kept != 0;
    }
    assert_int_equal(kept, 1);
    assert_true(probes[find_probe(probes, count, "plain")].works);
    assert_true(probes[find_probe(probes, count, "emulated")].works);
    assert_true(probes[find_probe(probes, count, "emulated_pairs")].works);
    octet_context_destroy(context);
}

static bool has_variants_of(octet_context *context, const char *path)
{
    const char *names[MOST_VARIANTS];
    size_t count = 0, found = 0;
    OCT_ASSERT_OK(octet_list_variants(context, "gemm", names, MOST_VARIANTS, &count));
    for (size_t i = 0; i < count; i++)
        found += strncmp(names[i], path, strlen(path)) == 0 && names[i][strlen(path)] == '_';
    return found > 0;
}

/* "first,second" */
static void append_name(char list_of_names[512], const char *name)
{
    const size_t length = strlen(list_of_names);
    snprintf(list_of_names + length, 512 - length, "%s%.31s", length > 0 ? "," : "", name);
}

static void paths_can_be_switched_off(void **state)
{
    const octet_context_desc desc = describe();
    octet_probe probes[MOST_PROBES], all[MOST_PROBES];
    char list_of_names[512] = "no_such_path";
    octet_context *context = create(&desc);
    const size_t count = probe(context, all);
    (void)state;
    octet_context_destroy(context);
    /* all that are not plain: plain must be kept then, and its rows alone be offered */
    for (size_t i = 0; i < count; i++)
        if (strcmp(all[i].path, "plain") != 0)
            append_name(list_of_names, all[i].path);
    assert_int_equal(setenv("OCTET_DISABLE", list_of_names, 1), 0);
    context = create(&desc);
    assert_int_equal(unsetenv("OCTET_DISABLE"), 0);
    assert_int_equal(probe(context, probes), count);
    for (size_t i = 0; i < count; i++) {
        const bool plain = strcmp(probes[i].path, "plain") == 0;
        assert_int_equal(probes[i].works, plain);
        assert_int_equal(probes[i].kept, plain);
        assert_int_equal(strstr(probes[i].reason, "switched off by OCTET_DISABLE") != NULL, !plain);
        assert_int_equal(has_variants_of(context, probes[i].path), plain);
    }
    octet_context_destroy(context);
    /* and it is not remembered */
    context = create(&desc);
    assert_int_equal(probe(context, probes), count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(probes[i].works, all[i].works);
    octet_context_destroy(context);
}

/* Paths for tests compute nothing on their own account: without another there is no device, and no
 * silent fallback to the reference. */
static void without_any_path_there_is_no_context(void **state)
{
    const octet_context_desc desc = describe();
    octet_probe probes[MOST_PROBES];
    char list_of_names[512] = "";
    octet_context *context = create(&desc);
    const size_t count = probe(context, probes);
    (void)state;
    octet_context_destroy(context);
    context = NULL;
    for (size_t i = 0; i < count; i++)
        if (strncmp(probes[i].path, "emulated", 8) != 0)
            append_name(list_of_names, probes[i].path);
    assert_int_equal(setenv("OCTET_DISABLE", list_of_names, 1), 0);
    OCT_ASSERT_REFUSED(octet_context_create(&desc, &context), OCTET_MISCOMPUTED,
                       "no dot-product path that gives right answers is left; plain: switched off");
    assert_null(context);
    assert_int_equal(unsetenv("OCTET_DISABLE"), 0);
}

/* A row by its name: its path works, goes without it, and says so. */
static void rows_can_be_switched_off(void **state)
{
    const octet_context_desc desc = describe();
    octet_probe probes[MOST_PROBES];
    const char *names[MOST_VARIANTS];
    char first[64], reason[128];
    size_t listed = 0, left = 0;
    octet_context *context = create(&desc);
    (void)state;
    OCT_ASSERT_OK(octet_list_variants(context, "conv2d", names, MOST_VARIANTS, &listed));
    snprintf(first, sizeof first, "%s", names[0]);
    octet_context_destroy(context);
    assert_int_equal(setenv("OCTET_DISABLE", first, 1), 0);
    context = create(&desc);
    assert_int_equal(unsetenv("OCTET_DISABLE"), 0);
    assert_string_equal(oct_the_rig.said, "");
    OCT_ASSERT_OK(octet_list_variants(context, "conv2d", names, MOST_VARIANTS, &left));
    assert_int_equal(left, listed - 1);
    for (size_t i = 0; i < left; i++)
        assert_string_not_equal(names[i], first);
    snprintf(reason, sizeof reason, "switched off by OCTET_DISABLE: %s", first);
    const size_t count = probe(context, probes);
    size_t told = 0;
    for (size_t i = 0; i < count; i++) {
        if (strstr(probes[i].reason, reason) != NULL) {
            assert_true(probes[i].works);
            told++;
        }
    }
    assert_int_equal(told, 1);
    octet_context_destroy(context);
}

/* All rows of the kept path by name: another is kept then, and without any there is no context. */
static void paths_without_rows_are_not_kept(void **state)
{
    const octet_context_desc desc = describe();
    octet_probe probes[MOST_PROBES];
    const char *names[MOST_VARIANTS];
    char rows[1024] = "";
    size_t listed = 0;
    octet_context *context = create(&desc);
    (void)state;
    OCT_ASSERT_OK(octet_list_variants(context, "gemm", names, MOST_VARIANTS, &listed));
    for (size_t i = 0; i < listed; i++)
        if (strncmp(names[i], "plain_", 6) != 0 && strcmp(names[i], "reference") != 0)
            snprintf(rows + strlen(rows), sizeof rows - strlen(rows), "%s,", names[i]);
    assert_int_equal(setenv("OCTET_DISABLE", rows, 1), 0);
    octet_context_destroy(context);
    context = create(&desc);
    const size_t count = probe(context, probes);
    assert_true(probes[find_probe(probes, count, "plain")].kept);
    octet_context_destroy(context);
    context = NULL;
    snprintf(rows + strlen(rows), sizeof rows - strlen(rows), "plain_4x2x8");
    assert_int_equal(setenv("OCTET_DISABLE", rows, 1), 0);
    OCT_ASSERT_REFUSED(octet_context_create(&desc, &context), OCTET_MISCOMPUTED,
                       "is left; plain: switched off by OCTET_DISABLE: plain_4x2x8");
    assert_null(context);
    assert_int_equal(unsetenv("OCTET_DISABLE"), 0);
}

/* What a path needs is there, but no room for any of its tiles: then that is the reason. */
static void paths_without_room_are_told(void **state)
{
    const octet_context_desc desc = describe();
    octet_probe probes[MOST_PROBES];
    octet_context *const context = create(&desc);
    (void)state;
    context->traits.local_bytes = 64;
    OCT_ASSERT_OK(oct_qualify(context));
    const size_t count = probe(context, probes);
    const octet_probe *const found = &probes[find_probe(probes, count, "emulated_mma")];
    assert_false(found->works);
    assert_non_null(strstr(found->reason, "needs a tile for 64 bytes of local memory"));
    assert_true(probes[find_probe(probes, count, "plain")].works);
    octet_context_destroy(context);
}

/* One line with what there is, and everything else as if it were not there. */
static void unknown_names_are_told(void **state)
{
    static const struct {
        const char *list, *told; /* NULL: nothing */
    } cases[] = {{"", NULL},
                 {",,", NULL},
                 {"khr,", NULL},
                 {"no_such", "OCTET_DISABLE has 1 unknown name (the first: 'no_such')"},
                 {"x,,khr,y", "OCTET_DISABLE has 2 unknown names (the first: 'x')"},
                 {"reference", "'reference'"},
                 {"plai", "'plai'"},
                 {"plain_4x2x", "'plain_4x2x'"}};
    const octet_context_desc desc = describe();
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        assert_int_equal(setenv("OCTET_DISABLE", cases[i].list, 1), 0);
        octet_context_destroy(create(&desc));
        if (cases[i].told == NULL) {
            assert_string_equal(oct_the_rig.said, "");
            continue;
        }
        assert_non_null(strstr(oct_the_rig.said, cases[i].told));
        assert_non_null(strstr(oct_the_rig.said, ",x86_vnni,")); /* a path */
        assert_non_null(strstr(oct_the_rig.said, ",plain_4x2x8"));
        assert_ptr_equal(strchr(oct_the_rig.said, '\n'),
                         oct_the_rig.said + strlen(oct_the_rig.said) - 1);
    }
    assert_int_equal(unsetenv("OCTET_DISABLE"), 0);
}

/* ---- Memory on disk ---- */

static double speed_of_plain(const octet_context_desc *desc)
{
    octet_probe probes[MOST_PROBES];
    octet_context *const context = create(desc);
    const size_t count = probe(context, probes);
    octet_context_destroy(context);
    return probes[find_probe(probes, count, "plain")].gops;
}

/* Speeds are measured once; a damaged memory is replaced, an impossible one done without. */
static void probes_are_remembered(void **state)
{
    octet_context_desc desc = describe();
    char names[MOST_ENTRIES][OCT_SCRATCH_PATH], path[OCT_SCRATCH_PATH];
    oct_scratch scratch;
    (void)state;
    oct_scratch_open(&scratch);
    desc.cache_directory = scratch.path;
    const double measured = speed_of_plain(&desc);
    const size_t count = oct_scratch_list(scratch.path, names, MOST_ENTRIES);
    assert_in_range(count, 2, MOST_ENTRIES);
    assert_true(speed_of_plain(&desc) == measured);
    assert_int_equal(oct_scratch_list(scratch.path, names, MOST_ENTRIES), count);
    for (size_t i = 0; i < count; i++)
        oct_scratch_write(oct_scratch_join(scratch.path, names[i], path), "rubbish", 7);
    const double again = speed_of_plain(&desc);
    assert_true(again > 0.0);
    assert_true(speed_of_plain(&desc) == again);
    assert_int_equal(oct_scratch_list(scratch.path, names, MOST_ENTRIES), count);
    desc.cache_directory = "/dev/null/cache";
    assert_true(speed_of_plain(&desc) > 0.0);
    oct_scratch_close(&scratch);
}

static bool has_probes(const char *directory)
{
    char names[MOST_ENTRIES][OCT_SCRATCH_PATH], path[OCT_SCRATCH_PATH];
    const size_t count = oct_scratch_list(directory, names, MOST_ENTRIES);
    bool found = false;
    for (size_t i = 0; i < count && !found; i++) {
        size_t size = 0;
        char *const text = oct_scratch_read(oct_scratch_join(directory, names[i], path), &size);
        found = strstr(text, "\nprobes ") != NULL; /* the identity precedes what is not text */
        free(text);
    }
    return found;
}

/* Kernels whose speed cannot be measured: that may be so today only, and is not remembered. */
static void what_was_not_decided_is_not_remembered(void **state)
{
    octet_context_desc desc = describe();
    char file[OCT_SCRATCH_PATH];
    octet_context *context = NULL;
    oct_scratch scratch, kernels;
    size_t size = 0;
    char *const text = oct_scratch_read(OCT_SOURCE "/kernels.cl", &size);
    (void)state;
    oct_scratch_open(&scratch);
    oct_scratch_open(&kernels);
    desc.cache_directory = scratch.path;
    desc.kernel_file = oct_scratch_join(kernels.path, "kernels.cl", file);
    char *const name = strstr(text, "void probe_speed(");
    assert_non_null(name);
    name[strlen("void ")] = 'q';
    oct_scratch_write(file, text, size);
    OCT_ASSERT_REFUSED(octet_context_create(&desc, &context), OCTET_MISCOMPUTED,
                       "its speed could not be measured");
    assert_false(has_probes(scratch.path));
    name[strlen("void ")] = 'p';
    oct_scratch_write(file, text, size);
    octet_context_destroy(create(&desc));
    assert_true(has_probes(scratch.path));
    oct_scratch_close(&kernels);
    oct_scratch_close(&scratch);
    free(text);
}

/* What is switched off here is what a test switches off. */
static int switch_all_on(void **state)
{
    (void)state;
    return unsetenv("OCTET_DISABLE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_path_has_a_verdict),
        cmocka_unit_test(paths_can_be_switched_off),
        cmocka_unit_test(without_any_path_there_is_no_context),
        cmocka_unit_test(rows_can_be_switched_off),
        cmocka_unit_test(paths_without_rows_are_not_kept),
        cmocka_unit_test(paths_without_room_are_told),
        cmocka_unit_test(unknown_names_are_told),
        cmocka_unit_test(probes_are_remembered),
        cmocka_unit_test(what_was_not_decided_is_not_remembered),
    };
    return cmocka_run_group_tests(tests, switch_all_on, NULL);
}
