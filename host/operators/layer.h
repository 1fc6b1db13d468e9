/* layer.h - a checked copy of an octet_layer: parameters expanded to one per output channel and the
 * epilogue that follows from them. Shared by gemm and conv2d. */
#ifndef OCT_OPERATORS_LAYER_H
#define OCT_OPERATORS_LAYER_H

#include "core/epilogue.h"
#include "core/quantization.h"
#include "operators/operator.h"
#include "operators/sum.h"

typedef struct oct_layer {
    const oct_log *log;
    const char *name; /* "gemm": begins messages */
    octet_type input_type, weight_type, output_type;
    octet_rounding rounding;
    oct_store store;
    size_t columns;       /* output channels                                              */
    float *input_scales;  /* [input_scale_count]                                          */
    int32_t *input_zeros; /* [input_zero_count]                                           */
    size_t input_scale_count, input_zero_count; /* 1, or one per row (gemm)                      */
    float *weight_scales;  /* [columns]                                                    */
    int32_t *weight_zeros; /* [columns]                                                    */
    bool has_weight_zeros; /* any of them is not 0                                         */
    float output_scale;
    int32_t output_zero;
    int32_t *bias;            /* [columns]                                                    */
    float *float_bias;        /* [columns]                                                    */
    int32_t low, high;        /* stored bounds of 8-bit outputs                               */
    bool relu;                /* F32                                                          */
    float *given_multipliers; /* [given_count] from the caller, or NULL                       */
    oct_fixed *given_fixed;
    size_t given_count;
    size_t multiplier_rows; /* 1, or the rows set last                                      */
    float *multipliers;     /* [multiplier_rows][columns], by store                         */
    oct_fixed *fixed;
    bool dynamic_input, dynamic_weights;
    oct_sum sum;
    uint8_t *table;         /* [256] of the lookup, or NULL                                   */
    octet_type stored_type; /* of the operator's output: what sum and lookup leave            */
    void *weights;          /* the caller's bytes, copied; NULL: given at run time          */
} oct_layer;

/* Arguments of kernels that end in the epilogue (oct_output of kernels.cl): lo, hi, z_y and relu; then sum,
 * sum_lo and sum_hi. */
#define OCT_LAYER_BOUNDS(layer)                                                                    \
    OCT_INT((layer)->low - (layer)->output_zero), OCT_INT((layer)->high - (layer)->output_zero),   \
        OCT_INT((layer)->output_zero), OCT_INT((layer)->relu)
#define OCT_LAYER_SUM(layer)                                                                       \
    oct_sum_factors(&(layer)->sum), OCT_INT((layer)->sum.what.low), OCT_INT((layer)->sum.what.high)

/* oct_layer_create - checks everything that needs no shape of the input. "weight_bytes" is what
 * desc->weight_data holds; "per_row" allows one input parameter per row. */
octet_status oct_layer_create(oct_layer *layer, const oct_log *log, const char *name,
                              const octet_layer *desc, size_t columns, size_t weight_bytes,
                              bool per_row);
void oct_layer_destroy(oct_layer *layer);

/* oct_layer_check - layer_check.c: every rule about types, parameters, bias and clamp. "layer" has
 * its log, name and columns. */
octet_status oct_layer_check(const oct_layer *layer, const octet_layer *desc, bool per_row);

/* oct_layer_set_rows - makes the multipliers once the rows of the input (m) are known. */
octet_status oct_layer_set_rows(oct_layer *layer, size_t rows);

/* oct_layer_check_flushing - for devices that flush subnormal numbers: refuses multipliers and
 * biases beyond OCT_SAFE_* of an F32 output. After oct_layer_set_rows. */
octet_status oct_layer_check_flushing(const oct_layer *layer, const oct_traits *traits);

/* oct_layer_check_k - refuses a K whose sum could overflow 32 bits, naming the bound. */
octet_status oct_layer_check_k(const oct_layer *layer, size_t k);

/* oct_layer_options - appends the -D options of the lookup, if there is one. */
void oct_layer_options(const oct_layer *layer, const oct_traits *traits, char *text,
                       size_t capacity);

/* oct_layer_upload_table - the lookup's table for the kernels; *out stays NULL where there is none. */
octet_status oct_layer_upload_table(const oct_layer *layer, octet_context *context,
                                    oct_buffer **out);

/* oct_layer_look_up - for the reference: the lookup, in place, if there is one. */
void oct_layer_look_up(const oct_layer *layer, const octet_shape *shape, void *output);

/* oct_layer_epilogue - valid while "layer" is; after oct_layer_set_rows. */
oct_epilogue oct_layer_epilogue(const oct_layer *layer);

#endif
