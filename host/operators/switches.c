/* switches.c - paths and rows of the tables that the environment switches off. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "operators/context.h"
#include "variants/paths.h"
#include "variants/tiles.h"

/* The next name of a list and its length; NULL behind the last. Names may be empty. */
static const char *next_name(const char **list, size_t *length)
{
    const char *const name = *list;
    if (name == NULL || *name == '\0')
        return NULL;
    *length = strcspn(name, ",");
    *list = name + *length + (name[*length] == ',');
    return name;
}

bool oct_is_switched_off(const char *name)
{
    const char *list = getenv(OCT_SWITCHES), *part;
    size_t length = 0;
    while ((part = next_name(&list, &length)) != NULL)
        if (length == strlen(name) && strncmp(part, name, length) == 0)
            return true;
    return false;
}

/* Every name that may stand in the list, "chain,plain,khr…", into "text". The reference may not. */
static void write_names(char *text, size_t capacity)
{
    char name[OCT_TILE_NAME];
    size_t length = (size_t)snprintf(text, capacity, OCT_CHAIN);
    for (size_t i = 0; i < oct_path_count; i++)
        length += (size_t)snprintf(text + length, capacity - length, ",%s", oct_paths[i].name);
    for (size_t i = 0; i + 1 < oct_tile_count; i++)
        length += (size_t)snprintf(text + length, capacity - length, ",%s",
                                   oct_tile_name(&oct_tiles[i], name));
}

static bool is_known(const char *part, size_t length)
{
    char name[OCT_TILE_NAME];
    for (size_t i = 0; i < oct_path_count; i++)
        if (strlen(oct_paths[i].name) == length && strncmp(oct_paths[i].name, part, length) == 0)
            return true;
    for (size_t i = 0; i + 1 < oct_tile_count; i++) {
        oct_tile_name(&oct_tiles[i], name);
        if (strlen(name) == length && strncmp(name, part, length) == 0)
            return true;
    }
    return length == 0 || (length == strlen(OCT_CHAIN) && strncmp(OCT_CHAIN, part, length) == 0);
}

static void report_unknown(const oct_log *log)
{
    char names[OCT_MAX_VARIANTS * (OCT_TILE_NAME + 1)], unknown[256] = "";
    const char *list = getenv(OCT_SWITCHES), *part;
    size_t length = 0, count = 0;
    while ((part = next_name(&list, &length)) != NULL)
        if (!is_known(part, length) && count++ == 0)
            snprintf(unknown, sizeof unknown, "%.*s", (int)(length < 80 ? length : 80), part);
    if (count == 0)
        return;
    write_names(names, sizeof names);
    oct_report(log, OCTET_OK,
               OCT_SWITCHES
               " has %zu unknown name%s (the first: '%s'); it may have, divided by commas: %s",
               count, count == 1 ? "" : "s", unknown, names);
}

void oct_switch_tiles_off(oct_traits *traits, const oct_log *log)
{
    char name[OCT_TILE_NAME];
    report_unknown(log);
    for (size_t i = 0; i + 1 < oct_tile_count; i++)
        traits->tiles_off[i] = oct_is_switched_off(oct_tile_name(&oct_tiles[i], name));
}
