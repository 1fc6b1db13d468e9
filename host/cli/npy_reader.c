/* npy_reader.c - see npy_reader.h. */
#include "cli/npy_reader.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "npy_reader.c copies little-endian elements as they are"
#endif

/* Our keys and eight dimensions fit in a tenth of this; NumPy stops at 10,000 too. */
enum { LONGEST_HEADER = 10000, PREFIX = 8 };

octet_status oct_npy_report(const oct_npy_reader *reader, octet_status status, const char *format,
                            ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return oct_report(oct_cli_log, status, "%s%s'%s' %s", reader->role != NULL ? reader->role : "",
                      reader->role != NULL ? " " : "", reader->path, text);
}

octet_status oct_npy_reader_get(const oct_npy_reader *reader, void *to, size_t size,
                                const char *what)
{
    errno = 0;
    const size_t got = fread(to, 1, size, reader->file);
    if (got == size)
        return OCTET_OK;
    if (ferror(reader->file))
        return OCT_NPY_FAULTY(reader, "cannot be read: %s", strerror(errno));
    return OCT_NPY_FAULTY(reader, "ends after %zu of %zu bytes of its %s", got, size, what);
}

/* ---- Header ---- */

/* The length field of versions 1.0 (two bytes) and 2.0 (four), little-endian. */
static octet_status read_header_length(const oct_npy_reader *reader, unsigned version,
                                       size_t *length)
{
    const size_t width = version == 1 ? 2 : 4;
    unsigned char bytes[4] = {0};
    const octet_status status = oct_npy_reader_get(reader, bytes, width, "header");
    *length = bytes[0] | (size_t)bytes[1] << 8 | (size_t)bytes[2] << 16 | (size_t)bytes[3] << 24;
    return status;
}

static octet_status read_header(oct_npy_reader *reader)
{
    static const char magic[] = "\x93NUMPY";
    octet_status status = OCTET_OK;
    char prefix[PREFIX], text[LONGEST_HEADER], fault[OCT_NPY_FAULT];
    size_t length;
    OCT_TRY(oct_npy_reader_get(reader, prefix, sizeof prefix, "magic number (is it a .npy file?)"));
    if (memcmp(prefix, magic, 6) != 0)
        return OCT_NPY_FAULTY(reader, "is no .npy file: it does not begin with \\x93NUMPY");
    if ((prefix[6] != 1 && prefix[6] != 2) || prefix[7] != 0)
        return OCT_NPY_FAULTY(reader, "has .npy version %d.%d; octet reads 1.0 and 2.0",
                              (unsigned char)prefix[6], (unsigned char)prefix[7]);
    OCT_TRY(read_header_length(reader, (unsigned)prefix[6], &length));
    if (length > sizeof text)
        return OCT_NPY_FAULTY(reader, "has a header of %zu bytes; at most %d make sense", length,
                              LONGEST_HEADER);
    OCT_TRY(oct_npy_reader_get(reader, text, length, "header"));
    if (!oct_npy_parse_header(text, length, &reader->header, fault))
        return OCT_NPY_FAULTY(reader, "is damaged or not for octet: its header %s", fault);
cleanup:
    return status;
}

/* ---- Checks before anything is allocated ---- */

