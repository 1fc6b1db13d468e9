/* oracle.h - the answer to a case of the harness by the formula alone: one loop per element, from
 * the description and the arrays of the case, with nothing of octet's own arithmetic but the
 * conversion of a double into (M, shift). */
#ifndef OCT_TESTS_ORACLE_H
#define OCT_TESTS_ORACLE_H

#include "harness/case.h"

/* oct_oracle - c->output_count elements of the output type in new memory, freed by the caller.
 * Reads c->layer, so it follows what a test changed there. */
void *oct_oracle(const oct_case *c);

#endif
