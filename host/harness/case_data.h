/* case_data.h - the arrays of a case. */
#ifndef OCT_HARNESS_CASE_DATA_H
#define OCT_HARNESS_CASE_DATA_H

#include "harness/case.h"

/* oct_case_fill - allocates and fills every array of a case whose problem and shapes are set. */
octet_status oct_case_fill(oct_case *c, uint64_t seed);

/* How many input parameters (1, or one per row of A) and weight parameters (1, or one per output
 * channel) the case has. */
size_t oct_case_rows(const oct_case *c);
size_t oct_case_columns(const oct_case *c);

#endif
