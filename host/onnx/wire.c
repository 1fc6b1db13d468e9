/* wire.c - walks a serialized message without recursion and refuses what the parser, which recurses
 * and merges, must not be given. */
#include <string.h>

#include "onnx/onnx.h"

/* Nesting of messages; a plain model needs 7. */
#define MOST_DEPTH 32

/* The parser keeps up to about 250 bytes for a message and 40 for a field, so that these bound its
 * memory to a few gigabytes whatever the file says; the largest networks have a hundredth of it. */
#define MOST_MESSAGES ((size_t)1 << 22)
#define MOST_FIELDS ((size_t)1 << 25)

typedef struct level {
    const ProtobufCMessageDescriptor *type;
    size_t end;
    uint64_t seen; /* bit i: field i, a single message, was there */
} level;

typedef struct walk {
    const uint8_t *data;
    size_t position, fields, messages, depth;
    level levels[MOST_DEPTH];
} walk;

enum { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_LENGTH = 2, WIRE_32 = 5 };

/* A number of up to "most" bytes before "end"; false where it is longer. */
static bool read_varint(walk *w, size_t end, size_t most, uint64_t *value)
{
    *value = 0;
    for (size_t i = 0; i < most && w->position < end; i++) {
        const uint8_t byte = w->data[w->position++];
        *value |= (uint64_t)(byte & 0x7f) << (7 * i); /* most <= 10: the last shift is 63 */
        if ((byte & 0x80) == 0)
            return true;
    }
    return false;
}

static bool skip(walk *w, size_t end, uint64_t bytes)
{
    if (bytes > end - w->position)
        return false;
    w->position += (size_t)bytes;
    return true;
}

/* Goes into the message in field "field", of "length" bytes. NULL, or what is wrong with it. */
static const char *enter(walk *w, const ProtobufCFieldDescriptor *field, size_t length)
{
    level *const top = &w->levels[w->depth - 1];
    const size_t index = (size_t)(field - top->type->fields);
    const uint64_t bit = UINT64_C(1) << (index % 64);
    if (field->label != PROTOBUF_C_LABEL_REPEATED) {
        if ((top->seen & bit) != 0)
            return "holds a part twice that there may be once";
        top->seen |= bit;
    }
    if (w->depth == MOST_DEPTH)
        return "is nested too deep";
    if (++w->messages > MOST_MESSAGES)
        return "has too many parts";
    w->levels[w->depth++] = (level){field->descriptor, w->position + length, 0};
    return NULL;
}

/* One field of the innermost message. NULL, or what is wrong with it. */
static const char *read_field(walk *w)
{
    const level *const top = &w->levels[w->depth - 1];
    const size_t end = top->end;
    uint64_t tag, length = 0;
    bool whole;
    if (++w->fields > MOST_FIELDS)
        return "has too many fields";
    if (!read_varint(w, end, 5, &tag) || tag >> 3 == 0 || tag >> 3 > 0x1fffffff)
        return "is damaged or cut off: a field has no valid number";
    const unsigned wire = (unsigned)(tag & 7);
    if (wire != WIRE_LENGTH) {
        whole = wire == WIRE_VARINT ? read_varint(w, end, 10, &length)
                : wire == WIRE_64   ? skip(w, end, 8)
                : wire == WIRE_32   ? skip(w, end, 4)
                                    : false;
        return whole ? NULL : "is damaged or cut off: a field has no valid value";
    }
    if (!read_varint(w, end, 5, &length) || length > end - w->position)
        return "is damaged or cut off: a field is longer than what holds it";
    const ProtobufCFieldDescriptor *const field =
        protobuf_c_message_descriptor_get_field(top->type, (unsigned)(tag >> 3));
    if (field != NULL && field->type == PROTOBUF_C_TYPE_MESSAGE)
        return enter(w, field, (size_t)length);
    if (field != NULL && field->type == PROTOBUF_C_TYPE_STRING && /* the parser's end there */
        memchr(w->data + w->position, '\0', (size_t)length) != NULL)
        return "has a text with a zero byte in it";
    return skip(w, end, length) ? NULL : "is damaged or cut off";
}

octet_status oct_onnx_check_wire(const oct_log *log, const ProtobufCMessageDescriptor *type,
                                 const uint8_t *data, size_t size)
{
    octet_status status = OCTET_OK;
    walk w = {.data = data, .depth = 1, .levels = {{type, size, 0}}};
    while (w.depth > 0) {
        if (w.position == w.levels[w.depth - 1].end) {
            w.depth--;
            continue;
        }
        const char *const fault = read_field(&w);
        OCT_REQUIRE(log, fault == NULL, OCTET_INVALID_ARGUMENT,
                    "it is no ONNX model: near byte %zu it %s", w.position, fault);
    }
cleanup:
    return status;
}
