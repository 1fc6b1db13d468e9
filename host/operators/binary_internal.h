/* binary_internal.h - a function of two values as operators keep it. */
#ifndef OCT_OPERATORS_BINARY_INTERNAL_H
#define OCT_OPERATORS_BINARY_INTERNAL_H

#include "core/check.h"
#include "reference/reference.h"

/* oct_binary_describe - checks everything that needs no shape. */
octet_status oct_binary_describe(const oct_log *log, const octet_binary_desc *desc,
                                 oct_reference_binary *what);

#endif
