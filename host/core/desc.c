/* desc.c - see desc.h. */
#include "core/desc.h"

#include <string.h>

#include "core/check.h"

enum { LARGEST = 4096 }; /* bytes: more is no size of a description, but was never set */

octet_status oct_desc_copy(const oct_log *log, const char *name, const void *given, size_t least,
                           size_t known, void *copy)
{
    octet_status status = OCTET_OK;
    const unsigned char *const bytes = given;
    size_t size = 0;
    memcpy(&size, given, sizeof size);
    OCT_REQUIRE(log, least <= size && size <= LARGEST, OCTET_INVALID_ARGUMENT,
                "%s: struct_size is %zu; set it to the description's sizeof, %zu", name, size,
                known);
    for (size_t i = known; i < size; i++)
        OCT_REQUIRE(log, bytes[i] == 0, OCTET_UNSUPPORTED,
                    "%s: the description of %zu bytes sets byte %zu; octet %s knows the first %zu",
                    name, size, i, octet_version(), known);
    memset(copy, 0, known);
    memcpy(copy, given, size < known ? size : known);
    memcpy(copy, &known, sizeof known);
cleanup:
    return status;
}
