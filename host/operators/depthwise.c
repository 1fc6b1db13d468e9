/* depthwise.c - convolutions in which every channel has its own filter. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "operators/conv2d_internal.h"
#include "variants/paths.h"

static size_t padded_channels(const oct_depthwise *depthwise)
{
    return oct_round_up(depthwise->geometry->channels, oct_tile_columns(depthwise->tile));
}

#define LARGEST_WINDOW 7 /* kernel height and width: the kernel's loops over them are unrolled */
#define LARGEST_STEP 4   /* stride and dilation along the width, likewise */

bool oct_depthwise_suits(const oct_conv2d_geometry *geometry)
{
    const oct_window *const w = &geometry->window;
    return geometry->groups == geometry->channels && geometry->channels == geometry->out_channels &&
           w->kernel[0] <= LARGEST_WINDOW && w->kernel[1] <= LARGEST_WINDOW &&
           w->stride[1] <= LARGEST_STEP && w->dilation[1] <= LARGEST_STEP;
}

/* ---- Pack ---- */

/* One weight less its zero point; (C,KH,KW,1) and (C,1,KH,KW) are the same bytes. */
static int32_t weight_at(const oct_layer *layer, size_t taps, size_t channel, size_t tap)
{
    const size_t at = channel * taps + tap;
    const int32_t w = layer->weight_type == OCTET_S8 ? ((const int8_t *)layer->weights)[at]
                                                     : ((const uint8_t *)layer->weights)[at];
    return w - layer->weight_zeros[channel];
}

/* Words of vertically neighbouring taps, [stack][kernel column][padded channels]. */
static octet_status upload_weights(oct_depthwise *depthwise)
{
    octet_status status = OCTET_OK;
    const oct_layer *const layer = depthwise->layer;
    const oct_window *const window = &depthwise->geometry->window;
    const size_t channels = depthwise->geometry->channels, padded = padded_channels(depthwise);
    const size_t width = window->kernel[1], taps = window->kernel[0] * width;
    const size_t values = oct_paths[depthwise->tile->path].pairs ? 2 : 4; /* per word */
    const size_t stacks = oct_divide_up(window->kernel[0], values);
    uint32_t *words = NULL;
    OCT_ALLOC(layer->log, words, stacks * width * padded);
    for (size_t tap = 0; tap < taps; tap++) {
        const size_t y = tap / width, x = tap % width;
        const unsigned shift = (unsigned)(y % values * (32 / values));
        const uint32_t mask = values == 2 ? 0xffff : 0xff;
        for (size_t c = 0; c < channels; c++)
            words[(y / values * width + x) * padded + c] |=
                ((uint32_t)weight_at(layer, taps, c, tap) & mask) << shift;
    }
    OCT_TRY(oct_buffer_from_host(depthwise->context, stacks * width * padded * sizeof *words, words,
                                 &depthwise->weights));
cleanup:
    free(words);
    return status;
}

/* An array of channels, zero-padded to whole tiles. */
static octet_status upload_channels(oct_depthwise *depthwise, const void *source, size_t size,
                                    oct_buffer **out)
{
    octet_status status = OCTET_OK;
    unsigned char *padded = oct_allocate(padded_channels(depthwise), size);
    OCT_REQUIRE(depthwise->layer->log, padded != NULL, OCTET_OUT_OF_MEMORY,
                "%s: out of host memory: channels", depthwise->layer->name);
    if (source != NULL)
        memcpy(padded, source, depthwise->geometry->channels * size);
    OCT_TRY(
        oct_buffer_from_host(depthwise->context, padded_channels(depthwise) * size, padded, out));
cleanup:
    free(padded);
    return status;
}

/* offset = bias - z_x * sum of weights; z_x as the path sees it. */
static octet_status upload_offset(oct_depthwise *depthwise)
{
    octet_status status = OCTET_OK;
    const oct_layer *const layer = depthwise->layer;
    const oct_window *const window = &depthwise->geometry->window;
    const oct_path *const path = &oct_paths[depthwise->tile->path];
    const size_t channels = depthwise->geometry->channels;
    const size_t taps = window->kernel[0] * window->kernel[1];
    const bool flips = path->swaps_s8 && layer->input_type == OCTET_S8;
    const uint32_t zero = (uint32_t)(layer->input_zeros[0] + (flips ? 128 : 0));
    uint32_t *offset = NULL;
    OCT_ALLOC(layer->log, offset, channels);
    for (size_t c = 0; c < channels; c++) {
        offset[c] = (uint32_t)layer->bias[c];
        for (size_t tap = 0; tap < taps; tap++)
            offset[c] -= zero * (uint32_t)weight_at(layer, taps, c, tap);
    }
    OCT_TRY(upload_channels(depthwise, offset, sizeof *offset, &depthwise->offset));
cleanup:
    free(offset);
    return status;
}

