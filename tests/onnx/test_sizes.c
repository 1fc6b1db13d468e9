/* test_sizes.c - shapes that a model computes from other shapes, as exporters write them: worked out
 * while it is loaded, for any number of images; and Squeeze, Unsqueeze, Cast. */
#include "run.h"

enum { IMAGES = 3, COUNT = IMAGES * 2 * 3 * 4, MOST_NODES = 8 };

/* Nodes that make y of x, (N,2,3,4) of u8. */
typedef struct sizing {
    const char *name;
    const char *nodes[MOST_NODES]; /* "Operator inputs > output" */
    size_t rank;
    size_t output[6]; /* for one image */
} sizing;

/* Constants: numbers n0 to n2, lists l0 to l3 of one of them, m1 = {-1}, l12 = {1,2}, l123, all =
 * {INT64_MAX}. */
/* clang-format off */
static const sizing sizings[] = {
    {"view(x.size(0), -1)", {"Shape x > s", "Gather s n0 > n", "Unsqueeze n l0 > nl",
     "Concat nl m1 > r", "Reshape x r > y"}, 2, {1, 24}},
    {"view(-1, x.size(1))", {"Shape x > s", "Slice s l1 l2 > c", "Concat m1 c > r",
     "Reshape x r > y"}, 2, {12, 2}},
    {"flatten by products", {"Shape x > s", "Gather s l1 > c", "Gather s l2 > h", "Mul c h > ch",
     "Gather s l0 > n", "Mul n ch > nch", "Concat nch m1 > r", "Reshape x r > y"}, 2, {6, 4}},
    {"rest of a shape", {"Shape x > s", "Slice s l0 l1 > n", "Slice s l2 all l0 l1 > hw",
     "Cast hw > hwi", "Concat n l2 hwi > r", "Reshape x r > y"}, 4, {1, 2, 3, 4}},
    {"sums, differences, quotients", {"Shape x > s", "Gather s l2 > h", "Add h l1 > h1",
     "Sub h1 l2 > d", "Div h1 l2 > q", "Mul q d > e", "Concat l0 m1 e > r", "Reshape x r > y"},
     3, {1, 6, 4}},
    {"of two images each", {"Shape x > s", "Gather s l0 > n", "Mul n l2 > twice", "Squeeze twice l0 > q",
     "Identity q > i", "Unsqueeze i l0 > u", "Concat u m1 > r", "Reshape x r > y"}, 2, {2, 12}},
    {"upsampling in PyTorch", {"Shape x > s", "Slice s l2 all > hw", "Cast hw > f", "Mul f half > fh",
     "Floor fh > fl", "Cast fl > i", "Concat l0 m1 i > r", "Reshape x r > y"}, 4, {1, 12, 1, 2}},
    {"rounded up, of one size", {"Shape x > s", "Gather s n2 > h", "Cast h > f", "Mul f half > fh",
     "Ceil fh > fl", "Cast fl > i", "Concat l0 i m1 > r", "Reshape x r > y"}, 4, {1, 2, 2, 6}},
    {"squeeze and back", {"Unsqueeze x l12 > u", "Squeeze u l1 > q", "Squeeze q l1 > y"},
     4, {1, 2, 3, 4}},
    {"unsqueeze", {"Unsqueeze x l12 > y"}, 6, {1, 1, 1, 2, 3, 4}},
    {"unsqueeze at the end", {"Unsqueeze x m1 > y"}, 5, {1, 2, 3, 4, 1}},
    {"squeeze all", {"Unsqueeze x l2 > u", "Squeeze u > y"}, 4, {1, 2, 3, 4}},
};
/* clang-format on */

static void add_list(oct_model *m, const char *name, size_t count, const int64_t *list)
{
    const int64_t size = (int64_t)count;
    oct_model_tensor(m, name, OCT_TYPE(INT64), 1, &size, list, count * sizeof *list);
}

