/* test_opencl_bounds.c - no kernel touches memory before or behind its tensors. On CPU devices a
 * tensor can be host memory with forbidden pages around it; a child process does the touching, so
 * that a fault is a failure with a name. */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/shape.h"
#include "harness/case.h"
#include "harness/problem_list.h"
#include "support/child.h"
#include "support/opencl_queue.h"

enum { MOST_DEVICES = 8, MOST_TENSORS = 5, MOST_VARIANTS = 64 };

/* ---- Memory between forbidden pages ---- */

typedef struct guarded {
    unsigned char *mapped, *data;
    size_t mapped_bytes;
    cl_mem buffer;
    octet_tensor *tensor;
} guarded;

/* At the end of the pages in between, or at their start. */
static bool at_end;

static guarded guard(const oct_own_queue *own, octet_type type, const octet_shape *shape)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t bytes = 0;
    cl_int error = CL_SUCCESS;
    guarded g = {NULL, NULL, 0, NULL, NULL};
    assert_true(oct_shape_bytes(type, shape, &bytes));
    assert_true(bytes > 0);
    const size_t inside = (bytes + page - 1) / page * page;
    g.mapped_bytes = inside + 2 * page;
    const int zeros = open("/dev/zero", O_RDWR);
    assert_true(zeros >= 0);
    g.mapped = mmap(NULL, g.mapped_bytes, PROT_NONE, MAP_PRIVATE, zeros, 0);
    assert_true(g.mapped != MAP_FAILED);
    assert_int_equal(close(zeros), 0);
    assert_int_equal(mprotect(g.mapped + page, inside, PROT_READ | PROT_WRITE), 0);
    g.data = g.mapped + page + (at_end ? inside - bytes : 0);
    g.buffer = clCreateBuffer(own->context, CL_MEM_READ_WRITE | CL_MEM_USE_HOST_PTR, bytes, g.data,
                              &error);
    assert_int_equal(error, CL_SUCCESS);
    g.tensor = oct_own_tensor(own, type, shape, g.buffer, 0);
    return g;
}

static void release(guarded *g)
{
    octet_tensor_destroy(g->tensor);
    assert_int_equal(clReleaseMemObject(g->buffer), CL_SUCCESS);
    assert_int_equal(munmap(g->mapped, g->mapped_bytes), 0);
}

/* Prepares and runs with all tensors guarded. */
static void touch(const oct_own_queue *own, octet_operator *op, const octet_type *types,
                  const octet_shape *shapes, size_t inputs, octet_type output_type)
{
    guarded g[MOST_TENSORS];
    octet_tensor *tensors[MOST_TENSORS];
    octet_shape output;
    OCT_ASSERT_OK(octet_operator_prepare(op, shapes, inputs, &output, 1));
    for (size_t i = 0; i <= inputs; i++) {
        g[i] = i < inputs ? guard(own, types[i], &shapes[i]) : guard(own, output_type, &output);
        tensors[i] = g[i].tensor;
    }
    OCT_ASSERT_OK(octet_operator_run(op, tensors, inputs, &tensors[inputs], 1, NULL, 0, NULL));
    OCT_ASSERT_OK(octet_context_finish(own->octet));
    for (size_t i = 0; i <= inputs; i++)
        release(&g[i]);
    octet_operator_destroy(op);
}

/* ---- Matrix products and convolutions ---- */

/* Every tensor of a multiple of four bytes; rows, columns and k at odd places of tiles and words.
 */
static const char *const problems[] = {
    "--type u8:s8:s8 --zero-points 3:0:5 4x13:13x9 4x1:1x3 20x16:16x17 12x65:65x67 6x8:8x62 "
    "2x10x31:2x31x18 --transpose-a 20x17:17x33 --transpose-b 12x19:19x65",
    "--type u8:s8:s8 --zero-points 128:0:5 mb1ic3ih12oc5kh3ph1 mb1ic4ih6oc7kh1 "
    "mb1ic17ih8oc20kh3sh2ph1 mb1ic8ih7iw4oc13kh5kw3ph2pw1 g4mb1ic20ih6oc12kh3ph1 "
    "g12mb1ic12ih9oc12kh3ph1 g70mb1ic70ih6oc70kh3ph1 --layout nchw mb1ic3ih12oc5kh3ph1 "
    "mb1ic17ih8oc20kh3sh2ph1 g12mb1ic12ih9oc12kh3ph1 g68mb1ic68ih4oc68kh3ph1",
};

