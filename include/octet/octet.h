/* octet.h - exact int8 inference on OpenCL, with a CPU reference that gives the same bits.
 *
 * A description (a struct) becomes an operator: checked, a kernel variant chosen, weights packed.
 * The operator is prepared for input shapes once and then run on tensors any number of times:
 *
 *     octet_context_create      choose a device (or the reference)
 *     octet_gemm_create         describe the layer
 *     octet_operator_prepare    build and allocate; nothing is compiled after this
 *     octet_operator_run        enqueue; returns at once, or with an event
 *     octet_tensor_read         wait and fetch
 *
 * Contents: 1 status and messages; 2 types, shapes, quantization; 3 devices and contexts; 4 tensors
 * and events; 5 operators, those without weights in elements.h, which this file includes, as it does
 * commands.h: runs recorded once and played as one command; 6 tuning; 7 comparison. OpenCL handles are
 * in opencl.h, whole networks in network.h.
 *
 * Rules that hold everywhere
 * - A description must be zeroed before use ({0}) and its struct_size set to its sizeof. Fields
 *   that a later version adds then read as zero, which always means "the default"; a field that
 *   this version does not know and that is not 0 is OCTET_UNSUPPORTED.
 * - Results are written only when OCTET_OK is returned; otherwise *out keeps its value.
 * - Every _destroy accepts NULL. Objects made from a context must be destroyed before it.
 * - Threads: a context may be shared by any number of threads. An operator, a tensor and an event
 *   may be used by one thread at a time.
 * - Quantization: real = scale * (stored - zero point). Scales are finite, normal and positive.
 */
#ifndef OCTET_OCTET_H
#define OCTET_OCTET_H

#include <stddef.h>
#include <stdint.h>

#define OCTET_VERSION_MAJOR 0
#define OCTET_VERSION_MINOR 1
#define OCTET_VERSION_PATCH 0

#if defined(_WIN32)
#define OCTET_API
#else
#define OCTET_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- 1. Status and messages ---- */

typedef enum octet_status {
    OCTET_OK = 0,
    OCTET_INVALID_ARGUMENT, /* a value the caller gave is wrong; the message names it */
    OCTET_UNSUPPORTED,      /* legal, but not offered (an operator, a type pair, a variant) */
    OCTET_NO_DEVICE,        /* no OpenCL device where one was required */
    OCTET_OUT_OF_MEMORY,    /* host or device */
    OCTET_DEVICE_FAILED,    /* an OpenCL call failed */
    OCTET_IO_FAILED,        /* a file could not be read or written */
    OCTET_MISCOMPUTED       /* the device failed the self-test: its arithmetic cannot be trusted */
} octet_status;

/* octet_status_text - a short English name of "status"; never NULL, never freed. */
OCTET_API const char *octet_status_text(octet_status status);

/* octet_version - "MAJOR.MINOR.PATCH" of the library that is running. */
OCTET_API const char *octet_version(void);

/* octet_message_fn - receives every diagnostic sentence of a context: why a call failed, with the
 * field, its value and what it may be; which fallback was taken. "text" lives for the call only.
 * Threads: it is called by those that use the context, perhaps by several at once, and perhaps
 * while octet holds a lock: it must not call octet with this context or what was made from it. */
typedef void (*octet_message_fn)(void *user, const char *text);

/* ---- 2. Types, shapes, quantization ---- */

typedef enum octet_type { OCTET_S8 = 0, OCTET_U8, OCTET_S32, OCTET_F32 } octet_type;

#define OCTET_MAX_RANK 8

/* Sizes from the outermost dimension inwards; rank 0 is a scalar. A size may be 0 (empty batch). */
typedef struct octet_shape {
    size_t rank;
    size_t size[OCTET_MAX_RANK];
} octet_shape;

/* Scales and zero points: count 0 means scale 1 / zero point 0, count 1 is per tensor, more is one
 * per channel. The arrays are read during the create call only. */
