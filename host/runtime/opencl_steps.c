/* opencl_steps.c - kernels.cl with its kernels as steps: for each
 *     kernel ATTRIBUTES void NAME(PARAMETERS)
 *     {
 * a structure of the parameters, oct_NAME_step and a kernel that calls it (kernels.cl, end of §2), and what
 * follows becomes the body of NAME_item. The compiler chooses between that and the text as it was. */
#include "runtime/opencl.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/kernels_source.h"

/* A text that grows; NULL once memory is out. */
typedef struct text {
    char *at;
    size_t length, capacity;
} text;

static void append(text *out, const char *piece, size_t length)
{
    if (out->at == NULL)
        return;
    if (out->capacity - out->length <= length) {
        const size_t capacity = 2 * (out->capacity + length);
        char *const grown = realloc(out->at, capacity);
        if (grown == NULL) {
            free(out->at);
            out->at = NULL;
            return;
        }
        out->at = grown;
        out->capacity = capacity;
    }
    memcpy(out->at + out->length, piece, length);
    out->length += length;
    out->at[out->length] = '\0';
}

static void append_text(text *out, const char *piece)
{
    append(out, piece, strlen(piece));
}

/* A piece of the source. */
typedef struct piece {
    const char *at;
    size_t length;
} piece;

typedef struct header {
    piece front; /* up to the name */
    piece name, parameters;
    const char *end; /* behind the closing parenthesis */
} header;

static bool is_of_name(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* Whether a kernel begins at "at", which is the beginning of a line. */
static bool read_header(const char *at, header *out)
{
    const char *name, *open, *close;
    if (strncmp(at, "kernel ", 7) != 0 || (name = strstr(at, "void")) == NULL)
        return false;
    for (name += 4; isspace((unsigned char)*name);)
        name++;
    for (open = name; is_of_name(*open);)
        open++;
    close = strchr(open, ')');
    if (open == name || *open != '(' || close == NULL)
        return false;
    *out = (header){.front = {at, (size_t)(name - at)},
                    .name = {name, (size_t)(open - name)},
                    .parameters = {open + 1, (size_t)(close - open - 1)},
                    .end = close + 1};
    return true;
}

static void append_piece(text *out, const piece *what)
{
    append(out, what->at, what->length);
}

/* The parameters as members of a structure. */
static void append_members(text *out, const piece *parameters)
{
    for (size_t i = 0; i < parameters->length; i++)
        append(out, parameters->at[i] == ',' ? ";" : &parameters->at[i], 1);
}

/* ", " and the name of each parameter, with "prefix" before it. */
static void append_names(text *out, const piece *parameters, const char *prefix)
{
    const char *const end = parameters->at + parameters->length;
    for (const char *at = parameters->at; at < end; at++) {
        const char *first = at + 1;
        if (at + 1 < end && at[1] != ',')
            continue;
        while (first > parameters->at && is_of_name(first[-1]))
            first--;
        append_text(out, ", ");
        append_text(out, prefix);
        append(out, first, (size_t)(at + 1 - first));
    }
}

/* "before" NAME "between" PARAMETERS "after" */
static void append_function(text *out, const header *kernel, const char *before,
                            const char *between, const char *after)
{
    append_text(out, before);
    append_piece(out, &kernel->name);
    append_text(out, between);
    append_piece(out, &kernel->parameters);
    append_text(out, after);
}

static size_t count_lines(const char *at, const char *end)
{
    size_t count = 0;
    for (; at < end; at++)
        count += *at == '\n';
    return count;
}

/* For messages of the compiler: the next line has this number. */
static void append_line(text *out, size_t number)
{
    char line[32];
    snprintf(line, sizeof line, "\n#line %zu", number);
    append_text(out, line);
}

static void append_step(text *out, const header *kernel)
{
    static const char item[] = "OCT_INLINE void ", here[] = ", const oct_at *oct_here)";
    append_text(out, "#if OCT_STEPPED\ntypedef struct {\n");
    append_members(out, &kernel->parameters);
    append_text(out, ";\n} ");
    append_piece(out, &kernel->name);
    append_text(out, "_arguments;\n");
    append_function(out, kernel, item, "_item(", here);
    append_text(out, ";\nOCT_DEFINE_STEP(");
    append_piece(out, &kernel->name);
    append_names(out, &kernel->parameters, "from->");
    append_text(out, ")\n");
    append_piece(out, &kernel->front);
    append_function(out, kernel, "", "(", ", global ulong *entry)\n{\nOCT_CALL_STEP(");
    append_piece(out, &kernel->name);
    append_names(out, &kernel->parameters, "");
    append_text(out, ")\n}\n");
    append_function(out, kernel, item, "_item(", here);
    append_text(out, "\n#else\n");
    append(out, kernel->front.at, (size_t)(kernel->end - kernel->front.at));
    append_text(out, "\n#endif");
}

static char *write_steps(const char *source)
{
    const char *copied = source; /* up to here */
    size_t next_line = 2;        /* the number of the line behind that one */
    text out = {.capacity = strlen(source) + 1};
    header kernel;
    out.at = oct_allocate(out.capacity, 1);
    for (const char *line = source; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (!read_header(line, &kernel))
            continue;
        append(&out, copied, (size_t)(line - copied));
        append_step(&out, &kernel);
        next_line += count_lines(copied, kernel.end);
        append_line(&out, next_line);
        copied = line = kernel.end;
    }
    append_text(&out, copied);
    return out.at;
}

const char *oct_cl_stepped_source(oct_cl *cl)
{
    char *whole = cl->source;
    if (cl->stepped_source != NULL)
        return cl->stepped_source;
    if (whole == NULL && (whole = oct_allocate(oct_kernels_source_size + 1, 1)) != NULL)
        memcpy(whole, oct_kernels_source, oct_kernels_source_size);
    cl->stepped_source = whole != NULL ? write_steps(whole) : NULL;
    if (whole != cl->source)
        free(whole);
    return cl->stepped_source;
}
