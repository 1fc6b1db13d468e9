/* log.h - carries diagnostic sentences to the caller's message hook. */
#ifndef OCT_CORE_LOG_H
#define OCT_CORE_LOG_H

#include "octet/octet.h"

typedef struct oct_log {
    octet_message_fn message; /* may be NULL */
    void *user;
} oct_log;

/* oct_report - formats one sentence, hands it to the hook and returns "status". "log" may be NULL.
 */
octet_status oct_report(const oct_log *log, octet_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
