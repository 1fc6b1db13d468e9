/* test_log.c - status names, the version and messages. */
#include "core/log.h"

#include <stdio.h>

#include "core/check.h"
#include "support/unit.h"

static void every_status_has_a_name(void **state)
{
    (void)state;
    assert_string_equal(octet_status_text(OCTET_OK), "ok");
    assert_string_equal(octet_status_text(OCTET_MISCOMPUTED), "the device miscomputes");
    assert_string_equal(octet_status_text((octet_status)8), "unknown status");
    assert_string_equal(octet_status_text((octet_status)-1), "unknown status");
    for (int status = OCTET_OK; status <= OCTET_MISCOMPUTED; status++)
        assert_string_not_equal(octet_status_text((octet_status)status), "unknown status");
}

static void the_version_has_three_numbers(void **state)
{
    int major, minor, patch;
    (void)state;
    assert_int_equal(sscanf(octet_version(), "%d.%d.%d", &major, &minor, &patch), 3);
    assert_int_equal(major, OCTET_VERSION_MAJOR);
    assert_int_equal(minor, OCTET_VERSION_MINOR);
    assert_int_equal(patch, OCTET_VERSION_PATCH);
}

static void keep_message(void *user, const char *text)
{
    strcpy(user, text);
}

static void reports_reach_the_hook_and_return_the_status(void **state)
{
    char text[2048] = "";
    const oct_log log = {keep_message, text}, silent = {0};
    (void)state;
    assert_int_equal(oct_report(&log, OCTET_UNSUPPORTED, "k is %d", 0), OCTET_UNSUPPORTED);
    assert_string_equal(text, "k is 0");
    assert_int_equal(oct_report(&silent, OCTET_IO_FAILED, "k is %d", 0), OCTET_IO_FAILED);
    assert_int_equal(oct_report(NULL, OCTET_IO_FAILED, "k is %d", 0), OCTET_IO_FAILED);
}

static octet_status require_positive(const oct_log *log, int value, bool *passed)
{
    octet_status status = OCTET_OK;
    OCT_REQUIRE(log, value > 0, OCTET_INVALID_ARGUMENT, "value is %d", value);
    *passed = true;
cleanup:
    return status;
}

static octet_status forward(int value, bool *passed)
{
    octet_status status = OCTET_OK;
    bool inner = false;
    OCT_TRY(require_positive(NULL, value, &inner));
    *passed = inner;
cleanup:
    return status;
}

static void failed_checks_leave_at_once(void **state)
{
    bool passed = false;
    (void)state;
    assert_int_equal(forward(0, &passed), OCTET_INVALID_ARGUMENT);
    assert_false(passed);
    assert_int_equal(forward(1, &passed), OCTET_OK);
    assert_true(passed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_a_name),
        cmocka_unit_test(the_version_has_three_numbers),
        cmocka_unit_test(reports_reach_the_hook_and_return_the_status),
        cmocka_unit_test(failed_checks_leave_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
