/* test_opencl_vendors.c - the dot-product paths of vendors whose devices are not at hand: a device that
 * says it has their extensions, with compilers that lack the builtins, get them wrong, or have them,
 * written in plain C in front of kernels.cl. This program stands between octet and the loader. */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <CL/cl.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include "runtime/runtime.h"
#include "support/engine.h"

/* What every device says of itself besides what is so; NULL: nothing. */
typedef struct pretence {
    const char *name, *extensions, *builtins;
    size_t sub_group; /* Intel: the smallest; 0: no such question */
} pretence;

static const pretence *pretended;

/* ---- Between octet and the loader ---- */

#pragma GCC visibility push(default)

/* The loader's own function of that name. */
#define REAL(name, pointer)                                                                        \
    do {                                                                                           \
        void *const symbol = dlsym(RTLD_NEXT, name);                                               \
        memcpy(&(pointer), &symbol, sizeof(pointer));                                              \
    } while (0)

/* Of Intel's extensions, and what is answered to the second. */
enum { SUB_GROUP_SIZES = 0x4108, EUS_PER_SUB_SLICE = 0x4254, EUS = 16 };

static cl_int give(const void *from, size_t bytes, size_t capacity, void *value, size_t *size)
{
    if (size != NULL)
        *size = bytes;
    if (value != NULL && capacity < bytes)
        return CL_INVALID_VALUE;
    if (value != NULL)
        memcpy(value, from, bytes);
    return CL_SUCCESS;
}

cl_int clGetDeviceInfo(cl_device_id device, cl_device_info what, size_t capacity, void *value,
                       size_t *size)
{
    cl_int (*real)(cl_device_id, cl_device_info, size_t, void *, size_t *);
    const cl_device_type gpu = CL_DEVICE_TYPE_GPU;
    const cl_uint eus = EUS;
    char text[16384] = "";
    REAL("clGetDeviceInfo", real);
    if (pretended == NULL)
        return real(device, what, capacity, value, size);
    if (pretended->sub_group > 0 && what == SUB_GROUP_SIZES)
        return give((const size_t[]){4 * pretended->sub_group, pretended->sub_group},
                    2 * sizeof(size_t), capacity, value, size);
    if (pretended->sub_group > 0 && what == EUS_PER_SUB_SLICE)
        return give(&eus, sizeof eus, capacity, value, size);
    switch (what) {
    case CL_DEVICE_TYPE:
        return give(&gpu, sizeof gpu, capacity, value, size);
    case CL_DEVICE_NAME:
        return give(pretended->name, strlen(pretended->name) + 1, capacity, value, size);
    case CL_DEVICE_EXTENSIONS:
        real(device, what, sizeof text - 256, text, NULL);
        snprintf(text + strlen(text), 256, " %s", pretended->extensions);
        return give(text, strlen(text) + 1, capacity, value, size);
    default:
        return real(device, what, capacity, value, size);
    }
}

cl_program clCreateProgramWithSource(cl_context context, cl_uint count, const char **texts,
                                     const size_t *sizes, cl_int *error)
{
    cl_program (*real)(cl_context, cl_uint, const char **, const size_t *, cl_int *);
    REAL("clCreateProgramWithSource", real);
    if (pretended == NULL || pretended->builtins == NULL || count != 1)
        return real(context, count, texts, sizes, error);
    const char *both[] = {pretended->builtins, texts[0]};
    const size_t both_sizes[] = {strlen(both[0]), sizes != NULL ? sizes[0] : strlen(texts[0])};
    return real(context, 2, both, both_sizes, error);
}

#pragma GCC visibility pop

/* ---- Pretences ---- */

