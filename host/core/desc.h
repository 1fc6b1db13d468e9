/* desc.h - descriptions of callers that were compiled with another version of a header. */
#ifndef OCT_CORE_DESC_H
#define OCT_CORE_DESC_H

#include "core/log.h"

/* oct_desc_copy - a description as this version knows it. "given" begins with its struct_size, and
 * nothing else of it is read before that is checked; "copy" gets "known" bytes, those that an older
 * caller did not give as zeros, and "known" for its struct_size. "name" begins the message: "gemm".
 * - OCTET_INVALID_ARGUMENT: struct_size is below "least", the description of the first version, or
 *   too large for any.
 * - OCTET_UNSUPPORTED: a newer caller asks for what this version lacks: a byte beyond "known" is
 *   not 0. */
octet_status oct_desc_copy(const oct_log *log, const char *name, const void *given, size_t least,
                           size_t known, void *copy);

#endif
