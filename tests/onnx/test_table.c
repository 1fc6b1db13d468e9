/* test_table.c - docs/onnx.md has a row for each operator of the loader's table, and no other. */
#include "network/fixture.h"
#include "onnx/onnx.h"

static void test_documented(void **state)
{
    size_t size, rows = 0;
    char *const text = oct_read_file(OCT_SOURCE "/docs/onnx.md", &size);
    (void)state;
    text[size] = '\0';
    char *const table = strstr(text, "| Operator |");
    assert_non_null(table);
    strstr(table, "\n\n")[0] = '\0';
    for (size_t i = 0; i < oct_onnx_op_count; i++) {
        char row[64];
        snprintf(row, sizeof row, "\n| %s |", oct_onnx_ops[i].type);
        if (strstr(table, row) == NULL)
            fail_msg("docs/onnx.md has no row for %s", oct_onnx_ops[i].type);
    }
    for (const char *line = strstr(table, "\n| "); line != NULL; line = strstr(line + 1, "\n| "))
        rows++;
    assert_int_equal(rows, oct_onnx_op_count + 1); /* and the line under the heads */
    free(text);
}

/* Attribute lists end in a space after each name: that is how they are searched. */
static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < oct_onnx_op_count; i++) {
        const oct_onnx_op *const op = &oct_onnx_ops[i];
        const size_t length = strlen(op->attributes);
        assert_true(length == 0 || op->attributes[length - 1] == ' ');
        assert_true(op->inputs_least <= op->inputs_most && op->convert != NULL);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(op->type, oct_onnx_ops[j].type);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_documented),
        cmocka_unit_test(test_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