static void add_constants(oct_model *m)
{
    static const int64_t numbers[] = {0, 1, 2, 3}, minus = -1, all = INT64_MAX;
    char name[8];
    for (size_t i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "l%zu", i);
        add_list(m, name, 1, &numbers[i]);
        snprintf(name, sizeof name, "n%zu", i);
        oct_model_tensor(m, name, OCT_TYPE(INT64), 0, NULL, &numbers[i], sizeof numbers[i]);
    }
    add_list(m, "m1", 1, &minus);
    oct_model_tensor(m, "half", OCT_TYPE(FLOAT), 1, &(int64_t){2}, (float[]){0.5f, 0.5f}, 8);
    oct_model_scale(m, "huge", 0x1p31f);
    add_list(m, "all", 1, &all);
    add_list(m, "l12", 2, &numbers[1]);
    add_list(m, "l123", 3, &numbers[1]);
}

static void add_node(oct_model *m, const char *text)
{
    char type[32], inputs[32];
    const size_t length = strcspn(text, " ");
    const char *const output = strchr(text, '>');
    snprintf(type, sizeof type, "%.*s", (int)length, text);
    snprintf(inputs, sizeof inputs, "%.*s", (int)(output - text - (ptrdiff_t)length),
             text + length);
    Onnx__NodeProto *const node = oct_model_node(m, type, text, inputs, output + 1);
    if (strcmp(type, "Concat") == 0)
        oct_model_integer(m, node, "axis", 0);
    if (strcmp(type, "Cast") == 0)
        oct_model_integer(m, node, "to",
                          strcmp(output + 2, "f") == 0 ? OCT_TYPE(FLOAT) : OCT_TYPE(INT64));
}

static oct_model *make_model(const sizing *s)
{
    static const int64_t image[] = {-1, 2, 3, 4};
    oct_model *const m = oct_model_create();
    oct_model_input(m, "x", OCT_TYPE(UINT8), 4, image);
    add_constants(m);
    for (size_t i = 0; i < MOST_NODES && s->nodes[i] != NULL; i++)
        add_node(m, s->nodes[i]);
    oct_model_output(m, "y");
    return m;
}

