/* npy_read.c - reads a .npy file into memory, in C order and in one of octet's types (npy.h). */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/npy_reader.h"

/* More than this machine has. Some systems hand out such memory all the same, and end the program
 * when it is written to. */
static bool is_too_much(size_t bytes)
{
    const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    return pages > 0 && page > 0 && bytes / (size_t)page > (size_t)pages;
}

static octet_status read_data(const oct_npy_reader *reader, char **out)
{
    octet_status status = OCTET_OK;
    char *const data =
        is_too_much(reader->bytes) ? NULL : malloc(reader->bytes > 0 ? reader->bytes : 1);
    if (data == NULL)
        return oct_npy_report(reader, OCTET_OUT_OF_MEMORY, "needs %zu bytes: out of host memory",
                              reader->bytes);
    OCT_TRY(oct_npy_reader_get(reader, data, reader->bytes, "data"));
    if (fgetc(reader->file) != EOF) {
        status = OCT_NPY_FAULTY(reader, "goes on behind the %zu bytes of its data", reader->bytes);
        goto cleanup;
    }
    *out = data;
cleanup:
    if (status != OCTET_OK)
        free(data);
    return status;
}

static octet_status to_c_order(const oct_npy_reader *reader, char **data)
{
    const octet_shape *const shape = &reader->header.shape;
    if (!reader->header.fortran_order || shape->rank < 2 || reader->count == 0)
        return OCTET_OK;
    char *const ordered = oct_allocate(reader->count, reader->header.kind->size);
    if (ordered == NULL)
        return oct_npy_report(reader, OCTET_OUT_OF_MEMORY,
                              "is in Fortran order: out of host memory");
    oct_npy_reorder(shape, reader->header.kind->size, *data, ordered);
    free(*data);
    *data = ordered;
    return OCTET_OK;
}

octet_status oct_array_narrow(const char *role, oct_array *array)
{
    const oct_npy_reader reader = {.role = role, .path = array->path};
    if (!array->wide)
        return OCTET_OK;
    array->wide = false;
    return oct_npy_narrow(&reader, array->type, array->count, 0, array->data);
}

octet_status oct_npy_read_wide(const char *role, const char *path, unsigned accepted,
                               oct_array *array)
{
    octet_status status = OCTET_OK;
    oct_npy_reader reader = {.role = role, .path = path};
    const oct_npy_kind *kind;
    char *data = NULL;
    OCT_TRY(oct_npy_reader_open(&reader, accepted));
    OCT_TRY(read_data(&reader, &data));
    OCT_TRY(to_c_order(&reader, &data));
    kind = reader.header.kind;
    *array = (oct_array){
        path,         kind->type, kind->size > oct_type(kind->type)->size, reader.header.shape,
        reader.count, data};
    data = NULL;
cleanup:
    free(data);
    oct_npy_reader_close(&reader);
    return status;
}

octet_status oct_npy_read(const char *role, const char *path, unsigned accepted, oct_array *array)
{
    const octet_status status = oct_npy_read_wide(role, path, accepted, array);
    return status == OCTET_OK ? oct_array_narrow(role, array) : status;
}

void oct_array_release(oct_array *array)
{
    free(array->data);
    array->data = NULL;
}
