/* gather.c - see gather.h. */
#include "harness/gather.h"

#include <stdint.h>
#include <stdlib.h>

#include "reference/access.h"

enum { MOST_ELEMENTS = 1 << 24 }; /* of A in one part: as float32, 64 MiB */

size_t oct_gather_m(const oct_gather *gather)
{
    return gather->geometry.out_height * gather->geometry.out_width;
}

size_t oct_gather_n(const oct_gather *gather)
{
    return gather->geometry.out_channels / gather->geometry.groups;
}

size_t oct_gather_k(const oct_gather *gather)
{
    const oct_conv2d_geometry *const g = &gather->geometry;
    return g->window.kernel[0] * g->window.kernel[1] * (g->channels / g->groups);
}

size_t oct_gather_rows(const oct_gather *gather)
{
    const size_t m = oct_gather_m(gather), k = oct_gather_k(gather);
    const size_t most = k < MOST_ELEMENTS ? MOST_ELEMENTS / k : 1;
    return m < most ? m : most;
}

/* ---- Elements ---- */

/* The channels of one group under one tap of a window; z_x where the tap lies in the padding. */
static void copy_tap(const oct_gather *gather, size_t image, size_t group, size_t row, size_t tap,
                     uint8_t *to)
{
    const oct_conv2d_geometry *const g = &gather->geometry;
    const oct_images images = {g->layout, g->height, g->width, g->channels};
    const size_t channels = g->channels / g->groups, width = g->window.kernel[1];
    size_t y = 0, x = 0;
    const bool inside =
        oct_tap_position(&g->window, 0, row / g->out_width, tap / width, g->height, &y) &&
        oct_tap_position(&g->window, 1, row % g->out_width, tap % width, g->width, &x);
    for (size_t c = 0; c < channels; c++) {
        const size_t channel = group * channels + c;
        to[c] =
            inside
                ? ((const uint8_t *)gather->input)[oct_image_index(&images, image, y, x, channel)]
                : (uint8_t)gather->input_zero;
    }
}

static void copy_row(const oct_gather *gather, size_t image, size_t group, size_t row, uint8_t *a)
{
    const oct_conv2d_geometry *const g = &gather->geometry;
    const size_t taps = g->window.kernel[0] * g->window.kernel[1];
    for (size_t tap = 0; tap < taps; tap++)
        copy_tap(gather, gather->one_input ? 0 : image, group, row, tap,
                 a + tap * (g->channels / g->groups));
}

static void copy_filter(const oct_gather *gather, size_t image, size_t column, uint8_t *b)
{
    const oct_conv2d_geometry *const g = &gather->geometry;
    const size_t taps = g->window.kernel[0] * g->window.kernel[1];
    const size_t channels = g->channels / g->groups;
    const uint8_t *const filter = (const uint8_t *)gather->weights + image * gather->weight_image +
                                  column * gather->weight_filter;
    for (size_t tap = 0; tap < taps; tap++)
        for (size_t c = 0; c < channels; c++)
            *b++ = filter[tap * gather->weight_tap + c * gather->weight_channel];
}

void oct_gather_one(const oct_gather *gather, const oct_place *place, void *a, void *b)
{
    copy_row(gather, place->image, place->column / oct_gather_n(gather), place->row, a);
    copy_filter(gather, place->image, place->column, b);
}

/* ---- Parts ---- */

static octet_status visit_rows(const oct_gather *gather, oct_gathered *part, uint8_t *a,
                               oct_gathered_fn visit, void *state)
{
    octet_status status = OCTET_OK;
    const size_t m = oct_gather_m(gather), k = oct_gather_k(gather);
    const size_t most = oct_gather_rows(gather);
    for (part->first = 0; part->first < m; part->first += part->rows) {
        part->rows = m - part->first < most ? m - part->first : most;
        for (size_t i = 0; i < part->rows; i++)
            copy_row(gather, part->image, part->group, part->first + i, a + i * k);
        OCT_TRY(visit(state, part));
        part->new_b = false;
    }
cleanup:
    return status;
}

octet_status oct_gather_each(const oct_log *log, const oct_gather *gather, oct_gathered_fn visit,
                             void *state)
{
    octet_status status = OCTET_OK;
    const size_t n = oct_gather_n(gather), k = oct_gather_k(gather);
    const size_t groups = gather->geometry.groups, images = gather->geometry.images;
    uint8_t *a = NULL, *b = NULL;
    OCT_ALLOC(log, a, oct_gather_rows(gather) * k);
    OCT_ALLOC(log, b, n * k);
    oct_gathered part = {.a = a, .b = b};
    for (part.group = 0; part.group < groups; part.group++) {
        for (part.image = 0; part.image < images; part.image++) {
            part.new_b = part.image == 0 || gather->weight_image > 0;
            for (size_t j = 0; part.new_b && j < n; j++)
                copy_filter(gather, part.image, part.group * n + j, b + j * k);
            OCT_TRY(visit_rows(gather, &part, a, visit, state));
        }
    }
cleanup:
    free(b);
    free(a);
    return status;
}

/* ---- Places ---- */

static oct_images output_images(const oct_gather *gather)
{
    const oct_conv2d_geometry *const g = &gather->geometry;
    return (oct_images){gather->output_layout, g->out_height, g->out_width, g->out_channels};
}

size_t oct_gather_index(const oct_gather *gather, const oct_place *place)
{
    const oct_images images = output_images(gather);
    return oct_image_index(&images, place->image, place->row / images.width,
                           place->row % images.width, place->column);
}

oct_place oct_gather_place(const oct_gather *gather, size_t index)
{
    const size_t m = oct_gather_m(gather), columns = gather->geometry.out_channels;
    const size_t image = index / (m * columns), rest = index % (m * columns);
    if (gather->output_layout == OCTET_NHWC)
        return (oct_place){image, rest / columns, rest % columns};
    return (oct_place){image, rest % m, rest / m};
}
