/* session.h - options that every computing command has, and the context opened from them. */
#ifndef OCT_CLI_SESSION_H
#define OCT_CLI_SESSION_H

#include "cli/options.h"

typedef struct oct_common_options {
    int backend;         /* octet_backend */
    const char *device;  /* NULL: the best */
    const char *variant; /* NULL: chosen */
    bool check, json;
    bool profiling; /* of the command itself: events are to carry device times */
} oct_common_options;

/* --backend --device --variant --json --check, for a command's groups. */
oct_option_group oct_common_group(oct_common_options *options);

/* The same for commands that always check: they accept --check without mentioning it. */
oct_option_group oct_checking_group(oct_common_options *options);

/* oct_session_open - the context asked for; the library says on standard error when "auto" found no
 * device. OCTET_NO_DEVICE is exit 1, an unknown device exit 2. */
octet_status oct_session_open(const oct_common_options *options, octet_context **out);

/* oct_session_require_variant - refuses a name that is no row of "kind" ("gemm", "conv2d") on this
 * device, with the list of those that are. NULL passes. */
octet_status oct_session_require_variant(octet_context *context, const char *kind,
                                         const char *variant);

/* oct_session_list_variants - notes the rows that exist, after one was refused. */
void oct_session_list_variants(octet_context *context, const char *kind);

#endif
