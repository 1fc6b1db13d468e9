/* winners.c - see winners.h. */
#include "variants/winners.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "variants/paths.h"

/* ---- Classes ---- */

/* The nearest power of two; 0 stays. */
static size_t nearest_power(size_t size)
{
    size_t power = 1;
    if (size == 0)
        return 0;
    while (power <= SIZE_MAX / 3 && size >= power + (power + 1) / 2)
        power *= 2;
    return power;
}

static const char *kernel_name(const oct_tile_problem *problem)
{
    if (problem->kernels & OCT_FOR_DEPTHWISE)
        return "depthwise";
    return problem->windows ? "conv2d" : "gemm";
}

static const char *type_name(octet_type type)
{
    return type == OCTET_U8 ? "u8" : "s8";
}

const char *oct_class_name(const oct_tile_problem *problem, char name[OCT_CLASS_NAME])
{
    const bool depthwise = (problem->kernels & OCT_FOR_DEPTHWISE) != 0;
    snprintf(name, OCT_CLASS_NAME, "%s_%s%s%s_%zux%zux%zux%zu", kernel_name(problem),
             type_name(problem->input_type), type_name(problem->weight_type),
             depthwise && problem->pairs_only ? "_pairs" : "", nearest_power(problem->outer),
             nearest_power(problem->m), nearest_power(problem->n), nearest_power(problem->k));
    return name;
}

/* ---- Rows ---- */

bool oct_tile_may_win(const oct_tile *tile, const oct_traits *traits,
                      const oct_tile_problem *problem)
{
    char name[OCT_TILE_NAME];
    return tile->path != OCT_REFERENCE_PATH && !oct_paths[tile->path].test_only &&
           oct_tile_find(traits, problem, oct_tile_name(tile, name)) == tile;
}

static const oct_winner *find(const oct_winners *winners, const char *class)
{
    for (size_t i = 0; i < winners->count; i++)
        if (strcmp(winners->items[i].class, class) == 0)
            return &winners->items[i];
    return NULL;
}

const oct_tile *oct_winners_find(const oct_winners *winners, const oct_traits *traits,
                                 const oct_tile_problem *problem)
{
    char class[OCT_CLASS_NAME];
    const oct_winner *const winner = find(winners, oct_class_name(problem, class));
    const oct_tile *const tile =
        winner != NULL ? oct_tile_find(traits, problem, winner->variant) : NULL;
    return tile != NULL && oct_tile_may_win(tile, traits, problem) ? tile : NULL;
}

/* ---- The list ---- */

static void drop(oct_winners *winners, size_t index)
{
    winners->count--;
    memmove(&winners->items[index], &winners->items[index + 1],
            (winners->count - index) * sizeof winners->items[0]);
}

bool oct_winners_set(oct_winners *winners, const char *class, const char *variant)
{
    const oct_winner *const before = find(winners, class);
    oct_winner *const grown =
        realloc(winners->items, (winners->count + 1) * sizeof winners->items[0]);
    if (grown == NULL)
        return false;
    const size_t index = before != NULL ? (size_t)(before - winners->items) : SIZE_MAX;
    winners->items = grown;
    if (index != SIZE_MAX)
        drop(winners, index);
    if (winners->count == OCT_MAX_WINNERS)
        drop(winners, 0);
    oct_winner *const added = &winners->items[winners->count++];
    snprintf(added->class, sizeof added->class, "%s", class);
    snprintf(added->variant, sizeof added->variant, "%s", variant);
    return true;
}

/* ---- Text ---- */

#define LINE_BYTES (OCT_CLASS_NAME + OCT_TILE_NAME) /* the most: each name's end is a separator */

char *oct_winners_write(const oct_winners *winners, size_t *bytes)
{
    const size_t capacity = winners->count * LINE_BYTES + 1;
    size_t length = 0;
    char *const text = oct_allocate(capacity, 1);
    for (size_t i = 0; text != NULL && i < winners->count; i++)
        length += (size_t)snprintf(text + length, capacity - length, "%s %s\n",
                                   winners->items[i].class, winners->items[i].variant);
    *bytes = length;
    return text;
}

/* Takes a word of 1 to capacity - 1 printable characters and the "end" behind it. */
static bool take_word(const char **at, const char *stop, char end, char *word, size_t capacity)
{
    size_t length = 0;
    while (*at<stop &&* * at> ' ' && **at <= '~' && length + 1 < capacity)
        word[length++] = *(*at)++;
    word[length] = '\0';
    return length > 0 && *at < stop && *(*at)++ == end;
}

bool oct_winners_read(const char *text, size_t bytes, oct_winners *out)
{
    const char *at = text, *const stop = text + bytes;
    oct_winners winners = {0};
    char class[OCT_CLASS_NAME], variant[OCT_TILE_NAME];
    size_t lines = 0;
    bool good = true;
    for (; good && at < stop; lines++)
        good = lines < OCT_MAX_WINNERS && take_word(&at, stop, ' ', class, sizeof class) &&
               take_word(&at, stop, '\n', variant, sizeof variant) &&
               oct_winners_set(&winners, class, variant);
    if (good)
        *out = winners;
    else
        free(winners.items);
    return good;
}
