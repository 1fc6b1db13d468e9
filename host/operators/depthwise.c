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

/* ---- Pack ---- */

/* Weights as [tap][padded channels] of int16, less their zero points. */
static octet_status upload_weights(oct_depthwise *depthwise)
{
    octet_status status = OCTET_OK;
    const oct_layer *const layer = depthwise->layer;
    const oct_window *const window = &depthwise->geometry->window;
    const size_t channels = depthwise->geometry->channels, padded = padded_channels(depthwise);
    const size_t taps = window->kernel[0] * window->kernel[1];
    int16_t *packed = NULL;
    OCT_ALLOC(layer->log, packed, taps * padded);
    for (size_t tap = 0; tap < taps; tap++)
        for (size_t c = 0; c < channels; c++) {
            /* (C,KH,KW,1) and (C,1,KH,KW) are the same bytes */
            const size_t at = c * taps + tap;
            const int32_t w = layer->weight_type == OCTET_S8
                                  ? ((const int8_t *)layer->weights)[at]
                                  : ((const uint8_t *)layer->weights)[at];
            packed[tap * padded + c] = (int16_t)(w - layer->weight_zeros[c]);
        }
    OCT_TRY(oct_buffer_from_host(depthwise->context, taps * padded * sizeof *packed, packed,
                                 &depthwise->weights));
cleanup:
    free(packed);
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
    snprintf(options, sizeof options, "-D OCT_BUILD_DEPTHWISE=1 -D OCT_STORE=%d -D OCT_A_SIGNED=%d",
             (int)layer->store, layer->input_type == OCTET_S8);
    oct_tile_options(tile, options, sizeof options);
    OCT_TRY(oct_kernel_create(context, "depthwise", options, &depthwise->kernel));
    OCT_TRY(upload_weights(depthwise));
    OCT_TRY(upload_channels(depthwise, layer->bias, sizeof(int32_t), &depthwise->offset));
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
                            OCT_BUFFER(depthwise->nothing),
                            OCT_INT(pixels),
                            OCT_INT(g->channels),
                            OCT_INT(1),
                            OCT_INT(words),
                            OCT_INT(g->channels * pixels),
                            OCT_INT(1),
                            OCT_INT(pixels),
                            OCT_INT(words),
                            OCT_INT(0),
                            OCT_INT(0),
                            OCT_INT(0),
                            OCT_INT(0),
                            OCT_INT(rows)};
    const size_t global[3] = {oct_divide_up(pixels, rows), 1, g->images};
    OCT_TRY(OCT_LAUNCH(depthwise->pack_rows, global, args));
    OCT_TRY(oct_enqueue_barrier(depthwise->context));
cleanup:
    return status;
}

octet_status oct_depthwise_enqueue(const oct_depthwise *depthwise, const oct_buffer *input,
                                   const oct_buffer *output)
{
    octet_status status = OCTET_OK;
    const oct_layer *const layer = depthwise->layer;
    const oct_conv2d_geometry *const g = depthwise->geometry;
    const bool packed = depthwise->packed != NULL;
    const size_t x_pixel = packed ? oct_round_up(g->channels, 4) : g->channels;
    const oct_output_strides strides = oct_conv2d_output(g);
    const size_t channels = oct_tile_columns(depthwise->tile) * 4; /* per work-item */
    const oct_arg args[] = {OCT_BUFFER(packed ? depthwise->packed : input),
                            OCT_BUFFER(depthwise->weights),
                            OCT_BUFFER(output),
                            OCT_BUFFER(depthwise->offset),
                            OCT_BUFFER(depthwise->multipliers),
                            OCT_BUFFER(depthwise->bias),
                            OCT_WINDOW_ARGS(g),
                            OCT_INT(g->channels),
                            OCT_INT(g->height * g->width * x_pixel),
                            OCT_INT(x_pixel),
                            OCT_INT(strides.image),
                            OCT_INT(strides.row),
                            OCT_INT(strides.column),
                            OCT_INT(layer->input_zeros[0]),
                            OCT_INT(layer->low - layer->output_zero),
                            OCT_INT(layer->high - layer->output_zero),
                            OCT_INT(layer->output_zero),
                            OCT_INT(layer->relu),
                            OCT_INT(oct_round_up(g->out_width, depthwise->tile->mr)),
                            OCT_INT(channels)};
    const size_t global[3] = {1, g->images * g->out_height, oct_divide_up(g->channels, channels)};
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
    oct_buffer_destroy(depthwise->packed);
    oct_buffer_destroy(depthwise->nothing);
    *depthwise = (oct_depthwise){0};
}
