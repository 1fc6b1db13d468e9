/* problem_list.c - see problem_list.h. */
#include "harness/problem_list.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "core/shape.h"
#include "harness/benchdnn.h"
#include "harness/problem_options.h"

enum { LONGEST_WORD = 1024, LONGEST_LINE = 1 << 14, DEEPEST = 4 };

void oct_problem_list_init(oct_problem_list *list, const oct_log *log)
{
    *list = (oct_problem_list){.log = log, .settings = oct_problem_defaults};
}

void oct_problem_list_release(oct_problem_list *list)
{
    free(list->items);
    *list = (oct_problem_list){0};
}

/* ---- Adding ---- */

octet_status oct_problem_list_append(oct_problem_list *list, const oct_problem *problem)
{
    octet_status status = OCTET_OK;
    oct_problem *const items = oct_grow(list->items, list->count, &list->capacity, sizeof *items);
    OCT_REQUIRE(list->log, items != NULL, OCTET_OUT_OF_MEMORY, "out of host memory");
    list->items = items;
    list->items[list->count++] = *problem;
cleanup:
    return status;
}

static int32_t within(octet_type type, int32_t zero)
{
    const oct_type_info *const info = oct_type(type);
    if (!oct_type_is_byte(type))
        return 0;
    return zero < info->low ? info->low : zero > info->high ? info->high : zero;
}

/* The settings with one of benchdnn's type triples. Its zero points are of any type, and it has a
 * relu of accumulators; octet's fit. */
static oct_problem_settings with_types(const oct_problem_settings *settings,
                                       const oct_problem_settings *types)
{
    oct_problem_settings merged = *settings;
    merged.input_type = types->input_type;
    merged.weight_type = types->weight_type;
    merged.output_type = types->output_type;
    merged.input_zero = within(merged.input_type, merged.input_zero);
    merged.weight_zero = within(merged.weight_type, merged.weight_zero);
    merged.output_zero = within(merged.output_type, merged.output_zero);
    merged.relu = merged.relu && merged.output_type != OCTET_S32;
    return merged;
}

static octet_status add_with(oct_problem_list *list, const char *text,
                             const oct_problem_settings *settings)
{
    octet_status status = OCTET_OK;
    oct_problem problem;
    OCT_TRY(oct_problem_parse(list->log, text, settings, &problem));
    OCT_TRY(oct_problem_list_append(list, &problem));
cleanup:
    return status;
}

octet_status oct_problem_list_add(oct_problem_list *list, const char *text)
{
    octet_status status = OCTET_OK;
    if (list->type_count == 0)
        return add_with(list, text, &list->settings);
    for (size_t i = 0; i < list->type_count; i++) {
        const oct_problem_settings settings = with_types(&list->settings, &list->types[i]);
        OCT_TRY(add_with(list, text, &settings));
    }
cleanup:
    return status;
}

/* ---- Words ---- */

/* Where words come from, and what is said about them at the end. */
typedef struct word_reader {
    oct_problem_list *list;
    const char *path;                  /* NULL: a line in memory */
    oct_problem_settings before;       /* what --reset returns to */
    const oct_problem_option *pending; /* an option whose value is to come */
    bool value_goes_on;                /* benchdnn's: the last one ended in a comma */
    size_t line, deep, left_out, ignored;
    char first_left_out[80], first_ignored[40];
} word_reader;

static octet_status fault(const word_reader *reader, const char *word, const char *what)
{
    return oct_report(reader->list->log, OCTET_INVALID_ARGUMENT, "'%s' %s", word, what);
}

/* Keeps the first of several words, cut to fit. */
static void keep_first(size_t *count, char *kept, size_t size, const char *word)
{
    if ((*count)++ > 0)
        return;
    const size_t length = strlen(word) < size - 1 ? strlen(word) : size - 1;
    memcpy(kept, word, length);
    kept[length] = '\0';
}

static octet_status read_file(oct_problem_list *list, const char *path, size_t deep);

