/* test_external.c - weights in other files: found beside the model, and nowhere else. */
#include <sys/stat.h>
#include <unistd.h>

#include "small.h"
#include "support/scratch.h"

/* A folder with the model's own inside, and weights in both. */
typedef struct folders {
    oct_scratch outer;
    char inner[OCT_SCRATCH_PATH], model[OCT_SCRATCH_PATH];
} folders;

static void set_entry(oct_model *m, Onnx__TensorProto *tensor, const char *key, const char *value)
{
    Onnx__StringStringEntryProto *const entry = oct_model_keep(m, sizeof *entry);
    onnx__string_string_entry_proto__init(entry);
    entry->key = oct_model_text(m, key);
    entry->value = oct_model_text(m, value);
    tensor->external_data[tensor->n_external_data++] = entry;
}

/* The small network with "w", 72 bytes, and "b", 16 bytes, in a file: at 8 and at 80. */
static oct_model *external_network(const char *location, const char *offset, const char *length)
{
    oct_model *const m = oct_small_network();
    for (size_t i = 0; i < 2; i++) {
        Onnx__TensorProto *const tensor = oct_small_tensor(m, i == 0 ? "w" : "b");
        tensor->has_raw_data = 0;
        tensor->has_data_location = 1;
        tensor->data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
        tensor->external_data = oct_model_keep(m, 4 * sizeof *tensor->external_data);
        set_entry(m, tensor, "location", location);
        set_entry(m, tensor, "offset", i == 0 ? offset : "80");
        set_entry(m, tensor, "checksum", "none");
        if (i == 0 && length != NULL)
            set_entry(m, tensor, "length", length);
    }
    return m;
}

static void write_weights(const char *directory, const char *name)
{
    char path[OCT_SCRATCH_PATH];
    uint8_t bytes[96] = {0};
    oct_model *const m = oct_small_network();
    memcpy(bytes + 8, oct_small_tensor(m, "w")->raw_data.data, 72);
    memcpy(bytes + 80, oct_small_tensor(m, "b")->raw_data.data, 16);
    oct_scratch_write(oct_scratch_join(directory, name, path), bytes, sizeof bytes);
    oct_model_free(m);
}

static void open_folders(folders *f)
{
    char path[OCT_SCRATCH_PATH], part[OCT_SCRATCH_PATH];
    oct_scratch_open(&f->outer);
    oct_scratch_join(f->outer.path, "inner", f->inner);
    oct_scratch_join(f->inner, "model.onnx", f->model);
    assert_int_equal(mkdir(f->inner, 0700), 0);
    oct_scratch_join(f->inner, "part", part);
    assert_int_equal(mkdir(part, 0700), 0);
    write_weights(f->outer.path, "weights");
    write_weights(f->inner, "weights");
    write_weights(part, "weights");
    assert_int_equal(symlink("../weights", oct_scratch_join(f->inner, "out", path)), 0);
    assert_int_equal(symlink("part/weights", oct_scratch_join(f->inner, "in", path)), 0);
    assert_int_equal(symlink("..", oct_scratch_join(f->inner, "up", path)), 0);
    assert_int_equal(mkfifo(oct_scratch_join(f->inner, "pipe", path), 0600), 0);
}

static octet_status load(oct_fixture *fixture, const folders *f, oct_model *m,
                         octet_network **network)
{
    size_t size;
    const uint8_t *const bytes = oct_model_pack(m, &size);
    oct_scratch_write(f->model, bytes, size);
    oct_quiet(fixture);
    return octet_network_load_onnx(fixture->contexts[0], f->model, NULL, network);
}

/* What the network gives for one image. */
static void run(oct_fixture *fixture, octet_network *network, float *y)
{
    float x[2 * 4 * 4];
    const void *inputs[] = {x};
    void *outputs[] = {y};
    for (size_t i = 0; i < OCT_COUNT(x); i++)
        x[i] = (float)(i * 7 % 100);
    oct_assert_ok(fixture, octet_network_run(network, 1, inputs, outputs, NULL));
    octet_network_destroy(network);
}

