/* scores.c - see scores.h. */
#include "tune/scores.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static oct_score *find(const oct_scores *scores, const char *class, const char *variant)
{
    for (size_t i = 0; i < scores->count; i++) {
        oct_score *const score = &scores->items[i];
        if (strcmp(score->class, class) == 0 && strcmp(score->variant, variant) == 0)
            return score;
    }
    return NULL;
}

static oct_score *append(oct_scores *scores, const char *class, const char *variant)
{
    oct_score *const grown = realloc(scores->items, (scores->count + 1) * sizeof *grown);
    if (grown == NULL)
        return NULL;
    scores->items = grown;
    oct_score *const score = &grown[scores->count++];
    *score = (oct_score){.gain = 0};
    snprintf(score->class, sizeof score->class, "%s", class);
    snprintf(score->variant, sizeof score->variant, "%s", variant);
    return score;
}

double oct_tune_gain(double usual, double seconds, double lead, size_t turns)
{
    const double gain = log(usual / seconds);
    const bool borne_out = turns > 0 && lead >= fmin(0.5 + 1 / sqrt((double)turns), 1);
    return gain > 0 && !borne_out ? 0 : gain;
}

bool oct_scores_add(oct_scores *scores, const char *class, const char *variant, double gain,
                    double weight)
{
    oct_score *score = find(scores, class, variant);
    if (score == NULL)
        score = append(scores, class, variant);
    if (score == NULL)
        return false;
    score->gain += weight * gain;
    score->weight += weight;
    return true;
}

double oct_scores_gain(const oct_scores *scores, const char *class, const char *variant)
{
    const oct_score *const score = find(scores, class, variant);
    return score != NULL ? score->gain / score->weight : 0;
}

size_t oct_tune_winner(const double *gains, size_t count)
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        if (gains[i] > gains[best])
            best = i;
    if (gains[best] == -INFINITY)
        return count;
    return gains[best] - gains[0] > log1p(OCT_TUNE_MARGIN) ? best : 0;
}
