/* test_wire.c - bytes that are no model: cut off, nested without end, flipped. They are refused, or
 * what they say is run; nothing crashes. */
#include "model.h"
#include "network/fixture.h"
#include "onnx/onnx.h"

static octet_status check(oct_fixture *fixture, const void *bytes, size_t size)
{
    const oct_log log = {oct_listen, fixture};
    oct_quiet(fixture);
    return oct_onnx_check_wire(&log, &onnx__model_proto__descriptor, bytes, size);
}

/* Hand-made bytes: field 7 of a model is its graph, field 1 of a graph a node, of a node 5 an
 * attribute, of which 6 is a graph. */
static void test_hand_made(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *said; /* NULL: nothing wrong */
    } cases[] = {
        /* clang-format off */
        {"", 0, NULL},
        {"\x08\x08", 2, NULL},                                     /* format version 8 */
        {"\x3a\x02\x0a\x00", 4, NULL},                             /* a graph with an empty node */
        {"\x12\x02qr", 4, NULL},                                  /* who made it */
        {"\x12\x02q\x00", 4, "a text with a zero byte"},
        {"\xfa\x3f\x01x", 4, NULL},                                /* a field nobody knows */
        {"\x08", 1, "no valid value"},                             /* cut off */
        {"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12, "no valid value"},
        {"\x3a\x05\x0a\x00", 4, "longer than what holds it"},
        {"\x3a\x02\x0a\x05", 4, "longer than what holds it"},
        {"\x3a\xff\xff\xff\xff\xff\x01", 7, "longer than what holds it"},
        {"\x00\x00", 2, "no valid number"},                        /* field 0 */
        {"\xff\xff\xff\xff\xff\xff", 6, "no valid number"},
        {"\x3b\x3c", 2, "no valid value"},                         /* groups */
        {"\x3a\x00\x3a\x00", 4, "twice"},                          /* two graphs */
        {"\x39\x01\x02\x03", 4, "no valid value"},                 /* 8 bytes, cut off */
        {"\x3d\x01\x02\x03\x04", 5, NULL},                         /* 4 bytes: left to the parser */
        /* clang-format on */
    };
    oct_fixture *const fixture = *state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        const octet_status status = check(fixture, cases[i].bytes, cases[i].size);
        if ((status == OCTET_OK) != (cases[i].said == NULL))
            fail_msg("case %zu: %s", i, octet_status_text(status));
        if (cases[i].said != NULL)
            oct_assert_said(fixture, cases[i].said);
    }
}

/* Graphs within attributes within nodes within graphs: a parser that recursed would end the stack.
 * Built from the innermost outwards, towards the front of the array. */
static void test_depth(void **state)
{
    oct_fixture *const fixture = *state;
    enum { LEVELS = 100000, MOST_HEAD = 6 };
    static const uint8_t tags[] = {0x32, 0x2a, 0x0a}; /* graph in attribute in node in graph ... */
    uint8_t *const bytes = malloc(LEVELS * MOST_HEAD), *start = bytes + LEVELS * MOST_HEAD;
    size_t length = 0;
    octet_network *network = NULL;
    for (size_t i = 0; i < LEVELS; i++) {
        uint8_t head[MOST_HEAD] = {i + 1 < LEVELS ? tags[i % 3] : 0x3a}; /* ... of the model */
        size_t size = 1;
        for (size_t rest = length; size == 1 || rest > 0; rest >>= 7)
            head[size++] = (uint8_t)((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
        start -= size;
        length += size;
        memcpy(start, head, size);
    }
    assert_int_equal(
        octet_network_load_onnx_memory(fixture->contexts[0], start, length, NULL, &network),
        OCTET_INVALID_ARGUMENT);
    oct_assert_said(fixture, "nested too deep");
    free(bytes);
}

/* Runs what was loaded, if it is small: a flipped bit may ask for a large image. */
static void run_if_small(octet_network *network)
{
    octet_network_memory memory;
    octet_network_value input, output;
    if (octet_network_inputs(network, &input, 1) != 1 ||
        octet_network_outputs(network, &output, 1) != 1 ||
        octet_network_prepare(network, 1) != OCTET_OK)
        return;
    octet_network_memory_use(network, &memory);
    if (memory.ports + memory.activations > 1 << 20)
        return;
    const void *const inputs[] = {calloc(1, memory.ports + 1)};
    void *const outputs[] = {calloc(1, memory.ports + 1)};
    octet_network_run(network, 1, inputs, outputs, NULL);
    free((void *)(uintptr_t)inputs[0]);
    free(outputs[0]);
}

static bool load_and_run(oct_fixture *fixture, const uint8_t *bytes, size_t size)
{
    octet_network *network = NULL;
    oct_quiet(fixture);
    const octet_status status =
        octet_network_load_onnx_memory(fixture->contexts[0], bytes, size, NULL, &network);
    assert_true((status == OCTET_OK) == (network != NULL));
    if (status == OCTET_OK)
        run_if_small(network);
    else
        assert_true(fixture->said[0] != '\0');
    octet_network_destroy(network);
    return status == OCTET_OK;
}

/* digits.onnx cut off at every length. A copy of its own size lets a sanitizer see reads behind it.
 */
static void test_truncated(void **state)
{
    oct_fixture *const fixture = *state;
    size_t size;
    uint8_t *const whole = oct_read_file(OCT_EXAMPLES "/digits/digits.onnx", &size);
    for (size_t length = 0; length < size; length += length < 600 ? 1 : 61) {
        uint8_t *const part = malloc(length > 0 ? length : 1);
        assert_non_null(part);
        memcpy(part, whole, length);
        assert_false(load_and_run(fixture, part, length));
        free(part);
    }
    free(whole);
}

/* Thousands of copies with one to four bytes changed; half of them in the part that is not weights,
 * where the structure is. */
static void test_flipped(void **state)
{
    oct_fixture *const fixture = *state;
    size_t size, loaded = 0;
    uint64_t seed = 2026;
    uint8_t *const whole = oct_read_file(OCT_EXAMPLES "/digits/digits.onnx", &size);
    uint8_t *const copy = malloc(size);
    assert_non_null(copy);
    for (size_t round = 0; round < 6000; round++) {
        memcpy(copy, whole, size);
        for (size_t flips = oct_random_size(&seed, 1, 4); flips > 0; flips--) {
            const size_t reach = round % 2 == 0 ? 1200 : size;
            copy[oct_random_size(&seed, 0, reach - 1)] = (uint8_t)oct_random_bits(&seed);
        }
        loaded += load_and_run(fixture, copy, size);
    }
    assert_true(loaded > 0); /* some changes touch weights or names alone */
    free(copy);
    free(whole);
}

/* Bytes without any sense. */
static void test_random(void **state)
{
    oct_fixture *const fixture = *state;
    uint64_t seed = 7;
    uint8_t bytes[300];
    for (size_t round = 0; round < 20000; round++) {
        const size_t size = oct_random_size(&seed, 1, sizeof bytes);
        for (size_t i = 0; i < size; i++)
            bytes[i] = (uint8_t)oct_random_bits(&seed);
        bytes[0] = 0x3a;
        bytes[size > 1] = (uint8_t)(size > 2 ? size - 2 : 0);
        load_and_run(fixture, bytes, size);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hand_made), cmocka_unit_test(test_depth),
        cmocka_unit_test(test_truncated), cmocka_unit_test(test_flipped),
        cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, oct_open_reference, oct_close_all);
}