static void touch_variant(const oct_own_queue *own, const oct_case *c, const char *variant,
                          bool at_run_time)
{
    const octet_shape shapes[] = {c->input_shape, c->weight_shape};
    const octet_type types[] = {c->layer.input_type, c->layer.weight_type};
    oct_case copy = *c;
    octet_operator *op = NULL;
    char line[OCT_PROBLEM_TEXT];
    if (at_run_time)
        copy.layer.weight_data = NULL;
    printf("%s, variant %s, weights %s\n", oct_problem_line(&c->problem, line), variant,
           at_run_time ? "at run time" : "known");
    fflush(stdout);
    OCT_ASSERT_OK(oct_case_operator(&copy, own->octet, variant, &op));
    if (octet_operator_prepare(op, shapes, at_run_time ? 2 : 1, NULL, 0) == OCTET_OK)
        touch(own, op, types, shapes, at_run_time ? 2 : 1, c->layer.output_type);
    else
        octet_operator_destroy(op); /* a depthwise row, which test_conv2d.c looks after */
}

static void touch_problem(const oct_own_queue *own, const oct_problem *problem)
{
    const char *names[MOST_VARIANTS];
    size_t count = 0;
    oct_case c = {0};
    OCT_ASSERT_OK(oct_case_create(NULL, problem, 1, &c));
    OCT_ASSERT_OK(octet_list_variants(own->octet, oct_problem_kind_name(problem->kind), names,
                                      MOST_VARIANTS, &count));
    for (size_t i = 0; i < 2 * count; i++)
        touch_variant(own, &c, names[i / 2], i % 2 == 1);
    oct_case_release(&c);
}

static void touch_problems(const oct_own_queue *own)
{
    for (size_t i = 0; i < OCT_COUNT(problems); i++) {
        oct_problem_list list;
        oct_problem_list_init(&list, NULL);
        OCT_ASSERT_OK(oct_problem_list_line(&list, problems[i]));
        for (size_t j = 0; j < list.count; j++)
            touch_problem(own, &list.items[j]);
        oct_problem_list_release(&list);
    }
}

/* ---- The other operators ---- */

static const octet_shape vectors[] = {{1, {4}}, {2, {4, 17}}, {3, {3, 5, 4}}, {2, {4, 5003}}};
static const octet_type bytes[] = {OCTET_S8, OCTET_S8}, floats[] = {OCTET_F32};

static void say(const char *what, const octet_shape *shape)
{
    char text[OCT_SHAPE_TEXT];
    printf("%s of %s\n", what, oct_shape_text(shape, text));
    fflush(stdout);
}

static void touch_elements(const oct_own_queue *own)
{
    const octet_quantize_desc quantize = {.struct_size = sizeof quantize};
    const octet_dequantize_desc dequantize = {.struct_size = sizeof dequantize};
    const uint8_t table[256] = {0};
    const octet_lookup_desc lookup = {.struct_size = sizeof lookup, .table = table};
    const octet_unary_desc unary = {.struct_size = sizeof unary, .function = OCTET_NEGATE};
    const octet_softmax_desc softmax = {.struct_size = sizeof softmax, .type = OCTET_F32};
    const octet_softmax_desc stored = {.struct_size = sizeof stored};
    const octet_binary_desc add = {.struct_size = sizeof add};
    const octet_concat_desc concat = {
        .struct_size = sizeof concat, .input_count = 2, .tables = {NULL, table}};
    for (size_t i = 0; i < OCT_COUNT(vectors); i++) {
        const octet_shape shapes[] = {vectors[i], vectors[i]};
        octet_operator *op = NULL;
        say("quantize", shapes);
        OCT_ASSERT_OK(octet_quantize_create(own->octet, &quantize, &op));
        touch(own, op, floats, shapes, 1, OCTET_S8);
        say("dequantize", shapes);
        OCT_ASSERT_OK(octet_dequantize_create(own->octet, &dequantize, &op));
        touch(own, op, bytes, shapes, 1, OCTET_F32);
        say("lookup", shapes);
        OCT_ASSERT_OK(octet_lookup_create(own->octet, &lookup, &op));
        touch(own, op, bytes, shapes, 1, OCTET_S8);
        say("unary", shapes);
        OCT_ASSERT_OK(octet_unary_create(own->octet, &unary, &op));
        touch(own, op, floats, shapes, 1, OCTET_F32);
        say("softmax", shapes);
        OCT_ASSERT_OK(octet_softmax_create(own->octet, &softmax, &op));
        touch(own, op, floats, shapes, 1, OCTET_F32);
        OCT_ASSERT_OK(octet_softmax_create(own->octet, &stored, &op));
        touch(own, op, bytes, shapes, 1, OCTET_S8);
        say("binary", shapes);
        OCT_ASSERT_OK(octet_binary_create(own->octet, &add, &op));
        touch(own, op, bytes, shapes, 2, OCTET_S8);
        say("concat", shapes);
        OCT_ASSERT_OK(octet_concat_create(own->octet, &concat, &op));
        touch(own, op, bytes, shapes, 2, OCTET_S8);
    }
}