/* --batch=NAME: a list beside this one. Published lists name others that one may not have. */
static octet_status include(word_reader *reader, const char *name)
{
    char path[1024];
    const char *const slash = reader->path != NULL ? strrchr(reader->path, '/') : NULL;
    const int folder = slash != NULL ? (int)(slash - reader->path) + 1 : 0;
    snprintf(path, sizeof path, "%.*s%s", folder, folder > 0 ? reader->path : "", name);
    FILE *const file = fopen(path, "r");
    if (file == NULL) {
        oct_report(reader->list->log, OCTET_OK, "'%s' line %zu: '%s' is not there, passed over",
                   reader->path != NULL ? reader->path : "", reader->line, path);
        return OCTET_OK;
    }
    fclose(file);
    if (reader->deep == DEEPEST)
        return fault(reader, name, "is nested too deep");
    return read_file(reader->list, path, reader->deep + 1);
}

static bool ends_in_comma(const char *text)
{
    const size_t length = strlen(text);
    return length > 0 && text[length - 1] == ',';
}

static octet_status take_foreign(word_reader *reader, const char *word, const char *name,
                                 const char *value)
{
    bool ignored = false;
    reader->value_goes_on = ends_in_comma(value);
    if (strcmp(name, "batch") == 0)
        return include(reader, value);
    if (!oct_benchdnn_apply(reader->list, name, value, &ignored))
        return fault(reader, word, "is no option of octet's problems, nor of benchdnn");
    if (ignored)
        keep_first(&reader->ignored, reader->first_ignored, sizeof reader->first_ignored, word);
    return OCTET_OK;
}

/* "--name", "--name=value" or "--name" with the value in the next word. */
static octet_status take_option(word_reader *reader, const char *word)
{
    oct_problem_list *const list = reader->list;
    char name[64];
    const size_t length = strcspn(word + 2, "=");
    const char *const value = word[2 + length] == '=' ? word + 3 + length : NULL;
    snprintf(name, sizeof name, "%.*s", (int)(length < 63 ? length : 63), word + 2);
    const oct_problem_option *const option = oct_problem_option_find(name);
    if (strcmp(name, "reset") == 0) {
        list->settings = reader->before;
        list->type_count = 0;
        list->no_types = false;
        return OCTET_OK;
    }
    if (option == NULL || (strcmp(name, "mb") == 0 && value != NULL))
        return take_foreign(reader, word, name, value != NULL ? value : "");
    if (option->argument != NULL && value == NULL) {
        reader->pending = option;
        return OCTET_OK;
    }
    if (strcmp(name, "type") == 0)
        list->type_count = 0;
    return option->apply(list->log, option, value, &list->settings);
}

/* A list of somebody else's may hold problems that octet has not; a line of one's own may not. */
static octet_status take_problem(word_reader *reader, const char *word)
{
    oct_problem_list *const list = reader->list;
    oct_problem trial;
    octet_status status = list->no_types ? OCTET_UNSUPPORTED : OCTET_OK;
    if (status == OCTET_OK &&
        reader->path != NULL) /* silently: to tell the two kinds of no apart */
        status = oct_problem_parse(NULL, word, &oct_problem_defaults, &trial);
    if (status != OCTET_UNSUPPORTED)
        return oct_problem_list_add(list, word);
    keep_first(&reader->left_out, reader->first_left_out, sizeof reader->first_left_out, word);
    return OCTET_OK;
}

static octet_status take_word(word_reader *reader, const char *word)
{
    octet_status status;
    if (strcmp(word, "\\") == 0) /* the line goes on; where lines end means nothing here */
        return OCTET_OK;
    if (reader->value_goes_on) { /* alternatives: the first one was taken */
        reader->value_goes_on = ends_in_comma(word);
        return OCTET_OK;
    }
    if (reader->pending != NULL) {
        const oct_problem_option *const option = reader->pending;
        reader->pending = NULL;
        reader->list->type_count = 0;
        status = option->apply(reader->list->log, option, word, &reader->list->settings);
    } else if (strncmp(word, "--", 2) == 0) {
        status = take_option(reader, word);
    } else {
        status = take_problem(reader, word);
    }
    if (status != OCTET_OK && reader->path != NULL)
        oct_report(reader->list->log, status, "in '%s' line %zu", reader->path, reader->line);
    return status;
}