typedef struct octet_quantization {
    const float *scales;
    size_t scale_count;
    const int32_t *zero_points;
    size_t zero_point_count;
} octet_quantization;

/* How a 32-bit accumulator becomes 8 bits. The formulas are in docs/numbers.md. */
typedef enum octet_rounding {
    OCTET_ROUND_FLOAT32 = 0,        /* m = (s_x * s_w) / s_y in float32: ONNX Runtime, XNNPACK */
    OCTET_ROUND_FLOAT32_RECIPROCAL, /* m = (s_w * s_x) * (1 / s_y) in float32: PyTorch qnnpack */
    OCTET_ROUND_FIXED_DOUBLE,       /* 31-bit fixed point, two roundings: TFLite */
    OCTET_ROUND_FIXED_SINGLE        /* 31-bit fixed point, one rounding: TFLite built so */
} octet_rounding;

/* How a float32 becomes 8 bits: q = clamp(round(x / s) + z). NaN gives the lowest value. */
typedef enum octet_quantize_rule {
    OCTET_QUANTIZE_DIVIDE = 0, /* x / s, ties to even: ONNX */
    OCTET_QUANTIZE_RECIPROCAL, /* x * (1 / s), ties to even: PyTorch */
    OCTET_QUANTIZE_HALF_AWAY   /* x / s, ties away from zero: TFLite */
} octet_quantize_rule;

/* What is computed of two values. The lesser and the greater of two that are equal is the first. */
typedef enum octet_binary_function {
    OCTET_ADD = 0,
    OCTET_SUBTRACT,
    OCTET_MULTIPLY,
    OCTET_DIVIDE,
    OCTET_MINIMUM,
    OCTET_MAXIMUM
} octet_binary_function;

/* How that is stored in 8 bits. The formulas are in docs/numbers.md. */
typedef enum octet_binary_rule {
    OCTET_BINARY_DIVIDE = 0,   /* dequantize, compute, quantize by division: ONNX */
    OCTET_BINARY_RECIPROCAL,   /* the same, quantized by the reciprocal: PyTorch */
    OCTET_BINARY_FLOAT32,      /* sums, products; ratios of scales: ONNX Runtime, x86 with AVX2 */
    OCTET_BINARY_FIXED_DOUBLE, /* sums; 31-bit fixed point, two roundings: TFLite */
    OCTET_BINARY_FIXED_SINGLE  /* sums; 31-bit fixed point, one rounding: TFLite built so */
} octet_binary_rule;

typedef enum octet_layout { OCTET_NHWC = 0, OCTET_NCHW } octet_layout;

/* ---- 3. Devices and contexts ---- */

typedef enum octet_backend {
    OCTET_BACKEND_AUTO = 0,
    OCTET_BACKEND_OPENCL,
    OCTET_BACKEND_REFERENCE
} octet_backend;

typedef enum octet_device_type {
    OCTET_DEVICE_GPU = 0,
    OCTET_DEVICE_CPU,
    OCTET_DEVICE_ACCELERATOR,
    OCTET_DEVICE_REFERENCE
} octet_device_type;

typedef struct octet_device_info {
    char name[160], platform[160], vendor[160], driver[160];
    octet_device_type type;
    uint32_t compute_units;
    uint64_t global_memory_bytes, local_memory_bytes;
} octet_device_info;

/* One dot-product path that was tried on a context's device. */
typedef struct octet_probe {
    char path[32];
    int works;   /* gave every known answer */
    int kept;    /* the fastest correct one; narrow problems may be faster on others that work */
    double gops; /* measured speed, 10^9 operations per second; 0 if it did not run */
    char reason[256]; /* why it was kept, or was not */
} octet_probe;

/* octet_list_devices - writes up to "capacity" descriptions to "infos" and the number that exists
 * to "count". The OpenCL devices come first, in the order of the ICD loader; the reference is last
 * and always there. The index in this list is a device's number. May be called by any thread. */
