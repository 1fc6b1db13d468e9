/* tensor.c - the numbers inside a TensorProto: raw little-endian bytes, or a typed list. */
#include <string.h>

#include "onnx/onnx.h"

typedef Onnx__TensorProto__DataType data_type;
#define TYPE(name) ONNX__TENSOR_PROTO__DATA_TYPE__##name

/* ---- Types and shapes ---- */

/* clang-format off */
static const struct {
    const char *name; /* as ONNX spells it */
    int octet;        /* octet_type, or -1 */
} types[] = {
    [TYPE(UNDEFINED)] = {"undefined", -1},   [TYPE(FLOAT)] = {"float", OCTET_F32},
    [TYPE(UINT8)] = {"uint8", OCTET_U8},     [TYPE(INT8)] = {"int8", OCTET_S8},
    [TYPE(UINT16)] = {"uint16", -1},         [TYPE(INT16)] = {"int16", -1},
    [TYPE(INT32)] = {"int32", OCTET_S32},    [TYPE(INT64)] = {"int64", -1},
    [TYPE(STRING)] = {"string", -1},         [TYPE(BOOL)] = {"bool", -1},
    [TYPE(FLOAT16)] = {"float16", -1},       [TYPE(DOUBLE)] = {"double", -1},
    [TYPE(UINT32)] = {"uint32", -1},         [TYPE(UINT64)] = {"uint64", -1},
    [TYPE(COMPLEX64)] = {"complex64", -1},   [TYPE(COMPLEX128)] = {"complex128", -1},
    [TYPE(BFLOAT16)] = {"bfloat16", -1},
    /* Those that Debian's onnx.proto does not know yet. */
    [17] = {"float8e4m3fn", -1},             [18] = {"float8e4m3fnuz", -1},
    [19] = {"float8e5m2", -1},               [20] = {"float8e5m2fnuz", -1},
    [21] = {"uint4", -1},                    [22] = {"int4", -1},
    [23] = {"float4e2m1", -1},               [24] = {"float8e8m0", -1},
    [25] = {"uint2", -1},                    [26] = {"int2", -1},
};
/* clang-format on */

static bool is_known(int64_t onnx_type)
{
    return onnx_type >= 0 && (uint64_t)onnx_type < sizeof types / sizeof types[0];
}

bool oct_onnx_type(int64_t onnx_type, octet_type *type)
{
    if (!is_known(onnx_type) || types[onnx_type].octet < 0)
        return false;
    *type = (octet_type)types[onnx_type].octet;
    return true;
}

const char *oct_onnx_type_name(int64_t onnx_type)
{
    return is_known(onnx_type) ? types[onnx_type].name : "of a newer type";
}

octet_status oct_onnx_shape(oct_onnx *onnx, const int64_t *dims, size_t rank, const char *what,
                            octet_shape *shape)
{
    octet_status status = OCTET_OK;
    size_t bytes;
    OCT_REQUIRE(&onnx->log, rank <= OCTET_MAX_RANK, OCTET_UNSUPPORTED,
                "'%s' has %zu dimensions; at most %d are supported", what, rank, OCTET_MAX_RANK);
    *shape = (octet_shape){.rank = rank};
    for (size_t i = 0; i < rank; i++) {
        OCT_REQUIRE(&onnx->log, dims[i] >= 0 && (uint64_t)dims[i] <= SIZE_MAX,
                    OCTET_INVALID_ARGUMENT, "'%s': dimension %zu is %lld", what, i,
                    (long long)dims[i]);
        shape->size[i] = (size_t)dims[i];
    }
    OCT_REQUIRE(&onnx->log, oct_shape_bytes(OCTET_S32, shape, &bytes), OCTET_INVALID_ARGUMENT,
                "'%s': the product of its dimensions overflows", what);
cleanup:
    return status;
}

/* ---- Data ---- */

/* A number of "size" bytes, low byte first, sign-extended from 4 bytes. */
static int64_t little_endian(const uint8_t *bytes, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value |= (uint64_t)bytes[i] << (8 * i);
    return size == 4 ? (int32_t)(uint32_t)value : (int64_t)value;
}

static octet_status check_source(oct_onnx *onnx, const Onnx__TensorProto *tensor, const char *name)
{
    octet_status status = OCTET_OK;
    OCT_REQUIRE(&onnx->log, tensor->segment == NULL, OCTET_UNSUPPORTED,
                "initializer '%s' is kept in segments, which is not supported", name);
cleanup:
    return status;
}

static octet_status check_length(oct_onnx *onnx, const char *name, size_t given, size_t wanted,
                                 const char *unit)
{
    octet_status status = OCTET_OK;
    OCT_REQUIRE(&onnx->log, given == wanted, OCTET_INVALID_ARGUMENT,
                "initializer '%s' has %zu %s of data; its dimensions ask for %zu", name, given,
                unit, wanted);
cleanup:
    return status;
}

/* int32_data holds int32 as well as the small types. */
static octet_status copy_small(oct_onnx *onnx, const Onnx__TensorProto *tensor, const char *name,
                               octet_type type, size_t count, void *data)
{
    octet_status status = OCTET_OK;
    const oct_type_info *const info = oct_type(type);
    OCT_TRY(check_length(onnx, name, tensor->n_int32_data, count, "elements"));
    for (size_t i = 0; i < count; i++) {
        const int32_t value = tensor->int32_data[i];
        OCT_REQUIRE(&onnx->log, value >= info->low && value <= info->high, OCTET_INVALID_ARGUMENT,
                    "initializer '%s': element %zu is %d, which is no %s", name, i, (int)value,
                    info->name);
        if (type == OCTET_S32)
            ((int32_t *)data)[i] = value;
        else
            ((uint8_t *)data)[i] = (uint8_t)(value & 0xff);
    }
cleanup:
    return status;
}