#define ADDING(how) "#define ADD(a, b) " how "\n"
#define BUILTINS                                                                                   \
    "#define SUM(v) ((v).x + (v).y + (v).z + (v).w)\n"                                             \
    "#define I(v) convert_int4(v)\n"                                                               \
    "int __attribute__((overloadable)) arm_dot(char4 a, char4 b) { return SUM(I(a) * I(b)); }\n"   \
    "uint __attribute__((overloadable)) arm_dot(uchar4 a, uchar4 b) { return SUM(I(a) * I(b)); "   \
    "}\n"                                                                                          \
    "int __attribute__((overloadable)) arm_dot_acc(char4 a, char4 b, int c)\n"                     \
    "{ return ADD(c, arm_dot(a, b)); }\n"                                                          \
    "uint __attribute__((overloadable)) arm_dot_acc(uchar4 a, uchar4 b, uint c)\n"                 \
    "{ return ADD((int)c, (int)arm_dot(a, b)); }\n"                                                \
    "int qcom_dot8_acc(uint a, uint b, int c)\n"                                                   \
    "{ return ADD(c, SUM(I(as_char4(a)) * I(as_uchar4(b)))); }\n"                                  \
    "#define __builtin_amdgcn_sdot4(a, b, c, s) arm_dot_acc(as_char4(a), as_char4(b), (int)(c))\n" \
    "#define __builtin_amdgcn_udot4(a, b, c, s) arm_dot_acc(as_uchar4(a), as_uchar4(b), c)\n"      \
    "int sudot4(bool s, uint a, bool t, uint b, int c)\n"                                          \
    "{ const int4 x = s ? I(as_char4(a)) : I(as_uchar4(a));\n"                                     \
    "  const int4 y = t ? I(as_char4(b)) : I(as_uchar4(b)); return ADD(c, SUM(x * y)); }\n"        \
    "#define __builtin_amdgcn_sudot4(s, a, t, b, c, clamp) sudot4(s, a, t, b, c)\n"
#define WRAPPING ADDING("as_int(as_uint(a) + as_uint(b))")
#define SATURATING ADDING("add_sat(a, b)")
#define ONE_BY_ONE "cl_arm_integer_dot_product_int8 cl_qcom_dot_product8"
#define ACCUMULATE "#define cl_arm_integer_dot_product_accumulate_int8 1\n"

/* What a path's probe must come to. */
typedef struct outcome {
    const char *path, *reason; /* NULL: it works */
} outcome;

enum { MOST_PROBES = 32, MOST_OUTCOMES = 4 };

static void check_outcomes(octet_context *context, const outcome *outcomes)
{
    octet_probe probes[MOST_PROBES];
    size_t count = 0;
    octet_context_probes(context, probes, MOST_PROBES, &count);
    assert_in_range(count, 1, MOST_PROBES);
    for (size_t i = 0; i < count; i++) {
        const outcome *wanted = outcomes;
        while (wanted->path != NULL && strcmp(wanted->path, probes[i].path) != 0)
            wanted++;
        const bool vendor = wanted->path != NULL;
        const bool works =
            vendor ? wanted->reason == NULL : strstr(probes[i].reason, "needs") == NULL;
        if (probes[i].works != works ||
            (vendor && !works && !strstr(probes[i].reason, wanted->reason)))
            fail_msg("%s %s: %s", probes[i].path, probes[i].works ? "works" : "fails",
                     probes[i].reason);
    }
}

static int pretend(const pretence *as)
{
    void *state = NULL;
    pretended = as;
    assert_int_equal(setenv("OCTET_DISABLE", "", 0),
                     0); /* unless there is a list, nothing is off */
    return oct_rig_open(&state);
}

/* Caches know devices by name, and not what a pretence has put before kernels.cl. */
static int do_without_caches(void **state)
{
    (void)state;
    return setenv("OCTET_CACHE_DIR", "", 1);
}

static int stop_pretending(void **state)
{
    oct_rig_close(state);
    pretended = NULL;
    return unsetenv("OCTET_DISABLE");
}

/* ---- Compilers that reject or miscompute ---- */

static void open_and_check(const pretence *as, const outcome outcomes[MOST_OUTCOMES])
{
    pretend(as);
    for (size_t i = 0; i < oct_the_rig.devices; i++)
        check_outcomes(oct_the_rig.contexts[i], outcomes);
}

/* The paths are lost, each with what the compiler said; all others are as they were. */
static void what_a_compiler_rejects_is_lost(void **state)
{
    static const pretence as = {"gfx1100", ONE_BY_ONE, NULL, 0};
    static const outcome outcomes[MOST_OUTCOMES] = {{"arm", "does not build: "},
                                                    {"qcom", "qcom_dot8_acc"},
                                                    {"amd_sudot4", "__builtin_amdgcn_sudot4"}};
    (void)state;
    open_and_check(&as, outcomes);
}

