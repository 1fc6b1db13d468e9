/* test_desc.c - descriptions of older, newer and careless callers. */
#include "core/desc.h"
#include "support/rig.h"

/* A description as three versions of a header have it. */
typedef struct first {
    size_t struct_size;
    const char *name;
} first;

typedef struct second {
    size_t struct_size;
    const char *name;
    size_t added;
} second;

typedef struct third {
    size_t struct_size;
    const char *name;
    size_t added;
    uint8_t last[8];
} third;

/* What the second version makes of it. */
static octet_status copy(const void *given, second *out)
{
    return oct_desc_copy(&oct_the_rig.log, "thing", given, sizeof(first), sizeof *out, out);
}

static void fields_of_later_versions_read_as_zero(void **state)
{
    const first old = {sizeof old, "old"};
    const second same = {sizeof same, "same", 5};
    const third future = {.struct_size = sizeof future, .name = "new", .added = 6};
    second out = {7, "untouched", 8};
    (void)state;
    OCT_ASSERT_OK(copy(&old, &out));
    assert_string_equal(out.name, "old");
    assert_int_equal(out.added, 0);
    assert_int_equal(out.struct_size, sizeof out);
    OCT_ASSERT_OK(copy(&same, &out));
    assert_string_equal(out.name, "same");
    assert_int_equal(out.added, 5);
    OCT_ASSERT_OK(copy(&future, &out));
    assert_string_equal(out.name, "new");
    assert_int_equal(out.added, 6);
    assert_int_equal(out.struct_size, sizeof out);
}

static void what_is_unknown_is_refused(void **state)
{
    third future = {.struct_size = sizeof future, .last = {0, 0, 0, 0, 0, 0, 0, 1}};
    second out = {7, "untouched", 8};
    (void)state;
    OCT_ASSERT_REFUSED(copy(&future, &out), OCTET_UNSUPPORTED,
                       "thing: the description of 32 bytes sets byte 31; octet ");
    assert_int_equal(out.struct_size, 7);
    assert_string_equal(out.name, "untouched");
}

static void careless_sizes_are_refused(void **state)
{
    static const size_t sizes[] = {0, 1, sizeof(first) - 1, 4097, SIZE_MAX};
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(sizes); i++) { /* a size is all that is there to read */
        second out = {7, "untouched", 8};
        OCT_ASSERT_REFUSED(copy(&sizes[i], &out), OCTET_INVALID_ARGUMENT,
                           "set it to the description's sizeof, 24");
        assert_int_equal(out.struct_size, 7);
    }
}

static int listen(void **state)
{
    (void)state;
    oct_the_rig.log = (oct_log){oct_rig_listen, &oct_the_rig};
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_of_later_versions_read_as_zero),
        cmocka_unit_test(what_is_unknown_is_refused),
        cmocka_unit_test(careless_sizes_are_refused),
    };
    return cmocka_run_group_tests(tests, listen, NULL);
}
