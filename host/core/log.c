/* log.c - status names, the version, and messages. */
#include "core/log.h"

#include <stdarg.h>
#include <stdio.h>

const char *octet_status_text(octet_status status)
{
    static const char *const texts[] = {
        [OCTET_OK] = "ok",
        [OCTET_INVALID_ARGUMENT] = "invalid argument",
        [OCTET_UNSUPPORTED] = "unsupported",
        [OCTET_NO_DEVICE] = "no OpenCL device",
        [OCTET_OUT_OF_MEMORY] = "out of memory",
        [OCTET_DEVICE_FAILED] = "the device failed",
        [OCTET_IO_FAILED] = "input or output failed",
        [OCTET_MISCOMPUTED] = "the device miscomputes",
    };
    const size_t index = (size_t)status;
    return index < sizeof texts / sizeof texts[0] ? texts[index] : "unknown status";
}

#define OCT_TEXT_(x) #x
#define OCT_TEXT(x) OCT_TEXT_(x)

const char *octet_version(void)
{
    return OCT_TEXT(OCTET_VERSION_MAJOR) "." OCT_TEXT(OCTET_VERSION_MINOR) "." OCT_TEXT(
        OCTET_VERSION_PATCH);
}

octet_status oct_report(const oct_log *log, octet_status status, const char *format, ...)
{
    char text[2048];
    va_list arguments;
    if (log == NULL || log->message == NULL)
        return status;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    log->message(log->user, text);
    return status;
}
