/* fixture.h - a context on every device, and what they say. */
#ifndef OCT_TESTS_NETWORK_FIXTURE_H
#define OCT_TESTS_NETWORK_FIXTURE_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "octet/network.h"
#include "support/unit.h"

#define OCT_MOST_CONTEXTS 8

typedef struct oct_fixture {
    octet_context *contexts[OCT_MOST_CONTEXTS]; /* the last is the reference */
    size_t count;
    char said[8192]; /* every message since oct_quiet */
} oct_fixture;

static inline void oct_listen(void *user, const char *text)
{
    oct_fixture *const fixture = user;
    const size_t length = strlen(fixture->said);
    snprintf(fixture->said + length, sizeof fixture->said - length, "%s\n", text);
}

static inline void oct_quiet(oct_fixture *fixture)
{
    fixture->said[0] = '\0';
}

/* oct_assert_said - fails unless a message contains "text". */
static inline void oct_assert_said(const oct_fixture *fixture, const char *text)
{
    if (strstr(fixture->said, text) == NULL)
        fail_msg("no message contains \"%s\"; there are:\n%s", text, fixture->said);
}

/* oct_assert_ok - fails with the messages. */
static inline void oct_assert_ok(const oct_fixture *fixture, octet_status status)
{
    if (status != OCTET_OK)
        fail_msg("%s; messages:\n%s", octet_status_text(status), fixture->said);
}

static inline void oct_open(oct_fixture *fixture, size_t index)
{
    char number[24];
    snprintf(number, sizeof number, "%zu", index);
    const octet_context_desc desc = {.struct_size = sizeof desc,
                                     .device = number,
                                     .message = oct_listen,
                                     .message_user = fixture};
    oct_assert_ok(fixture, octet_context_create(&desc, &fixture->contexts[fixture->count++]));
}

/* Group fixtures. In a build with OpenCL a device must be there: without one nothing would be
 * tested. */
static inline int oct_open_all(void **state)
{
    oct_fixture *const fixture = calloc(1, sizeof *fixture);
    size_t count = 0;
    assert_non_null(fixture);
    *state = fixture;
    assert_int_equal(octet_list_devices(NULL, 0, &count), OCTET_OK);
#ifdef OCTET_HAVE_OPENCL
    assert_true(count > 1);
#endif
    assert_true(count <= OCT_MOST_CONTEXTS);
    for (size_t i = 0; i < count; i++)
        oct_open(fixture, i);
    return 0;
}

static inline int oct_open_reference(void **state)
{
    oct_fixture *const fixture = calloc(1, sizeof *fixture);
    size_t count = 0;
    assert_non_null(fixture);
    *state = fixture;
    assert_int_equal(octet_list_devices(NULL, 0, &count), OCTET_OK);
    oct_open(fixture, count - 1);
    return 0;
}

static inline int oct_close_all(void **state)
{
    oct_fixture *const fixture = *state;
    for (size_t i = 0; i < fixture->count; i++)
        octet_context_destroy(fixture->contexts[i]);
    free(fixture);
    return 0;
}

/* oct_read_file - all of a file, freed by the caller. */
static inline void *oct_read_file(const char *path, size_t *size)
{
    FILE *const file = fopen(path, "rb");
    if (file == NULL)
        fail_msg("%s cannot be opened", path);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    *size = (size_t)ftell(file);
    rewind(file);
    char *const data = malloc(*size + 1);
    assert_non_null(data);
    assert_int_equal(fread(data, 1, *size, file), *size);
    fclose(file);
    return data;
}

#endif