/* Sums that saturate where parts of a sum may leave 32 bits. */
static void what_saturates_is_lost(void **state)
{
    static const pretence as = {"gfx90a:sramecc+:xnack-", ONE_BY_ONE,
                                SATURATING ACCUMULATE BUILTINS, 0};
    static const outcome outcomes[MOST_OUTCOMES] = {
        {"arm", "wrong: "}, {"qcom", "wrong: "}, {"amd_sdot4", "wrong: "}};
    (void)state;
    open_and_check(&as, outcomes);
}

/* ---- Matrix engines that go by their sub-groups ---- */

#define MATRIX                                                                                     \
    "cl_intel_subgroup_matrix_multiply_accumulate cl_intel_required_subgroup_size "                \
    "cl_intel_device_attribute_query"

/* The one path whose sub-groups the device has asks for what PoCL lacks next: local memory of its own.
 * A compute unit is what has one. */
static void sub_groups_tell_paths_apart(void **state)
{
    static const pretence as[] = {{"Arc", MATRIX, NULL, 8}, {"Max", MATRIX, NULL, 16}};
    static const outcome outcomes[][MOST_OUTCOMES] = {
        {{"intel_dpas8", "needs a tile"}, {"intel_dpas16", "needs cl_intel_subgroup_matrix"}},
        {{"intel_dpas16", "needs a tile"}, {"intel_dpas8", "needs cl_intel_subgroup_matrix"}}};
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(as); i++) {
        open_and_check(&as[i], outcomes[i]);
        for (size_t j = 0; j < oct_the_rig.devices; j++) {
            const octet_context *const context = oct_the_rig.contexts[j];
            assert_int_equal(context->traits.compute_units,
                             (context->info.compute_units + EUS - 1) / EUS);
        }
        oct_rig_close(NULL);
    }
}

/* ---- Compilers that have the builtins ---- */

static const pretence with_sdot4 = {"gfx90a:sramecc+:xnack-", ONE_BY_ONE, WRAPPING BUILTINS, 0};
static const pretence with_sudot4 = {"gfx1100", ONE_BY_ONE, WRAPPING ACCUMULATE BUILTINS, 0};

/* u8 by s8 on all variants of the vendor, s8 on those whose turn it is (turns.h). */
static const oct_row rows[] = {
    {.problems = "--type u8:s8:u8 --zero-points 3:0:5 9x37:37x19"},
    {.problems = "--type s8:u8:s8 --zero-points -3:2:5 --per-channel --bias 9x37:37x19",
     .at_run_time = true},
    {.problems = "--type u8:s8:u8 --zero-points 7:0:1 g2mb1ic6ih5oc10kh3ph1"},
    {.problems = "--type s8:s8:s8 --zero-points 7:0:1 g2mb1ic6ih5oc10kh3ph1"},
};

static void run_rows(const pretence *as, const outcome outcomes[MOST_OUTCOMES])
{
    open_and_check(as, outcomes);
    oct_rig_close(NULL);
    assert_int_equal(setenv("OCTET_DISABLE",
                            "emulated,emulated_pairs,emulated_mma,plain_4x2x8," OCT_RIG_DISABLED,
                            1),
                     0);
    pretend(as);
    for (size_t i = 0; i < OCT_COUNT(rows); i++) {
        void *row = (void *)&rows[i]; /* read only */
        oct_engine_run(&row);
    }
}

static void vendors_builtins_are_used_right(void **state)
{
    static const outcome outcomes[MOST_OUTCOMES] = {
        {"arm", NULL}, {"qcom", NULL}, {"amd_sdot4", NULL}};
    (void)state;
    run_rows(&with_sdot4, outcomes);
}

static void newer_builtins_are_used_right(void **state)
{
    static const outcome outcomes[MOST_OUTCOMES] = {
        {"arm", NULL}, {"qcom", NULL}, {"amd_sudot4", NULL}};
    (void)state;
    run_rows(&with_sudot4, outcomes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(what_a_compiler_rejects_is_lost, stop_pretending),
        cmocka_unit_test_teardown(what_saturates_is_lost, stop_pretending),
        cmocka_unit_test_teardown(sub_groups_tell_paths_apart, stop_pretending),
        cmocka_unit_test_teardown(vendors_builtins_are_used_right, stop_pretending),
        cmocka_unit_test_teardown(newer_builtins_are_used_right, stop_pretending),
    };
    return cmocka_run_group_tests(tests, do_without_caches, NULL);
}
