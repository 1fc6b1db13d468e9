/* The line for who waits: only after a while, once, with the device and the folder. */
#include "support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "harness/building.h"

/* What standard error gets from "seconds" of building, signals or not. */
static void build_for(double seconds, char *text, size_t size)
{
    FILE *const file = tmpfile();
    const int before = dup(STDERR_FILENO);
    const double end = oct_now() + seconds;
    assert_non_null(file);
    dup2(fileno(file), STDERR_FILENO);
    oct_building_begin("a device");
    while (oct_now() < end) {
        const struct timespec nap = {0, 10000000};
        nanosleep(&nap, NULL);
    }
    oct_building_end();
    dup2(before, STDERR_FILENO);
    close(before);
    rewind(file);
    text[fread(text, 1, size - 1, file)] = '\0';
    fclose(file);
}

static void says_it_once(void **state)
{
    (void)state;
    char text[256];
    setenv("OCTET_CACHE_DIR", "/some/where", 1);
    build_for(0.1, text, sizeof text);
    assert_string_equal(text, "");
    build_for(2.5, text, sizeof text);
    assert_string_equal(text, "octet: building kernels for a device, once; kept in /some/where\n");
    build_for(2.5, text, sizeof text);
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(says_it_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
