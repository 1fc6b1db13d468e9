/* batches.c - see batches.h. */
#include "network/batches.h"

#include <stdlib.h>

octet_status oct_batches_create(oct_batches *batches, const oct_log *log, size_t images,
                                size_t size, size_t capacity)
{
    octet_status status = OCTET_OK;
    oct_batches made = {.images = images, .size = size, .open = images};
    OCT_ALLOC(log, made.returned, capacity);
    *batches = made;
    if (pthread_mutex_init(&batches->lock, NULL) != 0) {
        status = oct_report(log, OCTET_OUT_OF_MEMORY, "a mutex could not be made");
    } else if (pthread_cond_init(&batches->changed, NULL) != 0) {
        pthread_mutex_destroy(&batches->lock);
        status = oct_report(log, OCTET_OUT_OF_MEMORY, "a condition variable could not be made");
    }
    if (status != OCTET_OK)
        free(made.returned);
cleanup:
    return status;
}

void oct_batches_destroy(oct_batches *batches)
{
    pthread_cond_destroy(&batches->changed);
    pthread_mutex_destroy(&batches->lock);
    free(batches->returned);
}

/* What was given back comes first. False where nothing is left to hand out now. */
static bool take_one(oct_batches *batches, oct_batch *batch)
{
    const size_t left = batches->images - batches->next;
    if (batches->ended)
        return false;
    if (batches->returned_count > 0) {
        *batch = batches->returned[--batches->returned_count];
        return true;
    }
    if (left == 0)
        return false;
    *batch = (oct_batch){batches->next, left < batches->size ? left : batches->size};
    batches->next += batch->images;
    return true;
}

bool oct_batches_take(oct_batches *batches, bool wait, oct_batch *batch)
{
    pthread_mutex_lock(&batches->lock);
    bool taken = take_one(batches, batch);
    while (!taken && wait && batches->open > 0 && !batches->ended) {
        pthread_cond_wait(&batches->changed, &batches->lock);
        taken = take_one(batches, batch);
    }
    pthread_mutex_unlock(&batches->lock);
    return taken;
}

void oct_batches_done(oct_batches *batches, const oct_batch *batch)
{
    pthread_mutex_lock(&batches->lock);
    batches->open -= batch->images;
    pthread_cond_broadcast(&batches->changed);
    pthread_mutex_unlock(&batches->lock);
}

void oct_batches_give_back(oct_batches *batches, const oct_batch *batch)
{
    pthread_mutex_lock(&batches->lock);
    batches->returned[batches->returned_count++] = *batch;
    pthread_cond_broadcast(&batches->changed);
    pthread_mutex_unlock(&batches->lock);
}

void oct_batches_end(oct_batches *batches)
{
    pthread_mutex_lock(&batches->lock);
    batches->ended = true;
    pthread_cond_broadcast(&batches->changed);
    pthread_mutex_unlock(&batches->lock);
}

size_t oct_batches_done_images(oct_batches *batches)
{
    pthread_mutex_lock(&batches->lock);
    const size_t done = batches->images - batches->open;
    pthread_mutex_unlock(&batches->lock);
    return done;
}
