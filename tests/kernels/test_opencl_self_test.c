/* test_opencl_self_test.c - a device that miscomputes is refused and told why. Here the device is
 * right and the kernels are made wrong, one operation at a time. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/rig.h"
#include "support/scratch.h"

enum { MOST_PROBES = 32, MOST_VARIANTS = 64 };

/* ---- Changed kernels ---- */

typedef struct change {
    const char *from, *to; /* the first place in kernels.cl where "from" stands */
} change;

/* kernels.cl with the changes, as a file in the scratch directory. */
static void write_kernels(const oct_scratch *scratch, const change *changes, size_t count,
                          char path[OCT_SCRATCH_PATH])
{
    size_t size = 0;
    char *text = oct_scratch_read(OCT_SOURCE "/kernels.cl", &size);
    for (size_t i = 0; i < count; i++) {
        const char *const at = strstr(text, changes[i].from);
        if (at == NULL)
            fail_msg("kernels.cl has no \"%s\"", changes[i].from);
        const size_t before = (size_t)(at - text), room = size + strlen(changes[i].to) + 1;
        char *const changed = malloc(room);
        assert_non_null(changed);
        size = (size_t)snprintf(changed, room, "%.*s%s%s", (int)before, text, changes[i].to,
                                at + strlen(changes[i].from));
        free(text);
        text = changed;
    }
    oct_scratch_write(oct_scratch_join(scratch->path, "kernels.cl", path), text, size);
    free(text);
}

static octet_status create(size_t device, const change *changes, size_t count,
                           octet_context **context)
{
    char number[24], path[OCT_SCRATCH_PATH];
    oct_scratch scratch;
    snprintf(number, sizeof number, "%zu", device);
    oct_scratch_open(&scratch);
    write_kernels(&scratch, changes, count, path);
    const octet_context_desc desc = {.struct_size = sizeof desc,
                                     .device = number,
                                     .kernel_file = path,
                                     .message = oct_rig_listen,
                                     .message_user = &oct_the_rig};
    const octet_status status = octet_context_create(&desc, context);
    oct_scratch_close(&scratch);
    return status;
}

/* ---- What the self-test finds ---- */

static const struct fault {
    const char *name;
    change change;
    octet_status status;
    const char *text;
} faults[] = {
    {"truncating",
     {"return convert_int_rte(v);", "return convert_int_rtz(v);"},
     OCTET_MISCOMPUTED,
     "the nearest integer of"},
    {"ties up",
     {"return convert_int_rte(v);", "return convert_int_rtn(v + 0.5f);"},
     OCTET_MISCOMPUTED,
     "the nearest integer of 0.5 is not even"},
    {"fused",
     {"as_uint(fz + fx * fy)", "as_uint(fma(fx, fy, fz))"},
     OCTET_MISCOMPUTED,
     "were fused although contraction is off"},
    {"round",
     {"as_uint(round(fx))", "as_uint(rint(fx))"},
     OCTET_MISCOMPUTED,
     "round does not take ties away from zero"},
    {"int to float",
     {"convert_float##N##_rte(acc) * multiplier", "convert_float##N##_rtz(acc) * multiplier"},
     OCTET_MISCOMPUTED,
     "requantization converts large sums"},
    {"zero point",
     {"return nearest_int##N(v) + z_y;", "return nearest_int##N(v + z_y);"},
     OCTET_MISCOMPUTED,
     "requantization adds the zero point before rounding"},
    {"narrowing",
     {"return convert_int((long)", "return convert_int_sat((long)"},
     OCTET_MISCOMPUTED,
     "long to int does not keep the low word"},
    {"no kernels",
     {"kernel void self_test(", "kernel void self_test(no_such_type x, "},
     OCTET_DEVICE_FAILED,
     "no_such_type"},
};

static void wrong_arithmetic_is_refused(void **state)
{
    const struct fault *const f = *state;
    for (size_t i = 0; i < oct_the_rig.devices; i++) {
        octet_context *context = NULL;
        OCT_ASSERT_REFUSED(create(i, &f->change, 1, &context), f->status, f->text);
        assert_null(context);
        octet_device_info info;
        octet_context_device(oct_the_rig.contexts[i], &info, NULL);
        if (f->status == OCTET_MISCOMPUTED)
            assert_non_null(strstr(oct_the_rig.said, info.name));
    }
}

/* ---- Broken paths ---- */