/* A pixel outside the image. */
static octet_status upload_pad(oct_depthwise *depthwise)
{
    octet_status status = OCTET_OK;
    uint8_t *pixel = oct_allocate(depthwise->geometry->channels, 1);
    OCT_REQUIRE(depthwise->layer->log, pixel != NULL, OCTET_OUT_OF_MEMORY,
                "%s: out of host memory: channels", depthwise->layer->name);
    memset(pixel, depthwise->layer->input_zeros[0] & 0xff, depthwise->geometry->channels);
    OCT_TRY(upload_channels(depthwise, pixel, 1, &depthwise->pad));
cleanup:
    free(pixel);
    return status;
}

/* NCHW pixels become words of channels, as for any convolution. */
static octet_status create_packing(oct_depthwise *depthwise)
{
    octet_status status = OCTET_OK;
    const oct_conv2d_geometry *const g = depthwise->geometry;
    char options[256];
    size_t bytes = 0;
    snprintf(options, sizeof options,
             "-D OCT_BUILD_OTHER=1 -D OCT_BUILD_PACK_ROWS=1 -D OCT_PATH=%s",
             oct_paths[OCT_PATH_EMULATED].define);
    OCT_REQUIRE(
        depthwise->layer->log,
        oct_multiply(g->images * g->height * g->width, oct_round_up(g->channels, 4), &bytes),
        OCTET_INVALID_ARGUMENT, "%s: the input is too large", depthwise->layer->name);
    OCT_TRY(oct_kernel_create(depthwise->context, "pack_rows", options, &depthwise->pack_rows));
    OCT_TRY(oct_buffer_create(depthwise->context, bytes, &depthwise->packed));
    OCT_TRY(oct_buffer_create(depthwise->context, sizeof(int32_t), &depthwise->nothing));
cleanup:
    return status;
}

/* ---- Bind ---- */

octet_status oct_depthwise_prepare(oct_depthwise *depthwise, octet_context *context,
                                   const oct_layer *layer, const oct_conv2d_geometry *geometry,
                                   const oct_tile *tile)
{
    octet_status status = OCTET_OK;
    char options[512];
    oct_depthwise_destroy(depthwise);
    *depthwise =
        (oct_depthwise){.context = context, .layer = layer, .geometry = geometry, .tile = tile};
    snprintf(options, sizeof options,
             "-D OCT_BUILD_DEPTHWISE=1 -D OCT_STORE=%d -D OCT_A_SIGNED=%d -D OCT_KH=%zu "
             "-D OCT_KW=%zu -D OCT_SW=%zu -D OCT_DW=%zu",
             (int)layer->store, layer->input_type == OCTET_S8, geometry->window.kernel[0],
             geometry->window.kernel[1], geometry->window.stride[1], geometry->window.dilation[1]);
    oct_layer_options(layer, &context->traits, options, sizeof options);
    oct_tile_options(tile, options, sizeof options);
    OCT_TRY(oct_kernel_create(context, "depthwise", options, &depthwise->kernel));
    OCT_TRY(upload_weights(depthwise));
    OCT_TRY(upload_offset(depthwise));
    OCT_TRY(upload_pad(depthwise));
    OCT_TRY(oct_layer_upload_table(layer, context, &depthwise->table));
    OCT_TRY(upload_channels(depthwise, layer->float_bias, sizeof(float), &depthwise->bias));
    if (layer->fixed != NULL)
        OCT_TRY(
            upload_channels(depthwise, layer->fixed, sizeof(oct_fixed), &depthwise->multipliers));
    else
        OCT_TRY(
            upload_channels(depthwise, layer->multipliers, sizeof(float), &depthwise->multipliers));
    if (geometry->layout == OCTET_NCHW)
        OCT_TRY(create_packing(depthwise));
cleanup:
    return status;
}

/* ---- Run ---- */

