/* rig.c - see rig.h. */
#include "support/rig.h"

#include <stdio.h>
#include <stdlib.h>

oct_rig oct_the_rig;

void oct_rig_listen(void *user, const char *text)
{
    oct_rig *const rig = user;
    const size_t length = strlen(rig->said);
    snprintf(rig->said + length, sizeof rig->said - length, "%s\n", text);
}

void oct_rig_hush(void)
{
    oct_the_rig.said[0] = '\0';
}

static void open_context(oct_rig *rig, size_t index)
{
    char number[24];
    snprintf(number, sizeof number, "%zu", index);
    const octet_context_desc desc = {.struct_size = sizeof desc,
                                     .device = number,
                                     .message = oct_rig_listen,
                                     .message_user = rig};
    OCT_ASSERT_OK(octet_context_create(&desc, &rig->contexts[rig->count++]));
}

static void open_contexts(size_t first, size_t count)
{
    oct_rig *const rig = &oct_the_rig;
    rig->log = (oct_log){oct_rig_listen, rig};
    assert_in_range(count - first, 1, OCT_RIG_CONTEXTS);
    for (size_t i = first; i < count; i++)
        open_context(rig, i);
    rig->devices = rig->count - 1;
    rig->reference = rig->contexts[rig->devices];
}

static size_t count_devices(void)
{
    size_t count = 0;
    assert_int_equal(octet_list_devices(NULL, 0, &count), OCTET_OK);
    return count;
}

int oct_rig_open(void **state)
{
    const size_t count = count_devices();
    (void)state;
    assert_int_equal(setenv("OCTET_DISABLE", OCT_RIG_DISABLED, 0), 0);
#ifdef OCTET_HAVE_OPENCL
    if (count < 2)
        fail_msg("there is no OpenCL device to test");
#endif
    open_contexts(0, count);
    return 0;
}

int oct_rig_open_reference(void **state)
{
    const size_t count = count_devices();
    (void)state;
    open_contexts(count - 1, count);
    return 0;
}

int oct_rig_close(void **state)
{
    (void)state;
    while (oct_the_rig.count > 0)
        octet_context_destroy(oct_the_rig.contexts[--oct_the_rig.count]);
    return 0;
}

void oct_rig_check_ok(octet_status status, const char *call, const char *file, int line)
{
    if (status == OCTET_OK)
        return;
    print_error("%s: %s; messages:\n%s", call, octet_status_text(status), oct_the_rig.said);
    _fail(file, line);
}

void oct_rig_check_refused(octet_status given, octet_status wanted, const char *text,
                           const char *call, const char *file, int line)
{
    if (given == wanted && strstr(oct_the_rig.said, text) != NULL)
        return;
    print_error("%s: \"%s\" instead of \"%s\" and a message with \"%s\"; messages:\n%s", call,
                octet_status_text(given), octet_status_text(wanted), text, oct_the_rig.said);
    _fail(file, line);
}