static octet_status check_type(const oct_npy_reader *reader, unsigned accepted)
{
    const oct_npy_kind *const kind = reader->header.kind;
    const bool quantizable = accepted == OCT_ACCEPT_BYTES && kind->type == OCTET_F32;
    char names[128] = "";
    if ((accepted >> kind->type & 1u) != 0)
        return OCTET_OK;
    for (size_t i = 0; i < oct_npy_kind_count; i++) {
        const size_t length = strlen(names);
        if ((accepted >> oct_npy_kinds[i].type & 1u) != 0)
            snprintf(names + length, sizeof names - length, "%s%s (%s)", length > 0 ? " or " : "",
                     oct_npy_kinds[i].name, oct_npy_kinds[i].descr);
    }
    return OCT_NPY_FAULTY(reader, "holds %s (%s); it must be %s%s", kind->name, kind->descr, names,
                          quantizable
                              ? " (octet quantize makes these; octet gemm also takes floats "
                                "with --a-dynamic, --b-dynamic)"
                              : "");
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

static octet_status check_size(oct_npy_reader *reader)
{
    struct stat info;
    if (!is_addressable(&reader->header) ||
        !oct_shape_count(&reader->header.shape, &reader->count) ||
        !oct_multiply(reader->count, reader->header.kind->size, &reader->bytes))
        return OCT_NPY_FAULTY(reader, "has a shape too large for this machine's addresses");
    if (fstat(fileno(reader->file), &info) != 0 || !S_ISREG(info.st_mode))
        return OCTET_OK; /* a pipe: its length shows when it is read */
    const long at = ftell(reader->file);
    const unsigned long long held = (unsigned long long)info.st_size - (unsigned long long)at;
    reader->begin = at;
    if (held == reader->bytes)
        return OCTET_OK;
    return OCT_NPY_FAULTY(reader, "holds %llu bytes of data, but its header announces %zu", held,
                          reader->bytes);
}

octet_status oct_npy_reader_open(oct_npy_reader *reader, unsigned accepted)
{
    octet_status status = OCTET_OK;
    reader->file = fopen(reader->path, "rb");
    if (reader->file == NULL)
        return OCT_NPY_FAULTY(reader, "cannot be opened: %s", strerror(errno));
    OCT_TRY(read_header(reader));
    OCT_TRY(check_type(reader, accepted));
    OCT_TRY(check_size(reader));
cleanup:
    if (status != OCTET_OK)
        oct_npy_reader_close(reader);
    return status;
}

void oct_npy_reader_close(oct_npy_reader *reader)
{
    if (reader->file != NULL)
        fclose(reader->file);
    reader->file = NULL;
}

/* ---- Conversions ---- */

/* Walks the result in order while "index" counts its coordinates. */
void oct_npy_reorder(const octet_shape *shape, size_t size, const char *from, char *to)
{
    size_t index[OCTET_MAX_RANK] = {0}, stride[OCTET_MAX_RANK], step = size, count = 1;
    for (size_t i = 0; i < shape->rank; i++) {
        stride[i] = step;
        step *= shape->size[i];
        count *= shape->size[i];
    }
    for (size_t i = 0, at = 0; i < count; i++) {
        memcpy(to + i * size, from + at, size);
        for (size_t d = shape->rank; d-- > 0;) {
            at += stride[d];
            if (++index[d] < shape->size[d])
                break;
            at -= index[d] * stride[d];
            index[d] = 0;
        }
    }
}

/* <f8 to float32, in place: element i is written behind everything already read. */
static octet_status narrow_reals(const oct_npy_reader *reader, size_t count, size_t base,
                                 char *data)
{
    for (size_t i = 0; i < count; i++) {
        double wide;
        memcpy(&wide, data + i * sizeof wide, sizeof wide);
        const float narrow = (float)wide;
        if (isfinite(wide) && !isfinite(narrow))
            return OCT_NPY_FAULTY(reader, "has %.15g at flat index %zu, beyond float32", wide,
                                  base + i);
        memcpy(data + i * sizeof narrow, &narrow, sizeof narrow);
    }
    return OCTET_OK;
}

/* <i8 to int32, in place. */
static octet_status narrow_integers(const oct_npy_reader *reader, size_t count, size_t base,
                                    char *data)
{
    for (size_t i = 0; i < count; i++) {
        int64_t wide;
        memcpy(&wide, data + i * sizeof wide, sizeof wide);
        const int32_t narrow = (int32_t)wide;
        if (narrow != wide)
            return OCT_NPY_FAULTY(reader, "has %lld at flat index %zu, beyond int32",
                                  (long long)wide, base + i);
        memcpy(data + i * sizeof narrow, &narrow, sizeof narrow);
    }
    return OCTET_OK;
}

octet_status oct_npy_narrow(const oct_npy_reader *reader, octet_type type, size_t count,
                            size_t base, void *data)
{
    return type == OCTET_F32 ? narrow_reals(reader, count, base, data)
                             : narrow_integers(reader, count, base, data);
}