static void touch_permutations(const oct_own_queue *own)
{
    static const octet_shape shapes[] = {{3, {2, 3, 10}}, {3, {4, 1, 17}}, {3, {31, 8, 33}}};
    static const octet_type types[] = {OCTET_S8, OCTET_F32};
    for (size_t i = 0; i < 2 * OCT_COUNT(shapes); i++) {
        const octet_permute_desc desc = {
            .struct_size = sizeof desc, .type = types[i % 2], .rank = 3, .order = {2, 0, 1}};
        octet_operator *op = NULL;
        say("permute", &shapes[i / 2]);
        OCT_ASSERT_OK(octet_permute_create(own->octet, &desc, &op));
        touch(own, op, &types[i % 2], &shapes[i / 2], 1, types[i % 2]);
    }
}

static void touch_float_windows(const oct_own_queue *own)
{
    static const octet_shape shapes[] = {{4, {1, 4, 4, 5}}, {4, {2, 8, 9, 17}}, {4, {1, 3, 6, 44}}};
    static const octet_type type = OCTET_F32;
    for (size_t i = 0; i < 2 * OCT_COUNT(shapes); i++) {
        octet_max_pool_desc largest = {.struct_size = sizeof largest,
                                       .type = type,
                                       .layout = (octet_layout)(i % 2),
                                       .kernel = {2, 2}};
        octet_average_pool_desc mean = {.struct_size = sizeof mean,
                                        .input_type = type,
                                        .output_type = type,
                                        .layout = (octet_layout)(i % 2),
                                        .kernel = {2, 2},
                                        .padding = {0, 1, 0, 1}};
        octet_operator *op = NULL;
        say("max_pool of f32", &shapes[i / 2]);
        OCT_ASSERT_OK(octet_max_pool_create(own->octet, &largest, &op));
        touch(own, op, &type, &shapes[i / 2], 1, type);
        say("average_pool of f32", &shapes[i / 2]);
        OCT_ASSERT_OK(octet_average_pool_create(own->octet, &mean, &op));
        touch(own, op, &type, &shapes[i / 2], 1, type);
    }
}

static void touch_gathers(const oct_own_queue *own)
{
    static const octet_shape shapes[] = {{3, {2, 3, 10}}, {3, {4, 1, 17}}, {3, {31, 8, 33}}};
    static const octet_type types[] = {OCTET_S8, OCTET_F32};
    for (size_t i = 0; i < 4 * OCT_COUNT(shapes); i++) {
        const octet_shape *const shape = &shapes[i / 4];
        const size_t axis = 1 + i / 2 % 2;
        const int32_t indices[] = {-1, (int32_t)shape->size[axis] - 1, 0, -1, -1};
        octet_gather_desc desc = {.struct_size = sizeof desc, .type = types[i % 2], .rank = 3};
        octet_operator *op = NULL;
        desc.sizes[axis] = OCT_COUNT(indices);
        desc.indices[axis] = indices;
        say("gather", shape);
        OCT_ASSERT_OK(octet_gather_create(own->octet, &desc, &op));
        touch(own, op, &types[i % 2], shape, 1, types[i % 2]);
    }
}

static void touch_reductions(const oct_own_queue *own)
{
    static const octet_shape shapes[] = {{3, {2, 3, 10}}, {3, {4, 1, 17}}, {3, {31, 8, 33}}};
    static const octet_type types[] = {OCTET_S8, OCTET_F32};
    for (size_t i = 0; i < 6 * OCT_COUNT(shapes); i++) {
        const octet_shape *const shape = &shapes[i / 6];
        const octet_reduce_desc desc = {.struct_size = sizeof desc,
                                        .input_type = types[i % 2],
                                        .output_type = types[i % 2],
                                        .axis = i / 2 % 3,
                                        .axes = 1};
        octet_operator *op = NULL;
        say("reduce", shape);
        OCT_ASSERT_OK(octet_reduce_create(own->octet, &desc, &op));
        touch(own, op, &types[i % 2], shape, 1, types[i % 2]);
    }
}

