/* suggest.h - the nearest known name for one that is not known. */
#ifndef OCT_CLI_SUGGEST_H
#define OCT_CLI_SUGGEST_H

#include <stddef.h>

/* oct_edit_distance - insertions, deletions, replacements and swaps of neighbours that turn "a"
 * into "b"; names longer than 63 characters count as far away. */
size_t oct_edit_distance(const char *a, const char *b);

/* Keeps the nearest of the names offered one after another; NULL when none is near. Starts as {0}.
 */
typedef struct oct_suggestion {
    const char *name;
    size_t distance;
} oct_suggestion;

/* oct_suggestion_offer - a name too far from the wanted one, by more than one fault in four
 * letters, is none. */
void oct_suggestion_offer(oct_suggestion *suggestion, const char *wanted, const char *known);

#endif
