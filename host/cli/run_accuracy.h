/* run_accuracy.h - how often the largest number along the first output's last axis, or a single integer
 * there, is what a label says, batch by batch. */
#ifndef OCT_CLI_RUN_ACCURACY_H
#define OCT_CLI_RUN_ACCURACY_H

#include "cli/npy.h"
#include "octet/network.h"

typedef struct oct_accuracy {
    oct_npy_source *labels; /* NULL: there are none */
    octet_network_value scores;
    size_t rows, classes; /* of one image's scores: one label per row */
    bool given;           /* they are no scores but classes, as ArgMax gives them: any from 0 up */
    size_t right, counted;
    size_t unknown; /* of those counted: labels that are no class */
} oct_accuracy;

/* oct_accuracy_open - "path" is an array of integers, one for each row of the scores of "images"
 * images. "accuracy" is all zeros before. */
octet_status oct_accuracy_open(const char *path, const octet_network_value *scores, size_t images,
                               oct_accuracy *accuracy);

/* oct_accuracy_add - counts the scores of a batch that begins with image "first" of the labels. */
octet_status oct_accuracy_add(oct_accuracy *accuracy, size_t first, size_t images,
                              const void *scores);
/* oct_accuracy_note - says how many labels were no class, if any. */
void oct_accuracy_note(const oct_accuracy *accuracy);
void oct_accuracy_close(oct_accuracy *accuracy); /* one that was not opened is accepted */

#endif