static void touch_interpolations(const oct_own_queue *own)
{
    static const octet_shape shapes[] = {{4, {2, 3, 4, 5}}, {4, {1, 1, 1, 17}}, {4, {3, 6, 5, 1}}};
    static const octet_type types[] = {OCTET_S8, OCTET_F32};
    static const float half[] = {0.5f, 0.5f, 0.5f};
    for (size_t i = 0; i < 2 * OCT_COUNT(shapes); i++) {
        const octet_shape *const shape = &shapes[i / 2];
        const int32_t bottom = (int32_t)shape->size[1] - 1, right = (int32_t)shape->size[2] - 1;
        const int32_t rows[] = {0, bottom, 0}, columns[] = {right, 0, right};
        const octet_interpolate_desc desc = {.struct_size = sizeof desc,
                                             .input_type = types[i % 2],
                                             .output_type = types[i % 2],
                                             .axis = 1,
                                             .rows = {3, rows, rows, half, half},
                                             .columns = {3, columns, columns, half, half}};
        octet_operator *op = NULL;
        say("interpolate", shape);
        OCT_ASSERT_OK(octet_interpolate_create(own->octet, &desc, &op));
        touch(own, op, &types[i % 2], shape, 1, types[i % 2]);
    }
}

static void touch_windows(const oct_own_queue *own)
{
    static const octet_shape shapes[] = {{4, {1, 4, 4, 5}}, {4, {2, 8, 9, 17}}, {4, {1, 3, 6, 44}}};
    for (size_t i = 0; i < 4 * OCT_COUNT(shapes); i++) {
        const size_t stride = 1 + i / 2 % 2;
        octet_max_pool_desc desc = {.struct_size = sizeof desc,
                                    .layout = (octet_layout)(i % 2),
                                    .kernel = {stride, stride},
                                    .stride = {1, stride}};
        octet_operator *op = NULL;
        say("max_pool", &shapes[i / 4]);
        OCT_ASSERT_OK(octet_max_pool_create(own->octet, &desc, &op));
        touch(own, op, bytes, &shapes[i / 4], 1, OCTET_S8);
        const octet_average_pool_desc average = {.struct_size = sizeof average,
                                                 .rule = (octet_average_rule)(i / 2 % 2),
                                                 .layout = (octet_layout)(i % 2),
                                                 .kernel = {stride, stride},
                                                 .padding = {0, 1, 0, 1}};
        say("average_pool", &shapes[i / 4]);
        OCT_ASSERT_OK(octet_average_pool_create(own->octet, &average, &op));
        touch(own, op, bytes, &shapes[i / 4], 1, OCTET_S8);
    }
}

/* ---- Children ---- */

static int touch_all(void)
{
    cl_device_id devices[MOST_DEVICES];
    const size_t count = oct_own_devices(devices, MOST_DEVICES);
    for (size_t i = 0; i < count; i++) {
        cl_device_type type = 0;
        oct_own_queue own;
        assert_int_equal(clGetDeviceInfo(devices[i], CL_DEVICE_TYPE, sizeof type, &type, NULL),
                         CL_SUCCESS);
        if (!(type & CL_DEVICE_TYPE_CPU) || !oct_own_open(&own, devices[i], 0))
            continue;
        touch_elements(&own);
        touch_permutations(&own);
        touch_gathers(&own);
        touch_reductions(&own);
        touch_interpolations(&own);
        touch_windows(&own);
        touch_float_windows(&own);
        touch_problems(&own);
        oct_own_close(&own);
    }
    return 0;
}

static int touch_starts(void)
{
    at_end = false;
    return touch_all();
}

static int touch_ends(void)
{
    at_end = true;
    return touch_all();
}

static const oct_role roles[] = {{"starts", touch_starts}, {"ends", touch_ends}};

static void run_child(const char *role)
{
    static const char *const no_changes[] = {NULL};
    oct_child child;
    oct_child_run(role, no_changes, &child);
    if (child.status == 0)
        return;
    size_t line = strlen(child.said);
    while (line > 1 && child.said[line - 2] != '\n')
        line--;
    fail_msg("status %d at the %s of tensors; the last was %s", child.status, role,
             line > 0 ? child.said + line - 1 : "(nothing)");
}

static void nothing_before_a_tensor_is_touched(void **state)
{
    (void)state;
    run_child("starts");
}

static void nothing_behind_a_tensor_is_touched(void **state)
{
    (void)state;
    run_child("ends");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_before_a_tensor_is_touched),
        cmocka_unit_test(nothing_behind_a_tensor_is_touched),
    };
    oct_child_main(argc, argv, roles, OCT_COUNT(roles));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
