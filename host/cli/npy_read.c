/* npy_read.c - reads a .npy file into memory, in C order and in one of octet's types (npy.h). */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/npy.h"
#include "cli/npy_header.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "npy_read.c copies little-endian elements as they are"
#endif

/* Our keys and eight dimensions fit in a tenth of this; NumPy stops at 10,000 too. */
enum { LONGEST_HEADER = 10000, PREFIX = 8 };

typedef struct npy_reader {
    const char *role, *path;
    FILE *file;
    oct_npy_header header;
    size_t count, bytes; /* of the data as it is in the file */
} npy_reader;

#define FAULT(reader, ...) report(reader, OCTET_INVALID_ARGUMENT, __VA_ARGS__)

static octet_status report(const npy_reader *reader, octet_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static octet_status report(const npy_reader *reader, octet_status status, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return oct_report(oct_cli_log, status, "%s%s'%s' %s", reader->role != NULL ? reader->role : "",
                      reader->role != NULL ? " " : "", reader->path, text);
}

/* Exactly "size" bytes. */
static octet_status fetch(const npy_reader *reader, void *to, size_t size, const char *what)
{
    errno = 0;
    const size_t got = fread(to, 1, size, reader->file);
    if (got == size)
        return OCTET_OK;
    if (ferror(reader->file))
        return FAULT(reader, "cannot be read: %s", strerror(errno));
    return FAULT(reader, "ends after %zu of %zu bytes of its %s", got, size, what);
}

/* ---- Header ---- */

/* The length field of versions 1.0 (two bytes) and 2.0 (four), little-endian. */
static octet_status read_header_length(const npy_reader *reader, unsigned version, size_t *length)
{
    const size_t width = version == 1 ? 2 : 4;
    unsigned char bytes[4] = {0};
    const octet_status status = fetch(reader, bytes, width, "header");
    *length = bytes[0] | (size_t)bytes[1] << 8 | (size_t)bytes[2] << 16 | (size_t)bytes[3] << 24;
    return status;
}

static octet_status read_header(npy_reader *reader)
{
    static const char magic[] = "\x93NUMPY";
    octet_status status = OCTET_OK;
    char prefix[PREFIX], text[LONGEST_HEADER], fault[OCT_NPY_FAULT];
    size_t length;
    OCT_TRY(fetch(reader, prefix, sizeof prefix, "magic number (is it a .npy file?)"));
    if (memcmp(prefix, magic, 6) != 0)
        return FAULT(reader, "is no .npy file: it does not begin with \\x93NUMPY");
    if ((prefix[6] != 1 && prefix[6] != 2) || prefix[7] != 0)
        return FAULT(reader, "has .npy version %d.%d; octet reads 1.0 and 2.0",
                     (unsigned char)prefix[6], (unsigned char)prefix[7]);
    OCT_TRY(read_header_length(reader, (unsigned)prefix[6], &length));
    if (length > sizeof text)
        return FAULT(reader, "has a header of %zu bytes; at most %d make sense", length,
                     LONGEST_HEADER);
    OCT_TRY(fetch(reader, text, length, "header"));
    if (!oct_npy_parse_header(text, length, &reader->header, fault))
        return FAULT(reader, "is damaged or not for octet: its header %s", fault);
cleanup:
    return status;
}

/* ---- Checks before anything is allocated ---- */

static octet_status check_type(const npy_reader *reader, unsigned accepted)
{
    const oct_npy_kind *const kind = reader->header.kind;
    char names[128] = "";
    if ((accepted >> kind->type & 1u) != 0)
        return OCTET_OK;
    for (size_t i = 0; i < oct_npy_kind_count; i++) {
        const size_t length = strlen(names);
        if ((accepted >> oct_npy_kinds[i].type & 1u) != 0)
            snprintf(names + length, sizeof names - length, "%s%s (%s)", length > 0 ? " or " : "",
                     oct_npy_kinds[i].name, oct_npy_kinds[i].descr);
    }
    return FAULT(reader, "holds %s (%s); it must be %s", kind->name, kind->descr, names);
}

/* Zeros count as ones: a size is judged alike whatever stands beside it. */
static bool is_addressable(const oct_npy_header *header)
{
    size_t bytes = header->kind->size;
    for (size_t i = 0; i < header->shape.rank; i++) {
        const size_t size = header->shape.size[i];
        if (!oct_multiply(bytes, size > 0 ? size : 1, &bytes))
            return false;
    }
    return bytes <= PTRDIFF_MAX;
}

static octet_status check_size(npy_reader *reader)
{
    struct stat info;
    if (!is_addressable(&reader->header) ||
        !oct_shape_count(&reader->header.shape, &reader->count) ||
        !oct_multiply(reader->count, reader->header.kind->size, &reader->bytes))
        return FAULT(reader, "has a shape too large for this machine's addresses");
    if (fstat(fileno(reader->file), &info) != 0 || !S_ISREG(info.st_mode))
        return OCTET_OK; /* a pipe: its length shows when it is read */
    const long at = ftell(reader->file);
    const unsigned long long held = (unsigned long long)info.st_size - (unsigned long long)at;
    if (held == reader->bytes)
        return OCTET_OK;
    return FAULT(reader, "holds %llu bytes of data, but its header announces %zu", held,
                 reader->bytes);
}

/* ---- Data ---- */

/* More than this machine has. Some systems hand out such memory all the same, and end the program
 * when it is written to. */
static bool is_too_much(size_t bytes)
{
    const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    return pages > 0 && page > 0 && bytes / (size_t)page > (size_t)pages;
}

static octet_status read_data(const npy_reader *reader, char **out)
{
    octet_status status = OCTET_OK;
    char *const data =
        is_too_much(reader->bytes) ? NULL : malloc(reader->bytes > 0 ? reader->bytes : 1);
    if (data == NULL)
        return report(reader, OCTET_OUT_OF_MEMORY, "needs %zu bytes: out of host memory",
                      reader->bytes);
    OCT_TRY(fetch(reader, data, reader->bytes, "data"));
    if (fgetc(reader->file) != EOF) {
        status = FAULT(reader, "goes on behind the %zu bytes of its data", reader->bytes);
        goto cleanup;
    }
    *out = data;
cleanup:
    if (status != OCTET_OK)
        free(data);
    return status;
}

/* Fortran order to C order: walks the result in order while "index" counts its coordinates. */
static octet_status reorder(const npy_reader *reader, char **data)
{
    const octet_shape *const shape = &reader->header.shape;
    const size_t size = reader->header.kind->size;
    size_t index[OCTET_MAX_RANK] = {0}, stride[OCTET_MAX_RANK], step = size;
    if (!reader->header.fortran_order || shape->rank < 2 || reader->count == 0)
        return OCTET_OK;
    char *const ordered = oct_allocate(reader->count, size);
    if (ordered == NULL)
        return report(reader, OCTET_OUT_OF_MEMORY, "is in Fortran order: out of host memory");
    for (size_t i = 0; i < shape->rank; i++) {
        stride[i] = step;
        step *= shape->size[i];
    }
    for (size_t i = 0, from = 0; i < reader->count; i++) {
        memcpy(ordered + i * size, *data + from, size);
        for (size_t d = shape->rank; d-- > 0;) {
            from += stride[d];
            if (++index[d] < shape->size[d])
                break;
            from -= index[d] * stride[d];
            index[d] = 0;
        }
    }
    free(*data);
    *data = ordered;
    return OCTET_OK;
}

/* ---- Narrowing ---- */

/* <f8 to float32, in place: element i is written behind everything already read. */
static octet_status narrow_reals(const npy_reader *reader, oct_array *array)
{
    char *const data = array->data;
    for (size_t i = 0; i < array->count; i++) {
        double wide;
        memcpy(&wide, data + i * sizeof wide, sizeof wide);
        const float narrow = (float)wide;
        if (isfinite(wide) && !isfinite(narrow))
            return FAULT(reader, "has %.15g at flat index %zu, beyond float32", wide, i);
        memcpy(data + i * sizeof narrow, &narrow, sizeof narrow);
    }
    return OCTET_OK;
}

/* <i8 to int32, in place. */
static octet_status narrow_integers(const npy_reader *reader, oct_array *array)
{
    char *const data = array->data;
    for (size_t i = 0; i < array->count; i++) {
        int64_t wide;
        memcpy(&wide, data + i * sizeof wide, sizeof wide);
        const int32_t narrow = (int32_t)wide;
        if (narrow != wide)
            return FAULT(reader, "has %lld at flat index %zu, beyond int32", (long long)wide, i);
        memcpy(data + i * sizeof narrow, &narrow, sizeof narrow);
    }
    return OCTET_OK;
}

octet_status oct_array_narrow(const char *role, oct_array *array)
{
    const npy_reader reader = {.role = role, .path = array->path};
    if (!array->wide)
        return OCTET_OK;
    array->wide = false;
    return array->type == OCTET_F32 ? narrow_reals(&reader, array)
                                    : narrow_integers(&reader, array);
}

octet_status oct_npy_read_wide(const char *role, const char *path, unsigned accepted,
                               oct_array *array)
{
    octet_status status = OCTET_OK;
    npy_reader reader = {.role = role, .path = path};
    const oct_npy_kind *kind;
    char *data = NULL;
    reader.file = fopen(path, "rb");
    if (reader.file == NULL)
        return FAULT(&reader, "cannot be opened: %s", strerror(errno));
    OCT_TRY(read_header(&reader));
    OCT_TRY(check_type(&reader, accepted));
    OCT_TRY(check_size(&reader));
    OCT_TRY(read_data(&reader, &data));
    OCT_TRY(reorder(&reader, &data));
    kind = reader.header.kind;
    *array = (oct_array){
        path,         kind->type, kind->size > oct_type(kind->type)->size, reader.header.shape,
        reader.count, data};
    data = NULL;
cleanup:
    free(data);
    fclose(reader.file);
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