OCTET_API octet_status octet_list_devices(octet_device_info *infos, size_t capacity, size_t *count);

typedef struct octet_context octet_context;

typedef struct octet_context_desc {
    size_t struct_size;
    octet_backend backend; /* AUTO: the best OpenCL device, else the reference with a message */
    const char *device;    /* a number, or part of a device's or platform's name; NULL: the best */
    int profiling;         /* not 0: events carry device times */
    const char *cache_directory; /* NULL: $OCTET_CACHE_DIR or the user's cache; "": no cache */
    const char *kernel_file;     /* NULL: the kernels in the library; else a kernels.cl on disk */
    octet_message_fn message;    /* NULL: messages are dropped */
    void *message_user;
} octet_context_desc;

/* octet_context_create - opens a device, proves its arithmetic by a self-test and finds its fastest
 * dot-product path (remembered on disk). "desc" may be NULL: all defaults.
 * - OCTET_NO_DEVICE: backend OPENCL and none found.
 * - OCTET_INVALID_ARGUMENT: "device" names none; or, without a message, struct_size is too small.
 * - OCTET_MISCOMPUTED: the self-test failed; the message says what the device got wrong. */
OCTET_API octet_status octet_context_create(const octet_context_desc *desc, octet_context **out);
OCTET_API void octet_context_destroy(octet_context *context);

/* octet_context_device - the device in use; "index" (may be NULL) gets its number in
 * octet_list_devices. */
OCTET_API void octet_context_device(const octet_context *context, octet_device_info *info,
                                    size_t *index);

/* octet_context_probes - up to "capacity" dot-product paths as they were tried, in table order. */
OCTET_API void octet_context_probes(const octet_context *context, octet_probe *probes,
                                    size_t capacity, size_t *count);

/* octet_context_chains - NULL where the layers of a network, and runs that were recorded (commands.h), are
 * one command instead of one each, which is found out by trying the first time that it matters; elsewhere
 * why they are not. The text is never freed. The bits are the same. */
OCTET_API const char *octet_context_chains(octet_context *context);

/* octet_context_finish - returns when everything enqueued so far is done. */
OCTET_API octet_status octet_context_finish(octet_context *context);

/* ---- 4. Tensors and events ---- */

typedef struct octet_tensor octet_tensor;
typedef struct octet_event octet_event;

/* octet_tensor_create - dense, row-major, on the context's device; contents undefined. */
OCTET_API octet_status octet_tensor_create(octet_context *context, octet_type type,
                                           const octet_shape *shape, octet_tensor **out);
OCTET_API void octet_tensor_destroy(octet_tensor *tensor);

OCTET_API octet_type octet_tensor_type(const octet_tensor *tensor);
OCTET_API octet_shape octet_tensor_shape(const octet_tensor *tensor);

/* octet_tensor_write, octet_tensor_read - copy the whole tensor, after everything enqueued before.
 * With "event" NULL the call blocks; otherwise it returns at once, "data" must stay valid until the
 * event is done, and the caller destroys the event. */
OCTET_API octet_status octet_tensor_write(octet_tensor *tensor, const void *data,
                                          octet_event **event);
OCTET_API octet_status octet_tensor_read(const octet_tensor *tensor, void *data,
                                         octet_event **event);

/* octet_event_wait - blocks until the work behind "event" is done; its failure, if it failed. */
OCTET_API octet_status octet_event_wait(octet_event *event);

/* octet_event_seconds - when the work behind a finished event started and ended, on the device's
 * clock: of a copy, its own time; of a run, from the moment when all it had to wait for was done to
 * the end of its last command.
 * - OCTET_UNSUPPORTED: the context keeps no times (profiling is 0, or it runs on the reference), or
 *   nothing was enqueued. */
OCTET_API octet_status octet_event_seconds(octet_event *event, double *start, double *end);
OCTET_API void octet_event_destroy(octet_event *event);

/* ---- 5. Operators ---- */

typedef struct octet_operator octet_operator;

