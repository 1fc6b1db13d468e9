/* lookup_internal.h - what lookup shares with the layers that end in one. */
#ifndef OCT_OPERATORS_LOOKUP_INTERNAL_H
#define OCT_OPERATORS_LOOKUP_INTERNAL_H

#include "operators/operator.h"

#define OCT_TABLE_BYTES 256

/* oct_lookup_check - types and table of a description. */
octet_status oct_lookup_check(const oct_log *log, const octet_lookup_desc *desc);

#endif