static void test_accepted(void **state)
{
    oct_fixture *const fixture = *state;
    static const char *const locations[] = {"weights", "./weights", "part/weights", "in",
                                            "part//weights"};
    folders f;
    octet_network *network = NULL;
    float expected[3], actual[3];
    oct_model *const whole = oct_small_network();
    open_folders(&f);
    oct_assert_ok(fixture, load(fixture, &f, whole, &network));
    run(fixture, network, expected);
    for (size_t i = 0; i < OCT_COUNT(locations); i++) {
        oct_model *const m = external_network(locations[i], "8", i % 2 == 0 ? "72" : NULL);
        oct_assert_ok(fixture, load(fixture, &f, m, &network));
        run(fixture, network, actual);
        assert_memory_equal(actual, expected, sizeof expected);
        oct_model_free(m);
    }
    oct_model_free(whole);
    oct_scratch_close(&f.outer);
}

static const struct {
    const char *location, *offset, *length;
    octet_status status;
    const char *said;
} refusals[] = {
    /* clang-format off */
    {"missing", "8", "72", OCTET_IO_FAILED, "'w': '"},
    {"", "8", "72", OCTET_INVALID_ARGUMENT, "is kept in ''; it must be a file in the model's folder"},
    {"/etc/passwd", "8", "72", OCTET_INVALID_ARGUMENT, "is kept in '/etc/passwd'; it must be"},
    {"../weights", "8", "72", OCTET_INVALID_ARGUMENT, "is kept in '../weights'; it must be"},
    {"part/../weights", "8", "72", OCTET_INVALID_ARGUMENT, "is kept in 'part/../weights'"},
    {"part/..", "8", "72", OCTET_INVALID_ARGUMENT, "is kept in 'part/..'"},
    {"out", "8", "72", OCTET_INVALID_ARGUMENT, "'out' leads out of the model's folder"},
    {"up/weights", "8", "72", OCTET_INVALID_ARGUMENT, "'up/weights' leads out"},
    {"part", "8", "72", OCTET_INVALID_ARGUMENT, "'part' is no file"},
    {"pipe", "8", "72", OCTET_INVALID_ARGUMENT, "'pipe' is no file"},
    {"weights", "25", "72", OCTET_INVALID_ARGUMENT, "72 bytes at 25 of"},
    {"weights", "9223372036854775807", "72", OCTET_INVALID_ARGUMENT, "at 9223372036854775807 of"},
    {"weights", "18446744073709551615", "72", OCTET_INVALID_ARGUMENT, "from 0 to 9223372036854775807"},
    {"weights", "-8", "72", OCTET_INVALID_ARGUMENT, "its offset is '-8'; it must be a whole number"},
    {"weights", "8", "71", OCTET_INVALID_ARGUMENT, "has 71 bytes in 'weights'"},
    /* clang-format on */
};

static void test_refused(void **state)
{
    oct_fixture *const fixture = *state;
    folders f;
    octet_network *network = NULL;
    open_folders(&f);
    for (size_t i = 0; i < OCT_COUNT(refusals); i++) {
        oct_model *const m =
            external_network(refusals[i].location, refusals[i].offset, refusals[i].length);
        const octet_status status = load(fixture, &f, m, &network);
        if (status != refusals[i].status)
            fail_msg("'%s': %s; messages:\n%s", refusals[i].location, octet_status_text(status),
                     fixture->said);
        oct_assert_said(fixture, refusals[i].said);
        oct_model_free(m);
    }
    oct_scratch_close(&f.outer);
}

/* The working directory is the folder of a model that is named alone. */
static void test_here(void **state)
{
    oct_fixture *const fixture = *state;
    folders f;
    char before[4096];
    octet_network *network = NULL;
    oct_model *const m = external_network("weights", "8", "72");
    open_folders(&f);
    size_t size;
    const uint8_t *const bytes = oct_model_pack(m, &size);
    oct_scratch_write(f.model, bytes, size);
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(f.inner), 0);
    oct_assert_ok(fixture,
                  octet_network_load_onnx(fixture->contexts[0], "model.onnx", NULL, &network));
    assert_int_equal(chdir(before), 0);
    octet_network_destroy(network);
    oct_model_free(m);
    oct_scratch_close(&f.outer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_here),
    };
    return cmocka_run_group_tests(tests, oct_open_reference, oct_close_all);
}