/* octet_operator_prepare - fixes the input shapes: builds kernels, allocates scratch memory, and
 * says what shapes the outputs will have ("output_shapes" may be NULL). Inputs and outputs are
 * listed at each create function. May be called again for other shapes. */
OCTET_API octet_status octet_operator_prepare(octet_operator *op, const octet_shape *input_shapes,
                                              size_t input_count, octet_shape *output_shapes,
                                              size_t output_count);

/* octet_operator_run - enqueues the operator after the events of "wait" (may be NULL with count 0)
 * and after everything enqueued before it on this context. Never compiles, allocates device memory
 * or waits for the device (a "reference" variant computes before it returns).
 * - Tensors are of the operator's context and have the prepared shapes. One tensor may be given for
 *   several inputs. An output shares no memory with an input or another output, which is not checked,
 *   except that the output of a binary operator may be an input that has its shape.
 * - Events of the list are of the same context.
 * - With "event" not NULL, *event becomes done when the outputs are written; the caller destroys
 *   it. The work then starts by itself, except on a caller's own queue (opencl.h). */
OCTET_API octet_status octet_operator_run(octet_operator *op, octet_tensor *const *inputs,
                                          size_t input_count, octet_tensor *const *outputs,
                                          size_t output_count, octet_event *const *wait,
                                          size_t wait_count, octet_event **event);
OCTET_API void octet_operator_destroy(octet_operator *op);

/* octet_operator_variant - the name of the chosen row, valid after prepare and as long as "op". */
OCTET_API const char *octet_operator_variant(const octet_operator *op);

/* octet_list_variants - the rows that apply on this context's device to operators of "kind", "gemm"
 * or "conv2d" (a row may still not fit a certain convolution), in table order; the last is
 * "reference". Writes up to "capacity" names, which live as long as the context, and how many there
 * are. The other kinds have the rows "opencl", on OpenCL devices, and "reference".
 *
 * "variant" in the descriptions below: the row to use; NULL or "": chosen for the device. */
OCTET_API octet_status octet_list_variants(octet_context *context, const char *kind,
                                           const char **names, size_t capacity, size_t *count);

/* The part of a layer that matrix products and convolutions share.
 *
 *     acc[m][n] = sum over k of (x - z_x) * (w - z_w)
 *
 * is exact in 32 bits: a shape whose sum could overflow (K * max|x - z_x| * max|w - z_w| >= 2^31)
 * is refused when prepared. An S32 bias is added to it modulo 2^32. Then, by output type:
 *
 *     S32      acc
 *     F32      f32(f32(acc) * f32(s_x * s_w)), + the float32 bias; relu is max(., 0)
 *     S8, U8   requantized by "rounding" to s_y and z_y, then clamped
 */
typedef struct octet_layer {
    octet_type input_type, weight_type, output_type;
    octet_quantization input;   /* per tensor; gemm also per row of op(A) */
    octet_quantization weights; /* per tensor or per output channel */
    octet_quantization output;  /* per tensor; S32 and F32 use no scale and have zero point 0 */
    octet_rounding rounding;

    /* Dense, in the layout of the create function; copied by it. NULL: an input at run time. */
    const void *weight_data;

    /* NULL or one value per output channel, copied by create: S32, in units of s_x * s_w, or F32
     * with output type F32. The zero value of its type, S8, stands for S32. */
    const void *bias;
    octet_type bias_type;

    int relu;  /* lower bound at real zero: z_y, or 0.0 with F32 */
    int clamp; /* not 0: the bounds clamp_min..clamp_max, stored values, hold too */
    int32_t clamp_min, clamp_max;

    /* Instead of what follows from the scales, "multiplier_count" of them, 1 or one per output
     * channel: m for the float32 rules, M * 2^(shift - 31) for the fixed ones. Count 0: none. */
    const float *multipliers;
    const int32_t *fixed_multipliers, *shifts;
    size_t multiplier_count;

    /* Not 0: scale (F32) and zero point (S32) are inputs at run time, see octet_gemm_create, and
     * "input" or "weights" above is empty. Output type S32 or F32. */
    int dynamic_input, dynamic_weights;

    /* Not NULL: a sum that follows in the same kernel, with the bits of octet_binary_create. One of
     * its operands is the layer's 8-bit result: a, or b where "sum_result_is_b"; it has the type
     * and parameters that the layer stores. The other is the last input at run time, of the
     * output's shape. OCTET_ADD by OCTET_BINARY_FLOAT32 after the float32 rules only. The struct is
     * read during the create call. */
    const struct octet_binary_desc *sum;
    int sum_result_is_b;

    /* Not NULL: a lookup that follows in the same kernel, after the sum if there is one, with the
     * bits of octet_lookup_create. Its input type is what would be stored without it, S8 or U8. The
     * struct and its table are read during the create call. */
    const struct octet_lookup_desc *lookup;
} octet_layer;

