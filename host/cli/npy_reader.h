/* npy_reader.h - what reading a .npy file whole (npy_read.c) and in pieces (npy_source.c) share: the
 * head of the file, its faults, and the conversions of its elements. */
#ifndef OCT_CLI_NPY_READER_H
#define OCT_CLI_NPY_READER_H

#include "cli/npy.h"
#include "cli/npy_header.h"

typedef struct oct_npy_reader {
    const char *role, *path; /* borrowed: for messages; "role" may be NULL */
    FILE *file;              /* at the data after oct_npy_reader_open; NULL when closed */
    long begin;              /* of the data in a regular file */
    oct_npy_header header;
    size_t count, bytes; /* of the data as it is in the file */
} oct_npy_reader;

/* oct_npy_reader_open - opens "reader->path" and checks all but the data. */
octet_status oct_npy_reader_open(oct_npy_reader *reader, unsigned accepted);
void oct_npy_reader_close(oct_npy_reader *reader);

/* oct_npy_report - a message that begins with the role and the file. OCT_NPY_FAULTY: it is at fault. */
octet_status oct_npy_report(const oct_npy_reader *reader, octet_status status, const char *format,
                            ...) __attribute__((format(printf, 3, 4)));
#define OCT_NPY_FAULTY(reader, ...) oct_npy_report(reader, OCTET_INVALID_ARGUMENT, __VA_ARGS__)

/* oct_npy_reader_get - exactly "size" bytes from where the file is; "what" for the message. */
octet_status oct_npy_reader_get(const oct_npy_reader *reader, void *to, size_t size,
                                const char *what);

/* oct_npy_reorder - copies an array of elements of "size" bytes from Fortran order to C order. */
void oct_npy_reorder(const octet_shape *shape, size_t size, const char *from, char *to);

/* oct_npy_narrow - "count" elements of <f8 or <i8 to "type" in place; the first is at flat index
 * "base" of the file. */
octet_status oct_npy_narrow(const oct_npy_reader *reader, octet_type type, size_t count,
                            size_t base, void *data);

#endif
