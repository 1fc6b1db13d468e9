/* rig.h - what tests of operators stand on: a context on every OpenCL device and, last, on the
 * reference, opened once per program, and everything that they say. */
#ifndef OCT_TESTS_RIG_H
#define OCT_TESTS_RIG_H

#include "core/log.h"
#include "support/unit.h"

enum { OCT_RIG_CONTEXTS = 8, OCT_RIG_TEXT = 16384 };

/* Paths that programs with a rig leave out, unless the environment has another list: emulated matrix
 * cores of AMD and Intel and tiles of AMX, whose kernels take seconds to compile. tests kernels/emulated_…
 * run them. */
#define OCT_RIG_DISABLED "emulated_mfma,emulated_wmma,emulated_dpas8,emulated_dpas16,emulated_amx"

typedef struct oct_rig {
    octet_context *contexts[OCT_RIG_CONTEXTS];
    size_t count, devices;    /* contexts; those before the reference   */
    octet_context *reference; /* the last of them                       */
    oct_log log;              /* keeps what is said, as the contexts do */
    char said[OCT_RIG_TEXT];  /* since oct_rig_hush, line by line       */
} oct_rig;

extern oct_rig oct_the_rig;

/* Group fixtures. Where octet was built with OpenCL a device must be there: without one nothing
 * would be tested, and that is a failure. oct_rig_open_reference opens the reference alone. */
int oct_rig_open(void **state);
int oct_rig_open_reference(void **state);
int oct_rig_close(void **state);

void oct_rig_hush(void);

/* oct_rig_listen - the message hook; "user" is an oct_rig. */
void oct_rig_listen(void *user, const char *text);

/* OCT_ASSERT_OK - a failure shows the messages. OCT_ASSERT_REFUSED - the call must give "status"
 * and say something that contains "text". */
#define OCT_ASSERT_OK(call) oct_rig_check_ok((call), #call, __FILE__, __LINE__)
#define OCT_ASSERT_REFUSED(call, status, text)                                                     \
    do {                                                                                           \
        oct_rig_hush();                                                                            \
        oct_rig_check_refused((call), (status), (text), #call, __FILE__, __LINE__);                \
    } while (0)

void oct_rig_check_ok(octet_status status, const char *call, const char *file, int line);
void oct_rig_check_refused(octet_status given, octet_status wanted, const char *text,
                           const char *call, const char *file, int line);

#endif
