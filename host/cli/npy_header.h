/* npy_header.h - the text at the head of a .npy file: a Python dictionary with exactly the keys
 * descr, fortran_order and shape. */
#ifndef OCT_CLI_NPY_HEADER_H
#define OCT_CLI_NPY_HEADER_H

#include <stdbool.h>

#include "core/shape.h"

/* An element type as files spell it. */
typedef struct oct_npy_kind {
    const char *descr, *name; /* "<i8", and NumPy's word for it, "int64" */
    octet_type type;          /* as kept in memory */
    size_t size;              /* bytes per element in a file */
} oct_npy_kind;

extern const oct_npy_kind oct_npy_kinds[];
extern const size_t oct_npy_kind_count;

typedef struct oct_npy_header {
    const oct_npy_kind *kind;
    bool fortran_order;
    octet_shape shape;
} oct_npy_header;

/* oct_npy_parse_header - reads "length" bytes of "text". False, with a clause that goes on from
 * "its header ..." in "fault", when anything is not as it should be. */
#define OCT_NPY_FAULT 160
bool oct_npy_parse_header(const char *text, size_t length, oct_npy_header *header,
                          char fault[OCT_NPY_FAULT]);

#endif
