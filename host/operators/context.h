/* context.h - making a context usable. */
#ifndef OCT_OPERATORS_CONTEXT_H
#define OCT_OPERATORS_CONTEXT_H

#include "runtime/runtime.h"

/* qualify.c - proves the device's arithmetic by the self-test, tries every dot-product path, and
 * sets context->traits and ->probes. The outcome is remembered on disk. */
octet_status oct_qualify(octet_context *context);

/* self_test.c - runs the operations that exactness rests on; MISCOMPUTED, and a message that says
 * what the device got wrong, when any differs. */
octet_status oct_self_test(octet_context *context);

/* variants.c - writes the names that octet_list_variants hands out. */
void oct_name_variants(octet_context *context);

/* oct_context_desc_or_default - a checked copy of "desc" or, when it is NULL, the defaults. */
octet_status oct_context_desc_or_default(const octet_context_desc *desc, octet_context_desc *out);

#endif
