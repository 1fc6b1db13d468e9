/* test_context.c - which device a context gets, and what is said about it. */
#include <stdio.h>

#include "core/build.h"
#include "support/child.h"
#include "support/rig.h"

enum { MOST_DEVICES = 16 };

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
    assert_int_equal(device_of(OCTET_BACKEND_REFERENCE, number), last);
    assert_int_equal(device_of(OCTET_BACKEND_REFERENCE, "octet"), last);
    assert_int_equal(device_of(OCTET_BACKEND_AUTO, "reference"), last);
    assert_string_equal(oct_the_rig.said, "");
    assert_int_equal(device_of(OCTET_BACKEND_AUTO, number), last);
    assert_int_equal(oct_the_rig.said[0] == '\0', last > 0); /* alone, it is a fallback */
}

/* By every backend that has something to choose from. */
static void names_of_nothing_are_refused(void **state)
{
    static const octet_backend backends[] = {OCTET_BACKEND_AUTO, OCTET_BACKEND_REFERENCE};
    static const char *const names[] = {"", "no such device", "99", "-1"};
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(backends); i++) {
        for (size_t j = 0; j < OCT_COUNT(names); j++) {
            const octet_context_desc desc = describe(backends[i], names[j]);
            octet_context *context = NULL;
            char quoted[64];
            snprintf(quoted, sizeof quoted, "device \"%s\" names none of the", names[j]);
            OCT_ASSERT_REFUSED(octet_context_create(&desc, &context), OCTET_INVALID_ARGUMENT,
                               quoted);
            assert_null(context);
        }
    }
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
    desc.struct_size--; /* in silence: what is not there has no message hook */
    assert_int_equal(octet_context_create(&desc, &context), OCTET_INVALID_ARGUMENT);
    desc.struct_size = 0;
    assert_int_equal(octet_context_create(&desc, &context), OCTET_INVALID_ARGUMENT);
    desc.struct_size = 5000;
    OCT_ASSERT_REFUSED(octet_context_create(&desc, &context), OCTET_INVALID_ARGUMENT,
                       "context: struct_size is 5000");
    assert_ptr_equal(context, untouched);
}

/* A description of a version with one more field. */
static void later_descriptions_are_read(void **state)
{
    struct {
        octet_context_desc desc;
        size_t more;
    } later = {describe(OCTET_BACKEND_REFERENCE, NULL), 0};
    octet_context *context = NULL;
    (void)state;
    later.desc.struct_size = sizeof later;
    OCT_ASSERT_OK(octet_context_create(&later.desc, &context));
    octet_context_destroy(context);
    context = NULL;
    later.more = 1;
    OCT_ASSERT_REFUSED(octet_context_create(&later.desc, &context), OCTET_UNSUPPORTED,
                       "context: the description of ");
    assert_null(context);
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

static int create_first(void)
{
    return create_and_tell(OCTET_BACKEND_AUTO, "0");
}

static int create_named(void)
{
    return create_and_tell(OCTET_BACKEND_AUTO, "referen");
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
    {"first", create_first},
    {"named", create_named},
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
        {"auto", OCTET_OK, OCT_NO_PLATFORM_TEXT ": using the reference", "device: reference"},
        {"first", OCTET_OK, OCT_NO_PLATFORM_TEXT ": using the reference", "device: reference"},
        {"named", OCTET_OK, "", "device: reference"},
        {"default", OCTET_OK, "", "device: reference"},
        {"opencl", OCTET_NO_DEVICE, OCT_NO_DEVICE_TEXT, "device: nothing"},
        {"opencl-by-name", OCTET_NO_DEVICE, OCT_NO_DEVICE_TEXT, "device: nothing"},
    };
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        oct_child child;
        oct_child_run(cases[i].role, no_platform, &child);
        if (strstr(child.said, cases[i].says) == NULL ||
            strstr(child.said, cases[i].device) == NULL ||
            (cases[i].says[0] == '\0') != (child.said == strstr(child.said, "device:")))
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
    const char *const names[] = {"no such device", beyond, "-1", "0x0", "4294967296"};
    const char *const references[] = {number, "reference"};
    (void)state;
    snprintf(number, sizeof number, "%zu", count);
    snprintf(beyond, sizeof beyond, "%zu", count + 1);
    for (size_t i = 0; i < OCT_COUNT(names); i++) {
        const octet_context_desc desc = describe(OCTET_BACKEND_OPENCL, names[i]);
        octet_context *context = NULL;
        char quoted[64];
        snprintf(quoted, sizeof quoted, "device \"%s\" names none of the", names[i]);
        OCT_ASSERT_REFUSED(octet_context_create(&desc, &context), OCTET_INVALID_ARGUMENT, quoted);
        assert_null(context);
    }
    for (size_t i = 0; i < OCT_COUNT(references); i++) {
        const octet_context_desc desc = describe(OCTET_BACKEND_OPENCL, references[i]);
        octet_context *context = NULL;
        OCT_ASSERT_REFUSED(octet_context_create(&desc, &context), OCTET_INVALID_ARGUMENT,
                           "is the reference, which is no OpenCL device");
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
    OCT_ASSERT_REFUSED(octet_context_create(&desc, &context), OCTET_NO_DEVICE, OCT_NO_DEVICE_TEXT);
    assert_null(context);
}

#endif

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reference_is_the_last_device),
        cmocka_unit_test(the_reference_can_be_asked_for),
        cmocka_unit_test(names_of_nothing_are_refused),
        cmocka_unit_test(the_reference_has_no_probes),
        cmocka_unit_test(wrong_descriptions_are_refused),
        cmocka_unit_test(later_descriptions_are_read),
        cmocka_unit_test(without_a_platform),
#ifdef OCTET_HAVE_OPENCL
        cmocka_unit_test(opencl_devices_are_there),
        cmocka_unit_test(devices_have_numbers_and_names),
        cmocka_unit_test(wrong_names_are_refused),
        cmocka_unit_test(missing_kernel_files_are_refused),
#else
        cmocka_unit_test(auto_is_the_reference_and_says_so),
#endif
    };
    oct_child_main(argc, argv, roles, OCT_COUNT(roles));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
