/* epilogue.h - everything between a 32-bit accumulator and the stored output of a layer, resolved
 * on the host. The reference reads it as it is; the operators upload its arrays for the kernels. */
#ifndef OCT_CORE_EPILOGUE_H
#define OCT_CORE_EPILOGUE_H

#include <stdbool.h>

#include "core/log.h"

/* Numbered as OCT_STORE in kernels.cl. */
typedef enum oct_store {
    OCT_STORE_S32 = 0,          /* acc + bias                                                     */
    OCT_STORE_F32 = 1,          /* f32(acc + bias) * scale + float_bias, then relu                */
    OCT_STORE_ROUND_FLOAT = 2,  /* clamp(rte(f32(acc + bias) * multiplier)) + zero point          */
    OCT_STORE_FIXED_DOUBLE = 3, /* the same with TFLite's fixed point, two roundings              */
    OCT_STORE_FIXED_SINGLE = 4  /* the same, one rounding                                         */
} oct_store;

/* A 31-bit fixed-point multiplier: value = multiplier * 2^(shift - 31). Laid out as OpenCL's int2.
 */
typedef struct oct_fixed {
    int32_t multiplier, shift;
} oct_fixed;

typedef struct oct_epilogue {
    oct_store store;
    octet_type output_type;
    size_t columns;          /* output channels                                                   */
    size_t rows;             /* rows of multiplier tables: 1, or one per row of A                 */
    const int32_t *bias;     /* [columns]                                                         */
    const float *float_bias; /* [columns], zeros when there is none                               */
    const float *multipliers; /* [rows][columns]: scale (F32) or multiplier (FLOAT); else NULL */
    const oct_fixed *fixed; /* [rows][columns] for the fixed rules; else NULL                    */
    int32_t zero_point;     /* z_y                                                               */
    int32_t low, high;      /* stored bounds, z_y included, low <= high                          */
    bool relu;              /* F32 only; elsewhere relu is in low                                */
} oct_epilogue;

#endif