/* The paths that work and may be kept, in table order. */
static size_t list_working(octet_context *context, octet_probe working[MOST_PROBES])
{
    octet_probe probes[MOST_PROBES];
    size_t count = 0, found = 0;
    octet_context_probes(context, probes, MOST_PROBES, &count);
    for (size_t i = 0; i < count && i < MOST_PROBES; i++)
        if (probes[i].works && strncmp(probes[i].path, "emulated", 8) != 0)
            working[found++] = probes[i];
    assert_true(found > 0);
    return found;
}

static octet_probe probe_of(octet_context *context, const char *path)
{
    octet_probe probes[MOST_PROBES] = {{.path = ""}};
    size_t count = 0, i = 0;
    octet_context_probes(context, probes, MOST_PROBES, &count);
    while (i + 1 < count && strcmp(probes[i].path, path) != 0)
        i++;
    assert_string_equal(probes[i].path, path);
    return probes[i];
}

static bool has_rows_of(octet_context *context, const char *path)
{
    const char *names[MOST_VARIANTS];
    size_t count = 0, found = 0;
    OCT_ASSERT_OK(octet_list_variants(context, "gemm", names, MOST_VARIANTS, &count));
    for (size_t i = 0; i < count; i++)
        found += strncmp(names[i], path, strlen(path)) == 0 && names[i][strlen(path)] == '_';
    return found > 0;
}

static void assert_lost(octet_context *context, const char *path, const char *reason)
{
    const octet_probe lost = probe_of(context, path);
    assert_false(lost.works || lost.kept);
    assert_memory_equal(lost.reason, reason, strlen(reason));
    assert_false(has_rows_of(context, path));
}

#define DOT_PRODUCT "OCT_INLINE oct_ints multiply_words("

/* "x86_vnni" is OCT_X86_VNNI. */
static void name_define(const char *path, char define[64])
{
    size_t length = (size_t)snprintf(define, 64, "OCT_");
    for (size_t i = 0; path[i] != '\0'; i++)
        define[length++] = (char)(path[i] >= 'a' && path[i] <= 'z' ? path[i] - 32 : path[i]);
    define[length] = '\0';
}

/* Plain C gives one too much; with "unbuilt", that path does not compile. */
static octet_status create_broken(size_t device, const char *unbuilt, octet_context **context)
{
    char define[64], refusal[256];
    name_define(unbuilt != NULL ? unbuilt : "none", define);
    snprintf(refusal, sizeof refusal,
             "#if OCT_PATH == %s\n#error \"broken on purpose\"\n#endif\n" DOT_PRODUCT, define);
    const change changes[] = {
        {"return OCT_SWAP ? ", "acc += OCT_PATH == OCT_PLAIN;\n    return OCT_SWAP ? "},
        {DOT_PRODUCT, refusal}};
    oct_rig_hush();
    return create(device, changes, unbuilt != NULL ? 2 : 1, context);
}

/* What is left is kept; a device that has nothing left is refused. */
static void a_broken_path_is_lost_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < oct_the_rig.devices; i++) {
        octet_probe working[MOST_PROBES];
        const size_t count = list_working(oct_the_rig.contexts[i], working);
        const char *const unbuilt = count > 2 ? working[count - 1].path : NULL;
        octet_context *context = NULL;
        const octet_status status = create_broken(i, unbuilt, &context);
        if (count == 1) {
            assert_int_equal(status, OCTET_MISCOMPUTED);
            assert_non_null(strstr(oct_the_rig.said, "plain: wrong: 0x"));
            continue;
        }
        OCT_ASSERT_OK(status);
        assert_lost(context, "plain", "wrong: 0x");
        if (unbuilt != NULL)
            assert_lost(context, unbuilt, "its probe does not build: ");
        for (size_t j = 1; j < count - (unbuilt != NULL); j++)
            assert_true(probe_of(context, working[j].path).works);
        octet_context_destroy(context);
    }
}

int main(void)
{
    enum { OTHERS = 1 };
    struct CMUnitTest tests[OTHERS + OCT_COUNT(faults)] = {
        cmocka_unit_test(a_broken_path_is_lost_alone),
    };
    for (size_t i = 0; i < OCT_COUNT(faults); i++)
        tests[OTHERS + i] = (struct CMUnitTest){faults[i].name, wrong_arithmetic_is_refused, NULL,
                                                NULL, (void *)&faults[i]}; /* read only */
    return cmocka_run_group_tests(tests, oct_rig_open, oct_rig_close);
}
