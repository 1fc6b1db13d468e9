/* test_context.c - which device a context gets, what is said about it, and what is remembered. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/child.h"
#include "support/rig.h"
#include "support/scratch.h"

enum { MOST_DEVICES = 16, MOST_PROBES = 16, MOST_VARIANTS = 64, MOST_ENTRIES = 128 };

/* ---- Helpers ---- */

static octet_context_desc describe(octet_backend backend, const char *device)
{
    return (octet_context_desc){.struct_size = sizeof(octet_context_desc),
                                .backend = backend,
                                .device = device,
                                .message = oct_rig_listen,
                                .message_user = &oct_the_rig};
}

static size_t list(octet_device_info *infos)
{
    size_t count = 0;
    OCT_ASSERT_OK(octet_list_devices(infos, MOST_DEVICES, &count));
    assert_in_range(count, 1, MOST_DEVICES);
    return count;
}

/* A context for the description, and the number of its device. */
static octet_context *create(const octet_context_desc *desc, size_t *index)
{
    octet_context *context = NULL;
    octet_device_info info;
    oct_rig_hush();
    OCT_ASSERT_OK(octet_context_create(desc, &context));
    octet_context_device(context, &info, index);
    return context;
}

static size_t device_of(octet_backend backend, const char *device)
{
    const octet_context_desc desc = describe(backend, device);
    size_t index = SIZE_MAX;
    octet_context_destroy(create(&desc, &index));
    return index;
}

/* ---- Everywhere ---- */

static void the_reference_is_the_last_device(void **state)
{
    octet_device_info infos[MOST_DEVICES], one;
    size_t count = list(infos), all = 0;
    (void)state;
    assert_int_equal(infos[count - 1].type, OCTET_DEVICE_REFERENCE);
    assert_string_equal(infos[count - 1].name, "reference");
    assert_true(infos[count - 1].compute_units > 0);
    assert_true(infos[count - 1].global_memory_bytes > 0);
    for (size_t i = 0; i + 1 < count; i++) {
        assert_true(infos[i].type != OCTET_DEVICE_REFERENCE);
        assert_true(infos[i].name[0] != '\0' && infos[i].platform[0] != '\0');
        assert_true(infos[i].compute_units > 0 && infos[i].global_memory_bytes > 0);
    }
    memset(&one, 0x5a, sizeof one);
    OCT_ASSERT_OK(octet_list_devices(&one, 0, &all));
    assert_int_equal(all, count);
    assert_int_equal(one.name[0], 0x5a);
    OCT_ASSERT_OK(octet_list_devices(NULL, 0, &all));
    assert_int_equal(all, count);
}

static void the_reference_can_be_asked_for(void **state)
{
    octet_device_info infos[MOST_DEVICES];
    const size_t last = list(infos) - 1;
    char number[24];
    (void)state;
    snprintf(number, sizeof number, "%zu", last);
    assert_int_equal(device_of(OCTET_BACKEND_REFERENCE, NULL), last);
    assert_string_equal(oct_the_rig.said, "");
    assert_int_equal(device_of(OCTET_BACKEND_REFERENCE, "anything"), last);
    assert_int_equal(device_of(OCTET_BACKEND_AUTO, number), last);
    assert_int_equal(device_of(OCTET_BACKEND_AUTO, "reference"), last);
    assert_string_equal(oct_the_rig.said, "");
}

static void the_reference_has_no_probes(void **state)
{
    const octet_context_desc desc = describe(OCTET_BACKEND_REFERENCE, NULL);
    octet_probe probe = {.works = 7};
    size_t index, count = 99;
    octet_context *const context = create(&desc, &index);
    (void)state;
    octet_context_probes(context, &probe, 1, &count);
    assert_int_equal(count, 0);
    assert_int_equal(probe.works, 7);
    OCT_ASSERT_OK(octet_context_finish(context));
    octet_context_destroy(context);
}

