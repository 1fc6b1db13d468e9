/* check.h - the only macros that hide a jump. Each function that uses them declares
 * `octet_status status = OCTET_OK;`, has one label `cleanup`, and returns status after it.
 *
 *   OCT_TRY(call)                      call returns octet_status; leave on failure
 *   OCT_REQUIRE(log, cond, code, ...)  leave with code and a printf-style message unless cond
 *   OCT_ALLOC(log, pointer, count)     zeroed array of count elements for pointer; leave on failure
 *   OCT_CL_TRY(log, call, "clName")    an OpenCL call that returns its error code; leave on failure
 *                                      (used in host/runtime only; needs runtime/opencl.h)
 */
#ifndef OCT_CORE_CHECK_H
#define OCT_CORE_CHECK_H

#include "core/log.h"
#include "core/memory.h"

#define OCT_TRY(call)                                                                              \
    do {                                                                                           \
        status = (call);                                                                           \
        if (status != OCTET_OK)                                                                    \
            goto cleanup;                                                                          \
    } while (0)

#define OCT_REQUIRE(log, cond, code, ...)                                                          \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            status = oct_report((log), (code), __VA_ARGS__);                                       \
            goto cleanup;                                                                          \
        }                                                                                          \
    } while (0)

#define OCT_ALLOC(log, pointer, count)                                                             \
    do {                                                                                           \
        (pointer) = oct_allocate((count), sizeof *(pointer));                                      \
        OCT_REQUIRE(log, (pointer) != NULL, OCTET_OUT_OF_MEMORY,                                   \
                    "out of host memory: %zu elements of %zu bytes", (size_t)(count),              \
                    sizeof *(pointer));                                                            \
    } while (0)

#define OCT_CL_TRY(log, call, name)                                                                \
    do {                                                                                           \
        const cl_int cl_try_error = (call);                                                        \
        if (cl_try_error != CL_SUCCESS) {                                                          \
            status = oct_cl_report((log), cl_try_error, (name));                                   \
            goto cleanup;                                                                          \
        }                                                                                          \
    } while (0)

#endif
