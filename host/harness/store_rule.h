/* store_rule.h - how one number is stored, step by step, for reports: the operators give only the
 * end of it. */
#ifndef OCT_HARNESS_STORE_RULE_H
#define OCT_HARNESS_STORE_RULE_H

#include "core/epilogue.h"

typedef struct oct_store_rule {
    const octet_layer *layer;
    oct_store store;
    int32_t zero_point, low, high; /* stored bounds */
} oct_store_rule;

/* One result, in steps of the output. */
typedef struct oct_stored {
    double scaled; /* before it is rounded                                                 */
    int clipped;   /* -1: rounded it lay below the bounds, 1: above them, 0: within        */
    int32_t value; /* as stored                                                            */
} oct_stored;

/* oct_store_rule_of - for layers with output S8, U8 or S32 and without multipliers of the caller's.
 * "layer" must outlive the rule. */
oct_store_rule oct_store_rule_of(const octet_layer *layer);

/* oct_store_bias - of an output channel; 0 without one. */
int32_t oct_store_bias(const octet_layer *layer, size_t column);

/* oct_store_unit - f32(s_x * s_w): the real value of one step of a sum. */
float oct_store_unit(const octet_layer *layer, size_t row, size_t column);

/* oct_store_sum - what the layer makes of a sum, bias included; it wraps to 32 bits first. */
oct_stored oct_store_sum(const oct_store_rule *rule, size_t row, size_t column, int64_t sum);

/* oct_store_real - what quantizing a float result (rule "divide") makes of it. */
oct_stored oct_store_real(const oct_store_rule *rule, size_t row, size_t column, float real);

/* oct_store_fits - whether quantizing x needs no clamping to the type; a NaN fits none. */
bool oct_store_fits(octet_quantize_rule rule, float x, float scale, int32_t zero_point,
                    octet_type type);

#endif
