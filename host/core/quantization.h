/* quantization.h - scales, zero points and multipliers on the host (numbers: docs/numbers.md). */
#ifndef OCT_CORE_QUANTIZATION_H
#define OCT_CORE_QUANTIZATION_H

#include "core/epilogue.h"
#include "core/shape.h"

/* oct_check_quantization - every scale finite, normal and > 0; every zero point a value of "type"
 * (S32 accepts any); counts 0, 1 or "channels". "name" begins the message: "gemm: input". */
octet_status oct_check_quantization(const oct_log *log, const char *name,
                                    const octet_quantization *quantization, octet_type type,
                                    size_t channels);

/* Where a device flushes subnormal numbers to zero, operators keep to scales and biases within
 * these bounds: then reciprocals, products with integers and sums that cancel are normal numbers,
 * 0, or far below half a step. */
#define OCT_SAFE_LEAST 0x1p-100f
#define OCT_SAFE_MOST 0x1p100f

/* oct_quantization_is_given - whether it says anything: empty means scale 1, zero point 0. */
bool oct_quantization_is_given(const octet_quantization *quantization);

/* oct_quantization_is_same - whether a stored value means the same number by both, each of which is
 * for a whole tensor. */
bool oct_quantization_is_same(const octet_quantization *a, const octet_quantization *b);

/* The value for channel i: the default, the only one, or the i-th. */
float oct_scale_at(const octet_quantization *quantization, size_t i);
int32_t oct_zero_point_at(const octet_quantization *quantization, size_t i);

/* oct_check_clamp - stored bounds min..max of "type" that rise, and with "relu" do not end below
 * the zero point, where it starts. "name" begins the message: "gemm". */
octet_status oct_check_clamp(const oct_log *log, const char *name, octet_type type,
                             int32_t zero_point, bool relu, int32_t min, int32_t max);

/* Stored values, both included. */
typedef struct oct_bounds {
    int32_t low, high;
} oct_bounds;

/* oct_stored_bounds - those of the type, or min..max with "clamp"; from the zero point on with
 * "relu". */
oct_bounds oct_stored_bounds(octet_type type, int32_t zero_point, bool relu, bool clamp,
                             int32_t min, int32_t max);

/* oct_store_of - how sums become the output; "rounding" matters to 8-bit types. */
oct_store oct_store_of(octet_type output, octet_rounding rounding);

/* Requantization multipliers, each operation rounded to float32 (float rules) or double. */
float oct_multiplier_divide(float input, float weight, float output); /* (s_x * s_w) / s_y    */
float oct_multiplier_reciprocal(float input, float weight,
                                float output);                         /* (s_w * s_x) * (1/s_y) */
double oct_multiplier_double(float input, float weight, float output); /* f64 throughout        */

/* oct_multiplier_is_legal - 2^-32 <= m < 256. */
bool oct_multiplier_is_legal(double multiplier);

/* oct_fixed_from_double - TFLite's QuantizeMultiplier: d = q * 2^shift, q in [0.5, 1), 31 bits. */
oct_fixed oct_fixed_from_double(double d, bool single_rounding);

/* oct_largest_k - largest K with K * max|x - z_x| * max|w - z_w| < 2^31 over all values of the
 * types and the zero points in [low, high] given for each operand. */
size_t oct_largest_k(octet_type input, int32_t input_zero_low, int32_t input_zero_high,
                     octet_type weight, int32_t weight_zero_low, int32_t weight_zero_high);

/* oct_largest_k_of - the same for the zero points of parameters; NULL: those found at run time, which
 * may be any of the type. */
size_t oct_largest_k_of(octet_type input, const octet_quantization *input_parameters,
                        octet_type weight, const octet_quantization *weight_parameters);

/* Scale and zero point found from the data's range. "scale" is what the frameworks keep: a double
 * for PyTorch, a float32 value for ONNX. */
typedef struct oct_found_parameters {
    double scale;
    int32_t zero_point;
} oct_found_parameters;

/* oct_choose_pytorch - torch's choose_qparams for min <= max, types U8 and S8. */
oct_found_parameters oct_choose_pytorch(float min, float max, octet_type type, bool reduce_range);

/* oct_choose_onnx - DynamicQuantizeLinear as ONNX Runtime computes it (U8; an all-zero range gives
 * scale 1, zero point 0). */
oct_found_parameters oct_choose_onnx(float min, float max);

#endif