static void wrong_descriptions_are_refused(void **state)
{
    octet_context *const untouched = (octet_context *)&oct_the_rig;
    octet_context *context = untouched;
    octet_context_desc desc = describe((octet_backend)3, NULL);
    (void)state;
    OCT_ASSERT_REFUSED(octet_context_create(&desc, &context), OCTET_INVALID_ARGUMENT, "backend 3");
    desc = describe(OCTET_BACKEND_REFERENCE, NULL);
    desc.struct_size--;
    OCT_ASSERT_REFUSED(octet_context_create(&desc, &context), OCTET_INVALID_ARGUMENT,
                       "struct_size is ");
    desc.struct_size = 0;
    OCT_ASSERT_REFUSED(octet_context_create(&desc, &context), OCTET_INVALID_ARGUMENT,
                       "struct_size is 0");
    assert_ptr_equal(context, untouched);
}

/* ---- Without any OpenCL platform ---- */

static void say_aloud(void *user, const char *text)
{
    (void)user;
    printf("%s\n", text);
}

static int create_and_tell(octet_backend backend, const char *device)
{
    octet_context_desc desc = describe(backend, device);
    octet_context *context = NULL;
    octet_device_info info = {.name = "nothing"};
    desc.message = say_aloud;
    const octet_status status = octet_context_create(&desc, &context);
    if (status == OCTET_OK)
        octet_context_device(context, &info, NULL);
    printf("device: %s\n", info.name);
    octet_context_destroy(context);
    return (int)status;
}

static int create_auto(void)
{
    return create_and_tell(OCTET_BACKEND_AUTO, NULL);
}

static int create_opencl(void)
{
    return create_and_tell(OCTET_BACKEND_OPENCL, NULL);
}

static int create_opencl_by_name(void)
{
    return create_and_tell(OCTET_BACKEND_OPENCL, "pocl");
}

static int create_by_default(void)
{
    octet_context *context = NULL;
    octet_device_info info;
    const octet_status status = octet_context_create(NULL, &context);
    if (status != OCTET_OK)
        return (int)status;
    octet_context_device(context, &info, NULL);
    printf("device: %s\n", info.name);
    octet_context_destroy(context);
    return 0;
}

static const oct_role roles[] = {
    {"auto", create_auto},
    {"opencl", create_opencl},
    {"opencl-by-name", create_opencl_by_name},
    {"default", create_by_default},
};

static const char *const no_platform[] = {"OCL_ICD_VENDORS=/nonexistent", "OCL_ICD_FILENAMES",
                                          NULL};

static void without_a_platform(void **state)
{
    static const struct {
        const char *role;
        octet_status status;
        const char *says, *device;
    } cases[] = {
        {"auto", OCTET_OK, "no platform offers one): using the reference", "device: reference"},
        {"default", OCTET_OK, "", "device: reference"},
        {"opencl", OCTET_NO_DEVICE, "no OpenCL device was found", "device: nothing"},
        {"opencl-by-name", OCTET_NO_DEVICE, "no OpenCL device was found", "device: nothing"},
    };
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        oct_child child;
        oct_child_run(cases[i].role, no_platform, &child);
        if (strstr(child.said, cases[i].says) == NULL ||
            strstr(child.said, cases[i].device) == NULL)
            fail_msg("%s: \"%s\" and \"%s\" are not in: %s", cases[i].role, cases[i].says,
                     cases[i].device, child.said);
        assert_int_equal(child.status, cases[i].status);
    }
}

/* ---- With OpenCL ---- */

#ifdef OCTET_HAVE_OPENCL

static void opencl_devices_are_there(void **state)
{
    octet_device_info infos[MOST_DEVICES];
    (void)state;
    if (list(infos) < 2)
        fail_msg("there is no OpenCL device to test");
}

static void in_other_case(const char *text, char other[160])
{
    size_t i = 0;
    for (; text[i] != '\0' && i < 159; i++)
        other[i] = (char)(text[i] >= 'a' && text[i] <= 'z' ? text[i] - 32 : text[i]);
    other[i] = '\0';
}