static octet_status pack_input(const oct_depthwise *depthwise, const oct_buffer *input)
{
    octet_status status = OCTET_OK;
    const oct_conv2d_geometry *const g = depthwise->geometry;
    const size_t pixels = g->height * g->width, words = oct_divide_up(g->channels, 4);
    const size_t rows = 64; /* per work-item */
    const oct_arg args[] = {OCT_BUFFER(input),
                            OCT_BUFFER(depthwise->packed),
                            OCT_BUFFER(depthwise->nothing),
                            OCT_INT(pixels),
                            OCT_INT(1),
                            OCT_INT(g->channels),
                            OCT_INT(words),
                            OCT_INT(g->channels * pixels),
                            OCT_INT(0),
                            OCT_INT(1),
                            OCT_INT(pixels),
                            OCT_INT(pixels),
                            OCT_INT(0),
                            OCT_INT(0),
                            OCT_INT(words),
                            OCT_INT(0),
                            OCT_INT(0),
                            OCT_INT(rows)};
    const size_t global[3] = {oct_divide_up(pixels, rows), 1, g->images};
    OCT_TRY(OCT_LAUNCH(depthwise->pack_rows, global, args));
    OCT_TRY(oct_enqueue_barrier(depthwise->context));
cleanup:
    return status;
}

/* Lines of a work-item that computes all their channels: few, so that every compute unit stays busy
 * to the end, but enough outputs to repay it. Work-groups share the channels of a tile of pixels. */
static size_t lines_per_item(const oct_depthwise *depthwise)
{
    const oct_conv2d_geometry *const g = depthwise->geometry;
    if (oct_tile_has_blocks(depthwise->tile))
        return 1;
    const size_t units = depthwise->context->traits.compute_units;
    const size_t least = 8192 / (g->out_width * g->channels + 1) + 1;
    const size_t share = g->images * g->out_height / (16 * (units > 0 ? units : 1));
    const size_t lines = share > least ? share : least;
    return lines < g->out_height ? lines : g->out_height > 0 ? g->out_height : 1;
}

octet_status oct_depthwise_enqueue(const oct_depthwise *depthwise, const oct_buffer *input,
                                   const oct_buffer *output)
{
    octet_status status = OCTET_OK;
    const oct_layer *const layer = depthwise->layer;
    const oct_conv2d_geometry *const g = depthwise->geometry;
    const oct_window *const w = &g->window;
    const bool packed = depthwise->packed != NULL;
    const size_t x_pixel = packed ? oct_round_up(g->channels, 4) : g->channels;
    const oct_output_strides strides = oct_conv2d_output(g);
    const oct_buffer *const table = layer->table != NULL ? depthwise->table : depthwise->pad;
    const bool has_blocks = oct_tile_has_blocks(depthwise->tile);
    const size_t lines = lines_per_item(depthwise), tile = depthwise->tile->mr;
    const size_t pixels = has_blocks ? tile : oct_round_up(g->out_width, tile);
    const oct_arg args[] = {OCT_BUFFER(packed ? depthwise->packed : input),
                            OCT_BUFFER(depthwise->weights),
                            OCT_BUFFER(output),
                            OCT_BUFFER(depthwise->offset),
                            OCT_BUFFER(depthwise->multipliers),
                            OCT_BUFFER(depthwise->bias),
                            OCT_BUFFER(depthwise->pad),
                            OCT_BUFFER(table),
                            OCT_INT(g->height),
                            OCT_INT(g->width),
                            OCT_INT(g->out_height),
                            OCT_INT(g->out_width),
                            OCT_INT(w->stride[0]),
                            OCT_INT(w->dilation[0]),
                            OCT_INT(w->padding[0]),
                            OCT_INT(w->padding[1]),
                            OCT_INT(g->channels),
                            OCT_INT(g->height * g->width * x_pixel),
                            OCT_INT(g->width * x_pixel),
                            OCT_INT(x_pixel),
                            OCT_INT(strides.image),
                            OCT_INT(strides.row),
                            OCT_INT(strides.column),
                            OCT_LAYER_BOUNDS(layer),
                            OCT_INT(lines),
                            OCT_INT(pixels)};
    const size_t columns = oct_tile_columns(depthwise->tile);
    const size_t global[3] = {
        has_blocks ? oct_divide_up(g->channels, columns) : 1,
        oct_divide_up(g->out_height, lines) * oct_divide_up(g->out_width, pixels), g->images};
    if (packed)
        OCT_TRY(pack_input(depthwise, input));
    OCT_TRY(OCT_LAUNCH(depthwise->kernel, global, args));
cleanup:
    return status;
}

void oct_depthwise_destroy(oct_depthwise *depthwise)
{
    oct_kernel_destroy(depthwise->kernel);
    oct_kernel_destroy(depthwise->pack_rows);
    oct_buffer_destroy(depthwise->weights);
    oct_buffer_destroy(depthwise->offset);
    oct_buffer_destroy(depthwise->multipliers);
    oct_buffer_destroy(depthwise->bias);
    oct_buffer_destroy(depthwise->pad);
    oct_buffer_destroy(depthwise->packed);
    oct_buffer_destroy(depthwise->nothing);
    oct_buffer_destroy(depthwise->table);
    *depthwise = (oct_depthwise){0};
}
