/* run_accuracy.c - see run_accuracy.h. */
#include "cli/run_accuracy.h"

#include <stdlib.h>

octet_status oct_accuracy_open(const char *path, const octet_network_value *scores, size_t images,
                               oct_accuracy *accuracy)
{
    octet_status status = OCTET_OK;
    const octet_shape *const shape = &scores->shape;
    oct_array labels;
    size_t count = 0;
    OCT_TRY(oct_npy_open("--labels", path, OCT_ACCEPT_S32 | OCT_ACCEPT_BYTES, &accuracy->labels));
    labels = oct_npy_info(accuracy->labels);
    accuracy->scores = *scores;
    accuracy->classes = shape->rank > 0 ? shape->size[shape->rank - 1] : 0;
    /* of a fixed batch, too, whose images are all along the one axis */
    accuracy->given = scores->type == OCTET_S32 && (shape->rank == 1 || accuracy->classes == 1);
    if (accuracy->given)
        accuracy->classes = 1;
    OCT_REQUIRE(oct_cli_log, labels.shape.rank == 1 && accuracy->classes > 0,
                OCTET_INVALID_ARGUMENT,
                "--labels '%s' has %zu dimensions, the output '%s' %zu; labels must have 1, scores "
                "at least 1",
                path, labels.shape.rank, scores->name, shape->rank);
    oct_shape_count(shape, &count);
    accuracy->rows = count / accuracy->classes;
    OCT_REQUIRE(oct_cli_log, !scores->batched || oct_multiply(accuracy->rows, images, &count),
                OCTET_OUT_OF_MEMORY, "output '%s': %zu images are too many", scores->name, images);
    if (!scores->batched)
        count = accuracy->rows;
    OCT_REQUIRE(oct_cli_log, labels.count == count, OCTET_INVALID_ARGUMENT,
                "--labels '%s' holds %zu labels; the output '%s' has %zu rows for %zu images", path,
                labels.count, scores->name, count, images);
cleanup:
    return status;
}

static double number_at(octet_type type, const void *data, size_t i)
{
    switch (type) {
    case OCTET_S8:
        return ((const int8_t *)data)[i];
    case OCTET_U8:
        return ((const uint8_t *)data)[i];
    case OCTET_S32:
        return ((const int32_t *)data)[i];
    default:
        return (double)((const float *)data)[i];
    }
}

/* Where the largest of "count" numbers from "first" on is; the first of equals, never a NaN unless
 * all are. */
static size_t largest_at(octet_type type, const void *data, size_t first, size_t count)
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++) {
        const double number = number_at(type, data, first + i);
        const double most = number_at(type, data, first + best);
        if (number > most || (most != most && number == number))
            best = i;
    }
    return best;
}

/* The class of row "i". */
static double class_at(const oct_accuracy *accuracy, const void *scores, size_t i)
{
    const octet_type type = accuracy->scores.type;
    return accuracy->given
               ? number_at(type, scores, i)
               : (double)largest_at(type, scores, i * accuracy->classes, accuracy->classes);
}

octet_status oct_accuracy_add(oct_accuracy *accuracy, size_t first, size_t images,
                              const void *scores)
{
    octet_status status = OCTET_OK;
    const octet_type type = oct_npy_info(accuracy->labels).type;
    const bool batched = accuracy->scores.batched != 0;
    const size_t rows = batched ? images * accuracy->rows : accuracy->rows;
    int32_t *labels = NULL;    /* room for any type of label */
    if (!batched && first > 0) /* the same for all batches */
        return OCTET_OK;
    OCT_ALLOC(oct_cli_log, labels, rows);
    OCT_TRY(oct_npy_fetch(accuracy->labels, batched ? first * accuracy->rows : 0, rows, labels));
    for (size_t i = 0; i < rows; i++) {
        const double label = number_at(type, labels, i);
        accuracy->right += class_at(accuracy, scores, i) == label;
        accuracy->unknown += label < 0 || (!accuracy->given && label >= (double)accuracy->classes);
    }
    accuracy->counted += rows;
cleanup:
    free(labels);
    return status;
}

void oct_accuracy_note(const oct_accuracy *accuracy)
{
    if (accuracy->unknown > 0)
        oct_cli_note("--labels '%s': %zu of %zu labels are no class from 0 to %zu; they count as "
                     "wrong answers",
                     oct_npy_info(accuracy->labels).path, accuracy->unknown, accuracy->counted,
                     accuracy->classes - 1);
}

void oct_accuracy_close(oct_accuracy *accuracy)
{
    oct_npy_close(accuracy->labels);
    accuracy->labels = NULL;
}