/* octet_gemm_create - C = op(A) * op(B), op(X) = X or its transpose.
 * Input A: (m, k) or (batch, m, k). B, as weight_data or as an input: (k, n) or (batch, k, n). A
 * transposed operand has its last two sizes exchanged. The batch of either may be missing or 1.
 * Inputs at run: A; then B if weight_data is NULL; then A's scale and zero point if dynamic_input,
 * one of each or one per row of op(A), for every batch alike or for all batches; then B's, one of
 * each, if dynamic_weights. Output: C, (m, n) or (batch, m, n).
 * Run-time scales must be legal and their products normal float32 numbers, and run-time zero points
 * values of the operand's type: that is not checked, and otherwise the result is unspecified. */
typedef struct octet_gemm_desc {
    size_t struct_size;
    size_t n, k;
    size_t weight_batch; /* batches in weight_data; 0 and 1: one, shared */
    int transpose_a, transpose_b;
    const char *variant;
    octet_layer layer; /* the last member, so that it can grow */
} octet_gemm_desc;
OCTET_API octet_status octet_gemm_create(octet_context *context, const octet_gemm_desc *desc,
                                         octet_operator **out);

/* octet_conv2d_create - input (N, H, W, C) and weights (O, KH, KW, C / groups) or, in NCHW,
 * (N, C, H, W) and (O, C / groups, KH, KW); the output has the input's layout. Padded taps hold the
 * input's zero point. Inputs at run: the image; then the weights if weight_data is NULL; then the
 * image's scale and zero point, one of each, if dynamic_input, as octet_gemm_create says. Weights
 * have parameters of the description. */
typedef struct octet_conv2d_desc {
    size_t struct_size;
    octet_layout layout;
    size_t input_channels, output_channels;
    size_t groups;                 /* 0: 1 */
    size_t kernel[2];              /* height, width, as all pairs */
    size_t stride[2], dilation[2]; /* 0: 1 */
    size_t padding[4];             /* top, left, bottom, right */
    const char *variant;
    octet_layer layer; /* the last member, so that it can grow */
} octet_conv2d_desc;
OCTET_API octet_status octet_conv2d_create(octet_context *context, const octet_conv2d_desc *desc,
                                           octet_operator **out);

typedef enum octet_parameters {
    OCTET_PARAMETERS_GIVEN = 0, /* "output" of the description */
    OCTET_PARAMETERS_ONNX,      /* from the data, DynamicQuantizeLinear; U8 only */
    OCTET_PARAMETERS_PYTORCH    /* from the data, torch's choose_qparams */
} octet_parameters;

/* octet_quantize_create - float32 to 8 bits, any shape. Input: x. Outputs: q; then, when the
 * parameters are found from the data ("output" is empty), scale (F32) and zero point (S32) tensors,
 * (1) or one per index of "axis". */
