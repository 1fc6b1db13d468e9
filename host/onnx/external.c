/* external.c - numbers of initializers in files beside the model: in its folder or one inside, and
 * nowhere else, whatever links there are. */
#define _XOPEN_SOURCE 700 /* realpath */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "onnx/onnx.h"

/* Where a tensor's bytes are. */
typedef struct place {
    const char *location; /* relative to the model's folder */
    uint64_t offset, length;
    bool has_length;
} place;

bool oct_onnx_is_external(const Onnx__TensorProto *tensor)
{
    return tensor->has_data_location &&
           tensor->data_location != ONNX__TENSOR_PROTO__DATA_LOCATION__DEFAULT;
}

/* ---- What the model says ---- */

static bool read_number(const char *text, uint64_t *number)
{
    *number = 0;
    if (*text == '\0')
        return false;
    for (; *text >= '0' && *text <= '9'; text++) {
        const uint64_t digit = (uint64_t)(*text - '0');
        if (*number > (INT64_MAX - digit) / 10)
            return false;
        *number = 10 * *number + digit;
    }
    return *text == '\0';
}

static octet_status read_entry(oct_onnx *onnx, const char *name,
                               const Onnx__StringStringEntryProto *entry, place *where)
{
    octet_status status = OCTET_OK;
    const char *const key = entry->key != NULL ? entry->key : "";
    const char *const value = entry->value != NULL ? entry->value : "";
    const bool length = strcmp(key, "length") == 0;
    if (strcmp(key, "location") == 0)
        where->location = value;
    where->has_length |= length;
    if (!length && strcmp(key, "offset") != 0)
        return OCTET_OK; /* a checksum, or what later versions know */
    OCT_REQUIRE(&onnx->log, read_number(value, length ? &where->length : &where->offset),
                OCTET_INVALID_ARGUMENT,
                "initializer '%s': its %s is '%s'; it must be a whole number from 0 to %lld", name,
                key, oct_onnx_printable(onnx, value), (long long)INT64_MAX);
cleanup:
    return status;
}

/* Whether a relative path stays below where it starts, going by its text. */
static bool stays_below(const char *path)
{
    if (path[0] == '/' || path[0] == '\0')
        return false;
    for (const char *part = path; part != NULL; part = strchr(part, '/')) {
        part += part[0] == '/';
        if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0'))
            return false;
    }
    return true;
}

static octet_status read_place(oct_onnx *onnx, const Onnx__TensorProto *tensor, const char *name,
                               size_t bytes, place *where)
{
    octet_status status = OCTET_OK;
    *where = (place){.location = ""};
    for (size_t i = 0; i < tensor->n_external_data; i++)
        OCT_TRY(read_entry(onnx, name, tensor->external_data[i], where));
    OCT_REQUIRE(&onnx->log, stays_below(where->location), OCTET_INVALID_ARGUMENT,
                "initializer '%s' is kept in '%s'; it must be a file in the model's folder", name,
                oct_onnx_printable(onnx, where->location));
    OCT_REQUIRE(&onnx->log, !where->has_length || where->length == bytes, OCTET_INVALID_ARGUMENT,
                "initializer '%s' has %llu bytes in '%s'; its dimensions ask for %zu", name,
                (unsigned long long)where->length, oct_onnx_printable(onnx, where->location),
                bytes);
cleanup:
    return status;
}

/* ---- Files ---- */

/* The true path of the file, which must lie below that of the folder. Freed by the caller. */
static octet_status resolve(oct_onnx *onnx, const char *name, const char *location, char **path)
{
    octet_status status = OCTET_OK;
    char *joined = NULL, *folder = realpath(onnx->folder, NULL);
    const size_t size = strlen(onnx->folder) + 1 + strlen(location) + 1;
    struct stat info;
    OCT_ALLOC(&onnx->log, joined, size);
    snprintf(joined, size, "%s/%s", onnx->folder, location);
    *path = realpath(joined, NULL);
    OCT_REQUIRE(&onnx->log, folder != NULL && *path != NULL && stat(*path, &info) == 0,
                OCTET_IO_FAILED, "initializer '%s': '%s' cannot be opened: %s", name,
                oct_onnx_printable(onnx, joined), strerror(errno));
    const size_t length = strlen(folder);
    OCT_REQUIRE(&onnx->log,
                strncmp(*path, folder, length) == 0 &&
                    ((*path)[length] == '/' || (length > 0 && folder[length - 1] == '/')),
                OCTET_INVALID_ARGUMENT,
                "initializer '%s': '%s' leads out of the model's folder, to '%s'", name,
                oct_onnx_printable(onnx, location), oct_onnx_printable(onnx, *path));
    OCT_REQUIRE(&onnx->log, S_ISREG(info.st_mode), OCTET_INVALID_ARGUMENT,
                "initializer '%s': '%s' is no file", name, oct_onnx_printable(onnx, location));
cleanup:
    free(joined);
    free(folder);
    return status;
}

/* Reads "bytes" at the offset. The file's size is checked before memory of that size is asked for. */
static octet_status read_bytes(oct_onnx *onnx, const char *name, const char *path,
                               const place *where, size_t bytes, uint8_t **data)
{
    octet_status status = OCTET_OK;
    FILE *const file = fopen(path, "rb");
    off_t end = -1;
    OCT_REQUIRE(&onnx->log, file != NULL, OCTET_IO_FAILED,
                "initializer '%s': '%s' cannot be opened: %s", name, oct_onnx_printable(onnx, path),
                strerror(errno));
    if (fseeko(file, 0, SEEK_END) == 0)
        end = ftello(file);
    OCT_REQUIRE(
        &onnx->log,
        end >= 0 && where->offset <= (uint64_t)end && bytes <= (uint64_t)end - where->offset,
        OCTET_INVALID_ARGUMENT, "initializer '%s': %zu bytes at %llu of '%s', which has %lld", name,
        bytes, (unsigned long long)where->offset, oct_onnx_printable(onnx, path), (long long)end);
    *data = oct_graph_keep(onnx->graph, NULL, bytes, 1);
    OCT_REQUIRE(&onnx->log, *data != NULL, OCTET_OUT_OF_MEMORY,
                "out of host memory: initializer '%s' of %zu bytes", name, bytes);
    OCT_REQUIRE(&onnx->log,
                fseeko(file, (off_t)where->offset, SEEK_SET) == 0 &&
                    fread(*data, 1, bytes, file) == bytes,
                OCTET_IO_FAILED, "initializer '%s': '%s' cannot be read: %s", name,
                oct_onnx_printable(onnx, path), strerror(errno));
cleanup:
    if (file != NULL)
        fclose(file);
    return status;
}

octet_status oct_onnx_read_external(oct_onnx *onnx, const Onnx__TensorProto *tensor,
                                    const char *name, size_t bytes, uint8_t **data)
{
    octet_status status = OCTET_OK;
    place where;
    char *path = NULL;
    OCT_REQUIRE(&onnx->log, onnx->folder != NULL, OCTET_UNSUPPORTED,
                "initializer '%s' is kept in another file, which a model in memory has not", name);
    OCT_TRY(read_place(onnx, tensor, name, bytes, &where));
    OCT_TRY(resolve(onnx, name, where.location, &path));
    OCT_TRY(read_bytes(onnx, name, path, &where, bytes, data));
cleanup:
    free(path);
    return status;
}