static void devices_have_numbers_and_names(void **state)
{
    octet_device_info infos[MOST_DEVICES];
    const size_t count = list(infos) - 1;
    char text[160];
    (void)state;
    for (size_t i = 0; i < count; i++) {
        snprintf(text, sizeof text, "%zu", i);
        assert_int_equal(device_of(OCTET_BACKEND_AUTO, text), i);
        assert_int_equal(device_of(OCTET_BACKEND_OPENCL, text), i);
        assert_string_equal(oct_the_rig.said, "");
        /* several devices may share a name or a platform: any of those */
        in_other_case(infos[i].name, text);
        assert_string_equal(infos[device_of(OCTET_BACKEND_AUTO, text)].name, infos[i].name);
        in_other_case(infos[i].platform, text);
        assert_string_equal(infos[device_of(OCTET_BACKEND_OPENCL, text + 1)].platform,
                            infos[i].platform);
    }
    assert_true(device_of(OCTET_BACKEND_AUTO, NULL) < count);
    assert_true(device_of(OCTET_BACKEND_OPENCL, NULL) < count);
}

static void wrong_names_are_refused(void **state)
{
    octet_device_info infos[MOST_DEVICES];
    const size_t count = list(infos) - 1;
    char number[24], beyond[24];
    const char *const names[] = {"no such device", number, beyond, "-1", "0x0", "4294967296"};
    (void)state;
    snprintf(number, sizeof number, "%zu", count); /* the reference, to the backend OPENCL */
    snprintf(beyond, sizeof beyond, "%zu", count + 1);
    for (size_t i = 0; i < OCT_COUNT(names); i++) {
        const octet_context_desc desc = describe(OCTET_BACKEND_OPENCL, names[i]);
        octet_context *context = NULL;
        char quoted[64];
        snprintf(quoted, sizeof quoted, "device \"%s\" names none of the", names[i]);
        OCT_ASSERT_REFUSED(octet_context_create(&desc, &context), OCTET_INVALID_ARGUMENT, quoted);
        assert_null(context);
    }
    const octet_context_desc desc = describe(OCTET_BACKEND_AUTO, beyond);
    octet_context *context = NULL;
    OCT_ASSERT_REFUSED(octet_context_create(&desc, &context), OCTET_INVALID_ARGUMENT,
                       "names none of the");
}

static void missing_kernel_files_are_refused(void **state)
{
    octet_context_desc desc = describe(OCTET_BACKEND_OPENCL, NULL);
    octet_context *context = NULL;
    (void)state;
    desc.kernel_file = "/no/such/kernels.cl";
    OCT_ASSERT_REFUSED(octet_context_create(&desc, &context), OCTET_IO_FAILED,
                       "/no/such/kernels.cl: cannot be opened");
    assert_null(context);
}

/* ---- Paths ---- */

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
    const octet_context_desc desc = describe(OCTET_BACKEND_OPENCL, NULL);
    octet_probe probes[MOST_PROBES];
    size_t index, kept = 0;
    octet_context *const context = create(&desc, &index);
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
    const octet_context_desc desc = describe(OCTET_BACKEND_OPENCL, NULL);
    octet_probe probes[MOST_PROBES], all[MOST_PROBES];
    char list_of_names[512] = "no_such_path";
    size_t index;
    octet_context *context = create(&desc, &index);
    const size_t count = probe(context, all);
    (void)state;
    octet_context_destroy(context);
    /* all that are not plain: plain must be kept then, and its rows alone be offered */
    for (size_t i = 0; i < count; i++)
        if (strcmp(all[i].path, "plain") != 0)
            append_name(list_of_names, all[i].path);
    assert_int_equal(setenv("OCTET_DISABLE_PATHS", list_of_names, 1), 0);
    context = create(&desc, &index);
    assert_int_equal(unsetenv("OCTET_DISABLE_PATHS"), 0);
    assert_int_equal(probe(context, probes), count);
    for (size_t i = 0; i < count; i++) {
        const bool plain = strcmp(probes[i].path, "plain") == 0;
        assert_int_equal(probes[i].works, plain);
        assert_int_equal(probes[i].kept, plain);
        assert_int_equal(strstr(probes[i].reason, "switched off by OCTET_DISABLE_PATHS") != NULL,
                         !plain);
        assert_int_equal(has_variants_of(context, probes[i].path), plain);
    }
    octet_context_destroy(context);
    /* and it is not remembered */
    context = create(&desc, &index);
    assert_int_equal(probe(context, probes), count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(probes[i].works, all[i].works);
    octet_context_destroy(context);
}