typedef struct octet_quantize_desc {
    size_t struct_size;
    octet_type output_type;
    octet_quantization output;
    octet_quantize_rule rule;
    octet_parameters parameters;
    int reduce_range; /* with PYTORCH: one bit less, as torch's reduce_range */
    int per_axis;     /* not 0: parameters vary along "axis" */
    size_t axis;
    const char *variant;
    int channels_last; /* not 0: of (N,C,H,W) q is (N,H,W,C); with given parameters per tensor */
} octet_quantize_desc;
OCTET_API octet_status octet_quantize_create(octet_context *context,
                                             const octet_quantize_desc *desc, octet_operator **out);

/* octet_quantize_found - after a run that found its parameters from the data: waits for it and
 * gives the "count" scales (one, or one per index of the axis) as the rule keeps them, in double
 * for PyTorch. *legal is 0 when the data held a NaN or an infinity, or was spread so far or so
 * little that a scale is no normal float32 (on devices that flush subnormal numbers: not in
 * 2^-100..2^100); then the result means nothing. */
OCTET_API octet_status octet_quantize_found(octet_operator *op, double *scales, size_t count,
                                            int *legal);

/* octet_dequantize_create - f32(s * f32(q - z)), any shape. Input: S8, U8 or S32. Output: F32. */
typedef struct octet_dequantize_desc {
    size_t struct_size;
    octet_type input_type;
    octet_quantization input;
    int per_axis; /* as in octet_quantize_desc */
    size_t axis;
    const char *variant;
} octet_dequantize_desc;
OCTET_API octet_status octet_dequantize_create(octet_context *context,
                                               const octet_dequantize_desc *desc,
                                               octet_operator **out);

/* ---- 6. Tuning ----
 *
 * Which row is the fastest is an estimate. Measuring beats it: prepare a gemm or a convolution with
 * each of its candidates, time them, and keep the winner: `octet tune` does. Contexts of the device
 * created from then on choose the winner, where no variant is asked for, for all problems of the
 * same class: those of the same kernel, types and, roughly, sizes. Winners are in the cache folder,
 * for this device, driver and version of octet; a context without a cache has none. They change
 * speed, never a result.
 *
 * All of these need an operator that was prepared.
 * - OCTET_UNSUPPORTED: neither gemm nor conv2d, or its context runs on the reference. */

/* octet_operator_candidates - the rows that may be chosen for the operator's problem: first the one
 * that is chosen where nothing was tuned, then the others in table order. Writes up to "capacity"
 * names, which live as long as the context, and how many there are. */
OCTET_API octet_status octet_operator_candidates(const octet_operator *op, const char **names,
                                                 size_t capacity, size_t *count);

/* octet_operator_class - the name of the class that the operator's problem belongs to. */
#define OCTET_CLASS_NAME 128
OCTET_API octet_status octet_operator_class(const octet_operator *op, char name[OCTET_CLASS_NAME]);

/* octet_operator_keep_variant - the operator's row is the winner of its class. Several processes
 * may do so at once. Threads: any number; contexts that exist already do not change.
 * - OCTET_UNSUPPORTED also: the context has no cache, or its row may not be chosen without being
 *   asked for (the reference, rows for tests).
 * - OCTET_IO_FAILED: the cache cannot be written. */
OCTET_API octet_status octet_operator_keep_variant(const octet_operator *op);

/* octet_context_winners - for how many classes the context has a winner. */
OCTET_API size_t octet_context_winners(const octet_context *context);

/* ---- 7. Comparison ---- */

typedef struct octet_comparison {
    size_t count, mismatches;
    size_t first;            /* flat index of the first mismatch, if any */
    double expected, actual; /* the values there */
    double max_difference;   /* largest |expected - actual| */
} octet_comparison;

/* octet_compare - counts elements whose bits differ. Any thread. */
OCTET_API void octet_compare(octet_type type, size_t count, const void *expected,
                             const void *actual, octet_comparison *out);

#ifdef __cplusplus
}
#endif

#include "octet/elements.h" /* of section 5: operators without weights */
#include "octet/commands.h" /* runs recorded and played as one command */

#endif
