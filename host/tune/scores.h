/* scores.h - what tuning has measured so far, by class of problems, and who wins: arithmetic alone.
 *
 * A gain is the logarithm of a usual row's time over a candidate's. -INFINITY is that of a candidate
 * whose result was wrong: it wins nothing any more. */
#ifndef OCT_TUNE_SCORES_H
#define OCT_TUNE_SCORES_H

#include <stdbool.h>

#include "octet/octet.h"

/* By so much a candidate must be faster than the usual row: what a machine's noise may feign. */
#define OCT_TUNE_MARGIN 0.03

#define OCT_TUNE_VARIANT 64

typedef struct oct_score {
    char class[OCTET_CLASS_NAME], variant[OCT_TUNE_VARIANT];
    double gain, weight; /* the sum of weight * gain, and of the weights */
} oct_score;

/* Starts as {0}; released by free(items). */
typedef struct oct_scores {
    oct_score *items;
    size_t count;
} oct_scores;

/* oct_tune_gain - of a candidate that took "seconds" where the usual row took "usual", and was ahead
 * of it in the share "lead" of so many turns. A gain that the turns do not bear out, by two standard
 * deviations of chance, counts as none: a busy machine slows one down more than the other. */
double oct_tune_gain(double usual, double seconds, double lead, size_t turns);

/* oct_scores_add - one problem of the class, which its network has "weight" times. False when memory
 * is out. */
bool oct_scores_add(oct_scores *scores, const char *class, const char *variant, double gain,
                    double weight);

/* oct_scores_gain - the mean of a variant over the problems of a class; 0 when there was none. */
double oct_scores_gain(const oct_scores *scores, const char *class, const char *variant);

/* oct_tune_winner - the index of the largest of "count" gains, at least 1; that of the usual row,
 * the first, unless another beats it by the margin. "count" when none is right. */
size_t oct_tune_winner(const double *gains, size_t count);

#endif