/* Paths for tests compute nothing on their own account: without another there is no device, and no
 * silent fallback to the reference. */
static void without_any_path_there_is_no_context(void **state)
{
    const octet_context_desc desc = describe(OCTET_BACKEND_OPENCL, NULL);
    octet_probe probes[MOST_PROBES];
    char list_of_names[512] = "";
    size_t index;
    octet_context *context = create(&desc, &index);
    const size_t count = probe(context, probes);
    (void)state;
    octet_context_destroy(context);
    context = NULL;
    for (size_t i = 0; i < count; i++)
        if (strncmp(probes[i].path, "emulated", 8) != 0)
            append_name(list_of_names, probes[i].path);
    assert_int_equal(setenv("OCTET_DISABLE_PATHS", list_of_names, 1), 0);
    OCT_ASSERT_REFUSED(octet_context_create(&desc, &context), OCTET_MISCOMPUTED,
                       "no dot-product path gives right answers; plain: switched off");
    assert_null(context);
    assert_int_equal(unsetenv("OCTET_DISABLE_PATHS"), 0);
}

/* ---- Memory on disk ---- */

static double speed_of_plain(const octet_context_desc *desc)
{
    octet_probe probes[MOST_PROBES];
    size_t index;
    octet_context *const context = create(desc, &index);
    const size_t count = probe(context, probes);
    octet_context_destroy(context);
    return probes[find_probe(probes, count, "plain")].gops;
}

/* Speeds are measured once; a damaged memory is replaced, an impossible one done without. */
static void probes_are_remembered(void **state)
{
    octet_context_desc desc = describe(OCTET_BACKEND_OPENCL, NULL);
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

#else

static void auto_is_the_reference_and_says_so(void **state)
{
    octet_device_info infos[MOST_DEVICES];
    const octet_context_desc desc = describe(OCTET_BACKEND_OPENCL, NULL);
    octet_context *context = NULL;
    (void)state;
    assert_int_equal(list(infos), 1);
    assert_int_equal(device_of(OCTET_BACKEND_AUTO, NULL), 0);
    assert_non_null(strstr(oct_the_rig.said, "using the reference"));
    OCT_ASSERT_REFUSED(octet_context_create(&desc, &context), OCTET_NO_DEVICE,
                       "no OpenCL device was found");
    assert_null(context);
}

#endif

/* What is switched off here is what a test switches off. */
static int switch_all_on(void **state)
{
    (void)state;
    return unsetenv("OCTET_DISABLE_PATHS");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reference_is_the_last_device),
        cmocka_unit_test(the_reference_can_be_asked_for),
        cmocka_unit_test(the_reference_has_no_probes),
        cmocka_unit_test(wrong_descriptions_are_refused),
        cmocka_unit_test(without_a_platform),
#ifdef OCTET_HAVE_OPENCL
        cmocka_unit_test(opencl_devices_are_there),
        cmocka_unit_test(devices_have_numbers_and_names),
        cmocka_unit_test(wrong_names_are_refused),
        cmocka_unit_test(missing_kernel_files_are_refused),
        cmocka_unit_test(every_path_has_a_verdict),
        cmocka_unit_test(paths_can_be_switched_off),
        cmocka_unit_test(without_any_path_there_is_no_context),
        cmocka_unit_test(probes_are_remembered),
#else
        cmocka_unit_test(auto_is_the_reference_and_says_so),
#endif
    };
    oct_child_main(argc, argv, roles, OCT_COUNT(roles));
    return cmocka_run_group_tests(tests, switch_all_on, NULL);
}