/* "data" may be "raw" itself. */
static void convert_raw(const uint8_t *raw, size_t size, size_t count, void *data)
{
    if (size == 1 && count > 0)
        memmove(data, raw, count);
    for (size_t i = 0; size == 4 && i < count; i++) {
        const int32_t bits = (int32_t)little_endian(raw + 4 * i, 4);
        memcpy((char *)data + 4 * i, &bits, sizeof bits);
    }
}

static octet_status copy_raw(oct_onnx *onnx, const Onnx__TensorProto *tensor, const char *name,
                             size_t size, size_t count, void *data)
{
    octet_status status = OCTET_OK;
    OCT_TRY(check_length(onnx, name, tensor->raw_data.len, count * size, "bytes"));
    convert_raw(tensor->raw_data.data, size, count, data);
cleanup:
    return status;
}

/* All of a tensor that is kept in another file. */
static octet_status read_file(oct_onnx *onnx, const Onnx__TensorProto *tensor, const char *name,
                              size_t size, size_t count, const void **data)
{
    octet_status status = OCTET_OK;
    uint8_t *bytes = NULL;
    OCT_TRY(oct_onnx_read_external(onnx, tensor, name, count * size, &bytes));
    convert_raw(bytes, size, count, bytes);
    *data = bytes;
cleanup:
    return status;
}

octet_status oct_onnx_tensor(oct_onnx *onnx, const Onnx__TensorProto *tensor, octet_type *type,
                             octet_shape *shape, const void **data)
{
    octet_status status = OCTET_OK;
    const char *const name = oct_onnx_printable(onnx, tensor->name != NULL ? tensor->name : "");
    size_t count = 0;
    OCT_REQUIRE(&onnx->log, oct_onnx_type(tensor->data_type, type), OCTET_UNSUPPORTED,
                "%s: initializer '%s' is %s; it must be float, int8, uint8 or int32", onnx->label,
                name, oct_onnx_type_name(tensor->data_type));
    OCT_TRY(check_source(onnx, tensor, name));
    OCT_TRY(oct_onnx_shape(onnx, tensor->dims, tensor->n_dims, name, shape));
    oct_shape_count(shape, &count); /* oct_onnx_shape made sure it fits */
    const size_t size = oct_type(*type)->size;
    if (oct_onnx_is_external(tensor))
        return read_file(onnx, tensor, name, size, count, data);
    /* The length is checked against the file's before anything of that size is allocated. */
    const size_t given = tensor->has_raw_data ? tensor->raw_data.len / size
                         : *type == OCTET_F32 ? tensor->n_float_data
                                              : tensor->n_int32_data;
    OCT_TRY(check_length(onnx, name, given, count, "elements"));
    void *const copy = oct_graph_keep(onnx->graph, NULL, count, size);
    OCT_REQUIRE(&onnx->log, copy != NULL, OCTET_OUT_OF_MEMORY,
                "out of host memory: initializer '%s' of %zu elements", name, count);
    if (tensor->has_raw_data)
        OCT_TRY(copy_raw(onnx, tensor, name, size, count, copy));
    else if (*type != OCTET_F32)
        OCT_TRY(copy_small(onnx, tensor, name, *type, count, copy));
    else if (count > 0)
        memcpy(copy, tensor->float_data, count * size);
    *data = copy;
cleanup:
    return status;
}

octet_status oct_onnx_tensor_integers(oct_onnx *onnx, const Onnx__TensorProto *tensor,
                                      const int64_t **integers, size_t *count)
{
    octet_status status = OCTET_OK;
    const char *const name = oct_onnx_printable(onnx, tensor->name != NULL ? tensor->name : "");
    octet_shape shape = {0};
    OCT_REQUIRE(&onnx->log, tensor->data_type == TYPE(INT64), OCTET_UNSUPPORTED,
                "%s: initializer '%s' is %s; it must be int64", onnx->label, name,
                oct_onnx_type_name(tensor->data_type));
    OCT_TRY(check_source(onnx, tensor, name));
    OCT_TRY(oct_onnx_shape(onnx, tensor->dims, tensor->n_dims, name, &shape));
    oct_shape_count(&shape, count);
    const uint8_t *raw = tensor->has_raw_data ? tensor->raw_data.data : NULL;
    if (oct_onnx_is_external(tensor)) {
        uint8_t *bytes = NULL;
        OCT_REQUIRE(&onnx->log, *count <= SIZE_MAX / 8, OCTET_INVALID_ARGUMENT,
                    "initializer '%s': its size overflows", name);
        OCT_TRY(oct_onnx_read_external(onnx, tensor, name, *count * 8, &bytes));
        raw = bytes;
    } else {
        OCT_TRY(check_length(onnx, name,
                             tensor->has_raw_data ? tensor->raw_data.len / 8 : tensor->n_int64_data,
                             *count, "elements"));
    }
    int64_t *const copy = oct_graph_keep(onnx->graph, NULL, *count, sizeof *copy);
    OCT_REQUIRE(&onnx->log, copy != NULL, OCTET_OUT_OF_MEMORY, "out of host memory: a list");
    for (size_t i = 0; i < *count; i++)
        copy[i] = raw != NULL ? little_endian(raw + 8 * i, 8) : tensor->int64_data[i];
    *integers = copy;
cleanup:
    return status;
}
