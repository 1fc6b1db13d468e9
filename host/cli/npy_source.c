/* npy_source.c - reads a .npy file in pieces, in C order and in one of octet's types (npy.h): memory
 * is that of a piece, however large the file. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/npy_reader.h"

struct oct_npy_source {
    oct_npy_reader reader;
    oct_array whole;  /* data is not NULL for what cannot be read in pieces */
    size_t row_count; /* elements of a row */
    char *pieces[2];  /* scratch memory of "piece_bytes" each */
    size_t piece_bytes;
};

octet_status oct_npy_open(const char *role, const char *path, unsigned accepted,
                          oct_npy_source **out)
{
    octet_status status = OCTET_OK;
    oct_npy_source *source = NULL;
    struct stat info;
    OCT_ALLOC(oct_cli_log, source, 1);
    source->reader = (oct_npy_reader){.role = role, .path = path};
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode)) {
        OCT_TRY(oct_npy_read(role, path, accepted, &source->whole));
    } else {
        OCT_TRY(oct_npy_reader_open(&source->reader, accepted));
        source->whole = (oct_array){.path = path,
                                    .type = source->reader.header.kind->type,
                                    .shape = source->reader.header.shape,
                                    .count = source->reader.count};
    }
    source->row_count = source->whole.count;
    if (source->whole.shape.rank > 0 && source->whole.count > 0)
        source->row_count /= source->whole.shape.size[0];
    *out = source;
    source = NULL;
cleanup:
    oct_npy_close(source);
    return status;
}

oct_array oct_npy_info(const oct_npy_source *source)
{
    oct_array info = source->whole;
    info.data = NULL;
    return info;
}

void oct_npy_close(oct_npy_source *source)
{
    if (source == NULL)
        return;
    oct_npy_reader_close(&source->reader);
    oct_array_release(&source->whole);
    free(source->pieces[0]);
    free(source->pieces[1]);
    free(source);
}

/* ---- Bytes ---- */

static octet_status read_at(const oct_npy_source *source, size_t offset, char *to, size_t size)
{
    const oct_npy_reader *const reader = &source->reader;
    while (size > 0) {
        const ssize_t got = pread(fileno(reader->file), to, size, reader->begin + (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return OCT_NPY_FAULTY(reader, "cannot be read: %s", strerror(errno));
        if (got == 0)
            return OCT_NPY_FAULTY(reader, "ends after %zu of %zu bytes of its data", offset,
                                  reader->bytes);
        to += got;
        offset += (size_t)got;
        size -= (size_t)got;
    }
    return OCTET_OK;
}

static octet_status reserve(oct_npy_source *source, size_t bytes)
{
    octet_status status = OCTET_OK;
    if (bytes <= source->piece_bytes)
        return OCTET_OK;
    source->piece_bytes = 0;
    for (size_t i = 0; i < 2; i++) {
        free(source->pieces[i]);
        OCT_ALLOC(oct_cli_log, source->pieces[i], bytes);
    }
    source->piece_bytes = bytes;
cleanup:
    return status;
}

/* Rows in Fortran order: one run of elements for each place in a row, all of them again an array in
 * Fortran order. */
static octet_status read_runs(const oct_npy_source *source, size_t first, size_t rows, char *to)
{
    octet_status status = OCTET_OK;
    const size_t size = source->reader.header.kind->size;
    const size_t all = source->whole.shape.size[0];
    if (rows == all)
        return read_at(source, 0, to, source->reader.bytes);
    for (size_t i = 0; i < source->row_count; i++)
        OCT_TRY(read_at(source, (i * all + first) * size, to + i * rows * size, rows * size));
cleanup:
    return status;
}

/* ---- Rows ---- */

/* Rows of a file that is not as octet wants it. */
static octet_status convert(oct_npy_source *source, size_t first, size_t rows, char *to)
{
    octet_status status = OCTET_OK;
    const oct_npy_reader *const reader = &source->reader;
    const octet_type type = reader->header.kind->type;
    const size_t size = reader->header.kind->size, count = rows * source->row_count;
    octet_shape shape = source->whole.shape;
    char *piece;
    OCT_TRY(reserve(source, count * size));
    piece = source->pieces[0];
    if (reader->header.fortran_order && shape.rank > 1) {
        shape.size[0] = rows;
        OCT_TRY(read_runs(source, first, rows, source->pieces[1]));
        oct_npy_reorder(&shape, size, source->pieces[1], piece);
    } else {
        OCT_TRY(read_at(source, first * source->row_count * size, piece, count * size));
    }
    if (size > oct_type(type)->size)
        OCT_TRY(oct_npy_narrow(reader, type, count, first * source->row_count, piece));
    memcpy(to, piece, count * oct_type(type)->size);
cleanup:
    return status;
}

octet_status oct_npy_fetch(oct_npy_source *source, size_t first, size_t rows, void *to)
{
    const oct_npy_header *const header = &source->reader.header;
    const size_t size = oct_type(source->whole.type)->size;
    const size_t offset = first * source->row_count * size, bytes = rows * source->row_count * size;
    if (bytes == 0)
        return OCTET_OK;
    if (source->whole.data != NULL) {
        memcpy(to, (const char *)source->whole.data + offset, bytes);
        return OCTET_OK;
    }
    if (header->kind->size > size || (header->fortran_order && header->shape.rank > 1))
        return convert(source, first, rows, to);
    return read_at(source, offset, to, bytes);
}
