/* difference.h - the outcome of a comparison in words. */
#ifndef OCT_CLI_DIFFERENCE_H
#define OCT_CLI_DIFFERENCE_H

#include "cli/message.h"
#include "core/shape.h"

/* oct_index_of - the coordinates of a flat index; a rank of 0 has none. */
void oct_index_of(const octet_shape *shape, size_t flat, size_t index[OCTET_MAX_RANK]);

/* oct_difference_text - "element [0, 3] (flat 3) is 7, expected 8; 2 of 10 elements differ, by at
 * most 1". Returns text. */
#define OCT_DIFFERENCE_TEXT 320
const char *oct_difference_text(octet_type type, const octet_shape *shape,
                                const octet_comparison *comparison, char text[OCT_DIFFERENCE_TEXT]);

/* oct_check_not_run - says on standard error that --check had nothing to compare. */
void oct_check_not_run(const char *what);

/* oct_difference_digits - the same with so many significant digits, for wider types. */
const char *oct_difference_digits(int digits, const octet_shape *shape,
                                  const octet_comparison *comparison,
                                  char text[OCT_DIFFERENCE_TEXT]);

/* oct_check_report - says on standard error how "what" differs from the reference, and the command
 * that shows it again. Nothing when it does not differ. */
void oct_check_report(const char *what, const char *variant, octet_type type,
                      const octet_shape *shape, const octet_comparison *comparison);

#endif
