/* batches.h - which images are computed next: a list that the threads of several devices share.
 * Every image is handed out once, and once more for each time it was given back. Any thread may
 * call any of these. */
#ifndef OCT_NETWORK_BATCHES_H
#define OCT_NETWORK_BATCHES_H

#include <pthread.h>
#include <stdbool.h>

#include "core/check.h"

typedef struct oct_batch {
    size_t first, images;
} oct_batch;

typedef struct oct_batches {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t images, size;   /* of all, and the most in one batch */
    size_t next;           /* the first image that nobody has taken */
    size_t open;           /* images taken or not, but not done */
    bool ended;            /* nothing is handed out any more */
    oct_batch *returned;   /* [returned_count], owned */
    size_t returned_count; /* at most "capacity" of oct_batches_create */
} oct_batches;

/* oct_batches_create - "capacity" is the most batches that can be given back. */
octet_status oct_batches_create(oct_batches *batches, const oct_log *log, size_t images,
                                size_t size, size_t capacity);
void oct_batches_destroy(oct_batches *batches); /* one that was created */

/* oct_batches_take - the next batch; false when there is none. With "wait" it waits for one that
 * another thread may still give back, so that false means that all are done, or ended. */
bool oct_batches_take(oct_batches *batches, bool wait, oct_batch *batch);

/* Each batch that was taken is either done or given back. oct_batches_end - what was taken is still
 * done or given back, but takes are over. */
void oct_batches_done(oct_batches *batches, const oct_batch *batch);
void oct_batches_give_back(oct_batches *batches, const oct_batch *batch);
void oct_batches_end(oct_batches *batches);

/* oct_batches_done_images - how many images are done. */
size_t oct_batches_done_images(oct_batches *batches);

#endif