static void test_sizes(void **state)
{
    oct_fixture *const fixture = *state;
    uint8_t x[COUNT], y[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        x[i] = (uint8_t)i;
    for (size_t i = 0; i < OCT_COUNT(sizings); i++) {
        const sizing *const s = &sizings[i];
        oct_model *const m = make_model(s);
        octet_network_value value;
        octet_network *const network = oct_model_load(fixture, fixture->contexts[0], m);
        assert_int_equal(octet_network_outputs(network, &value, 1), 1);
        if (value.shape.rank != s->rank ||
            memcmp(value.shape.size, s->output, s->rank * sizeof s->output[0]) != 0)
            fail_msg("%s: another shape", s->name);
        octet_network_destroy(network);
        memset(y, 0, COUNT);
        oct_model_run(fixture, fixture->contexts[0], m, 2, IMAGES, x, y);
        assert_memory_equal(x, y, COUNT);
        oct_model_free(m);
    }
}

/* The same of models that are refused; "said" is part of the message. */
static const struct {
    sizing sizing;
    octet_status status;
    const char *said;
} refusals[] = {
    /* clang-format off */
    {{"second size open", {"Shape x > s", "Gather s l0 > n", "Concat m1 n > r", "Reshape x r > y"},
      0, {0}}, OCTET_UNSUPPORTED, "size 1 of its shape depends on the number of images"},
    {{"open squared", {"Shape x > s", "Gather s l0 > n", "Mul n n > r", "Reshape x r > y"}, 0, {0}},
     OCTET_UNSUPPORTED, "of the sizes 1 per image and 1 per image"},
    {{"open and more", {"Shape x > s", "Gather s l0 > n", "Add n l1 > r", "Reshape x r > y"}, 0,
      {0}}, OCTET_UNSUPPORTED, "of the sizes 1 per image and 1;"},
    {{"by zero", {"Div l2 l0 > r", "Reshape x r > y"}, 0, {0}}, OCTET_UNSUPPORTED, "2 and 0"},
    {{"too large", {"Sub all l1 > r", "Reshape x r > y"}, 0, {0}}, OCTET_UNSUPPORTED,
     "9223372036854775807 and 1"},
    {{"lengths", {"Mul l12 l123 > r", "Reshape x r > y"}, 0, {0}}, OCTET_INVALID_ARGUMENT,
     "of 2 and 3 sizes"},
    {{"index", {"Shape x > s", "Gather s all > r", "Reshape x r > y"}, 0, {0}},
     OCTET_INVALID_ARGUMENT, "index 9223372036854775807 of a list of 4"},
    {{"images", {"Gather x l0 > y"}, 0, {0}}, OCTET_UNSUPPORTED, "a part of the open first"},
    {{"sizes as a value", {"Shape x > s", "Flatten s > y"}, 0, {0}}, OCTET_UNSUPPORTED,
     "its data is a list of sizes"},
    {{"not one", {"Squeeze x l1 > y"}, 0, {0}}, OCTET_INVALID_ARGUMENT, "dimension 1 is longer"},
    {{"open", {"Squeeze x l0 > y"}, 0, {0}}, OCTET_INVALID_ARGUMENT, "dimension 0 is open"},
    {{"before the open", {"Unsqueeze x l0 > y"}, 0, {0}}, OCTET_UNSUPPORTED, "axis 0 would make"},
    {{"axis", {"Squeeze x all > y"}, 0, {0}}, OCTET_INVALID_ARGUMENT,
     "axis 9223372036854775807 of 4 dimensions"},
    {{"starts", {"Shape x > s", "Slice s l12 l123 > r", "Reshape x r > y"}, 0, {0}},
     OCTET_UNSUPPORTED, "its starts are 2 numbers"},
    {{"step", {"Shape x > s", "Slice s l0 all l0 l2 > r", "Reshape x r > y"}, 0, {0}},
     OCTET_UNSUPPORTED, "axis 0, step 2"},
    {{"floats of images", {"Shape x > s", "Cast s > f", "Cast f > i", "Reshape x i > y"}, 0, {0}},
     OCTET_UNSUPPORTED, "its size 0 depends on the number of images, and is cast to float"},
    {{"huge", {"Cast huge > i", "Unsqueeze i l0 > r", "Reshape x r > y"}, 0, {0}},
     OCTET_INVALID_ARGUMENT, "its size 0 is 2.14748e+09"},
    {{"floor", {"Floor x > y"}, 0, {0}}, OCTET_UNSUPPORTED, "its input is u8; it must be f32"},
    {{"cast", {"Cast x > y"}, 0, {0}}, OCTET_UNSUPPORTED, "a cast of u8 to int64"},
    /* clang-format on */
};

static void test_refusals(void **state)
{
    oct_fixture *const fixture = *state;
    for (size_t i = 0; i < OCT_COUNT(refusals); i++) {
        oct_model *const m = make_model(&refusals[i].sizing);
        octet_network *network = NULL;
        size_t size;
        const uint8_t *const bytes = oct_model_pack(m, &size);
        oct_quiet(fixture);
        const octet_status status =
            octet_network_load_onnx_memory(fixture->contexts[0], bytes, size, NULL, &network);
        if (status != refusals[i].status)
            fail_msg("%s: %s; messages:\n%s", refusals[i].sizing.name, octet_status_text(status),
                     fixture->said);
        oct_assert_said(fixture, refusals[i].said);
        oct_model_free(m);
    }
}

/* Axes were an attribute until version 12; Cast makes float32 of integers. */
static void test_older(void **state)
{
    oct_fixture *const fixture = *state;
    uint8_t x[COUNT];
    float y[COUNT];
    oct_model *const m = oct_model_create();
    m->opset.version = 12;
    oct_model_input(m, "x", OCT_TYPE(UINT8), 4, (const int64_t[]){-1, 2, 3, 4});
    oct_model_integers(m, oct_model_node(m, "Unsqueeze", "u", "x", "u"), "axes", 2,
                       (const int64_t[]){-1, 1});
    oct_model_integers(m, oct_model_node(m, "Squeeze", "q", "u", "q"), "axes", 1,
                       (const int64_t[]){-1});
    oct_model_integer(m, oct_model_node(m, "Cast", "c", "q", "y"), "to", OCT_TYPE(FLOAT));
    oct_model_output(m, "y");
    for (size_t i = 0; i < COUNT; i++)
        x[i] = (uint8_t)(3 * i);
    oct_model_run(fixture, fixture->contexts[0], m, 1, IMAGES, x, y);
    for (size_t i = 0; i < COUNT; i++)
        assert_true(y[i] == (float)x[i]);
    oct_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_older),
    };
    return cmocka_run_group_tests(tests, oct_open_reference, oct_close_all);
}