/* ---- Text into words ---- */

/* Copies the next word of a line, quotes kept, and returns what follows it; NULL at the end of the
 * line or at a comment. */
static const char *next_word(const char *at, char word[LONGEST_WORD])
{
    size_t length = 0;
    bool quoted = false;
    while (isspace((unsigned char)*at))
        at++;
    if (*at == '\0' || *at == '#')
        return NULL;
    for (; *at != '\0' && (quoted || !isspace((unsigned char)*at)); at++) {
        if (*at == '"')
            quoted = !quoted;
        if (length < LONGEST_WORD - 1)
            word[length++] = *at;
    }
    word[length] = '\0';
    return at;
}

static octet_status take_line(word_reader *reader, const char *line)
{
    char word[LONGEST_WORD];
    octet_status status = OCTET_OK;
    while (status == OCTET_OK && (line = next_word(line, word)) != NULL)
        status = take_word(reader, word);
    return status;
}

static octet_status finish(const word_reader *reader)
{
    if (reader->pending != NULL)
        return fault(reader, reader->pending->name, "needs a value");
    if (reader->ignored > 0)
        oct_report(reader->list->log, OCTET_OK,
                   "'%s': %zu options that mean nothing to octet were passed over (the first: %s)",
                   reader->path, reader->ignored, reader->first_ignored);
    if (reader->left_out > 0)
        oct_report(
            reader->list->log, OCTET_OK,
            "'%s': %zu problems of types or dimensions that octet has not were left out (the "
            "first: %s)",
            reader->path, reader->left_out, reader->first_left_out);
    return OCTET_OK;
}

octet_status oct_problem_list_line(oct_problem_list *list, const char *line)
{
    octet_status status = OCTET_OK;
    word_reader reader = {.list = list, .before = oct_problem_defaults};
    OCT_TRY(take_line(&reader, line));
    OCT_TRY(finish(&reader));
cleanup:
    return status;
}

/* ---- Files ---- */

static octet_status read_lines(word_reader *reader, FILE *file)
{
    octet_status status = OCTET_OK;
    char line[LONGEST_LINE];
    errno = 0;
    line[LONGEST_LINE - 1] = '?'; /* stays, unless a line fills all before it */
    while (fgets(line, sizeof line, file) != NULL) {
        reader->line++;
        OCT_REQUIRE(reader->list->log,
                    line[LONGEST_LINE - 1] != '\0' || line[LONGEST_LINE - 2] == '\n',
                    OCTET_INVALID_ARGUMENT, "--file '%s' line %zu is longer than %d bytes",
                    reader->path, reader->line, LONGEST_LINE - 2);
        OCT_TRY(take_line(reader, line));
        line[LONGEST_LINE - 1] = '?';
    }
    OCT_REQUIRE(reader->list->log, !ferror(file), OCTET_INVALID_ARGUMENT,
                "--file '%s' cannot be read: %s", reader->path, strerror(errno));
    OCT_TRY(finish(reader));
cleanup:
    return status;
}

static octet_status read_file(oct_problem_list *list, const char *path, size_t deep)
{
    octet_status status = OCTET_OK;
    word_reader reader = {.list = list, .path = path, .before = list->settings, .deep = deep};
    FILE *const file = fopen(path, "r");
    OCT_REQUIRE(list->log, file != NULL, OCTET_INVALID_ARGUMENT, "--file '%s' cannot be opened: %s",
                path, strerror(errno));
    OCT_TRY(read_lines(&reader, file));
cleanup:
    if (file != NULL)
        fclose(file);
    return status;
}

octet_status oct_problem_list_file(oct_problem_list *list, const char *path)
{
    const oct_problem_settings settings = list->settings;
    const octet_status status = read_file(list, path, 0);
    list->settings = settings;
    list->type_count = 0;
    list->no_types = false;
    return status;
}
