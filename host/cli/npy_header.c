/* npy_header.c - see npy_header.h. A cursor walks the text once; the first fault ends the walk. */
#include "cli/npy_header.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

const oct_npy_kind oct_npy_kinds[] = {
    /* descr  name       type       size */
    {"|u1", "uint8", OCTET_U8, 1},    {"|i1", "int8", OCTET_S8, 1},
    {"<i4", "int32", OCTET_S32, 4},   {"<f4", "float32", OCTET_F32, 4},
    {"<f8", "float64", OCTET_F32, 8}, {"<i8", "int64", OCTET_S32, 8},
};
const size_t oct_npy_kind_count = sizeof oct_npy_kinds / sizeof oct_npy_kinds[0];

typedef struct header_cursor {
    const char *at, *end;
    char *fault;
} header_cursor;

static bool fail(header_cursor *cursor, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(cursor->fault, OCT_NPY_FAULT, format, arguments);
    va_end(arguments);
    return false;
}

static void skip_space(header_cursor *cursor)
{
    while (cursor->at < cursor->end && strchr(" \t\r\n", *cursor->at) != NULL &&
           *cursor->at != '\0')
        cursor->at++;
}

/* Takes one character if it is next, after space. */
static bool take(header_cursor *cursor, char wanted)
{
    skip_space(cursor);
    if (cursor->at == cursor->end || *cursor->at != wanted)
        return false;
    cursor->at++;
    return true;
}

static bool expect(header_cursor *cursor, char wanted)
{
    return take(cursor, wanted) || fail(cursor, "lacks a '%c'", wanted);
}

/* A quoted text without escapes, cut to fit. */
static bool take_text(header_cursor *cursor, char text[32])
{
    skip_space(cursor);
    const char quote = cursor->at < cursor->end ? *cursor->at : '\0';
    if (quote != '\'' && quote != '"')
        return fail(cursor, "lacks a quoted text");
    const char *const begin = ++cursor->at;
    const char *const close = memchr(begin, quote, (size_t)(cursor->end - begin));
    if (close == NULL)
        return fail(cursor, "has a quote without an end");
    const size_t length = close - begin < 31 ? (size_t)(close - begin) : 31;
    for (size_t i = 0; i < length; i++) /* it may end up on a terminal */
        text[i] = isprint((unsigned char)begin[i]) ? begin[i] : '?';
    text[length] = '\0';
    cursor->at = close + 1;
    return true;
}

/* ---- The three values ---- */

static bool take_descr(header_cursor *cursor, oct_npy_header *header)
{
    char descr[32];
    if (!take_text(cursor, descr))
        return false;
    for (size_t i = 0; i < oct_npy_kind_count; i++) {
        if (strcmp(oct_npy_kinds[i].descr, descr) == 0) {
            header->kind = &oct_npy_kinds[i];
            return true;
        }
    }
    return fail(cursor, "says descr '%s'; octet reads |u1 |i1 <i4 <f4 <f8 <i8", descr);
}

static bool take_order(header_cursor *cursor, oct_npy_header *header)
{
    static const struct {
        const char *text;
        size_t length;
        bool value;
    } words[] = {{"False", 5, false}, {"True", 4, true}};
    skip_space(cursor);
    for (size_t i = 0; i < 2; i++) {
        if ((size_t)(cursor->end - cursor->at) >= words[i].length &&
            memcmp(cursor->at, words[i].text, words[i].length) == 0) {
            cursor->at += words[i].length;
            header->fortran_order = words[i].value;
            return true;
        }
    }
    return fail(cursor, "has a fortran_order that is neither True nor False");
}

static bool take_size(header_cursor *cursor, size_t *size)
{
    const char *const begin = cursor->at;
    size_t value = 0;
    while (cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9') {
        const size_t digit = (size_t)(*cursor->at++ - '0');
        if (value > (SIZE_MAX - digit) / 10)
            return fail(cursor, "has a size that is too large in its shape");
        value = value * 10 + digit;
    }
    if (cursor->at == begin || (*begin == '0' && cursor->at > begin + 1))
        return fail(cursor, "has a shape that is not a tuple of sizes");
    *size = value;
    return true;
}

/* A Python tuple: "()", "(3,)", "(3, 4)", "(3, 4,)". */
static bool take_shape(header_cursor *cursor, oct_npy_header *header)
{
    octet_shape shape = {0};
    bool comma = true;
    if (!take(cursor, '('))
        return fail(cursor, "has a shape that is not a tuple of sizes");
    while (!take(cursor, ')')) {
        if (!comma)
            return fail(cursor, "has a shape that is not a tuple of sizes");
        if (shape.rank == OCTET_MAX_RANK)
            return fail(cursor, "has more than %d dimensions", OCTET_MAX_RANK);
        if (!take_size(cursor, &shape.size[shape.rank]))
            return false;
        shape.rank++;
        comma = take(cursor, ',');
    }
    if (shape.rank == 1 && !comma)
        return fail(cursor, "has a shape that is not a tuple of sizes");
    header->shape = shape;
    return true;
}

/* ---- The dictionary ---- */

typedef struct header_key {
    const char *name;
    bool (*take)(header_cursor *cursor, oct_npy_header *header);
} header_key;

static const header_key keys[] = {
    {"descr", take_descr}, {"fortran_order", take_order}, {"shape", take_shape}};
enum { KEY_COUNT = sizeof keys / sizeof keys[0] };

static bool take_entry(header_cursor *cursor, oct_npy_header *header, bool seen[KEY_COUNT])
{
    char name[32];
    if (!take_text(cursor, name) || !expect(cursor, ':'))
        return false;
    for (size_t i = 0; i < KEY_COUNT; i++) {
        if (strcmp(keys[i].name, name) != 0)
            continue;
        if (seen[i])
            return fail(cursor, "has the key '%s' twice", name);
        seen[i] = true;
        return keys[i].take(cursor, header);
    }
    return fail(cursor, "has a key '%s'; it may only have descr, fortran_order and shape", name);
}

bool oct_npy_parse_header(const char *text, size_t length, oct_npy_header *header,
                          char fault[OCT_NPY_FAULT])
{
    header_cursor cursor = {text, text + length, fault};
    bool seen[KEY_COUNT] = {false}, comma = true;
    if (!expect(&cursor, '{'))
        return false;
    while (!take(&cursor, '}')) {
        if (!comma)
            return fail(&cursor, "lacks a ',' between its entries");
        if (!take_entry(&cursor, header, seen))
            return false;
        comma = take(&cursor, ',');
    }
    skip_space(&cursor);
    if (cursor.at != cursor.end)
        return fail(&cursor, "goes on behind its dictionary");
    for (size_t i = 0; i < KEY_COUNT; i++) {
        if (!seen[i])
            return fail(&cursor, "lacks the key '%s'", keys[i].name);
    }
    return true;
}
