/* gather.h - a layer as plain matrix products of bytes, for octet explain: A (m, k), a row per
 * output pixel with the elements under its window, and B (n, k), a row per filter. k runs over
 * kernel row, kernel column, channel. A matrix product counts as a convolution of images one pixel
 * high and m wide by filters of one tap, with a batch's matrices as images. */
#ifndef OCT_HARNESS_GATHER_H
#define OCT_HARNESS_GATHER_H

#include "core/check.h"
#include "core/geometry.h"

typedef struct oct_gather {
    oct_conv2d_geometry geometry; /* the layout is the input's */
    octet_layout output_layout;
    octet_type input_type, weight_type;
    const void *input, *weights;
    int32_t input_zero;  /* what padded taps hold                        */
    bool one_input;      /* every image reads the first's elements       */
    size_t weight_image; /* elements to the next image's filters, or 0   */
    size_t weight_filter, weight_tap, weight_channel; /* elements to the next of each           */
} oct_gather;

/* Some rows of one product: those of one image and one group. */
typedef struct oct_gathered {
    size_t image, group, first, rows; /* "first" counts the image's pixels */
    const void *a, *b;                /* (rows, k) and (n, k)              */
    bool new_b;                       /* not the previous part's           */
} oct_gathered;

typedef octet_status (*oct_gathered_fn)(void *state, const oct_gathered *part);

size_t oct_gather_m(const oct_gather *gather); /* of one image */
size_t oct_gather_n(const oct_gather *gather); /* of one group */
size_t oct_gather_k(const oct_gather *gather);

/* oct_gather_rows - how many rows a part has at most: all, or as many as fit in some memory. */
size_t oct_gather_rows(const oct_gather *gather);

/* oct_gather_each - calls "visit" on parts that cover all products. */
octet_status oct_gather_each(const oct_log *log, const oct_gather *gather, oct_gathered_fn visit,
                             void *state);

/* An element of the result: its row in its image's product, and its output channel. */
typedef struct oct_place {
    size_t image, row, column;
} oct_place;

/* oct_gather_index - where the result of a place is stored; oct_gather_place is its inverse. */
size_t oct_gather_index(const oct_gather *gather, const oct_place *place);
oct_place oct_gather_place(const oct_gather *gather, size_t index);

/* oct_gather_one - the k elements of A and of B behind one place. */
void oct_gather_one(const oct_gather *gather, const oct_place *place, void *a, void *b);

#endif
