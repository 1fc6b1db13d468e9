/* npy.h - NumPy's .npy files, versions 1.0 and 2.0.
 *
 * Read: |i1 |u1 <i4 <f4, any order of dimensions in memory (Fortran order is converted), up to
 * eight dimensions, scalars too. <f8 is converted where float32 is accepted, <i8 where int32 is,
 * each value checked against the range. Nothing in a file is trusted: a header with other keys,
 * sizes that overflow, missing or extra bytes are refused with a message that names the file.
 *
 * Written: version 1.0, C order, through output.h. */
#ifndef OCT_CLI_NPY_H
#define OCT_CLI_NPY_H

#include "cli/output.h"
#include "core/shape.h"

typedef struct oct_array {
    const char *path; /* borrowed: for messages */
    octet_type type;
    bool wide; /* still <f8 or <i8, of type f32 or s32 */
    octet_shape shape;
    size_t count; /* elements */
    void *data;
} oct_array;

/* Sets of types, for "accepted". */
enum {
    OCT_ACCEPT_S8 = 1u << OCTET_S8,
    OCT_ACCEPT_U8 = 1u << OCTET_U8,
    OCT_ACCEPT_S32 = 1u << OCTET_S32,
    OCT_ACCEPT_F32 = 1u << OCTET_F32,
    OCT_ACCEPT_BYTES = OCT_ACCEPT_S8 | OCT_ACCEPT_U8,
    OCT_ACCEPT_ANY = OCT_ACCEPT_BYTES | OCT_ACCEPT_S32 | OCT_ACCEPT_F32
};

/* oct_npy_read - reads "path" into "array". OCTET_INVALID_ARGUMENT for every fault of the file,
 * with a message; OCTET_OUT_OF_MEMORY. "role" begins the message: "--bias", "input" or NULL. */
octet_status oct_npy_read(const char *role, const char *path, unsigned accepted, oct_array *array);

/* oct_npy_read_wide - the same, but <f8 and <i8 stay as they are: "wide" is set. oct_array_narrow
 * converts such an array, and does nothing to others. */
octet_status oct_npy_read_wide(const char *role, const char *path, unsigned accepted,
                               oct_array *array);
octet_status oct_array_narrow(const char *role, oct_array *array);

/* A file that is read in pieces: rows of the first dimension, in any order, the same ones again if
 * need be. An array without dimensions is one row. */
typedef struct oct_npy_source oct_npy_source;

/* oct_npy_open - as oct_npy_read, but only the header is read now. What is no regular file, a pipe
 * for one, is read whole. "path" must live as long as the source. */
octet_status oct_npy_open(const char *role, const char *path, unsigned accepted,
                          oct_npy_source **out);

/* oct_npy_info - type, shape and count of all; no data. */
oct_array oct_npy_info(const oct_npy_source *source);

/* oct_npy_fetch - rows "first" up to "first + rows", which exist, to "to". */
octet_status oct_npy_fetch(oct_npy_source *source, size_t first, size_t rows, void *to);
void oct_npy_close(oct_npy_source *source); /* NULL is accepted */

/* oct_array_release - frees the data; an array of zeros is accepted. */
void oct_array_release(oct_array *array);

/* oct_npy_write - header and data. */
octet_status oct_npy_write(oct_output *output, octet_type type, const octet_shape *shape,
                           const void *data);

/* oct_npy_write_header - the header alone, for data that follows in parts through
 * oct_output_write. */
octet_status oct_npy_write_header(oct_output *output, octet_type type, const octet_shape *shape);

#endif
