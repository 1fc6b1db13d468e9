/* context.h - making a context usable. */
#ifndef OCT_OPERATORS_CONTEXT_H
#define OCT_OPERATORS_CONTEXT_H

#include "runtime/runtime.h"

/* qualify.c - proves the device's arithmetic by the self-test, tries every dot-product path, and
 * sets context->traits and ->probes. The outcome is remembered on disk. */
octet_status oct_qualify(octet_context *context);

/* keep.c - marks the fastest path that works, says of the others why they were not kept, and sets
 * what traits say of paths and rows. False when none is left: paths for tests do not count, nor do
 * those whose rows are switched off. */
bool oct_keep_fastest(octet_context *context);

/* self_test.c - runs the operations that exactness rests on; MISCOMPUTED, and a message that says
 * what the device got wrong, when any differs. */
octet_status oct_self_test(octet_context *context);

/* variants.c - writes the names that octet_list_variants hands out. */
void oct_name_variants(octet_context *context);

/* tuning.c - reads the winners of earlier tuning on this device; there may be none. */
void oct_load_winners(octet_context *context);

/* switches.c - what the environment switches off: paths and rows of the tables by name, and chains
 * (runtime.h). One message names those of the list that are none of these. */
bool oct_is_switched_off(const char *name);
void oct_switch_tiles_off(oct_traits *traits, const oct_log *log);
#define OCT_SWITCHES "OCTET_DISABLE" /* names, separated by commas */
#define OCT_CHAIN "chain"

/* oct_context_desc_or_default - a checked copy of "desc" or, when it is NULL, the defaults. */
octet_status oct_context_desc_or_default(const octet_context_desc *desc, octet_context_desc *out);

#endif
